"""Index of offers in sight from a territory: those of a channel in the nearest ones, contiguous in memory.

In a channel with many offers a search scans a hundred or more. Listed once per day for each territory,
with all that a draw needs, they are scanned without branches: only those whose draw may be among the
lowest are evaluated. The offers seen are the same as by `choice.draw_consideration_set`.
"""

from __future__ import annotations

import math

from sim.engine.chance import U64, hash64_at, step_of, unit
from sim.engine.compiled import rule
from sim.engine.pointer import read_soon
from sim.state.records import LOOKED_AT, NEAR

FEW_OFFERS = 40  # in a channel: up to this many are scanned without a list
PLACE_BITS = 20  # of a key: rows of offers; the 42 bits above hold the draw
PLACE_MASK = (1 << PLACE_BITS) - 1
HIGHEST_DRAW = 4096.0  # a higher draw is never among those seen
KEY_UNIT = 2.0**-30
NO_OFFER = (1 << 62) + PLACE_MASK
GUESS_AT_MOST = 1000.0
OUT_OF_SIGHT = 1e20  # inverse_visibility of an offer without a place left
assert FEW_OFFERS <= LOOKED_AT
assert OUT_OF_SIGHT * 2.0**-53 > HIGHEST_DRAW > GUESS_AT_MOST  # not even the highest uniform number brings it back


@rule
def some_channel_is_long(world):
    """Whether a channel has more than `FEW_OFFERS` offers today, so that making lists pays off."""
    places = world.territories.size
    for channel in range(world.platforms.size):
        if world.offers_start[(channel + 1) * places] - world.offers_start[channel * places] > FEW_OFFERS:
            return True
    return False


@rule
def list_what_is_in_sight(world):
    """For each channel and territory, list rows, steps and inverse_visibility of the offers near, and their total rate."""
    places = world.territories.size
    number = 0
    for entry in range(world.sight_rate.size):
        here = entry % places
        world.sight_start[entry] = number
        rate = 0.0
        for nearness in range(min(NEAR, places)):
            there = world.near[here, nearness]
            run = entry - here + there
            for i in range(world.offers_start[run], world.offers_start[run + 1]):
                offer = world.offers[i]
                inverse_visibility = world.inverse_visibility[here, there] * offer.inverse_visibility
                world.sight_place[number] = i
                world.sight_step[number] = step_of(offer.uid)
                world.sight_dimness[number] = inverse_visibility if offer.left > 0 else OUT_OF_SIGHT
                rate += 1.0 / inverse_visibility if offer.left > 0 else 0.0
                number += 1
        world.sight_rate[entry] = rate
    world.sight_start[world.sight_rate.size] = number


@rule
def put_out_of_sight(offer_row, channel, world):
    """Remove a full offer from sight in every territory that sees it."""
    places = world.territories.size
    offer = world.offers[offer_row]
    first = channel * places
    for here in range(places):
        if world.inverse_visibility[here, offer.territory] == math.inf:
            continue
        spot = world.sight_start[first + here] + offer_row - world.offers_start[first + offer.territory]
        for nearness in range(min(NEAR, places)):
            there = world.near[here, nearness]
            if there == offer.territory:
                world.sight_rate[first + here] -= 1.0 / world.sight_dimness[spot]
                world.sight_dimness[spot] = OUT_OF_SIGHT
                break
            spot += world.offers_start[first + there + 1] - world.offers_start[first + there]


@rule
def read_in_sight_soon(entry, world):
    """Prefetch the offers of the next client while this one chooses."""
    first, last = world.sight_start[entry], world.sight_start[entry + 1]
    for spot in range(first, last, 8):  # a line of the processor's cache at a time
        read_soon(world.sight_step, spot)
        read_soon(world.sight_dimness, spot)


@rule
def see_in_sight(entry, wanted, substream, world):
    """Find the lowest draws among the offers in sight, as keys in `world.best_key`; False if there are too few.

    The total rate of the offers in sight gives a guess of how low the draws will be. As
    -log(u) >= 1 - u, a draw above the guess without a logarithm is above it with one.
    """
    rate = world.sight_rate[entry]
    first = world.sight_start[entry]
    size = world.sight_start[entry + 1] - first
    if rate * GUESS_AT_MOST < 4.0 * wanted:
        return False
    least = world.key_copy
    steps = world.sight_step
    inverse_visibility = world.sight_dimness
    for spot in range(size):
        share = 1.0 - unit(hash64_at(substream, steps[first + spot]))
        least[spot] = U64(int(min(share * inverse_visibility[first + spot], HIGHEST_DRAW) / KEY_UNIT))
    guess = (wanted + 2.0 * math.sqrt(wanted)) / rate
    while guess < GUESS_AT_MOST:
        limit = U64(guess / KEY_UNIT)
        number = 0
        for spot in range(size):
            world.scratch[number] = first + spot
            number += 1 if least[spot] <= limit else 0
        if number >= wanted and _lowest_draws(number, wanted, substream, world) < int(limit):
            return True
        guess *= 2.0
    return False


@rule
def _lowest_draws(number, wanted, substream, world):
    """Find the keys of the lowest draws among those in `world.scratch`, ascending; return the highest draw kept."""
    keys = world.best_key
    for rank in range(wanted):
        keys[rank] = NO_OFFER
    for candidate in range(number):
        spot = world.scratch[candidate]
        draw = -math.log(unit(hash64_at(substream, world.sight_step[spot]))) * world.sight_dimness[spot]
        key = (int(min(draw, HIGHEST_DRAW) / KEY_UNIT) << PLACE_BITS) | int(world.sight_place[spot])
        for rank in range(wanted):
            lower = min(key, keys[rank])
            key = max(key, keys[rank])
            keys[rank] = lower
    return keys[wanted - 1] >> PLACE_BITS
