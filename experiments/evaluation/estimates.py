"""Displacement statistics with intervals, of sites and types of events together, entry by entry.

Counts are independent Poisson numbers; the value of a count is the count times its scale. Periods of unequal length are brought
to the length of the period after, so that all is in events of that period. A size makes counts densities, in the WDD alone: the
WDQ and the TNE are of counts, as what moves is counted. Formulas are those of `sim.measures.displacement`.

References:
    Bowers, K. J. and Johnson, S. D. (2003), Guerette, R. T. (2009), Wheeler, A. P. and Ratcliffe, J. H. (2018): as there; for
        unequal periods, sizes and harm weights the extensions that Wheeler has published since (R package ptools).
    Fieller, E. C. (1954). Some problems in interval estimation. Journal of the Royal Statistical Society B 16(2), 175-185.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from experiments.evaluation.areas import AREAS, CONTROL, DISPLACEMENT, TREATED, Unit
from experiments.statistics.intervals import fieller_bounds
from sim.measures.displacement import total_net_effect, weighted_displacement_difference, weighted_displacement_quotient

LEVEL = 0.95
QUANTILE = NormalDist().inv_cdf(0.5 + LEVEL / 2)


class Estimate(NamedTuple):
    """A statistic with its 95 % interval; NaN where it is undefined, and ends NaN where they are unbounded."""

    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray


class Quotient(NamedTuple):
    """The WDQ, and whether it may be read: only where the treated area gained on its control."""

    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray
    readable: np.ndarray


def difference(units: Sequence[Unit]) -> Estimate:
    """WDD over all units, each times its weight, with the normal interval of Wheeler and Ratcliffe (2018).

    In events of the period after (times weight, per size, where the table has these); below zero is a fall net of control areas.
    """
    total = variance = 0.0
    for unit in units:
        once, squared = (
            weighted_displacement_difference(*(value for area in AREAS for value in _scaled(unit, area, power, sized=True)))
            for power in (1, 2)
        )
        total, variance = total + once.wdd, variance + squared.se**2
    return _normal(total, variance)


def net_effect(units: Sequence[Unit]) -> Estimate:
    """TNE over all units, each by its own control and times its weight, with a normal interval (delta method).

    In events prevented over the period after. NaN where a control area had no event before.
    """
    total = variance = 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        for unit in units:
            (rb, ra), (db, da), (cb, ca) = (_scaled(unit, area) for area in (TREATED, DISPLACEMENT, CONTROL))
            (v_rb, v_ra), (v_db, v_da), (v_cb, v_ca) = (_scaled(unit, area, 2) for area in (TREATED, DISPLACEMENT, CONTROL))
            total = total + total_net_effect(rb, ra, db, da, cb, ca)
            trend, before = ca / cb, rb + db
            of_trend = v_ca / cb**2 + ca**2 * v_cb / cb**4
            variance = variance + trend**2 * (v_rb + v_db) + v_ra + v_da + before**2 * of_trend
    return _normal(total, variance)


def quotient(units: Sequence[Unit]) -> Quotient:
    """WDQ of the sums over units that have a displacement area, with Fieller's interval over Poisson counts.

    A pure number. NaN where a control sum is zero, or the treated areas moved exactly with their controls.
    """
    units = [unit for unit in units if DISPLACEMENT in unit.counts]
    areas = (TREATED, DISPLACEMENT, CONTROL)
    (rb, ra), (db, da), (cb, ca) = (_summed(units, area) for area in areas)
    (v_rb, v_ra), (v_db, v_da), (v_cb, v_ca) = (_summed(units, area, 2) for area in areas)
    found = weighted_displacement_quotient(rb, ra, db, da, cb, ca)
    with np.errstate(divide="ignore", invalid="ignore"):
        above, below = da / ca - db / cb, ra / ca - rb / cb
        after, before = v_ca / ca**4, v_cb / cb**4
        variance_above = v_da / ca**2 + da**2 * after + v_db / cb**2 + db**2 * before
        variance_below = v_ra / ca**2 + ra**2 * after + v_rb / cb**2 + rb**2 * before
        covariance = da * ra * after + db * rb * before
        low, high = fieller_bounds(above, below, variance_above, covariance, variance_below, QUANTILE)
    defined = np.isfinite(found.wdq)
    return Quotient(found.wdq, np.where(defined, low, np.nan), np.where(defined, high, np.nan), found.readable)


def _scaled(unit: Unit, area: str, power: int = 1, sized: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Counts of an area before and after times their scale, or its square, which gives their variance; zero without the area."""
    before, after = unit.counts.get(area, (0, 0))
    scale = unit.weight / (unit.sizes.get(area, 1.0) if sized else 1.0)
    longer = unit.days[1] / unit.days[0]
    return np.asarray(before, float) * (scale * longer) ** power, np.asarray(after, float) * scale**power


def _summed(units: Sequence[Unit], area: str, power: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Scaled counts of an area before and after, summed over units."""
    values = [_scaled(unit, area, power) for unit in units]
    return sum(before for before, _ in values), sum(after for _, after in values)


def _normal(estimate, variance) -> Estimate:
    """An estimate with the interval of a normal one; the interval of no variance is unknown."""
    reach = QUANTILE * np.sqrt(np.where(np.asarray(variance) > 0, variance, np.nan))
    return Estimate(np.asarray(estimate), estimate - reach, estimate + reach)
