"""Days until a market has recovered, censored where it never does."""

from typing import NamedTuple

import numpy as np


class Recovery(NamedTuple):
    """Days until a market is back at its twin's level for good.

    `recovered` is False where it never is: then the time is right-censored, at least `days`.
    """

    days: int
    recovered: bool


def censored_recovery(treated, twin, window: int = 28, tolerance: float = 0.05) -> Recovery:
    """Return the first day from which the mean difference over `window` days stays near zero to the end.

    Near is within ± tolerance of the twin's own mean over the same days. The window of day d is days d to
    d + window - 1, so the last day that can be judged is `window` - 1 days before the end. A curve that
    never leaves the tolerance has recovered on day 0: ask for a first stage before reading it.

    `treated`, `twin`: float[days] from the day the loss begins, of one pair or averaged over pairs. For an
    interval resample the pairs: `bootstrap_interval(..., method="percentile")` with a statistic that is infinite
    where the time is censored. ValueError for curves of different shapes, shorter than a window, or not finite.
    """
    treated, twin = np.asarray(treated, dtype=np.float64), np.asarray(twin, dtype=np.float64)
    if treated.ndim != 1 or treated.shape != twin.shape:
        raise ValueError(f"curves have shapes {treated.shape} and {twin.shape}; give one value per day in each")
    if not 1 <= window <= treated.size:
        raise ValueError(f"window = {window} of {treated.size} days; give 1 day or more, and no more than there are")
    if not tolerance >= 0:
        raise ValueError(f"tolerance = {tolerance}; give a share of the twin's level, zero or more")
    if not (np.all(np.isfinite(treated)) and np.all(np.isfinite(twin))):
        raise ValueError("a curve holds days that are not finite")
    # Sums, not means: of whole person-days they are exact, also on the edge of the tolerance.
    days = np.ones(window)
    difference, level = np.convolve(treated - twin, days, "valid"), np.convolve(twin, days, "valid")
    away = np.flatnonzero(np.abs(difference) > tolerance * np.abs(level))
    first = int(away[-1]) + 1 if away.size else 0
    return Recovery(first, first < difference.size)
