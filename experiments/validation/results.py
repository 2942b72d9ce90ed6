"""From the rows of a validation to its table: each pattern beside what the worlds show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.statistics.intervals import bootstrap_interval, finite, to_json
from experiments.validation.patterns import DIFFERENCE, Pattern, row_of
from experiments.validation.runs import DENOMINATOR, NUMERATOR, ValidationPlan, arms_of
from sim.evidence import evidence

if TYPE_CHECKING:
    import pandas as pd

INTERVAL = "95 % over seeds (BCa bootstrap of whole worlds): simulation error at fixed parameters"
INTERVAL_OF_DRAWS = "95 % over worlds (BCa bootstrap), each with its seed and its draw of the posterior"
AIM = 0.8  # share of the held-out patterns that a model worth its claims should show
TAGS = ("held_out", "calibrated", "emergent", "qualitative", "imposed")
RESAMPLES = 2_000


def summarise(frame: pd.DataFrame, plan: ValidationPlan) -> dict[str, Any]:
    """The summary: `patterns`, a row each, failures first within their tag; and how many of each tag pass."""
    rows = [compare(name, pattern, frame) for name, pattern in plan.shown.items()]
    rows.sort(key=lambda row: (TAGS.index(row["tag"]), row["passes"]))
    interval = INTERVAL_OF_DRAWS if plan.draws else INTERVAL
    return {
        "patterns": rows, "counts": counts_by_tag(rows), "left_out": plan.left_out, "worlds": plan.worlds, "interval": interval,
    }  # fmt: skip


def counts_by_tag(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Of the patterns of each tag, how many there are and how many pass."""
    return {
        tag: {"passed": sum(row["passes"] for row in rows if row["tag"] == tag), "of": sum(row["tag"] == tag for row in rows)}
        for tag in TAGS
    }


def compare(name: str, pattern: Pattern, frame: pd.DataFrame) -> dict[str, Any]:
    """One pattern: its condition, what the worlds show with an interval over seeds, and whether that meets it."""
    arms = arms_of(pattern)
    columns = {name: _parts(frame, pattern.measure, arm) for name, arm in zip(("base", "treated"), arms, strict=False)}

    def statistic(parts: dict[str, np.ndarray]) -> float:
        base = _ratio(parts["base"])
        if "treated" not in parts:
            return base
        treated = _ratio(parts["treated"])
        if pattern.compare == DIFFERENCE:
            return treated - base
        return treated / base if base else float("nan")

    found = bootstrap_interval(statistic, columns, RESAMPLES)
    simulated = to_json(found)
    passes = pattern.is_met_by(simulated["estimate"])
    fact = evidence()[row_of(name)]
    return {
        "id": name, "quantity": fact.quantity, "label": pattern.label, "unit": pattern.unit, "measure": pattern.measure,
        "arms": arms, "compare": pattern.compare if pattern.levers else None,
        "target": pattern.target, "low": finite(pattern.bounds[0]), "high": finite(pattern.bounds[1]),
        "simulated": simulated["estimate"], "sim_low": simulated["low"], "sim_high": simulated["high"],
        "passes": passes, "held_out": pattern.tag == "held_out", "tag": pattern.tag, "accepts": pattern.accepts,
        "tolerance": pattern.why, "reason": "" if passes else pattern.reason or "not known",
    }  # fmt: skip


def _parts(frame: pd.DataFrame, measure: str, arm: str) -> np.ndarray:
    """float64[worlds, 2]: numerators and denominators of a measure in the worlds of an arm, by seed."""
    rows = frame[frame["arm"] == arm].sort_values("replicate")
    return rows[[f"{measure}.{NUMERATOR}", f"{measure}.{DENOMINATOR}"]].to_numpy(dtype=float)


def _ratio(parts: np.ndarray) -> float:
    above, below = parts.sum(axis=0)
    return float(above / below) if below > 0.0 else float("nan")
