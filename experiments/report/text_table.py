"""A table as text, for terminals and pipes."""

from __future__ import annotations

from collections.abc import Sequence


def text_table(
    rows: Sequence[Sequence[str] | str], header: Sequence[str] = (), right: Sequence[int] = (), indent: int = 2
) -> list[str]:
    """Lines of a table with columns as wide as their longest cell; the columns in `right` are aligned right.

    A text among the rows, such as a heading, is a line of its own.

    >>> text_table(["harms", ["exits", "0.25"], ["deaths", "12.00"]], right=[1])
    ['harms', '  exits    0.25', '  deaths  12.00']
    """
    from rich.cells import cell_len  # letters in a terminal; Rich's tables take longer to import than a world to run

    cells = [row for row in rows if not isinstance(row, str)]
    if not cells:
        return list(rows)
    columns = len(cells[0])
    widths = [max(cell_len(row[i]) for row in (*cells, *([header] if header else []))) for i in range(columns)]

    def line_of(row: Sequence[str]) -> str:
        gaps = [" " * (widths[i] - cell_len(row[i])) for i in range(columns)]
        parts = [gaps[i] + row[i] if i in right else row[i] + gaps[i] for i in range(columns)]
        return f"{' ' * indent}{'  '.join(parts)}".rstrip()

    head = [line_of(header)] if header else []
    return head + [row if isinstance(row, str) else line_of(row) for row in rows]
