"""Many offers and large pools: what lists and bounds find, against looking at all of them."""

import pytest

from sim.engine import chance_plain as plain
from sim.engine import draws
from sim.engine.chance import day_key, substream_of
from sim.engine.compiled import phase
from sim.rules.demand.appointments import list_offers, open_offer
from sim.rules.demand.choice import draw_by_scan, see_all
from sim.rules.demand.offer_index import FEW_OFFERS, NO_OFFER, PLACE_MASK, list_what_is_in_sight, put_out_of_sight, see_in_sight
from tests.naive.test_hiring import WATCH, choose, fast_choice, list_providers
from tests.worlds import compiled_only, ran, tiny

MANY = {"market.bosses": 900, "market.prostitutes": 2700, "market.providers": 2000, "market.clients": 3000}
DAY = 20


def crowded(market):
    """A market of many Bosses and few clients, on a morning with its offers listed."""
    changed = MANY | {"days": DAY + 40, "market.searches_per_day": 300.0}
    run = ran(tiny(market, **changed), DAY)
    list_the_morning(DAY, run.seed, run.world, run.params[0])
    list_providers(DAY, run.seed, run.world, run.params[0])
    return run


@phase
def list_the_morning(day, seed, world, params):
    """Offers, and what is in sight of them."""
    for place in range(world.counts[0].running):
        open_offer(world.running[place], day, seed, world, params)
    list_offers(world)
    list_what_is_in_sight(world)


@phase
def hide(place, channel, world):
    """`put_out_of_sight`, to be called from Python."""
    world.offers[place].left = 0
    put_out_of_sight(place, channel, world)


@phase
def see_listed(row, channel, wanted, day, seed, world):
    """Whether `see_in_sight` finds enough for a client of a territory; the keys are in the world."""
    client = world.clients[row]
    substream = substream_of(day_key(seed, draws.SEARCH_CHOICE, day), client.uid)
    return see_in_sight(channel * world.territories.size + client.territory, wanted, substream, world)


@phase
def see_each(row, channel, wanted, day, seed, world):
    """The same by looking at every offer near by."""
    client = world.clients[row]
    see_all(client, channel, wanted, substream_of(day_key(seed, draws.SEARCH_CHOICE, day), client.uid), world)


@phase
def see_by_bounds(row, channel, wanted, day, seed, world):
    """How many offers `draw_by_scan` finds; their places are in the world."""
    client = world.clients[row]
    return draw_by_scan(client, channel, wanted, substream_of(day_key(seed, draws.SEARCH_CHOICE, day), client.uid), world)


@phase
def list_few(day, seed, world, params):
    """Offers of a small market."""
    for place in range(world.counts[0].running):
        open_offer(world.running[place], day, seed, world, params)
    list_offers(world)


@pytest.mark.slow
@compiled_only
def test_what_bounds_of_draws_find_is_what_looking_at_all_finds():
    """In small markets, with more and more offers full; some are so far off that even their draws matter."""
    seen = {"all": 0, "some": 0}
    for day, scale in ((5, 15.0), (DAY, 4.0), (35, 2.0)):
        run = ran(tiny("herault", **{"days": 60, "market.clients": 800, "market.distance_scale_km": scale}), day)
        world = run.world
        list_few(day, run.seed, world, run.params[0])
        for share_full in (0.0, 0.3, 0.5):
            for place in range(world.counts[0].running):
                if plain.uniform(plain.substream_of(5, 1, int(100 * share_full), place), 0) < share_full:
                    world.offers[place]["left"] = 0
            for channel in range(len(world.platforms)):
                for row in range(0, 800, 9):
                    for wanted in (1, 3, 5, 8):
                        number = see_by_bounds(row, channel, wanted, day, run.seed, world)
                        found = sorted(world.lowest_rows[:number].tolist())
                        see_each(row, channel, wanted, day, run.seed, world)
                        keys = world.best_key[:wanted]
                        assert found == sorted((keys[keys < NO_OFFER] & PLACE_MASK).tolist())
                        seen["some" if number == wanted else "all"] += 1
    assert min(seen.values()) > 500, seen


@compiled_only
@pytest.mark.parametrize("market", ["idf", "france"])
def test_what_is_listed_in_sight_is_what_looking_at_all_finds(market):
    """For all channels and some clients, with more and more offers full in the course of the day."""
    run = crowded(market)
    world = run.world
    places = len(world.territories)
    listed = 0
    for share_full in (0.0, 0.3, 0.6):
        for place in range(world.counts[0].running):
            substream = plain.substream_of(5, 1, int(100 * share_full), place)
            if world.offers["left"][place] > 0 and plain.uniform(substream, 0) < share_full:
                hide(place, int(world.plans["platform"][world.offers["boss"][place]]), world)
        for channel in range(len(world.platforms)):
            if world.offers_start[(channel + 1) * places] - world.offers_start[channel * places] <= FEW_OFFERS:
                continue
            for row in range(0, 3000, 7):
                for wanted in (1, 5, 8):
                    if see_listed(row, channel, wanted, DAY, run.seed, world):
                        found = world.best_key[:wanted].copy()
                        see_each(row, channel, wanted, DAY, run.seed, world)
                        assert found.tolist() == world.best_key[:wanted].tolist()
                        listed += 1
    assert listed > 1000


@compiled_only
def test_a_provider_of_a_large_pool_is_chosen_whom_sorting_finds():
    run = crowded("idf")
    for b in range(0, run.world.counts[0].bosses, 40):
        expected = choose(b, WATCH, 60, 0, DAY, run)
        assert int(fast_choice(b, WATCH, 60, 0, DAY, run.seed, run.world, run.params[0])) == expected
