"""Police action after a find, in plain form: arrests, recognition of victims, the end of a Plan."""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance_plain import substream_of, uniform
from sim.levers import TRAINING
from sim.parameters.constants import TRUST_LOST_AS_OFFENDER
from sim.rules.care.beds_plain import ask_for_bed
from sim.rules.casework.evidence_plain import add_evidence
from sim.rules.census_plain import is_minor
from sim.rules.control.ties_plain import fade, gain, leave_for_good, untie
from sim.rules.plain_tables import note_event
from sim.rules.planning.flow_plain import end_plan
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


def break_up(b, surely, day, seed, world, params):
    """Break up a Plan that was found: arrest those present; recognise its persons as victims or not.

    `surely`: police came for the Boss, who is arrested.
    """
    boss, plan, today = world.bosses[b], world.plans[b], world.ledger[day]

    def is_arrested(one, chance):
        return uniform(substream_of(seed, draws.ARREST, day, one.uid), draws.ARREST_OFFENDER) < chance

    today.plans_broken_up += 1
    world.territories[plan.territory].broken_today += 1
    note_event(day, PLAN_BROKEN_UP, plan.territory * KINDS + plan.kind, plan.n_persons, boss.uid, plan.uid, world)
    add_evidence(b, params.casework_evidence_break_up, day, world, params)
    for p in {p for p in plan.slot_holder[: plan.n_slots].tolist() if p >= 0}:
        provider = world.providers[p]
        if provider.status == RUNNING and is_arrested(provider, params.enforcement_provider_arrested):
            arrest_provider(p, day, world, params)
    members, partner = plan.person[: plan.n_persons].tolist(), co_boss_of(b, world)
    end_plan(b, day, True, seed, world, params)
    for row in members:
        meet_the_police(row, day, seed, world, params)
    if surely or is_arrested(boss, params.enforcement_boss_present):
        arrest_boss(b, day, world, params)
    if partner >= 0 and is_arrested(world.bosses[partner], params.enforcement_boss_present):
        arrest_boss(partner, day, world, params)


def co_boss_of(b, world):
    """The Boss who has joined in the Plan of Boss b and is still in it, or -1."""
    c = world.plans[b].co_boss
    return c if c >= 0 and world.bosses[c].status == PARTNER and world.bosses[c].partner == b else -1


def arrest_boss(b, day, world, params):
    """Take a Boss into custody."""
    world.bosses[b].status, world.bosses[b].back_day = CUSTODY, day + params.justice_custody_days
    world.ledger[day].bosses_arrested += 1


def arrest_provider(p, day, world, params):
    """Take a Provider into custody; slots held elsewhere fall vacant when the absence is noticed."""
    world.providers[p].status, world.providers[p].back_day = CUSTODY, day + params.justice_custody_days
    world.ledger[day].providers_arrested += 1


def meet_the_police(row, day, seed, world, params):
    """Recognise a person found in a Plan as a victim, or not and then perhaps treat them as an offender (E64).

    A recognised victim may testify, more often with more trust in services (E67), and is offered a bed.
    """
    person, today = world.prostitutes[row], world.ledger[day]
    substream, minor = substream_of(seed, draws.ARREST, day, person.uid), is_minor(person, day)
    trained = min(1.0, float(world.lever_intensity[TRAINING, person.territory * KINDS]))
    missed = 1.0 - (params.enforcement_recognised_minor if minor else params.enforcement_recognised_adult)
    missed *= 1.0 - params.enforcement_training_recognition * trained
    today.exposed += 1
    if uniform(substream, draws.ARREST_RECOGNISED) < 1.0 - missed:
        today.recognised += 1
        today.minors_recognised += minor
        gain(person, "awareness", params.control_awareness_contact)
        testify(person, day, seed, world, params)
        wants_bed = ask_for_bed(row, WHEN_RECOGNISED, day, seed, world, params)
        if not wants_bed and uniform(substream, draws.ARREST_EXIT) < params.enforcement_exit_after_recognition:
            untie(row, world)
            leave_for_good(person, day, world)
    elif uniform(substream, draws.ARREST_TREATED_AS_OFFENDER) < params.enforcement_treated_as_offender:
        today.treated_as_offender += 1
        fade(person, "trust", TRUST_LOST_AS_OFFENDER)


def testify(person, day, seed, world, params):
    """Testify against the Boss with a small chance that rises with trust in services (E67)."""
    b = int(person.boss[0])
    chance = params.casework_testimony + params.casework_testimony_trust * person.trust
    if (
        b >= 0
        and world.bosses[b].status != LEFT
        and uniform(substream_of(seed, draws.TESTIMONY, day, person.uid), draws.ONLY) < chance
    ):
        world.ledger[day].testimonies += 1
        add_evidence(b, params.casework_evidence_testimony, day, world, params)


def take_group(b, day, seed, world, params):
    """Arrest the Boss of a completed case together with the Providers at large who recently worked for them."""
    boss = world.bosses[b]
    world.ledger[day].cases_completed += 1
    boss.case_day = day if boss.case_day < 0 else boss.case_day
    for p, last in list(zip(boss.contact.tolist(), boss.contact_last.tolist(), strict=True))[: boss.n_contacts]:
        lately = last >= day - params.casework_group_days
        if lately and world.providers[p].status in (FREE, RUNNING, OTHER_WORK):
            arrest_provider(p, day, world, params)
    if boss.status == RUNNING:
        break_up(b, True, day, seed, world, params)
    else:
        arrest_boss(b, day, world, params)


def can_be_taken(boss):
    """Whether police can arrest a Boss: at large and in the region."""
    return boss.status not in (LEFT, OUTSIDE, PRISON, CUSTODY)
