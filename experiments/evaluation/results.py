"""What evaluators with counts of the table's size would have found in twin worlds, where the truth is known."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from experiments.evaluation.areas import CONTROL, DISPLACEMENT, DISPLACEMENT_CONTROL, TREATED, Unit
from experiments.evaluation.estimates import Estimate, difference, net_effect, quotient
from experiments.questions.field_evaluator import field_designs, median_interval
from experiments.questions.places import KINDS, Geography
from experiments.statistics.intervals import finite, mean_interval, ratio_of_means, share_with_interval, to_json

WDD, TNE, WDQ = "WDD", "TNE", "WDQ"
LABELS = {WDD: "weighted displacement difference", TNE: "total net effect", WDQ: "weighted displacement quotient"}
LEAST_PAIRS = 6  # for the interval of a median
INTERVAL = "95 % over pairs of twin worlds; shares: binomial"


def estimate_table(units: Sequence[Unit]) -> list[dict[str, Any]]:
    """The three statistics of a table as JSON takes them; `reason` says why one has no value."""
    found = [_entry(WDD, difference(units), ""), _entry(TNE, net_effect(units), _why_no_net_effect(units))]
    if any(DISPLACEMENT in unit.counts for unit in units):
        value = quotient(units)
        found.append(_entry(WDQ, value, _why_no_quotient(units)) | {"readable": bool(value.readable)})
    else:
        nothing = {"estimate": None, "low": None, "high": None, "readable": False}
        found.append({"id": WDQ, "label": LABELS[WDQ], **nothing, "reason": "the table has no displacement area"})
    return found


def _entry(name: str, value: Any, reason: str) -> dict[str, Any]:
    numbers = {end: finite(float(getattr(value, end))) for end in ("estimate", "low", "high")}
    return {"id": name, "label": LABELS[name], **numbers, "reason": reason if numbers["estimate"] is None else ""}


def _why_no_net_effect(units: Sequence[Unit]) -> str:
    empty = [unit.name or "the table" for unit in units if unit.counts[CONTROL][0] == 0]
    return f"the control area has no event before ({', '.join(empty)}), by which its trend is divided" if empty else ""


def _why_no_quotient(units: Sequence[Unit]) -> str:
    for place, period in enumerate(("before", "after")):
        if not sum(unit.counts[CONTROL][place] for unit in units if DISPLACEMENT in unit.counts):
            return f"the control area has no event {period}, by which counts are divided"
    return "the treated area moved exactly as the control area did: there is no effect to divide by"


# --- evaluators in twin worlds


def areas_of(design: Mapping[str, np.ndarray], geography: Geography, units: Sequence[Unit]) -> dict[str, np.ndarray]:
    """Cells of each area that the table has, bool[cells]; the control of a displacement area is of the kinds left out."""
    areas = {TREATED: design["response"], CONTROL: design["control"]}
    if any(DISPLACEMENT in unit.counts for unit in units):
        areas[DISPLACEMENT] = design["buffer"]
    if any(DISPLACEMENT_CONTROL in unit.counts for unit in units):
        territories = np.repeat(design["control"].reshape(-1, KINDS).any(axis=1), KINDS)
        areas[DISPLACEMENT_CONTROL] = territories & geography.masks()["other_territory_other_kind"]
    return areas


def find_in_worlds(
    rows: Mapping[str, np.ndarray], geography: Geography, units: Sequence[Unit], days: tuple[float, float], generator
) -> list[dict[str, Any]]:
    """What evaluators of each design find: truth, bias, power, false alarms, coverage, and what lies outside their areas.

    Parameters
    ----------
    rows
        int64[pairs, cells] of true events before, after with the policy (`treated`) and without it (`untreated`).
    days
        Lengths of the periods before and after.
    """
    return [
        {"design": name, **_one_design(rows, areas_of(design, geography, units), units, days, generator)}
        for name, design in field_designs(geography).items()
        if design["control"].any() and design["buffer"].any()
    ]


def _one_design(rows, areas: Mapping[str, np.ndarray], units: Sequence[Unit], days, generator) -> dict[str, Any]:
    in_areas = {name: {area: cells[:, mask].sum(axis=1) for area, mask in areas.items()} for name, cells in rows.items()}
    recorded = _shares_on_file(in_areas["before"], units)
    if recorded is None:
        return {"reason": "an area of this design has no event before in these worlds; take a larger market"}
    share = recorded[TREATED]
    change = {area: in_areas["treated"][area] - in_areas["untreated"][area] for area in areas}
    here = change[TREATED] + change.get(DISPLACEMENT, 0)
    inside = areas[TREATED] | areas.get(DISPLACEMENT, areas[TREATED])
    outside = (rows["treated"] - rows["untreated"])[:, ~inside].sum(axis=1)
    on_file = {
        arm: _units_on_file(in_areas["before"], in_areas[arm], recorded, days, generator) for arm in ("treated", "untreated")
    }
    moved = ratio_of_means(change[DISPLACEMENT], change[TREATED]) if DISPLACEMENT in areas else None
    bites = mean_interval(change[TREATED]).high < 0
    truths = {
        WDD: mean_interval(share * here),
        TNE: mean_interval(-share * here),
        WDQ: moved if moved is not None and bites else None,
    }
    control_level = max(float(in_areas["untreated"][CONTROL].mean()), 1e-9)
    return {
        "reason": "",
        "recorded": {area: float(value) for area, value in recorded.items()},
        "before_on_file": {area: float(recorded[area] * in_areas["before"][area].mean()) for area in areas},
        "treated_change": to_json(mean_interval(share * change[TREATED])),
        "treated_level": float(share * in_areas["untreated"][TREATED].mean()),
        "outside_change": to_json(mean_interval(share * outside)),
        "control_contamination_percent": to_json(mean_interval(100.0 * change[CONTROL] / control_level)),
        "statistics": [_judge(name, truth, on_file) for name, truth in truths.items() if name != WDQ or moved is not None],
    }


def _shares_on_file(before: Mapping[str, np.ndarray], units: Sequence[Unit]) -> dict[str, float] | None:
    """Share of events on file by area that gives the table's counts before; one share for treated and displacement areas.

    An event that moves from one of these to the other is on file as before; a control gives a trend alone, at any share. At most
    1; None where an area has no event.
    """
    shares = {}
    for area, events in before.items():
        counted = sum(unit.counts[area][0] for unit in units if area in unit.counts)
        level = float(events.mean())
        if level == 0.0:
            return None
        shares[area] = min(1.0, counted / level)
    if DISPLACEMENT in shares:
        shares[DISPLACEMENT] = shares[TREATED]
    return shares


def _units_on_file(before, after, recorded: Mapping[str, float], days, generator) -> list[Unit]:
    """The table of every evaluator at once: each event is on file or not, by chance."""
    counts = {
        area: tuple(generator.binomial(period[area], share) for period in (before, after)) for area, share in recorded.items()
    }
    return [Unit("", "", counts, days)]


_FORMULAS = {WDD: difference, TNE: net_effect, WDQ: quotient}


def _judge(name: str, truth: Any, on_file: Mapping[str, list[Unit]]) -> dict[str, Any]:
    """One statistic: its truth, what evaluators get, how often they see the effect, and how often one that is not there."""
    found, nothing = (_FORMULAS[name](on_file[arm]) for arm in ("treated", "untreated"))
    values, n = found.estimate, found.estimate.size
    usable = np.isfinite(values)
    if name == WDQ:
        usable &= found.readable
    known = truth is not None and finite(truth.estimate) is not None
    real = known and truth.low is not None and (truth.low > 0 or truth.high < 0)
    side = np.sign(truth.estimate) if known else 0.0
    centre = median_interval if name == WDQ else mean_interval
    seen = usable & ((found.low > 0) if side > 0 else (found.high < 0))
    alarms = _excludes_zero(nothing) & (nothing.readable if name == WDQ else True)
    bias = centre(values[usable] - truth.estimate) if known and usable.sum() >= LEAST_PAIRS else None
    bounded = usable & np.isfinite(found.low)
    holds = bounded & (found.low <= truth.estimate) & (truth.estimate <= found.high) if known else bounded
    return {
        "id": name,
        "label": LABELS[name],
        "pairs": n,
        "undefined": int(n - usable.sum()),
        "truth": to_json(truth) if known else {"estimate": None, "low": None, "high": None},
        "effect_is_real": bool(real),
        "bias": {"estimate": None, "low": None, "high": None} if bias is None else to_json(bias),
        "power": _share(seen) if real else None,
        "false_alarms": _share(alarms),
        "coverage": _share(holds, bounded) if known else None,
    }


def _excludes_zero(found: Estimate) -> np.ndarray:
    return (found.low > 0) | (found.high < 0)


def _share(hits: np.ndarray, of: np.ndarray | None = None) -> dict[str, float | None]:
    """The share of evaluators, with its binomial interval."""
    return to_json(share_with_interval(int(hits.sum()), int(hits.size if of is None else of.sum())))


def summarise(units: Sequence[Unit], worlds: Mapping[str, Any] | None) -> dict[str, Any]:
    """The summary of an evaluation: the table, its statistics together and one by one, and what is found in worlds."""
    return {
        "estimates": estimate_table(units),
        "units": [_one_unit(unit) for unit in units],
        "weighted": any(unit.weight != 1.0 for unit in units),
        "sized": any(size != 1.0 for unit in units for size in unit.sizes.values()),
        "days": sorted({unit.days for unit in units if unit.days != (1.0, 1.0)}),
        "fewest": min(count for unit in units for pair in unit.counts.values() for count in pair),
        "controlled_displacement": any(DISPLACEMENT_CONTROL in unit.counts for unit in units),
        "worlds": worlds,
    }


def _one_unit(unit: Unit) -> dict[str, Any]:
    """A site and type by itself, its events not weighted."""
    alone = dataclasses.replace(unit, weight=1.0)
    counts = {area: list(pair) for area, pair in unit.counts.items()}
    named = {"site": unit.site, "type": unit.kind, "weight": unit.weight, "days": list(unit.days)}
    return named | {"counts": counts, "estimates": estimate_table([alone])}
