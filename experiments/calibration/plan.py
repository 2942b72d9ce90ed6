"""What a calibration draws and is fitted to: priors, patterns, and the statistics in which they are compared."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field

from experiments.calibration.draws import (
    NEAR,
    DrawnParameter,
    RobustnessSpecification,
    constrain,
    drawn_parameters,
    read_specification,
)
from experiments.calibration.levels import LEVELS
from experiments.calibration.runs import DrawTask, seeds_of
from experiments.configuration.drawn import value_of
from experiments.execution.chunks import Chunk, plan_chunks
from experiments.validation.patterns import Pattern, read_patterns
from sim.configuration import ConfigurationError, parameter_table
from sim.parameters import Group

if TYPE_CHECKING:
    import numpy as np

FLOOR = 0.1  # of the target, added before a logarithm is taken, as counts may be none
_SIDES = 4.0  # standard deviations in a range that is taken to hold 95 %
DRAWS_A_CHUNK = 4


class CalibrationSettings(Group):
    """The numbers of `configs/calibrate.yaml`."""

    n_draws: int = Field(ge=100, le=1_000_000, description="draws of each wave")
    n_worlds: int = Field(ge=1, le=1_000, description="seeds of each draw")
    trajectories: int = Field(ge=2, le=1_000, description="of the screening")
    waves: int = Field(ge=1, le=20, description="at most")
    acceptance: float = Field(
        ge=0.0, lt=1.0, description="share of draws that meet all patterns, below which another wave follows"
    )
    kept: int = Field(ge=50, le=1_000_000, description="nearest draws, which make the posterior")


@dataclasses.dataclass(frozen=True)
class CalibrationPlan:
    """Priors, patterns and sizes.

    `fitted`: patterns with a target, whose measures are the statistics; `required`: directions that a draw must show.
    """

    settings: CalibrationSettings
    spec: RobustnessSpecification
    base: dict[str, Any]
    parameters: tuple[DrawnParameter, ...]
    fitted: dict[str, Pattern]
    required: dict[str, Pattern]
    root_seed: int

    @property
    def measures(self) -> list[str]:
        """Measures of the rows."""
        return list(dict.fromkeys(one.measure for one in (self.fitted | self.required).values()))

    def values_at(self, places: np.ndarray) -> list[dict[str, float]]:
        """Parameters at float64[draws, parameters] of the unit cube, within the constraints."""
        return [
            constrain(self.spec, {one.key: one.at(u) for one, u in zip(self.parameters, row, strict=True)}, self.base)
            for row in places.tolist()
        ]

    def chunks(self, places: np.ndarray, first: int, same_seeds: bool = False) -> list[Chunk]:
        """The draws at these places, numbered from `first`; with seeds of their own, or all with the same ones."""
        shared = json.dumps({"base": self.base, "measures": self.measures})
        tasks = []
        for number, values in enumerate(self.values_at(places)):
            seeds = seeds_of(self.root_seed, -1 if same_seeds else first + number, self.settings.n_worlds)
            tasks.append(DrawTask(number, values, seeds, shared))
        return plan_chunks(tasks, DRAWS_A_CHUNK)


def plan_calibration(
    settings: CalibrationSettings, base: dict[str, Any], fixed: Sequence[str], root_seed: int
) -> CalibrationPlan:
    """The plan around a configuration. ConfigurationError if nothing is left to be drawn or fitted."""
    spec, market = read_specification(), base["market"]["preset"]
    levels = levels_drawn(base, fixed)
    of_levels = {one.key for one in levels}
    parameters = (*(one for one in drawn_parameters(spec, base, NEAR, fixed) if one.key not in of_levels), *levels)
    fitted, required = fitted_patterns(market)
    if not parameters or not fitted:
        raise ConfigurationError(f"calibrate: nothing to be drawn or to be fitted in market={market}; fix fewer parameters")
    return CalibrationPlan(settings, spec, base, parameters, fitted, required, root_seed)


def levels_drawn(base: Mapping[str, Any], fixed: Sequence[str]) -> list[DrawnParameter]:
    """The levels that records fix, each over a range of its own around its default, on the logarithm."""
    rows = {row["key"]: row for row in parameter_table()}
    found = []
    for level in LEVELS:
        for key in level.keys:
            if key in fixed:
                continue
            default, row = float(value_of(base, key)), rows[key]
            low, high = max(default / level.reach, row["low"]), min(default * level.reach, row["high"])
            if 0.0 < low < high:
                found.append(DrawnParameter(key, default, low, high, True, False, row["unit"] or "", row["source"]))
    return found


def fitted_patterns(market: str) -> tuple[dict[str, Pattern], dict[str, Pattern]]:
    """Patterns that worlds of a preset without a policy are fitted to, and directions that they must show."""
    levels = {level.pattern for level in LEVELS}
    shown = {name: one for name, one in read_patterns().patterns.items() if one.market in ("", market) and not one.levers}
    fitted = {name: one for name, one in shown.items() if one.tag in ("calibrated", "emergent") or name in levels}
    required = {name: one for name, one in shown.items() if one.accepts and name not in fitted}
    return fitted, required


def statistic(pattern: Pattern, value):
    """A measure on the logarithm, in units of its target, with a floor: differences of it are relative ones."""
    import numpy as np

    return np.log(np.asarray(value, dtype=float) / pattern.target + FLOOR)


def noise(pattern: Pattern) -> float:
    """Standard deviation of what was observed around the truth, on the scale of the statistic: a quarter of the range."""
    low, high = (float(statistic(pattern, end)) for end in pattern.bounds)
    if not math.isfinite(low + high):
        raise ConfigurationError(f"configs/patterns.yaml: {pattern.label}: a pattern that is fitted needs both low and high")
    return (high - low) / _SIDES
