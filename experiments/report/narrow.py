"""What a figure that is drawn for a journal still needs: letters that can be shrunk, and room for its words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Wrap = Callable[[Any, str, float, float], str]
"""Breaks a text for a figure into lines, given the size of its letters in points and the room in inches."""

_GAP = 0.08  # inches between words
_SHORTEST = 0.6  # inches of a line


def make_room(figure, wrap: Wrap, smallest: float) -> None:
    """Before the last layout: enlarge small letters, break what is too long into lines, leave out ticks."""
    enlarge(figure, smallest)
    _break_names(figure, wrap)
    _break_titles(figure, wrap)
    _thin_ticks(figure)


def enlarge(figure, smallest: float) -> None:
    """No letters are smaller than `smallest` points, as the whole may be shrunk."""
    for text in figure.findobj(lambda artist: hasattr(artist, "set_fontsize")):
        text.set_fontsize(max(text.get_fontsize(), smallest))


def _break_names(figure, wrap: Wrap) -> bool:
    """Names of axes that leave the page or reach the next panel get lines that do not."""
    broken = False
    for axes in figure.axes:
        for label, length in ((axes.xaxis.label, _room_of(axes)), (axes.yaxis.label, axes.bbox.height / figure.dpi)):
            box, page = label.get_window_extent(), figure.bbox
            leaves = min(box.x0, box.y0) < 0 or box.x1 > page.width or box.y1 > page.height
            if label.get_text() and (leaves or (label is axes.xaxis.label and box.width / figure.dpi > length)):
                text = wrap(figure, label.get_text(), label.get_fontsize(), max(length, _SHORTEST))
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


def _break_titles(figure, wrap: Wrap) -> bool:
    """Titles of panels that reach the next panel or the edge get lines that do not."""
    broken = False
    for axes in figure.axes:
        here, edge = axes.bbox, figure.bbox.width
        beside = [other.bbox.x0 for other in figure.axes if other.bbox.x0 > here.x1 and _same_row(here, other.bbox)]
        room = (min([edge, *beside]) - here.x0) / figure.dpi - _GAP
        for title in _titles(axes):
            text = wrap(figure, title.get_text(), title.get_fontsize(), room)
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
