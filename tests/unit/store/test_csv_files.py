"""Tables as CSV: the same numbers as in Parquet, asked for, and gone when they may be of an earlier summary."""

import csv
import json
import math

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from experiments.store.csv_files import as_csv, write_csv_files
from experiments.store.result import Options, begin_result, report_summary
from experiments.store.store import Store
from tests.sweep_worlds import SWEEP, TINY, say

RUN = ["run", *TINY[:-1]]


def test_numbers_come_back_as_they_were():
    table = pa.table({
        "id": [1, 2], "whole": pa.array([2**53 + 1, None], pa.int64()), "third": [1 / 3, math.nan], "yes": [True, None],
        "day": pd.to_datetime(["2026-01-31", "2026-02-01"]), "text": ['a "b", c', None], "many": [[0.1] * 2000, None],
    })  # fmt: skip
    lines = list(csv.reader(as_csv(table).splitlines()))
    assert lines[0] == table.column_names and len(lines) == 3
    first = dict(zip(*lines[:2], strict=True))
    assert (int(first["whole"]), float(first["third"]), first["yes"], first["text"]) == (2**53 + 1, 1 / 3, "True", 'a "b", c')
    assert json.loads(first["many"]) == [0.1] * 2000 and first["day"].startswith("2026-01-31")
    assert lines[2] == ["2", "", "", "", "2026-02-01", "", ""], "what has no value is empty, whatever its type"


def test_no_rows_no_file(tmp_path):
    pq.write_table(pa.table({"a": [1]}), tmp_path / "one.parquet")
    assert write_csv_files(tmp_path, None) == ["one.csv"] and (tmp_path / "one.csv").read_text() == "a\n1\n"


def finish(root, value, **options):
    """A result with one chunk, whose table and summary are made again with `again=True`."""
    options = Options(root=root, **options)
    with begin_result("run", {"seed": 1}, options) as store:
        if not store.finished:
            store.write_chunk(0, pa.table({"id": [7]}))

        def make():
            pq.write_table(pa.table({"a": [value]}), store.folder / "one.parquet")
            store.write_summary({})
            return {}

        report_summary(store, options, lambda summary: "", make)
        return store.folder


def test_csv_of_an_earlier_summary_is_gone_until_asked_for(tmp_path, capsys):
    folder = finish(tmp_path, 1)
    assert not list(folder.glob("*.csv"))
    assert finish(tmp_path, 2, csv=True) == folder, "a stored result gets them too"
    assert (folder / "one.csv").read_text() == "a\n1\n" and (folder / "rows.csv").read_text() == "id\n7\n"
    assert "one.csv, rows.csv" in capsys.readouterr().err
    assert Store.view(folder, pytest.fail).read_summary() == {}
    finish(tmp_path, 2, again=True)
    assert not list(folder.glob("*.csv"))
    finish(tmp_path, 3, again=True, csv=True)
    assert (folder / "one.csv").read_text() == "a\n3\n"
    assert "csv" not in (folder / "SHA256SUMS").read_text(), "they are copies"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A run with CSV and a sweep without: their folders."""
    from experiments.cli import main

    folder = tmp_path_factory.mktemp("csv")
    assert main([*RUN, "--csv", "--output", str(folder)]) == 0 == main([*SWEEP, "--output", str(folder)])
    return next((folder / "run").iterdir()), next((folder / "sweep").iterdir())


def test_a_run_leaves_each_table_twice(results):
    run = results[0]
    names = {path.stem for path in run.glob("*.parquet")}
    assert names == {path.stem for path in run.glob("*.csv")} and "ledger_days" in names
    for name in names:
        stored = pd.read_parquet(run / f"{name}.parquet")
        shown = pd.read_csv(run / f"{name}.csv", dtype=str)
        assert list(shown) == list(stored) and len(shown) == len(stored) > 0
        for column in stored.select_dtypes("number"):
            assert (shown[column].astype(float) == stored[column].astype(float)).all()


def test_show_writes_them_for_a_stored_result_and_prints_an_answer_so(results, capsys):
    sweep = results[1]
    status, out, err = say(capsys, "show", str(sweep), "--csv", "--json")
    assert status == 0 and json.loads(out)["rows"] == 12 and "rows.csv" in err
    rows = pd.read_csv(sweep / "rows.csv", dtype=str)
    stored = Store.view(sweep).read_rows().to_pandas()
    assert list(rows) == list(stored)
    assert (rows["person_days_in_spell"].astype(float) == stored["person_days_in_spell"]).all()
    question = "SELECT arm, count(*) AS n FROM rows GROUP BY arm ORDER BY 1"
    status, out, _ = say(capsys, "show", str(sweep), "--csv", "--sql", question)
    assert (status, out) == (0, "arm,n\nnone,6\nvenue_crackdown,6\n")
    assert say(capsys, "show", str(sweep))[0] == 0, "the result is as sound as before"
