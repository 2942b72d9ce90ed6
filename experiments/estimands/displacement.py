"""Displacement: where activity goes when one venue kind of one territory is inspected harder.

The unit is exploitation person-days a day. Every such person-day belongs to exactly one of: the
target cell; same territory, other kind; other territory, same kind; other territory and kind; held
between Plans (put off to later days); held outside the region. Their twin differences therefore
partition the change, and what is found nowhere was removed (types after Eck 1993).
"""

from __future__ import annotations

import dataclasses

import numpy as np

from experiments.lab.verdict import mean_interval, ratio_of_means
from sim.measures.displacement import total_net_effect, weighted_displacement_difference, weighted_displacement_quotient

KINDS = 4
FORMS = (
    ("same_territory_other_kind", "same territory, other venue kind"),
    ("other_territory_same_kind", "other territory, same venue kind"),
    ("other_territory_other_kind", "other territory and venue kind"),
    ("later_days", "put off to later days (held between Plans)"),
    ("left_region", "left the region"),
)


@dataclasses.dataclass(frozen=True)
class Geography:
    """What the estimand needs of the places: names, distances (km, float64[z, z]), and the target."""

    names: list[str]
    distance_km: np.ndarray
    target_territory: int
    target_kind: int

    @property
    def target_cell(self) -> int:
        """Number of the target cell."""
        return self.target_territory * KINDS + self.target_kind

    def masks(self) -> dict[str, np.ndarray]:
        """Cells of each spatial form and of the target, bool[4 z] each; they share no cell and leave none out."""
        cells = np.arange(len(self.names) * KINDS)
        here = cells // KINDS == self.target_territory
        same_kind = cells % KINDS == self.target_kind
        return {
            "target": here & same_kind,
            "same_territory_other_kind": here & ~same_kind,
            "other_territory_same_kind": ~here & same_kind,
            "other_territory_other_kind": ~here & ~same_kind,
        }


def cell_means(rows: dict, arm: str, window: str) -> np.ndarray:
    """float64[pairs, cells]: person-days a day by cell."""
    return np.array(rows[f"{arm}_cells_{window}"], dtype=float)


def by_form(rows: dict, arm: str, window: str, geography: Geography) -> dict[str, np.ndarray]:
    """Person-days a day of each form and of the target, float64[pairs] each."""
    cells = cell_means(rows, arm, window)
    forms = {name: cells[:, mask].sum(axis=1) for name, mask in geography.masks().items()}
    forms["later_days"] = np.array(rows[f"{arm}_held_between_{window}"])
    forms["left_region"] = np.array(rows[f"{arm}_held_outside_{window}"])
    return forms


def moved_minus_removed(forms: dict[str, np.ndarray]) -> np.ndarray:
    """The primary outcome of one arm: everything outside the target, and half of the target.

    Its twin difference is D = sum of changes elsewhere + 0.5 x change at the target; above zero,
    more than half of what left the target is found elsewhere.
    """
    return sum(values if name != "target" else 0.5 * values for name, values in forms.items())


def estimate(rows: dict, geography: Geography, first_stage_fall: float, window: str = "adapted") -> dict:
    """The estimand and its parts over the pairs of one scenario; intervals are 95 % over pairs."""
    base = by_form(rows, "base", window, geography)
    treated = by_form(rows, "treated", window, geography)
    change = {name: treated[name] - base[name] for name in base}
    values = moved_minus_removed(treated) - moved_minus_removed(base)
    level = float(base["target"].mean())
    fall = mean_interval(change["target"])
    first_stage = bool(level > 0.0 and fall.high < -first_stage_fall * level)
    elsewhere = sum(change[name] for name, _ in FORMS)
    spatial = sum(change[name] for name in list(change)[1:4])
    return {
        "values": values,
        "base": moved_minus_removed(base),
        "treated": moved_minus_removed(treated),
        "level": level,
        "first_stage": first_stage,
        "parts": [
            part("target", "change at the target", change["target"]),
            *(part(name, label, change[name]) for name, label in FORMS),
            part("removed", "found nowhere: removed", -(change["target"] + elsewhere)),
            part("elsewhere", "all changes elsewhere", elsewhere),
            part("within_region_only", "D with territories of the region only", spatial + 0.5 * change["target"]),
        ],
        "share": displaced_share(elsewhere, change["target"]) if first_stage else None,
        "proportional": proportional_reallocation(base, change),
    }


def part(name: str, label: str, values: np.ndarray, unit: str = "exploitation person-days a day") -> dict:
    """One part of an estimand with its interval."""
    interval = mean_interval(values)
    return {"id": name, "label": label, "unit": unit, "estimate": interval.estimate, "low": interval.low, "high": interval.high}


def displaced_share(elsewhere: np.ndarray, target: np.ndarray) -> dict:
    """Minus changes elsewhere over the change at the target: a ratio of means (Fieller interval)."""
    ratio = ratio_of_means(-elsewhere, target)
    return {"id": "displaced_share", "unit": "share", "estimate": ratio.estimate, "low": ratio.low, "high": ratio.high}


def proportional_reallocation(base: dict[str, np.ndarray], change: dict[str, np.ndarray]) -> list[dict]:
    """What proportional reallocation alone would give, and the excess over it, by form.

    Under a logit with independent options, what leaves one option is shared among the others in
    proportion to their shares (closed form). Total activity would stay: anything below is removal.
    """
    total = sum(float(base[name].mean()) for name, _ in FORMS)
    table = []
    for name, label in FORMS:
        share = float(base[name].mean()) / total if total > 0.0 else 0.0
        expected = -change["target"] * share
        excess = mean_interval(change[name] - expected)
        table.append({
            "id": name, "label": label, "proportional": float(expected.mean()),
            "excess": excess.estimate, "low": excess.low, "high": excess.high,
        })  # fmt: skip
    return table


def gradient_with_distance(rows: dict, geography: Geography, window: str = "adapted") -> dict:
    """Change in each territory in percent of its twin's level, and its slope on distance to the target.

    The slope is over the other territories: a weighted least-squares slope of each pair (weights: mean
    levels), so its interval is over pairs. The target's own territory is listed with its other kinds.
    """
    base, treated = cell_means(rows, "base", window), cell_means(rows, "treated", window)
    mask = ~geography.masks()["target"]
    z = len(geography.names)
    levels = (base * mask).reshape(len(base), z, KINDS).sum(axis=2)
    changes = ((treated - base) * mask).reshape(len(base), z, KINDS).sum(axis=2)
    mean_level = np.maximum(levels.mean(axis=0), 1e-9)
    percent = 100.0 * changes / mean_level
    km = geography.distance_km[geography.target_territory]
    others = np.arange(z) != geography.target_territory
    weights = np.where(others, mean_level, 0.0) / mean_level[others].sum()
    centred = km - weights @ km
    slopes = (percent * weights) @ centred / max(float(weights @ centred**2), 1e-12)
    intervals = [mean_interval(percent[:, place]) for place in range(z)]
    slope = mean_interval(slopes)
    return {
        "names": geography.names,
        "km": km.tolist(),
        "level": mean_level.tolist(),
        "change_percent": [i.estimate for i in intervals],
        "low": [i.low for i in intervals],
        "high": [i.high for i in intervals],
        "slope_percent_per_km": {"estimate": slope.estimate, "low": slope.low, "high": slope.high},
    }


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
    untreated twins' counts of those later days in the place of "before"; it is the formula of mean
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
        for name, (formula, centre) in _FORMULAS.items():
            values, defined = formula(_areas(before, after, areas))
            truth, truth_defined = formula(_areas(twin.mean(axis=0)[None], after.mean(axis=0)[None], areas))
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


def _mean_with_interval(values: np.ndarray) -> tuple[float | None, float | None, float | None]:
    if values.size < 2:
        return None, None, None
    interval = mean_interval(values)
    return interval.estimate, interval.low, interval.high


def _median_with_interval(values: np.ndarray) -> tuple[float | None, float | None, float | None]:
    """Median with the distribution-free 95 % interval of order statistics (normal approximation of ranks)."""
    if values.size < 6:
        return None, None, None
    ordered = np.sort(values)
    reach = 0.98 * np.sqrt(values.size)  # 1.96 / 2
    low = max(0, int(np.floor(values.size / 2 - reach)))
    high = min(values.size - 1, int(np.ceil(values.size / 2 + reach)))
    return float(np.median(ordered)), float(ordered[low]), float(ordered[high])


def _areas(before: np.ndarray, after: np.ndarray, areas: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Counts of the three areas before and after, float64[pairs] each."""
    return {
        f"{area}_{when}": cells[:, mask].sum(axis=1)
        for area, mask in areas.items()
        for when, cells in (("before", before), ("after", after))
    }


def _quotient(c: dict) -> tuple[np.ndarray, np.ndarray]:
    value, _, readable = weighted_displacement_quotient(
        c["response_before"], c["response_after"], c["buffer_before"], c["buffer_after"],
        c["control_before"], c["control_after"])  # fmt: skip
    return value, readable & np.isfinite(value)


def _net_effect(c: dict) -> tuple[np.ndarray, np.ndarray]:
    value = total_net_effect(
        c["response_before"], c["response_after"], c["buffer_before"], c["buffer_after"],
        c["control_before"], c["control_after"])  # fmt: skip
    return value, np.isfinite(value)


def _difference(c: dict) -> tuple[np.ndarray, np.ndarray]:
    """WDD with the buffer as displacement area; the control area serves as control of the response."""
    value = weighted_displacement_difference(
        c["response_before"], c["response_after"], c["control_before"], c["control_after"],
        c["buffer_before"], c["buffer_after"])[0]  # fmt: skip
    return value, np.isfinite(value)


_FORMULAS = {
    "WDQ (median)": (_quotient, _median_with_interval),
    "TNE (person-days)": (_net_effect, _mean_with_interval),
    "WDD (person-days)": (_difference, _mean_with_interval),
}


def perpetrator_turnover(rows: dict, geography: Geography) -> dict:
    """Change in the share of the target's person-days run by Bosses who were not there before the policy."""
    base = np.array(rows["base_newcomers_share"], dtype=float)[:, geography.target_cell]
    treated = np.array(rows["treated_newcomers_share"], dtype=float)[:, geography.target_cell]
    return part("perpetrator_turnover", "newcomers' share of the target, change", treated - base, "share")
