"""The census in plain form: each person is counted once, in one status, at the start of the day's activity."""

from __future__ import annotations

from sim.parameters.constants import ADULT_AGE, DAYS_A_YEAR, SPELL_GAP_DAYS
from sim.rules.plain_tables import in_plain_numbers
from sim.state.records import (
    AT_RISK,
    BETWEEN,
    BOSS_STATUSES,
    BY_BOSS,
    CUSTODY,
    FREE,
    IN_CARE,
    IN_PLAN,
    INDEPENDENT,
    KINDS,
    LEFT,
    OTHER_WORK,
    OUT,
    OUTSIDE,
    PRISON,
    RUNNING,
    VACANT,
)

OF_BOSSES = {status: f"bosses_{name}" for status, name in enumerate(BOSS_STATUSES)} | {LEFT: "bosses_gone"}
OF_PROVIDERS = {
    FREE: "providers_idle", RUNNING: "provider_days_engaged", OTHER_WORK: "providers_other_work",
    CUSTODY: "providers_custody", PRISON: "providers_prison",
}  # fmt: skip


def count_everybody(day, seed, world, params):
    """Write the day's person-days and stocks into the ledger."""
    world, params = in_plain_numbers(world, params)
    counts, today = world.counts[0], world.ledger[day]
    *near, distant = world.beds
    today.beds_near += sum(beds.beds for beds in near)
    today.beds_distant += distant.beds
    counts.in_contact = 0
    for person in world.prostitutes[: counts.prostitutes]:
        counts.in_contact += person.team >= 0
        count_person(person, day, world)
    for b in world.running[: counts.running]:
        count_plan(b, day, world)
    for boss in world.bosses[: counts.bosses]:
        today[OF_BOSSES[boss.status]] += 1
        if boss.status != LEFT:
            today.boss_age_days += day - boss.birth_day
            today.bosses_once_providers += boss.was_provider
    if today.bosses_running > 0:
        today.perceived_risk = int(1e6 * risk_perceived(world) / today.bosses_running)
    for provider in world.providers[: counts.providers]:
        today[OF_PROVIDERS.get(provider.status, "providers_gone")] += 1
        if provider.status != LEFT:
            today.provider_age_days += day - provider.birth_day


def is_minor(person, day):
    """Under 18 on that day."""
    return day - person.birth_day < ADULT_AGE * DAYS_A_YEAR


def count_person(person, day, world):
    """Count one person-day; for persons exploited also age, minority and the minors of the policy's first day."""
    today, start = world.ledger[day], world.counts[0].policy_start
    minor, of_cohort = is_minor(person, day), is_minor(person, start) and person.since <= start
    if person.status == OUT:
        today.out += 1
    elif person.status == AT_RISK:
        today.at_risk += 1
    elif person.status == IN_CARE:
        today["in_care_distant" if world.beds[person.bed].distant else "in_care_near"] += 1
    else:
        today.person_age_days += day - person.birth_day
    if person.status == IN_PLAN:
        plan = world.plans[person.plan]
        cell = world.cells[day, plan.territory * KINDS + plan.kind]
        today.in_plan += 1
        today.minors_in_plan += minor
        today.cohort_minors_in_plan += of_cohort
        cell.person_days += 1
        cell.minor_person_days += minor
    elif person.status == BETWEEN:
        outside = person.boss[0] >= 0 and world.bosses[person.boss[0]].status == OUTSIDE
        held, briefly = "held_outside" if outside else "held_between", day - person.status_since <= SPELL_GAP_DAYS
        today[held] += 1
        today[f"minors_{held}"] += minor
        today[f"{held}_briefly"] += briefly
        today[f"minors_{held}_briefly"] += minor and briefly
        today.cohort_minors_held += of_cohort
    elif person.status == INDEPENDENT:
        today.independent += 1
        today.independent_minors += minor


def count_plan(b, day, world):
    """Count one Plan-day, the person-days of its Boss by cell, and the holders of its slots."""
    plan, today = world.plans[b], world.ledger[day]
    cell = plan.territory * KINDS + plan.kind
    since_policy = day >= world.counts[0].policy_start
    world.cells[day, cell].plan_days += 1
    world.boss_cell_days[int(since_policy), b, cell] += plan.n_persons
    holders = plan.slot_holder[: plan.n_slots].tolist()
    today.plans_running += 1
    today.slots += len(holders)
    today.slots_vacant += holders.count(VACANT)
    today.slots_by_boss += holders.count(BY_BOSS)


def risk_perceived(world):
    """Sum over running Plans of their Bosses' beliefs about the risk in the Plan's cell."""
    total = 0.0
    for b, boss in enumerate(world.bosses[: world.counts[0].bosses]):
        if boss.status == RUNNING:
            total += float(world.belief_risk[b, world.plans[b].territory * KINDS + world.plans[b].kind])
    return total
