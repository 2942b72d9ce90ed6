"""Care in plain form: a day of each stay, returns to the Boss, and allocation of beds (E42, E43)."""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance_plain import days_until, hash64, probability_from_rate, substream_of, uniform
from sim.parameters.constants import SUPERVISION_ON_RETURN
from sim.rules.control.ties_plain import fade, gain, leave_for_good, set_status, tie, untie
from sim.rules.plain_tables import in_plain_numbers
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


def care_for_persons(day, seed, world, params):
    """Continue or end stays; then give free beds to those who ask for one today, in the order of their queue keys."""
    world, params = in_plain_numbers(world, params)
    counts = world.counts[0]
    going_back = [row for row in in_care(world) if stay(row, day, seed, world, params)]
    for row in sorted(
        going_back, key=lambda row: hash64(substream_of(seed, draws.STAY, day, world.prostitutes[row].uid), draws.STAY_TICKET)
    ):
        go_back(row, day, world, params)
    for row in sorted(world.applicants[: counts.applicants].tolist(), key=lambda row: world.prostitutes[row].bed_ticket):
        place_or_not(row, day, seed, world, params)
    counts.applicants = 0


def in_care(world):
    """The rows of persons in care."""
    return [row for row, person in enumerate(world.prostitutes[: world.counts[0].prostitutes]) if person.status == IN_CARE]


def count_taken_beds(day, world):
    """Count beds taken this morning; where beds were withdrawn, the persons with the highest queue keys have to leave."""
    persons = [world.prostitutes[row] for row in in_care(world)]
    for number, beds in enumerate(world.beds):
        inside = sorted((person for person in persons if person.bed == number), key=lambda person: person.bed_ticket)
        beds.taken = len(inside)
        for person in inside[beds.beds :]:
            leave_bed(person, AT_RISK, day, world)
            world.ledger[day].stays_cut_short += 1


def leave_bed(person, status, day, world):
    """Free the bed."""
    world.beds[person.bed].taken -= 1
    person.bed = -1
    set_status(person, status, day)


def stay(row, day, seed, world, params):
    """A day in care: found, run away, end of the stay, or recovery; True if the person goes back to their Boss."""
    person, today = world.prostitutes[row], world.ledger[day]
    distant = world.beds[person.bed].distant == 1
    found = probability_from_rate(params.care_found_distant if distant else params.care_found_near)
    if not distant and params.care_emergency_nights > 0:
        found = params.care_emergency_found
    runs = params.care_runaway_distant if distant else params.care_runaway_near
    substream = substream_of(seed, draws.STAY, day, person.uid)
    if is_searched_for(person, world) and uniform(substream, draws.STAY_FOUND) < found:
        today.found_again += 1
        leave_bed(person, AT_RISK, day, world)
        return True
    if uniform(substream, draws.STAY_RUNS_AWAY) < probability_from_rate(runs):
        today.ran_away_from_care += 1
        leave_bed(person, AT_RISK, day, world)
        person.away_until = day + days_until(uniform(substream, draws.STAY_AWAY_DAYS), params.entry_runaway_days)
        return is_searched_for(person, world) and uniform(substream, draws.STAY_BACK_TO_BOSS) < params.care_back_to_boss
    if person.until <= day:
        today.stays_completed += 1
        leave_bed(person, OUT, day, world)
        person.had_care = 1
        leave_for_good(person, day, world)
    else:
        if not distant and 0 < params.care_emergency_nights <= day - person.status_since:
            world.applicants[world.counts[0].applicants] = row
            world.counts[0].applicants += 1
        gain(person, "trust", params.care_trust_day)
        gain(person, "awareness", params.control_awareness_day)
        fade(person, "vulnerability", params.outreach_vulnerability_decay)
        fade(person, "debt", params.control_debt_decay)
        fade(person, "attachment", params.control_attachment_decay)
    return False


def is_searched_for(person, world):
    """Whether the old Boss is present to find the person again."""
    b = person.old_boss
    return b >= 0 and world.bosses[b].status not in (LEFT, PRISON, CUSTODY, OUTSIDE)


def go_back(row, day, world, params):
    """Tie a person to the old Boss again, with reprisals (E43); at risk if there is no room."""
    person = world.prostitutes[row]
    if tie(row, person.old_boss, day, world):
        set_status(person, BETWEEN, day)
        person.debt = min(1.0, person.debt + params.care_reprisals)
        person.supervision = SUPERVISION_ON_RETURN
        world.ledger[day].reprisals += 1


def place_or_not(row, day, seed, world, params):
    """Give a distant bed if one is free, else a near one, else none; a person without a bed who was leaving has left.

    Where stays begin with emergency nights, a near bed comes first.
    """
    person, today = world.prostitutes[row], world.ledger[day]
    order = [len(world.beds) - 1, world.territories[person.territory].jurisdiction]
    if params.care_emergency_nights > 0:
        order.reverse()
    free = [bed for bed in order if world.beds[bed].taken < world.beds[bed].beds]
    if person.status == IN_CARE:
        move_away(person, world)
    elif free:
        untie(row, world)
        move_in(person, free[0], day, seed, world, params)
    else:
        today.no_bed += 1
        recognised, u = (
            person.asks_for_bed == WHEN_RECOGNISED,
            uniform(substream_of(seed, draws.ARREST, day, person.uid), draws.ARREST_EXIT),
        )
        if not recognised or u < params.enforcement_exit_after_recognition:
            if recognised:
                untie(row, world)
            leave_for_good(person, day, world)
    person.asks_for_bed = NO_BED_ASKED


def move_away(person, world):
    """Move a person from a near bed to a distant one if one is free."""
    distant = len(world.beds) - 1
    if world.beds[distant].taken < world.beds[distant].beds:
        world.beds[person.bed].taken -= 1
        world.beds[distant].taken += 1
        person.bed = distant


def move_in(person, bed, day, seed, world, params):
    """Give a person the bed for the days of the stay."""
    beds, today = world.beds[bed], world.ledger[day]
    beds.taken += 1
    today["placed_distant" if beds.distant else "placed_near"] += 1
    person.bed = bed
    person.until = day + days_until(
        uniform(substream_of(seed, draws.STAY, day, person.uid), draws.STAY_DAYS), params.care_stay_days
    )
    set_status(person, IN_CARE, day)
