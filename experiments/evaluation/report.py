"""The page of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.evaluation.figures import draw_worlds
from experiments.evaluation.prose import (
    BY_UNIT,
    EVENTS_ARE,
    IN_WORLDS,
    SINGLE,
    estimate_cells,
    sentences,
    unit_cells,
    world_cells,
    world_sentences,
)
from experiments.report import style
from experiments.report.command_line import configuration_of, overrides_of, write_command
from experiments.report.page import Page

FIGURE, FIRST = "evaluators", "result"


def write_report(summary: Mapping[str, Any], folder: Path) -> None:
    """Figure and page into the result folder."""
    drawn = draw_worlds(summary)
    style.save(drawn, folder, FIGURE)
    style.save(drawn, folder, FIRST)
    page = Page("What do the counts show, and what would they have missed?")
    first, *others = sentences(summary)
    page.paragraph(first, "verdict")
    for line in others:
        page.paragraph(line)
    page.table(SINGLE, estimate_cells(summary))
    page.heading("Evaluators in twin worlds, where the truth is known")
    for line in world_sentences(summary):
        page.paragraph(line)
    page.figure(folder / f"{FIGURE}.svg", "Share of evaluators who see the effect, and bias, by design and statistic")
    page.table(IN_WORLDS, world_cells(summary), "wide")
    page.paragraph(f"{EVENTS_ARE} Intervals: {summary['worlds']['interval']}.")
    page.heading("The table, by site and type")
    page.table(BY_UNIT, unit_cells(summary), "wide")
    page.again()
    tree = configuration_of(folder)
    words = overrides_of("evaluate", {key: part for key, part in tree.items() if key not in ("counts", "areas")})
    page.code(write_command("evaluate", tree["counts"], *words))
    page.write(folder / "report.html")
