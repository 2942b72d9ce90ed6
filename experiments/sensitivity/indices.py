"""Sensitivity indices from the values of a design: Morris's elementary effects, Sobol's variance shares.

Pure functions over arrays. A design point may have no value (NaN); the trajectory or row it belongs to
is then left out whole. Intervals are percentiles of a bootstrap over trajectories or rows (Efron 1979;
for variance shares Archer, Saltelli and Sobol 1997). They hold the seeds of the worlds fixed;
`seed_noise` estimates how much of the spread is the seeds' own.
"""

from __future__ import annotations

import math
import warnings
from typing import NamedTuple

import numpy as np

_BATCH = 2_000_000  # numbers drawn at once by a bootstrap


class Estimates(NamedTuple):
    """Estimates with their intervals: three arrays of one shape, usually float[factors]."""

    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray


class Effects(NamedTuple):
    """Morris's measures, in units of the outcome over the whole range of a factor.

    `mu_star`: mean of absolute effects; `mu`: mean of effects; `sigma`: their standard deviation, which
    is large where a factor interacts or is not linear.
    """

    mu_star: Estimates
    mu: Estimates
    sigma: Estimates


class Indices(NamedTuple):
    """Shares of the outcome's variance: `first` by a factor alone, `total` with all its interactions.

    `first_sum` is the sum of the first-order shares; what it lacks of one is owed to interactions.
    `second` is float[factors, factors] above the diagonal, NaN elsewhere, or None if not asked for.
    """

    first: Estimates
    total: Estimates
    first_sum: Estimates
    second: Estimates | None


class SeedNoise(NamedTuple):
    """How far seeds alone move an outcome, from replicates on the same seeds at every point.

    `deviation`: standard deviation of a point's mean that is owed to chance at that point (what a seed
    does to all points alike is left out, for it moves no contrast between points); `share`: its square
    over the variance of the means between points, at most 1; `seeds`: share of the variance of single
    values that a seed adds to all points alike.
    """

    deviation: float
    share: float
    seeds: float


def elementary_effects(points: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Elementary effects (Morris 1991), float64[trajectories, factors].

    `points`: float64[trajectories x (factors + 1), factors] on the unit cube, of which one factor moves from each to the
    next in a trajectory; `values`: the outcome at the points, with trajectories with a NaN left out. ValueError if the
    lengths do not fit or a step moves another number of factors than one.
    """
    points, values = np.asarray(points, float), np.asarray(values, float)
    length = points.shape[1] + 1
    if len(points) != len(values) or len(points) % length:
        raise ValueError(f"{len(values)} values and {len(points)} points; both must be the same multiple of {length}")
    steps = np.diff(points.reshape(-1, length, length - 1), axis=1)
    changes = np.diff(values.reshape(-1, length), axis=1)
    whole = np.isfinite(changes).all(axis=1)
    steps, changes = steps[whole], changes[whole]
    moved = np.abs(steps) > 1e-9
    if not (moved.sum(axis=1) == 1).all() or not (moved.sum(axis=2) == 1).all():
        raise ValueError("in a trajectory every factor must move once, one at a time")
    factor = moved.argmax(axis=2)
    effects = np.empty(changes.shape)
    np.put_along_axis(effects, factor, changes / steps.sum(axis=2), axis=1)
    return effects


def summarise_effects(effects: np.ndarray, rng, resamples: int = 1000, level: float = 0.95) -> Effects:
    """Morris's measures of float64[trajectories, factors], with bootstrap intervals over trajectories.

    `mu_star` after Campolongo, Cariboni and Saltelli (2007). ValueError with fewer than two trajectories.

    >>> rng = np.random.Generator(np.random.PCG64(1))
    >>> found = summarise_effects(np.array([[2.0, -1.0], [2.0, 1.0], [2.0, 1.0]]), rng)
    >>> found.mu_star.estimate.tolist(), found.sigma.estimate.round(3).tolist()
    ([2.0, 1.0], [0.0, 1.155])
    """
    effects = np.asarray(effects, float)
    n = len(effects)
    if n < 2:
        raise ValueError(f"{n} trajectories; at least 2 are needed")
    drawn = [_measures(effects[draw], axis=1) for draw in _draws(n, resamples, effects.shape[1], rng)]
    drawn = [np.concatenate(parts) for parts in zip(*drawn, strict=True)]
    return Effects(*(_with_interval(e, d, level) for e, d in zip(_measures(effects, axis=0), drawn, strict=True)))


def _measures(effects: np.ndarray, axis: int) -> tuple[np.ndarray, ...]:
    return np.abs(effects).mean(axis), effects.mean(axis), effects.std(axis, ddof=1)


def rows_of_saltelli(values: np.ndarray, factors: int, second_order: bool = False) -> np.ndarray:
    """Values of Saltelli's cross-sampled points by row, float64[rows, factors + 2] (or 2 factors + 2).

    Columns: A; A with one factor each from B; (B with one factor each from A;) B. Rows with a NaN are
    left out. ValueError if the number of values is not a multiple of a row's.
    """
    values = np.asarray(values, float)
    width = 2 * factors + 2 if second_order else factors + 2
    if values.ndim != 1 or len(values) % width:
        raise ValueError(f"{values.shape} values do not make rows of {width}")
    rows = values.reshape(-1, width)
    return rows[np.isfinite(rows).all(axis=1)]


def variance_shares(rows: np.ndarray, factors: int, rng, resamples: int = 1000, level: float = 0.95) -> Indices | None:
    """Sobol indices of the rows that `rows_of_saltelli` gives, with bootstrap intervals over rows.

    Estimators of SALib: first and total order after Saltelli et al. (2010), second order after Saltelli
    (2002), on centred values. The first two can come out below zero or above one by chance. Rows of a
    Sobol sequence cover the cube better than the independent rows that the bootstrap takes them for,
    so its intervals are rather too wide. None where the values do not vary; ValueError with fewer than
    two rows.
    """
    rows = np.asarray(rows, float)
    n, width = rows.shape
    if n < 2:
        raise ValueError(f"{n} rows; at least 2 are needed")
    spread = rows.std()
    if not spread > 1e-12 * max(1.0, float(np.abs(rows).max())) or np.ptp(rows[:, [0, -1]]) == 0.0:
        return None
    rows = (rows - rows.mean()) / spread
    paired = width == 2 * factors + 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a resample without variance: it counts as zero
        point = _shares(rows[:, :, None], factors, paired)
        batches = [_shares(rows[draw].transpose(1, 2, 0), factors, paired) for draw in _draws(n, resamples, width, rng)]
    drawn = [np.concatenate(parts, axis=-1) for parts in zip(*batches, strict=True)]
    found = [_with_interval(p[..., 0], np.moveaxis(d, -1, 0), level) for p, d in zip(point, drawn, strict=True)]
    return Indices(found[0], found[1], found[2], found[3] if paired else None)


def _shares(rows: np.ndarray, factors: int, paired: bool) -> tuple[np.ndarray, ...]:
    """First, total and summed first order (and second) of float64[rows, columns, resamples], resamples last."""
    from SALib.analyze.sobol import first_order, second_order, total_order

    a, b = rows[:, 0], rows[:, -1]
    mixed = [rows[:, 1 + j] for j in range(factors)]
    first = np.array([first_order(a, ab, b) for ab in mixed])
    total = np.array([total_order(a, ab, b) for ab in mixed])
    if not paired:
        return first, total, first.sum(axis=0)
    second = np.full((factors, factors, rows.shape[2]), np.nan)
    for j in range(factors):
        for k in range(j + 1, factors):
            second[j, k] = second_order(a, mixed[j], mixed[k], rows[:, 1 + factors + j], b)
    return first, total, first.sum(axis=0), second


def _draws(n: int, resamples: int, width: int, rng):
    """Row numbers of a bootstrap in batches, int[resamples of the batch, n]."""
    batch = max(1, min(resamples, _BATCH // (n * width)))
    for start in range(0, resamples, batch):
        yield rng.integers(n, size=(min(batch, resamples - start), n))


def _with_interval(estimate: np.ndarray, drawn: np.ndarray, level: float) -> Estimates:
    """Percentiles over the first axis of `drawn`."""
    low, high = np.quantile(drawn, [(1.0 - level) / 2.0, (1.0 + level) / 2.0], axis=0)
    return Estimates(estimate, low, high)


def seed_noise(values: np.ndarray) -> SeedNoise | None:
    """Split the spread of float64[points, replicates] into points, seeds and what is left (two-way layout).

    Points with a NaN are left out. None with fewer than two replicates or points.
    """
    values = np.asarray(values, float)
    values = values[np.isfinite(values).all(axis=1)]
    points, replicates = values.shape
    if points < 2 or replicates < 2:
        return None
    grand = values.mean()
    by_point, by_seed = values.mean(axis=1), values.mean(axis=0)
    left = values - by_point[:, None] - by_seed[None, :] + grand
    residual = float((left**2).sum() / ((points - 1) * (replicates - 1)))
    between = float(by_point.var(ddof=1))
    of_seeds = max(0.0, float(by_seed.var(ddof=1)) - residual / points)
    of_points = max(0.0, between - residual / replicates)
    whole = of_points + of_seeds + residual
    share = min(1.0, residual / replicates / between) if between > 0.0 else 0.0
    return SeedNoise(math.sqrt(residual / replicates), share, of_seeds / whole if whole > 0.0 else 0.0)


def effect_of_noise(noise: SeedNoise, step: float) -> float:
    """The mu* to be expected of a factor that does nothing but let chance fall out differently.

    Mean of |difference of two normal errors| over the step on the unit scale: 2 deviation / (sqrt(pi) step).
    The total-order index of such a factor is `noise.share`.
    """
    return 2.0 * noise.deviation / (math.sqrt(math.pi) * step)


def growing_sizes(n: int, least: int) -> list[int]:
    """Powers of two from `least` on and, last, n: how much of a design to look at, to see estimates settle.

    >>> growing_sizes(40, 8), growing_sizes(16, 8), growing_sizes(5, 8)
    ([8, 16, 32, 40], [8, 16], [5])
    """
    sizes = []
    size = 1 << max(0, least - 1).bit_length()
    while size < n:
        sizes.append(size)
        size *= 2
    return [*sizes, n]


def even_sizes(n: int, least: int, most: int = 6) -> list[int]:
    """At most `most` sizes, evenly spaced from `least` to n: as `growing_sizes`, where powers of two mean nothing.

    >>> even_sizes(10, 4), even_sizes(40, 4, 4), even_sizes(3, 4)
    ([4, 5, 6, 7, 8, 10], [4, 16, 28, 40], [3])
    """
    if n <= least:
        return [n]
    count = min(most, n - least + 1)
    return [least + (n - least) * step // (count - 1) for step in range(count)]


def mark_of(estimate: float, low: float, high: float) -> str:
    """A mark for a variance share: nothing, or that it is not clear of zero.

    >>> mark_of(-0.02, -0.1, 0.05), mark_of(0.4, 0.3, 0.5), mark_of(-0.2, -0.3, -0.1)
    ('within its interval of zero', '', 'below zero beyond its interval: take more rows')
    """
    if low <= 0.0 <= high:
        return "within its interval of zero"
    return "below zero beyond its interval: take more rows" if estimate < 0.0 else ""
