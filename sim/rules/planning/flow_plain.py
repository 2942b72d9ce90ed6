"""Flow in plain form: the day of every running Plan, then that of persons and of idle Providers."""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance_plain import days_until, hash64, probability_from_rate, substream_of, uniform
from sim.parameters.constants import ATTEMPT_FREEDOM, LASTING_DAYS, SUPERVISION_KEPT, WATCH_IN_STREET
from sim.rules.careers.careers_plain import lack_of_alternatives
from sim.rules.careers.succession_plain import be_taken_on, is_sought
from sim.rules.control.ties_plain import break_free, change_mind, coercive_control, fade, set_status
from sim.rules.entry.at_risk_plain import live_at_risk
from sim.rules.labour.staffing_plain import fill_slot, notice_missing_providers, open_vacancy, release_slot, vacant_share
from sim.rules.plain_tables import in_plain_numbers, note_event
from sim.state import records
from sim.state.records import (
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


def run_the_plans(day, seed, world, params):
    """Run every running Plan's day, then that of persons; end Plans that are over; idle Providers take other work."""
    world, params = in_plain_numbers(world, params)
    running = world.running[: world.counts[0].running].tolist()
    for b in running:
        restaff(b, day, seed, world, params)
        supervise(b, world)
    live_the_day(day, seed, world, params)
    for b in running:
        close_if_over(b, day, seed, world, params)
    take_other_work(day, seed, world, params)


def restaff(b, day, seed, world, params):
    """From a Plan's second day, let Providers leave in mid-Plan (E36), and offer each vacant slot again."""
    plan = world.plans[b]
    if plan.start == day:
        return
    notice_missing_providers(b, day, world)
    for slot in range(plan.n_slots):
        p = int(plan.slot_holder[slot])
        if p >= 0 and leaves(world.providers[p], plan, slot, day, seed, params):
            release_slot(b, slot, world)
            open_vacancy(b, slot, day, world)
    for slot in range(plan.n_slots):
        if plan.slot_holder[slot] == VACANT:
            fill_slot(b, slot, day, seed, world, params)


def leaves(provider, plan, slot, day, seed, params):
    """Whether a Provider leaves a slot of a Plan today."""
    substream = substream_of(seed, draws.PROVIDER_DAY, day, provider.uid)
    return uniform(substream, plan.uid + slot) < probability_from_rate(params.labour_leave_rate)


def supervise(b, world):
    """Average yesterday's supervision with today's watch: a constant in the street, elsewhere the share of watches held."""
    plan = world.plans[b]
    watch = WATCH_IN_STREET if plan.kind == STREET else 1.0 - vacant_share(plan, WATCH)
    for row in plan.person[: plan.n_persons]:
        person = world.prostitutes[row]
        person.supervision = SUPERVISION_KEPT * person.supervision + (1.0 - SUPERVISION_KEPT) * watch


def live_the_day(day, seed, world, params):
    """A day of each person by status; last, those sought by another Boss, in the order of their queue keys."""
    sought = []
    for row, person in enumerate(world.prostitutes[: world.counts[0].prostitutes]):
        if person.status == OUT:
            be_out(person, day, seed, world, params)
        elif person.status == records.AT_RISK:
            live_at_risk(person, day, seed, world, params)
        elif person.status == INDEPENDENT and person.until <= day:
            set_status(person, OUT, day)
            world.ledger[day].exits += 1
        elif person.status == IN_PLAN:
            try_to_leave(row, day, seed, world, params)
        elif person.status == BETWEEN:
            sought += [row] if wait_between(row, day, seed, world, params) else []
    for row in sorted(
        sought, key=lambda row: hash64(substream_of(seed, draws.TAKE_ON, day, world.prostitutes[row].uid), draws.TAKE_ON_TICKET)
    ):
        if not be_taken_on(row, day, seed, world):
            be_freed(row, day, seed, world, params)


def be_out(person, day, seed, world, params):
    """Return to risk within a year of leaving, less often after care; after that the exit is lasting."""
    today, days_out = world.ledger[day], day - person.status_since
    if not person.was_exploited:
        return
    relapse = params.control_relapse_rate * (params.care_relapse_factor if person.had_care else 1.0)
    if days_out == LASTING_DAYS:
        today.lasting_exits += 1
    elif days_out < LASTING_DAYS and uniform(
        substream_of(seed, draws.AT_RISK, day, person.uid), draws.RISK_RELAPSE
    ) < probability_from_rate(relapse):
        set_status(person, records.AT_RISK, day)
        person.had_care = 0
        today.returned_to_risk += 1


def attempt_rate(person, params):
    """Daily rate of attempts to leave: raised by intention (E25), awareness and accompaniment, lowered by control."""
    by_intention = {YES: 1.0, NO: params.control_attempt_unwilling}.get(person.intention, params.control_attempt_unsure)
    rate = params.control_attempt_rate * (1.0 + params.control_awareness_factor * person.awareness) * by_intention
    rate += params.outreach_attempt_gain * person.trust if person.accompanied else 0.0
    return rate * (ATTEMPT_FREEDOM - coercive_control(person, params)) * person.attempt_factor


def try_to_leave(row, day, seed, world, params):
    """Attempt to leave: success falls with watch (E61) and rises with accompaniment; failure adds debt."""
    person, today = world.prostitutes[row], world.ledger[day]
    substream = substream_of(seed, draws.LEAVE, day, person.uid)
    change_mind(person, substream, params)
    if uniform(substream, draws.LEAVE_ATTEMPT) >= probability_from_rate(attempt_rate(person, params)):
        return
    today.attempts += 1
    success = params.control_success * (1.0 - params.control_watch_effect * person.supervision)
    success += (1.0 - success) * params.outreach_success_gain * person.trust if person.accompanied else 0.0
    if uniform(substream, draws.LEAVE_SUCCESS) < success:
        today.left_by_attempt += 1
        break_free(row, substream, day, seed, world, params)
    else:
        person.debt = min(1.0, person.debt + params.control_debt_after_failure)


def wait_between(row, day, seed, world, params):
    """A day held between Plans: control fades; without a Boss a person is freed, or sought by another (returns True)."""
    person = world.prostitutes[row]
    fade(person, "supervision", params.control_supervision_decay)
    fade(person, "debt", params.control_debt_decay)
    fade(person, "attachment", params.control_attachment_decay)
    boss = world.bosses[person.boss[0]] if person.boss[0] >= 0 else None
    alone = boss is None or boss.status == LEFT
    held_away = boss is not None and boss.status in (PRISON, CUSTODY)
    loses_hold = uniform(substream_of(seed, draws.LEAVE, day, person.uid), draws.LEAVE_LOSES_HOLD) < probability_from_rate(
        params.control_freed_rate
    )
    loose = alone or (held_away and loses_hold)
    if loose and is_sought(row, day, seed, world, params):
        return True
    if loose or coercive_control(person, params) <= 0.0:
        be_freed(row, day, seed, world, params)
    else:
        try_to_leave(row, day, seed, world, params)
    return False


def be_freed(row, day, seed, world, params):
    """Free a person whom nobody holds any more."""
    substream = substream_of(seed, draws.LEAVE, day, world.prostitutes[row].uid)
    world.ledger[day].freed += 1
    break_free(row, substream, day, seed, world, params)


def close_if_over(b, day, seed, world, params):
    """End a Plan when nobody is left in it, or at its date, which may come a day earlier for want of supplies."""
    plan, today = world.plans[b], world.ledger[day]
    if plan.n_persons == 0:
        today.plans_abandoned += 1
        end_plan(b, day, False, seed, world, params)
        return
    runs_short = uniform(substream_of(seed, draws.AFTER, day, plan.uid), draws.AFTER_SUPPLIES) < params.labour_unfilled_supplies
    if vacant_share(plan, SUPPLIES) > 0.0 and runs_short:
        plan.end -= 1
    if plan.end <= day + 1:
        today.plans_completed += 1
        end_plan(b, day, False, seed, world, params)


def end_plan(b, day, broken, seed, world, params):
    """Close a Plan: Providers are released, persons held between Plans, the Boss rests; the event is kept for learning."""
    boss, plan, today = world.bosses[b], world.plans[b], world.ledger[day]
    for slot in range(plan.n_slots):
        today.vacancies_unfilled_at_end += plan.slot_vacant_since[slot] >= 0
        plan.slot_vacant_since[slot] = -1
        release_slot(b, slot, world)
    for row in plan.person[: plan.n_persons]:
        person = world.prostitutes[row]
        person.plan, person.boss[1] = -1, -1
        set_status(person, BETWEEN, day)
    cell, days = plan.territory * KINDS + plan.kind, day + 1 - plan.start
    today.plan_days_ended += days
    boss.event_day, boss.event_cell, boss.event_days, boss.event_broken = day, cell, days, broken
    boss.event_exposure = plan.exposure
    boss.event_income = 0.01 * plan.income_total / max(1, plan.person_days)
    rest_days = params.planning_rest_days if day >= boss.tour_end else 1.0
    boss.back_day = day + days_until(uniform(substream_of(seed, draws.AFTER, day, boss.uid), draws.AFTER_REST), rest_days)
    boss.plans_done += 1
    boss.status = FREE
    if plan.co_boss >= 0:
        part_company(world.bosses[plan.co_boss], b, day)
    plan.n_slots, plan.n_persons, plan.co_boss, plan.open = 0, 0, -1, 0
    note_event(day, PLAN_ENDED, cell, days, boss.uid, plan.uid, world)


def part_company(partner, b, day):
    """Free a co-Boss who is still in the Plan of Boss b."""
    if partner.status == PARTNER and partner.partner == b:
        partner.status, partner.back_day = FREE, day + 1


def take_other_work(day, seed, world, params):
    """Let idle Providers take other work for a time and come back; those without a qualification more seldom (E11)."""
    for provider in world.providers[: world.counts[0].providers]:
        substream = substream_of(seed, draws.PROVIDER_DAY, day, provider.uid)
        if provider.status == OTHER_WORK and provider.back_day <= day:
            provider.status = FREE
        elif provider.status == FREE and uniform(substream, draws.PROVIDER_OTHER_WORK) < probability_from_rate(
            params.labour_other_work_rate / lack_of_alternatives(provider, params)
        ):
            provider.status = OTHER_WORK
            provider.back_day = day + days_until(
                uniform(substream, draws.PROVIDER_OTHER_WORK_DAYS), params.labour_other_work_days
            )
