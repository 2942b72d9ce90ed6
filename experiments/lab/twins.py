"""Twin worlds: one seed, two policies, forked on the morning the policies part.

Until its start no policy can touch anything, so the arms of a pair share the days before it. What
is kept of a pair are means by cell and window, weekly differences, and the hash of both ledgers.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from sim.configuration import ConfigurationError
from sim.parameters import Parameters, Policy
from sim.simulation import Simulation
from sim.state.measures import DAY_MEASURES

KEPT_TOTALS = (
    "in_plan", "minors_in_plan", "held_between", "minors_held_between", "held_outside", "minors_held_outside",
    "independent", "independent_minors", "encounters", "plans_launched", "plans_broken_up", "visits_added",
    "found_by_visit", "bosses_arrested", "providers_arrested", "bosses_prison", "recognised", "exposed",
    "treated_as_offender", "exits", "slots", "slots_vacant", "unmet", "searches",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Windows:
    """Day ranges [first, last) of an evaluation, relative to the policy's start (model.md, section 7).

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
class PairTask:
    """One pair: its scenario, number, seed, and the two configurations as JSON."""

    id: int
    scenario: str
    pair: int
    seed: int
    base_json: str
    treated_policy_json: str
    target_cell: int


def run_pair(task: PairTask, transient_days: int = 91, adapted_days: int = 275) -> dict[str, Any]:
    """Run both arms and return one row: scalars, and lists by cell, by territory or by week."""
    base_parameters = Parameters.model_validate_json(task.base_json)
    treated_parameters = base_parameters.model_copy(update={"policy": Policy.model_validate_json(task.treated_policy_json)})
    windows = Windows.of(treated_parameters, transient_days, adapted_days)
    base = Simulation(base_parameters)
    base.run(treated_parameters.policy.start_day)
    treated = base.fork(treated_parameters)
    for world in (base, treated):
        world.run()
    row: dict[str, Any] = {"id": task.id, "scenario": task.scenario, "pair": task.pair, "seed": task.seed}
    for arm, world in (("base", base), ("treated", treated)):
        row |= {f"{arm}_{name}": value for name, value in _measure(world, windows, task.target_cell).items()}
    row["public_cost_eur"] = float(treated.world.public_cost.sum() - base.world.public_cost.sum()) / 100.0
    return row


def _measure(world: Simulation, windows: Windows, target_cell: int) -> dict[str, Any]:
    """What is kept of one arm."""
    person_days = world.world.cells["person_days"]
    kept: dict[str, Any] = {"sha256": world.ledger_sha256()}
    for name, (first, last) in windows.items():
        kept[f"cells_{name}"] = person_days[first:last].mean(axis=0).tolist()
        for measure in KEPT_TOTALS:
            kept[f"{measure}_{name}"] = float(world.world.ledger[measure][first:last].mean())
    weeks = world.days // 7
    by_week = person_days[: weeks * 7].reshape(weeks, 7, -1).mean(axis=1)
    kept["weekly_target"] = by_week[:, target_cell].tolist()
    kept["weekly_elsewhere"] = (by_week.sum(axis=1) - by_week[:, target_cell]).tolist()
    bosses = world.world.counts[0].bosses
    before, after = world.world.boss_cell_days[:, :bosses]
    newcomers = np.where(before > 0, 0, after).sum(axis=0) / np.maximum(after.sum(axis=0), 1)
    kept["newcomers_share"] = newcomers.tolist()
    return kept


assert set(KEPT_TOTALS) <= set(DAY_MEASURES)
