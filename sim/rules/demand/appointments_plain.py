"""Administration in plain form: clients look at every offer they can see and take the best; the money is shared.

>>> from sim.market import Market
>>> from sim.rules import plain
>>> market = Market(market="class", seed=1, overrides={"days": 30, "burn_in": 0})
>>> market.replace_phase("administration", plain.administration)
"""

from __future__ import annotations

import math

import numpy as np

from sim.engine import draws
from sim.engine.agenda_plain import forget_day, next_search_day, note_search
from sim.engine.chance_plain import gumbel_of, hash64, scramble, substream_of, uniform
from sim.rules.demand.platforms_plain import (
    ads_of_today,
    channel_of_search,
    channel_of_second_look,
    lean_towards,
    open_successors,
    usual_channel,
)
from sim.rules.labour.earnings_plain import share_money
from sim.rules.labour.staffing_plain import notice_missing_providers, vacant_share
from sim.rules.plain_tables import in_plain_numbers
from sim.state.records import ADS_AND_CALLS, KINDS, TRANSPORT

TASTE = 0xD6E8FEB86659FD93  # makes another hash of a hash
OUT_OF_SIGHT = 4096.0  # an offer whose draw, by the first terms of its series, is this high is seen by nobody
DRAW_UNIT = 2.0**-30  # unit in which draws are compared; of equal ones the first in the list comes first


def administer_appointments(day, seed, world, params):
    """Open offers, let clients search and book in the order of their queue keys, and share each Plan's money."""
    world, params = in_plain_numbers(world, params)
    running = world.running[: world.counts[0].running].tolist()
    world.counts[0].ads_down = 0
    for b in running:
        open_offer(b, day, seed, world, params)
    count_ads(running, day, world)
    offers = list_offers(running, world)
    for row in who_searches(day, seed, world, params):
        search(row, offers, day, seed, world, params)
    for offer in offers:
        count_appointments(offer, day, world)
    open_successors(day, seed, world, params)
    for b in running:
        share_money(b, day, world, params)


def open_offer(b, day, seed, world, params):
    """Set a Plan's places and visibility today: vacant tasks cost places, new ads are more visible."""
    notice_missing_providers(b, day, world)
    boss, plan = world.bosses[b], world.plans[b]
    plan.booked, plan.income = 0, 0
    lost = (1.0 - params.labour_unfilled_calls * vacant_share(plan, ADS_AND_CALLS)) * (
        1.0 - params.labour_unfilled_transport * vacant_share(plan, TRANSPORT)
    )
    plan.platform, is_up = ads_of_today(boss.uid, plan.platform, day, seed, world, params)
    places = plan.n_persons * params.demand_appointments_per_person * lost
    places += params.labour_essential * (places_covered(plan, params) - places)
    plan.places = int(places + 0.5) if is_up else 0
    world.counts[0].ads_down += 0 if is_up else plan.n_persons
    plan.visibility = 1.0 + params.demand_fresh_boost * math.exp(-(day - boss.ad_since) / params.demand_fresh_days)


def places_covered(plan, params):
    """Places of a Plan that needs all its tasks: with calls or transport unfilled, those the Boss has minutes for."""
    places = plan.n_persons * params.demand_appointments_per_person
    unfilled = [task for task in (ADS_AND_CALLS, TRANSPORT) if vacant_share(plan, task) > 0.0]
    minutes = params.labour_minutes_per_day - params.labour_watch_minutes
    minutes -= sum(params.labour_minutes_per_person[task] * plan.n_persons for task in unfilled)
    per_appointment = sum(params.labour_minutes_per_appointment[task] for task in unfilled)
    return min(places, max(0.0, minutes) / per_appointment) if per_appointment > 0.0 else float(places)


def count_ads(running, day, world):
    """Count one ad per person, on the web site of their Plan."""
    world.platforms["ads"] = 0
    for b in running:
        plan = world.plans[b]
        if plan.platform > 0:
            world.platforms[plan.platform].ads += plan.n_persons
            world.ledger[day].ads_up += plan.n_persons


def list_offers(running, world):
    """List running Plans by channel and territory, as clients and police see them."""
    z = len(world.territories)
    entry = {b: world.plans[b].platform * z + world.plans[b].territory for b in running}
    listed = sorted(running, key=entry.get)
    for offer, b in zip(world.offers, listed, strict=False):
        plan = world.plans[b]
        offer.uid, offer.boss, offer.territory, offer.kind = plan.uid, b, plan.territory, plan.kind
        offer.price, offer.left, offer.inverse_visibility = 0.01 * plan.price, plan.places, 1.0 / plan.visibility
    world.offers_start[:] = np.searchsorted(sorted(entry.values()), np.arange(len(world.offers_start)))
    return list(world.offers[: len(listed)])


def who_searches(day, seed, world, params):
    """Today's searchers in the order of their queue keys: clients due and not kept from it, and those who try again."""
    clients, today = world.clients[: world.counts[0].clients], world.ledger[day]
    due = np.flatnonzero(clients["next_day"] == day).tolist()
    again = np.flatnonzero(clients["retry_day"] == day).tolist()
    forget_day(day, world)
    for row in due:
        clients[row].next_day = next_search_day(clients[row], day, seed, world)
        note_search(row, clients[row].next_day, world)
    for row in again:
        clients[row].retry_day = -1
    searching = set(again) | {row for row in due if accepts_to_search(clients[row], day, seed, world, params)}
    today.searches_due += len(due)
    today.searches += len(searching)
    return sorted(searching, key=lambda row: hash64(substream_of(seed, draws.SEARCH_TICKET, day, clients[row].uid), draws.ONLY))


def accepts_to_search(client, day, seed, world, params):
    """Exact thinning: of clients due at their full rate, as many search as would be due at the share left of it."""
    territory = world.territories[client.territory]
    due = client.rate * world.demand[territory.zone, day]
    left = territory.campaign * (1.0 - params.demand_course_effect if client.course == 1 else 1.0)
    left *= math.exp(-params.demand_fear_kappa * (personal_risk(client, day, params) + territory.fear))
    u = uniform(substream_of(seed, draws.SEARCH_ACCEPT, day, client.uid), draws.ONLY)
    return u * (1.0 - math.exp(-due)) < 1.0 - math.exp(-due * left)


def personal_risk(client, day, params):
    """Fear of fines of a client, which fades exponentially from the day of the last fine."""
    return client.perceived_risk * math.exp(-params.learning_fear_decay * (day - client.risk_day))


def search(row, offers, day, seed, world, params):
    """One client's search: take the best of some offers of one channel, perhaps of one more, or stay at home."""
    client, today = world.clients[row], world.ledger[day]
    substream = substream_of(seed, draws.SEARCH_CHOICE, day, client.uid)
    u, other_u = uniform(substream, draws.CHOICE_CHANNEL), uniform(substream, draws.CHOICE_OTHER_CHANNEL)
    usual = usual_channel(u, client.lean, world)
    channel, closure = channel_of_search(client.uid, usual, other_u, day, seed, world, params)
    if closure:
        today[closure] += 1
    if channel < 0:
        return
    seen = offers_seen(client, channel, offers, substream, world, params)
    offer = best_of(client, seen, substream, world, params)
    if offer is None:
        elsewhere = channel_of_second_look(client.uid, channel, substream, day, seed, world, params)
        offer = best_of(client, offers_seen(client, elsewhere, offers, substream, world, params), substream, world, params)
    if offer is not None:
        book(row, offer, day, seed, world, params)
    elif seen:
        today.declined += 1
    else:
        come_back_or_not(row, day, seed, world, params)


def offers_seen(client, channel, offers, substream, world, params):
    """Of the offers of a channel with places left, those with the lowest exponential draws over visibility."""
    candidates = []
    for i, offer in enumerate(offers):
        if offer.left > 0 and world.plans[offer.boss].platform == channel:
            u = uniform(substream, offer.uid)
            inverse_visibility = world.inverse_visibility[client.territory, offer.territory] * offer.inverse_visibility
            if first_terms(u) * inverse_visibility < OUT_OF_SIGHT:
                candidates.append((int(min(-math.log(u) * inverse_visibility, OUT_OF_SIGHT) / DRAW_UNIT), i))
    return [offers[i] for _, i in sorted(candidates)[: params.demand_offers_seen]]


def first_terms(u):
    """First terms of the series of -log(u)."""
    return (1.0 - u) * (1.0 + (1.0 - u) * (0.5 + (1.0 - u) * 0.333))


def best_of(client, seen, substream, world, params):
    """Multinomial logit: the option with the highest utility plus its own Gumbel noise; None means staying at home."""
    options = [(params.demand_temperature * gumbel_of(hash64(substream, draws.CHOICE_OUTSIDE)), None)]
    for offer in seen:
        noise = gumbel_of(scramble(hash64(substream, offer.uid) ^ TASTE))
        options.append((utility_of(client, offer, world, params) + params.demand_temperature * noise, offer))
    return max(options, key=lambda option: option[0])[1]


def utility_of(client, offer, world, params):
    """Utility of an offer to a client in EUR: willingness to pay and tastes, less price and distance."""
    return (
        client.willingness
        - offer.price
        + float(client.taste[offer.kind])
        + params.demand_kind_utility[offer.kind]
        - client.distance_cost * world.distance[client.territory, offer.territory]
    )


def book(row, offer, day, seed, world, params):
    """Book an appointment, which takes one place. The client may report it (E33)."""
    client, counts = world.clients[row], world.counts[0]
    offer.left -= 1
    world.booked_client[counts.booked], world.booked_place[counts.booked] = row, offer.territory
    counts.booked += 1
    lean_towards(world.plans[offer.boss].platform, client, world, params)
    if uniform(substream_of(seed, draws.REPORT, day, client.uid), draws.ONLY) < client.report:
        world.plans[offer.boss].reports += 1.0
        world.ledger[day].reports_by_clients += 1


def come_back_or_not(row, day, seed, world, params):
    """Let a client who found nothing try again tomorrow with some chance; otherwise the demand is unmet."""
    client, today = world.clients[row], world.ledger[day]
    if uniform(substream_of(seed, draws.SEARCH_RETRY, day, client.uid), draws.ONLY) < params.demand_retry_chance:
        today.retried += 1
        client.retry_day = day + 1
        if client.next_day != day + 1:
            note_search(row, day + 1, world)
    else:
        today.unmet += 1


def count_appointments(offer, day, world):
    """Count encounters and payments of an offer."""
    plan, today = world.plans[offer.boss], world.ledger[day]
    plan.booked = plan.places - offer.left
    plan.income = plan.booked * plan.price
    today.encounters += plan.booked
    today.payments += plan.income
    world.cells[day, plan.territory * KINDS + plan.kind].encounters += plan.booked
