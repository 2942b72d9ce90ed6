"""The protection estimand on made-up fates whose contrasts are known, and a small study."""

import numpy as np
import pytest

from experiments.questions.analysis import analyse
from experiments.questions.estimand import Context
from experiments.questions.protection import estimand as protection
from experiments.questions.protection.estimand import (
    ARMS,
    ELSEWHERE,
    IN_A_BED,
    LEVELS,
    ON_THEIR_OWN,
    OUT_FOR_GOOD,
    OUT_LESS,
    contrast,
    fates,
)
from experiments.questions.study import MAIN
from sim.configuration import ConfigurationError
from sim.state.records import AT_RISK, BETWEEN, IN_CARE, IN_PLAN, INDEPENDENT, OUT
from tests.studies import SMALL_STUDY, entry_in, estimates_of, prepared, run_scenario, run_study

CONTEXT = Context(protection.Options())
SETS, PERSONS, MINORS = 5, 100, 40


def rows_of(lasting, minors=None):
    """Columns of alike sets: how many of a hundred are out for a year in each arm, given its levels."""
    rows = {}
    for arm, levels in LEVELS.items():
        out = lasting(*levels)
        young = out if minors is None else minors(*levels)
        for whose, number, of in (("", out, PERSONS), ("minor_", young, MINORS)):
            rows[f"{arm}_{whose}exit_days"] = [[400] * number + [1095] * (of - number)] * SETS
            others = [IN_A_BED] * 2 + [ELSEWHERE] * (of - number - 2)
            rows[f"{arm}_{whose}exit_kinds"] = [[OUT_FOR_GOOD] * number + others] * SETS
        rows[f"{arm}_cohort"], rows[f"{arm}_cohort_minors"] = [PERSONS] * SETS, [MINORS] * SETS
        rows |= {f"{arm}_{name}": [0.0] * SETS for name in (*protection.KEPT, "public_cost_eur")}
        rows[f"{arm}_accompanied"] = [100.0 + 200.0 * levels[0]] * SETS
        rows[f"{arm}_placed_distant"] = [10.0 * levels[1]] * SETS
    return rows


def test_contrasts_on_the_additive_scale():
    found = protection.estimate(rows_of(lambda o, d, u: 20 + 5 * o + 3 * d + 2 * u + 4 * o * d - 6 * o * u), CONTEXT)
    parts = estimates_of(found.parts)
    assert parts["outreach"] == pytest.approx(5 + 4 / 2 - 6 / 2)
    assert parts["distant"] == pytest.approx(3 + 4 / 2)
    assert parts["undercover"] == pytest.approx(2 - 6 / 2)
    assert parts["outreach_distant"] == pytest.approx(4.0)
    assert parts["outreach_undercover"] == pytest.approx(-6.0), "inquiry undoes outreach"
    assert parts["distant_undercover"] == pytest.approx(0.0) and parts["all_three"] == pytest.approx(0.0)
    assert found.interval.estimate == pytest.approx(5 + 3 + 4 - 6 / 2)
    assert found.interval.estimate == pytest.approx(parts["outreach"] + parts["distant"]), "the sum of two main effects"
    assert np.mean(found.treated - found.base) == pytest.approx(found.interval.estimate)
    assert found.first_stage["present"]


def test_an_interaction_of_three():
    by_arm = {arm: np.full(2, float(np.prod(levels))) for arm, levels in LEVELS.items()}
    assert contrast(by_arm, "outreach", "distant", "undercover") == pytest.approx(1.0)
    assert contrast(by_arm, "outreach", "distant") == pytest.approx(0.5)
    assert contrast(by_arm, "outreach") == pytest.approx(0.25)


def test_minors_apart():
    found = protection.estimate(rows_of(lambda o, d, u: 20, minors=lambda o, d, u: 10 + 4 * o), CONTEXT)
    parts = estimates_of(found.parts)
    assert found.interval.estimate == 0.0
    assert parts["minors"] == pytest.approx(10.0) == parts["minors_outreach"] and parts["minors_distant"] == 0.0


def test_fates_partition_the_cohort():
    status = np.array([OUT, OUT, IN_CARE, INDEPENDENT, IN_PLAN, AT_RISK, BETWEEN])
    days, kinds = fates(status, np.array([500, -1, -1, -1, -1, -1, -1]), 1095)
    assert kinds.tolist() == [OUT_FOR_GOOD, OUT_LESS, IN_A_BED, ON_THEIR_OWN, ELSEWHERE, ELSEWHERE, ELSEWHERE]
    assert days.tolist() == [500] + [1095] * 6


def test_no_first_stage_without_more_company():
    rows = rows_of(lambda o, d, u: 20 + o)
    for arm in ARMS:
        rows[f"{arm}_accompanied"] = [100.0] * SETS
    assert not protection.estimate(rows, CONTEXT).first_stage["present"]


SMALL = (
    *SMALL_STUDY, "hypothesis=protection", "days=540", "hypothesis.options.followed_days=500", "hypothesis.along={}",
    "hypothesis.controls={}", "n_pairs=3",
)  # fmt: skip


@pytest.fixture(scope="module")
def small_study():
    return run_study(*SMALL)


def test_a_small_study_end_to_end(small_study):
    study, rows = small_study
    entry = analyse(study, rows)
    assert entry["pairs"] == 3 and len(entry["arms"]) == 8
    for arm in entry["arms"]:
        assert arm["lasting_percent"] == pytest.approx(arm["estimate"]) and 0.0 <= arm["estimate"] <= 100.0
    assert next(arm for arm in entry["arms"] if arm["arm"] == "base")["gain"] == 0.0


def test_the_cohort_is_one_in_all_worlds_and_no_exit_is_lasting_within_a_year(small_study):
    _, rows = small_study
    for row in rows:
        for arm in ARMS:
            days, kinds = row[f"{arm}_exit_days"], row[f"{arm}_exit_kinds"]
            assert len(days) == len(kinds) == row["base_cohort"] > 0
            assert days == sorted(days) and len(row[f"{arm}_minor_exit_days"]) == row["base_cohort_minors"]
            assert all(365 <= day <= 500 for day, kind in zip(days, kinds, strict=True) if kind == OUT_FOR_GOOD)


def test_beds_are_as_many_in_all_arms(small_study):
    _, rows = small_study
    for row in rows:
        beds = {arm: row[f"{arm}_beds_near"] + row[f"{arm}_beds_distant"] for arm in ARMS}
        assert len(set(beds.values())) == 1, beds
        assert row["distant_beds_distant"] > row["base_beds_distant"]


def test_who_is_out_for_a_year_is_the_same_at_whatever_interval_one_looks():
    found = []
    for interval in (1, 28, 182):
        _, rows = run_scenario(MAIN, *SMALL, "n_pairs=2", f"+hypothesis.options.look_days={interval}")
        found.append([(rows[f"{arm}_exit_days"], rows[f"{arm}_exit_kinds"]) for arm in ARMS])
    assert found[0] == found[1] == found[2]


def test_arms_that_do_nothing_are_identical():
    words = ["n_pairs=2"]
    for arm, levels in LEVELS.items():
        names = [("outreach_street", 0), ("outreach_personal", 0), ("first_reception", 0), ("online_inquiry", 2)]
        words += [f"hypothesis.arms.{arm}.levers.{name}.intensity=0" for name, factor in names if levels[factor]]
        words.append(f"hypothesis.arms.{arm}.levers.{'beds_distant' if levels[1] else 'beds_near'}.intensity=0")
    assert entry_in(MAIN, *SMALL, *words)["verdict"] == "identical"


def test_too_short_a_world_is_refused():
    with pytest.raises(ConfigurationError, match="followed to day 540"):
        prepared(*SMALL, "days=530")
