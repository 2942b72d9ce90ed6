"""Careers: where new Bosses come from, and by how much those who rise have more experience than those who do not.

Observed in one world, after a burn-in, among the Bosses who enter from then on. Their share that were
Providers is a flow, so it does not depend on how long a Boss stays. It counts as a career only if those
who rise have more experience than Providers who were idle at the time: what promotion blind to
experience, at the same number of promotions, would give is the mean of those idle.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.questions.cohorts import pooled
from experiments.questions.estimand import Context, Finding, column, curve_of, known, part, part_of
from experiments.statistics.intervals import mean_if_known, ratio_of_means
from sim.configuration import ConfigurationError
from sim.initialisation.attributes import DAYS_A_YEAR
from sim.parameters import Group, Parameters, number
from sim.state.records import FREE

ARMS = ("base",)
YEAR = 365
BOSSES_PRESENT = (
    "bosses_free", "bosses_running", "bosses_other_work", "bosses_outside", "bosses_custody", "bosses_prison", "bosses_partner",
)  # fmt: skip
PROVIDERS_PRESENT = (
    "providers_idle", "provider_days_engaged", "providers_other_work", "providers_custody", "providers_prison",
)  # fmt: skip


class Options(Group):
    """Numbers of the estimand."""

    look_days: int = number(28, "days", 1, 365, "model", "interval of looking at idle Providers")
    least_experience: float = number(30.0, "days worked", 0.0, 1000.0, "model", "first stage: those who rise are ahead by this")


def prepare(context: Context, arms: dict[str, Parameters]) -> Context:
    """ConfigurationError if the market grows, or if there is less than a year to observe."""
    base = context.base
    for name, growth in (("entry.growth", base.entry.growth), ("calendar.growth", base.calendar.growth)):
        if growth != 0.0:
            raise ConfigurationError(f"{name}={growth}: careers are observed without growth; set it to 0")
    if base.days < base.policy.start_day + YEAR:
        raise ConfigurationError(
            f"days={base.days}: too short; entries are counted from policy.start_day={base.policy.start_day} for a year or more"
        )
    return context


def observe(world, windows, options: dict[str, Any]) -> dict[str, Any]:
    """Run a world to its horizon and keep who entered as a Boss or Provider, and those idle when others rose.

    Sums over persons, so that ratios can be made over all worlds together; ages in years.
    """
    start = world.day
    looks, idle = [], []
    while world.day < world.days:
        looks.append(world.day)
        idle.append(_idle(world))
        world.run(min(options["look_days"], world.days - world.day))
    kept = _entrants(world, start) | _risen(world, start, np.array(looks), np.array(idle))
    ledger = world.world.ledger
    kept["promoted"] = int(ledger["promoted"][start : world.days].sum())
    kept["taken_over"] = int(ledger["taken_over_by_provider"][start : world.days].sum())
    for role, present, ages in (
        ("boss", BOSSES_PRESENT, "boss_age_days"), ("provider", PROVIDERS_PRESENT, "provider_age_days"),
    ):  # fmt: skip
        days = sum(ledger[name].astype(float) for name in present)
        years = ledger[ages] / DAYS_A_YEAR
        kept[f"{role}_days_by_year"] = _by_year(days, world.days)
        kept[f"{role}_age_years_by_year"] = _by_year(years, world.days)
        kept[f"{role}_days"], kept[f"{role}_age_years"] = float(days[start:].sum()), float(years[start:].sum())
    return kept


def _idle(world) -> tuple[float, float]:
    """Mean days worked, and mean age in years, of Providers idle this morning; NaN if none is."""
    providers = world.world.providers[: world.world.counts[0].providers]
    idle = providers[providers["status"] == FREE]
    if idle.size == 0:
        return np.nan, np.nan
    return float(idle["days_worked"].mean()), float((world.day - idle["birth_day"]).mean()) / DAYS_A_YEAR


def _entrants(world, start: int) -> dict[str, Any]:
    """Bosses and Providers who entered since the start: numbers, and sums of their ages at entry."""
    counts = world.world.counts[0]
    bosses, providers = world.world.bosses[: counts.bosses], world.world.providers[: counts.providers]
    new, hired = bosses[bosses["since"] >= start], providers[providers["since"] >= start]
    age = (new["since"] - new["birth_day"]) / DAYS_A_YEAR
    risen = new["was_provider"] == 1
    return {
        "entered": int(new.size),
        "entered_age": float(age.sum()),
        "risen": int(risen.sum()),
        "risen_age": float(age[risen].sum()),
        "hired": int(hired.size),
        "hired_age": float(((hired["since"] - hired["birth_day"]) / DAYS_A_YEAR).sum()),
    }


def _risen(world, start: int, looks: np.ndarray, idle: np.ndarray) -> dict[str, Any]:
    """Of those who rose: sums of days worked, time since entry and age, and of what those idle at the time had.

    Providers who rise keep their uid, and their row stays as it was that day. Those who rose when nobody
    else had been idle at the last look cannot be compared, and are not counted here.
    """
    counts = world.world.counts[0]
    bosses, providers = world.world.bosses[: counts.bosses], world.world.providers[: counts.providers]
    new = bosses[(bosses["since"] >= start) & (bosses["was_provider"] == 1)]
    row = {int(uid): place for place, uid in enumerate(providers["uid"])}
    before = providers[[row[int(uid)] for uid in new["uid"]]] if new.size else providers[:0]
    at_look = idle[np.searchsorted(looks, new["since"], side="right") - 1]
    compared = np.isfinite(at_look[:, 0])
    age = (new["since"] - new["birth_day"]) / DAYS_A_YEAR
    return {
        "compared": int(compared.sum()),
        "risen_days_worked": float(before["days_worked"][compared].sum()),
        "idle_days_worked": float(at_look[compared, 0].sum()),
        "compared_age": float(age[compared].sum()),
        "idle_age": float(at_look[compared, 1].sum()),
        "risen_years_since_entry": float(((new["since"] - before["since"]) / DAYS_A_YEAR).sum()),
    }


def _by_year(daily: np.ndarray, days: int) -> list[float]:
    years = days // YEAR
    return daily[: years * YEAR].reshape(years, YEAR).sum(axis=1).tolist()


def estimate(rows: dict, context: Context) -> Finding:
    """The share of new Bosses who were Providers, and its parts, over the worlds of one scenario."""
    entered, risen = column(rows, "base", "entered"), column(rows, "base", "risen")
    shares = pooled(100.0 * _ratio(risen, entered), entered)
    least = context.options.least_experience
    ahead = _beyond_idle(rows, "risen_days_worked", "idle_days_worked")
    nobody_rises = not risen.sum() > 0
    return Finding.of_mean(
        shares,
        first_stage={
            "present": bool(entered.any() and (nobody_rises or mean_if_known(ahead).low > least)),
            "rule": f"those who rise have worked {least:g} days more than idle Providers (lower 95 % bound), or nobody rises",
        },
        parts=_parts(rows, ahead, context),
        margin=None if nobody_rises else known(ahead - least),
        extra={"worlds_without_entry": int((entered == 0).sum()), "ages_by_year": ages_by_year(rows)},
    )


def _parts(rows: dict, ahead: np.ndarray, context: Context) -> list[dict[str, Any]]:
    """Flows into the role of Boss, gaps of age, lead in experience, and whether role ages still move."""
    served, risen = column(rows, "base", "risen_years_since_entry"), column(rows, "base", "risen")
    flows = (
        ("entered", "Bosses who entered"),
        ("promoted", "of these promoted from among the Providers"),
        ("taken_over", "of these took over from a jailed Boss"),
    )
    hired, present = ("hired_age", "hired"), ("provider_age_years", "provider_days")
    gaps = (
        ("age_gap", "age at entry, Bosses less Providers", ("entered_age", "entered"), hired),
        ("age_gap_risen", "age at entry, risen Bosses less Providers", ("risen_age", "risen"), hired),
        ("age_gap_present", "age of those present, Bosses less Providers", ("boss_age_years", "boss_days"), present),
    )
    older = _beyond_idle(rows, "compared_age", "idle_age")
    return [
        *(part(name, label, column(rows, "base", name), "persons a world") for name, label in flows),
        *(part(name, label, _mean(rows, *one) - _mean(rows, *other), "years") for name, label, one, other in gaps),
        part("ahead", "days worked by those who rise, less idle Providers", ahead, "days"),
        part("older", "age of those who rise, less idle Providers", older, "years"),
        part_of("service", "time as a Provider of those who rise", ratio_of_means(served, risen), "years"),
        part("drift_boss", "mean age of Bosses present, last year less first", _drift(rows, "boss", context), "years"),
        part("drift_provider", "the same of Providers", _drift(rows, "provider", context), "years"),
    ]


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.zeros(len(above)), where=below > 0.0)


def _mean(rows: dict, total: str, number_of: str) -> np.ndarray:
    """A mean over the persons of all worlds together, as one value per world."""
    persons = column(rows, "base", number_of)
    return pooled(_ratio(column(rows, "base", total), persons), persons)


def _beyond_idle(rows: dict, risen: str, idle: str) -> np.ndarray:
    """Mean over those who rose of what they had more than Providers idle at the time, as one value per world."""
    compared = column(rows, "base", "compared")
    return pooled(_ratio(column(rows, "base", risen) - column(rows, "base", idle), compared), compared)


def _ages(rows: dict, role: str) -> list[np.ndarray]:
    """Mean age of those present in each year of the run, as one value per world."""
    days, years = column(rows, "base", f"{role}_days_by_year"), column(rows, "base", f"{role}_age_years_by_year")
    return [pooled(_ratio(years[:, y], days[:, y]), days[:, y]) for y in range(days.shape[1])]


def _drift(rows: dict, role: str, context: Context) -> np.ndarray:
    """Mean age in the last full year less that in the first full year after the burn-in, by world."""
    ages, first = _ages(rows, role), -(-context.base.policy.start_day // YEAR)
    return ages[-1] - ages[first] if first < len(ages) else np.full(len(rows["base_entered"]), np.nan)


def ages_by_year(rows: dict) -> dict[str, dict[str, list[float]]]:
    """Mean age of those present by role and year of the run, with intervals over worlds."""
    return {role: curve_of(_ages(rows, role)) for role in ("boss", "provider")}
