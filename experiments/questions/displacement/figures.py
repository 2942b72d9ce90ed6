"""Figures and page of a displacement test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from experiments.questions.analysis import columns_of
from experiments.questions.displacement.estimand import FORMS
from experiments.questions.estimand import change, curve_of, parts_by_id
from experiments.questions.places import KINDS, cell_means
from experiments.questions.study import MAIN, Study
from experiments.report import style, twin_figures
from experiments.report.page import Page
from experiments.store.result import interval_text, number, number_cells
from sim.initialisation.population import found_world


def figures(study: Study, rows: list[dict], entry: dict[str, Any]) -> dict[str, Any]:
    """The figures by file name; the first is the one that tells the result."""
    main = columns_of(rows, MAIN)
    return {
        "forms_of_displacement": _forms(entry),
        "twin_maps": _twin_maps(study, main),
        "difference_over_time": _difference_over_time(study, main),
        "gradient_with_distance": _gradient(entry),
    }


def _pairs(main: dict) -> str:
    return f"{len(main['pair'])} pairs of twin worlds; 95 % intervals over pairs (simulation error at fixed parameters)."


def _twin_maps(study: Study, main: dict):
    territories = found_world(study.context.base.model_copy(update={"seed": 1})).world.territories
    geography = study.context.geography
    z = len(geography.names)
    base = cell_means(main, "base", "adapted").reshape(-1, z, KINDS)
    treated = cell_means(main, "treated", "adapted").reshape(-1, z, KINDS)
    bounds = curve_of(list((treated - base).sum(axis=2).T))
    return twin_figures.twin_maps(
        geography.names,
        territories["x_km"],
        territories["y_km"],
        base.mean(axis=0),
        treated.mean(axis=0),
        geography.target_territory,
        style.KINDS[geography.target_kind],
        _pairs(main),
        low=bounds["low"],
        high=bounds["high"],
    )


def _difference_over_time(study: Study, main: dict):
    differences = {}
    for heading, measure in (("At the target", "weekly_target"), ("Elsewhere in the region", "weekly_elsewhere")):
        weekly = change(main, measure, "treated")
        days = 7.0 * np.arange(weekly.shape[1]) + 3.5
        shown = days >= study.context.base.burn_in
        differences[heading] = tuple(curve_of(list(weekly.T[shown])).values())
    windows = [("transient", *study.windows.transient), ("adapted", *study.windows.adapted)]
    start = study.windows.transient[0]
    return twin_figures.difference_over_time(days[shown], differences, start, windows, _pairs(main))


def _forms(entry: dict[str, Any]):
    proportional = {row["id"]: row["proportional"] for row in entry["proportional_reallocation"]}
    parts = parts_by_id(entry)
    wanted = ["target", *(name for name, _ in FORMS), "removed"]
    forms = [
        (parts[name]["label"], parts[name]["estimate"], parts[name]["low"], parts[name]["high"], proportional.get(name))
        for name in wanted
    ]
    caption = f"{entry['pairs']} pairs; 95 % intervals over pairs. The bars above the last add up to minus the last."
    return twin_figures.forms_of_displacement(forms, caption, unit=f"change, {style.HARM_UNIT}")


def _gradient(entry: dict[str, Any]):
    g = entry["gradient"]
    caption = (
        f"Change in percent of the untreated twin's level; the target's territory with its other venue kinds at 0 km. "
        f"{entry['pairs']} pairs; 95 % intervals over pairs."
    )
    return twin_figures.gradient_with_distance(g["km"], g["change_percent"], g["low"], g["high"], g["level"], g["names"], caption)


def sections(page: Page, entry: dict[str, Any], folder: Path) -> None:
    """Where the activity went, the field evaluator, and what else the policy did."""
    page.paragraph(
        "D adds the changes everywhere but at the target and half of the change at the target; above zero, more than half "
        "of what left the target is found elsewhere. All numbers of the table are exploitation person-days a day, with the "
        "policy less without it."
    )
    first = entry["first_stage"]
    page.paragraph(f"At the target: {interval_text(first['change'])} of {number(first['level'])}.")
    proportional = {row["id"]: row for row in entry["proportional_reallocation"]}
    page.table(
        ["form", "change", "low", "high", "proportional reallocation", "excess over it"],
        [
            [part["label"], *number_cells(part),
             *(number(proportional.get(part["id"], {}).get(k)) for k in ("proportional", "excess"))]
            for part in entry["parts"]
        ],
    )  # fmt: skip
    if entry["displaced_share"]:
        page.paragraph(f"Displaced share of what left the target: {interval_text(entry['displaced_share'])}.")
    slope = interval_text(entry["gradient"]["slope_percent_per_km"], 3)
    page.paragraph(f"Change per km from the target, in the other territories: {slope} percentage points.")
    page.paragraph(f"Public cost of the lever: {number(entry['public_cost_eur'], 0)} EUR per world.")
    page.figure(folder / "twin_maps.svg", "Map of exploitation person-days without and with the policy")
    page.figure(folder / "difference_over_time.svg", "Difference between twins over time")
    page.figure(folder / "gradient_with_distance.svg", "Change by distance from the target")
    page.heading("What a field evaluator would compute")
    page.paragraph(
        "The evaluator sees the treated world only, before and after; the bias is taken against the twin truth of the same "
        "cells and formula. What the buffer misses and how far the policy reaches into the control area are apart."
    )
    page.table(
        ["areas", "statistic", "field", "twin truth", "bias", "low", "high", "undefined", "buffer misses", "control, %"],
        [[row["design"], row["statistic"],
          *(number(row[k]) for k in ("field", "twin_truth", "bias", "bias_low", "bias_high")), str(row["undefined"]),
          *(number(row[k]) for k in ("buffer_misses_person_days", "control_contamination_percent"))]
         for row in entry["field_view"]],
    )  # fmt: skip
    page.heading("Harm and protection that come with the policy")
    page.table(
        ["outcome", "change", "low", "high", "unit"],
        [[p["label"], *number_cells(p, 3), p["unit"]] for p in entry["policy_harms"]],
    )
