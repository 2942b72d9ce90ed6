"""The morning: levers in force today, and a reset of the day's counts."""

from __future__ import annotations

import math

from sim.engine.compiled import phase, rule
from sim.levers import DEMAND_CAMPAIGN
from sim.policy import switch_levers
from sim.rules.care.beds import open_beds
from sim.rules.care.care import count_taken_beds
from sim.state.records import KINDS


@phase
def open_the_day(day, seed, world, params):
    """Switch levers; reset the day's counts of police and of the market. Plain form: calendar_plain.open_the_day."""
    switch_levers(day, world)
    for site in range(world.platforms.size):
        open_or_close(world.platforms[site])
    for z in range(world.territories.size):
        territory = world.territories[z]
        territory.broken_today = 0
        territory.open_plans = 0
        territory.booked_today = 0
        territory.fined_today = 0
        reached = 1.0 - math.exp(-world.lever_intensity[DEMAND_CAMPAIGN, z * KINDS])
        territory.campaign = 1.0 - params.demand_campaign_effect * reached
    open_beds(world)
    count_taken_beds(day, world)
    world.counts[0].applicants = 0
    world.counts[0].booked = 0


@rule
def open_or_close(platform):
    """A web site is open unless all of it is closed without a successor, which lasts as long as the closure.

    Plain form: calendar_plain.open_or_close.
    """
    if platform.closed <= 0.0:
        platform.successor_since = -1
    platform.open = 1 if platform.closed < 1.0 or platform.successor_since >= 0 else 0
