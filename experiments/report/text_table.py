"""A table as text, for terminals and pipes."""

from __future__ import annotations

import io
import shutil
import sys
import textwrap
from collections.abc import Sequence

NARROWEST = 40  # letters of a terminal for which lines are folded


def text_table(
    rows: Sequence[Sequence[str] | str], header: Sequence[str] = (), right: Sequence[int] = (), indent: int = 2
) -> list[str]:
    """Lines of a table with columns as wide as their longest cell; the columns in `right` are aligned right.

    A text among the rows, such as a heading, is a line of its own.

    >>> text_table(["harms", ["exits", "0.25"], ["deaths", "12.00"]], right=[1])
    ['harms', '  exits    0.25', '  deaths  12.00']
    """
    from rich.console import Console
    from rich.table import Table

    cells = [row for row in rows if not isinstance(row, str)]
    if not cells:
        return list(rows)
    table = Table(box=None, show_header=bool(header), pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    for i in range(len(cells[0])):
        table.add_column(header[i] if header else "", justify="right" if i in right else "left", no_wrap=True)
    for row in cells:
        table.add_row(*row)
    drawn = io.StringIO()
    console = Console(
        file=drawn, width=10_000, color_system=None, markup=False, emoji=False, highlight=False,
        force_jupyter=False,  # in a notebook it would show the table there, and write nothing
    )  # fmt: skip
    console.print(table)
    lines = iter([f"{' ' * indent}{line}".rstrip() for line in drawn.getvalue().splitlines()])
    head = [next(lines)] if header else []
    return head + [row if isinstance(row, str) else next(lines) for row in rows]


def terminal_width() -> int | None:
    """Letters in a line of the terminal that is written to; None for a file or a pipe, whose lines are not folded."""
    return max(NARROWEST, shutil.get_terminal_size().columns) if sys.stdout.isatty() else None


def fitted_table(
    rows: Sequence[Sequence[str]], header: Sequence[str] = (), right: Sequence[int] = (), width: int | None = None
) -> list[str]:
    """Lines of a table; on a terminal that is too narrow for it, a paragraph for each row, its first cell on a line of its own.

    In a file or pipe each row is one line, however long. `width`: that of the terminal, if it is not to be asked.

    >>> fitted_table([["beds", "places", "for the night, at some distance"]], width=20)
    ['beds', '  places; for the', '  night, at some', '  distance']
    """
    width = width or terminal_width()
    lines = text_table(rows, header, right, indent=0)
    if width is None or max(map(len, lines), default=0) <= width:
        return lines
    found = []
    for name, *rest in rows:
        text = "; ".join(cell for cell in rest if cell)
        found += textwrap.wrap(name, width) or [""]
        found += textwrap.wrap(text, width, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    return found
