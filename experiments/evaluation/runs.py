"""The worlds of an evaluation: pairs of twins, one with the policy, over the periods of the table; counts by cell are kept."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Sequence
from typing import Any

from experiments.configuration.drawn import keys_of_its_own, with_values
from experiments.evaluation.areas import Unit
from experiments.execution.chunks import Chunk, plan_chunks, world_seed
from experiments.questions.displacement.estimand import find_target
from experiments.questions.places import Geography
from sim.configuration import ConfigurationError, merge, validate
from sim.initialisation.environment import check_world
from sim.parameters import Parameters
from sim.simulation import Simulation

PAIRS_A_CHUNK = 2
USUAL_DAYS = (365, 365)  # before and after, where the table has none
MEASURE = "person_days"
CELLS = ("before", "treated", "untreated")  # counts by cell: before the policy, after its start with it and without it


@dataclasses.dataclass(frozen=True)
class PairTask:
    """A pair of twin worlds: configurations without and with the policy, as JSON, and the days of the two periods."""

    id: int
    seed: int
    untreated: str
    treated: str
    before: tuple[int, int]
    after: tuple[int, int]


@dataclasses.dataclass(frozen=True)
class EvaluationPlan:
    """The worlds of an evaluation.

    `draws`: parameters of a posterior, one draw for each pair in turn, or none.
    """

    untreated: Parameters
    treated: Parameters
    geography: Geography
    pairs: int
    draws: tuple[dict[str, float], ...] = ()

    @property
    def periods(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Days [first, last) before and after the start of the policy."""
        start = self.treated.policy.start_day
        return (self.treated.burn_in, start), (start, self.treated.days)

    def tasks(self) -> list[PairTask]:
        """All pairs in order; a seed depends on the root and the pair alone."""
        return [
            PairTask(pair, world_seed(self.treated.seed, pair), *self._texts(pair), *self.periods) for pair in range(self.pairs)
        ]

    def chunks(self) -> list[Chunk]:
        """All pairs, a few a chunk."""
        return plan_chunks(self.tasks(), PAIRS_A_CHUNK)

    def _texts(self, pair: int) -> list[str]:
        arms = [self.untreated, self.treated]
        if self.draws:
            values = self.draws[pair % len(self.draws)]
            trees = [json.loads(arm.model_dump_json()) for arm in arms]
            own = keys_of_its_own(trees[1], trees[0], values)
            arms = [with_values(tree, {key: value for key, value in values.items() if key not in own}) for tree in trees]
        return [arm.model_dump_json() for arm in arms]


def plan_evaluation(
    parameters: Parameters, units: Sequence[Unit], pairs: int, draws: tuple[dict[str, float], ...] = ()
) -> EvaluationPlan:
    """The worlds for a table: the policy starts after the period before. ConfigurationError for a policy without a target."""
    if not parameters.policy.levers:
        raise ConfigurationError(
            f"policy={parameters.policy.name}: the worlds need what was done in the treated area, such as "
            "policy=venue_crackdown; worlds=0 runs none"
        )
    before, after = days_of(units)
    start = parameters.burn_in + before
    tree = merge(json.loads(parameters.model_dump_json()), {"days": start + after, "policy": {"start_day": start}})
    treated = validate(tree)
    check_world(treated)
    geography = find_target(treated, f"policy={treated.policy.name}")
    untreated = validate(tree | {"policy": {"name": "none", "start_day": start, "levers": {}}, "budget": None})
    return EvaluationPlan(untreated, treated, geography, pairs, draws)


def days_of(units: Sequence[Unit]) -> tuple[int, int]:
    """Whole days before and after of the first site; a year each where the table has no lengths."""
    before, after = units[0].days
    return USUAL_DAYS if (before, after) == (1.0, 1.0) else (max(1, round(before)), max(1, round(after)))


def run_pairs(chunk: Chunk) -> list[dict[str, Any]]:
    """A row a pair; called in the workers."""
    return [run_pair(task) for task in chunk.tasks]


def run_pair(task: PairTask) -> dict[str, Any]:
    """Run a world to the start of the policy, and from there on once with it and once without."""
    untreated, treated = (_parameters_of(text).model_copy(update={"seed": task.seed}) for text in (task.untreated, task.treated))
    world = Simulation(untreated)
    world.run(task.after[0])
    twin = world.fork(treated)
    row: dict[str, Any] = {"id": task.id, "seed": task.seed, "before": _by_cell(world, task.before)}
    for name, run in (("treated", twin), ("untreated", world)):
        run.run()
        row[name] = _by_cell(run, task.after)
    return row


def _by_cell(run: Simulation, days: tuple[int, int]) -> list[int]:
    return run.world.cells[MEASURE][days[0] : days[1]].sum(axis=0).tolist()


@functools.lru_cache(maxsize=16)
def _parameters_of(text: str) -> Parameters:
    return validate(json.loads(text))


def rows_of(frame: Any) -> dict[str, Any]:
    """Counts by cell of the rows of a store (a pandas table), int64[pairs, cells] by `CELLS`."""
    import numpy as np

    return {name: np.array(frame[name].tolist(), dtype=np.int64) for name in CELLS}


def schema() -> Any:
    """Columns of the rows."""
    import pyarrow as pa

    cells = [(name, pa.list_(pa.int64())) for name in CELLS]
    return pa.schema([("id", pa.int64()), ("seed", pa.int64()), *cells])
