"""From names, files and overrides to a validated configuration; every problem is reported at once.

The YAML files of `configs/` hold what differs from the defaults of `sim.parameters`, so that each number is
written once. The command line composes the same files with Hydra; the Python interface composes them here.
"""

from __future__ import annotations

import copy
import functools
import typing
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from sim.configuration.own_places import is_market_file, read_market
from sim.configuration.plain_values import ConfigurationError, meant, plain, plain_text
from sim.configuration.yaml_files import read_mapping
from sim.parameters import Parameters

__all__ = ["ConfigurationError", "compose", "meant", "merge", "read_group", "set_path", "validate", "validate_as"]

ModelT = typing.TypeVar("ModelT", bound=BaseModel)


@functools.cache
def group_names(group: str) -> tuple[str, ...]:
    """Names of the ready files of a group in `configs/`."""
    folder = resources.files("configs") / group
    return tuple(sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".yaml")))


@functools.cache
def _group_file(group: str, name: str) -> dict[str, Any]:
    known = group_names(group)
    if name not in known:
        raise ConfigurationError(f"{group}={name}: unknown; valid: {', '.join(known)}{meant(name, known)}")
    return read_mapping(resources.files("configs") / group / f"{name}.yaml", f"configs/{group}/{name}.yaml")


def read_group(group: str, name: str) -> dict[str, Any]:
    """The content of `configs/<group>/<name>.yaml`, without Hydra's directives; a market may be a file of the user's own.

    Raises ConfigurationError for an unknown name or a damaged file.
    """
    if group == "market" and is_market_file(name):
        return read_market(name)
    if not isinstance(name, str):
        raise ConfigurationError(f"{group}={name!r}: a name is needed; valid: {', '.join(group_names(group))}")
    content = copy.deepcopy(_group_file(group, plain_text(str(name), group)))
    content.pop("defaults", None)
    return content


def merge(base: dict, over: dict) -> dict:
    """`base` with the keys of `over` laid over it, at every depth; neither is changed."""
    merged = dict(base)
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = merge(merged[key], value)
        else:
            merged[key] = value
    return merged


def set_path(tree: dict, path: str, value: Any) -> None:
    """Set a dotted path such as `labour.bonding` in nested dictionaries, in place."""
    if not isinstance(path, str):
        raise ConfigurationError(f"overrides: the key {path!r} is not text; keys are names such as labour.bonding")
    *parents, leaf = plain_text(path, "overrides").split(".")
    for parent in parents:
        tree = tree.setdefault(parent, {})
        if not isinstance(tree, dict):
            raise ConfigurationError(f"{path}: {parent} is not a group of parameters")
    tree[leaf] = value


def compose(market: str = "herault", policy: str = "none", overrides: dict[str, Any] | None = None) -> Parameters:
    """A validated configuration from a preset, a policy and dotted overrides.

    Raises ConfigurationError naming every problem. Example:

    >>> compose("class", overrides={"labour.bonding": 0.5}).labour.bonding
    0.5
    """
    tree: dict[str, Any] = {"market": read_group("market", market), "policy": read_group("policy", policy)}
    if not isinstance(overrides, Mapping | None):
        raise ConfigurationError('overrides: a mapping of keys to values is needed, for example {"labour.bonding": 0.5}')
    for path, value in (overrides or {}).items():
        set_path(tree, path, value)
    return validate(tree)


def validate(tree: dict[str, Any]) -> Parameters:
    """A validated configuration from nested dictionaries; ConfigurationError reports every problem at once."""
    return validate_as(Parameters, tree)


def validate_beside(known: Parameters, tree: dict[str, Any], changed: Iterable[str]) -> Parameters:
    """`validate(tree)` at lower cost, where all but the top-level keys in `changed` are as in `known`.

    Unchanged groups are reused: the same objects. Raises ConfigurationError as `validate` does.
    """
    try:
        return Parameters.model_validate(known.__dict__ | {key: _group_at(key, tree[key]) for key in changed})
    except ValidationError:
        return validate(tree)  # reports every problem, each with its whole key


def _group_at(key: str, content: Any) -> Any:
    """A validated group of parameters; the content itself where the key names no group."""
    kind = Parameters.model_fields[key].annotation if key in Parameters.model_fields else None
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return content
    return kind.model_validate_json(_as_json(content, key))


def _as_json(content: Any, where: str) -> bytes:
    return to_json(plain(content, where), inf_nan_mode="constants")


def validate_as(model: type[ModelT], tree: dict[str, Any], prefix: str = "") -> ModelT:
    """Nested dictionaries as an instance of a model class; keys in messages begin with `prefix`.

    Raises ConfigurationError, which reports every problem at once.
    """
    try:
        return model.model_validate_json(_as_json(tree, prefix.rstrip(".")))
    except ValidationError as error:
        raise ConfigurationError("; ".join(_problem(item, model, prefix) for item in error.errors())) from None


def _problem(item: dict, model: type[BaseModel], prefix: str) -> str:
    """One clause for one problem: the key, what was given, what is valid."""
    location = [str(part) for part in item["loc"]]
    key = prefix + ".".join(location) or "configuration"
    if item["type"] == "extra_forbidden":
        valid = _valid_keys(model, location[:-1])
        return f"{key}: unknown key{meant(location[-1], valid)}; valid here: {', '.join(valid)}"
    message = item["msg"].removeprefix("Value error, ")
    if item["type"] == "value_error":
        return f"{key}: {message}"
    given = item.get("input")
    return f"{key}={given!r}: {message[0].lower()}{message[1:]}{_range_of(model, location)}"


def _step_into(model: Any, part: str):
    """The annotation one step down a path, and its field; mappings by name (levers) are skipped."""
    if isinstance(model, type) and issubclass(model, BaseModel) and part in model.model_fields:
        field = model.model_fields[part]
        return field.annotation, field
    inner = [a for a in typing.get_args(model) if isinstance(a, type) and issubclass(a, BaseModel)]
    return (inner[0] if inner else None), None


def _valid_keys(model: Any, location: list[str]) -> list[str]:
    for part in location:
        model, _ = _step_into(model, part)
    return sorted(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def _range_of(model: Any, location: list[str]) -> str:
    """Valid range and unit at a path, in brackets."""
    field = None
    for part in location:
        model, field = _step_into(model, part)
    if field is None:
        return ""
    low = next((m.ge for m in field.metadata if hasattr(m, "ge")), None)
    high = next((m.le for m in field.metadata if hasattr(m, "le")), None)
    unit = (field.json_schema_extra or {}).get("unit", "-")
    return f" (valid: {low} to {high} {unit})" if low is not None and high is not None else ""


def parameter_table() -> list[dict[str, Any]]:
    """Every parameter: key, default, unit, low, high, source, meaning; one dictionary each."""
    return list(_rows(Parameters, ""))


def _rows(model: type[BaseModel], prefix: str):
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _rows(inner, f"{prefix}{name}.")
            continue
        extra = field.json_schema_extra or {}
        yield {
            "key": f"{prefix}{name}",
            "default": field.get_default(call_default_factory=True),
            "unit": extra.get("unit"),
            "low": next((m.ge for m in field.metadata if hasattr(m, "ge")), None),
            "high": next((m.le for m in field.metadata if hasattr(m, "le")), None),
            "source": extra.get("source"),
            "meaning": field.description,
        }
