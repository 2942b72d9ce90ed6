"""The specialisation estimand on made-up rows whose answer is known, and a small study."""

import numpy as np
import pytest

from experiments.questions.analysis import analyse, decide
from experiments.questions.estimand import Context
from experiments.questions.specialisation import estimand as specialisation
from experiments.questions.specialisation.estimand import CLASSES, class_of, count_hands, distinct, jackknife
from experiments.questions.study import MAIN
from sim.simulation import Simulation
from sim.state.records import BY_BOSS, PLAN, SUPPLIES, TRANSPORT, VACANT, WATCH
from tests.studies import SMALL_STUDY, entry_in, estimates_of, prepared, run_study

CONTEXT = Context(specialisation.Options())
PAIRS = 5
FEW, MANY = 3, 7  # classes of volume: 5-6 and 13-16 appointments
SMALL = (*SMALL_STUDY, "hypothesis=specialisation", "market.searches_per_day=60", "n_pairs=3")


def table(days, street=False, each=None):
    """A world of each pair by class: Plan-days (all street or all housed) and holders a housed Plan."""
    one = {name: np.zeros(len(CLASSES)) for name in specialisation.TABLES}
    for row, number in days.items():
        one["street_days" if street else "housed_days"][row] = number
        if not street:
            one["holders"][row] = one["all_holders"][row] = number * each[row]
    return {name: np.tile(values, (PAIRS, 1)) for name, values in one.items()}


def rows_of(street, digital):
    rows = {}
    for arm, of in (("street", street), ("digital", digital)):
        rows |= {f"{arm}_{name}": values.tolist() for name, values in of.items()}
        rows[f"{arm}_digital_share"] = [0.0 if arm == "street" else 1.0] * PAIRS
    return rows


def test_equal_volume_takes_the_volume_out():
    street = table({FEW: 50, MANY: 50}, street=True)
    digital = table({FEW: 80, MANY: 20}, each={FEW: 1.0, MANY: 2.0})
    found = specialisation.estimate(rows_of(street, digital), CONTEXT)
    assert found.interval.estimate == pytest.approx(0.35), "one holder more at many appointments, which weigh (50 % + 20 %) / 2"
    parts = estimates_of(found.parts)
    assert parts["crude"] == pytest.approx(0.2)
    assert parts["load"] is None, "there is no housed Plan with few appointments to compare with"
    assert parts["street_against_housed"] == pytest.approx(0.35) and parts["inside_housed"] is None


def test_tasks_that_nobody_holds_are_no_hands():
    found = specialisation.estimate(rows_of(table({FEW: 50}, street=True), table({FEW: 50}, each={FEW: 0.0})), CONTEXT)
    assert found.interval.estimate == pytest.approx(-1.0)


def test_inside_housed_plans_and_the_rest_add_up():
    mixed = table({FEW: 40}, each={FEW: 1.0})
    mixed["street_days"][:, FEW] = 60.0
    digital = table({FEW: 100}, each={FEW: 1.5})
    found = specialisation.estimate(rows_of(mixed, digital), CONTEXT)
    parts = estimates_of(found.parts)
    assert parts["inside_housed"] == pytest.approx(0.7 * 0.5), "half a holder more in the 70 % of Plans housed on average"
    assert parts["inside_housed"] + parts["street_against_housed"] == pytest.approx(found.interval.estimate)
    assert found.interval.estimate == pytest.approx(0.5)


def test_volumes_of_one_world_only_are_left_out_and_counted():
    street = table({FEW: 50, MANY: 50}, street=True)
    digital = table({FEW: 100}, each={FEW: 1.2})
    found = specialisation.estimate(rows_of(street, digital), CONTEXT)
    assert found.interval.estimate == pytest.approx(0.2)
    assert found.extra["outside_common_support"] == {"street": 0.5, "digital": 0.0}


def test_no_volume_in_common_is_not_put_to_the_test():
    study, _ = prepared(*SMALL)
    found = specialisation.estimate(rows_of(table({FEW: 50}, street=True), table({MANY: 50}, each={MANY: 2.0})), CONTEXT)
    assert not found.first_stage["present"] and decide(study.spec, found) == "not applicable"


def test_pseudo_values_of_a_mean_are_the_values():
    values = np.array([1.0, 2.0, 4.0, 7.0])
    of = {"street_days": np.ones((4, 1)), "holders": values[:, None]}
    found = jackknife(lambda street, digital: float(street["holders"][0] / street["street_days"][0]), of, of)
    assert found == pytest.approx(values)


def test_pseudo_values_of_a_ratio_have_its_mean_up_to_their_bias():
    rng = np.random.Generator(np.random.PCG64(11))
    days = rng.integers(80, 120, 40).astype(float)
    holders = days * 1.3 + rng.normal(0.0, 3.0, 40)
    of = {"street_days": days[:, None], "holders": holders[:, None]}
    found = jackknife(lambda street, digital: float(street["holders"][0] / street["street_days"][0]), of, of)
    assert np.mean(found) == pytest.approx(holders.sum() / days.sum(), abs=1e-3)


def test_distinct_counts_each_provider_once():
    slots = np.array([[4, 4, 4, BY_BOSS], [4, 7, 4, VACANT], [VACANT, VACANT, VACANT, BY_BOSS], [0, 1, 2, 3]])
    assert distinct(slots).tolist() == [1, 2, 0, 4]


def test_classes_of_volume():
    assert class_of(np.array([0, 1, 2, 3, 16, 17, 24, 25, 60])).tolist() == [0, 1, 1, 2, 7, 8, 8, 9, 9]


def test_hands_of_plans():
    plans = np.zeros(3, PLAN)
    plans["slot_holder"] = VACANT
    plans["booked"] = [6, 6, 15]
    plans["kind"] = [0, 1, 2]
    for row, holders in ((1, [9, 9, VACANT, BY_BOSS, 8]), (2, [9, 8, 7, BY_BOSS, BY_BOSS])):
        plans["n_slots"][row] = 5
        plans["slot_task"][row, :5] = [0, TRANSPORT, SUPPLIES, WATCH, WATCH]
        plans["slot_holder"][row, :5] = holders
    found = count_hands(plans)
    assert found["street_days"][FEW] == 1 and found["housed_days"][FEW] == 1 and found["housed_days"][MANY] == 1
    assert found["holders"][FEW] == 1 and found["holders"][MANY] == 3
    assert found["several"].sum() == 1
    assert found["all_holders"][FEW] == 3, "two Providers, one of them on watch, and the Boss"
    assert found["all_holders"][MANY] == 5, "three Providers, the Boss and a co-Boss"
    assert found["slots"].sum() == 6 and found["vacant"].sum() == 1


def test_looking_changes_nothing_and_sees_every_plan_once():
    study, parameters = prepared(*SMALL)
    seen, unseen = (Simulation(parameters) for _ in range(2))
    kept = specialisation.observe(seen, study.windows, {"every_days": 8})
    unseen.run()
    assert seen.ledger_sha256() == unseen.ledger_sha256()
    days = list(range(*study.windows.adapted, 8))
    assert sum(kept["street_days"]) + sum(kept["housed_days"]) == unseen.world.ledger["plans_running"][days].sum()
    assert sum(kept["appointments"]) == unseen.world.ledger["encounters"][days].sum()
    assert sum(kept["street_days"]) > 0 and sum(kept["housed_days"]) > 0


def test_a_small_study_end_to_end():
    study, rows = run_study(*SMALL)
    entry = analyse(study, rows)
    assert {control["role"] for control in entry["controls"]} == {"negative", "positive"}
    assert [curve["digital_share"] for curve in entry["curves"]] == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert entry["from_mixed"]["digital_share"] == [0.25, 1.0]
    assert entry["first_stage"]["present"]

    from experiments.questions.specialisation import figures as specialisation_report

    assert list(specialisation_report.figures(study, rows, entry)) == ["holders_over_volume"]


def test_the_same_share_in_both_worlds_is_identical():
    entry = entry_in(MAIN, *SMALL, "hypothesis.arms.digital.overrides={demand.digital_share: 0.0}")
    assert entry["verdict"] == "identical" and entry["estimate"] == pytest.approx(0.0)
