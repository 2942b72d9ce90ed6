"""Heat maps of a sweep over two factors: an outcome, its change under a policy, the displaced share."""

from __future__ import annotations

import math

import numpy as np

from experiments.report import style
from experiments.report.style import house_style

MOST_NUMBERED = 9  # levels of a factor up to which each cell's number is written into it
_INTERVAL_SIZE = 7.0  # points


@house_style()
def heat_maps(panels, x, y, colour_label, title, caption, centre=None, intervals=None):
    """Return one heat map per panel, two in a row, all on one scale of colours.

    Cells without a value are hatched; on a two-sided scale those whose interval holds the middle are grey, so that colour is
    evidence. Scales can be read by colour-blind readers and in grey.

    Args:
        panels: {heading: float[y levels, x levels]}, NaN where there is no value.
        x, y: (label with unit, levels) of the factor on each axis.
        colour_label: what the colours show, with its unit.
        title, caption: text around the figure.
        centre: value in the middle of a two-sided scale (blue below, vermilion above); none: one-sided.
        intervals: {heading: (lower ends, upper ends)}, each as a panel; written below each number where finite.

    Raises:
        ValueError: a panel's shape does not fit the levels, or no panel has a value.
    """
    shape = (len(y[1]), len(x[1]))
    values = {name: style.numbers(f"panel {name!r}", panel, shape, finite=False) for name, panel in panels.items()}
    if not any(np.isfinite(panel).any() for panel in values.values()):
        raise ValueError("no panel holds a value")
    colours, limits = _scale(np.concatenate([panel.ravel() for panel in values.values()]), centre)
    columns = min(2, len(values))
    rows = math.ceil(len(values) / columns)
    figure, frame = style.open_figure(rows * (3.2 if columns == 2 else 4.0) + 0.3, title, caption)
    width, height = figure.get_size_inches()
    rect = (frame.left / width, frame.bottom / height, frame.width / width, frame.height / height)
    figure.set_layout_engine("constrained", rect=rect, h_pad=0.04, w_pad=0.04)
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for place, axis in enumerate(axes.flat):
        if place >= len(values):
            axis.set_visible(False)
            continue
        name = list(values)[place]
        image = _draw(axis, values[name], (intervals or {}).get(name), colours, limits, centre)
        axis.set_title(name if len(values) > 1 else "")
        _mark_levels(axis, x[1], y[1])
    for column, axis in enumerate(axes[-1]):
        below = axis if axis.get_visible() else axes[-2, column]
        below.tick_params(labelbottom=True)
        below.set_xlabel(style.wrap(figure, x[0], style.TEXT, 0.75 * frame.width / columns))
    for axis in axes[:, 0]:
        axis.set_ylabel(style.wrap(figure, y[0], style.TEXT, 0.75 * frame.height / rows))
    bar = figure.colorbar(image, ax=axes, shrink=0.85, aspect=25, pad=0.02)
    bar.set_label(style.wrap(figure, colour_label, style.SMALL, frame.height * 0.8), size=style.SMALL)
    bar.outline.set_visible(False)
    style.settle(figure)
    return figure


def _scale(values: np.ndarray, centre: float | None):
    """The colours and their limits."""
    import matplotlib
    from matplotlib.colors import LinearSegmentedColormap

    finite = values[np.isfinite(values)]
    if centre is None:
        low, high = float(finite.min()), float(finite.max())
        return matplotlib.colormaps["cividis"], (low, high if high > low else low + 1.0)
    reach = float(np.abs(finite - centre).max()) or 1.0
    two_sided = LinearSegmentedColormap.from_list("fewer_more", [style.FEWER, "#f4f4f4", style.MORE])
    return two_sided, (centre - reach, centre + reach)


def _draw(axis, values, ends, colours, limits, centre):
    axis.set_facecolor("white")
    clear = np.isfinite(values)
    if centre is not None and ends is not None:
        clear &= ~((ends[0] <= centre) & (ends[1] >= centre))
    axis.patch.set(hatch="///", edgecolor="#c8c8c8", linewidth=0)
    if (muted := np.isfinite(values) & ~clear).any():
        axis.imshow(np.where(muted, 0.0, np.nan), cmap=_muted(), vmin=0.0, vmax=1.0, origin="lower", aspect="auto")
    shown = np.where(clear, values, np.nan)
    image = axis.imshow(shown, cmap=colours, vmin=limits[0], vmax=limits[1], origin="lower", aspect="auto")
    for spine in axis.spines.values():
        spine.set_visible(False)
    axis.tick_params(length=0)
    if max(values.shape) <= MOST_NUMBERED:
        decimals = _decimals_for(values)
        for (row, column), value in np.ndenumerate(values):
            if np.isfinite(value):
                look = {"ha": "center", "linespacing": 1.0, "color": "#555555"}
                if clear[row, column]:
                    shade = colours((value - limits[0]) / (limits[1] - limits[0]))
                    dark = 0.299 * shade[0] + 0.587 * shade[1] + 0.114 * shade[2] < 0.5
                    look["color"] = "white" if dark else style.BLACK
                below = "" if ends is None else _interval(value, ends[0][row, column], ends[1][row, column], decimals)
                number = _number(value, decimals)
                axis.text(column, row, number, va="bottom" if below else "center", size=style.SMALL, **look)
                axis.text(column, row, below, va="top", size=_INTERVAL_SIZE, **look)
    return image


def _muted():
    """One light grey for every cell."""
    from matplotlib.colors import ListedColormap

    return ListedColormap([style.PALE])


def _decimals_for(values: np.ndarray) -> int:
    """Decimals at which two cells that differ by a tenth of the range differ in print."""
    finite = values[np.isfinite(values)]
    return _decimals_of(np.ptp(finite)) if finite.size else 0


def _decimals_of(size: float) -> int:
    """Decimals that show two figures of a positive number, at most six."""
    return min(6, 1 - math.floor(math.log10(size))) if size > 0.0 else 0


def _number(value: float, decimals: int) -> str:
    """A number as elsewhere, or with more decimals where the cells differ by little."""
    usual = style.write_number(value)
    if value == 0.0 or decimals <= len(usual.partition(".")[2]):
        return usual
    text = f"{abs(value):,.{decimals}f}"
    return "0" if not text.strip("0.") else ("\N{MINUS SIGN}" if value < 0.0 else "") + text


def _interval(value: float, low: float, high: float, decimals: int) -> str:
    """The half width of an interval that has its value in the middle, or both ends; nothing where there is none."""
    if not (np.isfinite(low) and np.isfinite(high)) or low == high:
        return ""
    half = 0.5 * (high - low)
    if _number(half, decimals) == "0":
        decimals = _decimals_of(half)
    if abs(0.5 * (low + high) - value) < 0.02 * half:
        return f"±{_number(half, decimals)}"
    return f"{_number(low, decimals)} to {_number(high, decimals)}"


def _mark_levels(axis, x_levels, y_levels) -> None:
    """Levels of the factors at the middle of their cells; of many, some."""
    for set_ticks, levels in ((axis.set_xticks, x_levels), (axis.set_yticks, y_levels)):
        step = max(1, math.ceil(len(levels) / 6))
        set_ticks(range(0, len(levels), step), [_level(level) for level in levels[::step]])


def _level(level) -> str:
    if isinstance(level, bool) or not isinstance(level, int | float):
        return str(level)
    return f"{level:.3g}" if abs(level) < 1000 else f"{level:,.0f}"
