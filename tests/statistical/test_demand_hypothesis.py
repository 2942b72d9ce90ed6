"""The demand claim is a test: two parameter sets inside the ranges give the two signs, and the controls show what they must.

Twelve sets of worlds each. The effects seen (some 70 and -110 person-days per 1,000 EUR, and -50 and 70 for
the controls) are four standard errors and more from zero.
"""

import pytest

from experiments.composition import compose, split_model
from experiments.hypotheses import MAIN, columns_of, decide, find, prepare
from experiments.lab.twins import run_worlds
from experiments.lab.verdict import mean_interval

pytestmark = pytest.mark.slow
PAIRS = 12


def study_of(overrides=()):
    parameters, rest = split_model(compose("test", ["hypothesis=demand", f"n_pairs={PAIRS}", *overrides]))
    return prepare(rest, parameters), parameters.seed


def rows_of(study, seed, scenario, pairs=PAIRS):
    tasks = [task for task in study.tasks(seed) if task.scenario == scenario]
    return columns_of([run_worlds(task) for task in tasks[:pairs]], scenario)


@pytest.mark.parametrize(("name", "sign"), [("demand_pays", 1.0), ("policing_pays", -1.0)])
def test_sign_goes_both_ways(name, sign):
    changes = compose("test", ["hypothesis=demand"])["hypothesis"]["both_ways"][name]
    study, seed = study_of(f"{key}={value}" for key, value in changes.items())
    interval = mean_interval(sign * find(study, rows_of(study, seed, MAIN)).values)
    assert interval.low > 0.0, f"difference = {interval} under {name}"


def test_planted_campaign_is_seen():
    study, seed = study_of(["hypothesis.control_pairs=1"])
    found = find(study, rows_of(study, seed, "planted_campaign"))
    assert decide(study.spec, found) == "supported", found.interval


def test_with_excess_demand_each_client_lost_is_replaced():
    study, seed = study_of(["hypothesis.control_pairs=1"])
    rows = rows_of(study, seed, "latent_excess_demand")
    searches, encounters = (
        sum(rows[f"demand_{measure}"]) / sum(rows[f"base_{measure}"]) for measure in ("searches", "encounters")
    )
    assert searches < 0.7, "the campaign is as strong as the planted one"
    assert 0.9 < encounters < 1.1, "and yet as many are served"
    found = find(study, rows)
    assert decide(study.spec, found) == "refuted", found.interval
