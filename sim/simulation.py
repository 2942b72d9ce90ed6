"""A world that runs: the engine under `Market`, and what experiments use in their workers.

It knows nothing of Mesa. Days run in compiled batches that return at least every second, so that
an interrupt is heard; between batches tables that are short of room are doubled.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np

from sim.compiled import announce_compilation, compilation_is_complete, is_compiled
from sim.configuration import ConfigurationError, compose
from sim.day import MORE_BOSSES, MORE_EVENTS, MORE_PROSTITUTES, MORE_PROVIDERS, PHASES, READY, many_days, room_for_a_day
from sim.founding import found_world
from sim.geography import Place
from sim.parameters import Parameters
from sim.policy import lever_records
from sim.state.world import (
    EVENT_ROOM,
    World,
    copy_world,
    double_bosses,
    double_prostitutes,
    double_providers,
    room_for_events,
)

DAYS_A_BATCH_AT_20K = 64  # about 20 ms of a world with 20,000 clients
_DOUBLE = {MORE_BOSSES: double_bosses, MORE_PROVIDERS: double_providers, MORE_PROSTITUTES: double_prostitutes}


class Simulation:
    """One world and its clock.

    `parameters`: a validated configuration; `record_events`: keep Plans and vacancy spells.
    Raises ConfigurationError if the policy names a place or lever that does not exist.

    >>> from sim.configuration import compose
    >>> run = Simulation(compose("class", overrides={"days": 30, "burn_in": 0}))
    >>> run.run(30)
    >>> int(run.world.ledger["encounters"].sum()) > 0
    True
    """

    def __init__(self, parameters: Parameters, record_events: bool = False):
        first_time = announce_compilation()
        founded = found_world(parameters)
        self.parameters = parameters
        self.places: list[Place] = founded.places
        self.world: World = founded.world
        self.rules: np.ndarray = founded.rules
        self.seed = np.uint64(parameters.seed)
        self.day = 0
        self.phases: list[tuple[str, Callable]] = list(PHASES)
        self._event_batches: list[np.ndarray] = []
        self.world.counts[0].policy_start = parameters.policy.start_day
        if record_events:
            self.world.counts[0].record_events = 1
            self.world = room_for_events(self.world, EVENT_ROOM + 64 * self.world.bosses.size)
        if first_time:
            compile_everything(self)

    @property
    def days(self) -> int:
        """The horizon, days."""
        return self.parameters.days

    def run(self, days: int | None = None) -> None:
        """Run a number of days, or to the horizon. ConfigurationError beyond it."""
        last = self.days if days is None else self.day + days
        if last > self.days:
            raise ConfigurationError(f"day {last} lies beyond the horizon of {self.days} days; set days={last} or more")
        if self._is_standard():
            self._run_compiled(last)
        else:
            while self.day < last:
                self._run_phase_by_phase()

    def _is_standard(self) -> bool:
        return len(self.phases) == len(PHASES) and all(a is b for a, b in zip(self.phases, PHASES, strict=True))

    def _run_compiled(self, last: int) -> None:
        batch = max(1, DAYS_A_BATCH_AT_20K * 20_000 // max(2_000, self.world.clients.size))
        while self.day < last:
            self.day, code = many_days(self.day, min(last, self.day + batch), self.seed, self.world, self.rules[0])
            self._make_room(code)

    def _run_phase_by_phase(self) -> None:
        """One day by the list of phases: the path on which Python phases run."""
        while (code := room_for_a_day(self.world, self.rules[0])) != READY:
            self._make_room(code)
        for _, phase in self.phases:
            phase(self.day, self.seed, self.world, self.rules[0])
        self.day += 1

    def _make_room(self, code: int) -> None:
        if code == MORE_EVENTS:
            self._drain_events()
        elif code != READY:
            self.world = _DOUBLE[code](self.world)

    def _drain_events(self) -> None:
        self._event_batches.append(self.world.events[: self.world.counts[0].events].copy())
        needed = EVENT_ROOM + 64 * self.world.bosses.size
        self.world = room_for_events(self.world, max(needed, self.world.events.size))

    def insert_phase(self, name: str, phase: Callable, *, before: str | None = None, after: str | None = None) -> None:
        """Put a phase `phase(day, seed, world, rules)` into the day, in plain Python or compiled."""
        names = [known for known, _ in self.phases]
        anchor = before or after
        if anchor not in names:
            raise ConfigurationError(f"no phase named {anchor!r}; valid: {', '.join(names)}")
        self.phases.insert(names.index(anchor) + (0 if before else 1), (name, phase))

    def replace_phase(self, name: str, phase: Callable) -> None:
        """Put another phase in the place of one: the way to replace a rule."""
        names = [known for known, _ in self.phases]
        if name not in names:
            raise ConfigurationError(f"no phase named {name!r}; valid: {', '.join(names)}")
        self.phases[names.index(name)] = (name, phase)

    def fork(self, parameters: Parameters | None = None) -> Simulation:
        """An independent copy as of today, possibly under another policy that has not begun yet.

        Raises ValueError if anything but the policy differs, or if a policy has begun already.
        """
        twin = object.__new__(Simulation)
        twin.__dict__ = dict(self.__dict__)
        twin.world = copy_world(self.world)
        twin.phases = list(self.phases)
        twin._event_batches = list(self._event_batches)
        if parameters is not None:
            twin._adopt_policy(parameters)
        return twin

    def _adopt_policy(self, parameters: Parameters) -> None:
        without = {"policy": self.parameters.policy, "budget": self.parameters.budget}
        if parameters.model_copy(update=without) != self.parameters:
            raise ValueError("a fork may differ in its policy only")
        names = [place.name for place in self.places]
        levers = lever_records(parameters, names, self.world.territories["population"], self.world.scale)
        for records in (levers, self.world.levers):
            begun = (records["code"] >= 0) & (records["start"] < self.day)
            if begun.any():
                raise ValueError(f"a lever begins on day {records['start'][begun].min()}, before the fork on day {self.day}")
        self.world.levers[:] = levers
        self.world.counts[0].policy_start = parameters.policy.start_day
        self.parameters = parameters

    def events(self) -> np.ndarray:
        """Events recorded so far: records of day, code, place (cell), value, uid, other uid."""
        current = self.world.events[: self.world.counts[0].events]
        return np.concatenate([*self._event_batches, current])

    def ledger_sha256(self) -> str:
        """SHA-256 of the ledger of the days run, over little-endian int64 in the declared order."""
        digest = hashlib.sha256()
        for table in (self.world.ledger, self.world.cells, self.world.public_cost):
            plain = table[: self.day]
            if plain.dtype.names:
                plain = plain.view(np.int64)
            digest.update(np.ascontiguousarray(plain, dtype="<i8"))
        return digest.hexdigest()


def compile_everything(simulation: Simulation) -> None:
    """Compile all phases for the cache, the day as a whole and each by itself, without running a day."""
    many_days(0, 0, simulation.seed, simulation.world, simulation.rules[0])
    compilation_is_complete()


def be_compiled() -> None:
    """Compile once, in this process, what several workers would otherwise compile each for itself."""
    if not is_compiled():
        Simulation(compose("class", overrides={"days": 30, "burn_in": 0, "market.clients": 100}))
