"""Tasks and the Providers who hold them: requests, acceptance, several slots, departures, replacement.

A slot without a holder is a vacancy. Each spell is logged: its start, its task, when it was filled and
by whom; the ledger counts spells filled by a Provider whom the Boss knew before (E36).
"""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance import U64, bits_below, day_key, hash64_at, substream_of, uniform
from sim.engine.compiled import rule
from sim.engine.lowest_k import independent_uniform, keep_lowest, pair_hash
from sim.initialisation.attributes import LONG_AGO
from sim.parameters.constants import NEAR_POOL, SLOTS_OF_PLAN
from sim.rules.casework.evidence import drop_replaced
from sim.rules.events import note_event
from sim.state.records import (
    BY_BOSS,
    CAN_LOGISTICS,
    CAN_RECRUIT,
    CAN_WATCH,
    COLLEAGUES,
    CONTACTS,
    FREE,
    KINDS,
    NEAR,
    RECRUITMENT,
    RUNNING,
    SLOT_FILLED,
    SLOT_VACANT,
    VACANT,
    WATCH,
)

POOL_TRIED = 8  # hashes of the pool tried first per Provider wanted
ANY_WORD = U64(0xFFFFFFFFFFFFFFFF)
assert NEAR_POOL <= NEAR


@rule
def skill_for(task):
    """The skill required by a task."""
    if task == RECRUITMENT:
        return CAN_RECRUIT
    if task == WATCH:
        return CAN_WATCH
    return CAN_LOGISTICS


@rule
def minutes_needed(task, plan, params):
    """Minutes per day of a task at the last day's appointments (at the start: half the places)."""
    if task == WATCH:
        return params.labour_watch_minutes
    appointments = plan.booked_before
    per_appointment = params.labour_minutes_per_appointment[task]
    return int(per_appointment * appointments + params.labour_minutes_per_person[task] * plan.n_persons)


@rule
def holds_in(p, plan):
    """Number of slots of a Plan held by a Provider."""
    held = 0
    for slot in range(plan.n_slots):
        if plan.slot_holder[slot] == p:
            held += 1
    return held


@rule
def known_since(p, boss):
    """Index of a Provider in a Boss's contact list, or -1."""
    for i in range(boss.n_contacts):
        if boss.contact[i] == p:
            return i
    return -1


@rule
def substream_of_bonds(boss, seed):
    """The substream that decides with whom a Boss is bonded, the same on every day."""
    return substream_of(day_key(seed, draws.BONDING, 0), boss.uid)


@rule
def is_bonded(bonds, provider, params):
    """Whether a pair is bonded: drawn once per pair, with chance `labour.bonding`; `bonds` is the Boss's substream."""
    return params.labour_bonding > 0.0 and uniform(bonds, provider.uid) < params.labour_bonding


@rule
def may_serve(p, b, task, minutes, bonds, day, world, params):
    """Whether a Provider is free, able, has time left and is not bound elsewhere (E37), and known long enough if bonded.

    Plain form: staffing_plain.is_able.
    """
    provider = world.providers[p]
    if provider.status != FREE and provider.status != RUNNING:
        return False
    if provider.skills & skill_for(task) == 0:
        return False
    if provider.minutes + minutes > params.labour_minutes_per_day:
        return False
    boss = world.bosses[b]
    plan = world.plans[b]
    held = holds_in(p, plan) if plan.open == 1 and provider.n_plans > 0 else 0
    if provider.n_plans >= params.labour_max_plans and held == 0:
        return False
    if provider.bound_to >= 0 and provider.bound_to != b:
        return False
    if is_bonded(bonds, provider, params):
        i = known_since(p, boss)
        if i < 0 or day - boss.contact_since[i] < params.labour_trust_days:
            return False
        if provider.bound_to != b and provider.n_plans > 0 and held == 0:
            return False
    return True


@rule
def remember_contact(p, boss, day, worked):
    """Add a Provider to a Boss's contacts; the one who worked least, then the one known longest, is forgotten."""
    i = known_since(p, boss)
    if i < 0:
        i = boss.n_contacts
        if i == CONTACTS:
            i = 0
            for other in range(1, CONTACTS):
                fewer = boss.contact_times[other] - boss.contact_times[i]
                older = boss.contact_since[other] - boss.contact_since[i]
                if fewer < 0 or (fewer == 0 and older < 0):
                    i = other
        else:
            boss.n_contacts += 1
        boss.contact[i] = p
        boss.contact_since[i] = day
        boss.contact_times[i] = 0
        boss.contact_last[i] = LONG_AGO
    boss.contact_times[i] += worked
    if worked > 0:
        boss.contact_last[i] = day


@rule
def choose_provider(b, task, slot, minutes, day, seed, world, params):
    """Choose a Provider who accepts, or -1: the Boss's contacts are asked first, then the open pool by referral.

    Plain form: staffing_plain.choose_provider.
    """
    boss = world.bosses[b]
    substream = substream_of(day_key(seed, draws.HIRE, day), boss.uid + U64(slot))
    bonds = substream_of_bonds(boss, seed)
    asked = params.labour_asked_contacts
    found = 0
    for i in range(boss.n_contacts):
        p = boss.contact[i]
        bits = pair_hash(substream, world.providers[p].uid)
        if found == asked and bits >= world.lowest_hashes[found - 1]:
            continue  # enough others come first
        if may_serve(p, b, task, minutes, bonds, day, world, params):
            found = keep_lowest(bits, p, asked, found, world)
    chosen = _first_to_accept(found, task, boss, world, params)
    if chosen >= 0 or uniform(substream, draws.HIRE_REFERRAL) >= params.labour_referral_chance:
        return chosen
    found = _lowest_of_pool(b, task, minutes, bonds, day, substream, world, params)
    chosen = _first_to_accept(found, task, boss, world, params)
    return chosen


@rule
def _lowest_of_pool(b, task, minutes, bonds, day, substream, world, params):
    """Providers of the open pool near the Boss who are asked today. Plain form: staffing_plain.strangers."""
    boss = world.bosses[b]
    wanted = params.labour_asked_pool
    if wanted == 0:
        return 0
    number = 0
    for nearness in range(NEAR_POOL):
        territory = world.near[boss.territory, nearness]
        if territory >= 0:
            number += world.pool_start[territory + 1] - world.pool_start[territory]
    likely = POOL_TRIED * wanted  # this many of the lowest hashes nearly always include enough who can serve
    bound = bits_below(likely / number) if number > 2 * likely else ANY_WORD
    while True:
        found = 0
        highest = bound
        for nearness in range(NEAR_POOL):
            territory = world.near[boss.territory, nearness]
            if territory < 0:
                break
            for i in range(world.pool_start[territory], world.pool_start[territory + 1]):
                bits = hash64_at(substream, world.pool_step[i])
                if bits >= highest:
                    continue
                p = world.pool[i]
                if known_since(p, boss) < 0 and may_serve(p, b, task, minutes, bonds, day, world, params):
                    found = keep_lowest(bits, p, wanted, found, world)
                    if found == wanted:
                        highest = world.lowest_hashes[found - 1]
        if found == wanted or bound == ANY_WORD:
            return found
        bound = ANY_WORD


@rule
def _first_to_accept(found, task, boss, world, params):
    """The first of those asked whose reservation pay is met and who accepts (E39)."""
    pay = params.labour_watch_pay
    if task != WATCH:
        pay = params.labour_pay_low + (params.labour_pay_high - params.labour_pay_low) * boss.pay_level
    for i in range(found):
        p = world.lowest_rows[i]
        provider = world.providers[p]
        if pay >= provider.reservation and independent_uniform(world.lowest_hashes[i]) < params.labour_accept_chance:
            return p
    return -1


@rule
def get_to_know_somebody(b, task, day, seed, world, params):
    """Under bonding, let a Boss with an unfilled slot meet one Provider of the pool, to be trusted later.

    Plain form: staffing_plain.get_to_know_somebody.
    """
    boss = world.bosses[b]
    substream = substream_of(day_key(seed, draws.HIRE, day), boss.uid + U64(draws.HIRE_ACQUAINTANCE))
    best = -1
    lowest = U64(0)
    for nearness in range(NEAR_POOL):
        territory = world.near[boss.territory, nearness]
        if territory < 0:
            break
        for i in range(world.pool_start[territory], world.pool_start[territory + 1]):
            bits = hash64_at(substream, world.pool_step[i])
            if best >= 0 and bits >= lowest:
                continue
            p = world.pool[i]
            provider = world.providers[p]
            if provider.status != FREE or provider.bound_to >= 0 or provider.skills & skill_for(task) == 0:
                continue
            if known_since(p, boss) < 0:
                best = p
                lowest = bits
    if best >= 0:
        remember_contact(best, boss, day, 0)


@rule
def fill_slot(b, slot, day, seed, world, params):
    """Fill a vacant slot by a holder with time left, a contact, or one of the pool; return True if filled.

    Plain form: staffing_plain.fill_slot.
    """
    plan = world.plans[b]
    task = plan.slot_task[slot]
    minutes = minutes_needed(task, plan, params)
    bonds = substream_of_bonds(world.bosses[b], seed)
    chosen = -1
    for other in range(plan.n_slots):
        p = plan.slot_holder[other]
        if p >= 0 and may_serve(p, b, task, minutes, bonds, day, world, params):
            chosen = p
            break
    if chosen < 0:
        chosen = choose_provider(b, task, slot, minutes, day, seed, world, params)
    if chosen < 0:
        if params.labour_bonding > 0.0:
            get_to_know_somebody(b, task, day, seed, world, params)
        return False
    _assign(chosen, b, slot, minutes, bonds, day, world, params)
    return True


@rule
def _assign(p, b, slot, minutes, bonds, day, world, params):
    """Assign a slot to a Provider, and end its vacancy spell if there is one."""
    boss = world.bosses[b]
    plan = world.plans[b]
    provider = world.providers[p]
    known = known_since(p, boss) >= 0
    if holds_in(p, plan) == 0:
        provider.n_plans += 1
        provider.plans_served += 1
        provider.last_boss = b
        meet_colleagues(p, plan, world)
        remember_contact(p, boss, day, 1)
    provider.status = RUNNING
    provider.minutes += minutes
    if is_bonded(bonds, provider, params):
        provider.bound_to = b
    plan.slot_holder[slot] = p
    plan.slot_minutes[slot] = minutes
    if plan.slot_vacant_since[slot] >= 0:
        today = world.ledger[day]
        today.vacancies_filled += 1
        today.vacancy_days_filled += day - plan.slot_vacant_since[slot]
        if known:
            today.vacancies_filled_by_known += 1
        cell = plan.territory * KINDS + plan.kind
        note_event(day, SLOT_FILLED, cell, plan.slot_task[slot], boss.uid, provider.uid, world)
        plan.slot_vacant_since[slot] = -1


@rule
def meet_colleagues(p, plan, world):
    """Make a Provider who joins a Plan and those in it know each other."""
    for slot in range(plan.n_slots):
        other = plan.slot_holder[slot]
        if other >= 0 and other != p:
            _note_colleague(world.providers[p], other)
            _note_colleague(world.providers[other], p)


@rule
def _note_colleague(provider, p):
    """Add a Provider to a Provider's colleagues if there is room."""
    for i in range(provider.n_colleagues):
        if provider.colleague[i] == p:
            return
    if provider.n_colleagues < COLLEAGUES:
        provider.colleague[provider.n_colleagues] = p
        provider.n_colleagues += 1


@rule
def release_slot(plan, slot, world):
    """Release a slot; its holder is idle again if it was their last in any Plan."""
    p = plan.slot_holder[slot]
    plan.slot_holder[slot] = VACANT
    if p < 0:
        return
    provider = world.providers[p]
    provider.minutes -= plan.slot_minutes[slot]
    if holds_in(p, plan) == 0:
        provider.n_plans -= 1
        if provider.n_plans == 0 and provider.status == RUNNING:
            provider.status = FREE


@rule
def open_vacancy(b, slot, day, world):
    """Begin a vacancy spell."""
    plan = world.plans[b]
    plan.slot_vacant_since[slot] = day
    world.ledger[day].vacancies_opened += 1
    cell = plan.territory * KINDS + plan.kind
    note_event(day, SLOT_VACANT, cell, plan.slot_task[slot], world.bosses[b].uid, U64(0), world)


@rule
def staff_new_plan(b, day, seed, world, params):
    """Staff a housed Plan: ads and calls, transport, supplies, and 1 + one watch per two persons (E63).

    The Boss covers one watch, a co-Boss another. Street Plans need none.

    Plain form: staffing_plain.staff_new_plan.
    """
    plan = world.plans[b]
    plan.n_slots = 0
    if plan.kind == 0:
        return
    plan.n_slots = SLOTS_OF_PLAN + plan.n_persons // 2
    for slot in range(plan.n_slots):
        plan.slot_task[slot] = min(slot, WATCH)
        plan.slot_holder[slot] = VACANT
        plan.slot_vacant_since[slot] = -1
        plan.slot_minutes[slot] = 0
    plan.slot_holder[WATCH] = BY_BOSS
    if plan.co_boss >= 0 and plan.n_slots > WATCH + 1:
        plan.slot_holder[WATCH + 1] = BY_BOSS
    for slot in range(plan.n_slots):
        if plan.slot_holder[slot] == VACANT and not fill_slot(b, slot, day, seed, world, params):
            open_vacancy(b, slot, day, world)
    drop_replaced(b, day, world, params)


@rule
def vacant_share(plan, task):
    """Share of a task's slots without a holder; 0 for a task the Plan does not need."""
    slots = 0
    vacant = 0
    for slot in range(plan.n_slots):
        if plan.slot_task[slot] == task:
            slots += 1
            if plan.slot_holder[slot] == VACANT:
                vacant += 1
    if slots == 0:
        return 0.0
    return vacant / slots


@rule
def notice_missing_providers(b, day, world):
    """Vacate slots whose holder was arrested or has left. Plain form: staffing_plain.notice_missing_providers."""
    plan = world.plans[b]
    for slot in range(plan.n_slots):
        p = plan.slot_holder[slot]
        if p >= 0 and world.providers[p].status != RUNNING:
            release_slot(plan, slot, world)
            open_vacancy(b, slot, day, world)
