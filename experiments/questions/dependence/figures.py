"""Figures and page of the dependence question: risk and income of a Provider and of a Boss."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from experiments.questions.dependence.estimand import MOST_SERVED, NAMES, ROLES
from experiments.questions.estimand import parts_by_id
from experiments.questions.study import Study
from experiments.report import marks, style
from experiments.report.page import Page
from experiments.report.style import house_style
from experiments.store.result import interval_text, number_cells

COLOURS = {"provider": style.BLUE, "boss": style.VERMILION}
ERROR = "95 % intervals over worlds (simulation error at fixed parameters)."
PANELS = (
    ("arrests_per_1000_days", "The risk: arrests in 1,000 days of work"),
    ("income_per_day", "The income: EUR for a day of work"),
    ("arrests_per_100k_eur", "The risk for the money: arrests for 100,000 EUR earned"),
)
MONEY = (("share_providers", "Providers"), ("share_bosses", "Bosses,\nafter costs"), ("share_persons", "persons\nexploited"))
CHANCE = "enforcement.provider_arrested"


def figures(study: Study, rows: list[dict], entry: dict[str, Any]) -> dict[str, Any]:
    """The figures by file name; the first is the one that tells the result."""
    drawn = {
        "risk_and_income": risk_and_income(entry["roles"], entry["pairs"], entry["window_days"]),
        "work_and_money": work_and_money(entry),
    }
    curve = [one for one in entry["curves"] if CHANCE in one["at"] and one["estimate"] is not None]
    if curve:
        drawn["ratio_by_arrest_chance"] = ratio_by_arrest_chance(curve, entry["threshold"])
    return drawn


@house_style()
def risk_and_income(roles: dict[str, dict], worlds: int, days: int):
    """Three pairs of bars: risk, income, and risk for the income, of a Provider and of a Boss.

    `roles`: for each role the measures of `PANELS` with estimate and bounds, which may be None.
    """
    caption = (
        f"A day of work: one spent in a running Plan. Without any policy, {days} days, {worlds} worlds; bars: {ERROR} "
        "A Provider may be arrested when a Plan that they serve is found, a Boss when they are there."
    )
    figure, axes = style.open_panels(3.7, "Who runs the risk, and who earns?", caption, rows=len(PANELS))
    for panel, (name, heading) in zip(axes, PANELS, strict=True):
        for y, role in enumerate(ROLES):
            _draw_bar(panel, y, roles[role][name], COLOURS[role])
        panel.set_title(heading)
        marks.name_rows(panel, [NAMES[role] for role in ROLES])
        panel.set_xlim(left=0.0)
        panel.margins(x=0.15)
    return style.settle(figure)


def _draw_bar(panel, y: int, bounds: dict[str, float | None], colour: str) -> None:
    """A bar with its interval and its number next to it; words where there is no estimate."""
    estimate, low, high = (bounds[name] for name in ("estimate", "low", "high"))
    if estimate is None:
        return marks.write_not_estimated(panel, y)
    panel.barh(y, estimate, height=0.6, color=colour, alpha=0.75, linewidth=0)
    end = estimate
    if low is not None and high is not None:
        panel.plot([low, high], [y, y], color=style.BLACK, linewidth=1.3, marker="|", markersize=7)
        end = max(high, estimate)
    panel.annotate(style.write_number(estimate), (end, y), (6, 0), textcoords="offset points", va="center", weight="bold")


@house_style()
def work_and_money(entry: dict[str, Any]):
    """How many Bosses a Provider serves, and who gets what clients pay."""
    parts = parts_by_id(entry)
    caption = (
        f"Left out: Providers who did not work in the {entry['window_days']} days. What is missing to the whole of the payments "
        f"went for venues, ads and travel. {entry['pairs']} worlds; bars: {ERROR}"
    )
    figure, (served, money) = style.open_panels(4.2, "For how many does a Provider work, and who is paid?", caption, rows=2)
    shares = 100.0 * np.array(entry["bosses_served"][1:])
    served.bar(range(1, MOST_SERVED + 1), shares, width=0.7, color=style.BLUE, alpha=0.75, linewidth=0)
    served.set_xticks(range(1, MOST_SERVED + 1), [*map(str, range(1, MOST_SERVED)), f"{MOST_SERVED}+"])
    served.set(xlabel="Bosses served", ylabel="Providers, %")
    served.set_title(f"Bosses whom a Provider served: {interval_text(parts['bosses_served'], 1)} on average")
    served.grid(axis="y")
    shares = marks.bounds_of([parts[name] for name, _ in MONEY], 100.0)
    money.bar(range(len(MONEY)), shares[0], width=0.55, color=(style.BLUE, style.VERMILION, style.GREY), alpha=0.75, linewidth=0)
    money.vlines(range(len(MONEY)), shares[1], shares[2], color=style.BLACK, linewidth=1.3)
    money.set_xticks(range(len(MONEY)), [label for _, label in MONEY])
    money.set(ylabel="of payments, %")
    money.set_title("Who gets what clients pay")
    money.grid(axis="y")
    return style.settle(figure)


@house_style()
def ratio_by_arrest_chance(curve: list[dict[str, Any]], threshold: float):
    """The ratio over the chance that a Provider on duty is arrested, which has no source."""
    curve = sorted(curve, key=lambda one: one["at"][CHANCE])
    caption = (
        "A Boss there is arrested with the default chance, but for completed cases, which take all. "
        f"{curve[0]['pairs']} worlds per point; bars: {ERROR}"
    )
    title = "Does it hang on the chance that a Provider is arrested?"
    figure, (axes,) = style.open_panels(2.6, title, caption)
    x = [one["at"][CHANCE] for one in curve]
    marks.draw_line(axes, x, curve, style.BLUE)
    axes.axhline(threshold, color=style.BLACK, linewidth=0.9, linestyle="--")
    axes.annotate("as often as a Boss for the same money", (1.0, threshold), (-3, 3), xycoords=("axes fraction", "data"),
                  textcoords="offset points", ha="right", va="bottom", size=style.SMALL)  # fmt: skip
    axes.set(
        xlabel="chance that a Provider on duty is arrested when the Plan is found", ylabel="arrests for a euro,\nProvider : Boss"
    )
    axes.set_ylim(bottom=0.0)
    axes.grid(axis="y")
    return style.settle(figure)


def sections(page: Page, entry: dict[str, Any], folder: Path) -> None:
    """What the ratio is made of, how the work lies, and how it hangs on the chance of arrest."""
    page.paragraph(
        "Engaged days cancel in the ratio: it is arrests over income, a Provider's against a Boss's. They are kept in the table "
        "because they show which of the two makes the difference."
    )
    page.quantities(entry["parts"], 3)
    page.figure(folder / "work_and_money.svg", "Bosses served by a Provider, and shares of what clients pay")
    if (folder / "ratio_by_arrest_chance.svg").exists():
        page.figure(folder / "ratio_by_arrest_chance.svg", "The ratio over the chance of a Provider's arrest")
    if entry["curves"]:
        page.table(
            ["at", "ratio", "low", "high", "worlds"],
            [
                [", ".join(f"{name}={value}" for name, value in one["at"].items()), *number_cells(one), str(one["pairs"])]
                for one in entry["curves"]
            ],
        )
