"""Recorded cases and victims from 2016 on: growth of the market, growth of recording, and what counts alone cannot tell apart.

A count of a year is a thinned number of events (`sim.measures.field_view`). Where the true events of year t are N(t), and the
share on file grows by a constant factor a year, counts are Poisson with mean a (1 + r)^t N(t): r is estimated by a Poisson
regression with log N(t) as offset. 2020, a year of lockdowns, is left out of every fit and shown.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.execution.chunks import Chunk, plan_chunks, world_seed
from experiments.report import marks, style
from experiments.report.command_line import configuration_of, overrides_of, write_command
from experiments.report.page import Page
from experiments.store.result import MISSING
from sim.configuration import merge, validate
from sim.evidence import evidence
from sim.measures.formulas import Window
from sim.parameters import Parameters
from sim.simulation import Simulation

LOCKDOWN = 2020
FIRST_YEAR = 2016
SERIES = {  # row of evidence: what is counted, and the true events of the model behind it
    "E20": ("cases", "plans_broken_up"),
    "E22": ("minor victims in police records", "minors_recognised"),
}
LEFT_OUT = "E23 has two counts, of 2014 and of 2020, a year of lockdowns: no growth in between can be fitted to it."
INTERVAL = "95 % over worlds and Poisson counts (parametric bootstrap)"
RESAMPLES = 1_000
WORLDS_A_CHUNK = 2
MOST_YEARS = 100  # of a world, in the numbers of rows


@dataclasses.dataclass(frozen=True)
class GrowthTask:
    """One world at one rate of growth."""

    id: int
    growth: float
    replicate: int
    seed: int
    parameters: str


def counts_of(row: str) -> dict[int, float]:
    """Counts by year of a row of evidence that has several.

    >>> counts_of("E20")[2019]
    147.0
    """
    return {int(year): float(count) for year, count in evidence()[row].value.items()}


def tasks_of(base: Parameters, rates: Sequence[float], worlds: int, root_seed: int) -> list[GrowthTask]:
    """Worlds on the same seeds at every rate."""
    tasks = []
    for rate in rates:
        tree = base.model_dump(mode="json")
        text = validate(merge(tree, {"calendar": {"growth": rate}, "entry": {"growth": rate}})).model_dump_json()
        for replicate in range(worlds):
            tasks.append(GrowthTask(len(tasks), rate, replicate, world_seed(root_seed, replicate, "validation"), text))
    return tasks


def chunks_of(tasks: list[GrowthTask]) -> list[Chunk]:
    """A few worlds a chunk."""
    return plan_chunks(tasks, WORLDS_A_CHUNK)


def run_worlds(chunk: Chunk) -> list[dict[str, Any]]:
    """A row a world and year; called in the workers."""
    return [row for task in chunk.tasks for row in run_world(task)]


def run_world(task: GrowthTask) -> list[dict[str, Any]]:
    """True events and person-days of each calendar year that is complete after the burn-in."""
    run = Simulation(Parameters.model_validate_json(task.parameters).model_copy(update={"seed": task.seed}))
    run.run()
    first_of = {year: (np.datetime64(f"{year}-01-01") - np.datetime64(run.parameters.start, "D")).astype(int)
                for year in range(run.parameters.start.year, run.parameters.start.year + 30)}  # fmt: skip
    rows = []
    for year, first in first_of.items():
        last = first_of.get(year + 1, math.inf)
        if first < run.parameters.burn_in or last > run.day:
            continue
        window = Window(run, int(first), int(last))
        rows.append({
            "id": task.id * MOST_YEARS + len(rows), "growth": task.growth, "replicate": task.replicate, "year": year,
            "plans_broken_up": window.plans_broken_up, "minors_recognised": window.minors_recognised,
            "exploited": window.exploited / window.days,
        })  # fmt: skip
    return rows


def recording_growth(counts: Mapping[int, float], true: Mapping[int, float]) -> float:
    """Growth of the share on file per year that counts ask for, given the true events; NaN where there are none."""
    from statsmodels.api import GLM, add_constant
    from statsmodels.genmod.families import Poisson

    years = [year for year in counts if year in true and year != LOCKDOWN]
    if len(years) < 2 or not all(true[year] > 0.0 for year in years):
        return math.nan
    design = add_constant(np.array(years, float) - years[0])
    offset = np.log([true[year] for year in years])
    fitted = GLM(np.array([counts[year] for year in years]), design, family=Poisson(), offset=offset).fit()
    return float(np.expm1(fitted.params[1]))


def summarise(rows, rates: Sequence[float], generator: np.random.Generator) -> dict[str, Any]:
    """By series and rate of growth of the market: growth of recording that the counts ask for, with its interval."""
    found = []
    for name, (label, measure) in SERIES.items():
        counts = {year: count for year, count in counts_of(name).items() if year >= FIRST_YEAR}
        for rate in rates:
            table = rows[rows["growth"] == rate].pivot(index="replicate", columns="year", values=measure)
            activity = rows[rows["growth"] == rate].groupby("year")["exploited"].mean()
            found.append({
                "row": name, "label": label, "growth": rate, "activity": _yearly(activity),
                **_with_interval(counts, table, generator),
            })  # fmt: skip
    return {"series": found, "interval": INTERVAL, "counts": {name: _observed(name) for name in SERIES}}


def _observed(name: str) -> dict[str, float]:
    return {str(year): count for year, count in counts_of(name).items()}


def _yearly(by_year) -> float | None:
    """Growth per year between the first and the last year of a series of means."""
    first, last = float(by_year.iloc[0]), float(by_year.iloc[-1])
    return (last / first) ** (1.0 / (len(by_year) - 1)) - 1.0 if first > 0.0 and last > 0.0 else None


def _with_interval(counts: Mapping[int, float], table, generator: np.random.Generator) -> dict[str, float | None]:
    """Growth of recording per year with its interval: worlds are resampled, and counts drawn again around themselves."""

    def asked(these: Mapping[int, float], sample) -> float:
        return recording_growth(these, sample.mean().to_dict())

    estimate = asked(counts, table)
    if not math.isfinite(estimate):
        return {"estimate": None, "low": None, "high": None}
    drawn = []
    for _ in range(RESAMPLES):
        sample = table.iloc[generator.integers(0, len(table), len(table))]
        drawn.append(asked({year: max(float(generator.poisson(count)), 0.5) for year, count in counts.items()}, sample))
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return {"estimate": estimate, "low": float(low), "high": float(high)}


def most_on_file(growth_of_recording: float | None, years: int) -> float | None:
    """Largest share on file in the first year that could still grow at this rate for so many years."""
    return None if growth_of_recording is None else min(1.0, (1.0 + growth_of_recording) ** -years)


@style.house_style()
def draw_growth(summary: Mapping[str, Any]):
    """Growth of recording that each series asks for, against the growth of the market that is assumed."""
    caption = (
        f"Each point: how fast the share on file must have grown from {FIRST_YEAR} to {LOCKDOWN - 1} for a series to be as it "
        f"was, if exploitation grew as on the horizontal axis. Lines: {summary['interval']}. Every point fits the counts: they "
        "show the product of both."
    )
    figure, (axes,) = style.open_panels(3.1, "How much of the rise can recording alone explain?", caption)
    looks = {"E20": (style.VERMILION, "s"), "E22": (style.BLUE, "o")}
    for name, (label, _) in SERIES.items():
        points = [one for one in summary["series"] if one["row"] == name and one["activity"] is not None]
        colour, marker = looks[name]
        x = [100.0 * one["activity"] for one in points]
        marks.draw_line(axes, x, points, colour, marker, factor=100.0, label=f"{label} ({name})")
    marks.draw_zero(axes)
    axes.set_xlabel("growth of exploitation, % a year (simulated)")
    axes.set_ylabel("growth of recording, % a year")
    style.name_above(axes, 1)
    return style.settle(figure)


def sentences(summary: Mapping[str, Any]) -> list[str]:
    """What the counts say, and what they cannot."""
    years = LOCKDOWN - 1 - FIRST_YEAR
    lines, flat = [], {one["row"]: one for one in summary["series"] if one["growth"] == 0.0}
    for name, one in flat.items():
        if one["estimate"] is not None:
            share = most_on_file(one["estimate"], years)
            lines.append(
                f"{name}, {one['label']}: if the market did not grow, recording grew by {_with_ends(one)} and explains the whole "
                f"rise; then at most {100 * share:.0f} % of what police found was on file in {FIRST_YEAR}."
            )
    known = [one for one in flat.values() if one["estimate"] is not None]
    if len(known) == 2 and (known[0]["low"] > known[1]["high"] or known[1]["low"] > known[0]["high"]):
        lines.append("The two series ask for different rates at any growth of the market: at least one kind of recording grew.")
    lines.append(
        "Not identified: growth of the market and growth of recording. Counts show their product, and every combination on the "
        "lines of the figure fits them equally well."
    )
    return [*lines, LEFT_OUT]


def write_report(summary: Mapping[str, Any], folder: Path) -> None:
    """Figure and page into the result folder."""
    style.save(draw_growth(summary), folder, style.RESULT)
    page = Page("How much of the rise of recorded cases can recording alone explain?")
    for line in sentences(summary):
        page.paragraph(line)
    page.figure(folder / f"{style.RESULT}.svg", "Growth of recording that the counts ask for, by growth of the market")
    page.table(
        ["series", "growth of demand and arrivals", "growth of exploitation", "growth of recording (95 %)"], cells(summary)
    )
    page.heading("Counts")
    page.table(
        ["row", "what", *(str(year) for year in range(FIRST_YEAR, LOCKDOWN + 1))],
        [[name, label, *(_count(summary, name, year) for year in range(FIRST_YEAR, LOCKDOWN + 1))]
         for name, (label, _) in SERIES.items()],
    )  # fmt: skip
    page.paragraph(f"Intervals: {summary['interval']}. {LOCKDOWN}, a year of lockdowns, is in no fit.")
    page.again()
    page.code(write_command("growth", *overrides_of("growth", configuration_of(folder))))
    page.write(folder / "report.html")


def cells(summary: Mapping[str, Any]) -> list[list[str]]:
    """The table of rates, a row for each series and growth of the market."""
    return [
        [one["row"], f"{100 * one['growth']:.0f} % a year", _percent(one["activity"]), _with_ends(one)]
        for one in summary["series"]
    ]


def _percent(value: float | None) -> str:
    return MISSING if value is None else f"{100 * value:.0f} % a year"


def _with_ends(one: Mapping[str, Any]) -> str:
    if one["estimate"] is None:
        return MISSING
    return f"{100 * one['estimate']:.0f} % a year ({100 * one['low']:.0f} to {100 * one['high']:.0f})"


def _count(summary: Mapping[str, Any], name: str, year: int) -> str:
    count = summary["counts"][name].get(str(year))
    return MISSING if count is None else f"{count:g}"
