"""A running world: the basis of `Market`, also used by experiments in their workers.

It does not depend on Mesa. Days run in compiled batches that return at least every second, so that
interrupts are handled; between batches tables that are short of room are doubled.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from pydantic import BaseModel

from sim.configuration import ConfigurationError, compose
from sim.day import MORE_BOSSES, MORE_EVENTS, MORE_PROSTITUTES, MORE_PROVIDERS, PHASES, READY, many_days, room_for_a_day
from sim.engine.compiled import INTERPRETED, SOURCE_DIGEST, announce_compilation, compilation_is_complete, compile_for
from sim.engine.stopwatch import seconds_shown, with_stopwatches
from sim.initialisation.geography import Place
from sim.initialisation.population import found_alike, found_world
from sim.levers import LEVER_CODES
from sim.own_phases import with_own
from sim.parameters import Parameters
from sim.phase_copies import copied_phase, refuse_globals
from sim.policy import lever_records
from sim.state.params import params_record
from sim.state.world import (
    EVENT_ROOM,
    World,
    copy_tables,
    double_bosses,
    double_prostitutes,
    double_providers,
    overwrite,
    room_for_events,
)

DAYS_A_BATCH_AT_20K = 64  # about 20 ms of a world with 20,000 clients
_SETTLED = "this is settled on the first morning, and a fork cannot change it; make a market of its own"
OF_A_SECOND_PROCESS = ("administration", "enforcement")  # phases: half of what there is to compile
SMALL = {"days": 30, "burn_in": 0, "market.clients": 100}
_DOUBLE = {MORE_BOSSES: double_bosses, MORE_PROVIDERS: double_providers, MORE_PROSTITUTES: double_prostitutes}


class Simulation:
    """One world and its clock.

    `parameters`: a validated configuration; `record_events`: keep Plans and vacancy spells.
    Raises ConfigurationError if the policy names a place or lever that does not exist.

    Between two days it can be copied (`copy.deepcopy`, `fork`) and pickled; a copy continues as the original does.

    >>> from sim.configuration import compose
    >>> run = Simulation(compose("class", overrides={"days": 30, "burn_in": 0}))
    >>> run.run(30)
    >>> int(run.world.ledger["encounters"].sum()) > 0
    True
    """

    def __init__(self, parameters: Parameters, record_events: bool = False):
        first_time = announce_compilation()
        with seconds_shown(first_time):
            self._found(parameters, record_events)
            if first_time:
                compile_at_first(self)

    def _found(self, parameters: Parameters, record_events: bool) -> None:
        """Make the world of the first morning."""
        founded = found_world(parameters)
        self.parameters = parameters
        self.places: tuple[Place, ...] = founded.places
        self.world: World = founded.world
        self.params: np.ndarray = founded.params
        self.seed = np.uint64(parameters.seed)
        self.phases: list[tuple[str, Callable]] = with_own(PHASES, parameters)
        self._event_batches: list[np.ndarray] = []
        self._turn = threading.Lock()  # held while days run, and while a copy is made
        self.world.counts[0].policy_start = parameters.policy.start_day
        if record_events:
            self.world.counts[0].record_events = 1
            self.world = room_for_events(self.world, EVENT_ROOM + 64 * self.world.bosses.size)

    @property
    def day(self) -> int:
        """The next day; within a phase, today. Counted from 0."""
        return int(self.world.counts[0].days)

    @property
    def days(self) -> int:
        """The horizon in days."""
        return self.parameters.days

    def _refuse_within_a_day(self, what: str) -> None:
        """Raise ConfigurationError if days are running, or one was interrupted.

        Callers hold `_turn` by `with self._turn`, which an interrupt can neither miss nor leave held.
        """
        if self._turn.locked():
            raise ConfigurationError(f"{what}: day {self.day} of this market is under way; do it between two days")
        if self.world.counts[0].begun != self.day:
            raise ConfigurationError(
                f"{what}: day {self.day} of this market was broken off in its middle (an error or an interrupt within a "
                "phase or a step), and half a day cannot be gone on from; make the market again"
            )

    def run(self, days: int | None = None) -> None:
        """Run a number of days, or to the horizon. ConfigurationError beyond it."""
        last = self._last_day(days)
        self._refuse_within_a_day("run")
        with self._turn:
            if self._is_standard():
                self._run_compiled(last)
            else:
                while self.day < last:
                    self._run_phase_by_phase(self.phases)

    def _is_standard(self) -> bool:
        return self.phases == list(PHASES)

    def _own_phases(self) -> list[Callable]:
        """The phases inserted by a user."""
        ready = with_own(PHASES, self.parameters)
        return [entry[1] for entry in self.phases if entry not in ready]

    def _run_compiled(self, last: int) -> None:
        batch = max(1, DAYS_A_BATCH_AT_20K * 20_000 // max(2_000, self.world.clients.size))
        while self.day < last:
            self._make_room(many_days(min(last, self.day + batch), self.seed, self.world, self.params[0]))

    def _last_day(self, days: int | None) -> int:
        """The day to stop before, after `days` more days. ConfigurationError beyond the horizon."""
        last = self.days if days is None else self.day + days
        if last > self.days:
            raise ConfigurationError(f"day {last} lies beyond the horizon of {self.days} days; set days={last} or more")
        return last

    def time_phases(self, days: int | None = None) -> dict[str, float]:
        """Run a number of days, or to the horizon, phase by phase; return each phase's processor time in seconds."""
        last = self._last_day(days)
        seconds, timed = with_stopwatches(self.phases)
        self._refuse_within_a_day("time phases")
        with self._turn:
            while self.day < last:
                self._run_phase_by_phase(timed)
        return seconds

    def _run_phase_by_phase(self, phases: list[tuple[str, Callable]]) -> None:
        """Run one day by a list of phases: the path on which Python phases run."""
        while (code := room_for_a_day(self.world, self.params[0])) != READY:
            self._make_room(code)
        counts, day = self.world.counts[0], self.day
        counts.begun = day + 1
        for _, phase in phases:
            phase(day, self.seed, self.world, self.params[0])
        counts.days = day + 1

    def _make_room(self, code: int) -> None:
        if code == MORE_EVENTS:
            self._drain_events()
        elif code != READY:
            self.world = _DOUBLE[code](self.world)

    def _drain_events(self) -> None:
        drained = [*self._event_batches, self.world.events[: self.world.counts[0].events].copy()]
        needed = EVENT_ROOM + 64 * self.world.bosses.size
        emptied = room_for_events(self.world, max(needed, self.world.events.size))
        self._event_batches, self.world = drained, emptied  # at once, so that an interrupt finds either both or neither

    def insert_phase(self, name: str, phase: Callable, *, before: str | None = None, after: str | None = None) -> None:
        """Insert a phase `phase(day, seed, world, params)` into the day, in plain Python or compiled."""
        names = [known for known, _ in self.phases]
        anchor = before or after
        if anchor not in names:
            raise ConfigurationError(f"no phase named {anchor!r}; valid: {', '.join(names)}")
        self.phases.insert(names.index(anchor) + (0 if before else 1), (name, phase))

    def replace_phase(self, name: str, phase: Callable) -> None:
        """Replace a phase by another: the way to replace a rule."""
        names = [known for known, _ in self.phases]
        if name not in names:
            raise ConfigurationError(f"no phase named {name!r}; valid: {', '.join(names)}")
        self.phases[names.index(name)] = (name, phase)

    def fork(self, parameters: Parameters | None = None) -> Simulation:
        """An independent copy as of today: one history, many futures.

        `parameters`: under which it goes on, with another policy that begins today or later, or other numbers of the rules;
        persons present keep what they were given at their arrival. ConfigurationError for what is settled on the first
        morning (seed, dates, market, places, institutions, the day of the policy), and for levers that begin before today.
        """
        twin = copy.deepcopy(self)
        if parameters is not None:
            twin._adopt_numbers(parameters)
            twin._adopt_policy(parameters)
            twin.parameters = parameters
        return twin

    def __copy__(self):
        raise ConfigurationError("copy.copy would leave two simulations with one world; use copy.deepcopy")

    def __deepcopy__(self, memo: dict) -> Simulation:
        """An independent copy as of today. ConfigurationError within a day, or for a phase that would act on the original."""
        self._refuse_within_a_day("copy")
        with self._turn:
            refuse_globals(self._own_phases(), self)
            twin = object.__new__(type(self))
            memo[id(self)] = twin
            for shared in (self.parameters, self.places):  # neither is ever changed
                memo[id(shared)] = shared
            twin._turn = threading.Lock()
            ready = with_own(PHASES, self.parameters)
            twin.phases = [entry if entry in ready else (entry[0], copied_phase(entry[1], memo)) for entry in self.phases]
            for name, value in self.__dict__.items():
                if name not in ("_turn", "phases"):
                    twin.__dict__[name] = copy.deepcopy(value, memo)
            return twin

    def __getstate__(self) -> dict[str, Any]:
        """The state to pickle: all but the lock, and of the model's own phases only the names."""
        self._refuse_within_a_day("pickle")
        with self._turn:
            refuse_globals(self._own_phases(), self)
            ready = with_own(PHASES, self.parameters)
            phases = [(name, None if (name, phase) in ready else phase) for name, phase in self.phases]
            state = self.__dict__ | {"phases": phases, "code": SOURCE_DIGEST}
            del state["_turn"]
            return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if state.pop("code", None) != SOURCE_DIGEST:
            raise ConfigurationError("this market was pickled by another version of the model's code; run it again from its seed")
        standard = dict(with_own(PHASES, state["parameters"]))
        state["phases"] = [(name, phase or standard[name]) for name, phase in state["phases"]]
        self.__dict__.update(state, _turn=threading.Lock())
        if announce_compilation():
            with seconds_shown():
                compile_at_first(self)

    def restore(self, tables: dict[str, np.ndarray], params: np.ndarray, events: np.ndarray) -> None:
        """Take the state of another simulation of these parameters: its tables, numbers of rules, and events drained before."""
        self.world = copy_tables(tables)
        overwrite(self.params, params)
        self._event_batches = [events] if events.size else []

    def _adopt_numbers(self, parameters: Parameters) -> None:
        """Let rules read other numbers from now on. ConfigurationError names one that acts on the first morning."""
        groups = {group: (content, getattr(self.parameters, group)) for group, content in parameters.__dict__.items()}
        apart = ("policy", "budget", "own_outcomes")
        changed = {group: pair for group, pair in groups.items() if group not in apart and pair[0] != pair[1]}
        for group, (content, before) in changed.items():
            for key in type(content).model_fields if isinstance(content, BaseModel) else ():
                value = getattr(content, key)
                alone = self.parameters.model_copy(update={group: before.model_copy(update={key: value})})
                if value != getattr(before, key) and not found_alike(self.parameters, alone):
                    raise ConfigurationError(f"{group}.{key}={value}: {_SETTLED}")
            if not isinstance(content, BaseModel):
                raise ConfigurationError(f"{group}={content}: {_SETTLED}")
        if changed:
            overwrite(self.params, params_record(parameters))

    def _adopt_policy(self, parameters: Parameters) -> None:
        """Let the levers of a policy act from today or later. ConfigurationError for one that begins before today."""
        start, names = parameters.policy.start_day, [place.name for place in self.places]
        levers = lever_records(parameters, names, self.world.territories["population"], self.world.lever_capacity)
        if levers.tobytes() != self.world.levers.tobytes():
            for records in (levers, self.world.levers):
                begun = (records["code"] >= 0) & (records["start"] < self.day)
                if begun.any():
                    first = records["start"][begun].min()
                    raise ConfigurationError(
                        f"policy: a lever begins on day {first}, before the fork on day {self.day}; run the history with "
                        f"policy.start_day={self.day}, or give the lever a later start"
                    )
        if start != self.parameters.policy.start_day and self.day > 0:
            raise ConfigurationError(
                f"policy.start_day={start}: this history has been counted towards day {self.parameters.policy.start_day}; run it "
                f"with policy.start_day={start} from its first day"
            )
        self.world.levers[:] = levers
        self.world.counts[0].policy_start = start

    def events(self) -> np.ndarray:
        """Events recorded so far: records of day, code, place (cell), value, uid, other uid."""
        current = self.world.events[: self.world.counts[0].events]
        return np.concatenate([*self._event_batches, current])

    def ledger_sha256(self) -> str:
        """SHA-256 of the ledger of the days run, over little-endian int64 in the declared order.

        Of the levers of the configuration's own rules those count that have cost anything.
        """
        digest = hashlib.sha256()
        cost = self.world.public_cost
        counted = cost.any(axis=0)
        counted[:LEVER_CODES] = True
        for table in (self.world.ledger, self.world.cells, cost[:, counted]):
            plain = table[: self.day]
            if plain.dtype.names:
                plain = plain.view(np.int64)
            digest.update(np.ascontiguousarray(plain, dtype="<i8"))
        return digest.hexdigest()


def compile_everything(simulation: Simulation) -> None:
    """Compile all phases for the cache, the day as a whole and each separately, without running a day."""
    many_days(0, simulation.seed, simulation.world, simulation.params[0])
    compilation_is_complete()


def compile_at_first(simulation: Simulation) -> None:
    """Compile all phases where nothing is in the cache, half of them in a second process; what that does not leave, here."""
    with _second_process():
        compile_phases(simulation, [name for name, _ in PHASES if name not in OF_A_SECOND_PROCESS])
    compile_everything(simulation)


def compile_phases(simulation: Simulation, names: Iterable[str]) -> None:
    """Compile some phases of the day for the cache, without running them."""
    phases = dict(PHASES)
    for name in names:
        compile_for(phases[name], 0, simulation.seed, simulation.world, simulation.params[0])


def compile_second_half() -> None:
    """What the second process does."""
    simulation = Simulation.__new__(Simulation)
    simulation._found(compose("class", overrides=SMALL), record_events=False)
    compile_phases(simulation, OF_A_SECOND_PROCESS)


@contextlib.contextmanager
def _second_process() -> Iterator[None]:
    """Let it compile its half meanwhile; it ends with this."""
    command = [sys.executable, "-P", "-c", f"from {__name__} import compile_second_half; compile_second_half()"]
    surroundings = os.environ | {"PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
    quiet = subprocess.DEVNULL
    try:
        process = subprocess.Popen(command, env=surroundings, stdin=quiet, stdout=quiet, stderr=quiet)
    except OSError:  # no further process may be made
        yield
        return
    try:
        yield
        process.wait()
    finally:
        process.kill()
        process.wait()


def be_compiled() -> None:
    """Compile once, in this process, code that every worker would otherwise compile for itself.

    Cached code is loaded, since only loading shows whether it can be used.
    """
    if not INTERPRETED:
        compile_everything(Simulation(compose("class", overrides=SMALL)))
