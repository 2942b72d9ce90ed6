"""Outcomes of a run: from the ledger to tables and to the numbers that reports show.

Harm and protection come first, then activity, the labour of Providers, enforcement, mechanisms, and
public cost. Flows are means a day, so that windows of different length compare; ratios are ratios of
sums over the window, never means of daily ratios. What has a denominator of zero is None.

The functions take a `Simulation` and read only its tables: `parameters`, `places`, `day`, `world`.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.configuration import ConfigurationError
from sim.parameters import VENUE_KINDS
from sim.policy import LEVER_KINDS, LEVER_NAMES
from sim.state.measures import CELL_MEASURES, DAY_MEASURES
from sim.state.records import EVENT_NAMES, KINDS, RUNNING

if TYPE_CHECKING:
    import pandas

    from sim.simulation import Simulation


class Window:
    """Sums of the ledger over days first..last-1: `window.in_plan` is a count, `daily("in_plan")` its mean."""

    def __init__(self, simulation: Simulation, first: int, last: int):
        ledger = simulation.world.ledger
        self.days = last - first
        for name in DAY_MEASURES:
            setattr(self, name, int(ledger[name][first:last].sum()))
        self.cost = {
            name: float(simulation.world.public_cost[first:last, code].sum()) / 100.0
            for code, name in sorted(LEVER_NAMES.items())
            if LEVER_KINDS[name].unit_cost_eur > 0.0  # a planted effect is no policy and costs nothing
        }
        self.plans_ended = self.plans_launched + _running_before(simulation, first) - _running_before(simulation, last)
        risk, bosses = ledger["perceived_risk"][first:last], ledger["bosses_running"][first:last]
        self.risk_of_bosses = float((risk * bosses).sum()) / 1e6  # the ledger holds each day's mean over them

        # a person exploited is in a Plan, or held between two, whether her Boss is here or outside the region
        self.exploited = self.in_plan + self.held_between + self.held_outside
        self.minors_exploited = self.minors_in_plan + self.minors_held_between + self.minors_held_outside
        # a slot the Boss covers himself cannot fall vacant
        self.slots_for_providers = self.slots - self.slots_by_boss

    def daily(self, *names: str) -> float:
        """Sum of some measures, a day."""
        return sum(getattr(self, name) for name in names) / self.days

    def euros(self, name: str) -> float:
        """A measure in cents as EUR a day."""
        return getattr(self, name) / 100.0 / self.days


def _running_before(simulation: Simulation, day: int) -> int:
    """Plans that run when a day begins; the ledger counts them after the day's launches."""
    world = simulation.world
    if day < simulation.day:
        return int(world.ledger["plans_running"][day] - world.ledger["plans_launched"][day])
    return int((world.bosses["status"][: world.counts["bosses"][0]] == RUNNING).sum())


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _euros_each(cents: int, days_engaged: int) -> float | None:
    return _ratio(cents / 100.0, days_engaged)


# name, unit, formula over a Window. The order is the order of every report.
HARM = (
    ("exploitation_person_days", "person-days/day", lambda w: w.daily("exploited")),
    ("minors_person_days", "person-days/day", lambda w: w.daily("minors_exploited")),
    ("share_of_minors", "share of person-days", lambda w: _ratio(w.minors_exploited, w.exploited)),
    ("person_days_in_plan", "person-days/day", lambda w: w.daily("in_plan")),
    ("minors_person_days_in_plan", "person-days/day", lambda w: w.daily("minors_in_plan")),
    ("person_days_held_between", "person-days/day", lambda w: w.daily("held_between")),
    ("person_days_held_outside", "person-days/day", lambda w: w.daily("held_outside")),
    ("independent_minors_person_days", "person-days/day", lambda w: w.daily("independent_minors")),
    ("exits", "exits/day", lambda w: w.daily("exits")),
    ("returned_to_risk", "persons/day", lambda w: w.daily("returned_to_risk")),
    ("victims_exposed", "persons/day", lambda w: w.daily("exposed")),
    ("victims_recognised_share", "share of those exposed", lambda w: _ratio(w.recognised, w.exposed)),
    ("treated_as_offenders", "persons/day", lambda w: w.daily("treated_as_offender")),
    ("treated_as_offenders_share", "share of those exposed", lambda w: _ratio(w.treated_as_offender, w.exposed)),
    ("failed_attempts_to_leave", "attempts/day", lambda w: w.daily("attempts") - w.daily("left_by_attempt")),
)
ACTIVITY = (
    ("encounters", "encounters/day", lambda w: w.daily("encounters")),
    ("encounters_per_person_day", "encounters/person-day in a Plan", lambda w: _ratio(w.encounters, w.in_plan)),
    ("unmet_demand_share", "share of searches", lambda w: _ratio(w.unmet, w.searches)),
    ("plans_running", "Plans", lambda w: w.daily("plans_running")),
    ("plans_launched", "Plans/day", lambda w: w.daily("plans_launched")),
    ("plans_completed", "Plans/day", lambda w: w.daily("plans_completed")),
    ("plans_broken_up", "Plans/day", lambda w: w.daily("plans_broken_up")),
    ("plan_duration", "days", lambda w: _ratio(w.plan_days_ended, w.plans_ended)),
    ("plan_team", "persons/Plan launched", lambda w: _ratio(w.team_launched, w.plans_launched)),
)
LABOUR = (
    ("slots_vacant_share", "share of slot-days of Providers", lambda w: _ratio(w.slots_vacant, w.slots_for_providers)),
    ("vacancy_spells_per_100_slot_days", "spells/100 slot-days of Providers",
     lambda w: _ratio(100.0 * w.vacancies_opened, w.slots_for_providers)),
    ("days_to_fill_vacancy", "days/spell filled", lambda w: _ratio(w.vacancy_days_filled, w.vacancies_filled)),
    ("vacancies_filled_by_known_share", "share of spells filled",
     lambda w: _ratio(w.vacancies_filled_by_known, w.vacancies_filled)),
    ("vacancies_never_filled_share", "share of spells ended",
     lambda w: _ratio(w.vacancies_unfilled_at_end, w.vacancies_filled + w.vacancies_unfilled_at_end)),
    ("providers_per_plan", "Providers/running Plan", lambda w: _ratio(w.provider_plans, w.plans_running)),
    ("plans_per_provider", "Plans/engaged Provider", lambda w: _ratio(w.provider_plans, w.provider_days_engaged)),
)  # fmt: skip
ENFORCEMENT = (
    ("bosses_arrested", "arrests/day", lambda w: w.daily("bosses_arrested")),
    ("providers_arrested", "arrests/day", lambda w: w.daily("providers_arrested")),
    # those held by the arrest of one role are among the stock, not among the arrests
    ("bosses_in_prison", "persons", lambda w: w.daily("bosses_prison")),
    ("providers_in_prison", "persons", lambda w: w.daily("providers_prison")),
)
MECHANISMS = (
    ("income_of_persons", "EUR/day", lambda w: w.euros("persons_income")),
    ("income_of_providers", "EUR/day", lambda w: w.euros("providers_income")),
    ("income_of_bosses", "EUR/day", lambda w: w.euros("bosses_income")),
    ("income_a_person_day", "EUR/person-day in a Plan", lambda w: _euros_each(w.persons_income, w.in_plan)),
    ("income_a_provider_day", "EUR/engaged Provider-day",
     lambda w: _euros_each(w.providers_income, w.provider_days_engaged)),
    ("income_a_boss_day", "EUR/engaged Boss-day", lambda w: _euros_each(w.bosses_income, w.bosses_running)),
    ("perceived_risk", "break-ups/Plan-day", lambda w: _ratio(w.risk_of_bosses, w.bosses_running)),
)  # fmt: skip
OUTCOMES = HARM + ACTIVITY + LABOUR + ENFORCEMENT + MECHANISMS
HEADLINES = tuple(name for name, _, _ in HARM)
COST_UNIT = "EUR in the window"


def outcomes(simulation: Simulation, first: int | None = None, last: int | None = None) -> dict[str, dict[str, Any]]:
    """Outcomes over days first..last-1, by default from the end of burn-in to now.

    Returns name to `{"value": float or None, "unit": str}`, harm first (`HEADLINES`), in an order that
    never changes; the committed public cost, in total and by lever, comes last. Raises
    ConfigurationError for a window that holds no day or days that have not been run.
    """
    first = simulation.parameters.burn_in if first is None else first
    last = simulation.day if last is None else last
    if not 0 <= first < last <= simulation.day:
        raise ConfigurationError(
            f"no outcomes over days {first} to {last}: {simulation.day} days have been run and measurement begins"
            f" on day {simulation.parameters.burn_in}; run longer, or give first= and last= within the days run"
        )
    window = Window(simulation, first, last)
    found = {name: _outcome(formula(window), unit) for name, unit, formula in OUTCOMES}
    found["public_cost"] = _outcome(sum(window.cost.values()), COST_UNIT)
    for lever, cost in window.cost.items():
        found[f"public_cost_{lever}"] = _outcome(cost, COST_UNIT)
    return found


def _outcome(value: float | None, unit: str) -> dict[str, Any]:
    return {"value": None if value is None else float(value), "unit": unit}


def day_table(simulation: Simulation) -> pandas.DataFrame:
    """The ledger of the days run: index `date`, one int64 column a measure (`DAY_MEASURES`, money in cents)."""
    import pandas as pd

    ledger = simulation.world.ledger[: simulation.day]
    return pd.DataFrame({name: ledger[name] for name in DAY_MEASURES}, index=_dates(simulation), copy=True)


def cell_table(simulation: Simulation) -> pandas.DataFrame:
    """The ledger by place: date, territory, kind and `CELL_MEASURES`, a row a day, territory and venue kind."""
    import pandas as pd

    days, places = simulation.day, simulation.places
    cells = simulation.world.cells[:days]
    territory = np.tile(np.repeat(np.arange(len(places)), KINDS), days)
    kind = np.tile(np.arange(KINDS), days * len(places))
    columns = {
        "date": np.repeat(_dates(simulation).to_numpy(), cells.shape[1]),
        "territory": pd.Categorical.from_codes(territory, [place.name for place in places]),
        "kind": pd.Categorical.from_codes(kind, VENUE_KINDS),
    }
    return pd.DataFrame(columns | {name: cells[name].ravel() for name in CELL_MEASURES}, copy=True)


def cost_table(simulation: Simulation) -> pandas.DataFrame:
    """Committed public cost of the days run: index `date`, one int64 column a lever, cents."""
    import pandas as pd

    cost = simulation.world.public_cost[: simulation.day]
    columns = {name: cost[:, code] for code, name in sorted(LEVER_NAMES.items())}
    return pd.DataFrame(columns, index=_dates(simulation), copy=True)


def ledger_frames(simulation: Simulation) -> dict[str, pandas.DataFrame]:
    """The tables to write beside a run, by name: `days`, `cells`, `public_cost`, and `events` if recorded.

    All have plain columns (`date` among them), as Parquet files want them.
    """
    frames = {
        "days": day_table(simulation).reset_index(),
        "cells": cell_table(simulation),
        "public_cost": cost_table(simulation).reset_index(),
    }
    if simulation.world.counts[0].record_events:
        frames["events"] = _event_table(simulation)
    return frames


def _event_table(simulation: Simulation) -> pandas.DataFrame:
    """Plans and vacancy spells, a row an event."""
    import pandas as pd

    events = simulation.events()
    names = np.array([place.name for place in simulation.places])
    columns = {
        "date": _dates(simulation).to_numpy()[events["day"]],
        "event": [EVENT_NAMES[int(code)] for code in events["code"]],
        "territory": names[events["place"] // KINDS],
        "kind": np.array(VENUE_KINDS)[events["place"] % KINDS],
        "value": events["value"],
        "uid": events["uid"],
        "other_uid": events["other_uid"],
    }
    return pd.DataFrame(columns, copy=True)


def _dates(simulation: Simulation):
    import pandas as pd

    start: dt.date = simulation.parameters.start
    return pd.date_range(start, periods=simulation.day, freq="D", name="date")
