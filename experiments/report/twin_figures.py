"""Figures of twin worlds: the same seeds without and with a policy, and what differs.

Differences are with the policy minus without it, so that below zero means less harm.
"""

from __future__ import annotations

import numpy as np

from experiments.report import labels, marks, style, world_figures
from experiments.report.style import Frame, house_style

VERDICT_LOOKS = {  # colour and marker; the word is always written too
    "supported": (style.BLUE, "o"),
    "refuted": (style.VERMILION, "s"),
    "undecided": (style.GREY, "D"),
    "not applicable": (style.GREY, "x"),
    "identical": (style.BLACK, "P"),
    "verified": (style.BLUE, "o"),
    "not verified": (style.VERMILION, "s"),
}

# --- maps


@house_style()
def twin_maps(
    names, x_km, y_km, base, treated, target_territory, target_kind, caption,
    title="Harm without and with the policy, and the difference", low=None, high=None,
):  # fmt: skip
    """Return two maps on one scale, without and with a policy, and a map of the difference below.

    `base`, `treated`: float[z, 4], exploitation person-days per day by venue kind, of territories at `x_km` east and
    `y_km` north. The policy acts in `target_territory` and `target_kind`; None: everywhere. `low`, `high`: bounds of
    the difference by territory; where they hold zero between them, the circle is hollow.
    ValueError if shapes differ, a value is missing or negative, or the kind or territory is unknown.
    """
    shape = (len(names), len(style.KINDS))
    base, treated = style.numbers("base", base, shape), style.numbers("treated", treated, shape)
    if min(base.min(), treated.min()) < 0:
        raise ValueError("base or treated holds negative values; both must be at least 0")
    target = _describe_target(names, target_territory, target_kind)
    unclear = _holds_zero(low, high, len(names))

    gap, head = 0.1, 0.3
    inner = style.WIDTH - 2 * style.MARGIN
    small = world_figures.MapLayout(x_km, y_km, (inner - gap) / 2, side=0.55, head=0.4)
    large = world_figures.MapLayout(x_km, y_km, inner, tallest=0.75)
    scale = world_figures.circle_scale(small, base.sum(axis=1), treated.sum(axis=1))
    legend = world_figures.kind_legend_height(base.sum(axis=1), scale)
    sizes = np.abs((treated - base).sum(axis=1))
    by_size = world_figures.circle_scale(large, sizes)
    below = world_figures.kind_legend_height(sizes, by_size) if by_size > 0 else 0.0
    body = head + small.height + legend + head + large.height + below
    figure, frame = style.open_figure(body, title, f"{caption}\n{_difference_note(low)}".strip())

    frame = frame._replace(bottom=frame.bottom + below)
    bottom = frame.bottom + large.height + head + legend
    for i, (heading, harm) in enumerate((("Without the policy", base), ("With the policy", treated))):
        left = frame.left + i * (small.width + gap)
        axes = style.inch_axes(figure, Frame(left, bottom, small.width, small.height))
        texts = [f"{name} {style.write_number(total)}" for name, total in zip(names, harm.sum(axis=1), strict=True)]
        if len(names) > labels.NAMES_ALWAYS_SHOWN:
            texts = [""] * len(names)  # half the width has no room for many; the map below names them
        world_figures.draw_map(figure, axes, small, harm, scale, texts, marked=target_territory)
        _write_heading(axes, f"{heading}: {style.write_number(harm.sum())} in all", small.height + 0.05)
    legend_frame = Frame(frame.left, frame.bottom + large.height + head, frame.width, legend)
    world_figures.draw_kind_legend(figure, legend_frame, base.sum(axis=1), scale)
    axes = style.inch_axes(figure, Frame(frame.left, frame.bottom, frame.width, large.height))
    _write_heading(axes, f"Difference. Policy: {target}", large.height + 0.05)
    _draw_difference(figure, axes, large, names, (treated - base).sum(axis=1), by_size, unclear, target_territory)
    axes = style.inch_axes(figure, Frame(frame.left, frame.bottom - below, frame.width, below)) if below else axes
    world_figures.draw_size_legend(figure, axes, (frame.width, below / 2), sizes, by_size)
    return figure


def _write_heading(axes, text, y) -> None:
    axes.text(0, y, text, size=style.TEXT, va="bottom", clip_on=False)


def _describe_target(names, territory, kind) -> str:
    if kind is not None and kind not in style.KINDS:
        raise ValueError(f"target_kind is {kind!r}; it must be one of {', '.join(style.KINDS)}, or None")
    if territory is not None and not 0 <= territory < len(names):
        raise ValueError(f"target_territory is {territory}; it must be from 0 to {len(names) - 1}, or None")
    where = "every territory" if territory is None else f"{names[territory]} (ringed)"
    return f"{where}, {'all kinds' if kind is None else style.KIND_LABELS[kind]}"


def _holds_zero(low, high, n) -> np.ndarray:
    """Which intervals hold zero: bool[n]; none does where there are no intervals."""
    if low is None or high is None:
        return np.zeros(n, bool)
    return (style.numbers("low", low, (n,)) <= 0) & (style.numbers("high", high, (n,)) >= 0)


def _difference_note(low) -> str:
    hollow = "" if low is None else " Hollow: the interval holds zero."
    return f"Numbers: {style.HARM_UNIT}. Difference: blue fewer, vermilion more, circles on a scale of their own.{hollow}"


def _draw_difference(figure, axes, layout, names, difference, scale, unclear, target) -> None:
    from matplotlib.patches import Circle

    written = [style.write_number(by, signed=True) for by in difference]
    size = np.abs(difference)
    radii = np.maximum(scale * np.sqrt(size), 0.02)
    for i in np.argsort(-radii, kind="stable"):
        colour = style.FEWER if difference[i] < 0 else style.MORE
        if written[i] == "0":
            colour = style.GREY
        face = "white" if unclear[i] or written[i] == "0" else colour
        axes.add_patch(Circle(layout.points[i], radii[i], facecolor=face, edgecolor=colour, linewidth=1.3))
    if target is not None:
        radii = world_figures.ring_target(axes, layout, radii, target)
    blocked = [world_figures.draw_scale_bar(figure, axes, layout, radii)]
    few = len(names) <= labels.NAMES_ALWAYS_SHOWN
    texts = [f"{name}\n{by}" if few or by != "0" else "" for name, by in zip(names, written, strict=True)]
    labels.write_labels(figure, axes, layout.points, radii, texts, (layout.width, layout.height), blocked)


# --- over time


@house_style()
def difference_over_time(days, mean_diff, policy_start, windows, caption, title="The difference the policy makes, over time"):
    """Return the mean difference with its band, one panel a place, all on one vertical scale.

    `days`: float[t] (weekly values: the middle of each week); the axis counts from `policy_start`. `mean_diff`:
    {heading: (mean, low, high)}, each float[t], in exploitation person-days per day; NaN is left out. `windows`:
    [(label, first, last)], shaded and named. ValueError if lengths differ.
    """
    since = style.numbers("days", days, (None,)) - policy_start
    figure, axes = style.open_panels(0.6 + 1.9 * len(mean_diff), title, caption, len(mean_diff), sharex=True, sharey=True)
    for i, (panel, (heading, values)) in enumerate(zip(axes, mean_diff.items(), strict=True)):
        mean, low, high = (
            style.numbers(f"{name} of {heading!r}", value, since.shape, finite=False)
            for name, value in zip(("mean", "low", "high"), values, strict=True)
        )
        _mark_windows(panel, windows, policy_start, named=i == 0)
        marks.draw_band(panel, since, (mean, low, high), style.BLUE, linewidth=1.4)
        marks.draw_zero(panel)
        panel.axvline(0, color=style.BLACK, linewidth=1.0, linestyle="--")
        panel.set_title(heading, pad=18 if i == 0 else 6)
        panel.set_ylabel("difference,\nexploitation\nperson-days a day")
    axes[-1].set_xlim(since.min(), since.max())
    axes[-1].set_xlabel("days since the policy starts")
    return style.settle(figure)


def _mark_windows(panel, windows, policy_start, named) -> None:
    for i, (label, first, last) in enumerate(windows):
        left, right = first - policy_start, last - policy_start
        panel.axvspan(left, right, color="#dcdcdc" if i % 2 == 0 else "#f1f1f1", linewidth=0, zorder=0)
        if named:
            panel.annotate(
                label, ((left + right) / 2, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 3),
                textcoords="offset points", ha="center", size=style.SMALL,
            )  # fmt: skip


# --- where it went


@house_style()
def forms_of_displacement(
    forms, caption, title="Where the activity went", unit=f"part of the fall at the target, {style.HARM_UNIT}"
):
    """Return horizontal bars with intervals, one a form of displacement.

    `forms`: [(label, estimate, low, high, proportional)]; `proportional` is what reallocation in proportion to the
    market alone would give, drawn as a diamond, or None. A missing estimate is written as "not estimated".
    """
    labels = [row[0] for row in forms]
    values = style.numbers("forms", [row[1:] for row in forms], (None, 4), finite=False)
    any_marker = np.isfinite(values[:, 3]).any()
    note = "Diamond: what reallocation in proportion to the market alone would give." if any_marker else ""
    figure, (axes,) = style.open_panels(0.65 + 0.44 * len(forms), title, f"{caption}\n{note}".strip())
    marks.name_rows(axes, labels, 1.9)
    for y, (estimate, low, high, proportional) in enumerate(values):
        if np.isfinite(estimate):
            axes.barh(y, estimate, height=0.55, color=style.BLUE, alpha=0.45, linewidth=0)
        else:
            marks.write_not_estimated(axes, y)
        if np.isfinite([low, high]).all():
            axes.plot([low, high], [y, y], color=style.BLACK, linewidth=1.4, marker="|", markersize=7)
        if np.isfinite(proportional):
            axes.plot(proportional, y, marker="D", markersize=6.5, color="white", markeredgecolor=style.BLACK, zorder=5)
    axes.axvline(0, color=style.BLACK, linewidth=0.9)
    axes.set_xlabel(unit)
    axes.margins(x=0.04)
    return style.settle(figure)


# --- estimates


@house_style()
def estimates_with_controls(rows, caption, title="The estimate and its controls", unit=f"difference, {style.HARM_UNIT}"):
    """Return a forest plot: each estimate with interval and threshold; verdict and expectation in words.

    `rows`: [(label, estimate, low, high, threshold, verdict, expected)]. Missing bounds (None or infinite) are drawn
    to the edge with an arrow; a missing estimate leaves the row to its words. `threshold` and `expected` may be None.
    """
    values = style.numbers("rows", [row[1:5] for row in rows], (None, 4), finite=False)
    note = "Tick with a triangle: the threshold of the claim. Arrow: no finite bound."
    figure, (axes,) = style.open_panels(0.6 + 0.62 * len(rows), title, f"{caption}\n{note}".strip())
    left, right = _span(values)
    for y, (row, (estimate, low, high, threshold)) in enumerate(zip(rows, values, strict=True)):
        label, verdict, expected = row[0], row[5], row[6]
        colour, marker = VERDICT_LOOKS.get(verdict, (style.GREY, "x"))
        _write_row(figure, axes, y, label, verdict, expected)
        if np.isfinite(threshold):
            axes.plot([threshold] * 2, [y - 0.06, y + 0.28], color=style.BLACK, linewidth=1.2, zorder=5)
            axes.plot(threshold, y - 0.06, marker="v", markersize=6, color="white", markeredgecolor=style.BLACK, zorder=5)
        if not np.isfinite(estimate):
            continue
        for bound, edge, arrow in ((low, left, "<"), (high, right, ">")):
            end = bound if np.isfinite(bound) else edge
            axes.plot([estimate, end], [y + 0.12] * 2, color=colour, linewidth=2.2, solid_capstyle="butt")
            if not np.isfinite(bound):
                axes.plot(end, y + 0.12, marker=arrow, color=colour, markersize=7, clip_on=False)
        axes.plot(estimate, y + 0.12, marker=marker, color=colour, markersize=8, markeredgewidth=1.6, zorder=4)
    axes.axvline(0, color=style.BLACK, linewidth=0.9, zorder=1)
    axes.set(xlim=(left, right), ylim=(len(rows) - 0.5, -0.62), yticks=[], xlabel=unit)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    return style.settle(figure)


def _write_row(figure, axes, y, label, verdict, expected) -> None:
    """Write the label above an interval, and at its right end the verdict and what was expected."""
    if expected is None:
        words, weight = verdict, "normal"
    elif expected == verdict:
        words, weight = f"{verdict}, as expected", "normal"
    else:
        words, weight = f"{verdict}; expected: {expected}", "bold"
    white = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
    across = axes.get_yaxis_transform()
    room = style.WIDTH - 2 * style.MARGIN - style.text_size(figure, words, style.SMALL, weight)[0] - 0.3
    label = style.wrap(figure, label, style.TEXT, room)
    axes.text(0, y - 0.32, label, transform=across, va="center", size=style.TEXT, bbox=white, zorder=3)
    axes.text(
        1, y - 0.32, words, transform=across, va="center", ha="right", size=style.SMALL, weight=weight,
        bbox=white, zorder=3,
    )  # fmt: skip


def _span(values) -> tuple[float, float]:
    """Limits of the horizontal axis: every finite number and zero, with a margin."""
    finite = np.append(values[np.isfinite(values)], 0.0)
    low, high = float(finite.min()), float(finite.max())
    margin = 0.06 * (high - low or 1.0)
    return low - margin, high + margin


# --- distance


@house_style()
def gradient_with_distance(km, change_percent, low, high, sizes, names, caption="", title="Change by distance from the target"):
    """Return the change of each territory against its distance from the target, with intervals.

    `km`: float[z]. `change_percent`, `low`, `high`: float[z], change in exploitation person-days per day; NaN is left
    out. `sizes`: float[z], person-days per day without the policy, areas of the circles. ValueError if lengths differ.
    """
    km = style.numbers("km", km, (len(names),))
    sizes = style.numbers("sizes", sizes, km.shape)
    change, low, high = (
        style.numbers(name, value, km.shape, finite=False)
        for name, value in (("change_percent", change_percent), ("low", low), ("high", high))
    )
    shown = np.isfinite(change) & (sizes >= 0)
    note = f"Area of a circle: {style.HARM_UNIT} without the policy."
    figure, (axes,) = style.open_panels(4.0, title, f"{caption}\n{note}".strip())
    radii = np.clip(0.2 * np.sqrt(sizes / max(sizes.max(), 1e-12)), 0.03, None)
    colours = [style.FEWER if value < 0 else style.MORE for value in change]
    for i in np.flatnonzero(shown):
        axes.plot([km[i]] * 2, [low[i], high[i]], color=colours[i], linewidth=1.6, zorder=2)
        axes.scatter(km[i], change[i], s=(144 * radii[i]) ** 2, color=colours[i], edgecolor="white", zorder=3)
    marks.draw_zero(axes)
    axes.set(xlabel="distance from the target, km", ylabel=f"change in {style.HARM_UNIT}, %")
    axes.margins(x=0.08, y=0.08)
    style.settle(figure)
    _name_points(figure, axes, km, change, low, high, radii, np.array(names, dtype=object), shown)
    return figure


def _name_points(figure, axes, km, change, low, high, radii, names, shown) -> None:
    """Write the names on a sheet of inches over the axes, clear of circles and intervals."""
    box = axes.get_window_extent()
    dpi = figure.dpi
    room = (box.width / dpi, box.height / dpi)

    def on_sheet(x, y):
        return (axes.transData.transform(np.column_stack([x, y])) - [box.x0, box.y0]) / dpi

    points, ends = on_sheet(km[shown], change[shown]), []
    for bounds in (low[shown], high[shown]):
        ends.append(on_sheet(km[shown], np.where(np.isfinite(bounds), bounds, change[shown])))
    bars = [(a[0] - 0.02, a[1], b[0] + 0.02, b[1]) for a, b in zip(*ends, strict=True)]
    zero = on_sheet(np.zeros(1), np.zeros(1))[0][1]
    sheet = style.inch_axes(figure, Frame(box.x0 / dpi, box.y0 / dpi, *room))
    sheet.set_facecolor("none")
    blocked = [*bars, (0, zero - 0.01, room[0], zero + 0.01)]
    labels.write_labels(figure, sheet, points, radii[shown], list(names[shown]), room, blocked)
