"""The displacement claim is a test: two parameter sets inside the ranges give the two signs.

Twelve pairs a set. With the effects seen (some 5 and -20 person-days a day, standard deviations of
a pair of 5 and 8) either side would fail by chance less than once in a hundred runs.
"""

import pytest

from experiments.composition import compose, split_model
from experiments.hypotheses import MAIN, columns_of, find, prepare
from experiments.lab.twins import run_worlds
from experiments.lab.verdict import mean_interval

pytestmark = pytest.mark.slow
PAIRS = 12


@pytest.mark.parametrize(("name", "sign"), [("deterrence", 1.0), ("incapacitation", -1.0)])
def test_sign_goes_both_ways(name, sign):
    spec = compose("test", [])["hypothesis"]
    overrides = [f"{key}={value}" for key, value in spec["both_ways"][name].items()]
    parameters, rest = split_model(compose("test", [f"n_pairs={PAIRS}", *overrides]))
    study = prepare(rest, parameters)
    tasks = [task for task in study.tasks(parameters.seed) if task.scenario == MAIN]
    rows = columns_of([run_worlds(task) for task in tasks], MAIN)
    interval = mean_interval(sign * find(study, rows).values)
    assert interval.low > 0.0, f"D = {interval} under {name}"
