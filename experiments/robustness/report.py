"""What a robustness run leaves for people: one figure and one page, whose first lines say which verdicts survive."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.report import style
from experiments.report.command_line import command_of_draws, configuration_of
from experiments.report.page import Page
from experiments.robustness.draws import NEAR, DrawnParameter
from experiments.robustness.prose import (
    CONTROLS_NOT_DRAWN,
    describe_draws,
    headlines,
    percent,
    shown_of,
    tell_bounds,
    tell_deciding,
)
from experiments.statistics.verdict import VERIFICATION, WHAT_A_VERIFICATION_IS
from experiments.store.result import MISSING, number

FIGURE = "verdict_shares"
FIRST = "result"
# From left to right; supported and refuted stand at the ends, where their intervals can be read against the axis.
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
    told = summary["robustness"]
    style.save(draw_shares(told), folder, FIGURE)
    for suffix in ("png", "svg"):
        shutil.copyfile(folder / f"{FIGURE}.{suffix}", folder / f"{FIRST}.{suffix}")
    _write_page(told, parameters, folder)


@style.house_style()
def draw_shares(told: dict[str, Any]):
    """Stacked bars of verdict shares with their intervals: all draws above, accepted draws below, by hypothesis."""
    entries = told["hypotheses"]
    shown = [name for name in LOOKS if any(e[which][name]["n"] for e in entries for which in ("all", "accepted"))]
    caption = (
        f"{describe_draws(told)} Upper bar: all draws; lower bar: accepted draws. Black lines: 95 % binomial intervals of "
        f"supported (below, from the left) and refuted (above, from the right)."
    )
    figure, (axes,) = style.open_panels(0.95 + 0.62 * len(entries), "Which verdicts survive other assumptions?", caption)
    ticks, names = [], []
    for place, entry in enumerate(entries):
        for which, y in (("all", place - 0.18), ("accepted", place + 0.18)):
            _draw_bar(axes, y, entry[which])
        ticks.append(place)
        names.append(f"{entry['title']}\n{_mark(entry, told)}")
    axes.set_yticks(ticks, names)
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


def _mark(entry: dict[str, Any], told: dict[str, Any]) -> str:
    """Whether its verdict survives, in a word or two under its name."""
    if entry["draws_accepted"] < told["least_accepted"]:
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
            axes.text(
                left + width / 2,
                y,
                f"{100 * width:.0f}",
                ha="center",
                va="center",
                size=style.SMALL,
                color=ink,
                bbox=box,
                zorder=4,
            )
        left += width
    for name, sign in (("supported", 1), ("refuted", -1)):
        low, high = shares[name]["low"], shares[name]["high"]
        ends = (low, high) if sign == 1 else (1 - high, 1 - low)
        if shares[name]["n"]:
            axes.plot(ends, [y + 0.11 * sign] * 2, color=style.BLACK, linewidth=1.2, marker="|", markersize=5, zorder=5)


def _write_page(told: dict[str, Any], parameters: Sequence[DrawnParameter], folder: Path) -> None:
    page = Page("Which verdicts survive other assumptions?")
    for line in headlines(told):
        page.paragraph(line, "verdict")
    page.paragraph(describe_draws(told))
    for note in notes(told):
        page.paragraph(note)
    page.figure(folder / f"{FIGURE}.svg", "Shares of verdicts over draws, by hypothesis")
    page.heading("Verdicts")
    header = [
        "hypothesis",
        "draws",
        "supported",
        "refuted",
        "undecided",
        "not applicable",
        "identical",
        "pairs a draw",
        "survives",
    ]
    rows = []
    for entry in told["hypotheses"]:
        for which, label in (("all", "all"), ("accepted", "accepted")):
            cells = [percent(entry[which][name]) for name in header[2:7]]
            last = ["", ""] if which == "all" else [str(entry["pairs"]), shown_of(entry) if entry["survives"] else "no"]
            rows.append([entry["title"] if which == "all" else "", label, *cells, *last])
    page.table(header, rows)
    if any(entry["kind"] == VERIFICATION for entry in told["hypotheses"]):
        page.paragraph(f"{WHAT_A_VERIFICATION_IS} Supported and refuted stand for these in the table and the figure.")
    rests = "Each verdict rests on the pairs of its own draw; a draw without a market has none."
    page.paragraph(f"Intervals in brackets: {told['interval']}. {rests}")
    _write_estimates(page, told)
    _write_deciding(page, told)
    _write_patterns(page, told)
    _write_parameters(page, told, parameters)
    page.heading("Again")
    page.paragraph("Every draw is a row, with its values and what was measured; a question to them in SQL:")
    page.code('plansim show RESULT --sql "SELECT verdict, count(*) FROM rows WHERE accepted GROUP BY verdict"')
    page.code(command_of_draws(configuration_of(folder), told["draws"], [] if told["range"] == NEAR else [told["range"]]))
    page.write(folder / "report.html")


def notes(told: dict[str, Any]) -> list[str]:
    """What a reader must know before the figure."""
    said = [
        "Persons exploited are victims, a large part of them minors. These are verdicts on a model: they say what its rules "
        "imply whatever the numbers that no source gives, not what holds in the world.",
        "A draw has few pairs of worlds of a small market, so many of its verdicts are undecided, or not applicable as no first "
        "stage can be shown, for want of pairs (n_pairs gives more, and takes longer). What survives is what even few pairs "
        "show in nearly every draw.",
    ]
    said.append(CONTROLS_NOT_DRAWN)
    deserted = told["draws"] - told["market_share"]["n"]
    if deserted:
        said.append(
            f"{deserted} of {told['draws']} draws have no market: without any policy fewer than {told['least_market']:g} "
            "person-days a day are in Plans. No treatment can bite there, so each verdict is not applicable and no pair of "
            "worlds is run; these draws are part of the shares of all draws."
        )
    if told["range"] != NEAR:
        without = percent(told["market_share"])
        said.append(
            f"The stated ranges are ranges of validity, not of belief: only {without} of these worlds have a market at all. "
            "The usual run draws within a factor of the defaults."
        )
    kept = {entry["id"]: entry["kept"] for entry in told["hypotheses"] if entry["kept"]}
    said += [
        f"{name} sets {', '.join(keys)} itself, as part of its question; no draw changes that." for name, keys in kept.items()
    ]
    if told["fixed"]:
        said.append(f"Not drawn, as given on the command line: {', '.join(told['fixed'])}.")
    if told["failed"]:
        said.append(f"{told['failed']} rows failed and are left out of the shares; their errors are in the rows.")
    return said


def _write_estimates(page: Page, told: dict[str, Any]) -> None:
    page.heading("Estimates")
    page.paragraph("Where the estimates of the draws lie, whatever the width of their intervals.")
    rows = []
    for entry in told["hypotheses"]:
        for which in ("all", "accepted"):
            found = entry["estimates"][which]
            side = percent(found["claimed_side"])
            rows.append([entry["title"] if which == "all" else "", which, _spread(found["quantiles"]), side, entry["unit"]])
    page.table(["hypothesis", "draws", "median draw (5 to 95 %)", "on the side of the claim", "unit"], rows)


def _spread(found: dict[str, float] | None) -> str:
    return MISSING if found is None else f"{number(found['0.5'])} ({number(found['0.05'])} to {number(found['0.95'])})"


def _write_deciding(page: Page, told: dict[str, Any]) -> None:
    page.heading("What decides a verdict")
    page.paragraph(
        "A decision tree of depth 3 over all draws, judged by draws that it was not grown from (ten folds). It says something "
        "only if it is right more often than naming the most frequent verdict each time."
    )
    page.table(["hypothesis", "tree"], [[entry["title"], tell_deciding(entry)] for entry in told["hypotheses"]], "wide")
    for entry in told["hypotheses"]:
        if entry["deciding"]:
            with page.folded(f"The tree of {entry['title'].lower()}"):
                page.code(entry["tree"]["rules"])
    rows = [
        [entry["title"], row["parameter"], f"{row['correlation']:+.2f}", row["unit"], row["source"]]
        for entry in told["hypotheses"]
        for row in entry["moving"]
    ]
    if rows:
        page.paragraph(
            "Parameters whose draws go with the estimate (Spearman's rank correlation, clear after Holm's correction):"
        )
        page.table(["hypothesis", "parameter", "correlation", "unit", "source"], rows)


def _write_patterns(page: Page, told: dict[str, Any]) -> None:
    page.heading("Which draws are accepted")
    page.paragraph(
        "A draw is accepted if its worlds without a policy meet every pattern but the imposed ones, which are checks of the "
        "code. Patterns and tolerances were fixed beforehand, in configs/robustness.yaml."
    )
    rows = []
    for one in told["patterns"]:
        seen = _spread(one["quantiles"])
        alone = str(one["rejects_alone"]) if one["accepts"] else MISSING
        rows.append([one["evidence"], one["label"], tell_bounds(one), one["tag"], percent(one["met"]), alone, seen, one["why"]])
    page.table(
        ["evidence", "measure", "asked", "tag", "draws that meet it", "rejects alone", "median draw (5 to 95 %)", "tolerance"],
        rows,
    )


def _write_parameters(page: Page, told: dict[str, Any], parameters: Sequence[DrawnParameter]) -> None:
    page.heading("What was drawn")
    with page.folded(f"The {len(parameters)} numbers and their ranges"):
        page.table(
            ["parameter", "default", "low", "high", "spread", "unit", "source"],
            [
                [
                    p.key,
                    f"{p.default:,g}",
                    f"{p.low:,g}",
                    f"{p.high:,g}",
                    "on the logarithm" if p.log else "even",
                    p.unit,
                    p.source,
                ]
                for p in parameters
            ],
        )
    with page.folded("Assumed numbers that were left out, and why"):
        page.table(["parameter", "why"], [[key, why] for key, why in told["left_out"].items()], "wide")
