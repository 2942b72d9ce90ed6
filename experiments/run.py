"""`plansim run`: one world, its ledger, figures and summary."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from experiments.composition import split_model
from experiments.results import Options, number, open_result, stored_summary, tell, write_table
from sim.simulation import Simulation

DAYS_A_STEP = 30
GANTT_DAYS = 30


def execute(tree: dict[str, Any], options: Options) -> int:
    """Run one composed world, or reprint it if it is stored; returns the exit status."""
    parameters, _ = split_model(tree)
    with open_result("run", tree, options) as store:
        summary = stored_summary(store, options)
        if summary is None:
            simulation = run_world(parameters)
            summary = summarise(simulation)
            write_result(simulation, summary, store.folder)
            store.write_summary(summary)
        tell(summary, prose(summary), store.folder, options)
    return 0


def run_world(parameters) -> Simulation:
    """Run a configuration to its horizon, with progress on standard error."""
    from experiments.lab.progress import Progress

    simulation = Simulation(parameters, record_events=True)
    with Progress(simulation.days, "days") as progress:
        while simulation.day < simulation.days:
            step = min(DAYS_A_STEP, simulation.days - simulation.day)
            simulation.run(step)
            progress.advance(step)
    return simulation


def summarise(simulation: Simulation) -> dict[str, Any]:
    """What `summary.json` says: outcomes over [burn_in, end) and the ledger's hash."""
    from sim.measures.outcomes import outcomes

    parameters = simulation.parameters
    return {
        "seed": parameters.seed,
        "days": parameters.days,
        "measured_from": parameters.burn_in,
        "market": parameters.market.preset,
        "policy": parameters.policy.name,
        "outcomes": outcomes(simulation),
        "ledger_sha256": simulation.ledger_sha256(),
    }


def write_result(simulation: Simulation, summary: dict[str, Any], folder: Path) -> None:
    """Ledger tables, figures and the page."""
    from experiments.report import style
    from sim.measures.field_view import field_view, recording_gap
    from sim.measures.outcomes import ledger_frames

    for name, frame in ledger_frames(simulation).items():
        write_table(folder, f"ledger_{name}", frame)
    view = field_view(simulation, by="month")
    write_table(folder, "field_view", view)
    figures = {
        "map": draw_map(simulation),
        "series": draw_series(simulation),
        "plans": draw_plans(simulation),
        "field_view": draw_field_view(simulation, view),
    }
    for name, figure in figures.items():
        style.save(figure, folder, name)
    write_page(summary, recording_gap(simulation), folder)


def draw_map(simulation: Simulation):
    """Territories with exploitation person-days a day by venue kind, over the measured days."""
    from experiments.report.world_figures import map_of_harm

    parameters = simulation.parameters
    territories = simulation.world.territories
    person_days = simulation.world.cells["person_days"][parameters.burn_in : simulation.day].mean(axis=0)
    names = [place.name for place in simulation.places]
    caption = f"Seed {parameters.seed}; mean of days {parameters.burn_in} to {simulation.day - 1}; one world, so no interval."
    return map_of_harm(
        names, territories["x_km"], territories["y_km"], territories["population"],
        person_days.reshape(len(names), -1), "Where persons are exploited in Plans", caption)  # fmt: skip


def draw_series(simulation: Simulation):
    """The market over time, with the calendar of the most populous territory's school zone."""
    from experiments.report.world_figures import series_over_time
    from sim.calendar import load_calendar

    parameters, world, days = simulation.parameters, simulation.world, simulation.day
    ledger = world.ledger[:days]
    zone = int(world.territories["zone"][np.argmax(world.territories["population"])])
    calendar = load_calendar()
    first = (parameters.start - calendar.first).days
    dates = np.datetime64(parameters.start, "D") + np.arange(days)
    series = {
        "Persons exploited": {
            "in a Plan": ledger["in_plan"],
            "held between Plans": ledger["held_between"],
            "held outside": ledger["held_outside"],
        },
        "Encounters a day": ledger["encounters"],
        "Plans broken up a day": ledger["plans_broken_up"],
    }
    return series_over_time(
        dates, series, world.demand[zone, :days], calendar.school[zone, first : first + days],
        dates[0] + parameters.burn_in, _policy_start(simulation), _caption(simulation))  # fmt: skip


def draw_field_view(simulation: Simulation, view):
    """What police would have on file, by month, against what was the case; `view` as `field_view` gives it."""
    from experiments.report.field_figures import recorded_against_true

    return recorded_against_true(view, _policy_start(simulation), _caption(simulation))


def _policy_start(simulation: Simulation):
    """The date on which the first lever begins, or None."""
    levers = simulation.world.levers[simulation.world.levers["code"] >= 0]
    return None if not len(levers) else np.datetime64(simulation.parameters.start, "D") + int(levers["start"].min())


def _caption(simulation: Simulation) -> str:
    parameters = simulation.parameters
    return f"Seed {parameters.seed}, market {parameters.market.preset}, policy {parameters.policy.name}; one world."


def draw_plans(simulation: Simulation):
    """Plans of one month as a strip: the first full thirty days after the burn-in that there are."""
    from experiments.report.world_figures import gantt_of_plans

    parameters = simulation.parameters
    first = max(0, min(parameters.burn_in, simulation.day - GANTT_DAYS))
    caption = f"Seed {parameters.seed}, market {parameters.market.preset}; one row a Boss."
    return gantt_of_plans(plan_table(simulation), first, first + GANTT_DAYS - 1, parameters.start, caption)


def plan_table(simulation: Simulation):
    """One row a Plan from the events: Boss (an anonymous number), first and last day, kind, whether broken up."""
    import pandas as pd

    from experiments.report.style import KINDS
    from sim.state.records import PLAN_BROKEN_UP, PLAN_ENDED, PLAN_STARTED

    events = simulation.events()
    # a Plan is named by its own identity, given as the other party of its events
    table = pd.DataFrame({name: events[name] for name in ("day", "code", "place", "uid", "other_uid")})
    started = table[table["code"] == PLAN_STARTED].set_index("other_uid")
    ended = table[table["code"] == PLAN_ENDED].set_index("other_uid")["day"]
    broken = set(table.loc[table["code"] == PLAN_BROKEN_UP, "other_uid"])
    return pd.DataFrame(
        {
            "boss": pd.factorize(started["uid"])[0],
            "start_day": started["day"].to_numpy(),
            "end_day": ended.reindex(started.index).fillna(simulation.day - 1).to_numpy().astype(int),
            "kind": [KINDS[place % len(KINDS)] for place in started["place"]],
            "broken_up": [uid in broken for uid in started.index],
        }
    )


def write_page(summary: dict[str, Any], gap, folder: Path) -> None:
    """`report.html`: headline outcomes, figures, what would be on file, and how to repeat the run."""
    from experiments.report.page import Page

    page = Page(f"One world: market {summary['market']}, policy {summary['policy']}, seed {summary['seed']}")
    page.paragraph(
        f"Outcomes over days {summary['measured_from']} to {summary['days'] - 1}. Persons exploited are victims, a large "
        "part of them minors. One world is an example, not an estimate: see plansim test for intervals."
    )
    for heading, rows in grouped(summary["outcomes"]).items():
        page.heading(heading)
        page.table(["outcome", "value", "unit"], [[_label(name), number(o["value"]), o["unit"]] for name, o in rows.items()])
    page.heading("Figures")
    page.figure(folder / "map.svg", "Map of exploitation person-days by territory and venue kind")
    page.figure(folder / "series.svg", "Persons exploited, encounters and Plans broken up over time")
    page.figure(folder / "plans.svg", "Plans of one month, one row a Boss")
    page.heading("What would be on file")
    page.paragraph(
        "Police and services record only part of what happens, so a recorded series can rise or fall while exploitation "
        "does not. The chances to be on file are assumptions: give your own to sim.measures.field_view."
    )
    page.figure(folder / "field_view.svg", "Police records against true numbers, by month")
    page.table(["series", "recorded by", "on file", "happened", "share", "behind it", "which is"], _gap_rows(gap))
    page.heading("Again")
    page.paragraph("manifest.json in this folder holds the configuration, the seed, and the versions of code and libraries.")
    page.write(folder / "report.html")


def _gap_rows(gap) -> list[list[str]]:
    """The recording gap as texts, a row a series."""
    return [
        [_label(row.series), row.recorded_by, number(row.recorded, 0), number(row.true, 0),
         "-" if row.true == 0 else number(row.recorded_share), number(row.behind, 0), row.behind_is]
        for row in gap.itertuples()
    ]  # fmt: skip


def grouped(outcomes: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Outcomes by heading, in their order; levers that cost nothing are left out."""
    from sim.measures.formulas import GROUPS

    heading_of = {name: heading for heading, group in GROUPS.items() for name, _, _ in group}
    groups: dict[str, dict[str, Any]] = {}
    for name, outcome in outcomes.items():
        if not (name.startswith("public_cost_") and outcome["value"] == 0.0):
            groups.setdefault(heading_of.get(name, "Public cost"), {})[name] = outcome
    return groups


def prose(summary: dict[str, Any]) -> str:
    """The outcomes in a column by heading, harms first; those without a value in this world are left out."""
    start = f"{summary['market']}, policy {summary['policy']}, seed {summary['seed']}"
    lines = [f"{start}; days {summary['measured_from']} to {summary['days'] - 1}"]
    for heading, outcomes in grouped(summary["outcomes"]).items():
        lines.append(heading)
        for name, outcome in outcomes.items():
            if outcome["value"] is not None:
                lines.append(f"  {_label(name):<52}{number(outcome['value']):>14}  {outcome['unit']}")
    lines.append(f"ledger sha256 {summary['ledger_sha256'][:16]}")
    return "\n".join(lines)


def _label(name: str) -> str:
    return name.replace("_", " ")


if __name__ == "__main__":
    from experiments.cli import main

    sys.exit(main(["run", *sys.argv[1:]]))
