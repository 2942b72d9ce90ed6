"""The morning: levers that are in force today, and a clean slate for the day's counts."""

from __future__ import annotations

from sim.compiled import phase
from sim.policy import switch_levers


@phase
def open_the_day(day, seed, world, rules):
    """Switch levers; count again who is where at police and on the market."""
    switch_levers(day, world)
    for z in range(world.territories.size):
        world.territories[z].broken_today = 0
        world.territories[z].open_plans = 0
