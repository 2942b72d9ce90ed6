"""The clients' agenda in plain form: who searches on which day.

A search is due when the sum of the days' demand, times the client's rate, exceeds an exponential draw. The lists by day
spare the fast form a pass over all clients; here they are only kept consistent for it.
"""

from __future__ import annotations

import math

from sim.engine import draws
from sim.engine.agenda import CHUNK
from sim.engine.chance_plain import substream_of, uniform


def next_search_day(client, day, seed, world):
    """First day after `day` on which a client is due; the day after the horizon if there is none."""
    horizon = len(world.agenda_head) - 1
    if client.rate <= 0.0:
        return horizon + 1
    demand_until = world.demand_sum[world.territories[client.territory].zone]
    u = uniform(substream_of(seed, draws.SEARCH_DAY, day, client.uid), 0)
    level = demand_until[day + 1] - math.log(u) / client.rate
    return next((due for due in range(day + 1, horizon + 1) if demand_until[due + 1] >= level), horizon + 1)


def note_search(row, day, world):
    """Enter a client for a day, unless it lies beyond the horizon."""
    if day >= len(world.agenda_head):
        return
    chunk, counts = int(world.agenda_head[day]), world.counts[0]
    if chunk < 0 or world.agenda_count[chunk] == CHUNK:
        full, chunk = chunk, counts.free_chunk
        counts.free_chunk = int(world.agenda_next[chunk])
        world.agenda_head[day], world.agenda_next[chunk], world.agenda_count[chunk] = chunk, full, 0
    world.agenda_client[chunk, world.agenda_count[chunk]] = row
    world.agenda_count[chunk] += 1


def forget_day(day, world):
    """Drop the list of a day, which is no longer needed."""
    chunk, world.agenda_head[day] = int(world.agenda_head[day]), -1
    while chunk >= 0:
        following, world.agenda_next[chunk] = int(world.agenda_next[chunk]), world.counts[0].free_chunk
        world.counts[0].free_chunk, chunk = chunk, following
