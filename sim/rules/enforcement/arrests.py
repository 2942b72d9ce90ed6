"""Police action after a find: arrests, recognition of victims, the end of a Plan."""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance import day_key, substream_of, uniform
from sim.engine.compiled import rule
from sim.initialisation.attributes import is_minor
from sim.levers import TRAINING
from sim.parameters.constants import TRUST_LOST_AS_OFFENDER
from sim.rules.care.beds import ask_for_bed
from sim.rules.casework.evidence import add_evidence
from sim.rules.control.ties import become_aware, leave_for_good, lose_trust, untie
from sim.rules.events import note_event
from sim.rules.planning.flow import end_plan
from sim.state.records import (
    CUSTODY,
    FREE,
    KINDS,
    LEFT,
    OTHER_WORK,
    OUTSIDE,
    PARTNER,
    PLAN_BROKEN_UP,
    PRISON,
    RUNNING,
    WHEN_RECOGNISED,
)


@rule
def break_up(b, surely, day, seed, world, params):
    """Break up a Plan that was found: arrests, recognition of victims or their treatment as offenders.

    The Boss is present with a chance; `surely`: police came for the Boss, who is arrested.

    Plain form: arrests_plain.break_up.
    """
    boss = world.bosses[b]
    plan = world.plans[b]
    key = day_key(seed, draws.ARREST, day)
    today = world.ledger[day]
    today.plans_broken_up += 1
    world.territories[plan.territory].broken_today += 1
    note_event(day, PLAN_BROKEN_UP, plan.territory * KINDS + plan.kind, plan.n_persons, boss.uid, plan.uid, world)
    add_evidence(b, params.casework_evidence_break_up, day, world, params)
    for slot in range(plan.n_slots):
        p = plan.slot_holder[slot]
        if p >= 0 and world.providers[p].status == RUNNING:
            if uniform(substream_of(key, world.providers[p].uid), draws.ARREST_OFFENDER) < params.enforcement_provider_arrested:
                arrest_provider(p, day, world, params)
    members = plan.n_persons
    for member in range(members):
        world.lowest_rows[member] = plan.person[member]
    partner = co_boss_of(b, world)
    end_plan(b, day, True, seed, world, params)
    for member in range(members):
        row = world.lowest_rows[member]
        meet_the_police(row, substream_of(key, world.prostitutes[row].uid), day, seed, world, params)
    if surely or uniform(substream_of(key, boss.uid), draws.ARREST_OFFENDER) < params.enforcement_boss_present:
        arrest_boss(b, day, world, params)
    if (
        partner >= 0
        and uniform(substream_of(key, world.bosses[partner].uid), draws.ARREST_OFFENDER) < params.enforcement_boss_present
    ):
        arrest_boss(partner, day, world, params)


@rule
def co_boss_of(b, world):
    """The Boss who has joined in the Plan of Boss b and is still in it, or -1."""
    c = world.plans[b].co_boss
    if c < 0 or world.bosses[c].status != PARTNER or world.bosses[c].partner != b:
        return -1
    return c


@rule
def arrest_boss(b, day, world, params):
    """Take a Boss into custody."""
    boss = world.bosses[b]
    boss.status = CUSTODY
    boss.back_day = day + params.justice_custody_days
    world.ledger[day].bosses_arrested += 1


@rule
def arrest_provider(p, day, world, params):
    """Take a Provider into custody; slots held elsewhere fall vacant when the absence is noticed."""
    provider = world.providers[p]
    provider.status = CUSTODY
    provider.back_day = day + params.justice_custody_days
    world.ledger[day].providers_arrested += 1


@rule
def meet_the_police(row, substream, day, seed, world, params):
    """Recognise a person found in a Plan as a victim, or not and then perhaps treat them as an offender (E64).

    A recognised victim may testify, more often with more trust in services (E67), and is offered a bed.

    Plain form: arrests_plain.meet_the_police.
    """
    person = world.prostitutes[row]
    today = world.ledger[day]
    today.exposed += 1
    minor = is_minor(person, day)
    missed = 1.0 - (params.enforcement_recognised_minor if minor else params.enforcement_recognised_adult)
    trained = min(1.0, world.lever_intensity[TRAINING, person.territory * KINDS])
    missed *= 1.0 - params.enforcement_training_recognition * trained
    if uniform(substream, draws.ARREST_RECOGNISED) < 1.0 - missed:
        today.recognised += 1
        if minor:
            today.minors_recognised += 1
        become_aware(person, params.control_awareness_contact)
        testify(person, day, seed, world, params)
        if ask_for_bed(row, person, WHEN_RECOGNISED, day, seed, world, params):
            return
        if uniform(substream, draws.ARREST_EXIT) < params.enforcement_exit_after_recognition:
            untie(row, person, world)
            leave_for_good(person, day, world)
    elif uniform(substream, draws.ARREST_TREATED_AS_OFFENDER) < params.enforcement_treated_as_offender:
        today.treated_as_offender += 1
        lose_trust(person, TRUST_LOST_AS_OFFENDER)


@rule
def testify(person, day, seed, world, params):
    """Testify with a small chance that rises with trust in services (E67). Plain form: arrests_plain.testify."""
    b = person.boss[0]
    if b < 0 or world.bosses[b].status == LEFT:
        return
    chance = params.casework_testimony + params.casework_testimony_trust * person.trust
    if uniform(substream_of(day_key(seed, draws.TESTIMONY, day), person.uid), draws.ONLY) < chance:
        world.ledger[day].testimonies += 1
        add_evidence(b, params.casework_evidence_testimony, day, world, params)


@rule
def take_group(b, day, seed, world, params):
    """Arrest the Boss of a completed case together with the Providers who recently worked for them.

    Plain form: arrests_plain.take_group.
    """
    boss = world.bosses[b]
    world.ledger[day].cases_completed += 1
    if boss.case_day < 0:
        boss.case_day = day
    for i in range(boss.n_contacts):
        p = boss.contact[i]
        status = world.providers[p].status
        if boss.contact_last[i] >= day - params.casework_group_days and status in (FREE, RUNNING, OTHER_WORK):
            arrest_provider(p, day, world, params)
    if boss.status == RUNNING:
        break_up(b, True, day, seed, world, params)
    else:
        arrest_boss(b, day, world, params)


@rule
def can_be_taken(boss):
    """Whether police can arrest a Boss: at large and in the region."""
    return boss.status != LEFT and boss.status != OUTSIDE and boss.status != PRISON and boss.status != CUSTODY
