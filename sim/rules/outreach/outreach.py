"""Outreach: street rounds, personal and mass messages, their effect on trust, and answers (E50 to E59).

Capacity is staff-hours; queue keys from each person's own substream decide whom a team reaches. An
answer that asks for more waits for the first reception (`sim.rules.outreach.reception`).
"""

from __future__ import annotations

import math

from sim.engine import draws
from sim.engine.chance import day_key, hash64, stochastic_round, substream_of, uniform
from sim.engine.compiled import phase, rule
from sim.engine.sorting import sort_by_key
from sim.levers import FIRST_RECEPTION, OUTREACH_MASS, OUTREACH_PERSONAL, OUTREACH_STREET
from sim.policy import added
from sim.rules.control.ties import become_aware, gain_trust, lose_trust
from sim.rules.outreach.reception import LISTS, WAITING, end_contact, receive_answers
from sim.state.records import (
    IN_CARE,
    IN_PLAN,
    INDEPENDENT,
    KINDS,
    MASS_MESSAGE,
    OUT,
    PERSONAL_MESSAGE,
    STREET,
    STREET_ROUNDS,
)

IN_STREET, WITH_AD = 0, 1  # lists of a team, next to that of waiting answers
_DRAWS_PER_CHANNEL = 4


@phase
def reach_out(day, seed, world, params):
    """Accompany persons, go on rounds, write messages, take up answers. Plain form: outreach_plain.reach_out."""
    working = staff_teams(world)
    if not working and world.counts[0].in_contact == 0:
        return
    accompany(day, seed, world, params)
    list_by_team(seed, world)
    for t in range(world.teams.size):
        go_on_rounds(t, day, seed, world, params)
        write_messages(t, PERSONAL_MESSAGE, day, seed, world, params)
        write_messages(t, MASS_MESSAGE, day, seed, world, params)
    for t in range(world.teams.size):
        receive_answers(t, day, seed, world, params)


@rule
def staff_teams(world):
    """Set today's staff-hours and places of each team, baseline plus levers; True if any team is active."""
    for t in range(world.teams.size):
        team = world.teams[t]
        team.street_today = team.street_hours
        team.personal_today = team.personal_hours
        team.mass_today = team.mass_hours
        team.reception_today = team.reception_hours
        team.places_today = team.places
        team.waiting = 0
        team.accompanied = 0
    for z in range(world.territories.size):
        territory = world.territories[z]
        team = world.teams[territory.jurisdiction]
        team.street_today += added(OUTREACH_STREET, z, world)
        team.personal_today += added(OUTREACH_PERSONAL, z, world)
        team.mass_today += added(OUTREACH_MASS, z, world)
        team.reception_today += added(FIRST_RECEPTION, z, world)
        share = territory.population / team.population
        team.places_today += world.lever_intensity[FIRST_RECEPTION, z * KINDS] * share * team.places
    for t in range(world.teams.size):
        team = world.teams[t]
        if team.street_today + team.personal_today + team.mass_today > 0.0:
            return True
    return False


@rule
def accompany(day, seed, world, params):
    """End contacts by exit, care, time, or the closure of the site on which they were made (E58).

    Plain form: outreach_plain.accompany.
    """
    for row in range(world.counts[0].prostitutes):
        person = world.prostitutes[row]
        if person.team < 0:
            continue
        if person.status == OUT or person.status == IN_CARE:
            end_contact(person)
        elif person.site > 0 and is_lost_by_closure(person, day, seed, world, params):
            world.ledger[day].contacts_lost_by_closure += 1
            end_contact(person)
        elif person.accompanied == 1:
            if person.accompanied_until <= day:
                end_contact(person)
                continue
            gain_trust(person, params.outreach_trust_day)
            become_aware(person, params.control_awareness_day)
            person.vulnerability *= 1.0 - params.outreach_vulnerability_decay
            world.teams[person.team].accompanied += 1
            world.ledger[day].accompanied += 1


@rule
def is_lost_by_closure(person, day, seed, world, params):
    """Whether a contact made on a site is lost: with some chance, on the first day of its closure."""
    site = world.platforms[person.site]
    if site.closed <= 0.0 or site.closed_since != day:
        return False
    substream = substream_of(day_key(seed, draws.ANSWER, day), person.uid)
    return uniform(substream, draws.ANSWER_CONTACT_LOST) < params.platforms_contacts_lost * site.closed


@rule
def site_of(person, seed, world):
    """The web site of a person's ad: that of their Plan; an independent person keeps one."""
    if person.status == IN_PLAN:
        return world.plans[person.plan].platform
    u = uniform(substream_of(day_key(seed, draws.MIGRATION, 0), person.uid), draws.SITE_OF_PERSON)
    return min(world.platforms.size - 1, 1 + int(u * (world.platforms.size - 1)))


@rule
def list_of(person, seed, world):
    """The list of their team in which a person is today, or -1."""
    if person.status == IN_PLAN:
        plan = world.plans[person.plan]
        if plan.kind == STREET:
            return IN_STREET
    elif person.status != INDEPENDENT:
        return -1
    site = world.platforms[site_of(person, seed, world)]
    return WITH_AD if site.outreach == 1 and site.open == 1 else -1


@rule
def list_by_team(seed, world):
    """List persons in the street and with an ad by the team of their territory, and answers by the team they wait for."""
    starts = world.reach_start
    for entry in range(starts.size):
        starts[entry] = 0
    rows = world.counts[0].prostitutes
    for row in range(rows):
        person = world.prostitutes[row]
        kind = list_of(person, seed, world)
        world.scratch[row] = kind
        if kind >= 0:
            starts[LISTS * world.territories[person.territory].jurisdiction + kind] += 1
        if person.answer_day >= 0:
            starts[LISTS * person.team + WAITING] += 1
    for entry in range(starts.size - 1):  # from counts to the end of each list
        starts[entry + 1] += starts[entry]
    for row in range(rows - 1, -1, -1):  # filled backwards, ends become starts
        person = world.prostitutes[row]
        kind = world.scratch[row]
        if kind >= 0:
            entry = LISTS * world.territories[person.territory].jurisdiction + kind
            starts[entry] -= 1
            world.reach[starts[entry]] = row
        if person.answer_day >= 0:
            entry = LISTS * person.team + WAITING
            starts[entry] -= 1
            world.reach[starts[entry]] = row


@rule
def draw_lots(t, kind, wanted, earliest, key, world):
    """Draw up to `wanted` persons of a team's list by queue keys into `world.row_queue`; return their number.

    Persons who have had a message after day `earliest` are left out.

    Plain form: outreach_plain.draw_lots.
    """
    number = 0
    for i in range(world.reach_start[LISTS * t + kind], world.reach_start[LISTS * t + kind + 1]):
        row = world.reach[i]
        person = world.prostitutes[row]
        if kind == WITH_AD and person.message_day > earliest:
            continue
        world.row_queue[number] = row
        world.queue_keys[number] = hash64(substream_of(key, person.uid), draws.REACH_TICKET)
        number += 1
    sort_by_key(number, world.row_queue, world)
    return min(number, wanted)


@rule
def days_at_once(day, team, every):
    """How many days' hours a team works today, where it goes out or writes on every so many days; 0 on the days between.

    Plain form: outreach_plain.days_at_once.
    """
    return every if (day + team.jurisdiction) % every == 0 else 0


@rule
def go_on_rounds(t, day, seed, world, params):
    """Meet some of the persons in the street, who may ask for more.

    Plain form: outreach_plain.go_on_rounds.
    """
    team = world.teams[t]
    key = day_key(seed, draws.STREET_ROUND, day)
    met = team.street_today * days_at_once(day, team, params.outreach_street_every) * params.outreach_street_per_hour
    wanted = stochastic_round(met, uniform(substream_of(key, team.uid), draws.REACH_NUMBER))
    if wanted == 0:
        return
    answer_key = day_key(seed, draws.ANSWER, day)
    today = world.ledger[day]
    for i in range(draw_lots(t, IN_STREET, wanted, day, key, world)):
        person = world.prostitutes[world.row_queue[i]]
        today.street_contacts += 1
        gain_trust(person, params.outreach_trust_street)
        if uniform(substream_of(answer_key, person.uid), draws.ANSWERED) < params.outreach_street_answer:
            today.answers_street += 1
            wait_for_reception(person, t, STREET_ROUNDS, 0, day)


@rule
def write_messages(t, channel, day, seed, world, params):
    """Write to persons with an ad who have had no message within the interval teams keep (E54).

    Plain form: outreach_plain.write_messages.
    """
    team = world.teams[t]
    personal = channel == PERSONAL_MESSAGE
    hours = team.personal_today if personal else team.mass_today * days_at_once(day, team, params.outreach_mass_every)
    per_hour = params.outreach_personal_per_hour if personal else params.outreach_mass_per_hour
    key = day_key(seed, draws.PERSONAL if personal else draws.MASS, day)
    wanted = stochastic_round(hours * per_hour, uniform(substream_of(key, team.uid), draws.REACH_NUMBER))
    if wanted == 0:
        return
    earliest = day - params.outreach_practice_days
    for i in range(draw_lots(t, WITH_AD, wanted, earliest, key, world)):
        get_message(world.prostitutes[world.row_queue[i]], t, channel, day, seed, world, params)


@rule
def get_message(person, t, channel, day, seed, world, params):
    """Receive one message: too soon after the last it costs trust; undercover police on the site reduce answers (E56).

    Plain form: outreach_plain.get_message.
    """
    today = world.ledger[day]
    if channel == PERSONAL_MESSAGE:
        today.personal_messages += 1
    else:
        today.mass_messages += 1
    if day - person.message_day < params.outreach_interval_days:
        today.messages_too_soon += 1
        lose_trust(person, params.outreach_trust_lost)
    person.message_day = day
    if person.status == IN_PLAN and world.plans[person.plan].identified == 0:
        world.plans[person.plan].identified = 1
        today.ads_identified += 1
    site = site_of(person, seed, world)
    chance = params.outreach_personal_answer if channel == PERSONAL_MESSAGE else params.outreach_mass_answer
    chance *= math.exp(-params.outreach_undercover_effect * world.platforms[site].undercover)
    substream = substream_of(day_key(seed, draws.ANSWER, day), person.uid)
    if uniform(substream, draws.DRAWS_PER_CHANNEL * channel + draws.ANSWERED) >= chance:
        return
    if channel == PERSONAL_MESSAGE:
        today.answers_personal += 1
    else:
        today.answers_mass += 1
    if uniform(substream, draws.DRAWS_PER_CHANNEL * channel + draws.ANSWER_POSITIVE) >= params.outreach_positive_share:
        today.answers_declining += 1
        return
    gain_trust(person, params.outreach_trust_answer)
    wait_for_reception(person, t, channel, site, day)


@rule
def wait_for_reception(person, t, channel, site, day):
    """Add an answer to the queue of the first reception, unless the person is already in contact with a team."""
    if person.team >= 0:
        return
    person.answer_day = day
    person.team = t
    person.channel = channel
    person.site = site
