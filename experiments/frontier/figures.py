"""Figures of a search: harm averted against cost, how far each policy may be from the best, and what mixtures are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from experiments.frontier.results import ALONE, MIXED, NO_POLICY
from experiments.report import marks, style

PANELS = {"averted": "exploitation averted,\nperson-days a day", "minors_averted": "of it, of minors,\nperson-days a day"}
_HEIGHT, _ROW, _AXIS = 2.5, 0.27, 0.7
_CELL, _HEADS = 0.3, 1.25


def looks_of(row: Mapping[str, Any], robust: str) -> tuple[str, str]:
    """Colour and marker of a policy."""
    if row["name"] == robust:
        return style.VERMILION, "D"
    return {MIXED: (style.BLUE, "o"), ALONE: (style.GREY, "X"), NO_POLICY: (style.BLACK, "s")}[row["kind"]]


@style.house_style()
def draw_frontier(summary: Mapping[str, Any]):
    """What each policy averts against what it costs, exploitation above and minors below, with intervals."""
    rows, robust = summary["policies"], summary["robust"]
    caption = (
        f"Blue circles: mixtures of levers; grey crosses: a lever by itself with the whole budget, or as much as it can take; "
        f"vermilion diamond: {robust}, never far from the best; black square: no policy. Letters: mixtures that nothing betters. "
        f"Bars: {summary['interval']}."
    )
    figure, axes = style.open_panels(2 * _HEIGHT, "What can a public budget avert?", caption, 2, sharex=True)
    for panel, (name, label) in zip(axes, PANELS.items(), strict=True):
        marks.draw_zero(panel)
        for row in rows:
            colour, marker = looks_of(row, robust)
            cost = row["cost_a_year"] / 1000.0
            estimate, low, high = marks.bounds_of([row[name]])[:, 0]
            panel.vlines(cost, low, high, color=colour, linewidth=1.0, alpha=0.6)
            panel.plot(cost, estimate, marker, color=colour, markersize=6, zorder=3 + (row["name"] == robust))
            if row["kind"] == MIXED and row["dominated_by"] is None or row["name"] == robust:
                text = row["name"].removeprefix("mixture ")
                panel.annotate(text, (cost, estimate), (5, 4), textcoords="offset points", size=8, zorder=5)
        panel.set_ylabel(label)
    axes[-1].set_xlabel("public cost of the policy, thousand EUR a year")
    style.settle(figure)
    return figure


@style.house_style()
def draw_regret(summary: Mapping[str, Any]):
    """How much more exploitation each policy leaves than the best one, under each set of assumptions."""
    rows = sorted(summary["policies"], key=lambda row: row["largest_regret"]["estimate"])
    caption = (
        f"Small: one set of assumptions each ({len(summary['without'])} in all). Large: the worst of them, with a 95 % interval "
        f"over {summary['worlds']} worlds. The best of a set is chosen in one half of the worlds and measured in the other."
    )
    title = "Which policy is never far from the best?"
    figure, (axes,) = style.open_panels(_AXIS + _ROW * len(rows), title, caption)
    axes.axvline(0.0, color=style.BLACK, linewidth=0.9)
    for y, row in enumerate(rows):
        colour, marker = looks_of(row, summary["robust"])
        values = list(row["regret"].values())
        axes.plot(values, [y] * len(values), "o", color=colour, markersize=3, alpha=0.5)
        marks.draw_rows(axes, [y], [row["largest_regret"]], [colour], [marker])
    marks.name_rows(axes, [row["name"] for row in rows])
    axes.set_xlabel("exploitation more than under the best policy, person-days a day")
    style.settle(figure)
    return figure


@style.house_style()
def draw_mixtures(summary: Mapping[str, Any]):
    """What each mixture spends on which lever, as a table of shades."""
    rows = [row for row in summary["policies"] if row["kind"] == MIXED]
    levers = sorted({lever for row in rows for lever in row["euros_a_year"]})
    share = np.array([[row["euros_a_year"].get(lever, 0.0) for lever in levers] for row in rows]) / summary["budget_a_year"]
    caption = "Numbers and shades: per cent of the budget. Rows by rising cost; an asterisk marks the robust choice."
    figure, (axes,) = style.open_panels(_HEADS + _CELL * len(rows), "What are the mixtures made of?", caption)
    axes.imshow(share, cmap="Blues", vmin=0.0, vmax=max(1.0, share.max(initial=0.0)), aspect="auto")
    for y, x in np.argwhere(share >= 0.005):
        axes.text(
            x,
            y,
            f"{100 * share[y, x]:.0f}",
            ha="center",
            va="center",
            size=8,
            color="white" if share[y, x] > 0.6 else style.BLACK,
        )
    axes.set_xticks(range(len(levers)), [lever.replace("_", " ") for lever in levers], rotation=90, size=8)
    axes.xaxis.tick_top()
    marked = {summary["robust"]: "*"}
    axes.set_yticks(range(len(rows)), [f"{row['name']}{marked.get(row['name'], '')}" for row in rows], size=8)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.grid(False)
    style.settle(figure)
    return figure
