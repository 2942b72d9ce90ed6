"""First reception: answers wait in a queue; late or under overload they are lost, some become meetings (E55).

A meeting may begin an accompaniment, as long as the team has a place. Contact ends when the person
moves to another jurisdiction, always if it was made in person, seldom if online (E59).
"""

from __future__ import annotations

import math

from sim.engine import draws
from sim.engine.chance import U64, day_key, geometric_days, hash64, stochastic_round, substream_of, uniform
from sim.engine.compiled import rule
from sim.engine.sorting import sort_by_key
from sim.rules.control.ties import become_aware, gain_trust, lose_trust
from sim.state.records import NOBODY, PERSONAL_MESSAGE, STREET_ROUNDS

WAITING, LISTS = 2, 3  # the list of answers among a team's lists
_DAY_SHIFT, _TICKET_SHIFT = U64(40), U64(24)


@rule
def receive_answers(t, day, seed, world, params):
    """Take up the answers that have waited longest, within a team's hours.

    Plain form: reception_plain.receive_answers.
    """
    team = world.teams[t]
    today = world.ledger[day]
    number = _gather_waiting(t, day, seed, world, params)
    team.waiting = number
    today.answers_waiting += number
    expected = team.reception_today * params.outreach_reception_per_hour
    if number == 0 or expected <= 0.0:
        return
    key = day_key(seed, draws.RECEPTION, day)
    taken_up = min(number, stochastic_round(expected, uniform(substream_of(key, team.uid), draws.RECEPTION_NUMBER)))
    overload = max(0.0, number / max(1.0, expected) - 1.0)
    for i in range(taken_up):
        person = world.prostitutes[world.row_queue[i]]
        substream = substream_of(key, person.uid)
        if uniform(substream, draws.RECEPTION_MEETING) < chance_of_meeting(day - person.answer_day, overload, params):
            meet(person, t, substream, day, world, params)
        else:
            lose_answer(person, day, world, params)


@rule
def _gather_waiting(t, day, seed, world, params):
    """Gather answers that wait for a team in `world.row_queue`, the oldest first; those too old are lost."""
    key = day_key(seed, draws.RECEPTION, day)
    number = 0
    for i in range(world.reach_start[LISTS * t + WAITING], world.reach_start[LISTS * t + WAITING + 1]):
        row = world.reach[i]
        person = world.prostitutes[row]
        if day - person.answer_day > params.outreach_queue_days:
            lose_answer(person, day, world, params)
            continue
        world.row_queue[number] = row
        world.queue_keys[number] = queue_ticket(person, key)
        number += 1
    sort_by_key(number, world.row_queue, world)
    return number


@rule
def queue_ticket(person, key):
    """Order of answers: first come, first served; a queue key decides among those of one day."""
    return (U64(person.answer_day) << _DAY_SHIFT) | (
        hash64(substream_of(key, person.uid), draws.RECEPTION_TICKET) >> _TICKET_SHIFT
    )


@rule
def chance_of_meeting(waited, overload, params):
    """Chance of a meeting: meeting_chance x exp(-waited / patience_days) / (1 + load_effect x overload).

    Plain form: reception_plain.chance_of_meeting.
    """
    chance = params.outreach_meeting_chance * math.exp(-waited / params.outreach_patience_days)
    return chance / (1.0 + params.outreach_load_effect * overload)


@rule
def lose_answer(person, day, world, params):
    """End a contact whose answer was not taken up in time; some trust is lost with it."""
    world.ledger[day].answers_lost += 1
    lose_trust(person, params.outreach_trust_lost)
    end_contact(person)


@rule
def meet(person, t, substream, day, world, params):
    """Meet a person: trust grows, and an accompaniment may begin if a place is free.

    Plain form: reception_plain.meet.
    """
    team = world.teams[t]
    today = world.ledger[day]
    gain_trust(person, params.outreach_trust_meeting)
    become_aware(person, params.control_awareness_contact)
    person.answer_day = -1
    begins = (
        team.accompanied + 1 <= team.places_today
        and uniform(substream, draws.RECEPTION_ACCOMPANIED) < params.outreach_accompany_chance
    )
    if person.channel == STREET_ROUNDS:
        today.meetings_street += 1
        today.accompaniments_street += 1 if begins else 0
    elif person.channel == PERSONAL_MESSAGE:
        today.meetings_personal += 1
        today.accompaniments_personal += 1 if begins else 0
    else:
        today.meetings_mass += 1
        today.accompaniments_mass += 1 if begins else 0
    if not begins:
        end_contact(person)
        return
    team.accompanied += 1
    person.accompanied = 1
    person.accompanied_until = day + geometric_days(uniform(substream, draws.RECEPTION_DAYS), params.outreach_accompany_days)


@rule
def end_contact(person):
    """End a team's contact with a person."""
    person.team = -1
    person.answer_day = -1
    person.accompanied = 0
    person.channel = NOBODY
    person.site = 0


@rule
def keep_contact(person, territory, day, seed, world, params):
    """Keep or lose the contact of a person taken to another jurisdiction: always lost if in person (E51, E59).

    Plain form: reception_plain.keep_contact.
    """
    if person.team < 0 or world.territories[territory].jurisdiction == person.team:
        return
    if person.channel != STREET_ROUNDS:
        if uniform(substream_of(day_key(seed, draws.COMPANY, day), person.uid), draws.ONLY) < params.outreach_online_keeps:
            return
    world.ledger[day].contacts_broken_by_moves += 1
    end_contact(person)
