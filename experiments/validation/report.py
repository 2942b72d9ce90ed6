"""The page of a validation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.report import style
from experiments.report.command_line import configuration_of, overrides_of, write_command
from experiments.report.page import Page
from experiments.validation.figures import TAG_NAMES, compact, condition, draw_patterns
from experiments.validation.patterns import read_patterns
from experiments.validation.results import AIM

MARKET_IS_ARTIFICIAL = (
    "Persons exploited are victims, a large part of them minors. Agreement with a pattern shows that the model is not "
    "contradicted by it; it does not show that the model's rules are those of the world."
)


def headline(summary: Mapping[str, Any]) -> str:
    """How many patterns pass, by tag, in a sentence."""
    counts = summary["counts"]
    parts = [f"{tag.replace('_', ' ')} {one['passed']} of {one['of']}" for tag, one in counts.items() if one["of"]]
    missed = [row["id"] for row in summary["patterns"] if not row["passes"]]
    return f"Patterns that pass: {', '.join(parts)}." + (f" Missed: {', '.join(missed)}." if missed else "")


def aim(summary: Mapping[str, Any]) -> str:
    """What was aimed at, and whether it is reached."""
    counts = summary["counts"]
    fitted = counts["calibrated"]["passed"] == counts["calibrated"]["of"]
    kept = counts["held_out"]["of"] == 0 or counts["held_out"]["passed"] >= AIM * counts["held_out"]["of"]
    return (
        f"Aimed at: all calibrated patterns ({'reached' if fitted else 'not reached'}) and {100 * AIM:g} % of those held out "
        f"({'reached' if kept else 'not reached'})."
    )


def simulated(row: Mapping[str, Any]) -> str:
    """What the worlds show, with its interval."""
    low, high = (compact(row[name]) for name in ("sim_low", "sim_high"))
    return f"{compact(row['simulated'])} ({low} to {high})"


def write_report(summary: Mapping[str, Any], folder: Path) -> None:
    """Figure and page into the result folder."""
    style.save(draw_patterns(summary), folder, style.RESULT)
    page = Page("Which known patterns does the model show?")
    page.paragraph(headline(summary), "verdict")
    page.paragraph(aim(summary))
    page.paragraph(f"Market {summary['market']}, {summary['worlds']} worlds, {summary['window']}. {MARKET_IS_ARTIFICIAL}")
    page.figure(folder / f"{style.RESULT}.svg", "Simulated value of each pattern on the band that passes")
    for tag, name in TAG_NAMES.items():
        rows = [row for row in summary["patterns"] if row["tag"] == tag]
        if rows:
            page.heading(style.capitalise(name))
            page.table(
                ["row", "measure", "unit", "passes", "simulated (95 %)", "", "tolerance", "why missed, as far as known"],
                [[row["id"], row["label"], row["unit"], condition(row), simulated(row), "passes" if row["passes"] else "fails",
                  row["tolerance"], row["reason"]] for row in rows],
                "wide",
            )  # fmt: skip
    for row in summary["patterns"]:
        if row["compare"]:
            without, treated = row["arms"]
            page.paragraph(f"{row['id']}: {row['compare']} of worlds with {treated} and the same worlds with {without}.")
    page.paragraph(f"Intervals: {summary['interval']}.")
    left_out = summary["left_out"] | read_patterns().not_compared
    with page.folded("Rows of evidence that are not compared here, and why"):
        page.table(["row", "why"], [[name, why] for name, why in left_out.items()], "wide")
    page.again()
    page.code(write_command("validate", *overrides_of("validate", configuration_of(folder))))
    page.write(folder / "report.html")
