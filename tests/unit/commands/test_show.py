"""`plansim show`: what a result holds, questions in SQL, and nothing written or read beside it."""

import json
import shutil

import pytest

from tests.sweep_worlds import SWEEP, TINY, say, sweep

RUN = ["run", *TINY[:-1]]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A sweep and a run: their folders."""
    from experiments.cli import main

    folder = tmp_path_factory.mktemp("shown")
    assert main([*SWEEP, "--output", str(folder)]) == 0 == main([*RUN, "--output", str(folder)])
    return next((folder / "sweep").iterdir()), next((folder / "run").iterdir())


def test_a_summary_says_what_how_many_and_means_with_intervals(results, capsys):
    status, out, err = say(capsys, "show", str(results[0]))
    assert status == 0 and err == ""
    assert "12 rows done, 0 failed" in out and "venue_crackdown minus none" in out and "95 %" in out
    assert out.strip().splitlines()[-1] == f"Result: {results[0]}"
    status, out, _ = say(capsys, "show", str(results[0]), "--json")
    told = json.loads(out)
    stored = json.loads((results[0] / "summary.json").read_text())
    assert told["outcomes"] == stored["outcomes"] and told["rows_sha256"] == stored["rows_sha256"] and told["seed"] == 1


def test_a_run_is_shown_too(results, capsys):
    status, out, _ = say(capsys, "show", str(results[1]))
    assert status == 0 and "ledger sha256" in out


def test_a_summary_that_other_code_wrote_is_refused_in_a_line(results, capsys, monkeypatch):
    """One whose form is not this version's; a fault of this version's own is not taken for one."""

    def lacks(summary):
        return summary["what later versions have"]

    monkeypatch.setattr("experiments.commands.run.prose", lacks)
    with pytest.raises(KeyError):
        say(capsys, "show", str(results[1]))
    monkeypatch.setattr("experiments.commands.show.changed_parts", lambda stored: ["the code of experiments"])
    status, out, err = say(capsys, "show", str(results[1]))
    assert status == 2 and out == "" and len(err.splitlines()) == 1
    assert str(results[1]) in err and "the code of experiments changed since" in err and "--json" in err
    status, out, _ = say(capsys, "show", str(results[1]), "--json")
    assert status == 0 and json.loads(out)["command"] == "run"


def test_sql_asks_the_rows(results, capsys):
    question = "SELECT arm, count(*) AS n, avg(exploitation_person_days) AS harm FROM rows GROUP BY arm ORDER BY arm"
    status, out, _ = say(capsys, "show", str(results[0]), "--sql", question, "--json")
    answer = json.loads(out)
    stored = json.loads((results[0] / "summary.json").read_text())["outcomes"]
    assert status == 0 and answer["columns"] == ["arm", "n", "harm"]
    assert [row[:2] for row in answer["rows"]] == [["none", 6], ["venue_crackdown", 6]]
    for arm, _, harm in answer["rows"]:
        assert harm == pytest.approx(stored[arm]["exploitation_person_days"]["mean"])
    status, out, _ = say(capsys, "show", str(results[0]), f"--sql={question}")
    assert out.splitlines()[0].split() == ["arm", "n", "harm"] and len(out.splitlines()) == 4
    assert say(capsys, "show", str(results[0]), "--sql", 'SELECT max("labour.bonding") FROM rows')[1].split()[-1] == "1"


def test_sql_sees_contrasts(results, capsys):
    status, out, _ = say(capsys, "show", str(results[0]), "--sql", "SELECT arm, count(*) FROM contrasts GROUP BY arm", "--json")
    assert status == 0 and json.loads(out)["rows"] == [["venue_crackdown", 6]]


@pytest.mark.parametrize(
    "question",
    [
        "SELECT * FROM read_csv('{folder}/chunks.jsonl')",
        "SELECT * FROM '{folder}/chunks.jsonl'",
        "COPY rows TO '{folder}/stolen.csv'",
        "DROP VIEW rows",
        "SELECT 1; SELECT 2",
        "SET enable_external_access = true",
        "ATTACH '{folder}/other.db'",
        "SELECT nosuch FROM rows",
        "SELECT * FROM table_of_this_process",
        "no SQL at all",
    ],
)
def test_sql_reads_nothing_else_and_writes_nothing(question, results, capsys):
    table_of_this_process = results  # noqa: F841 (a variable that DuckDB could find)
    before = sorted(results[0].rglob("*"))
    status, out, err = say(capsys, "show", str(results[0]), "--sql", question.format(folder=results[0]))
    assert (status, out) == (2, "") and err.startswith("plansim: --sql: ") and len(err.splitlines()) == 1
    assert sorted(results[0].rglob("*")) == before


@pytest.mark.parametrize("words", [[], ["--sql", "SELECT count(*) FROM rows"]])
def test_what_is_left_is_shown_and_what_is_damaged_is_named(words, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.sweeps.plan.estimate_seconds", lambda parameters: 0.5)  # six chunks
    monkeypatch.setattr("experiments.commands.sweep.FILES_A_HUNDRED_RUNS", 100)  # each in a file of its own
    status, folder, _ = sweep(capsys, tmp_path)
    files = sorted((folder / "rows").iterdir())
    assert status == 0 and len(files) == 6
    files[1].write_bytes(files[1].read_bytes()[:-9])
    files[4].unlink()
    status, out, err = say(capsys, "show", str(folder), *words)
    assert status == 1 and ("8 rows done, 0 failed" in out if not words else out.split()[-1] == "8")
    damaged, missing = err.splitlines()
    assert f"{files[1]} is damaged: run the command again" in damaged and f"{files[4]} is missing" in missing
    assert "every file is as its hash says" not in out
    status, out, _ = say(capsys, "show", str(folder), "--json")
    assert status == 1 and len(json.loads(out)["damaged"]) == 2
    assert say(capsys, "rerun", str(folder), "0")[0] == 0
    status, out, err = say(capsys, "rerun", str(folder), "2")
    assert (status, out) == (1, "") and files[1].name in err and len(err.splitlines()) == 1


@pytest.mark.parametrize("words", [[], ["--sql", "SELECT 1"]])
def test_a_damaged_file_is_named_and_not_believed(words, results, capsys, tmp_path):
    folder = tmp_path / "damaged"
    shutil.copytree(results[0], folder)
    file = next((folder / "rows").iterdir())
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 4
    file.write_bytes(data)
    status, out, err = say(capsys, "show", str(folder), *words)
    assert (status, out) == (1, "") and file.name in err and "damaged" in err and len(err.splitlines()) == 1


@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.write_bytes(b"")], ids=["missing", "emptied"])
def test_a_lost_journal_is_named(harm, results, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.sweeps.plan.estimate_seconds", lambda parameters: 0.5)
    monkeypatch.setattr("experiments.commands.sweep.FILES_A_HUNDRED_RUNS", 100)
    _, folder, _ = sweep(capsys, tmp_path)
    harm(folder / "chunks.jsonl")
    status, out, err = say(capsys, "show", str(folder))
    assert (status, out) == (1, "") and "6 files of rows are not listed in it" in err and len(err.splitlines()) == 1
    status, again, err = sweep(capsys, tmp_path)
    assert status == 0 and again == folder and err.count("files of rows are not listed in it, to be made again") == 1
    assert say(capsys, "show", str(folder))[0] == 0


@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.write_bytes(b"")], ids=["missing", "damaged"])
@pytest.mark.parametrize(
    ("of", "name"), [(0, "report.html"), (1, "ledger_days.parquet"), (1, "field_view.parquet"), (1, "map.png")]
)
def test_a_file_that_is_not_shown_is_named_too(of, name, harm, results, capsys, tmp_path):
    folder = tmp_path / "damaged"
    shutil.copytree(results[of], folder)
    harm(folder / name)
    status, out, err = say(capsys, "show", str(folder))
    assert status == 1 and out.strip().endswith(f"Result: {folder}"), "the summary is sound"
    what = "damaged" if (folder / name).exists() else "missing"
    assert err == f"plansim: {folder / name} is {what}; the same command makes it again\n"
    assert "every file is as its hash says" not in out
    assert len(json.loads(say(capsys, "show", str(folder), "--json")[1])["damaged"]) == 1


def test_a_damaged_table_is_not_made_csv(results, capsys, tmp_path):
    folder = tmp_path / "damaged"
    shutil.copytree(results[1], folder)
    table = folder / "ledger_days.parquet"
    table.write_bytes(table.read_bytes()[:-9])
    status, _, err = say(capsys, "show", str(folder), "--csv")
    assert status == 1 and err.startswith(f"plansim: {table} is damaged") and len(err.splitlines()) == 1
    assert not (folder / "ledger_days.csv").exists()


def test_mistakes_get_one_line(results, capsys, tmp_path):
    for words, said, expected in (
        (["show"], "one result folder", 2),
        (["show", str(tmp_path / "none")], "holds no result", 2),
        (["show", str(results[0]), "--sql"], "a question is needed", 2),
        (["run", "--sql", "SELECT 1"], "only for show", 2),
    ):
        status, out, err = say(capsys, *words)
        assert (status, out) == (expected, "") and said in err and len(err.splitlines()) == 1
