"""From paired worlds to a verdict: intervals, ratios, what could have been seen, corrections.

Values come one per pair of twin worlds (same seed, two policies), usually differences. An interval over
pairs shows *simulation error at fixed parameters*: it narrows with more pairs and proves nothing about
the world. Results are NaN, never an error, where there are too few pairs to say anything.
"""

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

VERDICTS = ("supported", "refuted", "undecided", "not applicable", "identical")


class Interval(NamedTuple):
    """A mean with its interval: `estimate`, `low`, `high` and `se` in the unit of the values; n pairs."""

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


def mean_interval(values, level: float = 0.95) -> Interval:
    """Return the mean of float[n] with its two-sided Student interval.

    With fewer than two values the interval is NaN; equal values give an interval of no width.

    >>> interval = mean_interval([1, 2, 3, 4, 5])
    >>> round(interval.low, 4), round(interval.high, 4)
    (1.0368, 4.9632)
    """
    values = _as_values("values", values)
    _check_share("level", level)
    n, mean = values.size, _mean(values)
    se = _standard_error(values)
    reach = _student_quantile(level, n - 1) * se if n > 1 else math.nan
    return Interval(mean, mean - reach, mean + reach, se, n)


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
    numerators, denominators = _as_values("numerators", numerators), _as_values("denominators", denominators)
    if numerators.size != denominators.size:
        raise ValueError(f"{numerators.size} numerators and {denominators.size} denominators; give one each per pair")
    _check_share("level", level)
    if method not in ("fieller", "bootstrap"):
        raise ValueError(f"no method {method!r}; choose fieller or bootstrap")
    if method == "bootstrap" and (rng is None or resamples < 1):
        raise ValueError("the bootstrap needs rng, a NumPy Generator built from a seed, and resamples of 1 or more")
    n, denominator = numerators.size, _mean(denominators)
    estimate = _mean(numerators) / denominator if n and denominator != 0 else math.nan
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
    a, b = _mean(numerators), _mean(denominators)
    covariance = np.cov(numerators, denominators, ddof=1) / n
    quantile = _student_quantile(level, n - 1) ** 2
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


def verdict(
    low: float | None,
    high: float | None,
    threshold: float,
    no_effect_band: tuple[float, float] | None = None,
    first_stage: bool = True,
    identical: bool = False,
) -> str:
    """Return the verdict on the claim that a quantity lies above `threshold`.

    - `identical`: the twin worlds do not differ at all.
    - `not applicable`: the treatment had no first stage, so the claim was not put to the test.
    - `refuted`: the whole interval is below the threshold, or inside the band of no effect.
    - `supported`: the whole interval is above the threshold.
    - `undecided`: anything else, an interval that touches the threshold included.

    The band goes before support: an effect shown to be negligible does not support a claim, even when it
    is surely not zero.

    Args:
        low, high: the interval; None is unbounded on that side (both for an unbounded ratio), NaN is
            unknown and leaves the verdict undecided.
        threshold: in the unit of the interval.
        no_effect_band: lowest and highest value that count as no effect, both included.

    Raises:
        ValueError: an interval or band whose low end is above its high end.

    >>> verdict(0.2, 1.4, threshold=0.0)
    'supported'
    >>> verdict(0.2, 1.4, threshold=0.0, no_effect_band=(-2.0, 2.0))
    'refuted'
    """
    low = -math.inf if low is None else low
    high = math.inf if high is None else high
    if low > high:
        raise ValueError(f"interval from {low} to {high}; give the low end first")
    if no_effect_band is not None and no_effect_band[0] > no_effect_band[1]:
        raise ValueError(f"no_effect_band = {tuple(no_effect_band)}; give the low end first")
    if identical:
        return "identical"
    if not first_stage:
        return "not applicable"
    if no_effect_band is not None and no_effect_band[0] <= low and high <= no_effect_band[1]:
        return "refuted"
    if low > threshold and not math.isnan(high):
        return "supported"
    if high < threshold and not math.isnan(low):
        return "refuted"
    return "undecided"


def min_detectable(se: float, power: float = 0.8, level: float = 0.95) -> float:
    """Return the smallest true effect that a two-sided test at `level` would find with chance `power`.

    (z(level) + z(power)) · se, in the unit of `se`; by the normal law, so a little small below some
    thirty pairs.

    >>> round(min_detectable(1.0), 3)
    2.802
    """
    _check_share("power", power)
    _check_share("level", level)
    if se < 0:
        raise ValueError(f"se = {se}; a standard error is zero or more")
    normal = NormalDist()
    return (normal.inv_cdf(0.5 + level / 2) + normal.inv_cdf(power)) * se


def variance_reduction(base, treated, lags: tuple[int, ...] = (1, 2, 3, 5, 8)) -> float:
    """Return how many times more pairs it would take without common random numbers.

    The variance of treated - base when treated world i is set against base world i + lag (a rotation:
    worlds of different seeds), averaged over the lags, divided by its variance over true pairs. One means
    pairing gains nothing. Lags that are a whole turn of the n worlds are left out, for they pair twins.

    Args:
        base, treated: float[n], outcomes of twin worlds in the order of their seeds.

    Returns:
        The ratio; infinite when only the true pairs never vary, NaN when nothing varies or n < 3.
    """
    base, treated = _as_values("base", base), _as_values("treated", treated)
    if base.size != treated.size:
        raise ValueError(f"{base.size} base and {treated.size} treated worlds; give twins")
    lags = [lag for lag in lags if lag % base.size] if base.size >= 3 else []
    if not lags:
        return math.nan
    paired = np.var(treated - base, ddof=1)
    rotated = np.mean([np.var(treated - np.roll(base, -lag), ddof=1) for lag in lags])
    if paired == 0:
        return math.inf if rotated > 0 else math.nan
    return float(rotated / paired)


def holm(p_values) -> np.ndarray:
    """Return float64[n], p values adjusted by Holm's step-down method (Holm 1979).

    NaN stands for a hypothesis that was not tested: it stays NaN and does not count in the family.

    >>> [round(float(p), 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    given = np.asarray(p_values, dtype=np.float64)
    if given.ndim != 1:
        raise ValueError(f"p_values has {given.ndim} dimensions; give a plain list")
    if np.any((given < 0) | (given > 1)):
        raise ValueError("p_values holds a number outside 0 to 1")
    adjusted = np.full(given.size, np.nan)
    tested = np.flatnonzero(~np.isnan(given))
    order = tested[np.argsort(given[tested], kind="stable")]
    weights = np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(given[order] * weights))
    return adjusted


def p_value(values, threshold: float = 0.0) -> float:
    """Return the one-sided p value of Student's t test that the mean of float[n] is above `threshold`.

    NaN with fewer than two values. Values that are all equal carry no error: 0 when they are above the
    threshold, else 1.
    """
    values = _as_values("values", values)
    if values.size < 2:
        return math.nan
    distance, se = _mean(values) - threshold, _standard_error(values)
    if se == 0:
        return 0.0 if distance > 0 else 1.0
    from scipy.special import stdtr  # late: importing SciPy costs more than most commands

    return float(stdtr(values.size - 1, -distance / se))


def _student_quantile(level: float, freedom: int) -> float:
    """Return the quantile of Student's t that leaves (1 - level) / 2 above it."""
    from scipy.special import stdtrit  # late: importing SciPy costs more than most commands

    return float(stdtrit(freedom, 0.5 + level / 2))


def _mean(values: np.ndarray) -> float:
    """Return the mean, exactly summed; NaN of nothing."""
    return math.fsum(values) / values.size if values.size else math.nan


def _standard_error(values: np.ndarray) -> float:
    """Return the standard error of the mean; NaN with fewer than two values, exactly 0 when all are equal."""
    if values.size < 2:
        return math.nan
    if np.all(values == values[0]):
        return 0.0
    return float(np.std(values, ddof=1)) / math.sqrt(values.size)


def _as_values(name: str, values) -> np.ndarray:
    """Return float64[n]; refuses what is not a plain list of finite numbers."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"{name} has {array.ndim} dimensions; give one value per pair")
    if not np.all(np.isfinite(array)):
        bad = np.sum(~np.isfinite(array))
        raise ValueError(f"{name} holds {bad} values that are not finite; count those pairs apart")
    return array


def _check_share(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise ValueError(f"{name} = {value}; give a number between 0 and 1")
