"""Draws whose worlds have no market put nothing to the test; and a row of the draws comes out again by its command."""

import json

import pytest

from experiments.calibration import draws
from experiments.commands import robustness
from experiments.robustness import runs as robust_runs
from experiments.store.store import Store
from tests.sweep_worlds import say

SMALL = [
    "days=110", "burn_in=10", "policy.start_day=40", "hypothesis.transient_days=10", "hypothesis.adapted_days=60",
    "n_pairs=2", "engine.workers=1",
]  # fmt: skip
DESERTED = {"market.searches_per_day": 0.0, "market.bosses": 1}
HYPOTHESES = ["displacement", "dependence"]


def ask_for(monkeypatch, least_market):
    """A draw is judged on one world, which has a market from so many person-days a day on."""
    few = draws.read_specification().model_copy(update={"worlds_measured": 1, "least_market": least_market, "rounds": 0})
    monkeypatch.setattr(robustness, "read_specification", lambda: few)


@pytest.fixture(autouse=True)
def one_world(monkeypatch):
    ask_for(monkeypatch, 1.0)


def small_plan():
    return robustness.plan_of(robustness.compose_tree(HYPOTHESES, SMALL, 10))


def test_without_a_market_no_worlds_of_a_hypothesis_are_run(monkeypatch):
    plan = small_plan()
    task = robust_runs.DrawTask(3, plan.values[3] | DESERTED, "default", plan.shared.as_text(), 10)
    monkeypatch.setattr(robust_runs, "run_worlds", lambda world: pytest.fail("a world was run"))
    rows = robust_runs.run_draw(task)
    assert [row["id"] for row in rows] == [6, 7] and [row["hypothesis"] for row in rows] == HYPOTHESES
    for row in rows:
        assert not row["market"] and row["person_days_in_plan"] < plan.shared.spec.least_market and not row["accepted"]
        assert {name: row[name] for name in robust_runs.NO_MARKET} == robust_runs.NO_MARKET
        assert (row["status"], row["verdict"], row["first_stage"], row["pairs"]) == ("done", "not applicable", False, 0)
        assert row["estimate"] is row["low"] is row["high"] is None
        assert robust_runs.run_row(task, row["hypothesis"]) == row


def test_with_a_market_they_are_run(monkeypatch):
    plan, run = small_plan(), []
    run_worlds = robust_runs.run_worlds
    monkeypatch.setattr(robust_runs, "run_worlds", lambda world: run.append(world.pair) or run_worlds(world))
    rows = robust_runs.run_draw(robust_runs.DrawTask(3, {}, "default", plan.shared.as_text(), 10))
    assert rows[0]["market"] and run == [0, 1, 0, 1] and {row["pairs"] for row in rows} == {2}


@pytest.fixture
def result(tmp_path, capsys, monkeypatch):
    """Ten draws through the command, where a market is much: folder and prose."""
    ask_for(monkeypatch, 24.0)
    words = ["test", "robustness=10", "hypothesis=displacement", *SMALL, "--output", str(tmp_path)]
    status, out, err = say(capsys, *words)
    assert status == 0, err
    (folder,) = (tmp_path / "robustness").iterdir()
    return folder, out


def test_the_summary_counts_them_among_all_draws(result):
    folder, out = result
    rows = Store.view(folder).read_rows().to_pylist()
    deserted = sum(not row["market"] for row in rows)
    assert 2 <= deserted <= 8, "for this test worlds of both kinds are needed"
    assert [row["market"] for row in rows] == [row["person_days_in_plan"] >= 24.0 for row in rows]
    assert [row["pairs"] for row in rows] == [2 if row["market"] else 0 for row in rows]
    told = json.loads((folder / "summary.json").read_text())["robustness"]
    (entry,) = told["hypotheses"]
    assert entry["pairs"] == 2 and entry["draws"] == 10 and entry["failed"] == 0
    assert entry["all"]["not applicable"]["n"] >= deserted and told["market_share"]["n"] == 10 - deserted
    page = (folder / "report.html").read_text()
    assert f"{deserted} of 10 draws have no market" in page and "without one, every verdict is not applicable" in out


def test_a_row_of_the_draws_is_equal(result, capsys):
    folder, _ = result
    rows = Store.view(folder).read_rows().to_pylist()
    for market in (True, False):
        id = next(row["id"] for row in rows if row["market"] == market)
        status, out, err = say(capsys, "rerun", str(folder), str(id))
        assert status == 0 and f"row {id}: equal; all" in out and err == ""
    assert say(capsys, "rerun", str(folder), "10")[0] == 2


def test_where_no_draw_has_a_market(tmp_path, capsys, monkeypatch):
    ask_for(monkeypatch, 1e9)
    words = ["test", "robustness=10", "hypothesis=displacement", *SMALL, "--output", str(tmp_path), "--json"]
    status, out, _ = say(capsys, *words)
    told = json.loads(out)["robustness"]
    (entry,) = told["hypotheses"]
    assert status == 0 and told["market_share"]["n"] == 0 and entry["all"]["not applicable"]["share"] == 1.0
    assert entry["pairs"] == 2 and entry["estimates"]["all"]["quantiles"] is None and not entry["survives"]
    assert "without one, every verdict is not applicable" in say(capsys, *words[:-1])[1]


def test_another_number_is_no_equal_row(result, capsys, monkeypatch):
    """So that the comparison guards something."""
    folder, _ = result
    repeat = robustness.repeat_row
    monkeypatch.setattr(robustness, "repeat_row", lambda tree, id: repeat(tree, id) | {"pairs": 3})
    status, out, _ = say(capsys, "rerun", str(folder), "1")
    assert status == 1 and "NOT equal; 1 of" in out and "stored, 3 again" in out
