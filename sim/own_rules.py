"""Rules of the user's as part of a world: a file in Python each, with a phase of the day and, if it has one, a lever.

A file has a function `act(day, seed, world, params)`, compiled with `@phase` of `sim.engine.compiled` or in plain Python,
and says where in the day it stands: `AFTER`, `BEFORE` or `REPLACES`, the name of a phase of `sim.day`; the end of the day if it
says nothing. With a record `LEVER = LeverKind(OWN, ...)` (`sim.levers`) it brings a lever that has the name of the file. Its
`act` then takes `lever` too, the number by which `world.lever_intensity[lever, cell]` and `added(lever, territory, world)`
(`sim.policy`) know it.

Several rules at one place act in the order of their names, whatever order they are given in (`sim.own_phases`). One in plain
Python is given tables of plain numbers, as the model's own plain forms are (`sim.rules.plain_tables`).

Chance comes from `sim.engine.chance` where `act` is compiled, and from its plain form `sim.engine.chance_plain`, which gives the
same numbers, where it is not: compiled functions of whole numbers of 64 bits cannot be called from Python. Streams from
`OWN_STREAMS` on are never the model's.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from types import ModuleType

from sim.configuration import ConfigurationError
from sim.configuration.own_code import load
from sim.engine.compiled import CACHE_FOLDER
from sim.levers import LEVER_CODES, LEVER_KINDS, LeverKind
from sim.parameters import Parameters

OWN_STREAMS = 1000
Rules = tuple[tuple[str, str], ...]
"""Names and texts of rules."""

_read: dict[str, LeverKind] = {}


def lever_kinds(parameters: Parameters) -> Mapping[str, LeverKind]:
    """Every lever of a configuration by name, in the order of their codes: the model's, then those of its own rules.

    ConfigurationError, one line, for a file that does not hold.
    """
    return kinds_with(key_of(parameters)) if parameters.own_rules else LEVER_KINDS


def lever_names(parameters: Parameters) -> dict[int, str]:
    """Names of the levers of a configuration by code."""
    return {kind.code: name for name, kind in lever_kinds(parameters).items()}


def known_levers() -> Mapping[str, LeverKind]:
    """The levers of the model, and those of all rules that this process has read: for labels and messages."""
    return LEVER_KINDS | _read


def key_of(parameters: Parameters) -> Rules:
    """Names and texts of the rules of a configuration, in the order of their names."""
    return tuple(sorted((name, own.source) for name, own in parameters.own_rules.items()))


@functools.lru_cache(maxsize=64)
def kinds_with(rules: Rules) -> dict[str, LeverKind]:
    """`lever_kinds` with the rules of `key_of`."""
    found = dict(LEVER_KINDS)
    for name, source in rules:
        kind = getattr(module_of(name, source), "LEVER", None)
        if kind is None:
            continue
        if not isinstance(kind, LeverKind):
            raise ConfigurationError(f"rule {name}: LEVER: a record LeverKind(OWN, ...) of sim.levers is needed")
        if name in found:
            raise ConfigurationError(f"rule {name}: {name} is a lever of the model; give the file another name")
        found[name] = dataclasses.replace(kind, code=max(LEVER_CODES, len(found)))
        _read[name] = found[name]
    return found


def module_of(name: str, source: str) -> ModuleType:
    """The module that the file of a rule is. ConfigurationError, one line, if it fails."""
    return load(source, f"rule {name}", None if CACHE_FOLDER is None else CACHE_FOLDER / "own_rules")
