"""The figure and the page of a robustness run; the page opens with the verdicts that survive."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from experiments.calibration.draws import NEAR, DrawnParameter
from experiments.report import style
from experiments.report.command_line import command_of_draws, configuration_of
from experiments.report.page import Page
from experiments.robustness.prose import (
    CONTROLS_NOT_DRAWN,
    bounds_text,
    deciding_text,
    describe_draws,
    headlines,
    percent,
    shown_of,
)
from experiments.statistics.verdict import VERDICTS, VERIFICATION, WHAT_A_VERIFICATION_IS
from experiments.store.result import MISSING, number

FIGURE = "verdict_shares"
FIRST = "result"
# From left to right; supported and refuted are at the ends, where their intervals can be read against the axis.
LOOKS = {
    "supported": (style.BLUE, "white", None),
    "undecided": ("#c9c9c9", style.BLACK, None),
    "not applicable": ("white", style.BLACK, "////"),
    "identical": ("white", style.BLACK, "...."),
    "refuted": (style.VERMILION, "white", None),
}
_LEAST_WRITTEN = 0.075  # a narrower part of a bar has no room for its number


def write_report(summary: dict[str, Any], parameters: Sequence[DrawnParameter], folder: Path) -> None:
    """Draw the figure into the result folder and write `report.html` around it."""
    part = summary["robustness"]
    style.save(draw_shares(part), folder, FIGURE)
    for suffix in ("png", "svg"):
        shutil.copyfile(folder / f"{FIGURE}.{suffix}", folder / f"{FIRST}.{suffix}")
    _write_page(part, parameters, folder)


@style.house_style()
def draw_shares(summary: dict[str, Any]):
    """Stacked bars of verdict shares with their intervals: all draws above, accepted draws below, by hypothesis."""
    entries = summary["hypotheses"]
    shown = [name for name in LOOKS if any(e[which][name]["n"] for e in entries for which in ("all", "accepted"))]
    caption = (
        f"{describe_draws(summary)} Upper bar: all draws; lower bar: accepted draws. Black lines: 95 % binomial intervals of "
        f"supported (below, from the left) and refuted (above, from the right)."
    )
    figure, (axes,) = style.open_panels(0.95 + 0.62 * len(entries), "Which verdicts survive other assumptions?", caption)
    for i, entry in enumerate(entries):
        _draw_bar(axes, i - 0.18, entry["all"])
        _draw_bar(axes, i + 0.18, entry["accepted"])
    axes.set_yticks(range(len(entries)), [f"{entry['title']}\n{_mark(entry, summary)}" for entry in entries])
    axes.set(xlim=(0, 1), ylim=(len(entries) - 0.5, -0.5), xlabel="share of draws, %")
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1.0], ["0", "25", "50", "75", "100"])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    from matplotlib.patches import Patch

    patches = [
        Patch(facecolor=LOOKS[name][0], edgecolor=style.GREY, hatch=LOOKS[name][2], linewidth=0.6, label=name) for name in shown
    ]
    axes.legend(
        handles=patches, ncols=len(patches), loc="lower left", bbox_to_anchor=(0, 1.0), handlelength=1.2, columnspacing=1.2
    )
    style.settle(figure)
    return figure


def _mark(entry: dict[str, Any], summary: dict[str, Any]) -> str:
    """Whether its verdict survives, in a word or two under its name."""
    if entry["draws_accepted"] < summary["least_accepted"]:
        return "too few accepted"
    return f"{shown_of(entry)}: survives" if entry["survives"] else "does not survive"


def _draw_bar(axes, y: float, shares: dict[str, dict[str, Any]]) -> None:
    """One bar of 100 %, with intervals of the two verdicts at its ends."""
    left = 0.0
    if shares["supported"]["share"] is None:
        axes.text(0.01, y, "no draw", va="center", size=style.SMALL, color=style.GREY)
        return
    for name, (face, ink, hatch) in LOOKS.items():
        width = shares[name]["share"]
        axes.barh(y, width, left=left, height=0.32, facecolor=face, edgecolor=style.GREY, linewidth=0.6, hatch=hatch)
        if width >= _LEAST_WRITTEN:
            box = {"facecolor": face, "edgecolor": "none", "pad": 0.6}
            look = {"ha": "center", "va": "center", "size": style.SMALL, "color": ink, "bbox": box, "zorder": 4}
            axes.text(left + width / 2, y, f"{100 * width:.0f}", **look)
        left += width
    for name, sign in (("supported", 1), ("refuted", -1)):
        low, high = shares[name]["low"], shares[name]["high"]
        ends = (low, high) if sign == 1 else (1 - high, 1 - low)
        if shares[name]["n"]:
            axes.plot(ends, [y + 0.11 * sign] * 2, color=style.BLACK, linewidth=1.2, marker="|", markersize=5, zorder=5)


def _write_page(summary: dict[str, Any], parameters: Sequence[DrawnParameter], folder: Path) -> None:
    page = Page("Which verdicts survive other assumptions?")
    for line in headlines(summary):
        page.paragraph(line, "verdict")
    page.paragraph(describe_draws(summary))
    for note in notes(summary):
        page.paragraph(note)
    page.figure(folder / f"{FIGURE}.svg", "Shares of verdicts over draws, by hypothesis")
    page.heading("Verdicts")
    rows = []
    for entry in summary["hypotheses"]:
        last = [str(entry["pairs"]), shown_of(entry) if entry["survives"] else "no"]
        rows.append([entry["title"], "all", *(percent(entry["all"][name]) for name in VERDICTS), "", ""])
        rows.append(["", "accepted", *(percent(entry["accepted"][name]) for name in VERDICTS), *last])
    page.table(["hypothesis", "draws", *VERDICTS, "pairs per draw", "survives"], rows)
    if any(entry["kind"] == VERIFICATION for entry in summary["hypotheses"]):
        page.paragraph(f"{WHAT_A_VERIFICATION_IS} Supported and refuted stand for these in the table and the figure.")
    rests = "Each verdict rests on the pairs of its own draw; a draw without a market has none."
    page.paragraph(f"Intervals in brackets: {summary['interval']}. {rests}")
    _write_estimates(page, summary)
    _write_deciding(page, summary)
    _write_patterns(page, summary)
    _write_parameters(page, summary, parameters)
    page.heading("Again")
    page.paragraph("Every draw is a row, with its values and what was measured; a question to them in SQL:")
    page.code('plansim show RESULT --sql "SELECT verdict, count(*) FROM rows WHERE accepted GROUP BY verdict"')
    ranges = [] if summary["range"] == NEAR else [summary["range"]]
    page.code(command_of_draws(configuration_of(folder), summary["draws"], ranges))
    page.write(folder / "report.html")


def notes(summary: dict[str, Any]) -> list[str]:
    """What a reader must know before the figure."""
    lines = [
        "Persons exploited are victims, a large part of them minors. These are verdicts on a model: they show what its rules "
        "imply whatever the numbers that no source gives, not what holds in the world.",
        "A draw has few pairs of worlds of a small market, so many of its verdicts are undecided, or not applicable as no first "
        "stage can be shown, for want of pairs (n_pairs gives more, and takes longer). What survives is what even few pairs "
        "show in nearly every draw.",
        CONTROLS_NOT_DRAWN,
    ]
    deserted = summary["draws"] - summary["market_share"]["n"]
    if deserted:
        lines.append(
            f"{deserted} of {summary['draws']} draws have no market: without any policy fewer than {summary['least_market']:g} "
            "person-days per day are in Plans. No treatment can bite there, so each verdict is not applicable and no pair of "
            "worlds is run; these draws are part of the shares of all draws."
        )
    if summary["range"] != NEAR:
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
