"""One thing in full, for terminals: its name, and below it what is known of it, folded to a width that can be read."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from experiments.report.text_table import terminal_width

_WIDTH = 110
_NAMES = 14  # letters of the column of labels


def details(name: str, parts: Sequence[tuple[str, str]]) -> list[str]:
    """Lines with a label in front of each part; a part without text is left out.

    >>> details("labour.bonding", [("unit", "share"), ("note", "")])
    ['labour.bonding', '  unit        share']
    """
    lines, width = [name], min(_WIDTH, terminal_width() or _WIDTH)
    for label, text in parts:
        head = f"{f'  {label}'.ljust(_NAMES - 1)} "
        if text:
            lines += textwrap.wrap(text, width, initial_indent=head, subsequent_indent=" " * _NAMES, break_long_words=False)
    return lines
