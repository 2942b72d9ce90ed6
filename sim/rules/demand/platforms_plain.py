"""Web sites and their closure in plain form: users hit, and the channels they use instead, one line per possibility."""

from __future__ import annotations

import numpy as np

from sim.engine import draws
from sim.engine.chance_plain import days_until, substream_of, uniform

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


def instead_of(uid, site, give_up, u, day, seed, world, params):
    """Channel of a user hit by the closure of a site: another site, the street, none yet, or none any more."""
    _, fate, lag = fate_of(uid, site, seed)
    if fate < give_up:
        return GIVEN_UP
    if fate < give_up + (1 - give_up) * params.platforms_to_street:
        return STREET_INSTEAD
    if day - int(world.platforms[site]["closed_since"]) < days_until(lag, params.platforms_lag_days):
        return NOT_YET
    left = world.platforms["share"][1:] * (1 - world.platforms["closed"][1:])
    return 1 + pick(u, left) if left.sum() > 0 else NOT_YET


def pick(u, weights):
    """The index of an item drawn by weight."""
    shares = np.cumsum(weights) / np.sum(weights)
    return min(int(np.searchsorted(shares, u, side="right")), int(np.flatnonzero(weights)[-1]))


def channel_of_search(uid, u, other_u, day, seed, world, params):
    """Channel of a client's search, and the ledger measure to count it in, if any."""
    channel = min(int(np.searchsorted(np.cumsum(world.platforms["share"]), u, side="right")), len(world.platforms) - 1)
    if channel == 0 or not is_hit(uid, channel, seed, world):
        return channel, None
    instead = instead_of(uid, channel, params.platforms_give_up, other_u, day, seed, world, params)
    said = {GIVEN_UP: "searches_given_up", NOT_YET: "searches_blocked", STREET_INSTEAD: "searches_to_street"}
    return instead, said.get(instead)


def channel_of_ads(uid, kind, u, other_u, day, seed, world, params):
    """Channel of a new Plan's ads; a Boss never gives up."""
    if kind == 0:
        return 0
    site = 1 + pick(u, world.platforms["share"][1:])
    return instead_of(uid, site, 0.0, other_u, day, seed, world, params) if is_hit(uid, site, seed, world) else site


def ads_of_today(uid, site, day, seed, world, params):
    """Site of a running Plan's ads today, and whether they are up."""
    if site == 0 or not is_hit(uid, site, seed, world):
        return site, True
    u = uniform(substream_of(seed, draws.MOVE_ADS, day, uid), draws.ONLY)
    instead = instead_of(uid, site, 0.0, u, day, seed, world, params)
    return (instead, True) if instead > 0 else (site, False)
