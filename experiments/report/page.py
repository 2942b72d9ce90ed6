"""One self-contained page: text, tables and figures in a single HTML file that opens anywhere."""

from __future__ import annotations

import contextlib
import html
import os
import re
from collections.abc import Iterator
from pathlib import Path

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;margin:0 auto;max-width:70rem;padding:1rem}
p,h1,figure,pre{max-width:58rem}
h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.15rem;margin-top:2rem}
.scroll{overflow-x:auto;background:
linear-gradient(to right,#fff 1.2rem,#fff0) left/2.4rem 100% no-repeat local,
linear-gradient(to left,#fff 1.2rem,#fff0) right/2.4rem 100% no-repeat local,
linear-gradient(to right,#0004,#0000) left/.8rem 100% no-repeat scroll,
linear-gradient(to left,#0004,#0000) right/.8rem 100% no-repeat scroll}
table{border-collapse:collapse;font-size:.9rem}
th,td{padding:.3rem .45rem;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}
th{vertical-align:bottom}td:first-child{min-width:7rem}
td.n,td.i{white-space:nowrap;font-variant-numeric:tabular-nums}td.n:not(:first-child){text-align:right}
table.wide td{min-width:6rem}table.wide td:last-child{min-width:12rem}
figure{margin:1rem 0}figure svg{width:100%;min-width:35rem;height:auto;mix-blend-mode:multiply}
.hint{display:none;font-size:.85rem;color:#555;margin:0}
@media(max-width:36rem){figure .hint{display:block}}
details{margin:.5rem 0}summary{cursor:pointer;color:#0072B2}
.verdict{font-weight:600}.doubt{border-left:.3rem solid #D55E00;padding-left:.6rem}
pre{background:#f5f5f5;padding:.6rem;overflow-x:auto;font-size:.85rem}
"""


class Page:
    """A page that is built from top to bottom and written once."""

    def __init__(self, title: str):
        self._title = title
        self._parts: list[str] = [f"<h1>{html.escape(capitalise(title))}</h1>"]

    def heading(self, text: str) -> None:
        """A heading of a section."""
        self._parts.append(f"<h2>{html.escape(capitalise(text))}</h2>")

    def paragraph(self, text: str, kind: str = "") -> None:
        """A paragraph; `kind` is a CSS class."""
        attribute = f' class="{kind}"' if kind else ""
        self._parts.append(f"<p{attribute}>{_unbroken(html.escape(capitalise(text)))}</p>")

    def code(self, text: str) -> None:
        """Preformatted text, such as a command."""
        self._parts.append(f"<pre>{html.escape(text)}</pre>")

    def table(self, header: list[str], rows: list[list[str]], kind: str = "") -> None:
        """A table of texts, which scrolls by itself where the page is narrow. `kind` is a CSS class.

        Cells that read as numbers are set right and stay on one line, as intervals do; words are broken into lines.
        """
        head = "".join(f"<th>{html.escape(cell)}</th>" for cell in header)
        body = "".join("<tr>" + "".join(_cell(cell) for cell in row) + "</tr>" for row in rows)
        attribute = f' class="{kind}"' if kind else ""
        table = f"<table{attribute}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        self._parts.append(f'<div class="scroll" tabindex="0">{table}</div>')

    @contextlib.contextmanager
    def folded(self, summary: str) -> Iterator[None]:
        """What is added inside is shown when the reader asks for it."""
        self._parts.append(f"<details><summary>{html.escape(summary)}</summary>")
        yield
        self._parts.append("</details>")

    def figure(self, svg: Path, alternative: str) -> None:
        """A figure: the SVG file is put into the page, with its identifiers made unique; it scrolls where it would be tiny."""
        text = svg.read_text(encoding="utf-8")
        text = text[text.index("<svg") :]
        mark = re.sub(r"\W", "_", svg.stem)
        for pattern in (r'id="', r'href="#', r"url\(#"):
            text = re.sub(pattern, lambda found: f"{found.group(0)}{mark}-", text)
        described = f'<svg role="img" aria-label="{html.escape(alternative)}"'
        drawn = f'<div class="scroll" tabindex="0">{text.replace("<svg", described, 1)}</div>'
        self._parts.append(f'<figure><p class="hint">Wider than the screen: scroll it sideways.</p>{drawn}</figure>')

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


_NUMBER = r"(?:[-+−]?[\d,.]+(?:e[-+]?\d+)?(?: %| EUR)?|n/a|no bound)"


def _cell(text: str) -> str:
    kind = ' class="n"' if re.fullmatch(_NUMBER, text) else ""
    if re.fullmatch(rf"{_NUMBER} \({_NUMBER} to {_NUMBER}\)", text):
        kind = ' class="i"'
    return f"<td{kind}>{html.escape(text)}</td>"


def _unbroken(text: str) -> str:
    """A per cent sign stays on the line of its number."""
    return re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", text)


def capitalise(text: str) -> str:
    """A sentence or title with its first letter a capital, unless it begins with a name such as `manifest.json`."""
    return text[:1].upper() + text[1:] if re.match(r"[a-z]+(?:[\s,;:'’-]|$)", text) else text
