"""Fixed cohorts over many worlds: shares that left in one way or another, pooled as ratios of means."""

from __future__ import annotations

import numpy as np

from experiments.questions.estimand import Context
from sim.configuration import ConfigurationError


def check_horizon(context: Context) -> None:
    """ConfigurationError if a world ends before its cohort has been followed as long as the options ask."""
    start, days = context.base.policy.start_day, context.base.days
    needed = start + context.options.followed_days
    if days < needed:
        raise ConfigurationError(f"days={days}: too short; with policy.start_day={start} the cohort is followed to day {needed}")


def incidence_by_world(times: list, kinds: list, horizon: float, exits: int) -> np.ndarray:
    """float64[worlds, exits]: of each world's cohort, the share that left in way 1, 2, ... by the horizon.

    `times`, `kinds`: a list of days and of kinds of exit (0: still there) for each world. Other exits
    compete. Where everybody is followed to the horizon, as here, the estimator of Aalen and Johansen (1978)
    is this plain share. An empty cohort has NaN.

    Raises ValueError if somebody was lost from sight before the horizon.
    """
    table = np.full((len(times), exits), np.nan)
    for world, (time, kind) in enumerate(zip(times, kinds, strict=True)):
        time, kind = np.asarray(time, dtype=float), np.asarray(kind, dtype=int)
        if np.any((kind == 0) & (time < horizon)):
            raise ValueError(f"somebody in world {world} was lost from sight before day {horizon:g}; follow the cohort to it")
        if time.size:
            table[world] = [np.mean((kind == exit_ + 1) & (time <= horizon)) for exit_ in range(exits)]
    return table


def pooled(shares, sizes) -> np.ndarray:
    """Turn one share per world, with the number it is a share of, into values whose mean is the share of all together.

    The mean is the ratio of means over worlds, sum(share · size) / sum(size); the spread of the values is
    the spread of that ratio, linearised at its estimate. A world with nobody weighs nothing. Differences
    of shares of the same persons may be given too. NaN everywhere if all worlds are empty.

    >>> pooled([0.5, 1.0], [30, 10]).mean()
    0.625
    """
    shares, sizes = np.asarray(shares, dtype=float), np.asarray(sizes, dtype=float)
    shares = np.where(sizes > 0.0, shares, 0.0)
    if not sizes.sum() > 0.0:
        return np.full(shares.shape, np.nan)
    together = float(shares @ sizes) / float(sizes.sum())
    return together + (shares - together) * sizes / sizes.mean()
