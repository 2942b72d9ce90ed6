"""Verdicts over draws of the assumed numbers: what survives, and the command from its words to its result."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from experiments.calibration import draws
from experiments.cli import main
from experiments.commands import robustness
from experiments.configuration.composition import compose
from experiments.execution.chunks import world_seed
from experiments.robustness import results as robust_results
from experiments.robustness import runs as robust_runs
from experiments.robustness.report import draw_shares
from experiments.store.result import Options
from experiments.store.store import Store
from sim.configuration import ConfigurationError

SPEC = draws.read_specification()
BASE = compose("config", ["market=class"])
SMALL = [
    "days=110", "burn_in=10", "policy.start_day=40", "hypothesis.transient_days=10", "hypothesis.adapted_days=60",
    "n_pairs=2", "engine.workers=1",
]  # fmt: skip


def say(capsys, *words):
    """Status, standard output and standard error of a command, in this process."""
    status = main(list(words))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


# --- what survives

SAID = {"title": "A claim", "rank": 1, "claim": "a", "kind": "test", "estimand": "e", "unit": "u", "threshold": 0.0,
        "direction": "above", "market": "class", "kept": []}  # fmt: skip
TWO = draws.drawn_parameters(SPEC, BASE, draws.NEAR)[:2]


def made_up(verdicts, accepted, estimates=None):
    """Rows of one hypothesis with verdicts and acceptance as given."""
    n = len(verdicts)
    frame = {"id": range(n), "draw": range(n), "hypothesis": "a", "status": "done", "error": "", "verdict": verdicts,
             "estimate": estimates or [1.0] * n, "pairs": 4, "accepted": accepted, "market": True}  # fmt: skip
    for evidence in SPEC.patterns:
        frame |= {evidence: 1.0, f"{evidence}_met": accepted if evidence == "E12" else True}
    return pd.DataFrame(frame | {one.key: np.linspace(one.low, one.high, n) for one in TWO})


def summarise(frame):
    return robust_results.summarise(frame, SPEC, TWO, {"a": SAID})


def test_a_verdict_survives_where_enough_accepted_draws_agree():
    frame = made_up(
        ["refuted"] * 57 + ["undecided"] * 3 + ["supported"] * 40, [True] * 60 + [False] * 40, [-1.0] * 60 + [1.0] * 40
    )
    told = summarise(frame)
    (entry,) = told["hypotheses"]
    assert told["accepted"] == 60 and entry["survives"] and entry["verdict"] == "refuted"
    assert entry["agreeing"]["share"] == pytest.approx(0.95) and entry["agreeing"]["low"] < 0.9 < entry["agreeing"]["high"]
    assert entry["all"]["supported"]["share"] == pytest.approx(0.4) and entry["accepted"]["supported"]["n"] == 0
    assert sum(share["share"] for share in entry["all"].values()) == pytest.approx(1.0)
    assert entry["estimates"]["accepted"]["claimed_side"]["share"] == 0.0
    assert entry["estimates"]["all"]["claimed_side"]["share"] == pytest.approx(0.4)
    e12 = next(pattern for pattern in told["patterns"] if pattern["evidence"] == "E12")
    assert e12["met"]["share"] == pytest.approx(0.6) and e12["rejects_alone"] == 40
    assert robustness.headlines(told | {"draws": 100})[0].startswith("Survive, shared by at least 90 %")
    json.dumps(told, allow_nan=False)


@pytest.mark.parametrize(
    ("verdicts", "accepted"),
    [
        (["refuted"] * 40, [True] * 40),  # too few accepted draws
        (["undecided"] * 60, [True] * 60),  # agreed on nothing
        (["refuted"] * 50 + ["undecided"] * 10, [True] * 60),  # not enough agree
        (["refuted"] * 100, [False] * 100),  # none accepted
    ],
)
def test_and_nowhere_else(verdicts, accepted):
    told = summarise(made_up(verdicts, accepted))
    assert not told["hypotheses"][0]["survives"]
    assert "refuted (" not in robustness.headlines(told | {"draws": len(verdicts)})[0]
    json.dumps(told, allow_nan=False)
    draw_shares(told | {"draws": len(verdicts), "range": draws.NEAR, "factor": 2.0, "parameters": 2})


def test_failed_rows_are_counted_and_left_out():
    frame = made_up(["refuted"] * 60, [True] * 60)
    frame.loc[:4, ["status", "verdict", "error"]] = ["failed", None, "ValueError: no"]
    told = summarise(frame)
    assert told["failed"] == 5 and told["failures"][0]["error"] == "ValueError: no"
    assert told["hypotheses"][0]["draws"] == 55 and told["hypotheses"][0]["all"]["refuted"]["share"] == 1.0


# --- the whole, small


def test_worlds_of_a_draw_have_seeds_of_their_own():
    seeds = {robust_runs.draw_seed(1, draw, pair) for draw in range(20) for pair in range(20)}
    measured = {robust_runs.draw_seed(1, draw, number, "validation") for draw in range(20) for number in range(6)}
    usual = {world_seed(1, pair) for pair in range(2000)}
    assert len(seeds) == 400 and len(measured) == 120 and not seeds & measured and not (seeds | measured) & usual


def test_pairs_follow_from_the_configuration():
    tree = robustness.compose_tree(["displacement"], [], 10)
    pairs = tree["hypotheses"]["displacement"]["n_pairs"]
    assert SPEC.least_pairs <= pairs <= SPEC.most_pairs
    larger = robustness.compose_tree(["displacement"], ["market=herault"], 10)
    assert larger["hypotheses"]["displacement"]["n_pairs"] == SPEC.least_pairs < pairs
    assert robustness.compose_tree(["displacement"], ["n_pairs=3"], 10)["hypotheses"]["displacement"]["n_pairs"] == 3
    assert tree["base"]["market"]["preset"] == "class" and larger["base"]["market"]["preset"] == "herault"


def test_few_draws_are_shared_out_too():
    """Seconds of a chunk go down with the draws, so that two workers have something to do."""
    plan = robustness.plan_of(robustness.compose_tree(["displacement"], ["market=class"], 12))
    few = dataclasses.replace(plan, seconds=0.5)
    assert [len(chunk.tasks) for chunk in few.chunks()] == [2] * 6
    assert len(dataclasses.replace(plan, seconds=30.0).chunks()) == 12


def test_a_number_given_by_the_user_is_not_drawn():
    tree = robustness.compose_tree(["displacement"], [*SMALL, "demand.fear_kappa=3", "labour=gig"], 3)
    plan = robustness.plan_of(tree)
    assert "demand.fear_kappa" in tree["fixed"] and "labour.accept_chance" not in tree["fixed"]
    assert all("demand.fear_kappa" not in values for values in plan.values)
    assert tree["base"]["demand"]["fear_kappa"] == 3 and tree["hypotheses"]["displacement"]["demand"]["fear_kappa"] == 3


def test_what_a_hypothesis_sets_itself_is_kept():
    tree = robustness.compose_tree(["displacement"], SMALL, 3)
    tree["hypotheses"]["displacement"]["learning"]["own_rate"] = 0.5
    plan = robustness.plan_of(tree)
    assert plan.claims["displacement"]["kept"] == ["learning.own_rate"]
    study = robust_runs.study_of(tree["hypotheses"]["displacement"], plan.values[0], plan.shared.kept["displacement"])
    for parameters in study.scenarios[0].arms.values():
        assert parameters.learning.own_rate == 0.5
        assert parameters.learning.word_rate == plan.values[0]["learning.word_rate"]


def run_small(root, capsys, words=()):
    """Three draws of two pairs through the command's own path; status, prose, and the result folder."""
    status = robustness.execute(["displacement"], [*SMALL, *words], "3", Options(root=root))
    out = capsys.readouterr().out
    (folder,) = (root / "robustness").iterdir()
    return status, out, folder


@pytest.fixture
def few_draws(monkeypatch):
    """Three draws are allowed here, a chunk each, judged on one world."""
    monkeypatch.setattr(robustness, "LEAST_DRAWS", 3)
    monkeypatch.setattr(robustness, "SECONDS_A_CHUNK", 0.0)
    few = SPEC.model_copy(update={"worlds_measured": 1})
    monkeypatch.setattr(robustness, "read_specification", lambda: few)


def test_draws_are_run_shown_and_repeated(few_draws, tmp_path, capsys):
    status, out, folder = run_small(tmp_path, capsys)
    assert status == 0 and out.rstrip().endswith(str(folder)) and out.startswith("Only ")
    summary = json.loads((folder / "summary.json").read_text())
    told = summary["robustness"]
    assert (told["draws"], told["parameters"], told["failed"]) == (3, 244, 0)
    (entry,) = told["hypotheses"]
    assert entry["pairs"] == 2 and sum(share["n"] for share in entry["all"].values()) == 3
    wanted = {"report.html", "verdict_shares.png", "result.svg", "draws.parquet", "manifest.json", "SHA256SUMS"}
    assert wanted <= {path.name for path in folder.iterdir()}
    page = (folder / "report.html").read_text()
    assert page.index("accepted by the patterns") < page.index("<svg"), "what survives is said before anything is shown"
    rows = Store.view(folder).read_rows().to_pylist()
    tree = Store.view(folder).manifest["configuration"]
    plan = robustness.plan_of(tree)
    for row, values in zip(rows, plan.values, strict=True):
        assert {key: row[key] for key in values} == values
        assert row["accepted"] == all(row[f"{name}_met"] for name in SPEC.patterns)
    assert robustness.repeat_row(tree, 1) == rows[1], "from the manifest alone"
    with pytest.raises(ConfigurationError, match="rows 0 to 2"):
        robustness.repeat_row(tree, 3)
    question = 'SELECT count(*), min("demand.fear_kappa") FROM rows WHERE verdict IS NOT NULL'
    status, out, _ = say(capsys, "show", str(folder), "--sql", question, "--json")
    answer = json.loads(out)["rows"][0]
    assert status == 0 and answer == [3, min(values["demand.fear_kappa"] for values in plan.values)]


def test_an_interrupted_run_goes_on(few_draws, tmp_path, capsys, monkeypatch):
    _, whole, folder = run_small(tmp_path / "whole", capsys)
    seen, run_draw = [], robust_runs.run_draw

    def stop_at_the_second(task):
        seen.append(task.draw)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return run_draw(task)

    monkeypatch.setattr(robust_runs, "run_draw", stop_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        run_small(tmp_path / "again", capsys)
    (other,) = (tmp_path / "again" / "robustness").iterdir()
    assert len(Store.view(other).finished) == 1 and not (other / "summary.json").exists()
    status, out, _ = run_small(tmp_path / "again", capsys)
    assert status == 0 and seen == [0, 1, 1, 2], "what was finished is not run again"
    assert json.loads((other / "summary.json").read_text()) == json.loads((folder / "summary.json").read_text())
    assert out.replace("again", "whole") == whole
    run_small(tmp_path / "again", capsys)
    assert len(seen) == 4, "a finished result is reprinted"


def test_a_row_that_fails_is_told_and_the_others_are_kept(few_draws, tmp_path, capsys, monkeypatch):
    entry_of = robust_runs.entry_of
    calls = []

    def fail_once(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise ValueError("no such thing")
        return entry_of(*arguments)

    monkeypatch.setattr(robust_runs, "entry_of", fail_once)
    status = robustness.execute(["displacement"], SMALL, "3", Options(root=tmp_path))
    captured = capsys.readouterr()
    assert status == 1 and "1 of 3 rows failed" in captured.err and "Traceback" not in captured.err
    assert "no such thing" in captured.out
    (folder,) = (tmp_path / "robustness").iterdir()
    rows = Store.view(folder).read_rows().to_pylist()
    assert [row["status"] for row in rows] == ["done", "failed", "done"] and rows[1]["verdict"] is None


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["robustness=9"], ["robustness=9", "10 to 100000"]),
        (["robustness=100001"], ["robustness=100001", "10 to 100000"]),
        (["robustness=1e3"], ["robustness=1e3", "whole number"]),
        (["robustness=many"], ["robustness=many", "whole number"]),
        (["robustness=20", "robustness_range=wide"], ["robustness_range=wide", "near, stated"]),
        (["robustness=20", "precision=true"], ["precision", "n_pairs"]),
        (["robustness=20", "n_pairs=1"], ["n_pairs=1", "2 to"]),
        (["robustness=20", "policy=venue_crackdown"], ["policy=venue_crackdown"]),
        (["robustness=20", "labour.bondng=1"], ["labour.bondng", "labour.bonding"]),
        (["robustness=20", "engine.workers=-1"], ["engine.workers=-1"]),
    ],
)
def test_a_mistake_gets_one_line(words, named, capsys, tmp_path):
    status, out, err = say(capsys, "test", "hypothesis=displacement", *words, "--output", str(tmp_path))
    assert status == 2 and out == ""
    assert len(err.strip().splitlines()) == 1 and err.startswith("plansim: ") and "Traceback" not in err
    for word in named:
        assert word in err
    assert not list(tmp_path.iterdir()), "nothing is begun"


@pytest.mark.slow
def test_workers_do_not_matter(few_draws, tmp_path, capsys):
    words = ["robustness=10", "hypothesis=displacement", *SMALL[:-1], "--json"]
    found = []
    for workers in (1, 2):
        status, out, _ = say(capsys, "test", *words, f"engine.workers={workers}", "--output", str(tmp_path / str(workers)))
        assert status == 0
        found.append(json.loads(out))
    assert found[0] == found[1]
