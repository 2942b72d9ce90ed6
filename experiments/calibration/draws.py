"""Draws of the assumed numbers of the model: which are drawn, how far, and what makes a draw a valid world.

A draw gives every parameter with the source *assumption* a value of its own, spread over the ranges by a
Latin hypercube (McKay, Beckman and Conover 1979). `configs/robustness.yaml` fixes ranges and
constraints, `configs/patterns.yaml` what is known.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from experiments.configuration.drawn import value_of
from experiments.execution.chunks import DRAWS_STREAM, stream_generator
from experiments.sweeps.designs import value_at
from experiments.sweeps.specification import Factor
from experiments.validation.patterns import Pattern, accepting
from sim.configuration import ConfigurationError, parameter_table, validate_as
from sim.configuration.yaml_files import read_mapping
from sim.parameters import Group

if TYPE_CHECKING:
    import numpy as np

NEAR, STATED = "near", "stated"
RANGES = (NEAR, STATED)
ASSUMED = "assumption"
_BELOW_ONE = 1.0 - 1e-12  # so that scaled shares never sum to more than 1 by rounding


class Range(Group):
    """A range in place of the factor, and why."""

    low: float
    high: float
    why: str = Field(min_length=1)

    @model_validator(mode="after")
    def _low_first(self):
        if not self.low < self.high:
            raise ValueError(f"low={self.low:g} must be below high={self.high:g}")
        return self


class RobustnessSpecification(Group):
    """The content of `configs/robustness.yaml`."""

    factor: float = Field(gt=1.0, le=100.0)
    left_out: dict[str, str] = {}
    ranges: dict[str, Range] = {}
    in_order: tuple[tuple[str, ...], ...] = ()
    within_one: tuple[tuple[str, ...], ...] = ()
    core_seconds: float = Field(gt=0.0, le=3600.0)
    structures: tuple[str, ...] = Field(("default",), min_length=1)
    rounds: int = Field(0, ge=0, le=10, description="after the first")
    false_signs: float = Field(0.05, ge=0.0, lt=0.5, description="local false sign rate above which a draw gets more pairs")
    least_pairs: int = Field(ge=2, le=100_000)
    most_pairs: int = Field(ge=2, le=100_000)
    agreement: float = Field(gt=0.5, le=1.0)
    least_accepted: int = Field(ge=1)
    worlds_measured: int = Field(ge=1, le=10_000)
    least_market: float = Field(ge=0.0, description="person-days per day in Plans")
    patterns: dict[str, Pattern] = Field(min_length=1, description="those of configs/patterns.yaml that accept a draw")

    @model_validator(mode="after")
    def _parts_fit(self):
        known = {row["key"] for row in parameter_table()}
        for key in [*self.left_out, *self.ranges, *sum(self.in_order + self.within_one, ())]:
            if key not in known:
                raise ValueError(f"{key} is not a parameter; `plansim parameters` lists all")
        if self.most_pairs < self.least_pairs:
            raise ValueError(f"most_pairs={self.most_pairs} is below least_pairs={self.least_pairs}")
        for name, pattern in self.patterns.items():
            if not pattern.accepts:
                raise ValueError(f"patterns.{name}: no draw may be accepted or rejected by it")
        return self


@dataclasses.dataclass(frozen=True)
class DrawnParameter:
    """A parameter that is drawn: its key, default, range, and how it spreads over the range."""

    key: str
    default: float
    low: float
    high: float
    log: bool
    whole: bool
    unit: str
    source: str

    def at(self, u: float) -> float:
        """The value at u in [0, 1]; a range below zero is spread like its mirror image."""
        if self.log and self.high < 0.0:
            return -value_at(Factor(low=-self.high, high=-self.low, log=True), 1.0 - u)
        return value_at(Factor(low=self.low, high=self.high, log=self.log, whole=self.whole), u)


def read_specification() -> RobustnessSpecification:
    """The content of `configs/robustness.yaml`, and the patterns that accept a draw. ConfigurationError if it does not fit."""
    from importlib import resources

    tree = read_mapping(resources.files("configs") / "robustness.yaml", "configs/robustness.yaml")
    patterns = {name: pattern.model_dump(mode="json") for name, pattern in accepting().items()}
    return validate_as(RobustnessSpecification, tree | {"patterns": patterns}, "robustness.")


def drawn_parameters(
    spec: RobustnessSpecification, base: Mapping[str, Any], which: Literal["near", "stated"], fixed: Sequence[str] = ()
) -> list[DrawnParameter]:
    """The parameters that are drawn, in the order of `plansim parameters`.

    `base`: the configuration drawn around, as nested dictionaries; `which`: `near` its values (within the factor, or the
    ranges given for it) or `stated` (the whole stated ranges); `fixed`: keys that keep their values, as a user gave them.
    """
    drawn = []
    for row in parameter_table():
        key = row["key"]
        if ASSUMED not in (row["source"] or "") or key in spec.left_out or key in fixed:
            continue
        try:
            default = value_of(base, key)
        except KeyError:
            continue  # added since the base was stored
        if isinstance(default, bool) or not isinstance(default, int | float):
            continue
        low, high, log = _range_of(spec, row, float(default), which)
        whole = isinstance(default, int)
        if math.ceil(low) < math.floor(high) if whole else low < high:
            drawn.append(DrawnParameter(key, default, low, high, log, whole, row["unit"] or "", row["source"]))
    return drawn


def _range_of(spec: RobustnessSpecification, row: Mapping[str, Any], default: float, which: str) -> tuple[float, float, bool]:
    """Low, high, and whether it spreads on the logarithm. A default of 0 without a range has none: low is high."""
    if which == STATED:
        return float(row["low"]), float(row["high"]), False
    if row["key"] in spec.ranges:
        given = spec.ranges[row["key"]]
        return given.low, given.high, False
    ends = sorted((default / spec.factor, default * spec.factor))
    low, high = max(ends[0], row["low"]), min(ends[1], row["high"])
    return low, high, low * high > 0.0


def latin_hypercube(draws: int, dimensions: int, root_seed: int) -> np.ndarray:
    """float64[draws, dimensions] in (0, 1): in each column one value in each of `draws` equal intervals."""
    import inspect

    from scipy.stats import qmc

    named = "rng" if "rng" in inspect.signature(qmc.LatinHypercube).parameters else "seed"  # SciPy 1.15 renamed it
    return qmc.LatinHypercube(dimensions, **{named: stream_generator(root_seed, DRAWS_STREAM)}).random(draws)


def draw_values(
    spec: RobustnessSpecification, parameters: Sequence[DrawnParameter], base: Mapping[str, Any], draws: int, root_seed: int
) -> list[dict[str, float]]:
    """The values of every draw by key, a whole number where the parameter is one, within the constraints."""
    if not parameters:
        raise ConfigurationError("robustness: no assumed parameter is left to be drawn; leave some of them to the draws")
    points = latin_hypercube(draws, len(parameters), root_seed).tolist()
    return [
        constrain(spec, {drawn.key: drawn.at(u) for drawn, u in zip(parameters, point, strict=True)}, base) for point in points
    ]


def constrain(spec: RobustnessSpecification, values: Mapping[str, float], base: Mapping[str, Any]) -> dict[str, float]:
    """The values of a draw, moved where needed: in order, and shares of a whole that do not exceed it."""
    values = dict(values)
    for keys in spec.in_order:
        _put_in_order(values, keys, base)
    for keys in spec.within_one:
        _fit_into_one(values, keys, base)
    return values


def _put_in_order(values: dict[str, float], keys: Sequence[str], base: Mapping[str, Any]) -> None:
    """Sort what is drawn; what is not drawn stays, and bounds its neighbours."""
    drawn = [key for key in keys if key in values]
    values |= dict(zip(drawn, sorted(values[key] for key in drawn), strict=True))
    bound = -math.inf
    for key in keys:
        if key in values:
            values[key] = max(values[key], bound)
        bound = max(bound, values[key] if key in values else value_of(base, key))
    bound = math.inf
    for key in reversed(keys):
        if key in values:
            values[key] = min(values[key], bound)
        bound = min(bound, values[key] if key in values else value_of(base, key))


def _fit_into_one(values: dict[str, float], keys: Sequence[str], base: Mapping[str, Any]) -> None:
    """Scale what is drawn down to what the others leave of 1."""
    room = max(0.0, 1.0 - sum(value_of(base, key) for key in keys if key not in values))
    total = sum(values[key] for key in keys if key in values)
    if total > room:
        values |= {key: values[key] * room / total * _BELOW_ONE for key in keys if key in values}
