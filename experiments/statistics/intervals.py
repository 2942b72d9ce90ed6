"""Intervals over pairs of twin worlds: of a mean, a ratio of means, a share, and of any statistic.

Values come one per pair (same seed, two policies), usually differences. An interval over pairs shows
*simulation error at fixed parameters*: it narrows with more pairs and proves nothing about the world.
Results are NaN, never an error, where there are too few pairs to say anything.
"""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

BOUNDS = ("estimate", "low", "high")
BOOTSTRAP_METHODS = ("BCa", "percentile")


class Interval(NamedTuple):
    """An estimate with its interval: `estimate`, `low`, `high` and `se` in the unit of the values; n pairs."""

    estimate: float
    low: float
    high: float
    se: float
    n: int


class Ratio(NamedTuple):
    """A ratio of means with its interval; both bounds are None when the interval is unbounded."""

    estimate: float
    low: float | None
    high: float | None
    n: int


class Share(NamedTuple):
    """A share k / n with its interval, all from 0 to 1."""

    estimate: float
    low: float
    high: float
    k: int
    n: int


def to_json(interval) -> dict[str, float | None]:
    """`estimate`, `low` and `high` of any interval as JSON takes them: None for what is unknown or unbounded."""
    return {name: finite(getattr(interval, name)) for name in BOUNDS}


def finite(value: float | None) -> float | None:
    """A number as JSON takes it: None unless it is finite."""
    return float(value) if value is not None and math.isfinite(value) else None


# --- a mean


def mean_interval(values, level: float = 0.95, widening: float = 1.0) -> Interval:
    """Return the mean of float[n] with its two-sided interval by Student's t.

    With fewer than two values the interval is NaN; equal values give an interval of no width.

    It covers as stated, two-sided, from 50 pairs on, for discrete and heavy-tailed values too, and nearly so up to
    a skewness of 1 either way (94.5 % for 95 % at 50 pairs). But skewness moves error from one end to the other:
    the end on the short tail's side errs more often than half of 1 - level by about
    s (2 z² + 1) phi(z) / (6 √n) for skewness s (at 50 pairs 3.1 % for s = 0.5 and 3.7 % for s = 1, not 2.5 %).

    `widening`: factor on the quantile, for samples stopped on their own precision (`sequential_stopping.Stopping`).

    >>> interval = mean_interval([1, 2, 3, 4, 5])
    >>> round(interval.low, 4), round(interval.high, 4)
    (1.0368, 4.9632)
    """
    values = as_values("values", values)
    check_share("level", level)
    n, average, se = values.size, mean(values), standard_error(values)
    if n < 2:
        return unknown(n)._replace(estimate=average, se=se)
    reach = widening * student_quantile(level, n - 1) * se
    return Interval(average, average - reach, average + reach, se, n)


def mean_if_known(values) -> Interval:
    """The mean with its 95 % interval; NaN, which decides nothing, where a value is unknown."""
    return mean_interval(values) if np.isfinite(values).all() else unknown(len(values))


def unknown(n: int) -> Interval:
    """An interval of which nothing is known."""
    return Interval(math.nan, math.nan, math.nan, math.nan, n)


# --- a ratio of means


def ratio_of_means(numerators, denominators, level: float = 0.95) -> Ratio:
    """Return mean(numerators) / mean(denominators) over pairs, with the interval of Fieller (1954).

    Both are float[n], one entry per pair, kept together: their covariance counts. Never a mean of ratios. Both
    bounds are None when the mean of the denominators cannot be distinguished from zero at this level, for then no finite
    interval has the coverage asked for. ValueError if lengths differ or a value is not finite.
    """
    numerators, denominators = as_values("numerators", numerators), as_values("denominators", denominators)
    if numerators.size != denominators.size:
        raise ValueError(f"{numerators.size} numerators and {denominators.size} denominators; give one each per pair")
    check_share("level", level)
    n, denominator = numerators.size, mean(denominators)
    estimate = mean(numerators) / denominator if n and denominator != 0 else math.nan
    if n < 2 or math.isnan(estimate):
        return Ratio(estimate, None, None, n)
    return Ratio(estimate, *_bound_by_fieller(numerators, denominators, level), n)


def _bound_by_fieller(numerators, denominators, level: float) -> tuple[float | None, float | None]:
    """Return the ratios r for which mean(numerators - r denominators) is not distinguished from zero by a t test.

    With means a, b, their (co)variances v and quantile t these r solve
    (b² - t² v_bb) r² - 2 (a b - t² v_ab) r + (a² - t² v_aa) <= 0,
    an interval if and only if the leading term is positive.
    """
    n = numerators.size
    covariance = np.cov(numerators, denominators, ddof=1) / n
    low, high = fieller_bounds(
        mean(numerators), mean(denominators), covariance[0, 0], covariance[0, 1], covariance[1, 1], student_quantile(level, n - 1)
    )
    return (None, None) if np.isnan(low) else (float(low), float(high))


def fieller_bounds(a, b, variance_a, covariance, variance_b, quantile: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of Fieller's (1954) interval of a / b, entry by entry; NaN where it is unbounded."""
    square = np.asarray(b * b - quantile**2 * variance_b, dtype=np.float64)
    square = np.where(square > 0, square, np.nan)
    half = a * b - quantile**2 * covariance
    # Rounding can bring a discriminant of zero (one fixed ratio in every pair) below it.
    root = np.sqrt(np.maximum(0.0, half * half - square * (a * a - quantile**2 * variance_a)))
    return (half - root) / square, (half + root) / square


# --- any statistic


def bootstrap_interval(
    statistic: Callable[[dict[str, np.ndarray]], float],
    columns: Mapping[str, object],
    n: int = 2000,
    seed: int = 0,
    level: float = 0.95,
    method: str = "BCa",
) -> Interval:
    """Return any statistic of the pairs with its bootstrap interval; whole pairs are resampled.

    A seed that is drawn is drawn in every column at once, so the arms of an experiment stay together.

    Parameters
    ----------
    statistic
        Takes the columns, resampled, and returns a number.
    columns
        Arrays by name with one row per pair: float[pairs], or more axes behind (weeks, cells).
    n, seed
        Number of bootstrap draws, and their seed (from `experiments.execution.chunks.world_seed`).
    method
        `BCa` (bias-corrected and accelerated, Efron 1987) or `percentile`.

    Returns
    -------
    Interval
        With the bootstrap standard error. Its bounds are NaN with fewer than two pairs, where the statistic is
        undefined (NaN) in a draw, and where BCa has no answer for it. An infinite statistic, such as a time that
        was never reached, is a value for `percentile`, whose bounds may then be infinite.
    """
    arrays = {name: np.asarray(column, dtype=np.float64) for name, column in columns.items()}
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) != 1:
        raise ValueError(f"columns have lengths {lengths or 'none'}; give one row per pair in each")
    if method not in BOOTSTRAP_METHODS:
        raise ValueError(f"no method {method!r}; choose {' or '.join(BOOTSTRAP_METHODS)}")
    check_share("level", level)
    if n * (1 - level) < 20:
        raise ValueError(f"n = {n} draws leave fewer than ten in each tail; give {math.ceil(20 / (1 - level))} or more")
    pairs = next(iter(lengths.values()))

    def of_picks(picks: np.ndarray) -> float:
        rows = picks.astype(np.intp)
        return float(statistic({name: array[rows] for name, array in arrays.items()}))

    estimate = of_picks(np.arange(pairs)) if pairs else math.nan
    if pairs < 2 or math.isnan(estimate):
        return unknown(pairs)._replace(estimate=estimate)
    return Interval(estimate, *_resample(of_picks, pairs, n, seed, level, method), pairs)


def _resample(of_picks, pairs: int, n: int, seed: int, level: float, method: str) -> tuple[float, float, float]:
    """Return (low, high, standard error) of a statistic of the numbers of the pairs drawn."""
    import warnings

    from scipy.stats import bootstrap  # late: importing SciPy costs more than most commands

    drawn = {"rng" if _takes_rng(bootstrap) else "random_state": np.random.Generator(np.random.PCG64(seed))}
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # a statistic that never varies, or is undefined
        found = bootstrap(
            (np.arange(pairs),), of_picks, n_resamples=n, vectorized=False, confidence_level=level, method=method, **drawn
        )
    draws = found.bootstrap_distribution
    if np.all(draws == draws[0]):
        return float(draws[0]), float(draws[0]), 0.0
    if np.all(np.isfinite(draws)):
        low, high = found.confidence_interval
        return float(low), float(high), float(found.standard_error)
    if method == "BCa" or np.any(np.isnan(draws)):
        return math.nan, math.nan, math.nan
    # Order statistics, for between a number and infinity there is nothing to interpolate.
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    return float(low), float(high), math.nan


def _takes_rng(function) -> bool:
    """Whether this SciPy calls the generator `rng` (1.15 and later) or `random_state`."""
    import inspect

    return "rng" in inspect.signature(function).parameters


# --- a share


def share_with_interval(k: int, n: int, level: float = 0.95) -> Share:
    """Return the share k / n with the binomial interval of Wilson (1927); NaN between 0 and 1 when n is zero.

    ValueError if k is not between 0 and n.

    >>> share = share_with_interval(0, 10)
    >>> round(share.low, 3), round(share.high, 3)
    (0.0, 0.278)
    """
    if not 0 <= k <= n or k != int(k) or n != int(n):
        raise ValueError(f"k = {k} of n = {n}; give whole numbers with 0 <= k <= n")
    check_share("level", level)
    k, n = int(k), int(n)
    if n == 0:
        return Share(math.nan, 0.0, 1.0, k, n)
    from statsmodels.stats.proportion import proportion_confint  # late: it imports SciPy and pandas

    low, high = proportion_confint(k, n, alpha=1 - level, method="wilson")
    # Wilson's bounds at the two ends are 0 and 1 but for rounding.
    low, high = (0.0 if k == 0 else float(low)), (1.0 if k == n else float(high))
    return Share(k / n, low, high, k, n)


# --- shared with the verdicts


def student_quantile(level: float, freedom: int) -> float:
    """Return the quantile of Student's t that leaves (1 - level) / 2 above it."""
    from scipy.special import stdtrit  # late: importing SciPy costs more than most commands

    return float(stdtrit(freedom, 0.5 + level / 2))


def mean(values: np.ndarray) -> float:
    """Return the mean, exactly summed; NaN of nothing."""
    return math.fsum(values) / values.size if values.size else math.nan


def standard_error(values: np.ndarray) -> float:
    """Return the standard error of the mean; NaN with fewer than two values, exactly 0 when all are equal."""
    if values.size < 2:
        return math.nan
    if np.all(values == values[0]):
        return 0.0
    return float(np.std(values, ddof=1)) / math.sqrt(values.size)


def as_values(name: str, values) -> np.ndarray:
    """Return float64[n]; ValueError for what is not a plain list of finite numbers."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"{name} has {array.ndim} dimensions; give one value per pair")
    if not np.all(np.isfinite(array)):
        bad = np.sum(~np.isfinite(array))
        raise ValueError(f"{name} holds {bad} values that are not finite; count those pairs apart")
    return array


def check_share(name: str, value: float) -> None:
    """ValueError unless the value lies between 0 and 1."""
    if not 0 < value < 1:
        raise ValueError(f"{name} = {value}; give a number between 0 and 1")
