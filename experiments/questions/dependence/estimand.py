"""Dependence: who is arrested, and who is paid, Provider against Boss.

One world is observed for a year without any policy. The measure is arrests for each euro earned: arrests per
engaged day over income per engaged day, a Provider's against a Boss's. Above one, the Provider runs the greater risk
for their money. Engaged is a day in a running Plan; a Boss is engaged in their own Plan, or in another's as co-Boss.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from experiments.execution.chunks import world_seed
from experiments.questions.estimand import Context, Finding, bounds_of, column, curve_named, part_of
from experiments.questions.providers import BossesServed
from experiments.statistics.intervals import bootstrap_interval, ratio_of_means, to_json
from sim.parameters import Group, number

ARMS = ("base",)
ROLES = ("provider", "boss")
NAMES = {"provider": "Provider", "boss": "Boss"}
MOST_SERVED = 15  # the last class: that many Bosses and more
FLOWS = (
    "providers_arrested", "bosses_arrested", "provider_days_engaged", "bosses_running", "bosses_partner", "providers_income",
    "bosses_income", "persons_income", "payments", "providers_idle", "providers_other_work", "bosses_free",
    "bosses_other_work", "bosses_outside",
)  # fmt: skip
CENTS = ("providers_income", "bosses_income", "persons_income", "payments")


class Options(Group):
    """Numbers of the estimand."""

    draws: int = number(2000, "draws", 400, 100_000, "convention", "bootstrap draws of the ratio of ratios")


def observe(world, windows, options: dict[str, Any]) -> dict[str, Any]:
    """Run a world to its horizon, looking each evening at who works for whom; keep sums over the window."""
    first, last = windows.adapted
    served = BossesServed()
    world.run(first - world.day)
    while world.day < last:
        world.run(1)
        served.look(world.world)
    if world.day < world.days:
        world.run()
    ledger = world.world.ledger[first:last]
    kept = {name: float(ledger[name].sum()) / (100.0 if name in CENTS else 1.0) for name in FLOWS}
    bosses_of, providers_of = served.count()
    kept["bosses_served"] = np.bincount(np.minimum(bosses_of, MOST_SERVED), minlength=MOST_SERVED + 1).astype(float).tolist()
    kept |= {"providers_seen": float(bosses_of.size), "bosses_served_sum": float(bosses_of.sum())}
    return kept | {"bosses_seen": float(providers_of.size), "providers_had_sum": float(providers_of.sum())}


def sums_of(rows: dict) -> dict[str, np.ndarray]:
    """float64[worlds]: arrests, engaged days and income in EUR of both roles over the window."""
    return {
        "provider_arrests": column(rows, "base", "providers_arrested"),
        "provider_days": column(rows, "base", "provider_days_engaged"),
        "provider_income": column(rows, "base", "providers_income"),
        "boss_arrests": column(rows, "base", "bosses_arrested"),
        "boss_days": column(rows, "base", "bosses_running") + column(rows, "base", "bosses_partner"),
        "boss_income": column(rows, "base", "bosses_income"),
    }


def risk_for_pay(sums: dict[str, np.ndarray]) -> float:
    """Arrests per engaged day over income per engaged day, Provider against Boss, of the means of worlds.

    NaN where a role earned nothing or was not engaged, or nobody was arrested; infinite where no Boss was.
    """
    mean = {name: float(values.mean()) for name, values in sums.items()}
    rate = {}
    for role in ROLES:
        if mean[f"{role}_days"] <= 0.0 or mean[f"{role}_income"] <= 0.0:
            return np.nan
        arrests, income = (mean[f"{role}_{what}"] / mean[f"{role}_days"] for what in ("arrests", "income"))
        rate[role] = arrests / income
    if rate["boss"] > 0.0:
        return rate["provider"] / rate["boss"]
    return np.inf if rate["provider"] > 0.0 else np.nan


def estimate(rows: dict, context: Context) -> Finding:
    """The ratio of ratios of means with a bootstrap interval over worlds, and what it is made of."""
    sums = sums_of(rows)
    interval = over_worlds(sums, context.options.draws)
    histogram = column(rows, "base", "bosses_served")
    worked = np.maximum(histogram.sum(), 1.0)
    extra = {
        "roles": {role: of_role(sums, role) for role in ROLES},
        "bosses_served": (histogram.sum(axis=0) / worked).tolist(),
    }
    found = Finding(interval, parts=[*parts_by_role(extra["roles"]), *parts_of_work(rows)], extra=extra)
    if sums["provider_days"].any() and sums["boss_days"].any():
        return found
    return dataclasses.replace(found, first_stage={"present": False, "rule": "Bosses and Providers work in Plans"})


def over_worlds(sums: dict[str, np.ndarray], draws: int):
    """The ratio with its bootstrap interval over worlds: BCa, or percentiles where few arrests leave BCa no answer."""
    seed = world_seed(0, sums["boss_days"].size)
    interval = bootstrap_interval(risk_for_pay, sums, draws, seed)
    if np.isfinite([interval.low, interval.high]).all():
        return interval
    return bootstrap_interval(risk_for_pay, sums, draws, seed, method="percentile")


MEASURES = {  # name: factor, above, below, label, unit
    "arrests_per_1000_days": (1000.0, "arrests", "days", "arrests", "per 1,000 engaged days"),
    "income_per_day": (1.0, "income", "days", "income", "EUR per engaged day"),
    "arrests_per_100k_eur": (100_000.0, "arrests", "income", "arrests for the money", "per 100,000 EUR earned"),
}


def of_role(sums: dict[str, np.ndarray], role: str) -> dict[str, dict[str, float | None]]:
    """`MEASURES` of a role, as ratios of means."""
    return {
        name: to_json(ratio_of_means(factor * sums[f"{role}_{above}"], sums[f"{role}_{below}"]))
        for name, (factor, above, below, _, _) in MEASURES.items()
    }


def parts_by_role(roles: dict[str, dict]) -> list[dict[str, Any]]:
    """Risk and income of both roles."""
    return [
        {"id": f"{role}_{name}", "label": f"{NAMES[role]}: {label}", "unit": unit} | roles[role][name]
        for name, (_, _, _, label, unit) in MEASURES.items()
        for role in ROLES
    ]


def parts_of_work(rows: dict) -> list[dict[str, Any]]:
    """How many a Provider serves in the window, how many days they are idle, and who gets what clients pay."""
    at_large = {
        "Providers": ("provider_days_engaged", "providers_idle", "providers_other_work"),
        "Bosses": ("bosses_running", "bosses_partner", "bosses_free", "bosses_other_work", "bosses_outside"),
    }
    idle = {"Providers": ("providers_idle",), "Bosses": ("bosses_free",)}
    histogram, seen = column(rows, "base", "bosses_served"), column(rows, "base", "bosses_seen")
    several, worked = histogram[:, 2:].sum(axis=1), column(rows, "base", "providers_seen")
    parts = [
        part_of(
            "bosses_served",
            "Bosses served in the window by a Provider who worked",
            _of(rows, "bosses_served_sum", worked),
            "Bosses",
        ),
        part_of("several_served", "of them, share who served two Bosses or more", ratio_of_means(several, worked), "share"),
        part_of("providers_had", "Providers a Boss had", _of(rows, "providers_had_sum", seen), "Providers"),
    ]
    for role, names in at_large.items():
        days, free = (sum(column(rows, "base", name) for name in some) for some in (names, idle[role]))
        label = f"{role}: days without a Plan, of days at large"
        parts.append(part_of(f"idle_{role.lower()}", label, ratio_of_means(free, days), "share"))
    paid = column(rows, "base", "payments")
    for name, label in (("providers", "Providers"), ("bosses", "Bosses, after costs"), ("persons", "persons exploited")):
        parts.append(part_of(f"share_{name}", f"share of what clients pay: {label}", _of(rows, f"{name}_income", paid), "share"))
    return parts


def _of(rows: dict, measure: str, below: np.ndarray):
    return ratio_of_means(column(rows, "base", measure), below)


def summarise(context: Context, rows: dict, entries: dict[str, dict]) -> dict[str, Any]:
    """The days of the window, and the ratio along the curves."""
    first, last = context.windows.adapted
    curves = [
        {"curve": curve_named(entry), "at": {name: value for name, value in entry["at"].items() if name != "curve"}}
        | bounds_of(entry)
        | {name: entry[name] for name in ("pairs", "roles")}
        for entry in entries.values()
        if entry["at"]
    ]
    return {"window_days": last - first, "curves": curves}
