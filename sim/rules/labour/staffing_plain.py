"""Staffing in plain form: requests for a task, acceptance, and the contacts that result."""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance_plain import as_share, hash64, lowest, scramble, substream_of, uniform
from sim.initialisation.attributes import LONG_AGO
from sim.parameters.constants import NEAR_POOL, SLOTS_OF_PLAN
from sim.rules.casework.evidence_plain import drop_replaced
from sim.rules.plain_tables import note_event
from sim.state.records import (
    BY_BOSS,
    CAN_LOGISTICS,
    CAN_RECRUIT,
    CAN_WATCH,
    COLLEAGUES,
    CONTACTS,
    FREE,
    KINDS,
    RECRUITMENT,
    RUNNING,
    SLOT_FILLED,
    SLOT_VACANT,
    STREET,
    VACANT,
    WATCH,
)

ROTATION = 0x5851F42D4C957F2D  # makes another hash of a hash
SKILLS = {WATCH: CAN_WATCH, RECRUITMENT: CAN_RECRUIT}


def cents(euros):
    """EUR as cents, to the nearest."""
    return int(euros * 100.0 + 0.5)


def pay_for(task, boss, params):
    """EUR per day: fixed for a watch, set by the Boss for other tasks."""
    if task == WATCH:
        return params.labour_watch_pay
    return params.labour_pay_low + (params.labour_pay_high - params.labour_pay_low) * boss.pay_level


def minutes_for(task, plan, params):
    """Minutes per day of a task at the last day's appointments."""
    if task == WATCH:
        return params.labour_watch_minutes
    per_appointment, per_person = params.labour_minutes_per_appointment[task], params.labour_minutes_per_person[task]
    return int(per_appointment * plan.booked_before + per_person * plan.n_persons)


def contacts(b, world):
    """The Providers a Boss knows, with the day since which they are known."""
    boss = world.bosses[b]
    return {int(p): int(since) for p, since in zip(boss.contact[: boss.n_contacts], boss.contact_since, strict=False)}


def slots_held(p, plan):
    """The slots of a Plan held by a Provider."""
    return [slot for slot in range(plan.n_slots) if plan.slot_holder[slot] == p]


def is_bonded(p, b, seed, world, params):
    """Whether a pair is bonded: drawn once per pair."""
    bonds = substream_of(seed, draws.BONDING, 0, world.bosses[b].uid)
    return uniform(bonds, world.providers[p].uid) < params.labour_bonding


def is_able(p, b, task, minutes, day, seed, world, params):
    """Whether a Provider may serve: every condition of E36, E37 and of bonding in its own line."""
    provider, plan, known = world.providers[p], world.plans[b], contacts(b, world)
    holds = plan.open == 1 and slots_held(p, plan) != []
    bonded = is_bonded(p, b, seed, world, params)
    conditions = [
        provider.status in (FREE, RUNNING),
        provider.skills & SKILLS.get(task, CAN_LOGISTICS),
        provider.minutes + minutes <= params.labour_minutes_per_day,
        holds or provider.n_plans < params.labour_max_plans,
        provider.bound_to in (-1, b),
        not bonded or (p in known and day - known[p] >= params.labour_trust_days),
        not bonded or holds or provider.bound_to == b or provider.n_plans == 0,
    ]
    return all(conditions)


def says_yes(p, b, task, substream, world, params):
    """Whether a Provider accepts: pay at least their reservation pay, and a draw of the pair."""
    provider = world.providers[p]
    willing = as_share(scramble(hash64(substream, provider.uid) ^ ROTATION)) < params.labour_accept_chance
    return willing and pay_for(task, world.bosses[b], params) >= provider.reservation


def choose_provider(b, task, slot, minutes, day, seed, world, params):
    """Choose a Provider who accepts, or -1: some contacts are asked, then, if referral works, some of the open pool."""
    substream = substream_of(seed, draws.HIRE, day, world.bosses[b].uid + slot)

    def first_to_accept(candidates, number):
        able = [p for p in candidates if is_able(p, b, task, minutes, day, seed, world, params)]
        asked = lowest(able, number, substream, world.providers)
        return next((p for p in asked if says_yes(p, b, task, substream, world, params)), -1)

    chosen = first_to_accept(contacts(b, world), params.labour_asked_contacts)
    if chosen < 0 and uniform(substream, draws.HIRE_REFERRAL) < params.labour_referral_chance:
        chosen = first_to_accept(strangers(b, world), params.labour_asked_pool)
    return chosen


def strangers(b, world):
    """Providers who were idle this morning, live in one of the nearest territories, and are unknown to the Boss."""
    near, known = world.near[world.bosses[b].territory, :NEAR_POOL], contacts(b, world)
    pool = [p for z in near if z >= 0 for p in world.pool[world.pool_start[z] : world.pool_start[z + 1]].tolist()]
    return [p for p in pool if p not in known]


def get_to_know_somebody(b, task, day, seed, world):
    """Under bonding, let a Boss with an unfilled slot meet an idle stranger able to do it, to be trusted later."""
    boss = world.bosses[b]
    able = [
        p
        for p in strangers(b, world)
        if world.providers[p].status == FREE
        and world.providers[p].bound_to < 0
        and world.providers[p].skills & SKILLS.get(task, CAN_LOGISTICS)
    ]
    for p in lowest(able, 1, substream_of(seed, draws.HIRE, day, boss.uid + draws.HIRE_ACQUAINTANCE), world.providers):
        remember_contact(p, boss, day, 0)


def remember_contact(p, boss, day, worked):
    """Add a Provider to a Boss's contacts; the one who worked least, then the one known longest, is forgotten."""
    known = boss.contact[: boss.n_contacts].tolist()
    if p in known:
        i = known.index(p)
    else:
        if len(known) == CONTACTS:
            i = min(range(CONTACTS), key=lambda other: (boss.contact_times[other], boss.contact_since[other]))
        else:
            i = len(known)
            boss.n_contacts += 1
        boss.contact[i], boss.contact_since[i] = p, day
        boss.contact_times[i], boss.contact_last[i] = 0, LONG_AGO
    boss.contact_times[i] += worked
    if worked:
        boss.contact_last[i] = day


def staff_new_plan(b, day, seed, world, params):
    """Staff a housed Plan: ads and calls, transport, supplies, and 1 + one watch per two persons.

    The Boss covers one watch, a co-Boss another. Street Plans need none.
    """
    plan = world.plans[b]
    plan.n_slots = 0 if plan.kind == STREET else SLOTS_OF_PLAN + plan.n_persons // 2
    for slot in range(plan.n_slots):
        by_boss = slot == WATCH or (slot == WATCH + 1 and plan.co_boss >= 0)
        plan.slot_task[slot], plan.slot_holder[slot] = min(slot, WATCH), BY_BOSS if by_boss else VACANT
        plan.slot_minutes[slot], plan.slot_vacant_since[slot] = 0, -1
    for slot in range(plan.n_slots):
        if plan.slot_holder[slot] == VACANT and not fill_slot(b, slot, day, seed, world, params):
            open_vacancy(b, slot, day, world)
    drop_replaced(b, day, world, params)


def fill_slot(b, slot, day, seed, world, params):
    """Fill a slot by the first holder in the Plan with time left, else by one who is asked; return True if filled."""
    plan = world.plans[b]
    task = int(plan.slot_task[slot])
    minutes = minutes_for(task, plan, params)
    holders = [int(p) for p in plan.slot_holder[: plan.n_slots] if p >= 0]
    able = [p for p in holders if is_able(p, b, task, minutes, day, seed, world, params)]
    chosen = able[0] if able else choose_provider(b, task, slot, minutes, day, seed, world, params)
    if chosen >= 0:
        assign(chosen, b, slot, minutes, day, seed, world, params)
    elif params.labour_bonding > 0.0:
        get_to_know_somebody(b, task, day, seed, world)
    return chosen >= 0


def assign(p, b, slot, minutes, day, seed, world, params):
    """Assign a slot to a Provider, and end its vacancy spell if there is one."""
    boss, plan, provider, today = world.bosses[b], world.plans[b], world.providers[p], world.ledger[day]
    known = p in contacts(b, world)
    if not slots_held(p, plan):
        provider.n_plans += 1
        provider.plans_served += 1
        provider.last_boss = b
        meet_colleagues(p, plan, world)
        remember_contact(p, boss, day, 1)
    provider.status = RUNNING
    provider.minutes += minutes
    if is_bonded(p, b, seed, world, params):
        provider.bound_to = b
    plan.slot_holder[slot], plan.slot_minutes[slot] = p, minutes
    since, plan.slot_vacant_since[slot] = int(plan.slot_vacant_since[slot]), -1
    if since >= 0:
        today.vacancies_filled += 1
        today.vacancy_days_filled += day - since
        today.vacancies_filled_by_known += known
        cell = plan.territory * KINDS + plan.kind
        note_event(day, SLOT_FILLED, cell, plan.slot_task[slot], boss.uid, provider.uid, world)


def meet_colleagues(p, plan, world):
    """Make a Provider who joins a Plan and those in it know each other, if there is room."""
    for other in plan.slot_holder[: plan.n_slots]:
        if other >= 0 and other != p:
            note_colleague(world.providers[p], other)
            note_colleague(world.providers[other], p)


def note_colleague(provider, p):
    """Add a Provider to a Provider's colleagues if there is room."""
    if p not in provider.colleague[: provider.n_colleagues] and provider.n_colleagues < COLLEAGUES:
        provider.colleague[provider.n_colleagues] = p
        provider.n_colleagues += 1


def open_vacancy(b, slot, day, world):
    """Begin a vacancy spell."""
    plan = world.plans[b]
    plan.slot_vacant_since[slot] = day
    world.ledger[day].vacancies_opened += 1
    note_event(day, SLOT_VACANT, plan.territory * KINDS + plan.kind, plan.slot_task[slot], world.bosses[b].uid, 0, world)


def release_slot(b, slot, world):
    """Release a slot; its holder is idle again if it was their last in any Plan."""
    plan = world.plans[b]
    p, plan.slot_holder[slot] = int(plan.slot_holder[slot]), VACANT
    if p < 0:
        return
    provider = world.providers[p]
    provider.minutes -= int(plan.slot_minutes[slot])
    if not slots_held(p, plan):
        provider.n_plans -= 1
        if provider.n_plans == 0 and provider.status == RUNNING:
            provider.status = FREE


def notice_missing_providers(b, day, world):
    """Vacate slots whose holder was arrested or has left."""
    plan = world.plans[b]
    for slot in range(plan.n_slots):
        p = int(plan.slot_holder[slot])
        if p >= 0 and world.providers[p].status != RUNNING:
            release_slot(b, slot, world)
            open_vacancy(b, slot, day, world)


def vacant_share(plan, task):
    """Share of a task's slots without a holder; 0 for a task the Plan does not need."""
    holders = [plan.slot_holder[slot] for slot in range(plan.n_slots) if plan.slot_task[slot] == task]
    return holders.count(VACANT) / len(holders) if holders else 0.0
