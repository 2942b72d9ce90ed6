"""The worlds of a comparison as workers run them: one history, forked on the morning the first policy begins.

Nothing here imports pandas, Arrow or Hydra, so a worker starts quickly.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from experiments.execution.chunks import Chunk
from experiments.store import microdata
from experiments.sweeps.runs import Shared, parameters_of
from sim.measures.formulas import OUTCOMES
from sim.measures.microdata import columns, observe
from sim.measures.outcomes import outcomes
from sim.parameters import Parameters
from sim.simulation import Simulation
from sim.state.ledger import EXPLOITATION

BEFORE, WEEKLY = "before_", "weekly_"  # prefixes of columns
_SPELL = EXPLOITATION["in_spell"]
SERIES = {  # measures of the ledger that add up to each series over time
    "person_days_in_spell": _SPELL,
    "minors_person_days_in_spell": tuple(f"minors_{name}" for name in _SPELL),
    "persons_in_care": ("in_care_near", "in_care_distant"),
}


class Weeks(NamedTuple):
    """Whole weeks around the first day measured: so many before it, and so many from it on."""

    first: int
    before: int
    after: int

    def days(self) -> list[int]:
        """The first day of each week."""
        return [self.first + 7 * week for week in range(-self.before, self.after)]


class PairTask(NamedTuple):
    """The worlds of one seed. `start`: day of the first lever of any policy; `first`: first day measured."""

    pair: int
    seed: int
    shared: Shared
    start: int
    first: int
    weeks: Weeks


def run_pairs(chunk: Chunk) -> list[dict[str, Any]]:
    """The rows of a chunk, one a world; called in the workers."""
    return [row for task in chunk.tasks for row in run_pair(task)]


def run_pair(task: PairTask) -> list[dict[str, Any]]:
    """A row for each policy. Until the first of them begins the worlds are one, so it is run once.

    What is counted must have begun under the policies, in all worlds alike; an outcome that some policy provides for is a zero
    where it does not happen, and one that no world can have is NaN.
    """
    shared, arms = task.shared, range(len(task.shared.arms))
    worlds = [parameters_of(shared, arm, (), task.pair).model_copy(update={"seed": task.seed}) for arm in arms]
    history = Simulation(worlds[0])
    if shared.microdata:
        observe(history)
    history.run(task.start)
    rows = []
    for arm in arms:
        world = history.fork(worlds[arm])
        world.run()
        rows.append({
            "id": task.pair * len(arms) + arm, "pair": task.pair, "arm": shared.arms[arm].name, "seed": task.seed,
            **_measure(world, task), "ledger_sha256": world.ledger_sha256()[:16],
            **(microdata.pack({shared.arms[arm].name: columns(world)}) if shared.microdata else {}),
        })  # fmt: skip
    return rows


def _measure(world: Simulation, task: PairTask) -> dict[str, Any]:
    """Outcomes over the days measured, those of the days before, and the series by week."""
    found = outcomes(world, task.first, since=task.start, concerned=task.shared.concerned)
    row: dict[str, Any] = {name: _value(one) for name, one in found.items()}
    days = (world.parameters.burn_in, task.start)
    names = before_outcomes(world.parameters)
    before = outcomes(world, *days, only=names) if days[0] < days[1] else {}
    row |= {f"{BEFORE}{name}": _value(before.get(name)) for name in names}
    begins = task.weeks.days()
    for name, measures in SERIES.items():
        daily = np.sum([world.world.ledger[measure][: world.day] for measure in measures], axis=0)
        row[f"{WEEKLY}{name}"] = [float(daily[day : day + 7].mean()) for day in begins]
    return row


def before_outcomes(parameters: Parameters) -> tuple[str, ...]:
    """Outcomes that are measured before the policy too: all but its cost."""
    return (*(name for name, _, _ in OUTCOMES), *parameters.own_outcomes)


def _value(outcome: dict[str, Any] | None) -> float:
    return math.nan if outcome is None or outcome["value"] is None else outcome["value"]
