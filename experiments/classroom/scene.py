"""A scene: what twin worlds show of each day, as counts for the whole market and by territory."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.levers import STREET_PATROL, VENUE_INSPECTION
from sim.measures.windows import policy_start
from sim.parameters import VENUE_KINDS, Parameters
from sim.parameters.constants import NO_SIGNAL
from sim.rules.enforcement.inspections import LEARNED, LISTED, REPORTED, UNIFORM
from sim.simulation import Simulation
from sim.state.ledger import EXPLOITATION
from sim.state.records import KINDS, STREET

DAYS_BEFORE = 28  # shown before a policy begins
WEEK = 7
LAST_WEEKS = 26  # over which the effect on a mean is taken
ATTENTION_SCALE = 10  # visits a day are kept to a tenth
MOST_SEED = 9999  # that a reader may give
MEAN, TOTAL = "mean", "total"  # shown as the mean of the last week, or as the sum since the policy began
_SPELL = EXPLOITATION["in_spell"]


class Measure(NamedTuple):
    """A count of the whole market: the measures of the ledger that add up to it, and how it is shown."""

    id: str
    label: str
    unit: str
    shown: str
    ledger: tuple[str, ...]

    def shown_as(self) -> dict[str, str]:
        """What a page knows of it."""
        return {"id": self.id, "label": self.label, "unit": self.unit, "shown": self.shown}


COST = "cost"
MEASURES = (
    Measure("persons", "Persons exploited", "persons a day", MEAN, _SPELL),
    Measure("minors", "Minors exploited", "persons a day", MEAN, tuple(f"minors_{name}" for name in _SPELL)),
    Measure("encounters", "Encounters", "encounters a day", MEAN, ("encounters",)),
    Measure("plans", "Plans running", "Plans a day", MEAN, ("plans_running",)),
    Measure("vacancies", "Slots vacant", "slots a day", MEAN, ("slots_vacant",)),
    Measure("arrests", "Arrests", "arrests since the policy", TOTAL, ("bosses_arrested", "providers_arrested")),
    Measure("exits", "Exits", "exits since the policy", TOTAL, ("exits",)),
    Measure("recognised", "Victims recognised by police", "persons since the policy", TOTAL, ("recognised",)),
    Measure(COST, "Public cost of the policy", "EUR since the policy", TOTAL, ()),
)
MEASURE_NAMES = tuple(measure.id for measure in MEASURES)


def rows_of(territories: int) -> list[tuple[str, str | int]]:
    """What each row of a recorded world is: the counts of the whole market, then those by cell and by territory."""
    return [
        *(("series", name) for name in MEASURE_NAMES),
        *(("persons", cell) for cell in range(territories * KINDS)),
        *(("plans", territory) for territory in range(territories)),
        *(("attention", territory) for territory in range(territories)),
    ]


def days_shown(parameters: Parameters) -> tuple[int, int]:
    """First day shown and the day the policy begins; without a policy, that of which it would."""
    start = policy_start(parameters)
    begin = min(parameters.policy.start_day if start is None else start, parameters.days)
    return max(0, begin - DAYS_BEFORE), begin


def record_world(simulation: Simulation, first: int, end: int | None = None) -> np.ndarray:
    """Run a world to day `end`, or its horizon; int64[rows, days from `first` on], in the order of `rows_of`.

    Police attention is in tenths of a visit, public cost in whole EUR.
    """
    end = simulation.days if end is None else end
    simulation.run(max(0, first - simulation.day))
    attention = np.zeros((len(simulation.places), end - first))
    for day, after in itertools.pairwise(days_of_change(simulation, end)):
        simulation.run(1)
        attention[:, day - first : after - first] = expected_visits(simulation)[:, None]
        simulation.run(after - simulation.day)
    world = simulation.world
    days = slice(first, end)
    series = [np.sum([world.ledger[name][days] for name in measure.ledger], axis=0) for measure in MEASURES if measure.ledger]
    cost = np.diff(np.rint(np.cumsum(world.public_cost[:end].sum(axis=1)) / 100.0), prepend=0.0)[days]
    cells = world.cells["person_days"][days]
    plans = world.cells["plan_days"][days].reshape(len(cells), -1, KINDS).sum(axis=2)
    return np.concatenate([series, [cost], cells.T, plans.T, np.rint(attention * ATTENTION_SCALE)]).astype(np.int64)


def record_futures(
    bare: Parameters, treated: Sequence[Parameters], first: int, begin: int
) -> tuple[np.ndarray, list[np.ndarray], Simulation]:
    """Counts of a world without a policy from day `first` on, of those with policies that begin on day `begin`, and the first.

    Until then the worlds are one, so it is run once.
    """
    history = Simulation(bare)
    before = record_world(history, first, begin)
    futures = [history.fork(parameters) for parameters in treated]
    rows = [np.concatenate([before, record_world(world, begin)], axis=1) for world in (history, *futures)]
    return rows[0], rows[1:], history


def days_of_change(simulation: Simulation, end: int) -> list[int]:
    """Days from now on which police may begin to go elsewhere, and day `end`: every day where they follow finds or reports."""
    rest = range(simulation.day, end)
    if simulation.params[0].enforcement_cells_chosen not in (UNIFORM, LISTED):
        return [*rest, end]
    levers = simulation.world.levers[simulation.world.levers["code"] >= 0]
    found = {int(day) for bound in ("start", "end") for day in levers[bound] if day in rest}
    return sorted({simulation.day, end} | found)


def expected_visits(simulation: Simulation) -> np.ndarray:
    """float64[territories]: visits and patrols that police make there on a day like the last, expected."""
    world, params = simulation.world, simulation.params[0]
    rule = params.enforcement_cells_chosen
    street = np.arange(world.attention.size) % KINDS == STREET
    territory = np.arange(world.attention.size) // KINDS
    unit_of = world.territories["jurisdiction"][territory]
    weight = np.where(street, 1.0, np.tile(params.enforcement_inspection_weight[:KINDS], len(world.territories)))
    weight = weight * world.territories["population"][territory]
    if rule == LEARNED:
        weight = weight * (1.0 + world.attention)
    elif rule >= REPORTED:
        weight = weight * (NO_SIGNAL + world.attention)
    elif rule == LISTED:
        listed = params.enforcement_listed_territory
        weight = np.where((unit_of == world.territories["jurisdiction"][listed]) & (territory != listed), 0.0, weight)
    visits = np.zeros(world.attention.size)
    for unit in world.units:
        for is_street, number in ((False, unit["visits"]), (True, unit["patrols"])):
            own = (unit_of == unit["jurisdiction"]) & (street == is_street)
            if weight[own].sum() > 0.0:
                visits[own] += number * weight[own] / weight[own].sum()
    lever = np.where(street, STREET_PATROL, VENUE_INSPECTION)
    cells = np.arange(world.attention.size)
    visits += world.lever_intensity[lever, cells] * world.lever_capacity[lever, cells]
    return visits.reshape(-1, KINDS).sum(axis=1)


def weekly(rows: np.ndarray, first: int, begin: int) -> tuple[list[int], np.ndarray]:
    """First day of each whole week, counted from the policy's first; float64[measures, weeks]: means, or sums of totals."""
    skipped = (begin - first) % WEEK
    weeks = (rows.shape[1] - skipped) // WEEK
    by_week = rows[: len(MEASURES), skipped : skipped + weeks * WEEK].reshape(len(MEASURES), weeks, WEEK)
    is_mean = np.array([measure.shown == MEAN for measure in MEASURES])[:, None]
    return [first + skipped + WEEK * week for week in range(weeks)], by_week.sum(axis=2) / np.where(is_mean, WEEK, 1)


def setting_of(simulation: Simulation, first: int, begin: int) -> dict[str, Any]:
    """What a scene says besides its worlds: dates, places, measures."""
    parameters, territories = simulation.parameters, simulation.world.territories
    return {
        "market": parameters.market.preset,
        "start_date": parameters.start.isoformat(),
        "first_day": first,
        "policy_day": begin,
        "territories": [
            {"name": place.name, "x_km": round(float(row["x_km"]), 2), "y_km": round(float(row["y_km"]), 2),
             "population": int(row["population"])}
            for place, row in zip(simulation.places, territories, strict=True)
        ],
        "kinds": list(VENUE_KINDS),
        "measures": [measure.shown_as() for measure in MEASURES],
    }  # fmt: skip


def shown_world(rows: np.ndarray, territories: int) -> dict[str, Any]:
    """A recorded world as a scene has it."""
    cells, measures = territories * KINDS, len(MEASURES)
    parts = np.split(rows, [measures, measures + cells, measures + cells + territories])
    return {
        "series": dict(zip(MEASURE_NAMES, parts[0].tolist(), strict=True)),
        "persons": parts[1].tolist(),
        "plans": parts[2].tolist(),
        "attention": (parts[3] / ATTENTION_SCALE).tolist(),
    }
