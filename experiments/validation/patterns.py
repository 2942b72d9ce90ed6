"""Patterns: rows of the evidence as conditions on measures of worlds, from `configs/patterns.yaml`.

The file fixes targets, tolerances and tags before anything is fitted. Rows that are held out are compared here and
nowhere else: they accept no draw and fit no parameter.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from experiments.validation.measures import MEASURES
from sim.configuration import meant, validate_as
from sim.configuration.yaml_files import read_mapping
from sim.evidence import evidence, held_out
from sim.parameters import Group

HELD_OUT = held_out()
"""Rows of evidence kept for validation: they accept no draw and calibrate nothing."""

FILE = "configs/patterns.yaml"
RATIO, DIFFERENCE = "ratio", "difference"


class Pattern(Group):
    """A row of evidence as a condition on a measure: a target with its tolerance, or a range that may be open at one end."""

    measure: str
    target: float | None = Field(None, description="value of the source, if it gives one")
    low: float | None = Field(None, description="lowest value that passes")
    high: float | None = Field(None, description="highest value that passes")
    tag: Literal["imposed", "calibrated", "emergent", "qualitative", "held_out"]
    accepts: bool = Field(False, description="a draw of parameters that misses it is rejected")
    rows: tuple[str, ...] = Field((), description="further rows of evidence that the target is computed from")
    market: str = Field("", description="the only preset it is about; any if empty")
    levers: dict[str, dict[str, Any]] = Field({}, description="policy whose effect it is about, against the same worlds without")
    overrides: dict[str, Any] = Field({}, description="parameters of both, where the effect would be too rare to be seen")
    compare: Literal["ratio", "difference"] = Field("ratio", description="of the worlds with the policy and those without")
    why: str = Field(min_length=1, description="where the tolerance comes from")
    reason: str = Field("", description="why it is missed, as far as known")

    @model_validator(mode="after")
    def _one_condition(self):
        if self.measure not in MEASURES:
            raise ValueError(f"measure={self.measure}: unknown{meant(self.measure, MEASURES)}; valid: {', '.join(MEASURES)}")
        if self.low is None and self.high is None:
            raise ValueError("no tolerance; give low, high or both")
        low, high = self.bounds
        if not low < high:
            raise ValueError(f"low={low:g} must be below high={high:g}")
        if self.target is not None and not low <= self.target <= high:
            raise ValueError(f"target={self.target:g} is outside {low:g} to {high:g}")
        if self.overrides and not self.levers:
            raise ValueError("overrides: only for the effect of a policy; give levers")
        if self.accepts and self.tag not in ("calibrated", "emergent", "qualitative"):
            raise ValueError(f"accepts: a pattern that is {self.tag.replace('_', ' ')} may reject no draw")
        return self

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest value that pass; infinite where it is open."""
        return -math.inf if self.low is None else self.low, math.inf if self.high is None else self.high

    @property
    def label(self) -> str:
        """What is measured."""
        return MEASURES[self.measure][0]

    @property
    def unit(self) -> str:
        """Unit of the measure, or of its change under the policy."""
        unit = MEASURES[self.measure][1]
        return unit if not self.levers or self.compare == DIFFERENCE else "with the policy over without"

    def is_met_by(self, value: float | None) -> bool:
        """Whether a value lies within the range, or beyond its one end; one that is undefined does not."""
        low, high = self.bounds
        if value is None or self.low is None or self.high is None:
            return value is not None and low < value < high
        return low <= value <= high


class PatternFile(Group):
    """The content of `configs/patterns.yaml`."""

    patterns: dict[str, Pattern] = Field(min_length=1, description="by row of evidence, and a word after a dot if it has several")
    not_compared: dict[str, str] = Field({}, description="rows of evidence that no measure stands for, and why")

    @model_validator(mode="after")
    def _rows_are_known(self):
        known = evidence()
        for name, pattern in self.patterns.items():
            for row in (row_of(name), *pattern.rows):
                if row not in known:
                    raise ValueError(f"patterns.{name}: {row} is not a row of the table of evidence")
            if (row_of(name) in HELD_OUT) != (pattern.tag == "held_out"):
                right = "held_out" if row_of(name) in HELD_OUT else "another one, as the row is not held out"
                raise ValueError(f"patterns.{name}: tag={pattern.tag}: it must be {right}")
        for row in self.not_compared:
            if row not in known:
                raise ValueError(f"not_compared.{row}: not a row of the table of evidence")
        return self


def row_of(name: str) -> str:
    """The row of evidence that a pattern is about.

    >>> row_of("E48.contacts")
    'E48'
    """
    return name.partition(".")[0]


@functools.cache
def read_patterns() -> PatternFile:
    """The content of `configs/patterns.yaml`. ConfigurationError, one line, if it does not fit."""
    from importlib import resources

    tree = read_mapping(resources.files("configs") / "patterns.yaml", FILE)
    return validate_as(PatternFile, tree, f"{FILE}: ")


def accepting() -> dict[str, Pattern]:
    """The patterns that accept or reject a draw."""
    return {name: pattern for name, pattern in read_patterns().patterns.items() if pattern.accepts}


def met_by(patterns: Mapping[str, Pattern], measured: Mapping[str, float | None]) -> dict[str, bool]:
    """Which patterns a draw meets, from its measures, by name."""
    return {name: pattern.is_met_by(measured[pattern.measure]) for name, pattern in patterns.items()}
