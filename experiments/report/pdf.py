"""Figures as PDF for a journal: drawn again at the width of its column, with letters of 6 points and more.

While `printing(width)` holds, `style.save` writes a PDF of each figure next to its PNG and SVG.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterator
from pathlib import Path

WIDTHS = {"column": 85.0, "page": 170.0}  # mm: one column of a journal, and both
NARROWEST, WIDEST = 60.0, 300.0  # mm
SMALLEST_SCALE = 2 / 3  # makes letters of 9 points, the smallest of a figure that is drawn again, letters of 6
MM = 25.4  # in an inch

_width: float | None = None


def read_width(text: str) -> float:
    """A width in mm, given as `column`, `page` or a number. ConfigurationError for anything else."""
    if text in WIDTHS:
        return WIDTHS[text]
    width = float(text) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) else math.nan
    if not NARROWEST <= width <= WIDEST:
        from sim.configuration import ConfigurationError

        names = ", ".join(f"{name} ({mm:g} mm)" for name, mm in WIDTHS.items())
        raise ConfigurationError(f"--pdf {text}: no width; valid: {names}, or a number of mm from {NARROWEST:g} to {WIDEST:g}")
    return width


@contextlib.contextmanager
def printing(width: float | None) -> Iterator[None]:
    """Save every figure as PDF too, `width` mm wide; None changes nothing."""
    global _width
    before, _width = _width, _width if width is None else width
    try:
        yield
    finally:
        _width = before


def printed_width() -> float | None:
    """The width of PDF files in inches; None where none are asked for."""
    return None if _width is None else _width / MM


def scale_of(width: float, usual: float) -> float:
    """By how much a figure for a width in inches is shrunk, of which the usual width is `usual`; one is never enlarged.

    >>> round(scale_of(3.2, 6.4), 3), scale_of(5.76, 6.4), scale_of(8.0, 6.4)
    (0.667, 0.9, 1.0)
    """
    return min(1.0, max(SMALLEST_SCALE, width / usual))


def write_pdf(figure, path: Path, scale: float, title: str) -> None:
    """Write a figure as PDF with all lengths times `scale`: letters and lines too, which no setting of Matplotlib scales.

    Letters are TrueType, so that they stay text. The same figure gives the same bytes.
    """
    from matplotlib.backends.backend_mixed import MixedModeRenderer
    from matplotlib.backends.backend_pdf import Op, PdfFile, RendererPdf

    width, height = figure.get_size_inches()
    before, figure.dpi = figure.dpi, 72  # points of PDF
    file = PdfFile(path, {"Creator": None, "Producer": None, "CreationDate": None, "Title": title})
    try:
        file.newPage(width * scale, height * scale)
        file.width, file.height = width, height  # beyond which paths are cut off, before they are scaled
        file.output(scale, 0, 0, scale, 0, 0, Op.concat_matrix)
        renderer = MixedModeRenderer(figure, width, height, before, RendererPdf(file, before, height, width))
        figure.draw(renderer)
        renderer.finalize()
        file.finalize()
    finally:
        file.close()
        figure.dpi = before
