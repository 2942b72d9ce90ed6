"""Pages that are written from the code are those the code would write."""

import importlib.util
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_parameters_page_is_current():
    spec = importlib.util.spec_from_file_location("write_parameters", DOCS / "write_parameters.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (DOCS / "parameters.md").read_text(encoding="utf-8")
    assert written == module.parameters_page(), "run `python docs/write_parameters.py`"
