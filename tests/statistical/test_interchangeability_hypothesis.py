"""The interchangeability claim is a test: two parameter sets inside the ranges give the two signs, and the controls hold.

In the smallest market. Forty pairs for some 6 and -4.6 person-days a day with standard errors of 1.2 and 1.0 (pilot
seeds), and for the planted effect, some 7 with a standard error of 1.2; sixty for what must not come out supported.
"""

import functools

import pytest

from experiments.questions.analysis import decide
from experiments.questions.study import MAIN
from experiments.statistics.intervals import mean_interval
from tests.studies import estimates_of, found_in, one_way

pytestmark = pytest.mark.slow


@functools.cache
def found_of(scenario, pairs, overrides=()):
    words = ["hypothesis=interchangeability", "market=class", f"n_pairs={pairs}", "hypothesis.control_pairs=1", *overrides]
    return found_in(scenario, *words)


@pytest.mark.parametrize(("name", "sign"), [("anybody_steps_in", 1.0), ("watch_holds_the_market", -1.0)])
def test_sign_goes_both_ways(name, sign):
    _, found = found_of(MAIN, 40, tuple(one_way("interchangeability", name)))
    interval = mean_interval(sign * found.values)
    assert interval.low > 0.0, f"difference = {interval} under {name}"


@pytest.mark.parametrize(("name", "pairs"), [("bonded_and_essential", 60), ("planted_boss", 40)])
def test_controls_show_what_they_must(name, pairs):
    study, found = found_of(name, pairs)
    assert decide(study.spec, found) in study.spec.controls[name].expected, found.interval


def test_bonding_makes_a_provider_hard_to_replace():
    """The negative control's world without its bonding: a fifth of the Providers then weighs less beside the Bosses."""
    _, bonded = found_of("bonded_and_essential", 60)
    essential = "bonding_where_tasks_are_essential[labour.bonding=0.0]"
    _, free = found_of(essential, 60, ("hypothesis.along.bonding_where_tasks_are_essential.pairs=1",))
    shares = [estimates_of(found.parts)["share_of_bosses"] for found in (free, bonded)]
    assert shares[0] + 0.1 < shares[1], shares
