"""The evidence estimand on made-up fates whose answer is known, and a small study."""

import numpy as np
import pytest

from experiments.questions.analysis import analyse, columns_of
from experiments.questions.cohorts import incidence_by_world, pooled
from experiments.questions.estimand import EXPLOITATION_DAYS, Context
from experiments.questions.evidence import estimand as evidence
from experiments.questions.evidence.estimand import CASE_COMPLETED, LEFT_FOR_GOOD, STILL_THERE, fates
from experiments.questions.study import MAIN
from experiments.statistics.intervals import mean_if_known
from sim.configuration import ConfigurationError
from sim.simulation import Simulation
from sim.state.records import LEFT
from tests.studies import SMALL_STUDY, entry_in, estimates_of, prepared, run_study

CONTEXT = Context(evidence.Options())
HORIZON = 1095


def world(cases, left, there):
    """Fates of a cohort: days of cases, days of leaving, and how many are still there at the end."""
    return cases + left + [HORIZON] * there, [CASE_COMPLETED] * len(cases) + [LEFT_FOR_GOOD] * len(left) + [STILL_THERE] * there


def rows_of(silo, central, lost=(5e6, 0.0)):
    rows = {}
    for arm, worlds, moved in (("silo", silo, lost[0]), ("central", central, lost[1])):
        rows[f"{arm}_cohort"] = [len(times) for times, _ in worlds]
        rows[f"{arm}_exit_days"], rows[f"{arm}_exit_kinds"] = [t for t, _ in worlds], [k for _, k in worlds]
        rows |= {f"{arm}_{name}": [0.0] * len(worlds) for name in (*evidence.A_YEAR, *EXPLOITATION_DAYS, "public_cost_eur")}
        rows[f"{arm}_evidence_lost_by_moves"] = [moved] * len(worlds)
    return rows


def test_a_case_comes_before_leaving_and_who_left_has_none():
    case, gone = np.array([100, -1, -1, 40]), np.array([400, 200, -1, -1])
    days, kinds = fates(case, gone, 1000)
    assert days.tolist() == [40, 100, 200, 1000]
    assert kinds.tolist() == [CASE_COMPLETED, CASE_COMPLETED, LEFT_FOR_GOOD, STILL_THERE]


def test_gain_and_competing_exits_add_up():
    silo = [world([10], [20, 30], 7), world([], [5, 5], 8)]
    central = [world([10, 400, 1095], [30], 6), world([7], [5], 8)]
    found = evidence.estimate(rows_of(silo, central), CONTEXT)
    assert found.interval.estimate == pytest.approx(15.0), "4 of 20 against 1 of 20; a case on the last day counts"
    parts = estimates_of(found.parts)
    assert parts["share_silo"] == pytest.approx(5.0) and parts["share_central"] == pytest.approx(20.0)
    assert parts["left_silo"] == pytest.approx(20.0) and parts["left_central"] == pytest.approx(10.0)
    assert parts["times_as_many"] == pytest.approx(4.0)
    assert found.first_stage["present"]


def test_leaving_competes_and_is_not_censored():
    """Half leave before the first case: the share is of all, not of those who stayed, as by Aalen and Johansen."""
    from statsmodels.duration.survfunc import CumIncidenceRight

    times, kinds = world([50] * 2 + [700], [10] * 4, 2)
    table = incidence_by_world([times], [kinds], HORIZON, 2)
    assert table[0] == pytest.approx([3 / 9, 4 / 9])
    assert table[0] == pytest.approx([curve[-1] for curve in CumIncidenceRight(np.array(times), np.array(kinds)).cinc])


def test_one_lost_from_sight_is_refused():
    with pytest.raises(ValueError, match="lost from sight before day 1095"):
        incidence_by_world([[10, 500]], [[1, 0]], HORIZON, 2)


def test_later_cases_do_not_count_and_an_empty_cohort_weighs_nothing():
    late = [world([10, 1096], [], 2), world([], [], 0)]
    found = evidence.estimate(rows_of(late, late), CONTEXT)
    parts = estimates_of(found.parts)
    assert parts["share_silo"] == pytest.approx(25.0)
    assert found.interval.estimate == 0.0 and found.extra["empty_cohorts"] == 1


def test_nobody_at_all_decides_nothing():
    found = evidence.estimate(rows_of([world([], [], 0)] * 3, [world([], [], 0)] * 3), CONTEXT)
    assert found.values is None and np.isnan(found.interval.low)


def test_no_first_stage_where_as_much_is_lost():
    same = [world([10], [], 9)] * 4
    assert not evidence.estimate(rows_of(same, same, lost=(5e6, 4e6)), CONTEXT).first_stage["present"]


def test_pooled_is_the_ratio_of_means_with_its_spread():
    rng = np.random.Generator(np.random.PCG64(5))
    sizes = rng.integers(5, 50, 4000).astype(float)
    events = rng.binomial(sizes.astype(int), 0.3)
    values = pooled(events / sizes, sizes)
    assert values.mean() == pytest.approx(events.sum() / sizes.sum())
    binomial = np.sqrt(0.3 * 0.7 / sizes.sum())
    assert mean_if_known(values).se == pytest.approx(binomial, rel=0.1)


SMALL = (
    *SMALL_STUDY, "hypothesis=evidence", "days=160", "hypothesis.options.followed_days=120", "hypothesis.along={}",
    "enforcement.inspector_days_per_100k=2", "n_pairs=4",
)  # fmt: skip


@pytest.fixture(scope="module")
def small_study():
    return run_study(*SMALL)


def test_a_small_study_end_to_end(small_study):
    study, rows = small_study
    entry = analyse(study, rows)
    assert entry["pairs"] == 4 and entry["kind"] == "verification" and len(entry["controls"]) == 3
    assert len(entry["curves"]["days"]) == len(entry["curves"]["silo"]["estimate"])
    assert entry["curves"]["central"]["estimate"][-1] == pytest.approx(estimates_of(entry["parts"])["share_central"])


def test_the_cohort_is_one_in_both_worlds_and_sorted(small_study):
    _, rows = small_study
    for row in rows:
        assert row["silo_cohort"] == row["central_cohort"] == len(row["silo_exit_days"])
        assert row["central_exit_days"] == sorted(row["central_exit_days"])


def test_fates_are_those_of_the_records(small_study):
    """Against a world run by hand: who has left or has a case at the end, and how many are there."""
    study, rows = small_study
    row = columns_of(rows, MAIN)
    parameters = study.scenarios[0].arms["silo"].model_copy(update={"seed": row["seed"][0]})
    world_ = Simulation(parameters)
    world_.run(40)
    bosses = world_.world.bosses[: world_.world.counts[0].bosses]
    cohort = np.flatnonzero((bosses["status"] != LEFT) & (bosses["case_day"] < 0))
    world_.run()
    last = world_.world.bosses[cohort]
    case = last["case_day"] >= 0
    expected = [int(case.sum()), int((~case & (last["status"] == LEFT)).sum())]
    assert [row["silo_exit_kinds"][0].count(kind) for kind in (CASE_COMPLETED, LEFT_FOR_GOOD)] == expected
    assert row["silo_cohort"][0] == cohort.size


def test_zero_intensity_is_identical():
    nothing = "hypothesis.arms.central.levers.central_intelligence.intensity=0"
    assert entry_in(MAIN, *SMALL, nothing, "n_pairs=2")["verdict"] == "identical"


def test_too_short_a_world_is_refused():
    with pytest.raises(ConfigurationError, match="the cohort is followed to day 160"):
        prepared(*SMALL, "days=150")
