"""Streams and draws: each has a name, each name is used, no rule writes a bare number."""

import ast

import numpy as np
import pytest

from sim.engine import draws
from tests.worlds import ROOT

TAKE_A_DRAW = ("uniform", "hash64", "normal", "normal_of", "lognormal")
RULES = [path for folder in ("rules", "initialisation") for path in sorted((ROOT / "sim" / folder).rglob("*.py"))]
NAMES = [name for name in vars(draws) if name.isupper() and name not in ("U64", "STREAMS")]


def bare_draws(tree):
    """Calls that take a numbered draw of a substream by a literal number."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TAKE_A_DRAW and len(node.args) > 1:
            draw = node.args[1]
            has_name = any(isinstance(part, ast.Attribute | ast.Name) for part in ast.walk(draw))
            if not has_name:
                yield ast.unparse(node)


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_draw_has_a_name(path):
    assert not list(bare_draws(ast.parse(path.read_text(encoding="utf-8"))))


def test_a_bare_number_is_seen():
    assert list(bare_draws(ast.parse("uniform(substream, 0) < 0.5"))) == ["uniform(substream, 0)"]
    assert not list(bare_draws(ast.parse("uniform(substream, draws.ONLY)")))


def test_every_name_is_used():
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "sim").rglob("*.py"))
    counted = {name: text.count(f"draws.{name}") for name in NAMES}
    assert not [name for name, number in counted.items() if number == 0]


def test_streams_are_numbered_apart():
    streams = [int(value) for value in vars(draws).values() if isinstance(value, np.uint64)]
    assert sorted(streams) == list(range(1, draws.STREAMS))
