"""Fixed cohorts over many worlds: shares that left in one way or another, pooled as ratios of means."""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.questions.estimand import part_of
from experiments.statistics.intervals import Interval, mean_interval
from sim.configuration import ConfigurationError
from sim.parameters import Parameters


def check_horizon(parameters: Parameters, followed_days: int) -> None:
    """ConfigurationError if a world ends before its cohort has been followed for so long from the policy's start."""
    start = parameters.policy.start_day
    needed = start + followed_days
    if parameters.days < needed:
        raise ConfigurationError(
            f"days={parameters.days}: too short; with policy.start_day={start} the cohort is followed to day {needed}"
        )


def incidence_by_world(times: list, kinds: list, horizon: float, exits: int) -> np.ndarray:
    """float64[worlds, exits]: of each world's cohort, the share that left in way 1, 2, ... by the horizon.

    `times`, `kinds`: a list of days and of kinds of exit (0: still there) for each world. Other exits
    compete. Where everybody is followed to the horizon, as here, the estimator of Aalen and Johansen
    (`experiments.statistics.survival.cumulative_incidence`) is this plain share. An empty cohort has NaN.

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
    """Turn one share a world, with the number it is a share of, into values whose mean is the share of all together.

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


def interval_if_known(values: np.ndarray) -> Interval:
    """The mean with its 95 % interval over worlds; NaN, which decides nothing, where nobody is there to have it."""
    if np.isfinite(values).all():
        return mean_interval(values)
    return Interval(np.nan, np.nan, np.nan, np.nan, len(values))


def values_if_known(values: np.ndarray) -> np.ndarray | None:
    """The values of a `Finding`, or None where nobody is there to have them."""
    return values if np.isfinite(values).all() else None


def part_if_known(name: str, label: str, values: np.ndarray, unit: str) -> dict[str, Any]:
    """A secondary quantity as made by `experiments.questions.estimand.part`; without numbers where nobody is there to have it."""
    return part_of(name, label, interval_if_known(values), unit)


def bounds_of(values: np.ndarray) -> dict[str, float | None]:
    """`estimate`, `low` and `high` as the summary takes them: None where they are not known."""
    found = interval_if_known(values)
    bounds = {name: float(getattr(found, name)) for name in ("estimate", "low", "high")}
    return {name: value if np.isfinite(value) else None for name, value in bounds.items()}


def curve_of(points: list[np.ndarray]) -> dict[str, list[float | None]]:
    """The same for the points of a curve, as a list each."""
    found = [bounds_of(values) for values in points]
    return {name: [one[name] for one in found] for name in ("estimate", "low", "high")}
