"""The description after ODD: headings in their order, nothing of the model left out, and text for each subject."""

import json
import re

import numpy as np
import pytest

from experiments.cli import main
from experiments.odd import meanings, process, source, state
from experiments.odd.document import ADDITIONS, APPENDICES, CONCEPTS, FIRST_LINE, all_tables, odd_page, outline, title_of
from experiments.odd.numbers import constant_table
from experiments.validation.patterns import read_patterns
from sim.configuration import group_names, parameter_table
from sim.day import PHASES
from sim.engine import draws
from sim.levers import LEVER_KINDS
from sim.measures.formulas import OUTCOMES
from sim.parameters.policy import Lever
from sim.state import records, world
from sim.state.ledger import CELL_MEASURES, DAY_MEASURES
from tests.worlds import ROOT

ODD = [  # Grimm et al. 2020
    "1. Purpose and patterns", "2. Entities, state variables and scales", "3. Process overview and scheduling",
    "4. Design concepts", "5. Initialization", "6. Input data", "7. Submodels",
]  # fmt: skip
CONCEPTS_OF_ODD = [
    "Basic principles", "Emergence", "Adaptation", "Objectives", "Learning", "Prediction", "Sensing", "Interaction",
    "Stochasticity", "Collectives", "Observation",
]  # fmt: skip
ODD_PLUS_D = [  # Müller et al. 2013
    "Theoretical and empirical background", "Individual decision-making", "Individual prediction", "Individual sensing",
    "Heterogeneity", "Implementation details",
]  # fmt: skip
PAGE = odd_page()
TABLES = all_tables()
UNLINKED = re.sub(r"\[([ER]\d\d)\]\(evidence\.md#\w+\)", r"\1", PAGE)
PROSE = sorted(path for top in ("sim", "experiments") for path in (ROOT / top).rglob("odd.md"))
PROSE += sorted((ROOT / "experiments" / "odd").glob("*.md"))


def headings(level, text=PAGE, lowest=None):
    """The headings of a level, or from it to the lowest."""
    return re.findall(rf"^#{{{level},{lowest or level}}} (.+)$", text, re.M)


def bare(text):
    """A text without the targets of its links."""
    return re.sub(r"\]\([^)]*\)", "]", text)


def column(table, name):
    """The cells of a column as plain names."""
    return [cell.strip("`") for cell in (row[name] for row in TABLES[table])]


def names_in(table, name):
    """All names in code of a column."""
    return [found for row in TABLES[table] for found in re.findall(r"`(\w+)`", row[name])]


def section(heading):
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def test_sections_are_those_of_odd_in_their_order():
    assert headings(2) == ODD + [f"Appendix {letter}. {name}" for letter, name in APPENDICES.items()]
    assert headings(1) == ["The model, after ODD and ODD+D"] and list(APPENDICES) == list("ABCDEFGH")


def test_concepts_are_those_of_odd_and_the_additions_follow_what_they_extend():
    concepts = section("4. Design concepts")
    assert headings(3, concepts) == CONCEPTS_OF_ODD == list(CONCEPTS)
    assert headings(4, concepts) == ODD_PLUS_D == list(ADDITIONS.values())
    both = headings(3, concepts, lowest=4)
    assert all(both[both.index(addition) - 1] == extended for extended, addition in ADDITIONS.items())


def test_the_introduction_names_the_additions():
    introduction = PAGE.partition("\n## ")[0]
    assert all(f"*{name}*" in introduction.replace("\n", " ") for name in ODD_PLUS_D)


def test_the_first_line_says_who_writes_it():
    first = PAGE.partition("\n")[0]
    assert first == FIRST_LINE and "Written by `plansim odd docs/odd.md`" in first


def test_every_phase_is_in_the_schedule_in_order():
    assert column("schedule", "phase") == [name for name, _ in PHASES]
    for row in TABLES["schedule"]:
        assert row["what happens"].endswith(".") and "Plain form" not in row["what happens"]
        assert all((ROOT / row[name].strip("`")).is_file() for name in ("file", "plain form"))


def test_every_stream_and_draw_is_there():
    named = {name for name in vars(draws) if name.isupper() and name not in ("U64", "STREAMS", "ONLY")}
    streams = {name: int(value) for name, value in vars(draws).items() if isinstance(value, np.uint64)}
    assert dict(zip(column("streams", "stream"), map(int, column("streams", "no.")), strict=True)) == streams
    drawn = re.findall(r"`([A-Z_0-9]+)` (-?\d+)", " ".join(row["draws"] for row in TABLES["streams"]))
    assert {name: int(value) for name, value in drawn} == {name: getattr(draws, name) for name in named - set(streams)}
    assert all(row["decides"] for row in TABLES["streams"])


def test_every_parameter_is_there_once():
    found = [name for table in TABLES if table.startswith("parameters.") for name in column(table, "key")]
    assert sorted(found) == sorted([row["key"] for row in parameter_table()] + list(Lever.model_fields))
    assert "| `labour.bonding` | 0.0 | share of pairs | 0.0 to 1.0 | model: 0 is gig, 1 is bonded (E36) |" in UNLINKED
    assert "| `enforcement.cells_chosen` | uniform | - | uniform, listed, learned, reported, problem |" in UNLINKED
    assert "| `planning.moving` | true | - | true, false |" in UNLINKED


def test_every_constant_is_there():
    assert names_in("constants", "name") == [name for names, *_ in constant_table() for name in names.split(", ")]


def test_every_lever_is_there():
    assert column("levers", "lever") == list(LEVER_KINDS)
    for row, kind in zip(TABLES["levers"], LEVER_KINDS.values(), strict=True):
        assert kind.unit == row["intensity one means"] and all(measure in row["should move"] for measure in kind.claim.moves)


def test_every_outcome_and_measure_is_there():
    found = [name for table in TABLES if table.startswith("outcomes.") for name in column(table, "outcome")]
    assert found[: len(OUTCOMES)] == [name for name, _, _ in OUTCOMES] and "public_cost_street_patrol" in found
    assert column("ledger_by_day", "measure") == list(DAY_MEASURES)
    assert column("ledger_by_cell", "measure") == list(CELL_MEASURES)


def test_every_pattern_is_there():
    known = read_patterns()
    assert column("patterns", "pattern") == list(known.patterns) and column("not_compared", "row") == list(known.not_compared)
    assert "| E02 | mean length of a Plan (`plan_duration`) | days | 4 | 3 to 5 | imposed |" in UNLINKED


def test_every_structure_and_hypothesis_is_there():
    assert sorted(column("structures", "structure")) == sorted(group_names("structure"))
    assert sorted(column("hypotheses", "hypothesis")) == sorted(group_names("hypothesis"))
    assert all(row["what it is"] for row in TABLES["structures"])


def test_dials_are_at_their_off_values_and_know_who_turns_them():
    turned = {row["key"].strip("`"): row for row in TABLES["dials"]}
    assert {row["off-value"] for row in turned.values()} == {"0.0", "0", "1", "uniform"}
    assert turned["entry.boss_elasticity"]["turned by"] == "`replacement` (1.5)"
    assert "entry.one_off_plans" not in turned, "read only where a dial is turned"
    assert not {"enforcement.yield_factor", "entry.age_low"} & set(turned), "levels are no dials"


def test_every_field_is_there_with_its_meaning():
    types = {name: kind for name, kind in vars(records).items() if isinstance(kind, np.dtype) and name.isupper()}
    assert types == state.record_types() and column("entities", "record") == list(types)
    for name, kind in types.items():
        table = f"state.{meanings.ENTITIES[name][0].lower().replace(' ', '_')}"
        assert column(table, "state variable") == list(kind.names)
        assert all(row["meaning"] and row["type"] for row in TABLES[table])
    assert column("world_tables", "table") == [name for name, _, _ in world.FIELDS]
    assert all(row["content"] for row in TABLES["world_tables"])


def test_every_code_is_there():
    codes = {name for name, value in vars(records).items() if name.isupper() and not isinstance(value, np.dtype)}
    assert set(names_in("codes", "name")) == codes - {"INTERPRETED"}


def test_meanings_are_of_what_is_there_and_has_none_in_its_source():
    comments, tables = source.field_comments(records), source.field_comments(world)[state.WORLD_FIELDS]
    silent = {(record, field) for record, fields in comments.items() for field, comment in fields.items() if not comment}
    noted = {(record, field) for record, fields in meanings.FIELDS.items() for field in fields}
    assert noted <= silent, "stale, or said in the source as well"
    rest = silent - noted
    assert {field for _, field in rest} == set(meanings.COMMON), "incomplete, or stale"
    assert set(meanings.ENTITIES) == set(state.record_types())
    assert set(meanings.TABLES) == {name for name, comment in tables.items() if state.is_bare(comment.removeprefix(", "))}
    lines = [(names[0], comment) for names, comment in source.assignments(records) if names[0] not in meanings.ENTITIES]
    assert set(meanings.CODES) == {name for name, comment in lines if not comment}
    said = {names[0]: comment for names, comment in source.assignments(draws) if isinstance(getattr(draws, names[0]), np.uint64)}
    assert set(meanings.STREAMS) == {name for name, comment in said.items() if not comment}


def test_a_field_that_nothing_explains_is_named(monkeypatch, capsys):
    monkeypatch.delitem(meanings.FIELDS["BOSS"], "tour_end")
    assert main(["odd"]) == 2
    assert capsys.readouterr().err == (
        "plansim: sim/state/records.py: BOSS.tour_end: write what it holds in a comment on its line\n"
    )


def test_each_subject_of_the_rules_is_described():
    folders = {path.parent.name for path in (ROOT / "sim" / "rules").glob("*/__init__.py")}
    assert set(source.folders_of_rules()) == folders == set(process.subjects()) - {""}
    for folder in process.subjects():
        path = "/".join(filter(None, ("sim/rules", folder, "odd.md")))
        assert title_of(path) in headings(3, section("7. Submodels"))
        assert TABLES[f"rules.{folder or 'morning'}"], "a subject has rules"


def test_a_rule_is_told_in_a_sentence_without_its_plain_form():
    rows = [row for name, rows in TABLES.items() if name.startswith("rules.") for row in rows]
    assert len(rows) > 150 and all(row["what it does"] and "Plain form" not in row["what it does"] for row in rows)
    assert not [row["rule"] for row in rows if row["file"].endswith("_plain.py`") or row["rule"].startswith("`_")]


@pytest.mark.parametrize("path", PROSE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_each_text_is_part_of_the_description(path):
    """Its title is a heading, and each of its paragraphs is there, wherever its links lead from."""
    title, *paragraphs = bare(path.read_text(encoding="utf-8")).strip().split("\n\n")
    assert title.removeprefix("# ") in {re.sub(r"^(\d|Appendix \w)\. ", "", heading) for heading in headings(1, lowest=4)}
    assert paragraphs and not [text for text in paragraphs if text.lstrip("# ") not in bare(UNLINKED)]


def test_names_of_tables_are_their_own():
    names = [table.name for part in outline() for table in part.tables()]
    assert len(names) == len(set(names)) == len(TABLES)


def test_it_is_printed_or_written(tmp_path, capsys):
    assert main(["odd"]) == 0 and capsys.readouterr().out == PAGE
    assert main(["odd", str(tmp_path / "model.md")]) == 0 and capsys.readouterr().out == ""
    assert (tmp_path / "model.md").read_text(encoding="utf-8") == PAGE
    assert main(["odd", "--json"]) == 0 and json.loads(capsys.readouterr().out) == TABLES


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["parameters"], 2, "plansim: parameters: the name of one file that ends in .md is needed, or none"),
        (["a.md", "b.md"], 2, "plansim: a.md b.md: the name of one file that ends in .md is needed, or none"),
        (["--sql", "SELECT 1"], 2, "plansim: --sql: only for show"),
        (["{folder}/none/model.md"], 1, "plansim: cannot write {folder}/none/model.md: no such file or directory"),
        (["{folder}/file/model.md"], 2, "plansim: cannot write {folder}/file/model.md: not a directory"),
    ],
)
def test_what_cannot_be_is_one_line(words, status, said, tmp_path, capsys):
    (tmp_path / "file").touch()
    found = main(["odd", *(word.format(folder=tmp_path) for word in words)])
    out, err = capsys.readouterr()
    assert (found, out) == (status, "") and err.startswith(said.format(folder=tmp_path)) and len(err.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
