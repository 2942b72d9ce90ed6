"""From paired worlds to a verdict: claims, equivalence, p values and corrections, the smallest detectable effect.

Values come one per pair of twin worlds (same seed, two policies), usually differences. Results are NaN, never an
error, where there are too few pairs to say anything.
"""

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np

from experiments.statistics.intervals import as_values, check_share, mean, ratio_of_means, standard_error

VERDICTS = ("supported", "refuted", "undecided", "not applicable", "identical")
DIRECTIONS = ("above", "below")
VERIFICATION = "verification"
WHAT_A_VERIFICATION_IS = (
    "A verification is verified or not, neither supported nor refuted: its sign follows from a rule of the model, and only "
    "its size is of interest."
)
NOT_RELIED_ON = "not to be relied on"
SHOWN_OF_VERIFICATIONS = {"supported": "verified", "refuted": "not verified"}


def verdict(
    low: float | None,
    high: float | None,
    threshold: float,
    *,
    direction: str = "above",
    band: tuple[float, float] | None = None,
    first_stage: bool = True,
    identical: bool = False,
) -> str:
    """Return the verdict on the claim that a quantity lies above (or below) `threshold`.

    - `identical`: the twin worlds do not differ at all.
    - `not applicable`: the treatment had no first stage, so the claim was not put to the test.
    - `refuted`: the whole interval is on the other side of the threshold, or inside the band of no effect.
    - `supported`: the whole interval is beyond the threshold.
    - `undecided`: anything else, an interval that touches the threshold included.

    They are asked in this order. The band goes before support: an effect shown to be negligible does not
    support a claim, even when it is surely not zero. ValueError for an interval or band whose low end is above its
    high end, or an unknown direction.

    Parameters
    ----------
    low, high
        The interval; None is unbounded on that side, NaN is unknown and leaves the verdict undecided.
    threshold
        In the unit of the interval.
    direction
        `above` or `below`, the side of the threshold that the claim is about.
    band
        Lowest and highest value that count as no effect, both included.

    >>> verdict(0.2, 1.4, threshold=0.0)
    'supported'
    >>> verdict(0.2, 1.4, threshold=0.0, direction="below")
    'refuted'
    >>> verdict(0.2, 1.4, threshold=0.0, band=(-2.0, 2.0))
    'refuted'
    """
    low = -math.inf if low is None else low
    high = math.inf if high is None else high
    if low > high:
        raise ValueError(f"interval from {low} to {high}; give the low end first")
    if band is not None and not band[0] <= band[1]:
        raise ValueError(f"band = {tuple(band)}; give the low end first")
    if math.isnan(threshold):
        raise ValueError("threshold is NaN; give the number the claim is about")
    _check_direction(direction)
    if identical:
        return "identical"
    if not first_stage:
        return "not applicable"
    if math.isnan(low) or math.isnan(high):
        return "undecided"
    if band is not None and band[0] <= low and high <= band[1]:
        return "refuted"
    if low > threshold:
        return "supported" if direction == "above" else "refuted"
    if high < threshold:
        return "refuted" if direction == "above" else "supported"
    return "undecided"


def shown_verdict(kind: str, verdict: str) -> str:
    """Return a verdict as it is shown to people: only a test supports or refutes a claim.

    The sign of a verification follows from a rule of the model, so it is `verified` or `not verified`; every
    other verdict is shown as it is. Data keep the verdict itself.

    >>> shown_verdict("test", "supported"), shown_verdict("verification", "supported")
    ('supported', 'verified')
    """
    return SHOWN_OF_VERIFICATIONS.get(verdict, verdict) if kind == VERIFICATION else verdict


def verdict_text(entry: Mapping[str, Any], verdict: str | None = None) -> str:
    """Return the verdict of a hypothesis, or another that rests on the same controls, with a mark if one of them failed.

    >>> verdict_text({"kind": "test", "verdict": "supported", "controls_hold": False})
    'supported, not to be relied on'
    """
    word = shown_verdict(entry["kind"], entry["verdict"] if verdict is None else verdict)
    return f"{word}, {NOT_RELIED_ON}" if entry.get("controls_hold") is False else word


def loud_verdict(entry: Mapping[str, Any]) -> str:
    """The verdict in capitals; in small letters, with the mark, where a control failed."""
    verdict = verdict_text(entry)
    return verdict if entry.get("controls_hold") is False else verdict.upper()


def controls_of(controls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return whether all controls of a hypothesis hold (None without any), and the reason of each that failed."""
    failed = [control["failed"] for control in controls if control["failed"]]
    return {"controls_hold": not failed if controls else None, "controls_failed": failed}


def controls_text(controls: Sequence[Mapping[str, Any]]) -> str:
    """Return how many of the controls that were run are as expected.

    >>> controls_text([{"as_expected": True}, {"as_expected": False}]), controls_text([])
    ('1 of 2 as expected', 'none run')
    """
    return f"{sum(one['as_expected'] for one in controls)} of {len(controls)} as expected" if controls else "none run"


def why_control_fails(kind: str, role: str, name: str, verdict: str, expected: Sequence[str], same: bool) -> str | None:
    """Return why a control does not show the verdict it must, or None if it does.

    A negative control whose worlds are identical holds whatever it must show, for nothing can differ less.
    `same`: whether the difference between its worlds is exactly zero in every pair.
    """
    if verdict in expected or (role == "negative" and verdict == "identical"):
        return None
    must = " or ".join(shown_verdict(kind, one) for one in expected)
    zero = "; the difference is exactly zero in every pair, so what was planted left no trace" if same else ""
    return f"the {role} control {name.replace('_', ' ')} is {shown_verdict(kind, verdict)}, and must be {must}{zero}"


def would_show(kind: str) -> str:
    """Return what a number beyond the threshold would do to the claim: `support` that of a test, `verify` another."""
    return "verify" if kind == VERIFICATION else "support"


class Equivalence(NamedTuple):
    """Two one-sided tests: estimate, p value, the interval that belongs to them, and their verdict.

    `low` and `high` are None where a ratio has no bounded interval. The verdict is `equivalent` or
    `not shown`, which does not mean different.
    """

    estimate: float
    p: float
    low: float | None
    high: float | None
    verdict: str
    n: int


def equivalence_to_share(values, reference, share: float = 0.10, level: float = 0.95) -> Equivalence:
    """Test that mean(values) lies within ± share of mean(reference) (Schuirmann 1987), a loss counted as positive.

    Two one-sided t tests at 1 - level, on the linear forms values + share · reference > 0 and
    share · reference - values > 0, pair by pair, so the error of the reference counts; it is the larger of the two
    p values that is returned, with Fieller's interval of the ratio at 2 level - 1. Both can hold only where the
    mean of the reference is above zero; elsewhere the verdict is `not shown`.

    `values`, `reference`: float[n], one entry each per pair. ValueError if lengths differ, the share is not above
    zero, or the level is one half or less.
    """
    values, reference = as_values("values", values), as_values("reference", reference)
    if not share > 0:
        raise ValueError(f"share = {share}; give a number above zero, such as 0.1")
    check_share("level", level)
    if level <= 0.5:
        raise ValueError(f"level = {level}; two one-sided tests need more than 0.5")
    ratio = ratio_of_means(values, reference, 2 * level - 1)
    p = max(p_value(values + share * reference), p_value(share * reference - values))
    return Equivalence(ratio.estimate, p, ratio.low, ratio.high, "equivalent" if p < 1 - level else "not shown", ratio.n)


def p_value(values, threshold: float = 0.0, direction: str = "above") -> float:
    """Return the one-sided p value of Student's t test that the mean of float[n] is above the threshold.

    `direction="below"` tests the other side. NaN with fewer than two values. Values that are all equal
    carry no error: 0 when they are beyond the threshold, else 1.
    """
    _check_direction(direction)
    values = as_values("values", values)
    if values.size < 2:
        return math.nan
    distance, se = mean(values) - threshold, standard_error(values)
    distance = distance if direction == "above" else -distance
    if se == 0:
        return 0.0 if distance > 0 else 1.0
    from scipy.special import stdtr  # late: importing SciPy costs more than most commands

    return float(stdtr(values.size - 1, -distance / se))


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
    tested = ~np.isnan(given)
    if tested.any():
        from statsmodels.stats.multitest import multipletests  # late: it imports SciPy and pandas

        adjusted[tested] = multipletests(given[tested], method="holm")[1]
    return adjusted


def min_detectable(se: float, power: float = 0.8, level: float = 0.95) -> float:
    """Return the smallest true effect that a two-sided test at `level` would find with chance `power`.

    (z(level) + z(power)) · se by the normal law, in the unit of `se`: a little small below some thirty pairs
    (by 3 % at 30, 8 % at 15).

    >>> round(min_detectable(1.0), 3)
    2.802
    """
    check_share("power", power)
    check_share("level", level)
    if se < 0:
        raise ValueError(f"se = {se}; a standard error is zero or more")
    normal = NormalDist()
    return (normal.inv_cdf(0.5 + level / 2) + normal.inv_cdf(power)) * se


def variance_reduction(base, treated, lags: tuple[int, ...] = (1, 2, 3, 5, 8)) -> float:
    """Return how many times more pairs it would take without common random numbers.

    The variance of treated - base when treated world i is set against base world i + lag (a rotation:
    worlds of different seeds), averaged over the lags, divided by its variance over true pairs. One means
    pairing gains nothing. Lags that are a whole turn of the n worlds are left out, for they pair twins.

    `base`, `treated`: float[n], outcomes of twin worlds in the order of their seeds. Infinite when only the true
    pairs never vary, NaN when nothing varies or n < 3.
    """
    base, treated = as_values("base", base), as_values("treated", treated)
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


def _check_direction(direction: str) -> None:
    if direction not in DIRECTIONS:
        raise ValueError(f"no direction {direction!r}; choose {' or '.join(DIRECTIONS)}")
