"""Outcomes of the user's over the ledger of a world: an expression in SQL, or a function in Python.

An expression is one value over two tables, of the days measured: `days`, one row a day, with `day` (its number), the
measures of the ledger (`DAY_MEASURES`; money in cents) and `public_cost` (cents committed that day); and `cells`, one
row a day, territory and venue kind, with `day`, `territory`, `kind` and `CELL_MEASURES`. It is evaluated by DuckDB, which
can reach nothing else: `sum(minors_in_plan) / sum(in_plan)`.

A function takes the days measured as a structured array of the ledger, one entry a day (`days["in_plan"]` is
int64[days]), and returns a number, or None where there is no value.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.configuration import ConfigurationError, meant
from sim.configuration.own_code import call, function_of, load
from sim.measures.formulas import OUTCOMES
from sim.parameters import VENUE_KINDS, Parameters
from sim.state.ledger import CELL_DAY, CELL_MEASURES, DAY, DAY_MEASURES
from sim.state.records import KINDS

if TYPE_CHECKING:
    from sim.simulation import Simulation

_COLUMNS = {"id", "pair", "design", "replicate", "arm", "seed", "draw", "status", "error", "configuration", "ledger_sha256"}
_PREFIXES = ("public_cost", "before_", "weekly_", "person_days_at_target", "person_days_elsewhere")
Tables = dict[str, dict[str, np.ndarray]]


def own_outcomes(simulation: Simulation, names: list[str], first: int, last: int) -> dict[str, float | None]:
    """Values of outcomes of the configuration's own over days first..last-1; None where there is no value.

    ConfigurationError, one line, for an expression or a function that gives none.
    """
    chosen = {name: simulation.parameters.own_outcomes[name] for name in names}
    world, places = simulation.world, [place.name for place in simulation.places]
    expressions = {name: own.expression for name, own in chosen.items() if own.expression is not None}
    found = _evaluate(expressions, _tables(world.ledger, world.cells, world.public_cost, places, first, last))
    for name, own in chosen.items():
        if own.expression is None:
            function = function_of(own.source, own.function, f"outcome {name}")
            module, days = load(own.source, f"outcome {name}"), world.ledger[first:last].copy()
            found[name] = _as_number(call(function, f"outcome {name}", days, module=module), f"outcome {name}")
    return {name: found[name] for name in names}


def check_own_outcomes(parameters: Parameters) -> None:
    """ConfigurationError, one line, for an expression that cannot be evaluated, or a file in Python that cannot be read."""
    expressions = {}
    taken = _COLUMNS | {name for name, _, _ in OUTCOMES}
    for name in parameters.own_outcomes:
        if name in taken or name.startswith(_PREFIXES):
            raise ConfigurationError(f"outcome {name}: a name that results have already; give its file another")
    for name, own in parameters.own_outcomes.items():
        if own.expression is None:
            function_of(own.source, own.function, f"outcome {name}")
        else:
            expressions[name] = own.expression
    if expressions:
        day, cell = np.ones(2, DAY), np.ones((2, KINDS), CELL_DAY)
        _evaluate(expressions, _tables(day, cell, np.ones((2, 1), np.int64), ["Anywhere"], 0, 2))


def _tables(ledger, cells, public_cost, places: list[str], first: int, last: int) -> Tables:
    number = np.arange(first, last)
    days = {"day": number} | {name: np.ascontiguousarray(ledger[name][first:last]) for name in DAY_MEASURES}
    days["public_cost"] = public_cost[first:last].sum(axis=1)
    by_cell = cells[first:last]
    columns = {
        "day": np.repeat(number, by_cell.shape[1]),
        "territory": np.tile(np.repeat(np.array(places), KINDS), number.size),
        "kind": np.tile(np.array(VENUE_KINDS), number.size * len(places)),
    }
    return {"days": days, "cells": columns | {name: by_cell[name].ravel() for name in CELL_MEASURES}}


def _evaluate(expressions: dict[str, str], tables: Tables) -> dict[str, float | None]:
    import pyarrow as pa

    if not expressions:
        return {}
    cursor = _database().cursor()
    try:
        cursor.register("days", pa.table(tables["days"]))
        if any("cells" in expression for expression in expressions.values()):
            cursor.register("cells", pa.table(tables["cells"]))
        return {name: _value_of(cursor, f"outcome {name}", expression) for name, expression in expressions.items()}
    finally:
        cursor.close()


def _value_of(cursor, where: str, expression: str) -> float | None:
    """The one value of an expression. ConfigurationError that begins with `where`, in one line."""
    import duckdb

    try:
        if len(duckdb.extract_statements(f"select ({expression}\n)")) != 1:
            raise ConfigurationError(f"{where}: expression: more than one statement; one value is needed{_EXAMPLE}")
        rows = cursor.execute(f"select ({expression}\n) from days").fetchmany(2)
    except duckdb.Error as error:
        raise ConfigurationError(f"{where}: expression: {_in_a_line(error)}") from None
    if len(rows) != 1:
        try:
            rows = cursor.execute(f"select ({expression}\n)").fetchall()  # of queries of its own alone, not of columns
        except duckdb.Error:
            raise ConfigurationError(f"{where}: expression: a value for each day, not one; add them up{_EXAMPLE}") from None
    return _as_number(rows[0][0], where)


_EXAMPLE = ", for example sum(minors_in_plan) / sum(in_plan)"


def _in_a_line(error: Exception) -> str:
    """What DuckDB says, with the column that was probably meant."""
    text = str(error).partition("\n")[0]
    named = text.split('"')[1] if text.count('"') >= 2 else ""
    near = meant(named, ("day", *DAY_MEASURES, "public_cost", "territory", "kind", *CELL_MEASURES)) if "column" in text else ""
    return f"{text.partition(': ')[2] or text}{near}; plansim codebook ledger_days lists the columns"


def _as_number(value: Any, where: str) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        kind = type(value).__name__
        raise ConfigurationError(f"{where}: it gives {kind}, and a number is needed, or None where there is none") from None
    return None if math.isnan(number) else number


@functools.cache
def _database():
    """DuckDB in memory, in one thread, without access to files or networks."""
    import duckdb

    database = duckdb.connect(":memory:", config={"threads": 1})
    database.execute("set enable_external_access = false; set lock_configuration = true")
    return database
