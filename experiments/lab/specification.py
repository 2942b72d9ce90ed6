"""What a file in `configs/hypothesis/` must say: typed, bounded, validated like the model's parameters."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from sim.parameters import Group, Lever, number

Verdict = Literal["supported", "refuted", "undecided", "not applicable", "identical"]
Value = float | int | bool | str


class Treatment(Lever):
    """What the treated world of a pair gets: one lever of the model."""

    lever: str = Field(description="name of the lever")

    def as_lever(self) -> dict[str, Any]:
        """The lever as the policy takes it."""
        return self.model_dump(mode="json", exclude={"lever"})


class Control(Group):
    """A comparison whose verdict is known beforehand, and why."""

    role: Literal["negative", "positive"]
    overrides: dict[str, Value] = {}
    treatment: Treatment | None = None
    expected: tuple[Verdict, ...] = Field(min_length=1)
    why: str = Field(min_length=1)


class Specification(Group):
    """One hypothesis: its claim, the worlds compared, the estimand with unit and threshold, the controls."""

    id: str = Field(min_length=1)
    claim: str = Field(min_length=1)
    source: tuple[str, ...] = Field(min_length=1)
    kind: Literal["test", "verification"]
    estimand: Literal["displacement"]
    unit: str
    threshold: float
    threshold_reason: str = Field(min_length=1)
    treatment: Treatment
    first_stage_fall: float = number(0.1, "share of the twin's level", 0.0, 1.0, "model", "least fall at the target")
    both_ways: dict[str, dict[str, Value]] = {}
    transient_days: int = number(91, "days", 0, 4000, "model", "days after the start that are left out")
    adapted_days: int = number(275, "days", 28, 4000, "model", "days after them that are compared")
    controls: dict[str, Control] = {}
