"""Demand: what a euro against demand avoids, against what it avoids when police act on supply.

Three worlds per seed: untouched; campaign, fines and courses; venue inspection and case-building. Both policies
commit the same public cost. The unit is exploitation person-days (by one of three measures, see `ExploitationOptions`)
avoided per 1,000 EUR of lever input, gross of fines; prison, care and the revenue of
fines are columns of their own, because nothing in the sources prices them.

No source says how far a campaign lowers demand, nor how much an inspection or a day on a file yields. So the
result is less the estimate at the defaults than the surface of it over both, and the line on it where the
two policies break even.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from experiments.execution.chunks import world_seed
from experiments.questions.estimand import (
    EXPLOITATION_DAYS,
    Context,
    ExploitationOptions,
    Finding,
    add_exploitation,
    bounds_of,
    change,
    column,
    curve_named,
    first_crossing,
    means,
    part,
    part_of,
    parts_by_id,
)
from experiments.statistics.intervals import bootstrap_interval, mean_interval, ratio_of_means
from experiments.statistics.verdict import verdict
from sim.levers import CASE_BUILDING, DEMAND_CAMPAIGN
from sim.parameters import number

ARMS = ("base", "demand", "supply")
POLICIES = {"demand": "against demand", "supply": "against supply"}
UNIT = "person-days per 1,000 EUR"
SURFACE_IS_THE_RESULT = True  # and no single point of it
SURFACE, SPLITS, LARGER = "surface", "splits", "larger_market"  # what the names of the curves begin with
OTHER_OUTCOMES = ("minors", "in_plan", "encounters")  # parts of which there is a surface too
DAYS_A_YEAR = 365
HELD = {"held_between": "of the difference: held between Plans", "held_outside": "of the difference: held outside the region"}

KEPT = (
    *EXPLOITATION_DAYS, "independent_minors", "encounters", "searches", "plans_broken_up", "bosses_arrested", "cases_completed",
    "bosses_prison", "providers_prison", "in_care_near", "in_care_distant", "placed_near", "placed_distant",
    "fines", "fine_revenue", "courses", "treated_as_offender", "recognised", "exits",
)  # fmt: skip


class Options(ExploitationOptions):
    """Numbers of the estimand."""

    matched_within: float = number(0.01, "share of cost", 0.0, 1.0, "model", "largest difference of cost between the policies")
    least_fall: float = number(0.01, "share of searches", 0.0, 1.0, "model", "least fall of searches by acting on demand")


@dataclasses.dataclass(frozen=True)
class LeverInput:
    """Public input of the two policies, EUR per day of the window, and whether it is the same."""

    demand: float
    supply: float
    matched: bool

    @property
    def thousand(self) -> float:
        """Input of either policy in 1,000 EUR per day: the mean of two that hardly differ."""
        return 0.5 * (self.demand + self.supply) / 1000.0


def observe(world, windows, options: dict[str, Any]) -> dict[str, Any]:
    """Run a world to its horizon; keep means per day of the adapted window, its public cost, and harm by year."""
    world.run()
    first, last = windows.adapted
    kept: dict[str, Any] = means(world, KEPT, (first, last))
    cost = world.world.public_cost[first:last].sum(axis=0) / 100.0 / (last - first)
    kept["input_eur"] = float(cost.sum())
    kept["campaign_eur"], kept["case_building_eur"] = float(cost[DEMAND_CAMPAIGN]), float(cost[CASE_BUILDING])
    start = windows.transient[0]
    days = sum(world.world.ledger[name][start : world.days] for name in Options(**options).counted())
    years = len(days) // DAYS_A_YEAR
    kept["exploited_by_year"] = days[: years * DAYS_A_YEAR].reshape(years, DAYS_A_YEAR).mean(axis=1).tolist()
    kept["campaign_effect"] = world.parameters.demand.campaign_effect
    kept["yield_factor"] = world.parameters.enforcement.yield_factor
    return kept


def lever_input(rows: dict, options: Options) -> LeverInput:
    """The input of both policies; it is the same in all pairs of a scenario, but for cents."""
    demand, supply = (float(column(rows, arm, "input_eur").mean()) for arm in POLICIES)
    larger = max(demand, supply)
    return LeverInput(demand, supply, abs(demand - supply) <= options.matched_within * larger)


def per_thousand(rows: dict, measure: str, spent: LeverInput) -> np.ndarray:
    """float64[pairs]: what the policy against demand avoids more than the one against supply, per 1,000 EUR.

    With equal input the untouched world cancels out. Where neither policy costs anything, nothing was bought: zero.
    """
    return per_input(change(rows, measure, "supply", "demand"), spent.thousand)


def per_input(avoided: np.ndarray, thousand: float) -> np.ndarray:
    """What is avoided per 1,000 EUR; zero where nothing was spent."""
    return avoided / thousand if thousand > 0.0 else np.zeros_like(avoided)


def estimate(rows: dict, context: Context) -> Finding:
    """Person-days avoided per 1,000 EUR, demand minus supply; intervals are 95 % over pairs."""
    options = context.options
    rows = rows | add_exploitation(rows, ARMS, options)
    spent = lever_input(rows, options)
    values = per_thousand(rows, "exploited", spent)
    level = float(column(rows, "base", "searches").mean())
    fall = mean_interval(change(rows, "searches", "demand"))
    searches_fall = bool(level > 0.0 and fall.high < -options.least_fall * level)
    thousand = spent.thousand if spent.thousand > 0.0 else np.inf
    return Finding.of_mean(
        values,
        first_stage={
            "present": searches_fall and spent.matched,
            "rule": f"the policy against demand lowers searches: upper 95 % bound below -{100 * options.least_fall:.0f} % of the "
            f"twin's level; and both policies cost the same within {100 * options.matched_within:.0f} %",
            "level": level,
            "change": part_of("searches", "change of searches", fall, "searches a day"),
            "costs_matched": spent.matched,
        },
        margin=-change(rows, "searches", "demand") - options.least_fall * column(rows, "base", "searches"),
        parts=[*_parts_per_thousand(rows, spent, options.counted()), *_harm_by_policy(rows), *_costs_apart(rows)],
        base=column(rows, "demand", "exploited") / thousand,
        treated=column(rows, "supply", "exploited") / thousand,
        extra={
            "lever_input_eur": {arm: float(column(rows, arm, "public_cost_eur").mean()) for arm in POLICIES},
            "input_eur_a_day": {"demand": spent.demand, "supply": spent.supply},
            "campaign_share": _share(rows, "demand", "campaign_eur"),
            "case_building_share": _share(rows, "supply", "case_building_eur"),
            "campaign_effect": float(column(rows, "base", "campaign_effect")[0]),
            "yield_factor": float(column(rows, "base", "yield_factor")[0]),
        },
    )


def _share(rows: dict, arm: str, measure: str) -> float | None:
    total = float(column(rows, arm, "input_eur").mean())
    return float(column(rows, arm, measure).mean()) / total if total > 0.0 else None


def _parts_per_thousand(rows: dict, spent: LeverInput, counted: tuple[str, ...]) -> list[dict]:
    """The two policies by themselves, and the difference for minors and by where the person is, of the days that count."""
    parts = []
    for arm, against in POLICIES.items():
        avoided = per_input(change(rows, "exploited", "base", arm), getattr(spent, arm) / 1000.0)
        parts.append(part(f"avoided_{arm}", f"person-days avoided, {against}", avoided, UNIT))
    of = (
        ("minors", "minors_exploited", "minors: difference"),
        ("in_plan", "in_plan", "of the difference: persons in a Plan"),
        *((held, measure, label) for held, label in HELD.items() for measure in counted if measure.startswith(held)),
        ("encounters", "encounters", "encounters avoided: difference"),
    )
    for name, measure, label in of:
        unit = "encounters per 1,000 EUR" if name == "encounters" else UNIT
        parts.append(part(name, label, per_thousand(rows, measure, spent), unit))
    return parts


def _harm_by_policy(rows: dict) -> list[dict]:
    """Changes each policy makes to harm: person-days, minors, and how many encounters a person-day holds."""
    parts = []
    for arm, against in POLICIES.items():
        for name, label in (
            ("exploited", "exploitation person-days"),
            ("minors_exploited", "minors' exploitation person-days"),
            ("independent_minors", "independent minors (apart)"),
        ):
            parts.append(part(f"{name}_{arm}", f"{label}, change {against}", change(rows, name, arm), "person-days a day"))
    for arm, label in {"base": "no policy", **POLICIES}.items():
        ratio = ratio_of_means(column(rows, arm, "encounters"), column(rows, arm, "in_plan"))
        label = f"encounters per person-day in a Plan, {label}"
        parts.append(part_of(f"encounters_per_person_day_{arm}", label, ratio, "encounters per person-day"))
    return parts


def _costs_apart(rows: dict) -> list[dict]:
    """Justice, care and fines, as changes against the untouched world: never set against the public cost."""
    columns = (
        ("prison", ("bosses_prison", "providers_prison"), 1.0, "Bosses and Providers in prison", "persons"),
        ("in_care", ("in_care_near", "in_care_distant"), 1.0, "persons in care", "persons"),
        ("stays", ("placed_near", "placed_distant"), DAYS_A_YEAR, "stays in care begun", "a year"),
        ("fine_revenue", ("fine_revenue",), 0.01, "revenue of fines", "EUR a day"),
        ("treated_as_offender", ("treated_as_offender",), DAYS_A_YEAR, "victims treated as offenders", "persons a year"),
        ("recognised", ("recognised",), DAYS_A_YEAR, "victims recognised", "persons a year"),
    )
    parts = []
    for name, measures, factor, label, unit in columns:
        for arm, against in POLICIES.items():
            changed = factor * sum(change(rows, measure, arm) for measure in measures)
            parts.append(part(f"{name}_{arm}", f"{label}, change {against}", changed, unit))
    return parts


def encounters_per_person_day(columns: dict[str, np.ndarray]) -> float:
    """The co-primary outcome, a difference of two ratios of means: demand minus supply; NaN where nobody is in a Plan."""
    if not all(columns[f"{arm}_in_plan"].any() for arm in POLICIES):
        return np.nan
    each = {arm: columns[f"{arm}_encounters"].mean() / columns[f"{arm}_in_plan"].mean() for arm in POLICIES}
    return float(each["demand"] - each["supply"])


def summarise(context: Context, rows: dict, entries: dict[str, dict]) -> dict[str, Any]:
    """The co-primary outcome, harm by year, the break-even surface, budgets and splits, and the larger market."""
    named = {f"{arm}_{name}": column(rows, arm, name) for arm in POLICIES for name in ("encounters", "in_plan")}
    seed = world_seed(context.base.seed, 0, "pilot")
    found = bootstrap_interval(encounters_per_person_day, named, seed=seed)
    label = "encounters per person-day in a Plan: demand minus supply"
    surface = surface_of(entries, context.base.enforcement.yield_factor)
    return {
        "co_primary": part_of("encounters_per_person_day", label, found, "encounters per person-day")
        | {"verdict": verdict(found.low, found.high, 0.0, direction="below")},
        "by_year": _by_year(rows),
        "surface": surface,
        "break_even": break_even(surface),
        "splits": _splits(entries),
        "larger_market": next((e for e in entries.values() if curve_named(e) == LARGER), None),
    }


def _by_year(rows: dict) -> dict[str, list[dict]]:
    """Change of exploitation person-days per day in each year after the start, by policy."""
    return {
        arm: [
            part(f"year_{year}", f"year {year}", values, "person-days a day")
            for year, values in enumerate(change(rows, "exploited_by_year", arm).T, start=1)
        ]
        for arm in POLICIES
    }


def surface_of(entries: dict[str, dict], usual_yield: float) -> list[dict[str, Any]]:
    """The points of the surface: demand effect, detection yield as a factor on the usual one, difference.

    Each holds the same of `OTHER_OUTCOMES` next to it.
    """
    surface = []
    for entry in entries.values():
        if curve_named(entry).startswith(SURFACE):
            parts = parts_by_id(entry)
            point = {name: entry[name] for name in ("campaign_effect", "pairs", "verdict")} | bounds_of(entry)
            point["yield"] = round(entry["yield_factor"] / usual_yield, 2)
            surface.append(point | {name: bounds_of(parts[name]) for name in OTHER_OUTCOMES})
    return surface


def break_even(surface: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each detection yield, the campaign effect at which both policies avoid as much, and its uncertain band.

    `from` and `to` bound the band in which the interval holds zero: where its upper and its lower end cross.
    None: not crossed on the grid. Between points of the grid lines are straight. `better`: the policy that
    avoids more on the whole grid, if one does.
    """
    table = []
    for factor in sorted({point["yield"] for point in surface}):
        row = sorted((p for p in surface if p["yield"] == factor), key=lambda p: p["campaign_effect"])
        effects = [p["campaign_effect"] for p in row]
        ends = {"estimate": "estimate", "from": "high", "to": "low"}
        better = _better([p["estimate"] for p in row])
        rising = {name: [p[end] for p in row] for name, end in ends.items()}
        crossed = {name: first_crossing(effects, y, 0.0) if _begins_below(y) else None for name, y in rising.items()}
        table.append({"yield": factor, "better": better} | crossed)
    return table


def _begins_below(y: list[float | None]) -> bool:
    return y[0] is not None and y[0] < 0.0


def _better(differences: list[float | None]) -> str | None:
    """The policy that avoids more at every point; None if neither does, or where nothing is avoided at all."""
    if any(one is None for one in differences) or not any(differences):
        return None
    signs = {one > 0.0 for one in differences}
    return None if len(signs) > 1 else "demand" if signs == {True} else "supply"


def _splits(entries: dict[str, dict]) -> list[dict[str, Any]]:
    """The difference by budget and by how each policy divides it."""
    return [
        {"budget_eur": entry["lever_input_eur"]["demand"]}
        | {name: entry[name] for name in ("pairs", "campaign_share", "case_building_share", "verdict")}
        | bounds_of(entry)
        for entry in entries.values()
        if curve_named(entry).startswith(SPLITS)
    ]
