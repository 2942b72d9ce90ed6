"""The page: what may be broken into lines, what scrolls by itself, how missing values and verdicts are shown, escapes."""

import pytest

from experiments.commands.test import prose, prose_of
from experiments.questions.report import draw_estimates, write_headline, write_table_of_controls, write_verdict
from experiments.report.page import Lines, Page
from experiments.report.style import capitalise
from experiments.store.result import interval_text, mean_cells, mean_text, number, number_cells

CONTROL = {
    "scenario": "nothing_planted", "kind": "verification", "verdict": "refuted", "expected": ["refuted", "not applicable"],
    "as_expected": True, "why": "nothing is there", "estimate": -1.0, "low": -2.0, "high": -0.5, "threshold": 0.0, "pairs": 4,
}  # fmt: skip
ENTRY = {
    "id": "dependence", "rank": 7, "title": "Dependence", "claim": "one", "kind": "verification", "asks": "careers",
    "verdict": "supported", "estimand": "ratio", "estimate": 2.0, "low": 1.5, "high": None, "unit": "ratio", "threshold": 1.0,
    "direction": "above", "threshold_reason": "one", "pairs": 8, "market": "class", "interval": "95 %", "published": None,
    "first_stage": {"present": False, "rule": "a fall of 10 %"}, "parts": [], "controls": [CONTROL], "limits": [],
    "min_detectable": None, "variance_reduction": None,
}  # fmt: skip


def page_of(write) -> str:
    page = Page("a title")
    write(page)
    return page.html()


def page_of_test(entry) -> str:
    """What a page says of a hypothesis: headline, verdict, controls."""
    parts = (write_headline, write_verdict, write_table_of_controls)
    return page_of(lambda page: [write(page, entry) for write in parts])


def test_texts_are_escaped_and_figures_are_put_in_whole(tmp_path):
    odd = "<b> & \"quoted\" 'text' {{ 1 + 1 }}"
    svg = tmp_path / "a b.svg"
    svg.write_text('<?xml version="1.0"?>\n<svg width="1"><g id="g1"><use href="#g1" style="clip-path:url(#g1)"/></g></svg>')

    def write(page):
        page.heading(odd)
        page.paragraph(odd, "verdict")
        page.code(odd)
        page.table([odd], [[odd]], "wide")
        page.figure(svg, odd)
        with page.folded(odd):
            page.quantities([{"label": odd, "estimate": 1.0, "low": None, "high": None, "unit": odd}])

    text = page_of(write)
    assert text.startswith("<!doctype html>\n<html") and text.endswith("</body></html>\n") and text.count("<h1>A title</h1>") == 1
    assert "<b>" not in text and text.count("&lt;b&gt; &amp; ") == 9 and text.count("{{ 1 + 1 }}") == 9
    drawn = 'aria-label="&lt;b&gt; &amp; &#34;quoted&#34; &#39;text&#39; {{ 1 + 1 }}" width="1"><g id="a_b-g1">'
    assert f'<svg role="img" {drawn}<use href="#a_b-g1" style="clip-path:url(#a_b-g1)"/></g></svg></div></figure>' in text
    assert text.index("<details>") < text.index(">n/a<") < text.index("</details>")


def test_numbers_stay_on_a_line_and_words_do_not():
    text = page_of(lambda page: page.table(["a", "b", "c", "d"], [["some words", "-1,234.5", "n/a", "1.0 (-2.5 to 3e-05)"]]))
    assert "<td>some words</td>" in text and '<td class="n">-1,234.5</td>' in text and '<td class="n">n/a</td>' in text
    assert '<td class="i">1.0 (-2.5 to 3e-05)</td>' in text
    assert text.index('<div class="scroll"') < text.index("<table"), "a table scrolls inside its own container"


def test_long_texts_have_width_so_that_heads_and_units_leave_no_blank_above_and_below_their_neighbours():
    head, unit = "EUR per person-day avoided", "persons in the days measured"
    rows = [[head, "1,557 (no spread)", "no spread"], ["a", "6 of 6 pairs", unit]]
    text = page_of(lambda page: page.table(["policy", "cost", head], rows))
    assert f'<th class="w">{head}</th>' in text and f"<td>{head}</td>" in text and f'<td class="w">{unit}</td>' in text
    assert '<td class="i">1,557 (no spread)</td><td class="n">no spread</td>' in text
    assert '<td class="i">6 of 6 pairs</td>' in text and "td.w{min-width:" in text and "th.w," in text


def test_a_page_as_lines_of_a_terminal(tmp_path):
    page = Lines()
    page.heading("what")
    page.paragraph("one " * 40)
    page.figure(tmp_path / "none.svg", "not looked for")
    page.table(["a", "number"], [["some words", "1.0"], ["b", "-2,000.0"]])
    wrapped = ["One " + "one " * 28 + "one", "one " * 9 + "one"]
    assert page.lines() == ["", "What", "", *wrapped, "", "a           number", "some words  1.0", "b           -2,000.0"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("loss of it", "Loss of it"), ("manifest.json is", "manifest.json is"), ("k", "K"), ("8 pairs", "8 pairs"), ("", "")],
)
def test_sentences_begin_with_a_capital_and_names_of_files_do_not(text, shown):
    assert capitalise(text) == shown


def test_missing_and_open_are_shown_in_words():
    open_above = {"estimate": 2.0, "low": 1.5, "high": None}
    unbounded = {"estimate": 2.0, "low": None, "high": None}
    nothing = {"estimate": None, "low": None, "high": None}
    assert number(None) == "n/a" and interval_text(nothing) == "n/a"
    assert interval_text(open_above) == "2.00 (1.50 to no bound)" and number_cells(open_above) == ["2.00", "1.50", "no bound"]
    assert interval_text(unbounded) == "2.00 (no bounded interval)" and number_cells(unbounded) == ["2.00", "n/a", "n/a"]
    assert interval_text({"estimate": -1.0, "low": -2.0, "high": 0.0}) == "-1.00 (-2.00 to 0.00)"


@pytest.mark.parametrize("kind", ["test", "verification"])
def test_only_a_test_supports_or_refutes(kind):
    entry = ENTRY | {"kind": kind, "controls": [CONTROL | {"kind": kind}]}
    yes, no = ("supported", "refuted") if kind == "test" else ("verified", "not verified")
    other = "verified" if kind == "test" else "support"
    figure = draw_estimates(entry)
    drawn = " ".join(artist.get_text() for axes in figure.axes for artist in axes.texts)
    page = page_of_test(entry)
    for text in (page, prose_of(entry), drawn):
        assert yes in text.lower() and no in text.lower()
    assert f"{no}, as expected" in drawn and f">{no} or not applicable</td>" in page
    several = prose({"hypotheses": [entry, entry]})
    assert yes.upper() in several and other.upper() not in several.split("Which")[0]
    assert entry["verdict"] == "supported", "data keep the verdict"


def test_what_the_first_stage_needs_is_shown_as_needed():
    page = page_of_test(ENTRY)
    assert "not put to the test. Needed: a fall of 10\N{NO-BREAK SPACE}%." in page and "needed: a fall of 10 %" in prose_of(ENTRY)


FAILED = "the positive control planted is refuted, and must be supported"


def test_a_verdict_whose_control_failed_is_marked_as_not_to_be_relied_on():
    failed = CONTROL | {"kind": "test", "role": "positive", "as_expected": False, "failed": FAILED, "expected": ["supported"]}
    entry = ENTRY | {"kind": "test", "controls": [failed], "controls_hold": False, "controls_failed": [FAILED]}
    page = page_of_test(entry)
    assert '<p class="verdict">' not in page and page.index("Not to be relied on") < page.index("supported")
    assert "Verdict: supported, not to be relied on." in page and "refuted; failed" in page
    figure = draw_estimates(entry)
    assert "supported, not to be relied on" in [text.get_text() for axes in figure.axes for text in axes.texts]
    for text in (prose_of(entry), prose({"hypotheses": [entry, entry]})):
        assert "supported, not to be relied on" in text and FAILED in text and "SUPPORTED" not in text
    held = page_of_test(entry | {"controls_hold": True, "controls_failed": []})
    assert '<p class="verdict">Verdict: supported.</p>' in held


def test_an_interval_without_width_is_shown_as_such():
    same = {"estimate": 0.0, "low": 0.0, "high": 0.0}
    assert interval_text(same) == "0.00 (no spread)" and number_cells(same) == ["0.00", "no spread", "no spread"]
    one = {"mean": 1.0, "low": None, "high": None, "replicates": 1}
    assert mean_text(one, 0) == "1.00 (one replicate)"
    assert mean_text(same | {"mean": 0.0, "replicates": 3}, 0) == "0.00 (no spread)"
    unseen = {"mean": None, "low": None, "high": None, "reason": "not observable in this window (needs a bed)"}
    assert mean_text(unseen) == unseen["reason"] and mean_cells(unseen)[0] == unseen["reason"]
