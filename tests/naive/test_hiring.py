"""Hiring: who fills a slot, against a version that lists all Providers and sorts them."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from sim import chance
from sim.compiled import phase
from sim.phases.arrivals import list_by_territory
from sim.phases.staffing import NEAR_POOL, choose_provider, fill_slot
from sim.state.records import (
    CAN_LOGISTICS,
    CAN_RECRUIT,
    CAN_WATCH,
    FREE,
    RECRUITMENT,
    RUNNING,
    TRANSPORT,
    VACANT,
    WATCH,
)
from sim.state.world import copy_world
from tests.naive import plain
from tests.worlds import changes, examples, ran, tiny

ROTATION = 0x5851F42D4C957F2D
SKILLS = {WATCH: CAN_WATCH, RECRUITMENT: CAN_RECRUIT}


@phase
def list_providers(day, seed, world, rules):
    """The day's lists of the open pool."""
    list_by_territory(world)


@phase
def fast_fill(b, slot, day, seed, world, rules):
    """`fill_slot`, to be called from Python."""
    return fill_slot(b, slot, day, seed, world, rules)


@phase
def fast_choice(b, task, slot, minutes, day, seed, world, rules):
    """`choose_provider`, to be called from Python."""
    return choose_provider(b, task, slot, minutes, day, seed, world, rules)


def contacts(b, world):
    boss = world.bosses[b]
    return {int(p): int(since) for p, since in zip(boss["contact"][: boss["n_contacts"]], boss["contact_since"], strict=False)}


def slots_held(p, plan):
    return [slot for slot in range(plan["n_slots"]) if plan["slot_holder"][slot] == p]


def is_able(p, b, task, minutes, day, seed, world, rules):
    """Whether a Provider may serve: every condition of E36, E37 and of bonding in its own line."""
    provider, boss, plan = world.providers[p], world.bosses[b], world.plans[b]
    holds = bool(slots_held(p, plan)) if plan["open"] else False
    bound = int(provider["bound_to"])
    bonded = plain.throw(plain.dice(seed, chance.BONDING, 0, boss["uid"]), provider["uid"]) < rules.labour_bonding
    known = contacts(b, world)
    trusted = p in known and day - known[p] >= rules.labour_trust_days
    conditions = [
        provider["status"] in (FREE, RUNNING),
        int(provider["skills"]) & SKILLS.get(task, CAN_LOGISTICS),
        int(provider["minutes"]) + minutes <= rules.labour_minutes_per_day,
        holds or provider["n_plans"] < rules.labour_max_plans,
        bound in (-1, b),
        not bonded or trusted,
        not bonded or bound == b or holds or provider["n_plans"] == 0,
    ]
    return all(conditions)


def says_yes(p, word, b, task, world, rules):
    boss = world.bosses[b]
    pay = rules.labour_pay_low + (rules.labour_pay_high - rules.labour_pay_low) * float(boss["pay_level"])
    pay = rules.labour_watch_pay if task == WATCH else pay
    willing = plain.as_share(plain.scramble(word ^ ROTATION)) < rules.labour_accept_chance
    return willing and pay >= float(world.providers[p]["reservation"])


def asked(candidates, number, b, task, world, rules, a_dice):
    """The first of those with the lowest words who says yes, or -1."""
    words = sorted((plain.word(a_dice, world.providers[p]["uid"]), p) for p in candidates)
    return next((p for word, p in words[:number] if says_yes(p, word, b, task, world, rules)), -1)


def choose(b, task, slot, minutes, day, seed, world, rules):
    """Contacts are asked; if none says yes and referral works, the open pool of the nearest territories."""
    boss = world.bosses[b]
    a_dice = plain.dice(seed, chance.HIRE, day, (int(boss["uid"]) + slot) % plain.WORD)
    known = contacts(b, world)
    able = [p for p in range(world.counts[0].providers) if is_able(p, b, task, minutes, day, seed, world, rules)]
    chosen = asked([p for p in able if p in known], rules.labour_asked_contacts, b, task, world, rules, a_dice)
    if chosen >= 0 or plain.throw(a_dice, 0) >= rules.labour_referral_chance:
        return chosen
    near = np.argsort(world.distance[boss["place"]], kind="stable")[:NEAR_POOL]
    pool = [p for p in able if p not in known and world.providers[p]["home"] in near and world.providers[p]["status"] == FREE]
    return asked(pool, rules.labour_asked_pool, b, task, world, rules, a_dice)


def time_of(task, plan, rules):
    if task == WATCH:
        return int(rules.labour_watch_minutes)
    per_appointment, per_person = rules.labour_minutes_per_appointment[task], rules.labour_minutes_per_person[task]
    return int(per_appointment * int(plan["booked_before"]) + per_person * int(plan["n_persons"]))


def fill(b, slot, day, seed, world, rules):
    """Who fills a slot: the first holder in the Plan with time left, else somebody asked."""
    plan = world.plans[b]
    task = int(plan["slot_task"][slot])
    minutes = time_of(task, plan, rules)
    for other in range(plan["n_slots"]):
        p = int(plan["slot_holder"][other])
        if p >= 0 and is_able(p, b, task, minutes, day, seed, world, rules):
            return p
    return choose(b, task, slot, minutes, day, seed, world, rules)


def noon(changed, day):
    """A world in the middle of a day, with the pool listed anew."""
    run = ran(tiny(**changed), day)
    list_providers(day, run.seed, run.world, run.rules[0])
    return run


@given(changed=changes(policy=False), day=st.integers(2, 50))
@examples(60)
def test_a_slot_is_filled_by_whom_sorting_says(changed, day):
    """Every vacant slot of every running Plan in turn; each is emptied again, on a copy of its own."""
    run = noon(changed, day)
    housed = [
        b for b in range(run.world.counts[0].bosses) if run.world.bosses[b].status == RUNNING and run.world.plans[b].n_slots
    ]
    assume(housed)
    for b in housed:
        for slot in range(run.world.plans[b].n_slots):
            if run.world.plans[b].slot_holder[slot] != VACANT:
                continue
            world = copy_world(run.world)
            expected = fill(b, slot, day, int(run.seed), run.world, run.rules[0])
            filled = fast_fill(b, slot, day, run.seed, world, run.rules[0])
            assert int(world.plans[b].slot_holder[slot]) == expected
            assert bool(filled) == (expected >= 0)


@given(
    changed=changes(policy=False),
    day=st.integers(0, 50),
    task=st.sampled_from([TRANSPORT, WATCH, RECRUITMENT]),
    minutes=st.integers(0, 700),
)
@examples(60)
def test_a_provider_is_chosen_whom_sorting_finds(changed, day, task, minutes):
    run = noon(changed, day)
    rules = run.rules[0]
    for b in range(run.world.counts[0].bosses):
        expected = choose(b, task, 60, minutes, day, int(run.seed), run.world, rules)
        assert int(fast_choice(b, task, 60, minutes, day, run.seed, run.world, rules)) == expected


def test_the_cases_are_not_all_empty():
    """In the plain tiny market some are hired from the contacts, some from the pool, and some slots stay empty."""
    run = noon({}, 40)
    rules = run.rules[0]
    chosen = [choose(b, WATCH, 60, 0, 40, int(run.seed), run.world, rules) for b in range(run.world.counts[0].bosses)]
    known = [p in contacts(b, run.world) for b, p in enumerate(chosen) if p >= 0]
    assert True in known
    assert len({p for p in chosen if p >= 0}) > 1
