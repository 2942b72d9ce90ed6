"""The codebook: every column of every table has its unit and meaning, and each word of it is of something there is."""

import json
import re

import pytest

from experiments.commands.show import _SHOWN
from experiments.odd import columns_of_tests
from experiments.odd.codebook import codebook, codebook_of, find_column, kept_by, tables
from experiments.odd.measured import CELLS, MEASURES, SUMS, outcome_definitions
from experiments.questions.twins import Windows
from experiments.sweeps.specification import UNITS
from sim.configuration import group_names, parameter_table, read_group
from sim.measures.formulas import Window
from sim.state.ledger import CELL_MEASURES, DAY_MEASURES, DAY_UNITS
from tests.sweep_worlds import SWEEP, TINY, say
from tests.worlds import ROOT

RUN = ["run", *TINY[:-1]]
WITHOUT_TABLES = {"tests", "structures", "screening", "sensitivity"}  # rows, or tables, of their parts alone


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A run under a policy and a sweep with a target: their folders."""
    from experiments.cli import main

    folder = tmp_path_factory.mktemp("codebook")
    assert main([*RUN, "policy=venue_crackdown", "--output", str(folder)]) == 0
    more = ["sweep.factors.policy.levers.street_patrol.intensity=[1.0]", "sweep.target.kind=hotel"]
    assert main([*SWEEP, *more, "--output", str(folder)]) == 0
    return {name: next((folder / name).iterdir()) for name in ("run", "sweep")}


@pytest.mark.parametrize("command", ["run", "sweep"])
def test_every_column_of_a_result_is_known(command, results):
    entries = codebook_of(results[command])
    assert entries and not [entry for entry in entries if not entry.unit or not entry.meaning]
    assert {"ledger_days", "ledger_events", "field_view"} <= {entry.table for entry in entries} or command == "sweep"
    if command == "sweep":
        known = {entry.column: entry for entry in entries}
        assert known["labour.bonding"].meaning == "share of Boss-Provider pairs bound to each other"
        assert "of the lever street_patrol" in known["policy.levers.street_patrol.intensity"].meaning
        assert known["share_of_minors"].unit == UNITS["share_of_minors"] and known["id"].type == "int64"


@pytest.mark.slow
@pytest.mark.parametrize("name", group_names("hypothesis"))
def test_every_column_of_a_test_is_known(name, tmp_path, capsys):
    """What each estimand keeps of its worlds."""
    words = ["test", f"hypothesis={name}", *TINY[:-1], "days=1500", "policy.start_day=60", "n_pairs=2", "scenarios=main"]
    words = [word for word in words if word not in ("days=60", "policy.start_day=20")]
    assert say(capsys, *words, "engine=serial", "--quiet", "--output", str(tmp_path))[0] == 0
    entries = codebook_of(next((tmp_path / "test").iterdir()))
    assert len(entries) > 10 and not [entry.column for entry in entries if not entry.unit or not entry.meaning]


SMALL = "market.clients=300 days=460 burn_in=60"
OTHERS = {
    "compare": f"none venue_crackdown market=class {SMALL} policy.start_day=200 n_pairs=2",
    "evaluate": "example market=class market.clients=300 worlds=8",
    "validate": f"market=class {SMALL} n_worlds=4",
    "growth": "market=class market.clients=300 n_worlds=2",
    "frontier": "days=460 market.clients=300 population=20 generations=1 n_worlds=2 n_check=4 candidates=2 structures=[] draws=1",
}


@pytest.mark.slow
@pytest.mark.parametrize("command", OTHERS)
def test_every_column_of_other_results_is_known(command, tmp_path, capsys):
    words = OTHERS[command].split()
    assert say(capsys, command, *words, "engine=serial", "--quiet", "--output", str(tmp_path))[0] == 0
    entries = codebook_of(next((tmp_path / command).iterdir()))
    assert entries and not [f"{entry.table}.{entry.column}" for entry in entries if not entry.unit or not entry.meaning]


def test_measures_and_sums_have_words_and_units():
    assert set(MEASURES) == set(DAY_MEASURES) and set(CELLS) == set(CELL_MEASURES)
    made = set(re.findall(r"self\.(\w+) =", (ROOT / "sim/measures/formulas.py").read_text(encoding="utf-8")))
    assert set(SUMS) == made - {"days", "cost"} and hasattr(Window, "_add_up")


def test_outcomes_are_defined_by_their_formulas():
    known = {one.name: one for one in outcome_definitions()}
    assert list(known) == list(UNITS) or set(known) == set(UNITS)
    assert all(known[name].unit == unit and known[name].meaning for name, unit in UNITS.items())
    assert known["failed_attempts_to_leave"].formula == "attempts - left_by_attempt"
    assert known["age_of_bosses"].formula == "boss_age_days / 365.25 / bosses_present"
    assert known["lasting_exits"].needs


def test_a_formula_over_what_nobody_named_is_seen():
    from experiments.odd.measured import _NamedWindow

    with pytest.raises(AttributeError, match="no_such_sum"):
        _NamedWindow().daily("no_such_sum")


def test_each_part_of_the_codebook_is_of_something():
    assert set(columns_of_tests.WINDOWS) == set(Windows.__dataclass_fields__)
    estimands = {read_group("hypothesis", name)["hypothesis"]["estimand"] for name in group_names("hypothesis")}
    assert estimands >= set(columns_of_tests.OF_ESTIMANDS) | set(columns_of_tests.OVER)
    assert all(kept_by(name) for name in estimands)
    assert {command for command, *_ in tables()} == set(_SHOWN) - WITHOUT_TABLES | {"sensitivity"}
    assert all(entry.unit and entry.meaning for entry in codebook())


@pytest.mark.parametrize(
    ("command", "table", "name", "estimand"),
    [
        ("sweep", "rows", "labour.bondng", ""), ("sweep", "rows", "policy.levers.street_patrl.intensity", ""),
        ("run", "ledger_days", "nothing", ""), ("run", "no_such_table", "date", ""),
        ("test", "rows", "base_nothing", "displacement"), ("test", "rows", "base_in_plan", "displacement"),
        ("validate", "rows", "turnover.middle", ""),
    ],
)  # fmt: skip
def test_what_is_not_written_down_is_not_made_up(command, table, name, estimand):
    assert find_column(command, table, name, estimand) is None


def test_the_same_measure_over_different_days_has_different_words():
    units = dict(zip(DAY_MEASURES, DAY_UNITS, strict=True))
    looked = {
        estimand: find_column("test", "rows", name, estimand)
        for estimand, name in (("displacement", "base_exits_adapted"), ("demand", "base_exits"), ("dependence", "base_payments"))
    }
    assert looked["displacement"].unit == looked["demand"].unit == f"{units['exits']}/day"
    assert looked["dependence"].unit == "EUR" and len({one.meaning for one in looked.values()}) == 3


def test_the_command_selects_and_names_a_result_by_its_beginning(results, capsys):
    status, out, _ = say(capsys, "codebook", "ledger_days", "vacanc", "--json")
    found = json.loads(out)
    assert status == 0 and {one["table"] for one in found} == {"run ledger_days"} and len(found) == 5
    root = results["run"].parents[1]
    status, out, _ = say(capsys, "codebook", "run/2", "date", "--output", str(root))
    assert status == 0 and out.splitlines()[0].split() == ["table", "column", "type", "unit", "meaning"] and "ledger_days" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [(["nosuchword"], "nosuchword: no table"), (["no/such/result"], "no/such/result holds no result")],
)
def test_a_mistake_gets_one_line(words, said, capsys, tmp_path):
    status, out, err = say(capsys, "codebook", *words, "--output", str(tmp_path))
    assert (status, out) == (2, "") and said in err and len(err.splitlines()) == 1


def test_a_column_that_is_not_known_is_named(results, tmp_path, capsys):
    import shutil

    import pyarrow as pa
    import pyarrow.parquet as pq

    copy = shutil.copytree(results["run"], tmp_path / "copy")
    table = pq.read_table(copy / "ledger_days.parquet")
    pq.write_table(table.append_column("new", pa.array([0] * table.num_rows)), copy / "ledger_days.parquet")
    status, out, err = say(capsys, "codebook", str(copy))
    assert status == 1 and "ledger_days.new" in err and "in_plan" in out


def test_the_example_in_r_reads_what_is_there(results):
    text = (ROOT / "docs" / "examples" / "read_result.R").read_text(encoding="utf-8")
    named = set(re.findall(r'file\.path\(result, "([^"]+)"\)', text))
    assert named == {"summary.json", "manifest.json", "ledger_days.parquet", "ledger_days.csv", "rows", "rows.csv"}
    run, sweep = results["run"], results["sweep"]
    assert all((run / name).exists() for name in named if not name.startswith("rows") and not name.endswith(".csv"))
    summary, manifest = (json.loads((run / name).read_text()) for name in ("summary.json", "manifest.json"))
    assert set(re.findall(r"manifest\$(\w+)", text)) <= set(manifest)
    assert set(summary["outcomes"]["person_days_in_spell"]) >= set(re.findall(r"harm\$(\w+)", text)) == {"value", "unit"}
    import pandas as pd
    import pyarrow.dataset

    assert set(re.findall(r"days\$(\w+)", text)) <= set(pd.read_parquet(run / "ledger_days.parquet"))
    assert pyarrow.dataset.dataset(sweep / "rows", format="parquet").count_rows() == 12


def test_every_parameter_is_in_the_codebook_of_a_sweep():
    for row in parameter_table():
        assert find_column("sweep", "rows", row["key"]).meaning == row["meaning"]
