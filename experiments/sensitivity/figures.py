"""Figures of a sensitivity analysis: effects by factor, effects against their spread, variance shares, convergence.

All take the parts of `summary.json` that they show. Estimates are drawn as they are, below zero too,
each with its interval.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from experiments.report import style
from experiments.report.labels import write_labels
from experiments.report.style import house_style

ORDERS = {"first": "first order: alone", "total": "total: with interactions"}
_ROW, _HEAD = 0.42, 0.75  # inches of a factor with one bar, and of the axis below


@house_style()
def effect_bars(screening: dict[str, Any], labels: dict[str, str], axis_label: str, title: str, caption: str):
    """Return mu* of each factor with its interval, the largest on top; factors that go on to Sobol indices in blue.

    A dotted line marks the mu* that seeds alone would show.
    """
    effects = screening["effects"]
    figure, (axis,) = style.open_panels(_HEAD + _ROW * len(effects), title, caption)
    places = np.arange(len(effects))[::-1]
    colours = [style.BLUE if effect["kept"] else style.GREY for effect in effects]
    bars = [effect["mu_star"] for effect in effects]
    axis.barh(places, [bar["estimate"] for bar in bars], height=0.6, color=colours, alpha=0.85)
    _whiskers(axis, bars, places)
    if screening["noise"]:
        axis.axvline(screening["noise"]["effect"], color=style.VERMILION, linestyle=":", linewidth=1.6, zorder=4)
    _name_rows(axis, places, [labels[effect["factor"]] for effect in effects])
    axis.set_xlim(left=0.0)
    axis.set_xlabel(style.wrap(figure, axis_label, style.TEXT, 2.6))
    style.settle(figure)
    return figure


@house_style()
def effects_and_spread(screening: dict[str, Any], names: dict[str, str], unit: str, title: str, caption: str):
    """Return sigma against mu* with a label at each point; above the line sigma = mu* effects change their size or sign."""
    effects = screening["effects"]
    across = np.array([effect["mu_star"]["estimate"] for effect in effects])
    upward = np.array([effect["sigma"]["estimate"] for effect in effects])
    figure, frame = style.open_figure(4.4, title, caption)
    room = style.Frame(frame.left + 0.75, frame.bottom + 0.6, frame.width - 0.95, frame.height - 0.7)
    width, height = figure.get_size_inches()
    axis = figure.add_axes((room.left / width, room.bottom / height, room.width / width, room.height / height))
    reach_x, reach_y = 1.12 * (across.max() or 1.0), 1.12 * (upward.max() or 1.0)
    axis.set(xlim=(0.0, reach_x), ylim=(0.0, reach_y))
    least = min(reach_x, reach_y)
    axis.plot([0.0, least], [0.0, least], color=style.GREY, linewidth=0.8, linestyle="--", zorder=1)
    for kept, colour, marker in ((True, style.BLUE, "o"), (False, style.GREY, "s")):
        chosen = [i for i, effect in enumerate(effects) if effect["kept"] == kept]
        axis.scatter(across[chosen], upward[chosen], s=38, color=colour, marker=marker, zorder=3, clip_on=False)
    if screening["noise"] and screening["noise"]["effect"] < reach_x:
        axis.axvline(screening["noise"]["effect"], color=style.VERMILION, linestyle=":", linewidth=1.6, zorder=2)
    axis.set_xlabel(f"mu*: mean absolute effect ({unit})")
    axis.set_ylabel(f"sigma ({unit})")
    points = np.column_stack([across / reach_x * room.width, upward / reach_y * room.height])
    dotted = screening["noise"]["effect"] / reach_x * room.width if screening["noise"] else -1.0
    over = style.inch_axes(figure, room)
    texts = [names[effect["factor"]] for effect in effects]
    blocked = [(dotted - 0.02, 0.0, dotted + 0.02, room.height)]
    write_labels(figure, over, points, np.full(len(points), 0.05), texts, (room.width, room.height), blocked)
    return figure


@house_style()
def index_bars(found: dict[str, Any], labels: dict[str, str], title: str, caption: str):
    """Return first and total order of each factor with intervals; hollow where the interval holds zero.

    A dotted line marks the total order that seeds alone would show.
    """
    rows = found["factors"]
    figure, (axis,) = style.open_panels(_HEAD + 0.35 + 1.6 * _ROW * len(rows), title, caption)
    places = np.arange(len(rows))[::-1].astype(float)
    for order, shift, colour in (("total", 0.19, style.VERMILION), ("first", -0.19, style.BLUE)):
        bars = [row[order] for row in rows]
        faces = ["white" if bar["low"] <= 0.0 <= bar["high"] else colour for bar in bars]
        values = [bar["estimate"] for bar in bars]
        axis.barh(places + shift, values, height=0.34, color=faces, edgecolor=colour, linewidth=1.3, alpha=0.9)
        _whiskers(axis, bars, places + shift)
        axis.barh([np.nan], [np.nan], color=colour, label=ORDERS[order])
    axis.axvline(0.0, color=style.BLACK, linewidth=0.8)
    if found["noise"]:
        axis.axvline(found["noise"]["share"], color=style.BLACK, linestyle=":", linewidth=1.4, zorder=4)
    _name_rows(axis, places, [labels[row["factor"]] for row in rows])
    axis.set_xlabel("share of the outcome's variance")
    axis.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, borderaxespad=0.2)
    style.settle(figure)
    return figure


@house_style()
def convergence(
    steps: list[dict[str, Any]], measures: dict[str, str], names: dict[str, str], axis_label: str, title: str, caption: str
):
    """Return one panel a factor: estimates with bands of their intervals against the design points used.

    Args:
        steps: `convergence` of a phase, from few points to all.
        measures: {key of a measure in a step: its name in words}; one or two.
        names: {factor: heading}, in the order of the panels.
    """
    columns = min(2, len(names))
    lines = math.ceil(len(names) / columns)
    above = 0.3 if len(measures) > 1 else 0.0  # room of the legend
    figure, frame = style.open_figure(0.6 + above + 1.5 * lines, title, caption)
    width, height = figure.get_size_inches()
    rect = (frame.left / width, frame.bottom / height, frame.width / width, (frame.height - above) / height)
    figure.set_layout_engine("constrained", rect=rect, h_pad=0.05, w_pad=0.04)
    axes = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True)
    points = [step["points"] for step in steps]
    colours = dict(zip(measures, (style.BLUE, style.VERMILION), strict=False))
    for place, axis in enumerate(axes.flat):
        if place >= len(names):
            axis.set_visible(False)
            continue
        factor = list(names)[place]
        axis.set_title(style.wrap(figure, names[factor], style.TEXT, 0.85 * frame.width / columns))
        axis.axhline(0.0, color=style.GREY, linewidth=0.8)
        for (measure, words), marker in zip(measures.items(), "os", strict=False):
            found = [step[measure][factor] for step in steps]
            colour = colours[measure]
            low, high = ([part[name] for part in found] for name in ("low", "high"))
            axis.fill_between(points, low, high, color=colour, alpha=0.18, linewidth=0)
            axis.plot(points, [part["estimate"] for part in found], color=colour, marker=marker, markersize=4, label=words)
            axis.vlines(points, low, high, color=colour, linewidth=0.9)
    _count_points(axes, points, len(names))
    for axis in axes[:, 0]:
        axis.set_ylabel(style.wrap(figure, axis_label, style.SMALL, 1.2), size=style.SMALL)
    if len(measures) > 1:
        corner = (frame.left / width, (frame.bottom + frame.height) / height)
        legend = figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="upper left", bbox_to_anchor=corner, ncols=2)
        legend.set_in_layout(False)
    style.settle(figure)
    return figure


def _count_points(axes, points: list[int], panels: int) -> None:
    """A logarithmic axis with the numbers of points as its marks; of many, some."""
    axes[0, 0].set_xscale("log")
    shown = points[:: max(1, math.ceil(len(points) / 4))]
    for place, axis in enumerate(axes.flat):
        axis.set_xticks(shown, [f"{point:,}" for point in shown])
        axis.minorticks_off()
        if place < panels and place + axes.shape[1] >= panels:
            axis.tick_params(labelbottom=True)
            axis.set_xlabel("design points used", size=style.SMALL)


def _whiskers(axis, bars: list[dict[str, Any]], places) -> None:
    for bar, place in zip(bars, places, strict=True):
        axis.plot([bar["low"], bar["high"]], [place, place], color=style.BLACK, linewidth=1.2, solid_capstyle="butt", zorder=5)


def _name_rows(axis, places, labels: list[str]) -> None:
    axis.set_yticks(places, labels)
    axis.tick_params(axis="y", length=0)
    axis.set_ylim(places.min() - 0.6, places.max() + 0.6)
    axis.grid(axis="x")
