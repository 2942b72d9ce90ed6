"""`plansim run`: one world, its ledger, figures and summary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from experiments.configuration.composition import MICRODATA, compose, split_model
from experiments.configuration.own_files import market_name
from experiments.report.not_observable import NOT_SEEN, unseen
from experiments.report.run_figures import draw_field_view, draw_map, draw_plans, draw_series
from experiments.report.text_table import text_table
from experiments.store import microdata
from experiments.store.result import MISSING, Options, begin_result, number, report_summary, write_table
from experiments.store.store import Store
from sim.configuration import ConfigurationError
from sim.measures.composition import SHARES, composition
from sim.measures.formulas import FIRST_SCREEN
from sim.measures.microdata import observe
from sim.measures.windows import describe_window, has_begun, policy_start, read_window, window_before, window_text
from sim.parameters import Policy
from sim.simulation import Simulation

DAYS_A_STEP = 30
COST = "Public cost"
_AN_EXAMPLE = "One world is an example, not an estimate: plansim test and plansim compare give intervals."


def main(words: list[str], options: Options, tree: dict[str, Any] | None = None) -> int:
    """One world from the words of a command, or from a configuration that Hydra composed."""
    tree = compose("config", words) if tree is None else tree
    parameters, rest = split_model(tree)
    wanted = rest.get(MICRODATA, False)
    if options.watch is not None:
        check_watch(options.watch)
    market = market_name(rest, parameters.market.preset)
    with begin_result("run", tree, options) as store:

        def make() -> dict[str, Any]:
            return finish(run_world(parameters, wanted, options.watch, market), store, wanted, market)

        report_summary(store, options, prose, make)
    return 0


def finish(simulation: Simulation, store: Store, is_observed: bool = False, market: str = "") -> dict[str, Any]:
    """Summarise a world that has run; write tables, figures, the page and, last, the summary.

    `market`: its name, if it is not the preset's.
    """
    summary = summarise(simulation, market)
    if is_observed:
        microdata.write_one(simulation, store.folder)
    write_result(simulation, summary, store.folder)
    store.write_summary(summary)
    return summary


def check_watch(seconds: float) -> None:
    """ConfigurationError for seconds that are none, and where there is no terminal."""
    from experiments.report.watch import check_terminal

    if not 1.0 <= seconds <= 3600.0:
        raise ConfigurationError(f"--watch {seconds:g}: seconds from 1 to 3600 are needed")
    check_terminal()


def run_world(parameters, is_observed: bool = False, watched: float | None = None, market: str = "") -> Simulation:
    """Run a configuration to its horizon, with progress on standard error, or watched there for so many seconds.

    `is_observed`: with its microdata; `market`: its name, if it is not the preset's.
    """
    from experiments.execution.progress import Progress

    simulation = Simulation(parameters, record_events=True)
    if is_observed:
        observe(simulation)
    if watched is not None:
        from experiments.report.watch import watch

        watch(simulation, watched, market=market)
        return simulation
    with Progress(simulation.days, "days simulated") as progress:
        while simulation.day < simulation.days:
            step = min(DAYS_A_STEP, simulation.days - simulation.day)
            simulation.run(step)
            progress.advance(step)
    return simulation


def summarise(simulation: Simulation, market: str = "") -> dict[str, Any]:
    """The content of `summary.json`: outcomes over the days measured, those before a policy apart, and the ledger's hash."""
    from sim.measures.outcomes import outcomes

    parameters = simulation.parameters
    first, last = _window(simulation)
    return {
        "seed": parameters.seed,
        "days": parameters.days,
        "measured_from": first,
        "window": describe_window(parameters.start, first, last),
        "window_begins": _why_here(simulation),
        "market": market or parameters.market.preset,
        "policy": parameters.policy.name,
        "outcomes": outcomes(simulation, first, last),
        "before": _before(simulation),
        "composition": composition(simulation),
        "ledger_sha256": simulation.ledger_sha256(),
    }


def _window(simulation: Simulation) -> tuple[int, int]:
    """The days measured, by the rule of `sim.measures.windows`."""
    return read_window(simulation, None, None, "outcomes")


def _why_here(simulation: Simulation) -> str:
    """Why the window begins where it does, in a line."""
    parameters, start = simulation.parameters, policy_start(simulation.parameters)
    if start is None:
        return "from the end of burn-in, as there is no policy"
    if not has_begun(start, simulation.day):
        return f"from the end of burn-in, as the policy begins on day {start}, after the last day"
    if start <= parameters.burn_in:
        late = "" if start == parameters.burn_in else f", as the policy begins on day {start}, within it"
        return f"from the end of burn-in{late}; nothing is measured before the policy"
    return "from the policy's start"


def _before(simulation: Simulation) -> dict[str, Any] | None:
    """Outcomes of the days from the end of burn-in to the policy's start; None where there is none."""
    from sim.measures.outcomes import outcomes

    days = window_before(simulation.parameters, simulation.day)
    if days is None:
        return None
    return describe_window(simulation.parameters.start, *days) | {"outcomes": outcomes(simulation, *days)}


def write_result(simulation: Simulation, summary: dict[str, Any], folder: Path) -> None:
    """Ledger tables, figures and the page."""
    from experiments.report import style
    from sim.measures.field_view import recording_gap
    from sim.measures.outcomes import ledger_frames

    for name, frame in ledger_frames(simulation).items():
        write_table(folder, f"ledger_{name}", frame)
    view = monthly_view(simulation)
    write_table(folder, "field_view", view)
    figures = {
        "map": draw_map(simulation, summary),
        "series": draw_series(simulation, summary, untreated_twin(simulation)),
        "plans": draw_plans(simulation, summary),
        "field_view": draw_field_view(simulation, summary, view),
    }
    for name, figure in figures.items():
        style.save(figure, folder, name)
    write_page(summary, recording_gap(simulation), folder)


def monthly_view(simulation: Simulation):
    """The field view by month, of the days measured and of those before a policy; a month that the start parts has two rows.

    Column `window`: `measured` or `before`.
    """
    import pandas as pd

    from sim.measures.field_view import field_view

    windows = {"before": window_before(simulation.parameters, simulation.day), "measured": _window(simulation)}
    views = [
        field_view(simulation, by="month", first=days[0], last=days[1]).assign(window=name)
        for name, days in windows.items()
        if days is not None
    ]
    return pd.concat(views, ignore_index=True)


def untreated_twin(simulation: Simulation) -> Simulation | None:
    """The twin world of the same seed without the policy, run as far; None where no policy has begun."""
    if not has_begun(policy_start(simulation.parameters), simulation.day):
        return None
    twin = Simulation(simulation.parameters.model_copy(update={"policy": Policy(), "budget": None}))
    twin.run(simulation.day)
    return twin


def write_page(summary: dict[str, Any], gap, folder: Path) -> None:
    """`report.html`: headline outcomes, figures, what would be on file, and how to repeat the run."""
    from experiments.report.page import Page

    page = Page(f"One world: market {summary['market']}, policy {summary['policy']}, seed {summary['seed']}")
    page.paragraph(
        f"Outcomes over {window_text(summary['window'])}, {summary['window_begins']}. Persons exploited are victims, a large "
        f"part of them minors. {_AN_EXAMPLE}"
    )
    first = [
        [_label(name), *_cells(summary, name), summary["outcomes"][name]["unit"], meaning]
        for name, meaning in FIRST_SCREEN.items()
    ]
    page.table(["outcome", *_columns(summary), "unit", "meaning"], first, "wide")
    page.figure(folder / "map.svg", "Map of exploitation person-days by territory and venue kind")
    page.figure(folder / "series.svg", "Persons exploited, encounters and Plans broken up over time")
    with page.folded("All outcomes"):
        if summary["before"]:
            page.paragraph(f"Before the policy: {window_text(summary['before'])}, shown apart and in no other number.")
        for line in unseen(summary["outcomes"]):
            page.paragraph(line)
        for heading, rows in grouped(summary["outcomes"]).items():
            page.heading(heading)
            cells = [[_label(name), *_cells(summary, name), o["unit"]] for name, o in rows.items()]
            page.table(["outcome", *_columns(summary), "unit"], cells)
    with page.folded("Who is in the market on the last day"):
        page.table(["role", "number", *(share.replace("_", " ") for share in SHARES)], _composition_rows(summary))
    with page.folded("A month of Plans"):
        page.figure(folder / "plans.svg", "Plans of one month, one row per Boss")
    with page.folded("What would be on file"):
        page.paragraph(
            "Police and services record only part of what happens, so a recorded series can rise or fall while exploitation "
            "does not. The chances to be on file are assumptions: give your own to sim.measures.field_view."
        )
        page.figure(folder / "field_view.svg", "Police records against true numbers, by month")
        page.table(["series", "recorded by", "on file", "happened", "share", "behind it", "which is"], _gap_rows(gap))
    page.again()
    page.paragraph(
        "The file manifest.json in this folder holds the configuration, the seed, and the versions of code and libraries; from "
        "it the world is run once more and its numbers compared with those here. RESULT is the name of this folder:"
    )
    page.code("plansim rerun RESULT")
    page.write(folder / "report.html")


def _composition_rows(summary: dict[str, Any]) -> list[list[str]]:
    """A row per role: its number and the shares of its attributes; a share that is not given is a dash."""
    return [
        [role.replace("_", " "), str(given["number"]), *("–" if given.get(s) is None else f"{given[s]:.2f}" for s in SHARES)]
        for role, given in summary["composition"].items()
    ]


def _columns(summary: dict[str, Any]) -> list[str]:
    """Heads of the columns of numbers: the days measured, and those before a policy."""
    return ["under the policy", "before"] if summary["before"] else ["value"]


def _cells(summary: dict[str, Any], name: str) -> list[str]:
    """An outcome in each of those columns."""
    parts = [summary, summary["before"]] if summary.get("before") else [summary]
    return [shown_value(part["outcomes"].get(name, {"value": None})) for part in parts]


def shown_value(outcome: dict[str, Any]) -> str:
    """A value for people: what cannot be seen in a window has none, which is not zero."""
    return NOT_SEEN if "reason" in outcome else number(outcome["value"])


def _gap_rows(gap) -> list[list[str]]:
    """The recording gap as texts, one row per series."""
    return [
        [_label(row.series), row.recorded_by, number(row.recorded, 0), number(row.true, 0),
         "-" if row.true == 0 else number(row.recorded_share), number(row.behind, 0), row.behind_is]
        for row in gap.itertuples()
    ]  # fmt: skip


def grouped(outcomes: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Outcomes by heading, in their order; levers that cost nothing are left out."""
    from sim.measures.formulas import GROUPS, OWN

    heading_of = {name: heading for heading, group in GROUPS.items() for name, _, _ in group}
    groups: dict[str, dict[str, Any]] = {}
    for name, outcome in outcomes.items():
        if not (name.startswith("public_cost_") and outcome["value"] == 0.0):
            groups.setdefault(heading_of.get(name, COST if name.startswith("public_cost") else OWN), {})[name] = outcome
    return groups


def prose(summary: dict[str, Any]) -> str:
    """The headline outcomes with their meaning, then all others by heading; of these, those without a value are left out."""
    start = f"Market {summary['market']}, policy {summary['policy']}, seed {summary['seed']}"
    before = summary.get("before")
    if "window" in summary:
        lines = [f"{start}; {window_text(summary['window'])}, {summary['window_begins']}"]
    else:  # a result of an older version
        lines = [f"{start}; days {summary['measured_from']} to {summary['days'] - 1}"]
    if before:
        lines.append(f"in the second column, apart: before the policy, {window_text(before)}")
    right = range(1, 3 if before else 2)
    outcomes = summary["outcomes"]
    first = [[_label(name), *_cells(summary, name), outcomes[name]["unit"], f"({meaning})"]
             for name, meaning in FIRST_SCREEN.items() if name in outcomes]  # fmt: skip
    lines += text_table(["Headline outcomes", *first], right=right)
    rows: list = []
    for heading, others in grouped({name: one for name, one in outcomes.items() if name not in FIRST_SCREEN}).items():
        cells = [[_label(name), *_cells(summary, name), outcome["unit"]] for name, outcome in others.items()]
        rows += [heading, *(row for row in cells if any(cell not in (MISSING, NOT_SEEN) for cell in row[1:-1]))]
    lines += text_table(rows, right=right)
    lines += [*unseen(outcomes), _AN_EXAMPLE, "Figures, tables and a page (report.html) are in the folder below."]
    lines.append(f"ledger sha256 {summary['ledger_sha256'][:16]}")
    return "\n".join(lines)


def _label(name: str) -> str:
    return name.replace("_", " ")
