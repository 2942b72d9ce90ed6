"""Mesa agents as views on records: Bosses, Providers, clients and institutions for users of Python.

A view holds two things, its market and the row of its record; it is made when first requested, one
per agent. Every field of the record is an attribute that reads from and writes to the world's table:
`boss.cash += 500` is what a rule would do. Units are those of the record: money in cents, days counted
from the start of the run, rows of other tables. Only the type of a written value is checked; keeping
the world consistent is up to the user.

Codes read as words (`boss.status` is `"running"`, `boss.status_code` is 1) and accept both when written.
"""

from __future__ import annotations

from collections.abc import Callable

import mesa
import numpy as np

from sim.initialisation.geography import number_jurisdictions
from sim.mesa.agent_sets import Field, Named, Uid, WhichRows
from sim.parameters import TASKS, VENUE_KINDS
from sim.parameters.constants import DAYS_A_YEAR
from sim.state.records import (
    BEDS,
    BOSS,
    BOSS_STATUSES,
    BY_BOSS,
    CHANNELS,
    CLIENT,
    IN_CARE,
    LEFT,
    OUT,
    OUTREACH_TEAM,
    PARTNER,
    POLICE_UNIT,
    PROSTITUTE,
    PROSTITUTE_STATUSES,
    PROVIDER,
    PROVIDER_STATUSES,
    RUNNING,
    VACANT,
)

SEXES = ("female", "male")
INTENTIONS = ("yes", "no", "does not know")  # intention to leave (E25)
ASKS = ("no", "when recognised", "when leaving")  # whether and when a bed is asked for


class View(mesa.Agent):
    """Base of all views: `model`, `row`, `unique_id`, `record`, `present`, `where`, and `step()` to override.

    A subclass may keep attributes of its own next to the record's; it takes `(model, row)` and passes
    them on. Its `step()`, in plain Python, runs each day after the phase of its role, for agents
    present, in addition to the rules.
    """

    __slots__ = ("model", "row")  # no memory for Mesa's own attributes

    label = "agent"  # as shown to readers
    table = ""  # its table in the world
    counted = ""  # the field of `counts` with the number of rows in use; none: all are
    gone: int | None = None  # the status of agents who are no longer in the market
    territory_field = ""  # the field with the territory

    def __init__(self, model, row: int):
        # mesa.Agent.__init__ is deliberately not called: it would number the agent and keep it in its own
        # lists, whereas here the record is the agent and the world holds the records.
        self.model = model
        self.row = row

    @classmethod
    def _read_through(cls, kind: np.dtype, words: dict[str, tuple[str, ...]], hidden: tuple[str, ...] = ()) -> None:
        """Give the class an attribute for each field of a record type; those in `words` read as words."""
        for name, (field, _) in kind.fields.items():
            if name == "uid":
                cls.unique_id = Uid(cls.table, name, field)
            elif name in words:
                setattr(cls, name, Named(cls.table, name, field, words[name]))
                setattr(cls, f"{name}_code", Field(cls.table, name, field))
            elif name not in hidden:
                setattr(cls, name, Field(cls.table, name, field))

    @classmethod
    def rows_in_use(cls, world) -> int:
        """Number of rows of the table in use, by agents present or not."""
        return int(world.counts[0][cls.counted]) if cls.counted else getattr(world, cls.table).size

    @classmethod
    def rows_present(cls, world) -> WhichRows:
        """Rows of agents in the market today, ascending: in the order of entry."""
        used = cls.rows_in_use(world)
        if cls.gone is None:
            return range(used)
        return np.flatnonzero(getattr(world, cls.table)["status"][:used] != cls.gone)

    def __copy__(self):
        raise TypeError(f"{self!r} cannot be copied by itself: copy its market (copy.deepcopy), or its record (record.copy())")

    @property
    def record(self) -> np.record:
        """The record itself; request it again each day, since a table that grows is replaced."""
        return getattr(self.model.simulation.world, self.table)[self.row]

    @property
    def present(self) -> bool:
        """Whether the agent is still in the market; custody and prison do not count as absence."""
        return self.gone is None or self.status_code != self.gone

    @property
    def where(self) -> str:
        """Name of the agent's territory (of a Boss: the current one; of a Provider: home)."""
        return self.model.places[getattr(self, self.territory_field)].name

    @property
    def pos(self) -> tuple[float, float]:
        """Position of that territory: km east and north, for drawing."""
        territory = self.model.simulation.world.territories[getattr(self, self.territory_field)]
        return float(territory.x_km), float(territory.y_km)

    def remove(self) -> None:
        """Not possible: the rules decide who is in the market, through a status."""
        raise TypeError(f"{self!r} cannot be removed: set its status instead, or change a rule")

    def __repr__(self) -> str:
        return f"<{self.label} {self.unique_id}>"


class Person(View):
    """A view on a record with a day of birth."""

    __slots__ = ()

    @property
    def age(self) -> float:
        """Years, today."""
        return (self.model.day - self.birth_day) / DAYS_A_YEAR


class Boss(Person):
    """A Boss: plans and runs Plans, one at a time. `status`: see `BOSS_STATUSES`."""

    __slots__ = ()
    label, table, counted, gone, territory_field = "Boss", "bosses", "bosses", LEFT, "territory"

    @property
    def plan(self) -> PlanView | None:
        """The Plan run today, or None."""
        return PlanView(self.model, self.row) if self.status_code == RUNNING else None

    @property
    def contacts(self) -> list[Provider]:
        """The Providers known to the Boss."""
        return self.model.views(Provider, self.contact[: self.n_contacts])

    @property
    def persons(self) -> list[Prostitute]:
        """The persons tied to the Boss."""
        return self.model.views(Prostitute, self.person[: self.n_persons])

    @property
    def acquaintances(self) -> list[Boss]:
        """The Bosses this one hears from."""
        return self.model.views(Boss, self.acquainted[: self.n_acquainted])


class Provider(Person):
    """A Provider of logistics: holds slots in Plans. `status`: see `PROVIDER_STATUSES`."""

    __slots__ = ()
    label, table, counted, gone, territory_field = "Provider", "providers", "providers", LEFT, "home"

    @property
    def plans(self) -> list[PlanView]:
        """The running Plans in which the Provider holds a slot."""
        plans = self.model.simulation.world.plans
        used = np.arange(plans["slot_holder"].shape[1]) < plans["n_slots"][:, None]
        holds = ((plans["slot_holder"] == self.row) & used).any(axis=1) & (plans["open"] == 1)
        return [PlanView(self.model, int(row)) for row in np.flatnonzero(holds)]


class Prostitute(Person):
    """A person at risk or exploited. `status`: see `PROSTITUTE_STATUSES`.

    The class keeps the role's legal name; labels read "person exploited". Displayed text shows only
    the label: state serves rules and counts, not the story of one person.
    """

    __slots__ = ()
    label = "person exploited (legal role: Prostitute)"
    table, counted, gone, territory_field = "prostitutes", "prostitutes", OUT, "territory"

    @property
    def bosses(self) -> list[Boss]:
        """The Bosses with a hold on the person, at most two: their own, and one they are lent to."""
        return self.model.views(Boss, [row for row in self.boss if row >= 0])

    @property
    def plan(self) -> PlanView | None:
        """The Plan the person is in today, or None."""
        row = int(self.record.plan)
        return PlanView(self.model, row) if row >= 0 else None

    @property
    def is_minor(self) -> bool:
        """Under 18 today."""
        return self.age < 18.0

    @property
    def outreach_team(self) -> OutreachTeam | None:
        """The team that has the person's answer or accompanies the person, or None."""
        return self.model.views(OutreachTeam, [self.team])[0] if self.team >= 0 else None

    @property
    def shelter(self) -> Shelter | None:
        """The shelter in which the person has a bed, or None."""
        return self.model.views(Shelter, [self.bed])[0] if self.bed >= 0 else None


class Client(View):
    """A client: searches on some days. All stay in the market."""

    __slots__ = ()
    label, table, counted, territory_field = "client", "clients", "clients", "territory"


class Institution(View):
    """An institution that serves the jurisdiction of its row."""

    __slots__ = ()
    pos = None  # a jurisdiction is not a single place

    @property
    def where(self) -> str:
        """Name of the jurisdiction."""
        return number_jurisdictions(self.model.places)[0][self.row]

    def _persons(self, field: str, are_meant: Callable[[np.ndarray], np.ndarray]) -> list[Prostitute]:
        """The persons whose field points here and who satisfy the condition."""
        world = self.model.simulation.world
        persons = world.prostitutes[: Prostitute.rows_in_use(world)]
        return self.model.views(Prostitute, np.flatnonzero((persons[field] == self.row) & are_meant(persons)))


class PoliceUnit(Institution):
    """The police of one jurisdiction."""

    __slots__ = ()
    label, table = "police unit", "units"

    @property
    def open_files(self) -> int:
        """Number of its files on Bosses who are in the market."""
        bosses = self.model.simulation.world.bosses[Boss.rows_present(self.model.simulation.world)]
        return int(np.sum((bosses["file_since"] >= 0) & (bosses["file_unit"] == self.row)))


class OutreachTeam(Institution):
    """The outreach team of one jurisdiction: hours per day by channel, and a first reception."""

    __slots__ = ()
    label, table = "outreach team", "teams"

    @property
    def accompanied_persons(self) -> list[Prostitute]:
        """The persons it accompanies."""
        return self._persons("team", lambda persons: persons["accompanied"] == 1)

    @property
    def waiting_persons(self) -> list[Prostitute]:
        """The persons whose answers wait for its reception."""
        return self._persons("team", lambda persons: persons["answer_day"] >= 0)


class Shelter(Institution):
    """The beds near one jurisdiction, or in the last row the distant ones of all."""

    __slots__ = ()
    label, table = "beds", "beds"

    @property
    def where(self) -> str:
        """Name of the jurisdiction, or `distant`."""
        return "distant" if self.distant else super().where

    @property
    def persons(self) -> list[Prostitute]:
        """The persons in care there."""
        return self._persons("bed", lambda persons: persons["status"] == IN_CARE)


_SEX = {"sex": SEXES}
Boss._read_through(BOSS, _SEX | {"status": BOSS_STATUSES})
Provider._read_through(PROVIDER, _SEX | {"status": PROVIDER_STATUSES})
Prostitute._read_through(
    PROSTITUTE,
    _SEX | {"status": PROSTITUTE_STATUSES, "intention": INTENTIONS, "channel": CHANNELS, "asks_for_bed": ASKS},
    hidden=("plan",),  # the Plan itself there, not its row
)
Client._read_through(CLIENT, {})
PoliceUnit._read_through(POLICE_UNIT, {})
OutreachTeam._read_through(OUTREACH_TEAM, {})
Shelter._read_through(BEDS, {})

STEPS_AFTER = {  # the phase after which an overridden `step()` of a role runs; of two, the later one here goes first
    Boss: "planning",
    Client: "administration",
    Prostitute: "flow",
    Provider: "flow",
    PoliceUnit: "enforcement",
    OutreachTeam: "outreach",
    Shelter: "care",
}
ROLES = (Boss, Provider, Prostitute, Client, PoliceUnit, OutreachTeam, Shelter)


class PlanView:
    """A read-only Plan. It raises LookupError once its Boss has begun another one."""

    __slots__ = ("_model", "row", "uid")

    def __init__(self, model, row: int):
        object.__setattr__(self, "_model", model)
        object.__setattr__(self, "row", row)
        object.__setattr__(self, "uid", int(model.simulation.world.plans["uid"][row]))

    def __getstate__(self) -> tuple:
        return self._model, self.row, self.uid

    def __setstate__(self, state: tuple) -> None:
        for name, value in zip(self.__slots__, state, strict=True):
            object.__setattr__(self, name, value)

    def __setattr__(self, name, value):
        raise AttributeError(f"{name}: a Plan can only be read; rules and phases change `world.plans`")

    @property
    def record(self) -> np.record:
        """A copy of the record: a snapshot to read."""
        record = self._model.simulation.world.plans[self.row]
        if int(record.uid) != self.uid:
            raise LookupError(f"Plan {self.uid} is over and its Boss runs another one")
        return record.copy()

    @property
    def is_running(self) -> bool:
        """Whether the Plan is still running."""
        record = self._model.simulation.world.plans[self.row]
        return int(record.uid) == self.uid and record.open == 1

    @property
    def boss(self) -> Boss:
        """The Boss who runs it."""
        return self._model.views(Boss, [self.row])[0]

    @property
    def co_boss(self) -> Boss | None:
        """The Boss who joined in and is still in it, or None."""
        row = int(self.record.co_boss)
        partner = self._model.views(Boss, [row])[0] if row >= 0 else None
        return partner if partner and partner.status_code == PARTNER and partner.partner == self.row else None

    @property
    def territory(self) -> str:
        """Name of its territory."""
        return self._model.places[int(self.record.territory)].name

    @property
    def kind(self) -> str:
        """Its kind of venue, one of `VENUE_KINDS`."""
        return VENUE_KINDS[int(self.record.kind)]

    @property
    def start(self) -> int:
        """Its first day."""
        return int(self.record.start)

    @property
    def end(self) -> int:
        """The first day on which it will no longer run."""
        return int(self.record.end)

    @property
    def price(self) -> int:
        """Price of an appointment, cents."""
        return int(self.record.price)

    @property
    def n_persons(self) -> int:
        """Persons exploited in it."""
        return int(self.record.n_persons)

    @property
    def slots(self) -> list[tuple[str, Provider | Boss | None]]:
        """Its task slots as (task, holder): a Provider, the Boss (also for the co-Boss), or None for a vacancy."""
        record = self.record
        return [(TASKS[record.slot_task[slot]], self._holder(int(record.slot_holder[slot]))) for slot in range(record.n_slots)]

    def _holder(self, holder: int) -> Provider | Boss | None:
        if holder == VACANT:
            return None
        return self.boss if holder == BY_BOSS else self._model.views(Provider, [holder])[0]

    @property
    def providers(self) -> list[Provider]:
        """The Providers who hold a slot, each once."""
        return list(dict.fromkeys(holder for _, holder in self.slots if isinstance(holder, Provider)))

    def __repr__(self) -> str:
        return f"<Plan {self.uid}>"
