"""The numbers of a configuration as one flat record, which is what compiled rules read.

A field `labour.bonding` becomes `rules.labour_bonding`; a group with one number for each venue
kind or task becomes an array in that order; a switch is 0 or 1; a named alternative is its place
in the list of alternatives. Changing a number never recompiles anything.
"""

from __future__ import annotations

import functools
import typing

import numpy as np
from pydantic import BaseModel

from sim.parameters import Parameters
from sim.state.records import record

_SKIPPED_GROUPS = ("policy",)


@functools.cache
def _fields() -> tuple[tuple[str, str, str, tuple], ...]:
    """Group, name, flat name and named alternatives of every field of every group that rules read."""
    found = []
    for group_name, group in Parameters.model_fields.items():
        kind = group.annotation
        if group_name in _SKIPPED_GROUPS or not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            continue
        for name, field in kind.model_fields.items():
            found.append((group_name, name, f"{group_name}_{name}", typing.get_args(field.annotation)))
    return tuple(found)


def _numeric_fields(parameters: Parameters):
    """Yield (flat name, NumPy type, value) of everything that compiled rules can read."""
    for group_name, name, flat, alternatives in _fields():
        value = getattr(getattr(parameters, group_name), name)
        if isinstance(value, BaseModel):
            values = tuple(value.__dict__.values())
            yield flat, (np.float64, (len(values),)), values
        elif isinstance(value, bool | int):
            yield flat, np.int64, int(value)
        elif isinstance(value, float):
            yield flat, np.float64, value
        elif isinstance(value, str):
            yield flat, np.int64, alternatives.index(value)


def _rules_type() -> np.dtype:
    fields = []
    for name, kind, _ in _numeric_fields(Parameters()):
        fields.append((name, *kind) if isinstance(kind, tuple) else (name, kind))
    return record(*fields)


RULES = _rules_type()
"""Record type of the rules' numbers: units as in `sim.parameters`."""


def rules_record(parameters: Parameters) -> np.ndarray:
    """The rules' numbers of a configuration: an array of one record of type `RULES`."""
    return np.array([tuple(value for _, _, value in _numeric_fields(parameters))], RULES)
