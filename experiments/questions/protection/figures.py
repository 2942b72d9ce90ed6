"""Figures of the protection test: the eight arms, all contrasts, and what they rest on."""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.questions.study import Study
from experiments.report import style
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


def figures(study: Study, parameters: Parameters, rows: list[dict], entry: dict[str, Any]) -> dict[str, Any]:
    """The figures by file name; the first is the one that tells the result."""
    return {"eight_arms": draw_arms(entry), "contrasts": draw_contrasts(entry), "what_it_rests_on": draw_curves(entry)}


@style.house_style()
def draw_arms(entry: dict[str, Any]):
    """The eight arms as points against the base; lines that are not parallel are interactions."""
    base = next(arm for arm in entry["arms"] if arm["arm"] == "base")
    caption = (
        f"Persons exploited on the first morning, {entry['pairs']} sets of eight twin worlds (market {entry['market']}). "
        f"Zero: {number(base['estimate'], 1)} % of them are out for a year within three. Bars: 95 % interval over sets "
        "of the difference from that arm. Where two lines are not parallel, or the step between them changes from left to "
        "right, treatments act on each other."
    )
    figure, (axes,) = style.open_panels(3.7, "Who gets out, and stays out for a year?", caption)
    ticks = []
    for group, (undercover, heading) in enumerate(GROUPS):
        for teams, label, colour, marker, shift in TEAMS:
            arms = [_arm(entry, teams, distant, undercover) for distant in (0, 1)]
            x = 2.5 * group + np.array([0.0, 1.0]) + shift
            gain, low, high = _columns(arms, "gain", "gain_low", "gain_high")
            axes.vlines(x, low, high, color=colour, linewidth=1.5)
            axes.plot(
                x, gain, color=colour, marker=marker, markersize=7, linewidth=1.6,
                label=label if group == 0 else None,
            )  # fmt: skip
        ticks += [2.5 * group, 2.5 * group + 1.0]
        over = axes.get_xaxis_transform()
        axes.text(2.5 * group + 0.5, 1.0, heading, transform=over, ha="center", va="bottom", weight="bold")
    axes.axhline(0, color=style.BLACK, linewidth=0.9)
    axes.set_xticks(ticks, ["near beds", "distant beds"] * 2)
    axes.set(xlim=(-0.5, 4.0), ylabel="out for a year, percentage points\nagainst usual teams and near beds")
    axes.grid(axis="y")
    axes.legend(loc="upper left")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.25 * (high - low))
    style.settle(figure)
    return figure


def _columns(table: list[dict[str, Any]], *names: str) -> list[np.ndarray]:
    """float64[rows] for each name; NaN, which is not drawn, where nothing is known."""
    return [np.array([row[name] for row in table], dtype=float) for name in names]


def _arm(entry: dict[str, Any], outreach: int, distant: int, undercover: int) -> dict[str, Any]:
    wanted = {"outreach": outreach, "distant": distant, "undercover": undercover}
    return next(arm for arm in entry["arms"] if wanted.items() <= arm.items())


@style.house_style()
def draw_contrasts(entry: dict[str, Any]):
    """The primary contrast, main effects and interactions with their intervals."""
    parts = {part["id"]: part for part in entry["parts"]}
    lines = [("outreach and distant beds together", entry)]
    lines += [(parts[name]["label"].split(":")[0], parts[name]) for name in CONTRASTS]
    estimates, lows, highs = _columns([one for _, one in lines], "estimate", "low", "high")
    caption = (
        f"{entry['pairs']} sets of eight twin worlds (market {entry['market']}); 95 % intervals over sets. A main effect is "
        "averaged over the levels of the other treatments; an interaction (x) is a difference of differences."
    )
    figure, (axes,) = style.open_panels(0.5 + 0.33 * len(lines), "Which treatment does what?", caption)
    for y, (estimate, low, high) in enumerate(zip(estimates, lows, highs, strict=True)):
        colour = style.BLUE if low > 0.0 or high < 0.0 else style.GREY
        axes.plot([low, high], [y, y], color=colour, linewidth=2.0, solid_capstyle="butt")
        axes.plot(estimate, y, marker="D" if y == 0 else "o", markersize=7, color=colour)
    axes.axvline(0, color=style.BLACK, linewidth=0.9)
    axes.set_yticks(range(len(lines)), [style.wrap(figure, label, style.SMALL, 2.5) for label, _ in lines])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set(ylim=(len(lines) - 0.5, -0.5), xlabel="out for a year, percentage points of the cohort")
    axes.grid(axis="x")
    style.settle(figure)
    return figure


@style.house_style()
def draw_curves(entry: dict[str, Any]):
    """Each effect against the assumption that it rests on most."""
    pairs = min((one["pairs"] for one in entry["along"]), default=0)
    caption = (
        f"{pairs} sets or more at each point (market {entry['market']}), the same seeds throughout; 95 % intervals over sets. "
        f"Black: the default, {entry['pairs']} sets. All three numbers are assumptions."
    )
    figure, panels = style.open_panels(6.8, "What do the effects rest on?", caption, rows=len(CURVES))
    figure.get_layout_engine().set(hspace=0.06)
    for axes, (path, axis, name, label) in zip(panels, CURVES, strict=True):
        points = sorted((one for one in entry["along"] if path in one["at"]), key=lambda one: one["at"][path])
        found = [next(part for part in one["parts"] if part["id"] == name) for one in points]
        x = [_shown(path, one["at"][path]) for one in points]
        estimate, low, high = _columns(found, "estimate", "low", "high")
        axes.vlines(x, low, high, color=style.BLUE, linewidth=1.4)
        axes.plot(x, estimate, color=style.BLUE, marker="o", markersize=5, linewidth=1.6)
        default = _shown(path, _default(path))
        here = [part for part in entry["parts"] if part["id"] == name]
        estimate, low, high = _columns(here, "estimate", "low", "high")
        axes.vlines(default, low, high, color=style.BLACK, linewidth=2.2, zorder=4)
        axes.plot(default, estimate, color=style.BLACK, marker="D", markersize=7, zorder=5)
        axes.axhline(0, color=style.BLACK, linewidth=0.9)
        axes.set_title(f"{label}, percentage points")
        axes.set(xlabel=axis)
        axes.grid(axis="y")
    style.settle(figure)
    return figure


def _default(path: str) -> float:
    group, name = path.split(".")
    return float(type(getattr(Parameters(), group)).model_fields[name].default)


def _shown(path: str, value: float) -> float:
    """A value in the unit of its axis: a daily rate as percent in thirty days."""
    return 100.0 * -float(np.expm1(-30.0 * value)) if path == "care.found_near" else value
