"""Intervals cover the truth as often as they say, on synthetic pairs, stopping on precision included.

Each rate must lie in the 99.9 % binomial band around its level. 2,000 trials in the usual run, 20,000 in the
long drill. The limit is documented with the interval: skewness beyond 1.
"""

import itertools

import numpy as np
import pytest

from experiments.statistics.intervals import bootstrap_interval, mean_interval, ratio_of_means, share_with_interval
from experiments.statistics.sequential_stopping import LOOKS, Stopping
from tests.statistical.synthetic_truth import LAWS, TRIALS, assert_inside, generator, samples

AMOUNTS = [pytest.param("few", marks=pytest.mark.slow), pytest.param("many", marks=pytest.mark.full)]
UNITS = (1.12, 0.80, 0.56)  # of one standard deviation: the stop is as open as it can be at 50, 100, 200 pairs
BLOCKS = {name: 100 * number for number, name in enumerate(LAWS)}


def coverage(intervals, truth=0.0):
    """Share of intervals that hold the truth; those without bounds hold it."""
    return float(np.mean([interval.low is None or interval.low <= truth <= interval.high for interval in intervals]))


def stop(rule, values):
    """The interval a run would report that stops by the rule."""
    n = next((look for look in rule.looks if rule.reached(values[:look])), rule.looks[-1])
    return rule.interval(values[:n])


@pytest.mark.parametrize("law", LAWS)
def test_mean_interval_covers_quickly(law):
    found = coverage(map(mean_interval, samples(LAWS[law], 50, TRIALS["few"], BLOCKS[law])))
    assert_inside(found, 0.95, TRIALS["few"])


@pytest.mark.parametrize("n", [50, 100, 400])
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.full
def test_mean_interval_covers(law, n):
    found = coverage(map(mean_interval, samples(LAWS[law], n, TRIALS["many"], BLOCKS[law] + n % 97)))
    assert_inside(found, 0.95, TRIALS["many"])


@pytest.mark.parametrize("amount", AMOUNTS)
@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("law", LAWS)
def test_a_stopped_interval_covers(law, unit, amount):
    rule = Stopping(effect_unit=unit)
    block = BLOCKS[law] + 50 + UNITS.index(unit)
    found = (stop(rule, values) for values in samples(LAWS[law], LOOKS[-1], TRIALS[amount], block))
    assert_inside(coverage(found), 0.95, TRIALS[amount])


def test_the_widening_is_needed_and_enough():
    # Four pairs or eight: the plain interval of a stopped sample misses far too often, the widened one does not.
    rule, trials = Stopping(effect_unit=5.0, looks=(4, 8)), TRIALS["few"]
    plain, widened = [], []
    for values in samples(LAWS["normal"], 8, trials, block=901):
        n = 4 if rule.reached(values[:4]) else 8
        plain.append(mean_interval(values[:n]))
        widened.append(rule.interval(values[:n]))
    with pytest.raises(AssertionError):
        assert_inside(coverage(plain), 0.95, trials)
    assert_inside(coverage(widened), 0.95, trials)


def pairs_of_arms(n, trials, block, ratio=0.5, correlation=0.6):
    """Yield (numerators, denominators) with that ratio of means; the denominator's mean is 10 standard errors at 50."""
    rng = generator(block)
    for _ in range(trials):
        shared, own = rng.standard_normal((2, n))
        denominators = 1.4 + shared
        yield 1.4 * ratio + correlation * shared + np.sqrt(1 - correlation**2) * own, denominators


@pytest.mark.parametrize("amount", AMOUNTS)
@pytest.mark.parametrize("n", [50, 200])
def test_fieller_covers(n, amount):
    found = (ratio_of_means(*arms) for arms in pairs_of_arms(n, TRIALS[amount], 910 + n))
    assert_inside(coverage(found, truth=0.5), 0.95, TRIALS[amount])


@pytest.mark.full
@pytest.mark.parametrize("method", ["BCa", "percentile"])
def test_bootstrap_covers(method):
    def ratio(columns):
        return columns["above"].mean() / columns["below"].mean()

    trials = TRIALS["few"]
    arms = pairs_of_arms(200, trials, 930)
    found = (
        bootstrap_interval(ratio, {"above": above, "below": below}, n=500, seed=trial, method=method)
        for trial, (above, below) in enumerate(arms)
    )
    assert_inside(coverage(found, truth=0.5), 0.95, trials)


@pytest.mark.parametrize(("n", "share"), list(itertools.product([50, 500], [0.05, 0.3, 0.5])))
def test_shares_cover(n, share):
    # Summed over all outcomes, not sampled: Wilson's is right on average, within two points of it at these shares.
    from scipy.stats import binom

    chances = binom.pmf(np.arange(n + 1), n, share)
    intervals = [share_with_interval(k, n) for k in range(n + 1)]
    holds = [interval.low <= share <= interval.high for interval in intervals]
    assert 0.93 <= float(chances @ holds) <= 0.97
