"""Write docs/codebook.md from the code: `python docs/write_codebook.py`."""

from __future__ import annotations

from pathlib import Path

from experiments.odd.codebook import codebook_page

if __name__ == "__main__":
    (Path(__file__).parent / "codebook.md").write_text(codebook_page(), encoding="utf-8")
