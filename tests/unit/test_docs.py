"""Pages that are written from the code are those the code would write."""

import importlib.util
import re

import pytest

from sim.configuration import group_names
from tests.worlds import ROOT

DOCS = ROOT / "docs"
PLAIN_FORM = re.compile(r"Plain form: (\S+)\.(\w+)\.")


@pytest.mark.parametrize("page", ["parameters", "evidence", "structures"])
def test_a_written_page_is_current(page):
    spec = importlib.util.spec_from_file_location(f"write_{page}", DOCS / f"write_{page}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    assert written == getattr(module, f"{page}_page")(), f"run `python docs/write_{page}.py`"


def test_the_readme_lists_every_hypothesis():
    table = (ROOT / "README.md").read_text(encoding="utf-8").split("| hypothesis | asks |")[1].split("\n\n")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.M)) == sorted(group_names("hypothesis"))


def plain_forms():
    """(module, function) of each plain form that a docstring names: within the folder of its rule, or from `sim.rules` on."""
    for path in (ROOT / "sim" / "rules").rglob("*.py"):
        for module, function in PLAIN_FORM.findall(path.read_text(encoding="utf-8")):
            folder = ROOT / "sim" / "rules" if "." in module or path.parent.name == "rules" else path.parent
            yield ".".join([*folder.relative_to(ROOT).parts, module]), function


def test_plain_forms_are_where_the_fast_ones_say():
    """Each line of a docstring that names a plain form names a function, and no plain phase is left without one."""
    named = list(plain_forms())
    assert not [name for name in named if not callable(getattr(importlib.import_module(name[0]), name[1], None))]
    from sim.rules import plain

    assert {(phase.__module__, phase.__name__) for phase in map(vars(plain).get, plain.__all__)} <= set(named)
