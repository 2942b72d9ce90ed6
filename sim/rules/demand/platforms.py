"""Channels of clients and of Bosses' ads, and the effects of the closure of a web site on both (E58).

Whether a closure hits a user, and the response, are drawn once per person and site: giving up, turning
to the street, or using another site after a lag. Without a closure nothing is drawn here.
"""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance import day_key, geometric_days, substream_of, uniform
from sim.engine.compiled import rule
from sim.state.records import STREET

NOT_YET, GIVEN_UP = -1, -2  # instead of a site: no other one found yet; use of sites given up
DRAWS_PER_SITE = 8


@rule
def site_by_share(u, world):
    """A web site drawn by its usual share."""
    total = 0.0
    for site in range(1, world.platforms.size):
        total += world.platforms[site].share
    u *= total
    chosen = 1
    for site in range(1, world.platforms.size):
        chosen = site
        u -= world.platforms[site].share
        if u < 0.0:
            break
    return chosen


@rule
def another_site(u, world):
    """A web site drawn by the open part of its share; NOT_YET if all are closed."""
    total = 0.0
    for site in range(1, world.platforms.size):
        total += world.platforms[site].share * (1.0 - world.platforms[site].closed)
    if total <= 0.0:
        return NOT_YET
    u *= total
    chosen = NOT_YET
    for site in range(1, world.platforms.size):
        part = world.platforms[site].share * (1.0 - world.platforms[site].closed)
        if part > 0.0:
            chosen = site
            u -= part
            if u < 0.0:
                break
    return chosen


@rule
def is_hit(uid, site, seed, world):
    """Whether a user finds a site closed: all of it is, or the share of it that includes the user."""
    closed = world.platforms[site].closed
    return (
        closed > 0.0
        and uniform(substream_of(day_key(seed, draws.MIGRATION, 0), uid), DRAWS_PER_SITE * site + draws.MIGRATES) < closed
    )


@rule
def after_closure(uid, site, give_up, u, day, seed, world, params):
    """Channel of a user hit by a closure: another site after a lag, the street (0), NOT_YET, or GIVEN_UP.

    `give_up` is the share who stop; `u` chooses among the open sites.

    Plain form: platforms_plain.instead_of.
    """
    substream = substream_of(day_key(seed, draws.MIGRATION, 0), uid)
    fate = uniform(substream, DRAWS_PER_SITE * site + draws.MIGRATION_FATE)
    if fate < give_up:
        return GIVEN_UP
    if fate < give_up + (1.0 - give_up) * params.platforms_to_street:
        return 0
    lag = geometric_days(uniform(substream, DRAWS_PER_SITE * site + draws.MIGRATION_LAG), params.platforms_lag_days)
    if day < world.platforms[site].closed_since + lag:
        return NOT_YET
    return another_site(u, world)


@rule
def usual_channel(u, world):
    """The street (0) or a web site, drawn by share regardless of closures."""
    channel = 0
    reached = 0.0
    for site in range(world.platforms.size - 1):
        reached += world.platforms[site].share
        channel += 1 if u >= reached else 0
    return channel


@rule
def channel_of_client(uid, usual, substream, k, day, seed, world, params):
    """Channel of a search: the usual one, or what a closure leaves; NOT_YET or GIVEN_UP.

    Draw `k` of the substream decides if another site has to be found.

    Plain form: platforms_plain.channel_of_search.
    """
    if world.platforms[usual].closed <= 0.0 or not is_hit(uid, usual, seed, world):
        return usual
    instead = after_closure(uid, usual, params.platforms_give_up, uniform(substream, k), day, seed, world, params)
    today = world.ledger[day]
    if instead == GIVEN_UP:
        today.searches_given_up += 1
    elif instead == NOT_YET:
        today.searches_blocked += 1
    elif instead == 0:
        today.searches_to_street += 1
    return instead


@rule
def channel_of_plan(boss, kind, u, other_u, day, seed, world, params):
    """Channel of a Plan: the street for a street Plan, a web site for a housed one; or as in `after_closure`.

    Plain form: platforms_plain.channel_of_ads.
    """
    if kind == STREET:
        return 0
    site = site_by_share(u, world)
    if not is_hit(boss.uid, site, seed, world):
        return site
    return after_closure(boss.uid, site, 0.0, other_u, day, seed, world, params)


@rule
def move_ads(boss, plan, day, seed, world, params):
    """Move a running Plan's ads from a closed site once its Boss has found another; True if they are up.

    Plain form: platforms_plain.ads_of_today.
    """
    if plan.platform == 0 or not is_hit(boss.uid, plan.platform, seed, world):
        return True
    u = uniform(substream_of(day_key(seed, draws.MOVE_ADS, day), boss.uid), draws.ONLY)
    instead = after_closure(boss.uid, plan.platform, 0.0, u, day, seed, world, params)
    if instead <= 0:
        return False
    plan.platform = instead
    return True


@rule
def has_street(z, world):
    """Whether a territory has street venues for a Plan."""
    return world.territories[z].log_size[STREET] >= -1e9 and world.territories[z].venues[STREET] > 0


@rule
def count_ads(day, world):
    """Count ads up today, by site and in total. Plain form: appointments_plain.count_ads."""
    for site in range(world.platforms.size):
        world.platforms[site].ads = 0
    for i in range(world.counts[0].running):
        plan = world.plans[world.running[i]]
        if plan.platform > 0:
            world.platforms[plan.platform].ads += plan.n_persons
            world.ledger[day].ads_up += plan.n_persons
