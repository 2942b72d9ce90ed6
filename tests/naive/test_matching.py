"""Clients and offers: a day of appointments against a version that looks at everything and sorts it."""

import math

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from sim import chance
from sim.phases.administration import administer_appointments
from sim.phases.calendar import open_the_day
from sim.phases.plain import chance as plain
from sim.phases.plain import platforms as sites
from sim.phases.planning import plan_the_day
from sim.state.records import ADS_AND_CALLS, NEAR, PARTNER, RUNNING, STREET, TRANSPORT, VACANT, WATCH
from sim.state.world import copy_world
from tests.naive.test_agenda import walk_to_search_day
from tests.worlds import changes, compiled_only, examples, ran, tiny, with_levers

CHANNEL = 2**40
TASTE = 0xD6E8FEB86659FD93


def morning(parameters, day, fear):
    """A world on a morning with its Plans launched, and clients in the given fear of a territory."""
    run = ran(parameters, day)
    open_the_day(day, run.seed, run.world, run.rules[0])
    plan_the_day(day, run.seed, run.world, run.rules[0])
    run.world.territories["fear"][: len(fear)] = fear[: len(run.world.territories)]
    run.world.clients["perceived_risk"][::3] = fear[0]
    run.world.clients["risk_day"][::3] = max(0, day - 4)
    run.world.clients["course"][1::4] = 1
    return run


def vacant(plan, task, world):
    """Share of a task's slots that nobody able to work holds."""
    slots = [slot for slot in range(plan["n_slots"]) if plan["slot_task"][slot] == task]
    holders = [plan["slot_holder"][slot] for slot in slots]
    empty = [p for p in holders if p == VACANT or (p >= 0 and world.providers[p]["status"] != RUNNING)]
    return len(empty) / len(slots) if slots else 0.0


def offers_of(day, seed, world, rules):
    """Every running Plan as a dictionary of what clients see."""
    offers = []
    for b in np.flatnonzero(world.bosses["status"] == RUNNING):
        plan = world.plans[b]
        lost = (1 - rules.labour_unfilled_calls * vacant(plan, ADS_AND_CALLS, world)) * (
            1 - rules.labour_unfilled_transport * vacant(plan, TRANSPORT, world)
        )
        uid = int(world.bosses[b]["uid"])
        site, up = sites.ads_of_today(uid, int(plan["platform"]), day, seed, world, rules)
        places = int(plan["n_persons"] * rules.demand_appointments_per_person * lost + 0.5) if up else 0
        fresh = math.exp(-(day - int(world.bosses[b]["ad_since"])) / rules.demand_fresh_days)
        offers.append({
            "b": b, "uid": int(plan["uid"]), "channel": site, "territory": plan["territory"], "kind": plan["kind"],
            "price": int(plan["price"]), "places": places, "ads": int(plan["n_persons"]) if site > 0 else 0,
            "visibility": 1 + rules.demand_fresh_boost * fresh, "booked": 0, "income": 0, "reports": float(plan["reports"]),
        })  # fmt: skip
    return offers


def wants_to_search(client, day, seed, world, rules):
    if client["retry_day"] == day:
        return True
    territory = world.territories[client["territory"]]
    own_risk = float(client["perceived_risk"]) * math.exp(-rules.learning_fear_decay * (day - int(client["risk_day"])))
    left = territory["campaign"] * (1 - rules.demand_course_effect if client["course"] else 1)
    left *= math.exp(-rules.demand_fear_kappa * (own_risk + territory["fear"]))
    due = float(client["rate"]) * world.demand[territory["zone"], day]
    share = -math.expm1(-due * left) / -math.expm1(-due)
    return plain.throw(plain.dice(seed, chance.SEARCH_ACCEPT, day, client["uid"]), 0) < share


def seen_by(client, channel, a_dice, offers, world, rules):
    """All offers of his channel in the nearest territories with a place left, sorted; the first k of them."""
    near = set(np.argsort(world.distance[client["territory"]], kind="stable")[:NEAR])
    scored = []
    for offer in offers:
        if offer["channel"] == channel and offer["booked"] < offer["places"] and offer["territory"] in near:
            km = world.distance[client["territory"], offer["territory"]]
            weight = math.exp(-km / rules.market_distance_scale_km) * offer["visibility"]
            scored.append((-math.log(plain.throw(a_dice, offer["uid"])) / weight, offer))
    return [offer for _, offer in sorted(scored, key=lambda pair: pair[0])[: rules.demand_offers_seen]]


def best_of(client, a_dice, seen, world, rules):
    """The offer of the highest utility, or None for staying at home."""
    noise = rules.demand_temperature
    best, highest = None, noise * plain.gumbel_of(plain.word(a_dice, CHANNEL + 1))
    for offer in seen:
        utility = (
            float(client["willingness"])
            - offer["price"] / 100
            + float(client["taste"][offer["kind"]])
            + rules.demand_kind_utility[offer["kind"]]
            - float(client["distance_cost"]) * world.distance[client["territory"], offer["territory"]]
            + noise * plain.gumbel_of(plain.scramble(plain.word(a_dice, offer["uid"]) ^ TASTE))
        )
        if utility > highest:
            best, highest = offer, utility
    return best


def appointments(day, seed, world, rules):
    """The whole day the slow way: (offers, counts, the clients who try again, next search days)."""
    offers = offers_of(day, seed, world, rules)
    names = ("searches_due", "searches", "retried", "unmet", "declined", "encounters", "payments", "reports_by_clients",
             "searches_given_up", "searches_blocked", "searches_to_street")  # fmt: skip
    counts = dict.fromkeys(names, 0)
    clients = world.clients[: world.counts[0].clients]
    due = [row for row in range(len(clients)) if clients[row]["next_day"] == day]
    coming = set(due) | {row for row in range(len(clients)) if clients[row]["retry_day"] == day}
    queue = [row for row in coming if wants_to_search(clients[row], day, seed, world, rules)]
    queue.sort(key=lambda row: plain.word(plain.dice(seed, chance.SEARCH_TICKET, day, clients[row]["uid"]), 0))
    counts["searches_due"], counts["searches"] = len(due), len(queue)
    again = set()
    for row in queue:
        client = clients[row]
        a_dice = plain.dice(seed, chance.SEARCH_CHOICE, day, client["uid"])
        draws = (plain.throw(a_dice, CHANNEL), plain.throw(a_dice, CHANNEL + 2))
        channel, said = sites.channel_of_search(client["uid"], *draws, day, seed, world, rules)
        if said:
            counts[said] += 1
        if channel < 0:
            continue
        seen = seen_by(client, channel, a_dice, offers, world, rules)
        if not seen:
            if plain.throw(plain.dice(seed, chance.SEARCH_RETRY, day, client["uid"]), 0) < rules.demand_retry_chance:
                again.add(row)
                counts["retried"] += 1
            else:
                counts["unmet"] += 1
            continue
        offer = best_of(client, a_dice, seen, world, rules)
        if offer is None:
            counts["declined"] += 1
            continue
        offer["booked"] += 1
        offer["income"] += offer["price"]
        counts["encounters"] += 1
        counts["payments"] += offer["price"]
        if plain.throw(plain.dice(seed, chance.REPORT, day, client["uid"]), 0) < float(client["report"]):
            offer["reports"] = float(np.float32(offer["reports"] + 1))
            counts["reports_by_clients"] += 1
    return offers, counts, again, {row: walk_to_search_day(clients[row], day, seed, world) for row in due}


def shares(offers, world, rules):
    """Who gets what of each Plan's income, in cents; and what each Boss has of it (a co-Boss half of a gain)."""
    cash = dict.fromkeys(range(world.counts[0].bosses), 0)
    to = dict.fromkeys(("persons_income", "providers_income", "venue_costs", "ad_costs", "bosses_income"), 0)

    def cents(euros):
        return math.floor(euros * 100 + 0.5)

    for offer in offers:
        plan, boss = world.plans[offer["b"]], world.bosses[offer["b"]]
        persons = int(plan["n_persons"])
        kept = math.floor(offer["income"] * rules.entry_keep_share) // persons * persons
        watch_pay = cents(rules.labour_watch_pay)
        other_pay = cents(rules.labour_pay_low + (rules.labour_pay_high - rules.labour_pay_low) * float(boss["pay_level"]))
        tasks = {}
        for slot in range(plan["n_slots"]):
            p = int(plan["slot_holder"][slot])
            if p >= 0 and world.providers[p]["status"] == RUNNING:
                tasks.setdefault(p, set()).add(int(plan["slot_task"][slot]))
        wages = sum(watch_pay if WATCH in held else other_pay for held in tasks.values())
        venue = cents(rules.planning_venue_cost[offer["kind"]]) * persons
        ads = 0 if offer["kind"] == STREET else cents(rules.planning_ad_cost) * persons
        rest = offer["income"] - kept - wages - venue - ads
        partner = int(plan["co_boss"])
        is_there = partner >= 0 and world.bosses[partner]["status"] == PARTNER and world.bosses[partner]["partner"] == offer["b"]
        half = rest // 2 if is_there and rest > 0 else 0
        cash[offer["b"]] += rest - half
        cash[partner if is_there else offer["b"]] += half
        for name, amount in zip(to, (kept, wages, venue, ads, rest), strict=True):
            to[name] += amount
    return to, cash


def assert_same_day(run, day):
    slow = copy_world(run.world)
    rules = run.rules[0]
    before = {name: int(run.world.ledger[day][name]) for name in run.world.ledger.dtype.names}
    offers, counts, again, next_days = appointments(day, int(run.seed), slow, rules)
    administer_appointments(day, run.seed, run.world, rules)
    world = run.world
    to, cash = shares(offers, slow, rules)
    counts["ads_up"] = sum(offer["ads"] for offer in offers)
    for name, number in (counts | to).items():
        assert int(world.ledger[day][name]) - before[name] == number, name
    assert {b: int(world.bosses["cash"][b] - slow.bosses["cash"][b]) for b in cash} == cash
    for offer in offers:
        plan = world.plans[offer["b"]]
        assert (int(plan["places"]), int(plan["booked"]), int(plan["income"])) == (
            offer["places"],
            offer["booked"],
            offer["income"],
        )
        assert float(plan["reports"]) == offer["reports"]
        assert plan["visibility"] == offer["visibility"] and plan["platform"] == offer["channel"]
    retrying = np.flatnonzero(world.clients["retry_day"] == day + 1)
    assert set(retrying.tolist()) == again
    assert {row: int(world.clients["next_day"][row]) for row in next_days} == next_days


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
