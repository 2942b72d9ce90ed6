"""A table as text, for terminals and pipes."""

from __future__ import annotations

import io
from collections.abc import Sequence


def text_table(
    rows: Sequence[Sequence[str]], header: Sequence[str] = (), right: Sequence[int] = (), indent: int = 2
) -> list[str]:
    """Lines of a table with columns as wide as their longest cell; the columns in `right` are aligned right.

    >>> text_table([["exits", "0.25"], ["harm", "12.00"]], right=[1])
    ['  exits   0.25', '  harm   12.00']
    """
    from rich.console import Console
    from rich.table import Table

    if not rows:
        return []
    table = Table(box=None, show_header=bool(header), pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    for place in range(len(rows[0])):
        heading = header[place] if header else ""
        table.add_column(heading, justify="right" if place in right else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    drawn = io.StringIO()
    console = Console(file=drawn, width=10_000, color_system=None, markup=False, emoji=False, highlight=False)
    console.print(table)
    return [f"{' ' * indent}{line}".rstrip() for line in drawn.getvalue().splitlines()]
