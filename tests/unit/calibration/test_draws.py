"""Draws of the assumed numbers: which are drawn, from what ranges, and that each draw is a valid world."""

import copy

import numpy as np
import pytest

from experiments.calibration import draws
from experiments.configuration.composition import compose
from experiments.robustness import runs as robust_runs
from sim.configuration import ConfigurationError, parameter_table, validate_as

SPEC = draws.read_specification()
BASE = compose("config", ["market=class"])


def test_every_assumed_number_is_drawn_or_left_out_with_a_reason():
    assumed = {row["key"] for row in parameter_table() if "assumption" in row["source"]}
    drawn = {one.key for one in draws.drawn_parameters(SPEC, BASE, draws.NEAR)}
    assert drawn | set(SPEC.left_out) == assumed and not drawn & set(SPEC.left_out)
    assert set(SPEC.ranges) <= drawn
    assert not any(key.startswith(("policy", "seed", "days")) for key in drawn)


@pytest.mark.parametrize("which", draws.RANGES)
def test_ranges_lie_within_the_stated_ones(which):
    stated = {row["key"]: row for row in parameter_table()}
    for one in draws.drawn_parameters(SPEC, BASE, which):
        row = stated[one.key]
        assert row["low"] <= one.low < one.high <= row["high"], one.key
        low, middle, high = one.at(0.0), one.at(0.5), one.at(1.0)
        assert one.low <= low <= middle <= high <= one.high + 1e-9 * abs(one.high), one.key
        if which == draws.NEAR and one.key not in SPEC.ranges:
            assert one.low <= one.default <= one.high
            assert all(0.5 <= end / one.default <= 2.0 for end in (one.low, one.high)), f"{one.key}: within a factor 2"
            if not one.whole and one.low * one.high == pytest.approx(one.default**2):
                assert middle == pytest.approx(one.default), f"{one.key}: the default is the median"


def test_a_number_below_zero_spreads_like_its_mirror_image():
    one = next(p for p in draws.drawn_parameters(SPEC, BASE, draws.NEAR) if p.key == "planning.outside_utility")
    assert (one.low, one.high) == (-4000.0, -1000.0)
    assert [one.at(u) for u in (0.0, 0.5, 1.0)] == pytest.approx([-4000.0, -2000.0, -1000.0])


def test_the_draws_are_a_latin_hypercube():
    points = draws.latin_hypercube(40, 7, 3)
    assert points.shape == (40, 7)
    for column in points.T:
        assert sorted((column * 40).astype(int)) == list(range(40)), "one draw in each fortieth"
    assert np.array_equal(points, draws.latin_hypercube(40, 7, 3)) and not np.array_equal(points, draws.latin_hypercube(40, 7, 4))
    smooth = [one for one in draws.drawn_parameters(SPEC, BASE, draws.NEAR) if one.key == "demand.fear_kappa"]
    values = [draw["demand.fear_kappa"] for draw in draws.draw_values(SPEC, smooth, BASE, 40, 3)]
    shares = np.log(np.array(values) / 0.5) / np.log(4.0)
    assert sorted((shares * 40).astype(int)) == list(range(40)), "even on the logarithm from half to twice the default"


@pytest.mark.parametrize("which", draws.RANGES)
def test_every_draw_is_a_valid_world(which):
    chosen = draws.drawn_parameters(SPEC, BASE, which)
    for values in draws.draw_values(SPEC, chosen, BASE, 60, 5):
        world = robust_runs.with_values(BASE, values)
        assert world.demand.price_low <= world.demand.price_start <= world.demand.price_high
        e = world.enforcement
        assert e.venue_share + e.street_share + e.online_share + e.casework_share + e.client_share <= 1.0 + 1e-9
        assert world.careers.entry_age_low <= world.careers.entry_age_mean
        for one in chosen:
            assert isinstance(values[one.key], int) == one.whole


def test_what_is_not_drawn_stays_and_bounds_the_others():
    base = copy.deepcopy(BASE)
    base["demand"]["price_start"] = 200.0
    base["enforcement"]["venue_share"] = 0.7
    fixed = ["demand.price_start", "enforcement.venue_share"]
    chosen = draws.drawn_parameters(SPEC, base, draws.NEAR, fixed)
    assert not {one.key for one in chosen} & set(fixed)
    many = draws.draw_values(SPEC, chosen, base, 50, 1)
    assert all(values["demand.price_low"] <= 200.0 <= values["demand.price_high"] for values in many)
    shares = [sum(values[f"enforcement.{name}_share"] for name in ("street", "online", "casework")) for values in many]
    assert max(shares) <= 1.0 - 0.7 - 0.05 + 1e-9 and max(shares) > 0.2
    for values in many:
        robust_runs.with_values(base, values)


def test_sorting_and_scaling_leave_alone_what_fits():
    values = {"demand.price_low": 60.0, "demand.price_start": 90.0, "demand.price_high": 300.0}
    assert draws.constrain(SPEC, values, BASE) == values
    crossed = {"demand.price_low": 90.0, "demand.price_start": 60.0, "demand.price_high": 300.0}
    assert draws.constrain(SPEC, crossed, BASE) == values


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"patterns": {"E04": {"measure": "plan_team", "low": 2.0, "tag": "emergent", "why": "x"}}}, "accepted or rejected"),
        ({"left_out": {"labour.bondng": "x"}}, "labour.bondng"),
        ({"most_pairs": 2}, "most_pairs=2"),
    ],
)
def test_a_mistake_in_the_file_is_named(changed, named):
    with pytest.raises(ConfigurationError, match=named):
        validate_as(draws.RobustnessSpecification, SPEC.model_dump(mode="json") | changed, "robustness.")
