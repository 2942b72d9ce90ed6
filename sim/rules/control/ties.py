"""Ties between Bosses and persons, and the status of a person when a tie or a Plan ends."""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance import geometric_days, occurs, probability_from_rate, uniform
from sim.engine.compiled import rule
from sim.rules.care.beds import ask_for_bed
from sim.state.records import BETWEEN, DOES_NOT_KNOW, IN_PLAN, INDEPENDENT, NO, OUT, TIES, WHEN_LEAVING, YES


@rule
def coercive_control(person, params):
    """Weighted sum of supervision, debt and reprisals, and attachment, less trust in services, cut to 0 to 1.

    Plain form: ties_plain.coercive_control.
    """
    control = (
        params.control_supervision_weight * person.supervision
        + params.control_debt_weight * person.debt
        + params.control_attachment_weight * person.attachment
        - params.control_trust_weight * person.trust
    )
    return min(1.0, max(0.0, control))


@rule
def gain_trust(person, share):
    """Raise trust in services by a share of what is missing."""
    person.trust += share * (1.0 - float(person.trust))


@rule
def lose_trust(person, share):
    """Lower trust in services by a share of itself."""
    person.trust *= 1.0 - share


@rule
def become_aware(person, share):
    """Raise awareness of being a victim by a share of what is missing (E64)."""
    person.awareness += share * (1.0 - float(person.awareness))


@rule
def change_mind(person, substream, params):
    """Move the stated intention a step towards leaving with trust in services, away from it with control (E25).

    Plain form: ties_plain.change_mind.
    """
    if params.control_intention_trust <= 0.0 and params.control_intention_control <= 0.0:
        return
    u = uniform(substream, draws.LEAVE_INTENTION)
    towards = params.control_intention_trust * person.trust
    away = params.control_intention_control * coercive_control(person, params)
    if not occurs(u, towards + away):
        return
    if u < probability_from_rate(towards + away) * towards / (towards + away):
        person.intention = DOES_NOT_KNOW if person.intention == NO else YES
    else:
        person.intention = DOES_NOT_KNOW if person.intention == YES else NO


@rule
def tie(row, person, b, boss, day):
    """Tie a person to a Boss who has room; return False if there is none. Plain form: ties_plain.tie."""
    if boss.n_persons >= TIES:
        return False
    boss.person[boss.n_persons] = row
    boss.n_persons += 1
    person.boss[0] = b
    person.tie_since[0] = day
    return True


@rule
def untie(row, person, world):
    """End a person's tie to their own Boss. Plain form: ties_plain.untie."""
    b = person.boss[0]
    if b < 0:
        return
    person.old_boss = b
    boss = world.bosses[b]
    for i in range(boss.n_persons):
        if boss.person[i] == row:
            last = boss.n_persons - 1
            for later in range(i, last):
                boss.person[later] = boss.person[later + 1]
            boss.person[last] = -1
            boss.n_persons = last
            break
    person.boss[0] = -1


@rule
def take_out_of_plan(row, person, world):
    """Remove a person from their Plan; its other members close the gap in their order."""
    if person.plan < 0:
        return
    plan = world.plans[person.plan]
    for i in range(plan.n_persons):
        if plan.person[i] == row:
            last = plan.n_persons - 1
            for later in range(i, last):
                plan.person[later] = plan.person[later + 1]
            plan.person[last] = -1
            plan.n_persons = last
            break
    person.plan = -1
    person.boss[1] = -1


@rule
def set_status(person, status, day):
    """Move a person to another status."""
    person.status = status
    person.status_since = day


@rule
def hold_between(person, day):
    """Hold a person whose Plan is over and whose tie is not until the next Plan; a loan ends."""
    person.plan = -1
    person.boss[1] = -1
    set_status(person, BETWEEN, day)


@rule
def break_free(row, person, substream, day, seed, world, params):
    """Free a person from their Boss: independent for a time, or out; one accompanied may ask for a bed.

    Plain form: ties_plain.break_free.
    """
    if person.status == IN_PLAN:
        take_out_of_plan(row, person, world)
    untie(row, person, world)
    person.supervision = 0.0
    person.debt = 0.0
    person.attachment = 0.0
    if person.accompanied == 1:
        world.ledger[day].left_accompanied += 1
        if ask_for_bed(row, person, WHEN_LEAVING, day, seed, world, params):
            set_status(person, OUT, day)  # until care decides, later today; the exit is counted there
            return
    if uniform(substream, draws.LEAVE_DESTINATION) < params.control_independent_share:
        set_status(person, INDEPENDENT, day)
        person.until = day + geometric_days(uniform(substream, draws.LEAVE_DAYS), params.control_independent_days)
    else:
        leave_for_good(person, day, world)


@rule
def leave_for_good(person, day, world):
    """Set a person to out; whether the exit lasts is observed later, never decided here."""
    set_status(person, OUT, day)
    world.ledger[day].exits += 1
