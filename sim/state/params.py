"""The numbers of a configuration as one flat record, read by the compiled rules.

A field `labour.bonding` becomes `params.labour_bonding`; a group with one number for each venue
kind or task becomes an array in that order; a switch is 0 or 1; a named alternative is its place
in the list of alternatives. Changing a number never recompiles anything.
"""

from __future__ import annotations

import functools
import itertools
import typing

import numpy as np
from pydantic import BaseModel

from sim.parameters import Parameters
from sim.state.records import record

_SKIPPED_GROUPS = ("policy",)


@functools.cache
def _fields() -> dict[str, dict[str, tuple]]:
    """Fields of each group that rules read, with their named alternatives."""
    found = {}
    for group_name, group in Parameters.model_fields.items():
        kind = group.annotation
        if group_name in _SKIPPED_GROUPS or not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            continue
        found[group_name] = {name: typing.get_args(field.annotation) for name, field in kind.model_fields.items()}
    return found


def _numeric_fields(group_name: str, group: BaseModel):
    """Yield (flat name, NumPy type, value) of everything in a group that compiled rules can read."""
    for name, alternatives in _fields()[group_name].items():
        value, flat = getattr(group, name), f"{group_name}_{name}"
        if isinstance(value, BaseModel):
            values = tuple(value.__dict__.values())
            yield flat, (np.float64, (len(values),)), values
        elif isinstance(value, bool | int):
            yield flat, np.int64, int(value)
        elif isinstance(value, float):
            yield flat, np.float64, value
        elif isinstance(value, str) and alternatives:
            yield flat, np.int64, alternatives.index(value)


@functools.lru_cache(maxsize=256)
def _values_of(group_name: str, group: BaseModel) -> tuple:
    """The values of a group that compiled rules can read; worlds of one sweep share most groups."""
    return tuple(value for _, _, value in _numeric_fields(group_name, group))


def _rules_type() -> np.dtype:
    fields = []
    for group_name in _fields():
        for name, kind, _ in _numeric_fields(group_name, getattr(Parameters(), group_name)):
            fields.append((name, *kind) if isinstance(kind, tuple) else (name, kind))
    return record(*fields)


RULES = _rules_type()
"""Record type of the numbers of the rules; units as in `sim.parameters`."""


def params_record(parameters: Parameters) -> np.ndarray:
    """The numbers of a configuration for the rules: an array of one record of type `RULES`."""
    values = itertools.chain.from_iterable(_values_of(name, getattr(parameters, name)) for name in _fields())
    return np.array([tuple(values)], RULES)
