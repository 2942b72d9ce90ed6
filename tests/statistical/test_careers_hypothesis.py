"""The careers claim is a test: two parameter sets inside the ranges give the two signs, and the controls hold.

Twelve worlds of the smallest market each, with some 50 new Bosses a world: their share that were Providers
has a standard error of 2 percentage points, and lies 10 and more from one half.
"""

import functools

import pytest

from experiments.questions.study import MAIN
from tests.studies import entry_in, one_way, parts_of

pytestmark = pytest.mark.slow


@functools.cache
def entry_at(scenario, worlds, overrides=()):
    words = ["hypothesis=careers", f"n_pairs={worlds}", "hypothesis.control_pairs=1", "hypothesis.along={}", *overrides]
    return entry_in(scenario, *words)


@pytest.mark.parametrize(("name", "verdict"), [("ladder", "supported"), ("closed", "refuted")])
def test_sign_goes_both_ways(name, verdict):
    entry = entry_at(MAIN, 12, tuple(one_way("careers", name)))
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
    assert parts_of(main["parts"])["ahead"]["low"] > 100.0 > parts_of(blind["parts"])["ahead"]["high"]


def test_role_ages_are_stationary_after_the_burn_in():
    parts = parts_of(entry_at(MAIN, 24)["parts"])
    for role in ("boss", "provider"):
        drift = parts[f"drift_{role}"]
        assert drift["low"] <= 0.1 and drift["high"] >= -0.1, f"{role}: {drift['low']} to {drift['high']} years"
