"""What a figure that is drawn in the width of a column still needs: room for its words, which keep their size."""

from __future__ import annotations

from experiments.report import style

_GAP = 0.08  # inches between words


def make_room(figure) -> bool:
    """Break names of axes and titles of panels that have no room into lines, and leave out ticks; whether anything changed."""
    return any([_break_names(figure), _break_titles(figure), _thin_ticks(figure)])


def _break_names(figure) -> bool:
    """Names of axes that leave the page get lines of their axis's length."""
    wide, high = figure.bbox.size
    leaving = []
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        box = axis.label.get_window_extent()
        if axis.label.get_text() and (min(box.x0, box.y0) < 0 or box.x1 > wide or box.y1 > high):
            leaving.append((axis.label, axis.axes.bbox.width if axis is axis.axes.xaxis else axis.axes.bbox.height))
    for label, length in leaving:
        label.set_text(style.wrap(figure, label.get_text(), label.get_fontsize(), max(length / figure.dpi, 1.0)))
    return bool(leaving)


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
