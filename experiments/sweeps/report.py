"""The page of a sweep with its means, and heat maps where two factors make a grid."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.configuration.drawn import DRAWN
from experiments.report import style
from experiments.report.command_line import configuration_of, overrides_of, write_command
from experiments.report.page import Page
from experiments.sweeps.factor_paths import lever_of
from experiments.sweeps.figures import MOST_NUMBERED, heat_maps
from experiments.sweeps.results import differences, displaced_share, mean_by_point
from experiments.sweeps.runs import DONE
from experiments.sweeps.specification import AT_TARGET
from sim.configuration import ConfigurationError, parameter_table
from sim.measures.windows import window_text
from sim.own_rules import known_levers
from sim.parameters import Lever

if TYPE_CHECKING:
    import pandas as pd

    from experiments.sweeps.plan import SweepPlan

_MOST_PANELS = 4


def write_report(plan: SweepPlan, frame: pd.DataFrame, summary: dict[str, Any], folder: Path) -> list[str]:
    """Write the figures and report.html; the names of the figures."""
    figures = draw_figures(plan, frame, summary) if summary["done"] else {}
    for name, figure in figures.items():
        style.save(figure, folder, name)
    _write_page(plan, summary, list(figures), folder)
    return list(figures)


def draw_figures(plan: SweepPlan, frame: pd.DataFrame, summary: dict[str, Any]) -> dict[str, Any]:
    """Heat maps of the first outcome, of its change against the baseline, and of the displaced share."""
    if plan.spec.design != "grid" or len(plan.shared.factors) != 2:
        return {}
    levels = [list(dict.fromkeys(point[i] for point in plan.points)) for i in (0, 1)]
    if min(map(len, levels)) < 2:
        return {}
    axes = [(label_of(path), levels[i]) for i, path in enumerate(plan.shared.factors)]
    done = frame[frame["status"] == DONE]
    outcome, unit = next(iter(plan.outcome_units.items()))
    named = outcome.replace("_", " ")
    caption = f"Market {plan.market}; means over {plan.spec.replicates} seeds per cell"
    if plan.spec.replicates > 1 and max(map(len, levels)) <= MOST_NUMBERED:
        caption += ", with 95 % intervals"
    arms = [arm.name for arm in plan.shared.arms if all(arm.concerned)][:_MOST_PANELS]
    figures = {}

    def draw(name: str, by_arm: dict, label: str, title: str, hatched: str = "no value.", centre: float | None = None) -> None:
        panels, ends = _grids(plan, by_arm)
        if panels:
            muted = f"; grey: the interval holds {centre:g}" if centre is not None and plan.spec.replicates > 1 else ""
            figures[name] = heat_maps(panels, *axes, label, title, f"{caption}{muted}; hatched: {hatched}", centre, ends)

    means = {arm: mean_by_point(done[done["arm"] == arm], outcome) for arm in arms}
    title = f"{named[0].upper()}{named[1:]}" + (f", policy {arms[0]}" if len(arms) == 1 else "")
    draw("heat_map", means, f"{named} ({unit})", title)
    baseline = plan.spec.contrasts
    if baseline is None:
        return figures
    change = differences(frame, baseline, plan.spec.units)
    changes = {arm: change[change["arm"] == arm] for arm in arms if arm != baseline}
    means = {arm: mean_by_point(rows, outcome) for arm, rows in changes.items()}
    title = f"Change in {named} against {baseline}, on the same seeds"
    draw("heat_map_change", means, f"change ({unit})", title, centre=0.0)
    if AT_TARGET in change:
        title = f"Displaced share of the exploitation that left the target ({plan.shared.target})"
        hatched = "no fall at the target that can be told from zero. 0: all removed; 1: all found elsewhere."
        shares = {arm: _shares(rows) for arm, rows in changes.items()}
        draw("heat_map_displaced_share", shares, "displaced share", title, hatched, centre=0.5)
    return figures


def _shares(change: pd.DataFrame) -> dict[int, tuple[float, float, float]]:
    """Displaced share and the ends of its interval by design point, where the target fell and the ratio has a finite one."""
    found = {int(design): displaced_share(rows) for design, rows in change.groupby("design")}
    bounded = {design: share for design, share in found.items() if share and share["low"] is not None}
    return {design: (share["estimate"], share["low"], share["high"]) for design, share in bounded.items()}


def _grids(plan: SweepPlan, by_arm: dict[str, dict[int, tuple[float, float, float]]]):
    """Estimates by arm, and the ends of their intervals, each on the grid of the factors; no arm if none has a value.

    A grid is float[levels of the second factor, levels of the first], NaN where there is no value.
    """
    first, second = (list(dict.fromkeys(point[i] for point in plan.points)) for i in (0, 1))
    found = {arm: np.full((3, len(second), len(first)), np.nan) for arm in by_arm}
    for arm, by_point in by_arm.items():
        for design, estimate_and_ends in by_point.items():
            x, y = plan.points[design]
            found[arm][:, second.index(y), first.index(x)] = estimate_and_ends
    if not any(np.isfinite(grids[0]).any() for grids in found.values()):
        return {}, {}
    return {arm: grids[0] for arm, grids in found.items()}, {arm: (grids[1], grids[2]) for arm, grids in found.items()}


def label_of(path: str) -> str:
    """A configuration path in words, with its unit."""
    if lever := lever_of(path):
        key = path.rsplit(".", 1)[-1]
        extra = Lever.model_fields[key].json_schema_extra or {}
        unit = known_levers()[lever].unit if key == "intensity" else extra.get("unit")
        name = lever.replace("_", " ") + ("" if key == "intensity" else f": {key.replace('_', ' ')}")
    else:
        unit = next((row["unit"] for row in parameter_table() if row["key"] == path), None)
        name = path.rsplit(".", 1)[-1].replace("_", " ") + (f" ({path.split('.')[0]})" if "." in path else "")
    return name if unit in (None, "-") else f"{name}, {unit}"


def _write_page(plan: SweepPlan, summary: dict[str, Any], figures: list[str], folder: Path) -> None:
    from experiments.store.result import mean_cells

    page = Page(plan.spec.question or f"Sweep of {', '.join(plan.shared.factors) or 'replicates'}")
    size = summary["size"]
    page.paragraph(
        f"{summary['design']} design: {size['points']:,} points x {size['replicates']:,} replicates x {size['arms']} arms; "
        f"{summary['done']:,} rows done, {summary['failed']:,} failed. "
        "Persons exploited are victims, a large part of them minors."
    )
    if summary.get("window"):
        page.paragraph(f"Measured: {window_text(summary['window'])}.")
    if figures:
        page.heading("Figures")
        for name in figures:
            page.figure(folder / f"{name}.svg", name.replace("_", " "))
    page.heading("Means over all design points")
    page.paragraph(f"Intervals: {summary['interval']}.")
    for arm, outcomes in _tables(summary):
        page.heading(arm)
        rows = [[name.replace("_", " "), *mean_cells(o), o["unit"]] for name, o in outcomes.items()]
        page.table(["outcome", "mean", "low", "high", "unit"], rows)
    page.heading("Factors")
    page.table(["factor", "values"], [[label_of(path), _values(plan, path)] for path in plan.shared.factors])
    page.again()
    if (command := _command_of(configuration_of(folder))) is not None:
        page.code(command)
    page.paragraph(
        "The file manifest.json in this folder holds the configuration, the seeds and the versions; any row, which is a world, "
        "can be repeated alone. RESULT is the name of this folder, ROW the id of a row in its tables:"
    )
    page.code("plansim show RESULT\nplansim rerun RESULT ROW")
    page.write(folder / "report.html")


def _command_of(tree: dict[str, Any] | None) -> str | None:
    """The command of a sweep; None where words cannot say it: values from a table or a calibration, files that are gone."""
    if tree is None or tree.get(DRAWN) or tree["sweep"].get("points"):
        return None
    try:
        return write_command("sweep", *overrides_of("sweep", tree))
    except ConfigurationError:
        return None


def _tables(summary: dict[str, Any]):
    yield from summary["outcomes"].items()
    contrasts = summary.get("contrasts") or {}
    for arm, outcomes in contrasts.get("outcomes", {}).items():
        yield f"{arm} minus {contrasts['baseline']}", outcomes


def _values(plan: SweepPlan, path: str) -> str:
    factor = plan.spec.factors[path]
    if factor.values is None:
        return f"{factor.low:g} to {factor.high:g}" + (", on the logarithm" if factor.log else "")
    return ", ".join(map(str, factor.values[:20])) + (", ..." if len(factor.values) > 20 else "")
