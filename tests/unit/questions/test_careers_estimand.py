"""The careers estimand on made-up flows whose answer is known, and a small study."""

import numpy as np
import pytest

from experiments.questions.analysis import analyse, columns_of, decide
from experiments.questions.careers import estimand as careers
from experiments.questions.estimand import Context
from experiments.questions.study import MAIN
from sim.configuration import ConfigurationError
from sim.initialisation.attributes import DAYS_A_YEAR
from sim.parameters import Parameters
from sim.simulation import Simulation
from sim.state.records import LEFT
from tests.studies import SMALL_WORLD, estimates_of, prepared, run_study

BASE = Parameters().model_copy(update={"days": 1095})
CONTEXT = Context(careers.Options(), BASE)
WORLDS = 6


def rows_of(entered=20, risen=8, ahead=100.0, **changes):
    """Columns of alike worlds; direct entrants are 18 at entry, those who rise 21, Providers hired 18."""
    numbers = {
        "entered": entered, "entered_age": 18.0 * (entered - risen) + 21.0 * risen, "risen": risen, "risen_age": 21.0 * risen,
        "hired": 30, "hired_age": 540.0, "compared": risen, "risen_days_worked": risen * (200.0 + ahead),
        "idle_days_worked": 200.0 * risen, "compared_age": 21.0 * risen, "idle_age": 20.0 * risen,
        "risen_years_since_entry": 3.0 * risen, "promoted": risen, "taken_over": 0, "boss_days": 100.0,
        "boss_age_years": 2150.0, "provider_days": 200.0, "provider_age_years": 4000.0, "boss_days_by_year": [50.0] * 3,
        "boss_age_years_by_year": [1000.0, 1050.0, 1060.0], "provider_days_by_year": [100.0] * 3,
        "provider_age_years_by_year": [2000.0] * 3,
    } | changes  # fmt: skip
    return {f"base_{name}": [value] * WORLDS for name, value in numbers.items()}


def test_share_and_gaps():
    found = careers.estimate(rows_of(), CONTEXT)
    parts = estimates_of(found.parts)
    assert found.interval.estimate == pytest.approx(40.0)
    assert parts["age_gap"] == pytest.approx(0.4 * 3.0) and parts["age_gap_risen"] == pytest.approx(3.0)
    assert parts["age_gap_present"] == pytest.approx(1.5) and parts["older"] == pytest.approx(1.0)
    assert parts["ahead"] == pytest.approx(100.0) and parts["service"] == pytest.approx(3.0)
    assert parts["drift_boss"] == pytest.approx(0.2), "from the second year, the first full one after the policy's start"
    assert found.first_stage["present"]


def test_worlds_are_pooled_by_their_number_of_entrants():
    rows = rows_of()
    rows["base_entered"], rows["base_risen"] = [10, 90, 10, 90, 10, 90], [10, 0, 10, 0, 10, 0]
    assert careers.estimate(rows, CONTEXT).interval.estimate == pytest.approx(10.0), "a mean of ratios would say 50"


def test_rising_without_experience_is_no_career():
    assert not careers.estimate(rows_of(ahead=10.0), CONTEXT).first_stage["present"]


def test_where_nobody_rises_the_share_is_zero_and_the_rest_is_unknown():
    found = careers.estimate(rows_of(risen=0), CONTEXT)
    parts = estimates_of(found.parts)
    assert found.interval.estimate == 0.0 and found.first_stage["present"]
    assert parts["ahead"] is None and parts["age_gap_risen"] is None and parts["service"] is None


def test_where_nobody_enters_nothing_is_decided():
    found = careers.estimate(rows_of(entered=0, risen=0), CONTEXT)
    assert found.values is None and np.isnan(found.interval.estimate)
    assert found.extra["worlds_without_entry"] == WORLDS


SMALL = (*SMALL_WORLD, "hypothesis=careers", "days=600", "policy.start_day=200", "hypothesis.along={}", "n_pairs=4")


@pytest.fixture(scope="module")
def small_study():
    return run_study(*SMALL)


def test_a_small_study_end_to_end(small_study):
    study, rows = small_study
    entry = analyse(study, rows)
    assert entry["pairs"] == 4 and entry["kind"] == "test" and 0.0 <= entry["estimate"] <= 100.0
    ladder = {control["scenario"]: control["estimate"] for control in entry["controls"]}
    assert ladder["no_ladder"] == 0.0 < entry["estimate"] < ladder["planted"]


def test_counts_are_those_of_the_ledger_and_of_the_records(small_study):
    study, rows = small_study
    columns = columns_of(rows, MAIN)
    world = Simulation(study.scenarios[0].arms["base"].model_copy(update={"seed": columns["seed"][0]}))
    world.run()
    ledger, bosses = world.world.ledger[200:], world.world.bosses[: world.world.counts[0].bosses]
    promoted, taken = int(ledger["promoted"].sum()), int(ledger["taken_over_by_provider"].sum())
    assert columns["base_risen"][0] == promoted + taken == columns["base_promoted"][0] + columns["base_taken_over"][0]
    assert columns["base_entered"][0] == promoted + taken + int(ledger["bosses_entered"].sum())
    present = bosses[bosses["status"] != LEFT]
    age = (world.days - present["birth_day"]).mean() / DAYS_A_YEAR
    assert columns["base_boss_age_years"][0] / columns["base_boss_days"][0] == pytest.approx(age, abs=2.0)


def test_those_who_rise_have_the_experience_that_it_takes(small_study):
    study, rows = small_study
    columns = columns_of(rows, MAIN)
    least = study.scenarios[0].arms["base"].careers.promotion_days
    assert sum(columns["base_risen_days_worked"]) >= least * sum(columns["base_compared"])
    assert sum(columns["base_compared"]) > 0


def test_blind_promotion_is_not_put_to_the_test(small_study):
    """In so small a study the lead of the blind worlds may be anything; the rule must ask for a clear one."""
    study, _ = small_study
    found = careers.estimate(rows_of(ahead=0.0), CONTEXT)
    assert decide(study.spec, found) == "not applicable"


@pytest.mark.parametrize(("word", "named"), [("days=500", "too short"), ("entry.growth=0.1", "entry.growth=0.1")])
def test_what_does_not_fit_is_refused(word, named):
    with pytest.raises(ConfigurationError, match=named):
        prepared(*SMALL, word)
