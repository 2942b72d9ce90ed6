"""Figures for a journal, in the width of its column: drawn again as PDF, with letters of 6 points and more, and room for words.

While `printing(width)` holds, saving a figure writes a PDF of it too.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from experiments.report import style
from experiments.report.pdf import write_pdf

MM = 25.4  # in an inch
SMALLEST_SCALE = 2 / 3  # makes letters of 9 points, the smallest of a figure that is drawn again, letters of 6
_GAP = 0.08  # inches between words
_SHORTEST = 0.6  # inches of a line


@contextlib.contextmanager
def printing(width: float) -> Iterator[None]:
    """Save every figure as PDF too, `width` mm wide."""

    def save_too(figure, path: Path) -> None:
        scale = scale_of(width / MM, style.WIDTH)
        write_pdf(draw_again(figure, width / MM / scale), path.with_suffix(".pdf"), scale, figure.get_label() or path.name)

    with _set(save_too=save_too):
        yield


def draw_again(figure, width: float):
    """A figure of a function in the house style, drawn again, so many inches wide before it is shrunk."""
    with _set(WIDTH=width, make_room=make_room):
        again = figure.draw_again()
        if hasattr(figure, "warning"):
            style.warn(again, figure.warning)
        enlarge(again)
        return again


def scale_of(width: float, usual: float) -> float:
    """By how much a figure for a width in inches is shrunk, of which the usual width is `usual`; one is never enlarged.

    >>> round(scale_of(3.2, 6.4), 3), scale_of(5.0, 6.25), scale_of(8.0, 6.4)
    (0.667, 0.8, 1.0)
    """
    return min(1.0, max(SMALLEST_SCALE, width / usual))


@contextlib.contextmanager
def _set(**values) -> Iterator[None]:
    before = {name: getattr(style, name) for name in values}
    vars(style).update(values)
    try:
        yield
    finally:
        vars(style).update(before)


def make_room(figure) -> bool:
    """Before the last layout: enlarge letters, break what is too long into lines, leave out ticks; whether anything changed."""
    changes = (enlarge, _break_names, _break_titles, _thin_ticks)
    return any([change(figure) for change in changes])


def enlarge(figure) -> bool:
    """No letters are smaller than `style.SMALL`, as the whole may be shrunk."""
    small = [text for text in figure.findobj(lambda artist: hasattr(artist, "set_fontsize")) if text.get_fontsize() < style.SMALL]
    for text in small:
        text.set_fontsize(style.SMALL)
    return bool(small)


def _break_names(figure) -> bool:
    """Names of axes that leave the page or reach the next panel get lines that do not."""
    broken = False
    for axes in figure.axes:
        for label, length in ((axes.xaxis.label, _room_of(axes)), (axes.yaxis.label, axes.bbox.height / figure.dpi)):
            box, page = label.get_window_extent(), figure.bbox
            leaves = min(box.x0, box.y0) < 0 or box.x1 > page.width or box.y1 > page.height
            if label.get_text() and (leaves or (label is axes.xaxis.label and box.width / figure.dpi > length)):
                text = style.wrap(figure, label.get_text(), label.get_fontsize(), max(length, _SHORTEST))
                broken |= text != label.get_text()
                label.set_text(text)
    return broken


def _room_of(axes) -> float:
    """Inches that the name of a horizontal axis may take, which is written under its middle."""
    figure, here = axes.figure, axes.bbox
    row = [other.bbox for other in figure.axes if other is not axes and _same_row(here, other.bbox)]
    left = max([0.0, *(box.x1 for box in row if box.x1 < here.x0)])
    right = min([figure.bbox.width, *(box.x0 for box in row if box.x0 > here.x1)])
    middle = (here.x0 + here.x1) / 2
    if not row:
        return 2 * min(middle, figure.bbox.width - middle) / figure.dpi - _GAP
    return (here.width + min(here.x0 - left, right - here.x1)) / figure.dpi - _GAP


def _break_titles(figure) -> bool:
    """Titles of panels that reach the next panel or the edge get lines that do not."""
    broken = False
    for axes in figure.axes:
        here, edge = axes.bbox, figure.bbox.width
        beside = [other.bbox.x0 for other in figure.axes if other.bbox.x0 > here.x1 and _same_row(here, other.bbox)]
        room = (min([edge, *beside]) - here.x0) / figure.dpi - _GAP
        for title in _titles(axes):
            text = style.wrap(figure, title.get_text(), title.get_fontsize(), room)
            broken |= text != title.get_text()
            title.set_text(text)
    return broken


def _same_row(one, other) -> bool:
    return min(one.y1, other.y1) > max(one.y0, other.y0)


def _titles(axes) -> list:
    own = [artist for artist in axes.get_children() if hasattr(artist, "get_fontsize") and artist not in axes.texts]
    return [artist for artist in own if artist.get_text()]


def _thin_ticks(figure) -> bool:
    """Of numbers and dates along an axis that run into each other, every second one stays, until they do not."""
    from matplotlib.ticker import FixedFormatter

    thinned = False
    for axes in figure.axes:
        if isinstance(axes.xaxis.get_major_formatter(), FixedFormatter):
            continue  # names of what is at these places
        low, high = sorted(axes.get_xlim())
        while _collide(axes, figure.dpi):
            ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
            first = ticks.index(0.0) % 2 if 0.0 in ticks and len(ticks) > 3 else 0  # zero stays, if there are others
            axes.set_xticks(ticks[first::2])
            thinned = True
    return thinned


def _collide(axes, dpi: float) -> bool:
    shown = [label.get_window_extent() for label in axes.get_xticklabels() if label.get_text() and label.get_visible()]
    left, right = axes.bbox.x0 - 1, axes.bbox.x1 + 1
    boxes = sorted((box.x0, box.x1) for box in shown if left <= (box.x0 + box.x1) / 2 <= right)
    return len(boxes) > 2 and any(b[0] - a[1] < _GAP * dpi / 2 for a, b in zip(boxes, boxes[1:], strict=False))
