"""Where each parameter acts: the functions of the model that read it, found in the sources.

Rules read the flat record (`params.labour_bonding`); what is set up before the first day reads the groups
(`parameters.labour.bonding`, a variable that holds the group, or one annotated with its class).
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from importlib import resources
from typing import NamedTuple

from pydantic import BaseModel

from sim.configuration import parameter_table
from sim.parameters import Parameters

_LEFT_OUT = ("parameters/", "configuration/", "evidence/", "mesa/", "market.py", "state/params.py", "rules/plain_tables.py")
_PLAIN = "_plain.py"
_WHOLE = ("parameters",)  # variables that hold a whole configuration


class Reader(NamedTuple):
    """A function that reads a parameter: its name, and its file from the top of the project."""

    file: str
    function: str


def readers_of(key: str) -> tuple[Reader, ...]:
    """The functions that read a parameter, by file; rules first. Empty for a key that nothing reads by its name."""
    return _readers().get(_read_as(key), ())


def _read_as(key: str) -> str:
    """The key as code reads it: one number for each venue kind or task is part of an array.

    >>> _read_as("planning.venue_cost.hotel")
    'planning.venue_cost'
    """
    return ".".join(key.split(".")[:2])


@functools.cache
def _readers() -> dict[str, tuple[Reader, ...]]:
    """Every reader by key."""
    found: dict[str, dict[Reader, None]] = {}
    for file, tree in _sources():
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for key in _keys_read(function):
                found.setdefault(key, {})[Reader(file, function.name)] = None
    return {key: tuple(sorted(readers, key=_rules_first)) for key, readers in found.items()}


def _rules_first(reader: Reader) -> tuple[bool, Reader]:
    return not reader.file.startswith("sim/rules/"), reader


def _sources() -> Iterator[tuple[str, ast.Module]]:
    """The files of the model that may read a parameter, without plain forms, which read what the fast ones do."""
    top = resources.files("sim")
    waiting = [("", top)]
    while waiting:
        name, place = waiting.pop()
        for path in place.iterdir():
            inside = f"{name}{path.name}"
            if path.is_dir():
                waiting.append((f"{inside}/", path))
            elif inside.endswith(".py") and not inside.endswith(_PLAIN) and not inside.startswith(_LEFT_OUT):
                yield f"sim/{inside}", ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def _names() -> tuple[dict[str, str], dict[str, set[str]], dict[str, str]]:
    """Keys by flat name, names of parameters by group, and groups by the name of their class."""
    flat, groups, classes = {}, {"": set()}, {}
    for key in dict.fromkeys(_read_as(row["key"]) for row in parameter_table()):
        group, _, name = key.rpartition(".")
        flat[key.replace(".", "_")] = key
        groups.setdefault(group, set()).add(name)
    for name, field in Parameters.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            classes[field.annotation.__name__] = name
    return flat, groups, classes


def _keys_read(function: ast.FunctionDef) -> Iterator[str]:
    """Keys that a function reads."""
    flat, groups, _ = _names()
    holds = _variables(function)
    for node in ast.walk(function):
        if not isinstance(node, ast.Attribute):
            continue
        group = _group_of(node.value, holds)
        if group is not None and node.attr in groups[group]:
            yield f"{group}.{node.attr}" if group else node.attr
        elif "." in flat.get(node.attr, ""):
            yield flat[node.attr]


def _variables(function: ast.FunctionDef) -> dict[str, str]:
    """Which group each variable of a function holds: by its annotation, or by what is assigned to it."""
    _, groups, classes = _names()
    holds = dict.fromkeys(_WHOLE, "")
    for argument in function.args.args:
        if isinstance(argument.annotation, ast.Name) and argument.annotation.id in classes:
            holds[argument.arg] = classes[argument.annotation.id]
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = [(target, node.value)]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = list(zip(target.elts, node.value.elts, strict=False))
                for one, value in pairs:
                    if isinstance(one, ast.Name) and (group := _group_of(value, holds)) is not None:
                        holds[one.id] = group
    return holds


def _group_of(node: ast.expr, holds: dict[str, str]) -> str | None:
    """The group that an expression holds, "" for a whole configuration; None for anything else."""
    if isinstance(node, ast.Name):
        return holds.get(node.id)
    if isinstance(node, ast.Attribute):
        if node.attr in _WHOLE:
            return ""
        if node.attr in _names()[1] and _group_of(node.value, holds) == "":
            return node.attr
    return None
