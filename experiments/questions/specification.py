"""What a file in `configs/hypothesis/` must hold: typed, bounded, validated like the model's parameters."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from sim.parameters import Group, Lever, number

Verdict = Literal["supported", "refuted", "undecided", "not applicable", "identical"]
Value = float | int | bool | str


class Arm(Group):
    """One world of a comparison: the levers pulled in it, and what else it changes."""

    levers: dict[str, Lever] = {}
    budget: float | None = Field(None, gt=0.0, description="EUR to which the levers are scaled")
    overrides: dict[str, Value] = {}
    options: dict[str, Value] = {}


class Change(Group):
    """What a comparison changes of the main one, and why; empty, it is the main comparison."""

    overrides: dict[str, Value] = {}
    arms: dict[str, Arm] = Field({}, description="arms of its own; one that is not named is as in the main comparison")
    options: dict[str, Value] = {}
    why: str = ""


class Control(Change):
    """A comparison whose verdict is known beforehand, and why."""

    role: Literal["negative", "positive"]
    expected: tuple[Verdict, ...] = Field(min_length=1)
    why: str = Field(min_length=1)


class Along(Change):
    """The main comparison repeated at every combination of some values: a curve or a surface."""

    factors: dict[str, tuple[Value, ...]] = Field(min_length=1, description="configuration paths, or arms.NAME.PATH")
    pairs: float = Field(0.25, gt=0.0, le=10.0, description="share of the main comparison's pairs, at each point")


class Specification(Group):
    """One hypothesis: its claim, the worlds compared, the estimand with unit and threshold, the controls.

    `arms`: by name, the first is the base the others are compared with. Market, horizon and number of pairs
    stand next to it in the file, as ordinary configuration that a user's own override replaces.
    """

    id: str = Field(min_length=1)
    rank: int = Field(ge=1, description="its place in reports")
    title: str = Field(min_length=1)
    claim: str = Field(min_length=1)
    source: tuple[str, ...] = Field(min_length=1)
    kind: Literal["test", "verification"]
    estimand: str = Field(min_length=1, description="a module of experiments.questions.estimand")
    measure: str = Field(min_length=1, description="what the estimate is, in words")
    unit: str
    threshold: float
    direction: Literal["above", "below"] = "above"
    band: tuple[float, float] | None = Field(None, description="values that count as no effect")
    threshold_reason: str = Field(min_length=1)
    effect_unit: float = Field(gt=0.0, description="size of effect that matters: precision is a quarter of it")
    smallest_effect: float = Field(gt=0.0, description="distance from the threshold below which an effect is of no interest")
    smallest_effect_reason: str = Field(min_length=1)
    smallest_effect_of: Literal["any market", "persons"] = Field(
        "any market", description="whether it is in proportion to the persons of the market of the file"
    )
    arms: dict[str, Arm] = Field(min_length=1)
    options: dict[str, Value] = {}
    both_ways: dict[str, dict[str, Value]] = {}
    transient_days: int = number(91, "days", 0, 4000, "model", "days after the start that are left out")
    adapted_days: int = number(275, "days", 28, 4400, "model", "days after them that are compared")
    controls: dict[str, Control] = {}
    control_pairs: float = Field(0.5, gt=0.0, le=1.0, description="share of the main comparison's pairs, for each control")
    along: dict[str, Along] = {}
    limits: tuple[str, ...] = ()

    def arms_of(self, own: dict[str, Arm]) -> dict[str, dict[str, Any]]:
        """The arms of a comparison as nested dictionaries: the main ones, with some replaced."""
        return {name: arm.model_dump(mode="json") for name, arm in (self.arms | own).items()}
