"""Parameters, constants, structural dials and levers, from `sim.parameters`, `configs` and `sim.levers`."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Iterator
from importlib import resources
from typing import Any

from pydantic import BaseModel

from experiments.configuration.composition import STRUCTURE, leaves_of
from experiments.odd.markdown import Table, code
from experiments.odd.source import head_comment
from sim.configuration import group_names, parameter_table, read_group
from sim.configuration.yaml_files import read_mapping
from sim.levers import LEVER_KINDS, UP
from sim.parameters import Parameters, constants
from sim.parameters.fields import ASSUMPTION
from sim.parameters.policy import Lever

DEFAULT, LEVELS = "default", "first_version"
"""Structures that turn no dial: that of the defaults, and the levels assumed before they were fitted."""

LINE = re.compile(r"^([A-Z][A-Z_, ]*) = (.+?)  # ([^;]+); ([^;]+); (.+)$", re.MULTILINE)
"""A line of constants: names, values, unit, source, meaning."""

_DIAL = "a structural dial"
_COLUMNS = ("key", "default", "unit", "range", "source", "meaning")


def constant_table() -> list[tuple[str, ...]]:
    """Names, values, unit, source and meaning of each line of constants."""
    return LINE.findall(inspect.getsource(constants))


def constant_values() -> Table:
    """The constants of a rule's form."""
    rows = [(", ".join(map(code, names.split(", "))), *rest) for names, *rest in constant_table()]
    note = "From `sim/parameters/constants.py`: no run sets them, and no robustness run draws them."
    return Table("constants", ("name", "value", "unit", "source", "meaning"), rows, note)


def parameters() -> list[Table]:
    """The parameters, a table for each group, and the options of a lever."""
    rows: dict[str, list[tuple[str, ...]]] = {}
    table = parameter_table()
    for row in table:
        group = row["key"].partition(".")[0] if "." in row["key"] else "run"
        rows.setdefault(group, []).append(_cells(row, _alternatives(row["key"])))
    assumed = sum(row["source"] == ASSUMPTION for row in table)
    said = {"run": f"{len(table)} parameters in all, of which {assumed} have no other source than an assumption."}
    found = [Table(f"parameters.{name}", _COLUMNS, cells, said.get(name) or _about(name)) for name, cells in rows.items()]
    options = [_cells(row, _alternatives(row["key"], Lever)) for row in lever_options()]
    found.append(Table("parameters.options_of_a_lever", _COLUMNS, options, "Keys are `policy.levers.LEVER.` and these."))
    return found


def _about(group: str) -> str:
    return (Parameters.model_fields[group].annotation.__doc__ or "").partition("\n")[0]


def _cells(row: dict[str, Any], alternatives: tuple[str, ...]) -> tuple[str, ...]:
    default = row["default"]
    shown = "none" if default is None or default in ((), {}) else str(default)
    shown = shown.lower() if isinstance(default, bool) else shown
    span = f"{row['low']} to {row['high']}" if row["low"] is not None else ", ".join(alternatives)
    return code(row["key"]), shown, row["unit"] or "-", span, row["source"] or "", row["meaning"] or ""


def lever_options() -> Iterator[dict[str, Any]]:
    """What a lever of a policy can be given, as in the table of parameters."""
    for name, field in Lever.model_fields.items():
        extra = field.json_schema_extra or {}
        low, high = (next((getattr(part, end) for part in field.metadata if hasattr(part, end)), None) for end in ("ge", "le"))
        said = {"default": field.default, "low": low, "high": high, "meaning": field.description}
        yield {"key": name, "unit": extra.get("unit"), "source": extra.get("source"), **said}


def _alternatives(key: str, model: Any = Parameters) -> tuple[str, ...]:
    """What a parameter may be, where it is no number."""
    for name in key.split("."):
        kind = model.model_fields[name].annotation if isinstance(model, type) and issubclass(model, BaseModel) else None
        model = kind
    if model is bool:
        return ("true", "false")
    for part in (model, *typing.get_args(model)):
        if typing.get_origin(part) is typing.Literal:
            return typing.get_args(part)
    return ()


def left_out() -> dict[str, str]:
    """Assumed numbers that no robustness run draws, and why."""
    return read_mapping(resources.files("configs") / "robustness.yaml", "configs/robustness.yaml")["left_out"]


def changes() -> dict[str, dict[str, Any]]:
    """The numbers that each named structure sets, by key."""
    return {name: dict(leaves_of(read_group(STRUCTURE, name))) for name in group_names(STRUCTURE)}


def dials() -> Table:
    """The structural dials: off-value, range, and the structures that turn them."""
    reasons, sets = left_out(), changes()
    turned: dict[str, list[str]] = {key: [] for key, reason in reasons.items() if reason.startswith(_DIAL)}
    for name, numbers in sets.items():
        for key, value in numbers.items():
            companion = key in reasons and key not in turned  # read only where a dial is turned
            if name not in (DEFAULT, LEVELS) and not companion:
                turned.setdefault(key, []).append(f"{code(name)} ({value})")
    rows = []
    for row in parameter_table():
        if row["key"] in turned:
            key, default, unit, span, source, meaning = _cells(row, _alternatives(row["key"]))
            rows.append((key, default, unit, span, ", ".join(turned[row["key"]]) or "none", source, meaning))
    return Table("dials", ("key", "off-value", "unit", "range", "turned by", "source", "meaning"), rows)


def structures() -> Table:
    """The named structures: what each is, and the numbers it sets."""
    rows = []
    for name, numbers in changes().items():
        about = head_comment(STRUCTURE, name)
        rows.append((code(name), about, ", ".join(code(f"{key}={value}") for key, value in numbers.items()) or "nothing"))
    return Table("structures", ("structure", "what it is", "sets"), rows, "The files of `configs/structure`.")


def levers() -> Table:
    """The levers: unit of intensity, cost, and what each is meant to move."""
    rows = []
    for name, kind in LEVER_KINDS.items():
        moved = ", ".join(f"{measure} {'up' if sign == UP else 'down'}" for measure, sign in kind.claim.moves.items())
        cost = f"{kind.unit_cost_eur:g} EUR per {kind.cost_unit}" if kind.unit_cost_eur else "none"
        cost += "; known only afterwards, so no budget" if kind.realised else ""
        one = (kind.unit, f"{kind.largest:g}", ", ".join(kind.kinds), f"{cost} ({kind.source})")
        rows.append((code(name), kind.meaning, *one, kind.claim.mechanism, moved))
    columns = ("lever", "what it is", "intensity one means", "most", "venue kinds", "unit cost", "mechanism", "should move")
    return Table("levers", columns, rows, "From `sim/levers.py`. Measures are those of the ledger.")
