"""Figure and page of a calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.calibration.results import FEW_WORLDS, least_met
from experiments.calibration.self_check import FIGURE as RANKS
from experiments.calibration.self_check import draw_ranks
from experiments.report import style
from experiments.report.command_line import configuration_of, overrides_of, write_command
from experiments.report.page import Page
from experiments.store.result import number
from experiments.validation.figures import compact

PARAMETER_HEAD = ["parameter", "unit", "default", "prior", "posterior (90 %)", "narrower by", "source"]
_ROW, _AROUND, _MOST = 0.3, 0.75, 30


@style.house_style()
def draw_identified(summary: Mapping[str, Any]):
    """Prior and posterior of each number that is identified, on the range of its prior."""
    rows = [row for row in summary["parameters"] if row["identified"]][:_MOST]
    caption = (
        f"Grey: range of the prior. Blue: median and {summary['interval']}. Diamond: default. Numbers: posterior median, and the "
        "ends of the prior. What is not shown is not identified: its posterior is its prior."
    )
    figure, (axes,) = style.open_panels(
        _AROUND + _ROW * max(len(rows), 1), "What do the known patterns say of the numbers?", caption
    )
    for y, row in enumerate(rows):
        places = {name: _place(row, row[name]) for name in ("low", "median", "high", "default")}
        axes.barh(y, 1.0, height=0.62, color=style.PALE, zorder=0)
        axes.plot([places["low"], places["high"]], [y, y], color=style.BLUE, linewidth=3.0, solid_capstyle="butt", zorder=2)
        axes.plot(places["median"], y, "o", color=style.BLUE, markersize=7, zorder=3)
        axes.plot(places["default"], y, "D", color="white", markeredgecolor=style.BLACK, markersize=5, zorder=4)
        text = f"{compact(row['median'])}  ({compact(row['prior_low'])} to {compact(row['prior_high'])})"
        axes.annotate(text, (1.0, y), (6, 0), textcoords="offset points", va="center", size=style.SMALL, annotation_clip=False)
    axes.set(xlim=(0, 1), ylim=(max(len(rows), 1) - 0.5, -0.5), xticks=[])
    axes.set_yticks(range(len(rows)), [f"{row['parameter']}\n{row['unit']}" for row in rows], size=8)
    axes.tick_params(axis="y", length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.grid(False)
    style.settle(figure)
    return figure


def _place(row: Mapping[str, Any], value: float) -> float:
    """Where a value lies in its prior, 0 to 1: on the logarithm where the prior is above zero by a factor."""
    low, high = row["prior_low"], row["prior_high"]
    if low > 0.0 and high / low > 2.0:
        low, high, value = np.log(low), np.log(high), np.log(max(value, 1e-300))
    return float((value - low) / (high - low))


def ranks_text(summary: Mapping[str, Any]) -> str:
    """What fits to known truths say of the calibration, in a sentence."""
    ranks = summary["ranks"]
    uneven = f"uneven: {', '.join(ranks['uneven'])}" if ranks["uneven"] else "no number's ranks are uneven"
    return (
        f"Checked on {ranks['fits']} draws whose truth is known: the middle nine tenths of a posterior hold it in "
        f"{100 * ranks['coverage']:.0f} % of cases; {uneven}."
    )


def write_report(summary: Mapping[str, Any], ranks: np.ndarray, keys: Sequence[str], folder: Path) -> None:
    """Figures and page into the result folder; `ranks`, float64[fits, parameters], are those of known truths."""
    style.save(draw_identified(summary), folder, style.RESULT)
    known = [row["parameter"] for row in summary["parameters"] if row["identified"]]
    style.save(draw_ranks(keys, ranks, known), folder, RANKS)
    identified = [row for row in summary["parameters"] if row["identified"]]
    page = Page("What do the known patterns say of the numbers?")
    page.paragraph(
        f"{len(identified)} of {summary['parameters_drawn']} numbers are identified by {len(summary['patterns'])} patterns; "
        "the others stay at their prior.",
        "verdict",
    )
    page.paragraph(
        f"Market {summary['market']}. {summary['kept']} draws are kept, worth {summary['effective']:.0f} independent ones. "
        "A number counts as identified where its posterior is narrower than its prior by "
        f"{100 * summary['least_contraction']:.0f} %, or its middle is moved by four standard errors."
    )
    page.figure(folder / f"{style.RESULT}.svg", "Prior and posterior of each number that is identified")
    page.table(PARAMETER_HEAD, [parameter_cells(row) for row in identified], "wide")
    if summary["confounded"]:
        page.heading("Only together identified")
        page.paragraph("Pairs of numbers that compensate each other: the patterns fix a combination and not the two.")
        rows = [[*row["parameters"], f"{row['correlation']:+.2f}"] for row in summary["confounded"]]
        page.table(["parameter", "and", "correlation"], rows)
    page.heading("Patterns")
    page.table(
        ["pattern", "measure", "unit", "passes", "draws kept (90 %)"],
        [[row["id"], row["label"], row["unit"], f"{compact(row['low'])} to {compact(row['high'])}", _spread(row["draws"])]
         for row in summary["patterns"]],
    )  # fmt: skip
    page.heading("Does the calibration find what is true?")
    page.paragraph(ranks_text(summary))
    page.figure(folder / f"{RANKS}.svg", "Ranks of known truths among the posterior's draws")
    page.heading("Waves")
    page.table(
        ["wave", "draws", "usable", "share of the prior searched", "meet all patterns", "met by fewest"],
        [[str(k), f"{wave['draws']:,}", f"{wave['usable']:,}", f"{100 * wave['searched']:.3g} %", f"{wave['accepted']['n']:,}",
          least_met(wave)] for k, wave in enumerate(summary["waves"], 1)],
    )  # fmt: skip
    page.paragraph(f"A draw that fits may miss a pattern: {FEW_WORLDS}.")
    with page.folded("Which numbers move which pattern most (Morris screening)"):
        page.table(
            ["pattern", "parameter", "mu*", "mu"],
            [[row["pattern"], row["parameter"], number(row["mu_star"]), number(row["mu"])] for row in summary["screening"]],
        )
    with page.folded("Numbers that are not identified"):
        page.table(PARAMETER_HEAD, [parameter_cells(row) for row in summary["parameters"] if not row["identified"]], "wide")
    page.again()
    tree = configuration_of(folder) or {}
    page.code(write_command("calibrate", *overrides_of("calibrate", {k: v for k, v in tree.items() if k != "fixed"})))
    page.paragraph("Its draws are used by posterior=RESULT in test, sweep and sensitivity.")
    page.write(folder / "report.html")


def parameter_cells(row: Mapping[str, Any]) -> list[str]:
    """A number with its prior and posterior, as cells of `PARAMETER_HEAD`."""
    prior = f"{compact(row['prior_low'])} to {compact(row['prior_high'])}"
    narrower = f"{100 * row['contraction']:.0f} %"
    return [row["parameter"], row["unit"], compact(row["default"]), prior, _spread(row), narrower, row["source"]]


def _spread(row: Mapping[str, Any]) -> str:
    return f"{compact(row['median'])} ({compact(row['low'])} to {compact(row['high'])})"
