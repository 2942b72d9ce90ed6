"""Golden ledgers: to the bit on the platform they were made on, by their daily means elsewhere.

A failure means that numbers changed. If that was meant, say so in the changelog and run
`python -m tests.baselines.renew`.
"""

import pytest

from tests.baselines.worlds import MEANS, WORLDS, kept, means_of, parameters_of, run_world, this_platform

GOLDEN = kept()
HERE = GOLDEN["platform"] == this_platform()
PERTURBED = {"demand.willingness_mean": 1.01, "planning.temperature": 1.01, "demand.temperature": 1.01}
TOLERANCE = 0.5  # share of a mean by which one world of 140 days may differ where logarithms round otherwise


def agrees(run, name):
    """Whether a world is the baseline: the same hash here, means alike elsewhere."""
    golden = GOLDEN["worlds"][name]
    if HERE:
        return run.ledger_sha256() == golden["ledger_sha256"]
    means = means_of(run)
    return all(abs(means[m] - golden["daily_means"][m]) <= TOLERANCE * max(1.0, golden["daily_means"][m]) for m in MEANS)


def test_the_file_describes_these_worlds():
    assert {name: world["meaning"] for name, world in GOLDEN["worlds"].items()} == {
        name: text for name, (_, text) in WORLDS.items()
    }


@pytest.mark.parametrize("name", WORLDS)
def test_the_ledger_is_as_it_was(name):
    assert agrees(run_world(parameters_of(name)), name), f"numbers have changed: {WORLDS[name][1]}"


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("key", PERTURBED)
def test_a_twin_off_by_one_percent_is_told_apart(name, key):
    """So that the baseline guards something: one number off by a hundredth must fail it (where hashes count)."""
    group, number = key.split(".")
    usual = getattr(getattr(parameters_of(name), group), number)
    run = run_world(parameters_of(name, **{key: usual * PERTURBED[key]}))
    assert run.ledger_sha256() != GOLDEN["worlds"][name]["ledger_sha256"]
    if HERE:
        assert not agrees(run, name)


def test_elsewhere_a_market_of_twice_the_demand_is_told_apart(monkeypatch):
    """The looser comparison has its perturbed twin too."""
    monkeypatch.setitem(globals(), "HERE", False)
    assert agrees(run_world(parameters_of("plain")), "plain")
    assert not agrees(run_world(parameters_of("plain", **{"market.searches_per_day": 180.0})), "plain")
