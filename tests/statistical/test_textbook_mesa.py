"""The product and the textbook Mesa version agree: two programs, one market, equal daily means.

The two share parameters, places and calendar and no rule. Each measure's mean over days 100 to 249
is compared by a Welch interval over independent seeds. The level is Bonferroni-corrected: if both
programs follow the same law, any change of seeds raises a false alarm in about `FALSE_ALARM` of
cases, over all measures and both configurations together. As seeds are fixed, nothing flickers.

With 20 seeds of the slow version a difference is found in nine of ten cases once it exceeds some 8 %
of encounters, 20 % of person-days in Plans and of Plans launched, 30 % of exits, 65 % of vacancies
and of Plans broken up; under the hard configuration, 30 % of Plans broken up.
"""

from __future__ import annotations

import math
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from benchmarks.core import CORE
from sim.configuration import compose
from tests.worlds import compiled_only

pytestmark = compiled_only

DAYS, BURN_IN = 250, 100
TEXTBOOK_SEEDS, PRODUCT_SEEDS = 20, 150
FALSE_ALARM = 0.01
TOLERANCE, QUIET = 0.06, 0.02  # means lie within 6 % of each other where the standard error is below 2 %
MEASURES = {  # in the product's ledger: in the textbook's day
    "in_plan": "in_plan",
    "held_between": "held_between",
    "encounters": "encounters",
    "payments": "payments",
    "plans_launched": "plans_launched",
    "slots_vacant": "slots_vacant",
    "plans_broken_up": "plans_broken_up",
    "provider_days_engaged": "providers_engaged",
    "recruited": "recruited",
    "exits": "exits",
}
CONFIGURATIONS = {
    "default": {},
    # rare events made frequent, so that police, fear, justice, tours, loans and vacancies are tried too
    "hard": {
        "enforcement.inspector_days_per_100k": 1.0,
        "demand.report_chance": 0.005,
        "labour.asked_pool": 1,
        "labour.referral_chance": 0.3,
        "labour.unfilled_supplies": 0.3,
        "market.providers": 30,
        "planning.tour_chance": 0.4,
        "planning.lend_chance": 0.4,
    },
    # the structural dials that both know, with arrests, empty roles and few offers in the street, so that each acts
    "dials": {
        "policy.start_day": 60,
        "enforcement.inspector_days_per_100k": 1.0,
        "careers.boss_entry": 1.0,
        "careers.provider_entry": 1.5,
        "entry.boss_elasticity": 2.0,
        "entry.provider_elasticity": 2.0,
        "entry.income_days": 20.0,
        "demand.channel_switch": 0.8,
        "demand.channel_drift": 0.2,
        "labour.essential": 1.0,
        "labour.asked_pool": 1,
        "labour.leave_rate": 0.3,
    },
}
WRONG = {"labour.accept_chance": 0.3}  # the control: another market must not pass for this one


def _configuration(name: str, seed: int, changed: dict):
    keys = CORE | {"days": DAYS, "burn_in": BURN_IN, "seed": seed} | CONFIGURATIONS[name] | changed
    return compose("class", overrides=keys)


def product_means(name: str, seed: int, changed: dict) -> list[float]:
    """Daily means of one world of the product after the burn-in, in the order of `MEASURES`."""
    from sim.simulation import Simulation

    run = Simulation(_configuration(name, seed, changed))
    run.run()
    return [float(run.world.ledger[measure][BURN_IN:].mean()) for measure in MEASURES]


def textbook_means(name: str, seed: int) -> list[float]:
    """The same of the textbook version."""
    from benchmarks.textbook_mesa import TextbookMarket

    run = TextbookMarket(_configuration(name, seed, {}))
    run.run(DAYS)
    return [sum(day[measure] for day in run.days[BURN_IN:]) / (DAYS - BURN_IN) for measure in MEASURES.values()]


def _product(name: str, changed: dict) -> np.ndarray:
    return np.array([product_means(name, seed, changed) for seed in range(1, PRODUCT_SEEDS + 1)])


@pytest.fixture(scope="module")
def textbook() -> dict[str, np.ndarray]:
    """Daily means of the textbook version by configuration, [seed, measure]; two processes share the work."""
    tasks = [(name, 50_000 + seed) for name in CONFIGURATIONS for seed in range(TEXTBOOK_SEEDS)]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        means = list(pool.map(textbook_means, *zip(*tasks, strict=True), chunksize=5))
    rows = iter(means)
    return {name: np.array([next(rows) for _ in range(TEXTBOOK_SEEDS)]) for name in CONFIGURATIONS}


def disagreements(product: np.ndarray, textbook: np.ndarray) -> list[str]:
    """A line for each measure whose Welch interval leaves out zero, or whose quiet means lie too far apart."""
    from scipy import stats

    level = 1.0 - FALSE_ALARM / (len(MEASURES) * len(CONFIGURATIONS))
    found = []
    for column, measure in enumerate(MEASURES):
        ours, theirs = product[:, column], textbook[:, column]
        difference = theirs.mean() - ours.mean()
        interval = stats.ttest_ind(theirs, ours, equal_var=False).confidence_interval(level)
        relative = difference / ours.mean()
        error = math.hypot(stats.sem(ours), stats.sem(theirs)) / ours.mean()
        if not interval.low <= 0.0 <= interval.high or (error < QUIET and abs(relative) > TOLERANCE):
            found.append(f"{measure}: product {ours.mean():.4g}, textbook {theirs.mean():.4g} ({relative:+.1%})")
    return found


@pytest.mark.full
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_product_and_textbook_have_equal_daily_means(name, textbook):
    assert disagreements(_product(name, {}), textbook[name]) == []


@pytest.mark.full
def test_another_market_is_told_apart(textbook):
    told = disagreements(_product("default", WRONG), textbook["default"])
    assert any(line.startswith("slots_vacant") for line in told)


def test_what_the_textbook_leaves_out_is_refused():
    from benchmarks.textbook_mesa import TextbookMarket

    with pytest.raises(ValueError, match="labour.bonding"):
        TextbookMarket(compose("class", overrides=CORE | {"labour.bonding": 0.5}))
    with pytest.raises(ValueError, match="care.beds_near"):
        TextbookMarket(compose("class", overrides=CORE | {"care.beds_near": 1.0}))
    with pytest.raises(ValueError, match="market.preset"):
        TextbookMarket(compose("france", overrides=CORE))
