"""`plansim test`: run the worlds of one hypothesis or of all, analyse them, and print the verdicts.

Each hypothesis has a result folder of its own, so that what is finished is never run again; all together have
one more, with the joint report.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from experiments.commands import robustness, structures
from experiments.commands.posterior import whole_name, with_draws
from experiments.commands.running_tests import PreparedTest, check_words, finish_tests, open_workers, run_and_finish
from experiments.configuration.composition import compose, take_key
from experiments.configuration.drawn import POSTERIOR
from experiments.configuration.own_files import take_files
from experiments.execution.engine import check_engine
from experiments.questions.study import WHOLE
from experiments.report.text_table import text_table
from experiments.robustness.published import share_text, surface_lines, what_is_published
from experiments.statistics.verdict import controls_text, holm, loud_verdict, shown_verdict, would_show
from experiments.store.result import Options, begin_result, interval_text, number, report_summary
from sim.configuration import ConfigurationError, group_names, read_group
from sim.configuration.groups import known_by_name

ALL = "all"


def main(words: list[str], options: Options, tree: dict[str, Any] | None = None) -> int:
    """Test the hypothesis that is named, or all of them; or the one of a configuration that Hydra composed."""
    if tree is not None:
        check_words(words, tree)
        return execute(tree, options)
    design, others = structures.take_design(words)
    name, others = take_key(others, "hypothesis")
    draws, others = take_key(others, "robustness")
    posterior, others = take_key(others, POSTERIOR) if draws is None else (None, others)
    if posterior is not None and design is not None:
        raise ConfigurationError(f"{POSTERIOR}={posterior} and {design[0]}={design[1]}: leave one of the two out")
    names = hypothesis_names() if name in (None, ALL) else [name]
    of_one = next((text for text in others if text.startswith("hypothesis.")), None)
    if len(names) > 1 and of_one:
        raise ConfigurationError(f"{of_one}: of which hypothesis? Name it too: hypothesis={names[0]} (or another)")
    refuse_equal_ids(names)
    if draws is not None or design is not None:  # whose rows hold names
        with known_by_name("hypothesis", names) as names:
            if draws is not None:
                return robustness.execute(names, others, draws, options)
            return structures.execute(names, others, *design, options)
    trees = [compose("test", [*others, f"hypothesis={name}"]) for name in names]
    check_words(others, trees[0])
    if posterior is not None:
        named = whole_name(posterior, options.root)
        trees = [with_draws(tree, named) for tree in trees]
    if len(trees) == 1:
        return execute(trees[0], options)
    return execute_all(trees, options)


def hypothesis_names() -> list[str]:
    """Names of the hypotheses there are, in the order of their numbers: of `configs/hypothesis/`, and of the user's files."""
    numbers = {name: read_group("hypothesis", name)["hypothesis"].get("rank") for name in group_names("hypothesis")}
    return sorted(numbers, key=lambda name: (numbers[name] if isinstance(numbers[name], int) else 0, name))


def refuse_equal_ids(names: list[str]) -> None:
    """ConfigurationError for two hypotheses that results would call the same."""
    known: dict[str, str] = {}
    for name in names if len(names) > 1 else ():
        id = str(read_group("hypothesis", name)["hypothesis"]["id"])
        if (other := known.setdefault(id, name)) != name:
            raise ConfigurationError(f"hypothesis={name}: its id {id} is that of {other} too; give one of the two another")


def execute(tree: dict[str, Any], options: Options) -> int:
    """Run or resume a composed test of one hypothesis; returns the exit status."""
    check_engine(tree["engine"])
    test = PreparedTest.of(tree)
    with begin_result("test", tree, options) as store, open_workers(tree["engine"]) as engine:
        summary = report_summary(store, options, prose, lambda: run_and_finish(test, engine, store))
    return 1 if summary is None else 0


def execute_all(trees: list[dict[str, Any]], options: Options) -> int:
    """Run or resume several hypotheses with one engine, and print them together; returns the exit status."""
    engine_settings = trees[0]["engine"]
    check_engine(engine_settings)
    tests = [PreparedTest.of(tree, f"{k} of {len(trees)}, {tree['hypothesis']['id']}") for k, tree in enumerate(trees, 1)]
    bare, noted = take_files({tree["hypothesis"]["id"]: tree for tree in trees})
    asked = [{key: part for key, part in tree.items() if key != "engine"} for tree in bare.values()]
    together = {"seed": trees[0]["seed"], "engine": engine_settings, "hypotheses": asked} | noted
    with begin_result("tests", together, options) as joint:

        def make() -> dict[str, Any] | None:
            from experiments.questions.report import write_joint_report

            finished = finish_tests(tests, engine_settings, options)
            if finished is None:
                return None
            by_id = {one.test.study.spec.id: one for one in finished}
            summary = join([one.entry for one in finished], {name: one.rows_sha256 for name, one in by_id.items()})
            write_joint_report(summary, {name: one.folder for name, one in by_id.items()}, joint.folder)
            joint.write_summary(summary)
            return summary

        summary = report_summary(joint, options, prose, make)
    return 1 if summary is None else 0


def join(entries: list[dict[str, Any]], hashes: dict[str, str]) -> dict[str, Any]:
    """The joint summary: entries with their p values corrected by Holm's method over the tests, none for verifications."""
    tested = [entry["p_value"] if entry["kind"] == "test" and entry["p_value"] is not None else float("nan") for entry in entries]
    corrected = holm(tested)
    entries = [
        entry | {"p_holm": None if value != value else float(value)} for entry, value in zip(entries, corrected, strict=True)
    ]
    return {"hypotheses": entries, "rows_sha256": hashes}


def prose(summary: dict[str, Any]) -> str:
    """The verdicts and what they rest on: a table for several, one after the other in full for one."""
    entries = summary["hypotheses"]
    if len(entries) == 1:
        return prose_of(entries[0])
    rows: list = []
    for entry in entries:
        controls = controls_text(entry["controls"])
        cells = (loud_verdict(entry), interval_text(entry), number(entry["threshold"]), controls)
        rows.append([entry["id"], entry["kind"], *cells])
        rows += [f"  {line}" for line in (entry["claim"], *entry.get("controls_failed", []), *surface_lines(entry))]
    header = ["hypothesis", "kind", "verdict", "estimate with 95 % interval", "threshold", "controls"]
    lines = text_table(rows, header, right=[4], indent=0)
    lines += ["", *curves_left_out(entries), *what_is_published()]
    lines.append("Intervals are over pairs of seeds: simulation error at fixed parameters, not a statement about the world.")
    return "\n".join(lines)


def curves_left_out(entries: list[dict[str, Any]]) -> list[str]:
    """A line where curves were not run; none where they were."""
    left_out = {entry.get("scenarios", WHOLE) for entry in entries} - {WHOLE}
    asked = ", ".join(f"scenarios={extent}" for extent in sorted(left_out))
    return [f"Without the curves of the hypotheses ({asked}); plansim test alone has them too."] if left_out else []


def prose_of(entry: dict[str, Any]) -> str:
    """One hypothesis: verdict, estimate, first stage, its page in detail, controls."""
    from experiments.questions.report import write_detail, write_measures
    from experiments.report.page import Lines

    first = entry["first_stage"]
    lines = [
        f"{entry['id']}: {entry['claim']}",
        f"  verdict: {loud_verdict(entry)} ({entry['pairs']} pairs; "
        f"{entry['direction']} {entry['threshold']:g} would {would_show(entry['kind'])} the claim)",
        *(f"  {reason}" for reason in entry.get("controls_failed", [])),
        f"  {entry['estimand']}",
        f"  estimate {interval_text(entry)} {entry['unit']}; {entry['interval']}",
        f"  first stage: {'yes' if first['present'] else 'no'} (needed: {first['rule']})",
    ]
    lines += [f"  {line}" for line in surface_lines(entry)]
    detail = Lines()
    write_measures(detail, entry)
    write_detail(detail, entry, Path())
    lines += [f"  {line}".rstrip() for line in detail.lines()] + [""]
    if entry.get("published"):
        lines.append(f"  {share_text(entry)}")
    if entry["min_detectable"] is not None:
        lines.append(f"  smallest detectable effect {number(entry['min_detectable'])}")
    if entry["variance_reduction"] is not None:
        lines.append(f"  pairing divides the variance by {number(entry['variance_reduction'], 1)}")
    if not entry["controls"]:
        return "\n".join([*lines, "", "  no control was run"])
    lines += ["", "  controls (verdict shown / must be)"]
    rows = []
    for control in entry["controls"]:
        mark = "as expected" if control["as_expected"] else "NOT AS EXPECTED"
        verdict, *expected = (shown_verdict(control["kind"], one) for one in (control["verdict"], *control["expected"]))
        same = f"; {control['identical']}" if control.get("identical") else ""
        rows.append([control["scenario"], verdict, " or ".join(expected), f"{mark}: {interval_text(control)}{same}"])
    return "\n".join([*lines, *text_table(rows, indent=4)])
