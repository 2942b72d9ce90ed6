"""The figure and the page of a robustness run; the page opens with the verdicts that survive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from experiments.calibration.draws import STATED, DrawnParameter
from experiments.report import style
from experiments.report.command_line import command_of_draws, configuration_of
from experiments.report.page import Page
from experiments.robustness.figures import draw_effects, draw_shares
from experiments.robustness.prose import (
    CONTROLS_NOT_DRAWN,
    HOW_SHARES_ARE_MADE,
    SHARE_HEAD,
    WHY_COUNTS_MISLEAD,
    bounds_text,
    deciding_text,
    describe_draws,
    headlines,
    percent,
    share_cells,
    shown_of,
    turned_by,
)
from experiments.statistics.verdict import VERDICTS, VERIFICATION, WHAT_A_VERIFICATION_IS
from experiments.store.result import MISSING, number


def write_report(summary: dict[str, Any], parameters: Sequence[DrawnParameter], folder: Path) -> None:
    """Draw the figures into the result folder and write `report.html` around them."""
    part = summary["robustness"]
    style.save(draw_shares(part), folder, style.RESULT)
    for entry in part["hypotheses"]:
        if entry["worlds"]["effects"] is not None:
            style.save(draw_effects(entry), folder, f"worlds_{entry['id']}")
    _write_page(part, parameters, folder)


def _write_page(summary: dict[str, Any], parameters: Sequence[DrawnParameter], folder: Path) -> None:
    page = Page("In which share of worlds does each claim hold?")
    for line in headlines(summary):
        page.paragraph(line, "verdict")
    page.paragraph(describe_draws(summary))
    for note in notes(summary):
        page.paragraph(note)
    page.figure(folder / f"{style.RESULT}.svg", "Share of worlds in which each claim holds, by both estimators")
    _write_shares(page, summary)
    for entry in summary["hypotheses"]:
        if entry["worlds"]["effects"] is not None:
            page.heading(entry["title"])
            page.paragraph(f"{entry['claim']} {style.capitalise(turned_by(entry))}.")
            page.figure(folder / f"worlds_{entry['id']}.svg", f"Effects over worlds: {entry['title']}")
            _write_flips(page, entry)
    with page.folded("Counts of the draws' own verdicts, and why they mislead"):
        page.paragraph(WHY_COUNTS_MISLEAD)
        rows = []
        for entry in summary["hypotheses"]:
            last = [str(entry["pairs"]), shown_of(entry) if entry["survives"] else "no"]
            rows.append([entry["title"], "all", *(percent(entry["all"][name]) for name in VERDICTS), "", ""])
            rows.append(["", "accepted", *(percent(entry["accepted"][name]) for name in VERDICTS), *last])
        page.table(["hypothesis", "draws", *VERDICTS, "pairs per draw", "shared by 90 %"], rows)
        if any(entry["kind"] == VERIFICATION for entry in summary["hypotheses"]):
            page.paragraph(f"{WHAT_A_VERIFICATION_IS} Supported and refuted stand for these in the table.")
        page.paragraph(f"Intervals in brackets: {summary['interval']}, of the first round alone.")
    _write_estimates(page, summary)
    _write_deciding(page, summary)
    _write_patterns(page, summary)
    _write_parameters(page, summary, parameters)
    page.again()
    page.paragraph("Every draw is a row, with its values and what was measured; a question to them in SQL:")
    page.code('plansim show RESULT --sql "SELECT verdict, count(*) FROM rows WHERE accepted GROUP BY verdict"')
    ranges = [summary["range"]] if summary["range"] == STATED else []
    if summary["range"] == "posterior":
        page.paragraph("Next to the words below, posterior= names the calibration whose draws were used.")
    page.code(command_of_draws(configuration_of(folder), summary["draws"], ranges))
    page.write(folder / "report.html")


def _write_shares(page: Page, summary: dict[str, Any]) -> None:
    rows = []
    for entry in summary["hypotheses"]:
        for which in ("all", "accepted"):
            found = entry["worlds"][which]
            conclusion = (found["shares"] or {}).get("conclusion") or MISSING
            rows.append([entry["title"] if which == "all" else "", which, *share_cells(found), conclusion])
    page.table(["hypothesis", "draws", *SHARE_HEAD, "the claim"], rows, "wide")
    page.paragraph(HOW_SHARES_ARE_MADE)
    smallest = [
        [entry["title"], f"{number(entry['smallest'])} {entry['unit']}", entry["smallest_reason"]]
        for entry in summary["hypotheses"]
    ]
    with page.folded("Smallest effects of interest"):
        page.table(["hypothesis", "distance from the threshold", "why"], smallest, "wide")


def _write_flips(page: Page, entry: dict[str, Any]) -> None:
    """The table of flips: in which worlds the claim's share is high and in which low."""
    flips = entry["worlds"]["flips"]
    if flips and flips["leaves"]:
        rows = [
            [" and ".join(leaf["where"]), f"{100 * leaf['draws']:.0f} %", f"{100 * leaf['share']:.0f} %"]
            for leaf in flips["leaves"]
        ]
        page.table(["worlds where", "of the draws", "share on the claim's side"], rows)
        page.paragraph(
            f"These splits explain {100 * flips['explained']:.0f} % of what differs between draws they were not made from."
        )


def notes(summary: dict[str, Any]) -> list[str]:
    """What a reader must know before the figure."""
    lines = [
        "Persons exploited are victims, a large part of them minors. These are verdicts on a model: they show what its rules "
        "imply whatever the numbers that no source gives, not what holds in the world.",
        CONTROLS_NOT_DRAWN,
    ]
    deserted = summary["draws"] - summary["market_share"]["n"]
    if deserted:
        lines.append(
            f"{deserted} of {summary['draws']} draws have no market: without any policy fewer than {summary['least_market']:g} "
            "person-days per day are in Plans. No treatment can bite there, so no pair of worlds is run; these draws are a share "
            "of their own."
        )
    if summary["range"] == STATED:
        without = percent(summary["market_share"])
        lines.append(
            f"The stated ranges are ranges of validity, not of belief: only {without} of these worlds have a market at all. "
            "The usual run draws within a factor of the defaults."
        )
    for entry in summary["hypotheses"]:
        if entry["kept"]:
            lines.append(f"{entry['id']} sets {', '.join(entry['kept'])} itself, as part of its question; no draw changes that.")
    if summary["fixed"]:
        lines.append(f"Not drawn, as given on the command line: {', '.join(summary['fixed'])}.")
    if summary["failed"]:
        lines.append(f"{summary['failed']} rows failed and are left out of the shares; their errors are in the rows.")
    return lines


def _write_estimates(page: Page, summary: dict[str, Any]) -> None:
    page.heading("Estimates")
    page.paragraph("Where the estimates of the draws lie, whatever the width of their intervals.")
    rows = []
    for entry in summary["hypotheses"]:
        for which in ("all", "accepted"):
            found = entry["estimates"][which]
            side = percent(found["claimed_side"])
            rows.append([entry["title"] if which == "all" else "", which, _spread(found["quantiles"]), side, entry["unit"]])
    page.table(["hypothesis", "draws", "median draw (5 to 95 %)", "on the side of the claim", "unit"], rows)


def _spread(found: dict[str, float] | None) -> str:
    return MISSING if found is None else f"{number(found['0.5'])} ({number(found['0.05'])} to {number(found['0.95'])})"


def _write_deciding(page: Page, summary: dict[str, Any]) -> None:
    page.heading("What decides a verdict")
    page.paragraph(
        "Parameters whose draws differ between verdicts (the rank test of Kruskal and Wallis over all draws, clear after Holm's "
        "correction), with the share of the variance of their ranks that lies between the verdicts. Each is looked at by itself."
    )
    page.table(["hypothesis", "parameters"], [[entry["title"], deciding_text(entry)] for entry in summary["hypotheses"]], "wide")
    _write_parameters_found(page, summary, "deciding", "median draw by verdict", lambda row: _medians(row["medians"]))
    if any(entry["moving"] for entry in summary["hypotheses"]):
        page.paragraph("Parameters whose draws go with the estimate (Spearman's rank correlation, clear as above):")
    _write_parameters_found(page, summary, "moving", "correlation", lambda row: f"{row['correlation']:+.2f}")


def _write_parameters_found(page: Page, summary: dict[str, Any], which: str, heading: str, cell: Callable[[dict], str]) -> None:
    """The table of the parameters found under a key of the hypotheses, if there are any."""
    rows = [
        [entry["title"], row["parameter"], cell(row), row["unit"], row["source"]]
        for entry in summary["hypotheses"]
        for row in entry[which]
    ]
    if rows:
        page.table(["hypothesis", "parameter", heading, "unit", "source"], rows)


def _medians(medians: dict[str, float]) -> str:
    return "; ".join(f"{verdict} {number(value)}" for verdict, value in medians.items())


def _write_patterns(page: Page, summary: dict[str, Any]) -> None:
    page.heading("Which draws are accepted")
    page.paragraph(
        "A draw is accepted if its worlds without a policy meet each of these patterns. They and their tolerances were fixed "
        "beforehand, in configs/patterns.yaml; plansim validate compares the model at its defaults with all patterns."
    )
    rows = []
    for one in summary["patterns"]:
        seen = _spread(one["quantiles"])
        alone = str(one["rejects_alone"])
        rows.append([one["evidence"], one["label"], bounds_text(one), one["tag"], percent(one["met"]), alone, seen, one["why"]])
    head = ["evidence", "measure", "asked", "tag", "draws that meet it", "rejects alone", "median draw (5 to 95 %)", "tolerance"]
    page.table(head, rows)


def _write_parameters(page: Page, summary: dict[str, Any], parameters: Sequence[DrawnParameter]) -> None:
    page.heading("What was drawn")
    with page.folded(f"The {len(parameters)} numbers and their ranges"):
        rows = [
            [one.key, *(f"{value:,g}" for value in (one.default, one.low, one.high)),
             "on the logarithm" if one.log else "even", one.unit, one.source]
            for one in parameters
        ]  # fmt: skip
        page.table(["parameter", "default", "low", "high", "spread", "unit", "source"], rows)
    with page.folded("Assumed numbers that were left out, and why"):
        page.table(["parameter", "why"], [[key, why] for key, why in summary["left_out"].items()], "wide")
