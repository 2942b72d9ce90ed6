"""Looks at a world day by day: what the tables of a few agents hold at certain moments of each day."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from sim.parameters import Parameters
from sim.simulation import Simulation
from sim.state.records import BETWEEN, KINDS
from sim.state.world import World

MORNING, PLANNED, STAFFING, FLOWED, ENFORCED, JUDGED, EVENING = range(7)
_BEFORE = ("planning", "census", "flow", "enforcement", "justice", "outreach", "learning")  # the phase after each moment


class History(NamedTuple):
    """Some days of a world: what a look saw at each moment of each day, and the world on the last evening."""

    simulation: Simulation
    first: int
    last: int
    seen: dict[tuple[int, int], Any]  # by day and moment
    events: np.ndarray  # of all days

    def at(self, day: int) -> list[Any]:
        """What was seen on a day, by moment."""
        return [self.seen[day, moment] for moment in range(len(_BEFORE))]

    @property
    def world(self) -> World:
        """The world on the last evening."""
        return self.simulation.world

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the territories."""
        return tuple(place.name for place in self.simulation.places)


def observed(parameters: Parameters, first: int, last: int, look: Callable[..., Any]) -> History:
    """Run a world to the evening of the day `last`, with `look(day, moment, world, before)` at it from `first` on.

    `before`: what the look saw at the moment before; None at the first one.
    """
    simulation = Simulation(parameters, record_events=True)
    simulation.run(first)
    seen: dict[tuple[int, int], Any] = {}
    for moment, phase in enumerate(_BEFORE):
        simulation.insert_phase(f"follow {phase}", functools.partial(_keep, seen, moment, look), before=phase)
    simulation.run(last + 1 - first)
    return History(simulation, first, last, seen, simulation.events())


def _keep(seen: dict, moment: int, look: Callable[..., Any], day: int, seed, world: World, params) -> None:
    before = (day, moment - 1) if moment > 0 else (day - 1, len(_BEFORE) - 1)
    seen[day, moment] = look(day, moment, world, seen.get(before))


class BossLook(NamedTuple):
    """A Boss and their Plan at a moment."""

    boss: np.void
    plan: np.void
    team: np.ndarray | None  # rows of the persons in the Plan, for `held` alone
    held: bool  # whether anybody who was in the Plan at the moment before is held between Plans now


def look_at_boss(b: int) -> Callable[..., BossLook | None]:
    """A look at one Boss; None before they enter."""

    def look(day: int, moment: int, world: World, before: BossLook | None) -> BossLook | None:
        if b >= world.counts[0].bosses:
            return None
        plan = world.plans[b].copy()
        team = world.plans["person"][b, : plan.n_persons].copy() if moment in (PLANNED, STAFFING) else None
        held = (
            before is not None and before.team is not None and bool(np.any(world.prostitutes["status"][before.team] == BETWEEN))
        )
        return BossLook(world.bosses[b].copy(), plan, team, held)

    return look


class ProviderLook(NamedTuple):
    """A Provider and the slots they hold at a moment."""

    provider: np.void
    slots: frozenset[tuple[int, int, int, int]]  # Boss row, slot, task, cell


def look_at_provider(p: int) -> Callable[..., ProviderLook | None]:
    """A look at one Provider; None before they enter."""

    def look(day: int, moment: int, world: World, before: ProviderLook | None) -> ProviderLook | None:
        if p >= world.counts[0].providers:
            return None
        provider = world.providers[p].copy()
        return ProviderLook(provider, frozenset(slots_of(p, world)) if provider.n_plans > 0 and moment <= FLOWED else frozenset())

    return look


def slots_of(p: int, world: World) -> list[tuple[int, int, int, int]]:
    """The slots of running Plans that a Provider holds: Boss row, slot, task, cell."""
    plans = world.plans
    held = [tuple(found) for found in np.argwhere(plans["slot_holder"] == p).tolist()]
    held = [(b, slot) for b, slot in held if plans["open"][b] == 1 and slot < plans["n_slots"][b]]
    return [(b, slot, int(plans["slot_task"][b, slot]), cell_of(plans[b])) for b, slot in held]


def cell_of(plan: np.void) -> int:
    """The cell of a Plan: territory and kind of venue."""
    return int(plan.territory) * KINDS + int(plan.kind)
