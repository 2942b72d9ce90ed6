"""Outcomes of a run: from the ledger to tables and to the numbers in reports.

Harm and protection come first, then activity, the labour of Providers, enforcement, careers,
mechanisms, and public cost (defined in `sim.measures.formulas`). Flows are means per day, so that
windows of different length are comparable.

The functions take a `Simulation` and read only its tables: `parameters`, `places`, `day`, `world`.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.measures.formulas import OUTCOMES, Formula, Window
from sim.measures.own_outcomes import own_outcomes
from sim.measures.windows import LIMITS, counted_since, first_seen, is_wanting, not_observable, read_window
from sim.own_rules import lever_names
from sim.parameters import VENUE_KINDS
from sim.state.ledger import CELL_MEASURES, DAY_MEASURES
from sim.state.records import EVENT_NAMES, KINDS

if TYPE_CHECKING:
    import pandas

    from sim.simulation import Simulation

COST_UNIT = "EUR in the window"


def outcomes(
    simulation: Simulation,
    first: int | None = None,
    last: int | None = None,
    only: Collection[str] | None = None,
    since: int | None = None,
    concerned: Collection[str] = (),
) -> dict[str, dict[str, Any]]:
    """Outcomes over days first..last-1, by default those measured (`sim.measures.windows`); all, or those in `only`.

    Returns name to `{"value": float or None, "unit": str}`, harm first (`sim.measures.formulas.HEADLINES`), in an order that
    never changes; then the committed public cost, in total and by lever; last the configuration's own
    (`sim.measures.own_outcomes`). An outcome that cannot be observed on
    these days has the value None and a `reason`; one observable on some of them is a mean over those, their number in
    `observed_days`. `since`: day from which counted spells must have begun (the policy's start, if the window is of its
    days); `concerned`: outcomes whose zero is reported as zero, since what they need is compared. Raises
    ConfigurationError for a window without a day or with days that have not been run.
    """
    first, last = read_window(simulation, first, last, "outcomes")
    since = counted_since(simulation.parameters, first, last) if since is None else since
    windows = Windows(simulation, first, last, since, concerned)
    formulas = OUTCOMES if only is None else _chosen(frozenset(only))
    found = {name: windows.look(name, unit, formula) for name, unit, formula in formulas}
    cost = windows.whole.cost
    found["public_cost"] = _outcome(sum(cost.values()), COST_UNIT)
    for lever, cents in cost.items():
        found[f"public_cost_{lever}"] = _outcome(cents, COST_UNIT)
    own = simulation.parameters.own_outcomes
    if names := [name for name in own if only is None or name in only]:
        values = own_outcomes(simulation, names, first, last)
        found |= {name: _outcome(values[name], own[name].unit) | _no_value(values[name]) for name in names}
    return found


class Windows:
    """The days requested, and for each outcome those of them on which it can be observed."""

    def __init__(self, simulation: Simulation, first: int, last: int, since: int, concerned: Collection[str]):
        self.simulation, self.first, self.last, self.since, self.concerned = simulation, first, last, since, concerned
        self.by_first: dict[int, Window] = {}
        self.whole = self._from(first)

    def _from(self, first: int) -> Window:
        if first not in self.by_first:
            self.by_first[first] = Window(self.simulation, first, self.last)
        return self.by_first[first]

    def look(self, name: str, unit: str, formula) -> dict[str, Any]:
        """An outcome over the days on which it can be observed; None and a reason if there are none."""
        limit = LIMITS.get(name)
        if limit is None:
            return _outcome(formula(self.whole), unit)
        parameters, ledger = self.simulation.parameters, self.simulation.world.ledger
        begins = max(self.first, first_seen(limit, parameters, self.since) or 0)
        if begins >= self.last:
            return _outcome(None, unit) | {"reason": not_observable(limit, begins)}
        value = formula(self._from(begins))
        if value == 0.0 and name not in self.concerned and is_wanting(limit, parameters, ledger, begins, self.last):
            return _outcome(None, unit) | {"reason": not_observable(limit)}
        observed = {} if begins == self.first else {"observed_days": self.last - begins}
        return _outcome(value, unit) | observed


@functools.lru_cache(maxsize=16)
def _chosen(names: frozenset[str]) -> tuple[Formula, ...]:
    """The formulas of the named outcomes, in their order."""
    return tuple(formula for formula in OUTCOMES if formula[0] in names)


def _no_value(value: float | None) -> dict[str, str]:
    """The reason of an own outcome that has none."""
    return {"reason": "its expression or function gives no value on these days"} if value is None else {}


def _outcome(value: float | None, unit: str) -> dict[str, Any]:
    return {"value": None if value is None else float(value), "unit": unit}


def day_table(simulation: Simulation) -> pandas.DataFrame:
    """The ledger of the days run: index `date`, one int64 column per measure (`DAY_MEASURES`, money in cents)."""
    import pandas as pd

    ledger = simulation.world.ledger[: simulation.day]
    return pd.DataFrame({name: ledger[name] for name in DAY_MEASURES}, index=_dates(simulation), copy=True)


def cell_table(simulation: Simulation) -> pandas.DataFrame:
    """The ledger by place: date, territory, kind and `CELL_MEASURES`, one row per day, territory and venue kind."""
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
    """Committed public cost of the days run: index `date`, one int64 column per lever, cents."""
    import pandas as pd

    cost = simulation.world.public_cost[: simulation.day]
    columns = {name: cost[:, code] for code, name in sorted(lever_names(simulation.parameters).items())}
    return pd.DataFrame(columns, index=_dates(simulation), copy=True)


def ledger_frames(simulation: Simulation) -> dict[str, pandas.DataFrame]:
    """The tables to store with a run, by name: `days`, `cells`, `public_cost`, and `events` if recorded.

    All have plain columns (`date` among them), as Parquet files require.
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
    """Plans and vacancy spells, one row per event."""
    import pandas as pd

    events = simulation.events()
    names = np.array([place.name for place in simulation.places])
    columns = {
        "date": _dates(simulation).to_numpy()[events["day"]],
        "event": [EVENT_NAMES[int(code)] for code in events["code"]],
        "territory": names[events["cell"] // KINDS],
        "kind": np.array(VENUE_KINDS)[events["cell"] % KINDS],
        "value": events["value"],
        "uid": events["uid"],
        "other_uid": events["other_uid"],
    }
    return pd.DataFrame(columns, copy=True)


def _dates(simulation: Simulation):
    import pandas as pd

    start: dt.date = simulation.parameters.start
    return pd.date_range(start, periods=simulation.day, freq="D", name="date")
