"""The morning: levers in force today, and a reset of the day's counts."""

from __future__ import annotations

import math

from sim.engine.compiled import phase
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
        world.platforms[site].open = 1 if world.platforms[site].closed < 1.0 else 0
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
