"""The grid of an explorable page: policies at several intensities, under several structures, on the same seeds.

Nothing here imports pandas, Arrow or Hydra, so a worker starts quickly.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import zlib
from typing import Any, NamedTuple

import numpy as np

from experiments.classroom.scene import days_shown, record_futures
from experiments.execution.chunks import Chunk, plan_chunks, world_seed
from sim.configuration import ConfigurationError, merge, validate
from sim.initialisation.environment import check_world
from sim.parameters import Parameters

MOST = {"policies": 24, "intensities": 12, "structures": 12, "n_seeds": 200}


class GridTask(NamedTuple):
    """All worlds of one structure and seed."""

    id: int
    structure: str
    place: int  # of the seed, from 0
    seed: int
    trees: tuple[str, ...]  # Parameters as JSON: without a policy, then each policy at each intensity


@dataclasses.dataclass(frozen=True)
class GridPlan:
    """A grid ready to run.

    `policies`: contents by name; `worlds`: validated parameters by structure, without a policy first, then
    each policy at each intensity.
    """

    base: Parameters
    policies: dict[str, dict[str, Any]]
    intensities: tuple[float, ...]
    structures: tuple[str, ...]
    worlds: dict[str, tuple[Parameters, ...]]
    n_seeds: int

    @property
    def seeds(self) -> list[int]:
        """Seeds of the twin worlds."""
        return [world_seed(self.base.seed, place) for place in range(self.n_seeds)]

    @property
    def chunks(self) -> list[Chunk]:
        """A chunk for each structure and seed."""
        trees = {structure: tuple(one.model_dump_json() for one in worlds) for structure, worlds in self.worlds.items()}
        tasks = [
            GridTask(number * self.n_seeds + place, structure, place, seed, trees[structure])
            for number, structure in enumerate(trees)
            for place, seed in enumerate(self.seeds)
        ]
        return plan_chunks(tasks, 1)

    @property
    def days(self) -> tuple[int, int]:
        """First day shown, and the day on which the policies begin."""
        return days_shown(next(iter(self.worlds.values()))[1])

    @property
    def number_of_worlds(self) -> int:
        """Worlds in all."""
        return self.n_seeds * sum(map(len, self.worlds.values()))


def plan_grid(base: Parameters, rest: dict[str, Any]) -> GridPlan:
    """The plan of a composed configuration whose policies and structures have their contents.

    ConfigurationError, one line, names what does not fit.
    """
    if base.policy.levers:
        raise ConfigurationError(f"policy={base.policy.name}: an explorable takes policies=[{base.policy.name},...]")
    if base.budget is not None:
        raise ConfigurationError("budget: an explorable has intensities, which set the cost; leave it out")
    if (base.days - base.policy.start_day) % 7 or base.days - base.policy.start_day < 28:
        raise ConfigurationError(
            f"days={base.days} policy.start_day={base.policy.start_day}: whole weeks must lie between them, four at least"
        )
    if base.policy.start_day < 28:
        raise ConfigurationError(f"policy.start_day={base.policy.start_day}: 28 days are shown before it; make it larger")
    intensities, n_seeds = _intensities(rest["intensities"]), _seeds(rest["n_seeds"])
    policies = {name: one["sets"] for name, one in rest["policies"].items()}
    worlds = {}
    for structure, one in rest["structures"].items():
        tree = merge(base.model_dump(mode="json"), one["sets"])
        worlds[structure] = (_world(tree, {}, structure), *(
            _world(tree, _at(content, times), f"{name} at {times:g} times its intensity under {structure}")
            for name, content in policies.items() for times in intensities
        ))  # fmt: skip
    return GridPlan(base, policies, intensities, tuple(rest["structures"]), worlds, n_seeds)


def _intensities(given: Any) -> tuple[float, ...]:
    good = isinstance(given, list) and all(isinstance(one, int | float) and not isinstance(one, bool) for one in given)
    if not good or not 1 <= len(given) <= MOST["intensities"] or sorted(set(given)) != given or not 0.0 < given[0]:
        raise ConfigurationError(f"intensities={given}: rising numbers above zero, at most {MOST['intensities']}, as [0.5,1,2]")
    return tuple(map(float, given))


def _seeds(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 2 <= given <= MOST["n_seeds"]:
        raise ConfigurationError(f"n_seeds={given!r}: a whole number from 2 to {MOST['n_seeds']} is needed")
    return given


def _at(policy: dict[str, Any], times: float) -> dict[str, Any]:
    """A policy with all its intensities multiplied."""
    levers = {name: one | {"intensity": one["intensity"] * times} for name, one in policy["levers"].items()}
    return policy | {"levers": levers}


def _world(tree: dict[str, Any], policy: dict[str, Any], where: str) -> Parameters:
    try:
        parameters = validate(merge(tree, {"policy": policy}))
        check_world(parameters)
    except ConfigurationError as error:
        raise ConfigurationError(f"explorable: {where}: {error}") from None
    return parameters


def run_grid(chunk: Chunk) -> list[dict[str, Any]]:
    """The rows of a chunk, one a structure and seed; called in the workers."""
    return [run_worlds(task) for task in chunk.tasks]


def run_worlds(task: GridTask) -> dict[str, Any]:
    """The worlds of a structure and seed, packed: what is recorded without a policy, then by how much each policy changes it."""
    bare, *treated = (parameters.model_copy(update={"seed": task.seed}) for parameters in _read(task.trees))
    first, begin = days_shown(treated[0])
    untreated, futures, _ = record_futures(bare, treated, first, begin)
    changes = np.array([rows - untreated for rows in futures])
    return {
        "id": task.id, "structure": task.structure, "place": task.place, "seed": task.seed,
        "sha256": hashlib.sha256(_bytes(untreated) + _bytes(changes)).hexdigest(),
        "untreated": zlib.compress(_bytes(untreated)), "changes": zlib.compress(_bytes(changes)),
    }  # fmt: skip


@functools.lru_cache(maxsize=2)
def _read(trees: tuple[str, ...]) -> tuple[Parameters, ...]:
    """The configurations of a structure, read once for all its seeds."""
    return tuple(map(Parameters.model_validate_json, trees))


def _bytes(numbers: np.ndarray) -> bytes:
    """Counts as bytes. ConfigurationError for one that is too large for a page."""
    if numbers.size and np.abs(numbers).max() >= 2**31:
        raise ConfigurationError("explorable: a count of a day passes two thousand million; take a smaller market")
    return numbers.astype("<i4").tobytes()


def unpack(packed: bytes, shape: tuple[int, ...]) -> np.ndarray:
    """int64 numbers of that shape, from compressed bytes."""
    return np.frombuffer(zlib.decompress(packed), "<i4").reshape(shape).astype(np.int64)
