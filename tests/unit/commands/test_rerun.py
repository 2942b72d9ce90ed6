"""`plansim rerun`: a row from the manifest alone, equal to the last bit or a list of what differs."""

import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from experiments.store.files import read_sealed, write_sealed
from tests.sweep_worlds import SWEEP, TINY, laid_over, say

TEST = [
    "test",
    "hypothesis=displacement",
    *laid_over(TINY, ["days=120", "burn_in=2", "policy.start_day=40"]),
    "n_pairs=2",
    "hypothesis.transient_days=10",
    "hypothesis.adapted_days=40",
]

HARM = "exploitation_person_days"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A sweep of a table, a run and a test: their folders. The table is gone."""
    from experiments.cli import main

    folder = tmp_path_factory.mktemp("repeated")
    (folder / "design.csv").write_text("demand.price_start,demand.price_high\n120.0,300.0\n120.0,100.0\n90.5,100.0\n")
    words = [word for word in SWEEP if "bonding" not in word]
    assert main([*words, "sweep.design=table", f"sweep.table={folder / 'design.csv'}", "--output", str(folder)]) == 1
    (folder / "design.csv").unlink()
    assert main(["run", *TINY[:-1], "--output", str(folder)]) == 0
    assert main([*TEST, "--output", str(folder)]) == 0
    return {name: next((folder / name).iterdir()) for name in ("sweep", "run", "test")}


@pytest.mark.parametrize("row", ["0", "3", "11"])
def test_a_row_of_a_sweep_is_equal(row, results, capsys):
    status, out, err = say(capsys, "rerun", str(results["sweep"]), row)
    assert status == 0 and "equal; all" in out and err == ""


def test_a_failed_row_fails_again(results, capsys):
    status, out, _ = say(capsys, "rerun", str(results["sweep"]), "5", "--json")
    assert status == 0 and json.loads(out)["equal"] is True


def test_a_pair_and_a_run_are_equal(results, capsys):
    status, out, _ = say(capsys, "rerun", str(results["test"]), "1")
    assert status == 0 and "equal" in out
    status, out, _ = say(capsys, "rerun", str(results["run"]))
    assert status == 0 and "equal" in out


def forge(folder, copy, change):
    """A copy of a result in which a stored table was changed, with hashes to fit."""
    import hashlib

    shutil.copytree(folder, copy)
    line = json.loads((copy / "chunks.jsonl").read_text().splitlines()[0])
    path = copy / line["file"]
    pq.write_table(change(pq.read_table(path)), path, write_page_checksum=True)
    line["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (copy / "chunks.jsonl").write_text(json.dumps(line, separators=(",", ":")) + "\n")
    return copy


def test_another_number_is_listed(results, capsys, tmp_path):
    def change(table):
        import numpy as np

        values = table[HARM].to_numpy().copy()
        assert values[0] > 1.0
        values[0] = np.nextafter(values[0], 0.0)
        return table.set_column(table.column_names.index(HARM), HARM, pa.array(values, from_pandas=True))

    forged = forge(results["sweep"], tmp_path / "forged", change)
    status, out, _ = say(capsys, "rerun", str(forged), "0")
    assert status == 1 and "NOT equal; 1 of" in out and f"{HARM}:" in out
    status, out, _ = say(capsys, "rerun", str(forged), "0", "--json")
    assert status == 1 and [item["name"] for item in json.loads(out)["differing"]] == [HARM]
    assert say(capsys, "rerun", str(forged), "1")[0] == 0, "the other rows are as they were"


def test_another_ledger_is_seen(results, capsys, tmp_path):
    def change(table):
        place = table.column_names.index("ledger_sha256")
        return table.set_column(place, "ledger_sha256", pa.array(["0" * 16] * table.num_rows))

    status, out, _ = say(capsys, "rerun", str(forge(results["sweep"], tmp_path / "forged", change)), "0")
    assert status == 1 and "ledger_sha256" in out


def test_another_version_of_the_code_is_said(results, capsys, tmp_path):
    shutil.copytree(results["sweep"], tmp_path / "old")
    path = tmp_path / "old" / "manifest.json"
    write_sealed(path, read_sealed(path) | {"source_sha256": "0" * 64})
    status, out, err = say(capsys, "rerun", str(tmp_path / "old"), "0")
    assert status == 0 and "equal" in out and "the code is not that of the result" in err and len(err.splitlines()) == 1


def test_mistakes_get_one_line(results, capsys, tmp_path):
    sweep = str(results["sweep"])
    for words, said, expected in (
        (["rerun"], "a result folder and the id", 2),
        (["rerun", sweep], "the id of a row", 2),
        (["rerun", sweep, "12"], "has no row 12", 2),
        (["rerun", sweep, "x"], "whole number", 2),
        (["rerun", str(tmp_path), "1"], "holds no result", 2),
        (["rerun", str(results["run"]), "4"], "one world", 2),
    ):
        status, out, err = say(capsys, *words)
        assert (status, out) == (expected, "") and said in err and len(err.splitlines()) == 1
