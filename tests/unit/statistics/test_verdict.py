"""Verdicts: every branch of the decision, equivalence, p values and what could have been seen."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.statistics.intervals import mean_interval
from experiments.statistics.verdict import (
    VERDICTS,
    equivalence_to_share,
    holm,
    min_detectable,
    p_value,
    shown_verdict,
    variance_reduction,
    verdict,
)

finite = st.floats(min_value=-1e6, max_value=1e6)


def seeded(seed):
    """A Generator as a caller would hand it over."""
    return np.random.Generator(np.random.PCG64(seed))


# --- verdicts


@pytest.mark.parametrize(
    ("low", "high", "options", "expected"),
    [
        (0.1, 2.0, {}, "supported"),
        (-2.0, -0.1, {}, "refuted"),
        (-1.0, 1.0, {}, "undecided"),
        (0.0, 1.0, {}, "undecided"),  # touches the threshold
        (-1.0, 0.0, {}, "undecided"),
        (-1.0, 1.0, {"band": (-1.0, 1.0)}, "refuted"),
        (0.1, 0.9, {"band": (-1.0, 1.0)}, "refuted"),  # sure, and negligible
        (0.1, 1.1, {"band": (-1.0, 1.0)}, "supported"),
        (-1.1, 0.9, {"band": (-1.0, 1.0)}, "undecided"),
        (None, None, {}, "undecided"),
        (None, -0.1, {}, "refuted"),
        (0.1, None, {}, "supported"),
        (math.nan, math.nan, {}, "undecided"),
        (0.1, math.nan, {}, "undecided"),
        (math.nan, -0.1, {}, "undecided"),
        (math.nan, 0.9, {"band": (-1.0, 1.0)}, "undecided"),
        (None, 0.9, {"band": (-1.0, 1.0)}, "undecided"),
        (0.1, 2.0, {"direction": "below"}, "refuted"),
        (-2.0, -0.1, {"direction": "below"}, "supported"),
        (-1.0, 1.0, {"direction": "below"}, "undecided"),
        (-1.0, 0.0, {"direction": "below"}, "undecided"),
        (None, -0.1, {"direction": "below"}, "supported"),
        (-0.9, -0.1, {"direction": "below", "band": (-1.0, 1.0)}, "refuted"),
        (-1.1, -0.1, {"direction": "below", "band": (-1.0, 1.0)}, "supported"),
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
    with pytest.raises(ValueError, match="band = "):
        verdict(0.0, 1.0, threshold=0.0, band=(1.0, -1.0))
    with pytest.raises(ValueError, match="choose above or below"):
        verdict(0.0, 1.0, threshold=0.0, direction="over")
    with pytest.raises(ValueError, match="threshold is NaN"):
        verdict(0.0, 1.0, threshold=math.nan)


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
    # Turned round, claim and all, nothing changes.
    assert verdict(-high, -low, -threshold, direction="below") == here
    band = (threshold - abs(shift), threshold + abs(shift))
    turned = verdict(-high, -low, -threshold, direction="below", band=(-band[1], -band[0]))
    assert turned == verdict(low, high, threshold, band=band)


# --- equivalence


def test_equivalence_mistakes_are_named():
    with pytest.raises(ValueError, match="need more than 0.5"):
        equivalence_to_share([1, 2, 3], [1, 2, 3], level=0.4)
    with pytest.raises(ValueError, match="share = 0"):
        equivalence_to_share([1, 2], [1, 2], share=0)
    with pytest.raises(ValueError, match="2 numerators and 3 denominators"):
        equivalence_to_share([1, 2], [1, 2, 3])


@pytest.mark.parametrize(("seed", "loss", "expected"), [(1, 0.0, "equivalent"), (2, 0.5, "equivalent"), (3, 1.0, "not shown")])
def test_equivalence_to_a_share_is_fiellers_interval_inside_it(seed, loss, expected):
    rng = seeded(seed)
    reference = rng.normal(10, 2, size=100)
    found = equivalence_to_share(loss + 0.3 * (reference - 10) + rng.normal(0, 1, 100), reference, share=0.10)
    assert found.verdict == expected == ("equivalent" if -0.1 < found.low and found.high < 0.1 else "not shown")
    assert found.n == 100


def test_equivalence_to_a_share_counts_the_error_of_the_reference():
    values = [0.5, -0.5] * 20
    sure, vague = [10.0] * 40, list(seeded(5).normal(10, 40, size=40))
    assert equivalence_to_share(values, sure).verdict == "equivalent"
    assert equivalence_to_share(values, vague).verdict == "not shown"
    # A reference below zero is no loss to take a share of.
    assert equivalence_to_share(values, [-10.0] * 40).verdict == "not shown"
    assert equivalence_to_share([0.0] * 40, [-10.0] * 40).p == 1.0
    assert equivalence_to_share([0.0] * 40, sure).p == 0.0  # exactly nothing


# --- what could have been seen, what pairing gains


def test_min_detectable():
    assert min_detectable(2.0) == pytest.approx(2 * (1.959964 + 0.841621), rel=1e-6)
    assert min_detectable(0.0) == 0.0 and math.isnan(min_detectable(math.nan))
    with pytest.raises(ValueError, match="power = 80"):
        min_detectable(1.0, power=80)


def test_min_detectable_is_found_with_that_chance():
    effect = min_detectable(1 / math.sqrt(100))  # deviations of one
    values = seeded(12).normal(effect, 1, size=(4000, 100))
    found = np.mean([mean_interval(row).low > 0 for row in values])
    assert found == pytest.approx(0.80, abs=0.021)  # 99.9 % band of 4,000 trials


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


@settings(max_examples=40, deadline=None)
@given(st.lists(finite, min_size=2, max_size=30), finite)
def test_interval_and_p_value_tell_the_same(values, threshold):
    interval = mean_interval(values, level=0.90)
    p = p_value(values, threshold)
    if abs(interval.low - threshold) > 1e-6 * (1 + abs(threshold)):
        assert (interval.low > threshold) == (p < 0.05)


def test_p_value_agrees_with_scipy():
    from scipy.stats import ttest_1samp

    values = [0.3, 1.2, -0.4, 0.9, 1.7]
    assert p_value(values, 0.2) == pytest.approx(ttest_1samp(values, 0.2, alternative="greater").pvalue)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(-9, 9), min_size=2, max_size=9))
def test_p_values_of_the_two_directions_add_up(values):
    above, below = p_value(values, 0.5), p_value(values, 0.5, direction="below")
    assert above + below == pytest.approx(1)
    assert below == pytest.approx(p_value([-value for value in values], -0.5))


def test_p_value_without_error():
    assert p_value([1.0, 1.0], 0.0) == 0.0
    assert p_value([0.0, 0.0], 0.0) == 1.0
    assert p_value([0.0, 0.0], 1.0, direction="below") == 0.0
    assert math.isnan(p_value([1.0]))
    with pytest.raises(ValueError, match="choose above or below"):
        p_value([1.0, 2.0], direction="under")


def test_holm_against_published_values():
    # The example of the pingouin manual, and the four p values of the usual textbook illustration.
    assert holm([0.50, 0.003, 0.32, 0.054, 0.0003]) == pytest.approx([0.64, 0.012, 0.64, 0.162, 0.0015])
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_keeps_the_untested_apart():
    adjusted = holm([0.01, math.nan, 0.04, 0.03])
    assert np.isnan(adjusted).tolist() == [False, True, False, False]
    assert adjusted[[0, 2, 3]] == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]).size == 0
    assert np.isnan(holm([math.nan, math.nan])).all()
    assert holm([0.2]) == pytest.approx([0.2])
    with pytest.raises(ValueError, match="outside 0 to 1"):
        holm([0.5, 1.5])


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(min_value=0, max_value=1), min_size=1, max_size=12))
def test_holm_agrees_with_its_definition(p_values):
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    expected, largest = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        largest = max(largest, (len(p_values) - rank) * p_values[i])
        expected[i] = min(1.0, largest)
    assert holm(p_values) == pytest.approx(expected)


@pytest.mark.parametrize("one", VERDICTS)
def test_a_verification_is_shown_as_verified_or_not(one):
    shown = {"supported": "verified", "refuted": "not verified"}
    assert shown_verdict("test", one) == one
    assert shown_verdict("verification", one) == shown.get(one, one)
