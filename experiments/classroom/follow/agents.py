"""Follow a Boss, a Provider, a Plan or a police unit: what happened to them, and how they came to a decision.

Everything is got by running the world again from its seed, to the evening of the day asked for. Exploited persons are not
followed: role "persons" gives how many are in each status, groups of fewer than five left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from experiments.classroom.follow.decisions import decide_again
from experiments.classroom.follow.events import boss_story, plan_story, provider_story
from experiments.classroom.follow.looks import cell_of, slots_of
from experiments.classroom.follow.plain import be_ready
from experiments.classroom.follow.police import open_files, police_story, unit_label
from experiments.classroom.follow.words import (
    Translator,
    boss_label,
    boss_words,
    person_words,
    place_and_kind,
    provider_label,
    provider_words,
    task_words,
)
from sim.configuration import ConfigurationError, meant
from sim.parameters import Parameters
from sim.simulation import Simulation
from sim.state.records import LEFT, RUNNING, VACANT

__all__ = ["KINDS_OF_DECISIONS", "ROLES", "be_ready", "decision", "story", "who"]

BOSS, PROVIDER, PLAN, POLICE, PERSONS = ROLES = "boss", "provider", "plan", "police", "persons"
SMALLEST_GROUP = 5  # persons in a status: smaller groups are not shown
MOST_DAYS = 3650  # told at once
_PLAN = re.compile(r"(\d{1,9})-(\d{1,9})")
Names = tuple[str, ...]


def who(parameters: Parameters, day: int, role: str, _: Translator = str) -> list[dict[str, Any]]:
    """Agents of a role who are there on the evening of a day: `id`, `label`, and `now`, what they do, in a line.

    Plans are those that ran on that day. Role "persons" gives counts by status, without `id`. ConfigurationError for another.
    """
    role, day = _checked(parameters, day, role)
    simulation = _evening(parameters, day)
    names = tuple(place.name for place in simulation.places)
    return [{"id": id_, "label": label, "now": now} for id_, label, now in _PRESENT[role](simulation, names, day, _)]


def story(parameters: Parameters, day: int, role: str, id: int | str, days: int = 60, _: Translator = str) -> dict[str, Any]:
    """`title`, `facts` as [label, value, unit], and `events` of the last days: `day`, `date` and `text`, newest first.

    A Plan is told from its start. ConfigurationError for a role, a day or an `id` that does not exist.
    """
    role, day = _checked(parameters, day, role)
    days = _whole(days, "days", 1, MOST_DAYS)
    rows = _checked_id(parameters, day, role, id)
    if role == PLAN:
        return plan_story(parameters, day, *rows, _)
    tell = {BOSS: boss_story, PROVIDER: provider_story, POLICE: police_story}[role]
    return tell(parameters, day, *rows, days, _)


def decision(
    parameters: Parameters, day: int, role: str, id: int | str, kind: str | None = None, _: Translator = str
) -> dict[str, Any]:
    """The last decision by the evening of a day, evaluated again by the plain form of its rule (`decisions`).

    `kind`: "place" or "slot" for a Boss or a Plan, "acceptance" for a Provider, "cell" for police; the first by default.
    ConfigurationError for a role, a day, an `id` or a kind that does not exist.
    """
    role, day = _checked(parameters, day, role)
    rows = _checked_id(parameters, day, role, id)
    kinds = KINDS_OF_DECISIONS[role]
    if kind is not None and kind not in kinds:
        raise ConfigurationError(f"kind={kind}: no such decision{meant(str(kind), kinds)}; valid for {role}: {', '.join(kinds)}")
    return decide_again(parameters, day, kind or kinds[0], rows, _) | {"kinds": list(kinds)}


KINDS_OF_DECISIONS = {BOSS: ("place", "slot"), PLAN: ("place", "slot"), PROVIDER: ("acceptance",), POLICE: ("cell",)}


# --- who is there


def _evening(parameters: Parameters, day: int) -> Simulation:
    """The world on the evening of a day."""
    simulation = Simulation(parameters)
    simulation.run(day + 1)
    return simulation


def _bosses(simulation: Simulation, names: Names, day: int, _: Translator):
    world, words = simulation.world, boss_words(_)
    for b, boss in enumerate(world.bosses[: world.counts[0].bosses]):
        if boss.status == RUNNING:
            now = _("running a Plan in {place}").format(place=place_and_kind(cell_of(world.plans[b]), names, _))
            yield b + 1, boss_label(b, _), now
        elif boss.status != LEFT:
            yield b + 1, boss_label(b, _), _("{status}, {place}").format(status=words[boss.status], place=names[boss.territory])


def _providers(simulation: Simulation, names: Names, day: int, _: Translator):
    world, words, tasks = simulation.world, provider_words(_), task_words(_)
    for p, provider in enumerate(world.providers[: world.counts[0].providers]):
        slots = slots_of(p, world) if provider.status == RUNNING else []
        held = [_("{task} for {boss}").format(task=tasks[task], boss=boss_label(b, _)) for b, _s, task, _c in slots]
        if held:
            yield p + 1, provider_label(p, _), "; ".join(held)
        elif provider.status != LEFT:
            now = _("{status}, {place}").format(status=words[provider.status], place=names[provider.home])
            yield p + 1, provider_label(p, _), now


def _plans(simulation: Simulation, names: Names, day: int, _: Translator):
    world = simulation.world
    for b in sorted(world.running[: world.counts[0].running].tolist()):  # those of this morning
        plan, place = world.plans[b], place_and_kind(cell_of(world.plans[b]), names, _)
        now = _("{place}: ended today").format(place=place)
        if plan.open == 1:
            vacant = int(np.sum(plan.slot_holder[: plan.n_slots] == VACANT))
            now = _("{place}; slots vacant: {vacant} of {slots}").format(place=place, vacant=vacant, slots=int(plan.n_slots))
        yield f"{b + 1}-{int(plan.start)}", _("Plan of {boss}").format(boss=boss_label(b, _)), now


def _police(simulation: Simulation, names: Names, day: int, _: Translator):
    for u in range(simulation.world.units.size):
        files = _("files open: {files}").format(files=open_files(u, simulation.world))
        yield u + 1, unit_label(u, simulation.places, _), files


def _persons(simulation: Simulation, names: Names, day: int, _: Translator):
    world = simulation.world
    numbers = np.bincount(world.prostitutes["status"][: world.counts[0].prostitutes], minlength=len(person_words(_)))
    for label, number in zip(person_words(_), numbers.tolist(), strict=True):
        if number >= SMALLEST_GROUP:
            yield None, label, _("{number} persons").format(number=number)


_PRESENT: dict[str, Callable] = {BOSS: _bosses, PROVIDER: _providers, PLAN: _plans, POLICE: _police, PERSONS: _persons}


# --- what is asked for


def _checked(parameters: Parameters, day: int, role: str) -> tuple[str, int]:
    """A role and a day that exist. ConfigurationError, one line, for others."""
    if role not in ROLES:
        raise ConfigurationError(f"role={role}: no such role{meant(str(role), ROLES)}; valid: {', '.join(ROLES)}")
    return role, _whole(day, "day", 0, parameters.days - 1)


def _whole(value: Any, name: str, low: int, high: int) -> int:
    """A whole number within bounds, given as such or as text. ConfigurationError, one line, for anything else."""
    text = str(value)
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,9}", text) or not low <= int(text) <= high:
        raise ConfigurationError(f"{name}={text[:40]}: a whole number from {low} to {high} is needed")
    return int(text)


def _checked_id(parameters: Parameters, day: int, role: str, id: int | str) -> tuple[int, ...]:
    """The row of an agent; of a Plan that of its Boss, and its first day. ConfigurationError, one line, if nobody has it."""
    if role == PERSONS:
        raise ConfigurationError("role=persons: exploited persons are shown in numbers only, and none of them is followed")
    world = _evening(parameters, day).world
    counted = {BOSS: "bosses", PLAN: "bosses", PROVIDER: "providers"}
    most = int(world.counts[0][counted[role]]) if role in counted else world.units.size
    if role != PLAN:
        return (_whole(id, f"{role} on day {day}", 1, most) - 1,)
    parts = _PLAN.fullmatch(str(id))
    if parts is None:
        raise ConfigurationError(f"plan={str(id)[:40]}: the number of its Boss and its first day are needed, such as 7-180")
    return _whole(parts[1], f"Boss of the plan on day {day}", 1, most) - 1, _whole(parts[2], "first day of the plan", 0, day)
