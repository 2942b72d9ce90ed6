"""The worlds of a calibration: the measures of each draw of parameters."""

from __future__ import annotations

import dataclasses
import functools
import json
from typing import Any

from experiments.configuration.drawn import with_values
from experiments.execution.chunks import Chunk, world_seed
from experiments.execution.engine import describe
from experiments.validation.measures import measure_worlds
from sim.simulation import Simulation

DONE, FAILED = "done", "failed"
_DRAW_BITS = 32  # of a replicate's number, above those of the world: no two draws of a wave share a seed


@dataclasses.dataclass(frozen=True)
class DrawTask:
    """One draw: its number, values and seeds, and the JSON text of what all draws share: `base` and `measures`."""

    draw: int
    values: dict[str, float]
    seeds: tuple[int, ...]
    shared: str


def seeds_of(root_seed: int, draw: int, worlds: int, block: str = "calibration") -> tuple[int, ...]:
    """Seeds of the worlds of a draw, its own."""
    return tuple(world_seed(root_seed, ((draw + 1) << _DRAW_BITS) | number, block) for number in range(worlds))


@functools.lru_cache(maxsize=4)
def _read(text: str) -> dict[str, Any]:
    return json.loads(text)


def run_draws(chunk: Chunk) -> list[dict[str, Any]]:
    """The rows of a chunk, one a draw; called in the workers."""
    return [run_draw(task) for task in chunk.tasks]


def run_draw(task: DrawTask) -> dict[str, Any]:
    """The measures of a draw over its worlds; what goes wrong in one draw is kept as its row."""
    shared = _read(task.shared)
    row: dict[str, Any] = {"id": task.draw, "status": DONE, "error": ""} | dict.fromkeys(shared["measures"])
    try:
        parameters = with_values(shared["base"], task.values)

        def worlds():
            for seed in task.seeds:
                run = Simulation(parameters.model_copy(update={"seed": seed}))
                run.run()
                yield run

        return row | measure_worlds(worlds(), shared["measures"]) | task.values
    except Exception as error:  # noqa: BLE001 (a draw fails, the others are worth keeping)
        return row | {"status": FAILED, "error": describe(error)} | task.values
