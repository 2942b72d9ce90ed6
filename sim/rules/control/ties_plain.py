"""Ties in plain form, between a Boss and the persons tied to them."""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance_plain import days_until, probability_from_rate, uniform
from sim.rules.care.beds_plain import ask_for_bed
from sim.state.records import BETWEEN, DOES_NOT_KNOW, IN_PLAN, INDEPENDENT, NO, OUT, TIES, WHEN_LEAVING, YES


def held_by(b, world):
    """Persons tied to a Boss who are between Plans."""
    tied = world.bosses[b].person[: world.bosses[b].n_persons].tolist()
    return [row for row in tied if world.prostitutes[row].status == BETWEEN and world.prostitutes[row].plan < 0]


def tie(row, b, day, world):
    """Tie a person to a Boss who has room; return False if there is none."""
    boss, person = world.bosses[b], world.prostitutes[row]
    if boss.n_persons == TIES:
        return False
    boss.person[boss.n_persons] = row
    boss.n_persons += 1
    person.boss[0], person.tie_since[0] = b, day
    return True


def untie(row, world):
    """End a person's tie to their own Boss; the others close the gap."""
    person = world.prostitutes[row]
    b = int(person.boss[0])
    if b >= 0:
        left = [other for other in world.bosses[b].person[: world.bosses[b].n_persons].tolist() if other != row]
        world.bosses[b].person[:] = left + [-1] * (TIES - len(left))
        world.bosses[b].n_persons = len(left)
        person.old_boss, person.boss[0] = b, -1


def coercive_control(person, params):
    """Weighted sum of supervision, debt and reprisals, and attachment, less trust in services, cut to 0 to 1."""
    control = (
        params.control_supervision_weight * person.supervision
        + params.control_debt_weight * person.debt
        + params.control_attachment_weight * person.attachment
        - params.control_trust_weight * person.trust
    )
    return min(1.0, max(0.0, control))


def gain(person, what, share):
    """Raise trust in services, or awareness of being a victim, by a share of what is missing."""
    person[what] = getattr(person, what) + share * (1.0 - getattr(person, what))


def fade(person, what, share):
    """Lower trust, debt, attachment, supervision or vulnerability by a share of itself."""
    person[what] = getattr(person, what) * (1.0 - share)


def change_mind(person, substream, params):
    """Move the stated intention a step towards leaving with trust in services, away from it with control (E25)."""
    u = uniform(substream, draws.LEAVE_INTENTION)
    towards = params.control_intention_trust * person.trust
    away = params.control_intention_control * coercive_control(person, params)
    if u >= probability_from_rate(towards + away):
        return
    if u < probability_from_rate(towards + away) * towards / (towards + away):
        person.intention = DOES_NOT_KNOW if person.intention == NO else YES
    else:
        person.intention = DOES_NOT_KNOW if person.intention == YES else NO


def take_out_of_plan(row, world):
    """Remove a person from their Plan; the others close the gap."""
    person = world.prostitutes[row]
    plan = world.plans[person.plan]
    left = [other for other in plan.person[: plan.n_persons].tolist() if other != row]
    plan.person[: len(left) + 1] = [*left, -1]
    plan.n_persons = len(left)
    person.plan, person.boss[1] = -1, -1


def set_status(person, status, day):
    """Move a person to another status."""
    person.status, person.status_since = status, day


def break_free(row, substream, day, seed, world, params):
    """Free a person from their Boss: for a bed if accompanied and willing, else independent for a time, or out."""
    person, today = world.prostitutes[row], world.ledger[day]
    if person.status == IN_PLAN:
        take_out_of_plan(row, world)
    untie(row, world)
    person.supervision, person.debt, person.attachment = 0.0, 0.0, 0.0
    today.left_accompanied += person.accompanied
    if person.accompanied and ask_for_bed(row, WHEN_LEAVING, day, seed, world, params):
        set_status(person, OUT, day)  # until care decides, later today; the exit is counted there
    elif uniform(substream, draws.LEAVE_DESTINATION) < params.control_independent_share:
        set_status(person, INDEPENDENT, day)
        person.until = day + days_until(uniform(substream, draws.LEAVE_DAYS), params.control_independent_days)
    else:
        leave_for_good(person, day, world)


def leave_for_good(person, day, world):
    """Set a person to out; whether the exit lasts is observed later, never decided here."""
    set_status(person, OUT, day)
    world.ledger[day].exits += 1
