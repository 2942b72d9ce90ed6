"""Verdicts: intervals against independent derivations, and every branch of the decision."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.lab.verdict import (
    VERDICTS,
    holm,
    mean_interval,
    min_detectable,
    p_value,
    ratio_of_means,
    variance_reduction,
    verdict,
)

finite = st.floats(min_value=-1e6, max_value=1e6)


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


@settings(max_examples=40, deadline=None)
@given(st.lists(finite, min_size=2, max_size=30), finite)
def test_interval_and_p_value_tell_the_same(values, threshold):
    interval = mean_interval(values, level=0.90)
    p = p_value(values, threshold)
    if abs(interval.low - threshold) > 1e-6 * (1 + abs(threshold)):
        assert (interval.low > threshold) == (p < 0.05)


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


def test_fieller_over_a_constant_is_the_t_interval():
    values = np.array([1.0, 2.0, 4.0, 8.0])
    ratio, interval = ratio_of_means(values, np.full(4, -2.0)), mean_interval(values)
    assert (ratio.low, ratio.high) == (pytest.approx(interval.high / -2), pytest.approx(interval.low / -2))


def test_fieller_and_bootstrap_agree_on_many_pairs():
    rng = seeded(4)
    denominators = rng.normal(20, 5, size=400)
    numerators = 0.5 * denominators + rng.normal(0, 4, size=400)
    exact = ratio_of_means(numerators, denominators)
    drawn = ratio_of_means(numerators, denominators, method="bootstrap", rng=seeded(5))
    width = exact.high - exact.low
    assert drawn.estimate == exact.estimate
    assert drawn.low == pytest.approx(exact.low, abs=0.15 * width)
    assert drawn.high == pytest.approx(exact.high, abs=0.15 * width)
    assert drawn == ratio_of_means(numerators, denominators, method="bootstrap", rng=seeded(5))


@pytest.mark.parametrize("method", ["fieller", "bootstrap"])
def test_a_denominator_about_zero_leaves_the_ratio_unbounded(method):
    rng = seeded(6)
    ratio = ratio_of_means(rng.normal(5, 1, 30), rng.normal(0.05, 1, 30), method=method, rng=seeded(7))
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
    with pytest.raises(ValueError, match="choose fieller or bootstrap"):
        ratio_of_means([1, 2], [1, 2], method="delta")
    with pytest.raises(ValueError, match="needs rng"):
        ratio_of_means([1, 2], [1, 2], method="bootstrap")
    with pytest.raises(ValueError, match="holds 1 values that are not finite"):
        ratio_of_means([1, math.nan], [1, 2])


# --- verdicts


@pytest.mark.parametrize(
    ("low", "high", "options", "expected"),
    [
        (0.1, 2.0, {}, "supported"),
        (-2.0, -0.1, {}, "refuted"),
        (-1.0, 1.0, {}, "undecided"),
        (0.0, 1.0, {}, "undecided"),  # touches the threshold
        (-1.0, 0.0, {}, "undecided"),
        (-1.0, 1.0, {"no_effect_band": (-1.0, 1.0)}, "refuted"),
        (0.1, 0.9, {"no_effect_band": (-1.0, 1.0)}, "refuted"),  # sure, and negligible
        (0.1, 1.1, {"no_effect_band": (-1.0, 1.0)}, "supported"),
        (-1.1, 0.9, {"no_effect_band": (-1.0, 1.0)}, "undecided"),
        (None, None, {}, "undecided"),
        (None, -0.1, {}, "refuted"),
        (0.1, None, {}, "supported"),
        (math.nan, math.nan, {}, "undecided"),
        (0.1, math.nan, {}, "undecided"),
        (math.nan, -0.1, {}, "undecided"),
        (0.1, 2.0, {"first_stage": False}, "not applicable"),
        (0.0, 0.0, {"identical": True}, "identical"),
        (0.0, 0.0, {"identical": True, "first_stage": False}, "identical"),
    ],
)
def test_verdict(low, high, options, expected):
    assert verdict(low, high, threshold=0.0, **options) == expected


def test_verdict_refuses_ends_in_the_wrong_order():
    with pytest.raises(ValueError, match="low end first"):
        verdict(1.0, 0.0, threshold=0.0)
    with pytest.raises(ValueError, match="no_effect_band"):
        verdict(0.0, 1.0, threshold=0.0, no_effect_band=(1.0, -1.0))


@settings(max_examples=60, deadline=None)
@given(finite, finite, finite, finite)
def test_verdict_moves_with_interval_and_threshold(one, other, threshold, shift):
    low, high = sorted((one, other))
    here = verdict(low, high, threshold)
    assert here in VERDICTS
    # A narrower interval never turns support into refutation, nor the reverse.
    inner = verdict((low + high) / 2, (low + high) / 2, threshold)
    if here in ("supported", "refuted"):
        assert inner == here
    # The mirror image of a claim has the mirrored verdict.
    mirrored = verdict(-high, -low, -threshold)
    assert {here, mirrored} in ({"undecided"}, {"supported", "refuted"})


# --- what could have been seen, what pairing gains


def test_min_detectable():
    assert min_detectable(2.0) == pytest.approx(2 * (1.959964 + 0.841621), rel=1e-6)
    assert min_detectable(0.0) == 0.0
    with pytest.raises(ValueError, match="power = 80"):
        min_detectable(1.0, power=80)


def test_variance_reduction_by_hand():
    # Every true pair differs by one: its variance is zero, that of rotated pairs is not.
    assert variance_reduction([1, 2, 3], [2, 3, 4], lags=(1,)) == math.inf
    # treated - base = 0, 1, -1 (variance 1); treated (1, 3, 2) - base (2, 3, 1) = -1, 0, 1 (variance 1).
    assert variance_reduction([1, 2, 3], [1, 3, 2], lags=(1,)) == pytest.approx(1.0)


def test_variance_reduction_finds_the_gain_of_pairs():
    rng = seeded(8)
    luck = rng.normal(0, 3, size=4000)
    base, treated = luck + rng.normal(0, 1, 4000), luck + rng.normal(0, 1, 4000)
    assert variance_reduction(base, treated) == pytest.approx(10.0, rel=0.1)  # (9 + 1 + 9 + 1) / (1 + 1)
    assert variance_reduction(rng.normal(size=4000), treated) == pytest.approx(1.0, rel=0.1)


def test_variance_reduction_of_nothing():
    assert math.isnan(variance_reduction([1, 2], [2, 3]))
    assert math.isnan(variance_reduction([1, 1, 1], [2, 2, 2]))
    assert not math.isnan(variance_reduction([1, 2, 3], [2, 2, 4], lags=(1, 3, 6)))  # whole turns left out


# --- p values


def test_p_value_agrees_with_scipy():
    from scipy.stats import ttest_1samp

    values = [0.3, 1.2, -0.4, 0.9, 1.7]
    assert p_value(values, 0.2) == pytest.approx(ttest_1samp(values, 0.2, alternative="greater").pvalue)


def test_p_value_without_error():
    assert p_value([1.0, 1.0], 0.0) == 0.0
    assert p_value([0.0, 0.0], 0.0) == 1.0
    assert math.isnan(p_value([1.0]))


def test_holm_keeps_the_untested_apart():
    adjusted = holm([0.01, math.nan, 0.04, 0.03])
    assert np.isnan(adjusted).tolist() == [False, True, False, False]
    assert adjusted[[0, 2, 3]] == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]).size == 0
    with pytest.raises(ValueError, match="outside 0 to 1"):
        holm([0.5, 1.5])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(min_value=0, max_value=1), min_size=1, max_size=12))
def test_holm_agrees_with_its_definition(p_values):
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    expected, largest = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        largest = max(largest, (len(p_values) - rank) * p_values[i])
        expected[i] = min(1.0, largest)
    assert holm(p_values) == pytest.approx(expected)
