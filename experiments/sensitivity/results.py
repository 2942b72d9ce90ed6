"""From the rows of a sensitivity analysis to ranked effects and variance shares, and how both settle.

Numbers are JSON values: an unknown one is None, never NaN.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.sensitivity import indices
from experiments.sensitivity.specification import SensitivitySpecification
from experiments.sweeps.results import differences
from experiments.sweeps.runs import DONE

if TYPE_CHECKING:
    import pandas as pd

    from experiments.sweeps.plan import SweepPlan

LEAST_TRAJECTORIES, LEAST_ROWS = 4, 8  # from which on it is looked at how estimates settle


def values_by_point(frame: pd.DataFrame, plan: SweepPlan, outcome: str) -> np.ndarray:
    """The outcome, or its change against the baseline, float64[points, replicates]; NaN where there is none."""
    values = np.full((len(plan.points), plan.spec.replicates), np.nan)
    done = frame[frame["status"] == DONE]
    if plan.spec.contrasts is not None:
        both = set(done["arm"]) == {arm.name for arm in plan.shared.arms}
        done = differences(frame, plan.spec.contrasts, plan.spec.units) if both else done.head(0)
    values[done["design"].to_numpy(int), done["replicate"].to_numpy(int)] = done[outcome].to_numpy(float)
    return values


def summarise_screening(
    spec: SensitivitySpecification, factors: list[str], points: np.ndarray, values: np.ndarray, rng
) -> tuple[dict[str, Any], list[str]]:
    """Effects ranked by mu*, the factors that go on, how mu* settles, and notes.

    `points`: float64[points, factors] on the unit cube; `values`: float64[points, replicates].
    """
    effects = indices.elementary_effects(points, values.mean(axis=1))
    n, planned = len(effects), len(points) // (len(factors) + 1)
    noise = indices.seed_noise(values)
    step = float(np.abs(np.diff(points[: len(factors) + 1], axis=0)).max())
    floor = indices.effect_of_noise(noise, step) if noise else None
    result: dict[str, Any] = {"trajectories": n, "trajectories_left_out": planned - n, "effects": [], "convergence": []}
    result["noise"] = noise and {"share": noise.share, "deviation": noise.deviation, "seeds": noise.seeds, "effect": floor}
    notes = _notes_on_noise(spec, noise, "screening")
    if n < 2:
        notes.append(f"screening: {n} of {planned} trajectories have a value of {spec.outcome} at every point; 2 are needed")
        return result, notes
    whole = points.shape[1] + 1
    found = indices.summarise_effects(effects, rng, spec.resamples)
    for size in indices.even_sizes(n, LEAST_TRAJECTORIES):
        part = found if size == n else indices.summarise_effects(effects[:size], rng, spec.resamples)
        step = {"trajectories": size, "points": size * whole, "mu_star": _by_factor(part.mu_star, factors)}
        result["convergence"].append(step)
    order = sorted(range(len(factors)), key=lambda j: (-found.mu_star.estimate[j], j))
    moving = [j for j in order if found.mu_star.estimate[j] > 0.0]
    for rank, j in enumerate(order, 1):
        measures = {name: plain(part, j) for name, part in zip(found._fields, found, strict=True)}
        above = None if floor is None else bool(found.mu_star.low[j] > floor)
        kept = j in moving[: spec.keep]
        result["effects"].append({"factor": factors[j], "rank": rank, "kept": kept, "above_noise": above} | measures)
    if not moving:
        notes.append("screening: the outcome is the same at every point; no factor goes on to Sobol indices")
    elif len(moving) < min(spec.keep, len(factors)):
        notes.append(f"screening: only {len(moving)} factors change the outcome at all")
    listed = [path for path in factors if spec.factors[path].values is not None or spec.factors[path].whole]
    if listed:
        what = "effects of listed values and whole numbers"
        notes.append(f"screening: {what} are read on a scale from 0 to 1 ({', '.join(listed)})")
    return result, notes


def summarise_indices(
    spec: SensitivitySpecification, factors: list[str], values: np.ndarray, rng
) -> tuple[dict[str, Any], list[str]]:
    """First and total order of each factor, largest total first, how they settle, and notes.

    `values`: float64[points, replicates] of a Saltelli design over `factors`.
    """
    k = len(factors)
    rows = indices.rows_of_saltelli(values.mean(axis=1), k, spec.second_order)
    n, width = rows.shape
    planned = len(values) // width
    ends = values.reshape(planned, width, -1)[:, [0, -1]].reshape(2 * planned, -1)  # the points drawn independently
    noise = indices.seed_noise(ends)
    result: dict[str, Any] = {"base_rows": n, "base_rows_left_out": planned - n, "factors": [], "first_sum": None}
    result |= {"second": None, "widest": None, "convergence": []}
    result["noise"] = noise and {"share": noise.share, "deviation": noise.deviation, "seeds": noise.seeds}
    notes = _notes_on_noise(spec, noise, "indices")
    if n < 2:
        return result, [*notes, f"indices: {n} of {planned} rows have a value of {spec.outcome} at every point; 2 are needed"]
    found = indices.variance_shares(rows, k, rng, spec.resamples)
    if found is None:
        return result, [*notes, "indices: the outcome is the same at every point; there is no variance to share out"]
    for size in indices.growing_sizes(n, LEAST_ROWS):
        part = found if size == n else indices.variance_shares(rows[:size], k, rng, spec.resamples)
        if part is not None:
            shares = {"first": _by_factor(part.first, factors), "total": _by_factor(part.total, factors)}
            result["convergence"].append({"rows": size, "points": size * width} | shares)
    for j in sorted(range(k), key=lambda j: (-found.total.estimate[j], j)):
        result["factors"].append({"factor": factors[j], "first": marked(found.first, j), "total": marked(found.total, j)})
    result["first_sum"] = plain(found.first_sum, ())
    result["widest"] = float(max((found.first.high - found.first.low).max(), (found.total.high - found.total.low).max()))
    if found.second is not None:
        pairs = [(j, m) for j in range(k) for m in range(j + 1, k)]
        result["second"] = [{"factors": [factors[j], factors[m]]} | marked(found.second, (j, m)) for j, m in pairs]
    firsts = {row["factor"]: row["first"] for row in result["factors"]}
    low = [path for path, first in firsts.items() if first["estimate"] < 0.0 <= first["high"]]
    if low:
        near = "a first order below zero is an estimate of a share near zero, within its interval"
        notes.append(f"indices: {near} ({', '.join(low)})")
    return result, notes


def _notes_on_noise(spec: SensitivitySpecification, noise: indices.SeedNoise | None, phase: str) -> list[str]:
    if spec.replicates < 2:
        return [f"{phase}: with one seed a point a factor's effect cannot be separated from chance; take replicates=2 or more"]
    if noise is not None and noise.share > 0.5:
        share = f"{100 * noise.share:.0f} %"
        return [f"{phase}: seeds make {share} of the variance between points; take more replicates than {spec.replicates}"]
    return []


def _by_factor(found: indices.Estimates, factors: list[str]) -> dict[str, Any]:
    return {path: plain(found, j) for j, path in enumerate(factors)}


def marked(found: indices.Estimates, place) -> dict[str, Any]:
    """An index with its interval and its mark."""
    numbers = plain(found, place)
    return numbers | {"mark": indices.mark_of(*numbers.values()) if None not in numbers.values() else ""}


def plain(found: indices.Estimates, place) -> dict[str, float | None]:
    """One estimate with its interval as JSON numbers."""
    values = {name: float(part[place]) for name, part in zip(found._fields, found, strict=True)}
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


def tables(summary: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """The effects, the indices and how they settled as tables, one row an estimate."""
    import pandas as pd

    rows: dict[str, list[dict]] = {"effects": [], "indices": [], "convergence": []}
    for effect in summary["screening"]["effects"]:
        for measure in indices.Effects._fields:
            head = {"factor": effect["factor"], "rank": effect["rank"], "kept": effect["kept"], "measure": measure}
            rows["effects"].append(head | effect[measure])
    found = summary["indices"] or {"factors": [], "second": None, "convergence": []}
    for row in found["factors"]:
        rows["indices"] += [{"factor": row["factor"], "with": None, "order": order} | row[order] for order in ("first", "total")]
    for row in found["second"] or []:
        rest = {name: value for name, value in row.items() if name != "factors"}
        rows["indices"].append({"factor": row["factors"][0], "with": row["factors"][1], "order": "second"} | rest)
    for phase, steps, measures in (
        ("screening", summary["screening"]["convergence"], ("mu_star",)),
        ("indices", found["convergence"], ("first", "total")),
    ):
        for step in steps:
            for measure in measures:
                head = {"phase": phase, "points": step["points"], "measure": measure}
                rows["convergence"] += [head | {"factor": path} | numbers for path, numbers in step[measure].items()]
    return {name: pd.DataFrame(part) for name, part in rows.items() if part}


def name_outcome(summary: dict[str, Any]) -> str:
    """The outcome in words: of one policy, or the difference of two."""
    contrast, name = summary["contrast"], summary["outcome"].replace("_", " ")
    if contrast is None:
        return f"{name[0].upper()}{name[1:]} ({summary['unit']}), policy {summary['policy']}"
    arms = f"{contrast['arm']} minus {contrast['baseline']}".replace("_", " ")
    return f"Change in {name} ({summary['unit']}), {arms} on the same seeds"
