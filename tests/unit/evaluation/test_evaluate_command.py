"""`plansim evaluate` from a table to its result; mistakes in tables, and evaluators in worlds whose truth is set."""

import json
import types
import warnings

import numpy as np
import pytest

from experiments.cli import main
from experiments.evaluation import runs
from experiments.evaluation.areas import CONTROL, DISPLACEMENT, TREATED, Unit, read_rows, units_of
from experiments.evaluation.figures import draw_worlds
from experiments.evaluation.prose import prose
from experiments.evaluation.results import find_in_worlds
from experiments.questions.places import Geography
from experiments.store.store import Store
from tests.sweep_worlds import say
from tests.worlds import ROOT, compiled_only

SMALL = ["market=class", "market.clients=100", "market.searches_per_day=8", "burn_in=10", "engine=serial", "worlds=8"]
FELT = "policy.levers.venue_inspection.intensity=400"
TABLE = "area,before,after,days_before,days_after\ntreated,20,12,60,30\ndisplacement,15,16,60,30\ncontrol,30,31,60,30\n"
EXAMPLES = ROOT / "docs" / "examples"


def write(folder, text):
    (folder / "counts.csv").write_text(text, encoding="utf-8")
    return str(folder / "counts.csv")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a small evaluation and its summary."""
    root = tmp_path_factory.mktemp("evaluation")
    assert main(["evaluate", write(root, TABLE), *SMALL, FELT, "--output", str(root)]) == 0
    (folder,) = (root / "evaluate").iterdir()
    return folder, json.loads((folder / "summary.json").read_text())


def test_a_table_alone_is_answered_without_a_folder(capsys, tmp_path):
    status, out, _ = say(capsys, "evaluate", "example", "worlds=0", "--output", str(tmp_path))
    assert status == 0 and "(WDD): 118.0 events fewer" in out and "-195.6 to -40.4" in out and not list(tmp_path.iterdir())
    status, out, _ = say(capsys, "evaluate", str(EXAMPLES / "counts_by_type.csv"), "worlds=0", "--json")
    told = json.loads(out)
    assert status == 0 and told["worlds"] is None and told["weighted"] and len(told["units"]) == 4
    assert "points of harm" in say(capsys, "evaluate", str(EXAMPLES / "counts_by_type.csv"), "worlds=0")[1]


def test_the_example_is_the_table_of_a_new_study_and_no_file_of_that_name(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert say(capsys, "new", "study", "mine")[0] == 0
    example = say(capsys, "evaluate", "example", "worlds=0")[1]
    assert say(capsys, "evaluate", "mine/counts.csv", "worlds=0")[1] == example
    (tmp_path / "example").write_text(TABLE, encoding="utf-8")
    status, _, err = say(capsys, "evaluate", "example", "worlds=0")
    assert status == 2 and "ends in .csv" in err, "a file of that name is the user's"
    status, _, err = say(capsys, "evaluate", "worlds=0")
    assert status == 2 and "plansim evaluate example" in err and err.count("\n") == 1


@pytest.mark.parametrize("name", ["counts (1), März.csv", "a b.csv", "[x].csv", "it's.csv"])
def test_a_table_may_have_any_name(name, capsys, tmp_path):
    (tmp_path / name).write_text(TABLE, encoding="utf-8")
    status, out, _ = say(capsys, "evaluate", str(tmp_path / name), "worlds=0", "--json")
    assert status == 0 and json.loads(out)["fewest"] == 12
    words = ["evaluate", str(tmp_path / name), "worlds=0", "labour.bonding=0,1", "--multirun"]
    assert say(capsys, *words)[1].count("(WDD): ") == 2


def test_a_result_has_worlds_figure_and_page(finished):
    folder, told = finished
    worlds = told["worlds"]
    assert worlds["pairs"] == 8 and worlds["days"] == [60, 30] and worlds["policy"] == "venue_crackdown"
    assert {one["design"] for one in worlds["designs"]} == {"adjacent kinds", "neighbouring places"}
    for design in worlds["designs"]:
        assert design["reason"] or {one["id"] for one in design["statistics"]} == {"WDD", "TNE", "WDQ"}
    assert {"report.html", "evaluators.png", "result.svg", "SHA256SUMS"} <= {path.name for path in folder.iterdir()}
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["configuration"]["counts"] == "counts.csv", "no folder of the user's machine"
    assert manifest["configuration"]["areas"][0] == {
        "area": "treated", "before": 20, "after": 12, "days_before": 60, "days_after": 30,
    }  # fmt: skip


def test_twins_are_one_world_until_the_policy(finished):
    folder, _ = finished
    rows = runs.rows_of(Store.view(folder).read_rows().to_pandas())
    assert rows["before"].shape == rows["treated"].shape == (8, 12)
    assert (rows["before"].sum(axis=1) > 0).all() and (rows["treated"] != rows["untreated"]).any()


def test_a_row_is_repeated_from_the_manifest(finished, capsys):
    folder, _ = finished
    status, out, _ = say(capsys, "rerun", str(folder), "3")
    assert status == 0 and "equal" in out
    assert "WDD" in say(capsys, "show", str(folder))[1]


def test_an_interrupted_evaluation_goes_on(finished, tmp_path, capsys, monkeypatch):
    seen, run_pair = [], runs.run_pair

    def stop_at_the_fifth(task):
        seen.append(task.id)
        if len(seen) == 5:
            raise KeyboardInterrupt
        return run_pair(task)

    words = ["evaluate", write(tmp_path, TABLE), *SMALL, FELT, "--output", str(tmp_path)]
    monkeypatch.setattr(runs, "run_pair", stop_at_the_fifth)
    assert say(capsys, *words)[0] == 130
    monkeypatch.setattr(runs, "run_pair", run_pair)
    status, out, _ = say(capsys, *words, "--json")
    assert status == 0 and json.loads(out) == finished[1]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("area,before\ntreated,1\n", ["no column after"]),
        ("area,befor,after\ntreated,1,2\n", ["unknown column befor", "before"]),
        ("area,before,after\ntreatd,1,2\n", ["row 1, column area", "treatd", "treated"]),
        ("area,before,after\ntreated,many,2\n", ["row 1, column before", "'many'", "whole number"]),
        ("area,before,after\ntreated,1,2.5\ncontrol,1,2\n", ["row 1, column after", "2.5", "whole"]),
        ("area,before,after\ntreated,1,2\ncontrol,-3,2\n", ["row 2, column before", "-3", "0 or more"]),
        ("area,before,after\ntreated,1,nan\n", ["row 1, column after", "nan"]),
        ("area,before,after\ntreated,true,1\n", ["row 1, column before", "True"]),
        ("area,before,after\ntreated,1\n", ["row 1", "2 cells", "3 columns"]),
        ("area,before,after\ntreated,,1\n", ["row 1", "no value in column before"]),
        ("area,before,after\ntreated,1,2\n", ["no row of area control"]),
        ("area,before,after\ncontrol,1,2\n", ["no row of area treated"]),
        ("area,before,after\ntreated,1,2\ncontrol,1,2\ntreated,3,4\n", ["row 3 repeats area treated of row 1", "site or type"]),
        ("area,before,after\ntreated,1,2\ncontrol,1,2\nbuffer_control,3,4\n", ["displacement_control", "add its row"]),
        ("area,before,after,days_before\ntreated,1,2,365\ncontrol,1,2,365\n", ["days_before and days_after come together"]),
        (
            "area,before,after,days_before,days_after\ntreated,1,2,365,365\ncontrol,1,2,730,365\n",
            ["row 2, column days_before", "730"],
        ),
        (
            "area,before,after,days_before,days_after\ntreated,1,2,0,365\ncontrol,1,2,0,365\n",
            ["row 1, column days_before", "above 0"],
        ),
        ("area,before,after,days_before,days_after\ntreated,1,2,9,9999\ncontrol,1,2,9,9999\n", ["days_after", "3650"]),
        ("area,before,after,size\ntreated,1,2,0\ncontrol,1,2,1\n", ["row 1, column size", "above 0"]),
        ("area,before,after,weight\ntreated,1,2,3\ncontrol,1,2,4\n", ["row 2, column weight", "same weight"]),
        ("area,before,after\n", ["0 rows"]),
    ],
)
def test_a_bad_table_gets_one_line(text, named, capsys, tmp_path):
    status, out, err = say(capsys, "evaluate", write(tmp_path, text), "--output", str(tmp_path / "out"))
    assert status == 2 and out == "" and len(err.splitlines()) == 1 and err.startswith("plansim: counts=")
    for word in named:
        assert word in err, err
    assert not (tmp_path / "out").exists(), "nothing is begun"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ([], ["a table of counts is needed", "plansim evaluate"]),
        (["nowhere.csv"], ["nowhere.csv", "no such file"]),
        (["counts.txt"], ["counts.txt", ".csv"]),
        (["@", "worlds=3"], ["worlds=3", "8 to"]),
        (["@", "worlds=many"], ["worlds='many'"]),
        (["@", "days=700"], ["days: it follows from the table", "days_before"]),
        (["@", "policy.start_day=700"], ["policy.start_day: it follows from the table"]),
        (["@", "policy=none"], ["policy=none", "venue_crackdown", "worlds=0"]),
        (["@", "policy=demand_campaign"], ["policy=demand_campaign", "one target", "territory and a kind"]),
        (["@", "world=8"], ["world", "worlds"]),
        (["@", "another.csv"], ["given twice"]),
    ],
)
def test_a_mistake_in_the_words_gets_one_line(words, named, capsys, tmp_path):
    given = [write(tmp_path, TABLE) if word == "@" else word for word in words]
    status, out, err = say(capsys, "evaluate", *given, "--output", str(tmp_path / "out"))
    assert status == 2 and out == "" and len(err.splitlines()) == 1 and "Traceback" not in err
    for word in named:
        assert word in err, err
    assert not (tmp_path / "out").exists(), "nothing is begun"


def test_names_of_areas_of_the_literature_are_taken(tmp_path):
    rows = read_rows(write(tmp_path, "area;before;after;site\nResponse;10;5;a\nbuffer;4;4;a\nControl;9;9;a\n"))
    assert [row["area"] for row in rows] == [TREATED, DISPLACEMENT, CONTROL]
    assert units_of(rows, "t")[0].counts == {TREATED: (10, 5), DISPLACEMENT: (4, 4), CONTROL: (9, 9)}


# --- evaluators where the truth is set


def _worlds(pairs, moved, removed, generator):
    """Counts by cell of three places: what leaves the target (cell 1) is moved to cell 0 or is gone."""
    levels = np.full(12, 4000.0)
    before, untreated = (generator.poisson(levels, (pairs, 12)) for _ in range(2))
    treated = untreated.copy()
    treated[:, 1] -= moved + removed
    treated[:, 0] += moved
    return {"before": before, "treated": treated, "untreated": untreated}


def _evaluate(moved, removed, count=1000, pairs=400):
    generator = np.random.default_rng(5)
    geography = Geography(["a", "b", "c"], np.array([[0.0, 5.0, 9.0], [5.0, 0.0, 5.0], [9.0, 5.0, 0.0]]), 0, 1)
    table = [Unit("", "", {TREATED: (count, count), DISPLACEMENT: (count, count), CONTROL: (count, count)})]
    found = find_in_worlds(_worlds(pairs, moved, removed, generator), geography, table, (365, 365), generator)
    return {one["design"]: types.SimpleNamespace(**one, by={s["id"]: s for s in one["statistics"]}) for one in found}


def test_worlds_without_an_answer_are_drawn_and_said_so(finished):
    told = json.loads(json.dumps(finished[1]))
    for one in told["worlds"]["designs"]:
        one["reason"] = "an area of this design has no event"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_worlds(told)
    assert "No answer from twin worlds: an area of this design has no event." in prose(told)


def test_a_planted_displacement_is_the_truth_and_is_measured_without_bias():
    found = _evaluate(moved=1000, removed=1000)["adjacent kinds"]
    share = found.recorded[TREATED]
    assert share == pytest.approx(0.25, rel=0.01) and found.before_on_file[TREATED] == pytest.approx(1000)
    assert found.by["WDD"]["truth"]["estimate"] == pytest.approx(-1000 * share)
    assert found.by["TNE"]["truth"]["estimate"] == pytest.approx(1000 * share)
    assert found.by["WDQ"]["truth"]["estimate"] == pytest.approx(-0.5)
    for one in found.by.values():
        near = 0.1 * abs(one["truth"]["estimate"])
        assert one["bias"]["low"] <= near and one["bias"]["high"] >= -near
        assert one["effect_is_real"] and one["false_alarms"]["estimate"] < 0.1 < one["power"]["estimate"]
        assert one["coverage"]["estimate"] > 0.9
    assert found.by["WDD"]["power"]["estimate"] > 0.6 > found.by["WDQ"]["power"]["estimate"], "the quotient sees least"
    assert found.outside_change["estimate"] == 0.0


def test_what_moves_out_of_the_areas_is_missed():
    found = _evaluate(moved=1000, removed=0)["neighbouring places"]  # cell 0 is in none of its areas
    assert found.outside_change["estimate"] == pytest.approx(1000 * found.recorded[TREATED])
    assert found.by["WDQ"]["truth"]["estimate"] == 0.0 and found.by["WDD"]["truth"]["estimate"] < 0


def test_power_rises_with_the_counts_on_file():
    few, many = (_evaluate(0, 1000, count)["adjacent kinds"].by["WDD"]["power"]["estimate"] for count in (40, 1000))
    assert few < 0.2 and many > 0.6


def test_a_table_larger_than_the_worlds_has_every_event_on_file():
    found = _evaluate(0, 1000, count=50_000)["adjacent kinds"]
    assert found.recorded[TREATED] == 1.0 and found.before_on_file[TREATED] < 5000


def test_an_area_without_events_has_a_reason():
    geography = Geography(["a", "b"], np.array([[0.0, 5.0], [5.0, 0.0]]), 0, 1)
    rows = {name: np.zeros((8, 8), np.int64) for name in runs.CELLS}
    table = [Unit("", "", {TREATED: (10, 5), CONTROL: (10, 9)})]
    (found, *_) = find_in_worlds(rows, geography, table, (365, 365), np.random.default_rng(1))
    assert "no event before" in found["reason"]


@compiled_only
@pytest.mark.slow
def test_worlds_at_draws_of_a_posterior(tmp_path, capsys):
    status, out, _ = say(
        capsys, "evaluate", write(tmp_path, TABLE), "worlds=8", "market=class", "posterior=published", "engine.workers=1",
        "--output", str(tmp_path), "--json",
    )  # fmt: skip
    assert status == 0 and json.loads(out)["worlds"]["pairs"] == 8
