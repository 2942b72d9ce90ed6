"""Census at the start of the day's activity: each person is counted once, in one status."""

from __future__ import annotations

from sim.engine.compiled import phase, rule
from sim.initialisation.attributes import is_minor
from sim.parameters.constants import SPELL_GAP_DAYS
from sim.state.records import (
    AT_RISK,
    BETWEEN,
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
    PARTNER,
    PRISON,
    RUNNING,
    VACANT,
)


@phase
def count_everybody(day, seed, world, params):
    """Write the day's person-days and stocks into the ledger. Plain form: census_plain.count_everybody."""
    _count_beds(day, world)
    _count_persons(day, world)
    _count_plans(day, world)
    _count_bosses(day, world)
    _count_providers(day, world)


@rule
def _count_beds(day, world):
    distant = world.beds.size - 1
    for row in range(distant):
        world.ledger[day].beds_near += world.beds[row].beds
    world.ledger[day].beds_distant += world.beds[distant].beds


@rule
def _count_persons(day, world):
    today = world.ledger[day]
    counts = world.counts[0]
    start = counts.policy_start
    counts.in_contact = 0
    for row in range(world.counts[0].prostitutes):
        person = world.prostitutes[row]
        status = person.status
        counts.in_contact += 1 if person.team >= 0 else 0
        if status == OUT:
            today.out += 1
            continue
        if status == AT_RISK:
            today.at_risk += 1
            continue
        if status == IN_CARE:
            if world.beds[person.bed].distant == 1:
                today.in_care_distant += 1
            else:
                today.in_care_near += 1
            continue
        today.person_age_days += day - person.birth_day
        minor = 1 if is_minor(person, day) else 0
        of_cohort = 1 if is_minor(person, start) and person.since <= start else 0
        if status == IN_PLAN:
            today.in_plan += 1
            today.minors_in_plan += minor
            today.cohort_minors_in_plan += of_cohort
            plan = world.plans[person.plan]
            cell = plan.territory * KINDS + plan.kind
            world.cells[day, cell].person_days += 1
            world.cells[day, cell].minor_person_days += minor
        elif status == BETWEEN:
            today.cohort_minors_held += of_cohort
            briefly = 1 if day - person.status_since <= SPELL_GAP_DAYS else 0
            if person.boss[0] >= 0 and world.bosses[person.boss[0]].status == OUTSIDE:
                today.held_outside += 1
                today.minors_held_outside += minor
                today.held_outside_briefly += briefly
                today.minors_held_outside_briefly += minor * briefly
            else:
                today.held_between += 1
                today.minors_held_between += minor
                today.held_between_briefly += briefly
                today.minors_held_between_briefly += minor * briefly
        elif status == INDEPENDENT:
            today.independent += 1
            today.independent_minors += minor


@rule
def _count_plans(day, world):
    today = world.ledger[day]
    window = 1 if day >= world.counts[0].policy_start else 0
    for i in range(world.counts[0].running):
        b = world.running[i]
        plan = world.plans[b]
        cell = plan.territory * KINDS + plan.kind
        world.cells[day, cell].plan_days += 1
        world.boss_cell_days[window, b, cell] += plan.n_persons
        today.plans_running += 1
        for slot in range(plan.n_slots):
            today.slots += 1
            if plan.slot_holder[slot] == VACANT:
                today.slots_vacant += 1
            elif plan.slot_holder[slot] < 0:
                today.slots_by_boss += 1


@rule
def _count_bosses(day, world):
    today = world.ledger[day]
    risk = 0.0
    for b in range(world.counts[0].bosses):
        boss = world.bosses[b]
        status = boss.status
        if status != LEFT:
            today.boss_age_days += day - boss.birth_day
            today.bosses_once_providers += boss.was_provider
        if status == FREE:
            today.bosses_free += 1
        elif status == RUNNING:
            today.bosses_running += 1
            plan = world.plans[b]
            risk += float(world.belief_risk[b, plan.territory * KINDS + plan.kind])
        elif status == OTHER_WORK:
            today.bosses_other_work += 1
        elif status == OUTSIDE:
            today.bosses_outside += 1
        elif status == CUSTODY:
            today.bosses_custody += 1
        elif status == PRISON:
            today.bosses_prison += 1
        elif status == PARTNER:
            today.bosses_partner += 1
        else:
            today.bosses_gone += 1
    if today.bosses_running > 0:
        today.perceived_risk = int(1e6 * risk / today.bosses_running)


@rule
def _count_providers(day, world):
    today = world.ledger[day]
    for p in range(world.counts[0].providers):
        status = world.providers[p].status
        if status != LEFT:
            today.provider_age_days += day - world.providers[p].birth_day
        if status == FREE:
            today.providers_idle += 1
        elif status == RUNNING:
            today.provider_days_engaged += 1
        elif status == OTHER_WORK:
            today.providers_other_work += 1
        elif status == CUSTODY:
            today.providers_custody += 1
        elif status == PRISON:
            today.providers_prison += 1
        else:
            today.providers_gone += 1
