"""Write docs/parameters.md from the classes of sim/parameters: `python docs/write_parameters.py`."""

from __future__ import annotations

import re
from pathlib import Path

from sim.configuration import parameter_table

HEADER = """# Parameters

Written by `docs/write_parameters.py` from `sim/parameters`; a test keeps the two together. E- and R-numbers are rows of
[evidence.md](evidence.md).

| key | default | unit | low | high | source | meaning |
|---|---|---|---|---|---|---|
"""


def parameters_page() -> str:
    """The page as text."""
    lines = []
    for row in parameter_table():
        cells = (row[name] for name in ("key", "default", "unit", "low", "high", "source", "meaning"))
        lines.append("| " + " | ".join("" if cell is None else linked(str(cell).replace("|", "/")) for cell in cells) + " |")
    return HEADER + "\n".join(lines) + "\n"


def linked(text: str) -> str:
    """The text with each number of a row of evidence as a link to it."""
    return re.sub(r"\b[ER]\d\d\b", lambda number: f"[{number[0]}](evidence.md#{number[0].lower()})", text)


if __name__ == "__main__":
    (Path(__file__).parent / "parameters.md").write_text(parameters_page(), encoding="utf-8")
