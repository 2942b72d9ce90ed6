"""Figures as PDF: drawn again in the width of a column, with letters that can be read, and the same bytes each time."""

import re

import pytest

from experiments.report import journal, pdf, style
from sim.configuration import ConfigurationError
from tests.unit.report.test_figures import FIGURES, difference_over_time, estimates_with_controls

POINTS_A_MM = 72 / 25.4
DRAWN_HERE = [difference_over_time, estimates_with_controls]  # of the quick tests: the others take seconds each


def page_size(path) -> tuple[float, float]:
    """Width and height of the only page of a PDF, in points."""
    found = re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", path.read_bytes())
    assert len(found) == 1
    return float(found[0][0]), float(found[0][1])


def letters(figure) -> list[float]:
    """Sizes in points of all that is written in a figure."""
    figure.draw_without_rendering()
    found = figure.findobj(lambda artist: hasattr(artist, "get_fontsize") and artist.get_visible())
    return [text.get_fontsize() for text in found if text.get_text().strip()]


@pytest.mark.parametrize("text, width", [("column", 85.0), ("page", 170.0), ("60", 60.0), ("88.9", 88.9), ("300", 300.0)])
def test_a_width_is_a_name_or_millimetres(text, width):
    assert pdf.read_width(text) == width


@pytest.mark.parametrize("text", ["", "wide", "59", "301", "-85", "85mm", "8e1", "nan", "inf", "1_00", "٨٥", "column "])
def test_another_width_is_refused_in_one_line(text):
    with pytest.raises(ConfigurationError, match=r"^--pdf .*: no width; valid: column \(85 mm\), page \(170 mm\), or a number"):
        pdf.read_width(text)


def test_a_figure_is_saved_as_pdf_only_while_it_is_asked_for(tmp_path):
    figure = difference_over_time()
    usual = style.save(figure, tmp_path, "figure")[1].read_bytes()
    assert not list(tmp_path.glob("*.pdf"))
    with journal.printing(85.0):
        assert style.save(figure, tmp_path, "figure")[1].read_bytes() == usual, "PNG and SVG keep their width"
    assert [path.name for path in tmp_path.glob("*.pdf")] == ["figure.pdf"]
    style.save(figure, tmp_path, "figure")
    assert not (tmp_path / "figure.pdf").exists(), "one of an earlier picture would not be seen to be old"


@pytest.mark.parametrize("width", [60.0, 85.0, 120.0, 170.0, 300.0])
def test_a_page_has_the_width_and_its_letters_six_points(width, tmp_path):
    figure = estimates_with_controls()
    with journal.printing(width):
        style.save(figure, tmp_path, "figure")
    wide, high = page_size(tmp_path / "figure.pdf")
    assert wide == pytest.approx(width * POINTS_A_MM, abs=0.01) and 0 < high < 240 * POINTS_A_MM
    scale = journal.scale_of(width / 25.4, style.WIDTH)
    assert scale * min(letters(journal.draw_again(figure, width / 25.4 / scale))) >= 5.999
    assert style.WIDTH == 6.4


def test_the_same_figure_gives_the_same_bytes_and_text_stays_text(tmp_path):
    with journal.printing(85.0):
        for name in ("one", "two"):
            style.save(difference_over_time(), tmp_path, name)
    one, two = (tmp_path / f"{name}.pdf" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert b"/Subtype /Type0" in one.read_bytes() and b"CreationDate" not in one.read_bytes()
    assert b"/Type3" not in one.read_bytes(), "journals refuse fonts of this kind"


def test_a_warning_is_on_the_paper_too(tmp_path):
    figure = estimates_with_controls()
    with journal.printing(85.0):
        style.save(figure, tmp_path, "sure")
        style.warn(figure, "A control failed")
        style.save(figure, tmp_path, "doubtful")
    assert "A control failed" in [text.get_text() for text in journal.draw_again(figure, 4.5).texts]
    assert (tmp_path / "doubtful.pdf").stat().st_size > (tmp_path / "sure.pdf").stat().st_size


@pytest.mark.slow
@pytest.mark.parametrize("draw", FIGURES, ids=lambda draw: draw.__name__)
def test_every_figure_fits_a_column(draw, tmp_path):
    with journal.printing(85.0):
        style.save(draw(), tmp_path, "figure")
    assert page_size(tmp_path / "figure.pdf")[0] == pytest.approx(85 * POINTS_A_MM, abs=0.01)
    figure = journal.draw_again(draw(), 85 / 25.4 / journal.SMALLEST_SCALE)
    assert min(letters(figure)) >= 9.0
    undrawn = set()  # labels of ticks beyond the ends of their axis, which are kept and not drawn
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        undrawn |= {id(label) for t in axis.get_major_ticks() if not low <= t.get_loc() <= high for label in (t.label1, t.label2)}
    wide = figure.bbox.width
    out = [
        text.get_text()
        for text in figure.findobj(lambda artist: hasattr(artist, "get_fontsize") and artist.get_visible())
        if text.get_text().strip() and id(text) not in undrawn
        and not (-2 <= text.get_window_extent().x0 and text.get_window_extent().x1 <= wide + 2)
    ]
    assert not out, out
