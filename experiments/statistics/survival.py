"""Times until something happens, with those to whom it never does: recovery of a market, fates of a cohort."""

import math
from typing import NamedTuple

import numpy as np

from experiments.statistics.intervals import Interval, check_share, share_with_interval


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

    Args:
        treated, twin: float[days] from the day the loss begins, of one pair or averaged over pairs.
            For an interval resample the pairs: `bootstrap_interval(..., method="percentile")` with a statistic
            that is infinite where the time is censored.

    Raises:
        ValueError: curves of different shapes, shorter than a window, or not finite.
    """
    treated, twin = np.asarray(treated, dtype=np.float64), np.asarray(twin, dtype=np.float64)
    if treated.ndim != 1 or treated.shape != twin.shape:
        raise ValueError(f"curves have shapes {treated.shape} and {twin.shape}; give one value a day in each")
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


def cumulative_incidence(time, event_code, horizon: float, level: float = 0.95) -> dict[int, Interval]:
    """Return, by kind of exit, the share of a fixed cohort that left that way by the horizon.

    The estimator of Aalen and Johansen (1978): other exits compete and are not censored, so the shares of
    all kinds and of those who stay add up to one. With a single kind it is one minus Kaplan and Meier's
    survival. The interval treats persons as independent, on the log(-log) scale; persons of one simulated
    world are not. For simulation error take the estimate of each world and `mean_interval` over pairs.

    Args:
        time: float[persons], of exit or of the last day a person was followed.
        event_code: int[persons], 0 for one who was still there when last seen (censored), 1, 2, ... for
            kinds of exit.
        horizon: in the unit of time; exits on the horizon itself count.

    Returns:
        {kind: interval} for the kinds 1 to the highest code, with n persons. NaN where nobody was followed
        to the horizon and not everybody had left by then, and for an empty cohort.

    Raises:
        ValueError: lengths differ, a time is negative or not finite, or a code is not a whole number from 0.
    """
    time, code = np.asarray(time, dtype=np.float64), np.asarray(event_code)
    if time.ndim != 1 or time.shape != code.shape:
        raise ValueError(f"{time.shape} times and {code.shape} event codes; give one each per person")
    if not np.all(np.isfinite(time) & (time >= 0)):
        raise ValueError("time holds a value that is negative or not finite")
    if not np.all((code >= 0) & (code == np.floor(code))):
        raise ValueError("event_code holds a value that is not 0 (censored), 1, 2, ...")
    check_share("level", level)
    # What happens after the horizon says only that a person was still there on it.
    code = np.where(time > horizon, 0, code.astype(np.int64))
    kinds = range(1, int(np.max(event_code, initial=1)) + 1)
    everybody_left = bool(np.all(code[time == time.max()] > 0)) if time.size else False
    if time.size == 0 or (time.max() < horizon and not everybody_left):
        return {kind: Interval(math.nan, math.nan, math.nan, math.nan, time.size) for kind in kinds}
    if not code.any():
        estimates, errors = np.zeros(len(kinds)), np.zeros(len(kinds))
    else:
        estimates, errors = _estimate_incidence(np.minimum(time, horizon), code, len(kinds))
    known = int(np.sum((code > 0) | (time >= horizon)))
    found = zip(kinds, estimates, errors, strict=True)
    return {kind: Interval(float(share), *_bound_share(share, se, known, level), time.size) for kind, share, se in found}


def _estimate_incidence(time: np.ndarray, code: np.ndarray, kinds: int) -> tuple[np.ndarray, np.ndarray]:
    """Return float64[kinds] twice: shares at the last time and their standard errors."""
    from statsmodels.duration.survfunc import CumIncidenceRight  # late: it imports SciPy and pandas

    with np.errstate(divide="ignore", invalid="ignore"):  # the error where the last at risk leave; see _bound_share
        curves = CumIncidenceRight(time, code)
    estimates, errors = np.zeros(kinds), np.zeros(kinds)
    for kind, (share, se) in enumerate(zip(curves.cinc, curves.cinc_se, strict=True)):
        estimates[kind], errors[kind] = share[-1], se[-1]
    return estimates, errors


def _bound_share(share: float, se: float, known: int, level: float) -> tuple[float, float, float]:
    """Return (low, high, se) of a cumulative incidence.

    Where nobody or everybody left in this way, or all had left by the end (the usual formula then divides by
    zero), the `known` persons whose fate at the horizon is known are taken as a binomial sample.
    """
    from scipy.special import ndtri  # late: importing SciPy costs more than most commands

    share = min(max(float(share), 0.0), 1.0)
    if not math.isfinite(se):
        se = math.sqrt(share * (1 - share) / known)
    if min(share, 1.0 - share) < 1e-12:  # nobody, or everybody but for rounding
        bounds = share_with_interval(round(share * known), known, level)
        return bounds.low, bounds.high, 0.0
    reach = float(ndtri(0.5 + level / 2)) * se / (share * abs(math.log(share)))
    return share ** math.exp(reach), share ** math.exp(-reach), float(se)
