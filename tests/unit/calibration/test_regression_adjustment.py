"""Rejection with regression adjustment where the posterior is known: a Gaussian linear model, and ranks of the truth."""

import numpy as np
import pytest
from scipy.stats import kstest, norm

from experiments.calibration.regression_adjustment import (
    contraction,
    fit_posterior,
    noise_of_contraction,
    rank_of,
)

SLOPES = np.array([[1.0, 0.5, 0.0, -0.4], [0.0, -1.0, 0.3, 0.6]])
NOISE = np.array([0.4, 0.5])


def table(n, seed=0):
    """Places of standard normal parameters, and statistics linear in them."""
    rng = np.random.default_rng(seed)
    places = rng.random((n, 4))
    return places, norm.ppf(places) @ SLOPES.T + NOISE * rng.standard_normal((n, 2))


def exact(observed):
    """Mean and standard deviation of the Gaussian posterior."""
    precision = np.diag(1.0 / NOISE**2)
    covariance = np.linalg.inv(np.eye(4) + SLOPES.T @ precision @ SLOPES)
    return covariance @ SLOPES.T @ precision @ observed, np.sqrt(np.diag(covariance))


def test_the_exact_posterior_of_a_linear_model_is_found():
    observed = np.array([1.2, -0.7])
    found = fit_posterior(*table(20_000), observed, 2_000)
    parameters = norm.ppf(found.places)
    mean = found.weights @ parameters
    spread = np.sqrt(found.weights @ (parameters - mean) ** 2)
    expected, deviation = exact(observed)
    assert np.allclose(mean, expected, atol=0.08) and np.allclose(spread, deviation, rtol=0.08)


def test_rejection_alone_is_wider_than_with_the_regression():
    """Of draws kept by the tenth, places as they were drawn are spread by how far they were kept too."""
    places, statistics = table(5_000)
    found = fit_posterior(places, statistics, np.array([1.2, -0.7]), 1_000)
    raw = np.sqrt(found.weights @ (places[found.kept] - found.weights @ places[found.kept]) ** 2)
    assert (raw[:2] > 1.03 * found.spread()[:2]).all()


def test_ranks_of_the_truth_are_uniform():
    """Simulation-based calibration (Talts and others 2018) over 200 observations of known truths."""
    places, statistics = table(6_000, seed=1)
    ranks = []
    for j in range(200):
        others = np.arange(len(places)) != j
        ranks.append(rank_of(places[j], fit_posterior(places[others], statistics[others], statistics[j], 600)))
    p_values = [kstest(column, "uniform").pvalue for column in np.array(ranks).T]
    assert min(p_values) > 0.005, p_values


def test_a_posterior_that_is_too_narrow_is_told_by_its_ranks():
    """The negative control: statistics taken to have a quarter of their noise."""
    places, statistics = table(6_000, seed=1)
    noisier = statistics + NOISE * np.random.default_rng(5).standard_normal(statistics.shape) * 4.0
    ranks = [rank_of(places[j], fit_posterior(places[600:], statistics[600:], noisier[j], 600)) for j in range(200)]
    assert kstest(np.array(ranks)[:, 1], "uniform").pvalue < 0.005


def test_what_the_observation_tells_nothing_of_keeps_its_prior():
    rng = np.random.default_rng(2)
    places, statistics = table(20_000)
    silent = np.hstack([places, rng.random((len(places), 200))])
    found = fit_posterior(silent, statistics, np.array([0.5, 0.5]), 2_000)
    shrunk, error = contraction(found), noise_of_contraction(found)
    assert (shrunk[:2] > 10.0 * error).all()
    assert np.abs(shrunk[4:]).max() < 4.5 * error and shrunk[4:].std() == pytest.approx(error, rel=0.3)


def test_weights_and_quantiles():
    found = fit_posterior(*table(2_000), np.zeros(2), 400)
    assert found.weights.sum() == pytest.approx(1.0) and len(found.weights) == 400 and 100 < found.effective <= 400
    low, middle, high = found.quantiles([0.05, 0.5, 0.95])
    assert (low < middle).all() and (middle < high).all() and (found.places > 0.0).all() and (found.places < 1.0).all()
    rows = found.resample(10_000, np.random.default_rng(0))
    assert np.allclose(np.bincount(rows, minlength=400) / 10_000, found.weights, atol=2e-4)


@pytest.mark.parametrize(
    ("places", "statistics", "kept", "named"),
    [
        (np.full((200, 2), np.nan), np.zeros((200, 1)), 100, "finite"),
        (np.full((200, 2), 0.5), np.zeros((200, 1)), 20, "20 draws are too few"),
        (np.full((30, 2), 0.5), np.zeros((30, 1)), 100, "30 draws are too few"),
    ],
)
def test_mistakes_are_named(places, statistics, kept, named):
    with pytest.raises(ValueError, match=named):
        fit_posterior(places, statistics, np.zeros(1), kept)


def test_middles_of_what_is_not_identified_are_known_as_well_as_it_says():
    """The observation lies at the edge of the draws kept, so that the regression reaches out: errors are larger, and said so."""
    rng = np.random.default_rng(3)
    places, statistics = table(3_000)
    silent = np.hstack([places, rng.random((len(places), 200))])
    found = fit_posterior(silent, statistics, np.array([3.0, -3.0]), 400)
    error = found.spread() * np.sqrt((1.0 + found.leverage) / found.effective)
    away = (found.mean()[4:] - 0.5) / error[4:]
    assert found.leverage > 1.0 and np.abs(away).max() < 4.5 and away.std() == pytest.approx(1.0, abs=0.25)
