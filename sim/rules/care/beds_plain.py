"""Beds in plain form: today's number, and the persons who ask for one."""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance_plain import hash64, substream_of, uniform
from sim.levers import BEDS_DISTANT, BEDS_NEAR
from sim.rules.census_plain import is_minor
from sim.rules.plain_tables import added
from sim.state.records import WHEN_RECOGNISED


def ask_for_bed(row, why, day, seed, world, params):
    """Accept an offered bed with a chance that rises with trust; True if the person asks for one today."""
    person, counts = world.prostitutes[row], world.counts[0]
    substream = substream_of(seed, draws.BED, day, person.uid)
    is_offered = person.asks_for_bed == 0 and (world.beds["beds"] > 0).any()
    accepts = uniform(substream, draws.BED_ACCEPTED) < params.care_accept + params.care_accept_trust * person.trust
    if not is_offered or not (accepts or is_ordered(person, why, substream, day, params)):
        return False
    person.asks_for_bed, person.bed_ticket = why, hash64(substream, draws.BED_TICKET)
    world.applicants[counts.applicants] = row
    counts.applicants += 1
    world.ledger[day].asked_for_bed += 1
    return True


def is_ordered(person, why, substream, day, params):
    """Whether a minor who is recognised and declines a bed is placed by order."""
    concerned = why == WHEN_RECOGNISED and is_minor(person, day)
    return concerned and uniform(substream, draws.BED_ORDERED) < params.care_ordered_share


def open_beds(world):
    """Baseline beds and those added by levers, near ones by jurisdiction, distant ones together."""
    *near, distant = world.beds
    far = distant.baseline
    for jurisdiction, beds in enumerate(near):
        number = beds.baseline
        for z, territory in enumerate(world.territories):
            if territory.jurisdiction == jurisdiction:
                number += added(BEDS_NEAR, z, world)
                far += added(BEDS_DISTANT, z, world)
        beds.beds = int(number + 0.5)
    distant.beds = int(far + 0.5)
