"""Figures of the protection test: all arms, all contrasts, and what they rest on."""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.questions.estimand import parts_by_id
from experiments.questions.study import Study
from experiments.report import marks, style
from experiments.store.result import number
from sim.parameters import Parameters

GROUPS = ((0, "without undercover inquiry"), (1, "with undercover inquiry"))
TEAMS = ((0, "usual teams", style.GREY, "s", -0.06), (1, "outreach with quick answers", style.BLUE, "o", 0.06))
CONTRASTS = (
    "outreach", "distant", "undercover", "outreach_distant", "outreach_undercover", "distant_undercover",
    "minors", "minors_outreach", "minors_distant", "minors_outreach_undercover",
)  # fmt: skip
CURVES = (
    ("care.found_near", "found again by the Boss in a near bed, % a month", "distant", "effect of distant beds"),
    ("control.trust_weight", "weight of trust in services against a Boss's control", "outreach", "effect of outreach"),
    ("outreach.undercover_effect", "how strongly inquiry keeps answers away", "outreach_undercover", "outreach x undercover"),
)


def figures(study: Study, rows: list[dict], entry: dict[str, Any]) -> dict[str, Any]:
    """The figures by file name; the first is the one that tells the result."""
    return {
        "eight_arms": draw_arms(entry),
        "contrasts": draw_contrasts(entry),
        "what_it_rests_on": draw_curves(entry, study.context.base),
    }


@style.house_style()
def draw_arms(entry: dict[str, Any]):
    """All arms as points against the base; lines that are not parallel are interactions."""
    base = next(arm for arm in entry["arms"] if arm["arm"] == "base")
    caption = (
        f"Persons exploited on the first morning, {entry['pairs']} sets of {len(entry['arms'])} twin worlds "
        f"(market {entry['market']}). Zero: {number(base['estimate'], 1)} % of them are out for a year within three. "
        "Bars: 95 % interval over sets of the difference from that arm. Where two lines are not parallel, or the step "
        "between them changes from left to right, treatments act on each other."
    )
    figure, (axes,) = style.open_panels(3.7, "Who gets out, and stays out for a year?", caption)
    ticks = []
    for group, (undercover, heading) in enumerate(GROUPS):
        for teams, label, colour, marker, shift in TEAMS:
            arms = [_arm(entry, teams, distant, undercover) for distant in (0, 1)]
            gains = [{"estimate": arm["gain"], "low": arm["gain_low"], "high": arm["gain_high"]} for arm in arms]
            x = 2.5 * group + np.array([0.0, 1.0]) + shift
            marks.draw_line(axes, x, gains, colour, marker, markersize=7, label=label if group == 0 else None)
        ticks += [2.5 * group, 2.5 * group + 1.0]
        over = axes.get_xaxis_transform()
        axes.text(2.5 * group + 0.5, 1.0, heading, transform=over, ha="center", va="bottom", weight="bold")
    marks.draw_zero(axes)
    axes.set_xticks(ticks, ["near beds", "distant beds"] * 2)
    axes.set(xlim=(-0.5, 4.0), ylabel="out for a year, percentage points\nagainst usual teams and near beds")
    axes.legend(loc="upper left")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.25 * (high - low))
    return style.settle(figure)


def _arm(entry: dict[str, Any], outreach: int, distant: int, undercover: int) -> dict[str, Any]:
    wanted = {"outreach": outreach, "distant": distant, "undercover": undercover}
    return next(arm for arm in entry["arms"] if wanted.items() <= arm.items())


@style.house_style()
def draw_contrasts(entry: dict[str, Any]):
    """The primary contrast, main effects and interactions with their intervals."""
    parts = parts_by_id(entry)
    lines = [("outreach and distant beds together", entry)]
    lines += [(parts[name]["label"].split(":")[0], parts[name]) for name in CONTRASTS]
    points = [one for _, one in lines]
    _, lows, highs = marks.bounds_of(points)
    caption = (
        f"{entry['pairs']} sets of {len(entry['arms'])} twin worlds (market {entry['market']}); 95 % intervals over sets. "
        "A main effect is averaged over the levels of the other treatments; an interaction (x) is a difference of differences."
    )
    figure, (axes,) = style.open_panels(0.5 + 0.33 * len(lines), "Which treatment does what?", caption)
    colours = [style.BLUE if low > 0.0 or high < 0.0 else style.GREY for low, high in zip(lows, highs, strict=True)]
    marks.draw_rows(axes, range(len(points)), points, colours, ["D", *"o" * len(CONTRASTS)])
    axes.axvline(0, color=style.BLACK, linewidth=0.9)
    marks.name_rows(axes, [label for label, _ in lines], 2.5)
    axes.set_xlabel("out for a year, percentage points of the cohort")
    return style.settle(figure)


@style.house_style()
def draw_curves(entry: dict[str, Any], base: Parameters):
    """Each effect against the assumption that it rests on most."""
    pairs = min((one["pairs"] for one in entry["along"]), default=0)
    caption = (
        f"{pairs} sets or more at each point (market {entry['market']}), the same seeds throughout; 95 % intervals over sets. "
        f"Black: the default, {entry['pairs']} sets. These numbers are assumptions."
    )
    figure, panels = style.open_panels(6.8, "What do the effects rest on?", caption, rows=len(CURVES))
    figure.get_layout_engine().set(hspace=0.06)
    for axes, (path, axis, name, label) in zip(panels, CURVES, strict=True):
        points = sorted((one for one in entry["along"] if path in one["at"]), key=lambda one: one["at"][path])
        x = [_shown(path, one["at"][path]) for one in points]
        marks.draw_line(axes, x, [parts_by_id(one)[name] for one in points], style.BLUE)
        group, key = path.split(".")
        default = _shown(path, getattr(getattr(base, group), key))
        marks.draw_line(axes, [default], [parts_by_id(entry)[name]], style.BLACK, "D", zorder=4, markersize=7)
        marks.draw_zero(axes)
        axes.set_title(f"{label}, percentage points")
        axes.set_xlabel(axis)
    return style.settle(figure)


def _shown(path: str, value: float) -> float:
    """A value in the unit of its axis: a daily rate as percent in thirty days."""
    return 100.0 * -float(np.expm1(-30.0 * value)) if path == "care.found_near" else value
