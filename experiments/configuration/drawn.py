"""Draws of parameters that are part of a configuration: pairs, replicates or worlds take one each, in turn.

They stand in the configuration itself, under `drawn`, as the table they come from may go.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sim.configuration import set_path, validate
from sim.parameters import Parameters

POSTERIOR, DRAWN = "posterior", "drawn"


def as_drawn(values: Sequence[Mapping[str, float]], without: Iterable[str]) -> dict[str, Any]:
    """Draws as a configuration holds them; parameters `without` are not drawn."""
    keys = [key for key in values[0] if key not in set(without)]
    return {"keys": keys, "values": [[one[key] for key in keys] for one in values]}


def drawn_of(tree: Mapping[str, Any]) -> tuple[dict[str, float], ...]:
    """The draws of a configuration, parameters by path; none without a posterior."""
    drawn = tree.get(DRAWN)
    return tuple(dict(zip(drawn["keys"], values, strict=True)) for values in drawn["values"]) if drawn else ()


def keys_of_its_own(tree: Mapping[str, Any], base: Mapping[str, Any], keys: Iterable[str]) -> list[str]:
    """Which of the drawn parameters a configuration sets to a value of its own: they are part of its question."""
    return [key for key in keys if value_of(tree, key) != value_of(base, key)]


def with_values(tree: Mapping[str, Any], values: Mapping[str, Any]) -> Parameters:
    """A configuration with drawn values in it, validated; the tree stays as it was."""
    tree = copy.deepcopy(dict(tree))
    for key, value in values.items():
        set_path(tree, key, value)
    return validate(tree)


def value_of(tree: Mapping[str, Any], key: str) -> Any:
    """The value of a dotted path."""
    part: Any = tree
    for name in key.split("."):
        part = part[name]
    return part
