"""The worlds of a search: one history, and from the first morning of the policy a fork for each mixture."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
from collections.abc import Mapping
from typing import Any

from experiments.execution.chunks import Chunk
from sim.initialisation.environment import records_and_capacities
from sim.levers import LEVER_KINDS
from sim.measures.outcomes import outcomes
from sim.parameters import Parameters
from sim.parameters.constants import DAYS_A_YEAR
from sim.policy import daily_cost
from sim.simulation import Simulation

HARM, MINORS, COST = "person_days_in_spell", "minors_person_days_in_spell", "public_cost_a_year"
OBJECTIVES = {HARM: "person-days/day", MINORS: "person-days/day", COST: "EUR a year"}


@dataclasses.dataclass(frozen=True)
class FrontierTask:
    """A world and the mixtures it is forked for: (number, ((lever, EUR a year), ...)) each; `parameters` as JSON, no policy."""

    id: int
    first_row: int
    scenario: str
    replicate: int
    seed: int
    parameters: str
    mixtures: tuple[tuple[int, tuple[tuple[str, float], ...]], ...]


@functools.lru_cache(maxsize=64)
def _read(text: str) -> Parameters:
    return Parameters.model_validate_json(text)


@functools.lru_cache(maxsize=64)
def euros_at_one(text: str, levers: tuple[str, ...]) -> dict[str, float]:
    """EUR a year of intensity one of each lever, with the capacities of a configuration given as JSON."""
    parameters = _read(text)
    found = {}
    for lever in levers:
        records, capacities = records_and_capacities(_with_levers(parameters, {lever: 1.0}))
        found[lever] = daily_cost(records[0], capacities, parameters.market.platforms) / 100.0 * DAYS_A_YEAR
    return found


def _with_levers(parameters: Parameters, levers: Mapping[str, float]) -> Parameters:
    chosen = {lever: {"intensity": intensity} for lever, intensity in levers.items()}
    policy = {"name": "mixture", "start_day": parameters.policy.start_day, "levers": chosen}
    return parameters.model_copy(update={"policy": type(parameters.policy).model_validate(policy)})


def intensities(text: str, mixture: Mapping[str, float]) -> dict[str, float]:
    """What the EUR of a mixture buy in a world: intensities by lever, none above its largest, for whole cents a day."""
    prices = euros_at_one(text, tuple(sorted(mixture)))
    spent = {lever: math.floor(100.0 * euros / DAYS_A_YEAR) / 100.0 * DAYS_A_YEAR for lever, euros in mixture.items()}
    bought = {lever: min(LEVER_KINDS[lever].largest, spent[lever] / price) for lever, price in prices.items() if price > 0.0}
    return {lever: intensity for lever, intensity in bought.items() if intensity > 0.0}


def run_worlds(chunk: Chunk) -> list[dict[str, Any]]:
    """The rows of a chunk, one a mixture; called in the workers."""
    return [row for task in chunk.tasks for row in run_world(task)]


def run_world(task: FrontierTask) -> list[dict[str, Any]]:
    """One history, forked on the first morning of the policy for every mixture; objectives over the days from then on."""
    base = _read(task.parameters).model_copy(update={"seed": task.seed})
    start, length = base.policy.start_day, base.days - base.policy.start_day
    history = Simulation(base)
    history.run(start)
    rows = []
    for place, (number, mixture) in enumerate(task.mixtures):
        world = history.fork(_with_levers(base, intensities(task.parameters, dict(mixture))))
        world.run()
        found = outcomes(world, start, only=(HARM, MINORS, "public_cost"))
        rows.append({
            "id": task.first_row + place, "scenario": task.scenario, "replicate": task.replicate, "seed": task.seed,
            "mixture": number, "euros": json.dumps(dict(mixture)), HARM: found[HARM]["value"], MINORS: found[MINORS]["value"],
            COST: found["public_cost"]["value"] / length * DAYS_A_YEAR,
        })  # fmt: skip
    return rows
