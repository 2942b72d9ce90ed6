"""Patterns that a draw of the assumed numbers must show: how they are measured, what meets them, and what accepts."""

import numpy as np
import pytest

from experiments.configuration.composition import compose
from experiments.robustness import draws, patterns
from experiments.robustness import runs as robust_runs
from sim.configuration import validate
from sim.simulation import Simulation

SPEC = draws.read_specification()
BASE = compose("config", ["market=class"])


def test_patterns_are_measured_on_ledgers():
    """The shares of venue kinds and a ratio over weekdays, computed here from the tables by hand."""
    worlds = []
    for seed in (1, 2):
        world = Simulation(validate(BASE | {"seed": seed, "days": 120, "burn_in": 20}))
        world.run()
        worlds.append(world)
    found = patterns.measure_worlds(worlds, patterns.MEASURES)
    kinds = sum(world.world.cells["person_days"][20:].sum(axis=0).reshape(-1, 4).sum(axis=0) for world in worlds)
    assert found["housed_in_hotels"] == pytest.approx(kinds[1] / kinds[1:].sum())
    assert found["on_the_street"] == pytest.approx(kinds[0] / kinds.sum())
    by_weekday = np.zeros(7)
    for world in worlds:
        for day in range(20, 120):
            by_weekday[day % 7] += world.world.ledger["encounters"][day]  # day 0 is a Monday
    days = np.bincount(np.arange(20, 120) % 7)
    rise = (by_weekday[4:6].sum() / days[4:6].sum()) / (by_weekday[:4].sum() / days[:4].sum())
    assert found["weekend_rise"] == pytest.approx(rise) and rise > 1.0
    ages = sum(world.world.ledger["boss_age_days"][20:].sum() for world in worlds) / 365.25
    assert 17.0 < found["age_of_bosses"] < 26.0 and ages > 0.0


def test_what_is_undefined_meets_no_pattern():
    nobody_searches = BASE["market"] | {"searches_per_day": 0.0, "prostitutes": 0}
    world = Simulation(validate(BASE | {"days": 60, "burn_in": 10, "market": nobody_searches}))
    world.run()
    found = patterns.measure_worlds([world], patterns.MEASURES)
    met = patterns.met_by(SPEC.patterns, found)
    assert found["weekend_rise"] is None and not met["E34"]
    assert not robust_runs.is_accepted(SPEC.patterns, met)


def test_bounds_and_what_accepts():
    e04, e34, e16 = (SPEC.patterns[name] for name in ("E04", "E34", "E16"))
    assert e04.bounds == pytest.approx((20.2, 23.2)) and e04.is_met_by(21.0) and not e04.is_met_by(20.0)
    assert e34.is_met_by(1.2) and not e34.is_met_by(0.9) and not e34.is_met_by(None)
    assert e04.accepts and not e16.accepts
    met = {name: True for name in SPEC.patterns}
    assert robust_runs.is_accepted(SPEC.patterns, met | {"E16": False})
    assert not robust_runs.is_accepted(SPEC.patterns, met | {"E04": False})


def test_held_out_rows_appear_nowhere():
    assert not set(SPEC.patterns) & set(patterns.HELD_OUT)
    for pattern in SPEC.patterns.values():
        assert not any(evidence in pattern.why for evidence in patterns.HELD_OUT)
