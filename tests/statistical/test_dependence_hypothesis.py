"""The controls of the dependence question show the verdicts they must, in the smallest market.

Thirty worlds each: the ratio is some 0.6 with a standard error of 0.1, and some 8 with one of 1.
"""

import pytest

from experiments.composition import compose, split_model
from experiments.hypotheses import MAIN, columns_of, decide, find, prepare
from experiments.lab.twins import run_worlds

pytestmark = pytest.mark.slow
WORLDS = 30


def found_of(scenario):
    words = ["hypothesis=dependence", "market=class", f"n_pairs={WORLDS}", "hypothesis.control_pairs=1"]
    parameters, rest = split_model(compose("test", words))
    study = prepare(rest, parameters)
    tasks = [task for task in study.tasks(parameters.seed) if task.scenario == scenario]
    return study, find(study, columns_of([run_worlds(task) for task in tasks], scenario))


@pytest.mark.parametrize("name", ["equal_shares", "planted_risk"])
def test_controls_show_what_they_must(name):
    study, found = found_of(name)
    assert decide(study.spec, found) in study.spec.controls[name].expected, found.interval


def test_providers_serve_several_bosses_in_a_year_and_idle_half_their_days():
    _, found = found_of(MAIN)
    parts = {part["id"]: part for part in found.parts}
    assert parts["bosses_served"]["low"] > 1.0 and parts["several_served"]["low"] > 0.5
    assert parts["idle_providers"]["low"] > parts["idle_bosses"]["high"], "between two Plans a Provider waits longer than a Boss"
