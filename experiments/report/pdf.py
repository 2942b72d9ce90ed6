"""PDF files of figures: their widths, and how one is written."""

from __future__ import annotations

import math
import re
from pathlib import Path

WIDTHS = {"column": 85.0, "page": 170.0}  # mm: one column of a journal, and both
NARROWEST, WIDEST = 60.0, 300.0  # mm


def read_width(text: str, flag: str = "--pdf ") -> float:
    """A width in mm, given as `column`, `page` or a number. ConfigurationError, beginning with `flag`, for anything else."""
    if text in WIDTHS:
        return WIDTHS[text]
    width = float(text) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) else math.nan
    if not NARROWEST <= width <= WIDEST:
        from sim.configuration import ConfigurationError

        names = ", ".join(f"{name} ({mm:g} mm)" for name, mm in WIDTHS.items())
        raise ConfigurationError(f"{flag}{text}: no width; valid: {names}, or a number of mm from {NARROWEST:g} to {WIDEST:g}")
    return width


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
