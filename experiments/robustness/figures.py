"""Figures of a robustness run: shares of worlds by hypothesis, and the effects of one over worlds and structures."""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.report import style
from experiments.robustness.prose import bracket_text, describe_draws, shares_used, side_text, turned_by
from experiments.statistics.shares_of_worlds import ESTIMATORS, HIGH, LOW

_COLOURS = {"holds": style.BLUE, "depends": style.GREY, "fails": style.VERMILION, "unseen": style.GREY, None: style.GREY}
_LAWS = {"normal": ("o", "a normal law of effects"), "mixture": ("s", "a law of any form")}


@style.house_style()
def draw_shares(summary: dict[str, Any]):
    """The share of worlds in which each claim holds, by both estimators with intervals; nine and one tenth marked."""
    entries = summary["hypotheses"]
    caption = (
        f"{describe_draws(summary)} Lines: 95 % bootstrap over draws. Blue: the claim holds, the whole bracket above 90 %; "
        "vermilion: it fails, below 10 %; grey: it depends on what is assumed. A line without a marker: most "
        "draws show nothing, and may be on either side."
    )
    figure, (axes,) = style.open_panels(0.8 + 0.5 * len(entries), "In which share of worlds does each claim hold?", caption)
    for end in (LOW, HIGH):
        axes.axvline(end, color=style.BLACK, linewidth=0.9, linestyle=":", zorder=1)
    for y, entry in enumerate(entries):
        shares = shares_used(entry)
        if shares is None:
            axes.text(0.01, y, "too few draws", va="center", size=style.SMALL, color=style.GREY)
            continue
        colour = _COLOURS[entry["worlds"]["conclusion"]]
        for shift, name in zip((-0.13, 0.13), ESTIMATORS, strict=True):
            one, (marker, label) = shares["side"][name], _LAWS[name]
            axes.plot([one["low"], one["high"]], [y + shift] * 2, color=colour, linewidth=2.0, solid_capstyle="butt")
            look = {"color": colour, "marker": marker, "markersize": 6.5, "linestyle": "none"}
            told = entry["worlds"]["conclusion"] != "unseen"
            axes.plot(one["share"] if told else np.nan, y + shift, label=label if y == 0 else None, **look)
        axes.annotate(
            bracket_text(shares),
            (1.0, y),
            (8, 0),
            textcoords="offset points",
            va="center",
            size=style.SMALL,
            annotation_clip=False,
        )
    axes.set_yticks(range(len(entries)), [f"{entry['title']}" for entry in entries])
    axes.set(xlim=(-0.01, 1.01), ylim=(len(entries) - 0.5, -0.5), xlabel="share of worlds on the claim's side, %")
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1.0], ["0", "25", "50", "75", "100"])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    style.name_above(axes)
    return style.settle(figure)


def _left_out(entry: dict[str, Any]) -> str:
    """The draws that have no place in a figure of effects, in a sentence."""
    unseen = shares_used(entry)["unseen"]
    return f" Left out: {100 * unseen:.0f} % of the draws, which show nothing of the effect." if unseen else ""


@style.house_style()
def draw_effects(entry: dict[str, Any]):
    """Effects over worlds with the noise removed: all draws, then those of each structure."""
    worlds, sign = entry["worlds"], 1.0 if entry["direction"] == "above" else -1.0
    structures = [row for row in worlds["by_structure"] if row["effects"] is not None]
    effects = np.array(worlds["effects"]["draws"])
    caption = (
        "Effects of the draws that show one, the noise of their few pairs removed. Top: all of these. Below: median and middle "
        "nine tenths in the draws of each structure, with the share on the claim's side. Dashed: the threshold of the claim; "
        f"shaded: too small to be of interest. What turns it: {turned_by(entry)}.{_left_out(entry)}"
    )
    height = 1.35 + 0.3 * len(structures)
    figure, panels = style.open_panels(
        height, f"{entry['title']}: effects over worlds that fit", caption, rows=2, sharex=True,
        gridspec_kw={"height_ratios": [1.0, max(0.35 * len(structures), 0.35)]},
    )  # fmt: skip
    low, high = np.quantile(effects, [0.005, 0.995])
    low, high = min(low, entry["threshold"]), max(high, entry["threshold"])
    room = 0.08 * (high - low or 1.0)
    for axes in panels:
        near = sorted((entry["threshold"], entry["threshold"] + sign * entry["smallest"]))
        axes.axvspan(*near, color=style.PALE, zorder=0)
        axes.axvline(entry["threshold"], color=style.BLACK, linewidth=1.1, linestyle="--", zorder=1)
    above, below = panels
    above.hist(np.clip(effects, low, high), bins=40, range=(low - room, high + room), color=style.BLUE, alpha=0.8)
    above.set(yticks=[], xlim=(low - room, high + room))
    above.spines["left"].set_visible(False)
    for y, row in enumerate(structures):
        left, middle, right = row["effects"]
        below.plot([left, right], [y, y], color=style.BLUE, linewidth=2.4, solid_capstyle="butt")
        below.plot(middle, y, "o", color=style.BLUE, markersize=6)
        side, conclusion = row["side"]["normal"], worlds["conclusion"]
        text = side_text(side, conclusion) if conclusion == "unseen" else f"{100 * side['share']:.0f} %"
        below.annotate(
            text, (1.0, y), (6, 0), xycoords=("axes fraction", "data"), textcoords="offset points", va="center", size=style.SMALL
        )
    below.set_yticks(range(len(structures)), [row["structure"].replace("_", " ") for row in structures])
    below.set(ylim=(max(len(structures), 1) - 0.5, -0.5), xlabel=entry["unit"])
    below.tick_params(axis="y", length=0)
    below.spines["left"].set_visible(False)
    return style.settle(figure)
