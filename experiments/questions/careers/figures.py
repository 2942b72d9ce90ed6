"""Figures of the careers test: where new Bosses come from, and how old the two roles are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from experiments.questions.estimand import parts_by_id
from experiments.questions.study import Study
from experiments.report import marks, style
from experiments.statistics.intervals import BOUNDS
from sim.parameters import Parameters

WORLDS = (("blind", "blindly"), ("no_ladder", "never"))
RATE = "careers.promotion_rate"
GAPS = (("age_gap", "at entry into the role", style.BLUE, "o"), ("age_gap_present", "of those present", style.VERMILION, "s"))
ROLES = {"boss": ("Bosses", style.VERMILION, 1), "provider": ("Providers", style.BLUE, -1)}


def figures(study: Study, rows: list[dict], entry: dict[str, Any]) -> dict[str, Any]:
    """The figures by file name; the first is the one that tells the result."""
    base = study.context.base
    return {
        "share_by_promotion_rate": draw_shares(entry, base),
        "ages_by_year": draw_ages(entry, base),
        "age_gaps": draw_gaps(entry),
    }


def chance_a_year(rate: float) -> float:
    """Percent: the chance to become a Boss within a year of being idle and fulfilling the conditions."""
    return 100.0 * -math.expm1(-365.0 * rate)


@style.house_style()
def draw_shares(entry: dict[str, Any], base: Parameters):
    """The share of new Bosses who were Providers against the chance to be promoted, with the blind control."""
    points = sorted((one for one in entry["along"] if RATE in one["at"]), key=lambda one: one["at"][RATE])
    caption = (
        f"Worlds of the market {entry['market']}: {entry['pairs']} at the default, {points[0]['pairs'] if points else 0} at "
        "each other point; 95 % intervals over worlds. Direct entry: "
        f"{base.careers.boss_entry:g} per year for each Boss at the start. "
        "Both chances are assumptions. Where the curve begins, those who rise have taken over from a jailed Boss."
    )
    figure, (axes,) = style.open_panels(3.5, "How many new Bosses were Providers?", caption)
    marks.draw_line(axes, [chance_a_year(one["at"][RATE]) for one in points], points, style.BLUE)
    if entry["low"] is not None:
        default, label = chance_a_year(base.careers.promotion_rate), f"default: {style.write_number(entry['estimate'])} %"
        marks.draw_line(axes, [default], [entry], style.BLACK, "D", zorder=4, markersize=8, linestyle="none", label=label)
    above = "above this line most new Bosses have risen"
    axes.axhline(entry["threshold"], color=style.GREY, linewidth=1.0, linestyle="--", label=above)
    style.name_above(axes)
    axes.set(
        xlabel="chance that an idle Provider with the experience becomes a Boss, % a year",
        ylabel="were Providers, % of new Bosses", xlim=(-2, None), ylim=(0, 100),
    )  # fmt: skip
    axes.grid(axis="y")
    return style.settle(figure)


@style.house_style()
def draw_ages(entry: dict[str, Any], base: Parameters):
    """Mean age of those present by role and year, with the burn-in shaded."""
    ages = entry["ages_by_year"]
    caption = (
        f"Means by year over {entry['pairs']} worlds ({entry['market']}); bands: 95 % over worlds. Both roles begin with the "
        "same ages and enter at the same ages; what parts them is who rises and who stays. Grey: burn-in, not measured."
    )
    figure, (axes,) = style.open_panels(3.3, "Do the ages of Bosses and Providers part?", caption)
    axes.axvspan(0, base.policy.start_day / 365.0, color=style.PALE, linewidth=0)
    for role, (label, colour, side) in ROLES.items():
        values = np.array([ages[role][name] for name in BOUNDS], dtype=float)
        years = np.arange(values.shape[1]) + 0.5
        marks.draw_band(axes, years, values, colour, marker="o", markersize=4)
        edge = values[2 if side > 0 else 1, -1]
        axes.annotate(
            f"{label}: {style.write_number(values[0, -1])} years", (years[-1], edge), (0, 6 * side),
            textcoords="offset points", ha="right", va="bottom" if side > 0 else "top", color=colour, weight="bold",
        )  # fmt: skip
    axes.set(xlabel="year of the run", ylabel="mean age of those present, years", xlim=(0, len(years)))
    axes.set_xticks(range(0, len(years) + 1, 2))
    axes.margins(y=0.2)
    axes.grid(axis="y")
    return style.settle(figure)


@style.house_style()
def draw_gaps(entry: dict[str, Any]):
    """How much older Bosses are than Providers where Providers rise by experience, blindly, or not at all."""
    controls = {one["scenario"]: one for one in entry["controls"]}
    worlds = [("by experience (default)", entry)]
    worlds += [(label, controls[name]) for name, label in WORLDS if name in controls]
    caption = (
        f"{entry['pairs']} worlds ({entry['market']}), fewer in the other two; 95 % intervals over worlds. Blindly: as many "
        "rise as by experience, whoever it is. Where nobody rises, those present differ in age as Bosses stay longer."
    )
    figure, (axes,) = style.open_panels(2.9, "Do older Bosses show that Providers rise?", caption)
    for (name, label, colour, marker), shift in zip(GAPS, (-0.13, 0.13), strict=True):
        points = [parts_by_id(one)[name] for _, one in worlds]
        rows = np.arange(len(points)) + shift
        marks.draw_rows(axes, rows, points, [colour] * len(points), [marker] * len(points), label=label)
    axes.axvline(0, color=style.BLACK, linewidth=0.9)
    marks.name_rows(axes, [f"Providers rise\n{label}" for label, _ in worlds])
    axes.set_xlabel("age, Bosses less Providers, years")
    axes.legend(loc="lower right")
    return style.settle(figure)
