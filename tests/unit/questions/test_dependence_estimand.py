"""The dependence estimand on made-up rows whose answer is known, and a small study."""

import numpy as np
import pytest

from experiments.commands.test import prose_of
from experiments.questions.analysis import analyse, columns_of, decide
from experiments.questions.dependence import estimand as dependence
from experiments.questions.estimand import Context
from experiments.questions.study import MAIN
from tests.studies import SMALL_WORLD, estimates_of, run_study

CONTEXT = Context(dependence.Options(draws=400))
WORLDS = 12
NOISE = np.random.Generator(np.random.PCG64(3)).normal(0.0, 0.05, WORLDS)
NOISE -= NOISE.mean()


def rows_of(**changes):
    """Columns of twelve worlds: a Provider is arrested in 2 of 1,000 days at 100 EUR, a Boss in 1 of 1,000 at 400 EUR."""
    values = dict.fromkeys(dependence.FLOWS, 0.0) | {
        "provider_days_engaged": 10_000.0, "providers_arrested": 20.0, "providers_income": 1_000_000.0,
        "bosses_running": 4_500.0, "bosses_partner": 500.0, "bosses_arrested": 5.0, "bosses_income": 2_000_000.0,
        "persons_income": 1_000_000.0, "payments": 5_000_000.0, "providers_idle": 5_000.0, "providers_other_work": 5_000.0,
        "bosses_free": 5_000.0, "providers_seen": 100.0, "bosses_served_sum": 300.0, "bosses_seen": 50.0,
        "providers_had_sum": 300.0,
    }  # fmt: skip
    rows = {f"base_{name}": np.full(WORLDS, value) for name, value in (values | changes).items()}
    rows["base_bosses_served"] = [[0.0, 20.0, 30.0, 20.0, 10.0, 10.0, 5.0, 3.0, 2.0]] * WORLDS
    rows["base_providers_arrested"] = rows["base_providers_arrested"] * (1.0 + NOISE)
    return rows | {"pair": list(range(WORLDS))}


def test_risk_for_the_money():
    found = dependence.estimate(rows_of(), CONTEXT)
    assert found.interval.estimate == pytest.approx((0.002 / 100.0) / (0.001 / 400.0)), "eight times"
    assert found.interval.low < 8.0 < found.interval.high
    roles = found.extra["roles"]
    assert roles["provider"]["arrests_per_1000_days"]["estimate"] == pytest.approx(2.0)
    assert roles["boss"]["income_per_day"]["estimate"] == pytest.approx(400.0)
    assert roles["provider"]["arrests_per_100k_eur"]["estimate"] == pytest.approx(2.0)


def test_equal_chance_and_proportional_pay_is_one():
    equal = rows_of(providers_arrested=10.0, bosses_arrested=5.0, providers_income=1_000_000.0, bosses_income=500_000.0)
    found = dependence.estimate(equal, CONTEXT)
    assert found.interval.estimate == pytest.approx(1.0) and found.interval.low < 1.0 < found.interval.high


def test_engaged_days_cancel():
    double = dependence.estimate(rows_of(provider_days_engaged=20_000.0), CONTEXT)
    assert double.interval.estimate == pytest.approx(8.0)


def test_ratios_are_of_means_not_means_of_ratios():
    uneven = rows_of()
    uneven["base_bosses_arrested"] = np.array([1.0, 9.0] * (WORLDS // 2))
    assert dependence.estimate(uneven, CONTEXT).interval.estimate == pytest.approx(8.0)


def test_without_an_arrest_or_a_day_of_work():
    assert dependence.estimate(rows_of(bosses_arrested=0.0), CONTEXT).interval.estimate == np.inf
    assert np.isnan(dependence.estimate(rows_of(bosses_arrested=0.0, providers_arrested=0.0), CONTEXT).interval.estimate)
    assert np.isnan(dependence.estimate(rows_of(providers_income=0.0), CONTEXT).interval.estimate)


def test_few_arrests_of_bosses_leave_an_interval_without_an_upper_end():
    rows = rows_of()
    rows["base_bosses_arrested"] = np.array([3.0] + [0.0] * (WORLDS - 1))
    found = dependence.estimate(rows, CONTEXT)
    assert np.isfinite(found.interval.low) and found.interval.high == np.inf


def test_how_the_work_lies():
    parts = estimates_of(dependence.estimate(rows_of(), CONTEXT).parts)
    assert parts["bosses_served"] == pytest.approx(3.0) and parts["several_served"] == pytest.approx(0.8)
    assert parts["providers_had"] == pytest.approx(6.0)
    assert parts["idle_providers"] == pytest.approx(0.25) and parts["idle_bosses"] == pytest.approx(0.5)
    assert parts["share_providers"] == pytest.approx(0.2) and parts["share_bosses"] == pytest.approx(0.4)


SMALL = (
    *SMALL_WORLD, "hypothesis=dependence", "days=150", "policy.start_day=50", "hypothesis.adapted_days=80",
    "hypothesis.options.draws=400", "n_pairs=4",
)  # fmt: skip


def test_a_small_study_end_to_end():
    study, rows = run_study(*SMALL)
    entry = analyse(study, rows)
    assert entry["pairs"] == 4 and entry["p_value"] is None and entry["window_days"] == 80
    assert entry["verdict"] == decide(study.spec, dependence.estimate(columns_of(rows, MAIN), study.context)) != "identical"
    main = columns_of(rows, MAIN)
    for world, histogram in enumerate(main["base_bosses_served"]):
        assert sum(histogram) == main["base_providers_seen"][world] > 0
        assert main["base_bosses_served_sum"][world] == main["base_providers_had_sum"][world], "pairs counted from both sides"
    assert main["base_provider_days_engaged"][0] > 0 and len(entry["curves"]) == 5
    shown = prose_of(entry)
    assert "EUR per engaged day" in shown and shown.count("enforcement.provider_arrested=") == len(entry["curves"])
