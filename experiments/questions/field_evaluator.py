"""What a field evaluator would compute of a displacement, and how far off it is from the twin truth."""

from __future__ import annotations

import math

import numpy as np

from experiments.questions.places import KINDS, Geography, cell_means
from experiments.statistics.intervals import Interval, mean_interval
from sim.measures.displacement import total_net_effect, weighted_displacement_difference, weighted_displacement_quotient


def field_designs(geography: Geography) -> dict[str, dict[str, np.ndarray]]:
    """Ways a field evaluator may draw response, buffer and control areas: cells, bool[4 z] each."""
    masks = geography.masks()
    cells = np.arange(len(geography.names) * KINDS)
    km = geography.distance_km[geography.target_territory][cells // KINDS]
    others = np.unique(km[cells // KINDS != geography.target_territory])
    middle = others[(len(others) - 1) // 2] if len(others) else 0.0
    same_kind_elsewhere = masks["other_territory_same_kind"]
    return {
        "adjacent kinds": {
            "response": masks["target"], "buffer": masks["same_territory_other_kind"], "control": same_kind_elsewhere,
        },
        "neighbouring places": {
            "response": masks["target"],
            "buffer": same_kind_elsewhere & (km <= middle),
            "control": same_kind_elsewhere & (km > middle),
        },
    }  # fmt: skip


def field_view(rows: dict, geography: Geography, days: int) -> list[dict]:
    """WDQ, TNE and WDD as an evaluator would compute them, against the twin truth of the same cells.

    The evaluator sees one treated world: before, against the same days a year later. The truth puts the
    untreated twins' counts of those later days instead of "before"; it is the formula of mean
    counts over pairs, never a mean of ratios. Bias is the mean of what evaluators get less the truth; for
    the WDQ, whose mean does not exist near a zero denominator, the median. Undefined values are counted.
    The gap between estimands (buffer or everywhere) and the contamination of controls are apart.
    """
    table = []
    before = cell_means(rows, "treated", "before") * days
    after = cell_means(rows, "treated", "season_after") * days
    twin = cell_means(rows, "base", "season_after") * days
    for design, areas in field_designs(geography).items():
        control_change = (after - twin)[:, areas["control"]].sum(axis=1)
        control_level = max(float(twin[:, areas["control"]].sum(axis=1).mean()), 1e-9)
        everywhere = (after - twin)[:, ~areas["response"]].sum(axis=1)
        buffer = (after - twin)[:, areas["buffer"]].sum(axis=1)
        for name, (formula, order, centre) in _FORMULAS.items():
            values, defined = formula(*_counts(before, after, areas, order))
            truth, truth_defined = formula(*_counts(twin.mean(axis=0)[None], after.mean(axis=0)[None], areas, order))
            true_value = float(truth[0]) if truth_defined[0] else None
            bias = centre(values[defined] - true_value) if true_value is not None else (None, None, None)
            table.append({
                "design": design, "statistic": name, "pairs": len(before),
                "undefined": int((~defined).sum()),
                "field": None if true_value is None or bias[0] is None else true_value + bias[0],
                "twin_truth": true_value,
                "bias": bias[0], "bias_low": bias[1], "bias_high": bias[2],
                "buffer_misses_person_days": float((everywhere - buffer).mean()),
                "control_contamination_percent": 100.0 * float(control_change.mean()) / control_level,
            })  # fmt: skip
    return table


def _mean(values: np.ndarray) -> tuple[float | None, float | None, float | None]:
    """Mean with its 95 % interval."""
    return mean_interval(values)[:3] if values.size > 1 else (None, None, None)


def _median(values: np.ndarray) -> tuple[float | None, float | None, float | None]:
    """Median with its 95 % interval."""
    return median_interval(values)[:3] if values.size >= 6 else (None, None, None)


def median_interval(values: np.ndarray) -> Interval:
    """Median with the distribution-free 95 % interval of order statistics (normal approximation of ranks)."""
    ordered = np.sort(values)
    reach = 0.98 * np.sqrt(values.size)  # 1.96 / 2
    low = max(0, int(np.floor(values.size / 2 - reach)))
    high = min(values.size - 1, int(np.ceil(values.size / 2 + reach)))
    return Interval(float(np.median(ordered)), float(ordered[low]), float(ordered[high]), math.nan, values.size)


def _counts(before: np.ndarray, after: np.ndarray, areas: dict[str, np.ndarray], order: tuple[str, ...]) -> list[np.ndarray]:
    """Counts of the areas in some order, each before and after, float64[pairs]."""
    return [cells[:, areas[area]].sum(axis=1) for area in order for cells in (before, after)]


def _quotient(*counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    value, _, readable = weighted_displacement_quotient(*counts)
    return value, readable & np.isfinite(value)


def _net_effect(*counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    value = total_net_effect(*counts)
    return value, np.isfinite(value)


def _difference(*counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    value = weighted_displacement_difference(*counts)[0]
    return value, np.isfinite(value)


_FORMULAS = {  # value and whether it is defined, in which order the areas are given, the centre of the values
    "WDQ (median)": (_quotient, ("response", "buffer", "control"), _median),
    "TNE (person-days)": (_net_effect, ("response", "buffer", "control"), _mean),
    # the buffer as displacement area; the control area serves as control of the response
    "WDD (person-days)": (_difference, ("response", "control", "buffer"), _mean),
}
