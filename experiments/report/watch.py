"""`plansim run --watch`: a world, and its twin without the policy, day by day in a terminal."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from experiments.execution.interrupts import stop_if_asked
from sim.configuration import ConfigurationError
from sim.measures.windows import first_measured, policy_start
from sim.parameters import Policy
from sim.simulation import Simulation
from sim.state.ledger import EXPLOITED
from sim.state.records import KINDS

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

MEAN_DAYS = 28  # counters are means of so many days, so that they can be read
FRAMES_A_SECOND = 12
WIDE, HIGH = 42, 13  # characters of a map
MOST_NAMED = 12  # places with their names beside them
_LEVELS = "▁▂▃▄▅▆▇█"
_DOTS = "·∘○◍●"  # from hardly anybody to many
COUNTERS = {  # what is counted: its measures in the ledger, its unit, days a unit has
    "persons exploited": (EXPLOITED, "a day", 1),
    "of them minors": (tuple(f"minors_{name}" for name in EXPLOITED), "a day", 1),
    "encounters": (("encounters",), "a day", 1),
    "Plans running": (("plans_running",), "a day", 1),
    "slots vacant": (("slots_vacant",), "a day", 1),
    "arrests": (("bosses_arrested", "providers_arrested"), "in 30 days", 30),
    "exits": (("exits",), "in 30 days", 30),
}


def check_terminal() -> None:
    """ConfigurationError where there is no terminal to watch a world in."""
    if not sys.stderr.isatty():
        raise ConfigurationError("--watch needs a terminal; leave it out, or write nothing else to standard error")


def watch(world: Simulation, seconds: float, console: Console | None = None, market: str = "") -> None:
    """Run a world to its horizon in about so many seconds, shown on standard error with its twin without the policy.

    It is the world that runs unwatched, to the bit. `market`: its name, if it is not the preset's.
    """
    from rich.console import Console
    from rich.live import Live

    parameters = world.parameters
    bare = parameters.model_copy(update={"policy": Policy(), "budget": None})
    twin = None if policy_start(parameters) is None else Simulation(bare)
    frames = max(1, round(seconds * FRAMES_A_SECOND))
    console = console or Console(stderr=True)
    with Live(console=console, auto_refresh=False, redirect_stdout=False) as live:
        for frame in range(1, frames + 1):
            begun, day = time.monotonic(), round(world.days * frame / frames)
            for one in filter(None, (world, twin)):
                one.run(day - one.day)
            live.update(screen(world, twin, console.width, market), refresh=True)
            stop_if_asked()
            time.sleep(max(0.0, seconds / frames - (time.monotonic() - begun)))


def screen(world: Simulation, twin: Simulation | None, width: int, market: str = "") -> RenderableType:
    """What is shown on a day that is over: counters with their difference, series, and maps as far as the width has room."""
    from rich.columns import Columns
    from rich.console import Group
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    worlds = [world] if twin is None else [world, twin]
    names = ["this world"] if twin is None else [f"policy {world.parameters.policy.name}", "twin without it"]
    start = policy_start(world.parameters)
    date = world.parameters.start + np.timedelta64(world.day - 1, "D").astype(object)
    head = f"{market or world.parameters.market.preset}, seed {world.parameters.seed}: day {world.day} of {world.days}, {date}; "
    if start is not None:
        head += f"the policy {'has begun' if world.day > start else 'begins'} on day {start}"
    else:
        head += f"measured from day {first_measured(world.parameters.burn_in, None, world.days)}"
    most = max(by_place(one).max() for one in worlds)
    shown = list(zip(worlds, names, strict=True))[: 1 if width < 2 * (WIDE + 6) else 2]
    maps = Columns([Panel(Text(map_of(one, most)), title=name, width=WIDE + 4) for one, name in shown])
    table = Table(box=None, pad_edge=False)
    for column in ("", *names, *(["difference"] if twin else [])):
        table.add_column(column, justify="left" if not column else "right")
    table.add_column("")
    for label, (measures, unit, days) in COUNTERS.items():
        values = [days * mean_of(one, measures) for one in worlds]
        change = [f"{values[0] - values[1]:+.1f}"] if twin else []
        table.add_row(label, *(f"{value:,.1f}" for value in values), *change, unit)
    cost = world.world.public_cost[: world.day].sum() / 100.0
    table.add_row("public cost", f"{cost:,.0f}", *(["0", f"{cost:+,.0f}"] if twin else []), "EUR so far")
    lines = [f"{name:<28} {sparkline(series_of(one), top, min(60, width - 40))}" for one, name, top in with_top(worlds, names)]
    note = f"Counters: means of the last {MEAN_DAYS} days. Maps: persons in Plans, {_DOTS}. One pair of worlds is an example."
    series = [Text("Persons exploited, weekly means"), *map(Text, lines)]
    return Group(Text(head, style="bold"), table, *series, Text(note, "dim"), maps)


def mean_of(world: Simulation, measures: tuple[str, ...]) -> float:
    """Mean per day of the sum of some measures, over the last days that are over."""
    first = max(0, world.day - MEAN_DAYS)
    return float(sum(world.world.ledger[name][first : world.day].mean() for name in measures))


def by_place(world: Simulation) -> np.ndarray:
    """float64[territories]: persons in Plans, mean of the last days."""
    first = max(0, world.day - MEAN_DAYS)
    return world.world.cells["person_days"][first : world.day].mean(axis=0).reshape(-1, KINDS).sum(axis=1)


def map_of(world: Simulation, most: float) -> str:
    """The territories where they lie, north up, each a dot by its persons in Plans; `most`: those of the darkest dot."""
    territories, persons = world.world.territories, by_place(world)
    x, y = territories["x_km"], territories["y_km"]
    rows = [[" "] * WIDE for _ in range(HIGH)]
    for place in np.argsort(persons):
        column = round((x[place] - x.min()) / max(np.ptp(x), 1e-9) * (WIDE - 1))
        row = round((y.max() - y[place]) / max(np.ptp(y), 1e-9) * (HIGH - 1))
        shade = min(len(_DOTS) - 1, int(len(_DOTS) * np.sqrt(persons[place] / max(most, 1e-9))))
        rows[row][column] = _DOTS[shade]
        if len(world.places) <= MOST_NAMED:
            name = f" {world.places[place].name}"
            free = slice(column + 1, column + 1 + len(name)) if column + len(name) < WIDE else slice(column - len(name), column)
            if rows[row][free] == [" "] * len(name):
                rows[row][free] = name if free.start > column else f"{name[1:]} "
    return "\n".join("".join(row).rstrip() for row in rows)


def series_of(world: Simulation) -> np.ndarray:
    """float64[weeks over]: persons exploited, weekly means."""
    daily = np.sum([world.world.ledger[name][: world.day] for name in EXPLOITED], axis=0)
    return daily[: daily.size // 7 * 7].reshape(-1, 7).mean(axis=1)


def with_top(worlds: list[Simulation], names: list[str]):
    """World, name and the common top of the series, for each world."""
    top = max((float(series.max()) for series in map(series_of, worlds) if series.size), default=0.0)
    return [(one, name, top) for one, name in zip(worlds, names, strict=True)]


def sparkline(values: np.ndarray, top: float, width: int) -> str:
    """The last of some values as blocks from zero to `top`, with the last one in numbers."""
    if not values.size:
        return ""
    shown = values[-width:] / max(top, 1e-9) * (len(_LEVELS) - 1)
    return "".join(_LEVELS[round(value)] for value in shown) + f" {values[-1]:,.0f}"
