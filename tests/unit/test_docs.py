"""Pages that are written from the code are those the code would write."""

import ast
import fnmatch
import importlib.util
import json
import posixpath
import re

import pytest

from experiments.commands import COMMANDS
from experiments.odd.markdown import anchor_of
from sim.configuration import group_names
from tests.worlds import ROOT

DOCS = ROOT / "docs"
PLAIN_FORM = re.compile(r"Plain form: (\S+)\.(\w+)\.")
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)")
PAGES = sorted(path for top in ("docs", "sim", "experiments") for path in (ROOT / top).rglob("*.md"))
PAGES += [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]


@pytest.mark.parametrize("page", ["parameters", "evidence", "structures", "odd", "codebook", "published"])
def test_a_written_page_is_current(page):
    spec = importlib.util.spec_from_file_location(f"write_{page}", DOCS / f"write_{page}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    assert written == getattr(module, f"{page}_page")(), f"run `python docs/write_{page}.py`"


def test_the_readme_lists_every_hypothesis():
    table = (ROOT / "README.md").read_text(encoding="utf-8").split("| hypothesis | asks |")[1].split("\n\n")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.M)) == sorted(group_names("hypothesis"))


def plain_forms():
    """(module, function) of each plain form that a docstring names: within the folder of its rule, or from `sim.rules` on."""
    for path in (ROOT / "sim" / "rules").rglob("*.py"):
        for module, function in PLAIN_FORM.findall(path.read_text(encoding="utf-8")):
            folder = ROOT / "sim" / "rules" if "." in module or path.parent.name == "rules" else path.parent
            yield ".".join([*folder.relative_to(ROOT).parts, module]), function


def test_plain_forms_are_where_the_fast_ones_say():
    """Each line of a docstring that names a plain form names a function, and no plain phase is left without one."""
    named = list(plain_forms())
    assert not [name for name in named if not callable(getattr(importlib.import_module(name[0]), name[1], None))]
    from sim.rules import plain

    assert {(phase.__module__, phase.__name__) for phase in map(vars(plain).get, plain.__all__)} <= set(named)


def anchors(page):
    """The addresses within a page: its headings, and places that are named."""
    text = page.read_text(encoding="utf-8")
    return {anchor_of(heading) for heading in re.findall(r"^#+ (.+)$", text, re.M)} | set(re.findall(r'<a id="([^"]+)">', text))


def links_to_nowhere(page):
    """Links of a page to files that are not there, or to no place in them."""
    for path, place in LINK.findall(page.read_text(encoding="utf-8")):
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (place and place not in anchors(target)):
            yield f"{path}#{place}" if place else path


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    assert not list(links_to_nowhere(page))


def test_a_link_to_nowhere_is_seen(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A b\n[1](page.md#a-b) [2](#a-b) [3](none.md) [4](page.md#c) [5](https://example.org/none.md)")
    assert list(links_to_nowhere(page)) == ["none.md", "page.md#c"]


TOCTREE = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.M | re.S)
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(?:---\n.*?^---\n)?(.*?)^```$", re.M | re.S)
NO_PAGES = ("examples", "extensions", "_static")
WITH_CELLS = [page for page in PAGES if "{code-cell}" in page.read_text(encoding="utf-8")]
NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))


def site_pages(docs):
    """Names of the pages of the site, as toctrees name them."""
    files = [path.relative_to(docs) for kind in ("md", "ipynb") for path in docs.rglob(f"*.{kind}")]
    return {path.with_suffix("").as_posix() for path in files if path.parts[0] not in NO_PAGES and "checkpoint" not in path.name}


def listed_pages(docs):
    """Each page that a toctree lists, as often as one does; a pattern lists the pages that it fits."""
    pages = site_pages(docs)
    for name in sorted(pages):
        page = docs / f"{name}.md"
        text = page.read_text(encoding="utf-8") if page.exists() else ""
        lines = [line for block in TOCTREE.findall(text) for line in block.split("\n") if line and not line.startswith(":")]
        for entry in (re.sub(r".*<(.+)>", r"\1", line) for line in lines):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(name), entry))
            yield from fnmatch.filter(sorted(pages), path) or [path]


def source_of(notebook):
    """Text of the cells of a notebook, by kind."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [(cell["cell_type"], "".join(cell["source"]), cell.get("outputs")) for cell in cells]


def test_every_page_is_listed_once():
    assert sorted(listed_pages(DOCS)) == sorted(site_pages(DOCS) - {"index"})


def test_a_page_that_is_not_listed_is_seen(tmp_path):
    for name, text in {"index.md": "```{toctree}\n:glob:\n\na/*\nmissing\n```", "a/one.md": "", "two.md": ""}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert sorted(listed_pages(tmp_path)) == ["a/one", "missing"]
    assert site_pages(tmp_path) == {"index", "a/one", "two"}


@pytest.mark.parametrize("page", WITH_CELLS, ids=lambda path: path.stem)
def test_snippets_can_be_read(page):
    """Cells are Python or shell, and no command is misspelt. That they run is seen where the site is built."""
    text = page.read_text(encoding="utf-8")
    cells = CELL.findall(text)
    assert len(cells) == text.count("{code-cell}")
    for cell in cells:
        if not cell.startswith("%%bash"):
            ast.parse(cell)
    assert set(re.findall(r"^plansim (\S+)", text, re.M)) <= set(COMMANDS)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_clean_and_lead_somewhere(notebook, tmp_path):
    cells = source_of(notebook)
    assert not [outputs for kind, _, outputs in cells if kind == "code" and outputs]
    for kind, text, _ in cells:
        if kind == "code":
            ast.parse(text)
    links = LINK.findall("\n".join(text for kind, text, _ in cells if kind == "markdown"))
    assert not [path for path, _ in links if not (notebook.parent / path).exists()]
