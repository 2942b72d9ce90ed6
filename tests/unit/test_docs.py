"""Pages that are written from the code are those the code would write."""

import importlib.util
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("page", ["parameters", "evidence"])
def test_a_written_page_is_current(page):
    spec = importlib.util.spec_from_file_location(f"write_{page}", DOCS / f"write_{page}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    assert written == getattr(module, f"{page}_page")(), f"run `python docs/write_{page}.py`"
