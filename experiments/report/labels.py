"""Labels next to the circles of a map, without overlaps. Lengths are in inches."""

from __future__ import annotations

import math

import numpy as np

from experiments.report import style

NAMES_ALWAYS_SHOWN = 15  # of more labels on one map, those without room are left out


def write_labels(figure, axes, points, radii, texts, room, blocked=(), below=0.0) -> list:
    """Write a label by each circle on axes in inches, with a line to it where it stands apart.

    `points`, `radii`: of the circles, in inches. `texts`: "" for none; above `NAMES_ALWAYS_SHOWN` of them, those
    without room are left out. `room`: width and height of the axes. `blocked`: boxes (left, bottom, right, top) to
    keep clear. `below`: room kept free under each text. Returns for each text the middle (x, y) of its lower edge,
    or None where nothing was written.
    """
    written = [i for i, text in enumerate(texts) if text]
    points, radii = np.asarray(points, float), np.asarray(radii, float)
    sizes = np.array([style.text_size(figure, text, style.SMALL) if text else (0.0, 0.0) for text in texts]).reshape(-1, 2)
    below = np.broadcast_to(below, (len(texts),))
    sizes[:, 1] += below
    centres = place_labels(points, radii, sizes, *room, blocked, len(written) > NAMES_ALWAYS_SHOWN)
    places: list = [None] * len(texts)
    for i in written:
        if centres[i] is not None:
            x, y = centres[i][0], centres[i][1] + below[i] / 2
            axes.text(x, y, texts[i], size=style.SMALL, ha="center", va="center", linespacing=1.1, zorder=6)
            _draw_leader(axes, points[i], radii[i], centres[i], sizes[i])
            places[i] = (x, y - (sizes[i][1] - below[i]) / 2)
    return places


def _draw_leader(axes, point, radius, centre, size) -> None:
    """Join a circle to a label that stands more than a letter's height away."""
    near = np.array([np.clip(point[k], centre[k] - size[k] / 2, centre[k] + size[k] / 2) for k in (0, 1)])
    away = near - point
    length = float(np.hypot(*away))
    if length - radius > 0.14:
        start, end = point + away * radius / length, near - away * 0.02 / length
        axes.plot(*zip(start, end, strict=True), color=style.GREY, linewidth=0.7, zorder=5)


_ANGLES = [math.radians(angle) for angle in (0, 180, 90, 270, 45, 135, 315, 225, 22, 158, 338, 202, 67, 113, 247, 293)]
_GAPS = (0.04, 0.12, 0.24, 0.4, 0.6, 0.85)


def place_labels(points, radii, sizes, width: float, height: float, blocked=(), may_drop: bool = False) -> list:
    """Find a place for one label a point, clear of circles, of other labels and of blocked boxes.

    Greedy, the largest circle first, then three rounds in which each label may move to a better place.

    `sizes`: float[n, 2], width and height of each label, in inches as all else. Labels stay in the room (`width`,
    `height`) where that is possible, and out of `blocked` boxes (left, bottom, right, top). `may_drop`: leave out a
    label that finds no free place nearby, instead of letting it overlap. Returns for each point the centre (x, y) of
    its label, or None if it was dropped.
    """
    points, radii, sizes = np.asarray(points, float), np.asarray(radii, float), np.asarray(sizes, float)
    n = len(points)
    fixed = np.array(list(blocked), float).reshape(-1, 4)
    boxes = np.full((n, 4), np.nan)
    order = sorted(range(n), key=lambda i: (-radii[i], i))
    for _ in range(4):
        for i in order:
            boxes[i] = np.nan
            places = _candidates(points[i], radii[i], sizes[i], _GAPS[:3] if may_drop else _GAPS)
            labels = boxes[~np.isnan(boxes[:, 0])]
            overlap = _trouble(places, np.vstack([labels, fixed]), points, radii, width, height)
            trouble = overlap + _crossings(i, places, labels, points, radii)
            best = int(np.argmin(trouble + 1e-3 * np.arange(len(places))))
            if not (may_drop and overlap[best] > 0.01):
                boxes[i] = places[best]
    return [None if np.isnan(box[0]) else ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) for box in boxes]


def _candidates(point, radius, size, gaps) -> np.ndarray:
    """Boxes around a circle, the preferred ones first: float[candidates, 4]."""
    boxes = []
    for gap in gaps:
        for angle in _ANGLES:
            ux, uy = math.cos(angle), math.sin(angle)
            x = point[0] + ux * (radius + gap) + ux * size[0] / 2
            y = point[1] + uy * (radius + gap) + uy * size[1] / 2
            boxes.append((x - size[0] / 2, y - size[1] / 2, x + size[0] / 2, y + size[1] / 2))
    return np.array(boxes)


def _trouble(boxes, others, points, radii, width, height) -> np.ndarray:
    """How much each box overlaps boxes and circles or leaves the room, in inches; float[boxes]."""
    pad = 0.02
    left, bottom, right, top = (boxes[:, k, None] for k in range(4))
    across = np.minimum(right, others[:, 2]) - np.maximum(left, others[:, 0]) + pad
    upward = np.minimum(top, others[:, 3]) - np.maximum(bottom, others[:, 1]) + pad
    trouble = 3 * np.clip(np.minimum(across, upward), 0, None).sum(axis=1)
    away_x = np.maximum(np.maximum(left - points[:, 0], points[:, 0] - right), 0)
    away_y = np.maximum(np.maximum(bottom - points[:, 1], points[:, 1] - top), 0)
    trouble += np.clip(radii + pad - np.hypot(away_x, away_y), 0, None).sum(axis=1)
    outside = np.stack([-boxes[:, 0], -boxes[:, 1], boxes[:, 2] - width, boxes[:, 3] - height])
    return trouble + 20 * np.clip(outside, 0, None).sum(axis=0)


def _crossings(own, boxes, labels, points, radii) -> np.ndarray:
    """Trouble for each label and circle that the line from a circle to its own label would cross; float[boxes]."""
    point = points[own]
    near = np.clip(point, boxes[:, :2], boxes[:, 2:])
    steps = point + np.linspace(0.1, 0.95, 12)[:, None, None] * (near - point)
    x, y = steps[..., 0, None], steps[..., 1, None]
    in_label = (x > labels[:, 0]) & (x < labels[:, 2]) & (y > labels[:, 1]) & (y < labels[:, 3])
    in_circle = np.hypot(x - points[:, 0], y - points[:, 1]) < radii
    in_circle[..., own] = False
    return 0.5 * in_label.any(axis=0).sum(axis=1) + 0.1 * in_circle.any(axis=0).sum(axis=1)
