"""Figures over structures: a panel for each hypothesis, a row for each structure or effect."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from experiments.report import marks, style
from experiments.report.twin_figures import VERDICT_LOOKS
from experiments.statistics.verdict import shown_verdict
from experiments.structures.results import by_hypothesis

_NAMES = {style.BLUE: "blue", style.VERMILION: "vermilion", style.GREY: "grey", style.BLACK: "black"}
_MARKERS = {"o": "circle", "s": "square", "D": "diamond", "x": "cross", "P": "plus sign"}
_ROW, _AROUND = 0.19, 0.95  # inches: of a row, and of title and axis of a panel
_LABELS = 1.5  # inches for the names of rows


class Panel(NamedTuple):
    """One hypothesis: its rows with estimates, colours and markers, the unit of the axis, and where the vertical line is."""

    title: str
    unit: str
    line: float
    points: Sequence[Mapping[str, Any]]
    looks: Sequence[tuple[str, str]]


@style.house_style()
def small_multiples(panels: Sequence[Panel], labels: Sequence[str], title: str, caption: str):
    """Panels in two columns with the same rows, each on a scale of its own; the line is the threshold, or zero."""
    columns = min(2, len(panels))
    rows = math.ceil(len(panels) / columns)
    height = rows * (_AROUND + _ROW * len(labels))
    figure, grid = style.open_grid(height, title, caption, rows, columns, sharey=True)
    figure.get_layout_engine().set(wspace=0.06, hspace=0.09)
    width = (style.WIDTH - 2 * style.MARGIN - _LABELS) / columns - 0.2
    for place, axes in enumerate(grid.flat):
        if place >= len(panels):
            axes.remove()
            continue
        _draw(figure, axes, panels[place], width)
    for axes in grid[:, 0]:
        marks.name_rows(axes, [label.replace("_", " ") for label in labels], _LABELS)
        axes.grid(True, axis="x")
    return style.settle(figure)


def _draw(figure, axes, panel: Panel, width: float) -> None:
    axes.axvline(panel.line, color=style.BLACK, linewidth=1.1, linestyle="--", zorder=1)
    colours, markers = zip(*panel.looks, strict=True)
    marks.draw_rows(axes, range(len(panel.points)), panel.points, colours, markers, markeredgewidth=1.4)
    known = marks.bounds_of(panel.points)
    if not np.isfinite(known[0]).all():
        for y in np.flatnonzero(~np.isfinite(known[0])):
            marks.write_not_estimated(axes, y)
    axes.set_title(style.wrap(figure, panel.title, style.TEXT, width))
    axes.set_xlabel(style.wrap(figure, panel.unit, style.SMALL, width), size=style.SMALL)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.locator_params(axis="x", nbins=4)
    axes.margins(x=0.08)


def draw_table(summary: Mapping[str, Any]):
    """Estimates of each hypothesis under each structure, with intervals and the threshold of the claim."""
    panels, used = [], {}
    for rows in by_hypothesis(summary["rows"]).values():
        shown = [shown_verdict(row["kind"], row["verdict"]) for row in rows]
        looks = [VERDICT_LOOKS[word] for word in shown]
        used |= dict(zip(shown, looks, strict=True))
        panels.append(Panel(f"{rows[0]['rank']}. {rows[0]['title']}", rows[0]["unit"], rows[0]["threshold"], rows, looks))
    words: dict[tuple[str, str], list[str]] = {}
    for verdict, look in used.items():
        words.setdefault(look, []).append(verdict)
    legend = "; ".join(f"{_NAMES[look[0]]} {_MARKERS[look[1]]}: {' or '.join(verdicts)}" for look, verdicts in words.items())
    caption = f"Dashed line: the threshold of the claim. Lines: 95 % intervals over pairs of seeds. {style.capitalise(legend)}."
    return small_multiples(panels, summary["structures"], "The same claims under other structures of the model", caption)


def draw_effects(summary: Mapping[str, Any]):
    """The main effect of each structure on the estimate of each hypothesis."""
    panels = []
    for name, rows in by_hypothesis(summary["rows"]).items():
        points = [one for one in summary["effects"] if one["hypothesis"] == name and one["kind"] == "main"]
        looks = [(style.BLUE, "o") if one["clear"] else (style.GREY, "D") for one in points]
        panels.append(Panel(f"{rows[0]['rank']}. {rows[0]['title']}", f"change, {rows[0]['unit']}", 0.0, points, looks))
    caption = (
        f"Change of the estimate when a structure is turned on: half of {len(summary['design'])} runs against the other half. "
        "Lines: 95 % intervals over pairs of seeds. Blue circle: the interval excludes zero; grey diamond: it does not. "
        "Dashed line: no change."
    )
    return small_multiples(panels, summary["structures"], "Which structures matter to which claim?", caption)
