"""`plansim test structures=...`: the table over structures, what it keeps, what wins over what, and what bad input gets."""

import json
import re

import pytest
from hydra.core.config_store import ConfigStore

from experiments.commands import running_tests, structures
from experiments.commands.test import hypothesis_names
from experiments.configuration import composition
from experiments.configuration.composition import compose
from experiments.questions import study as studies
from experiments.store.result import Options
from experiments.structures.plan import Point, changes_of, kept_by_hypothesis, read_names
from experiments.structures.results import compare_with_default, headline, prose_of_table
from sim.configuration import ConfigurationError, group_names, read_group
from tests.studies import SMALL_STUDY
from tests.sweep_worlds import say

WORDS = [*SMALL_STUDY, "n_pairs=4", "engine.workers=1"]
NAMES = ["displacement", "dependence"]
SETS = ["default", "replacement"]


def execute(root, capsys, *words, design="structures", given="replacement", names=NAMES, **options):
    """The command behind its own words, in this process: status, standard output, standard error."""
    status = structures.execute(list(names), [*WORDS, *words], design, given, Options(root=root, **options))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.fixture
def worlds_run(monkeypatch):
    """Notes every set of worlds that is run, and can stop at one of them."""
    run_worlds, seen = studies.run_worlds, []

    def note(task):
        seen.append((task.estimand, task.scenario, task.pair))
        if len(seen) == note.stop_at:
            raise KeyboardInterrupt
        return run_worlds(task)

    note.stop_at, note.seen = None, seen
    monkeypatch.setattr(studies, "run_worlds", note)
    return note


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The root of a finished table, and its summary."""
    root = tmp_path_factory.mktemp("table")
    assert structures.execute(NAMES, list(WORDS), "structures", "replacement", Options(root=root)) == 0
    (joint,) = (root / "structures").iterdir()
    return root, joint, json.loads((joint / "summary.json").read_text())


def test_each_hypothesis_has_a_row_under_each_structure(results):
    root, joint, summary = results
    assert summary["structures"] == SETS
    assert [(row["structure"], row["hypothesis"]) for row in summary["rows"]] == [(s, h) for s in SETS for h in NAMES]
    for row in summary["rows"]:
        stored = json.loads((root / row["result"] / "summary.json").read_text())
        (entry,) = stored["hypotheses"]
        assert {name: row[name] for name in ("verdict", "estimate", "low", "high", "unit", "pairs")}.items() <= entry.items()
        assert row["first_stage"] == entry["first_stage"]["present"] and row["rows_sha256"] == stored["rows_sha256"]
        assert row["controls_as_expected"] == entry["controls_as_expected"] and len(row["controls"]) == len(entry["controls"]) > 0
        assert entry["scenarios"] == "controls" and not entry["along"]
    usual, other = (row["estimate"] for row in summary["rows"] if row["hypothesis"] == "displacement")
    assert usual != other, "the structure reaches the worlds"
    assert {"report.html", "result.png", "result.svg", "manifest.json"} <= {path.name for path in joint.iterdir()}


@pytest.mark.slow
def test_its_parts_are_ordinary_tests_that_are_not_run_again(results, capsys, worlds_run):
    root, joint, summary = results
    for row in summary["rows"][::3]:
        words = [*WORDS, "scenarios=controls", f"structure={row['structure']}", f"hypothesis={row['hypothesis']}"]
        status, out, _ = say(capsys, "test", *words, "--output", str(root))
        assert status == 0 and out.rstrip().endswith(row["result"])
        assert say(capsys, "show", str(root / row["result"]))[0] == 0
    status, out, _ = execute(root, capsys)
    assert status == 0 and out.rstrip().endswith(str(joint)) and not worlds_run.seen
    execute(root, capsys, again=True)
    assert not worlds_run.seen and json.loads((joint / "summary.json").read_text()) == summary


def test_it_is_shown_and_its_parts_are_repeated(results, capsys):
    root, joint, summary = results
    status, out, _ = say(capsys, "show", str(joint))
    assert status == 0 and prose_of_table(summary) in out and out.startswith("structures, version")
    assert json.loads(say(capsys, "show", str(joint), "--json")[1])["summary"] == summary
    status, out, err = say(capsys, "rerun", str(joint), "0")
    assert (status, out) == (2, "") and "a result of structures has no rows of its own" in err and err.count("\n") == 1
    status, out, _ = say(capsys, "rerun", str(root / summary["rows"][2]["result"]), "0")
    assert status == 0 and "equal" in out


def test_the_page_has_the_table_and_the_command_again(results, capsys):
    _, joint, summary = results
    page = (joint / "report.html").read_text()
    for row in summary["rows"]:
        assert f"{row['rank']}. {row['title']}" in page
    assert page.index("verdict") < page.index("<svg") and "entry.boss_elasticity=1.5" in page
    command = re.search(r"<pre>plansim (test structures=replacement.*?)</pre>", page)[1]
    assert "scenarios=" not in command


def test_an_interrupted_table_goes_on(tmp_path, capsys, worlds_run):
    asked = dict(names=["dependence"], json=True)
    whole = execute(tmp_path / "whole", capsys, "scenarios=main", **asked)[1]
    assert len(worlds_run.seen) == 8
    worlds_run.stop_at, root = 8 + 6, tmp_path / "stopped"  # in the second structure
    with pytest.raises(KeyboardInterrupt):
        execute(root, capsys, "scenarios=main", **asked)
    capsys.readouterr()
    (finished,), (joint,) = (root / "test").glob("*/summary.json"), (root / "structures").iterdir()
    made = finished.stat().st_mtime_ns
    status, _, err = say(capsys, "show", str(joint))
    assert status == 2 and "is not finished" in err and err.count("\n") == 1
    status, out, _ = execute(root, capsys, "scenarios=main", **asked)
    assert status == 0 and out == whole and finished.stat().st_mtime_ns == made
    assert 8 + 6 + 2 <= len(worlds_run.seen) <= 8 + 6 + 4, "what is finished is not run again"


def test_comparisons_can_be_left_out_everywhere(tmp_path, capsys, worlds_run):
    status, out, _ = execute(tmp_path, capsys, "scenarios=main", names=["dependence"], json=True)
    rows = json.loads(out)["rows"]
    assert status == 0 and {scenario for _, scenario, _ in worlds_run.seen} == {"main"} and len(worlds_run.seen) == 8
    assert [row["controls_as_expected"] for row in rows] == [None, None] and not any(row["controls"] for row in rows)
    status, out, _ = execute(tmp_path, capsys, "scenarios=main", names=["dependence"])
    assert "none run" in out
    (joint,) = (tmp_path / "structures").iterdir()
    assert "structures=replacement scenarios=main hypothesis=dependence" in (joint / "report.html").read_text()
    part = (tmp_path / rows[0]["result"] / "report.html").read_text()
    assert "No control was run" in part and "Controls: worlds" not in part


@pytest.mark.slow
def test_every_structure_can_be_put_to_every_hypothesis():
    points = [Point(), *(Point((name,)) for name in read_names("structures", "all"))]
    tests = structures.prepare_tests(hypothesis_names(), ["scenarios=main"], "structures", points)
    assert len(tests) == len(group_names("structure")) * len(group_names("hypothesis"))
    changes = changes_of(name for point in points for name in point.sets)
    for (point, _), test in tests.items():
        assert not kept_by_hypothesis(point, test.tree, test.study, changes, []), "no hypothesis sets a dial of a structure"


# --- what wins over what


@pytest.fixture
def planted(monkeypatch):
    """A hypothesis that sets a dial of a structure."""
    content = read_group("hypothesis", "displacement") | {
        "labour": {"essential": 0.25},
        "defaults": [{"override /market": "class"}],
    }
    store = ConfigStore.instance()
    store.store(group="hypothesis", name="planted", node=content, package="_global_")
    names = composition.group_names
    monkeypatch.setattr(
        composition, "group_names", lambda group: (*names(group), "planted") if group == "hypothesis" else names(group)
    )
    yield
    del store.repo["hypothesis"]


def essential(*words):
    return compose("test", ["hypothesis=planted", *words])["labour"]["essential"]


def test_a_hypothesis_wins_over_a_structure_and_the_user_over_both(planted):
    assert essential("structure=essential_roles") == 0.25 == essential()
    assert essential("structure=essential_roles", "labour.essential=0.5") == 0.5
    assert compose("test", ["hypothesis=displacement", "structure=essential_roles"])["labour"]["essential"] == 1.0


@pytest.mark.parametrize(("words", "kept"), [([], ["labour.essential"]), (["labour.essential=0.5"], [])])
def test_what_a_hypothesis_keeps_is_reported(planted, words, kept):
    tests = structures.prepare_tests(["planted"], words, "structures", [Point(), Point(("essential_roles",))])
    test = tests[Point(("essential_roles",)), "planted"]
    assert kept_by_hypothesis(Point(("essential_roles",)), test.tree, test.study, changes_of(["essential_roles"]), words) == kept


def test_what_an_arm_keeps_is_reported_too():
    point, changes = Point(("essential_roles",)), changes_of(["essential_roles"])
    tree = compose("test", ["hypothesis=displacement", "market=class", *point.words()])
    of_all = running_tests.PreparedTest.of(tree)
    assert kept_by_hypothesis(point, of_all.tree, of_all.study, changes, []) == []
    tree["hypothesis"]["arms"]["treated"]["overrides"] = {"labour.essential": 0.1}
    of_one = running_tests.PreparedTest.of(tree)
    assert kept_by_hypothesis(point, of_one.tree, of_one.study, changes, []) == ["labour.essential"]


def made_up(structure, verdict, **more):
    row = {"hypothesis": "a", "title": "A", "rank": 1, "kind": "test", "structure": structure, "verdict": verdict, "pairs": 4}
    row |= {"estimate": 1.0, "low": 0.5, "high": 1.5, "unit": "u", "threshold": 0.0, "direction": "above", "first_stage": True}
    return row | {"controls": [], "controls_hold": None, "controls_failed": [], "kept": []} | more


def test_verdicts_that_hang_on_the_structure_are_marked():
    kept = {"kept": ["labour.essential"], "controls_hold": False, "controls_failed": ["the control b is undecided"]}
    rows = compare_with_default([made_up("default", "supported"), made_up("b", "refuted"), made_up("c", "supported", **kept)])
    assert [row["differs"] for row in rows] == [False, True, False]
    summary = {"structures": ["default", "b", "c"], "rows": rows}
    text = prose_of_table(summary)
    assert headline(summary) == "0 of 1 verdict is the same under each of 3 structures; others differ: a (b)."
    assert "refuted *" in text and "supported *" not in text and "another verdict than under the default" in text
    assert "a sets labour.essential itself, as part of its question: not changed by c." in text
    assert "a under c is not to be relied on: the control b is undecided." in text


# --- what bad input gets


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (
            ["structures=replaced"],
            ["structures=replaced: replaced: unknown", "did you mean replacement", "all, default, essential"],
        ),
        (["structures=replacement,all"], ["structures=replacement,all: all: unknown"]),
        (["structures="], ["structures=: : unknown"]),
        (["structures=replacement,replacement"], ["replacement is given twice"]),
        (["structures=all", "structure=replacement"], ["structures=all and structure=replacement", "leave one of the two out"]),
        (["structures=all", "robustness=20"], ["structures=all and robustness=20", "leave one of the two out"]),
        (["structures=all", "screening=all"], ["structures=all and screening=all", "leave one of the two out"]),
        (["structures=all", "structures=replacement"], ["structures is given twice"]),
        (["structures=replacement", "scenarios=some"], ["scenarios=some", "all, controls, main"]),
        (["structures=replacement", "n_pairs=1"], ["n_pairs=1", "2 to"]),
        (["structures=replacement", "n_pairs=9", "precision=true"], ["n_pairs", "precision=true"]),
        (["structures=replacement", "labour.bondng=1"], ["labour.bondng", "labour.bonding"]),
        (["structures=replacement", "engine.workers=-1"], ["engine.workers=-1"]),
        (["structures=replacement", "policy=venue_crackdown"], ["policy=venue_crackdown"]),
        (["screening=replacement"], ["screening: 2 to 16 structures", "given: replacement"]),
        (["screening=replacement,essential_roles", "precision=true"], ["precision=true", "n_pairs"]),
        (["robustness=20", "scenarios=main"], ["scenarios", "leave it out"]),
        (["structure=[replacement,replaced]"], ["replaced: unknown", "did you mean replacement"]),
        (["structure=[replacement,replacement]"], ["replacement is given twice"]),
    ],
)
def test_a_mistake_gets_one_line(words, named, capsys, tmp_path):
    status, out, err = say(capsys, "test", "hypothesis=displacement", *words, "--output", str(tmp_path))
    assert (status, out) == (2, "") and err.startswith("plansim: ") and len(err.strip().splitlines()) == 1, err
    for word in named:
        assert word in err
    assert not list(tmp_path.iterdir()), "nothing is begun"


def test_a_structure_that_contradicts_a_hypothesis_is_named(monkeypatch, tmp_path, capsys):
    of = running_tests.PreparedTest.of

    def refuse(tree, label=""):
        if tree["labour"]["essential"] and tree["hypothesis"]["id"] == "dependence":
            raise ConfigurationError("labour.essential=1.0: not with these arms")
        return of(tree, label)

    monkeypatch.setattr(structures.PreparedTest, "of", refuse)
    with pytest.raises(ConfigurationError) as caught:
        execute(tmp_path, capsys, given="replacement,essential_roles")
    assert str(caught.value) == "hypothesis=dependence under structure=essential_roles: labour.essential=1.0: not with these arms"
    assert not list(tmp_path.iterdir())
