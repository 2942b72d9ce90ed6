"""Mixtures of levers within a public budget, and the worlds that each is seen in.

A mixture says how many EUR a year each lever gets. What intensity that buys follows from the capacities of a world, so that a
mixture costs the same whatever the assumptions.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from experiments.configuration.composition import STRUCTURE, leaves_of
from experiments.configuration.drawn import keys_of_its_own, with_values
from experiments.execution.chunks import Chunk, plan_chunks, world_seed
from experiments.frontier.runs import FrontierTask
from sim.configuration import ConfigurationError, group_names, meant, read_group
from sim.configuration.groups import unknown_name
from sim.initialisation.environment import check_world
from sim.levers import LEVER_KINDS
from sim.parameters import Group, Parameters

AS_GIVEN = "as configured"
SEARCHED = "search"
SEED_BLOCK = "frontier"
SPEND = "spend"
_CHECKED = 1 << 32  # number of the first world of the check: none of the search
Mixture = dict[str, float]
"""EUR a year by lever; levers without any are left out."""


def policies() -> list[str]:
    """Levers that a budget can be spent on: of known cost, and no experiment."""
    return [name for name, kind in LEVER_KINDS.items() if kind.unit_cost_eur > 0.0 and not kind.realised]


class OwnStructure(Group):
    """A structure of the user's, with the numbers it sets."""

    name: str
    changes: dict[str, Any]


class FrontierSettings(Group):
    """Budget, search and check."""

    budget_a_year: float = Field(gt=0.0, le=1e10, description="EUR a year, at most")
    levers: tuple[str, ...] = Field(min_length=1)
    population: int = Field(ge=8, le=10_000, description="mixtures of a generation")
    generations: int = Field(ge=1, le=10_000)
    n_worlds: int = Field(ge=2, le=100_000, description="worlds in which each mixture is seen by the search")
    n_check: int = Field(ge=4, le=100_000, description="fresh worlds of each set of assumptions in the check")
    candidates: int = Field(ge=2, le=1_000, description="mixtures of the search that are checked")
    structures: tuple[str | OwnStructure, ...] = ()
    draws: int = Field(ge=0, le=1_000, description="draws of the posterior that are checked one by one")


@dataclasses.dataclass(frozen=True)
class FrontierPlan:
    """A search and its check, ready to run.

    `draws`: parameters of the posterior, of which each world has one in turn, or none; `scenarios`: by name, the configuration
    that it sets and the number of its draw, or None where worlds take theirs in turn; `market`: its name.
    """

    settings: FrontierSettings
    base: dict[str, Any]
    parameters: Parameters
    draws: tuple[dict[str, float], ...]
    scenarios: dict[str, tuple[dict[str, Any], int | None]]
    market: str

    def starts(self) -> list[Mixture]:
        """Where the search begins: no policy, the whole budget on one lever, and on all alike."""
        budget, levers = self.settings.budget_a_year, self.settings.levers
        return [{}, *({lever: budget} for lever in levers), {lever: budget / len(levers) for lever in levers}]

    def search_chunks(self, generation: int, mixtures: Sequence[Mixture]) -> list[Chunk]:
        """The worlds of a generation, a chunk each: history is run once for all its mixtures."""
        first = generation * self.settings.n_worlds
        numbered = _numbered(generation * self.settings.population, mixtures)
        tasks = [
            self._task(
                first + replicate, first * self.settings.population + replicate * len(mixtures), SEARCHED, replicate, numbered
            )
            for replicate in range(self.settings.n_worlds)
        ]
        return [dataclasses.replace(chunk, id=first + chunk.id) for chunk in plan_chunks(tasks, 1)]

    def check_chunks(self, mixtures: Sequence[Mixture]) -> list[Chunk]:
        """Fresh worlds of every set of assumptions, in which the mixtures that are left are compared."""
        searched = self.settings.generations * self.settings.n_worlds
        first, tasks = searched * self.settings.population, []
        for name in self.scenarios:
            for replicate in range(self.settings.n_check):
                row = first + len(tasks) * len(mixtures)
                tasks.append(self._task(searched + len(tasks), row, name, replicate, _numbered(0, mixtures)))
        return [dataclasses.replace(chunk, id=searched + chunk.id) for chunk in plan_chunks(tasks, 1)]

    def task_of_row(self, row: Mapping[str, Any]) -> FrontierTask:
        """The task that makes one stored row by itself."""
        mixture = tuple(sorted(json.loads(row["euros"]).items()))
        return self._task(0, row["id"], row["scenario"], row["replicate"], ((row["mixture"], mixture),))

    def _task(self, id: int, first_row: int, scenario: str, replicate: int, mixtures) -> FrontierTask:
        changes, draw = self.scenarios.get(scenario, ({}, None))
        number = replicate + (0 if scenario == SEARCHED else _CHECKED)
        values: dict[str, Any] = {}
        if self.draws:
            values = self.draws[replicate % len(self.draws) if draw is None else draw]
        text = with_values(self.base, values | changes).model_dump_json()
        seed = world_seed(self.parameters.seed, number, SEED_BLOCK)
        return FrontierTask(id, first_row, scenario, replicate, seed, text, tuple(mixtures))


def _numbered(first: int, mixtures: Sequence[Mixture]) -> tuple:
    return tuple((first + k, tuple(sorted(mixture.items()))) for k, mixture in enumerate(mixtures))


def mixture_at(levers: Sequence[str], places: Mapping[str, float], budget: float) -> Mixture:
    """The mixture at a place of the unit cube: shares of what is spent, none for a lever in the lower half of its side.

    >>> mixture_at(["a", "b", "c"], {"a": 1.0, "b": 0.75, "c": 0.4, "spend": 0.5}, 300.0)
    {'a': 100.0, 'b': 50.0}
    """
    weights = {lever: max(0.0, 2.0 * places[lever] - 1.0) for lever in levers}
    whole = sum(weights.values())
    spent = budget * places[SPEND]
    return {lever: spent * weight / whole for lever, weight in weights.items() if weight * spent > 0.0}


def place_of(levers: Sequence[str], mixture: Mapping[str, float], budget: float) -> dict[str, float]:
    """A place of the unit cube at which a mixture stands: the inverse of `mixture_at`."""
    largest = max(mixture.values(), default=1.0)
    places = {lever: 0.5 + 0.5 * mixture[lever] / largest if lever in mixture else 0.0 for lever in levers}
    return places | {SPEND: min(1.0, sum(mixture.values()) / budget)}


def plan_frontier(
    settings: FrontierSettings, base: dict[str, Any], parameters: Parameters, draws: tuple[dict[str, float], ...],
    market: str = "",
) -> FrontierPlan:
    """The plan; `market`: its name, if it is not the preset's.

    ConfigurationError, one line, for a lever, structure or window that cannot be.
    """
    valid = policies()
    for name in settings.levers:
        if name not in valid:
            raise ConfigurationError(f"levers: {name} is no lever with a cost known beforehand{meant(name, valid)}")
    if parameters.policy.levers or parameters.budget is not None:
        raise ConfigurationError(f"policy={parameters.policy.name}: mixtures are the policies here; leave policy and budget out")
    if settings.population < (least := len(settings.levers) + 2):
        raise ConfigurationError(f"population={settings.population}: at least {least} are needed, for each lever by itself")
    if parameters.policy.start_day + 28 > parameters.days:
        raise ConfigurationError(f"days={parameters.days}: fewer than 28 are left after policy.start_day; make days larger")
    if settings.draws and not draws:
        settings = settings.model_copy(update={"draws": 0})
    usual = json.loads(Parameters().model_dump_json())
    scenarios: dict[str, tuple[dict[str, Any], int | None]] = {AS_GIVEN: ({}, None)}
    for one in settings.structures:
        name, changes = _changes_of(one)
        if changes and not keys_of_its_own(base, usual, changes):
            scenarios[name] = (changes, None)
    scenarios |= {f"draw {k + 1}": ({}, k) for k in range(min(settings.draws, len(draws)))}
    plan = FrontierPlan(settings, base, parameters, draws, scenarios, market or parameters.market.preset)
    for changes, draw in scenarios.values():
        check_world(with_values(base, (draws[draw or 0] if draws else {}) | changes))
    return plan


def _changes_of(structure: str | OwnStructure) -> tuple[str, dict[str, Any]]:
    """The name of a structure, and the numbers it sets by their keys."""
    if isinstance(structure, OwnStructure):
        return structure.name, dict(leaves_of(structure.changes))
    if structure not in group_names(STRUCTURE):
        raise ConfigurationError(unknown_name(STRUCTURE, structure, f"structures: {structure}"))
    return structure, dict(leaves_of(read_group(STRUCTURE, structure)))
