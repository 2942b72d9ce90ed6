"""Demand for beds: persons offered one may accept; care decides once per day who gets one."""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance import day_key, hash64, substream_of, uniform
from sim.engine.compiled import rule
from sim.initialisation.attributes import is_minor
from sim.levers import BEDS_DISTANT, BEDS_NEAR
from sim.policy import added
from sim.state.records import WHEN_RECOGNISED


@rule
def open_beds(world):
    """Today's beds: baseline beds and those added by levers, near ones by jurisdiction, distant ones together.

    Plain form: beds_plain.open_beds.
    """
    distant = world.beds.size - 1
    far = world.beds[distant].baseline
    for row in range(distant):
        near = world.beds[row].baseline
        for z in range(world.territories.size):
            if world.territories[z].jurisdiction == row:
                near += added(BEDS_NEAR, z, world)
                far += added(BEDS_DISTANT, z, world)
        world.beds[row].beds = int(near + 0.5)
    world.beds[distant].beds = int(far + 0.5)


@rule
def there_are_beds(world):
    """Whether the region has any bed, taken or not."""
    for row in range(world.beds.size):
        if world.beds[row].beds > 0:
            return True
    return False


@rule
def ask_for_bed(row, person, why, day, seed, world, params):
    """Accept an offered bed with a chance that rises with trust; True if the person asks for one today.

    Plain form: beds_plain.ask_for_bed.
    """
    if person.asks_for_bed != 0 or not there_are_beds(world):
        return False
    substream = substream_of(day_key(seed, draws.BED, day), person.uid)
    accepts = uniform(substream, draws.BED_ACCEPTED) < params.care_accept + params.care_accept_trust * person.trust
    if not accepts and not is_ordered(person, why, substream, day, params):
        return False
    person.asks_for_bed = why
    person.bed_ticket = hash64(substream, draws.BED_TICKET)
    counts = world.counts[0]
    world.applicants[counts.applicants] = row
    counts.applicants += 1
    world.ledger[day].asked_for_bed += 1
    return True


@rule
def is_ordered(person, why, substream, day, params):
    """Whether a minor who is recognised and declines a bed is placed by order. Plain form: beds_plain.is_ordered."""
    if params.care_ordered_share <= 0.0 or why != WHEN_RECOGNISED or not is_minor(person, day):
        return False
    return uniform(substream, draws.BED_ORDERED) < params.care_ordered_share
