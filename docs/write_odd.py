"""Write docs/odd.md from the code and the Markdown files next to it: `python docs/write_odd.py`, or `plansim odd docs/odd.md`."""

from __future__ import annotations

from pathlib import Path

from experiments.odd.document import odd_page

if __name__ == "__main__":
    (Path(__file__).parent / "odd.md").write_text(odd_page(), encoding="utf-8")
