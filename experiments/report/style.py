"""What all figures share: colours, letters, the page around a figure, labels without overlaps, files.

Lengths are in inches unless a name says otherwise. Figures are 6.4 inches wide (the text of an A4
page, and a phone held upright at about half size), with letters of 9 points and more.
"""

from __future__ import annotations

import math
import re
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments.execution.machine import find_home_for_matplotlib

# The palette of Okabe and Ito (2008), which colour-blind readers can distinguish. Venue kinds have
# colours of their own, so that blue and vermilion are free to mean fewer and more.
BLACK, GREY, PALE = "#1a1a1a", "#767676", "#ececec"
BLUE, VERMILION = "#0072B2", "#D55E00"
KINDS = ("street", "hotel", "flat", "client_home")
KIND_LABELS = {"street": "street", "hotel": "hotel", "flat": "flat", "client_home": "client's home"}
KIND_COLOURS = {"street": "#56B4E9", "hotel": "#E69F00", "flat": "#009E73", "client_home": "#CC79A7"}
FEWER, MORE = BLUE, VERMILION

HARM_UNIT = "exploitation person-days a day"
WIDTH = 6.4
MARGIN = 0.12
TEXT, SMALL = 10.0, 9.0  # points
RESULT = "result"  # file name of the figure that answers the question of a command
DPI = 150
NAMES_ALWAYS_SHOWN = 15  # of more labels on one map, those without room are left out

_RC = {
    "font.size": TEXT,
    "axes.titlesize": TEXT,
    "axes.titlelocation": "left",
    "axes.labelsize": TEXT,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#e0e0e0",
    "grid.linewidth": 0.7,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": BLACK,
    "ytick.labelcolor": BLACK,
    "text.color": BLACK,
    "axes.labelcolor": BLACK,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "hatch.linewidth": 0.6,
    "text.parse_math": False,  # names that users give are text, whatever signs are in them
    "svg.fonttype": "none",  # text stays text: it can be searched, read aloud and restyled
    "svg.hashsalt": "plansim",  # identifiers inside the file do not change from one save to the next
}


class Frame(NamedTuple):
    """A rectangle of the page in inches, from its lower left corner."""

    left: float
    bottom: float
    width: float
    height: float


@contextmanager
def house_style():
    """Draw with the settings of this file, whatever the reader's own are; also a decorator."""
    find_home_for_matplotlib()
    import matplotlib

    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No artists with labels found")  # a market in which nothing happens has no lines
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_RC)
        yield


def open_figure(body_height: float, title: str, caption: str):
    """Return (figure, frame): a page with its title and caption, and the room left for the body.

    Title and caption are wrapped to the width; the page grows with them, the body keeps its height.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, body_height), dpi=DPI)
    FigureCanvasAgg(figure)
    inner = WIDTH - 2 * MARGIN
    title, title_height = _wrap(figure, capitalise(title), 12.0, inner, "bold")
    caption, caption_height = _wrap(figure, caption, SMALL, inner)
    top = title_height + 2 * MARGIN
    bottom = caption_height + 2 * MARGIN if caption else MARGIN
    height = top + body_height + bottom
    figure.set_size_inches(WIDTH, height)
    left = MARGIN / WIDTH
    figure.text(left, 1 - MARGIN / height, title, size=12.0, weight="bold", va="top", linespacing=1.2)
    if caption:
        figure.text(left, MARGIN / height, caption, size=SMALL, color="#555555", va="bottom", linespacing=1.25)
    figure.set_label(title.replace("\n", " "))
    return figure, Frame(MARGIN, bottom, inner, body_height)


def open_panels(body_height: float, title: str, caption: str, rows: int = 1, **options):
    """Return (figure, list of axes): one column of panels laid out inside the page, as `open_grid` does."""
    figure, axes = open_grid(body_height, title, caption, rows, 1, **options)
    return figure, list(axes[:, 0])


def open_grid(body_height: float, title: str, caption: str, rows: int, columns: int, **options):
    """Return (figure, axes[rows, columns]): panels laid out inside the page.

    `options` go to `Figure.subplots`. Call `settle` when everything is drawn.
    """
    figure, frame = open_figure(body_height, title, caption)
    width, height = figure.get_size_inches()
    rect = (frame.left / width, frame.bottom / height, frame.width / width, frame.height / height)
    figure.set_layout_engine("constrained", rect=rect, h_pad=0.03, w_pad=0.02)
    return figure, figure.subplots(rows, columns, squeeze=False, **options)


def settle(figure):
    """Compute the layout once and keep it, so that every later save gives the same bytes; return the figure."""
    figure.get_layout_engine().execute(figure)
    figure.set_layout_engine(None)  # with an engine, even one that does nothing, Matplotlib draws twice for each file
    for axes in figure.axes:  # the solver's last digits differ from run to run, and identifiers hash them
        axes.set_position([round(value, 5) for value in axes.get_position().bounds])
    return figure


@house_style()
def warn(figure, text: str) -> None:
    """Write a warning along the right edge of a figure, where nothing else is drawn."""
    figure.text(1 - 0.015 / WIDTH, 0.5, text, size=6.5, weight="bold", color=VERMILION, rotation=90, ha="right", va="center")


def name_above(axes, columns: int = 2) -> None:
    """Write the legend of a panel above it, where no line, band or interval can be under the words."""
    axes.legend(
        loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=columns, borderaxespad=0.3, borderpad=0.0, handlelength=1.8,
        columnspacing=1.6,
    )  # fmt: skip


def inch_axes(figure, frame: Frame):
    """Return axes without marks over `frame`, whose data units are inches from its lower left corner."""
    width, height = figure.get_size_inches()
    axes = figure.add_axes((frame.left / width, frame.bottom / height, frame.width / width, frame.height / height), frameon=False)
    axes.set(xlim=(0, frame.width), ylim=(0, frame.height), xticks=[], yticks=[])
    return axes


@house_style()
def save(figure, folder, name: str) -> tuple[Path, Path]:
    """Write `name`.png (150 dots an inch) and `name`.svg into `folder`; return both paths.

    The same figure gives the same bytes each time: no dates, no random identifiers. The folder is made if it is
    missing. ValueError if `name` holds anything but letters, digits, `_` and `-`.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise ValueError(f"figure name {name!r}; use letters, digits, _ and - only")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    png, svg = folder / f"{name}.png", folder / f"{name}.svg"
    figure.savefig(png, dpi=DPI, metadata={"Software": None})
    figure.savefig(svg, metadata={"Date": None, "Creator": None, "Title": figure.get_label() or name})
    return png, svg


def capitalise(text: str) -> str:
    """A sentence or title with its first letter a capital, unless it begins with a name such as `manifest.json`."""
    return text[:1].upper() + text[1:] if re.match(r"[a-z]+(?:[\s,;:'’-]|$)", text) else text


def text_size(figure, text: str, points: float, weight: str = "normal") -> tuple[float, float]:
    """Width and height in inches of a text, which may have several lines."""
    from matplotlib.text import Text

    artist = Text(0, 0, text, size=points, weight=weight, figure=figure)
    box = artist.get_window_extent(figure.canvas.get_renderer(), dpi=figure.dpi)
    return box.width / figure.dpi, box.height / figure.dpi


def wrap(figure, text: str, points: float, width: float) -> str:
    """Break a text into lines no wider than `width`; breaks already there stay."""
    return _wrap(figure, text, points, width)[0]


def _wrap(figure, text, points, width, weight="normal"):
    """Return the wrapped text and its height."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if line and text_size(figure, longer, points, weight)[0] > width:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    wrapped = "\n".join(lines)
    return wrapped, points / 72 * 1.3 * len(lines) if text else 0.0


def numbers(name: str, values, shape: tuple, finite: bool = True) -> np.ndarray:
    """Return float[shape] or raise ValueError with one line; None in `shape` stands for any length.

    None among the values becomes NaN, which `finite` forbids.
    """
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be numbers of one regular shape") from None
    fits = array.ndim == len(shape) and all(want in (None, got) for want, got in zip(shape, array.shape, strict=True))
    if not fits:
        wanted = " x ".join("any" if want is None else str(want) for want in shape)
        raise ValueError(f"{name} has shape {array.shape}; it must be {wanted}")
    if finite and not np.isfinite(array).all():
        raise ValueError(f"{name} holds values that are not finite; leave those rows out")
    return array


def write_number(value: float, signed: bool = False) -> str:
    """A number with three figures or so and a true minus sign; `signed` writes the plus as well.

    >>> write_number(0.052), write_number(-12.34), write_number(1234.5, signed=True)
    ('0.05', '−12.3', '+1,234')
    """
    size = abs(value)
    decimals = 0 if size >= 99.95 else 1 if size >= 0.995 or size == 0 else 2
    text = f"{size:,.{decimals}f}"
    if not text.strip("0."):
        return "0"
    return ("−" if value < 0 else "+" if signed else "") + text


def round_steps(largest: float, factors: tuple = (0.5, 0.1, 0.02)) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten) at or below some fractions of `largest`, for legends."""
    steps = []
    for factor in factors:
        power = 10.0 ** math.floor(math.log10(largest * factor))
        steps.append(max(step * power for step in (1, 2, 5) if step * power <= largest * factor * (1 + 1e-9)))
    return sorted(set(steps))


def write_labels(figure, axes, points, radii, texts, room, blocked=(), below=0.0) -> list:
    """Write a label by each circle on axes in inches, with a line to it where it stands apart.

    `points`, `radii`: of the circles, in inches. `texts`: "" for none; above `NAMES_ALWAYS_SHOWN` of them, those
    without room are left out. `room`: width and height of the axes. `blocked`: boxes (left, bottom, right, top) to
    keep clear. `below`: room kept free under each text. Returns for each text the middle (x, y) of its lower edge,
    or None where nothing was written.
    """
    written = [i for i, text in enumerate(texts) if text]
    points, radii = np.asarray(points, float), np.asarray(radii, float)
    sizes = np.array([text_size(figure, text, SMALL) if text else (0.0, 0.0) for text in texts]).reshape(-1, 2)
    below = np.broadcast_to(below, (len(texts),))
    sizes[:, 1] += below
    centres = place_labels(points, radii, sizes, *room, blocked, len(written) > NAMES_ALWAYS_SHOWN)
    places: list = [None] * len(texts)
    for i in written:
        if centres[i] is not None:
            x, y = centres[i][0], centres[i][1] + below[i] / 2
            axes.text(x, y, texts[i], size=SMALL, ha="center", va="center", linespacing=1.1, zorder=6)
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
        axes.plot(*zip(start, end, strict=True), color=GREY, linewidth=0.7, zorder=5)


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
