"""Figures of the evidence test: who is ever caught, and what the gain from central intelligence rests on."""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.questions.estimand import parts_by_id
from experiments.questions.study import Study
from experiments.report import marks, style
from experiments.statistics.intervals import BOUNDS
from experiments.store.result import number

LOOKS = {"silo": ("files kept by units", style.VERMILION), "central": ("central intelligence", style.BLUE)}
MOBILITY = "planning.habit"
KEPT = "casework.kept_silo"


def figures(study: Study, rows: list[dict], entry: dict[str, Any]) -> dict[str, Any]:
    """The figures by file name; the first is the one that tells the result."""
    return {"completed_cases": draw_curves(entry), "gain_by_mobility": draw_gains(entry)}


@style.house_style()
def draw_curves(entry: dict[str, Any]):
    """Cumulative share of the cohort with a completed case, in both worlds, with intervals."""
    curves, parts = entry["curves"], parts_by_id(entry)
    left = " % and ".join(number(parts[name]["estimate"], 0) for name in ("left_silo", "left_central"))
    caption = (
        f"Bosses in the market on the first morning of the policy with no completed case yet, {entry['pairs']} pairs of twin "
        f"worlds ({entry['market']}). Bands: 95 % over pairs. Leaving the market for good competes: of the cohort "
        f"{left} % left first."
    )
    figure, (axes,) = style.open_panels(3.5, "How many Bosses are ever the subject of a completed case?", caption)
    years = np.array(curves["days"]) / 365.0
    for arm, (label, colour) in LOOKS.items():
        values = np.array([curves[arm][name] for name in BOUNDS], dtype=float)
        marks.draw_band(axes, years, values, colour, label=f"{label}: {style.write_number(values[0, -1])} % in the end")
    axes.set(xlabel="years since the start of the policy", ylabel="completed case, % of the cohort", xlim=(0, years[-1]))
    axes.set_ylim(0, max(1.0, axes.get_ylim()[1]))
    style.name_above(axes)
    axes.set_xticks(np.arange(0, years[-1] + 0.01, 0.5))
    axes.grid(axis="y")
    return style.settle(figure)


@style.house_style()
def draw_gains(entry: dict[str, Any]):
    """The gain against what a silo keeps, for networks that move and for settled ones."""
    points = [one for one in entry["along"] if KEPT in one["at"] and MOBILITY in one["at"]]
    pairs = points[0]["pairs"] if points else 0
    caption = (
        f"{pairs} pairs at each point; 95 % intervals over pairs. Both numbers are assumptions: no source says how much a unit "
        "keeps of what another knew. Settled: Bosses nearly always go where they were."
    )
    title = "What does the gain from central intelligence rest on?"
    figure, (axes,) = style.open_panels(3.3, title, caption)
    habits = sorted({one["at"][MOBILITY] for one in points})
    looks = [("networks that move (default)", style.BLUE, "o", -0.008), ("settled networks", style.VERMILION, "s", 0.008)]
    for habit, (label, colour, marker, shift) in zip(habits, looks, strict=False):
        chosen = sorted((one for one in points if one["at"][MOBILITY] == habit), key=lambda one: one["at"][KEPT])
        x = np.array([one["at"][KEPT] for one in chosen]) + shift
        marks.draw_line(axes, x, chosen, colour, marker, label=label)
    marks.draw_zero(axes)
    axes.set(xlabel="share of the evidence that a unit keeps when a network moves (silo)", ylabel="gain, percentage points")
    axes.legend(loc="best")
    return style.settle(figure)
