"""Copies of phases inserted by a user, so that a copied market does not act on the original.

Python treats functions as immutable: `copy.deepcopy` returns the same function, with whatever it holds. A phase
that is a closure over its market would silently go on writing into the original. Here a function is copied with
what it holds; a market reached by a global name cannot be copied, and is rejected.
"""

from __future__ import annotations

import copy
import functools
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sim.configuration import ConfigurationError


def copied_phase(phase: Callable, memo: dict) -> Callable:
    """Copy a phase with what it holds: in its closure, its defaults, its object or the arguments of a partial."""
    if isinstance(phase, functools.partial):
        bound = copy.deepcopy((phase.args, phase.keywords), memo)
        return functools.partial(copied_phase(phase.func, memo), *bound[0], **bound[1])
    if not isinstance(phase, types.FunctionType):
        return copy.deepcopy(phase, memo)
    held = copy.deepcopy((phase.__defaults__, phase.__kwdefaults__, phase.__dict__), memo)
    if phase.__closure__ is None and held == (phase.__defaults__, phase.__kwdefaults__, phase.__dict__):
        return phase
    cells = tuple(types.CellType() for _ in phase.__closure__ or ())
    made = types.FunctionType(phase.__code__, phase.__globals__, phase.__name__, held[0], cells)
    memo[id(phase)] = made  # a function may hold itself
    for cell, original in zip(cells, phase.__closure__ or (), strict=True):
        content = original.cell_contents
        cell.cell_contents = copied_phase(content, memo) if callable(content) else copy.deepcopy(content, memo)
    made.__kwdefaults__, made.__qualname__, made.__module__ = held[1], phase.__qualname__, phase.__module__
    made.__dict__.update(held[2])
    return made


def refuse_globals(functions: Iterable[Callable], simulation) -> None:
    """Raise ConfigurationError if a function reaches this simulation, its world or its market by a global name."""
    for function in functions:
        for name, value in _globals_of(function):
            owner = getattr(value, "model", value)  # of an agent, its market
            if simulation is owner or simulation is getattr(owner, "simulation", None) or value is simulation.world:
                shown = getattr(function, "__qualname__", type(function).__name__)
                raise ConfigurationError(
                    f"{shown} uses this market by the global name {name!r}, so a copy of the market would act on the original: "
                    f"let it use what it is given (a phase: world; a step: self.model)"
                )


def _globals_of(function: Any) -> Iterator[tuple[str, Any]]:
    """The globals that a function, a method, a partial or a callable object uses by name, with their values."""
    while isinstance(function, functools.partial):
        function = function.func
    function = getattr(function, "__func__", function)  # of a method
    function = getattr(function, "py_func", function)  # of a compiled function
    if not isinstance(function, types.FunctionType):
        function = type(function).__call__
    pending = [function.__code__] if isinstance(function, types.FunctionType) else []
    while pending:
        code = pending.pop()
        pending += [inner for inner in code.co_consts if isinstance(inner, types.CodeType)]
        for name in code.co_names:
            if name in function.__globals__:
                yield name, function.__globals__[name]
