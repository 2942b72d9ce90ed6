"""Figures and page of the specialisation test: holders per Plan over volume, for each digital share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from experiments.questions.estimand import parts_by_id
from experiments.questions.specialisation.estimand import ARMS, name_class, name_left_out
from experiments.questions.study import Study
from experiments.report import marks, style
from experiments.report.page import Page
from experiments.report.style import house_style
from experiments.store.result import interval_text, number, number_cells

LIGHT, DARK = "#8fc7e8", "#08306b"  # few and all searches online, distinct by lightness and by marker
MARKERS = "sDo^vP"
LEAST_PLAN_DAYS = 30  # fewer are not drawn
PANELS = (("all", "plan_days", "All Plans"), ("housed", "housed_days", "Housed Plans only"))


def figures(study: Study, rows: list[dict], entry: dict[str, Any]) -> dict[str, Any]:
    """The figures by file name; the first is the one that tells the result."""
    return {"holders_over_volume": holders_over_volume(entry["curves"])}


@house_style()
def holders_over_volume(curves: list[dict[str, Any]]):
    """Mean holders of the tasks that grow with volume, by class of appointments per day and digital share.

    `curves`: for each digital share `points` by class of volume, with the means over all and over housed Plans.
    """
    pairs = sorted({curve["pairs"] for curve in curves}, reverse=True)
    caption = (
        "Distinct holders of ads and calls, transport and supplies; in the street one person, the Boss, does all three, so "
        "a street Plan counts one. Plans looked at every few days in a year after the start, "
        f"{' or '.join(map(str, pairs))} worlds per line; bars: 95 % intervals over worlds (simulation error at fixed "
        "parameters)."
    )
    title = "On how many hands does a Plan's work lie, at equal volume?"
    figure, panels = style.open_panels(4.9, title, caption, rows=2, sharex=True, sharey=True)
    seen = [place for place in range(len(curves[0]["points"])) if any(c["points"][place]["plan_days"] > 0 for c in curves)]
    names = [name_class(point["from"], point["to"]) for point in curves[0]["points"]][: 1 + max(seen, default=0)]
    shades = _shades(curves)
    for axes, (of, days, heading) in zip(panels, PANELS, strict=True):
        for curve, colour, marker, shift in zip(curves, shades, MARKERS, np.linspace(-0.16, 0.16, len(curves)), strict=False):
            _draw_curve(axes, curve, of, days, colour, marker, shift)
        axes.axhline(1.0, color=style.GREY, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
        axes.grid(axis="y")
        axes.set_title(heading)
        axes.set_ylabel("holders per Plan")
    panels[-1].set_xticks(range(len(names)), names)
    panels[-1].set_xlabel("appointments of the Plan that day")
    panels[0].legend(title="share of searches online", loc="upper left", title_fontsize=style.SMALL, ncols=2)
    return style.settle(figure)


def _shades(curves: list[dict[str, Any]]) -> list:
    """Vermilion for the street, then blues, the darker the more is online."""
    from matplotlib.colors import LinearSegmentedColormap

    ramp = LinearSegmentedColormap.from_list("online", [LIGHT, DARK])
    return [ramp(curve["digital_share"]) if curve["digital_share"] > 0.0 else style.VERMILION for curve in curves]


def _draw_curve(axes, curve: dict[str, Any], of: str, days: str, colour, marker: str, shift: float) -> None:
    """One line with its intervals, over the classes with enough Plan-days."""
    shown = [
        (place + shift, point[of])
        for place, point in enumerate(curve["points"])
        if point[days] >= LEAST_PLAN_DAYS and point[of]["low"] is not None
    ]
    if shown:
        share = f"{100 * curve['digital_share']:g} %"
        marks.draw_line(axes, *zip(*shown, strict=True), colour, marker, label=share, markersize=4.5, linewidth=1.3)


def sections(page: Page, entry: dict[str, Any], folder: Path) -> None:
    """What the difference is made of, what was left out, and the table behind the figure."""
    street, digital = name_left_out(entry)
    page.paragraph(
        "Compared are the distinct holders of the tasks whose work grows with the volume. That street Plans need no slots and "
        "housed ones four or more is a rule; how many hands fill them is an outcome."
    )
    page.paragraph(f"Left out, because the other world has no Plans of that volume: {street} in the street, {digital} online.")
    page.quantities(entry["parts"])
    mixed = entry["from_mixed"]
    if mixed:
        inside = parts_by_id(mixed)["inside_housed"]
        start, end = (f"{100 * share:g} %" for share in mixed["digital_share"])
        page.paragraph(
            f"From {start} of searches online to {end}, where both worlds have housed Plans: {interval_text(mixed)} holders a "
            f"Plan, of which inside housed Plans {interval_text(inside)}."
        )
    page.table(
        ["appointments per day", *(f"{arm}: {what}" for arm in ARMS for what in ("Plan-days", "holders", "low", "high"))],
        [
            [name_class(line["from"], line["to"])]
            + [text for arm in ARMS for text in (number(line[f"{arm}_plan_days"], 0), *number_cells(line[f"{arm}_all"]))]
            for line in entry["by_volume"]
        ],
    )
