"""Public interface: a market as a Mesa model, for teaching, exploring and extending.

`Market` gives `sim.simulation.Simulation` Mesa's interface (`step`, `agents`, `agents_by_type`). It
costs nothing until it is used: agents are views made when first requested, and days run compiled
unless a class overrides an agent's `step()` or a Python phase is inserted into the day.

>>> from sim.market import Market
>>> market = Market(market="class", seed=1, overrides={"days": 30, "burn_in": 0})
>>> market.run(30)
>>> market.outcomes()["encounters"]["unit"]
'encounters/day'
"""

from __future__ import annotations

import copy
import datetime as dt
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np

from sim.configuration import ConfigurationError, compose, continued
from sim.engine.chance import U64
from sim.measures.own_outcomes import check_own_outcomes
from sim.mesa.agent_sets import LazyAgentSet, Rows, WhichRows, same_rows
from sim.mesa.agents import (
    ROLES,
    STEPS_AFTER,
    Boss,
    Client,
    OutreachTeam,
    PlanView,
    PoliceUnit,
    Prostitute,
    Provider,
    Shelter,
    View,
)
from sim.mesa.agents_by_type import AgentsByType, Steps
from sim.mesa.arguments import checked_classes, checked_seed, whole_number
from sim.mesa.substream import Substream
from sim.mesa.versions import AgentSet, move_clock, refuse_repetitions, seeded, steps_alone
from sim.phase_copies import refuse_globals
from sim.simulation import Simulation
from sim.snapshot import read_snapshot, write_snapshot

if TYPE_CHECKING:
    import pandas

__all__ = ["Boss", "Client", "Substream", "Market", "OutreachTeam", "PlanView", "PoliceUnit", "Prostitute", "Provider", "Shelter"]


class Market(mesa.Model):
    """A world, its day and its agents.

    Args:
        market: preset: `class`, `herault`, `idf` or `france`; or the path of a table of places, or of a market file that
            names one (`docs/own_places.md`).
        seed: whole number from 0; the same seed, configuration and code give the same world. Mesa's other name
            for it, `rng`, is accepted too.
        policy: name of a policy in `configs/policy`.
        overrides: numbers by dotted name, such as `{"labour.bonding": 0.5, "days": 365}`.
        agent_classes: subclasses to use, by role, such as `{Boss: CautiousBoss}`. One that overrides
            `step()` has it called each day after its role's phase (Boss: planning; Client:
            administration; Provider, Prostitute: flow; PoliceUnit: enforcement; OutreachTeam: outreach;
            Shelter: care), in the order of uids.
        record_events: record an event for each Plan and vacancy spell.
        outcomes, rules: files with outcomes and rules of one's own (`docs/own_additions.md`).

    Raises ConfigurationError, in one line, for any configuration that cannot be run.

    A set of agents (`market.agents`, `market.agents_by_type[Boss]`) holds those who are in the market at
    the moment it is requested; agents who have left are in none, but keep a view that shows it
    (`view.present`). Views are made on access: counting, indexing, and `get`, `agg` or `groupby` of a
    field of the record are cheap with a million clients. `market.random` and `market.rng` come from
    Mesa, for `shuffle_do` and for user code; the model draws from neither (see `substream`).
    """

    def __init__(
        self,
        market: str = "herault",
        seed: int = 1,
        policy: str = "none",
        overrides: Mapping[str, Any] | None = None,
        agent_classes: Mapping[type[View], type[View]] | None = None,
        record_events: bool = False,
        rng: int | None = None,
        outcomes: Iterable[str] = (),
        rules: Iterable[str] = (),
    ):
        seed = checked_seed(seed, rng, overrides)
        refuse_repetitions()
        parameters = compose(market, policy, {**(overrides or {}), "seed": seed}, outcomes, rules)
        check_own_outcomes(parameters)
        self._begin(Simulation(parameters, record_events), agent_classes)

    def _begin(self, simulation: Simulation, agent_classes: Mapping[type[View], type[View]] | None = None) -> None:
        """Be the Mesa model of a simulation."""
        super().__init__(**seeded(simulation.parameters.seed))
        self._mesas_step, self.step = self.step, self._step_once
        self.simulation = simulation
        self._classes = checked_classes(agent_classes or {})
        self._views: dict[type[View], dict[int, View]] = {role: {} for role in ROLES}
        self._sets: dict[type[View], tuple[WhichRows, AgentSet]] = {}
        for role in STEPS_AFTER:
            if self._classes[role].step is not mesa.Agent.step:
                self._add_steps(role)

    # --- state ---------------------------------------------------------------------------------

    @property
    def parameters(self):
        """The validated configuration."""
        return self.simulation.parameters

    @property
    def world(self):
        """The tables of records; request them again each day, since a table that grows makes a new world."""
        return self.simulation.world

    @property
    def places(self):
        """The territories, in the order of their numbers, as a new list."""
        return list(self.simulation.places)

    @property
    def day(self) -> int:
        """The next day; within a phase or an agent's `step()`, today. Counted from 0."""
        return self.simulation.day

    @property
    def days(self) -> int:
        """The horizon in days."""
        return self.simulation.days

    @property
    def date(self) -> dt.date:
        """The date of `day`."""
        return self.parameters.start + dt.timedelta(days=self.day)

    @property
    def agents_by_type(self) -> AgentsByType:
        """Sets of agents by class; a role's class also finds the subclass that replaces it."""
        return AgentsByType(self)

    @property
    def agent_types(self) -> list[type]:
        """The classes of agents: those of the roles, then those of any other Mesa agents added by hand."""
        return [*self._classes.values(), *super().agent_types]

    @property
    def agents(self) -> AgentSet:
        """Everybody in the market now, clients included; use `agents_by_type` for a single role."""
        parts = []
        for group in self.agents_by_type.values():
            is_lazy = isinstance(group, LazyAgentSet) and group.parts is not None
            parts += group.parts if is_lazy else [AgentSet(group, random=self.random)]
        return LazyAgentSet(parts, self.random)

    def agent(self, uid: int) -> View:
        """The view of one agent, in the market or not. Raises KeyError for an unknown uid."""
        for role in ROLES:
            rows = np.flatnonzero(getattr(self.world, role.table)["uid"][: role.rows_in_use(self.world)] == U64(uid))
            if rows.size:
                return self.views(role, rows[:1])[0]
        raise KeyError(f"no agent has the uid {uid}")

    def views(self, role: type[View], rows: Iterable[int]) -> list[View]:
        """The views of the given rows of a role's table, always the same object for the same row."""
        known, chosen = self._views[role], self._classes[role]
        if isinstance(rows, np.ndarray):
            rows = rows.tolist()
        views = []
        for row in rows:
            view = known.get(row)
            if view is None:
                view = known[row] = chosen(self, row)
            views.append(view)
        return views

    def _present(self, role: type[View]) -> AgentSet:
        """Agents of a role who are in the market; the last set is reused while nobody comes or goes."""
        rows = role.rows_present(self.world)
        last, group = self._sets.get(role, (None, None))
        if group is None or not same_rows(rows, last):
            group = LazyAgentSet([Rows(self, role, self._classes[role], rows)], self.random)
            self._sets[role] = rows, group
        return group

    # --- time ----------------------------------------------------------------------------------

    def step(self) -> None:
        """Run one day. ConfigurationError beyond the horizon."""
        self._run(1)

    def _step_once(self, *args, **options) -> None:
        """`step()` as Mesa calls it, which counts the days and has its clock; a day that did not run is not counted."""
        self._checked_days(1)
        before = self.steps
        self._mesas_step(*args, **options)
        if self.steps == before:
            raise ConfigurationError("step: Mesa's clock stopped when a step failed before; make the market again")

    def run(self, days: int | None = None) -> None:
        """Run a number of days, or to the horizon. ConfigurationError beyond it.

        A subclass's own `step()` is called for each day, and events on Mesa's clock run at their time.
        """
        days = self._checked_days(days)
        if type(self).step is not Market.step or not steps_alone(self):
            for _ in range(days):
                self.step()
            return
        before = self.day
        try:
            self._run(days)
        finally:
            self._move_clock(self.day - before)

    def time_phases(self, days: int | None = None) -> dict[str, float]:
        """Run a number of days, or to the horizon; return each phase's processor time in seconds, by name.

        A subclass's own `step()` is not called. The first call in an environment includes compilation.
        """
        before = self.day
        try:
            return self._run(days, self.simulation.time_phases)
        finally:
            self._move_clock(self.day - before)

    def _move_clock(self, days: int) -> None:
        """Advance Mesa's clock and count of steps with the days."""
        self.steps += days
        move_clock(self, days)

    def _run(self, days: int | None, run: Callable | None = None) -> Any:
        days = self._checked_days(days)
        try:
            return (run or self.simulation.run)(days)
        finally:
            self.running = self.day < self.days  # read by Mesa's run_model()

    def _checked_days(self, days: int | None) -> int:
        """Validated number of days, the remaining ones by default. ConfigurationError if they cannot be run."""
        days = self.days - self.day if days is None else whole_number(days, "days")
        last = self.day + days
        if days < 0:
            raise ConfigurationError(f"days={days}: a market cannot run backwards; make a new one with the same seed")
        if last > self.days:
            raise ConfigurationError(
                f"day {last} lies beyond the horizon of {self.days} days; make the Market with overrides={{'days': {last}}}"
            )
        return days

    # --- extending -----------------------------------------------------------------------------

    def insert_phase(self, name: str, phase: Callable, *, before: str | None = None, after: str | None = None) -> None:
        """Insert a phase `phase(day, seed, world, params)` into the day, in plain Python or compiled.

        Exactly one of `before` and `after` names a phase of the day (one of `sim.day.PHASES`, or an inserted one).
        """
        known = [other for other, _ in self.simulation.phases]
        if (before is None) == (after is None):
            raise ConfigurationError(f"phase {name!r}: give either before= or after=, one of {', '.join(known)}")
        if name in known:
            raise ConfigurationError(f"phase {name!r}: the day has one of this name; choose another or replace_phase")
        self.simulation.insert_phase(name, phase, before=before, after=after)

    def replace_phase(self, name: str, phase: Callable) -> None:
        """Replace a phase by another: the way to replace a rule."""
        self.simulation.replace_phase(name, phase)

    def substream(self, agent: mesa.Agent, stream: int = 0) -> Substream:
        """Random numbers of an agent today for a decision of your own; number your decisions 0, 1, 2, ...

        A pure function of seed, stream, day and uid: twin worlds agree, whatever else happens in them.
        """
        return Substream(self.simulation.seed, whole_number(stream, "stream", low=0), self.day, agent.unique_id)

    def _add_steps(self, role: type[View]) -> None:
        """Insert the `step()` of a role's agents into the day."""
        self.simulation.insert_phase(f"{role.__name__} steps", Steps(self, role), after=STEPS_AFTER[role])

    # --- copies ----------------------------------------------------------------------------------

    def fork(self, policy: str | None = None, overrides: Mapping[str, Any] | None = None) -> Market:
        """An independent market as of today that goes on under another policy or other numbers: one history, many futures.

        Args:
            policy: name of a policy in `configs/policy`. Its levers begin on the day that the history was made for
                (`policy.start_day`, towards which its ledger counts), unless they have a day of their own.
            overrides: numbers by dotted name that rules read from today, such as `{"labour.bonding": 0.5}`, or of the policy.

        Raises ConfigurationError, in one line, for numbers that act on the first morning only, such as sizes and places, and
        for a policy that begins before today.

        >>> from sim.market import Market
        >>> history = Market(market="class", overrides={"days": 40, "burn_in": 0, "policy.start_day": 20})
        >>> history.run(20)
        >>> futures = [history.fork(), history.fork("venue_crackdown"), history.fork(overrides={"labour.bonding": 1.0})]
        >>> [future.day for future in futures]
        [20, 20, 20]
        """
        twin = copy.deepcopy(self)
        twin.simulation = twin.simulation.fork(continued(self.parameters, policy, overrides))
        return twin

    def save(self, path: str | os.PathLike) -> Path:
        """Write the market as of today into a file (`.npz`), from which `Market.load` goes on. Returns the path.

        Classes and phases of your own are code, which the file cannot hold: ConfigurationError says so; pickle such a market.
        """
        if type(self) is not Market or any(kind is not role for role, kind in self._classes.items()):
            raise ConfigurationError("save: classes of your own are code, which a file of tables cannot hold; pickle the market")
        generators = {"random": self.random.getstate(), "rng": self.rng.bit_generator.state}
        return write_snapshot(self.simulation, path, generators)

    @classmethod
    def load(cls, path: str | os.PathLike) -> Market:
        """The market in a file written by `save`. ConfigurationError, in one line, for a file of other code or a damaged one."""
        simulation, generators = read_snapshot(path)
        market = object.__new__(cls)
        market._begin(simulation)
        market._move_clock(simulation.day)
        market.running = simulation.day < simulation.days
        version, words, gauss = generators["random"]
        market.random.setstate((version, tuple(words), gauss))
        market.rng.bit_generator.state = generators["rng"]
        return market

    def __copy__(self):
        raise ConfigurationError("copy.copy would leave two markets with one world; use copy.deepcopy")

    def __deepcopy__(self, memo: dict) -> Market:
        """An independent market as of today, which continues as this one does. ConfigurationError within a day."""
        twin = object.__new__(type(self))
        memo[id(self)] = twin
        for name, value in self.__getstate__().items():
            twin.__dict__[name] = copy.deepcopy(value, memo)
        return twin

    def __getstate__(self) -> dict[str, Any]:
        """All but the cached sets, which are made again; ConfigurationError where a copy would act on the original."""
        own = [kind for kind in {type(self), *self._classes.values()} if kind is not Market and kind not in ROLES]
        refuse_globals([method for kind in own for method in vars(kind).values() if callable(method)], self.simulation)
        return self.__dict__ | {"_sets": {}}

    # --- results -------------------------------------------------------------------------------

    def outcomes(self, first: int | None = None, last: int | None = None) -> dict[str, dict[str, Any]]:
        """Outcomes over days first..last-1: name to value and unit, harm first.

        By default from the policy's start to now, or from the end of burn-in without one (`sim.measures.windows`). A
        value of None has a `reason` where the outcome cannot be observed on these days.
        """
        from sim.measures.outcomes import outcomes

        return outcomes(self.simulation, first, last)

    def composition(self) -> dict[str, dict[str, float | int | None]]:
        """Who is in the market today: by role, the number, and the shares of men, of a prior conviction, of no qualification."""
        from sim.measures.composition import composition

        return composition(self.simulation)

    def ledger(self, by: str = "day") -> pandas.DataFrame:
        """The days run as a table: one row per day (`by="day"`), or per day, territory and kind (`by="cell"`)."""
        from sim.measures.outcomes import cell_table, day_table

        tables = {"day": day_table, "cell": cell_table}
        if by not in tables:
            raise ConfigurationError(f"ledger by={by!r}: unknown; valid: {', '.join(tables)}")
        return tables[by](self.simulation)

    def field_view(self, by: str = "year", recording=None, first: int | None = None, last: int | None = None):
        """What police, services and associations would have on file, next to what happened: a table by year or month.

        `recording`: a `sim.measures.field_view.Recording` of propensities; days first..last-1, by
        default as in `outcomes`.
        """
        from sim.measures.field_view import field_view

        return field_view(self.simulation, recording, by, first, last)

    def ledger_sha256(self) -> str:
        """SHA-256 of the ledger of the days run: equal for two markets whose days were the same."""
        return self.simulation.ledger_sha256()

    def __repr__(self) -> str:
        return f"<Market {self.parameters.market.preset}, seed {self.parameters.seed}, day {self.day} of {self.days}>"
