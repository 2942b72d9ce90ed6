"""The day: the only place that sets what happens, and in which order.

`PHASES` is the day: the model's table of contents for a newcomer, and what runs in the interpreter
when a Python phase is inserted. `many_days` has the same list written out for the compiler, and a
test keeps the two equal.
"""

from __future__ import annotations

import math

from sim.engine.compiled import phase, rule
from sim.levers import ARREST_BOSSES
from sim.rules.calendar import open_the_day
from sim.rules.care.care import care_for_persons
from sim.rules.careers.careers import follow_careers
from sim.rules.census import count_everybody
from sim.rules.demand.appointments import administer_appointments
from sim.rules.enforcement.enforcement import enforce
from sim.rules.justice.justice import bring_to_justice
from sim.rules.learning.learning import learn
from sim.rules.outreach.outreach import reach_out
from sim.rules.planning.flow import run_the_plans
from sim.rules.planning.planning import plan_the_day
from sim.state.records import CUSTODY

PHASES = (
    ("calendar", open_the_day),
    ("planning", plan_the_day),
    ("census", count_everybody),
    ("administration", administer_appointments),
    ("flow", run_the_plans),
    ("enforcement", enforce),
    ("justice", bring_to_justice),
    ("outreach", reach_out),
    ("care", care_for_persons),
    ("careers", follow_careers),
    ("learning", learn),
)

READY, MORE_BOSSES, MORE_PROVIDERS, MORE_PROSTITUTES, MORE_EVENTS = 0, 1, 2, 3, 4
SPARE_ROWS = 40  # rows a day may need beyond its expected arrivals, per table
EVENTS_A_PLAN = 24  # most events one Plan can cause in a day


@phase
def room_for_a_day(world, params):
    """Return READY, or the code of the table that may run out of room within a day."""
    counts = world.counts[0]
    people = 0
    for z in range(world.territories.size):
        people += world.territories[z].population
    growth = max(1.0, math.exp(world.ledger.size / 365.0 * math.log(1.0 + params.entry_growth)))  # at the horizon
    at_risk = 3.0 * growth * params.entry_at_risk_per_100k * people / 100_000.0 / 365.0
    rising = min(1.0, 3.0 * params.careers_promotion_rate) * counts.providers
    room = 3.0 * growth * params.entry_headroom  # the most that entry can be, should it follow income
    bosses = room / (1.0 - params.entry_one_off_share) * params.careers_boss_entry * params.market_boss_entry_factor
    bosses = bosses * params.market_bosses / 365.0
    bosses += rising + takeovers_possible(world, params)
    providers = room * params.careers_provider_entry * params.market_providers / 365.0
    if counts.bosses + bosses + SPARE_ROWS > world.bosses.size:
        return MORE_BOSSES
    if counts.providers + providers + SPARE_ROWS > world.providers.size:
        return MORE_PROVIDERS
    if counts.prostitutes + at_risk + SPARE_ROWS > world.prostitutes.size:
        return MORE_PROSTITUTES
    if counts.record_events == 1 and counts.events + EVENTS_A_PLAN * world.bosses.size > world.events.size:
        return MORE_EVENTS
    return READY


@rule
def takeovers_possible(world, params):
    """Most Bosses who may be jailed in a day and succeeded by a Provider: those in custody, or all under the lever."""
    if params.careers_takeover_provider <= 0.0:
        return 0
    for row in range(world.levers.size):
        if world.levers[row].code == ARREST_BOSSES:
            return world.counts[0].bosses
    held = 0
    for b in range(world.counts[0].bosses):
        if world.bosses[b].status == CUSTODY:
            held += 1
    return held


@phase
def many_days(last, seed, world, params):
    """Run the phases of each day in order, from the first day that is not over up to last-1.

    Stops before a day for which a table has no room, and returns the code of that table.
    """
    for day in range(world.counts[0].days, last):
        code = room_for_a_day(world, params)
        if code != READY:
            return code
        world.counts[0].begun = day + 1
        open_the_day(day, seed, world, params)
        plan_the_day(day, seed, world, params)
        count_everybody(day, seed, world, params)
        administer_appointments(day, seed, world, params)
        run_the_plans(day, seed, world, params)
        enforce(day, seed, world, params)
        bring_to_justice(day, seed, world, params)
        reach_out(day, seed, world, params)
        care_for_persons(day, seed, world, params)
        follow_careers(day, seed, world, params)
        learn(day, seed, world, params)
        world.counts[0].days = day + 1
    return READY
