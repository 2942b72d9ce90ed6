"""What decides a verdict over draws: rank tests find what was planted, and nothing in chance."""

import numpy as np
import pytest

from experiments.robustness.verdict_predictors import deciding_parameters, rank_correlations


def planted(n=200, noise=0.05):
    """Draws of twenty parameters of which one decides; verdict and estimate follow it."""
    rng = np.random.Generator(np.random.PCG64(4))
    values = rng.random((n, 20))
    keys = [f"group.p{j}" for j in range(20)]
    high = (values[:, 7] > 0.6) ^ (rng.random(n) < noise)
    verdicts = np.where(high, "supported", "refuted").tolist()
    return values, keys, verdicts, (values[:, 7] - 0.6 + rng.normal(0.0, 0.1, n)).tolist()


def test_a_planted_parameter_is_found():
    values, keys, verdicts, estimates = planted()
    (found,) = deciding_parameters(values, keys, verdicts)
    assert found["parameter"] == "group.p7" and found["share"] > 0.5 and found["p_holm"] < 1e-6
    assert found["medians"]["refuted"] < 0.5 < 0.7 < found["medians"]["supported"]
    moving = rank_correlations(values, keys, estimates)
    assert moving[0]["parameter"] == "group.p7" and moving[0]["correlation"] > 0.8 and moving[0]["p_holm"] < 1e-6


def test_the_share_is_that_of_the_variance_of_ranks_between_verdicts():
    values, keys, verdicts, _ = planted()
    (found,) = deciding_parameters(values, keys, verdicts)
    ranks = values[:, 7].argsort().argsort().astype(float)
    groups = [ranks[np.array(verdicts) == name] for name in ("supported", "refuted")]
    between = sum(len(group) * (group.mean() - ranks.mean()) ** 2 for group in groups)
    assert found["share"] == pytest.approx(between / ((ranks - ranks.mean()) ** 2).sum())


def test_nothing_is_found_in_chance():
    values, keys, _, _ = planted()
    rng = np.random.Generator(np.random.PCG64(9))
    verdicts = np.where(rng.random(200) < 0.6, "supported", "refuted").tolist()
    assert deciding_parameters(values, keys, verdicts) == []
    assert rank_correlations(values, keys, rng.random(200).tolist()) == []


def test_a_rare_verdict_is_left_out():
    values, keys, verdicts, _ = planted()
    rare = ["identical"] * 4 + verdicts[4:]
    (found,) = deciding_parameters(values, keys, rare)
    assert set(found["medians"]) == {"supported", "refuted"}
    assert found == deciding_parameters(values[4:], keys, verdicts[4:])[0]


def test_one_verdict_or_few_draws_decide_nothing():
    values, keys, verdicts, estimates = planted()
    assert deciding_parameters(values, keys, ["refuted"] * 200) == []
    assert deciding_parameters(values[:20], keys, verdicts[:20]) == [] == deciding_parameters(values[:0], keys, [])
    assert rank_correlations(values[:20], keys, estimates[:20]) == []
