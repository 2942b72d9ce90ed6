"""Write docs/parameters.md from the classes of sim/parameters: `python docs/write_parameters.py`."""

from __future__ import annotations

from pathlib import Path

from sim.configuration import parameter_table

HEADER = """# Parameters

Written by `docs/write_parameters.py` from `sim/parameters`; a test keeps the two together.

| key | default | unit | low | high | source | meaning |
|---|---|---|---|---|---|---|
"""


def parameters_page() -> str:
    """The page as text."""
    lines = []
    for row in parameter_table():
        cells = (row[name] for name in ("key", "default", "unit", "low", "high", "source", "meaning"))
        lines.append("| " + " | ".join("" if cell is None else str(cell).replace("|", "/") for cell in cells) + " |")
    return HEADER + "\n".join(lines) + "\n"


if __name__ == "__main__":
    (Path(__file__).parent / "parameters.md").write_text(parameters_page(), encoding="utf-8")
