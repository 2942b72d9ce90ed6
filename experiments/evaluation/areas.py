"""The table of an evaluator: counts of areas before and after, by site and type. Mistakes name row, column and remedy."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.sweeps.tables import read_table
from sim.configuration import ConfigurationError, meant

TREATED, DISPLACEMENT, CONTROL, DISPLACEMENT_CONTROL = "treated", "displacement", "control", "displacement_control"
AREAS = (TREATED, CONTROL, DISPLACEMENT, DISPLACEMENT_CONTROL)
OTHER_NAMES = {"response": TREATED, "buffer": DISPLACEMENT, "buffer_control": DISPLACEMENT_CONTROL}
PERIODS = ("before", "after")
NAMED_BY = ("site", "type")
DAYS = ("days_before", "days_after")
SIZE, WEIGHT = "size", "weight"
COLUMNS = ("area", *PERIODS, *NAMED_BY, *DAYS, SIZE, WEIGHT)
LARGEST = 1e9  # of a count, a length or a size: sums of squares stay exact enough
SHORTEST_DAYS, LONGEST_DAYS = 1, 3650


@dataclasses.dataclass(frozen=True)
class Unit:
    """The areas of one site and type of event.

    Attributes
    ----------
    site, kind
        As in the table; empty where it has no such column.
    counts
        Events before and after by area, numbers or arrays that broadcast.
    days
        Lengths of the two periods; equal ones where the table has none.
    sizes
        Size by area, in any unit; 1 where the table has none.
    weight
        Harm of one event, against other types; 1 where the table has none.
    """

    site: str
    kind: str
    counts: Mapping[str, tuple[Any, Any]]
    days: tuple[float, float] = (1.0, 1.0)
    sizes: Mapping[str, float] = dataclasses.field(default_factory=dict)
    weight: float = 1.0

    @property
    def name(self) -> str:
        """Site and type, as far as there are any."""
        return ", ".join(filter(None, (self.site, self.kind)))


def read_rows(path: str) -> list[dict[str, Any]]:
    """The rows of a table of counts (CSV or Parquet), checked one by one. ConfigurationError, one line, for what does not fit."""
    where = f"counts={path}"
    names, lines = read_table(path, "counts")
    for name in names:
        if name not in COLUMNS:
            raise ConfigurationError(f"{where}: unknown column {name}{meant(name, COLUMNS)}; valid: {', '.join(COLUMNS)}")
    for name in ("area", *PERIODS):
        if name not in names:
            raise ConfigurationError(f"{where}: it has no column {name}; area, before and after are needed")
    if (DAYS[0] in names) != (DAYS[1] in names):
        raise ConfigurationError(f"{where}: days_before and days_after come together; add the other column, or leave both out")
    return [_checked_row(dict(zip(names, line, strict=True)), f"{where}: row {number}") for number, line in enumerate(lines, 1)]


def units_of(rows: Sequence[Mapping[str, Any]], path: str) -> list[Unit]:
    """The rows by site and type, in order of the table. ConfigurationError for areas that are missing, twice, or do not fit."""
    groups: dict[tuple[str, str], dict[str, tuple[int, Mapping[str, Any]]]] = {}
    for number, row in enumerate(rows, 1):
        areas = groups.setdefault((row.get("site", ""), row.get("type", "")), {})
        if row["area"] in areas:
            first = areas[row["area"]][0]
            raise ConfigurationError(
                f"counts={path}: row {number} repeats area {row['area']} of row {first}; add their counts up, or tell them apart "
                "in a column site or type"
            )
        areas[row["area"]] = number, row
    return [_unit(site, kind, areas, path) for (site, kind), areas in groups.items()]


def _checked_row(row: dict[str, Any], where: str) -> dict[str, Any]:
    area = str(row["area"]).strip().lower().replace(" ", "_")
    row["area"] = OTHER_NAMES.get(area, area)
    if row["area"] not in AREAS:
        raise ConfigurationError(f"{where}, column area: {area} is unknown{meant(area, AREAS)}; valid: {', '.join(AREAS)}")
    for name in PERIODS:
        count = _number(row[name], name, where, "a whole number of events, 0 or more")
        if count < 0 or count != int(count):
            raise ConfigurationError(f"{where}, column {name}: {row[name]} is no count; give whole numbers of events, 0 or more")
        row[name] = int(count)
    for name in {*DAYS, SIZE, WEIGHT} & set(row):
        row[name] = _number(row[name], name, where, "a number above 0")
        if not row[name] > 0.0:
            raise ConfigurationError(f"{where}, column {name}: {row[name]:g} is not above 0; give what was compared, above 0")
        if name in DAYS and not SHORTEST_DAYS <= row[name] <= LONGEST_DAYS:
            raise ConfigurationError(f"{where}, column {name}: {row[name]:g}; {SHORTEST_DAYS} to {LONGEST_DAYS} days are needed")
    for name in set(NAMED_BY) & set(row):
        row[name] = str(row[name])
    return row


def _number(value: Any, name: str, where: str, needed: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:  # NaN fails too
        raise ConfigurationError(f"{where}, column {name}: {value!r}; {needed} and at most {LARGEST:,.0f} is needed")
    return value


def _unit(site: str, kind: str, areas: Mapping[str, tuple[int, Mapping[str, Any]]], path: str) -> Unit:
    """One site and type, whole and of one pair of periods and one weight."""
    name = ", ".join(filter(None, (site, kind)))
    where = f"counts={path}: " + (f"{name}: " if name else "")
    for needed in (TREATED, CONTROL):
        if needed not in areas:
            likeness = ", a like area out of the measure's reach: it shows what changed anyway" if needed == CONTROL else ""
            raise ConfigurationError(f"{where}it has no row of area {needed}; add one{likeness}")
    if DISPLACEMENT_CONTROL in areas and DISPLACEMENT not in areas:
        raise ConfigurationError(
            f"{where}displacement_control needs the displacement area that it is the control of; add its row"
        )
    number, first = areas[TREATED]
    for other, row in areas.values():
        for column in (*DAYS, WEIGHT):
            if row.get(column) != first.get(column):
                raise ConfigurationError(
                    f"counts={path}: row {other}, column {column}: {row[column]:g}, and row {number} has {first[column]:g}; "
                    "areas of one site and type are compared over the same days at the same weight"
                )
    return Unit(
        site,
        kind,
        {area: (areas[area][1]["before"], areas[area][1]["after"]) for area in AREAS if area in areas},
        (first.get(DAYS[0], 1.0), first.get(DAYS[1], 1.0)),
        {area: row.get(SIZE, 1.0) for area, (_, row) in areas.items()},
        first.get(WEIGHT, 1.0),
    )


def file_name(path: str) -> str:
    """The name of a table without its folder, as results keep it."""
    return Path(path).name
