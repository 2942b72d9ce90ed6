"""All code that depends on differences between Mesa 3.3 and 3.5, or on parts of Mesa without a public name.

Mesa 3.5 moved the sets of agents and gave its models a clock: `step()` goes through a schedule of events, to which
users may add their own. A market that runs many days at once has to advance that clock too.
"""

from __future__ import annotations

import inspect

import mesa

from sim.configuration import ConfigurationError

try:
    from mesa.agentset import AgentSet, GroupBy  # from Mesa 3.5 on
except ModuleNotFoundError:
    from mesa.agent import AgentSet, GroupBy

__all__ = ["AgentSet", "GroupBy"]  # imported from here, wherever Mesa keeps them

_HAS_EVENTS = hasattr(mesa.Model, "schedule_event")
_REPEATS_SEEDS = "rng" not in inspect.signature(mesa.batch_run).parameters  # before 3.4: iterations are all alike

ONE_SEED_A_WORLD = "give batch_run a seed for each world: " + (
    "parameters={'seed': [1, 2, 3]}" if _REPEATS_SEEDS else "rng=[1, 2, 3] in the place of iterations"
)


def seeded(seed: int) -> dict[str, int]:
    """The argument by which Mesa's Model takes a seed without a warning."""
    return {"rng": seed} if _HAS_EVENTS else {"seed": seed}


def methods_of_sets() -> set[str]:
    """Names of the public methods of Mesa's sets of agents."""
    own = [kind for kind in AgentSet.__mro__ if kind.__module__.startswith("mesa.")]
    return {name for kind in own for name, value in vars(kind).items() if callable(value) and not name.startswith("_")}


def steps_alone(model: mesa.Model) -> bool:
    """Whether Mesa's clock has only steps to call: no user's event is waiting."""
    if not _HAS_EVENTS:
        return True
    return len(model._event_list) == int(model._default_schedule.next_scheduled_time is not None)


def move_clock(model: mesa.Model, days: int) -> None:
    """Advance Mesa's clock by days run outside its schedule; does nothing before Mesa 3.4, which has no clock."""
    if _HAS_EVENTS:
        model._default_schedule.pause()
    if hasattr(model, "time"):
        model.time += days
    if _HAS_EVENTS:
        model._default_schedule.resume()


def refuse_repetitions() -> None:
    """Raise ConfigurationError where Mesa's `batch_run` would repeat a world for lack of a seed of its own."""
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_globals.get("__name__") == mesa.batch_run.__module__ and frame.f_locals.get("iteration"):
            given = frame.f_locals.get("kwargs", {})
            if _REPEATS_SEEDS or given.get("seed", given.get("rng")) is None:
                raise ConfigurationError(f"batch_run: its iterations would all be the same world; {ONE_SEED_A_WORLD}")
        frame = frame.f_back
