"""Figures of the careers test: where new Bosses come from, and how old the two roles are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from experiments.questions.study import MAIN, Study
from experiments.report import style
from sim.parameters import Parameters

WORLDS = (("blind", "blindly"), ("no_ladder", "never"))
RATE = "careers.promotion_rate"
GAPS = (("age_gap", "at entry into the role", style.BLUE, "o"), ("age_gap_present", "of those present", style.VERMILION, "s"))
ROLES = {"boss": ("Bosses", style.VERMILION, 1), "provider": ("Providers", style.BLUE, -1)}


def figures(study: Study, parameters: Parameters, rows: list[dict], entry: dict[str, Any]) -> dict[str, Any]:
    """The figures by file name; the first is the one that tells the result."""
    base = next(scenario for scenario in study.scenarios if scenario.name == MAIN).arms["base"]
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
        f"{base.careers.boss_entry:g} a year for each Boss at the start. "
        "Both chances are assumptions. Where the curve begins, those who rise have taken over from a jailed Boss."
    )
    figure, (axes,) = style.open_panels(3.5, "How many new Bosses were Providers?", caption)
    x = np.array([chance_a_year(one["at"][RATE]) for one in points])
    estimate, low, high = (np.array([one[name] for one in points], dtype=float) for name in ("estimate", "low", "high"))
    axes.vlines(x, low, high, color=style.BLUE, linewidth=1.4)
    axes.plot(x, estimate, color=style.BLUE, marker="o", markersize=5, linewidth=1.6)
    here = chance_a_year(base.careers.promotion_rate)
    if entry["low"] is not None:
        axes.vlines(here, entry["low"], entry["high"], color=style.BLACK, linewidth=2.2)
        axes.plot(
            here, entry["estimate"], color=style.BLACK, marker="D", markersize=8, zorder=4, linestyle="none",
            label=f"default: {style.write_number(entry['estimate'])} %",
        )  # fmt: skip
    above = "above this line most new Bosses have risen"
    axes.axhline(entry["threshold"], color=style.GREY, linewidth=1.0, linestyle="--", label=above)
    style.name_above(axes)
    axes.set(
        xlabel="chance that an idle Provider with the experience becomes a Boss, % a year",
        ylabel="were Providers, % of new Bosses", xlim=(-2, None), ylim=(0, 100),
    )  # fmt: skip
    axes.grid(axis="y")
    style.settle(figure)
    return figure


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
        values = {name: np.array(ages[role][name], dtype=float) for name in ("estimate", "low", "high")}
        years = np.arange(values["estimate"].size) + 0.5
        axes.fill_between(years, values["low"], values["high"], color=colour, alpha=0.2, linewidth=0)
        axes.plot(years, values["estimate"], color=colour, marker="o", markersize=4, linewidth=1.8)
        edge = values["high" if side > 0 else "low"][-1]
        axes.annotate(
            f"{label}: {style.write_number(values['estimate'][-1])} years", (years[-1], edge), (0, 6 * side),
            textcoords="offset points", ha="right", va="bottom" if side > 0 else "top", color=colour, weight="bold",
        )  # fmt: skip
    axes.set(xlabel="year of the run", ylabel="mean age of those present, years", xlim=(0, len(years)))
    axes.set_xticks(range(0, len(years) + 1, 2))
    axes.margins(y=0.2)
    axes.grid(axis="y")
    style.settle(figure)
    return figure


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
    for row, (_, one) in enumerate(worlds):
        parts = {part["id"]: part for part in one["parts"]}
        for (name, label, colour, marker), shift in zip(GAPS, (-0.13, 0.13), strict=True):
            part = parts[name]
            if part["estimate"] is None:
                continue
            axes.plot([part["low"], part["high"]], [row + shift] * 2, color=colour, linewidth=2.0, solid_capstyle="butt")
            axes.plot(
                part["estimate"], row + shift, marker=marker, markersize=7, color=colour, linestyle="none",
                label=label if row == 0 else None,
            )  # fmt: skip
    axes.axvline(0, color=style.BLACK, linewidth=0.9)
    axes.set_yticks(range(len(worlds)), [f"Providers rise\n{label}" for label, _ in worlds])
    axes.tick_params(axis="y", length=0)
    axes.set(ylim=(len(worlds) - 0.5, -0.5), xlabel="age, Bosses less Providers, years")
    axes.grid(axis="x")
    axes.legend(loc="lower right")
    style.settle(figure)
    return figure
