"""Pages of the repository as pages of the site.

Links between pages are written for the repository, where they lead to any file. Here a link to a page of
the site leads to it; one to another file or folder of the repository leads to a page that shows it. So the
site needs no address of a host. A page named in `SHOWN` has the text of a file outside `docs/`.
"""

from __future__ import annotations

import html
import posixpath
import re
from pathlib import Path

from docutils import nodes
from pygments.lexers import get_lexer_for_filename
from pygments.util import ClassNotFound
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

from experiments.odd.markdown import relinked

ROOT = Path(__file__).resolve().parents[2]
SHOWN = {
    "readme": "README.md",
    "contributing": "CONTRIBUTING.md",
    "changelog": "CHANGELOG.md",
}
FILES = "repository"  # the folder of the site for files of the repository
LARGEST = 300_000  # bytes of a file that is shown
NOT_TEXT = (".pyc", ".png", ".svg", ".parquet")
ANCHOR = re.compile(r'<a id="([^"]+)">')


def show_file(app, docname: str, text: list[str]) -> None:
    """Put the text of a file in the place of the first line of the page that stands for it."""
    if docname in SHOWN:
        path = SHOWN[docname]
        app.env.note_dependency(str(ROOT / path))
        added = text[0].partition("\n")[2]
        text[0] = relinked((ROOT / path).read_text(encoding="utf-8"), posixpath.dirname(path)) + added


class RepositoryLinks(SphinxTransform):
    """Lead links that leave the site to the pages made of their files, and note anchors that are written in HTML."""

    default_priority = 200

    def apply(self, **options) -> None:
        """Change the links of one page."""
        for kind in (addnodes.download_reference, addnodes.pending_xref):
            for node in list(self.document.findall(kind)):
                self._lead(node)
        labels = self.env.get_domain("std").anonlabels
        for node in self.document.findall(nodes.raw):
            for name in ANCHOR.findall(node.astext()):
                labels[name] = (self.env.docname, name)

    def _lead(self, node: nodes.Element) -> None:
        """Lead one link, if it leaves the site for a file or folder that is there."""
        if node.get("reftype") != "myst" or not (path := self._path(node)):
            return
        page = next((page for page, file in SHOWN.items() if file == path), None)
        if page is None:
            page = f"{FILES}/{path}"
            self.env.metadata[self.env.docname].setdefault(FILES, []).append(path)
        uri = self.app.builder.get_relative_uri(self.env.docname, page)
        if node.get("reftargetid"):
            uri += f"#{node['reftargetid']}"
        link = nodes.reference("", "", *node.children, internal=True, refuri=uri)
        for inner in link.findall(nodes.literal):
            inner["classes"] = []  # code, not a download
        node.replace_self(link)

    def _path(self, node: nodes.Element) -> str:
        """The path in the repository that a link leads to; nothing for a page of the site, or for no file."""
        target, is_page = node["reftarget"], node.get("refdomain") == "doc"
        if target.startswith("#") or (is_page and target in self.env.found_docs):
            return ""
        there = Path(f"{target}.md" if is_page else self.env.relfn2path(target.partition("#")[0], self.env.docname)[1])
        return there.relative_to(ROOT).as_posix() if there.is_relative_to(ROOT) and there.exists() else ""


def file_pages(app):
    """(name, context, template) of the page of each file and folder that is linked to, and of the files of those folders."""
    linked = {path for data in app.env.metadata.values() for path in data.get(FILES, ())}
    for path in list(linked):
        linked |= {f"{path}/{name}" for name in names_in(ROOT / path)}
    for path in sorted(linked):
        body = folder_body(path, linked) if (ROOT / path).is_dir() else file_body(path, app.builder.highlighter)
        yield f"{FILES}/{path}", {"title": path, "body": f"<h1>{html.escape(path)}</h1>\n{body}"}, "page.html"


def names_in(folder: Path) -> list[str]:
    """Names of the files of a folder that people wrote; none for a file."""
    if not folder.is_dir():
        return []
    return sorted(file.name for file in folder.iterdir() if file.is_file() and file.suffix not in NOT_TEXT)


def folder_body(path: str, linked: set[str]) -> str:
    """A list of links to the files of a folder."""
    here = posixpath.basename(path)
    lines = (f'<li><a href="{here}/{name}.html">{html.escape(name)}</a></li>' for name in names_in(ROOT / path))
    return "<ul>\n" + "\n".join(lines) + "\n</ul>"


def file_body(path: str, highlighter) -> str:
    """A file as highlighted text; of one that is no text, or large, its size."""
    file = ROOT / path
    if file.stat().st_size > LARGEST or file.suffix in NOT_TEXT:
        return f"<p>{file.stat().st_size:,} bytes: see the file itself.</p>"
    try:
        language = get_lexer_for_filename(path).aliases[0]
    except ClassNotFound:
        language = "text"
    return highlighter.highlight_block(file.read_text(encoding="utf-8"), language, location=path)


def setup(app):
    """Register with Sphinx."""
    app.connect("source-read", show_file)
    app.connect("html-collect-pages", file_pages)
    app.add_transform(RepositoryLinks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
