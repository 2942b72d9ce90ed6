"""Microdata: spells of Plans, vacancies, statuses and contacts of one world, as tables.

`observe` puts three looks at the tables of a market into its day, which change nothing in it: after the census, where the
ledger counts, so that spells of a status add up to its person-days; after the flow of Plans, for vacancies and Plans that
ended; after outreach, for Plans that police ended, and contacts. Spells are half-open: `day_ended` is the first day on which
one was over, and -1 (in a frame: no value) where it was not on the last day run.

No story of one exploited person is told. Plans, Bosses and Providers have numbers; exploited persons have none, no exact days,
and no rows of their own: a row counts spells that are alike, and those under way on the first day are one row. So no row can be
put together with another of the same person. How statuses follow each other is counted over all persons (`transitions`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.configuration import ConfigurationError
from sim.parameters import VENUE_KINDS
from sim.state.records import (
    BETWEEN,
    BOSS_STATUSES,
    CHANNELS,
    PROSTITUTE_STATUSES,
    PROVIDER_STATUSES,
    SLOT_FILLED,
    SLOT_VACANT,
)
from sim.state.world import EVENT_ROOM, room_for_events

if TYPE_CHECKING:
    import pandas

PERIOD = 30  # days to which the beginning of a spell is given where its day is not
NONE = -1  # no value
COMPLETED, ABANDONED, BROKEN_UP, BOSS_HELD, RUNNING = 0, 1, 2, 3, 4
PLAN_ENDS = ("completed", "abandoned", "broken up", "boss held", "running")
FILLED, WITH_THE_PLAN, OPEN = 0, 1, 2
VACANCY_ENDS = ("filled", "plan ended", "open")
TASKS = ("ads and calls", "transport", "supplies", "watch", "recruitment")
ROLES = {"boss": BOSS_STATUSES, "provider": PROVIDER_STATUSES, "person": PROSTITUTE_STATUSES}
NEW = "new"  # status of a newcomer before the first
_LOOKS = {"census": "look_after_census", "flow": "look_after_flow", "outreach": "look_after_outreach"}
_TABLE_OF = {"boss": "bosses", "provider": "providers", "person": "prostitutes"}

TABLES = {
    "plans": {
        "plan": int, "boss": int, "territory": str, "kind": str, "day_launched": int, "day_ended": int, "end": str,
        "team": int, "slots": int,
    },
    "vacancies": {
        "plan": int, "task": str, "day_opened": int, "day_filled": int, "by_known": bool, "day_ended": int, "end": str,
    },
    "statuses": {
        "role": str, "number": int, "status": str, "period_begun": int, "day_begun": int, "day_ended": int, "spells": int,
        "days": int, "censored_left": bool, "censored_right": bool,
    },
    "contacts": {
        "channel": str, "period_begun": int, "days_to_accompaniment": int, "spells": int, "days": int, "censored_right": bool,
    },
    "transitions": {"role": str, "period": int, "from_status": str, "to_status": str, "person_days": int},
}  # fmt: skip
"""Tables and their columns with their types; whole numbers and truth values of `NONE` are no values."""


def observe(market: Any) -> Recorder:
    """Record spells of a market (`Market` or `Simulation`) from now on; `tables` gives them. Nothing in it becomes another.

    ConfigurationError if a day has been run, or it is observed already. Copies and forks go on recording, each its own.

    >>> from sim.market import Market
    >>> from sim.measures import microdata
    >>> market = Market(market="class", overrides={"days": 60, "burn_in": 0})
    >>> recorder = microdata.observe(market)
    >>> market.run(60)
    >>> plans = microdata.tables(market)["plans"]
    >>> bool(len(plans) == market.ledger()["plans_launched"].sum())
    True
    """
    simulation = getattr(market, "simulation", market)
    if simulation.day > 0:
        raise ConfigurationError(f"microdata: {simulation.day} days have been run; observe a market before its first day")
    if _recorder_of(simulation) is not None:
        raise ConfigurationError("microdata: this market is observed already")
    counts = simulation.world.counts[0]
    if counts.record_events == 0:
        counts.record_events = 1
        simulation.world = room_for_events(simulation.world, EVENT_ROOM + 64 * simulation.world.bosses.size)
    recorder = Recorder(tuple(place.name for place in simulation.places))
    for phase, method in _LOOKS.items():
        simulation.insert_phase(f"microdata after {phase}", getattr(recorder, method), after=phase)
    return recorder


def tables(market: Any) -> dict[str, pandas.DataFrame]:
    """The spells of an observed market so far, a frame for each of `TABLES`. ConfigurationError if it is not observed."""
    return {name: frame(name, found) for name, found in columns(market).items()}


def columns(market: Any) -> dict[str, dict[str, np.ndarray]]:
    """The same as plain columns: by table and column int64, bool as int8, or text, with `NONE` for no value."""
    simulation = getattr(market, "simulation", market)
    recorder = _recorder_of(simulation)
    if recorder is None:
        raise ConfigurationError("microdata: this market is not observed; call microdata.observe(market) before its first day")
    return recorder.columns(simulation.day)


def frame(table: str, found: dict[str, np.ndarray]) -> pandas.DataFrame:
    """Plain columns of a table of `TABLES` as a frame: Int64, boolean and str, with no value for `NONE`."""
    import pandas as pd

    made = {}
    for name, kind in TABLES[table].items():
        values = found[name]
        if kind is str:
            made[name] = pd.array(values.astype(object), dtype="str")
        else:
            missing, wide = values == NONE, "boolean" if kind is bool else "Int64"
            made[name] = pd.Series(np.where(missing, 0, values).astype(bool if kind is bool else np.int64), dtype=wide)
            made[name][missing] = pd.NA
    return pd.DataFrame(made)


def _recorder_of(simulation: Any) -> Recorder | None:
    """The recorder among the phases of a simulation, which after a copy is a copy."""
    found = (getattr(phase, "__self__", None) for _, phase in simulation.phases)
    return next((owner for owner in found if isinstance(owner, Recorder)), None)


class Recorder:
    """What `observe` puts into a day: what is under way, and spells that are over."""

    def __init__(self, places: tuple[str, ...]):
        self.places = places
        self.roles = {role: _Statuses(len(names)) for role, names in ROLES.items()}
        self.contacts = _Contacts()
        self.plans: list[list[int]] = []  # plan, Boss row, territory, kind, launched, ended, end, team, slots
        self.vacancies: list[list[int]] = []  # plan, task, opened, filled, by somebody known, ended, end
        self.plan_of: dict[int, int] = {}  # number of the running Plan by Boss row
        self.waiting: dict[tuple[int, int], list[int]] = {}  # numbers of open vacancies by Boss row and task
        self._teams: dict[int, np.ndarray] = {}  # of this morning, by Boss row
        self._contacts: dict[int, np.ndarray] = {}

    def look_after_census(self, day, seed, world, params) -> None:
        """Statuses as the ledger counts them, Plans launched this morning, and what the day may change of running ones."""
        counts, plans, bosses = world.counts[0], world.plans, world.bosses
        for role, table in _TABLE_OF.items():
            self.roles[role].look(day, getattr(world, table)["status"][: counts[table]])
        running = np.sort(world.running[: counts.running])
        self._teams = _by_row(running, plans["person"], plans["n_persons"])
        self._contacts = _by_row(running, bosses["contact"], bosses["n_contacts"])
        launched = running[plans["start"][running] == day]
        described = (plans[name][launched].tolist() for name in ("territory", "kind", "n_persons", "n_slots"))
        for b, territory, kind, team, slots in zip(launched.tolist(), *described, strict=True):
            self.plan_of[b] = len(self.plans)
            self.plans.append([len(self.plans), b, territory, kind, day, NONE, RUNNING, team, slots])

    def look_after_flow(self, day, seed, world, params) -> None:
        """Vacancies that fell open or were filled today, and Plans that ended by their date or for want of persons."""
        self._follow_vacancies(day, world)
        for b in self._closed(world):
            status = world.prostitutes["status"][self._teams[b]]
            self._end_plan(b, day, COMPLETED if BETWEEN in status else ABANDONED)

    def look_after_outreach(self, day, seed, world, params) -> None:
        """Plans that were broken up, or whose Boss was taken, today; contacts of teams."""
        for b in self._closed(world):
            self._end_plan(b, day, BROKEN_UP if world.bosses["event_broken"][b] == 1 else BOSS_HELD)
        self.contacts.look(day, world.prostitutes[: world.counts[0].prostitutes])

    def _closed(self, world) -> list[int]:
        """Bosses whose Plan was running, and is over."""
        rows = np.fromiter(self.plan_of, dtype=np.int64, count=len(self.plan_of))
        return rows[world.plans["open"][rows] == 0].tolist()

    def _end_plan(self, b: int, day: int, end: int) -> None:
        self.plans[self.plan_of.pop(b)][5:7] = day + 1, end
        for task in range(len(TASKS)):
            for number in self.waiting.pop((b, task), ()):
                self.vacancies[number][5:7] = day + 1, WITH_THE_PLAN

    def _follow_vacancies(self, day: int, world) -> None:
        """Open vacancies that fell open today, and close those of which a slot says that they are no longer open."""
        last = int(world.counts[0].events)
        first = int(np.searchsorted(world.events["day"][:last], day))
        if first == last:
            return
        boss_of = {uid: b for b, uid in zip(self.plan_of, world.bosses["uid"][list(self.plan_of)].tolist(), strict=True)}
        uids = world.providers["uid"][: world.counts[0].providers]
        hired: dict[tuple[int, int], list[bool]] = {}
        met: dict[int, set[int]] = {}
        events = (world.events[name][first:last].tolist() for name in ("code", "value", "uid", "other_uid"))
        for code, task, boss, provider in zip(*events, strict=True):
            if code == SLOT_VACANT:
                b = boss_of[boss]
                self.waiting.setdefault((b, task), []).append(len(self.vacancies))
                self.vacancies.append([self.plan_of[b], task, day, NONE, NONE, NONE, OPEN])
            elif code == SLOT_FILLED:
                b, p = boss_of[boss], int(np.flatnonzero(uids == provider)[0])
                hired.setdefault((b, task), []).append(p in self._contacts[b] or p in met.get(b, ()))
                met.setdefault(b, set()).add(p)
        for key, known in hired.items():
            for number, by_known in zip(self._filled(key, len(known), world), known, strict=True):
                self.waiting[key].remove(number)
                self.vacancies[number][3:7] = day, int(by_known), day, FILLED

    def _filled(self, key: tuple[int, int], wanted: int, world) -> list[int]:
        """Which of the vacancies of a task were filled: those since whose day no slot is vacant; of a closed Plan the oldest."""
        b, task = key
        slots = world.plans["slot_task"][b, : world.plans["n_slots"][b]] == task
        still = world.plans["slot_vacant_since"][b, : slots.size][slots].tolist()
        filled = []
        for number in self.waiting[key]:
            opened = self.vacancies[number][2]
            if opened in still:
                still.remove(opened)
            else:
                filled.append(number)
        return filled[:wanted]

    def columns(self, day: int) -> dict[str, dict[str, np.ndarray]]:
        """Tables of plain columns as of a morning (`columns`)."""
        plans = dict(zip(TABLES["plans"], _table(self.plans, 9), strict=True))
        plans["territory"] = _named(self.places, plans["territory"])
        plans["kind"], plans["end"] = _named(VENUE_KINDS, plans["kind"]), _named(PLAN_ENDS, plans["end"])
        vacancies = dict(zip(TABLES["vacancies"], _table(self.vacancies, 7), strict=True))
        vacancies["task"], vacancies["end"] = _named(TASKS, vacancies["task"]), _named(VACANCY_ENDS, vacancies["end"])
        statuses = [self.roles[role].spells(day, role) for role in ROLES]
        moves = [self.roles[role].transitions(role) for role in ROLES]
        return {
            "plans": plans, "vacancies": vacancies, "statuses": _joined(statuses), "contacts": self.contacts.spells(day),
            "transitions": _joined(moves),
        }  # fmt: skip


class _Statuses:
    """The status of everybody of a role since when, spells that are over, and counts of day-to-day transitions."""

    def __init__(self, statuses: int):
        self.statuses = statuses
        self.status, self.since = np.empty(0, np.int64), np.empty(0, np.int64)
        self.over: list[np.ndarray] = []  # [row, status, begun, ended] in columns
        self.moves: dict[int, np.ndarray] = {}  # by period [status before or new, status]

    def look(self, day: int, status: np.ndarray) -> None:
        """Compare statuses of this day's census with those of the day before."""
        now, known = status.astype(np.int64), self.status.size
        if day > 0:
            before = np.concatenate([self.status, np.full(now.size - known, self.statuses)])
            shape = self.statuses + 1, self.statuses
            moves = self.moves.setdefault(day // PERIOD, np.zeros(shape, np.int64))
            moves += np.bincount(before * self.statuses + now, minlength=shape[0] * shape[1]).reshape(shape)
        changed = np.flatnonzero(now[:known] != self.status)
        self.over.append(np.array([changed, self.status[changed], self.since[changed], np.full(changed.size, day)]))
        self.since = np.concatenate([self.since, np.full(now.size - known, day)])
        self.since[changed] = day
        self.status = now

    def spells(self, day: int, role: str) -> dict[str, np.ndarray]:
        """The spells of a role; those of exploited persons counted, without number and day."""
        present = np.arange(self.status.size)
        running = np.array([present, self.status, self.since, np.full(present.size, NONE)])
        row, status, begun, ended = np.concatenate([*self.over, running], axis=1)
        left, right = begun == 0, ended == NONE
        days = np.where(right, day, ended) - begun
        period = np.where(left, NONE, begun - begun % PERIOD)
        if role == "person":
            alike, spells, days = _counted([status, period, left, right, np.where(left, NONE, days)], days)
            status, period, left, right, _ = alike
            row = begun = ended = np.full(spells.size, NONE)
        else:
            row, status, begun, ended, days, period, left, right = _sorted(row, status, begun, ended, days, period, left, right)
            spells = np.ones(row.size, np.int64)
        named = np.full(row.size, role), row, _named(ROLES[role], status), period, begun, ended, spells, days, left, right
        return dict(zip(TABLES["statuses"], named, strict=True))

    def transitions(self, role: str) -> dict[str, np.ndarray]:
        """Day-to-day transitions by period, those that occurred; staying is one too."""
        names = (*ROLES[role], NEW)
        found = [[period * PERIOD, *where, moves[*where]] for period, moves in self.moves.items() for where in np.argwhere(moves)]
        period, before, after, number = _table(found, 4)
        named = np.full(period.size, role), period, _named(names, before), _named(names, after), number
        return dict(zip(TABLES["transitions"], named, strict=True))


class _Contacts:
    """Contacts of outreach teams with persons, seen each evening: under way by row, and those that are over."""

    def __init__(self):
        self.channel, self.since, self.met = np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64)
        self.over: list[np.ndarray] = []  # [channel, begun, accompanied from, ended] in columns

    def look(self, day: int, persons: np.ndarray) -> None:
        """Compare contacts of this evening with those of the one before. A day has at most one beginning for a person."""
        more = np.zeros(persons.size - self.channel.size, np.int64)
        self.channel, self.since, self.met = (np.concatenate([kept, more]) for kept in (self.channel, self.since, self.met))
        now = np.where(persons["team"] >= 0, persons["channel"], 0)
        begun = (now > 0) & (persons["answer_day"] == day)
        ended = (self.channel > 0) & ((now == 0) | begun)
        self.over.append(np.array([self.channel, self.since, self.met, np.full(now.size, day)])[:, ended])
        self.channel = now
        self.since[begun], self.met[begun] = day, NONE
        self.met[(now > 0) & (persons["accompanied"] == 1) & (self.met == NONE)] = day

    def spells(self, day: int) -> dict[str, np.ndarray]:
        """Contacts counted, without the persons and the days."""
        on = self.channel > 0
        running = np.array([self.channel[on], self.since[on], self.met[on], np.full(on.sum(), NONE)])
        channel, begun, met, ended = np.concatenate([*self.over, running], axis=1)
        right = ended == NONE
        days, waited = np.where(right, day, ended) - begun, np.where(met == NONE, NONE, met - begun)
        alike, spells, days = _counted([channel, begun - begun % PERIOD, waited, right, days], days)
        named = _named(CHANNELS, alike[0]), alike[1], alike[2], spells, days, alike[3]
        return dict(zip(TABLES["contacts"], named, strict=True))


def _by_row(running: np.ndarray, lists: np.ndarray, lengths: np.ndarray) -> dict[int, np.ndarray]:
    """Lists of Bosses' rows by their row, each as long as it is filled."""
    cut = zip(running.tolist(), lists[running], lengths[running].tolist(), strict=True)
    return {b: entries[:length] for b, entries, length in cut}


def _table(rows: list[list[int]], width: int) -> np.ndarray:
    """int64[width, rows] of a list of rows, which may be empty."""
    return np.array(rows, dtype=np.int64).reshape(-1, width).T


def _named(names: tuple[str, ...], codes: np.ndarray) -> np.ndarray:
    return np.array(names)[codes]


def _sorted(*parts: np.ndarray) -> list[np.ndarray]:
    """Columns in the order of the first, then of the third: rows by number and day."""
    order = np.lexsort((parts[2], parts[0]))
    return [part[order] for part in parts]


def _counted(alike: list[np.ndarray], days: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows that are alike once, sorted; how many of each there were, and their days in all."""
    rows, which, spells = np.unique(np.array(alike, dtype=np.int64), axis=1, return_inverse=True, return_counts=True)
    return rows, spells, np.bincount(which.ravel(), weights=days, minlength=spells.size).astype(np.int64)


def _joined(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Tables of the same columns below each other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
