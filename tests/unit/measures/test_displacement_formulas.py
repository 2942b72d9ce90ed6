"""Displacement formulas: published and hand-computed answers, undefined values, properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.measures.displacement import (
    total_net_effect,
    weighted_displacement_difference,
    weighted_displacement_quotient,
)

counts = st.integers(min_value=1, max_value=10_000)


def test_wdd_gives_the_published_values():
    # Wheeler and Ratcliffe (2018): treated 207 to 110, control 308 to 318, displacement 178 to 157, its control 150 to 140.
    result = weighted_displacement_difference(207, 110, 308, 318, 178, 157, 150, 140)
    assert result.wdd == -118
    assert result.se**2 == pytest.approx(1568)
    assert result.z == pytest.approx(-2.98, abs=0.005)
    assert (round(float(result.low)), round(float(result.high))) == (-196, -40)


def test_wdd_gives_the_values_of_another_program():
    # Example of the package crimepy (A. Wheeler): control 130 to 150, treated 120 to 100; then 30 to 25 and 40 to 25 nearby.
    result = weighted_displacement_difference(120, 100, 130, 150, level=0.90)
    assert result.wdd == -40
    assert result.se == pytest.approx(22.4, abs=0.05)
    assert (result.low, result.high) == (pytest.approx(-76.8, abs=0.05), pytest.approx(-3.2, abs=0.05))
    assert result.z == pytest.approx(-40 / 500**0.5)

    nearby = weighted_displacement_difference(120, 100, 130, 150, 40, 25, 30, 25, level=0.90)
    assert nearby.wdd == -50
    assert nearby.se == pytest.approx(24.9, abs=0.05)


@pytest.mark.parametrize(
    ("buffer_after", "wdq", "tne"),
    [
        (50, 0.0, 40.0),  # the buffer stays
        (40, 0.25, 50.0),  # it gains a quarter as much: diffusion
        (0, 1.25, 90.0),  # diffusion above the direct effect
        (70, -0.5, 20.0),  # half is displaced
        (90, -1.0, 0.0),  # all is displaced
        (100, -1.25, -10.0),  # the gain is more than erased
    ],
)
def test_wdq_and_tne_by_hand(buffer_after, wdq, tne):
    # Response 100 to 60, control 200 to 200, buffer 50 to buffer_after.
    quotient = weighted_displacement_quotient(100, 60, 50, buffer_after, 200, 200)
    assert quotient.wdq == pytest.approx(wdq)
    assert quotient.success == pytest.approx(-0.2)
    assert quotient.readable
    assert total_net_effect(100, 60, 50, buffer_after, 200, 200) == pytest.approx(tne)


def test_wdq_and_tne_follow_the_control_area():
    # Control falls by half: (30/100 - 50/200) / (40/100 - 100/200) = 0.05 / -0.1; [50 - 40] + [25 - 30] = 5.
    assert weighted_displacement_quotient(100, 40, 50, 30, 200, 100).wdq == pytest.approx(-0.5)
    assert total_net_effect(100, 40, 50, 30, 200, 100) == pytest.approx(5.0)


def test_undefined_is_nan_and_keeps_its_place():
    control_before = np.array([200, 0, 200, 200])
    control_after = np.array([200, 200, 0, 200])
    response_after = np.array([60, 60, 60, 100])  # the last moves exactly with control
    quotient = weighted_displacement_quotient(100, response_after, 50, 40, control_before, control_after)
    assert np.isnan(quotient.wdq).tolist() == [False, True, True, True]
    assert quotient.readable.tolist() == [True, False, False, False]
    net = total_net_effect(100, response_after, 50, 40, control_before, control_after)
    assert np.isnan(net).tolist() == [False, True, False, False]


def test_wdq_is_not_readable_where_the_response_area_lost():
    quotient = weighted_displacement_quotient(100, 120, 50, 60, 200, 200)
    assert quotient.wdq == pytest.approx(0.5)
    assert not quotient.readable


def test_wdd_of_empty_areas_has_no_z():
    result = weighted_displacement_difference(0, 0, 0, 0)
    assert result.wdd == 0 and result.se == 0 and np.isnan(result.z)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="buffer_after holds a negative count"):
        weighted_displacement_quotient(1, 1, 1, -1, 1, 1)
    with pytest.raises(ValueError, match="level = 95"):
        weighted_displacement_difference(1, 1, 1, 1, level=95)


def test_missing_counts_stay_missing():
    assert np.isnan(weighted_displacement_difference([1, np.nan], 2, 3, 4).wdd).tolist() == [False, True]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[counts] * 6), min_size=1, max_size=8))
def test_arrays_give_what_single_values_give(rows):
    columns = np.array(rows).T
    together = weighted_displacement_quotient(*columns).wdq
    np.testing.assert_array_equal(together, [weighted_displacement_quotient(*row).wdq for row in rows])
    net = total_net_effect(*columns)
    np.testing.assert_array_equal(net, [total_net_effect(*row) for row in rows])


@settings(max_examples=60, deadline=None)
@given(st.tuples(*[counts] * 6))
def test_wdq_matches_its_formula_as_printed(row):
    rb, ra, db, da, cb, ca = row
    quotient = weighted_displacement_quotient(*row)
    bottom = ra / ca - rb / cb
    assert quotient.success == pytest.approx(bottom, abs=1e-9)
    if abs(bottom) > 1e-6:
        assert quotient.wdq == pytest.approx((da / ca - db / cb) / bottom, rel=1e-6, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.tuples(*[counts] * 4), st.integers(min_value=2, max_value=9))
def test_wdd_scales_with_counts_and_its_error_with_their_root(row, factor):
    once = weighted_displacement_difference(*row)
    more = weighted_displacement_difference(*(factor * count for count in row))
    assert more.wdd == factor * once.wdd
    assert more.se == pytest.approx(factor**0.5 * once.se)
    assert more.low <= more.wdd <= more.high
