"""Write docs/parameters.md from the numbers of sim/parameters: `python docs/write_parameters.py`."""

from __future__ import annotations

from pathlib import Path

from experiments.odd.markdown import line_of, linked
from experiments.odd.numbers import constant_table
from sim.configuration import parameter_table

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


def parameters_page() -> str:
    """The page as text."""
    columns = ("key", "default", "unit", "low", "high", "source", "meaning")
    parameters = [line_of(row[name] for name in columns) for row in parameter_table()]
    return linked(HEADER + "".join(parameters) + CONSTANTS + "".join(map(line_of, constant_table())))


if __name__ == "__main__":
    (Path(__file__).parent / "parameters.md").write_text(parameters_page(), encoding="utf-8")
