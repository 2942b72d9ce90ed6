"""The content of a file in `configs/sweep/`: typed, bounded, validated like the model's parameters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from experiments.configuration.composition import key_of
from experiments.sweeps.factor_paths import type_at
from sim.configuration import ConfigurationError, meant, read_group, validate_as
from sim.configuration.groups import OF_OWN
from sim.configuration.plain_values import plain
from sim.levers import LEVER_KINDS
from sim.measures.formulas import HEADLINES, OUTCOMES
from sim.measures.outcomes import COST_UNIT
from sim.own_rules import lever_kinds
from sim.parameters import Group, Lever, Parameters, Policy

Value = bool | int | float | str | None
UNITS = {name: unit for name, unit, _ in OUTCOMES} | {"public_cost": COST_UNIT}
UNITS |= {f"public_cost_{name}": COST_UNIT for name, kind in sorted(LEVER_KINDS.items()) if kind.unit_cost_eur > 0.0}
AT_TARGET, ELSEWHERE = "person_days_at_target", "person_days_elsewhere"
TARGET_UNITS = {AT_TARGET: "person-days/day", ELSEWHERE: "person-days/day"}
DEFAULT_OUTCOMES = (*HEADLINES, "public_cost")
SAMPLED = ("latin_hypercube", "sobol", "morris", "saltelli", "random")  # these need `rows`
MOST_ROWS = 10_000_000


class Factor(Group):
    """What one configuration path takes: listed values, or a range."""

    values: tuple[Value, ...] | None = None
    low: float | None = None
    high: float | None = None
    log: bool = Field(False, description="spread evenly on the logarithm")
    whole: bool = Field(False, description="whole numbers only; set by itself where the parameter is one")
    steps: int | None = Field(None, ge=2, le=100_000, description="levels of a range in a grid")

    @model_validator(mode="after")
    def _values_or_range(self):
        if self.values is not None:
            if (self.low, self.high, self.steps) != (None, None, None) or not self.values:
                raise ValueError("give values=[...] with one value or more, or low and high; not both")
        elif self.low is None or self.high is None:
            raise ValueError("values=[...] or both low and high are needed")
        elif not self.low < self.high:
            raise ValueError(f"low={self.low:g} must be below high={self.high:g}")
        elif self.log and self.low <= 0.0:
            raise ValueError(f"log needs low above 0, and it is {self.low:g}")
        return self


class Arm(Group):
    """One policy that every design point is run under, on the same seeds as the other arms."""

    name: str = Field(min_length=1)
    policy: str | Policy | None = Field(None, description="a policy to start from: its name, or its content")
    levers: dict[str, Lever] = {}
    overrides: dict[str, Value] = {}


class Subset(Group):
    """Which of the rows to run; none: all."""

    designs: tuple[int, ...] | None = None
    arms: tuple[str, ...] | None = None
    replicates: tuple[int, ...] | None = None


class Target(Group):
    """The cells whose person-days are kept apart, to see displacement."""

    territory: str | None = None
    kind: Literal["street", "hotel", "flat", "client_home"] | None = None


class SweepSpecification(Group):
    """A sweep: design points x replicates x arms, and what is kept of each run."""

    question: str = ""
    design: Literal["grid", "list", "latin_hypercube", "sobol", "morris", "saltelli", "table", "random"] = "grid"
    factors: dict[str, Factor] = {}
    rows: int | None = Field(None, ge=1, le=MOST_ROWS, description="points; morris: trajectories; saltelli: base points")
    table: str | None = Field(None, description="CSV or Parquet file, one column a configuration path")
    points: tuple[tuple[Value, ...], ...] | None = Field(None, description="what the table held, for the manifest")
    levels: int = Field(4, ge=2, le=100, description="levels of a Morris design")
    second_order: bool = Field(False, description="Saltelli points for second-order indices too")
    replicates: int = Field(1, ge=1, le=1_000_000)
    arms: tuple[Arm, ...] = ()
    outcomes: tuple[str, ...] = Field(DEFAULT_OUTCOMES, min_length=1)
    contrasts: str | None = Field(None, description="the arm that others are set against")
    first_day: int | None = Field(None, ge=0, description="first day measured; none: start of the first lever, or burn_in")
    target: Target | None = None
    subset: Subset = Subset()
    own: dict[str, str] = Field({}, description="units of the configuration's own outcomes, which it sets by itself")

    @property
    def units(self) -> dict[str, str]:
        """Units of everything that can be kept of a run."""
        return UNITS | TARGET_UNITS | self.own

    @model_validator(mode="after")
    def _parts_fit(self):
        names = [arm.name for arm in self.arms]
        if len(set(names)) < len(names):
            raise ValueError(f"two arms have one name ({', '.join(names)})")
        if self.contrasts is not None and self.contrasts not in names:
            given = f"is not among the arms ({', '.join(names)})" if names else "is not an arm, as no arms are given"
            raise ValueError(
                f"contrasts={self.contrasts}: the baseline {given}; add it to sweep.arms, or give sweep.contrasts another of them"
            )
        if len(set(self.outcomes)) < len(self.outcomes):
            raise ValueError("outcomes: one is listed twice")
        if self.design in SAMPLED and self.rows is None:
            raise ValueError(f"design={self.design} needs rows, for example rows=100")
        if self.design in SAMPLED and not self.factors:
            raise ValueError(f"design={self.design} needs factors")
        if self.design != "table" and self.table is not None:
            raise ValueError(f"table={self.table} is read by design=table only, and this is design={self.design}")
        if self.design == "table" and self.table is None:
            raise ValueError("design=table needs table=FILE (CSV or Parquet, one column a configuration path)")
        return self


def units_of(tree: Mapping[str, Any]) -> dict[str, str]:
    """Every outcome of a composed configuration with its unit, its own ones last."""
    own = validate_as(Parameters, {key: tree[key] for key in OF_OWN.values() if tree.get(key)}, "")
    costs = {f"public_cost_{name}": COST_UNIT for name, kind in lever_kinds(own).items() if kind.unit_cost_eur > 0.0}
    return UNITS | costs | {name: outcome.unit for name, outcome in own.own_outcomes.items()}


def check_outcome(name: str, units: Mapping[str, str], where: str) -> None:
    """ConfigurationError, beginning with `where`, for an outcome that there is not."""
    if name not in units:
        told = "`plansim outcomes` lists all, outcome=FILE.yaml adds one"
        raise ConfigurationError(f"{where}: {name} is unknown{meant(name, units)}; {told}")


def read_specification(tree: dict[str, Any]) -> SweepSpecification:
    """The validated sweep of a composed configuration, its `sweep` and own outcomes. ConfigurationError, one line, for a mistake.

    Shorthands are written out: an arm or a list of values without a mapping, `outcomes=all`, and
    factors that the command line nests (`sweep.factors.labour.bonding.low`).
    """
    units = units_of(tree)
    own = {name: unit for name, unit in units.items() if name not in UNITS}
    tree = plain_part(tree.get("sweep"), "sweep") | {"own": own}
    tree["factors"] = flatten_factors(tree.get("factors") or {})
    arms = tree.get("arms") or []
    tree["arms"] = [_arm_of(arm) if isinstance(arm, str) else arm for arm in _as_list(arms)]
    if "outcomes" in tree:
        tree["outcomes"] = list(units) if tree["outcomes"] == "all" else _as_list(tree["outcomes"])
    elif own:
        tree["outcomes"] = [*DEFAULT_OUTCOMES, *own]
    for place, arm in enumerate(tree["arms"]):
        _refuse_nested(arm.get("overrides") if isinstance(arm, dict) else None, f"sweep.arms.{place}.overrides.")
    try:
        spec = validate_as(SweepSpecification, tree, "sweep.")
        for name in spec.outcomes:
            check_outcome(name, units, "sweep.outcomes")
        return spec
    except ConfigurationError as error:
        check_paths(tree["factors"])
        raise ConfigurationError(str(error).replace("sweep.: ", "sweep: ")) from None


def plain_part(tree: Any, name: str) -> dict[str, Any]:
    """The part of a configuration that a command reads by itself, of plain values, without what is null."""
    tree = plain(tree or {}, name)
    if not isinstance(tree, dict):
        raise ConfigurationError(f"{name}={tree!r}: a mapping is needed, such as the files in configs/{name} have")
    return {key: value for key, value in tree.items() if value is not None}


def refuse_varied(overrides: list[str], factors: Collection[str], command: str) -> None:
    """Refuse a value for a parameter that is varied anyway: it would have no effect."""
    for text in overrides:
        if (key := key_of(text)) in factors:
            what = "analysis" if command == "sensitivity" else command
            raise ConfigurationError(f"{text}: this {what} varies {key}; leave it out, or change {command}.factors.{key} instead")


def check_paths(factors: dict[str, Any]) -> None:
    """Refuse a factor that is not a parameter, whatever else is wrong with it."""
    for path in factors:
        type_at(path)


def _arm_of(policy: str) -> dict[str, str]:
    """An arm that is a ready policy. ConfigurationError if there is none of that name."""
    try:
        read_group("policy", policy)
    except ConfigurationError as error:
        raise ConfigurationError(f"sweep.arms: {error}") from None
    return {"name": policy, "policy": policy}


def flatten_factors(tree: dict[str, Any]) -> dict[str, Any]:
    """Factors by dotted path; of two for one path the later one is laid over the earlier, and null takes it out."""
    flat: dict[str, Any] = {}
    _flatten_into(flat, tree, "")
    for path, factor in flat.items():
        _refuse_nested(
            {"values": None} | {str(i): v for i, v in enumerate(factor.get("values") or [])}, f"sweep.factors.{path}.values."
        )
    return flat


def _flatten_into(flat: dict[str, Any], tree: dict[str, Any], prefix: str) -> None:
    if not isinstance(tree, dict):
        raise ConfigurationError(f"sweep.factors={tree!r}: a mapping of configuration paths to values or ranges is needed")
    for key, value in tree.items():
        path = f"{prefix}{key}"
        if value is None:
            flat.pop(path, None)
        elif isinstance(value, dict) and not set(value) & set(Factor.model_fields):
            _flatten_into(flat, value, f"{path}.")
        else:
            _lay_over(flat, path, value)


def _lay_over(flat: dict[str, Any], path: str, value: Any) -> None:
    factor = value if isinstance(value, dict) else {"values": _as_list(value)}
    if "values" in factor:
        factor = factor | {"values": _as_list(factor["values"])}
    kept = flat.get(path, {})
    if "values" in factor or ("values" in kept and {"low", "high"} & set(factor)):
        kept = {}
    flat[path] = kept | factor


def _refuse_nested(values: dict | None, where: str) -> None:
    for key, value in values.items() if isinstance(values, dict) else ():
        if isinstance(value, dict | list):
            raise ConfigurationError(f"{where}{key}={value!r}: a number, a word, true, false or null is needed")


def _as_list(value: Any) -> list:
    return list(value) if isinstance(value, list | tuple) else [value]
