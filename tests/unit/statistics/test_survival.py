"""Recovery with censoring, by hand and against its definition."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.statistics.survival import Recovery, censored_recovery


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
