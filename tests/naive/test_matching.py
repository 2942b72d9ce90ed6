"""Clients and offers: a day of appointments against its plain form, which looks at everything and sorts it."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from sim.rules import plain
from sim.rules.calendar import open_the_day
from sim.rules.demand import platforms_plain as sites
from sim.rules.demand.appointments import administer_appointments
from sim.rules.planning.planning import plan_the_day
from sim.state.records import RUNNING
from sim.state.world import copy_world
from tests.naive.side_by_side import state_of
from tests.worlds import changes, compiled_only, examples, ran, tiny, with_levers


def morning(parameters, day, fear):
    """A world on a morning with its Plans launched, and clients in the given fear of a territory."""
    run = ran(parameters, day)
    open_the_day(day, run.seed, run.world, run.params[0])
    plan_the_day(day, run.seed, run.world, run.params[0])
    run.world.territories["fear"][: len(fear)] = fear[: len(run.world.territories)]
    run.world.clients["perceived_risk"][::3] = fear[0]
    run.world.clients["risk_day"][::3] = max(0, day - 4)
    run.world.clients["course"][1::4] = 1
    return run


def assert_same_day(run, day):
    """All that is handed on, and the ledger, after the fast and the plain administration of one day."""
    other = copy_world(run.world)
    administer_appointments(day, run.seed, run.world, run.params[0])
    plain.administration(day, run.seed, other, run.params[0])
    assert state_of(run.world) == state_of(other)


NO_FEAR = [0.0, 0.0, 0.0]
CROWD = {"market.clients": 200, "market.searches_per_day": 150.0, "demand.appointments_per_person": 1}
CLOSURES = st.fixed_dictionaries({
    "intensity": st.sampled_from([0.0, 0.4, 1.0]), "start": st.integers(0, 30), "platform": st.sampled_from([None, 1])
})  # fmt: skip


@given(
    changed=changes(policy=False),
    day=st.integers(0, 40),
    fear=st.lists(st.floats(0, 3), min_size=3, max_size=3),
    closure=CLOSURES,
    campaign=st.sampled_from([0.0, 1.0]),
)
@example(CROWD, 20, NO_FEAR, {"intensity": 0.0}, 0.0)
@example({"planning.co_boss_chance": 1.0}, 40, NO_FEAR, {"intensity": 1.0, "start": 37, "platform": 1}, 0.0)
@examples(60)
def test_a_day_of_appointments(changed, day, fear, closure, campaign):
    """Alone, and while web sites are closed or a campaign is on."""
    levers = {"platform_closure": closure, "demand_campaign": {"intensity": campaign, "start": 0}}
    assert_same_day(morning(with_levers(tiny(**changed), levers), day, fear), day)


@compiled_only
def test_days_of_a_closure_and_of_co_bosses():
    """In the first days of a closure some ads are down and some have moved; some Plans have a co-Boss who gets his part."""
    down = moved = gains = 0
    for day in (38, 40, 43):
        size = {"market.bosses": 40, "market.prostitutes": 120, "market.providers": 60, "planning.co_boss_chance": 0.5}
        parameters = tiny(**size, platforms__lag_days=2.0, market__searches_per_day=100.0)
        run = morning(with_levers(parameters, {"platform_closure": {"intensity": 0.7, "start": 38}}), day, NO_FEAR)
        before = copy_world(run.world)
        assert_same_day(run, day)
        for b in np.flatnonzero(run.world.bosses["status"] == RUNNING):
            plan, site = run.world.plans[b], int(before.plans["platform"][b])
            moved += plan["platform"] != site
            down += plan["platform"] == site and sites.is_hit(int(run.world.bosses[b]["uid"]), site, int(run.seed), run.world)
            gains += plan["co_boss"] >= 0 and run.world.bosses["cash"][plan["co_boss"]] > before.bosses["cash"][plan["co_boss"]]
    assert down and moved and gains


@compiled_only
@given(seed=st.integers(0, 2**40), day=st.integers(5, 12))
@examples(3)
def test_a_day_among_96_territories(seed, day):
    """Where territories are many, only the nearest twelve are looked at."""
    parameters = tiny(
        "france", seed=seed, market__bosses=150, market__prostitutes=400, market__providers=150, market__clients=800,
        market__searches_per_day=300.0, market__distance_scale_km=80.0, entry__at_risk_per_100k=0.1)  # fmt: skip
    assert_same_day(morning(parameters, day, [0.2, 0.0, 0.1]), day)


@compiled_only
def test_many_offers_on_one_site_and_many_searchers():
    """More candidates than are held back at a time, and a queue long enough for both passes of its sort."""
    parameters = tiny(
        market__bosses=120, market__prostitutes=360, market__providers=200, market__clients=3000, market__searches_per_day=1500.0,
        market__platforms=1, demand__digital_share=1.0, demand__offers_seen=8)  # fmt: skip
    run = morning(parameters, 12, [0.0, 0.3, 0.0])
    assert (run.world.bosses["status"] == RUNNING).sum() > 32
    assert_same_day(run, 12)
    assert int(run.world.ledger[12]["searches"]) > 1024
