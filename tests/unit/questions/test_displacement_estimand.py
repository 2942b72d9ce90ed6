"""The displacement estimand on made-up rows whose answer is known."""

import numpy as np
import pytest

from experiments.questions.analysis import analyse, columns_of, entry_of
from experiments.questions.displacement import estimand as displacement
from experiments.questions.field_evaluator import field_view
from experiments.questions.places import Geography
from experiments.questions.study import MAIN
from experiments.statistics.verdict import variance_reduction
from tests.studies import SMALL_STUDY, estimates_of, run_scenario, run_study

Z, TARGET, HOTEL = 4, 1, 1
GEOGRAPHY = Geography(
    ["a", "b", "c", "d"], np.abs(np.subtract.outer([0.0, 10.0, 30.0, 60.0], [0.0, 10.0, 30.0, 60.0])), TARGET, HOTEL
)
CONTEXT = displacement.DisplacementContext(displacement.Options(exploitation="under_control"), geography=GEOGRAPHY)


def rows_of(base, treated, held=(0.0, 0.0), outside=(0.0, 0.0)):
    """Columns of pairs: cells float[pairs, 16] of both arms, and totals apart."""
    rows = {}
    for arm, cells, h, o in (("base", base, held[0], outside[0]), ("treated", treated, held[1], outside[1])):
        for window in ("before", "transient", "adapted", "season_after"):
            rows[f"{arm}_cells_{window}"] = cells.tolist()
            rows[f"{arm}_held_between_{window}"] = [h] * len(cells)
            rows[f"{arm}_held_outside_{window}"] = [o] * len(cells)
            rows[f"{arm}_held_between_briefly_{window}"] = [0.5 * h] * len(cells)
            rows[f"{arm}_held_outside_briefly_{window}"] = [0.0] * len(cells)
        rows[f"{arm}_public_cost_eur"] = [0.0] * len(cells)
    return rows


@pytest.fixture
def level():
    """Ten pairs around ten person-days a day in each cell."""
    noise = np.random.Generator(np.random.PCG64(7)).normal(0.0, 0.1, (10, Z * 4))
    return 10.0 + noise


def test_masks_partition_the_cells():
    together = sum(mask.astype(int) for mask in GEOGRAPHY.masks().values())
    assert (together == 1).all()


def test_what_moves_and_what_is_removed(level):
    treated = level.copy()
    treated[:, TARGET * 4 + HOTEL] -= 6.0
    treated[:, TARGET * 4] += 1.0  # same territory, other kind
    treated[:, HOTEL] += 2.0  # other territory, same kind
    found = displacement.estimate(rows_of(level, treated, held=(5.0, 5.5)), CONTEXT)
    parts = estimates_of(found.parts)
    assert parts["target"] == pytest.approx(-6.0)
    assert parts["same_territory_other_kind"] == pytest.approx(1.0)
    assert parts["other_territory_same_kind"] == pytest.approx(2.0)
    assert parts["later_days"] == pytest.approx(0.5)
    assert parts["removed"] == pytest.approx(2.5), "what is found nowhere was removed"
    assert np.mean(found.values) == pytest.approx(3.5 - 3.0)
    assert found.first_stage["present"] and found.extra["displaced_share"]["estimate"] == pytest.approx(3.5 / 6.0)


@pytest.mark.parametrize("measure, later, left", [("in_plan", 0.0, 0.0), ("in_spell", 1.0, 0.0), ("under_control", 2.0, 3.0)])
def test_days_held_are_a_form_as_far_as_the_measure_counts_them(level, measure, later, left):
    context = displacement.DisplacementContext(displacement.Options(exploitation=measure), geography=GEOGRAPHY)
    treated = level.copy()
    treated[:, TARGET * 4 + HOTEL] -= 6.0
    found = displacement.estimate(rows_of(level, treated, held=(5.0, 7.0), outside=(1.0, 4.0)), context)
    parts = estimates_of(found.parts)
    assert parts["later_days"] == pytest.approx(later) and parts["left_region"] == pytest.approx(left)
    assert found.interval.estimate == pytest.approx(later + left - 3.0) and parts["removed"] == pytest.approx(6.0 - later - left)


def test_no_first_stage_no_share(level):
    treated = level.copy()
    treated[:, TARGET * 4 + HOTEL] -= 0.5
    found = displacement.estimate(rows_of(level, treated), CONTEXT)
    assert not found.first_stage["present"] and found.extra["displaced_share"] is None


def test_proportional_reallocation_conserves_and_has_no_excess_when_it_is_all(level):
    level = np.full_like(level, 10.0)
    treated = level.copy()
    treated[:, TARGET * 4 + HOTEL] -= 6.0
    others = ~GEOGRAPHY.masks()["target"]
    treated[:, others] += 6.0 / others.sum()
    found = displacement.estimate(rows_of(level, treated), CONTEXT)
    assert sum(row["proportional"] for row in found.extra["proportional_reallocation"]) == pytest.approx(6.0)
    for row in found.extra["proportional_reallocation"]:
        assert row["excess"] == pytest.approx(0.0, abs=1e-9)


def test_gradient_falls_with_distance(level):
    treated = level.copy()
    for place, gain in ((0, 2.0), (2, 1.0), (3, 0.1)):
        treated[:, place * 4 + HOTEL] += gain
    gradient = displacement.gradient_with_distance(rows_of(level, treated), GEOGRAPHY)
    assert gradient["slope_percent_per_km"]["high"] < 0.0
    assert gradient["km"] == [10.0, 0.0, 20.0, 50.0]


def test_field_view_has_no_bias_when_before_is_the_twin(level):
    treated = level.copy()
    treated[:, TARGET * 4 + HOTEL] -= 6.0
    rows = rows_of(level, treated)
    rows["treated_cells_before"] = level.tolist()
    for row in field_view(rows, GEOGRAPHY, 100):
        assert row["undefined"] == 0
        assert row["bias_low"] <= 0.0 <= row["bias_high"]
        assert abs(row["bias"]) < 0.05 * abs(row["twin_truth"]) + 20.0


def test_field_view_is_fooled_by_a_trend_the_control_does_not_share(level):
    rows = rows_of(level, level.copy())
    earlier = level.copy()
    earlier[:, TARGET * 4 + HOTEL] += 3.0  # the target falls by itself, without any policy
    rows["treated_cells_before"] = earlier.tolist()
    differences = [r for r in field_view(rows, GEOGRAPHY, 100) if r["statistic"].startswith("WDD")]
    assert all(row["bias_high"] < -200.0 for row in differences)


def test_pairing_by_seed_is_what_reduces_the_variance():
    shared = np.random.Generator(np.random.PCG64(3)).normal(0.0, 10.0, 200)
    own = np.random.Generator(np.random.PCG64(4)).normal(0.0, 1.0, 200)
    assert variance_reduction(shared, shared + own) > 50.0


SMALL = (*SMALL_STUDY, "hypothesis=displacement", "n_pairs=4")


@pytest.fixture(scope="module")
def small_study():
    return run_study(*SMALL)


def test_a_small_study_end_to_end(small_study):
    study, rows = small_study
    entry = analyse(study, rows)
    assert entry["pairs"] == 4 and len(entry["controls"]) == 4
    assert {control["role"] for control in entry["controls"]} == {"negative", "positive"}
    changes = estimates_of(entry["parts"])
    forms = sum(changes[name] for name, _ in displacement.FORMS)
    assert changes["target"] + forms + changes["removed"] == pytest.approx(0.0, abs=1e-9)


def test_before_the_policy_twins_are_one(small_study):
    _, rows = small_study
    for row in rows:
        assert row["base_cells_before"] == row["treated_cells_before"]


def test_controls_share_the_seeds_of_the_main_pairs(small_study):
    _, rows = small_study
    assert columns_of(rows, MAIN)["seed"][:4] == columns_of(rows, "moving_off")["seed"]


def test_zero_intensity_is_identical():
    nothing = "hypothesis.arms.treated.levers.venue_inspection.intensity=0"
    study, rows = run_scenario(MAIN, *SMALL, nothing, "n_pairs=2")
    assert rows["base_sha256"] == rows["treated_sha256"]
    assert entry_of(study, study.scenarios[0], rows)["verdict"] == "identical"
