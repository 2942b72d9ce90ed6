"""Figures of the evidence test: who is ever caught, and what the gain from central intelligence rests on."""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.questions.study import Study
from experiments.report import style
from experiments.store.result import number
from sim.parameters import Parameters

LOOKS = {"silo": ("files kept by units", style.VERMILION), "central": ("central intelligence", style.BLUE)}
MOBILITY = "planning.habit"
KEPT = "casework.kept_silo"


def figures(study: Study, parameters: Parameters, rows: list[dict], entry: dict[str, Any]) -> dict[str, Any]:
    """The figures by file name; the first is the one that tells the result."""
    return {"completed_cases": draw_curves(entry), "gain_by_mobility": draw_gains(entry)}


@style.house_style()
def draw_curves(entry: dict[str, Any]):
    """Cumulative share of the cohort with a completed case, in both worlds, with intervals."""
    curves = entry["curves"]
    caption = (
        f"Bosses in the market on the first morning of the policy with no completed case yet, {entry['pairs']} pairs of twin "
        f"worlds ({entry['market']}). Bands: 95 % over pairs. Leaving the market for good competes: of the cohort "
        f"{_part(entry, 'left_silo')} % and {_part(entry, 'left_central')} % left first."
    )
    figure, (axes,) = style.open_panels(3.5, "How many Bosses are ever the subject of a completed case?", caption)
    years = np.array(curves["days"]) / 365.0
    known = {arm: {name: np.array(values, dtype=float) for name, values in curves[arm].items()} for arm in LOOKS}
    top = max(1.0, *(float(np.nan_to_num(known[arm]["high"]).max()) for arm in LOOKS))
    for arm, (label, colour) in LOOKS.items():
        values = known[arm]
        axes.fill_between(years, values["low"], values["high"], color=colour, alpha=0.18, linewidth=0)
        told = f"{label}: {style.write_number(values['estimate'][-1])} % in the end"
        axes.plot(years, values["estimate"], color=colour, linewidth=2.0, label=told)
    axes.set(xlabel="years since the start of the policy", ylabel="completed case, % of the cohort", xlim=(0, years[-1]))
    axes.set_ylim(0, 1.05 * top)
    style.name_above(axes)
    axes.set_xticks(np.arange(0, years[-1] + 0.01, 0.5))
    axes.grid(axis="y")
    style.settle(figure)
    return figure


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
        estimate, low, high = style.numbers(
            "gains", [[one[k] for one in chosen] for k in ("estimate", "low", "high")], (3, None), finite=False
        )
        axes.vlines(x, low, high, color=colour, linewidth=1.4)
        axes.plot(x, estimate, color=colour, marker=marker, markersize=6.5, linewidth=1.6, label=label)
    axes.axhline(0, color=style.BLACK, linewidth=0.9)
    axes.set(xlabel="share of the evidence that a unit keeps when a network moves (silo)", ylabel="gain, percentage points")
    axes.grid(axis="y")
    axes.legend(loc="best")
    style.settle(figure)
    return figure


def _part(entry: dict[str, Any], name: str) -> str:
    return number(next(part["estimate"] for part in entry["parts"] if part["id"] == name), 0)
