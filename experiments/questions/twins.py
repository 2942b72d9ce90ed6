"""Twin worlds: one seed, several policies, forked on the morning the policies part.

Until its start no policy can touch anything, so arms that differ in nothing else share the days before
it. Each estimand says what it keeps of a world (`experiments.questions.estimand`); the hash of its ledger
and its public cost are kept of every one.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from typing import Any

from experiments.configuration.drawn import with_values
from experiments.questions.estimand import load_estimand
from experiments.store import microdata
from sim.configuration import ConfigurationError
from sim.measures.microdata import columns, observe
from sim.parameters import Parameters
from sim.simulation import Simulation


@dataclasses.dataclass(frozen=True)
class Windows:
    """Day ranges [first, last) of an evaluation, relative to the policy's start.

    `before` and `season_after` are the same calendar days one year apart: what a field evaluator
    would compare.
    """

    before: tuple[int, int]
    transient: tuple[int, int]
    adapted: tuple[int, int]
    season_after: tuple[int, int]

    @classmethod
    def of(cls, parameters: Parameters, transient_days: int = 91, adapted_days: int = 275) -> Windows:
        """The windows of a configuration; ConfigurationError if the horizon leaves no adapted days."""
        start = parameters.policy.start_day
        first = start + transient_days
        last = min(start + transient_days + adapted_days, parameters.days)
        if last - first < 28:
            raise ConfigurationError(
                f"days={parameters.days}: too short to see adaptation; policy.start_day={start} needs days={first + 28} or more"
            )
        if start - parameters.burn_in < 28:
            raise ConfigurationError(f"policy.start_day={start}: at least 28 days after burn_in={parameters.burn_in} are needed")
        year = 365
        before = (max(parameters.burn_in, start - 185), start)
        after = (before[0] + year, min(before[1] + year, parameters.days))
        if after[1] - after[0] < 28:
            after = (first, last)
        return cls(before, (start, first), (first, last), after)

    def items(self):
        """(name, (first, last)) of each window."""
        return dataclasses.asdict(self).items()


@dataclasses.dataclass(frozen=True)
class WorldsTask:
    """The worlds of one seed in one scenario: their configurations and the options of the estimand as JSON."""

    id: int
    scenario: str
    pair: int
    seed: int
    arms: tuple[tuple[str, str, str], ...]  # name, configuration, options of the estimand, as JSON
    estimand: str
    windows: Windows
    drawn: str = ""  # parameters of this pair by arm, as JSON, where each pair has a draw of its own
    microdata: bool = False  # whether spells of the worlds are kept beside the row


def run_worlds(task: WorldsTask) -> dict[str, Any]:
    """Run all arms and return one row: columns `ARM_MEASURE`, numbers or lists."""
    estimand = load_estimand(task.estimand)
    row: dict[str, Any] = {"id": task.id, "scenario": task.scenario, "pair": task.pair, "seed": task.seed}
    standing, seen = _on_the_morning(task), {}
    for name, _, options in task.arms:
        world = standing.pop(name)
        kept = estimand.observe(world, task.windows, json.loads(options))
        if world.day < world.days:
            raise AssertionError(f"{task.estimand} left the world {name} on day {world.day} of {world.days}")
        row |= {f"{name}_{measure}": value for measure, value in kept.items()}
        row[f"{name}_sha256"] = world.ledger_sha256()
        row[f"{name}_public_cost_eur"] = float(world.world.public_cost.sum()) / 100.0
        if task.microdata:
            seen[name] = columns(world)
    return row | microdata.pack(seen) if seen else row


def _on_the_morning(task: WorldsTask) -> dict[str, Simulation]:
    """The worlds of all arms on the first morning of the policy; those equal until then are run once and forked."""
    shared: dict[str, Simulation] = {}
    standing = {}
    drawn = json.loads(task.drawn) if task.drawn else {}
    for name, text, options in task.arms:
        parameters = with_values(json.loads(text), drawn[name]) if drawn else _read(text)
        parameters = parameters.model_copy(update={"seed": task.seed})
        past = json.dumps([parameters.model_dump_json(exclude={"policy", "budget"}), "events" in json.loads(options)])
        if past in shared:
            standing[name] = shared[past].fork(parameters)
            continue
        world = Simulation(parameters, record_events="events" in json.loads(options))
        if task.microdata:
            observe(world)
        world.run(parameters.policy.start_day)
        shared[past] = standing[name] = world
    return standing


@functools.lru_cache(maxsize=64)
def _read(text: str) -> Parameters:
    """A validated configuration; a worker meets each some dozens of times."""
    return Parameters.model_validate_json(text)
