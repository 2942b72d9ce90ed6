"""Stopping on precision: when it is enough, that it never looks at the verdict, how it widens."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from experiments.statistics.intervals import Interval, Ratio, mean_interval
from experiments.statistics.sequential_stopping import LOOKS, Stopping, enough, widening


def spread(n, deviation, centre=0.0):
    """float[n] with exactly this mean and standard deviation (n even)."""
    return centre + deviation * math.sqrt((n - 1) / n) * np.tile([-1.0, 1.0], n // 2)


def test_enough_is_a_quarter_of_the_effect_unit():
    assert enough(Interval(5, 4.0, 6.0, 0.5, 50), effect_unit=4.0)
    assert not enough(Interval(5, 4.0, 6.01, 0.5, 50), effect_unit=4.0)
    assert enough(Interval(0, 0.0, 0.0, 0.0, 50), effect_unit=1e-9)
    assert not enough(Interval(5, math.nan, math.nan, math.nan, 1), effect_unit=4.0)
    assert not enough(Ratio(2.0, None, None, 50), effect_unit=4.0)
    assert enough(Ratio(2.0, 1.9, 2.2, 50), effect_unit=1.0)


def test_reached_at_the_very_width():
    # widening · t(0.975; 49) · s / √50 against a quarter of the unit
    half_width = widening() * 2.0095752 / math.sqrt(50)
    values = spread(50, 1.0)
    assert Stopping(4 * half_width * 1.0001).reached(values)
    assert not Stopping(4 * half_width * 0.9999).reached(values)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(-30, 30), min_size=6, max_size=6), st.integers(-1000, 1000), st.booleans(), st.sampled_from([1, 20, 60])
)
def test_stopping_never_looks_at_the_verdict(values, shift, mirrored, unit):
    # Move the interval anywhere, or turn it round: it is as narrow as before.
    moved = [shift + (-value if mirrored else value) for value in values]
    rule = Stopping(effect_unit=float(unit), looks=(6, 12))
    half_width = (rule.interval(values).high - rule.interval(values).low) / 2
    if abs(half_width - unit / 4) > 1e-6:
        assert rule.reached(moved) == rule.reached(values)


def test_the_stopped_interval_is_the_widened_one():
    values = spread(50, 2.0, centre=1.0)
    rule = Stopping(effect_unit=1.0, level=0.9)
    assert rule.looks == LOOKS == (50, 100, 200, 400)
    assert rule.interval(values) == mean_interval(values, 0.9, widening(LOOKS, 0.9))
    assert Stopping(effect_unit=1.0, looks=(50,)).interval(values) == mean_interval(values)


def stopped_coverage_of_two_looks(unit, factor, first, second, level=0.95):
    """Coverage of normal values stopped at `first` or `second`, by numerical integration; sigma = 1.

    A slow, independent twin of `widening`: the first spread is integrated over its chi-squared density, the
    second over the amount that is added to it.
    """
    from scipy.integrate import quad
    from scipy.stats import chi2, t

    def covered(quantile, squares, freedom):
        return 2 * ndtr(factor * quantile * math.sqrt(squares / freedom)) - 1

    one, two = t.ppf(0.5 + level / 2, first - 1), t.ppf(0.5 + level / 2, second - 1)
    edge = (first - 1) * first * (unit / one) ** 2  # sum of squares that makes the half-width the unit
    added = (np.arange(200) + 0.5) / 200
    more = chi2.ppf(added, second - first)
    early = quad(lambda q: covered(one, q, first - 1) * chi2.pdf(q, first - 1), 0, edge)[0]
    late = quad(
        lambda q: np.mean([covered(two, q + m, second - 1) for m in more]) * chi2.pdf(q, first - 1), edge, edge + 40 * first,
        limit=20, epsabs=1e-5,
    )[0]  # fmt: skip
    return early + late


def test_widening_makes_the_worst_unit_right():
    looks = (8, 16)
    factor = widening(looks)
    units = np.geomspace(0.4, 1.1, 9)
    plain = min(stopped_coverage_of_two_looks(unit, 1.0, *looks) for unit in units)
    right = min(stopped_coverage_of_two_looks(unit, factor, *looks) for unit in units)
    assert plain < 0.94  # so there is something to correct
    assert right == pytest.approx(0.95, abs=0.002)


def test_widening_is_what_the_text_says():
    assert widening() == pytest.approx(1.0204, abs=0.001)
    assert widening((100,)) == 1.0
    assert 1.0 < widening((100, 200)) < widening((20, 40)) < widening((4, 8)) < 1.3


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"effect_unit": 0.0}, "effect_unit = 0.0"),
        ({"effect_unit": math.nan}, "effect_unit = nan"),
        ({"effect_unit": 1.0, "looks": (100, 50)}, "give rising whole numbers"),
        ({"effect_unit": 1.0, "looks": ()}, "give rising whole numbers"),
        ({"effect_unit": 1.0, "looks": (1, 2)}, "give rising whole numbers"),
        ({"effect_unit": 1.0, "looks": (10.5, 20)}, "give rising whole numbers"),
        ({"effect_unit": 1.0, "level": 95}, "level = 95"),
    ],
)
def test_stopping_mistakes_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        Stopping(**settings)
    with pytest.raises(ValueError, match="effect_unit = -1"):
        enough(Interval(0, -1, 1, 0.5, 9), effect_unit=-1)
