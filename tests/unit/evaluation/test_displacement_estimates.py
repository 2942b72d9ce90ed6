"""Displacement statistics of a table: published values, unequal periods, sizes, harm weights, coverage of the intervals."""

import numpy as np
import pytest

from experiments.evaluation.areas import CONTROL, DISPLACEMENT, DISPLACEMENT_CONTROL, TREATED, Unit
from experiments.evaluation.estimates import difference, net_effect, quotient
from experiments.evaluation.results import estimate_table
from sim.measures.displacement import weighted_displacement_difference

PAPER = {TREATED: (207, 110), CONTROL: (308, 318), DISPLACEMENT: (178, 157), DISPLACEMENT_CONTROL: (150, 140)}


def unit(counts, **others):
    return Unit("", "", counts, **others)


def values(found):
    return [float(value) for value in found]


def half(found):
    return (float(found.high) - float(found.low)) / 2 / 1.959964


def test_wdd_of_the_paper():
    # Wheeler and Ratcliffe (2018), Crime Science 7:11: -118, variance 1568, 95 % from -196 to -40.
    found = difference([unit(PAPER)])
    assert float(found.estimate) == -118 and half(found) ** 2 == pytest.approx(1568, rel=1e-6)
    assert [round(end) for end in values(found)[1:]] == [-196, -40]


def test_wdd_over_unequal_periods():
    # A. P. Wheeler, "The WDD test with different pre/post time periods" (2021), and his R package ptools: two years before,
    # one after; per year -20 with variance 115.
    found = difference([unit({TREATED: (80, 20), CONTROL: (100, 50)}, days=(730.0, 365.0))])
    assert float(found.estimate) == pytest.approx(-20) and half(found) ** 2 == pytest.approx(115, rel=1e-6)


def test_wdd_of_areas_of_unequal_size():
    # A. P. Wheeler, "The WDD test with different area sizes" (2021), and ptools.
    sizes = {CONTROL: 0.9, TREATED: 1.2, DISPLACEMENT_CONTROL: 1.6, DISPLACEMENT: 1.5}
    found = difference([unit(PAPER, sizes=sizes)])
    assert values(found) == pytest.approx([-99.69444444, -169.1321965, -30.25669241], rel=1e-8)
    assert half(found) == pytest.approx(35.4280755, rel=1e-6)
    local = difference([unit({area: PAPER[area] for area in (TREATED, CONTROL)}, sizes=sizes)])
    assert float(local.estimate) == pytest.approx(-91.9, abs=0.05) and half(local) == pytest.approx(31.5, abs=0.05)


def test_wdd_weighted_by_harm():
    # A. P. Wheeler, "Amending the WDD test to incorporate harm weights" (2020), and ptools: five types of crime.
    types = [  # treated, control, weight
        ((130, 74), (133, 91), 3), ((327, 202), (388, 305), 2), ((398, 190), (148, 97), 5), ((144, 92), (86, 64), 7),
        ((183, 96), (94, 67), 10),
    ]  # fmt: skip
    found = difference([unit({TREATED: treated, CONTROL: control}, weight=weight) for treated, control, weight in types])
    assert values(found) == pytest.approx([-1721.0, -2317.03210507, -1124.96789493], rel=1e-8)
    assert half(found) == pytest.approx(304.10360077, rel=1e-6)


def test_without_weights_it_is_the_formula_of_the_model():
    plain = weighted_displacement_difference(207, 110, 308, 318, 178, 157, 150, 140)
    assert values(difference([unit(PAPER)])) == pytest.approx([plain.wdd, plain.low, plain.high])


@pytest.mark.parametrize(
    ("after", "wdq", "tne"),
    [(50, 0.0, 40.0), (40, 0.25, 50.0), (0, 1.25, 90.0), (70, -0.5, 20.0), (90, -1.0, 0.0), (100, -1.25, -10.0)],
)
def test_wdq_and_tne_by_hand(after, wdq, tne):
    """Response 100 to 60, control 200 to 200: the readings of Bowers and Johnson (2003), Guerette (2009, appendix C) in turn."""
    one = unit({TREATED: (100, 60), DISPLACEMENT: (50, after), CONTROL: (200, 200)})
    assert float(quotient([one]).estimate) == pytest.approx(wdq) and bool(quotient([one]).readable)
    assert float(net_effect([one]).estimate) == pytest.approx(tne)


def test_longer_periods_change_no_quotient_and_no_prevented_event():
    short = unit({TREATED: (100, 60), DISPLACEMENT: (50, 40), CONTROL: (200, 180)})
    long = unit({TREATED: (200, 60), DISPLACEMENT: (100, 40), CONTROL: (400, 180)}, days=(730.0, 365.0))
    for statistic in (difference, net_effect, quotient):
        assert float(statistic([long]).estimate) == pytest.approx(float(statistic([short]).estimate))
        assert half(statistic([long])) < half(statistic([short])), "twice the days before tell more"


def test_sites_add_up_each_by_its_own_control():
    a = unit({TREATED: (100, 60), DISPLACEMENT: (50, 40), CONTROL: (200, 200)})
    b = unit({TREATED: (80, 50), DISPLACEMENT: (40, 45), CONTROL: (100, 50)})
    for statistic in (difference, net_effect):
        both, one, other = statistic([a, b]), statistic([a]), statistic([b])
        assert float(both.estimate) == pytest.approx(float(one.estimate + other.estimate))
        assert half(both) ** 2 == pytest.approx(half(one) ** 2 + half(other) ** 2)
    assert float(quotient([a, b]).estimate) == pytest.approx(
        ((40 + 45) / 250 - (50 + 40) / 300) / ((60 + 50) / 250 - (100 + 80) / 300)
    )


def test_what_is_divided_by_nothing_has_a_reason():
    none_before = {one["id"]: one for one in estimate_table([unit({TREATED: (9, 5), DISPLACEMENT: (5, 5), CONTROL: (0, 4)})])}
    assert none_before["WDD"]["estimate"] == -8 and none_before["TNE"]["estimate"] is None is none_before["WDQ"]["low"]
    assert "no event before" in none_before["TNE"]["reason"] and "no event before" in none_before["WDQ"]["reason"]
    none_after = {one["id"]: one for one in estimate_table([unit({TREATED: (9, 5), DISPLACEMENT: (5, 5), CONTROL: (4, 0)})])}
    assert "no event after" in none_after["WDQ"]["reason"] and none_after["TNE"]["estimate"] == -10
    same = {one["id"]: one for one in estimate_table([unit({TREATED: (10, 5), DISPLACEMENT: (5, 5), CONTROL: (20, 10)})])}
    assert "no effect to divide by" in same["WDQ"]["reason"]
    alone = {one["id"]: one for one in estimate_table([unit({TREATED: (10, 5), CONTROL: (20, 10)})])}
    assert "no displacement area" in alone["WDQ"]["reason"] and alone["TNE"]["estimate"] == 0
    empty = estimate_table([unit({TREATED: (0, 0), CONTROL: (0, 0)})])[0]
    assert empty["estimate"] == 0 and empty["low"] is None, "no events, no interval of no width"


@pytest.mark.parametrize("level", [60.0, 400.0])
def test_intervals_cover_the_truth_of_poisson_counts(level):
    """95 % intervals hold the truth in 93 to 98 % of 20,000 tables; unbounded ones, of the WDQ of few counts, hold everything."""
    means = {TREATED: (level, 0.6 * level), DISPLACEMENT: (0.5 * level, 0.6 * level), CONTROL: (2 * level, 1.8 * level)}
    generator = np.random.default_rng(3)
    drawn = unit({area: tuple(generator.poisson(mean, 20_000) for mean in pair) for area, pair in means.items()})
    for statistic in (difference, net_effect, quotient):
        truth, found = float(statistic([unit(means)]).estimate), statistic([drawn])
        held = np.isnan(found.low) | ((found.low <= truth) & (truth <= found.high))
        assert 0.93 < held.mean() < (0.97 if level > 100 else 0.985), statistic.__name__
