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
from experiments.robustness import shares as robust_shares
from experiments.robustness.figures import draw_effects, draw_shares
from experiments.robustness.prose import SHARE_HEAD, share_cells, turned_by
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
        "direction": "above", "market": "class", "kept": [], "smallest": 0.5, "smallest_reason": "r"}  # fmt: skip
TWO = draws.drawn_parameters(SPEC, BASE, draws.NEAR)[:2]


def made_up(verdicts, accepted, estimates=None):
    """Rows of one hypothesis with verdicts and acceptance as given."""
    n = len(verdicts)
    frame = {"id": range(n), "draw": range(n), "hypothesis": "a", "status": "done", "error": "", "verdict": verdicts,
             "estimate": estimates or [1.0] * n, "pairs": 4, "accepted": accepted, "market": True, "round": 0, "se": 0.5,
             "structure": ["default", "replacement"] * (n // 2) + ["default"] * (n % 2), "level": 10.0, "margin": 2.0,
             "margin_se": 0.5, "first_stage": True}  # fmt: skip
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
    assert entry["worlds"]["conclusion"] == "fails" and entry["worlds"]["accepted"]["shares"]["side"]["normal"]["share"] < 0.05
    assert entry["worlds"]["all"]["shares"]["conclusion"] == "depends"
    assert entry["worlds"]["accepted"]["first_stage"]["normal"]["share"] > 0.95
    assert [row["structure"] for row in entry["worlds"]["by_structure"]] == ["default", "replacement"]
    assert robustness.headlines(told | {"draws": 100})[0].startswith("Fail in nearly all: a (0 %)")
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
    json.dumps(told, allow_nan=False)
    drawn = {"draws": len(verdicts), "range": draws.NEAR, "factor": 2.0, "parameters": 2, "structures": ["default"]}
    draw_shares(told | drawn)
    draw_effects(told["hypotheses"][0])


def test_draws_that_show_nothing_are_told_apart():
    """Fifty draws without any difference leave open what the others show clearly; the picture says how many it leaves out."""
    frame = made_up(["supported"] * 60 + ["undecided"] * 50, [True] * 110, [2.0] * 60 + [0.0] * 50)
    frame.loc[60:, "se"] = 0.0
    (entry,) = summarise(frame)["hypotheses"]
    found = entry["worlds"]["accepted"]["shares"]
    assert found["unseen"] == pytest.approx(50 / 110) and found["draws"] == 110 and found["conclusion"] == "unseen"
    assert found["bracket"][0] < 0.6 and found["bracket"][1] == 1.0 and len(entry["worlds"]["effects"]["draws"]) == 60
    assert share_cells(entry["worlds"]["accepted"])[SHARE_HEAD.index("nothing seen")] == "45 %"
    assert "45 % of the draws" in draw_effects(entry).texts[-1].get_text().replace("\n", " ")
    frame.loc[60:, ["estimate", "se"]] = np.nan  # pairs that bound no error, as of a ratio
    (without,) = summarise(frame)["hypotheses"]
    assert without["worlds"]["accepted"]["shares"] == found and "too little is seen" in turned_by(without)
    frame.loc[60:, "estimate"] = 0.0
    frame.loc[60:, "se"] = 0.5
    (entry,) = summarise(frame)["hypotheses"]
    assert entry["worlds"]["accepted"]["shares"]["unseen"] == 0.0 and len(entry["worlds"]["effects"]["draws"]) == 110


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
    few = SPEC.model_copy(update={"worlds_measured": 1, "rounds": 0})
    monkeypatch.setattr(robustness, "read_specification", lambda: few)


def test_draws_are_run_shown_and_repeated(few_draws, tmp_path, capsys):
    status, out, folder = run_small(tmp_path, capsys)
    assert status == 0 and out.rstrip().endswith(str(folder)) and out.startswith("Only ")
    summary = json.loads((folder / "summary.json").read_text())
    told = summary["robustness"]
    assert (told["draws"], told["parameters"], told["failed"]) == (3, 244, 0)
    (entry,) = told["hypotheses"]
    assert entry["pairs"] == 2 and sum(share["n"] for share in entry["all"].values()) == 3
    wanted = {"report.html", "result.png", "result.svg", "draws.parquet", "manifest.json", "SHA256SUMS"}
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
    with pytest.raises(ConfigurationError, match="no such row"):
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


# --- more pairs where a sign is not sure


def blocks(draw, rounds, hypothesis="a"):
    """Rows of one draw: (mean, standard deviation, pairs) of each round."""
    import math

    return [
        {"id": i, "round": i, "draw": draw, "hypothesis": hypothesis, "status": "done", "market": True if i == 0 else None,
         "estimate": mean, "se": deviation / math.sqrt(n), "pairs": n, "level": 1.0, "margin": mean, "margin_se": 1.0,
         "first_stage": True, "structure": "default"}
        for i, (mean, deviation, n) in enumerate(rounds)
    ]  # fmt: skip


def test_rounds_are_pooled_as_if_their_pairs_had_been_run_at_once():
    rng = np.random.default_rng(0)
    values = rng.normal(1.0, 3.0, 16)
    parts = [values[:4], values[4:8], values[8:]]
    rows = pd.DataFrame(blocks(7, [(part.mean(), part.std(ddof=1), len(part)) for part in parts]))
    (one,) = robust_shares.pooled(rows).to_dict("records")
    assert one["estimate"] == pytest.approx(values.mean()) and one["pairs"] == 16 and one["market"]
    assert one["se"] == pytest.approx(values.std(ddof=1) / 4.0)


def test_pairs_go_to_draws_whose_sign_is_not_sure_and_to_no_others():
    rng = np.random.default_rng(1)
    effects = np.where(np.arange(60) < 30, 8.0, 0.3 * rng.normal(size=60))
    rows = pd.DataFrame([row for draw, effect in enumerate(effects) for row in blocks(draw, [(effect, 1.0, 4)])])
    unsure = robust_shares.unsure_draws(rows, SPEC, {"a": SAID})
    assert not set(unsure) & set(range(30)) and len(set(unsure) & set(range(30, 60))) > 20
    more = pd.DataFrame(blocks(31, [(0.1, 1.0, 4), (0.1, 1.0, 4)]))
    again = robust_shares.unsure_draws(pd.concat([rows[rows["draw"] != 31], more]), SPEC, {"a": SAID})
    assert set(again) <= {31}, "who got none in the round before gets none now"


def test_further_rounds_are_run_stored_and_repeated(few_draws, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(robustness, "unsure_draws", lambda rows, spec, claims: {1: ("displacement",)})
    few = SPEC.model_copy(update={"worlds_measured": 1, "rounds": 2})
    monkeypatch.setattr(robustness, "read_specification", lambda: few)
    status, _, folder = run_small(tmp_path, capsys)
    rows = sorted(Store.view(folder).read_rows().to_pylist(), key=lambda row: row["id"])
    assert status == 0 and [(row["id"], row["round"], row["draw"], row["pairs"]) for row in rows] == [
        (0, 0, 0, 2), (1, 0, 1, 2), (2, 0, 2, 2), (4, 1, 1, 2), (7, 2, 1, 4),
    ]  # fmt: skip
    told = json.loads((folder / "summary.json").read_text())["robustness"]["hypotheses"][0]
    assert told["draws"] == 3 and told["worlds"]["pairs_run"] == 12
    again = say(capsys, "rerun", str(folder), "7", "--json")
    assert again[0] == 0 and json.loads(again[1])["equal"]


def test_structures_are_drawn_equally_often_and_go_with_no_number():
    plan = robustness.plan_of(robustness.compose_tree(["displacement"], SMALL, 80))
    counts = pd.Series(plan.structures).value_counts()
    assert set(counts.index) == set(SPEC.structures) and (counts == 10).all()
    assert "first_version" not in counts
    given = robustness.plan_of(robustness.compose_tree(["displacement"], [*SMALL, "structure=replacement"], 10))
    assert set(given.structures) == {robustness.AS_GIVEN} and given.shared.base["entry"]["boss_elasticity"] > 0.0


def test_what_turns_a_claim_is_found():
    """A number decides the sign: the tree names it and cuts near where it turns."""
    rng = np.random.default_rng(2)
    values = pd.DataFrame({one.key: rng.uniform(one.low, one.high, 300) for one in TWO}, index=range(300))
    cut = (TWO[0].low + TWO[0].high) / 2.0
    effect = np.where(values[TWO[0].key] > cut, 1.0, -1.0)
    rows = pd.DataFrame([row for draw in range(300) for row in blocks(draw, [(effect[draw] + rng.normal(0, 0.4), 0.8, 4)])])
    found = robust_shares.summarise_shares(rows, set(range(300)), SAID, TWO, values)
    first, last = found["flips"]["leaves"][0], found["flips"]["leaves"][-1]
    assert first["share"] > 0.9 > 0.1 > last["share"] and found["flips"]["explained"] > 0.7
    assert TWO[0].key in first["where"][0] and "above" in first["where"][0] and "below" in last["where"][0]
    nothing = rows.assign(estimate=rng.normal(0.0, 1.0, 300))
    assert robust_shares.summarise_shares(nothing, set(range(300)), SAID, TWO, values)["flips"]["leaves"] == []
