"""What decides a verdict over draws: the tree and the rank correlations find what was planted, and nothing in chance."""

import numpy as np

from experiments.robustness import verdict_predictors as deciding


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
