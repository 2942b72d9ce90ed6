"""The large presets run whole: persons, beds and money add up, in less than two gigabytes."""

import json

import numpy as np
import pytest

from tests.worlds import compiled_only, run_fresh

pytestmark = [pytest.mark.slow, compiled_only]

RUN = """
import json, resource
from sim.configuration import compose
from sim.simulation import Simulation
run = Simulation(compose("{market}", overrides={{"days": {days}, "burn_in": 0}}))
run.run()
world, last = run.world, run.world.ledger[-1]
rows = int(world.counts[0].prostitutes)
income = [int(world.ledger[name].sum()) for name in
          ("payments", "persons_income", "providers_income", "venue_costs", "ad_costs", "travel_costs", "bosses_income")]
print(json.dumps({{
    "territories": int(world.territories.size),
    "persons": rows,
    "statuses": [int(n) for n in __import__("numpy").bincount(world.prostitutes["status"][:rows], minlength=6)],
    "taken": world.beds["taken"].tolist(), "beds": world.beds["beds"].tolist(),
    "in_plan": int(last.in_plan), "encounters": int(last.encounters),
    "income": income,
    "peak_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
}}))
"""


@pytest.mark.parametrize("market, days, territories, least", [("idf", 60, 8, 2000), ("france", 20, 96, 4000)])
def test_a_large_preset_runs_and_adds_up(market, days, territories, least):
    done = run_fresh(RUN.format(market=market, days=days))
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["territories"] == territories
    assert sum(found["statuses"]) == found["persons"]
    assert all(np.array(found["taken"]) <= np.array(found["beds"])) and sum(found["beds"]) > 0
    payments, *shares = found["income"]
    assert payments > 0 and payments == sum(shares), "every cent is somebody's"
    assert found["in_plan"] > least and found["encounters"] > least
    assert found["peak_bytes"] < 2_000_000_000
