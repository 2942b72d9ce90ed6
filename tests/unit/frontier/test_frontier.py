"""`plansim frontier`: mixtures within a budget, what betters what, regret without luck, a command that resumes."""

import json

import numpy as np
import optuna
import pytest

from experiments.commands.frontier import plan_of
from experiments.configuration.composition import compose
from experiments.frontier.plan import mixture_at, place_of
from experiments.frontier.results import regret
from experiments.frontier.runs import COST, HARM, intensities, run_world
from experiments.frontier.search import not_dominated, search, spread_out
from sim.configuration import ConfigurationError
from tests.sweep_worlds import say

SMALL = [
    "market=class", "days=150", "burn_in=20", "policy.start_day=60", "levers=[prevention,demand_campaign,training]",
    "budget_a_year=80000", "population=8", "generations=2", "n_worlds=2", "n_check=4", "candidates=3",
    "structures=[replacement]", "engine.workers=1",
]  # fmt: skip


@pytest.fixture(scope="module")
def plan():
    return plan_of(compose("frontier", SMALL))


def test_places_of_the_cube_and_mixtures_lead_back_to_each_other():
    levers = ("a", "b", "c")
    for mixture in ({}, {"a": 100.0}, {"a": 30.0, "c": 60.0}, {"a": 33.0, "b": 33.0, "c": 33.0}):
        assert mixture_at(levers, place_of(levers, mixture, 100.0), 100.0) == pytest.approx(mixture)
    for corner in np.random.default_rng(1).random((50, 4)):
        mixture = mixture_at(levers, dict(zip((*levers, "spend"), corner, strict=True)), 100.0)
        assert sum(mixture.values()) <= 100.0 + 1e-9


def test_a_world_spends_what_the_mixture_says_and_never_more(plan):
    (chunk, *_) = plan.search_chunks(0, plan.starts())
    rows = run_world(chunk.tasks[0])
    assert [row["mixture"] for row in rows] == list(range(len(plan.starts())))
    for row, mixture in zip(rows, plan.starts(), strict=True):
        largest = intensities(chunk.tasks[0].parameters, mixture).get("training") == 1.0
        assert row[COST] <= plan.settings.budget_a_year and (largest or row[COST] > 0.999 * sum(mixture.values()) - 4.0)
    assert rows[0][COST] == 0.0


def test_money_buys_the_same_sum_whatever_the_structure(plan):
    """A mixture is in EUR, so it costs as much where capacities are others."""
    mixture = plan.starts()[-1]
    costs = {name: run_world(next(c.tasks[0] for c in plan.check_chunks([mixture]) if c.tasks[0].scenario == name))[0][COST]
             for name in plan.scenarios}  # fmt: skip
    assert len(set(costs.values())) == 1, costs


def test_twins_of_a_task_differ_by_their_mixture_alone(plan):
    """Without a policy a fork is the straight world, and mixtures before or after it change nothing."""
    alone = run_world(plan.search_chunks(0, [{}])[0].tasks[0])[0]
    among = run_world(plan.search_chunks(0, [plan.starts()[1], {}, plan.starts()[2]])[0].tasks[0])[1]
    assert alone[HARM] == among[HARM] and alone["seed"] == among["seed"]


def test_the_search_finds_a_front_that_is_known(plan):
    """Harm falls with one lever alone, with returns that fall: the search must put its money there, and not on others."""

    def evaluate(generation, mixtures):
        spent = np.array([[one.get(lever, 0.0) for lever in plan.settings.levers] for one in mixtures]) / 80_000.0
        return np.column_stack([1.0 - np.sqrt(spent[:, 0]), 1.0 - np.sqrt(spent[:, 0]), spent.sum(axis=1)])

    import dataclasses

    longer = dataclasses.replace(plan, settings=plan.settings.model_copy(update={"population": 40, "generations": 25}))
    tried, objectives = search(longer, 7, evaluate)
    front = np.flatnonzero(not_dominated(objectives))
    other = [sum(tried[m].values()) - tried[m].get("prevention", 0.0) for m in front]
    assert len(front) > 20 and np.mean(other) < 0.05 * 80_000.0
    again, repeated = search(longer, 7, evaluate)
    assert again == tried and (repeated == objectives).all(), "a search repeats itself from its seed"
    chosen = spread_out(objectives[front], 5)
    assert len(set(chosen)) == 5 and np.ptp(objectives[front][chosen, 2]) > 0.8


def test_luck_in_the_choice_of_the_best_is_nobodys_regret():
    """Policies that are all alike have no regret, though the least of their noisy means is far below the others."""
    rng = np.random.default_rng(4)
    alike = np.array([regret(rng.standard_normal((30, 1, 40)))[:, 0].mean() for _ in range(200)])
    assert abs(alike.mean()) < 4.0 * alike.std() / np.sqrt(len(alike))
    harm = rng.standard_normal((3, 2, 400)) * 0.1 + np.array([[[1.0], [4.0]], [[2.0], [3.0]], [[3.0], [9.0]]])
    assert regret(harm) == pytest.approx(np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 6.0]]), abs=0.05)


def test_the_command_resumes_repeats_and_is_shown(tmp_path, capsys, monkeypatch):
    words = ["frontier", *SMALL, "--output", str(tmp_path)]
    status, out, _ = say(capsys, *words, "--json")
    summary = json.loads(out)
    (folder,) = (tmp_path / "frontier").iterdir()
    assert status == 0 and {"no policy", "prevention", "training"} <= {row["name"] for row in summary["policies"]}
    assert {"result.png", "regret.svg", "mixtures.png", "report.html"} <= {path.name for path in folder.iterdir()}
    assert set(summary["without"]) == {"as configured", "replacement"}
    for row in (3, 8 * 2 * 2 + 5):  # of the search, of the check
        status, out, _ = say(capsys, "rerun", str(folder), str(row), "--json")
        assert status == 0 and json.loads(out)["equal"]
    assert say(capsys, "show", str(folder))[0] == 0
    (folder / "summary.json").unlink()
    status, out, err = say(capsys, *words, "--json")
    assert status == 0 and json.loads(out) == summary and "worlds" not in err, "nothing is run again"
    (folder / "summary.json").unlink()
    asked = optuna.samplers.NSGAIISampler
    monkeypatch.setattr(optuna.samplers, "NSGAIISampler", lambda seed, **other: asked(seed=seed + 1, **other))
    status, _, err = say(capsys, *words)
    assert status == 1 and "another version of Optuna" in err, "mixtures are not taken for others"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["levers=[preventoin]"], "prevention"),
        (["levers=[arrest_bosses]"], "arrest_bosses"),
        (["structures=[replacment]"], "replacement"),
        (["policy=venue_crackdown"], "policy=venue_crackdown"),
        (["population=3"], "population"),
        (["budget_a_year=0"], "budget_a_year"),
        (["days=70"], "days=70"),
        (["posterior=nowhere"], "posterior=nowhere"),
    ],
)
def test_mistakes_are_named(words, named, tmp_path, capsys):
    kept = [word for word in SMALL if word.partition("=")[0] not in {one.partition("=")[0] for one in words}]
    status, _, err = say(capsys, "frontier", *kept, *words, "--output", str(tmp_path))
    assert status == 2 and named in err and err.strip().count("\n") == 0, err


def test_no_number_is_a_lever(tmp_path):
    with pytest.raises(ConfigurationError, match="levers"):
        plan_of(compose("frontier", [*SMALL[:4], "levers=[]"]))
