"""The controls of the dependence question show the verdicts they must, in the smallest market.

Thirty worlds each: the ratio is some 0.6 with a standard error of 0.1, and some 8 with one of 1.
"""

import pytest

from experiments.questions.analysis import decide
from experiments.questions.study import MAIN
from tests.studies import found_in, parts_of

pytestmark = pytest.mark.slow
WORLDS = 30


def found_of(scenario):
    words = ["hypothesis=dependence", "market=class", f"n_pairs={WORLDS}", "hypothesis.control_pairs=1"]
    return found_in(scenario, *words)


@pytest.mark.parametrize("name", ["equal_shares", "planted_risk"])
def test_controls_show_what_they_must(name):
    study, found = found_of(name)
    assert decide(study.spec, found) in study.spec.controls[name].expected, found.interval


def test_providers_serve_several_bosses_in_a_year_and_idle_half_their_days():
    _, found = found_of(MAIN)
    parts = parts_of(found.parts)
    assert parts["bosses_served"]["low"] > 1.0 and parts["several_served"]["low"] > 0.5
    assert parts["idle_providers"]["low"] > parts["idle_bosses"]["high"], "between two Plans a Provider waits longer than a Boss"
