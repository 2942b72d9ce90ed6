"""Figures of one world or of the mean of several: harm on the map, over time, and a month of Plans."""

from __future__ import annotations

import math

import numpy as np

from experiments.report import labels, marks, style
from experiments.report.style import Frame, house_style

MAX_ROWS = 60  # Bosses in one strip; more cannot be read
A_DAY = " a day"  # ends the heading of a rate of events
RARE, BIN = 5.0, 30  # events a day below which they are counted over so many days
MULTIPLIER = "Calendar multiplier of demand"

# --- the map


@house_style()
def map_of_harm(names, x_km, y_km, population, person_days_a_day, title, caption):
    """Return a map: one circle a territory, its area in proportion to exploitation person-days a day.

    Circles are cut by venue kind, clockwise from the top in the order of `style.KINDS`; where a circle is
    too small to be cut legibly, a strip under its name repeats the split. A thin outline shows the area each
    circle would have if the same total were spread by population.

    `person_days_a_day`: float[z, 4], by venue kind, of territories at `x_km` east and `y_km` north. The caption gives
    seeds, days and what kind of interval, if any. ValueError if shapes differ, or a value is missing or negative.
    """
    harm = _at_least_zero("person_days_a_day", person_days_a_day, (len(names), len(style.KINDS)))
    population = _at_least_zero("population", population, (len(names),))
    totals = harm.sum(axis=1)
    spread = totals.sum() * population / max(population.sum(), 1e-12)
    layout = MapLayout(x_km, y_km, style.WIDTH - 2 * style.MARGIN)
    scale = circle_scale(layout, totals, spread)

    few = len(names) <= labels.NAMES_ALWAYS_SHOWN  # outlines and strips crowd a map of many
    more = "Thin outline: the same total if it followed population." if few else "Names without room are left out."
    legend = kind_legend_height(totals, scale)
    figure, frame = style.open_figure(layout.height + legend, title, f"{caption}\nNumbers: {style.HARM_UNIT}. {more}".strip())
    axes = style.inch_axes(figure, Frame(frame.left, frame.bottom + legend, frame.width, layout.height))
    texts = [f"{name}\n{style.write_number(total)}" for name, total in zip(names, totals, strict=True)]
    draw_map(figure, axes, layout, harm, scale, texts, outline=spread if few else None, strips=few)
    draw_kind_legend(figure, Frame(frame.left, frame.bottom, frame.width, legend), totals, scale)
    return figure


class MapLayout:
    """Where territories stand on the page: positions in inches inside a map of given width.

    `points`: float[z, 2], inches from the lower left corner. The height follows the territories, up to `tallest`
    widths; `inches_per_km` is the scale.
    """

    def __init__(self, x_km, y_km, width: float, side: float = 0.75, head: float = 0.65, tallest: float = 1.0):
        x, y = style.numbers("x_km", x_km, (None,)), style.numbers("y_km", y_km, (None,))
        if len(x) != len(y) or not len(x):
            raise ValueError(f"{len(x)} x_km and {len(y)} y_km; give one each per territory, and at least one")
        span_x, span_y = max(np.ptp(x), 5.0), max(np.ptp(y), 1.0)  # one place alone still makes a map
        wanted = (width - 2 * side) * span_y / span_x + 2 * head
        self.width, self.height = width, float(np.clip(wanted, 0.55 * width, tallest * width))
        self.inches_per_km = min((width - 2 * side) / span_x, (self.height - 2 * head) / span_y)
        middle = np.array([(x.max() + x.min()) / 2, (y.max() + y.min()) / 2])
        self.points = (np.column_stack([x, y]) - middle) * self.inches_per_km + [width / 2, self.height / 2]


def circle_scale(layout: MapLayout, *totals) -> float:
    """Inches of radius per square root of a unit, so that the largest circle fits and the map stays open."""
    largest = max((float(np.max(values)) for values in totals), default=0.0)
    together = max((float(np.sum(values)) for values in totals), default=0.0)
    if largest <= 0:
        return 0.0
    by_largest = 0.1 * layout.width / math.sqrt(largest)
    by_all = math.sqrt(0.12 * layout.width * layout.height / (math.pi * together))
    return min(by_largest, by_all)


def draw_map(figure, axes, layout, harm, scale, texts, outline=None, strips=False, marked=None):
    """Draw circles cut by kind, their labels and a scale bar on axes in inches.

    `harm`: float[z, 4]. `scale`: from `circle_scale`. `texts`: labels, "" for none. `outline`: float[z], drawn as
    thin outlines on the same scale. `strips`: repeat the split under the name of small circles. `marked`: index of a
    territory ringed in black.
    """
    from matplotlib.patches import Circle

    totals = harm.sum(axis=1)
    radii = scale * np.sqrt(totals)
    reach = radii if outline is None else np.maximum(radii, scale * np.sqrt(outline))
    for i in np.argsort(-radii, kind="stable"):
        _draw_pie(axes, layout.points[i], radii[i], harm[i])
    if outline is not None:
        for point, radius in zip(layout.points, scale * np.sqrt(outline), strict=True):
            axes.add_patch(Circle(point, radius, fill=False, edgecolor=style.GREY, linewidth=0.8, zorder=3))
    if marked is not None:
        reach = ring_target(axes, layout, reach, marked)
    small = [strips and 0 < radius < 0.1 for radius in radii]
    blocked = [draw_scale_bar(figure, axes, layout, reach)]
    room, below = (layout.width, layout.height), 0.08 * np.array(small)
    places = labels.write_labels(figure, axes, layout.points, reach, texts, room, blocked, below)
    for i, place in enumerate(places):
        if small[i] and place is not None:
            _draw_strip(axes, place, harm[i])


def ring_target(axes, layout, radii, target):
    """Ring the territory where a policy acts; return the radii with that of the ring in its place."""
    from matplotlib.patches import Circle

    radii = np.array(radii)
    radii[target] += 0.05
    point = layout.points[target]
    axes.add_patch(Circle(point, radii[target], fill=False, edgecolor=style.BLACK, linewidth=1.6, zorder=4))
    return radii


def _draw_pie(axes, point, radius, by_kind) -> None:
    from matplotlib.patches import Circle, Wedge

    total = by_kind.sum()
    if total <= 0:
        axes.add_patch(Circle(point, 0.025, facecolor="white", edgecolor=style.GREY, linewidth=0.8))
        return
    angle = 90.0
    for kind, value in zip(style.KINDS, by_kind, strict=True):
        turn = 360.0 * value / total
        if turn > 0:
            axes.add_patch(Wedge(point, radius, angle - turn, angle, facecolor=style.KIND_COLOURS[kind], linewidth=0))
        angle -= turn
    axes.add_patch(Circle(point, radius, fill=False, edgecolor="white", linewidth=0.6))


def _draw_strip(axes, below, by_kind, width=0.46, height=0.06) -> None:
    from matplotlib.patches import Rectangle

    x, y = below[0] - width / 2, below[1] - height - 0.02
    for kind, value in zip(style.KINDS, by_kind / by_kind.sum(), strict=True):
        axes.add_patch(Rectangle((x, y), width * value, height, facecolor=style.KIND_COLOURS[kind], linewidth=0))
        x += width * value


def draw_scale_bar(figure, axes, layout, radii) -> tuple:
    """Draw a bar of round length and a north arrow in the emptiest corner; return the box they take."""
    length_km = style.round_steps(0.25 * layout.width / layout.inches_per_km, (1.0,))[0]
    length = length_km * layout.inches_per_km
    text = f"{length_km:g} km  ↑ N"
    width, height = max(length, style.text_size(figure, text, style.SMALL)[0]), 0.26
    corners = [(x, y) for y in (0.03, layout.height - height) for x in (0.03, layout.width - width - 0.03)]

    def clearance(corner):
        centre = np.array(corner) + [width / 2, height / 2]
        away = np.maximum(np.abs(layout.points - centre) - [width / 2, height / 2], 0)
        return float((np.hypot(*away.T) - radii).min())

    x, y = max(corners, key=clearance)
    axes.plot([x, x, x + length, x + length], [y + 0.06, y, y, y + 0.06], color=style.BLACK, linewidth=1.0)
    axes.text(x, y + 0.08, text, size=style.SMALL, va="bottom")
    return (x, y, x + width, y + height)


def kind_legend_height(totals, scale) -> float:
    """Height in inches that `draw_kind_legend` needs."""
    largest = style.round_steps(max(totals))[-1] if scale > 0 else 0.0
    return max(0.4, 2 * scale * math.sqrt(largest) + 0.12)


def draw_kind_legend(figure, frame: Frame, totals, scale) -> None:
    """Draw colours of the kinds, and circles of known size to compare with."""
    from matplotlib.patches import Rectangle

    axes, y = style.inch_axes(figure, frame), frame.height / 2
    x = 0.0
    for kind in style.KINDS:
        label = style.KIND_LABELS[kind]
        axes.add_patch(Rectangle((x, y - 0.065), 0.13, 0.13, facecolor=style.KIND_COLOURS[kind], linewidth=0))
        axes.text(x + 0.18, y, label, size=style.SMALL, va="center")
        x += 0.34 + style.text_size(figure, label, style.SMALL)[0]
    draw_size_legend(figure, axes, (frame.width, y), totals, scale)


def draw_size_legend(figure, axes, right, totals, scale) -> None:
    """Draw circles of known size to the left of a point, each with its number; none without a scale."""
    from matplotlib.patches import Circle

    if scale <= 0:
        return
    x, y = right
    for value in reversed(style.round_steps(max(totals))):
        text = f"{value:g}"
        radius, width = scale * math.sqrt(value), style.text_size(figure, text, style.SMALL)[0]
        axes.text(x - width, y, text, size=style.SMALL, va="center")
        x -= width + 0.06 + radius
        axes.add_patch(Circle((x, y), radius, facecolor=style.PALE, edgecolor=style.GREY, clip_on=False))
        x -= radius + 0.16


def _at_least_zero(name, values, shape) -> np.ndarray:
    array = style.numbers(name, values, shape)
    if (array < 0).any():
        raise ValueError(f"{name} holds negative values; it must be at least 0")
    return array


# --- over time


@house_style()
def series_over_time(
    dates, series, multiplier, school_holiday, burn_in_end, policy_start, caption, title="The market over time", untreated=None
):
    """Return small panels over one axis of dates: each series, and the calendar multiplier below.

    Strong lines are centred means of seven days, thin ones daily values. Events of which there are fewer than `RARE` a day
    (headings that end in "a day") are counted over `BIN` days. The vertical axes start at 0.

    `dates`: anything NumPy reads as days. `series`, from the top: {heading with unit: float[day]}, or
    {heading: {label: float[day]}} for several lines in one panel. `multiplier`: calendar multiplier of demand (mean
    one over a year). `school_holiday`: bool[day], shaded. Vertical lines: `burn_in_end`, and `policy_start` if it is
    not None. `untreated`: the same series in the twin world without the policy, drawn in grey. ValueError if lengths
    differ, or more than four lines share a panel.
    """
    days = np.asarray(dates, dtype="datetime64[D]")
    holiday = style.numbers("school_holiday", school_holiday, days.shape) > 0
    panels = {heading: value if isinstance(value, dict) else {"": value} for heading, value in series.items()}
    panels[MULTIPLIER] = {"": multiplier}
    twins = {heading: value if isinstance(value, dict) else {"": value} for heading, value in (untreated or {}).items()}
    grey = " Grey: the twin world without the policy." if twins else ""
    caption = f"{caption}\nStrong: centred 7-day means. Thin: daily values.{grey} Shaded: school holidays.".strip()
    figure, axes = style.open_panels(0.5 + 1.35 * len(panels), title, caption, len(panels), sharex=True)
    for panel, (heading, lines) in zip(axes, panels.items(), strict=True):
        _shade_days(panel, days, holiday)
        _draw_lines(panel, days, heading, lines, twins.get(heading, {}))
        for date, label, dashes in ((burn_in_end, "burn-in ends", "--"), (policy_start, "policy starts", "-")):
            if date is not None:  # named next to the multiplier, where there is always room
                marks.draw_date(panel, np.datetime64(date, "D"), label if panel is axes[-1] else None, dashes)
    axes[-1].axhline(1.0, color=style.GREY, linewidth=0.8, linestyle=":")
    axes[-1].set_xlim(days[0], max(days[-1], days[0] + 1))  # a single day has a width too
    marks.write_dates(axes[-1])
    return style.settle(figure)


def _draw_lines(panel, days, heading, lines, twins) -> None:
    looks = list(zip((style.BLUE, style.VERMILION, style.BLACK, style.GREY), ("-", "--", "-.", ":"), strict=True))
    if len(lines) > len(looks):
        raise ValueError(f"panel {heading!r} has {len(lines)} lines; give at most {len(looks)}")
    daily = {label: style.numbers(f"series {label or heading!r}", values, days.shape) for label, values in lines.items()}
    untreated = {label: style.numbers(f"untreated {label or heading!r}", values, days.shape) for label, values in twins.items()}
    counted = heading.endswith(A_DAY) and len(days) >= 2 * BIN and max(values.mean() for values in daily.values()) < RARE
    top = 0.0
    for (label, values), (colour, dashes) in zip(daily.items(), looks, strict=False):
        look = {"linewidth": 1.5, "linestyle": dashes, "drawstyle": "steps-mid" if counted else "default"}
        if label in untreated:
            shown, mean = _smooth(days, untreated[label], counted)
            panel.plot(shown, mean, color="#9a9a9a", zorder=1.5, **look)
            top = max(top, mean.max())
        shown, mean = _smooth(days, values, counted)
        panel.plot(shown, mean, color=colour, label=label, **look)
        top = max(top, mean.max())
        if not counted:
            panel.plot(days, values, color=colour, linewidth=0.5, alpha=0.35)
            top = max(top, np.percentile(values, 99))  # a few spikes may leave the panel
    panel.set_ylim(0, 1.12 * top or 1.0)
    panel.set_title(f"{heading.removesuffix(A_DAY)} in {BIN} days" if counted else heading)
    panel.grid(axis="y")
    panel.locator_params(axis="y", nbins=4)
    if len(lines) > 1:
        marks.legend_above_right(panel, len(lines))


def _smooth(days, values, counted):
    """Days and the strong line on them: counts over whole bins, each at its middle, or centred means of seven days."""
    if counted:
        bins = len(days) // BIN
        return days[BIN // 2 : bins * BIN : BIN], values[: bins * BIN].reshape(bins, BIN).sum(axis=1)
    if len(days) < 7:
        return days, values
    return days[3:-3], np.convolve(values, np.full(7, 1 / 7), "valid")


def _shade_days(panel, days, shaded) -> None:
    """Shade spells of marked days, each from its first day to the morning after its last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], shaded.astype(int), [0]])))
    for first, after in zip(edges[::2], edges[1::2], strict=True):
        panel.axvspan(days[first], days[after - 1] + 1, color=style.PALE, linewidth=0, zorder=0)


# --- a month of Plans


@house_style()
def gantt_of_plans(plans, first_day: int, last_day: int, start_date, caption, title=None):
    """Return a strip of some weeks: one row a Boss, one bar a Plan, coloured by venue kind.

    Rows are Bosses with a Plan in these days, at most `MAX_ROWS` of them taken evenly from all, in the order
    of their first Plan shown. Neither the Bosses nor the territories are named.

    `plans`: DataFrame with columns `boss` (int), `start_day`, `end_day` (int, both days included), `kind` (one of
    `style.KINDS`) and `broken_up` (bool). `first_day`, `last_day`: days shown, both included. `start_date`: of day 0.
    ValueError if a column is missing, a kind is unknown, or `last_day` is before `first_day`.
    """
    shown = _read_plans(plans, first_day, last_day)
    bosses = shown.groupby("boss")["start_day"].min().sort_index().sort_values(kind="stable").index
    every = len(bosses)
    rows = bosses[np.linspace(0, every - 1, min(every, MAX_ROWS)).round().astype(int)] if every else bosses
    day_0 = np.datetime64(start_date, "D")
    title = title or f"Plans of {len(rows)} Bosses from {day_0 + first_day} to {day_0 + last_day}"
    sampled = f"{len(rows)} of {every} Bosses with a Plan in these days, taken evenly. " if every > len(rows) else ""
    note = f"{sampled}A row is one Boss; its number has no meaning; a split row shows Plans side by side. Shaded: weekends."
    figure, (axes,) = style.open_panels(0.95 + 0.13 * max(len(rows), 8), title, f"{caption}\n{note}".strip())
    days = np.arange(first_day, last_day + 1)
    weekend = np.is_busday(day_0 + days, weekmask="0000011")
    _shade_days(axes, days, weekend)
    _draw_bars(axes, shown[shown["boss"].isin(rows)], {boss: row + 1 for row, boss in enumerate(rows)}, last_day + 1)
    axes.set(xlim=(first_day, last_day + 1), ylim=(max(len(rows), 1) + 0.7, 0.3), ylabel="Boss")
    mondays = days[np.is_busday(day_0 + days, weekmask="1000000")]
    axes.set_xticks(mondays, [_short_date(day_0 + day) for day in mondays])
    axes.set_xlabel("Mondays")
    axes.set_yticks([row for row in range(1, len(rows) + 1) if row == 1 or row % 5 == 0])
    _legend_of_kinds(axes)
    return style.settle(figure)


def _read_plans(plans, first_day, last_day):
    """The Plans with a day in the window, checked."""
    missing = [name for name in ("boss", "start_day", "end_day", "kind", "broken_up") if name not in plans.columns]
    if missing:
        raise ValueError(f"plans has no column {', '.join(missing)}")
    unknown = sorted(set(plans["kind"]) - set(style.KINDS))
    if unknown:
        raise ValueError(f"plans has kind {unknown[0]!r}; it must be one of {', '.join(style.KINDS)}")
    if last_day < first_day:
        raise ValueError(f"last_day {last_day} is before first_day {first_day}")
    return plans[(plans["end_day"] >= first_day) & (plans["start_day"] <= last_day)]


def _draw_bars(axes, plans, row_of, axes_end) -> None:
    """One bar a Plan; Plans of one Boss that run side by side share the height of the row."""
    bars, marked = [], []
    for boss, own in plans.groupby("boss"):
        free_from: list[int] = []  # for each lane, the first day after its last bar
        lanes = []
        for plan in own.sort_values(["start_day", "end_day"], kind="stable").itertuples():
            lane = next((k for k, day in enumerate(free_from) if day <= plan.start_day), len(free_from))
            free_from[lane : lane + 1] = [plan.end_day + 1]
            lanes.append((lane, plan))
        height = 0.8 / max(len(free_from), 1)
        for lane, plan in lanes:
            y = row_of[boss] - 0.4 + (lane + 0.5) * height
            bars.append((y, plan.end_day + 1 - plan.start_day, plan.start_day, height, style.KIND_COLOURS[plan.kind]))
            if plan.broken_up and plan.end_day < axes_end:
                marked.append((plan.end_day + 1, y))
    if bars:
        y, width, left, height, colours = zip(*bars, strict=True)
        axes.barh(y, width, left=left, height=height, color=colours, edgecolor="white", linewidth=0.5)
    if marked:
        axes.plot(*zip(*marked, strict=True), **_BROKEN_UP, zorder=4, clip_on=False)


_BROKEN_UP = {"marker": "X", "markersize": 6.5, "color": style.BLACK, "markeredgecolor": "white", "linestyle": ""}


def _legend_of_kinds(axes) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [Patch(color=style.KIND_COLOURS[kind], label=style.KIND_LABELS[kind]) for kind in style.KINDS]
    handles.append(Line2D([], [], label="broken up", **_BROKEN_UP))
    axes.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=5, handlelength=1.0,
        columnspacing=1.2, borderaxespad=0.2,
    )  # fmt: skip


def _short_date(date) -> str:
    return f"{date.astype(object):%d %b}".lstrip("0")
