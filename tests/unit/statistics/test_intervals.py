"""Intervals: by hand, against published and independent derivations, and what they refuse."""

import math

import numpy as np
import pytest

from experiments.statistics.intervals import (
    BOUNDS,
    bootstrap_interval,
    mean_if_known,
    mean_interval,
    ratio_of_means,
    share_with_interval,
    to_json,
)
from experiments.statistics.verdict import verdict


def seeded(seed):
    """A Generator as a caller would hand it over."""
    return np.random.Generator(np.random.PCG64(seed))


# --- intervals of a mean


def test_mean_interval_by_hand():
    # mean 3, s² = 2.5, se = √0.5, t(0.975; 4) = 2.7764451
    interval = mean_interval([1, 2, 3, 4, 5])
    assert interval.estimate == 3 and interval.n == 5
    assert interval.se == pytest.approx(math.sqrt(0.5))
    assert interval.high - 3 == pytest.approx(2.7764451 * math.sqrt(0.5), rel=1e-7)


def test_mean_interval_of_too_few_or_equal_values():
    assert math.isnan(mean_interval([]).estimate)
    assert mean_interval([7.0]).estimate == 7 and math.isnan(mean_interval([7.0]).low)
    # 0.1 three times: the usual formula gives a standard error of 1e-17, not zero.
    assert mean_interval([0.1, 0.1, 0.1])[1:4] == (pytest.approx(0.1), pytest.approx(0.1), 0.0)


def test_mean_interval_mistakes_are_named():
    with pytest.raises(ValueError, match="level = 95"):
        mean_interval([1, 2, 3], level=95)


def test_a_widened_interval_is_wider_by_that_much():
    plain, wide = mean_interval([1, 2, 4, 8]), mean_interval([1, 2, 4, 8], widening=1.5)
    assert wide.estimate == plain.estimate and wide.se == plain.se
    assert wide.high - wide.low == pytest.approx(1.5 * (plain.high - plain.low))


# --- ratios of means


def invert_t_test(numerators, denominators, level, low, high):
    """A slow twin of Fieller: bisect for the ratio where a t test of num - r·den just rejects."""
    from scipy.stats import ttest_1samp

    def rejects(ratio):
        return ttest_1samp(numerators - ratio * denominators, 0.0).pvalue < 1 - level

    inside = np.mean(numerators) / np.mean(denominators)
    bounds = []
    for outside in (low, high):
        near, far = inside, outside
        assert rejects(far)
        for _ in range(60):
            middle = (near + far) / 2
            near, far = (near, middle) if rejects(middle) else (middle, far)
        bounds.append(near)
    return bounds


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_fieller_inverts_the_t_test(seed):
    rng = seeded(seed)
    denominators = rng.normal(-10, 4, size=12)
    numerators = 0.4 * denominators + rng.normal(0, 3, size=12)
    ratio = ratio_of_means(numerators, denominators, level=0.90)
    low, high = invert_t_test(numerators, denominators, 0.90, ratio.estimate - 50, ratio.estimate + 50)
    assert (ratio.low, ratio.high) == (pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9))


def test_fieller_by_hand():
    # n = 3, means 4 and 10, deviations (1, 0, -1) and (1, -2, 1): variances 1 and 3, covariance 0. Of the
    # means 1/3 and 1. t(0.975; 2)² = 18.5128: (100 - 18.5128) r² - 80 r + (16 - 18.5128 / 3) <= 0.
    ratio = ratio_of_means([5, 4, 3], [11, 8, 11])
    root = math.sqrt(80**2 - 4 * 81.4872 * 9.82906)
    assert ratio.estimate == pytest.approx(0.4)
    assert ratio.low == pytest.approx((80 - root) / (2 * 81.4872), rel=1e-5)
    assert ratio.high == pytest.approx((80 + root) / (2 * 81.4872), rel=1e-5)


def with_moments(mean_a, error_a, mean_b, error_b, n):
    """float[n] twice, uncorrelated, with exactly these means and standard errors of the mean."""
    steps = np.arange(n) - (n - 1) / 2
    bend = steps**2 - np.mean(steps**2)  # orthogonal to steps, for steps are symmetric
    scaled = [error * math.sqrt(n) * shape / np.std(shape, ddof=1) for error, shape in ((error_a, steps), (error_b, bend))]
    return mean_a + scaled[0], mean_b + scaled[1]


def test_fieller_against_a_published_example():
    # The worked example that ships with FIELLER of the DCPROGS suite: 14 with standard error 3 over 7 with
    # standard error 2, uncorrelated, ten degrees of freedom. Its t is good to six digits.
    numerators, denominators = with_moments(14, 3, 7, 2, n=11)
    ratio = ratio_of_means(numerators, denominators, level=0.90)
    assert ratio.estimate == pytest.approx(2)
    assert (ratio.low, ratio.high) == (pytest.approx(1.051413, abs=2e-5), pytest.approx(4.414296, abs=2e-5))
    ratio = ratio_of_means(numerators, denominators, level=0.95)
    assert (ratio.low, ratio.high) == (pytest.approx(0.889734, abs=2e-5), pytest.approx(5.836045, abs=2e-5))


def test_fieller_over_a_constant_is_the_t_interval():
    values = np.array([1.0, 2.0, 4.0, 8.0])
    ratio, interval = ratio_of_means(values, np.full(4, -2.0)), mean_interval(values)
    assert (ratio.low, ratio.high) == (pytest.approx(interval.high / -2), pytest.approx(interval.low / -2))


def test_a_denominator_about_zero_leaves_the_ratio_unbounded():
    rng = seeded(6)
    ratio = ratio_of_means(rng.normal(5, 1, 30), rng.normal(0.05, 1, 30))
    assert (ratio.low, ratio.high) == (None, None)
    assert verdict(ratio.low, ratio.high, threshold=0.0) == "undecided"


def test_ratio_of_too_little():
    assert ratio_of_means([1.0], [2.0]) == (0.5, None, None, 1)
    assert math.isnan(ratio_of_means([1.0, 2.0], [0.0, 0.0]).estimate)
    assert math.isnan(ratio_of_means([], []).estimate)
    # One fixed ratio in every pair: no error at all.
    fixed = ratio_of_means([1.0, 2.0, 3.0], [2.0, 4.0, 6.0], level=0.5)
    assert (fixed.low, fixed.high) == (pytest.approx(0.5), pytest.approx(0.5))


def test_ratio_mistakes_are_named():
    with pytest.raises(ValueError, match="3 numerators and 2 denominators"):
        ratio_of_means([1, 2, 3], [1, 2])
    with pytest.raises(ValueError, match="holds 1 values that are not finite"):
        ratio_of_means([1, math.nan], [1, 2])


# --- any statistic


def share_of_target(columns):
    """-Σ elsewhere / Σ target, a statistic that is no mean."""
    return -columns["elsewhere"].sum() / columns["target"].sum()


def two_columns(pairs, seed=11):
    rng = seeded(seed)
    target = rng.normal(-10, 3, size=pairs)
    return {"target": target, "elsewhere": -0.5 * target + rng.normal(0, 2, size=pairs)}


@pytest.mark.parametrize("method", ["BCa", "percentile"])
def test_bootstrap_agrees_with_fieller_on_a_ratio(method):
    columns = two_columns(300)
    exact = ratio_of_means(-columns["elsewhere"], columns["target"])
    drawn = bootstrap_interval(share_of_target, columns, seed=3, method=method)
    width = exact.high - exact.low
    assert drawn.estimate == pytest.approx(exact.estimate) and drawn.n == 300
    assert drawn.low == pytest.approx(exact.low, abs=0.12 * width)
    assert drawn.high == pytest.approx(exact.high, abs=0.12 * width)
    assert drawn.se == pytest.approx(width / 3.92, rel=0.12)


def test_bootstrap_is_fixed_by_its_seed():
    columns = two_columns(40)
    first = bootstrap_interval(share_of_target, columns, seed=3)
    assert first == bootstrap_interval(share_of_target, columns, seed=3)
    assert first != bootstrap_interval(share_of_target, columns, seed=4)


def test_bootstrap_draws_whole_pairs_in_every_column():
    # Two arms that move together: the difference never varies, unless rows were drawn arm by arm.
    base = seeded(1).normal(size=(30, 5))
    interval = bootstrap_interval(
        lambda columns: np.median(columns["treated"] - columns["base"]), {"base": base, "treated": base + 2.0}, seed=1
    )
    assert interval[:4] == (pytest.approx(2), pytest.approx(2), pytest.approx(2), pytest.approx(0, abs=1e-12))


def test_bootstrap_percentiles_against_plain_resampling():
    values = seeded(2).exponential(size=60)
    picks = seeded(9).integers(0, 60, size=(20_000, 60))
    low, high = np.quantile(np.median(values[picks], axis=1), [0.025, 0.975])
    interval = bootstrap_interval(lambda c: np.median(c["x"]), {"x": values}, n=4000, seed=5, method="percentile")
    assert interval.low == pytest.approx(low, abs=0.05) and interval.high == pytest.approx(high, abs=0.05)


@pytest.mark.parametrize(
    ("method", "low", "high", "errors"), [("BCa", 115.8, 259.6, (2.0, 3.9)), ("percentile", 100.8, 233.9, (1.8, 2.0))]
)
def test_bootstrap_of_a_variance_against_the_published_intervals(method, low, high, errors):
    """Efron and Tibshirani (1993), table 14.2: the spatial test data A, 90 % intervals of its variance from 2,000 draws.

    `errors`: standard deviations of the two ends over sets of 2,000 draws. The two methods lie further apart than four of them.
    """
    a = [48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41]
    interval = bootstrap_interval(lambda columns: np.var(columns["a"]), {"a": a}, n=8000, seed=1, level=0.9, method=method)
    assert interval.estimate == pytest.approx(171.5, abs=0.05) and interval.n == 26
    of_both = math.sqrt(1.0 + 2000 / 8000)
    assert interval.low == pytest.approx(low, abs=4.0 * of_both * errors[0])
    assert interval.high == pytest.approx(high, abs=4.0 * of_both * errors[1])


def test_bootstrap_of_too_little_is_unknown():
    assert math.isnan(bootstrap_interval(share_of_target, two_columns(1)).low)
    undefined = bootstrap_interval(lambda c: math.nan, {"x": [1.0, 2.0]})
    assert math.isnan(undefined.estimate) and math.isnan(undefined.low)
    # Undefined in some draws only: those without a single 1.
    sometimes = bootstrap_interval(lambda c: 1.0 / c["x"].sum() if c["x"].any() else math.nan, {"x": [0.0, 0.0, 1.0]})
    assert sometimes.estimate == 1.0 and math.isnan(sometimes.low) and math.isnan(sometimes.high)
    assert verdict(sometimes.low, sometimes.high, threshold=0.0) == "undecided"


def test_bootstrap_of_times_never_reached():
    def day_of_all(columns):
        return math.inf if (columns["day"] < 0).any() else columns["day"].max()

    # One pair of twenty never gets there: it is drawn in 1 - (19/20)^20 = 64 % of the draws.
    days = {"day": [*range(1, 20), -1]}
    interval = bootstrap_interval(day_of_all, days, seed=6, method="percentile")
    assert interval.estimate == math.inf == interval.high and 15 <= interval.low <= 19
    assert math.isnan(interval.se)
    assert math.isnan(bootstrap_interval(day_of_all, days, seed=6).low)
    assert bootstrap_interval(day_of_all, {"day": [-1, -1]}, seed=6)[:3] == (math.inf, math.inf, math.inf)


def test_bootstrap_mistakes_are_named():
    with pytest.raises(ValueError, match="one row per pair in each"):
        bootstrap_interval(share_of_target, {"target": [1, 2, 3], "elsewhere": [1, 2]})
    with pytest.raises(ValueError, match="lengths none"):
        bootstrap_interval(share_of_target, {})
    with pytest.raises(ValueError, match="choose BCa or percentile"):
        bootstrap_interval(share_of_target, two_columns(5), method="basic")
    with pytest.raises(ValueError, match="give 400 or more"):
        bootstrap_interval(share_of_target, two_columns(5), n=100)


# --- shares


def test_share_against_published_intervals():
    # Newcombe 1998 (Statistics in Medicine 17:857), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for k, n, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)):
        share = share_with_interval(k, n)
        assert (share.k, share.n, share.estimate) == (k, n, k / n)
        assert (share.low, share.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_share_at_the_ends_and_of_nothing():
    assert share_with_interval(0, 7).low == 0.0 and share_with_interval(7, 7).high == 1.0
    none = share_with_interval(0, 0)
    assert math.isnan(none.estimate) and (none.low, none.high) == (0.0, 1.0)
    with pytest.raises(ValueError, match="0 <= k <= n"):
        share_with_interval(3, 2)


def test_an_interval_as_json_takes_it():
    assert to_json(mean_interval([1.0])) == {"estimate": 1.0, "low": None, "high": None}
    assert to_json(ratio_of_means([1.0], [2.0])) == {"estimate": 0.5, "low": None, "high": None}
    assert to_json(mean_if_known(np.array([1.0, math.nan]))) == dict.fromkeys(BOUNDS)
    infinite = bootstrap_interval(lambda columns: math.inf, {"x": [1, 2]}, method="percentile")
    assert infinite.low == math.inf and to_json(infinite) == dict.fromkeys(BOUNDS)
    assert to_json(mean_interval(np.array([1.0, 1.0]))) == dict.fromkeys(BOUNDS, 1.0)
