"""`plansim test structures=all` and `plansim test screening=all`: hypotheses under the named structures of the model.

Each hypothesis under each structure, or under several at once, is an ordinary test with a result folder of its own, without
the curves of `plansim test`. All together have one more, with the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from experiments.commands.running_tests import FinishedTest, PreparedTest, check_words, finish_tests
from experiments.configuration.composition import STRUCTURE, compose, key_of, take_key
from experiments.configuration.own_files import take_files
from experiments.execution.engine import check_engine
from experiments.questions.study import MAIN
from experiments.report.command_line import leaves_apart
from experiments.store.result import Options, begin_result, report_summary
from experiments.store.store import Store
from experiments.structures.plan import ALL, DEFAULT, Point, changes_of, kept_by_hypothesis, paths_of, read_names
from experiments.structures.results import compare_with_default, prose_of_screening, prose_of_table, row_of
from experiments.structures.screening import effects_of, pair_values, points_of
from sim.configuration import ConfigurationError
from sim.configuration.groups import known_by_name, word_of

TABLE, SCREENING = "structures", "screening"
DESIGNS = (TABLE, SCREENING)
USUAL_EXTENT = {TABLE: "controls", SCREENING: MAIN}
OTHERS = (STRUCTURE, "robustness")
Tests = dict[tuple[Point, str], PreparedTest]  # by structures and hypothesis


def take_design(words: list[str]) -> tuple[tuple[str, str] | None, list[str]]:
    """The word that asks for a table or a screening, as key and value, and the other words.

    ConfigurationError for both at once, and for either next to a single structure or to draws.
    """
    given = [text for text in words if key_of(text) in DESIGNS]
    if not given:
        return None, words
    against = next((text for text in words if key_of(text) in OTHERS), None) or (given[1] if len(given) > 1 else None)
    if against is not None:
        raise ConfigurationError(f"{given[0]} and {against}: each says under which structures to test; leave one of the two out")
    key = key_of(given[0])
    value, others = take_key(words, key)
    return (key, value or ""), others


def execute(names: list[str], words: list[str], design: str, given: str, options: Options) -> int:
    """Run or resume the hypotheses under the structures asked for; returns the exit status."""
    with known_by_name(STRUCTURE, paths_of(given)):
        return _execute(names, words, design, given, options)


def _execute(names: list[str], words: list[str], design: str, given: str, options: Options) -> int:
    sets = read_names(design, given)
    points = points_of(sets) if design == SCREENING else [Point(), *(Point((name,)) for name in sets)]
    changes = changes_of(sets)
    tests = prepare_tests(names, words, design, points)
    first = {name: tests[points[0], name].tree for name in names}
    engine_settings = first[names[0]]["engine"]
    check_engine(engine_settings)
    with begin_result(design, configuration_of(tests, names, points), options) as joint:

        def make() -> dict[str, Any] | None:
            finished = finish_tests(list(tests.values()), engine_settings, options)
            if finished is None:
                return None
            by_key = dict(zip(tests, finished, strict=True))
            rows = [row_for(point, one, changes, words) for (point, _), one in by_key.items()]
            summary: dict[str, Any] = {
                "structures": sets if design == SCREENING else [DEFAULT, *sets], "changes": changes,
                "rows": compare_with_default(rows),
            }  # fmt: skip
            if design == SCREENING:
                summary |= screen(by_key, names, sets, points)
            write_report(design, summary, first, words_of_again(design, given, sets, tests), joint)
            joint.write_summary(summary)
            return summary

        summary = report_summary(joint, options, prose, make)
    return 1 if summary is None else 0


def prepare_tests(names: list[str], words: list[str], design: str, points: Sequence[Point]) -> Tests:
    """Every test, validated before a world is run: the default structure first.

    ConfigurationError names the hypothesis and the structure that cannot be put together.
    """
    own_extent = any(key_of(text) == "scenarios" for text in words)
    tests: Tests = {}
    for point in points:
        extent = [] if own_extent else [f"scenarios={USUAL_EXTENT[design]}"]
        for name in names:
            label = f"{len(tests) + 1} of {len(points) * len(names)}, {name} under {point.name}"
            try:
                tree = compose("test", [*words, *extent, *point.words(), f"hypothesis={name}"])
                check_words(words, tree)
                tests[point, name] = PreparedTest.of(tree, label)
            except ConfigurationError as error:
                if not point.sets:
                    raise
                raise ConfigurationError(f"hypothesis={name} under {' '.join(point.words())}: {error}") from None
            if design == SCREENING and tree["precision"]:
                raise ConfigurationError("precision=true: a screening needs as many pairs in each run; give n_pairs instead")
    return tests


def configuration_of(tests: Tests, names: list[str], points: Sequence[Point]) -> dict[str, Any]:
    """The configuration of the joint result: each hypothesis without a structure, and what each structure changes in it."""
    base = {name: tests[points[0], name].tree for name in names}
    bare, noted = take_files(base)
    hypotheses = {name: {key: part for key, part in tree.items() if key != "engine"} for name, tree in bare.items()}
    changed = {point.name: {name: dict(leaves_apart(tests[point, name].tree, base[name])) for name in names} for point in points}
    tree = base[names[0]]
    return {"seed": tree["seed"], "engine": tree["engine"], "hypotheses": hypotheses, "structures": changed} | noted


def row_for(point: Point, one: FinishedTest, changes: dict[str, dict[str, Any]], words: list[str]) -> dict[str, Any]:
    """The row of a finished test."""
    kept = kept_by_hypothesis(point, one.test.tree, one.test.study, changes, words)
    return row_of(point, one.entry, kept, f"{one.folder.parent.name}/{one.folder.name}", one.rows_sha256)


def screen(
    by_key: dict[tuple[Point, str], FinishedTest], names: list[str], sets: list[str], points: Sequence[Point]
) -> dict[str, Any]:
    """The runs of the design, and the effects of the structures on each hypothesis, from the rows of all runs."""
    effects = []
    for name in names:
        tests = [by_key[point, name] for point in points]
        values = [pair_values(one.test.study, Store.view(one.folder).read_rows().to_pylist()) for one in tests]
        unit = tests[0].entry["unit"]
        effects += [{"hypothesis": name, "unit": unit, "pairs": len(values[0])} | effect for effect in effects_of(sets, values)]
    return {"design": [{"structure": point.name, "sets": list(point.sets)} for point in points], "effects": effects}


def words_of_again(design: str, given: str, sets: list[str], tests: Tests) -> list[str]:
    """The words that ask for the same structures and the same comparisons."""
    own = {test.study.extent for test in tests.values()} - {USUAL_EXTENT[design]}
    words = [word_of(STRUCTURE, name) for name in sets]
    asked = given if given == ALL and words == sets else ",".join(words) or DEFAULT
    return [f"{design}={asked}", *(f"scenarios={extent}" for extent in own)]


def write_report(design: str, summary: dict[str, Any], trees: dict[str, Any], words: list[str], joint: Store) -> None:
    """Figure and page into the joint folder."""
    from experiments.structures import report

    write = report.write_screening if design == SCREENING else report.write_table
    write(summary, trees, words, joint.folder)


def prose(summary: dict[str, Any]) -> str:
    """The table, or what the screening found."""
    return prose_of_screening(summary) if "effects" in summary else prose_of_table(summary)
