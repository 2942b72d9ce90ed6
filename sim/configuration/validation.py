"""Nested dictionaries as validated parameters; every problem is named by its key, with what is valid there."""

from __future__ import annotations

import typing
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from sim.configuration.days import with_day_numbers
from sim.configuration.plain_values import ConfigurationError, meant, plain
from sim.parameters import Parameters

ModelT = typing.TypeVar("ModelT", bound=BaseModel)


def validate(tree: dict[str, Any]) -> Parameters:
    """A validated configuration from nested dictionaries; ConfigurationError reports every problem at once."""
    if isinstance(policy := tree.get("policy"), dict):
        tree = tree | {"policy": with_day_numbers(tree, policy, "policy.")}
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
    key = (prefix + ".".join(location)).rstrip(".: ") or "configuration"
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
