"""Dependence: who is arrested, and who is paid, Provider against Boss.

One world is observed for a year without any policy. The measure is arrests for each euro earned: arrests per
engaged day over income per engaged day, a Provider's against a Boss's. Above one, the Provider runs the greater risk
for his money. Engaged is a day in a running Plan; a Boss is engaged in his own Plan, or in another's as co-Boss.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from experiments.execution.chunks import world_seed
from experiments.questions.estimand import Context, Finding, column, part_of
from experiments.questions.providers import BossesServed
from experiments.statistics.verdict import bootstrap_interval, ratio_of_means
from experiments.store.result import tell_interval
from sim.configuration import ConfigurationError
from sim.parameters import Group, Parameters, number

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


def prepare(options: Options, arms: dict[str, Parameters], windows) -> Context:
    """Check the arms. ConfigurationError if there is more than the one world that is observed."""
    if tuple(arms) != ("base",):
        raise ConfigurationError("hypothesis.arms: dependence observes one world, base")
    return Context(options, tuple(arms), arms["base"], windows)


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


def of_role(sums: dict[str, np.ndarray], role: str) -> dict[str, dict[str, float | None]]:
    """Arrests per 1,000 engaged days, EUR per engaged day, and arrests per 100,000 EUR, as ratios of means."""
    arrests, days, income = (sums[f"{role}_{what}"] for what in ("arrests", "days", "income"))
    return {
        "arrests_per_1000_days": _bounds(ratio_of_means(1000.0 * arrests, days)),
        "income_per_day": _bounds(ratio_of_means(income, days)),
        "arrests_per_100k_eur": _bounds(ratio_of_means(100_000.0 * arrests, income)),
    }


_LABELS = (
    ("arrests_per_1000_days", "arrests", "per 1,000 engaged days"),
    ("income_per_day", "income", "EUR per engaged day"),
    ("arrests_per_100k_eur", "arrests for the money", "per 100,000 EUR earned"),
)


def parts_by_role(roles: dict[str, dict]) -> list[dict[str, Any]]:
    """Risk and income of both roles."""
    return [
        {"id": f"{role}_{name}", "label": f"{NAMES[role]}: {label}", "unit": unit} | roles[role][name]
        for name, label, unit in _LABELS
        for role in ROLES
    ]


def parts_of_work(rows: dict) -> list[dict[str, Any]]:
    """How many a Provider serves in the window, how many days he is idle, and who gets what clients pay."""
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


def _bounds(interval) -> dict[str, float | None]:
    plain = {name: getattr(interval, name) for name in ("estimate", "low", "high")}
    return {name: float(value) if value is not None and np.isfinite(value) else None for name, value in plain.items()}


def summarise(context: Context, rows: dict, entries: dict[str, dict]) -> dict[str, Any]:
    """The days of the window, and the ratio along the curves."""
    first, last = context.windows.adapted
    curves = [
        {"curve": entry["at"]["curve"], "at": {name: value for name, value in entry["at"].items() if name != "curve"}}
        | {name: entry[name] for name in ("estimate", "low", "high", "pairs", "roles")}
        for entry in entries.values()
        if entry["at"]
    ]
    return {"window_days": last - first, "curves": curves}


def tell(entry: dict[str, Any]) -> list[str]:
    """Risk and income of both roles, and how the work lies, as lines of text."""
    lines = [f"  {one['label']:<60}{tell_interval(one):<28} {one['unit']}" for one in entry["parts"]]
    for curve in entry["curves"]:
        at = ", ".join(f"{name}={value}" for name, value in curve["at"].items())
        lines.append(f"  at {at}: {tell_interval(curve)} ({curve['pairs']} worlds)")
    return lines
