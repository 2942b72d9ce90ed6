"""Dates in the place of days of a policy: what day each is, in every way it can be given, and one line for one that cannot be."""

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from experiments import api
from experiments.comparison.plan import plan_comparison
from experiments.configuration.composition import compose as compose_words
from experiments.configuration.composition import split_model
from experiments.questions.study import prepare
from experiments.sweeps.plan import plan_sweep
from sim.configuration import ConfigurationError, compose
from sim.market import Market
from tests.sweep_worlds import say

SMALL = ["market=class", "market.clients=150", "days=300", "burn_in=5"]
LEVER = "policy.levers.venue_inspection"
FILE = "levers:\n  venue_inspection: {intensity: 5, start: 2021-04-04, end: 2021-05-04}\n"
DAYS = (90, 120)  # of 2021-04-04 and 2021-05-04, where 2021-01-04 is day 0


def days_of(parameters):
    lever = parameters.policy.levers["venue_inspection"]
    return lever.start, lever.end


@pytest.mark.parametrize("date", ["2021-04-04", dt.date(2021, 4, 4), np.datetime64("2021-04-04"), 90])
def test_a_date_is_the_day_of_the_calendar(date):
    overrides = {f"{LEVER}.start": date, "policy.start_day": date}
    parameters = compose("class", overrides=overrides)
    assert days_of(parameters)[0] == parameters.policy.start_day == 90
    assert days_of(compose("class", overrides=overrides | {"start": "2021-03-05"}))[0] == (90 if date == 90 else 30)


def test_the_command_line_and_its_result_have_days(capsys, tmp_path):
    words = [*SMALL, f"{LEVER}.intensity=5", "policy.start_day=2021-04-04", f"{LEVER}.end=2021-05-04"]
    tree = compose_words("config", words)
    numbers = [*SMALL, f"{LEVER}.intensity=5", "policy.start_day=90", f"{LEVER}.end=120"]
    assert tree["policy"] == compose_words("config", numbers)["policy"]
    status, out, err = say(capsys, "run", *words, "--quiet", "--output", str(tmp_path))
    assert status == 0 and "days 90 to 299 (2021-04-04 to 2021-10-30), from the policy's start" in out, err


def test_a_lever_is_in_force_from_the_first_date_up_to_the_second():
    market = Market("class", overrides={"days": 130, "burn_in": 5, "market.clients": 150, f"{LEVER}.intensity": 5,
                                        f"{LEVER}.start": "2021-04-04", f"{LEVER}.end": "2021-05-04"})  # fmt: skip
    market.run()
    spent = np.flatnonzero(market.world.public_cost[:130].sum(axis=1))
    assert (spent.min(), spent.max() + 1) == DAYS


def test_files_have_dates_wherever_policies_may_stand(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(FILE)
    assert days_of(split_model(compose_words("config", [*SMALL, "policy=./mine.yaml"]))[0]) == DAYS
    assert days_of(compose("class", "./mine.yaml")) == DAYS

    plan = plan_comparison(compose_words("compare", [*SMALL, "policies=[none,./mine.yaml]", "n_pairs=2", "policy.start_day=200"]))
    assert plan.start == DAYS[0]
    for arm in ("./mine.yaml", "{name: a, levers: {venue_inspection: {intensity: 5, start: 2021-04-04}}}"):
        words = [*SMALL, f"sweep.arms=[none,{arm}]", "sweep.replicates=2"]
        assert plan_sweep(compose_words("sweep", words)).window()["first_day"] == DAYS[0]
    words = ["hypothesis=displacement", *SMALL, "policy.start_day=90", "hypothesis.transient_days=20",
             "hypothesis.adapted_days=60", "hypothesis.arms.treated.levers.venue_inspection.start=2021-04-04"]  # fmt: skip
    parameters, rest = split_model(compose_words("test", words))
    assert prepare(rest, parameters).scenarios[0].arms["treated"].policy.levers["venue_inspection"].start == DAYS[0]


@pytest.mark.parametrize(
    ("key", "date", "told"),
    [
        (f"{LEVER}.start", "2021-02-30", "there is no such date"),
        (f"{LEVER}.end", "2021-13-01", "there is no such date"),
        (f"{LEVER}.start", "2020-12-31", "before the first day of the run, 2021-01-04"),
        (f"{LEVER}.end", "2020-12-31", "before the first day of the run, 2021-01-04"),
        (f"{LEVER}.start", "2021-10-31", "after the last day of the run, 2021-10-30; it is day 300"),
        ("policy.start_day", "2030-01-01", "after the last day of the run, 2021-10-30; it is day 3284"),
        (f"{LEVER}.start", "4.4.2021", "neither a day nor a date; write it like 2021-07-20"),
        (f"{LEVER}.start", "2021-4-4", "neither a day nor a date"),
        (f"{LEVER}.start", "April", "neither a day nor a date"),
    ],
)
def test_another_date_is_refused_in_a_line_that_names_it(key, date, told, capsys, tmp_path):
    status, out, err = say(capsys, "run", *SMALL, f"{LEVER}.intensity=5", f"{key}={date}", "--output", str(tmp_path))
    assert (status, out, err.count("\n")) == (2, "", 1) and not list(tmp_path.iterdir())
    assert err.startswith(f"plansim: {key}=") and date in err and told in err, err
    with pytest.raises(ConfigurationError, match="date|day"):
        compose("class", overrides={"days": 300, "burn_in": 5, f"{LEVER}.intensity": 5, key: date})


def test_a_file_with_an_impossible_date_is_named(tmp_path, capsys):
    (tmp_path / "mine.yaml").write_text(FILE.replace("2021-04-04", "2021-04-31"))
    status, _, err = say(capsys, "run", *SMALL, f"policy={tmp_path}/mine.yaml", "--output", str(tmp_path))
    assert status == 2 and "mine.yaml: levers.venue_inspection.start=2021-04-31: there is no such date" in err


def test_an_end_after_the_run_is_that_of_the_run():
    assert days_of(compose("class", overrides={"days": 300, f"{LEVER}.end": "2022-01-04"}))[1] == 365


def test_a_start_of_the_run_that_is_none_is_named_itself():
    with pytest.raises(ConfigurationError, match="start='soon'"):
        compose("class", overrides={"start": "soon", "policy.start_day": "2021-04-04"})


@pytest.mark.parametrize("date", [dt.date(2021, 4, 4), np.datetime64("2021-04-04"), "2021-04-04"])
def test_experiments_in_python_take_dates_of_any_library(date, tmp_path):
    settings = {"days": 150, "burn_in": 5, "market.clients": 150, "policy.start_day": date}
    done = api.run("class", "prevention", output=tmp_path, overrides=settings)
    assert done.summary["window"]["first_day"] == DAYS[0]
