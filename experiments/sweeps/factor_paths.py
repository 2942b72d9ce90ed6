"""Configuration paths that a factor may vary: which there are, and what kind of value each takes."""

from __future__ import annotations

import functools
import typing
from typing import Any

from pydantic import BaseModel

from sim.configuration import ConfigurationError, meant
from sim.own_rules import known_levers
from sim.parameters import Lever, Parameters

RESERVED = {
    "seed": "replicates set the seeds: give sweep.replicates",
    "policy": "policies are arms: give sweep.arms=[...]",
    "policy.name": "policies are arms: give sweep.arms=[...]",
    "policy.levers": "give one number of one lever, for example policy.levers.street_patrol.intensity",
    "market.preset": "the places decide sizes too: run one sweep a market",
    "market.places": "the places decide sizes too: run one sweep a market",
}


@functools.cache
def annotations_by_path() -> dict[str, Any]:
    """Type of every single number or choice of the configuration, by dotted path; levers apart."""
    return dict(_walk(Parameters, ""))


def _walk(model: type[BaseModel], prefix: str):
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _walk(field.annotation, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field.annotation


def lever_of(path: str) -> str | None:
    """The lever that a path is about, or None."""
    return path.split(".")[2] if path.startswith("policy.levers.") else None


def type_at(path: str) -> type | None:
    """int or float for a number, None for a choice; ConfigurationError for an unknown or reserved path."""
    where = f"sweep.factors.{path}"
    if path in RESERVED:
        raise ConfigurationError(f"{where}: {RESERVED[path]}")
    known = annotations_by_path()
    if lever := lever_of(path):
        parts = path.split(".")
        levers = known_levers()
        if lever not in levers:
            raise ConfigurationError(f"{where}: unknown lever{meant(lever, levers)}; valid: {', '.join(levers)}")
        if len(parts) != 4 or parts[3] not in Lever.model_fields:
            raise ConfigurationError(f"{where}: give one of {', '.join(Lever.model_fields)} of the lever")
        annotation = Lever.model_fields[parts[3]].annotation
    elif path in known:
        annotation = known[path]
    else:
        inner = [name for name in known if name.startswith(f"{path}.")]
        if inner:
            raise ConfigurationError(f"{where}: a group of parameters; give one of them, for example {inner[0]}")
        raise ConfigurationError(f"{where}: unknown parameter{meant(path, known)}; `plansim parameters` lists all")
    types = typing.get_args(annotation) or (annotation,)
    return int if int in types else float if float in types else None
