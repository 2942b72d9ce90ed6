"""Figures of a comparison: a forest of headline outcomes, series over time with their differences, cost next to effect."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.comparison.results import FOREST, LEADING, label_of
from experiments.report import marks, style

if TYPE_CHECKING:
    import pandas as pd

NAMES = {
    LEADING: "persons exploited", "minors_person_days_in_spell": "minors exploited", "persons_in_care": "persons in care",
}  # fmt: skip
_NAME_LETTERS, _LEGEND_LETTERS = 20, 66  # of a line


@style.house_style()
def forest(summary: Mapping[str, Any], outcomes: tuple[str, ...] = FOREST):
    """Paired differences to the base with their intervals: a panel for each outcome, in its own unit, a row for each policy."""
    base, *others = summary["policies"]
    looks, labels = marks.looks_of(summary["policies"]), [broken(name) for name in others]
    rows = math.ceil(len(outcomes) / 2)
    height = rows * (0.85 + 0.27 * max(2, len(others) + 0.6 * sum(label.count("\n") for label in labels)))
    caption = (
        f"Each policy minus {base} on the same {summary['pairs']} seeds; bars: 95 % intervals over pairs. Left of zero: less "
        f"than under {base}. Hollow: the interval holds zero. No bar: the same in every pair."
    )
    figure, axes = style.open_grid(height, f"What changes against {base}", caption, rows, 2, sharey=True)
    for place, axis in enumerate(axes.flat):
        if place >= len(outcomes):
            axis.set_visible(False)
            continue
        outcome = summary["outcomes"][outcomes[place]]
        axis.set_title(style.capitalise(label_of(outcomes[place])))
        axis.axvline(0.0, color=style.BLACK, linewidth=0.9, zorder=1)
        marks.name_rows(axis, labels)
        axis.set_xlabel(outcome["unit"], size=style.SMALL)
        if "reason" in outcome:
            _write_reason(axis, outcome["reason"], len(others))
            continue
        points = [outcome["policies"][name]["difference"] for name in others]
        for y, (name, point) in enumerate(zip(others, points, strict=True)):
            colour, marker = looks[name]
            hollow = point["low"] is not None and point["low"] <= 0.0 <= point["high"]
            marks.draw_rows(axis, [y], [point], [colour], [marker], markerfacecolor="white" if hollow else colour, zorder=3)
        _give_room(axis, points)
    return style.settle(figure)


def _write_reason(axis, reason: str, rows: int) -> None:
    """Write in a panel why it has no numbers."""
    axis.set_xticks([])
    axis.grid(False)
    axis.get_lines()[0].set_visible(False)
    text = "\n".join(textwrap.wrap(reason, 34))
    axis.text(0.02, (rows - 1) / 2, text, transform=axis.get_yaxis_transform(), va="center", size=style.SMALL, color="#555555")


def _give_room(axis, points) -> None:
    """Limits that hold every interval and zero, and that are no point where nothing differs."""
    ends = [point[end] for point in points for end in ("estimate", "low", "high") if point[end] is not None] + [0.0]
    low, high = min(ends), max(ends)
    margin = 0.08 * (high - low) or 1.0
    axis.set_xlim(low - margin, high + margin)
    axis.locator_params(axis="x", nbins=4 if high - low < 1_000_000.0 else 3)  # long numbers need room
    if high - low > 10_000.0:
        axis.xaxis.set_major_formatter("{x:,.0f}")


@style.house_style()
def over_time(series: pd.DataFrame, name: str, summary: Mapping[str, Any]):
    """A series under each policy and under the base, and their difference with its band: a row for each policy."""
    base, *others = summary["policies"]
    looks, of_series = marks.looks_of(summary["policies"]), series[series["series"] == name]
    by_arm = {arm: rows for arm, rows in of_series.groupby("arm", sort=False)}
    begins = np.datetime64(summary["policies_begin"]["first_date"], "D")
    caption = (
        f"Means of whole weeks over {summary['pairs']} pairs; bands: 95 % intervals over pairs, each week by itself. "
        f"Dashed: {base}. Vertical line: {begins}, the policies begin."
    )
    label = NAMES[name]
    title = f"{style.capitalise(label)} over time, and what changes against {base}"
    figure, axes = style.open_grid(0.5 + 1.55 * len(others), title, caption, len(others), 2, sharex=True, sharey="col")
    for row, policy in zip(axes, others, strict=True):
        colour, dates = looks[policy][0], _middles(by_arm[policy])
        row[0].plot(dates, by_arm[base]["mean"], color=style.GREY, linestyle="--", linewidth=1.4)
        row[0].plot(dates, by_arm[policy]["mean"], color=colour, linewidth=1.4)
        row[0].set_title(broken(policy, 2 * _NAME_LETTERS), size=style.SMALL)
        row[0].set_ylabel(label, size=style.SMALL)
        row[0].set_ylim(bottom=0.0)
        row[0].grid(axis="y")
        columns = ["difference", "difference_low", "difference_high"]
        marks.draw_band(row[1], dates, by_arm[policy][columns].to_numpy().T, colour, linewidth=1.4)
        marks.draw_zero(row[1])
        row[1].set_title("difference", size=style.SMALL)
        for axis in row:
            marks.draw_date(axis, begins, None)
    for axis in axes[-1]:
        marks.write_dates(axis, least=2)
    return style.settle(figure)


def _middles(rows: pd.DataFrame) -> np.ndarray:
    return rows["date"].to_numpy().astype("datetime64[D]") + np.timedelta64(3, "D")


@style.house_style()
def cost_and_effect(summary: Mapping[str, Any]):
    """Public cost more than under the base over exploitation avoided, a cross of intervals for each policy."""
    base, *others = summary["policies"]
    looks, window = marks.looks_of(summary["policies"]), summary["window"]
    days = window["last_day"] - window["first_day"] + 1
    caption = (
        f"Each policy against {base} over the {days} days measured; bars: 95 % intervals over {summary['pairs']} pairs. "
        "A cost that is the same in every pair has no bar. Right: less exploitation; up: dearer."
    )
    columns = max(1, min(3, len(others), _LEGEND_LETTERS // max(map(len, others))))
    legend = 0.22 * math.ceil(len(others) / columns)
    figure, (axis,) = style.open_panels(3.1 + legend, "Cost next to effect", caption)
    axis.axhline(0.0, color=style.BLACK, linewidth=0.9)
    axis.axvline(0.0, color=style.BLACK, linewidth=0.9)
    for place, name in enumerate(others):
        colour, marker = looks[name]
        avoided, cost = (summary["cost"][name][part] for part in ("avoided", "cost"))
        x, left, right = (avoided[end] for end in ("estimate", "low", "high"))
        y, low, high = (None if cost[end] is None else cost[end] / 1000.0 for end in ("estimate", "low", "high"))
        if left is not None:
            axis.plot([left, right], [y, y], color=colour, linewidth=2.0, solid_capstyle="butt")
            axis.plot([x, x], [low, high], color=colour, linewidth=2.0, solid_capstyle="butt")
        axis.plot(
            x, y, marker, color=colour, markersize=7, linestyle="none", label=broken(name, _LEGEND_LETTERS), zorder=3 + place
        )
    axis.set(xlabel="exploitation avoided, person-days in the window", ylabel="public cost more, thousand EUR")
    axis.margins(x=0.06, y=0.12)
    axis.grid(True)
    style.name_above(axis, columns=columns)
    return style.settle(figure)


def broken(name: str, letters: int = _NAME_LETTERS) -> str:
    """A name on lines of some letters, broken behind its underscores where it has them."""
    return "\n".join(line.replace(" ", "") for line in textwrap.wrap(name.replace("_", "_ "), letters)) or name
