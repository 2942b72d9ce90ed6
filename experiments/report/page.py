"""One self-contained page: text, tables and figures in a single HTML file that opens anywhere.

The page is a list of parts, which the template `page.html.j2` writes; all texts are escaped there.
"""

from __future__ import annotations

import contextlib
import functools
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from experiments.report.style import capitalise
from experiments.report.text_table import text_table
from experiments.store.files import write_atomically
from experiments.store.result import number_cells

_NUMBER = r"(?:[-+−]?[\d,.]+(?:e[-+]?\d+)?(?: %| EUR)?|n/a|no bound|no spread)"
_TOGETHER = rf"{_NUMBER} (?:\((?:{_NUMBER} to {_NUMBER}|no spread)\)|of {_NUMBER}(?: \w+)?)"  # an interval; so many of so many
_LONG = 20  # letters of a text that is not broken into a column of single words

AGAIN = (
    "How this result is repeated: the same configuration, seeds and versions give the same numbers, to the bit. Where a result "
    "is stored, its command reads it and runs nothing."
)
TERMINAL = 120  # letters on a line


class Page:
    """A page that is built from top to bottom and written once."""

    def __init__(self, title: str):
        self._title = title
        self._parts: list[dict[str, Any]] = []

    def heading(self, text: str) -> None:
        """A heading of a section."""
        self._add("heading", text=text)

    def paragraph(self, text: str, kind: str = "") -> None:
        """A paragraph; `kind` is a CSS class."""
        self._add("paragraph", text=text, kind=kind)

    def code(self, text: str) -> None:
        """Preformatted text, such as a command."""
        self._add("code", text=text)

    def table(self, header: list[str], rows: list[list[str]], kind: str = "") -> None:
        """A table of texts, which scrolls by itself where the page is narrow. `kind` is a CSS class.

        Cells that read as numbers are set right and stay on one line, as intervals do; words are broken into lines, long texts
        into few.
        """
        self._add("table", header=header, rows=rows, kind=kind)

    def quantities(self, parts: list[dict[str, Any]], digits: int = 2) -> None:
        """A table of quantities with their intervals."""
        rows = [[part["label"], *number_cells(part, digits), part["unit"]] for part in parts]
        self.table(["quantity", "estimate", "low", "high", "unit"], rows)

    def again(self) -> None:
        """The heading of the last section, which says how the result is repeated; what follows are the words for it."""
        self.heading("Again")
        self.paragraph(AGAIN)

    @contextlib.contextmanager
    def folded(self, summary: str) -> Iterator[None]:
        """What is added inside is shown when the reader asks for it."""
        self._add("folded", text=summary)
        yield
        self._add("unfolded")

    def figure(self, svg: Path, alternative: str) -> None:
        """A figure: the SVG file is put into the page, with its identifiers made unique; it scrolls where it would be tiny."""
        text = svg.read_text(encoding="utf-8").partition("<svg")[2]
        mark = re.sub(r"\W", "_", svg.stem)
        for pattern in (r'id="', r'href="#', r"url\(#"):
            text = re.sub(pattern, lambda found: f"{found.group(0)}{mark}-", text)
        self._add("figure", svg=text, alternative=alternative)

    def html(self) -> str:
        """The page as it is written."""
        return _template().render(title=self._title, parts=self._parts)

    def write(self, path: Path) -> None:
        """Write the page, whole or not at all."""
        write_atomically(path, self.html().encode())

    def _add(self, what: str, **content: Any) -> None:
        self._parts.append({"is": what} | content)


class Lines(Page):
    """The same as lines of text for a terminal, without the figures."""

    def __init__(self):
        super().__init__("")

    def figure(self, svg: Path, alternative: str) -> None:
        """A figure is not shown."""

    def lines(self) -> list[str]:
        """Paragraphs wrapped, tables in columns."""
        lines = []
        for part in self._parts:
            if part["is"] == "table":
                lines += ["", *text_table(part["rows"], part["header"], indent=0)]
            elif "text" in part:
                lines += ["", *textwrap.wrap(capitalise(part["text"]), TERMINAL)]
        return lines


@functools.cache
def _template():
    from jinja2 import Environment, FileSystemLoader  # late: not every command writes a page

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, keep_trailing_newline=True
    )
    environment.filters |= {"capitalise": capitalise, "unbroken": _unbroken, "cell_kind": _cell_kind}
    return environment.get_template("page.html.j2")


def _cell_kind(text: str, first: bool = False) -> str:
    """CSS class of a cell: `n` a number, `i` numbers together, `w` a long text (not the first of a row), or none."""
    if re.fullmatch(_TOGETHER, text):
        return "i"
    return "n" if re.fullmatch(_NUMBER, text) else "w" if len(text) > _LONG and not first else ""


def _unbroken(text: str) -> str:
    """A per cent sign stays on the line of its number."""
    return re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", text)
