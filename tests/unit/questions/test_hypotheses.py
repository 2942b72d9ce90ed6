"""The plan of a hypothesis: arms, controls, curves, looks, and what bad input gets."""

import dataclasses
import functools

import pytest

from experiments.commands.test import hypothesis_names, join
from experiments.configuration.composition import compose, split_model
from experiments.questions.analysis import columns_of, decide, entry_of, is_precise
from experiments.questions.estimand import load_estimand
from experiments.questions.specification import Specification
from experiments.questions.study import MAIN, prepare, run_chunk
from experiments.questions.twins import run_worlds
from experiments.statistics.verdict import controls_of
from sim.configuration import ConfigurationError
from tests.studies import SMALL_STUDY, SMALL_WORLD, prepared

SMALL = (*SMALL_STUDY, "hypothesis=displacement", "n_pairs=4")


def study_of(*words, change=None):
    tree = compose("test", [*SMALL, *words])
    if change:
        change(tree["hypothesis"])
    parameters, rest = split_model(tree)
    return prepare(rest, parameters)


def test_each_file_is_a_hypothesis_of_its_own():
    ranks = []
    for name in hypothesis_names():
        spec = Specification.model_validate(compose("test", [f"hypothesis={name}"])["hypothesis"], strict=False)
        assert spec.id == name
        assert {control.role for control in spec.controls.values()} == {"negative", "positive"}
        assert spec.kind == "verification" or len(spec.both_ways) >= 2
        ranks.append(spec.rank)
    assert ranks == sorted(set(ranks))


@pytest.mark.parametrize("name", hypothesis_names())
def test_a_hypothesis_compares_its_own_worlds_and_no_others(name):
    with pytest.raises(ConfigurationError, match=rf"hypothesis.arms: {name} compares .*; given: .*, another"):
        study_of(f"hypothesis={name}", "+hypothesis.arms.another={}")


def test_an_arms_overrides_stay_with_it():
    def change(tree):
        tree["arms"] = {"base": {"overrides": {"labour.bonding": 0.25}}, "treated": tree["arms"]["treated"]}

    arms = study_of(change=change).scenarios[0].arms
    assert (arms["base"].labour.bonding, arms["treated"].labour.bonding) == (0.25, 0.0)


def test_a_curve_changes_what_it_names():
    def change(tree):
        tree["along"] = {
            "a": {"factors": {"labour.bonding": [0.0, 0.5], "arms.treated.levers.venue_inspection.intensity": [1.0, 2.0, 3.0]}},
            "b": {"factors": {"arms.treated.overrides.demand.temperature": [30.0]}, "pairs": 0.5},
        }

    points = [scenario for scenario in study_of(change=change).scenarios if scenario.role == "along"]
    assert len(points) == 7 and len({scenario.name for scenario in points}) == 7
    last = points[5]
    assert {arm.labour.bonding for arm in last.arms.values()} == {0.5}
    assert last.arms["treated"].policy.levers["venue_inspection"].intensity == 3.0
    assert [points[6].arms[arm].demand.temperature for arm in ("base", "treated")] == [20.0, 30.0]


def test_a_plan_keeps_its_numbers_however_far_it_goes():
    study = study_of("precision=true")
    assert study.looks == (50, 100, 200, 400)
    blocks = study.blocks(7)
    main = [[task.pair for chunk in block for task in chunk.tasks if task.scenario == MAIN] for block in blocks]
    assert [len(pairs) for pairs in main] == [50, 50, 100, 200] and sum(main, []) == list(range(400))
    tasks = study.tasks(7)
    assert [task.id for task in tasks] == list(range(len(tasks)))
    chunks = [chunk.id for block in blocks for chunk in block]
    assert chunks == list(range(len(chunks)))
    control = [task.pair for task in tasks if task.scenario == "moving_off"]
    assert control == list(range(200))


def test_the_width_decides_when_it_is_enough():
    def rows(spread):
        # a study of made-up rows: what the estimand reads of them is the person-days of one cell
        study = study_of("precision=true")
        task = study.blocks(1)[0][0].tasks[0]
        from experiments.questions.twins import run_worlds

        row = run_worlds(task)
        made = []
        for pair in range(50):
            one = dict(row, pair=pair)
            cells = list(row["treated_cells_adapted"])
            cells[0] += spread * (pair % 2)
            made.append(one | {"treated_cells_adapted": cells})
        return study, made

    assert is_precise(*rows(0.5))
    assert not is_precise(*rows(50.0))


def test_correction_is_over_tests_only():
    entries = [{"id": str(n), "kind": kind, "p_value": p} for n, (kind, p) in enumerate(
        [("test", 0.01), ("verification", 0.001), ("test", 0.04), ("test", None)])]  # fmt: skip
    found = join(entries, {})["hypotheses"]
    assert [entry["p_holm"] for entry in found] == [pytest.approx(0.02), None, pytest.approx(0.04), None]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["hypothesis.estimand=displacment"], "did you mean displacement"),
        (["hypothesis.options={first_stage_fal: 0.2}"], "first_stage_fal"),
        (["precision=maybe"], "precision"),
        (["hypothesis.arms.treated.levers.venue_inspection.territory=Atlantis"], "Atlantis"),
        (["hypothesis.arms.treated.levers.venue_inspection.kind=null"], "one target"),
        (["hypothesis.controls.moving_off.expected=[perhaps]"], "expected"),
        (["policy=venue_crackdown"], "policy=venue_crackdown"),
    ],
)
def test_mistakes_are_named(words, named):
    with pytest.raises(ConfigurationError, match=named):
        study_of(*words)


def test_a_control_uses_the_seeds_of_the_main_comparison_and_shows_its_verdict():
    study = study_of()
    rows = [row for block in study.blocks(3) for chunk in block for row in run_chunk(chunk)]
    entry = entry_of(study, study.scenarios[1], columns_of(rows, "learning_off"))
    assert entry["pairs"] == 4 and entry["expected"] == ["refuted", "not applicable"]
    assert entry["as_expected"] == (entry["verdict"] in entry["expected"])


def test_where_nothing_happened_no_effect_is_not_shown():
    from experiments.questions.estimand import Finding
    from experiments.statistics.intervals import mean_interval

    spec = study_of().spec.model_copy(update={"band": (-1.0, 1.0)})
    assert decide(spec, Finding(mean_interval([0.0, 0.0, 0.0, 0.0]))) == "undecided"
    assert decide(spec, Finding(mean_interval([0.1, -0.1, 0.2, 0.0]))) == "refuted"
    assert decide(spec, Finding(mean_interval([0.0] * 4)), identical=True) == "identical"
    assert decide(spec, Finding(mean_interval([-3.0] * 4))) == "refuted"


def rows_with(study, cells):
    """Rows of a scenario in which both arms have equal cells in all pairs, and ledgers that differ or not."""
    scenario = study.scenarios[0]
    row = run_chunk(study.blocks(1)[0][0])[0]
    made = {name: row.get(name.replace("treated_", "base_"), value) for name, value in row.items()}
    made |= {"treated_sha256": cells, "base_sha256": "a"}
    return scenario, {name: [value] * 4 for name, value in made.items()} | {"pair": [0, 1, 2, 3]}


@pytest.mark.parametrize(
    ("role", "ledger", "verdict", "identical"),
    [
        ("negative", "a", "identical", "twin worlds equal to the bit"),
        ("negative", "b", "identical", "difference exactly zero in every pair"),
        ("positive", "a", "identical", "twin worlds equal to the bit"),
        ("positive", "b", "not applicable", "difference exactly zero in every pair"),
        ("main", "b", "not applicable", "difference exactly zero in every pair"),
    ],
)
def test_a_difference_of_exactly_zero_is_told_as_identical_in_a_control(role, ledger, verdict, identical):
    study = study_of()
    main, rows = rows_with(study, ledger)
    expected = {"negative": ("refuted",), "positive": ("supported",), "main": ()}[role]
    entry = entry_of(study, dataclasses.replace(main, name="planted_one", role=role, expected=expected), rows)
    assert (entry["verdict"], entry["identical"], entry["estimate"]) == (verdict, identical, 0.0)
    assert entry["as_expected"] is (role != "positive") and entry["min_detectable"] is None
    if role == "positive":
        assert entry["failed"].startswith("the positive control planted one is ")
        assert entry["failed"].endswith("; the difference is exactly zero in every pair, so what was planted left no trace")
        assert controls_of([entry]) == {"controls_hold": False, "controls_failed": [entry["failed"]]}
    assert controls_of([]) == {"controls_hold": None, "controls_failed": []}


@pytest.mark.parametrize("name", [name for name in hypothesis_names() if len(load_estimand(name).ARMS) > 1])
@pytest.mark.parametrize("role", ["negative", "positive"])
def test_worlds_that_do_not_differ_in_what_is_asked_are_identical_in_every_negative_control(name, role):
    """Whatever verdict a negative control must show, nothing can differ less; the ledgers may differ, as levers cost money."""
    study, _ = prepared(f"hypothesis={name}", *SMALL_WORLD, "scenarios=controls", "n_pairs=2")
    arms = load_estimand(name).ARMS
    rows = dict(one_row(name))
    for arm in arms[1:]:
        rows |= {f"{arm}{column.removeprefix(arms[0])}": rows[column] for column in rows if column.startswith(f"{arms[0]}_")}
    rows |= {f"{arm}_sha256": arm for arm in arms}
    columns = {column: [value] * 4 for column, value in rows.items()} | {"pair": [0, 1, 2, 3]}
    controls = [scenario for scenario in study.scenarios if scenario.role == role]
    assert controls
    for scenario in controls:
        entry = entry_of(study, scenario, columns)
        assert entry["identical"] == "difference exactly zero in every pair" and entry["estimate"] == 0.0
        assert entry["as_expected"] is (role == "negative") and (entry["verdict"] == "identical") is (role == "negative")


@functools.cache
def one_row(name):
    """The worlds of one seed in the main comparison, small."""
    study, parameters = prepared(f"hypothesis={name}", *SMALL_WORLD, "scenarios=main", "n_pairs=2")
    return run_worlds(study.tasks(parameters.seed)[0])


def test_a_world_that_ends_before_it_is_measured_is_refused_before_any_is_run():
    words = [*SMALL_STUDY, "hypothesis=displacement"]
    parameters, rest = split_model(compose("test", words))
    rest["hypothesis"]["controls"]["learning_off"]["overrides"]["days"] = 100
    with pytest.raises(ConfigurationError, match="learning_off, arm .*: days=100: it is measured up to day 120"):
        prepare(rest, parameters)


@pytest.mark.parametrize(
    "path, value, named",
    [("start", "2036-12-01", "start=2036-12-01: the calendar"), ("demand.price_low", 200.0, "price_low .200. must not exceed")],
)
def test_what_no_world_can_be_is_told_with_the_control_it_stands_in(path, value, named):
    parameters, rest = split_model(compose("test", [*SMALL_STUDY, "hypothesis=displacement"]))
    rest["hypothesis"]["controls"]["learning_off"]["overrides"][path] = value
    with pytest.raises(ConfigurationError, match=f"learning_off, arm .*{named}"):
        prepare(rest, parameters)
