"""The table of posterior draws: read with one line for what is wrong, resampled by weight, and used pair by pair."""

import json

import numpy as np
import pandas as pd
import pytest

from experiments.calibration.posterior import read_posterior
from experiments.commands import test as command
from experiments.configuration.composition import compose, split_model
from experiments.questions.study import MAIN, prepare
from sim.configuration import ConfigurationError
from tests.sweep_worlds import say

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
    tree = command.with_draws(tree, str(table))
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
