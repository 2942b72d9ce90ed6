"""Designs: the right points, the same ones from the same seed, and tables read as they are."""

import itertools

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from experiments.sweeps.designs import design_points, unit_points, value_at
from experiments.sweeps.specification import Factor, read_specification
from experiments.sweeps.tables import read_table
from sim.configuration import ConfigurationError


def spec(design, factors, **rest):
    return read_specification({"sweep": {"design": design, "factors": factors, **rest}})


RANGES = {"a.x": {"low": 0.0, "high": 10.0}, "a.y": {"low": 1.0, "high": 100.0, "log": True}, "a.z": {"values": ["u", "v"]}}


def test_a_grid_is_every_combination_and_the_last_factor_turns_fastest():
    points = design_points(spec("grid", {"a": [1, 2], "b": {"low": 0.0, "high": 1.0, "steps": 3}}), 1)
    assert points == list(itertools.product([1, 2], [0.0, 0.5, 1.0]))


def test_levels_of_a_range_are_even_on_the_logarithm_and_whole_where_asked():
    tens = design_points(spec("grid", {"a": {"low": 1, "high": 10000, "steps": 5, "log": True}}), 1)
    assert tens == [(1.0,), (10.0,), (100.0,), (1000.0,), (10000.0,)]
    whole = design_points(spec("grid", {"a": {"low": 1, "high": 3, "steps": 9, "whole": True}}), 1)
    assert whole == [(1,), (2,), (3,)] and all(type(value) is int for (value,) in whole)


def test_a_list_takes_values_side_by_side():
    assert design_points(spec("list", {"a": [1, 2], "b": ["x", "y"]}), 1) == [(1, "x"), (2, "y")]
    with pytest.raises(ConfigurationError, match="a has 2, b has 1"):
        design_points(spec("list", {"a": [1, 2], "b": [3]}), 1)


def test_a_latin_hypercube_has_one_point_in_every_stratum():
    points = unit_points(spec("latin_hypercube", RANGES, rows=50), 3)
    assert points.shape == (50, 3)
    for column in points.T:
        assert sorted((column * 50).astype(int)) == list(range(50))
    assert not np.array_equal(np.argsort(points[:, 0]), np.argsort(points[:, 1]))


def test_a_sobol_sequence_is_balanced():
    points = unit_points(spec("sobol", RANGES, rows=64), 3)
    cells = (points * 4).astype(int)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert np.bincount(cells[:, i] * 4 + cells[:, j], minlength=16).min() >= 1
        assert (np.bincount(cells[:, i]) == 16).all()


def test_morris_changes_one_factor_a_step():
    points = unit_points(spec("morris", RANGES, rows=5), 3).reshape(5, 4, 3)
    for trajectory in points:
        steps = np.diff(trajectory, axis=0) != 0
        assert (steps.sum(axis=1) == 1).all() and (steps.sum(axis=0) == 1).all()


def test_saltelli_crosses_two_matrices():
    points = unit_points(spec("saltelli", RANGES, rows=8), 3).reshape(8, 5, 3)
    for first, *crossed, second in points:
        for place, row in enumerate(crossed):
            expected = first.copy()
            expected[place] = second[place]
            assert np.array_equal(row, expected)
    assert len(unit_points(spec("saltelli", RANGES, rows=8, second_order=True), 3)) == 8 * 8


@pytest.mark.parametrize("design", ["latin_hypercube", "sobol", "morris", "saltelli", "random"])
def test_the_root_seed_decides_the_points(design):
    asked = spec(design, RANGES, rows=4)
    points = design_points(asked, 7)
    assert points == design_points(asked, 7) != design_points(asked, 8)
    for x, y, z in points:
        assert 0.0 <= x <= 10.0 and 1.0 <= y <= 100.0 and z in ("u", "v")


def test_whole_numbers_and_values_have_equal_shares():
    grid = np.linspace(0.0, 1.0, 3001)
    counts = np.bincount([value_at(Factor(low=2.0, high=4.0, whole=True), u) for u in grid])
    assert counts[:2].sum() == 0 and np.ptp(counts[2:]) <= 2
    log = [value_at(Factor(low=1.0, high=8.0, whole=True, log=True), u) for u in grid]
    assert min(log) == 1 and max(log) == 8 and log == sorted(log)
    assert [value_at(Factor(values=(3, 1)), u) for u in (0.0, 0.49, 0.5, 1.0)] == [3, 3, 1, 1]


def test_a_table_is_read_from_csv_and_parquet(tmp_path):
    (tmp_path / "t.csv").write_text("labour.bonding,demand.offers_seen,enforcement.cells_chosen\n0.5,3,learned\n1.0,4,uniform\n")
    expected = (["labour.bonding", "demand.offers_seen", "enforcement.cells_chosen"], [[0.5, 3, "learned"], [1.0, 4, "uniform"]])
    assert read_table(str(tmp_path / "t.csv")) == expected
    pq.write_table(pa.table(dict(zip(expected[0], zip(*expected[1], strict=True), strict=True))), tmp_path / "t.parquet")
    assert read_table(str(tmp_path / "t.parquet")) == expected


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.txt", "a\n1\n", r"\.csv or \.parquet"),
        ("none.csv", None, "no such file"),
        ("gap.csv", "a,b\n1,2\n3,\n", "row 2 has no value in column b"),
        ("empty.csv", "a,b\n", "0 rows"),
        ("broken.parquet", "no Parquet", "cannot be read"),
    ],
)
def test_a_table_that_does_not_fit_is_named(name, content, said, tmp_path):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(ConfigurationError, match=said):
        read_table(str(tmp_path / name))
