"""Care: allocation of beds, course of stays, running away and being found; lasting exits are observed (E42, E43)."""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance import U64, day_key, geometric_days, hash64, probability_from_rate, substream_of, uniform
from sim.engine.compiled import phase, rule
from sim.engine.sorting import sort_by_key
from sim.parameters.constants import SUPERVISION_ON_RETURN
from sim.rules.control.ties import become_aware, gain_trust, leave_for_good, set_status, tie, untie
from sim.state.records import (
    AT_RISK,
    BETWEEN,
    CUSTODY,
    IN_CARE,
    LEFT,
    NO_BED_ASKED,
    OUT,
    OUTSIDE,
    PRISON,
    WHEN_RECOGNISED,
)


@phase
def care_for_persons(day, seed, world, params):
    """Continue or end stays; give free beds to those who ask for one today, in the order of their queue keys.

    Plain form: care_plain.care_for_persons.
    """
    key = day_key(seed, draws.STAY, day)
    counts = world.counts[0]
    counts.queued = 0  # persons who go back to their Boss
    if beds_are_in_use(world):
        for row in range(counts.prostitutes):
            person = world.prostitutes[row]
            if person.status == IN_CARE:
                stay(row, person, substream_of(key, person.uid), day, world, params)
    sort_by_key(counts.queued, world.row_queue, world)
    for i in range(counts.queued):
        go_back(world.row_queue[i], world.prostitutes[world.row_queue[i]], day, world, params)
    place_applicants(day, seed, world, params)


@rule
def beds_are_in_use(world):
    """Whether anybody is in care this morning."""
    for row in range(world.beds.size):
        if world.beds[row].taken > 0:
            return True
    return False


@rule
def count_taken_beds(day, world):
    """Count beds taken this morning; where beds were withdrawn, the persons with the highest queue keys have to leave.

    Plain form: care_plain.count_taken_beds.
    """
    if not beds_are_in_use(world):
        return
    for row in range(world.beds.size):
        world.beds[row].taken = 0
    for row in range(world.counts[0].prostitutes):
        if world.prostitutes[row].status == IN_CARE:
            world.beds[world.prostitutes[row].bed].taken += 1
    for row in range(world.beds.size):
        while world.beds[row].taken > world.beds[row].beds:
            _cut_short_one_stay(row, day, world)


@rule
def _cut_short_one_stay(bed, day, world):
    """Put the person with the highest queue key at a place short of beds at risk again."""
    last = -1
    highest = U64(0)
    for row in range(world.counts[0].prostitutes):
        person = world.prostitutes[row]
        if person.status == IN_CARE and person.bed == bed and (last < 0 or person.bed_ticket > highest):
            last = row
            highest = person.bed_ticket
    _leave_bed(world.prostitutes[last], AT_RISK, day, world)
    world.ledger[day].stays_cut_short += 1


@rule
def _leave_bed(person, status, day, world):
    """Free the bed."""
    world.beds[person.bed].taken -= 1
    person.bed = -1
    set_status(person, status, day)


@rule
def stay(row, person, substream, day, world, params):
    """A day in care: the person is found by the Boss, runs away, ends the stay, or recovers.

    Plain form: care_plain.stay.
    """
    distant = world.beds[person.bed].distant == 1
    today = world.ledger[day]
    found = probability_from_rate(params.care_found_distant if distant else params.care_found_near)
    if not distant and params.care_emergency_nights > 0:
        found = params.care_emergency_found
    runs = params.care_runaway_distant if distant else params.care_runaway_near
    if searches(person.old_boss, world) and uniform(substream, draws.STAY_FOUND) < found:
        today.found_again += 1
        _leave_bed(person, AT_RISK, day, world)
        _will_go_back(row, substream, world)
    elif uniform(substream, draws.STAY_RUNS_AWAY) < probability_from_rate(runs):
        today.ran_away_from_care += 1
        _leave_bed(person, AT_RISK, day, world)
        person.away_until = day + geometric_days(uniform(substream, draws.STAY_AWAY_DAYS), params.entry_runaway_days)
        if searches(person.old_boss, world) and uniform(substream, draws.STAY_BACK_TO_BOSS) < params.care_back_to_boss:
            _will_go_back(row, substream, world)
    elif person.until <= day:
        today.stays_completed += 1
        _leave_bed(person, OUT, day, world)
        person.had_care = 1
        leave_for_good(person, day, world)
    else:
        if not distant and 0 < params.care_emergency_nights <= day - person.status_since:
            world.applicants[world.counts[0].applicants] = row
            world.counts[0].applicants += 1
        gain_trust(person, params.care_trust_day)
        become_aware(person, params.control_awareness_day)
        person.vulnerability *= 1.0 - params.outreach_vulnerability_decay
        person.debt *= 1.0 - params.control_debt_decay
        person.attachment *= 1.0 - params.control_attachment_decay


@rule
def _will_go_back(row, substream, world):
    """List a person for the old Boss, whose room is allocated in the order of queue keys."""
    counts = world.counts[0]
    world.row_queue[counts.queued] = row
    world.queue_keys[counts.queued] = hash64(substream, draws.STAY_TICKET)
    counts.queued += 1


@rule
def searches(b, world):
    """Whether a Boss is present to find a person again."""
    if b < 0:
        return False
    status = world.bosses[b].status
    return status != LEFT and status != PRISON and status != CUSTODY and status != OUTSIDE


@rule
def go_back(row, person, day, world, params):
    """Tie a person to the old Boss again, with reprisals (E43); at risk if the Boss has no room.

    Plain form: care_plain.go_back.
    """
    if not tie(row, person, person.old_boss, world.bosses[person.old_boss], day):
        return
    set_status(person, BETWEEN, day)
    person.debt = min(1.0, person.debt + params.care_reprisals)
    person.supervision = SUPERVISION_ON_RETURN
    world.ledger[day].reprisals += 1


@rule
def place_applicants(day, seed, world, params):
    """Give each applicant a distant bed if one is free, else a near one; those without a bed go on as without the offer.

    Plain form: care_plain.place_or_not.
    """
    counts = world.counts[0]
    for i in range(counts.applicants):
        world.row_queue[i] = world.applicants[i]
        world.queue_keys[i] = world.prostitutes[world.applicants[i]].bed_ticket
    sort_by_key(counts.applicants, world.row_queue, world)
    for i in range(counts.applicants):
        row = world.row_queue[i]
        person = world.prostitutes[row]
        bed = _free_bed(person, world, params)
        if person.status == IN_CARE:
            _move_away(person, world)
        elif bed >= 0:
            _give_bed(row, person, bed, day, seed, world, params)
        else:
            _without_bed(row, person, day, seed, world, params)
        person.asks_for_bed = NO_BED_ASKED
    counts.applicants = 0


@rule
def _free_bed(person, world, params):
    """The row of a free bed, distant ones first unless stays begin near by; -1 if there is none."""
    first = world.beds.size - 1
    second = world.territories[person.territory].jurisdiction
    if params.care_emergency_nights > 0:
        first, second = second, first
    if world.beds[first].taken < world.beds[first].beds:
        return first
    return second if world.beds[second].taken < world.beds[second].beds else -1


@rule
def _move_away(person, world):
    """Move a person from a near bed to a distant one if one is free. Plain form: care_plain.move_away."""
    distant = world.beds.size - 1
    if world.beds[distant].taken < world.beds[distant].beds:
        world.beds[person.bed].taken -= 1
        world.beds[distant].taken += 1
        person.bed = distant


@rule
def _give_bed(row, person, bed, day, seed, world, params):
    """Move a person from the Boss to a bed."""
    untie(row, person, world)
    world.beds[bed].taken += 1
    if world.beds[bed].distant == 1:
        world.ledger[day].placed_distant += 1
    else:
        world.ledger[day].placed_near += 1
    person.bed = bed
    person.until = day + geometric_days(
        uniform(substream_of(day_key(seed, draws.STAY, day), person.uid), draws.STAY_DAYS), params.care_stay_days
    )
    set_status(person, IN_CARE, day)


@rule
def _without_bed(row, person, day, seed, world, params):
    """Without a bed, a recognised victim may leave nevertheless; a person who was leaving has left."""
    world.ledger[day].no_bed += 1
    if person.asks_for_bed == WHEN_RECOGNISED:
        if (
            uniform(substream_of(day_key(seed, draws.ARREST, day), person.uid), draws.ARREST_EXIT)
            >= params.enforcement_exit_after_recognition
        ):
            return
        untie(row, person, world)
    leave_for_good(person, day, world)
