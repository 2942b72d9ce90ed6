"""Which days are measured by default, and which outcomes can be seen in them."""

import numpy as np
import pytest

from sim.configuration import compose
from sim.market import Market
from sim.measures.field_view import field_view
from sim.measures.formulas import OUTCOMES
from sim.measures.outcomes import outcomes
from sim.measures.windows import LASTING_DAYS, LIMITS, cannot_be_seen, first_measured, policy_start, read_window, window_before
from sim.rules.planning import flow
from sim.simulation import Simulation
from tests.unit.measures.test_outcomes import fill, tiny

INSPECTION = {"policy.levers.venue_inspection.intensity": 1.0}


def parameters(**overrides):
    return compose("class", overrides={"days": 100, "burn_in": 10, "policy.start_day": 40} | overrides)


@pytest.mark.parametrize(
    ("overrides", "start", "first", "before"),
    [
        ({}, None, 10, None),
        (INSPECTION, 40, 40, (10, 40)),
        ({"policy.levers.venue_inspection.intensity": 0.0}, 40, 40, (10, 40)),
        (INSPECTION | {"policy.levers.demand_campaign": {"intensity": 1.0, "start": 25}}, 25, 25, (10, 25)),
        (INSPECTION | {"policy.levers.venue_inspection.start": 60}, 60, 60, (10, 60)),
        (INSPECTION | {"policy.start_day": 0}, 0, 10, None),
        (INSPECTION | {"policy.start_day": 10}, 10, 10, None),
        (INSPECTION | {"policy.levers.venue_inspection.start": 100, "policy.levers.venue_inspection.end": 120}, 100, 10, None),
    ],
)
def test_one_rule_says_which_days_are_measured(overrides, start, first, before):
    made = parameters(**overrides)
    assert policy_start(made) == start
    assert first_measured(made.burn_in, start, made.days) == first
    assert window_before(made, made.days) == before


def test_outcomes_and_field_view_are_of_the_days_of_the_policy():
    market = Market(market="class", seed=3, overrides={"days": 100, "burn_in": 10, "policy.start_day": 40} | INSPECTION)
    market.run(30)
    assert market.outcomes() == market.outcomes(10, 30), "before it has begun there is nothing else to measure"
    market.run(70)
    assert market.outcomes() == market.outcomes(40, 100) != market.outcomes(10, 100)
    assert market.field_view()["days"].groupby(market.field_view()["series"]).sum().eq(60).all()
    assert field_view(market.simulation, first=40).equals(market.field_view())


def test_an_exit_lasts_as_long_as_the_model_says():
    assert LASTING_DAYS == flow.LASTING_DAYS
    assert set(LIMITS) <= {name for name, _, _ in OUTCOMES}


def test_what_cannot_happen_in_a_window_has_a_reason_and_no_value():
    run = tiny(days=400)
    fill(run, lasting_exits=np.where(np.arange(400) < 365, 0, 2))
    assert outcomes(run, 0, 365)["lasting_exits"]["value"] is None
    assert "needs 365 days after an exit: from day 365 on" in outcomes(run, 0, 365)["lasting_exits"]["reason"]
    seen = outcomes(run, 200, 400)["lasting_exits"]
    assert (seen["value"], seen["observed_days"]) == (2.0, 35), "a mean over the days on which one can be counted"
    assert outcomes(run, 365, 400)["lasting_exits"] == {"value": 2.0, "unit": "exits of 365 days/day"}


def test_under_a_policy_exits_must_have_been_made_under_it():
    run = tiny(days=800, **INSPECTION | {"policy.start_day": 365})
    fill(run, lasting_exits=1)
    assert outcomes(run, 365, 730)["lasting_exits"]["value"] is None
    assert outcomes(run)["lasting_exits"]["observed_days"] == 70
    assert outcomes(run, 730)["lasting_exits"] == {"value": 1.0, "unit": "exits of 365 days/day"}
    assert outcomes(run, 0, 730)["lasting_exits"]["observed_days"] == 365, "a window that is not the policy's counts all"


def test_a_zero_that_could_have_been_more_stays_a_zero():
    run = tiny(days=10)
    fill(run, beds_near=1)
    found = outcomes(run)
    assert found["placed"]["value"] == found["persons_in_care_near"]["value"] == found["encounters"]["value"] == 0.0
    assert found["persons_in_care_distant"]["value"] is None and "a distant bed" in found["persons_in_care_distant"]["reason"]
    assert found["searches_blocked_share"]["value"] is None
    assert outcomes(run, concerned=["persons_in_care_distant"])["persons_in_care_distant"]["value"] == 0.0
    closed = tiny(days=10, **{"policy.levers.platform_closure": {"intensity": 0.5, "start": 2}})
    assert outcomes(closed)["contacts_lost_by_closure"]["value"] == 0.0
    fill(run, in_care_distant=1)
    assert outcomes(run)["persons_in_care_distant"]["value"] == 1.0, "what is counted is told, whatever the parameters say"


@pytest.mark.parametrize(
    ("name", "overrides", "first_day"),
    [
        ("promoted", {"careers.promotion_days": 60}, 59), ("messages_too_soon", {"outreach.practice_days": 30}, 30),
        ("plans_completed", {"planning.duration_low": 3}, 2), ("lasting_exits", {}, 365),
    ],
)  # fmt: skip
def test_the_first_day_follows_from_the_parameters(name, overrides, first_day):
    made = parameters(**overrides)
    assert f"from day {first_day} on" in cannot_be_seen(name, made, first_day, 0)
    assert cannot_be_seen(name, made, first_day + 1, 0) is None
    assert cannot_be_seen("encounters", made, 1, 0) is None


def test_nothing_is_counted_before_its_first_day():
    """What the limits say cannot be is not: a world whose chances are high, from its first day on."""
    often = {
        "care.found_near": 1.0, "control.attempt_rate": 1.0, "control.success": 1.0, "control.relapse_rate": 0.5,
        "careers.promotion_rate": 1.0, "careers.promotion_days": 10, "careers.promotion_capital": 0.0,
        "careers.promotion_contacts": 0, "outreach.practice_days": 5, "outreach.mass_hours": 5.0, "care.beds_near": 50.0,
        "planning.duration_low": 3,
    }  # fmt: skip
    run = Simulation(compose("class", overrides={"seed": 5, "days": 40, "burn_in": 0} | often))
    run.run()
    first = {}
    for name in ("promoted", "messages_too_soon", "plans_completed", "returned_to_risk", "found_again", "bosses_once_providers"):
        days = np.flatnonzero(run.world.ledger[name])
        outcome = {"bosses_once_providers": "bosses_once_providers_share"}.get(name, name)
        first[name] = days.min() if days.size else None
        assert days.size == 0 or days.min() >= LIMITS[outcome].days(run.parameters), name
    assert first["promoted"] is not None and first["messages_too_soon"] is not None and first["plans_completed"] is not None
    assert not run.world.ledger["searches_blocked"].any() and not run.world.ledger["prevented"].any()
    assert read_window(run, None, None, "outcomes") == (0, 40)
