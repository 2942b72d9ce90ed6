"""The clients' agenda: who searches on which day, so that cost follows searches, not population.

Each day holds a chain of chunks of client numbers. Each client is entered once for their next
due search, and once more if they try again tomorrow. The order within a day has no meaning.
"""

from __future__ import annotations

import math

import numpy as np

from sim.engine import draws
from sim.engine.chance import day_key, substream_of, uniform
from sim.engine.compiled import inlined, rule

CHUNK = 60


def agenda_shapes(clients: int, days: int) -> dict[str, tuple[int, ...]]:
    """Shapes of an agenda with room for two entries per client and one chunk begun on each day."""
    chunks = 2 * clients // CHUNK + days + 16
    return {
        "agenda_head": (days + 1,),
        "agenda_next": (chunks,),
        "agenda_count": (chunks,),
        "agenda_client": (chunks, CHUNK),
    }


def open_agenda(world) -> None:
    """Empty the agenda: every chunk is in the chain of free ones, from 0."""
    world.agenda_head[:] = -1
    world.agenda_next[:] = np.arange(1, world.agenda_next.size + 1)
    world.agenda_next[-1] = -1


@inlined
def note_search(client_row, day, world):
    """Enter a client for a day; days beyond the horizon are dropped. Plain form: sim.engine.agenda_plain.note_search."""
    if day >= world.agenda_head.size:
        return
    head = world.agenda_head[day]
    if head < 0 or world.agenda_count[head] == CHUNK:
        counts = world.counts[0]
        fresh = counts.free_chunk
        counts.free_chunk = world.agenda_next[fresh]
        world.agenda_next[fresh] = head
        world.agenda_count[fresh] = 0
        world.agenda_head[day] = fresh
        head = fresh
    i = world.agenda_count[head]
    world.agenda_client[head, i] = client_row
    world.agenda_count[head] = i + 1


@rule
def take_day(day, world):
    """Move the clients of a day into `world.row_queue`, free its chunks, and return their number.

    Plain form: sim.engine.agenda_plain.forget_day.
    """
    counts = world.counts[0]
    number = 0
    chunk = world.agenda_head[day]
    while chunk >= 0:
        for i in range(world.agenda_count[chunk]):
            world.row_queue[number] = world.agenda_client[chunk, i]
            number += 1
        following = world.agenda_next[chunk]
        world.agenda_next[chunk] = counts.free_chunk
        counts.free_chunk = chunk
        chunk = following
    world.agenda_head[day] = -1
    return number


@rule
def next_search_day(client, zone, day, seed, world):
    """First day after `day` on which the client is due (`next_due` with the key of the day)."""
    return next_due(client, zone, day, day_key(seed, draws.SEARCH_DAY, day), world)


@inlined
def next_due(client, zone, day, key, world):
    """First day after `day` on which the client is due, by the exact inverse of their cumulative hazard.

    With M the running sum of the calendar multiplier, the chance of no search on days day+1..d is
    exp(-rate (M[d+1] - M[day+1])); one uniform number picks d. Returns the horizon if none. `world.reached`
    gives the day on which M passes the whole number below; at most two more steps remain unless demand is very low.

    Plain form: sim.engine.agenda_plain.next_search_day.
    """
    last = world.agenda_head.size - 1
    if client.rate <= 0.0:
        return last + 1
    u = uniform(substream_of(key, client.uid), 0)
    level = world.demand_sum[zone, day + 1] - math.log(u) / client.rate
    if world.demand_sum[zone, last + 1] < level:
        return last + 1
    due = max(day + 1, world.reached[zone, int(level)])
    due += 1 if world.demand_sum[zone, due + 1] < level else 0  # branch-free: the number of steps is unpredictable
    due += 1 if world.demand_sum[zone, due + 1] < level else 0
    while world.demand_sum[zone, due + 1] < level:
        due += 1
    return due
