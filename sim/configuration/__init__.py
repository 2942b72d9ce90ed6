"""From names, files and overrides to a validated configuration; every problem is reported at once.

The YAML files of `configs/` hold what differs from the defaults of `sim.parameters`, so that each number is
written once. The command line composes the same files with Hydra; the Python interface composes them here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from sim.configuration.groups import OF_OWN, choices_of, group_names, read_group
from sim.configuration.plain_values import ConfigurationError, meant, plain_text
from sim.configuration.validation import validate, validate_as, validate_beside
from sim.parameters import Parameters

__all__ = [
    "ConfigurationError", "compose", "group_names", "meant", "merge", "parameter_table", "read_group", "set_path", "validate",
    "validate_as", "validate_beside",
]  # fmt: skip


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


def compose(
    market: str = "herault",
    policy: str = "none",
    overrides: dict[str, Any] | None = None,
    outcomes: Iterable[str] = (),
    rules: Iterable[str] = (),
) -> Parameters:
    """A validated configuration from a market and a policy, each by name or as the path of a file, and dotted overrides.

    `outcomes` and `rules`: files with what one adds of one's own.

    Raises ConfigurationError naming every problem. Example:

    >>> compose("class", overrides={"labour.bonding": 0.5}).labour.bonding
    0.5
    """
    tree: dict[str, Any] = {"market": read_group("market", market), "policy": read_group("policy", policy)}
    for group, files in (("outcome", outcomes), ("rule", rules)):
        if isinstance(files, str):
            raise ConfigurationError(f"{group}s={files!r}: a list of files is needed, such as [{files!r}]")
        tree[OF_OWN[group]] = choices_of(group, files)
    if not isinstance(overrides, Mapping | None):
        raise ConfigurationError('overrides: a mapping of keys to values is needed, for example {"labour.bonding": 0.5}')
    for path, value in (overrides or {}).items():
        set_path(tree, path, value)
    return validate(tree)


def continued(
    parameters: Parameters, policy: str | None = None, overrides: Mapping[str, Any] | None = None
) -> Parameters | None:
    """The configuration under which a world goes on, on the same day of the policy; None if nothing is to change.

    ConfigurationError as `compose`.
    """
    if not isinstance(overrides, Mapping | None):
        raise ConfigurationError('overrides: a mapping of keys to values is needed, for example {"labour.bonding": 0.5}')
    if policy is None and not overrides:
        return None
    tree = parameters.model_dump(mode="json")
    if policy is not None:
        tree["policy"] = read_group("policy", policy) | {"start_day": parameters.policy.start_day}
    for path, value in (overrides or {}).items():
        set_path(tree, path, value)
    return validate(tree)


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
