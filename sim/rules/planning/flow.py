"""Physical flow: daily staffing of tasks, supervision, attempts to leave, end of Plans.

Persons without a Plan have their day here too: control over those held between Plans fades, those
at risk may cease to be, those out may be at risk again.
"""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance import U64, day_key, geometric_days, hash64, occurs, probability_from_rate, substream_of, uniform
from sim.engine.compiled import phase, rule
from sim.engine.sorting import sort_by_key
from sim.parameters.constants import ATTEMPT_FREEDOM, LASTING_DAYS, SUPERVISION_KEPT, WATCH_IN_STREET
from sim.rules.careers.succession import be_taken_on, is_sought
from sim.rules.control.ties import break_free, change_mind, coercive_control, hold_between, set_status
from sim.rules.entry.at_risk import live_at_risk
from sim.rules.events import note_event
from sim.rules.labour.staffing import fill_slot, notice_missing_providers, open_vacancy, release_slot, vacant_share
from sim.state.records import (
    AT_RISK,
    BETWEEN,
    CUSTODY,
    FREE,
    IN_PLAN,
    INDEPENDENT,
    KINDS,
    LEFT,
    NO,
    OTHER_WORK,
    OUT,
    PARTNER,
    PLAN_ENDED,
    PRISON,
    STREET,
    SUPPLIES,
    VACANT,
    WATCH,
    YES,
)


@phase
def run_the_plans(day, seed, world, params):
    """Run every running Plan's day, then the day of persons without one. Plain form: flow_plain.run_the_plans."""
    key = day_key(seed, draws.PROVIDER_DAY, day)
    leaving = probability_from_rate(params.labour_leave_rate)
    for i in range(world.counts[0].running):
        b = world.running[i]
        restaff(b, key, leaving, day, seed, world, params)
        supervise(b, day, world, params)
    live_the_day(day, seed, world, params)
    for i in range(world.counts[0].running):
        close_if_over(world.running[i], day, seed, world, params)
    take_other_work(day, seed, world, params)


@rule
def restaff(b, key, leaving, day, seed, world, params):
    """From a Plan's second day, let Providers leave in mid-Plan (E36), and offer each vacant slot again.

    Plain form: flow_plain.restaff.
    """
    plan = world.plans[b]
    if plan.start == day:
        return
    notice_missing_providers(b, day, world)
    for slot in range(plan.n_slots):
        p = plan.slot_holder[slot]
        if p >= 0 and uniform(substream_of(key, world.providers[p].uid), plan.uid + U64(slot)) < leaving:
            release_slot(plan, slot, world)
            open_vacancy(b, slot, day, world)
    for slot in range(plan.n_slots):
        if plan.slot_holder[slot] == VACANT:
            fill_slot(b, slot, day, seed, world, params)


@rule
def supervise(b, day, world, params):
    """Average yesterday's supervision with today's watch; without supplies a Plan may end a day early.

    Plain form: flow_plain.supervise.
    """
    plan = world.plans[b]
    watch = WATCH_IN_STREET if plan.kind == STREET else 1.0 - vacant_share(plan, WATCH)
    for i in range(plan.n_persons):
        person = world.prostitutes[plan.person[i]]
        person.supervision = SUPERVISION_KEPT * person.supervision + (1.0 - SUPERVISION_KEPT) * watch


@rule
def live_the_day(day, seed, world, params):
    """A day of each person: attempts to leave, fading control, early detection, return to risk.

    Plain form: flow_plain.live_the_day.
    """
    key = day_key(seed, draws.LEAVE, day)
    risk_key = day_key(seed, draws.AT_RISK, day)
    risk_passes = probability_from_rate(1.0 / params.entry_at_risk_days)
    detected = probability_from_rate(params.entry_detection_rate)
    relapse = probability_from_rate(params.control_relapse_rate)
    relapse_after_care = probability_from_rate(params.control_relapse_rate * params.care_relapse_factor)
    world.counts[0].queued = 0  # persons sought by another Boss
    for row in range(world.counts[0].prostitutes):
        person = world.prostitutes[row]
        if person.status == OUT:
            days_out = day - person.status_since
            if person.was_exploited == 1 and days_out == LASTING_DAYS:
                world.ledger[day].lasting_exits += 1
            lately = person.was_exploited == 1 and days_out < LASTING_DAYS
            share = relapse_after_care if person.had_care == 1 else relapse
            if lately and uniform(substream_of(risk_key, person.uid), draws.RISK_RELAPSE) < share:
                set_status(person, AT_RISK, day)
                person.had_care = 0
                world.ledger[day].returned_to_risk += 1
        elif person.status == AT_RISK:
            live_at_risk(person, substream_of(risk_key, person.uid), risk_passes, detected, day, seed, world, params)
        elif person.status == INDEPENDENT:
            if person.until <= day:
                set_status(person, OUT, day)
                world.ledger[day].exits += 1
        elif person.status == IN_PLAN:
            try_to_leave(row, person, substream_of(key, person.uid), day, seed, world, params)
        elif person.status == BETWEEN:
            wait_between(row, person, substream_of(key, person.uid), day, seed, world, params)
    sort_by_key(world.counts[0].queued, world.row_queue, world)
    for i in range(world.counts[0].queued):
        row = world.row_queue[i]
        person = world.prostitutes[row]
        if not be_taken_on(row, person, day, seed, world):
            be_freed(row, person, substream_of(key, person.uid), day, seed, world, params)


@rule
def attempt_rate(person, params):
    """Daily rate of attempts to leave: raised by intention (E25), awareness and accompaniment, lowered by control.

    It is multiplied by the person's own factor.

    Plain form: flow_plain.attempt_rate.
    """
    rate = params.control_attempt_rate * (1.0 + params.control_awareness_factor * person.awareness)
    if person.intention == NO:
        rate *= params.control_attempt_unwilling
    elif person.intention != YES:
        rate *= params.control_attempt_unsure
    if person.accompanied == 1:
        rate += params.outreach_attempt_gain * person.trust
    return rate * (ATTEMPT_FREEDOM - coercive_control(person, params)) * person.attempt_factor


@rule
def try_to_leave(row, person, substream, day, seed, world, params):
    """Attempt to leave: success falls with watch (E61) and rises with accompaniment; failure adds debt.

    Plain form: flow_plain.try_to_leave.
    """
    change_mind(person, substream, params)
    if not occurs(uniform(substream, draws.LEAVE_ATTEMPT), attempt_rate(person, params)):
        return
    today = world.ledger[day]
    today.attempts += 1
    success = params.control_success * (1.0 - params.control_watch_effect * person.supervision)
    if person.accompanied == 1:
        success += (1.0 - success) * params.outreach_success_gain * person.trust
    if uniform(substream, draws.LEAVE_SUCCESS) < success:
        today.left_by_attempt += 1
        break_free(row, person, substream, day, seed, world, params)
    else:
        person.debt = min(1.0, person.debt + params.control_debt_after_failure)


@rule
def wait_between(row, person, substream, day, seed, world, params):
    """A day held between Plans: supervision, debt and attachment fade; without a Boss a person is freed or taken on.

    Plain form: flow_plain.wait_between.
    """
    person.supervision *= 1.0 - params.control_supervision_decay
    person.debt *= 1.0 - params.control_debt_decay
    person.attachment *= 1.0 - params.control_attachment_decay
    b = person.boss[0]
    alone = b < 0 or world.bosses[b].status == LEFT
    held_away = b >= 0 and (world.bosses[b].status == PRISON or world.bosses[b].status == CUSTODY)
    loose = alone or (held_away and uniform(substream, draws.LEAVE_LOSES_HOLD) < probability_from_rate(params.control_freed_rate))
    if loose and is_sought(person, day, seed, params):
        counts = world.counts[0]
        world.row_queue[counts.queued] = row
        world.queue_keys[counts.queued] = hash64(
            substream_of(day_key(seed, draws.TAKE_ON, day), person.uid), draws.TAKE_ON_TICKET
        )
        counts.queued += 1
    elif loose or coercive_control(person, params) <= 0.0:
        be_freed(row, person, substream, day, seed, world, params)
    else:
        try_to_leave(row, person, substream, day, seed, world, params)


@rule
def be_freed(row, person, substream, day, seed, world, params):
    """Free a person whom nobody holds any more."""
    world.ledger[day].freed += 1
    break_free(row, person, substream, day, seed, world, params)


@rule
def close_if_over(b, day, seed, world, params):
    """End a Plan at its date, for want of supplies, or when nobody is left in it.

    Plain form: flow_plain.close_if_over.
    """
    plan = world.plans[b]
    if plan.n_persons == 0:
        world.ledger[day].plans_abandoned += 1
        end_plan(b, day, False, seed, world, params)
        return
    if vacant_share(plan, SUPPLIES) > 0.0:
        substream = substream_of(day_key(seed, draws.AFTER, day), plan.uid)
        if uniform(substream, draws.AFTER_SUPPLIES) < params.labour_unfilled_supplies:
            plan.end -= 1
    if plan.end <= day + 1:
        world.ledger[day].plans_completed += 1
        end_plan(b, day, False, seed, world, params)


@rule
def end_plan(b, day, broken, seed, world, params):
    """Close a Plan: Providers are released, persons held between Plans, the Boss rests; the event is kept for learning.

    Plain form: flow_plain.end_plan.
    """
    boss = world.bosses[b]
    plan = world.plans[b]
    today = world.ledger[day]
    for slot in range(plan.n_slots):
        if plan.slot_vacant_since[slot] >= 0:
            today.vacancies_unfilled_at_end += 1
            plan.slot_vacant_since[slot] = -1
        release_slot(plan, slot, world)
    plan.n_slots = 0
    for i in range(plan.n_persons):
        hold_between(world.prostitutes[plan.person[i]], day)
    cell = plan.territory * KINDS + plan.kind
    days = day + 1 - plan.start
    today.plan_days_ended += days
    boss.event_day = day
    boss.event_cell = cell
    boss.event_days = days
    boss.event_broken = 1 if broken else 0
    boss.event_exposure = plan.exposure
    boss.event_income = 0.01 * plan.income_total / max(1, plan.person_days)
    boss.plans_done += 1
    boss.status = FREE
    rest = params.planning_rest_days if day >= boss.tour_end else 1.0
    boss.back_day = day + geometric_days(uniform(substream_of(day_key(seed, draws.AFTER, day), boss.uid), draws.AFTER_REST), rest)
    if plan.co_boss >= 0:
        _part_company(world.bosses[plan.co_boss], b, day)
    plan.co_boss = -1
    plan.open = 0
    plan.n_persons = 0
    note_event(day, PLAN_ENDED, cell, days, boss.uid, plan.uid, world)


@rule
def _part_company(partner, b, day):
    """Free a co-Boss who is still in the Plan of Boss b."""
    if partner.status == PARTNER and partner.partner == b:
        partner.status = FREE
        partner.back_day = day + 1


@rule
def take_other_work(day, seed, world, params):
    """Let idle Providers take other work for a time and come back; those without a qualification more seldom (E11).

    Plain form: flow_plain.take_other_work.
    """
    key = day_key(seed, draws.PROVIDER_DAY, day)
    leaving = probability_from_rate(params.labour_other_work_rate)
    leaving_unqualified = probability_from_rate(params.labour_other_work_rate / (1.0 + params.careers_unqualified_weight))
    for p in range(world.counts[0].providers):
        provider = world.providers[p]
        if provider.status == OTHER_WORK:
            if provider.back_day <= day:
                provider.status = FREE
        elif provider.status == FREE:
            substream = substream_of(key, provider.uid)
            if uniform(substream, draws.PROVIDER_OTHER_WORK) < (leaving_unqualified if provider.unqualified == 1 else leaving):
                provider.status = OTHER_WORK
                provider.back_day = day + geometric_days(
                    uniform(substream, draws.PROVIDER_OTHER_WORK_DAYS), params.labour_other_work_days
                )
