"""One self-contained page: text, tables and figures in a single HTML file that opens anywhere."""

from __future__ import annotations

import contextlib
import html
import os
import re
from collections.abc import Iterator
from pathlib import Path

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;margin:0 auto;max-width:60rem;padding:1rem}
h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.15rem;margin-top:2rem}
table{border-collapse:collapse;font-size:.9rem;display:block;overflow-x:auto}
th,td{padding:.3rem .6rem;border-bottom:1px solid #ddd;text-align:left;white-space:nowrap}
td.n{text-align:right;font-variant-numeric:tabular-nums}
figure{margin:1rem 0}figure svg{width:100%;height:auto}
table.wide td{white-space:normal;min-width:7rem}details{margin:.5rem 0}summary{cursor:pointer;color:#0072B2}
.verdict{font-weight:600}pre{background:#f5f5f5;padding:.6rem;overflow-x:auto;font-size:.85rem}
"""


class Page:
    """A page that is built from top to bottom and written once."""

    def __init__(self, title: str):
        self._title = title
        self._parts: list[str] = [f"<h1>{html.escape(title)}</h1>"]

    def heading(self, text: str) -> None:
        """A heading of a section."""
        self._parts.append(f"<h2>{html.escape(text)}</h2>")

    def paragraph(self, text: str, kind: str = "") -> None:
        """A paragraph; `kind` is a CSS class."""
        attribute = f' class="{kind}"' if kind else ""
        self._parts.append(f"<p{attribute}>{html.escape(text)}</p>")

    def code(self, text: str) -> None:
        """Preformatted text, such as a command."""
        self._parts.append(f"<pre>{html.escape(text)}</pre>")

    def table(self, header: list[str], rows: list[list[str]], kind: str = "") -> None:
        """A table of texts; cells that read as numbers are set right. `kind` is a CSS class."""
        head = "".join(f"<th>{html.escape(cell)}</th>" for cell in header)
        body = "".join("<tr>" + "".join(_cell(cell) for cell in row) + "</tr>" for row in rows)
        attribute = f' class="{kind}"' if kind else ""
        self._parts.append(f"<table{attribute}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")

    @contextlib.contextmanager
    def folded(self, summary: str) -> Iterator[None]:
        """What is added inside is shown when the reader asks for it."""
        self._parts.append(f"<details><summary>{html.escape(summary)}</summary>")
        yield
        self._parts.append("</details>")

    def figure(self, svg: Path, alternative: str) -> None:
        """A figure: the SVG file is put into the page, with its identifiers made unique."""
        text = svg.read_text(encoding="utf-8")
        text = text[text.index("<svg") :]
        mark = re.sub(r"\W", "_", svg.stem)
        for pattern in (r'id="', r'href="#', r"url\(#"):
            text = re.sub(pattern, lambda found: f"{found.group(0)}{mark}-", text)
        described = f'<svg role="img" aria-label="{html.escape(alternative)}"'
        self._parts.append(f"<figure>{text.replace('<svg', described, 1)}</figure>")

    def write(self, path: Path) -> None:
        """Write the page, whole or not at all."""
        body = "\n".join(self._parts)
        text = (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{html.escape(self._title)}</title><style>{_STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
        )
        partial = path.with_name(f".{path.name}")
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, path)


def _cell(text: str) -> str:
    right = ' class="n"' if re.fullmatch(r"[-+]?[\d,.]+( %| EUR)?|-", text) else ""
    return f"<td{right}>{html.escape(text)}</td>"
