"""Administration: clients search and choose, appointments are made, money is collected and shared.

Only those who are due today are looked at. They come in the order of their tickets; a full offer is
passed over. Cost follows searches: each looks at the open offers of one channel near by.
"""

from __future__ import annotations

import math

from sim.chance import (
    REPORT,
    SEARCH_ACCEPT,
    SEARCH_CHOICE,
    SEARCH_RETRY,
    SEARCH_TICKET,
    U64,
    bits,
    day_key,
    dice_of,
    gumbel,
    mix,
    roll,
    unit,
)
from sim.compiled import phase, rule
from sim.phases.money import cents, pay_of_task
from sim.phases.staffing import notice_missing_providers, vacant_share
from sim.state.agenda import next_search_day, note_search, take_day
from sim.state.queue import sort_by_ticket
from sim.state.records import ADS_AND_CALLS, KINDS, NEAR, STREET, TRANSPORT, WATCH

_CHANNEL_ROLL = 1 << 40  # apart from the offers' hashes
CANDIDATES = 16  # offers held back before the lowest of them are kept
_TASTE = U64(0xD6E8FEB86659FD93)


@phase
def administer_appointments(day, seed, world, rules):
    """Offers open, clients meet them, and each Plan's money is shared."""
    for place in range(world.counts[0].running):
        open_offer(world.running[place], day, world, rules)
    list_offers(world)
    searchers = gather_searchers(day, seed, world, rules)
    for place in range(searchers):
        search_and_book(world.searchers[place], day, seed, world, rules)
    for place in range(world.counts[0].running):
        share_money(world.running[place], day, world, rules)


@rule
def open_offer(b, day, world, rules):
    """Places and visibility of a Plan today: what is vacant costs places, a new ad draws more."""
    notice_missing_providers(b, day, world)
    plan = world.plans[b]
    plan.booked = 0
    plan.income = 0
    lost = (1.0 - rules.labour_unfilled_calls * vacant_share(plan, ADS_AND_CALLS)) * (
        1.0 - rules.labour_unfilled_transport * vacant_share(plan, TRANSPORT)
    )
    plan.places = int(plan.n_persons * rules.demand_appointments_per_person * lost + 0.5)
    age = day - world.bosses[b].ad_since
    plan.visibility = 1.0 + rules.demand_fresh_boost * math.exp(-age / rules.demand_fresh_days)


@rule
def list_offers(world):
    """Running Plans by channel and territory, side by side in memory for the clients who look at them."""
    starts = world.offers_start
    places = world.territories.size
    for entry in range(starts.size):
        starts[entry] = 0
    running = world.counts[0].running
    for place in range(running):
        plan = world.plans[world.running[place]]
        starts[plan.platform * places + plan.territory] += 1
    for entry in range(starts.size - 1):
        starts[entry + 1] += starts[entry]
    for place in range(running - 1, -1, -1):
        b = world.running[place]
        plan = world.plans[b]
        entry = plan.platform * places + plan.territory
        starts[entry] -= 1
        offer = world.offers[starts[entry]]
        offer.uid = plan.uid
        offer.visibility = plan.visibility
        offer.left = plan.places
        offer.boss = b
        offer.territory = plan.territory


@rule
def accepts_to_search(client, u, day, world, rules):
    """Thinning: due on rate x m alone, he searches with the chance that fear leaves of it. Exact."""
    territory = world.territories[client.territory]
    due = client.rate * world.demand[territory.zone, day]
    risk = client.perceived_risk + territory.fear
    if risk <= 0.0 or rules.demand_fear_kappa <= 0.0:
        return True
    wish = due * math.exp(-rules.demand_fear_kappa * risk)
    return u * (1.0 - math.exp(-due)) < 1.0 - math.exp(-wish)


@rule
def gather_searchers(day, seed, world, rules):
    """Those who search today, sorted by ticket; each who was due is entered for his next day."""
    listed = take_day(day, world)
    accept_key = day_key(seed, SEARCH_ACCEPT, day)
    ticket_key = day_key(seed, SEARCH_TICKET, day)
    for place in range(listed):  # a pass of its own: the records come from memory side by side
        world.tickets[place] = bits(dice_of(ticket_key, world.clients[world.searchers[place]].uid), 0)
    number = 0
    due = 0
    for place in range(listed):
        row = world.searchers[place]
        client = world.clients[row]
        tries_again = client.retry_day == day
        client.retry_day = -1
        searches = tries_again
        if client.next_day == day:
            due += 1
            zone = world.territories[client.territory].zone
            client.next_day = next_search_day(client, zone, day, seed, world)
            note_search(row, client.next_day, world)
            u = roll(dice_of(accept_key, client.uid), 0)
            searches = tries_again or accepts_to_search(client, u, day, world, rules)
        elif not tries_again:
            continue  # he stands twice in today's list and was seen already
        if searches:
            world.searchers[number] = row
            world.tickets[number] = world.tickets[place]
            number += 1
    sort_by_ticket(number, world.searchers, world)
    today = world.ledger[day]
    today.searches_due += due
    today.searches += number
    return number


@rule
def search_and_book(row, day, seed, world, rules):
    """One client: a channel, the offers he sees, the best of them against staying at home."""
    client = world.clients[row]
    dice = dice_of(day_key(seed, SEARCH_CHOICE, day), client.uid)
    channel = _choose_channel(roll(dice, _CHANNEL_ROLL), world)
    seen = see_offers(client, channel, dice, world, rules)
    today = world.ledger[day]
    if seen == 0:
        if will_try_again(row, client, day, seed, world, rules):
            today.retried += 1
        else:
            today.unmet += 1
        return
    chosen = choose_offer(client, seen, dice, world, rules)
    if chosen < 0:
        today.declined += 1
        return
    book(client, world.offers[chosen], day, seed, world)


@rule
def _choose_channel(u, world):
    """The street or a web site, by share; a closed site leads nowhere."""
    for channel in range(world.platforms.size):
        u -= world.platforms[channel].share
        if u < 0.0:
            return channel
    return world.platforms.size - 1


@rule
def see_offers(client, channel, dice, world, rules):
    """The k offers with the lowest exponential draw over visibility; full ones are passed over.

    Returns how many; their places in `world.offers` are in `world.best_row`, in no order.
    A small market's channel is one run of offers, a large one's nearest territories are a run each.
    """
    places = world.territories.size
    first = channel * places
    sight = world.sight[client.territory]
    found = 0
    bound = math.inf
    runs = 1 if places <= NEAR else NEAR
    for run in range(runs):
        entry = first if runs == 1 else first + world.near[client.territory, run]
        last = world.offers_start[first + places if runs == 1 else entry + 1]
        for place in range(world.offers_start[entry], last):
            offer = world.offers[place]
            u = unit(bits(dice, offer.uid))
            weight = sight[offer.territory] * offer.visibility
            world.best_row[found] = place
            world.best_draw[found] = u
            world.best_weight[found] = weight
            # no branch to mispredict: an offer that cannot be among the lowest is overwritten by the next;
            # as -log(u) >= 1 - u, those beyond the bound need no logarithm
            found += 1 if (offer.left > 0) & (1.0 - u < bound * weight) else 0
            if found == CANDIDATES:
                found = _keep_the_lowest(found, rules.demand_offers_seen, world)
                bound = world.best_score[found - 1]
    return _keep_the_lowest(found, rules.demand_offers_seen, world)


@rule
def _keep_the_lowest(found, wanted, world):
    """Of the candidates in `world.best_*`, keep those of the lowest draw, ascending; returns how many."""
    rows, draws, weights, score = world.best_row, world.best_draw, world.best_weight, world.best_score
    for place in range(found):
        score[place] = -math.log(draws[place]) / weights[place]
    kept = min(found, wanted)
    for place in range(kept):
        lowest = place
        for other in range(place + 1, found):
            lowest = other if score[other] < score[lowest] else lowest
        rows[place], rows[lowest] = rows[lowest], rows[place]
        draws[place], draws[lowest] = draws[lowest], draws[place]
        weights[place], weights[lowest] = weights[lowest], weights[place]
        score[place], score[lowest] = score[lowest], score[place]
    return kept


@rule
def choose_offer(client, seen, dice, world, rules):
    """Logit by price, distance and taste against an outside option of utility zero.

    Returns a place in `world.offers`, or -1 if the outside option wins.
    """
    temperature = rules.demand_temperature
    best = -1
    highest = temperature * gumbel(bits(dice, _CHANNEL_ROLL + 1))
    for place in range(seen):
        offer = world.offers[world.best_row[place]]
        plan = world.plans[offer.boss]
        utility = client.willingness - 0.01 * plan.price + client.taste[plan.kind] + rules.demand_kind_utility[plan.kind]
        utility -= client.distance_cost * world.distance[client.territory, offer.territory]
        utility += temperature * gumbel(mix(bits(dice, offer.uid) ^ _TASTE))
        if utility > highest:
            highest = utility
            best = world.best_row[place]
    return best


@rule
def book(client, offer, day, seed, world):
    """An appointment: a count and a payment. He may report it (E33)."""
    offer.left -= 1
    plan = world.plans[offer.boss]
    plan.booked += 1
    plan.income += plan.price
    today = world.ledger[day]
    today.encounters += 1
    today.payments += plan.price
    world.cells[day, plan.territory * KINDS + plan.kind].encounters += 1
    if roll(dice_of(day_key(seed, REPORT, day), client.uid), 0) < client.report:
        plan.reports += 1.0
        today.reports_by_clients += 1


@rule
def will_try_again(row, client, day, seed, world, rules):
    """Who found nothing may try again tomorrow; else his demand is unmet."""
    if roll(dice_of(day_key(seed, SEARCH_RETRY, day), client.uid), 0) >= rules.demand_retry_chance:
        return False
    client.retry_day = day + 1
    if client.next_day != day + 1:
        note_search(row, day + 1, world)
    return True


@rule
def share_money(b, day, world, rules):
    """Payments of the day: a share to the persons, wages, venue, ads; the rest, if any, to the Boss."""
    boss = world.bosses[b]
    plan = world.plans[b]
    today = world.ledger[day]
    each = int(plan.income * rules.entry_keep_share) // max(1, plan.n_persons)
    for place in range(plan.n_persons):
        world.prostitutes[plan.person[place]].earnings += each
    kept = each * plan.n_persons
    wages = pay_wages(b, day, world, rules)
    venue = cents(rules.planning_venue_cost[plan.kind]) * plan.n_persons
    ads = 0 if plan.kind == STREET else cents(rules.planning_ad_cost) * plan.n_persons
    rest = plan.income - kept - wages - venue - ads
    boss.cash += rest
    plan.income_total += plan.income - kept
    plan.costs_total += wages + venue + ads
    plan.person_days += plan.n_persons
    plan.booked_before = plan.booked
    today.persons_income += kept
    today.providers_income += wages
    today.venue_costs += venue
    today.ad_costs += ads
    today.bosses_income += rest
    adjust_price(boss, plan, rules)


@rule
def pay_wages(b, day, world, rules):
    """Each Provider of a Plan gets the highest day rate among the tasks he holds; returns cents paid."""
    boss = world.bosses[b]
    plan = world.plans[b]
    total = 0
    for slot in range(plan.n_slots):
        p = plan.slot_holder[slot]
        if p < 0:
            continue
        is_first = True
        watches = False
        for other in range(plan.n_slots):
            if plan.slot_holder[other] == p:
                if other < slot:
                    is_first = False
                if plan.slot_task[other] == WATCH:
                    watches = True
        if is_first:
            pay = pay_of_task(watches, boss, rules)
            world.providers[p].cash += pay
            world.providers[p].days_worked += 1
            total += pay
            world.ledger[day].provider_plans += 1
    return total


@rule
def adjust_price(boss, plan, rules):
    """A full day raises the price a little, a slack one lowers it, inside bounds."""
    if plan.places == 0:
        return
    if plan.booked >= plan.places:
        price = boss.price * (1.0 + rules.demand_price_step_up)
    elif plan.booked < rules.demand_slack_below * plan.places:
        price = boss.price * (1.0 - rules.demand_price_step_down)
    else:
        return
    boss.price = int(min(100.0 * rules.demand_price_high, max(100.0 * rules.demand_price_low, price)) + 0.5)
    plan.price = boss.price
