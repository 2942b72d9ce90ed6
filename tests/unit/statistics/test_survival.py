"""Recovery with censoring, and cumulative incidence with competing exits, by hand and against each other."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.statistics.intervals import share_with_interval
from experiments.statistics.survival import Recovery, censored_recovery, cumulative_incidence

# --- recovery


def loss(days, *lost):
    """A treated curve against a twin of 100: (first, last, share lost) stretches."""
    twin = np.full(days, 100.0)
    treated = twin.copy()
    for first, last, share in lost:
        treated[first:last] *= 1 - share
    return treated, twin


def test_recovery_by_hand():
    # Half is lost on days 0 to 99. A window with m such days is off by m / 2 / 28: within 5 % for m <= 2,
    # so the first good window begins on day 98.
    assert censored_recovery(*loss(300, (0, 100, 0.5))) == Recovery(98, True)
    assert censored_recovery(*loss(300, (0, 100, 0.5)), window=1) == Recovery(100, True)


def test_recovery_must_last_to_the_end():
    # Back at day 100, lost again on days 200 to 209: 10 of 28 days with 20 % are 7 %, 7 days are exactly 5 %.
    treated, twin = loss(400, (0, 100, 0.5), (200, 210, 0.2))
    assert censored_recovery(treated, twin) == Recovery(203, True)
    # A relapse at the very end leaves it censored, at the number of windows.
    assert censored_recovery(*loss(400, (0, 100, 0.5), (390, 400, 0.2))) == Recovery(373, False)
    assert censored_recovery(*loss(60, (0, 60, 0.06))) == Recovery(33, False)


def test_recovery_on_the_edge_of_the_tolerance():
    assert censored_recovery(*loss(60, (0, 60, 0.05))) == Recovery(0, True)
    treated, twin = loss(60)
    assert censored_recovery(1.06 * treated, twin) == Recovery(33, False)  # overshooting is not recovery
    assert censored_recovery(np.zeros(40), np.zeros(40)) == Recovery(0, True)  # an empty twin: only no difference
    assert censored_recovery(np.ones(40), np.zeros(40)).recovered is False


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(80, 110), min_size=5, max_size=40), st.integers(1, 5))
def test_recovery_agrees_with_its_definition(treated, window):
    twin = [100] * len(treated)
    windows = [np.mean(treated[day : day + window]) - 100 for day in range(len(treated) - window + 1)]
    good = [all(abs(other) <= 5 + 1e-9 for other in windows[day:]) for day in range(len(windows))]
    expected = Recovery(good.index(True), True) if True in good else Recovery(len(windows), False)
    assert censored_recovery(treated, twin, window) == expected


def test_recovery_mistakes_are_named():
    with pytest.raises(ValueError, match="shapes"):
        censored_recovery([1.0] * 40, [1.0] * 41)
    with pytest.raises(ValueError, match="window = 28 of 20 days"):
        censored_recovery([1.0] * 20, [1.0] * 20)
    with pytest.raises(ValueError, match="not finite"):
        censored_recovery([math.nan] * 40, [1.0] * 40)
    with pytest.raises(ValueError, match="tolerance = -1"):
        censored_recovery([1.0] * 40, [1.0] * 40, tolerance=-1)


# --- cumulative incidence


def test_cumulative_incidence_by_hand():
    # Ten persons. At risk 10, 9, 8, (one censored at 4), 6, 5, then four followed to 9.
    #   day 1: kind 1, 1/10          -> 1: 0.1            stay 0.9
    #   day 2: kind 2, 0.9 · 1/9     -> 2: 0.1            stay 0.8
    #   day 3: kind 1, 0.8 · 1/8     -> 1: 0.2            stay 0.7
    #   day 5: kind 1, 0.7 · 1/6     -> 1: 0.2 + 7/60     stay 0.7 · 5/6 = 7/12
    #   day 6: kind 2, 7/12 · 1/5    -> 2: 0.1 + 7/60     stay 7/15
    time, code = [1, 2, 3, 4, 5, 6, 9, 9, 9, 9], [1, 2, 1, 0, 1, 2, 0, 0, 0, 0]
    found = cumulative_incidence(time, code, horizon=9)
    assert found[1].estimate == pytest.approx(0.2 + 7 / 60) and found[2].estimate == pytest.approx(0.1 + 7 / 60)
    assert found[1].estimate + found[2].estimate == pytest.approx(1 - 7 / 15)
    assert cumulative_incidence(time, code, horizon=3)[1].estimate == pytest.approx(0.2)  # on the horizon counts
    assert cumulative_incidence(time, code, horizon=2.5)[1].estimate == pytest.approx(0.1)
    # Censoring the competing exits, as Kaplan and Meier would, says too much.
    alone = cumulative_incidence(time, [kind if kind == 1 else 0 for kind in code], horizon=9)
    assert alone[1].estimate == pytest.approx(1 - 0.9 * 7 / 8 * 5 / 6) and alone[1].estimate > found[1].estimate


def test_cumulative_incidence_against_a_published_table():
    # Satagopan et al. 2004 (British Journal of Cancer 91:1229), table 2: 305 patients of whom nine are listed;
    # deaths from breast cancer (1) at months 10, 16, 23, 27, from other causes (2) at 18 and 26. The table
    # gives each step as 0.3 %, and 98.0 % as the chance to survive month 27.
    time = [7, 10, 14, 16, 18, 23, 24, 26, 27] + [40] * 296
    code = [0, 1, 0, 1, 2, 1, 0, 2, 1] + [0] * 296
    shares = [100 * cumulative_incidence(time, code, month)[1].estimate for month in (9, 10, 16, 22, 23, 27)]
    assert np.diff(shares, prepend=0.0) == pytest.approx([0, 0.3, 0.3, 0, 0.3, 0.3], abs=0.05)
    survival = 1 - sum(interval.estimate for interval in cumulative_incidence(time, code, 27).values())
    assert 100 * survival == pytest.approx(98.0, abs=0.05)


def test_without_censoring_it_is_the_binomial_share():
    time, code = np.arange(1, 41), np.tile([1, 2, 2, 1, 1], 8)
    found = cumulative_incidence(time, code, horizon=20)
    assert found[1].estimate == pytest.approx(12 / 40) and found[2].estimate == pytest.approx(8 / 40)
    assert found[1].se == pytest.approx(math.sqrt(0.3 * 0.7 / 40))
    # log(-log): 0.3 to the power exp(± 1.959964 · 0.0724569 / (0.3 · 1.2039728)) = exp(± 0.393179)
    assert (found[1].low, found[1].high) == (pytest.approx(0.16798, abs=2e-5), pytest.approx(0.44372, abs=2e-5))
    # To the end, where all have left, just the same.
    everybody = cumulative_incidence(time, code, horizon=100)
    assert everybody[1].estimate == pytest.approx(0.6) and everybody[1].se == pytest.approx(math.sqrt(0.6 * 0.4 / 40))


def test_a_single_kind_is_kaplan_and_meier():
    from statsmodels.duration.survfunc import SurvfuncRight

    rng = np.random.Generator(np.random.PCG64(3))
    time, code = rng.integers(1, 60, size=200), rng.integers(0, 2, size=200)
    curve = SurvfuncRight(time, code)
    at = np.searchsorted(curve.surv_times, 40, side="right") - 1
    found = cumulative_incidence(time, code, horizon=40)[1]
    assert found.estimate == pytest.approx(1 - curve.surv_prob[at]) and found.n == 200
    assert found.se == pytest.approx(curve.surv_prob_se[at], rel=1e-6)


def test_cumulative_incidence_where_nobody_or_everybody_leaves():
    nobody = cumulative_incidence([9, 9, 9], [0, 0, 0], horizon=9)
    wilson = share_with_interval(0, 3)
    assert nobody == {1: (0.0, wilson.low, wilson.high, 0.0, 3)}
    everybody = cumulative_incidence([1, 2, 3], [1, 1, 1], horizon=9)[1]
    assert (everybody.estimate, everybody.high) == (1.0, 1.0) and everybody.low == share_with_interval(3, 3).low
    # A kind seen only after the horizon is nought, not missing.
    later = cumulative_incidence([1, 5, 9], [1, 2, 0], horizon=3)
    assert later[2].estimate == 0.0 and set(later) == {1, 2}


def test_cumulative_incidence_past_the_last_look_is_unknown():
    found = cumulative_incidence([3, 5, 6], [1, 2, 0], horizon=365)
    assert math.isnan(found[1].estimate) and math.isnan(found[2].low)
    assert math.isnan(cumulative_incidence([], [], horizon=5)[1].estimate)
    # One censored in the middle and all others gone: nobody is left to be unknown.
    assert cumulative_incidence([3, 5, 6], [1, 0, 1], horizon=365)[1].estimate == pytest.approx(1.0)


def test_cumulative_incidence_mistakes_are_named():
    with pytest.raises(ValueError, match="one each per person"):
        cumulative_incidence([1, 2], [1], horizon=5)
    with pytest.raises(ValueError, match="negative or not finite"):
        cumulative_incidence([1, -2], [1, 0], horizon=5)
    with pytest.raises(ValueError, match="not 0"):
        cumulative_incidence([1, 2], [1, -1], horizon=5)
    with pytest.raises(ValueError, match="not 0"):
        cumulative_incidence([1, 2], [1, 0.5], horizon=5)


def test_everybody_leaves():
    """Rounding leaves the share just under one."""
    found = cumulative_incidence([100] * 5 + [200], [1] * 6, 1095.0)[1]
    assert found.estimate == pytest.approx(1.0) and 0.4 < found.low < 1.0 == pytest.approx(found.high)
