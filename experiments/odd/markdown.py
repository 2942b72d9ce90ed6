"""Markdown of the description: tables, folded parts, links to rows of evidence, and text moved to another place and level."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

HOME = "docs"
"""The folder in which links of the whole description hold."""

_APART = re.compile(r"(`[^`]*`|\[[^\]]*\]\([^)]*\)|<[^>]*>)")  # code, links and tags hold no numbers of rows to be linked
_ROW = re.compile(r"\b[ER]\d\d\b")
_LINK = re.compile(r"\]\((?!\w+:|#)([^)#]+)(#[^)]*)?\)")


class Table(NamedTuple):
    """A table: its name, its columns, its rows of text, and what is written above it."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    @property
    def title(self) -> str:
        """The last part of the name, as people read it.

        >>> Table("state.police_unit", (), ()).title
        'Police unit'
        """
        last = self.name.rpartition(".")[2]
        return f"{last[0].upper()}{last[1:]}".replace("_", " ")

    def records(self) -> list[dict[str, str]]:
        """Its rows as dictionaries by column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def markdown(self) -> str:
        """Its lines, without title and note."""
        return "".join(map(line_of, [self.columns, ["---"] * len(self.columns), *self.rows]))


def line_of(cells: Iterable[Any]) -> str:
    """A line of a table.

    >>> line_of(["a", None, "b|c"])
    '| a |  | b/c |\\n'
    """
    return "| " + " | ".join("" if cell is None else str(cell).replace("|", "/") for cell in cells) + " |\n"


def folded(title: str, text: str) -> str:
    """Text that is shown when its title is opened."""
    return f"<details><summary>{title}</summary>\n\n{text}\n</details>\n"


def code(text: Any) -> str:
    """A name as code; nothing for nothing."""
    return f"`{text}`" if str(text) else ""


def linked(text: str) -> str:
    """The text with each number of a row of evidence as a link to it, but for those in code, links and tags.

    >>> linked("E12 and `E13`")
    '[E12](evidence.md#e12) and `E13`'
    """
    parts = _APART.split(text)
    parts[::2] = [_ROW.sub(lambda row: f"[{row[0]}](evidence.md#{row[0].lower()})", part) for part in parts[::2]]
    return "".join(parts)


def relinked(text: str, folder: str) -> str:
    """Text from a folder of the project, with its relative links as they are seen from `HOME`.

    >>> relinked("[limits](../../docs/limits.md#a) [data](README.md)", "experiments/odd")
    '[limits](limits.md#a) [data](../experiments/odd/README.md)'
    """

    def moved(link: re.Match) -> str:
        path = posixpath.relpath(posixpath.join(folder, link[1]), HOME)
        return f"]({path}{link[2] or ''})"

    return _LINK.sub(moved, text)


def demoted(text: str, levels: int) -> str:
    """Text with its headings some levels further down.

    >>> demoted("## Tours", 2)
    '#### Tours'
    """
    return re.sub(r"^#+(?= )", lambda marks: marks[0] + "#" * levels, text, flags=re.MULTILINE)


def anchor_of(heading: str) -> str:
    """The address of a heading within a page.

    >>> anchor_of("Appendix A. State variables")
    'appendix-a-state-variables'
    """
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
