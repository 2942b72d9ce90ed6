"""The demand estimand on made-up rows whose answer is known, and a small study."""

import dataclasses

import numpy as np
import pytest

from experiments.configuration.composition import compose, split_model
from experiments.execution.chunks import world_seed
from experiments.questions.analysis import analyse, columns_of, decide, entry_of
from experiments.questions.demand import estimand as demand
from experiments.questions.estimand import Context
from experiments.questions.study import MAIN, prepare
from experiments.questions.twins import run_worlds
from tests.studies import SMALL_STUDY, estimates_of, prepared

CONTEXT = Context(demand.Options(exploitation="under_control"))
PAIRS = 6
NOISE = np.random.Generator(np.random.PCG64(5)).normal(0.0, 0.01, PAIRS)


def rows_of(**changes):
    """Columns of six sets of worlds: 50 person-days, 90 searches; either policy costs 100 EUR a day.

    `changes`: by `ARM_MEASURE`, what a measure is instead.
    """
    rows = {}
    for arm in demand.ARMS:
        for measure in demand.KEPT:
            rows[f"{arm}_{measure}"] = np.zeros(PAIRS)
        rows |= {f"{arm}_{name}": np.full(PAIRS, value) for name, value in (
            ("searches", 90.0), ("in_plan", 30.0), ("held_between", 20.0), ("encounters", 60.0),
            ("minors_in_plan", 30.0), ("input_eur", 0.0 if arm == "base" else 100.0), ("campaign_eur", 0.0),
            ("case_building_eur", 0.0), ("public_cost_eur", 0.0), ("campaign_effect", 0.25), ("yield_factor", 0.0204),
        )}  # fmt: skip
        rows[f"{arm}_exploited_by_year"] = [[50.0, 50.0]] * PAIRS
    rows["demand_searches"] = 80.0 + NOISE
    return rows | {name: np.full(PAIRS, value) + (NOISE if "searches" in name else 0.0) for name, value in changes.items()}


def test_person_days_a_thousand_euro():
    found = demand.estimate(rows_of(demand_held_between=15.0, supply_held_between=10.0), CONTEXT)
    assert found.interval.estimate == pytest.approx(-50.0), "5 and 10 person-days a day avoided for 100 EUR a day"
    assert found.first_stage["present"]
    parts = estimates_of(found.parts)
    assert parts["avoided_demand"] == pytest.approx(50.0) and parts["avoided_supply"] == pytest.approx(100.0)


def test_where_the_person_is_adds_up_to_the_difference():
    by_demand = {"demand_in_plan": 20.0, "demand_held_between": 25.0}
    by_supply = {"supply_in_plan": 27.0, "supply_held_between": 19.0}
    found = demand.estimate(rows_of(**by_demand, **by_supply), CONTEXT)
    parts = estimates_of(found.parts)
    assert parts["in_plan"] == pytest.approx(70.0) and parts["held_between"] == pytest.approx(-60.0)
    assert parts["in_plan"] + parts["held_between"] + parts["held_outside"] == pytest.approx(found.interval.estimate)


def test_the_measure_of_exploitation_says_which_days_held_count():
    """Of 10 person-days that the supply policy turns into days held, a measure sees all, those of a week or none."""
    rows = rows_of(supply_in_plan=20.0, supply_held_between=30.0, supply_held_between_briefly=4.0, supply_minors_in_plan=25.0)
    found = {}
    for measure in ("in_plan", "in_spell", "under_control"):
        found[measure] = demand.estimate(rows, Context(demand.Options(exploitation=measure)))
    assert [one.interval.estimate for one in found.values()] == pytest.approx([-100.0, -60.0, 0.0])
    assert all(estimates_of(one.parts)["minors"] == pytest.approx(-50.0) for one in found.values())


def test_unequal_cost_is_not_the_claim():
    equal = demand.estimate(rows_of(supply_input_eur=100.9), CONTEXT)
    unequal = demand.estimate(rows_of(supply_input_eur=102.0), CONTEXT)
    assert equal.first_stage["present"] and equal.first_stage["costs_matched"]
    assert not unequal.first_stage["present"] and not unequal.first_stage["costs_matched"]


def test_without_fewer_searches_demand_was_not_acted_on():
    assert not demand.estimate(rows_of(demand_searches=89.5), CONTEXT).first_stage["present"]


def test_what_has_no_price_stands_apart():
    found = demand.estimate(rows_of(demand_fine_revenue=5000.0, supply_bosses_prison=3.0, supply_providers_prison=2.0), CONTEXT)
    parts = estimates_of(found.parts)
    assert parts["fine_revenue_demand"] == pytest.approx(50.0) and parts["fine_revenue_supply"] == pytest.approx(0.0)
    assert parts["prison_supply"] == pytest.approx(5.0) and parts["prison_demand"] == pytest.approx(0.0)
    assert found.interval.estimate == pytest.approx(0.0), "neither fines nor prison are set against the cost"


def test_co_primary_is_a_difference_of_ratios_of_means():
    columns = {"demand_encounters": np.array([10.0, 50.0]), "demand_in_plan": np.array([10.0, 20.0]),
               "supply_encounters": np.array([30.0, 30.0]), "supply_in_plan": np.array([10.0, 10.0])}  # fmt: skip
    assert demand.encounters_per_person_day(columns) == pytest.approx(2.0 - 3.0)


def test_break_even_is_where_the_line_crosses_zero():
    surface = [
        {"campaign_effect": effect, "yield": 1.0, "estimate": y, "low": y - 10.0, "high": y + 10.0}
        for effect, y in ((0.0, -20.0), (0.5, 0.0), (1.0, 20.0))
    ] + [{"campaign_effect": effect, "yield": 2.0, "estimate": -9.0, "low": -10.0, "high": -8.0} for effect in (0.0, 1.0)]
    crossed, never = demand.break_even(surface)
    assert crossed["estimate"] == pytest.approx(0.5)
    assert crossed["from"] == pytest.approx(0.25) and crossed["to"] == pytest.approx(0.75)
    assert crossed["better"] is None
    assert never["estimate"] is None and never["better"] == "supply"


SMALL = (
    *SMALL_STUDY, "hypothesis=demand", "n_pairs=2", "hypothesis.arms.demand.budget=3000", "hypothesis.arms.supply.budget=3000"
)  # fmt: skip
CURVES_KEPT = ("surface[", "splits_250[")


@pytest.fixture(scope="module")
def small_study():
    """The main comparison, the controls and some points of the curves: all have the same form."""
    study, parameters = prepared(*SMALL)
    kept = tuple(s for s in study.scenarios if s.role != "along" or s.name.startswith(CURVES_KEPT))
    study = dataclasses.replace(study, scenarios=kept)
    return study, [run_worlds(task) for task in study.tasks(parameters.seed)]


def test_a_small_study_end_to_end(small_study):
    study, rows = small_study
    entry = analyse(study, rows)
    assert {control["role"] for control in entry["controls"]} == {"negative", "positive"}
    assert entry["co_primary"]["verdict"] in ("supported", "refuted", "undecided")
    assert {point["yield"] for point in entry["surface"]} == {0.25, 1.0, 4.0, 15.98, 49.02} and len(entry["surface"]) == 25
    assert {round(point["budget_eur"], -3) for point in entry["splits"]} == {250_000} and len(entry["splits"]) == 9
    assert len({round(point["campaign_share"], 2) for point in entry["splits"]}) == 3


def test_figures_of_a_small_study(small_study):
    from experiments.questions.demand import figures as demand_report

    study, rows = small_study
    drawn = demand_report.figures(study, rows, analyse(study, rows))
    assert next(iter(drawn)) == "break_even_surface" and "budgets_and_splits" in drawn


def test_levers_cost_what_the_budget_says_on_pilot_seeds(small_study):
    study, _ = small_study
    task = study.tasks(1)[0]
    for n in range(3):
        seed = world_seed(1, n, "pilot")
        row = run_worlds(dataclasses.replace(task, pair=n, seed=seed))
        for arm in demand.POLICIES:
            assert row[f"{arm}_public_cost_eur"] == pytest.approx(3000.0, rel=0.01)
        assert row["base_public_cost_eur"] == 0.0


def test_zero_intensity_is_identical():
    levers = ("demand.levers.demand_campaign", "demand.levers.client_fines", "demand.levers.awareness_courses",
              "supply.levers.venue_inspection", "supply.levers.case_building")  # fmt: skip
    off = [f"hypothesis.arms.{lever}.intensity=0" for lever in levers]
    unscaled = ("hypothesis.arms.demand.budget=null", "hypothesis.arms.supply.budget=null")
    parameters, rest = split_model(compose("test", [*SMALL, *off, *unscaled]))
    rest["hypothesis"] |= {"along": {}, "controls": {}}  # with budgets of their own, which nothing could meet
    study = prepare(rest, parameters)
    main = columns_of([run_worlds(task) for task in study.tasks(parameters.seed)], MAIN)
    assert main["base_sha256"] == main["demand_sha256"] == main["supply_sha256"]
    entry = entry_of(study, study.scenarios[0], main)
    assert entry["verdict"] == "identical" and entry["estimate"] == 0.0


def test_a_refuted_claim_reads_below_zero():
    study, _ = prepared(*SMALL)
    rows = rows_of(supply_in_plan=20.0)
    rows["supply_in_plan"] = rows["supply_in_plan"] + NOISE
    assert decide(study.spec, demand.estimate(rows, CONTEXT)) == "refuted"
