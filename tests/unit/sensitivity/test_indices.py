"""Sensitivity indices against functions whose indices are known, and against SALib's own."""

import numpy as np
import pytest

from experiments.sensitivity import indices
from experiments.sweeps.designs import unit_points
from experiments.sweeps.specification import read_specification

WEIGHTS = np.array([5.0, -3.0, 0.5, 0.0])
ISHIGAMI_FIRST = np.array([0.3139, 0.4424, 0.0])  # a = 7, b = 0.1 (Ishigami and Homma 1990; Sobol and Levitan 1999)
ISHIGAMI_TOTAL = np.array([0.5576, 0.4424, 0.2437])


def generator(seed=1):
    return np.random.Generator(np.random.PCG64(seed))


def points_of(design, factors, rows, seed=1, **more):
    ranges = {f"labour.f{number}": {"low": 0.0, "high": 1.0} for number in range(factors)}
    return unit_points(read_specification({"sweep": {"design": design, "factors": ranges, "rows": rows, **more}}), seed)


def ishigami(points):
    x = np.pi * (2.0 * points - 1.0)
    return np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_effects_of_a_linear_function_are_its_weights():
    points = points_of("morris", 4, 10)
    effects = indices.elementary_effects(points, 7.0 + points @ WEIGHTS)
    assert np.allclose(effects, WEIGHTS, atol=1e-12)
    found = indices.summarise_effects(effects, generator())
    assert np.allclose(found.mu_star.estimate, np.abs(WEIGHTS)) and np.allclose(found.mu.estimate, WEIGHTS)
    assert np.allclose(found.sigma.estimate, 0.0, atol=1e-12)
    assert np.allclose(found.mu_star.low, found.mu_star.high)


def test_an_interaction_shows_in_sigma():
    points = points_of("morris", 3, 40)
    effects = indices.elementary_effects(points, points[:, 0] * points[:, 1] + points[:, 2])
    found = indices.summarise_effects(effects, generator())
    assert (found.sigma.estimate[:2] > 0.1).all() and found.sigma.estimate[2] < 1e-12
    assert (found.sigma.low[:2] > 0.0).all() and (found.sigma.high >= found.sigma.low).all()


def test_effects_are_those_of_salib():
    morris = pytest.importorskip("SALib.analyze.morris")
    points = points_of("morris", 3, 12)
    values = ishigami(points)
    theirs = morris.analyze({"num_vars": 3, "names": list("abc"), "bounds": [[0, 1]] * 3}, points, values, seed=1)
    ours = indices.summarise_effects(indices.elementary_effects(points, values), generator())
    for name in ("mu", "mu_star", "sigma"):
        assert np.allclose(getattr(ours, name).estimate, np.asarray(theirs[name], float))


def test_a_trajectory_with_a_gap_is_left_out():
    points = points_of("morris", 4, 5)
    values = points @ WEIGHTS
    values[7] = np.nan
    assert indices.elementary_effects(points, values).shape == (4, 4)
    with pytest.raises(ValueError, match="multiple of 5"):
        indices.elementary_effects(points, values[:-1])
    with pytest.raises(ValueError, match="at least 2"):
        indices.summarise_effects(np.ones((1, 4)), generator())
    with pytest.raises(ValueError, match="move once"):
        indices.elementary_effects(np.zeros((5, 4)), np.zeros(5))


def test_indices_of_the_ishigami_function():
    values = ishigami(points_of("saltelli", 3, 2048))
    found = indices.variance_shares(indices.rows_of_saltelli(values, 3), 3, generator(), resamples=300)
    assert np.allclose(found.first.estimate, ISHIGAMI_FIRST, atol=0.02)
    assert np.allclose(found.total.estimate, ISHIGAMI_TOTAL, atol=0.02)
    for known, shares in ((ISHIGAMI_FIRST, found.first), (ISHIGAMI_TOTAL, found.total)):
        assert ((shares.low <= known) & (known <= shares.high)).all()
    assert found.first_sum.estimate == pytest.approx(found.first.estimate.sum()) and found.second is None


def test_second_order_of_the_ishigami_function():
    values = ishigami(points_of("saltelli", 3, 1024, second_order=True))
    rows = indices.rows_of_saltelli(values, 3, second_order=True)
    found = indices.variance_shares(rows, 3, generator(), resamples=100)
    assert found.second.estimate[0, 2] == pytest.approx(0.2437, abs=0.05)
    assert abs(found.second.estimate[0, 1]) < 0.05 and np.isnan(found.second.estimate[2, 0])


@pytest.mark.parametrize("a", [(0, 1, 4.5, 9, 99, 99, 99, 99), (0, 0, 0)], ids=["few count", "all interact"])
def test_indices_of_sobols_g_function(a):
    """g = prod (|4 x - 2| + a) / (1 + a): V_i = 1 / (3 (1 + a)^2), V = prod (1 + V_i) - 1 (Saltelli and Sobol 1995)."""
    a = np.array(a, float)
    own = 1.0 / (3.0 * (1.0 + a) ** 2)
    variance = np.prod(1.0 + own) - 1.0
    first, total = own / variance, own * np.prod(1.0 + own) / (1.0 + own) / variance
    points = points_of("saltelli", len(a), 4096)
    values = np.prod((np.abs(4.0 * points - 2.0) + a) / (1.0 + a), axis=1)
    found = indices.variance_shares(indices.rows_of_saltelli(values, len(a)), len(a), generator(), resamples=200)
    assert np.allclose(found.first.estimate, first, atol=0.015), found.first.estimate - first
    assert np.allclose(found.total.estimate, total, atol=0.015), found.total.estimate - total
    for known, shares in ((first, found.first), (total, found.total)):
        assert ((shares.low <= known) & (known <= shares.high)).all()


def test_indices_are_those_of_salib():
    sobol = pytest.importorskip("SALib.analyze.sobol")
    values = ishigami(points_of("saltelli", 3, 64))
    problem = {"num_vars": 3, "names": list("abc"), "bounds": [[0, 1]] * 3}
    theirs = sobol.analyze(problem, values, calc_second_order=False, seed=1)
    ours = indices.variance_shares(indices.rows_of_saltelli(values, 3), 3, generator())
    assert np.allclose(ours.first.estimate, theirs["S1"]) and np.allclose(ours.total.estimate, theirs["ST"])
    reach = (ours.first.high - ours.first.low) / 2.0
    assert np.allclose(reach, theirs["S1_conf"], rtol=0.35), "percentiles and SALib's normal intervals are of one size"


def test_the_batches_of_a_bootstrap_change_nothing(monkeypatch):
    rows = indices.rows_of_saltelli(ishigami(points_of("saltelli", 3, 32)), 3)
    whole = indices.variance_shares(rows, 3, generator(), resamples=50)
    monkeypatch.setattr(indices, "_BATCH", 7 * rows.size)
    batched = indices.variance_shares(rows, 3, generator(), resamples=50)
    assert np.array_equal(whole.first.low, batched.first.low) and np.array_equal(whole.total.high, batched.total.high)


def test_intervals_cover_about_as_often_as_they_say():
    """Independent rows of a linear function with known shares: 95 % intervals hold them 85 to 100 % of the time."""
    weights = np.array([2.0, 1.0, 0.0])
    known = weights**2 / (weights**2).sum()
    rng, hits = generator(3), np.zeros((2, 3))
    for _ in range(120):
        a, b = rng.random((128, 3)), rng.random((128, 3))
        mixed = [np.where(np.arange(3) == j, b, a) @ weights for j in range(3)]
        rows = np.column_stack([a @ weights, *mixed, b @ weights])
        found = indices.variance_shares(rows, 3, rng, resamples=200)
        for place, shares in enumerate((found.first, found.total)):
            hits[place] += (shares.low - 1e-12 <= known) & (known <= shares.high + 1e-12)
    assert (hits / 120 >= 0.85).all(), hits / 120


def test_intervals_of_effects_cover_too():
    rng, hits = generator(4), 0
    for _ in range(200):
        found = indices.summarise_effects(rng.normal(3.0, 1.0, (20, 1)), rng, resamples=200)
        hits += found.mu.low[0] <= 3.0 <= found.mu.high[0]
    assert 0.85 <= hits / 200 <= 1.0


def test_rows_with_a_gap_and_outcomes_that_do_not_vary():
    values = ishigami(points_of("saltelli", 3, 16))
    values[3] = np.nan
    assert indices.rows_of_saltelli(values, 3).shape == (15, 5)
    assert indices.variance_shares(np.full((8, 5), 3.3), 3, generator()) is None
    with pytest.raises(ValueError, match="rows of 5"):
        indices.rows_of_saltelli(values[:-1], 3)
    with pytest.raises(ValueError, match="at least 2"):
        indices.variance_shares(np.ones((1, 5)), 3, generator())


def test_noise_of_seeds_is_recovered():
    rng = generator(5)
    of_points, of_seeds, noise = rng.normal(0, 2.0, (400, 1)), rng.normal(0, 3.0, (1, 25)), rng.normal(0, 1.0, (400, 25))
    found = indices.seed_noise(of_points + of_seeds + noise)
    assert found.deviation == pytest.approx(1.0 / 5.0, rel=0.05)
    assert found.share == pytest.approx(0.04 / 4.04, rel=0.25)
    assert 0.4 < found.seeds < 0.85  # 9 of 14, known from 25 seeds only
    assert indices.seed_noise(np.ones((10, 1))) is None
    assert indices.seed_noise(np.ones((10, 3))) == (0.0, 0.0, 0.0)
    assert indices.seed_noise(noise).share == pytest.approx(1.0, rel=0.25)


def test_a_factor_of_pure_noise_shows_what_noise_is_said_to_show():
    rng = generator(6)
    points = points_of("morris", 2, 4000)
    values = points[:, :1] * 3.0 + rng.normal(0, 1.0, (len(points), 4))
    noise = indices.seed_noise(values)
    effects = indices.elementary_effects(points, values.mean(axis=1))
    expected = indices.effect_of_noise(noise, 2.0 / 3.0)
    assert np.abs(effects[:, 1]).mean() == pytest.approx(expected, rel=0.05)
    points = points_of("saltelli", 2, 2048)
    values = points[:, :1] * 3.0 + rng.normal(0, 1.0, (len(points), 4))
    rows = indices.rows_of_saltelli(values.mean(axis=1), 2)
    noise = indices.seed_noise(values.reshape(-1, 4, 4)[:, [0, -1]].reshape(-1, 4))
    found = indices.variance_shares(rows, 2, rng, resamples=100)
    assert found.total.estimate[1] == pytest.approx(noise.share, rel=0.15)
