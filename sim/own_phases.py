"""The phases of a day with the rules of the user's among them, and what these must leave behind (`sim.own_rules`)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType

import numpy as np

from sim.configuration import ConfigurationError, meant
from sim.configuration.own_code import call
from sim.engine import chance, chance_plain
from sim.engine.compiled import INTERPRETED
from sim.own_rules import Rules, key_of, kinds_with, module_of
from sim.parameters import Parameters
from sim.rules.plain_tables import in_plain_numbers

Phases = tuple[tuple[str, Callable], ...]
_PLACES = ("BEFORE", "AFTER", "REPLACES")


def with_own(phases: Phases, parameters: Parameters) -> list[tuple[str, Callable]]:
    """The phases of a day with those of a configuration's own rules, the same objects each time.

    ConfigurationError, one line, for a rule that does not hold.
    """
    return list(_with_own(phases, key_of(parameters))) if parameters.own_rules else list(phases)


@functools.lru_cache(maxsize=64)
def _with_own(phases: Phases, rules: Rules) -> Phases:
    kinds, found = kinds_with(rules), list(phases)
    added: dict[str, list[str]] = {}  # rules by what they stand after, or replace
    for name, source in rules:
        module = module_of(name, source)
        act = getattr(module, "act", None)
        if not callable(act):
            raise ConfigurationError(f"rule {name}: no function act(day, seed, world, params) in its file")
        is_compiled = hasattr(act, "py_func")
        if not (is_compiled or INTERPRETED):
            _refuse_compiled_chance(name, module)
        if name in kinds:
            act = functools.partial(act, lever=kinds[name].code)
        act = functools.partial(_act, act, None if is_compiled else module, f"rule {name}")
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
        at, before = known.index(anchor), added.setdefault(f"{given[0]} {anchor}", [])
        if given[0] == "REPLACES":
            if before:
                raise ConfigurationError(f"rule {name}: {before[0]} replaces {anchor} too; leave one of the two out")
            found[at] = (anchor, act)  # under the name of what it replaces, so that others can stand next to it
        else:
            found.insert(at + (1 + len(before) if given[0] == "AFTER" else 0), (name, act))
        before.append(name)
    return tuple(found)


def _refuse_compiled_chance(name: str, module: ModuleType) -> None:
    """ConfigurationError for a rule in plain Python that would draw by compiled functions, and so other numbers."""
    for value in vars(module).values():
        if value is chance or (hasattr(value, "py_func") and value.py_func.__module__ == chance.__name__):
            remedy = f"take them from {chance_plain.__name__}, or decorate act with @phase"
            raise ConfigurationError(f"rule {name}: in plain Python it cannot draw by {chance.__name__}; {remedy}")


def _act(act: Callable, module: ModuleType | None, where: str, day, seed, world, params) -> None:
    """Let a rule of the user's act. ConfigurationError, beginning with `where`, for an error, and for wrong tables after it.

    `module`: that of a rule in plain Python, which could keep something in it; one that is compiled cannot.
    """
    call(act, where, day, seed, *((world, params) if module is None else in_plain_numbers(world, params)), module=module)
    counts = world.counts[0]
    for table in ("bosses", "providers", "prostitutes"):
        rows = getattr(world, table)[: counts[table]]
        for field in rows.dtype.names:
            if (found := _fault(rows[field], field, world)) is not None:
                raise ConfigurationError(f"{where}: day {day}: it left {table}.{field}={found[0]}; valid: {found[1]}")


def _fault(values: np.ndarray, field: str, world) -> tuple[float, str] | None:
    """A value that a field cannot have, and what it can; None if there is none."""
    if values.dtype.kind == "f":
        wrong, valid = values[~np.isfinite(values)], "finite numbers"
    elif field in _ROWS_OF:
        table, lowest = _ROWS_OF[field]
        size = getattr(world, table).size
        wrong, valid = values[(values < lowest) | (values >= size)], f"{lowest} to {size - 1}"
    else:
        return None
    return (wrong.flat[0], valid) if wrong.size else None


_ROWS_OF = {  # fields that hold rows of a table: that table, and the lowest value; -1 stands for none
    "territory": ("territories", 0), "home": ("territories", 0), "plan": ("bosses", -1), "boss": ("bosses", -1),
    "last_boss": ("bosses", -1), "bound_to": ("bosses", -1), "contact": ("providers", -1), "colleague": ("providers", -1),
    "file_provider": ("providers", -1), "person": ("prostitutes", -1),
}  # fmt: skip
