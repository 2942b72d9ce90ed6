"""Write docs/parameters.md from the numbers of sim/parameters: `python docs/write_parameters.py`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from sim.configuration import parameter_table
from sim.parameters import constants

HEADER = """# Parameters

Written by `docs/write_parameters.py` from `sim/parameters`; a test keeps the two consistent. E- and R-numbers are rows of
[evidence.md](evidence.md).

| key | default | unit | low | high | source | meaning |
|---|---|---|---|---|---|---|
"""


CONSTANTS = """
## Constants of a rule's form

From `sim/parameters/constants.py`: no run sets them, and no robustness run draws them.

| name | value | unit | source | meaning |
|---|---|---|---|---|
"""
LINE = re.compile(r"^([A-Z][A-Z_, ]*) = (.+?)  # ([^;]+); ([^;]+); (.+)$", re.MULTILINE)
"""A line of constants: names, values, unit, source, meaning."""


def constant_table() -> list[tuple[str, ...]]:
    """Names, values, unit, source and meaning of each line of constants."""
    return LINE.findall(Path(constants.__file__).read_text(encoding="utf-8"))


def parameters_page() -> str:
    """The page as text."""
    columns = ("key", "default", "unit", "low", "high", "source", "meaning")
    parameters = [line_of(row[name] for name in columns) for row in parameter_table()]
    return HEADER + "".join(parameters) + CONSTANTS + "".join(map(line_of, constant_table()))


def line_of(cells: Iterable) -> str:
    """A line of a table, with links to rows of evidence."""
    return "| " + " | ".join("" if cell is None else linked(str(cell).replace("|", "/")) for cell in cells) + " |\n"


def linked(text: str) -> str:
    """The text with each number of a row of evidence as a link to it."""
    return re.sub(r"\b[ER]\d\d\b", lambda number: f"[{number[0]}](evidence.md#{number[0].lower()})", text)


if __name__ == "__main__":
    (Path(__file__).parent / "parameters.md").write_text(parameters_page(), encoding="utf-8")
