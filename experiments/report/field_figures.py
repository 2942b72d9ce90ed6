"""Figure of the field view: what police would have on file, month by month, under what was the case."""

from __future__ import annotations

import numpy as np

from experiments.report import marks, style
from experiments.report.style import house_style

A_MONTH = 30.0  # days: months of different length compare
EXPLOITATION = "True: persons exploited"
CASES = "Plans found by police"
VICTIMS = "Persons met by police"
MINORS = "Minors among the victims"
UNITS = {EXPLOITATION: "mean a day", CASES: "Plans in 30 days", VICTIMS: "persons in 30 days", MINORS: "persons in 30 days"}

# label, series, column, colour, dashes, marker; what is true is drawn strong, what is on file dashed
_PANELS = {
    CASES: (
        ("found", "cases", "true", style.BLUE, "-", "o"),
        ("on file", "cases", "recorded", style.VERMILION, "--", "s"),
    ),
    VICTIMS: (
        ("met", "persons_met", "true", style.GREY, "-", "^"),
        ("recognised", "victims", "true", style.BLUE, "-", "o"),
        ("on file", "victims", "recorded", style.VERMILION, "--", "s"),
    ),
    MINORS: (
        ("recognised", "minor_victims", "true", style.BLUE, "-", "o"),
        ("on file", "minor_victims", "recorded", style.VERMILION, "--", "s"),
    ),
}
_COLUMNS = ("period", "days", "complete", "series", "recorded", "true", "behind")


@house_style()
def recorded_against_true(view, policy_start, caption, title="What is on file, and what was the case"):
    """Return panels over months: true exploitation on top, then police series, true and on file.

    Months that were measured in part are left out, unless there is no other. The vertical axes start at 0.

    `view`: of `sim.measures.field_view.field_view(by="month")`. `policy_start`: date of a vertical line, or None; one
    outside the months shown is left out. ValueError if a column or a series is missing.
    """
    shown = _read_view(view)
    caption = f"{caption}\nPoints: months, at their middle. Chances to be on file are assumptions."
    figure, axes = style.open_panels(6.6, title, caption.strip(), 1 + len(_PANELS), sharex=True)
    _draw_exploitation(axes[0], shown)
    for panel, (heading, lines) in zip(axes[1:], _PANELS.items(), strict=True):
        for label, series, column, colour, dashes, marker in lines:
            rows = shown[shown["series"] == series]
            _draw_line(panel, rows, A_MONTH * rows[column] / rows["days"], label, colour, dashes, marker)
        _finish(panel, heading)
    begins = shown["period"].to_numpy().astype("datetime64[D]")
    first, last = begins.min(), (begins + shown["days"].to_numpy()).max()
    axes[-1].set_xlim(first, last)
    if policy_start is not None and first <= np.datetime64(policy_start, "D") <= last:
        for panel in axes:
            marks.draw_date(panel, np.datetime64(policy_start, "D"), "policy starts" if panel is axes[0] else None)
    marks.write_dates(axes[-1], least=2)
    axes[-1].set_xlabel("month")
    figure.align_ylabels(axes)
    return style.settle(figure)


def _read_view(view):
    """The rows to show, checked."""
    missing = [name for name in _COLUMNS if name not in view.columns]
    if missing:
        raise ValueError(f"view has no column {', '.join(missing)}")
    wanted = {series for lines in _PANELS.values() for _, series, *_ in lines} | {"adult_victims"}
    absent = sorted(wanted - set(view["series"]))
    if absent:
        raise ValueError(f"view has no series {', '.join(absent)}")
    return view[view["complete"]] if view["complete"].any() else view


def _draw_exploitation(panel, shown) -> None:
    everybody, minors = shown[shown["series"] == "victims"], shown[shown["series"] == "minor_victims"]
    _draw_line(panel, everybody, everybody["behind"] / everybody["days"], "all", style.BLACK, "-", "o")
    _draw_line(panel, minors, minors["behind"] / minors["days"], "minors", style.BLACK, ":", "D")
    _finish(panel, EXPLOITATION)


def _draw_line(panel, rows, values, label, colour, dashes, marker) -> None:
    middle = rows["period"].to_numpy().astype("datetime64[D]") + np.minimum(14, rows["days"].to_numpy() // 2)
    panel.plot(
        middle, values.to_numpy(), color=colour, linestyle=dashes, marker=marker, markersize=4.0, linewidth=1.4, label=label,
        clip_on=False,
    )  # fmt: skip


def _finish(panel, heading) -> None:
    top = max(float(line.get_ydata().max()) for line in panel.get_lines())
    panel.set_ylim(0, 1.12 * top or 1.0)
    panel.set_title(heading)
    panel.set_ylabel(UNITS[heading], size=style.SMALL)
    panel.grid(axis="y")
    panel.locator_params(axis="y", nbins=4)
    marks.legend_above_right(panel, 3)
