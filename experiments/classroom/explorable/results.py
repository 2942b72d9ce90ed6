"""Recorded worlds of a grid put together, and the effect of each policy over the seeds."""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.classroom.explorable.grid import GridPlan, unpack
from experiments.classroom.scene import LAST_WEEKS, MEASURES, TOTAL, WEEK, rows_of
from experiments.statistics.intervals import mean_interval, to_json
from sim.initialisation.own_places import sites_of

Worlds = dict[str, tuple[np.ndarray, np.ndarray]]


def worlds_of(plan: GridPlan, rows: list[dict[str, Any]]) -> Worlds:
    """By structure: int64[seeds, rows, days] without a policy; int64[seeds, policies, intensities, rows, days] of changes."""
    first, _ = plan.days
    shape = (len(rows_of(territories_of(plan))), plan.base.days - first)
    grid = (len(plan.policies), len(plan.intensities), *shape)
    found: Worlds = {}
    for structure in plan.structures:
        own = sorted((row for row in rows if row["structure"] == structure), key=lambda row: row["place"])
        untreated = np.array([unpack(row["untreated"], shape) for row in own])
        found[structure] = untreated, np.array([unpack(row["changes"], grid) for row in own])
    return found


def territories_of(plan: GridPlan) -> int:
    """Number of territories of its market."""
    return len(sites_of(plan.base.market))


def effects_of(plan: GridPlan, worlds: Worlds) -> list[dict[str, Any]]:
    """A row for each structure, policy, intensity and measure: mean difference over the seeds with its 95 % interval.

    Of a mean: over the last 26 weeks; of a total: since the policy began. `fell`: seeds in which it fell.
    """
    first, begin = plan.days
    found = []
    for structure, (_, changes) in worlds.items():
        for number, policy in enumerate(plan.policies):
            for place, times in enumerate(plan.intensities):
                for row, measure in enumerate(MEASURES):
                    daily = changes[:, number, place, row, begin - first :]
                    values = difference(daily, measure.shown == TOTAL)
                    found.append({
                        "structure": structure, "policy": policy, "times": times, "measure": measure.id, "unit": measure.unit,
                        **to_json(mean_interval(values)), "fell": int((values < 0).sum()), "seeds": len(values),
                    })  # fmt: skip
    return found


def difference(daily: np.ndarray, is_total: bool) -> np.ndarray:
    """float64[seeds]: the difference that is reported, of int64[seeds, days from the policy's first on]."""
    return daily.sum(axis=1).astype(float) if is_total else daily[:, -WEEK * LAST_WEEKS :].mean(axis=1)
