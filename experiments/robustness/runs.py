"""One draw of the assumed numbers: is it accepted by the patterns, and what is the verdict on each hypothesis.

It runs in the workers. The worlds of a draw have seeds of their own: the same in every arm and
hypothesis, disjoint from those of every other draw and from those of the worlds the patterns are measured on.

Where worlds without any policy have no market, no treatment can bite: no hypothesis can have a first stage, so the
verdict on each is "not applicable", and none of its worlds is run.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
import json
from collections.abc import Iterable, Mapping
from typing import Any

from experiments.calibration.draws import RobustnessSpecification
from experiments.configuration.composition import split_model
from experiments.configuration.drawn import with_values
from experiments.execution.chunks import Chunk, world_seed
from experiments.execution.engine import describe
from experiments.questions.analysis import columns_of, entry_of
from experiments.questions.study import MAIN, Scenario, Study, prepare
from experiments.questions.twins import run_worlds
from experiments.sweeps.runs import DONE, FAILED
from experiments.validation.measures import PERSON_DAYS_IN_PLAN, measure_worlds
from experiments.validation.patterns import met_by
from sim.configuration import set_path, validate_as
from sim.initialisation.own_places import sites_of
from sim.parameters import VENUE_KINDS
from sim.simulation import Simulation

OF_ENTRY = ("verdict", "estimate", "low", "high", "se", "level", "pairs")
NO_MARKET = {"status": DONE, "error": ""} | dict.fromkeys((*OF_ENTRY, "margin", "margin_se")) | {
    "verdict": "not applicable", "first_stage": False, "pairs": 0,
}  # fmt: skip
"""The row of every hypothesis where there is no market."""

_DRAW_BITS = 32  # of a replicate's number, above those of the pair: no two draws share a seed
# What a core needs for a day of a world, fitted to class and herault; only numbers of pairs follow from it.
_SECONDS_A_DAY, _SECONDS_A_BOSS_AND_CELL = 15e-6, 0.09e-6
_DAYS_TO_FOUND_A_WORLD = 80


@dataclasses.dataclass(frozen=True)
class DrawTask:
    """One draw: its number, its values, its structure, and the JSON text of what all draws share (`SharedPlan`).

    `hypotheses`: those that the draw gets pairs for, in a round; none: all, and the draw is measured without a policy.
    """

    draw: int
    values: dict[str, float]
    structure: str
    shared: str
    draws: int
    round: int = 0
    hypotheses: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class SharedPlan:
    """What all draws have in common.

    `trees`: composed configurations of the hypotheses by name, the numbers of their pairs in `n_pairs`.
    `kept`: by hypothesis, keys that it sets for itself and no draw changes. `structures`: what each sets, by name.
    """

    root_seed: int
    spec: RobustnessSpecification
    base: dict[str, Any]
    trees: dict[str, dict[str, Any]]
    kept: dict[str, list[str]]
    structures: dict[str, dict[str, Any]]

    def as_text(self) -> str:
        """As JSON, to be sent to workers."""
        return json.dumps({**vars(self), "spec": self.spec.model_dump(mode="json")})


@functools.lru_cache(maxsize=4)
def _read(text: str) -> SharedPlan:
    """The plan of a text; a worker meets the same for every draw."""
    tree = json.loads(text)
    return SharedPlan(**{**tree, "spec": validate_as(RobustnessSpecification, tree["spec"], "robustness.")})


def draw_seed(root_seed: int, draw: int, number: int, block: str = "tests") -> int:
    """Seed of one world of a draw: a hash of root, draw, number and block."""
    return world_seed(root_seed, ((draw + 1) << _DRAW_BITS) | number, block)


def run_draws(chunk: Chunk) -> list[dict[str, Any]]:
    """The rows of the draws of a chunk, one for each draw and hypothesis; called in the workers."""
    return [row for task in chunk.tasks for row in run_draw(task)]


def run_draw(task: DrawTask) -> list[dict[str, Any]]:
    """The rows of one draw: in the first round what was measured without a policy, and what each hypothesis shows.

    Where there is no market the verdict is "not applicable", without any worlds (`NO_MARKET`). Later rounds add pairs to
    some of the hypotheses.
    """
    plan = _read(task.shared)
    measured = {} if task.round else measure_draw(plan, task)
    return [_row(plan, task, name, measured) for name in task.hypotheses or plan.trees]


def run_row(task: DrawTask, name: str) -> dict[str, Any]:
    """One row of a draw, as `run_draw` would make it."""
    return run_draw(dataclasses.replace(task, hypotheses=(name,)))[0]


def _row(plan: SharedPlan, task: DrawTask, name: str, measured: dict[str, Any]) -> dict[str, Any]:
    """One row; in the first round with what was measured in the draw's worlds without a policy."""
    found = judge(plan, task, name) if measured.get("market", True) else NO_MARKET
    id = row_id(len(plan.trees), task.draws, task.round, task.draw, list(plan.trees).index(name))
    about = {"id": id, "round": task.round, "draw": task.draw, "structure": task.structure}
    return about | measured | {"hypothesis": name} | found | task.values


def row_id(hypotheses: int, draws: int, round: int, draw: int, hypothesis: int) -> int:
    """Number of a row: rounds, in them draws, in them hypotheses."""
    return (round * draws + draw) * hypotheses + hypothesis


def pairs_of_round(first: int, round: int) -> tuple[int, int]:
    """First pair of a round and the one after its last: each round doubles the pairs.

    >>> [pairs_of_round(4, round) for round in range(3)]
    [(0, 4), (4, 8), (8, 16)]
    """
    return (0, first) if round == 0 else (first << (round - 1), first << round)


def measure_draw(plan: SharedPlan, task: DrawTask) -> dict[str, Any]:
    """What worlds without a policy show: whether there is a market, which patterns it meets, whether the draw is accepted.

    There is a market if Plans hold at least `least_market` person-days per day.
    """
    patterns = plan.spec.patterns
    names = [PERSON_DAYS_IN_PLAN, *(pattern.measure for pattern in patterns.values())]
    parameters = with_values(plan.base, task.values | plan.structures[task.structure])

    def worlds() -> Iterable[Simulation]:
        for number in range(plan.spec.worlds_measured):
            seed = draw_seed(plan.root_seed, task.draw, number, "validation")
            world = Simulation(parameters.model_copy(update={"seed": seed}))
            world.run()
            yield world

    measured = measure_worlds(worlds(), names)
    met = met_by(patterns, measured)
    found: dict[str, Any] = {
        "accepted": all(met.values()),
        "market": measured[PERSON_DAYS_IN_PLAN] is not None and measured[PERSON_DAYS_IN_PLAN] >= plan.spec.least_market,
        PERSON_DAYS_IN_PLAN: measured[PERSON_DAYS_IN_PLAN],
    }
    for evidence, pattern in patterns.items():
        found |= {evidence: measured[pattern.measure], f"{evidence}_met": met[evidence]}
    return found


def judge(plan: SharedPlan, task: DrawTask, name: str) -> dict[str, Any]:
    """What one hypothesis shows in one draw: its main comparison on pairs of twin worlds of the draw's own.

    What goes wrong in one hypothesis and draw is kept as a row with status `failed` and its error.
    """
    first, last = pairs_of_round(plan.trees[name]["n_pairs"], task.round)
    failed: dict[str, Any] = NO_MARKET | {"status": FAILED, "verdict": None, "first_stage": None, "pairs": last - first}
    try:
        values = task.values | plan.structures[task.structure]
        study = study_of(plan.trees[name] | {"n_pairs": last}, values, plan.kept[name])
        rows = [
            run_worlds(dataclasses.replace(world, seed=draw_seed(plan.root_seed, task.draw, world.pair)))
            for world in study.tasks(plan.root_seed)
            if world.pair >= first
        ]
        entry = entry_of(study, study.scenarios[0], columns_of(rows, MAIN))
    except Exception as error:  # noqa: BLE001 (a row fails, the others are worth keeping)
        return failed | {"error": describe(error)}
    margin = entry["margin"] or {"estimate": None, "se": None}
    shown = {key: entry[key] for key in OF_ENTRY} | {"margin": margin["estimate"], "margin_se": margin["se"]}
    return failed | shown | {"status": DONE, "first_stage": bool(entry["first_stage"]["present"])}


def study_of(tree: dict[str, Any], values: Mapping[str, float] | None = None, kept: Iterable[str] = ()) -> Study:
    """The main comparison of a hypothesis, without controls and curves, at drawn values."""
    tree = copy.deepcopy(tree)
    tree["hypothesis"] |= {"controls": {}, "along": {}}
    for key in (values or {}).keys() - set(kept):
        set_path(tree, key, values[key])
    parameters, rest = split_model(tree)
    return prepare(rest, parameters)


def pairs_for(scenario: Scenario, spec: RobustnessSpecification) -> int:
    """Pairs that take about the configured time on one core, counted from the configuration alone, never by a clock."""
    wanted = round(spec.core_seconds / seconds_a_pair(scenario))
    return min(spec.most_pairs, max(spec.least_pairs, wanted))


def seconds_a_pair(scenario: Scenario) -> float:
    """About what the worlds of a pair cost; arms that differ in policy only share the days before it."""
    seconds, founded = 0.0, set()
    for parameters in scenario.arms.values():
        size = parameters.market
        cells = len(sites_of(size)) * len(VENUE_KINDS)
        each = _SECONDS_A_DAY + _SECONDS_A_BOSS_AND_CELL * size.bosses * cells
        past = parameters.model_dump_json(exclude={"policy", "budget"})
        days = parameters.days + _DAYS_TO_FOUND_A_WORLD
        if past in founded:
            days = parameters.days - parameters.policy.start_day
        founded.add(past)
        seconds += each * days
    return seconds
