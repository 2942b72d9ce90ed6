"""Intervals over pairs of twin worlds: of a mean, a ratio of means, a share, and of any statistic.

Values come one per pair (same seed, two policies), usually differences. An interval over pairs shows
*simulation error at fixed parameters*: it narrows with more pairs and proves nothing about the world.
Results are NaN, never an error, where there are too few pairs to say anything.
"""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

MEAN_METHODS = ("student", "skewness")
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


# --- a mean


def mean_interval(values, level: float = 0.95, method: str = "student", widening: float = 1.0) -> Interval:
    """Return the mean of float[n] with its two-sided interval.

    With fewer than two values the interval is NaN; equal values give an interval of no width.

    Choose the method before seeing the values. `student` covers as stated, two-sided, from 50 pairs on, for
    discrete and heavy-tailed values too, and nearly so up to a skewness of 1 either way (94.5 % for 95 % at
    50 pairs). But skewness moves error from one end to the other: the end on the short tail's side errs
    more often than half of 1 - level by about s (2 z² + 1) phi(z) / (6 √n) for skewness s (at 50 pairs
    3.1 % for s = 0.5 and 3.7 % for s = 1, not 2.5 %). `skewness` removes that: Hall's (1992,
    doi:10.2307/2290217) monotone cubic transformation of the t statistic, with Student's quantiles (2.6 and
    2.8 % there). Use it where the outcome is known to be skewed (rare events, losses bounded on one side);
    for symmetric values with many ties or heavy tails it errs by up to 0.6 percentage points an end more
    than it says at 50 pairs, where `student` does not.

    Args:
        method: `student` or `skewness`.
        widening: factor on the quantile, for intervals of samples stopped on their own precision
            (`precision.Stopping`).

    >>> interval = mean_interval([1, 2, 3, 4, 5])
    >>> round(interval.low, 4), round(interval.high, 4)
    (1.0368, 4.9632)
    """
    values = as_values("values", values)
    check_share("level", level)
    if method not in MEAN_METHODS:
        raise ValueError(f"no method {method!r}; choose {' or '.join(MEAN_METHODS)}")
    n, average, se = values.size, mean(values), standard_error(values)
    if n < 2:
        return Interval(average, math.nan, math.nan, se, n)
    quantile = widening * student_quantile(level, n - 1)
    skewness = _skewness(values) if method == "skewness" and se > 0 else 0.0
    low, high = (_undo_skewness(end, skewness, n) for end in (quantile, -quantile))
    return Interval(average, average - low * se, average - high * se, se, n)


def _skewness(values: np.ndarray) -> float:
    """Return the third standardised moment of the values."""
    deviations = (values - values.mean()) / values.std()
    return float(np.mean(deviations**3))


def _undo_skewness(quantile: float, skewness: float, n: int) -> float:
    """Return the t statistic that Hall's transformation takes to `quantile`.

    g(t) = t + a t² / 3 + a² t³ / 27 + a / 6 with a = skewness / √n has the closed inverse used here.
    """
    a = skewness / math.sqrt(n)
    if abs(a) < 1e-9:  # the inverse tends to the quantile itself, but divides by a
        return quantile
    return 3 / a * (float(np.cbrt(1 + a * (quantile - a / 6))) - 1)


# --- a ratio of means


def ratio_of_means(
    numerators, denominators, level: float = 0.95, method: str = "fieller", rng=None, resamples: int = 2000
) -> Ratio:
    """Return mean(numerators) / mean(denominators) over pairs, with its interval.

    Both are float[n], one entry per pair, kept together: their covariance counts. Never a mean of ratios.

    Args:
        method: `fieller` (Fieller 1954, exact for normal values) or `bootstrap` (percentiles over pairs
            drawn with replacement).
        rng: a NumPy Generator, for the bootstrap only.
        resamples: number of bootstrap draws.

    Returns:
        The ratio. Both bounds are None when the mean of the denominators cannot be told from zero at this
        level, for then no finite interval has the coverage asked for.

    Raises:
        ValueError: lengths differ, a value is not finite, the method is unknown, or `rng` is missing.
    """
    numerators, denominators = as_values("numerators", numerators), as_values("denominators", denominators)
    if numerators.size != denominators.size:
        raise ValueError(f"{numerators.size} numerators and {denominators.size} denominators; give one each per pair")
    check_share("level", level)
    if method not in ("fieller", "bootstrap"):
        raise ValueError(f"no method {method!r}; choose fieller or bootstrap")
    if method == "bootstrap" and (rng is None or resamples < 1):
        raise ValueError("the bootstrap needs rng, a NumPy Generator built from a seed, and resamples of 1 or more")
    n, denominator = numerators.size, mean(denominators)
    estimate = mean(numerators) / denominator if n and denominator != 0 else math.nan
    if n < 2 or math.isnan(estimate):
        return Ratio(estimate, None, None, n)
    if method == "fieller":
        bounds = _bound_by_fieller(numerators, denominators, level)
    else:
        bounds = _bound_by_bootstrap(numerators, denominators, level, rng, resamples)
    return Ratio(estimate, *bounds, n)


def _bound_by_fieller(numerators, denominators, level: float) -> tuple[float | None, float | None]:
    """Return the ratios r for which mean(numerators - r denominators) is not told from zero by a t test.

    With means a, b, their (co)variances v and quantile t these r solve
    (b² - t² v_bb) r² - 2 (a b - t² v_ab) r + (a² - t² v_aa) <= 0,
    an interval if and only if the leading term is positive.
    """
    n = numerators.size
    a, b = mean(numerators), mean(denominators)
    covariance = np.cov(numerators, denominators, ddof=1) / n
    quantile = student_quantile(level, n - 1) ** 2
    square = b * b - quantile * covariance[1, 1]
    if not square > 0:
        return None, None
    half = a * b - quantile * covariance[0, 1]
    # Rounding can bring a discriminant of zero (one fixed ratio in every pair) below it.
    root = math.sqrt(max(0.0, half * half - square * (a * a - quantile * covariance[0, 0])))
    return float((half - root) / square), float((half + root) / square)


def _bound_by_bootstrap(numerators, denominators, level: float, rng, resamples: int):
    """Return percentile bounds over resampled pairs; None where the resampled denominator reaches zero."""
    n = numerators.size
    tail = (1 - level) / 2
    picks = rng.integers(0, n, size=(resamples, n))
    below = denominators[picks].mean(axis=1)
    reach = np.quantile(below, [tail, 1 - tail])
    if reach[0] <= 0 <= reach[1]:
        return None, None
    # A stray draw on the other side of zero, or on it, is an extreme ratio and not an error.
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = numerators[picks].mean(axis=1) / below
    low, high = np.nanquantile(ratios, [tail, 1 - tail])
    return float(low), float(high)


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

    Args:
        statistic: takes the columns, resampled, and returns a number.
        columns: arrays by name with one row per pair: float[pairs], or more axes behind (weeks, cells).
        n: number of bootstrap draws.
        seed: of the draws; take it from `experiments.execution.chunks.world_seed`.
        method: `BCa` (bias-corrected and accelerated, Efron 1987) or `percentile`.

    Returns:
        The interval with the bootstrap standard error. Its bounds are NaN with fewer than two pairs, where
        the statistic is undefined (NaN) in a draw, and where BCa has no answer for it. An infinite
        statistic, such as a time that was never reached, is a value for `percentile`, whose bounds may
        then be infinite; BCa has no answer for it.

    Raises:
        ValueError: no columns, columns of different lengths, an unknown method, or too few draws.
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
        return Interval(estimate, math.nan, math.nan, math.nan, pairs)
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


def share_with_interval(k: int, n: int, level: float = 0.95, method: str = "wilson") -> Share:
    """Return the share k / n with a binomial interval, for instance of parameter draws with a verdict.

    Args:
        method: `wilson` (Wilson 1927, covers as stated on average) or `exact` (Clopper and Pearson 1934,
            covers at least as stated whatever the share).

    Returns:
        The share; NaN between 0 and 1 when there was no draw.

    Raises:
        ValueError: k is not between 0 and n, or the method is unknown.

    >>> share = share_with_interval(0, 10)
    >>> round(share.low, 3), round(share.high, 3)
    (0.0, 0.278)
    """
    if not 0 <= k <= n or k != int(k) or n != int(n):
        raise ValueError(f"k = {k} of n = {n}; give whole numbers with 0 <= k <= n")
    check_share("level", level)
    if method not in ("wilson", "exact"):
        raise ValueError(f"no method {method!r}; choose wilson or exact")
    k, n = int(k), int(n)
    if n == 0:
        return Share(math.nan, 0.0, 1.0, k, n)
    from statsmodels.stats.proportion import proportion_confint  # late: it imports SciPy and pandas

    low, high = proportion_confint(k, n, alpha=1 - level, method={"wilson": "wilson", "exact": "beta"}[method])
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
