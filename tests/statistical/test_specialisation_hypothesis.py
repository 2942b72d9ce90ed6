"""The specialisation claim is a test: two parameter sets inside the ranges give the two signs, and the controls hold.

Six pairs of the smallest market each, for some 0.5 and -0.8 holders a Plan with standard errors of 0.04;
twelve for the controls, with some 0.001 and 0.9.
"""

import pytest

from experiments.questions.analysis import decide
from experiments.questions.study import MAIN
from experiments.statistics.intervals import mean_interval
from tests.studies import found_in, one_way, parts_of

pytestmark = pytest.mark.slow


def found_of(scenario, pairs, overrides=()):
    words = ["hypothesis=specialisation", "market=class", f"n_pairs={pairs}", "hypothesis.control_pairs=1", *overrides]
    return found_in(scenario, *words)


@pytest.mark.parametrize(("name", "sign"), [("long_work", 1.0), ("nobody_takes_it", -1.0)])
def test_sign_goes_both_ways(name, sign):
    _, found = found_of(MAIN, 6, one_way("specialisation", name))
    interval = mean_interval(sign * found.values)
    assert interval.low > 0.0, f"difference = {interval} under {name}"


@pytest.mark.parametrize("name", ["no_hours_limit", "planted_load"])
def test_controls_show_what_they_must(name):
    study, found = found_of(name, 12)
    assert decide(study.spec, found) in study.spec.controls[name].expected, found.interval


def test_work_is_split_where_there_is_more_of_it():
    _, found = found_of(MAIN, 12)
    assert parts_of(found.parts)["load"]["low"] > 0.1, "inside housed Plans, more appointments mean more hands"
