"""Figures and page of the demand test: the break-even surface, budgets and splits, harm by year."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from experiments.questions.demand.estimand import POLICIES, UNIT
from experiments.questions.study import Study
from experiments.report import marks, style
from experiments.report.page import Page
from experiments.report.style import house_style
from experiments.statistics.verdict import verdict_text
from experiments.store.result import interval_text, number

DEMAND, SUPPLY = style.BLUE, style.VERMILION  # the policy that avoids more
LOOKS = {"demand": (DEMAND, "o"), "supply": (SUPPLY, "s")}
HATCH = "////"
CELL = 0.62  # inches


def figures(study: Study, rows: list[dict], entry: dict[str, Any]) -> dict[str, Any]:
    """The figures by file name; the first is the one that tells the result."""
    drawn = {}
    if entry["surface"]:
        drawn["break_even_surface"] = break_even_surface(entry)
        drawn["other_surfaces"] = other_surfaces(entry)
    if entry["splits"]:
        drawn["budgets_and_splits"] = budgets_and_splits(entry["splits"])
    if entry["by_year"]["demand"]:
        drawn["harm_by_year"] = harm_by_year(entry["by_year"], entry["pairs"])
    return drawn


def grid_of(points: list[dict[str, Any]], across: str, up: str) -> tuple[list, list, dict[tuple[int, int], dict]]:
    """Values of the two axes in ascending order, and the points by column and row."""
    columns, rows = (sorted({point[name] for point in points}) for name in (across, up))
    return columns, rows, {(columns.index(p[across]), rows.index(p[up])): p for p in points}


def draw_cells(axes, cells: dict[tuple[int, int], dict], largest: float, size: float = style.SMALL):
    """Squares coloured by the difference, with its number; hatched where the interval holds zero."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap, Normalize
    from matplotlib.patches import Rectangle

    shades = ScalarMappable(
        Normalize(-largest, largest), LinearSegmentedColormap.from_list("difference", [SUPPLY, "#f7f7f7", DEMAND])
    )
    for (column, row), cell in cells.items():
        colour = shades.to_rgba(cell["estimate"])
        clear = cell["low"] is not None and (cell["low"] > 0.0 or cell["high"] < 0.0)
        square = {"facecolor": colour, "edgecolor": "white" if clear else "#8c8c8c", "linewidth": 0.0}
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, hatch=None if clear else HATCH, **square))
        text = axes.text(column, row, style.write_number(cell["estimate"], signed=True), size=size, ha="center", va="center")
        text.set_color("white" if np.dot(colour[:3], (0.3, 0.59, 0.11)) < 0.45 else style.BLACK)
        text.set_bbox({"facecolor": colour, "edgecolor": "none", "pad": 1.0})
        text.set_zorder(6)
    columns, rows = 1 + max(c for c, _ in cells), 1 + max(r for _, r in cells)
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(-0.5, rows - 0.5))
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    return shades


def draw_break_even(axes, cells: dict[tuple[int, int], dict]) -> None:
    """The line on which the difference is zero, and those on which the ends of its interval are, straight between squares."""
    columns, rows = 1 + max(c for c, _ in cells), 1 + max(r for _, r in cells)
    for name, width, look in (("estimate", 2.2, "solid"), ("low", 1.1, "dashed"), ("high", 1.1, "dashed")):
        values = np.full((rows, columns), np.nan)
        for (column, row), cell in cells.items():
            values[row, column] = cell[name]
        if min(values.shape) > 1 and np.nanmin(values) < 0.0 < np.nanmax(values):
            drawn = {"colors": style.BLACK, "linewidths": width, "linestyles": look}
            axes.contour(np.arange(columns), np.arange(rows), values, [0.0], **drawn)


@house_style()
def break_even_surface(entry: dict[str, Any]):
    """The difference over demand effect and detection yield, with the line on which both policies avoid as much."""
    points = entry["surface"]
    effects, yields, cells = grid_of(points, "campaign_effect", "yield")
    caption = (
        f"Each square: difference in exploitation person-days avoided per 1,000 EUR of lever input, against demand minus "
        f"against supply, at equal cost; blue: acting on demand avoids more, vermilion: policing supply does. "
        f"{points[0]['pairs']} sets of twin worlds per square, five years. Hatched: the 95 % interval holds zero. "
        f"Line: break-even, between dashed lines on which an end of the interval is zero. Framed: the default parameters; "
        f"no source says where on this plane the world is."
    )
    title = "Where does a euro against demand avoid more exploitation than a euro of policing?"
    figure, (axes,) = style.open_panels(0.9 + CELL * len(yields), title, caption)
    shades = draw_cells(axes, cells, _largest(points), style.TEXT)
    _name_axes(axes, effects, yields)
    axes.set(xlabel="demand effect: share of searches that an unlimited campaign ends", ylabel="detection yield, × default")
    draw_break_even(axes, cells)
    _frame_default(axes, entry, effects, yields)
    bar = figure.colorbar(shades, ax=axes, extend="both", pad=0.02, aspect=30)
    bar.set_label(UNIT, size=style.SMALL)
    bar.outline.set_visible(False)
    return style.settle(figure)


@house_style()
def other_surfaces(entry: dict[str, Any]):
    """The same surface for persons in Plans alone, and for encounters."""
    caption = (
        "As in the first figure, for days in a Plan only (left) and for encounters (right), avoided per 1,000 EUR. Days held "
        "between Plans or outside the region are what the two pictures leave out. Hatched: the 95 % interval holds zero."
    )
    height = 0.9 + 0.45 * len({point["yield"] for point in entry["surface"]})
    title = "The same for days in Plans alone, and for encounters"
    figure, panels = _side_by_side(height, title, caption, 2)
    headings = {"in_plan": "person-days in a Plan", "encounters": "encounters"}
    for axes, (name, heading) in zip(panels, headings.items(), strict=True):
        points = [point | point[name] for point in entry["surface"]]
        effects, yields, cells = grid_of(points, "campaign_effect", "yield")
        draw_cells(axes, cells, _largest(points))
        draw_break_even(axes, cells)
        _name_axes(axes, effects, yields)
        _frame_default(axes, entry, effects, yields)
        axes.set_title(heading)
        axes.set_xlabel("demand effect")
    panels[0].set_ylabel("detection yield, × default")
    return style.settle(figure)


def _side_by_side(height: float, title: str, caption: str, number: int):
    """Return (figure, list of axes): panels next to each other, or below each other where their numbers have no room."""
    rows = number if style.WIDTH < style.USUAL else 1
    figure, axes = style.open_grid(rows * height, title, caption, rows, number // rows, sharex=True, sharey=True)
    return figure, list(axes.flat)


def _largest(points: list[dict[str, Any]]) -> float:
    """The difference from which the colour is full: one in five is beyond."""
    return float(np.quantile([abs(point["estimate"]) for point in points], 0.8)) or 1.0


def _name_axes(axes, effects: list[float], yields: list[float]) -> None:
    axes.set_xticks(range(len(effects)), [f"{effect:g}" for effect in effects])
    axes.set_yticks(range(len(yields)), [f"× {factor:g}" for factor in yields])


def _frame_default(axes, entry: dict[str, Any], effects: list[float], yields: list[float]) -> None:
    from matplotlib.patches import Rectangle

    if entry["campaign_effect"] in effects and 1.0 in yields:
        corner = (effects.index(entry["campaign_effect"]) - 0.46, yields.index(1.0) - 0.46)
        axes.add_patch(Rectangle(corner, 0.92, 0.92, fill=False, edgecolor=style.BLACK, linewidth=1.4))


@house_style()
def budgets_and_splits(splits: list[dict[str, Any]]):
    """The difference over how each policy divides its input, one panel a budget."""
    budgets = sorted({round(point["budget_eur"], -3) for point in splits})
    pairs = ", ".join(str(next(p["pairs"] for p in splits if round(p["budget_eur"], -3) == budget)) for budget in budgets)
    caption = (
        "Difference in person-days avoided per 1,000 EUR, against demand minus against supply, as in the first figure. "
        f"Hatched: the 95 % interval holds zero. Sets of twin worlds per square, by budget: {pairs}. The rest of each input "
        "goes to fines and courses (across) or to venue inspection (up)."
    )
    title = "Does the answer depend on the budget and on how it is divided?"
    figure, panels = _side_by_side(2.6, title, caption, len(budgets))
    for axes, budget in zip(panels, budgets, strict=True):
        own = [_rounded(point) for point in splits if round(point["budget_eur"], -3) == budget]
        across, up, cells = grid_of(own, "campaign_share", "case_building_share")
        draw_cells(axes, cells, _largest(splits))
        axes.set_title(f"{budget:,.0f} EUR")
        axes.set_xticks(range(len(across)), [f"{100 * share:.0f} %" for share in across])
        axes.set_yticks(range(len(up)), [f"{100 * share:.0f} %" for share in up])
    panels[0].set_ylabel("share for case-building")
    panels[len(panels) // 2].set_xlabel("share for the campaign")
    return style.settle(figure)


def _rounded(point: dict[str, Any]) -> dict[str, Any]:
    """A point whose shares are round enough to stand in one column."""
    return point | {name: round(point[name], 2) for name in ("campaign_share", "case_building_share")}


@house_style()
def harm_by_year(by_year: dict[str, list[dict]], pairs: int):
    """Change of exploitation in each year after the start, by policy."""
    caption = f"{pairs} sets of twin worlds; bars: 95 % intervals over pairs (simulation error at fixed parameters)."
    figure, (axes,) = style.open_panels(2.3, "What either policy avoids, year by year, at equal cost", caption)
    for shift, (policy, years) in zip((-0.08, 0.08), by_year.items(), strict=True):
        colour, marker = LOOKS[policy]
        marks.draw_line(axes, np.arange(1, len(years) + 1) + shift, years, colour, marker, label=f"policy {POLICIES[policy]}")
    marks.draw_zero(axes)
    axes.set_xticks(range(1, len(years) + 1))
    axes.set(xlabel="year after the start", ylabel="change in exploitation\nperson-days a day")
    axes.legend(loc="best")
    return style.settle(figure)


def sections(page: Page, entry: dict[str, Any], folder: Path) -> None:
    """Break-even, budgets, each policy by itself, minors, and what has no price here."""
    cost = entry["lever_input_eur"]
    matched = "equal" if entry["first_stage"]["costs_matched"] else "NOT EQUAL"
    page.paragraph(
        f"Lever input of a world over the five years: {cost['demand']:,.0f} EUR against demand, {cost['supply']:,.0f} EUR "
        f"against supply ({matched}). Co-primary, {entry['co_primary']['label']}: {interval_text(entry['co_primary'], 3)} "
        f"({verdict_text(entry, entry['co_primary']['verdict'])}; below zero would support the claim)."
    )
    if entry["break_even"]:
        page.paragraph("Break-even: the campaign effect from which acting on demand avoids more, by detection yield.")
        page.table(
            ["detection yield, x default", "break-even", "band from", "band to", "avoids more throughout"],
            [
                [*(number(row[name]) for name in ("yield", "estimate", "from", "to")), POLICIES.get(row["better"], "neither")]
                for row in entry["break_even"]
            ],
        )
    if entry["larger_market"]:
        larger = entry["larger_market"]
        page.paragraph(
            f"The same comparison in a larger market, at the same cost per inhabitant: {interval_text(larger)} {UNIT} "
            f"({larger['pairs']} sets of twin worlds; {verdict_text(entry, larger['verdict'])})."
        )
    for name, alternative in (
        ("other_surfaces", "The difference for days in Plans and for encounters, over demand effect and detection yield"),
        ("budgets_and_splits", "Difference by budget and by how it is divided"),
        ("harm_by_year", "Exploitation avoided by year and policy"),
    ):
        if (folder / f"{name}.svg").exists():
            page.figure(folder / f"{name}.svg", alternative)
    page.heading("Each policy, minors, and what has no price here")
    page.quantities(entry["parts"])
