"""Client enforcement in plain form: a chance of a fine at each appointment, word of mouth, awareness courses (E46, E60)."""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance_plain import substream_of, uniform, whole
from sim.levers import AWARENESS_COURSES
from sim.parameters.constants import MOST_FINED
from sim.rules.demand.appointments_plain import personal_risk
from sim.rules.labour.staffing_plain import cents
from sim.rules.plain_tables import added


def fine_clients(day, seed, world, params):
    """Fine today's appointments in the order of the clients' queue keys: fines, fear, and places in courses."""
    if not any(police.client + police.client_added > 0.0 for police in world.units):
        return
    number = world.counts[0].booked
    booked = list(zip(world.booked_client[:number].tolist(), world.booked_place[:number].tolist(), strict=True))
    for u, police in enumerate(world.units):
        prepare(u, police, booked, day, seed, world, params)
    for row, z in booked:
        client, police = world.clients[row], world.units[world.territories[z].jurisdiction]
        world.territories[client.territory].booked_today += 1
        if uniform(substream_of(seed, draws.FINE, day, client.uid), draws.ONLY) < police.fine_chance:
            fine(client, police, day, world, params)


def prepare(u, police, booked, day, seed, world, params):
    """Count appointments in a jurisdiction; set the chance of a fine at each, and today's places in courses."""
    places = params.enforcement_courses_per_100k * police.population / 100_000.0
    for z, territory in enumerate(world.territories):
        places += added(AWARENESS_COURSES, z, world) if territory.jurisdiction == u else 0.0
    police.course_places = whole(places, uniform(substream_of(seed, draws.COURSE, day, police.uid), draws.ONLY))
    police.booked = sum(world.territories[z].jurisdiction == u for _, z in booked)
    capacity = (police.client + police.client_added) * params.enforcement_fines_per_inspector_day
    police.fine_chance = min(MOST_FINED, capacity / max(1, police.booked))


def fine(client, police, day, world, params):
    """Fine a client: raises their own fear and, by word of mouth, their territory's; gives a free place in a course."""
    today = world.ledger[day]
    today.fines += 1
    today.fine_revenue += cents(params.enforcement_fine_amount)
    world.territories[client.territory].fined_today += 1
    client.perceived_risk = personal_risk(client, day, params) + params.learning_fine_fear
    client.risk_day = day
    if client.course == 0 and police.course_places > 0:
        police.course_places -= 1
        client.course = 1
        today.courses += 1
