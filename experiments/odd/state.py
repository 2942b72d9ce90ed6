"""Entities, state variables, codes and scales, from `sim.state` and the presets."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from experiments.odd.markdown import Table, code
from experiments.odd.meanings import CODES, COMMON, ENTITIES, FIELDS, TABLES, UnknownMeaning
from experiments.odd.source import assignments, field_comments
from sim.configuration import compose, group_names, parameter_table
from sim.initialisation.own_places import sites_of
from sim.state import records, world

WORLD_FIELDS = "FIELDS"  # the name of the world's tables in `sim.state.world`


@functools.cache
def record_types() -> dict[str, np.dtype]:
    """The record types of the entities, by the name in the source, in its order."""
    return {name: kind for name in field_comments(records) if isinstance(kind := getattr(records, name), np.dtype)}


def meaning_of(record: str, field: str) -> str:
    """What a field holds: its comment, or what is noted for it. UnknownMeaning if there is neither."""
    comment = field_comments(records)[record][field]
    known = comment or FIELDS.get(record, {}).get(field) or COMMON.get(field)
    if known is None:
        raise UnknownMeaning(f"sim/state/records.py: {record}.{field}: write what it holds in a comment on its line")
    return known


def type_text(kind: np.dtype) -> str:
    """The type of a field.

    >>> type_text(np.dtype(("i4", (4,))))
    'int32[4]'
    """
    shape = "".join(f"[{length}]" for length in kind.shape)
    return f"{kind.base.name}{shape}"


def entities() -> Table:
    """The entities of the model: name, what they are, number of state variables."""
    rows = []
    for name, kind in record_types().items():
        if name not in ENTITIES:
            raise UnknownMeaning(f"sim/state/records.py: {name}: write what it is in experiments/odd/meanings.py")
        title, what = ENTITIES[name]
        rows.append((title, code(name), what, str(len(kind.names))))
    return Table("entities", ("entity", "record", "what", "state variables"), rows)


def state_variables() -> list[Table]:
    """A table for each record: field, type, meaning with its unit."""
    return [
        Table(
            f"state.{ENTITIES[name][0].lower().replace(' ', '_')}",
            ("state variable", "type", "meaning"),
            [(code(field), type_text(kind[field]), meaning_of(name, field)) for field in kind.names],
            f"Record `{name}` of `sim/state/records.py`: {ENTITIES[name][1]}.",
        )
        for name, kind in record_types().items()
    ]


def world_tables() -> Table:
    """The tables of a world: those of the records, and beliefs, distances, lists of the day and the ledger."""
    rows = []
    for name, kind, dimensions in world.FIELDS:
        comment = field_comments(world)[WORLD_FIELDS][name].removeprefix(", ")
        if is_bare(comment):
            if name not in TABLES:
                raise UnknownMeaning(f"sim/state/world.py: {name}: write what it holds in a comment on its line")
            comment = ", ".join(filter(None, (comment, TABLES[name])))
        kind = np.dtype(kind)
        rows.append((code(name), "record" if kind.names else kind.name, str(dimensions), comment))
    note = "From `sim/state/world.py`. Shapes: z territories, c = 4 z cells, d days of the horizon; B, V, P and N are "
    note += "capacities for Bosses, Providers, persons and clients."
    return Table("world_tables", ("table", "type", "dimensions", "content"), rows, note)


def is_bare(comment: str) -> bool:
    """Whether the comment on a table of the world is missing, or no more than its shape.

    >>> is_bare("[d + 1]"), is_bare("[c], Plans found today")
    (True, False)
    """
    return not comment or (comment.startswith("[") and comment.endswith("]"))


def codes() -> Table:
    """Codes of statuses, kinds and events, and sizes of lists."""
    rows = []
    for names, comment in _lines_of_codes():
        known = comment or CODES.get(names[0])
        if known is None:
            raise UnknownMeaning(f"sim/state/records.py: {names[0]}: write what it is in a comment on its line")
        rows.append((", ".join(map(code, names)), ", ".join(_value_text(getattr(records, name)) for name in names), known))
    return Table("codes", ("name", "value", "meaning"), rows, "From `sim/state/records.py`.")


def _lines_of_codes() -> Iterator[tuple[tuple[str, ...], str]]:
    for names, comment in assignments(records):
        if not isinstance(getattr(records, names[0]), np.dtype):
            yield names, comment


def _value_text(value) -> str:
    if isinstance(value, dict):
        value = tuple(value.values())
    return "; ".join(value) if isinstance(value, tuple) else str(value)


def scales() -> Table:
    """Steps, horizon and windows, with their defaults."""
    rows = [("time step", "1 day", "a real calendar date")]
    wanted = ("start", "days", "burn_in", "policy.start_day")
    for row in parameter_table():
        if row["key"] in wanted:
            limits = f"; {row['low']} to {row['high']}" if row["low"] is not None else ""
            rows.append((row["meaning"], f"{row['default']}{limits}", code(row["key"])))
    rows.append(("extent in space", "the territories of a preset, or of a table of the user's own", "`market`"))
    return Table("scales", ("scale", "value", "where"), rows)


def presets() -> Table:
    """The ready markets: places, inhabitants, and numbers of agents at the start."""
    rows = []
    for name in group_names("market"):
        size = compose(name).market
        sites = sites_of(size)
        people = sum(place.population for place in sites)
        numbers = (len(sites), len({place.jurisdiction for place in sites}), people)
        numbers += (size.bosses, size.providers, size.prostitutes, size.clients)
        numbers += (size.searches_per_day, size.platforms, size.distance_scale_km, size.reach_km)
        rows.append((code(name), *(f"{number:,g}" if number < 1e6 else f"{number:,.0f}" for number in numbers)))
    columns = ("preset", "territories", "jurisdictions", "inhabitants", "Bosses", "Providers", "persons exploited", "clients")
    columns += ("searches a day", "web sites", "visibility scale, km", "reach, km")
    return Table("presets", columns, rows, "Numbers of agents are those of the first morning.")
