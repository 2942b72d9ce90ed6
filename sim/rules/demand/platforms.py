"""Channels of clients and of Bosses' ads, and the effects of the closure of a web site on both (E58).

Whether a closure hits a user, and the response, are drawn once per person and site: giving up, turning
to the street, or using another site after a lag. Where a closed site gets a successor, all but those who gave
up use it after the same lag. Without a closure nothing is drawn here.
"""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance import day_key, geometric_days, occurs, substream_of, uniform
from sim.engine.compiled import rule
from sim.parameters.constants import LEAN_AT_MOST
from sim.state.records import STREET

NOT_YET, GIVEN_UP = -1, -2  # instead of a site: no other one found yet; use of sites given up


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
def another_site(u, lag, day, world):
    """A web site drawn by the part of its share that can be used; NOT_YET if there is none."""
    total = 0.0
    for site in range(1, world.platforms.size):
        total += usable_share(world.platforms[site], lag, day)
    if total <= 0.0:
        return NOT_YET
    u *= total
    chosen = NOT_YET
    for site in range(1, world.platforms.size):
        part = usable_share(world.platforms[site], lag, day)
        if part > 0.0:
            chosen = site
            u -= part
            if u < 0.0:
                break
    return chosen


@rule
def usable_share(platform, lag, day):
    """The open part of a site's share; all of it once a user who needs this lag has found its successor."""
    if has_been_found(platform, lag, day):
        return platform.share
    return platform.share * (1.0 - platform.closed)


@rule
def has_been_found(platform, lag, day):
    """Whether a closed site has had a successor for as long as a user needs to find it."""
    return platform.successor_since >= 0 and day >= platform.successor_since + lag


@rule
def is_hit(uid, site, seed, world):
    """Whether a user finds a site closed: all of it is, or the share of it that includes the user."""
    closed = world.platforms[site].closed
    return (
        closed > 0.0
        and uniform(substream_of(day_key(seed, draws.MIGRATION, 0), uid), draws.DRAWS_PER_SITE * site + draws.MIGRATES) < closed
    )


@rule
def reaches(uid, site, give_up, day, seed, world, params):
    """Whether a user reaches a site: no closure hits them there, or they did not give up and have found its successor.

    Plain form: platforms_plain.reaches.
    """
    if not is_hit(uid, site, seed, world):
        return True
    platform = world.platforms[site]
    if platform.successor_since < 0:
        return False
    substream = substream_of(day_key(seed, draws.MIGRATION, 0), uid)
    if uniform(substream, draws.DRAWS_PER_SITE * site + draws.MIGRATION_FATE) < give_up:
        return False
    return has_been_found(platform, lag_of(substream, site, params), day)


@rule
def lag_of(substream, site, params):
    """Days that a user of a closed site needs to find another, or its successor."""
    return geometric_days(uniform(substream, draws.DRAWS_PER_SITE * site + draws.MIGRATION_LAG), params.platforms_lag_days)


@rule
def after_closure(uid, site, give_up, u, day, seed, world, params):
    """Channel of a user hit by a closure: another site after a lag, the street (0), NOT_YET, or GIVEN_UP.

    `give_up` is the share who stop; `u` chooses among the open sites.

    Plain form: platforms_plain.instead_of.
    """
    substream = substream_of(day_key(seed, draws.MIGRATION, 0), uid)
    fate = uniform(substream, draws.DRAWS_PER_SITE * site + draws.MIGRATION_FATE)
    if fate < give_up:
        return GIVEN_UP
    if fate < give_up + (1.0 - give_up) * params.platforms_to_street:
        return 0
    lag = lag_of(substream, site, params)
    if day < world.platforms[site].closed_since + lag:
        return NOT_YET
    return another_site(u, lag, day, world)


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
def channel_by_habit(u, lean, world):
    """The usual channel of a client whose share of searches in the street is the usual one plus a lean.

    Plain form: platforms_plain.usual_channel.
    """
    if lean == 0.0:
        return usual_channel(u, world)
    street = world.platforms[0].share
    own = street + lean
    if u < own:
        return 0
    return usual_channel(street + (u - own) / (1.0 - own) * (1.0 - street), world)


@rule
def lean_towards(channel, client, world, params):
    """Move a client's lean towards the street, or the web sites, after an appointment there.

    If appointments are shared as searches usually are, it is zero on average.

    Plain form: platforms_plain.lean_towards.
    """
    here = (1.0 if channel == 0 else 0.0) - world.platforms[0].share
    drift = params.demand_channel_drift
    client.lean = (1.0 - drift) * client.lean + drift * LEAN_AT_MOST * here


@rule
def channel_of_second_look(uid, channel, substream, day, seed, world, params):
    """Where a client who found nothing in a channel looks next: a web site after the street, the street after a site.

    NOT_YET if the client does not look again, or a closure hits them on that site.

    Plain form: platforms_plain.channel_of_second_look.
    """
    if uniform(substream, draws.CHOICE_SWITCHES) >= params.demand_channel_switch:
        return NOT_YET
    if channel > 0:
        return 0
    site = site_by_share(uniform(substream, draws.CHOICE_SITE), world)
    return site if reaches(uid, site, params.platforms_give_up, day, seed, world, params) else NOT_YET


@rule
def channel_of_client(uid, usual, substream, k, day, seed, world, params):
    """Channel of a search: the usual one, or what a closure leaves; NOT_YET or GIVEN_UP.

    Draw `k` of the substream decides if another site has to be found.

    Plain form: platforms_plain.channel_of_search.
    """
    give_up = params.platforms_give_up
    if world.platforms[usual].closed <= 0.0 or reaches(uid, usual, give_up, day, seed, world, params):
        return usual
    instead = after_closure(uid, usual, give_up, uniform(substream, k), day, seed, world, params)
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
    if reaches(boss.uid, site, 0.0, day, seed, world, params):
        return site
    return after_closure(boss.uid, site, 0.0, other_u, day, seed, world, params)


@rule
def move_ads(boss, plan, day, seed, world, params):
    """Move a running Plan's ads from a closed site once its Boss has found another, or its successor; True if they are up.

    Plain form: platforms_plain.ads_of_today.
    """
    if plan.platform == 0 or reaches(boss.uid, plan.platform, 0.0, day, seed, world, params):
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


@rule
def open_successors(day, seed, world, params):
    """Open successors of closed sites, at a rate in proportion to the share of searches and ads that closures leave unserved.

    Plain form: platforms_plain.open_successors.
    """
    if params.platforms_birth <= 0.0:
        return
    rate = params.platforms_birth * unserved_share(day, world)
    key = day_key(seed, draws.SUCCESSOR, day)
    for site in range(1, world.platforms.size):
        platform = world.platforms[site]
        if platform.closed > 0.0 and platform.successor_since < 0:
            if occurs(uniform(substream_of(key, platform.uid), draws.ONLY), rate):
                platform.successor_since = day


@rule
def unserved_share(day, world):
    """Share of today's searches and ads that closures stopped, turned to the street, or keep down.

    Plain form: platforms_plain.unserved_share.
    """
    today = world.ledger[day]
    number = today.searches
    for site in range(1, world.platforms.size):
        number += world.platforms[site].ads  # of running Plans, whether or not they are up
    unserved = today.searches_blocked + today.searches_given_up + today.searches_to_street + world.counts[0].ads_down
    return unserved / number if number > 0 else 0.0
