"""The demand claim is a test: two parameter sets inside the ranges give the two signs, and the controls show what they must.

Twelve sets of worlds each. The effects seen (some 70 and -110 person-days per 1,000 EUR, and -50 and 70 for
the controls) are four standard errors and more from zero.
"""

import pytest

from experiments.questions.analysis import decide, find
from experiments.questions.study import MAIN
from experiments.statistics.intervals import mean_interval
from tests.studies import found_in, one_way, run_scenario

pytestmark = pytest.mark.slow
SETS = ("hypothesis=demand", "n_pairs=12", "hypothesis.control_pairs=1")


@pytest.mark.parametrize(("name", "sign"), [("demand_pays", 1.0), ("policing_pays", -1.0)])
def test_sign_goes_both_ways(name, sign):
    _, found = found_in(MAIN, *SETS, *one_way("demand", name))
    interval = mean_interval(sign * found.values)
    assert interval.low > 0.0, f"difference = {interval} under {name}"


def test_planted_campaign_is_seen():
    study, found = found_in("planted_campaign", *SETS)
    assert decide(study.spec, found) == "supported", found.interval


def test_with_excess_demand_each_client_lost_is_replaced():
    study, rows = run_scenario("latent_excess_demand", *SETS)
    searches, encounters = (
        sum(rows[f"demand_{measure}"]) / sum(rows[f"base_{measure}"]) for measure in ("searches", "encounters")
    )
    assert searches < 0.7, "the campaign is as strong as the planted one"
    assert 0.9 < encounters < 1.1, "and yet as many are served"
    found = find(study, rows)
    assert decide(study.spec, found) == "refuted", found.interval
