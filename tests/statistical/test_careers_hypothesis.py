"""The careers claim is a test: two parameter sets inside the ranges give the two signs, and the controls hold.

Twelve worlds of the smallest market each, with some 50 new Bosses a world: their share that were Providers
has a standard error of 2 percentage points, and lies 10 and more from one half.
"""

import functools

import pytest

from experiments.composition import compose, split_model
from experiments.hypotheses import MAIN, columns_of, entry_of, prepare
from experiments.lab.twins import run_worlds

pytestmark = pytest.mark.slow


@functools.cache
def entry_at(scenario, worlds, overrides=()):
    words = ["hypothesis=careers", f"n_pairs={worlds}", "hypothesis.control_pairs=1", "hypothesis.along={}", *overrides]
    parameters, rest = split_model(compose("test", words))
    study = prepare(rest, parameters)
    tasks = [task for task in study.tasks(parameters.seed) if task.scenario == scenario]
    chosen = next(one for one in study.scenarios if one.name == scenario)
    return entry_of(study, chosen, columns_of([run_worlds(task) for task in tasks], scenario))


def part_of(entry, name):
    return next(part for part in entry["parts"] if part["id"] == name)


@pytest.mark.parametrize(("name", "verdict"), [("ladder", "supported"), ("closed", "refuted")])
def test_sign_goes_both_ways(name, verdict):
    changes = compose("test", ["hypothesis=careers"])["hypothesis"]["both_ways"][name]
    entry = entry_at(MAIN, 12, tuple(f"{key}={value}" for key, value in changes.items()))
    assert entry["verdict"] == verdict, f"{entry['low']} to {entry['high']} under {name}"


@pytest.mark.parametrize("name", ["no_ladder", "planted"])
def test_controls_show_what_they_must(name):
    entry = entry_at(name, 12)
    assert entry["as_expected"], f"{entry['verdict']} at {entry['estimate']}"


def test_blind_promotion_gives_as_many_bosses_and_no_career():
    """Same total entry: the share is as in the main worlds, and what those who rise were ahead by is gone."""
    main, blind = entry_at(MAIN, 24), entry_at("blind", 24)
    assert blind["as_expected"], blind["verdict"]
    assert abs(blind["estimate"] - main["estimate"]) < 6.0
    assert part_of(main, "ahead")["low"] > 100.0 > part_of(blind, "ahead")["high"]


def test_role_ages_are_stationary_after_the_burn_in():
    entry = entry_at(MAIN, 24)
    for role in ("boss", "provider"):
        drift = part_of(entry, f"drift_{role}")
        assert drift["low"] <= 0.1 and drift["high"] >= -0.1, f"{role}: {drift['low']} to {drift['high']} years"
