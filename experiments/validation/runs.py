"""The worlds of a validation: each pattern's measure in worlds without a policy, and under the policies that some are about."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any

from experiments.configuration.drawn import keys_of_its_own, with_values
from experiments.execution.chunks import Chunk, plan_chunks, world_seed
from experiments.validation.measures import parts_of
from experiments.validation.patterns import Pattern
from sim.configuration import ConfigurationError, merge, set_path, validate
from sim.initialisation.environment import check_world
from sim.parameters import Parameters
from sim.simulation import Simulation

UNTREATED = "none"
WORLDS_A_CHUNK = 4
NUMERATOR, DENOMINATOR = "numerator", "denominator"


@dataclasses.dataclass(frozen=True)
class WorldTask:
    """One world: its row, arm and seed, its parameters as JSON, and what is measured on it."""

    id: int
    arm: str
    replicate: int
    seed: int
    parameters: str
    measures: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class ValidationPlan:
    """Which patterns are compared, in which arms, over how many worlds.

    `arms`: parameters by name, the first those configured; `shown`: patterns that the market can show; `left_out`: the others;
    `draws`: parameters of a posterior, one draw for each seed in turn, or none.
    """

    arms: dict[str, Parameters]
    shown: dict[str, Pattern]
    left_out: dict[str, str]
    worlds: int
    root_seed: int
    draws: tuple[dict[str, float], ...] = ()

    def tasks(self) -> list[WorldTask]:
        """Every world, those of one seed next to each other."""
        found = []
        for replicate in range(self.worlds):
            seed = world_seed(self.root_seed, replicate, "validation")
            for arm, parameters in self.arms.items():
                measures = {one.measure for one in self.shown.values() if arm in arms_of(one)}
                text = self._at_draw(parameters, replicate).model_dump_json()
                found.append(WorldTask(len(found), arm, replicate, seed, text, tuple(sorted(measures))))
        return found

    def _at_draw(self, parameters: Parameters, replicate: int) -> Parameters:
        """An arm at the draw of a seed; what the arm sets stays."""
        if not self.draws:
            return parameters
        tree, usual = (json.loads(one.model_dump_json()) for one in (parameters, self.arms[UNTREATED]))
        values = self.draws[replicate % len(self.draws)]
        own = keys_of_its_own(tree, usual, values)
        return with_values(tree, {key: value for key, value in values.items() if key not in own})

    def chunks(self) -> list[Chunk]:
        """All worlds in order, a few a chunk."""
        return plan_chunks(self.tasks(), WORLDS_A_CHUNK)


def arms_of(pattern: Pattern) -> list[str]:
    """The arms that a pattern is measured in: the one without its policy, then that with it, named by what they consist of.

    >>> arms_of(Pattern(measure="turnover", low=0.0, tag="qualitative", why="", levers={"street_patrol": {"intensity": 2.0}}))
    ['none', 'street_patrol(intensity=2.0)']
    """
    set_values = [f"{key}={value}" for key, value in pattern.overrides.items()]
    levers = [
        f"{lever}({', '.join(f'{key}={value}' for key, value in given.items())})" for lever, given in pattern.levers.items()
    ]
    arms = [set_values, levers + set_values] if levers else [set_values]
    return [" + ".join(parts) or UNTREATED for parts in arms]


def plan_validation(patterns: Mapping[str, Pattern], base: Parameters, worlds: int, root_seed: int) -> ValidationPlan:
    """The worlds that the patterns need. ConfigurationError if a policy of one cannot be put into this market."""
    if base.days - base.burn_in < 2:
        raise ConfigurationError(f"days={base.days}: nothing is left to measure after burn_in={base.burn_in}; make days larger")
    shown = {name: one for name, one in patterns.items() if one.market in ("", base.market.preset)}
    left_out = {name: f"market={one.market} shows it" for name, one in patterns.items() if name not in shown}
    arms = {UNTREATED: base}
    for name, pattern in shown.items():
        for arm, levers in zip(arms_of(pattern), ({}, pattern.levers), strict=False):
            if arm in arms:
                continue
            policy = {"name": arm, "start_day": base.burn_in, "levers": levers}
            world = merge(json.loads(base.model_dump_json()), {"policy": policy})
            for key, value in pattern.overrides.items():
                set_path(world, key, value)
            try:
                arms[arm] = validate(world)
                check_world(arms[arm])
            except ConfigurationError as error:
                raise ConfigurationError(f"pattern {name}: {error}") from None
    return ValidationPlan(arms, shown, left_out, worlds, root_seed)


@functools.lru_cache(maxsize=16)
def _parameters_of(text: str) -> Parameters:
    return validate(json.loads(text))


def run_worlds(chunk: Chunk) -> list[dict[str, Any]]:
    """The rows of a chunk, one a world; called in the workers."""
    return [run_world(task) for task in chunk.tasks]


def run_world(task: WorldTask) -> dict[str, Any]:
    """Run one world to its horizon and measure it from the end of burn-in on."""
    run = Simulation(_parameters_of(task.parameters).model_copy(update={"seed": task.seed}))
    run.run()
    row: dict[str, Any] = {"id": task.id, "arm": task.arm, "replicate": task.replicate, "seed": task.seed}
    for name, (above, below) in parts_of(run, task.measures, run.parameters.burn_in, run.day).items():
        row |= {f"{name}.{NUMERATOR}": above, f"{name}.{DENOMINATOR}": below}
    return row


def columns_of(measures: Sequence[str]) -> list[str]:
    """Columns of the rows that hold measures."""
    return [f"{name}.{part}" for name in sorted(measures) for part in (NUMERATOR, DENOMINATOR)]
