"""No two rules use one draw: each number of an agent's luck of a day decides one thing.

Looked at in plain Python, where each draw can be asked who wants it: worlds in which every institution is busy,
with and without all levers.
"""

import json

import pytest

from tests.worlds import run_fresh

LOOK = """
import collections, json, sys
from sim.engine import chance, draws
from tests.test_interpreted import SIZE
from tests.worlds import ALL_LEVERS, BUSY, ran, tiny, with_levers

drawn, users = chance.hash64, collections.defaultdict(set)

def noted(substream, k):
    frame = sys._getframe(1)
    while frame.f_globals["__name__"].startswith("sim.engine."):
        frame = frame.f_back
    users[int(substream), int(k)].add((frame.f_globals["__name__"], frame.f_code.co_name))
    return drawn(substream, k)

for module in [module for name, module in sys.modules.items() if name.startswith("sim.")]:
    if getattr(module, "hash64", None) is drawn:
        module.hash64 = noted
world = tiny(**SIZE | BUSY)
shared, number = set(), 0
for parameters in (world, with_levers(world, ALL_LEVERS)):
    users.clear()
    ran(parameters)
    number += len(users)
    shared |= {tuple(sorted(names)) for names in users.values() if len(names) > 1}
print(json.dumps([number, sorted(shared)]))
"""
TOGETHER = {  # one decision each
    # a bound, and the number itself where the bound does not settle it
    (("sim.initialisation.attributes", "least_score"), ("sim.initialisation.attributes", "score_by_distance")),
    # whether one recognised leaves for good: at once, or the same evening when there is no bed
    (("sim.rules.care.care", "_without_bed"), ("sim.rules.enforcement.arrests", "meet_the_police")),
}


def look(change=None):
    done = run_fresh(LOOK if change is None else LOOK.replace(*change), NUMBA_DISABLE_JIT="1")
    assert done.returncode == 0, done.stderr
    number, shared = json.loads(done.stdout)
    return number, {tuple(map(tuple, names)) for names in shared}


@pytest.mark.slow
def test_no_two_rules_use_one_draw():
    number, shared = look()
    assert number > 20_000 and shared <= TOGETHER


@pytest.mark.slow
def test_a_draw_used_twice_is_found():
    """The negative control: leaving for good given the stream of a Provider's day."""
    planted = "draws.CAREER = draws.PROVIDER_DAY"
    change = ("world = tiny", f"{planted}\nworld = tiny")
    assert not look(change)[1] <= TOGETHER
