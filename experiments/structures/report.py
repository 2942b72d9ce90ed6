"""The page of a table over structures, and that of a screening: what hangs on the structure comes first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.configuration.override_values import write_value
from experiments.report import style
from experiments.report.command_line import command_of_all, hypothesis_word, joint_overrides, write_command
from experiments.report.page import Page
from experiments.statistics.verdict import VERIFICATION, WHAT_A_VERIFICATION_IS, controls_text
from experiments.store.result import interval_text
from experiments.structures import figures
from experiments.structures.plan import DEFAULT
from experiments.structures.results import (
    CLEAR_MARK,
    INTERVALS,
    NOT_CLEAR_OF_THREE,
    WHAT_THE_MARK_IS,
    applicable_text,
    by_hypothesis,
    condition,
    failed_lines,
    headline,
    kept_lines,
    marked_verdict,
    matters,
)

WHAT_A_STRUCTURE_IS = (
    "Persons exploited are victims, a large part of them minors. A structure is a choice of how the model works that no source "
    "settles, or of the levels at which it works. Each claim is put to the same seeds under each of them, so that what differs "
    "between two columns is the structure; nothing here is a finding about the world."
)


def write_table(summary: Mapping[str, Any], trees: Mapping[str, Mapping[str, Any]], words: list[str], folder: Path) -> None:
    """Figure and page. `trees`: configurations under the default structure; `words`: of the command, next to theirs."""
    style.save(figures.draw_table(summary), folder, style.RESULT)
    page = Page("Which verdicts hang on the structure of the model?")
    page.paragraph(headline(summary), "verdict")
    page.paragraph(WHAT_A_STRUCTURE_IS)
    for line in failed_lines(summary):
        page.paragraph(line, "doubt")
    grouped = by_hypothesis(summary["rows"])
    names = summary["structures"]
    page.table(
        ["hypothesis", "needed", *(name.replace("_", " ") for name in names)],
        [[f"{rows[0]['rank']}. {rows[0]['title']}", condition(rows[0]), *(_of_structure(rows, name) for name in names)]
         for rows in grouped.values()],
        "wide",
    )  # fmt: skip
    page.paragraph(f"{WHAT_THE_MARK_IS}. {INTERVALS}")
    if any(row["kind"] == VERIFICATION for row in summary["rows"]):
        page.paragraph(WHAT_A_VERIFICATION_IS)
    page.figure(folder / f"{style.RESULT}.svg", "Estimates of each claim under each structure, with their intervals")
    _write_structures(page, summary)
    page.heading("Pairs, first stages and controls")
    page.table(
        ["hypothesis", "structure", "pairs", "first stage", "controls", "result"],
        [[row["hypothesis"], row["structure"], str(row["pairs"]), "yes" if row["first_stage"] else "no",
          controls_text(row["controls"]), row["result"]]
         for rows in grouped.values() for row in rows],
    )  # fmt: skip
    _write_command(page, trees, words, folder)


def write_screening(summary: Mapping[str, Any], trees: Mapping[str, Mapping[str, Any]], words: list[str], folder: Path) -> None:
    """Figure and page of the screening; arguments as of `write_table`."""
    style.save(figures.draw_effects(summary), folder, style.RESULT)
    page = Page("Which structures of the model matter to which claim?")
    page.paragraph(matters(summary), "verdict")
    page.paragraph(WHAT_A_STRUCTURE_IS)
    page.paragraph(
        f"{len(summary['design'])} sets of structures, each structure on in half of them. The effect of one is the mean of the "
        f"estimates where it is on less that where it is off, pair by pair; it is clear of the interactions of any two, and "
        f"{NOT_CLEAR_OF_THREE}."
    )
    grouped = by_hypothesis(summary["rows"])
    found = {(one["hypothesis"], one["effect"]): one for one in summary["effects"]}
    names = summary["structures"]
    page.table(
        ["hypothesis", "unit", *(name.replace("_", " ") for name in names), "first stage"],
        [[f"{rows[0]['rank']}. {rows[0]['title']}", rows[0]["unit"], *(_effect_text(found[h, name]) for name in names),
          applicable_text(rows)]
         for h, rows in grouped.items()],
        "wide",
    )  # fmt: skip
    page.paragraph(f"{CLEAR_MARK}. {INTERVALS}")
    page.figure(folder / f"{style.RESULT}.svg", "Effects of the structures on the estimate of each claim, with their intervals")
    pairs = [one for one in summary["effects"] if one["kind"] == "interactions"]
    if pairs:
        page.heading("Interactions of two structures")
        page.paragraph("Those in one row cannot be told apart; what is estimated is their sum.")
        page.table(
            ["hypothesis", "interactions", "half the difference of differences"],
            [[one["hypothesis"], one["effect"].replace("_", " "), _effect_text(one)] for one in pairs],
        )
    _write_structures(page, summary)
    page.heading("The runs")
    page.table(
        ["structures on", *grouped],
        [[name.replace("_", " ").replace("+", ", "), *(_of_structure(rows, name) for rows in grouped.values())]
         for name in (run["structure"] for run in summary["design"])],
        "wide",
    )  # fmt: skip
    _write_command(page, trees, words, folder)


def _effect_text(one: Mapping[str, Any]) -> str:
    return interval_text(one) + (" *" if one["clear"] else "")


def _of_structure(rows: list[dict[str, Any]], name: str) -> str:
    row = next(row for row in rows if row["structure"] == name)
    return f"{marked_verdict(row)}: {interval_text(row)}"


def _write_structures(page: Page, summary: Mapping[str, Any]) -> None:
    page.heading("What each structure sets")
    rows = [
        [name.replace("_", " "), ", ".join(f"{key}={write_value(value)}" for key, value in changes.items())]
        for name, changes in summary["changes"].items()
    ]
    page.table(["structure", "numbers"], [[DEFAULT, "as in sim/parameters"], *rows], "wide")
    for line in dict.fromkeys(kept_lines(summary)):
        page.paragraph(line)


def _write_command(page: Page, trees: Mapping[str, Mapping[str, Any]], words: list[str], folder: Path) -> None:
    """The command again; where the hypotheses share no words, those of each without a structure come after it."""
    page.again()
    named = [hypothesis_word(tree, name) for name, tree in trees.items()] if len(trees) == 1 else []
    bare = {name: {key: part for key, part in tree.items() if key != "scenarios"} for name, tree in trees.items()}
    shared = joint_overrides("test", {hypothesis_word(tree, name): tree for name, tree in bare.items()})
    page.code(write_command("test", *words, *named, *(shared or ())))
    if shared is None:
        page.code("\n".join(command_of_all(bare)))
    page.write(folder / "report.html")
