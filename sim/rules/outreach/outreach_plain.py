"""Outreach in plain form: street rounds, personal and mass messages, their effect on trust, and answers (E50 to E59)."""

from __future__ import annotations

import math

from sim.engine import draws
from sim.engine.chance_plain import hash64, substream_of, uniform, whole
from sim.levers import FIRST_RECEPTION, OUTREACH_MASS, OUTREACH_PERSONAL, OUTREACH_STREET
from sim.rules.control.ties_plain import fade, gain
from sim.rules.outreach.reception_plain import end_contact, receive_answers
from sim.rules.plain_tables import added, in_plain_numbers
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


def reach_out(day, seed, world, params):
    """Accompany persons, go on rounds, write messages, and take up the answers that waited this morning."""
    world, params = in_plain_numbers(world, params)
    teams, persons = range(len(world.teams)), world.prostitutes[: world.counts[0].prostitutes]
    staff_teams(world)
    for person in persons:
        if person.team >= 0:
            accompany(person, day, seed, world, params)
    waiting = [[person for person in persons if person.answer_day >= 0 and person.team == t] for t in teams]
    for t in teams:
        go_on_rounds(t, day, seed, world, params)
        write_messages(t, PERSONAL_MESSAGE, day, seed, world, params)
        write_messages(t, MASS_MESSAGE, day, seed, world, params)
    for t in teams:
        receive_answers(t, waiting[t], day, seed, world, params)


def staff_teams(world):
    """Set today's staff-hours and places of each team: baseline plus levers."""
    for team in world.teams:
        team.street_today, team.personal_today, team.mass_today = team.street_hours, team.personal_hours, team.mass_hours
        team.reception_today, team.places_today = team.reception_hours, team.places
        team.waiting, team.accompanied = 0, 0
    for z, territory in enumerate(world.territories):
        team = world.teams[territory.jurisdiction]
        team.street_today += added(OUTREACH_STREET, z, world)
        team.personal_today += added(OUTREACH_PERSONAL, z, world)
        team.mass_today += added(OUTREACH_MASS, z, world)
        team.reception_today += added(FIRST_RECEPTION, z, world)
        share = territory.population / team.population
        team.places_today += world.lever_intensity[FIRST_RECEPTION, z * KINDS] * share * team.places


def accompany(person, day, seed, world, params):
    """End a contact by exit or care, by the closure of the site on which it was made (E58), or by time."""
    today = world.ledger[day]
    if person.status in (OUT, IN_CARE):
        end_contact(person)
    elif is_cut_off(person, day, seed, world, params):
        today.contacts_lost_by_closure += 1
        end_contact(person)
    elif person.accompanied and person.accompanied_until <= day:
        end_contact(person)
    elif person.accompanied:
        gain(person, "trust", params.outreach_trust_day)
        gain(person, "awareness", params.control_awareness_day)
        fade(person, "vulnerability", params.outreach_vulnerability_decay)
        world.teams[person.team].accompanied += 1
        today.accompanied += 1


def is_cut_off(person, day, seed, world, params):
    """Whether a contact is lost on the first day of a closure, by the share of the site that is closed."""
    site = world.platforms[person.site]
    if person.site == 0 or site.closed <= 0.0 or site.closed_since != day:
        return False
    return (
        uniform(substream_of(seed, draws.ANSWER, day, person.uid), draws.ANSWER_CONTACT_LOST)
        < params.platforms_contacts_lost * site.closed
    )


def site_of(person, seed, world):
    """The web site of a person's ad: that of their Plan; an independent person keeps one."""
    if person.status == IN_PLAN:
        return world.plans[person.plan].platform
    sites = len(world.platforms) - 1
    return min(sites, 1 + int(uniform(substream_of(seed, draws.MIGRATION, 0, person.uid), draws.SITE_OF_PERSON) * sites))


def is_in_street(person, world):
    """Whether a person is in a Plan in the street."""
    return person.status == IN_PLAN and world.plans[person.plan].kind == STREET


def has_ad(person, seed, world):
    """Whether a person is in a housed Plan or independent, with an ad on an open site on which teams may write."""
    if person.status not in (IN_PLAN, INDEPENDENT) or is_in_street(person, world):
        return False
    site = world.platforms[site_of(person, seed, world)]
    return site.outreach == 1 and site.open == 1


def draw_lots(persons, number, stream, day, seed):
    """The `number` persons with the lowest queue keys."""
    return sorted(persons, key=lambda person: hash64(substream_of(seed, stream, day, person.uid), draws.REACH_TICKET))[:number]


def persons_of(t, world):
    """Persons in the jurisdiction of a team."""
    persons = world.prostitutes[: world.counts[0].prostitutes]
    return [person for person in persons if world.territories[person.territory].jurisdiction == t]


def days_at_once(day, team, every):
    """How many days' hours a team works today, where it goes out or writes on every so many days; 0 on the days between."""
    return every if (day + team.jurisdiction) % every == 0 else 0


def go_on_rounds(t, day, seed, world, params):
    """Meet some of the persons in the street, who may ask for more."""
    team, today = world.teams[t], world.ledger[day]
    one_more = uniform(substream_of(seed, draws.STREET_ROUND, day, team.uid), draws.REACH_NUMBER)
    in_street = [person for person in persons_of(t, world) if is_in_street(person, world)]
    hours = team.street_today * days_at_once(day, team, params.outreach_street_every)
    met = whole(hours * params.outreach_street_per_hour, one_more)
    for person in draw_lots(in_street, met, draws.STREET_ROUND, day, seed):
        today.street_contacts += 1
        gain(person, "trust", params.outreach_trust_street)
        if uniform(substream_of(seed, draws.ANSWER, day, person.uid), draws.ANSWERED) < params.outreach_street_answer:
            today.answers_street += 1
            wait_for_reception(person, t, STREET_ROUNDS, 0, day)


def write_messages(t, channel, day, seed, world, params):
    """Write to persons with an ad who have had no message within the interval teams keep (E54)."""
    team = world.teams[t]
    mass_hours = team.mass_today * days_at_once(day, team, params.outreach_mass_every)
    stream, expected = {
        PERSONAL_MESSAGE: (draws.PERSONAL, team.personal_today * params.outreach_personal_per_hour),
        MASS_MESSAGE: (draws.MASS, mass_hours * params.outreach_mass_per_hour),
    }[channel]
    one_more = uniform(substream_of(seed, stream, day, team.uid), draws.REACH_NUMBER)
    long_ago = [person for person in persons_of(t, world) if person.message_day <= day - params.outreach_practice_days]
    with_ad = [person for person in long_ago if has_ad(person, seed, world)]
    for person in draw_lots(with_ad, whole(expected, one_more), stream, day, seed):
        get_message(person, t, channel, day, seed, world, params)


def get_message(person, t, channel, day, seed, world, params):
    """Receive one message: too soon after the last it costs trust; undercover police on the site reduce answers (E56)."""
    today, personal = world.ledger[day], channel == PERSONAL_MESSAGE
    today["personal_messages" if personal else "mass_messages"] += 1
    if day - person.message_day < params.outreach_interval_days:
        today.messages_too_soon += 1
        fade(person, "trust", params.outreach_trust_lost)
    person.message_day = day
    if person.status == IN_PLAN and world.plans[person.plan].identified == 0:
        world.plans[person.plan].identified = 1
        today.ads_identified += 1
    site, substream = site_of(person, seed, world), substream_of(seed, draws.ANSWER, day, person.uid)
    chance = params.outreach_personal_answer if personal else params.outreach_mass_answer
    chance *= math.exp(-params.outreach_undercover_effect * world.platforms[site].undercover)
    if uniform(substream, draws.DRAWS_PER_CHANNEL * channel + draws.ANSWERED) >= chance:
        return
    today["answers_personal" if personal else "answers_mass"] += 1
    if uniform(substream, draws.DRAWS_PER_CHANNEL * channel + draws.ANSWER_POSITIVE) >= params.outreach_positive_share:
        today.answers_declining += 1
        return
    gain(person, "trust", params.outreach_trust_answer)
    wait_for_reception(person, t, channel, site, day)


def wait_for_reception(person, t, channel, site, day):
    """Add an answer to the queue of the first reception, unless the person is already in contact with a team."""
    if person.team < 0:
        person.answer_day, person.team, person.channel, person.site = day, t, channel, site
