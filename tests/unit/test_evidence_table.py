"""The table of evidence: each number cited anywhere is a row with a source, and what is held out is the source of nothing."""

import re

import pytest

from sim import evidence as module
from sim.configuration import parameter_table
from sim.evidence import FOLDER, cited, evidence, held_out, sources
from sim.initialisation.data import DataError
from sim.levers import LEVER_KINDS
from tests.worlds import ROOT

READ = ("sim", "experiments", "configs", "docs", "benchmarks", "tests", "README.md", "CHANGELOG.md")
FILES = sorted(
    path
    for name in READ
    for path in ([ROOT / name] if (ROOT / name).is_file() else (ROOT / name).rglob("*"))
    if path.suffix in (".py", ".md", ".yaml") and path != FOLDER / "__init__.py"
)
COMPARED = ROOT / "configs" / "patterns.yaml"  # where rows held out are compared, and marked so that they accept nothing
MODEL = [path for path in FILES if path.relative_to(ROOT).parts[0] in ("sim", "configs") and path != COMPARED]
NO_ROW = f"E{99}"  # put together, or it would be found here


def text_of(path):
    return path.read_text(encoding="utf-8")


def unresolved(text):
    return cited(text) - set(evidence())


def test_each_number_cited_is_a_row():
    assert not {path.relative_to(ROOT).as_posix(): rows for path in FILES if (rows := unresolved(text_of(path)))}


def test_a_number_without_a_row_is_seen():
    assert unresolved(f"E67 to {NO_ROW}; R20") == {f"E{number}" for number in range(69, 100)}
    assert len(set().union(*(cited(text_of(path)) for path in MODEL))) > 50, "the files are read"


def test_nothing_of_the_model_cites_what_is_held_out():
    """Neither rules nor parameters, levels, priors, presets and growth curves, in code and in configurations."""
    assert not {path.relative_to(ROOT).as_posix(): rows for path in MODEL if (rows := cited(text_of(path)) & set(held_out()))}


def test_no_source_of_a_parameter_or_lever_is_held_out():
    texts = [row["source"] for row in parameter_table()] + [kind.source for kind in LEVER_KINDS.values()]
    assert not cited(" ".join(texts)) & set(held_out())


def test_held_out_are_the_rows_agreed_before_any_calibration():
    assert held_out() == ("E09", "E20", "E21", "E22", "E23", "E48", "E49")


def test_rows_are_whole_and_in_order():
    numbers = [fact.id for fact in evidence().values()]
    assert numbers == [f"E{n:02d}" for n in range(1, 69)] + [f"R{n:02d}" for n in range(1, 21)]
    for fact in evidence().values():
        measured = fact.value is not None or fact.high is not None
        assert measured == (fact.use != "mechanism") and measured == bool(fact.unit), fact.id
        assert fact.low is None or fact.low <= fact.high
        if isinstance(fact.value, float):
            assert (fact.low or fact.value) <= fact.value <= (fact.high or fact.value), fact.id


def test_each_row_has_a_source_and_each_source_a_row():
    used = {key for fact in evidence().values() for key in fact.sources}
    assert used == set(sources()), "the loader refuses a row without one"
    for source in sources().values():
        assert source.key == "assumption" or (source.year and source.published)
        assert not source.link or source.link.startswith("https://")


def test_rows_are_facts_in_few_words():
    for fact in evidence().values():
        assert len(fact.quantity) <= 110 and not re.search(r"[«»“”\"/]\w*\.txt|[«»“”\"]", fact.quantity + fact.note), fact.id


def test_values_of_each_form_are_read():
    rows = evidence()
    assert (rows["E02"].value, rows["E02"].low, rows["E02"].high) == (4.0, 2.0, 14.0)
    assert rows["E09"].value is None and (rows["E09"].low, rows["E09"].high) == (300.0, 1500.0)
    assert rows["E20"].value["2019"] == 147.0 and rows["E48"].value == {"ads": 400.0, "contacts": 196.0, "accompaniments": 5.0}
    assert rows["E34"].value is None and rows["R03"].sources == ("miprof-2025", "ssmsi-sdse-2022")


@pytest.mark.parametrize(
    "text, rows",
    [
        ("E20-E23", {"E20", "E21", "E22", "E23"}),
        ("E12-14", {"E12", "E13", "E14"}),
        ("E12, E14; R02", {"E12", "E14", "R02"}),
        ("E58 to E59", {"E58", "E59"}),
        ("E02 to 14 days, E08 (1,500 EUR/week)", {"E02", "E08"}),
        ("assumption, 1E10, E501, #009E73", set()),
    ],
)
def test_numbers_and_ranges_are_read(text, rows):
    assert cited(text) == rows


@pytest.mark.parametrize(
    "change, said",
    [
        (("E02,pattern", "E01,pattern"), "line 3: repeats E01"),
        (("E02,pattern", "E02,guess"), "line 3: has no such value: use guess"),
        (("working-group-2021", "nobody-2021"), "line 3: has no such value: source nobody-2021"),
        ((",4,2,14,", ",four,2,14,"), "line 3: has no such value"),
        (("E02,pattern", ",pattern"), "line 3: has a blank field"),
    ],
)
def test_a_damaged_table_is_refused_by_line(tmp_path, monkeypatch, change, said):
    for name in ("evidence.csv", "sources.csv"):
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    table = tmp_path / "evidence.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(*change, 1), encoding="utf-8")
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    with pytest.raises(DataError, match=f"evidence.csv, {re.escape(said)}") as caught:
        evidence.__wrapped__()
    assert "\n" not in str(caught.value)
