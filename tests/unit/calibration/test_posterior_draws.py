"""The table of posterior draws: read with one line for what is wrong, resampled by weight, and used pair by pair."""

import json

import numpy as np
import pandas as pd
import pytest

from experiments.calibration.posterior import read_posterior
from experiments.commands.posterior import with_draws
from experiments.configuration.composition import compose, split_model
from experiments.questions.study import MAIN, prepare
from experiments.sweeps.plan import plan_sweep
from experiments.sweeps.runs import parameters_of
from sim.configuration import ConfigurationError
from tests.sweep_worlds import ARMS, TINY, say, sweep

KEY, OTHER = "learning.fear_gain", "demand.fear_kappa"
SMALL = [
    "market=class", "days=110", "burn_in=10", "policy.start_day=40", "hypothesis.transient_days=10", "hypothesis.adapted_days=60",
    "n_pairs=4", "engine.workers=1", "scenarios=main",
]  # fmt: skip


@pytest.fixture
def table(tmp_path):
    """Three draws, the last of which has nine tenths of the weight."""
    frame = pd.DataFrame({"weight": [0.5, 0.5, 9.0], KEY: [0.2, 0.3, 0.4], OTHER: [1.5, 2.5, 3.5]})
    frame.to_parquet(tmp_path / "posterior.parquet")
    return tmp_path


def test_draws_come_as_often_as_their_weights_ask(table):
    found = read_posterior(str(table))
    assert found.weights.tolist() == pytest.approx([0.05, 0.05, 0.9])
    drawn = found.resample(100, np.random.default_rng(1))
    assert sorted(sum(one[KEY] == value for one in drawn) for value in (0.2, 0.3, 0.4)) == [5, 5, 90]
    assert read_posterior(f'"{table / "posterior.parquet"}"').values == found.values


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"weight": None}, "a column weight"),
        ({"learning.no_such": 1.0}, "learning.no_such is not a parameter"),
        ({KEY: -5.0}, f"{KEY} has values outside"),
        ({KEY: np.nan}, f"{KEY} has values outside"),
        ({"weight": 0.0}, "weights must be"),
        ({"weight": -1.0}, "weights must be"),
    ],
)
def test_a_table_that_does_not_fit_is_named(table, changed, named):
    frame = pd.read_parquet(table / "posterior.parquet")
    for column, value in changed.items():
        frame = frame.drop(columns=column) if value is None else frame.assign(**{column: value})
    frame.to_parquet(table / "posterior.parquet")
    with pytest.raises(ConfigurationError, match=named) as caught:
        read_posterior(str(table))
    assert "\n" not in str(caught.value)


def test_a_damaged_table_is_named(table):
    (table / "posterior.parquet").write_bytes(b"no table")
    with pytest.raises(ConfigurationError, match="not readable"):
        read_posterior(str(table))


def test_each_pair_has_a_draw_and_the_question_keeps_its_own_numbers(table):
    tree = compose("test", ["hypothesis=displacement", *SMALL[:-1], "learning.fear_gain=0.9"])
    tree = with_draws(tree, str(table))
    assert tree["drawn"]["keys"] == [OTHER], "what the user gave is not drawn"
    parameters, rest = split_model(tree)
    study = prepare(rest, parameters)
    tasks = [task for task in study.tasks(1) if task.scenario == MAIN]
    given = [json.loads(task.drawn) for task in tasks]
    assert [one["base"] for one in given] == [one["treated"] for one in given], "both worlds of a pair have one draw"
    assert {one["base"][OTHER] for one in given} <= {1.5, 2.5, 3.5}


def test_a_test_over_a_posterior_is_run_told_and_repeated(table, tmp_path, capsys):
    words = ["test", "hypothesis=displacement", *SMALL, f"posterior={table}", "--output", str(tmp_path / "results")]
    status, out, _ = say(capsys, *words, "--json")
    (entry,) = json.loads(out)["hypotheses"]
    assert status == 0 and "posterior" in entry["interval"]
    (folder,) = (tmp_path / "results" / "test").iterdir()
    status, out, _ = say(capsys, "rerun", str(folder), "2", "--json")
    assert status == 0 and json.loads(out)["equal"]
    other = say(capsys, *words[:-2], "--output", str(tmp_path / "without"), "--json")
    usual = say(capsys, *[w for w in words if not w.startswith("posterior")][:-2], "--output", str(tmp_path / "usual"), "--json")
    assert json.loads(other[1])["rows_sha256"] != json.loads(usual[1])["rows_sha256"], "draws change worlds"


def test_a_posterior_and_structures_are_refused_together(table, tmp_path, capsys):
    status, _, err = say(capsys, "test", "structures=all", f"posterior={table}", "--output", str(tmp_path / "r"))
    assert status == 2 and "leave one of the two out" in err


def test_replicates_of_a_sweep_have_a_draw_each_and_factors_and_arms_stay(table):
    arms = f"sweep.arms=[none,{{name: other, overrides: {{{OTHER}: 2.25}}}}]"
    tree = compose("sweep", [*TINY, f"sweep.factors.{KEY}=[0.7,0.8]", arms, "sweep.replicates=5"])
    plan = plan_sweep(with_draws(tree, str(table)))
    found = {(arm, replicate): set() for arm in range(2) for replicate in range(5)}
    for id in plan.rows:
        (_, _, replicate, arm, point), *_ = plan.task(id).rows
        parameters = parameters_of(plan.shared, arm, point, replicate)
        assert parameters.learning.fear_gain == point[0], "a factor is not drawn"
        assert plan.row(id).overrides.items() >= {KEY: point[0], OTHER: parameters.demand.fear_kappa}.items()
        found[arm, replicate].add(parameters.demand.fear_kappa)
    assert all(len(values) == 1 for values in found.values()), "one draw for all points of a replicate"
    assert {value for (arm, _), one in found.items() for value in one if arm == 0} <= {1.5, 2.5, 3.5}
    assert all(found[1, replicate] == {2.25} for replicate in range(5)), "what an arm sets is not drawn"


def test_a_sweep_over_a_posterior_is_run_told_and_repeated(table, tmp_path, capsys):
    words = ["sweep.replicates=4", *ARMS, f"posterior={table}"]
    status, folder, _ = sweep(capsys, tmp_path / "results", *words)
    summary = json.loads((folder / "summary.json").read_text())
    assert status == 0 and "posterior" in summary["interval"] and any("posterior" in note for note in summary["notes"])
    status, out, _ = say(capsys, "rerun", str(folder), "5", "--json")
    assert status == 0 and json.loads(out)["equal"]
    _, usual, _ = sweep(capsys, tmp_path / "usual", *words[:-1])
    assert json.loads((usual / "summary.json").read_text())["rows_sha256"] != summary["rows_sha256"]


def test_sensitivity_over_a_posterior(table, tmp_path, capsys):
    words = [
        *(word for word in TINY if "searches" not in word and "clients" not in word), "market.clients=200",
        "sensitivity=quick", "sensitivity.trajectories=2",
        f"posterior={table}", "--output", str(tmp_path),
    ]  # fmt: skip
    status, out, _ = say(capsys, "sensitivity", *words, "--json")
    assert status == 0 and "draw of the posterior" in json.loads(out)["interval"]
    (folder,) = (tmp_path / "sensitivity").iterdir()
    status, out, _ = say(capsys, "rerun", str(folder / "screening"), "3", "--json")
    assert status == 0 and json.loads(out)["equal"]


def test_worlds_of_a_validation_have_a_draw_each(table, tmp_path, capsys):
    words = ["validate", "market=class", "days=110", "burn_in=10", "n_worlds=4", "engine.workers=1", f"posterior={table}"]
    status, out, _ = say(capsys, *words, "--output", str(tmp_path / "drawn"), "--json")
    assert status == 0 and "draw of the posterior" in json.loads(out)["interval"]
    usual = say(capsys, *words[:-1], "--output", str(tmp_path / "usual"), "--json")
    assert json.loads(usual[1])["rows_sha256"] != json.loads(out)["rows_sha256"]
