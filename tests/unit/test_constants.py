"""No number without a name: constants of behaviour stand in one table, and rules hold no others."""

import ast

import pytest

from docs.write_parameters import constant_table
from sim.parameters import constants
from tests.worlds import ROOT

OF_FORM = {
    -1, 0, 1, 2,  # nobody, none, one more, pairs
    0.5,  # halves: rounding, half a variance
    100, 0.01, 1e6, 1e9,  # cents, fixed point
    365.0, 100_000.0,  # rates a year and per 100,000 inhabitants
}  # fmt: skip
BY_NAME = {  # numbers that are nothing but speed or identity: see docs/engine.md
    "gather_searchers", "least_draw", "first_terms", "read_in_sight_soon", "see_in_sight", "_nearest_to_recruit", "launch",
    "_recruit_runaways", "_most_evidence_first", "most_evidence_first", "work_on_files_of",
}  # fmt: skip
RULES = sorted(path for path in (ROOT / "sim" / "rules").rglob("*.py") if path.stem != "plain_tables")


def literals(path):
    """Numbers in the functions of a file, with the function that holds each."""
    for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Constant) and type(node.value) in (int, float):
                    yield function.name, node.value


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_rules_hold_no_number_of_behaviour(path):
    found = {(name, value) for name, value in literals(path) if value not in OF_FORM and name not in BY_NAME}
    assert not found, "name it in sim/parameters/constants.py"


def test_every_constant_has_a_unit_and_a_source():
    listed = {name for names, *_ in constant_table() for name in names.split(", ")}
    assert listed == {name for name in vars(constants) if name.isupper()}
    assert all(source.split(" ")[0] in ("assumption", "definition") or source[0] in "ER" for *_, source, _ in constant_table())
