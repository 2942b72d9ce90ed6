"""The interchangeability claim is a test: two parameter sets inside the ranges give the two signs, and the controls hold.

In the smallest market. Forty pairs for some 6 and -4.6 person-days a day with standard errors of 1.2 and 1.0 (pilot
seeds), and for the planted effect, some 7 with a standard error of 1.2; sixty for what must not come out supported.
"""

import functools

import pytest

from experiments.composition import compose, split_model
from experiments.hypotheses import MAIN, columns_of, decide, find, prepare
from experiments.lab.twins import run_worlds
from experiments.lab.verdict import mean_interval

pytestmark = pytest.mark.slow


@functools.cache
def found_of(scenario, pairs, overrides=()):
    words = ["hypothesis=interchangeability", "market=class", f"n_pairs={pairs}", "hypothesis.control_pairs=1", *overrides]
    parameters, rest = split_model(compose("test", words))
    study = prepare(rest, parameters)
    tasks = [task for task in study.tasks(parameters.seed) if task.scenario == scenario]
    return study, find(study, columns_of([run_worlds(task) for task in tasks], scenario))


@pytest.mark.parametrize(("name", "sign"), [("anybody_steps_in", 1.0), ("watch_holds_the_market", -1.0)])
def test_sign_goes_both_ways(name, sign):
    changes = compose("test", ["hypothesis=interchangeability"])["hypothesis"]["both_ways"][name]
    _, found = found_of(MAIN, 40, tuple(f"{key}={value}" for key, value in changes.items()))
    interval = mean_interval(sign * found.values)
    assert interval.low > 0.0, f"difference = {interval} under {name}"


@pytest.mark.parametrize(("name", "pairs"), [("bonded_and_essential", 60), ("planted_boss", 40)])
def test_controls_show_what_they_must(name, pairs):
    study, found = found_of(name, pairs)
    assert decide(study.spec, found) in study.spec.controls[name].expected, found.interval


def test_bonding_makes_a_provider_hard_to_replace():
    """The negative control's world without its bonding: a fifth of the Providers then weighs less beside the Bosses."""
    _, bonded = found_of("bonded_and_essential", 60)
    essential = "bonding_where_tasks_are_essential[labour.bonding=0.0]"
    _, free = found_of(essential, 60, ("hypothesis.along.bonding_where_tasks_are_essential.pairs=1",))
    shares = [next(part for part in found.parts if part["id"] == "share_of_bosses") for found in (free, bonded)]
    assert shares[0]["estimate"] + 0.1 < shares[1]["estimate"], shares
