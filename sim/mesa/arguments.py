"""What a market is given, checked: its seed, numbers of days, classes of agents."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

from sim.configuration import ConfigurationError
from sim.mesa.agents import ROLES, View
from sim.mesa.versions import ONE_SEED_A_WORLD


def checked_seed(seed: int, rng: int | None, overrides: Mapping[str, Any] | None) -> int:
    """The seed of a market, by either of its names; ConfigurationError if it is missing, given twice, or among the overrides."""
    if overrides is not None and not isinstance(overrides, Mapping):
        raise ConfigurationError(f"overrides={overrides!r}: give numbers by name, such as {{'labour.bonding': 0.5}}")
    if "seed" in (overrides or {}):
        raise ConfigurationError("overrides['seed']: give the seed as Market(seed=...)")
    if rng is not None:
        if seed != 1:
            raise ConfigurationError(f"seed={seed!r}, rng={rng!r}: two names for one thing; give the seed alone")
        seed = rng
    if seed is None:  # as Mesa's batch_run passes it if given only a number of iterations
        raise ConfigurationError(f"seed=None: no world without a seed; {ONE_SEED_A_WORLD}")
    return whole_number(seed, "seed", low=0)


def whole_number(value: Any, name: str, low: int | None = None) -> int:
    """A whole number of any type as an int; ConfigurationError for anything else."""
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or (low is not None and number < low):
        bound = "" if low is None else f" from {low}"
        raise ConfigurationError(f"{name}={value!r}: give a whole number{bound}, such as {name}=1") from None
    return number


def checked_classes(agent_classes: Mapping[type[View], type[View]]) -> dict[type[View], type[View]]:
    """The class of each role; ConfigurationError for an unsuitable role or class."""
    valid = ", ".join(role.__name__ for role in ROLES)
    if not isinstance(agent_classes, Mapping):
        raise ConfigurationError(f"agent_classes={agent_classes!r}: give subclasses by role, such as {{Boss: MyBoss}}")
    for role, chosen in agent_classes.items():
        if role not in ROLES:
            raise ConfigurationError(f"agent_classes: {getattr(role, '__name__', role)} is not a role; valid: {valid}")
        if not (isinstance(chosen, type) and issubclass(chosen, role)):
            shown = getattr(chosen, "__name__", chosen)
            raise ConfigurationError(f"agent_classes: {shown} must be a subclass of {role.__name__}")
    return {role: agent_classes.get(role, role) for role in ROLES}
