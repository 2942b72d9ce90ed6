"""The content of a file in `configs/sensitivity/`: typed, bounded, validated like the model's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from experiments.sweeps.specification import (
    TARGET_UNITS,
    Arm,
    Factor,
    Target,
    check_outcome,
    check_paths,
    flatten_factors,
    plain_part,
    units_of,
)
from sim.configuration import ConfigurationError, validate_as
from sim.parameters import Group


class Contrast(Group):
    """Two policies, by name of a file in configs/policy or as arms of a sweep."""

    arm: str | Arm
    baseline: str | Arm = "none"


class SensitivitySpecification(Group):
    """The content of a file in `configs/sensitivity/`."""

    question: str = ""
    outcome: str = "person_days_in_spell"
    contrast: Contrast | None = Field(None, description="none: the outcome under the policy of the configuration")
    factors: dict[str, Factor] = Field(min_length=1)
    trajectories: int = Field(10, ge=2, le=1_000_000, description="Morris trajectories, factors + 1 points each")
    keep: int = Field(4, ge=0, le=1_000, description="how many factors go on to Sobol indices; 0: screening only")
    rows: int = Field(64, ge=2, le=1_000_000, description="rows of Saltelli's design, factors + 2 points each")
    second_order: bool = Field(False, description="indices of pairs too, at twice the points")
    replicates: int = Field(10, ge=1, le=100_000, description="seeds averaged at each point")
    resamples: int = Field(1000, ge=100, le=100_000, description="of the bootstrap")
    first_day: int | None = Field(None, ge=0, description="as in a sweep")
    target: Target | None = None


def read_specification(configuration: Mapping[str, Any]) -> SensitivitySpecification:
    """The validated analysis of a composed configuration. ConfigurationError, one line, for a mistake."""
    tree = plain_part(configuration.get("sensitivity"), "sensitivity")
    try:
        tree["factors"] = flatten_factors(tree.get("factors") or {})
        check_paths(tree["factors"])
    except ConfigurationError as error:
        raise ConfigurationError(in_own_words(error)) from None
    if not tree["factors"]:
        raise ConfigurationError(
            "sensitivity.factors: at least one is needed, for example sensitivity.factors.labour.bonding={low: 0, high: 1}"
        )
    spec = validate_as(SensitivitySpecification, tree, "sensitivity.")
    check_outcome(spec.outcome, units_of(configuration) | TARGET_UNITS, "sensitivity.outcome")
    return spec


def in_own_words(error: ConfigurationError) -> str:
    """A sweep's complaint with the keys of this command."""
    own = {
        "sweep.arms": "sensitivity.contrast",
        "sweep: ": "sensitivity: ",
        "sweep.": "sensitivity.",
        "this sweep": "this analysis",
    }
    text = str(error)
    for theirs, ours in own.items():
        text = text.replace(theirs, ours)
    return text
