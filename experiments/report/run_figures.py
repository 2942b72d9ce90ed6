"""The figures of one world that has run; `summary` is what `summary.json` will hold of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.measures.windows import has_begun, policy_start, window_text
from sim.simulation import Simulation

Summary = Mapping[str, Any]
GANTT_DAYS = 30


def draw_map(simulation: Simulation, summary: Summary):
    """Territories with exploitation person-days per day by venue kind, over the measured days."""
    from experiments.report.world_figures import map_of_harm

    territories = simulation.world.territories
    window = summary["window"]
    person_days = simulation.world.cells["person_days"][window["first_day"] : window["last_day"] + 1].mean(axis=0)
    names = [place.name for place in simulation.places]
    days = f"mean of {window_text(window)}, {summary['window_begins']}"
    caption = f"Seed {summary['seed']}; {days}; one world, so no interval."
    return map_of_harm(
        names, territories["x_km"], territories["y_km"], territories["population"],
        person_days.reshape(len(names), -1), "Where persons are exploited in Plans", caption)  # fmt: skip


def draw_series(simulation: Simulation, summary: Summary, twin: Simulation | None):
    """The market over time, and that of its untreated twin, with the calendar of the most populous territory's school zone."""
    from experiments.report.world_figures import series_over_time
    from sim.initialisation.own_places import calendar_of

    parameters, world, days = simulation.parameters, simulation.world, simulation.day
    zone = int(world.territories["zone"][np.argmax(world.territories["population"])])
    calendar = calendar_of(parameters.market)
    first = (parameters.start - calendar.first).days
    dates = np.datetime64(parameters.start, "D") + np.arange(days)
    return series_over_time(
        dates, _series_of(simulation), world.demand[zone, :days], calendar.school[zone, first : first + days],
        dates[0] + parameters.burn_in, _policy_start(simulation), _caption(summary),
        untreated=twin and _series_of(twin))  # fmt: skip


def _series_of(simulation: Simulation) -> dict[str, Any]:
    """The series drawn, by heading."""
    ledger = simulation.world.ledger[: simulation.day]
    return {
        "Persons exploited": {
            "in a Plan": ledger["in_plan"],
            "held between Plans": ledger["held_between"],
            "held outside": ledger["held_outside"],
        },
        "Encounters a day": ledger["encounters"],
        "Plans broken up a day": ledger["plans_broken_up"],
    }


def draw_field_view(simulation: Simulation, summary: Summary, view):
    """What police would have on file, by month, against what happened; `view` as by `field_view`."""
    from experiments.report.field_figures import recorded_against_true

    return recorded_against_true(view, _policy_start(simulation), _caption(summary))


def _policy_start(simulation: Simulation):
    """The date on which the policy begins, or None where it does on no day that was run."""
    start = policy_start(simulation.parameters)
    return np.datetime64(simulation.parameters.start, "D") + start if has_begun(start, simulation.day) else None


def _caption(summary: Summary) -> str:
    return f"Seed {summary['seed']}, market {summary['market']}, policy {summary['policy']}; one world."


def draw_plans(simulation: Simulation, summary: Summary):
    """Plans of one month as a strip: the first full thirty of the days measured that there are."""
    from experiments.report.world_figures import gantt_of_plans

    first = max(0, min(summary["window"]["first_day"], simulation.day - GANTT_DAYS))
    caption = f"Seed {summary['seed']}, market {summary['market']}; one row per Boss."
    return gantt_of_plans(plan_table(simulation), first, first + GANTT_DAYS - 1, simulation.parameters.start, caption)


def plan_table(simulation: Simulation):
    """One row per Plan from the events: Boss (an anonymous number), first and last day, kind, whether broken up."""
    import pandas as pd

    from experiments.report.style import KINDS
    from sim.state.records import PLAN_BROKEN_UP, PLAN_ENDED, PLAN_STARTED

    events = simulation.events()
    # a Plan is named by its own identity, given as the other party of its events
    table = pd.DataFrame({name: events[name] for name in ("day", "code", "cell", "uid", "other_uid")})
    started = table[table["code"] == PLAN_STARTED].set_index("other_uid")
    ended = table[table["code"] == PLAN_ENDED].set_index("other_uid")["day"]
    broken = set(table.loc[table["code"] == PLAN_BROKEN_UP, "other_uid"])
    return pd.DataFrame(
        {
            "boss": pd.factorize(started["uid"])[0],
            "start_day": started["day"].to_numpy(),
            "end_day": ended.reindex(started.index).fillna(simulation.day - 1).to_numpy().astype(int),
            "kind": [KINDS[cell % len(KINDS)] for cell in started["cell"]],
            "broken_up": [uid in broken for uid in started.index],
        }
    )
