"""The world: one object of arrays that every phase receives.

All worlds have one type signature, whatever their size: tables have a capacity, `counts` holds the
number of rows in use, and a table that may run out of room within a day is doubled before it.
"""

from __future__ import annotations

import math

import numpy as np

from sim.engine.agenda import agenda_shapes, open_agenda
from sim.engine.pointer import register
from sim.state.ledger import CELL_DAY, DAY
from sim.state.records import (
    BEDS,
    BOSS,
    CLIENT,
    COUNTS,
    EVENT,
    KINDS,
    LEVER,
    LOOKED_AT,
    OFFER,
    OUTREACH_TEAM,
    PLAN,
    PLATFORM,
    POLICE_UNIT,
    PROSTITUTE,
    PROVIDER,
    SEEN,
    TERRITORY,
)

_LINE = 64  # bytes of a line of the processor's cache
FIELDS = (  # name, type, dimensions; shapes: z territories, c = 4 z cells, d days of the horizon,
    # B, V, P, N capacities for Bosses, Providers, Prostitutes and clients
    ("counts", COUNTS, 1),  # COUNTS[1]: rows in use
    ("territories", TERRITORY, 1),  # TERRITORY[z]
    ("platforms", PLATFORM, 1),  # PLATFORM[1 + sites]; 0 is the street
    ("bosses", BOSS, 1),  # BOSS[B]
    ("plans", PLAN, 1),  # PLAN[B]: the row of its Boss
    ("providers", PROVIDER, 1),  # PROVIDER[V]
    ("prostitutes", PROSTITUTE, 1),  # PROSTITUTE[P]
    ("clients", CLIENT, 1),  # CLIENT[N]
    ("units", POLICE_UNIT, 1),  # POLICE_UNIT[jurisdictions]
    ("teams", OUTREACH_TEAM, 1),  # OUTREACH_TEAM[jurisdictions]
    ("beds", BEDS, 1),  # BEDS[jurisdictions + 1]: near ones by jurisdiction, then all distant ones
    ("levers", LEVER, 1),  # LEVER[64]
    ("lever_capacity", np.float64, 2),  # [lever codes, c]: units of capacity per day of intensity one
    ("lever_intensity", np.float64, 2),  # [lever codes, c]: intensities in force today
    ("unit_cost", np.int64, 1),  # [lever codes], cents per unit, of the lever in force today
    ("distance", np.float64, 2),  # [z, z], km
    ("near", np.int32, 2),  # [z, 12], the nearest territories, itself first; -1 where there are fewer
    ("inverse_visibility", np.float64, 2),  # [z, z], inverse visibility of an offer there: 1 at home, infinite beyond the nearest
    ("demand", np.float64, 2),  # [zones, d + longest Plan], calendar multiplier by school zone
    ("demand_sum", np.float64, 2),  # [zones, d + longest Plan + 1], its running sum
    ("reached", np.int32, 2),  # [zones, ...], the first day on whose evening the sum is at least a whole number: 0, 1, 2, ...
    ("attention", np.float64, 1),  # [c], weight learned by police
    ("finds", np.int64, 1),  # [c], Plans found today
    ("belief_risk", np.float32, 2),  # [B, c], perceived break-ups per Plan-day
    ("belief_income", np.float32, 2),  # [B, c], expected EUR per person and day
    ("belief_day", np.int32, 2),  # [B, c], the day of the last news; beliefs drift from it
    ("boss_cell_days", np.int32, 3),  # [2, B, c], person-days before and after the policy's start
    ("agenda_head", np.int32, 1),  # [d + 1]
    ("agenda_next", np.int32, 1),
    ("agenda_count", np.int32, 1),
    ("agenda_client", np.int32, 2),
    ("row_queue", np.int32, 1),  # [2 N], clients who search today
    ("queue_keys", np.uint64, 1),  # [2 N or B], their places in the queue; then the substream of each search
    ("channels", np.int32, 1),  # [2 N], the usual channel of each who searches today
    ("scratch", np.int32, 1),  # , scratch of the sort and of single passes over persons, searches and offers
    ("key_copy", np.uint64, 1),  # , scratch of the sort
    ("byte_starts", np.int32, 1),  # [257], scratch of the sort
    ("boss_queue", np.int32, 1),  # [B], Bosses who decide today
    ("lowest_hashes", np.uint64, 1),  # [16], scratch: the lowest hashes seen, ascending
    ("lowest_rows", np.int32, 1),  # [64], and their rows; or the offers a client chooses among, then those seen
    ("choice_value", np.float64, 1),  # [64], scratch of a client's search: of the options compared
    ("choice_low", np.float64, 1),  # [8]
    ("choice_hash", np.uint64, 1),  # [64]
    ("best_key", np.int64, 1),  # [8], scratch: the lowest draws of offers seen, with their places
    ("running", np.int32, 1),  # [B], Bosses whose Plan runs
    ("offers_start", np.int32, 1),  # [channels * z + 1]
    ("offers", OFFER, 1),  # [B], running Plans by channel and territory
    ("booked_client", np.int32, 1),  # [2 N], clients with an appointment today, in the order of their queue keys
    ("booked_place", np.int32, 1),  # [2 N], the territories of their appointments
    ("files", np.int32, 1),  # [B], Bosses with an open file
    ("applicants", np.int32, 1),  # [P], persons who ask for a bed today
    ("reach_start", np.int32, 1),  # [3 teams + 1]
    ("reach", np.int32, 1),  # [2 P], persons in the street, persons with an ad, and answers that wait, by team
    ("sight_start", np.int32, 1),  # [channels * z + 1]
    ("sight_rate", np.float64, 1),  # [channels * z], sum of 1 / inverse_visibility of what is in sight
    ("sight_place", np.int32, 1),  # [B * most territories near to which one is], offers in sight by channel and territory
    ("sight_step", np.uint64, 1),  # , `step_of` their uid
    ("sight_dimness", np.float64, 1),  # , and their inverse visibility from there
    ("pool_start", np.int32, 1),  # [z + 1]
    ("pool", np.int32, 1),  # [V], Providers who can be asked, by home
    ("pool_step", np.uint64, 1),  # [V], of each in the pool: `step_of` their uid
    ("risk_start", np.int32, 1),  # [z + 1]
    ("risk", np.int32, 1),  # [P], persons who can be recruited, by territory
    ("ledger", DAY, 1),  # DAY[d]
    ("cells", CELL_DAY, 2),  # CELL_DAY[d, c]
    ("public_cost", np.int64, 2),  # [d, lever codes], cents
    ("events", EVENT, 1),  # EVENT[...], drained by Python; of one row when off
)
_TYPES = {name: np.dtype(kind) for name, kind, _ in FIELDS}


class World:
    """The whole state as arrays: `world.bosses[b].cash` reads and writes, compiled and in plain Python.

    Arrays must be of the declared types, contiguous and writable; they are replaced only together
    with the world (`replace`), because compiled code knows them by their addresses. Addresses are
    computed again for each world and are neither copied nor pickled.
    """

    def __init__(self, **arrays: np.ndarray):
        hashes = []
        for name, kind, dimensions in FIELDS:
            array = arrays.pop(name)
            if array.dtype != kind or array.ndim != dimensions or not array.flags.carray:
                raise TypeError(f"{name}: expected a contiguous, writable array of {kind} with {dimensions} dimensions")
            self.__dict__[name] = array
            hashes += [array.ctypes.data, *array.shape]
        if arrays:
            raise TypeError(f"no such table: {', '.join(arrays)}")
        self._be_known_by(hashes)

    @classmethod
    def of_zeros(cls, shapes: dict[str, tuple[int, ...]]) -> World:
        """A world of empty tables of these shapes, side by side in one block of memory; each begins with a cache line.

        The block lives as long as any of its tables: a table that is replaced by a longer one keeps its room until then.
        """
        sizes = [_lines(math.prod(shapes[name]) * kind.itemsize) for name, kind in _TYPES.items()]
        block = np.zeros(sum(sizes) + _LINE, np.uint8)
        address = block.ctypes.data
        first = -address % _LINE
        world, hashes = object.__new__(cls), []
        for (name, kind), size in zip(_TYPES.items(), sizes, strict=True):
            world.__dict__[name] = np.ndarray(shapes[name], kind, block, first)
            hashes += [address + first, *shapes[name]]
            first += size
        world._be_known_by(hashes)
        return world

    def _be_known_by(self, hashes: list[int]) -> None:
        """Addresses and shapes in the order of the fields, as compiled code reads them (`sim.engine.pointer`)."""
        self.__dict__["_words"] = np.array(hashes, np.int64)
        self.__dict__["address"] = self._words.ctypes.data

    def __setattr__(self, name: str, value) -> None:
        raise AttributeError(f"world.{name}: a table cannot be exchanged; write into it, such as world.{name}[:] = ...")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"world.{name}: a table cannot be taken away")

    def __copy__(self):
        raise TypeError("copy.copy of a World would share its tables with it; use copy.deepcopy")

    def __deepcopy__(self, memo: dict) -> World:
        return copy_world(self)

    def __getstate__(self) -> dict[str, np.ndarray]:
        return self.tables()

    def __setstate__(self, tables: dict[str, np.ndarray]) -> None:
        if tables.keys() != _TYPES.keys() or any(tables[name].dtype != kind for name, kind in _TYPES.items()):
            raise TypeError("this world was stored by another version of the model, whose tables differ; run it again")
        self.__dict__.update(copy_tables(tables).__dict__)

    def tables(self) -> dict[str, np.ndarray]:
        """All arrays by name."""
        return {name: getattr(self, name) for name, _, _ in FIELDS}

    def replace(self, **arrays: np.ndarray) -> World:
        """A world with some arrays exchanged; the others are shared."""
        return World(**(self.tables() | arrays))


register(World, "World", FIELDS)


def _lines(size: int) -> int:
    """Bytes, rounded up to whole cache lines."""
    return -(-size // _LINE) * _LINE


EVENT_ROOM = 4096
_BY_BOSS_ROWS = (
    "bosses", "plans", "belief_risk", "belief_income", "belief_day", "boss_queue", "running", "offers", "files",
    "sight_place", "sight_step", "sight_dimness")  # fmt: skip


def empty_world(environment: dict[str, np.ndarray], capacities: tuple[int, int, int], clients: int, days: int) -> World:
    """A world with its places and institutions but no people.

    `environment`: tables by name, of which the world gets copies: territories, platforms, police units, outreach teams, beds,
    levers and their capacity, distance, nearness and inverse visibility, demand, its running sum and the days on
    which that reaches whole numbers; `capacities`: initial numbers of rows for Bosses, Providers, Prostitutes.
    """
    z, channels = len(environment["territories"]), len(environment["platforms"])
    cells = z * KINDS
    bosses, providers, prostitutes = capacities
    queue = max(2 * clients, bosses, prostitutes, providers)
    codes = environment["lever_capacity"].shape[0]
    sights = bosses * int(np.isfinite(environment["inverse_visibility"]).sum(axis=0).max())
    world = World.of_zeros(
        {name: table.shape for name, table in environment.items()}
        | agenda_shapes(clients, days)
        | {
            "counts": (1,),
            "bosses": (bosses,),
            "plans": (bosses,),
            "providers": (providers,),
            "prostitutes": (prostitutes,),
            "clients": (clients,),
            "lever_intensity": (codes, cells),
            "unit_cost": (codes,),
            "attention": (cells,),
            "finds": (cells,),
            "belief_risk": (bosses, cells),
            "belief_income": (bosses, cells),
            "belief_day": (bosses, cells),
            "boss_cell_days": (2, bosses, cells),
            "row_queue": (queue,),
            "queue_keys": (queue,),
            "channels": (2 * clients,),
            "scratch": (queue,),
            "key_copy": (queue,),
            "byte_starts": (257,),
            "boss_queue": (bosses,),
            "lowest_hashes": (16,),
            "lowest_rows": (LOOKED_AT,),
            "choice_value": (LOOKED_AT,),
            "choice_low": (SEEN,),
            "choice_hash": (LOOKED_AT,),
            "best_key": (SEEN,),
            "running": (bosses,),
            "offers_start": (z * channels + 1,),
            "offers": (bosses,),
            "booked_client": (2 * clients,),
            "booked_place": (2 * clients,),
            "files": (bosses,),
            "applicants": (prostitutes,),
            "reach_start": (3 * len(environment["teams"]) + 1,),
            "reach": (2 * prostitutes,),
            "sight_start": (z * channels + 1,),
            "sight_rate": (z * channels,),
            "sight_place": (sights,),
            "sight_step": (sights,),
            "sight_dimness": (sights,),
            "pool_start": (z + 1,),
            "pool": (providers,),
            "pool_step": (providers,),
            "risk_start": (z + 1,),
            "risk": (prostitutes,),
            "ledger": (days,),
            "cells": (days, cells),
            "public_cost": (days, codes),
            "events": (1,),
        }
    )
    for name, table in environment.items():
        overwrite(getattr(world, name), table)
    open_agenda(world)
    return world


def copy_world(world: World) -> World:
    """An independent copy: arms of an experiment fork from it at the start of the policy."""
    return copy_tables(world.tables())


def copy_tables(tables: dict[str, np.ndarray]) -> World:
    """A world with copies of these tables, in memory of its own."""
    world = World.of_zeros({name: table.shape for name, table in tables.items()})
    for name, table in tables.items():
        overwrite(getattr(world, name), table)
    return world


def overwrite(table: np.ndarray, content: np.ndarray) -> None:
    """Put the content of an array of the same type and shape into a table; as bytes, since NumPy takes fields one by one."""
    assert table.dtype == content.dtype and table.shape == content.shape
    table.view(np.uint8)[...] = content.view(np.uint8)


def _longer(array: np.ndarray, rows: int, axis: int = 0) -> np.ndarray:
    shape = list(array.shape)
    shape[axis] = rows
    grown = np.zeros(shape, array.dtype)
    grown[tuple(slice(0, n) for n in array.shape)] = array
    return grown


def double_bosses(world: World) -> World:
    """The same world with twice the room for Bosses."""
    rows = 2 * world.bosses.shape[0]
    grown = {name: _longer(getattr(world, name), 2 * len(getattr(world, name))) for name in _BY_BOSS_ROWS}
    grown["boss_cell_days"] = _longer(world.boss_cell_days, rows, axis=1)
    return world.replace(**grown, **_longer_queue(world, rows))


def _longer_queue(world: World, rows: int) -> dict[str, np.ndarray]:
    """The queue and the scratch of its sort, long enough for this many rows."""
    if world.queue_keys.shape[0] >= rows:
        return {}
    return {name: _longer(getattr(world, name), rows) for name in ("row_queue", "queue_keys", "scratch", "key_copy")}


def double_providers(world: World) -> World:
    """The same world with twice the room for Providers."""
    rows = 2 * world.providers.shape[0]
    grown = {name: _longer(getattr(world, name), rows) for name in ("providers", "pool", "pool_step")}
    return world.replace(**grown, **_longer_queue(world, rows))


def double_prostitutes(world: World) -> World:
    """The same world with twice the room for persons at risk and exploited."""
    rows = 2 * world.prostitutes.shape[0]
    grown = {name: _longer(getattr(world, name), rows) for name in ("prostitutes", "risk", "applicants")}
    grown["reach"] = _longer(world.reach, 2 * rows)
    return world.replace(**grown, **_longer_queue(world, rows))


def room_for_events(world: World, rows: int) -> World:
    """The same world with room for this many events, all empty; the old world keeps its events until it is replaced."""
    counts = world.counts.copy()
    counts["events"] = 0
    return world.replace(events=np.zeros(rows, EVENT), counts=counts)
