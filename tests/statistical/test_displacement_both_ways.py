"""The displacement claim is a test: two parameter sets inside the ranges give the two signs.

Twelve pairs a set. With the effects seen (some 5 and -20 person-days a day, standard deviations of
a pair of 5 and 8) either side would fail by chance less than once in a hundred runs.
"""

import pytest

from experiments.questions.study import MAIN
from experiments.statistics.intervals import mean_interval
from tests.studies import found_in, one_way

pytestmark = pytest.mark.slow
PAIRS = 12


@pytest.mark.parametrize(("name", "sign"), [("deterrence", 1.0), ("incapacitation", -1.0)])
def test_sign_goes_both_ways(name, sign):
    _, found = found_in(MAIN, "hypothesis=displacement", f"n_pairs={PAIRS}", *one_way("displacement", name))
    interval = mean_interval(sign * found.values)
    assert interval.low > 0.0, f"D = {interval} under {name}"
