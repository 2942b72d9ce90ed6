"""Figures and page of a hypothesis, and the joint page of all of them: question, verdicts, one figure each, limits."""

from __future__ import annotations

import functools
import importlib
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

from experiments.questions.study import WHOLE, Study
from experiments.report import style, twin_figures
from experiments.report.command_line import command_of, command_of_all, configuration_of
from experiments.report.page import Page
from experiments.robustness.published import share_text, surface_lines, what_is_published
from experiments.statistics.intervals import BOUNDS
from experiments.statistics.verdict import (
    NOT_RELIED_ON,
    VERIFICATION,
    WHAT_A_VERIFICATION_IS,
    controls_text,
    shown_verdict,
    verdict_text,
    would_show,
)
from experiments.store.result import interval_text, number
from sim.measures.windows import window_text

ESTIMATES = "estimates_with_controls"
CONTROLS = "Controls: worlds in which the answer is known"
WHAT_AN_INTERVAL_IS = (
    "Intervals are over pairs of seeds at fixed parameters: they narrow with more pairs and prove nothing about the world "
    "outside the model."
)


@functools.cache
def report_of(asks: str) -> ModuleType | None:
    """The module that draws an estimand, if there is one."""
    name = f"experiments.questions.{asks}.figures"
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


def write_report(study: Study, rows: list[dict], entry: dict[str, Any], folder: Path) -> None:
    """Draw the figures into the result folder and write `report.html` around them."""
    module = report_of(study.spec.estimand) if study.extent == WHOLE else None  # its figures show the curves
    drawn = (module.figures(study, rows, entry) if module else {}) | {ESTIMATES: draw_estimates(entry)}
    first = next(iter(drawn))
    for name, figure in drawn.items():
        if entry.get("controls_hold") is False:
            style.warn(figure, f"A control failed: {NOT_RELIED_ON}")
        style.save(figure, folder, style.RESULT if name == first else name)
    page = Page(entry["claim"])
    write_headline(page, entry)
    write_verdict(page, entry)
    page.paragraph(setting_text(entry))
    page.figure(folder / f"{style.RESULT}.svg", entry["estimand"])
    page.paragraph(WHAT_AN_INTERVAL_IS)
    write_measures(page, entry)
    with page.folded("In detail"):
        write_detail(page, entry, folder)
    if not entry["controls"]:
        page.paragraph("No control was run, so nothing shows whether this verdict can be relied on.", "doubt")
    else:
        with page.folded(CONTROLS):
            if first != ESTIMATES:
                page.figure(folder / f"{ESTIMATES}.svg", "Estimate and controls with their intervals")
            write_table_of_controls(page, entry)
    if entry["limits"]:
        with page.folded("Limits"):
            write_limits(page, entry)
    page.again()
    page.paragraph(
        "The file manifest.json in this folder holds the configuration, the seeds, and the versions of code and libraries."
    )
    page.code(command_of(configuration_of(folder), entry["id"]))
    page.write(folder / "report.html")


def write_measures(page: Page, entry: dict[str, Any]) -> None:
    """The verdict by each measure of exploitation, if that is what is compared, and whether they differ."""
    table = entry.get("by_measure") or []
    if not table:
        return
    found = {shown_verdict(entry["kind"], row["verdict"]) for row in table}
    hangs = "does not depend" if len(found) == 1 else "depends"
    page.paragraph(f"The verdict {hangs} on what counts as a person-day of exploitation.")
    page.table(
        ["a person-day of exploitation", "verdict", f"estimate, {entry['unit']}"],
        [
            [f"{row['label']}{' (leads)' * row['leads']}", shown_verdict(entry["kind"], row["verdict"]), interval_text(row)]
            for row in table
        ],
    )


def setting_text(entry: dict[str, Any]) -> str:
    """Market, days and size of a test, in a sentence."""
    begin = entry["policies_begin"]
    return (
        f"Market {entry['market']}; {entry['pairs']} sets of twin worlds; what differs between them begins on day "
        f"{begin['first_day']} ({begin['first_date']}); adapted window: {window_text(entry['window'])}, the days that are "
        "compared, when the market has had time to adapt to it."
    )


def write_detail(page: Page, entry: dict[str, Any], folder: Path) -> None:
    """What the result is made of: the sections of the estimand, or its secondary quantities."""
    module = report_of(entry["asks"])
    if entry.get("scenarios", WHOLE) == WHOLE and module and hasattr(module, "sections"):
        module.sections(page, entry, folder)
    else:
        page.quantities(entry["parts"])


def write_headline(page: Page, entry: dict[str, Any]) -> None:
    """The verdict in bold; where a control failed that comes first, and nothing is bold."""
    if entry.get("controls_hold") is False:
        page.paragraph(f"{NOT_RELIED_ON.capitalize()}: {'; '.join(entry['controls_failed'])}.", "doubt")
        page.paragraph(f"Verdict: {verdict_text(entry)}.", "doubt")
    else:
        page.paragraph(f"Verdict: {shown(entry)}.", "verdict")


def write_verdict(page: Page, entry: dict[str, Any]) -> None:
    """Estimate, threshold, first stage, and what is published of the draws."""
    page.paragraph(
        f"{entry['estimand']}: {interval_text(entry)} {entry['unit']}, from {entry['pairs']} sets of twin worlds "
        f"({entry['market']}); {entry['direction']} {number(entry['threshold'])} would {would_show(entry['kind'])} the claim "
        f"({entry['threshold_reason']})."
    )
    if not entry["first_stage"]["present"]:
        page.paragraph(
            f"The treatment did not bite, so the claim was not put to the test. Needed: {entry['first_stage']['rule']}."
        )
    if entry.get("published"):
        page.paragraph(f"{share_text(entry)}.")
    for point in surface_lines(entry):
        page.paragraph(point)
    if entry["kind"] == VERIFICATION:
        page.paragraph(WHAT_A_VERIFICATION_IS)


def write_table_of_controls(page: Page, entry: dict[str, Any]) -> None:
    """The verdict of each control and those it must show."""
    page.table(
        ["control", "verdict", "must be", "why"],
        [[words(c["scenario"]), shown_of_control(c), shown_expected(c), c["why"]] for c in entry["controls"]],
        "wide",
    )


def write_limits(page: Page, entry: dict[str, Any]) -> None:
    """What the result leaves open."""
    for limit in entry["limits"]:
        page.paragraph(limit)


def shown(entry: dict[str, Any]) -> str:
    """The verdict of a hypothesis or of one of its controls, as it is shown to people."""
    return shown_verdict(entry["kind"], entry["verdict"])


def shown_of_control(control: dict[str, Any]) -> str:
    """The verdict of a control, in what its worlds are identical, and whether it failed."""
    same = f" ({control['identical']})" if control.get("identical") else ""
    return f"{shown(control)}{same}" + ("" if control["as_expected"] else "; failed")


def shown_expected(control: dict[str, Any]) -> str:
    """The verdicts that a control may have, as they are shown to people."""
    return " or ".join(shown_verdict(control["kind"], verdict) for verdict in control["expected"])


def words(name: str) -> str:
    """A name of a scenario as words."""
    return name.replace("_", " ")


def draw_estimates(entry: dict[str, Any]):
    """The estimate and its controls."""
    lines = [("main comparison", entry, verdict_text(entry), None)]
    for control in entry["controls"]:
        expected = shown(control) if control["as_expected"] else shown_expected(control)
        lines.append((words(control["scenario"]), control, shown(control), expected))
    rows = [
        (label, *(one[name] for name in (*BOUNDS, "threshold")), verdict, expected) for label, one, verdict, expected in lines
    ]
    controls = f", {entry['controls'][0]['pairs']} for each control" if entry["controls"] else ""
    caption = f"{entry['pairs']} pairs{controls}; 95 % intervals over pairs."
    return twin_figures.estimates_with_controls(rows, caption, title=entry["estimand"], unit=entry["unit"])


def write_joint_report(summary: dict[str, Any], folders: dict[str, Path], folder: Path) -> None:
    """`report.html` over several hypotheses: the verdict table first, then a figure and the controls of each."""
    entries = summary["hypotheses"]
    trees = {entry["id"]: configuration_of(folders[entry["id"]]) for entry in entries}
    page = Page(f"What the model says about {len(entries)} claims")
    page.paragraph(
        "Each claim is put to pairs of artificial worlds that share their seeds and differ in one thing. "
        "What follows is what the rules of the model imply at its default parameters, not a finding about the world. "
        + WHAT_AN_INTERVAL_IS
    )
    if any(entry["kind"] == VERIFICATION for entry in entries):
        page.paragraph(WHAT_A_VERIFICATION_IS)
    for line in what_is_published():
        page.paragraph(line, "verdict")
    page.table(
        ["claim", "verdict", "estimate (95 % interval)", "unit", "needed", "p (Holm)", "controls"],
        [[f"{e['rank']}. {e['title']}", verdict_text(e) + (" (verification)" if e["kind"] == VERIFICATION else ""),
          interval_text(e), e["unit"], f"{e['direction']} {number(e['threshold'])}", number(e["p_holm"], 3),
          controls_text(e["controls"])]
         for e in entries],
        "wide",
    )  # fmt: skip
    for entry in entries:
        page.heading(f"{entry['rank']}. {entry['title']}: {verdict_text(entry)}")
        page.paragraph(entry["claim"])
        for reason in entry.get("controls_failed", []):
            page.paragraph(reason + ".", "doubt")
        write_verdict(page, entry)
        page.figure(folders[entry["id"]] / f"{style.RESULT}.svg", entry["estimand"])
        with page.folded("Quantities behind it"):
            page.quantities(entry["parts"])
        with page.folded(CONTROLS):
            write_table_of_controls(page, entry)
        if entry["limits"]:
            with page.folded("Limits"):
                write_limits(page, entry)
        page.code(command_of(trees[entry["id"]], entry["id"]))
    page.again()
    page.code("\n".join(command_of_all(trees)))
    page.write(folder / "report.html")
