"""The figure of a validation: a dot with its interval on the band of each pattern."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from experiments.report import marks, style
from experiments.store.result import MISSING

TAG_NAMES = {
    "held_out": "held out: kept for validation", "calibrated": "calibrated: fitted by a parameter",
    "emergent": "emergent: set by nobody", "qualitative": "a direction only", "imposed": "imposed: set by a parameter",
}  # fmt: skip
_ROW, _AXIS = 0.24, 0.55  # inches
_LABELS = 2.75  # inches left of the bands
_REACH = 2.4  # half widths of a band shown either side of its middle
_BAND = "#dbe8f1"


@style.house_style()
def draw_patterns(summary: Mapping[str, Any]):
    """Each pattern's simulated value on the band that passes, on a scale of its own, by tag; failures first."""
    lines: list[str | Mapping[str, Any]] = []
    for tag, name in TAG_NAMES.items():
        rows = [row for row in summary["patterns"] if row["tag"] == tag]
        lines += [name, *rows] if rows else []
    caption = (
        f"Each row has a scale of its own: the band is what passes, open where a source gives one end. Lines: "
        f"{summary['interval']}. An arrow: outside the row. Blue circle: passes; vermilion cross: fails."
    )
    figure, (axes,) = style.open_panels(_AXIS + _ROW * len(lines), "Which known patterns does the model show?", caption)
    axes.set(xlim=(-_REACH, _REACH), ylim=(len(lines) - 0.5, -0.5), xticks=[])
    names, places = [], []
    for y, line in enumerate(lines):
        if isinstance(line, str):
            axes.annotate(
                style.capitalise(line), (-_REACH, y), (-72.0 * _LABELS, 0), textcoords="offset points", va="center",
                weight="bold", size=style.SMALL, annotation_clip=False,
            )  # fmt: skip
            continue
        _draw_row(axes, y, line)
        places.append(y)
        names.append(f"{line['id'].partition('.')[0]} {line['label']}")
    axes.set_yticks(places, [_shorten(figure, name) for name in names])
    axes.tick_params(axis="y", length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.grid(False)
    style.settle(figure)
    return figure


def _shorten(figure, text: str) -> str:
    """A label cut to the room left of the bands."""
    if style.text_size(figure, text, style.SMALL)[0] <= _LABELS:
        return text
    while style.text_size(figure, f"{text}…", style.SMALL)[0] > _LABELS:
        text = text[:-1]
    return f"{text.rstrip(' ,')}…"


def place_on_band(value: float, low: float | None, high: float | None) -> float:
    """A value in half widths of the band from its middle; of an open band, in distances of its end from zero.

    >>> place_on_band(3.0, 2.0, 4.0), place_on_band(2.0, 1.0, None), place_on_band(0.5, 1.0, None)
    (0.0, 0.0, -1.5)
    """
    if low is not None and high is not None:
        return (2.0 * value - low - high) / (high - low)
    end, side = (low, 1.0) if low is not None else (high, -1.0)
    scale = abs(end) or abs(value) or 1.0
    return side * ((value - end) * side / scale - 1.0)


def _draw_row(axes, y: int, row: Mapping[str, Any]) -> None:
    """Band, dot with interval, and the numbers beside them."""
    left = -1.0 if row["low"] is not None else -_REACH
    right = 1.0 if row["high"] is not None else _REACH
    axes.barh(y, right - left, left=left, height=0.72, color=_BAND, zorder=0)
    colour, marker = (style.BLUE, "o") if row["passes"] else (style.VERMILION, "X")
    values = [row["simulated"], row["sim_low"], row["sim_high"]]
    if values[0] is None:
        marks.write_not_estimated(axes, y)
    else:
        at, low, high = (None if value is None else place_on_band(value, row["low"], row["high"]) for value in values)
        inside = min(max(at, 0.06 - _REACH), _REACH - 0.06)
        if low is not None and high is not None:
            axes.plot([max(low, -_REACH), min(high, _REACH)], [y, y], color=colour, linewidth=1.8, zorder=2)
        shape = marker if inside == at else (">" if at > 0 else "<")
        axes.plot(inside, y, marker=shape, markersize=6, color=colour, linestyle="none", zorder=3, clip_on=False)
    if style.WIDTH < style.USUAL:
        return  # no room for the numbers, which are in the table
    text = f"{compact(row['simulated'])}  ({condition(row)})"
    axes.annotate(text, (_REACH, y), (5, 0), textcoords="offset points", va="center", size=style.SMALL, annotation_clip=False)


def condition(row: Mapping[str, Any]) -> str:
    """What passes, in numbers."""
    if row["high"] is None:
        return f"over {compact(row['low'])}"
    return f"below {compact(row['high'])}" if row["low"] is None else f"{compact(row['low'])} to {compact(row['high'])}"


def compact(value: float | None) -> str:
    """A number of three figures.

    >>> compact(87_712.0), compact(0.0427), compact(2.0)
    ('87,700', '0.0427', '2')
    """
    if value is None:
        return MISSING
    value = 0.0 if abs(value) < 1e-12 else value
    digits = 3 if value == 0.0 else max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{round(value, 2 - math.floor(math.log10(abs(value))) if value else 0):,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
