"""The calendar in plain form: levers in force today, the web sites and beds they leave, and a reset of counts."""

from __future__ import annotations

import math

from sim.levers import DEMAND_CAMPAIGN, PLATFORM_CLOSURE
from sim.rules.care.beds_plain import open_beds
from sim.rules.care.care_plain import count_taken_beds
from sim.rules.plain_tables import in_plain_numbers
from sim.state.records import KINDS


def open_the_day(day, seed, world, params):
    """Switch levers; reset the day's counts of police and of the market."""
    world, params = in_plain_numbers(world, params)
    world.lever_intensity[:] = 0.0
    world.platforms["closed"] = 0.0
    for lever in world.levers:
        if lever.code >= 0 and lever.start <= day < lever.end:
            world.unit_cost[lever.code] = lever.unit_cost
            capacity = close_sites(lever, world) if lever.code == PLATFORM_CLOSURE else switch_on(lever, world)
            world.public_cost[day, lever.code] += int(lever.intensity * capacity * lever.unit_cost + 0.5)
    for platform in world.platforms:
        open_or_close(platform)
    for z, territory in enumerate(world.territories):
        territory.broken_today, territory.open_plans, territory.booked_today, territory.fined_today = 0, 0, 0, 0
        reached = 1.0 - math.exp(-world.lever_intensity[DEMAND_CAMPAIGN, z * KINDS])
        territory.campaign = 1.0 - params.demand_campaign_effect * reached
    open_beds(world)
    count_taken_beds(day, world)
    world.counts[0].applicants = 0
    world.counts[0].booked = 0


def switch_on(lever, world):
    """Add a lever's intensity in the cells concerned; return their capacity at intensity one."""
    capacity = 0.0
    for cell in range(len(world.finds)):
        if lever.territory in (-1, cell // KINDS) and lever.kind in (-1, cell % KINDS):
            world.lever_intensity[lever.code, cell] += lever.intensity
            capacity += world.lever_capacity[lever.code, cell]
    return capacity


def close_sites(lever, world):
    """Close a share of one web site, or of all; return the number of sites."""
    sites = [site for number, site in enumerate(world.platforms) if number > 0 and lever.platform in (-1, number)]
    for site in sites:
        if site.closed <= 0.0:
            site.closed_since = lever.start
        site.closed = min(1.0, site.closed + lever.intensity)
    return len(sites)


def open_or_close(platform):
    """Open a web site unless all of it is closed without a successor, which lasts as long as the closure."""
    if platform.closed <= 0.0:
        platform.successor_since = -1
    platform.open = platform.closed < 1.0 or platform.successor_since >= 0
