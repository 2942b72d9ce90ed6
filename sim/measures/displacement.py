"""Displacement as a field evaluator would compute it, from counts before and after.

Letters as in the literature: R response (or treated) area, D buffer area where displacement or diffusion
is looked for, C control area; b before, a after. All counts are events in windows of equal length. Every
function takes numbers or arrays that broadcast (one entry per pair of worlds or per place) and works
entry by entry. Undefined entries are NaN: callers count them, they are never dropped here.

References:
    Bowers, K. J. and Johnson, S. D. (2003). Measuring the geographical displacement and diffusion of
        benefit effects of crime prevention activity. Journal of Quantitative Criminology 19(3), 275-301.
    Guerette, R. T. (2009). Analyzing crime displacement and diffusion. Problem-Oriented Guides for
        Police, Problem-Solving Tools 10.
    Wheeler, A. P. and Ratcliffe, J. H. (2018). A simple weighted displacement difference test to evaluate
        place based crime interventions. Crime Science 7:11.
"""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np


class DisplacementQuotient(NamedTuple):
    """Weighted displacement quotient, entry by entry.

    Attributes:
        wdq: the quotient, a pure number; NaN where undefined.
        success: its denominator Ra/Ca - Rb/Cb, a pure number; NaN where a control count is zero.
        readable: True where the quotient may be read: defined, and the denominator negative.
    """

    wdq: np.ndarray
    success: np.ndarray
    readable: np.ndarray


class DisplacementDifference(NamedTuple):
    """Weighted displacement difference, entry by entry.

    Attributes:
        wdd: the difference, in events; below zero is a fall net of control and displacement.
        se: its standard error, in events.
        z: wdd / se; NaN where every count is zero.
        low, high: the interval, in events.
    """

    wdd: np.ndarray
    se: np.ndarray
    z: np.ndarray
    low: np.ndarray
    high: np.ndarray


def weighted_displacement_quotient(
    response_before, response_after, buffer_before, buffer_after, control_before, control_after
) -> DisplacementQuotient:
    """Return WDQ = (Da/Ca - Db/Cb) / (Ra/Ca - Rb/Cb).

    Read it only where the denominator is negative, that is where the response area gained on the control
    area. Then: above 1, diffusion of benefits exceeds the direct effect; 0 to 1, diffusion; -1 to 0,
    partial displacement; below -1, displacement erases the gain. Undefined where a control count is zero
    or the response area moved exactly with the control area.

    Raises:
        ValueError: a count is negative.

    Source: Bowers and Johnson (2003).

    >>> float(weighted_displacement_quotient(100, 60, 50, 40, 200, 200).wdq)
    0.25
    """
    rb, ra, db, da, cb, ca = _as_counts(
        response_before=response_before,
        response_after=response_after,
        buffer_before=buffer_before,
        buffer_after=buffer_after,
        control_before=control_before,
        control_after=control_after,
    )
    # Both halves times Ca Cb: whole-number counts that move together then give exactly zero, not a rounding error.
    divisor = _nan_where_zero(ca * cb)
    success = ra * cb - rb * ca
    wdq = np.where(np.isnan(divisor), np.nan, (da * cb - db * ca) / _nan_where_zero(success))
    return DisplacementQuotient(wdq, success / divisor, ~np.isnan(wdq) & (success < 0))


def total_net_effect(response_before, response_after, buffer_before, buffer_after, control_before, control_after) -> np.ndarray:
    """Return TNE = [Rb (Ca/Cb) - Ra] + [Db (Ca/Cb) - Da], in events prevented.

    Above zero, fewer events happened in response and buffer areas together than the trend of the control
    area would have given. NaN where the control area had no event before.

    Raises:
        ValueError: a count is negative.

    Source: Guerette (2009).

    >>> float(total_net_effect(100, 60, 50, 40, 200, 200))
    50.0
    """
    rb, ra, db, da, cb, ca = _as_counts(
        response_before=response_before,
        response_after=response_after,
        buffer_before=buffer_before,
        buffer_after=buffer_after,
        control_before=control_before,
        control_after=control_after,
    )
    trend = ca / _nan_where_zero(cb)
    return (rb * trend - ra) + (db * trend - da)


def weighted_displacement_difference(
    treated_before,
    treated_after,
    control_before,
    control_after,
    displacement_before=0,
    displacement_after=0,
    displacement_control_before=0,
    displacement_control_after=0,
    level: float = 0.95,
) -> DisplacementDifference:
    """Return WDD = dT - dCt + dD - dCd (d is after minus before) with its normal-theory interval.

    T is the treated area and Ct its control, D the displacement area and Cd the control of that. Counts
    are taken as independent Poisson, so the variance of WDD is the sum of the eight counts, z is
    WDD / sqrt(variance), and the interval is WDD -/+ quantile * standard error. Leave out D and Cd when
    there is no displacement area.

    Args:
        level: coverage of the two-sided interval, between 0 and 1.

    Raises:
        ValueError: a count is negative, or `level` is out of range.

    Source: Wheeler and Ratcliffe (2018), with their example.

    >>> result = weighted_displacement_difference(207, 110, 308, 318, 178, 157, 150, 140)
    >>> [round(float(number), 2) for number in (result.wdd, result.se**2, result.z)]
    [-118.0, 1568.0, -2.98]
    >>> round(float(result.low)), round(float(result.high))
    (-196, -40)
    """
    if not 0 < level < 1:
        raise ValueError(f"level = {level}; give a number between 0 and 1")
    tb, ta, cb, ca, db, da, eb, ea = _as_counts(
        treated_before=treated_before,
        treated_after=treated_after,
        control_before=control_before,
        control_after=control_after,
        displacement_before=displacement_before,
        displacement_after=displacement_after,
        displacement_control_before=displacement_control_before,
        displacement_control_after=displacement_control_after,
    )
    wdd = (ta - tb) - (ca - cb) + (da - db) - (ea - eb)
    se = np.sqrt(tb + ta + cb + ca + db + da + eb + ea)
    reach = NormalDist().inv_cdf(0.5 + level / 2) * se
    return DisplacementDifference(wdd, se, wdd / _nan_where_zero(se), wdd - reach, wdd + reach)


def _as_counts(**counts) -> list[np.ndarray]:
    """Return the counts as float64 arrays of one common shape; NaN stays NaN, negative counts are rejected."""
    arrays = [np.asarray(value, dtype=np.float64) for value in counts.values()]
    for name, array in zip(counts, arrays, strict=True):
        if np.any(array < 0):
            raise ValueError(f"{name} holds a negative count ({array.min():g}); counts are zero or more")
    return list(np.broadcast_arrays(*arrays))


def _nan_where_zero(divisor: np.ndarray) -> np.ndarray:
    """Return the divisor with NaN for zero, so that the quotient is NaN without a warning."""
    return np.where(divisor == 0, np.nan, divisor)
