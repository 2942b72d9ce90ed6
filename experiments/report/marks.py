"""Marks that figures share: estimates with their intervals as points on a line, as rows and as bands; dates, zero lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from experiments.report import style
from experiments.statistics.intervals import BOUNDS

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # of Okabe and Ito; grey is the base
MARKERS = "osD^vP"
_LINE = 0.21  # inches of a title with its gap


def looks_of(policies: list[str]) -> dict[str, tuple[str, str]]:
    """Colour and marker of each policy; grey is the base."""
    base, *others = policies
    looks = {base: (style.GREY, "o")}
    for place, name in enumerate(others):
        colour, turn = COLOURS[place % len(COLOURS)], place // len(COLOURS)
        looks[name] = (colour, MARKERS[(place + turn) % len(MARKERS)])
    return looks


def bounds_of(points: Iterable[Mapping[str, float | None]], factor: float = 1.0) -> np.ndarray:
    """float64[3, points]: estimates and their bounds, NaN (which is not drawn) where they are unknown."""
    return factor * np.array([[point[name] for point in points] for name in BOUNDS], dtype=float)


def draw_line(axes, x, points, colour, marker="o", factor=1.0, zorder=2.0, **look) -> None:
    """Draw estimates over x joined by a line, each with its interval as a vertical bar; `look` goes to the line."""
    x = np.asarray(x, dtype=float)
    estimate, low, high = bounds_of(points, factor)
    shown = np.isfinite(estimate)
    axes.vlines(x, low, high, color=colour, linewidth=1.4, zorder=zorder)
    look = {"markersize": 5.5, "linewidth": 1.5} | look
    axes.plot(x[shown], estimate[shown], color=colour, marker=marker, zorder=zorder + 0.1, **look)


def draw_rows(axes, y, points, colours, markers, **look) -> None:
    """Draw estimates one below the other, each with its interval as a horizontal bar; `look` goes to the markers."""
    for place, estimate, low, high, colour, marker in zip(y, *bounds_of(points), colours, markers, strict=True):
        if np.isfinite(estimate):
            axes.plot([low, high], [place] * 2, color=colour, linewidth=2.0, solid_capstyle="butt")
            axes.plot(estimate, place, marker=marker, markersize=7, color=colour, linestyle="none", **look)
            look.pop("label", None)  # one entry of the legend for all rows


def draw_band(axes, x, values, colour, **look) -> None:
    """Draw a curve with the band of its intervals; `values`: estimates, lows and highs over x."""
    estimate, low, high = np.asarray(values, dtype=float)
    axes.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(x, estimate, color=colour, **({"linewidth": 1.8} | look))


def draw_estimates(axes, labels, points, looks, name: str):
    """Rows of estimates with their intervals and a line at zero, on axes of the caller's or on new ones; these axes.

    `looks`: colour and marker of each row; `name`: of the horizontal axis.
    """
    import matplotlib.pyplot as plt

    axes = plt.subplots(layout="constrained")[1] if axes is None else axes
    name_rows(axes, labels)
    draw_rows(axes, range(len(labels)), points, *zip(*looks, strict=True))
    axes.axvline(0.0, color=style.BLACK, linewidth=0.9)
    axes.set_xlabel(name)
    return axes


def name_rows(axes, labels: list[str], width: float | None = None) -> None:
    """Name the rows of a panel from the top, at y = 0, 1, ...; with a `width` in inches labels are wrapped."""
    if width is not None:
        labels = [style.wrap(axes.figure, label, style.SMALL, width) for label in labels]
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")


def draw_zero(axes, **look) -> None:
    """Draw the line of no difference across a panel, over a grid of values."""
    axes.axhline(0.0, **({"color": style.BLACK, "linewidth": 0.9} | look))
    axes.grid(axis="y")


def legend_above_right(axes, columns: int) -> None:
    """Write the legend of a panel over its upper right corner, on the line of its title, or above that where it is too short."""
    from matplotlib.transforms import ScaledTranslation

    up = 0.0 if style.has_room(axes, columns, axes.get_title(loc="left")) else _LINE
    axes.legend(
        loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=columns, handlelength=1.8, handletextpad=0.5,
        columnspacing=1.0, borderaxespad=0.1, borderpad=0.1,
        bbox_transform=axes.transAxes + ScaledTranslation(0.0, up, axes.figure.dpi_scale_trans),
    )  # fmt: skip


def draw_date(axes, date, label: str | None, dashes: str = "-") -> None:
    """Draw a vertical line at a date, named at the foot of the panel."""
    axes.axvline(date, color=style.BLACK, linewidth=1.0, linestyle=dashes)
    if label:
        axes.annotate(
            label, (date, 0.0), xycoords=("data", "axes fraction"), xytext=(4, 5), textcoords="offset points",
            size=style.SMALL,
        )  # fmt: skip


def write_dates(axes, least: int = 4) -> None:
    """Mark a horizontal axis with dates, at least so many, by the limits that it has now."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import FixedLocator

    locator = AutoDateLocator(minticks=least, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_locator(FixedLocator(locator()))  # found once: each drawing of each panel would find them again
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def write_not_estimated(axes, y: float) -> None:
    """Write in a row that it has no estimate."""
    axes.annotate("not estimated", (0, y), (4, 0), textcoords="offset points", va="center", color=style.GREY)
