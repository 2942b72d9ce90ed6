"""Closed web sites: who is hit and what he uses instead, against the rules written out in `tests.naive.sites`.

A whole day of searches and ads under a closure is compared in `tests.naive.test_matching`.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine import chance_plain as plain
from sim.engine.chance import U64, uniform
from sim.engine.compiled import phase
from sim.rules.demand import platforms_plain as sites
from sim.rules.demand.platforms import channel_by_habit, channel_of_client, channel_of_plan, move_ads, usual_channel
from sim.state.records import FLAT, HOTEL, STREET
from sim.state.world import copy_world
from tests.worlds import examples, ran, tiny, with_lever

SAID = ("searches_given_up", "searches_blocked", "searches_to_street")


@phase
def fast_channel(uid, substream, day, seed, world, params):
    """`channel_of_client`, to be called from Python."""
    return channel_of_client(uid, usual_channel(uniform(substream, 0), world), substream, 2, day, seed, world, params)


@phase
def fast_habit(u, lean, world):
    """`channel_by_habit`, to be called from Python."""
    return channel_by_habit(u, lean, world)


@phase
def fast_ads(b, kind, u, other_u, day, seed, world, params):
    """`channel_of_plan`, to be called from Python."""
    return channel_of_plan(world.bosses[b], kind, u, other_u, day, seed, world, params)


@phase
def fast_move(b, day, seed, world, params):
    """`move_ads`, to be called from Python."""
    return move_ads(world.bosses[b], world.plans[b], day, seed, world, params)


@pytest.fixture(scope="module")
def founded():
    return ran(tiny(market__platforms=4, demand__digital_share=0.8), 0)


def closed_world(founded, closed, since, params, successors=-1):
    """A world in which so much of each site is closed from a day on, under given numbers; some have a successor."""
    world, numbers = copy_world(founded.world), founded.params.copy()
    world.platforms["closed"][1:] = closed
    world.platforms["closed_since"][1:] = since
    world.platforms["successor_since"][1:] = np.where(np.greater(closed, 0.0), successors, -1)
    for name, number in params.items():
        numbers[0][name] = number
    return world, numbers[0]


CLOSED = st.lists(st.sampled_from([0.0, 0.3, 0.9, 1.0]), min_size=4, max_size=4)
SINCE = st.lists(st.integers(0, 60), min_size=4, max_size=4)
SUCCESSORS = st.lists(st.one_of(st.just(-1), st.integers(40, 80)), min_size=4, max_size=4)
RULES = st.fixed_dictionaries({
    "platforms_lag_days": st.floats(1, 30),
    "platforms_to_street": st.sampled_from([0.0, 0.2, 1.0]),
    "platforms_give_up": st.sampled_from([0.0, 0.3, 1.0]),
})  # fmt: skip


@given(closed=CLOSED, since=SINCE, successors=SUCCESSORS, params=RULES, day=st.integers(60, 89), seed=st.integers(0, 2**53))
@examples(60)
def test_clients_of_closed_sites(founded, closed, since, successors, params, day, seed):
    """A hundred clients: on another site, in the street, waiting, or searching no more."""
    world, numbers = closed_world(founded, closed, since, params, successors)
    counts = dict.fromkeys(SAID, 0)
    for k in range(100):
        uid = plain.scramble(seed + k)
        draws = [plain.uniform(uid, i) for i in (0, 2)]
        usual = sites.usual_channel(draws[0], 0.0, world)
        expected, said = sites.channel_of_search(uid, usual, draws[1], day, seed, world, numbers)
        assert fast_channel(U64(uid), U64(uid), day, U64(seed), world, numbers) == expected
        if said:
            counts[said] += 1
    assert {name: int(world.ledger[day][name]) for name in SAID} == counts


@given(closed=CLOSED, since=SINCE, successors=SUCCESSORS, params=RULES, day=st.integers(60, 89), seed=st.integers(0, 2**53))
@examples(60)
def test_bosses_of_closed_sites(founded, closed, since, successors, params, day, seed):
    """Where each Boss would advertise, and where the ads of a Plan that runs on each site stand today."""
    world, numbers = closed_world(founded, closed, since, params, successors)
    for b in range(world.counts[0].bosses):
        uid = int(world.bosses[b]["uid"])
        draws = [plain.uniform(uid, i) for i in range(2)]
        for kind in (STREET, HOTEL, FLAT):
            expected = sites.channel_of_ads(uid, kind, *draws, day, seed, world, numbers)
            assert fast_ads(b, kind, *draws, day, U64(seed), world, numbers) == expected
        for site in range(len(world.platforms)):
            world.plans[b]["platform"] = site
            site_today, up = sites.ads_of_today(uid, site, day, seed, world, numbers)
            assert bool(fast_move(b, day, U64(seed), world, numbers)) == up
            assert int(world.plans[b]["platform"]) == site_today


def test_what_is_used_instead_is_shared_out_as_said(founded):
    """Of 20,000 clients of closed sites: shares within 4 standard errors of what the parameters say."""
    numbers = {"platforms_lag_days": 10.0, "platforms_to_street": 0.2, "platforms_give_up": 0.25}
    world, params = closed_world(founded, [1.0, 0.0, 0.0, 0.5], [50, -1, -1, 50], numbers)
    day, clients = 57, 20_000  # a week later
    used = np.array([
        sites.instead_of(plain.scramble(k), 1, 0.25, plain.uniform(k, 1), day, 7, world, params) for k in range(clients)
    ])  # fmt: skip
    waiting = 0.75 * 0.8 * 0.9**7
    left = founded.world.platforms["share"][1:] * [0.0, 1.0, 1.0, 0.5]
    expected = {sites.GIVEN_UP: 0.25, sites.STREET_INSTEAD: 0.75 * 0.2, sites.NOT_YET: waiting}
    expected |= {site + 1: (0.6 - waiting) * share for site, share in enumerate(left / left.sum())}
    for what, share in expected.items():
        assert abs((used == what).mean() - share) <= 4 * np.sqrt(share * (1 - share) / clients), what


@pytest.mark.parametrize("platform", [None, 1])
def test_a_closed_site_has_no_ads_left(platform):
    """From the day on which all of it is closed nobody's ads are up there, and they are back when it opens."""
    run = ran(with_lever(tiny(), "platform_closure", intensity=1.0, start=40, end=60, platform=platform), 39)
    of_sites = slice(1, None) if platform is None else slice(platform, platform + 1)
    up = []
    for _ in range(39, 90):
        run.run(1)
        plans = run.world.plans[: run.world.counts[0].bosses]
        places = [int(plan["places"]) for plan in plans if plan["open"] and plan["platform"] in range(17)[of_sites]]
        up.append(sum(places))
    assert up[0] > 0 and sum(up[-20:]) > 0
    assert sum(up[1:21]) == 0


def test_a_successor_brings_back_all_but_those_who_gave_up(founded):
    """Of 20,000 clients of a closed site: none before it opens, those whose lag is over after a week, in the end all others."""
    numbers = {"platforms_lag_days": 10.0, "platforms_to_street": 0.2, "platforms_give_up": 0.25}
    world, params = closed_world(founded, [1.0, 0.0, 0.0, 0.0], [10, -1, -1, -1], numbers, [60, -1, -1, -1])
    clients = 20_000
    for day, share in ((60, 0.0), (67, 0.75 * (1.0 - 0.9**7)), (500, 0.75)):
        back = sum(sites.reaches(plain.scramble(k), 1, 0.25, day, 7, world, params) for k in range(clients))
        assert abs(back / clients - share) <= 4 * np.sqrt(share * (1 - share) / clients) + 1e-3 * (share > 0), day


def test_a_successor_lasts_as_long_as_the_closure():
    """With a rate that leaves no doubt: it opens in the closure's first days, and is gone when the closure ends."""
    closure = {"intensity": 1.0, "start": 40, "end": 60}
    run = ran(with_lever(tiny(platforms__birth=1.0, demand__digital_share=1.0), "platform_closure", **closure), 40)
    since, open_ = [], []
    for _ in range(40, 90):
        run.run(1)
        since.append(run.world.platforms["successor_since"][1:].copy())
        open_.append(run.world.platforms["open"][1:].copy())
    assert ((40 <= since[15]) & (since[15] < 55)).all() and (since[15] == since[19]).all() and (since[20] == -1).all()
    assert (open_[0] == 0).all() and (open_[16] == 1).all() and (open_[20] == 1).all()


def test_without_a_rate_no_site_has_a_successor():
    run = ran(with_lever(tiny(demand__digital_share=1.0), "platform_closure", intensity=1.0, start=40))
    assert (run.world.platforms["successor_since"] == -1).all() and (run.world.platforms["open"][1:] == 0).all()


@pytest.mark.parametrize("lean", [-0.1, -0.05, 0.02, 0.4])
def test_a_lean_moves_searches_between_the_street_and_the_sites_in_proportion(founded, lean):
    """The street has its usual share plus the lean; sites keep their shares of what is left. Fast and plain agree."""
    world, clients = founded.world, 20_000
    shares = world.platforms["share"].copy()
    expected = np.append(shares[0] + lean, shares[1:] / shares[1:].sum() * (1.0 - shares[0] - lean))
    draws = [plain.uniform(plain.scramble(k), 0) for k in range(clients)]
    used = [sites.usual_channel(u, lean, world) for u in draws]
    assert [int(fast_habit(u, lean, world)) for u in draws] == used
    found = np.bincount(used, minlength=len(shares)) / clients
    assert (np.abs(found - expected) <= 4 * np.sqrt(expected * (1 - expected) / clients)).all()


def test_a_lean_settles_where_appointments_are(founded):
    """At usual shares of appointments it stays near zero; from the street alone it goes half the way to all searches there."""
    world, params = founded.world, founded.params.copy()
    params["demand_channel_drift"] = 0.02
    client, street = world.clients[:1].copy()[0], float(world.platforms[0]["share"])
    leans = []
    for k in range(4000):
        sites.lean_towards(0 if plain.uniform(plain.scramble(k), 0) < street else 1, client, world, params[0])
        leans.append(float(client.lean))
    assert abs(np.mean(leans)) < 0.02 and np.std(leans) < 0.05
    for _ in range(600):
        sites.lean_towards(0, client, world, params[0])
    assert float(client.lean) == pytest.approx(0.5 * (1.0 - street), abs=1e-3)
