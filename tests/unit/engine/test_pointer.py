"""Tables as compiled rules see them: what is read and written is what Python sees, and -1 is no place in them."""

import numpy as np
import pytest

from sim.engine.compiled import INTERPRETED, phase
from sim.engine.pointer import register
from tests.worlds import run_fresh


class Small:
    """A world of two tables."""

    def __init__(self):
        self.numbers = np.arange(3.0)
        self.grid = np.arange(6).reshape(2, 3)
        self.words = np.array([self.numbers.ctypes.data, 3, self.grid.ctypes.data, 2, 3])
        self.address = self.words.ctypes.data


register(Small, "Small", (("numbers", np.float64, 1), ("grid", np.int64, 2)))


@phase
def read_one(small, k):
    """An item of a table."""
    return small.numbers[k]


@phase
def read_two(small, row, k):
    """An item of a table of two dimensions."""
    return small.grid[row, k]


@phase
def read_row(small, row):
    """The sum of a row, which is an array of its own."""
    return small.grid[row].sum()


@phase
def write_both(small, row, k, value):
    """Write an item of each."""
    small.numbers[k] = value
    small.grid[row, k] = value


@pytest.mark.parametrize("number", [int, np.int32, np.int64, np.uint8])
def test_items_are_those_of_python(number):
    small = Small()
    assert [read_one(small, number(k)) for k in range(3)] == [0.0, 1.0, 2.0]
    assert [read_two(small, number(1), number(k)) for k in range(3)] == [3, 4, 5]
    assert read_row(small, number(1)) == 12
    write_both(small, number(1), number(2), 7)
    assert small.numbers.tolist() == [0.0, 1.0, 7.0] and small.grid.tolist() == [[0, 1, 2], [3, 4, 7]]


NOWHERE = """
from tests.unit.engine.test_pointer import Small, read_one, read_row, read_two, write_both
asked = [(read_one, -1), (read_one, 3), (read_two, 0, -1), (read_two, -1, 0), (read_row, -1), (write_both, 0, -1, 7)]
for function, *arguments in asked:
    try:
        print(function.__name__, function(Small(), *arguments))
    except IndexError:
        print("refused")
"""


@pytest.mark.skipif(INTERPRETED, reason="plain Python counts from the end")
def test_nowhere_is_refused_where_bounds_are_checked():
    done = run_fresh(NOWHERE, NUMBA_BOUNDSCHECK="1")
    assert done.stdout.split() == ["refused"] * 6, done.stdout + done.stderr[-2000:]
