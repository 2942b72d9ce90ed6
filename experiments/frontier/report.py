"""The page of a search."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.frontier.figures import draw_frontier, draw_mixtures, draw_regret
from experiments.frontier.results import ALONE, MIXED
from experiments.report import style
from experiments.report.command_line import configuration_of, overrides_of, write_command
from experiments.report.page import Page
from experiments.store.result import interval_text, number
from sim.measures.windows import window_text

HEAD = ["policy", "EUR a year", "averted a day (95 %)", "of minors", "dominated by", "largest regret", "of what"]
_LIMITS = (
    "Exploitation, minors and cost are the only objectives; nothing else that a policy does counts. The search is bounded "
    "and its worlds are artificial: that a mixture is not found does not show that there is none. Unit costs of levers are "
    "assumptions."
)


def headlines(summary: Mapping[str, Any]) -> list[str]:
    """What the search says, in a few sentences."""
    rows = {row["name"]: row for row in summary["policies"]}
    robust, mixed = rows[summary["robust"]], [row for row in rows.values() if row["kind"] == MIXED]
    alone = [row for row in rows.values() if row["kind"] == ALONE]
    beaten = sum(row["dominated_by"] is not None for row in alone)
    best = max(rows.values(), key=lambda row: row["averted"]["estimate"])
    lines = [
        f"With {summary['budget_a_year']:,.0f} EUR a year at most, {best['name']} averts most: {interval_text(best['averted'])} "
        f"person-days a day for {best['cost_a_year']:,.0f} EUR a year.",
        f"Never far from the best: {robust['name']}; at worst ({robust['worst_under']}) it leaves "
        f"{interval_text(robust['largest_regret'])} person-days a day more than the best policy.",
        f"{beaten} of {len(alone)} levers by themselves are dominated; {summary['mixtures_tried']:,} mixtures were tried, "
        f"{len(mixed)} of them compared again on {summary['worlds']} fresh worlds of each of {len(summary['without'])} sets of "
        "assumptions.",
    ]
    if not summary["drawn"]:
        lines.append(
            "Worlds are at the configured numbers; posterior=published draws them from what the known patterns leave open."
        )
    return lines


def policy_rows(summary: Mapping[str, Any]) -> list[list[str]]:
    """Every policy by rising cost."""
    return [
        [row["name"], f"{row['cost_a_year']:,.0f}", interval_text(row["averted"]), interval_text(row["minors_averted"]),
         row["dominated_by"] or "", interval_text(row["largest_regret"]), row["worst_under"]]
        for row in summary["policies"]
    ]  # fmt: skip


def write_report(summary: Mapping[str, Any], folder: Path) -> None:
    """Figures and page into the result folder."""
    figures = {style.RESULT: draw_frontier, "regret": draw_regret, "mixtures": draw_mixtures}
    for name, draw in figures.items():
        style.save(draw(summary), folder, name)
    page = Page("What can a public budget avert?")
    first, *others = headlines(summary)
    page.paragraph(first, "verdict")
    for line in others:
        page.paragraph(line)
    page.paragraph(
        f"Market {summary['market']}, measured: {window_text(summary['window'])}. Persons exploited are victims, a large part of "
        f"them minors. {_LIMITS}"
    )
    for name, text in (
        (style.RESULT, "Exploitation averted against public cost"), ("regret", "Regret of every policy by set of assumptions"),
        ("mixtures", "Share of the budget by lever"),
    ):  # fmt: skip
        page.figure(folder / f"{name}.svg", text)
    page.heading("Policies by rising cost")
    page.table(HEAD, policy_rows(summary), "wide")
    page.paragraph(f"Intervals: {summary['interval']}.")
    page.heading("What each mixture does")
    page.table(
        ["mixture", "lever", "EUR a year", "intensity"],
        [[row["name"], lever.replace("_", " "), f"{row['euros_a_year'][lever]:,.0f}", number(intensity)]
         for row in summary["policies"] if row["kind"] == MIXED for lever, intensity in row["intensities"].items()],
    )  # fmt: skip
    page.heading("Without a policy")
    page.table(
        ["assumptions", "exploitation, person-days a day", "of minors"],
        [[name, number(found["harm"]), number(found["minors"])] for name, found in summary["without"].items()],
    )  # fmt: skip
    page.again()
    page.code(write_command("frontier", *overrides_of("frontier", configuration_of(folder))))
    page.write(folder / "report.html")
