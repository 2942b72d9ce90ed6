"""`plansim test screening=...`: the design, effects that are planted, and the command from its words to its result."""

import itertools
import json

import numpy as np
import pytest

from experiments.commands import structures
from experiments.questions.estimand import Finding
from experiments.questions.study import MAIN
from experiments.statistics.intervals import Ratio
from experiments.store.result import Options
from experiments.structures import screening
from sim.configuration import ConfigurationError
from tests.studies import SMALL_STUDY, run_study
from tests.sweep_worlds import say

NAMES = [f"s{i}" for i in range(16)]


@pytest.mark.parametrize("k", range(2, 17))
def test_main_effects_are_clear_of_each_other_and_of_interactions_of_two(k):
    design = screening.design_of(NAMES[:k])
    assert len(np.unique(design, axis=0)) == len(design) <= max(4, 4 * k), "no run twice"
    assert set(np.unique(design)) == {-1, 1} and not design.sum(axis=0).any()
    assert np.array_equal(design.T @ design, len(design) * np.eye(k))
    for i, j in itertools.combinations(range(k), 2):
        assert not (design[:, i] * design[:, j] @ design).any()
    points = screening.points_of(NAMES[:k])
    assert points[0].name == "default" and points[-1].sets == tuple(NAMES[:k])


@pytest.mark.parametrize(("k", "runs"), [(2, 4), (3, 8), (4, 8), (6, 16), (8, 16), (9, 24), (12, 24), (13, 32), (16, 32)])
def test_runs_by_number_of_structures(k, runs):
    assert len(screening.design_of(NAMES[:k])) == runs


@pytest.mark.parametrize("k", [0, 1, 17])
def test_what_no_design_can_hold_is_refused(k):
    with pytest.raises(ConfigurationError, match="2 to 16 structures"):
        screening.design_of([f"s{i}" for i in range(k)])


@pytest.mark.parametrize("k", [3, 6, 10])
def test_planted_effects_are_found(k):
    """Half the difference of differences of one pair of structures, and the noise that pairs share, is no main effect."""
    rng = np.random.Generator(np.random.PCG64(k))
    names, design = NAMES[:k], screening.design_of(NAMES[:k])
    planted = np.linspace(-2.0, 2.0, k)
    shared = rng.normal(0.0, 5.0, 40)
    values = [shared + 0.5 * run @ planted + 0.5 * 3.0 * run[0] * run[1] + rng.normal(0.0, 0.01, 40) for run in design]
    effects = {one["effect"]: one for one in screening.effects_of(names, values)}
    for name, size in zip(names, planted, strict=True):
        assert effects[name]["estimate"] == pytest.approx(size, abs=0.01) and (effects[name]["clear"] or abs(size) < 0.05)
    of_two = [one for one in effects.values() if one["kind"] == "interactions"]
    if k == 10:
        assert not of_two, "they cannot be told apart in a design that is not regular"
        return
    assert sum(one["effect"].count(" x ") for one in of_two) == k * (k - 1) // 2
    (found,) = [one for one in of_two if abs(one["estimate"]) > 0.05]
    assert found["clear"] and "s0 x s1" in found["effect"] and found["estimate"] == pytest.approx(3.0, abs=0.01)


def test_what_is_unknown_in_one_run_leaves_effects_unknown():
    values = [np.ones(4) for _ in screening.design_of(NAMES[:3])]
    values[2] = np.array([1.0, np.nan, 1.0, 1.0])
    effects = screening.effects_of(NAMES[:3], values)
    assert not any(one["clear"] for one in effects) and effects[0]["estimate"] is None
    assert not any(one["clear"] for one in screening.effects_of(NAMES[:3], [np.ones(4)] * 8)), "no width shows nothing"


def test_values_by_pair_have_the_estimate_as_their_mean():
    study, rows = run_study(*SMALL_STUDY, "hypothesis=displacement", "n_pairs=4", "scenarios=main")
    found = screening.find(study, screening.columns_of(rows, MAIN))
    values = screening.pair_values(study, rows)
    assert len(rows) == len(values) == 4 and values.mean() == pytest.approx(found.interval.estimate, rel=1e-12)


def test_an_estimate_that_is_no_mean_is_shared_out_by_the_jackknife(monkeypatch):
    """The standard error of a ratio of means is that of its linear form, as far as pairs are many."""

    def ratio(study, columns):
        return Finding(Ratio(np.mean(columns["a"]) / np.mean(columns["b"]), None, None, len(columns["a"])))

    monkeypatch.setattr(screening, "find", ratio)
    rng = np.random.Generator(np.random.PCG64(3))
    b = rng.uniform(1.0, 3.0, 200)
    a = 2.0 * b + rng.normal(0.0, 0.5, 200)
    rows = [{"scenario": MAIN, "pair": k, "a": a[k], "b": b[k]} for k in range(200)]
    values = screening.pair_values(None, rows)
    whole = a.mean() / b.mean()
    assert values.mean() == pytest.approx(whole, abs=1e-4)
    assert values.std(ddof=1) == pytest.approx((a - whole * b).std(ddof=1) / b.mean(), rel=0.02)
    unknown = [row | {"b": 0.0} for row in rows[:3]]
    with np.errstate(invalid="ignore", divide="ignore"):
        assert not np.isfinite(screening.pair_values(None, unknown)).any()


def test_a_screening_is_run_shown_and_goes_on(tmp_path, capsys):
    words = [*SMALL_STUDY, "n_pairs=3", "engine.workers=1"]
    names = ["displacement"]
    options = Options(root=tmp_path, json=True)
    assert structures.execute(names, words, "screening", "replacement,essential_roles", options) == 0
    summary = json.loads(capsys.readouterr().out)
    assert [run["structure"] for run in summary["design"]] == [
        "default", "essential_roles", "replacement", "replacement+essential_roles",
    ]  # fmt: skip
    assert [one["effect"] for one in summary["effects"]] == ["replacement", "essential_roles", "replacement x essential_roles"]
    estimates = {row["structure"]: row["estimate"] for row in summary["rows"]}
    by_hand = sum((1 if "essential_roles" in name else -1) * value for name, value in estimates.items()) / 2
    assert summary["effects"][1]["estimate"] == pytest.approx(by_hand, abs=1e-12) and by_hand != 0.0
    assert all(row["controls_as_expected"] is None and row["pairs"] == 3 for row in summary["rows"])
    (joint,) = (tmp_path / "screening").iterdir()
    status, out, _ = say(capsys, "show", str(joint))
    assert status == 0 and "essential roles" in (joint / "report.html").read_text() and "Structures that move an estimate" in out
    status, out, err = say(capsys, "rerun", str(joint), "0")
    assert status == 2 and "a result of screening has no rows of its own" in err
    part = tmp_path / summary["rows"][-1]["result"]
    assert say(capsys, "rerun", str(part), "1")[0] == 0
