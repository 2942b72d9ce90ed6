"""Client enforcement: a chance of a fine at each appointment, word of mouth, awareness courses (E46, E60)."""

from __future__ import annotations

import math

from sim.engine import draws
from sim.engine.chance import day_key, stochastic_round, substream_of, uniform
from sim.engine.compiled import rule
from sim.levers import AWARENESS_COURSES
from sim.parameters.constants import MOST_FINED
from sim.policy import added
from sim.rules.money import cents


@rule
def fine_clients(day, seed, world, params):
    """Fine today's appointments in the order of the clients' queue keys: fines, fear, and places in courses.

    Plain form: fines_plain.fine_clients.
    """
    booked = world.counts[0].booked
    inspectors = 0.0
    for u in range(world.units.size):
        inspectors += world.units[u].client + world.units[u].client_added
    if inspectors <= 0.0:
        return
    _prepare_units(booked, day, seed, world, params)
    key = day_key(seed, draws.FINE, day)
    for i in range(booked):
        client = world.clients[world.booked_client[i]]
        police = world.units[world.territories[world.booked_place[i]].jurisdiction]
        world.territories[client.territory].booked_today += 1
        if uniform(substream_of(key, client.uid), draws.ONLY) < police.fine_chance:
            fine(client, police, day, world, params)


@rule
def _prepare_units(booked, day, seed, world, params):
    """Count appointments in each jurisdiction; set the chance of a fine at each, and today's places in courses.

    Plain form: fines_plain.prepare.
    """
    key = day_key(seed, draws.COURSE, day)
    for u in range(world.units.size):
        police = world.units[u]
        police.booked = 0
        places = params.enforcement_courses_per_100k * police.population / 100_000.0
        for z in range(world.territories.size):
            if world.territories[z].jurisdiction == u:
                places += added(AWARENESS_COURSES, z, world)
        police.course_places = stochastic_round(places, uniform(substream_of(key, police.uid), draws.ONLY))
    for i in range(booked):
        world.units[world.territories[world.booked_place[i]].jurisdiction].booked += 1
    for u in range(world.units.size):
        police = world.units[u]
        capacity = (police.client + police.client_added) * params.enforcement_fines_per_inspector_day
        police.fine_chance = min(MOST_FINED, capacity / max(1, police.booked))


@rule
def fine(client, police, day, world, params):
    """Fine a client: raises their own fear and, by word of mouth, their territory's; gives a free place in a course.

    Plain form: fines_plain.fine.
    """
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


@rule
def personal_risk(client, day, params):
    """Perceived risk of a client, which fades exponentially from the day of the last fine.

    Plain form: demand.appointments_plain.personal_risk.
    """
    risk = float(client.perceived_risk)
    if risk <= 0.0:
        return 0.0
    return risk * math.exp(-params.learning_fear_decay * (day - client.risk_day))
