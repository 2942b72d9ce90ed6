"""What twin worlds show by day: the ledger's counts, to the unit, and the visits that police are expected to make."""

import numpy as np
import pytest

from experiments.classroom.scene import (
    ATTENTION_SCALE,
    COST,
    MEASURES,
    days_shown,
    expected_visits,
    record_world,
    rows_of,
    setting_of,
    shown_world,
    weekly,
)
from sim.configuration import compose
from sim.rules.enforcement.inspections_plain import weight_of
from sim.simulation import Simulation

DAYS = {"days": 90, "burn_in": 30, "policy.start_day": 41}
CRACKDOWN = {"policy.levers.venue_inspection": {"intensity": 40.0, "territory": "largest", "kind": "hotel"}}
PATROLS = {"policy.levers.street_patrol": {"intensity": 90.0, "start": 50, "end": 60}}


def world(**overrides):
    """A world of the market for lessons."""
    return Simulation(compose("class", overrides=DAYS | {"seed": 5} | overrides))


def test_rows_are_the_counts_of_the_ledger():
    shown, straight = world(**CRACKDOWN), world(**CRACKDOWN)
    rows = record_world(shown, 20)
    straight.run()
    assert shown.ledger_sha256() == straight.ledger_sha256()
    names = rows_of(3)
    assert rows.shape == (len(names), 70)
    ledger = straight.world.ledger[20:90]
    for measure in MEASURES:
        if measure.ledger:
            total = sum(ledger[name] for name in measure.ledger)
            assert rows[names.index(("series", measure.id))].tolist() == total.tolist()
    cells = rows[[k for k, (kind, _) in enumerate(names) if kind == "persons"]]
    assert cells.sum(axis=0).tolist() == ledger["in_plan"].tolist()
    plans = rows[[k for k, (kind, _) in enumerate(names) if kind == "plans"]]
    assert plans.sum() == straight.world.cells["plan_days"][20:90].sum()


def test_cost_adds_up_to_that_of_the_world():
    shown = world(**CRACKDOWN)
    cost = record_world(shown, 20)[rows_of(3).index(("series", COST))]
    assert cost.sum() == round(shown.world.public_cost.sum() / 100) > 0
    assert not cost[:21].any()


def test_recorded_in_two_parts_it_is_the_same():
    whole, parted = world(**CRACKDOWN), world(**CRACKDOWN)
    first = record_world(parted, 20, 41)
    assert np.concatenate([first, record_world(parted, 41)], axis=1).tolist() == record_world(whole, 20).tolist()


@pytest.mark.parametrize("rule", ["uniform", "listed", "learned", "reported"])
def test_expected_visits_are_what_police_make(rule):
    simulation = world(**CRACKDOWN, **PATROLS, **{"enforcement.cells_chosen": rule, "enforcement.yield_factor": 2.0})
    rows = record_world(simulation, 0)
    attention = rows[-3:].sum(axis=0) / ATTENTION_SCALE
    made = sum(simulation.world.ledger[name] for name in ("visits", "visits_added", "patrols", "patrols_added"))
    assert attention.sum() == pytest.approx(made.sum(), rel=0.1)
    assert attention[50:60].mean() > attention[41:50].mean() > attention[:41].mean()
    daily = world(**CRACKDOWN, **PATROLS, **{"enforcement.cells_chosen": rule, "enforcement.yield_factor": 2.0})
    for day in range(90):
        daily.run(1)
        visits = expected_visits(daily)
        assert np.allclose(rows[-3:, day] / ATTENTION_SCALE, visits, atol=0.5 / ATTENTION_SCALE + 1e-9)


@pytest.mark.parametrize("rule", ["uniform", "listed", "learned", "reported", "problem"])
def test_expected_visits_follow_the_weights_of_the_rule(rule):
    simulation = world(**{"enforcement.cells_chosen": rule, "enforcement.yield_factor": 10.0})
    simulation.run(80)
    params, tables = simulation.params[0], simulation.world
    visits = np.zeros(12)
    for unit in tables.units:
        for street in (False, True):
            weights = np.array([weight_of(cell, street, unit.jurisdiction, tables, params) for cell in range(12)])
            visits += (unit.patrols if street else unit.visits) * weights / max(weights.sum(), 1e-9)
    assert np.allclose(expected_visits(simulation), visits.reshape(3, 4).sum(axis=1))


def test_days_shown_begin_four_weeks_before_the_policy():
    assert days_shown(compose("class", overrides=DAYS)) == (13, 41)
    assert days_shown(compose("class", overrides=DAYS | {"policy.start_day": 10})) == (0, 10)


def test_weeks_are_counted_from_the_policy():
    rows = np.tile(np.arange(30), (len(rows_of(3)), 1))
    days, by_week = weekly(rows, 5, 10)
    assert days == [10, 17, 24]
    means = {measure.id: by_week[k] for k, measure in enumerate(MEASURES)}
    assert means["persons"].tolist() == [8.0, 15.0, 22.0]
    assert means["arrests"].tolist() == [56, 105, 154]


def test_a_scene_can_be_drawn():
    simulation = world(**CRACKDOWN)
    rows = record_world(simulation, 20)
    said = setting_of(simulation, 20, 41)
    assert [place["name"] for place in said["territories"]] == [place.name for place in simulation.places]
    shown = shown_world(rows, 3)
    assert {len(row) for kind in ("persons", "plans", "attention") for row in shown[kind]} == {70}
    assert (len(shown["persons"]), len(shown["plans"]), len(shown["attention"])) == (12, 3, 3)
    assert set(shown["series"]) == {measure.id for measure in MEASURES}
