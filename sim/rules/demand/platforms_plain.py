"""Web sites and their closure in plain form: users hit, and the channels they use instead, one line per possibility."""

from __future__ import annotations

import math

import numpy as np

from sim.engine import draws
from sim.engine.chance_plain import days_until, substream_of, uniform
from sim.parameters.constants import LEAN_AT_MOST

STREET_INSTEAD, NOT_YET, GIVEN_UP = 0, -1, -2


def fate_of(uid, site, seed):
    """Three draws per person and site, the same on every day."""
    substream = substream_of(seed, draws.MIGRATION, 0, uid)
    return [
        uniform(substream, draws.DRAWS_PER_SITE * site + k) for k in (draws.MIGRATES, draws.MIGRATION_FATE, draws.MIGRATION_LAG)
    ]


def is_hit(uid, site, seed, world):
    closed = float(world.platforms[site]["closed"])
    return closed > 0 and fate_of(uid, site, seed)[0] < closed


def reaches(uid, site, give_up, day, seed, world, params):
    """Whether a user reaches a site: no closure hits them there, or they did not give up and have found its successor."""
    if not is_hit(uid, site, seed, world):
        return True
    _, fate, lag = fate_of(uid, site, seed)
    return fate >= give_up and has_been_found(site, days_until(lag, params.platforms_lag_days), day, world)


def has_been_found(site, lag, day, world):
    """Whether a closed site has had a successor for so many days."""
    since = int(world.platforms[site]["successor_since"])
    return since >= 0 and day - since >= lag


def instead_of(uid, site, give_up, u, day, seed, world, params):
    """Channel of a user hit by the closure of a site: another site, the street, none yet, or none any more."""
    _, fate, lag = fate_of(uid, site, seed)
    if fate < give_up:
        return GIVEN_UP
    if fate < give_up + (1 - give_up) * params.platforms_to_street:
        return STREET_INSTEAD
    days = days_until(lag, params.platforms_lag_days)
    if day - int(world.platforms[site]["closed_since"]) < days:
        return NOT_YET
    found = [has_been_found(other, days, day, world) for other in range(1, len(world.platforms))]
    left = world.platforms["share"][1:] * np.where(found, 1.0, 1 - world.platforms["closed"][1:])
    return 1 + pick(u, left) if left.sum() > 0 else NOT_YET


def pick(u, weights):
    """The index of an item drawn by weight; the last one where none has any."""
    if not np.any(weights):
        return len(weights) - 1
    shares = np.cumsum(weights) / np.sum(weights)
    return min(int(np.searchsorted(shares, u, side="right")), int(np.flatnonzero(weights)[-1]))


def usual_channel(u, lean, world):
    """The street (0) or a web site, drawn by share; the street has so much more, and the sites share what is left."""
    street = float(world.platforms[0]["share"])
    if lean != 0.0:
        own = street + lean
        if u < own:
            return 0
        u = street + (u - own) / (1.0 - own) * (1.0 - street)
    return min(int(np.searchsorted(np.cumsum(world.platforms["share"]), u, side="right")), len(world.platforms) - 1)


def lean_towards(channel, client, world, params):
    """Move a client's lean towards the street, or the web sites, after an appointment there."""
    weight = params.demand_channel_drift
    here = (channel == 0) - float(world.platforms[0]["share"])
    client.lean = (1.0 - weight) * client.lean + weight * LEAN_AT_MOST * here


def channel_of_second_look(uid, channel, substream, day, seed, world, params):
    """Where a client who found nothing in a channel looks next, if they look again and are not hit by a closure there."""
    if uniform(substream, draws.CHOICE_SWITCHES) >= params.demand_channel_switch:
        return NOT_YET
    if channel > 0:
        return 0
    site = 1 + pick(uniform(substream, draws.CHOICE_SITE), world.platforms["share"][1:])
    return site if reaches(uid, site, params.platforms_give_up, day, seed, world, params) else NOT_YET


def channel_of_search(uid, usual, other_u, day, seed, world, params):
    """Channel of a client's search, and the ledger measure to count it in, if any."""
    give_up = params.platforms_give_up
    if usual == 0 or reaches(uid, usual, give_up, day, seed, world, params):
        return usual, None
    instead = instead_of(uid, usual, give_up, other_u, day, seed, world, params)
    said = {GIVEN_UP: "searches_given_up", NOT_YET: "searches_blocked", STREET_INSTEAD: "searches_to_street"}
    return instead, said.get(instead)


def channel_of_ads(uid, kind, u, other_u, day, seed, world, params):
    """Channel of a new Plan's ads; a Boss never gives up."""
    if kind == 0:
        return 0
    site = 1 + pick(u, world.platforms["share"][1:])
    if reaches(uid, site, 0.0, day, seed, world, params):
        return site
    return instead_of(uid, site, 0.0, other_u, day, seed, world, params)


def ads_of_today(uid, site, day, seed, world, params):
    """Site of a running Plan's ads today, and whether they are up."""
    if site == 0 or reaches(uid, site, 0.0, day, seed, world, params):
        return site, True
    u = uniform(substream_of(seed, draws.MOVE_ADS, day, uid), draws.ONLY)
    instead = instead_of(uid, site, 0.0, u, day, seed, world, params)
    return (instead, True) if instead > 0 else (site, False)


def open_successors(day, seed, world, params):
    """Open successors of closed sites, at a rate in proportion to the share of searches and ads that closures leave unserved."""
    chance = 1.0 - math.exp(-params.platforms_birth * unserved_share(day, world))
    for platform in world.platforms[1:]:
        if platform["closed"] > 0.0 and platform["successor_since"] < 0:
            if uniform(substream_of(seed, draws.SUCCESSOR, day, int(platform["uid"])), draws.ONLY) < chance:
                platform["successor_since"] = day


def unserved_share(day, world):
    """Share of today's searches and ads that closures stopped, turned to the street, or keep down."""
    today = world.ledger[day]
    number = int(today["searches"]) + int(world.platforms["ads"][1:].sum())
    stopped = sum(int(today[name]) for name in ("searches_blocked", "searches_given_up", "searches_to_street"))
    return (stopped + int(world.counts[0]["ads_down"])) / number if number else 0.0
