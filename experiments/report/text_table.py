"""A table as text, for terminals and pipes."""

from __future__ import annotations

import io
from collections.abc import Sequence


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
    console = Console(file=drawn, width=10_000, color_system=None, markup=False, emoji=False, highlight=False)
    console.print(table)
    lines = iter([f"{' ' * indent}{line}".rstrip() for line in drawn.getvalue().splitlines()])
    head = [next(lines)] if header else []
    return head + [row if isinstance(row, str) else next(lines) for row in rows]
