"""A client's choice: the offers seen, and the one taken, if any.

A draw per offer decides which offers are seen, and noise on each utility which is chosen. Both come from hashes;
tabulated bounds settle most comparisons, and only the open ones cost logarithms. The result is exactly that of
the draws and the noise themselves.
"""

from __future__ import annotations

import math

from sim.engine import draws
from sim.engine.chance import U64, gumbel, hash64, least_exponential, least_noise, mix, most_exponential, most_noise, unit
from sim.engine.compiled import inlined, rule
from sim.rules.demand.offer_index import (
    FEW_OFFERS,
    HIGHEST_DRAW,
    KEY_UNIT,
    NO_OFFER,
    PLACE_BITS,
    PLACE_MASK,
    see_in_sight,
)
from sim.state.records import NEAR

DIM = 2000.0  # an offer with a lower inverse visibility is in sight whatever the draw
_TASTE = U64(0xD6E8FEB86659FD93)


@inlined
def draw_consideration_set(client, channel, substream, world, params):
    """Draw the k offers with the lowest exponential draw times inverse_visibility; full ones are skipped.

    Returns their number; their rows of `world.offers` are in `world.lowest_rows`.

    Plain form: appointments_plain.offers_seen.
    """
    places = world.territories.size
    first = channel * places
    wanted = params.demand_offers_seen
    few = world.offers_start[first + places] - world.offers_start[first] <= FEW_OFFERS
    if few and places <= NEAR:
        return draw_by_scan(client, channel, wanted, substream, world)
    if few or not see_in_sight(first + client.territory, wanted, substream, world):
        see_all(client, channel, wanted, substream, world)
    return _read_keys(wanted, world)


@rule
def _read_keys(wanted, world):
    """Read the rows of the lowest draws from their keys; return their number."""
    found = 0
    for i in range(wanted):
        world.lowest_rows[i] = world.best_key[i] & PLACE_MASK
        found += 1 if world.best_key[i] < NO_OFFER else 0
    return found


@inlined
def draw_by_scan(client, channel, wanted, substream, world):
    """The same for a channel with few offers: no draws if all can be seen, no logarithms if bounds suffice."""
    places = world.territories.size
    first = channel * places
    inverse_visibility = world.inverse_visibility[client.territory]
    spots, hashes, least, low = world.lowest_rows, world.choice_hash, world.choice_value, world.choice_low
    number = 0
    for i in range(world.offers_start[first], world.offers_start[first + places]):
        offer = world.offers[i]
        dim = inverse_visibility[offer.territory] * offer.inverse_visibility
        if dim >= DIM and least_draw(unit(hash64(substream, offer.uid))) * dim >= HIGHEST_DRAW:
            continue
        spots[number] = i
        number += 1 if offer.left > 0 else 0  # branch-free: which are full is unpredictable
    if number <= wanted:
        return number
    for rank in range(wanted):
        low[rank] = math.inf
    for candidate in range(number):
        offer = world.offers[spots[candidate]]
        dim = inverse_visibility[offer.territory] * offer.inverse_visibility
        bits = hash64(substream, offer.uid)
        hashes[candidate] = bits
        least[candidate] = least_exponential(bits) * dim
        most = most_exponential(bits) * dim
        for rank in range(wanted):  # the lowest upper bounds, ascending
            lower = min(most, low[rank])
            most = max(most, low[rank])
            low[rank] = lower
    within = low[wanted - 1] + KEY_UNIT  # `wanted` draws are surely not above it
    left = 0
    for candidate in range(number):
        spots[left] = spots[candidate]
        hashes[left] = hashes[candidate]
        left += 1 if least[candidate] <= within else 0
    if left == wanted:
        return wanted
    for rank in range(wanted):
        world.best_key[rank] = NO_OFFER
    for candidate in range(left):
        offer = world.offers[spots[candidate]]
        dim = inverse_visibility[offer.territory] * offer.inverse_visibility
        _keep_if_low(-math.log(unit(hashes[candidate])) * dim, spots[candidate], wanted, world)
    return _read_keys(wanted, world)


@rule
def see_all(client, channel, wanted, substream, world):
    """Scan all offers of a channel near by.

    The client's own territory comes first, then the others (in a small market all of them; in a large one
    the nearest, one run each).
    """
    places = world.territories.size
    first = channel * places
    starts = world.offers_start
    inverse_visibility = world.inverse_visibility[client.territory]
    for i in range(wanted):
        world.best_key[i] = NO_OFFER
    here = first + client.territory
    _see_run(starts[here], starts[here + 1], wanted, inverse_visibility, substream, world)
    if places <= NEAR:
        _see_run(starts[first], starts[here], wanted, inverse_visibility, substream, world)
        _see_run(starts[here + 1], starts[first + places], wanted, inverse_visibility, substream, world)
    else:
        for nearness in range(1, NEAR):
            there = first + world.near[client.territory, nearness]
            _see_run(starts[there], starts[there + 1], wanted, inverse_visibility, substream, world)


@rule
def _see_run(first, last, wanted, inverse_visibility, substream, world):
    """Scan one run of offers and keep the lowest draws so far, ascending."""
    keys = world.best_key
    bound = float(keys[wanted - 1] >> PLACE_BITS) * KEY_UNIT
    for i in range(first, last):
        offer = world.offers[i]
        u = unit(hash64(substream, offer.uid))
        dim = inverse_visibility[offer.territory] * offer.inverse_visibility
        if offer.left <= 0 or least_draw(u) * dim >= bound:
            continue  # full, or beyond the lowest
        _keep_if_low(-math.log(u) * dim, i, wanted, world)
        bound = float(keys[wanted - 1] >> PLACE_BITS) * KEY_UNIT + KEY_UNIT


@rule
def least_draw(u):
    """Lower bound of a draw: the first terms of the series of -log(u), which are all positive."""
    rest = 1.0 - u
    return rest * (1.0 + rest * (0.5 + rest * 0.333))


@rule
def _keep_if_low(draw, offer_row, wanted, world):
    """Keep a draw if it is among the lowest so far.

    A key is a draw as a whole number with the offer's row in its lower bits: the lowest are kept by
    minima and maxima alone, without unpredictable branches.
    """
    keys = world.best_key
    key = (int(min(draw, HIGHEST_DRAW) / KEY_UNIT) << PLACE_BITS) | int(offer_row)
    for rank in range(wanted):
        lower = min(key, keys[rank])
        key = max(key, keys[rank])
        keys[rank] = lower


@inlined
def choose_offer(client, seen, substream, world, params):
    """Multinomial logit over price, distance and taste, with an outside option of utility zero.

    Returns a row of `world.offers`, or -1 for the outside option. Bounds of the noise settle most choices;
    only options that they leave open cost logarithms.

    Plain form: appointments_plain.best_of.
    """
    temperature = params.demand_temperature
    outside = hash64(substream, draws.CHOICE_OUTSIDE)
    reached = temperature * least_noise(outside)  # the best option is at least this good
    at_most = temperature * most_noise(outside)  # upper bound of the option that reaches it
    rival = -math.inf  # upper bound of all other options
    best = -1
    utilities, hashes = world.choice_value, world.choice_hash
    for i in range(seen):
        spot = world.lowest_rows[i]
        offer = world.offers[spot]
        utility = client.willingness - offer.price + float(client.taste[offer.kind]) + params.demand_kind_utility[offer.kind]
        utility -= client.distance_cost * world.distance[client.territory, offer.territory]
        bits = mix(hash64(substream, offer.uid) ^ _TASTE)
        utilities[i] = utility
        hashes[i] = bits
        least = utility + temperature * least_noise(bits)
        most = utility + temperature * most_noise(bits)
        leads = least > reached
        rival = max(rival, at_most if leads else most)
        at_most = most if leads else at_most
        reached = least if leads else reached
        best = spot if leads else best
    if rival >= reached:
        best = _compare_offers(seen, outside, reached, temperature, world)
    return best


@rule
def _compare_offers(seen, outside, reached, temperature, world):
    """The best of the options whose bounds overlap, by their exact values."""
    best = -1
    highest = temperature * gumbel(outside)
    for i in range(seen):
        utility, bits = world.choice_value[i], world.choice_hash[i]
        if utility + temperature * most_noise(bits) >= reached:
            value = utility + temperature * gumbel(bits)
            if value > highest:
                highest = value
                best = world.lowest_rows[i]
    return best
