"""Estimands: what a hypothesis asks of its worlds, one folder a question.

A folder here is named by `estimand:` in a file of `configs/hypothesis/`. Its module `estimand` has

- `Options`: the numbers that file may give under `options:`, a `Group` with defaults;
- `observe(world, windows, options) -> dict`: in a worker, take a world from the first morning of the policy
  to its horizon and return what is kept of it (numbers, or lists of them);
- `estimate(rows, context) -> Finding`: from the columns of one scenario to the estimate and its parts;
- optionally `prepare(options, arms, windows) -> context` (what does not depend on the rows; by default a
  `Context`), `summarise(context, columns, entries) -> dict` (further entries of the summary), and
  `tell(entry) -> list[str]` (further lines of prose), and, where a curve or surface is the result,
  `POINT_VERDICT_NEEDS` (the share of accepted draws that must agree for a verdict at one point to stand).

Its figures are in the module `figures` of the folder, if there is one. Estimates are made from means
per cell, window and cohort only: which agent's twin did what depends on the coupling of random numbers and
enters no table.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import pkgutil
from types import ModuleType
from typing import Any

import numpy as np

from experiments import questions
from sim.configuration import ConfigurationError, meant
from sim.parameters import Parameters


@dataclasses.dataclass(frozen=True)
class Context:
    """What an estimand knows beside its rows.

    Attributes
    ----------
    options
        The estimand's `Options`.
    arms
        Names of the arms, the base first.
    base
        Configuration of the base arm of the main comparison.
    windows
        Days compared.
    """

    options: Any
    arms: tuple[str, ...]
    base: Parameters
    windows: Any

    def for_workers(self) -> dict[str, Any]:
        """What `observe` is told, as JSON takes it."""
        return self.options.model_dump(mode="json")


@dataclasses.dataclass(frozen=True)
class Finding:
    """An estimate over the pairs of one scenario.

    Attributes
    ----------
    interval
        Anything with `estimate`, `low`, `high` (None: unbounded): the primary estimand with its 95 % interval over pairs.
    values
        float[pairs] whose mean is the estimate; None if the estimate is no mean of such values.
    first_stage
        `present` and the `rule` it follows; more entries are shown.
    parts
        Secondary quantities, as made by `part`.
    base, treated
        float[pairs], the outcome in the two arms compared, where that is what `values` are the difference of.
    extra
        Further entries of the summary.
    """

    interval: Any
    values: np.ndarray | None = None
    first_stage: dict[str, Any] = dataclasses.field(default_factory=lambda: {"present": True, "rule": "none is needed"})
    parts: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    base: np.ndarray | None = None
    treated: np.ndarray | None = None
    extra: dict[str, Any] = dataclasses.field(default_factory=dict)


def part(name: str, label: str, values, unit: str) -> dict[str, Any]:
    """A secondary quantity from one value a pair: its mean with a 95 % interval over pairs."""
    from experiments.statistics.verdict import mean_interval

    return part_of(name, label, mean_interval(values), unit)


def part_of(name: str, label: str, interval, unit: str) -> dict[str, Any]:
    """A secondary quantity from its interval."""
    return {"id": name, "label": label, "unit": unit} | {
        bound: _finite(getattr(interval, bound)) for bound in ("estimate", "low", "high")
    }


def column(rows: dict[str, list], arm: str, measure: str) -> np.ndarray:
    """float64[pairs] or float64[pairs, ...]: a measure of an arm."""
    return np.array(rows[f"{arm}_{measure}"], dtype=float)


def means(world, names: tuple[str, ...], window: tuple[int, int]) -> dict[str, float]:
    """Measures of the ledger as means a day over a window [first, last)."""
    first, last = window
    return {name: float(world.world.ledger[name][first:last].mean()) for name in names}


@functools.cache
def load_estimand(name: str) -> ModuleType:
    """The module of an estimand. ConfigurationError if there is none of that name."""
    known = sorted(module.name for module in pkgutil.iter_modules(questions.__path__) if module.ispkg)
    if name not in known:
        raise ConfigurationError(f"hypothesis.estimand={name}: unknown{meant(name, known)}; valid: {', '.join(known)}")
    return importlib.import_module(f"{questions.__name__}.{name}.estimand")


def _finite(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)
