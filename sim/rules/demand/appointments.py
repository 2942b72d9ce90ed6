"""Administration: clients search and choose, appointments are made, money is collected and shared.

Only clients due today are processed, in the order of their queue keys; full offers are skipped. Cost
follows searches: each looks at the open offers of one channel near by.
"""

from __future__ import annotations

import math

from sim.engine import draws
from sim.engine.agenda import next_due, note_search, take_day
from sim.engine.chance import day_key, hash64, substream_of, uniform
from sim.engine.compiled import inlined, phase, rule
from sim.engine.pointer import read_soon
from sim.engine.sorting import sort_by_key
from sim.rules.demand.choice import choose_offer, draw_consideration_set
from sim.rules.demand.offer_index import (
    list_what_is_in_sight,
    put_out_of_sight,
    read_in_sight_soon,
    some_channel_is_long,
)
from sim.rules.demand.platforms import (
    channel_by_habit,
    channel_of_client,
    channel_of_second_look,
    count_ads,
    lean_towards,
    move_ads,
    open_successors,
)
from sim.rules.enforcement.fines import personal_risk
from sim.rules.labour.earnings import share_money
from sim.rules.labour.staffing import notice_missing_providers, vacant_share
from sim.state.records import ADS_AND_CALLS, KINDS, TRANSPORT


@phase
def administer_appointments(day, seed, world, params):
    """Open offers, let clients search and book, and share each Plan's money.

    Plain form: appointments_plain.administer_appointments.
    """
    world.counts[0].ads_down = 0
    for i in range(world.counts[0].running):
        open_offer(world.running[i], day, seed, world, params)
    count_ads(day, world)
    list_offers(world)
    many = some_channel_is_long(world)
    world.counts[0].in_sight = 1 if many else 0
    if many:
        list_what_is_in_sight(world)
    searchers = gather_searchers(day, seed, world, params)
    find_channels(searchers, day, seed, world)
    report_key = day_key(seed, draws.REPORT, day)  # computed once per day, not once per client
    for i in range(searchers):
        if many and i + 1 < searchers:
            following = world.clients[world.row_queue[i + 1]]
            read_in_sight_soon(world.channels[i + 1] * world.territories.size + following.territory, world)
        row = world.row_queue[i]
        client = world.clients[row]
        chosen = search(row, client, world.channels[i], world.queue_keys[i], day, seed, world, params)
        if chosen >= 0:
            book(row, client, chosen, report_key, day, world, params)
    count_appointments(day, world)
    open_successors(day, seed, world, params)
    for i in range(world.counts[0].running):
        share_money(world.running[i], day, world, params)


@rule
def open_offer(b, day, seed, world, params):
    """Set a Plan's places and visibility today: vacant tasks cost places, new ads are more visible, a closed site costs all.

    Plain form: appointments_plain.open_offer.
    """
    notice_missing_providers(b, day, world)
    plan = world.plans[b]
    plan.booked = 0
    plan.income = 0
    lost = (1.0 - params.labour_unfilled_calls * vacant_share(plan, ADS_AND_CALLS)) * (
        1.0 - params.labour_unfilled_transport * vacant_share(plan, TRANSPORT)
    )
    places = plan.n_persons * params.demand_appointments_per_person * lost
    if params.labour_essential > 0.0:
        places += params.labour_essential * (places_covered(plan, params) - places)
    plan.places = int(places + 0.5)
    boss = world.bosses[b]
    if not move_ads(boss, plan, day, seed, world, params):
        plan.places = 0
        world.counts[0].ads_down += plan.n_persons
    age = day - boss.ad_since
    plan.visibility = 1.0 + params.demand_fresh_boost * math.exp(-age / params.demand_fresh_days)


@rule
def places_covered(plan, params):
    """Places of a Plan that needs all its tasks: with calls or transport unfilled, those the Boss has minutes for.

    The Boss keeps a watch as well. Plain form: appointments_plain.places_covered.
    """
    places = plan.n_persons * params.demand_appointments_per_person
    minutes = float(params.labour_minutes_per_day - params.labour_watch_minutes)
    per_appointment = 0.0
    for task in (ADS_AND_CALLS, TRANSPORT):
        if vacant_share(plan, task) > 0.0:
            minutes -= params.labour_minutes_per_person[task] * plan.n_persons
            per_appointment += params.labour_minutes_per_appointment[task]
    if per_appointment <= 0.0:
        return float(places)
    return min(float(places), max(0.0, minutes) / per_appointment)


@rule
def list_offers(world):
    """List running Plans by channel and territory, contiguous in memory for the clients' searches.

    Plain form: appointments_plain.list_offers.
    """
    starts = world.offers_start
    places = world.territories.size
    for entry in range(starts.size):
        starts[entry] = 0
    running = world.counts[0].running
    for i in range(running):
        plan = world.plans[world.running[i]]
        starts[plan.platform * places + plan.territory] += 1
    for entry in range(starts.size - 1):
        starts[entry + 1] += starts[entry]
    for i in range(running - 1, -1, -1):
        b = world.running[i]
        plan = world.plans[b]
        entry = plan.platform * places + plan.territory
        starts[entry] -= 1
        offer = world.offers[starts[entry]]
        offer.uid = plan.uid
        offer.inverse_visibility = 1.0 / plan.visibility
        offer.left = plan.places
        offer.boss = b
        offer.territory = plan.territory
        offer.kind = plan.kind
        offer.price = 0.01 * plan.price


@inlined
def accepts_to_search(client, u, day, world, params):
    """Exact thinning: a client due at rate r m searches with chance (1 - exp(-r m s)) / (1 - exp(-r m)).

    s is the share of searches left by fear, campaign and course.

    Plain form: appointments_plain.accepts_to_search.
    """
    territory = world.territories[client.territory]
    due = client.rate * world.demand[territory.zone, day]
    left = territory.campaign
    if client.course == 1:
        left *= 1.0 - params.demand_course_effect
    risk = personal_risk(client, day, params) + territory.fear
    if risk <= 0.0 and left >= 1.0:
        return True
    if u < left * (1.0 - params.demand_fear_kappa * risk):
        return True  # as exp(-x) >= 1 - x, and the chance below is at least the share that fear leaves of the rate
    left *= math.exp(-params.demand_fear_kappa * risk)
    wish = due * left
    return u * (1.0 - math.exp(-due)) < 1.0 - math.exp(-wish)


@inlined
def gather_searchers(day, seed, world, params):
    """Gather today's searchers, sorted by queue key; enter each client who was due for their next day.

    Works in passes with little work per client, so that the processor handles many of them at once.

    Plain form: appointments_plain.who_searches.
    """
    listed = take_day(day, world)
    accept_key = day_key(seed, draws.SEARCH_ACCEPT, day)
    ticket_key = day_key(seed, draws.SEARCH_TICKET, day)
    due_key = day_key(seed, draws.SEARCH_DAY, day)
    for i in range(listed):  # records are loaded from memory in parallel
        if i + 16 < listed:
            read_soon(world.clients, world.row_queue[i + 16])
        world.queue_keys[i] = hash64(substream_of(ticket_key, world.clients[world.row_queue[i]].uid), draws.ONLY)
    due = 0
    for i in range(listed):
        row = world.row_queue[i]
        client = world.clients[row]
        world.scratch[i] = 0  # 1: due today
        if client.next_day == day:
            due += 1
            world.scratch[i] = 1
            zone = world.territories[client.territory].zone
            client.next_day = next_due(client, zone, day, due_key, world)
            note_search(row, client.next_day, world)
    number = 0
    for i in range(listed):
        row = world.row_queue[i]
        client = world.clients[row]
        tries_again = client.retry_day == day
        client.retry_day = -1
        searches = tries_again
        if world.scratch[i] == 1:
            u = uniform(substream_of(accept_key, client.uid), draws.ONLY)
            searches = tries_again or accepts_to_search(client, u, day, world, params)
        elif not tries_again:
            continue  # entered twice today, and already seen
        if searches:
            world.row_queue[number] = row
            world.queue_keys[number] = world.queue_keys[i]
            number += 1
    sort_by_key(number, world.row_queue, world)
    today = world.ledger[day]
    today.searches_due += due
    today.searches += number
    return number


@rule
def find_channels(searchers, day, seed, world):
    """Replace each search's key by its substream, and find the channel it would use if nothing were closed."""
    key = day_key(seed, draws.SEARCH_CHOICE, day)
    for i in range(searchers):
        client = world.clients[world.row_queue[i]]
        substream = substream_of(key, client.uid)
        world.queue_keys[i] = substream
        world.channels[i] = channel_by_habit(uniform(substream, draws.CHOICE_CHANNEL), client.lean, world)


@inlined
def search(row, client, usual, substream, day, seed, world, params):
    """One client's search: the usual channel or another, offers seen, the best of them against staying at home.

    A client without an appointment may look once more, in the street or on a web site; whether they come back is
    decided as by the first look. Returns a row of `world.offers`, or -1 if the client found nothing or declined.

    Plain form: appointments_plain.search.
    """
    channel = channel_of_client(client.uid, usual, substream, draws.CHOICE_OTHER_CHANNEL, day, seed, world, params)
    if channel < 0:
        return -1
    seen = 0
    chosen = -1
    for look in range(2):  # a loop, as the code of a look is long
        in_sight = draw_consideration_set(client, channel, substream, world, params)
        if in_sight > 0:
            chosen = choose_offer(client, in_sight, substream, world, params)
        if look == 0:
            seen = in_sight
        if chosen >= 0 or look == 1 or params.demand_channel_switch <= 0.0:
            break
        channel = channel_of_second_look(client.uid, channel, substream, day, seed, world, params)
        if channel < 0:
            break
    if chosen >= 0:
        return chosen
    today = world.ledger[day]
    if seen == 0:
        if will_try_again(row, client, day, seed, world, params):
            today.retried += 1
        else:
            today.unmet += 1
    else:
        today.declined += 1
    return -1


@inlined
def book(row, client, offer_row, report_key, day, world, params):
    """Book an appointment, which takes one place; payment is counted in the evening. The client may report it (E33).

    Plain form: appointments_plain.book.
    """
    offer = world.offers[offer_row]
    offer.left -= 1
    counts = world.counts[0]
    world.booked_client[counts.booked] = row
    world.booked_place[counts.booked] = offer.territory
    counts.booked += 1
    if offer.left == 0 and counts.in_sight == 1:
        put_out_of_sight(offer_row, world.plans[offer.boss].platform, world)
    if params.demand_channel_drift > 0.0:
        lean_towards(world.plans[offer.boss].platform, client, world, params)
    if uniform(substream_of(report_key, client.uid), draws.ONLY) < client.report:
        world.plans[offer.boss].reports += 1.0
        world.ledger[day].reports_by_clients += 1


@rule
def count_appointments(day, world):
    """Count encounters and payments: places taken times the price of each Plan.

    Plain form: appointments_plain.count_appointments.
    """
    today = world.ledger[day]
    for i in range(world.counts[0].running):
        offer = world.offers[i]
        plan = world.plans[offer.boss]
        plan.booked = plan.places - offer.left
        plan.income = plan.booked * plan.price
        today.encounters += plan.booked
        today.payments += plan.income
        world.cells[day, plan.territory * KINDS + plan.kind].encounters += plan.booked


@rule
def will_try_again(row, client, day, seed, world, params):
    """Let a client who found nothing try again tomorrow with some chance; otherwise the demand is unmet.

    Plain form: appointments_plain.come_back_or_not.
    """
    if uniform(substream_of(day_key(seed, draws.SEARCH_RETRY, day), client.uid), draws.ONLY) >= params.demand_retry_chance:
        return False
    client.retry_day = day + 1
    if client.next_day != day + 1:
        note_search(row, day + 1, world)
    return True
