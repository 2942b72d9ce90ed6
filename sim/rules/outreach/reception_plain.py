"""First reception in plain form: answers wait; late or under overload they are lost, some become meetings (E55)."""

from __future__ import annotations

import math

from sim.engine import draws
from sim.engine.chance_plain import days_until, hash64, substream_of, uniform, whole
from sim.rules.control.ties_plain import fade, gain
from sim.state.records import MASS_MESSAGE, NOBODY, PERSONAL_MESSAGE, STREET_ROUNDS

CHANNELS = {STREET_ROUNDS: "street", PERSONAL_MESSAGE: "personal", MASS_MESSAGE: "mass"}


def receive_answers(t, answers, day, seed, world, params):
    """Take up the answers that have waited longest, within a team's hours; those too old are lost."""
    team, queue = world.teams[t], []
    for person in answers:
        if day - person.answer_day > params.outreach_queue_days:
            lose_answer(person, day, world, params)
        else:
            queue.append(person)
    team.waiting = len(queue)
    world.ledger[day].answers_waiting += len(queue)
    expected = team.reception_today * params.outreach_reception_per_hour
    overload = max(0.0, len(queue) / max(1.0, expected) - 1.0)
    taken_up = whole(expected, uniform(substream_of(seed, draws.RECEPTION, day, team.uid), draws.RECEPTION_NUMBER))
    queue.sort(
        key=lambda person: (
            person.answer_day,
            hash64(substream_of(seed, draws.RECEPTION, day, person.uid), draws.RECEPTION_TICKET),
        )
    )
    for person in queue[:taken_up]:
        chance = chance_of_meeting(day - person.answer_day, overload, params)
        if uniform(substream_of(seed, draws.RECEPTION, day, person.uid), draws.RECEPTION_MEETING) < chance:
            meet(person, team, day, seed, world, params)
        else:
            lose_answer(person, day, world, params)


def chance_of_meeting(waited, overload, params):
    """Chance of a meeting: falls exponentially with days waited, and with the overload of the reception."""
    chance = params.outreach_meeting_chance * math.exp(-waited / params.outreach_patience_days)
    return chance / (1.0 + params.outreach_load_effect * overload)


def lose_answer(person, day, world, params):
    """End a contact whose answer was not taken up in time; some trust is lost with it."""
    world.ledger[day].answers_lost += 1
    fade(person, "trust", params.outreach_trust_lost)
    end_contact(person)


def meet(person, team, day, seed, world, params):
    """Meet a person: trust grows, and an accompaniment may begin if a place is free."""
    today, channel, substream = world.ledger[day], CHANNELS[person.channel], substream_of(seed, draws.RECEPTION, day, person.uid)
    gain(person, "trust", params.outreach_trust_meeting)
    gain(person, "awareness", params.control_awareness_contact)
    today[f"meetings_{channel}"] += 1
    if (
        team.accompanied + 1 <= team.places_today
        and uniform(substream, draws.RECEPTION_ACCOMPANIED) < params.outreach_accompany_chance
    ):
        today[f"accompaniments_{channel}"] += 1
        team.accompanied += 1
        person.answer_day, person.accompanied = -1, 1
        person.accompanied_until = day + days_until(uniform(substream, draws.RECEPTION_DAYS), params.outreach_accompany_days)
    else:
        end_contact(person)


def end_contact(person):
    """End a team's contact with a person."""
    person.team, person.answer_day, person.accompanied, person.channel, person.site = -1, -1, 0, NOBODY, 0


def keep_contact(person, z, day, seed, world, params):
    """Keep or lose the contact of a person taken to another jurisdiction: always lost if in person (E51, E59)."""
    if person.team in (-1, world.territories[z].jurisdiction):
        return
    survives = uniform(substream_of(seed, draws.COMPANY, day, person.uid), draws.ONLY) < params.outreach_online_keeps
    if person.channel == STREET_ROUNDS or not survives:
        world.ledger[day].contacts_broken_by_moves += 1
        end_contact(person)
