"""The published set is what its command would write, and its rows come out again."""

import csv
import json
from pathlib import Path

import pandas as pd
import pytest

from experiments import publish
from experiments.calibration import draws
from experiments.calibration.posterior import read_posterior
from experiments.commands import robustness
from experiments.commands import test as hypotheses_command
from experiments.questions.analysis import columns_of, entry_of
from experiments.questions.study import MAIN
from experiments.questions.twins import run_worlds
from experiments.robustness.published import MANIFEST_FILE, VERDICTS_FILE, question_hash
from experiments.robustness.runs import seconds_a_pair, study_of
from experiments.robustness.shares import summarise_shares
from experiments.statistics.shares_of_worlds import ESTIMATORS, percent_range
from experiments.statistics.verdict import VERDICTS
from experiments.store.files import StoreError, hash_file, read_json
from experiments.store.provenance import build_manifest

SET = Path(__file__).resolve().parents[3] / "results" / "published"
WORDS = [
    "market=class", "days=110", "burn_in=10", "policy.start_day=40", "hypothesis.transient_days=10",
    "hypothesis.adapted_days=60", "n_pairs=2", "engine.workers=1",
]  # fmt: skip
REPEATED = ("verdict", "estimate", "low", "high", "pairs")  # what a repetition must reproduce
published = pytest.mark.skipif(not (SET / MANIFEST_FILE).is_file(), reason="no set is published yet")


def read_published(folder):
    """Manifest, verdict table and rows of the draws (as text, as the CSV has them) of a published set."""
    with open(folder / "robustness_rows.csv", encoding="utf-8", newline="") as file:
        return read_json(folder / MANIFEST_FILE), read_json(folder / VERDICTS_FILE)["verdicts"], list(csv.DictReader(file))


def tree_of(manifest, name):
    """The composed configuration with which one hypothesis was tested."""
    made = manifest["tests"]["configuration"]
    return next(tree for tree in made.get("hypotheses", [made]) if tree["hypothesis"]["id"] == name)


def repeat_verdict(manifest, name):
    """Run the main comparison of one hypothesis again, from the manifest alone."""
    study = study_of(tree_of(manifest, name))
    rows = [run_worlds(task) for task in study.tasks(manifest["tests"]["seeds"]["root"])]
    return entry_of(study, study.scenarios[0], columns_of(rows, MAIN))


def repeat_draw(manifest, id):
    """Run one row of the draws again, from the manifest alone."""
    return robustness.repeat_row(manifest["robustness"]["configuration"], id)


def check_set(folder):
    """What holds of every set: all files are listed and unchanged, small enough, and its tables agree."""
    manifest, verdicts, rows = read_published(folder)
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {MANIFEST_FILE}
    assert set(manifest["files"]) == files
    assert all(hash_file(folder / name) == known for name, known in manifest["files"].items())
    assert publish.size_of(folder) < publish.MOST_BYTES
    with open(folder / "verdicts.csv", encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["verdict"] for row in table] == [row["verdict"] for row in verdicts]
    with open(folder / "structures.csv", encoding="utf-8", newline="") as file:
        under = list(csv.DictReader(file))
    usual = {row["hypothesis"]: row["verdict"] for row in under if row["structure"] == "default"}
    assert usual == {row["id"]: row["verdict"] for row in verdicts} and (folder / "figures" / "structures.png").is_file()
    with open(folder / "screening.csv", encoding="utf-8", newline="") as file:
        assert {row["hypothesis"] for row in csv.DictReader(file)} == set(usual)
    assert all((row["differs"] == "True") == (row["verdict"] != usual[row["hypothesis"]]) for row in under)
    with open(folder / "validation.csv", encoding="utf-8", newline="") as file:
        assert {row["tag"] for row in csv.DictReader(file)} >= {"held_out", "calibrated", "imposed"}
    assert read_posterior(str(folder / "posterior.parquet")).values
    fits = read_json(folder / publish.FITS_FILE)
    assert fits["ranks"]["fits"] > 0 and fits["waves"] and set(fits) == set(publish.FITS)
    for row, told in zip(table, verdicts, strict=True):
        mine = [one for one in rows if one["hypothesis"] == told["id"] and one["round"] == "0"]
        question = question_hash(tree_of(manifest, told["id"]))
        assert told["configuration_sha256"] == question, "the draws are around what was tested"
        assert float(row["estimate"]) == told["estimate"] and (folder / "figures" / f"{told['id']}.png").is_file()
        for which, kept in (("all", mine), ("accepted", [one for one in mine if one["accepted"] == "True"])):
            assert len(kept) == told[f"draws_{which}"]
            for verdict in VERDICTS:
                share = told[f"{which}_{verdict.replace(' ', '_')}"]
                assert share == (sum(one["verdict"] == verdict for one in kept) / len(kept) if kept else None)
    return manifest, verdicts, rows


@published
def test_the_readme_states_the_published_shares():
    """The first screen gives for each claim the bracket over both estimators, in worlds that fit."""
    text = (SET.parents[1] / "README.md").read_text(encoding="utf-8")
    for entry in read_json(SET / VERDICTS_FILE)["verdicts"]:
        bounds = {end: [entry[f"accepted_side_{name}_{end}"] for name in ESTIMATORS] for end in ("low", "high")}
        told = f"(`{entry['id']}`: {percent_range(min(bounds['low']), max(bounds['high']))}"
        assert told in text, told


def as_csv(value):
    """A value as the tables have it."""
    return "" if value is None else str(value)


def made_here(manifest):
    """Whether the numbers must be equal to the last bit: the same kind of machine made them."""
    return manifest["tests"]["platform"] == build_manifest("test", {}, {}, {})["platform"]


def check_row(row, again, exactly):
    """A row that was repeated: equal here; elsewhere logarithms round otherwise, so the intervals must meet."""
    if exactly:
        assert {name: as_csv(row[name]) for name in REPEATED} == {name: as_csv(again[name]) for name in REPEATED}, (
            "numbers have changed: say so in the changelog and publish again"
        )
    elif row["low"] not in ("", None) and again["low"] is not None:
        assert float(row["low"]) <= again["high"] and again["low"] <= float(row["high"])


@published
def test_the_published_set_is_whole():
    manifest, verdicts, rows = check_set(SET)
    assert [row["id"] for row in verdicts] == hypotheses_command.hypothesis_names()
    drawn = manifest["robustness"]["configuration"]["robustness"]
    assert drawn["range"] == robustness.POSTERIOR and drawn["draws"] == publish.DRAWS
    assert sum(row["round"] == "0" for row in rows) == drawn["draws"] * len(verdicts)


@published
def test_a_published_row_comes_out_again():
    manifest, verdicts, rows = read_published(SET)
    row = next(one for one in rows if one["accepted"] == "True" and one["verdict"] in ("supported", "refuted"))
    again = repeat_draw(manifest, int(row["id"]))
    assert again["hypothesis"] == row["hypothesis"] and again["draw"] == int(row["draw"])
    check_row(row, again, made_here(manifest))


@published
def test_published_shares_follow_from_published_rows():
    """Of one claim, from the table of rows and the manifest alone."""
    manifest, verdicts, _ = read_published(SET)
    told = next(one for one in verdicts if one["id"] == "careers")
    plan = robustness.plan_of(manifest["robustness"]["configuration"])
    table = pd.read_csv(SET / "robustness_rows.csv")
    rows = table[table["hypothesis"] == told["id"]].assign(status="done")
    accepted = set(table.loc[table["accepted"].eq(True), "draw"])
    found = summarise_shares(rows, accepted, plan.claims[told["id"]], plan.parameters, pd.DataFrame(plan.values))
    shares = found["accepted"]["shares"]
    assert found["conclusion"] == told["conclusion"] and len(accepted) == told["draws_accepted"] == shares["draws"]
    assert shares["unseen"] == pytest.approx(told["accepted_unseen"])
    for name in ESTIMATORS:
        for end, key in (("share", ""), ("low", "_low"), ("high", "_high")):
            assert shares["side"][name][end] == pytest.approx(told[f"accepted_side_{name}{key}"], abs=1e-3)
    assert [row["structure"] for row in found["by_structure"]] == [row["structure"] for row in told["by_structure"]]


@published
@pytest.mark.slow
def test_a_published_verdict_comes_out_again():
    """The main comparison that costs least."""
    manifest, verdicts, _ = read_published(SET)

    def seconds(told):
        return told["pairs"] * seconds_a_pair(study_of(tree_of(manifest, told["id"])).scenarios[0])

    told = min(verdicts, key=seconds)
    check_row(told, repeat_verdict(manifest, told["id"]), made_here(manifest))


@pytest.fixture
def small(monkeypatch):
    """One hypothesis of two pairs, and three draws."""
    monkeypatch.setattr(robustness, "LEAST_DRAWS", 3)
    few = draws.read_specification().model_copy(update={"worlds_measured": 1, "rounds": 0})
    monkeypatch.setattr(robustness, "read_specification", lambda: few)
    monkeypatch.setattr(hypotheses_command, "hypothesis_names", lambda: ["displacement"])


@pytest.mark.full
def test_a_set_is_written_and_its_rows_come_out_again(small, tmp_path, capsys):
    output, results = tmp_path / "published", tmp_path / "results"
    arguments = ["--output", str(output), "--results", str(results), "--draws", "3", *WORDS]
    arguments += ["--structures", "replacement,essential_roles", "--validate", "n_worlds=4", "--calibrate", "n_draws=200"]
    arguments += ["n_worlds=2", "waves=1", "trajectories=2", "kept=60", "days=730", "burn_in=180", "policy.start_day=365"]
    assert publish.main(arguments) == 0
    assert capsys.readouterr().out.rstrip().endswith(str(output))
    manifest, verdicts, rows = check_set(output)
    assert len(verdicts) == 1 and len(rows) == 3 and made_here(manifest)
    check_row(rows[2], repeat_draw(manifest, 2), True)
    check_row(verdicts[0], repeat_verdict(manifest, "displacement"), True)
    written = {path: path.stat().st_mtime_ns for path in results.rglob("*.parquet")}
    (output / "old.txt").write_text("of an older set")
    assert publish.main(arguments) == 0
    assert written == {path: path.stat().st_mtime_ns for path in results.rglob("*.parquet")}, "nothing is run again"
    assert json.loads((output / "manifest.json").read_text()) == manifest and not (output / "old.txt").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["published", "results"]


def test_a_row_that_differs_is_told_apart(small, tmp_path):
    """So that the comparison guards something."""
    row = {"verdict": "refuted", "estimate": "1.0", "low": "0.5", "high": "1.5", "pairs": "4"}
    again = {"verdict": "refuted", "estimate": 1.0, "low": 0.5, "high": 1.5, "pairs": 4}
    check_row(row, again, True)
    with pytest.raises(AssertionError, match="numbers have changed"):
        check_row(row, again | {"estimate": 1.0000000001}, True)
    check_row(row, again | {"low": 0.6, "high": 1.6}, False)
    with pytest.raises(AssertionError):
        check_row(row, again | {"low": 1.6, "high": 1.8}, False)


def test_what_failed_or_is_too_large_is_not_published(small, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(hypotheses_command, "main", lambda words, options: 1)
    assert publish.main(["--output", str(tmp_path / "published"), "--results", str(tmp_path)]) == 1
    err = capsys.readouterr().err
    assert "failed in part" in err and len(err.splitlines()) == 1 and not (tmp_path / "published").exists()
    (tmp_path / "large").write_bytes(b"0" * (publish.MOST_BYTES + 1))
    with pytest.raises(StoreError, match="8 are allowed"):
        publish.write_manifest(tmp_path, {})
