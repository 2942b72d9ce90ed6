"""Rules of the user's as part of a world: a file in Python each, with a phase of the day and, if it has one, a lever.

A file has a function `act(day, seed, world, params)`, compiled with `@phase` of `sim.engine.compiled` or in plain Python,
and says where in the day it stands: `AFTER`, `BEFORE` or `REPLACES`, the name of a phase of `sim.day`; the end of the day if it
says nothing. With a record `LEVER = LeverKind(OWN, ...)` (`sim.levers`) it brings a lever that has the name of the file. Its
`act` then takes `lever` too, the number by which `world.lever_intensity[lever, cell]` and `added(lever, territory, world)`
(`sim.policy`) know it.

Chance comes from `sim.engine.chance`, keyed as everywhere; streams from `OWN_STREAMS` on are never the model's.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from types import ModuleType

from sim.configuration import ConfigurationError, meant
from sim.configuration.own_code import call, load
from sim.engine.compiled import CACHE_FOLDER
from sim.levers import LEVER_CODES, LEVER_KINDS, LeverKind
from sim.parameters import Parameters

OWN_STREAMS = 1000
Phases = tuple[tuple[str, Callable], ...]
_read: dict[str, LeverKind] = {}
_PLACES = ("BEFORE", "AFTER", "REPLACES")


def lever_kinds(parameters: Parameters) -> Mapping[str, LeverKind]:
    """Every lever of a configuration by name, in the order of their codes: the model's, then those of its own rules.

    ConfigurationError, one line, for a file that does not hold.
    """
    return _lever_kinds(_key(parameters)) if parameters.own_rules else LEVER_KINDS


def lever_names(parameters: Parameters) -> dict[int, str]:
    """Names of the levers of a configuration by code."""
    return {kind.code: name for name, kind in lever_kinds(parameters).items()}


def with_own(phases: Phases, parameters: Parameters) -> list[tuple[str, Callable]]:
    """The phases of a day with those of a configuration's own rules, the same objects each time. ConfigurationError as above."""
    return list(_with_own(phases, _key(parameters))) if parameters.own_rules else list(phases)


def known_levers() -> Mapping[str, LeverKind]:
    """The levers of the model, and those of all rules that this process has read: for labels and messages."""
    return LEVER_KINDS | _read


def _key(parameters: Parameters) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, own.source) for name, own in parameters.own_rules.items()))


@functools.lru_cache(maxsize=64)
def _lever_kinds(rules: tuple[tuple[str, str], ...]) -> dict[str, LeverKind]:
    found = dict(LEVER_KINDS)
    for name, source in rules:
        kind = getattr(_module(name, source), "LEVER", None)
        if kind is None:
            continue
        if not isinstance(kind, LeverKind):
            raise ConfigurationError(f"rule {name}: LEVER: a record LeverKind(OWN, ...) of sim.levers is needed")
        if name in found:
            raise ConfigurationError(f"rule {name}: {name} is a lever of the model; give the file another name")
        found[name] = dataclasses.replace(kind, code=max(LEVER_CODES, len(found)))
        _read[name] = found[name]
    return found


@functools.lru_cache(maxsize=64)
def _with_own(phases: Phases, rules: tuple[tuple[str, str], ...]) -> Phases:
    kinds, found = _lever_kinds(rules), list(phases)
    for name, source in rules:
        module = _module(name, source)
        act = getattr(module, "act", None)
        if not callable(act):
            raise ConfigurationError(f"rule {name}: no function act(day, seed, world, params) in its file")
        if name in kinds:
            act = functools.partial(act, lever=kinds[name].code)
        act = functools.partial(call, act, f"rule {name}")
        known = [phase for phase, _ in found]
        given = [place for place in _PLACES if hasattr(module, place)]
        if len(given) > 1:
            raise ConfigurationError(f"rule {name}: {' and '.join(given)} at once; one place in the day is needed")
        if name in known:
            raise ConfigurationError(f"rule {name}: {name} is a phase of the day; give the file another name")
        if not given:
            found.append((name, act))
            continue
        anchor = getattr(module, given[0])
        if anchor not in known:
            valid = f"no such phase{meant(str(anchor), known)}; valid: {', '.join(known)}"
            raise ConfigurationError(f"rule {name}: {given[0]} = {anchor!r}: {valid}")
        at = known.index(anchor)
        found[at + (given[0] == "AFTER") : at + (given[0] != "BEFORE")] = [(name, act)]
    return tuple(found)


def _module(name: str, source: str) -> ModuleType:
    return load(source, f"rule {name}", None if CACHE_FOLDER is None else CACHE_FOLDER / "own_rules")
