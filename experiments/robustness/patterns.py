"""Patterns: what is measured on a world without a policy, and whether it agrees with the evidence.

A measure is a ratio of sums; over several worlds it is the ratio of their means, never a mean of ratios.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from sim.evidence import held_out
from sim.parameters import VENUE_KINDS, Group

if TYPE_CHECKING:
    import numpy as np

    from sim.simulation import Simulation

HELD_OUT = held_out()
"""Rows of evidence kept for validation: they accept no draw and calibrate nothing."""

STREET, HOTEL, FLAT, CLIENT_HOME = range(len(VENUE_KINDS))
MONDAY_TO_THURSDAY, FRIDAY_SATURDAY = (0, 1, 2, 3), (4, 5)


class Untreated:
    """What the measures are made of: sums over days first..last-1 of one world."""

    def __init__(self, simulation: Simulation, first: int, last: int):
        from sim.measures.formulas import DAYS_A_YEAR, Window

        self.window = Window(simulation, first, last)
        self.days_a_year = DAYS_A_YEAR
        cells = simulation.world.cells["person_days"][first:last].sum(axis=0).reshape(-1, len(VENUE_KINDS))
        self.by_kind = cells.sum(axis=0).astype(float)
        self.by_place = cells.sum(axis=1).astype(float)
        self.largest = max(range(len(simulation.places)), key=lambda place: simulation.places[place].population)
        self.encounters = simulation.world.ledger["encounters"][first:last]
        self.weekday = _weekdays(simulation, first, last)

    def years(self, role: str) -> tuple[float, float]:
        """Mean age of those of a role in the market."""
        days, persons = {
            "boss": (self.window.boss_age_days, self.window.bosses_present),
            "provider": (self.window.provider_age_days, self.window.providers_present),
            "person": (self.window.person_age_days, self.window.persons_present),
        }[role]
        return days / self.days_a_year, persons

    def housed(self, kind: int) -> tuple[float, float]:
        """Share of a venue kind in the activity that is not on the street."""
        return self.by_kind[kind], self.by_kind[HOTEL] + self.by_kind[FLAT] + self.by_kind[CLIENT_HOME]

    def on_weekdays(self, weekdays: tuple[int, ...]) -> float:
        """Encounters per day on some days of the week; NaN if there was none of them."""
        import numpy as np

        chosen = np.isin(self.weekday, weekdays)
        return float(self.encounters[chosen].mean()) if chosen.any() else math.nan


def _weekdays(simulation: Simulation, first: int, last: int) -> np.ndarray:
    """int[days], 0 for a Monday."""
    import numpy as np

    return (simulation.parameters.start.weekday() + np.arange(first, last)) % 7


MEASURES: dict[str, tuple[str, str, Callable[[Untreated], tuple[float, float]]]] = {
    "age_of_bosses": ("mean age of Bosses", "years", lambda w: w.years("boss")),
    "age_of_providers": ("mean age of Providers", "years", lambda w: w.years("provider")),
    "age_of_persons": ("mean age of persons exploited or independent", "years", lambda w: w.years("person")),
    "housed_in_hotels": ("hotels in housed activity", "share of person-days", lambda w: w.housed(HOTEL)),
    "housed_in_flats": ("flats in housed activity", "share of person-days", lambda w: w.housed(FLAT)),
    "housed_at_clients": ("clients' homes in housed activity", "share of person-days", lambda w: w.housed(CLIENT_HOME)),
    "on_the_street": ("the street in all activity", "share of person-days", lambda w: (w.by_kind[STREET], w.by_kind.sum())),
    "weekend_rise": (
        "encounters a day, Friday and Saturday over Monday to Thursday", "ratio",
        lambda w: (w.on_weekdays(FRIDAY_SATURDAY), w.on_weekdays(MONDAY_TO_THURSDAY)),
    ),
    "persons_lent": ("persons lent to another Boss", "persons/year", lambda w: (w.window.persons_lent * 365.0, w.window.days)),
    "outside_largest_place": (
        "activity outside the largest place", "share of person-days",
        lambda w: (w.by_place.sum() - w.by_place[w.largest], w.by_place.sum()),
    ),
    "plan_duration": ("mean length of a Plan", "days", lambda w: (w.window.plan_days_ended, w.window.plans_ended)),
    "plan_team": ("persons in a Plan", "persons", lambda w: (w.window.team_launched, w.window.plans_launched)),
    "person_days_in_plan": ("person-days in Plans", "person-days/day", lambda w: (w.window.in_plan, w.window.days)),
}  # fmt: skip
"""What a measure is, its unit, and its numerator and denominator in one world."""

IN_PLAN = "person_days_in_plan"


class Pattern(Group):
    """A row of evidence as a condition on a measure: a target with its tolerance, or a range open at one end.

    An imposed one is a check of the code: it is shown, and accepts nothing.
    """

    measure: str
    target: float | None = None
    tolerance: float | None = Field(None, gt=0.0)
    low: float | None = None
    high: float | None = None
    tag: Literal["calibrated", "emergent", "qualitative", "imposed"]
    why: str = Field(min_length=1)

    @model_validator(mode="after")
    def _one_condition(self):
        if self.measure not in MEASURES:
            raise ValueError(f"measure={self.measure}: unknown; valid: {', '.join(MEASURES)}")
        aimed, ranged = self.target is not None, self.low is not None or self.high is not None
        if aimed == ranged or aimed != (self.tolerance is not None):
            raise ValueError("either a target with its tolerance or a range (low, high or both) is needed")
        return self

    @property
    def accepts(self) -> bool:
        """Whether a draw that does not meet it is rejected."""
        return self.tag != "imposed"

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest value that meet it; infinite where it is open."""
        if self.target is not None:
            return self.target - self.tolerance, self.target + self.tolerance
        return -math.inf if self.low is None else self.low, math.inf if self.high is None else self.high

    def is_met_by(self, value: float | None) -> bool:
        """Whether a value lies within the bounds; one that is undefined does not."""
        low, high = self.bounds
        return value is not None and low <= value <= high


def measure_worlds(worlds: Iterable[Simulation], names: Iterable[str]) -> dict[str, float | None]:
    """Measures over worlds that have run to their horizon, from the end of burn-in; None where one is undefined.

    Raises ValueError for no world.
    """
    names = list(dict.fromkeys(names))
    parts: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for world in worlds:
        sums = Untreated(world, world.parameters.burn_in, world.day)
        for name in names:
            parts[name].append(MEASURES[name][2](sums))
    if not all(parts.values()):
        raise ValueError("no world to measure")
    return {name: _ratio_of_means(pairs) for name, pairs in parts.items()}


def _ratio_of_means(pairs: list[tuple[float, float]]) -> float | None:
    above, below = (math.fsum(part) for part in zip(*pairs, strict=True))
    return float(above / below) if math.isfinite(above) and math.isfinite(below) and below > 0.0 else None


def met_by(patterns: Mapping[str, Pattern], measured: Mapping[str, float | None]) -> dict[str, bool]:
    """Which patterns a draw meets, by number of the row of evidence."""
    return {evidence: pattern.is_met_by(measured[pattern.measure]) for evidence, pattern in patterns.items()}
