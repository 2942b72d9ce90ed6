"""Draws of the assumed numbers: what is drawn, which draws are accepted, what survives, and what decides it."""

import copy
import json

import numpy as np
import pandas as pd
import pytest

from experiments import robustness
from experiments.cli import main
from experiments.composition import compose
from experiments.lab import deciding, draws, patterns, robust_results, robust_runs
from experiments.lab.design import world_seed
from experiments.lab.store import Store
from experiments.report.robustness_report import draw_shares
from experiments.results import Options
from sim.configuration import ConfigurationError, parameter_table, validate, validate_as
from sim.simulation import Simulation

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


# --- what is drawn


def test_every_assumed_number_is_drawn_or_left_out_with_a_reason():
    assumed = {row["key"] for row in parameter_table() if "assumption" in row["source"]}
    drawn = {one.key for one in draws.drawn_parameters(SPEC, BASE, draws.NEAR)}
    assert drawn | set(SPEC.left_out) == assumed and not drawn & set(SPEC.left_out)
    assert set(SPEC.ranges) <= drawn
    assert not any(key.startswith(("policy", "seed", "days")) for key in drawn)


@pytest.mark.parametrize("which", draws.RANGES)
def test_ranges_lie_within_the_stated_ones(which):
    stated = {row["key"]: row for row in parameter_table()}
    for one in draws.drawn_parameters(SPEC, BASE, which):
        row = stated[one.key]
        assert row["low"] <= one.low < one.high <= row["high"], one.key
        low, middle, high = one.at(0.0), one.at(0.5), one.at(1.0)
        assert one.low <= low <= middle <= high <= one.high + 1e-9 * abs(one.high), one.key
        if which == draws.NEAR and one.key not in SPEC.ranges:
            assert one.low <= one.default <= one.high
            assert all(0.5 <= end / one.default <= 2.0 for end in (one.low, one.high)), f"{one.key}: within a factor 2"
            if not one.whole and one.low * one.high == pytest.approx(one.default**2):
                assert middle == pytest.approx(one.default), f"{one.key}: the default is the median"


def test_a_number_below_zero_spreads_like_its_mirror_image():
    one = next(p for p in draws.drawn_parameters(SPEC, BASE, draws.NEAR) if p.key == "planning.outside_utility")
    assert (one.low, one.high) == (-4000.0, -1000.0)
    assert [one.at(u) for u in (0.0, 0.5, 1.0)] == pytest.approx([-4000.0, -2000.0, -1000.0])


def test_the_draws_are_a_latin_hypercube():
    points = draws.latin_hypercube(40, 7, 3)
    assert points.shape == (40, 7)
    for column in points.T:
        assert sorted((column * 40).astype(int)) == list(range(40)), "one draw in each fortieth"
    assert np.array_equal(points, draws.latin_hypercube(40, 7, 3)) and not np.array_equal(points, draws.latin_hypercube(40, 7, 4))
    smooth = [one for one in draws.drawn_parameters(SPEC, BASE, draws.NEAR) if one.key == "demand.fear_kappa"]
    values = [draw["demand.fear_kappa"] for draw in draws.draw_values(SPEC, smooth, BASE, 40, 3)]
    shares = np.log(np.array(values) / 0.5) / np.log(4.0)
    assert sorted((shares * 40).astype(int)) == list(range(40)), "even on the logarithm from half to twice the default"


@pytest.mark.parametrize("which", draws.RANGES)
def test_every_draw_is_a_valid_world(which):
    chosen = draws.drawn_parameters(SPEC, BASE, which)
    for values in draws.draw_values(SPEC, chosen, BASE, 60, 5):
        world = robust_runs.with_values(BASE, values)
        assert world.demand.price_low <= world.demand.price_start <= world.demand.price_high
        e = world.enforcement
        assert e.venue_share + e.street_share + e.online_share + e.casework_share + e.client_share <= 1.0 + 1e-9
        assert world.careers.entry_age_low <= world.careers.entry_age_mean
        for one in chosen:
            assert isinstance(values[one.key], int) == one.whole


def test_what_is_not_drawn_stays_and_bounds_the_others():
    base = copy.deepcopy(BASE)
    base["demand"]["price_start"] = 200.0
    base["enforcement"]["venue_share"] = 0.7
    fixed = ["demand.price_start", "enforcement.venue_share"]
    chosen = draws.drawn_parameters(SPEC, base, draws.NEAR, fixed)
    assert not {one.key for one in chosen} & set(fixed)
    many = draws.draw_values(SPEC, chosen, base, 50, 1)
    assert all(values["demand.price_low"] <= 200.0 <= values["demand.price_high"] for values in many)
    shares = [sum(values[f"enforcement.{name}_share"] for name in ("street", "online", "casework")) for values in many]
    assert max(shares) <= 1.0 - 0.7 - 0.05 + 1e-9 and max(shares) > 0.2
    for values in many:
        robust_runs.with_values(base, values)


def test_sorting_and_scaling_leave_alone_what_fits():
    values = {"demand.price_low": 60.0, "demand.price_start": 90.0, "demand.price_high": 300.0}
    assert draws.constrain(SPEC, values, BASE) == values
    crossed = {"demand.price_low": 90.0, "demand.price_start": 60.0, "demand.price_high": 300.0}
    assert draws.constrain(SPEC, crossed, BASE) == values


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"patterns": {"E09": {"measure": "plan_team", "low": 2.0, "tag": "emergent", "why": "x"}}}, "held out"),
        ({"patterns": {"E48": {"measure": "plan_team", "low": 2.0, "tag": "emergent", "why": "x"}}}, "held out"),
        ({"patterns": {"E04": {"measure": "age", "low": 2.0, "tag": "emergent", "why": "x"}}}, "measure=age"),
        ({"patterns": {"E04": {"measure": "plan_team", "target": 2.0, "tag": "emergent", "why": "x"}}}, "tolerance"),
        ({"left_out": {"labour.bondng": "x"}}, "labour.bondng"),
        ({"most_pairs": 2}, "most_pairs=2"),
    ],
)
def test_a_mistake_in_the_file_is_named(changed, named):
    with pytest.raises(ConfigurationError, match=named):
        validate_as(draws.RobustnessSpecification, SPEC.model_dump(mode="json") | changed, "robustness.")


# --- patterns


def test_patterns_are_measured_on_ledgers():
    """The shares of venue kinds and a ratio over weekdays, computed here from the tables by hand."""
    worlds = []
    for seed in (1, 2):
        world = Simulation(validate(BASE | {"seed": seed, "days": 120, "burn_in": 20}))
        world.run()
        worlds.append(world)
    found = patterns.measure_worlds(worlds, patterns.MEASURES)
    kinds = sum(world.world.cells["person_days"][20:].sum(axis=0).reshape(-1, 4).sum(axis=0) for world in worlds)
    assert found["housed_in_hotels"] == pytest.approx(kinds[1] / kinds[1:].sum())
    assert found["on_the_street"] == pytest.approx(kinds[0] / kinds.sum())
    by_weekday = np.zeros(7)
    for world in worlds:
        for day in range(20, 120):
            by_weekday[day % 7] += world.world.ledger["encounters"][day]  # day 0 is a Monday
    days = np.bincount(np.arange(20, 120) % 7)
    rise = (by_weekday[4:6].sum() / days[4:6].sum()) / (by_weekday[:4].sum() / days[:4].sum())
    assert found["weekend_rise"] == pytest.approx(rise) and rise > 1.0
    ages = sum(world.world.ledger["boss_age_days"][20:].sum() for world in worlds) / 365.25
    assert 17.0 < found["age_of_bosses"] < 26.0 and ages > 0.0


def test_what_is_undefined_meets_no_pattern():
    nobody_searches = BASE["market"] | {"searches_per_day": 0.0, "prostitutes": 0}
    world = Simulation(validate(BASE | {"days": 60, "burn_in": 10, "market": nobody_searches}))
    world.run()
    found = patterns.measure_worlds([world], patterns.MEASURES)
    met = patterns.met_by(SPEC.patterns, found)
    assert found["weekend_rise"] is None and not met["E34"]
    assert not robust_runs.is_accepted(SPEC.patterns, met)


def test_bounds_and_what_accepts():
    e04, e34, e16 = (SPEC.patterns[name] for name in ("E04", "E34", "E16"))
    assert e04.bounds == pytest.approx((20.2, 23.2)) and e04.is_met_by(21.0) and not e04.is_met_by(20.0)
    assert e34.is_met_by(1.2) and not e34.is_met_by(0.9) and not e34.is_met_by(None)
    assert e04.accepts and not e16.accepts
    met = {name: True for name in SPEC.patterns}
    assert robust_runs.is_accepted(SPEC.patterns, met | {"E16": False})
    assert not robust_runs.is_accepted(SPEC.patterns, met | {"E04": False})


def test_held_out_rows_appear_nowhere():
    assert not set(SPEC.patterns) & set(patterns.HELD_OUT)
    for pattern in SPEC.patterns.values():
        assert not any(evidence in pattern.why for evidence in patterns.HELD_OUT)


# --- what decides


def planted(n=200, noise=0.05):
    """Draws of twenty parameters of which one decides; verdict and estimate follow it."""
    rng = np.random.Generator(np.random.PCG64(4))
    values = rng.random((n, 20))
    keys = [f"group.p{j}" for j in range(20)]
    high = (values[:, 7] > 0.6) ^ (rng.random(n) < noise)
    verdicts = np.where(high, "supported", "refuted").tolist()
    return values, keys, verdicts, (values[:, 7] - 0.6 + rng.normal(0.0, 0.1, n)).tolist()


def test_the_tree_finds_a_planted_parameter():
    values, keys, verdicts, estimates = planted()
    tree = deciding.grow_tree(values, keys, verdicts, 1)
    assert tree["beats_base"] and tree["accuracy"] > 0.85 > tree["base_rate"]
    assert tree["importance"][0]["parameter"] == "group.p7" and tree["importance"][0]["importance"] > 0.8
    assert "group.p7" in tree["rules"]
    assert tree == deciding.grow_tree(values, keys, verdicts, 1), "the same tree each time"
    moving = deciding.rank_correlations(values, keys, estimates)
    assert moving[0]["parameter"] == "group.p7" and moving[0]["correlation"] > 0.8 and moving[0]["p_holm"] < 1e-6


def test_the_tree_says_nothing_of_chance():
    values, keys, _, _ = planted()
    rng = np.random.Generator(np.random.PCG64(9))
    verdicts = np.where(rng.random(200) < 0.6, "supported", "refuted").tolist()
    tree = deciding.grow_tree(values, keys, verdicts, 1)
    assert not tree["beats_base"] and tree["accuracy"] < tree["base_rate"] + 0.05
    assert deciding.rank_correlations(values, keys, rng.random(200).tolist()) == []


def test_one_verdict_or_few_draws_grow_no_tree():
    values, keys, verdicts, estimates = planted()
    assert deciding.grow_tree(values, keys, ["refuted"] * 200, 1)["accuracy"] is None
    assert deciding.grow_tree(values[:20], keys, verdicts[:20], 1)["accuracy"] is None
    assert deciding.grow_tree(values[:0], keys, [], 1)["base_rate"] is None
    assert deciding.rank_correlations(values[:20], keys, estimates[:20]) == []


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
    return robust_results.summarise(frame, SPEC, TWO, {"a": SAID}, 1)


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
    assert (told["draws"], told["parameters"], told["failed"]) == (3, 247, 0)
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
        assert row["accepted"] == all(row[f"{name}_met"] for name, pattern in SPEC.patterns.items() if pattern.accepts)
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
