"""Estimands: what a hypothesis asks of its worlds, one folder per question.

A folder here is named by `estimand:` in a file of `configs/hypothesis/`. Its module `estimand` has

- `ARMS`: names of the worlds compared, the base first;
- `Options`: the numbers that file may give under `options:`, a `Group` with defaults;
- `observe(world, windows, options) -> dict`: in a worker, take a world from the first morning of the policy
  to its horizon and return what is kept of it (numbers, or lists of them);
- `estimate(rows, context) -> Finding`: from the columns of one scenario to the estimate and its parts;
- optionally `COLUMNS`, unit and meaning by name of what `observe` keeps (`plansim codebook`; those of the ready ones are in
  `experiments.odd.columns`), `prepare(context, arms) -> context` (checks the configurations, and adds what does not depend on the
  rows), `summarise(context, rows, entries) -> dict` (further entries of the summary), and, where a curve or surface is
  the result, `SURFACE_IS_THE_RESULT` (a verdict at one point of it stands only where the published worlds agree).

Its module `figures`, if there is one, has `figures(study, rows, entry) -> dict`, the figures by file name with the one
that shows the result first, and optionally `sections(page, entry, folder)`, its page in detail, which is printed too.

Estimates are made from means
per cell, window and cohort only: which agent's twin did what depends on the coupling of random numbers and
enters no table.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import pkgutil
from collections.abc import Iterable
from types import ModuleType
from typing import Any, Literal

import numpy as np

from experiments import questions
from experiments.statistics.intervals import BOUNDS, mean_if_known, to_json
from sim.configuration import ConfigurationError, meant
from sim.parameters import Group, Parameters, choice
from sim.state.ledger import EXPLOITATION


class ExploitationOptions(Group):
    """Options of an estimand whose unit is person-days of exploitation: which of the nested measures leads.

    The estimate is made by all of them (`analysis.by_measure`); rows therefore hold `EXPLOITATION_DAYS`.
    """

    exploitation: Literal["in_plan", "in_spell", "under_control"] = choice(
        "in_spell", "model", "measure that leads: in a Plan, or held at most a week after one, or held at all"
    )

    def counted(self, minors: bool = False) -> tuple[str, ...]:
        """Measures of the ledger that add up to the one that leads, of all persons or of minors."""
        return exploitation_days(self.exploitation, minors)


def exploitation_days(measure: str, minors: bool = False) -> tuple[str, ...]:
    """Measures of the ledger that add up to a measure of exploitation, of all persons or of minors."""
    return tuple(f"minors_{name}" if minors else name for name in EXPLOITATION[measure])


EXPLOITATION_DAYS = tuple(
    dict.fromkeys(name for minors in (False, True) for measure in EXPLOITATION for name in exploitation_days(measure, minors))
)
"""All measures of the ledger that are part of a measure of exploitation."""


@dataclasses.dataclass(frozen=True)
class Context:
    """What an estimand knows next to its rows.

    Attributes
    ----------
    options
        The estimand's `Options`.
    base
        Configuration of the base arm of the main comparison.
    windows
        Days compared.
    """

    options: Any
    base: Parameters | None = None
    windows: Any = None

    def for_workers(self) -> dict[str, Any]:
        """What `observe` finds among its options besides those of the arm, as JSON takes it."""
        return {}


@dataclasses.dataclass(frozen=True)
class Finding:
    """An estimate over the pairs of one scenario.

    Attributes
    ----------
    interval
        Anything with `estimate`, `low`, `high` (None: unbounded): the primary estimand with its 95 % interval over pairs.
    values
        float[pairs] whose mean is the estimate; None if it is not the mean of such values, or not known.
    first_stage
        `present` and the `rule` it follows; more entries are shown.
    parts
        Secondary quantities, as made by `part`.
    margin
        float[pairs] whose mean is by how much the first stage exceeds what it needs; None if none is needed, or not known.
    base, treated
        float[pairs], the outcome in the two arms compared, where that is what `values` are the difference of.
    extra
        Further entries of the summary.
    """

    interval: Any
    values: np.ndarray | None = None
    first_stage: dict[str, Any] = dataclasses.field(default_factory=lambda: {"present": True, "rule": "none is needed"})
    parts: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    margin: np.ndarray | None = None
    base: np.ndarray | None = None
    treated: np.ndarray | None = None
    extra: dict[str, Any] = dataclasses.field(default_factory=dict)

    @classmethod
    def of_mean(cls, values: np.ndarray, **others) -> Finding:
        """The finding whose estimate is the mean of `values`; where one of these is unknown, nothing is."""
        return cls(mean_if_known(values), known(values), **others)


def known(values: np.ndarray) -> np.ndarray | None:
    """The values, or None where one of them is unknown."""
    return values if np.isfinite(values).all() else None


def clearness(values: np.ndarray) -> float:
    """The mean of values in standard errors; infinite, with its sign, where all are equal."""
    found = mean_if_known(values)
    return found.estimate / found.se if found.se > 0.0 else float(np.copysign(np.inf, found.estimate))


def part(name: str, label: str, values: np.ndarray, unit: str) -> dict[str, Any]:
    """A secondary quantity from one value per pair: its mean with a 95 % interval over pairs, if all values are known."""
    return part_of(name, label, mean_if_known(values), unit)


def part_of(name: str, label: str, interval, unit: str) -> dict[str, Any]:
    """A secondary quantity from its interval."""
    return {"id": name, "label": label, "unit": unit} | to_json(interval)


def parts_by_id(entry: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The secondary quantities of an entry of the summary, by their id."""
    return {part["id"]: part for part in entry["parts"]}


def bounds_of(entry: dict[str, Any]) -> dict[str, float | None]:
    """`estimate`, `low` and `high` of an entry, alone."""
    return {name: entry[name] for name in BOUNDS}


def curve_of(points: list[np.ndarray]) -> dict[str, list[float | None]]:
    """Estimates and bounds of the points of a curve, a list each."""
    found = [to_json(mean_if_known(values)) for values in points]
    return {name: [one[name] for one in found] for name in BOUNDS}


def curve_named(entry: dict[str, Any]) -> str:
    """Name of the curve that an entry is a point of; empty for others."""
    return entry["at"].get("curve", "")


def column(rows: dict[str, list], arm: str, measure: str) -> np.ndarray:
    """float64[pairs] or float64[pairs, ...]: a measure of an arm."""
    return np.array(rows[f"{arm}_{measure}"], dtype=float)


def change(rows: dict[str, list], measure: str, treated: str, base: str = "base") -> np.ndarray:
    """float64[pairs, ...]: a measure of one arm less that of another."""
    return column(rows, treated, measure) - column(rows, base, measure)


def add_exploitation(rows: dict[str, list], arms: Iterable[str], options: ExploitationOptions) -> dict[str, np.ndarray]:
    """Columns `ARM_exploited` and `ARM_minors_exploited`: the leading measure, added up per pair."""
    return {
        f"{arm}_{prefix}exploited": sum(column(rows, arm, name) for name in options.counted(minors=bool(prefix)))
        for arm in arms
        for prefix in ("", "minors_")
    }


def means(world, names: tuple[str, ...], window: tuple[int, int]) -> dict[str, float]:
    """Measures of the ledger as means per day over a window [first, last)."""
    first, last = window
    return {name: float(world.world.ledger[name][first:last].mean()) for name in names}


def first_crossing(x: list[float], y: list[float | None], level: float) -> float | None:
    """The smallest x at which a broken line through points is above a level; None: nowhere, or a point is unknown."""
    if any(value is None for value in y):
        return None
    if y[0] > level:
        return x[0]
    for left, right, before, after in zip(x, x[1:], y, y[1:], strict=False):
        if after > level:
            return left + (right - left) * (level - before) / (after - before)
    return None


@functools.cache
def load_estimand(name: str) -> ModuleType:
    """The module of an estimand. ConfigurationError if there is none of that name."""
    valid = sorted(module.name for module in pkgutil.iter_modules(questions.__path__) if module.ispkg)
    if name not in valid:
        raise ConfigurationError(f"hypothesis.estimand={name}: unknown{meant(name, valid)}; valid: {', '.join(valid)}")
    return importlib.import_module(f"{questions.__name__}.{name}.estimand")
