"""The codebook: every column of every table that a command writes, with its unit and what it holds.

Columns are looked up by table and name: those written down in `columns`, measures of the ledger, outcomes, parameters,
levers, measures of patterns, and what an estimand keeps of its worlds.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from experiments.odd import columns, columns_of_tests
from experiments.odd.markdown import line_of, linked
from experiments.odd.measured import MEASURES, Column, measures_of_a_cell, measures_of_a_day, outcome_definitions
from experiments.odd.numbers import lever_options
from experiments.store.csv_files import ROWS, table_files
from experiments.store.store import Store
from sim.configuration import group_names, parameter_table, read_group
from sim.levers import LEVER_KINDS
from sim.state.ledger import DAY_MEASURES, DAY_UNITS

_UNITS = dict(zip(DAY_MEASURES, DAY_UNITS, strict=True))


class Entry(NamedTuple):
    """A column of a table: of a result with its type, of a command with the type left out."""

    table: str
    column: str
    type: str
    unit: str
    meaning: str


def find_column(command: str, table: str, name: str, estimand: str = "") -> Column | None:
    """What a column of a table holds; None if nothing is written down of it.

    `command`: that of the manifest next to the table; `table`: a name of a file, or "rows"; `estimand`: of a test.
    """
    found = _written_down(command, table).get(name)
    for look in _LOOKS.get((command, table), ()) if found is None else ():
        found = found or look(name, estimand)
    return found


def _written_down(command: str, table: str) -> dict[str, Column]:
    """Columns whose names are written down."""
    listed = columns.ROWS.get(command) if table == ROWS else columns.TABLES.get((command, table)) or columns.RUN.get(table)
    known = {column.name: column for column in (listed[1] if listed else ())}
    if table == "ledger_days":
        known |= {column.name: column for column in measures_of_a_day()}
    if table == "ledger_cells":
        known |= {column.name: column for column in measures_of_a_cell()}
    return known


def _parameter(name: str, _: str) -> Column | None:
    """A parameter by its key, or an option of a lever by its path."""
    found = _parameters().get(name)
    if found is None and name.startswith("policy.levers."):
        lever, _, option = name.removeprefix("policy.levers.").rpartition(".")
        about = {row["key"]: row for row in lever_options()}.get(option)
        if lever in LEVER_KINDS and about is not None:
            unit = LEVER_KINDS[lever].unit if option == "intensity" else about["unit"] or columns.NONE
            found = Column(name, unit, f"{about['meaning']}, of the lever {lever}")
    return found


@functools.cache
def _parameters() -> dict[str, Column]:
    return {row["key"]: Column(row["key"], row["unit"] or columns.NONE, row["meaning"] or "") for row in parameter_table()}


def _outcome(name: str, _: str) -> Column | None:
    return _outcomes().get(name)


def _before_or_weekly(name: str, _: str) -> Column | None:
    """What a comparison keeps of a world next to its outcomes: some on the days before, and series by week."""
    for prefix, what in columns.OF_COMPARISONS.items():
        if (found := _outcomes().get(name.removeprefix(prefix))) is not None and name.startswith(prefix):
            return Column(name, found.unit, f"{found.meaning}: {what}")
    return None


@functools.cache
def _outcomes() -> dict[str, Column]:
    return {one.name: Column(one.name, one.unit, one.meaning) for one in outcome_definitions()}


def _lever(name: str, _: str) -> Column | None:
    """The cost of a lever on a day."""
    kind = LEVER_KINDS.get(name)
    return None if kind is None else Column(name, "cents", f"committed public cost of this lever: {kind.meaning}")


def _measure(name: str, _: str) -> Column | None:
    """A measure of patterns, or a part of one."""
    measure, _, part = name.partition(".")
    known = _measures().get(measure)
    if known is None or part not in ("", "numerator", "denominator"):
        return None
    side = {"": "", "numerator": "what is above the line of: ", "denominator": "what is below the line of: "}[part]
    return Column(name, f"part of {known.unit}" if part else known.unit, f"{side}{known.meaning}")


@functools.cache
def _measures() -> dict[str, Column]:
    from experiments.validation.patterns import read_patterns

    return {one.measure: Column(one.measure, one.unit, one.label) for one in read_patterns().patterns.values()}


def _pattern(name: str, _: str) -> Column | None:
    """A pattern, or whether it is met."""
    from experiments.validation.patterns import read_patterns

    pattern = read_patterns().patterns.get(name.removesuffix("_met"))
    if pattern is None:
        return None
    met = name.endswith("_met")
    return Column(name, columns.NONE if met else pattern.unit, f"{'whether the range is met: ' if met else ''}{pattern.label}")


def _verdict(name: str, _: str) -> Column | None:
    hypothesis = name.removeprefix("verdict_")
    known = name.startswith("verdict_") and hypothesis in group_names("hypothesis")
    return Column(name, columns.NONE, f"verdict on the hypothesis {hypothesis} in the first round") if known else None


def _kept_of_a_world(name: str, estimand: str) -> Column | None:
    """What the worlds of a test keep: `ARM_NAME`, where the name may end with a window."""
    from experiments.questions.estimand import load_estimand

    for arm in sorted(load_estimand(estimand).ARMS, key=len, reverse=True):
        if name.startswith(f"{arm}_") and (found := _of_a_world(name.removeprefix(f"{arm}_"), estimand)):
            return Column(name, found.unit, f"in the world {arm}: {found.meaning}")
    return None


def _of_a_world(name: str, estimand: str) -> Column | None:
    own = {column.name: column for column in (*kept_by(estimand), *columns.OF_EVERY_WORLD)}
    if name in own:
        return own[name]
    for window, what in columns_of_tests.WINDOWS.items():
        measure = name.removesuffix(f"_{window}")
        if measure == name:
            continue
        if f"{measure}_WINDOW" in own:
            return Column(name, own[f"{measure}_WINDOW"].unit, f"{own[f'{measure}_WINDOW'].meaning}: {what}")
        if measure in MEASURES:
            return Column(name, f"{_UNITS[measure]}/day", f"{MEASURES[measure]}; mean per day over {what}")
    if name in MEASURES and estimand in columns_of_tests.OVER:
        what, ending = columns_of_tests.OVER[estimand]
        unit = "EUR" if estimand == "dependence" and _UNITS[name] == "cents" else _UNITS[name]
        return Column(name, f"{unit}{ending}", f"{MEASURES[name]}; {what}")
    return None


def kept_by(estimand: str) -> list[Column]:
    """What an estimand keeps of a world next to measures of the ledger: written down, or stated by itself (`COLUMNS`)."""
    from experiments.questions.estimand import load_estimand

    stated = getattr(load_estimand(estimand), "COLUMNS", {})
    return [*columns_of_tests.OF_ESTIMANDS.get(estimand, ()), *(Column(name, *words) for name, words in stated.items())]


_Look = Callable[[str, str], Column | None]
_LOOKS: dict[tuple[str, str], tuple[_Look, ...]] = {
    ("run", "ledger_public_cost"): (_lever,), ("sweep", ROWS): (_outcome, _parameter), ("test", ROWS): (_kept_of_a_world,),
    ("compare", ROWS): (_outcome, _before_or_weekly),
    ("validate", ROWS): (_measure,), ("calibrate", ROWS): (_measure, _parameter), ("calibrate", "posterior"): (_parameter,),
    ("robustness", ROWS): (_pattern, _parameter), ("robustness", "draws"): (_pattern, _verdict, _parameter),
}  # fmt: skip
"""Where columns with other names than those written down are looked for, by command and table."""


def codebook_of(folder: Path) -> list[Entry]:
    """The columns of a result's tables, and of those of its parts; an empty meaning where nothing is known of one.

    StoreError if the folder holds no result, StoreFailure if a table cannot be read.
    """
    import pyarrow.parquet as pq

    from experiments.store.files import explain_oserror
    from experiments.store.folders import results_in

    found = []
    for part in (folder, *results_in(folder)):
        store = Store.view(part)
        command, tree = store.manifest["command"], store.manifest["configuration"]
        estimand = (tree.get("hypothesis") or {}).get("estimand", "")
        schemas: dict[str, Any] = {}
        if store.finished:
            schemas[ROWS] = next(store.stream_rows()).schema
        for path in table_files(part):
            with explain_oserror(path, "read"):
                schemas[path.stem] = pq.read_schema(path)
        for table, schema in schemas.items():
            shown = table if part == folder else f"{part.name}/{table}"
            for field in schema:
                column = find_column(command, table, field.name, estimand) or _own(field.name, tree) or Column(field.name, "", "")
                found.append(Entry(shown, field.name, str(field.type), column.unit, column.meaning))
    return found


def _own(name: str, tree: dict[str, Any]) -> Column | None:
    """An outcome of a configuration's own, or what belongs to a lever of its own rules."""
    for prefix, what in (("", ""), *((prefix, f": {what}") for prefix, what in columns.OF_COMPARISONS.items())):
        outcome = (tree.get("own_outcomes") or {}).get(name.removeprefix(prefix))
        if outcome is not None and name.startswith(prefix):
            return Column(name, outcome["unit"], f"{outcome['meaning'] or 'an outcome of its own'}{what}")
    for lever in tree.get("own_rules") or {}:
        if name in (lever, f"public_cost_{lever}"):
            return Column(name, "cents" if name == lever else "EUR", f"committed public cost of its own lever {lever}")
        if name.startswith(f"policy.levers.{lever}."):
            option = name.rpartition(".")[2]
            about = {row["key"]: row for row in lever_options()}.get(option)
            return about and Column(name, about["unit"] or columns.NONE, f"{about['meaning']}, of its own lever {lever}")
    return None


def codebook() -> list[Entry]:
    """The columns of the tables of every command; names in capitals stand for several columns (`columns`)."""
    return [
        Entry(f"{command} {table}", one.name, "", one.unit, one.meaning) for command, table, _, known in tables() for one in known
    ]


def tables() -> Iterator[tuple[str, str, str, list[Column]]]:
    """Command, table, what a row of it is, and its columns."""
    for table, (about, _) in columns.RUN.items():
        yield "run", table, about, list(_written_down("run", table).values())
    for command, (about, known) in columns.ROWS.items():
        yield command, ROWS, about, known
        if command == "test":
            yield from _tables_of_tests()
    for (command, table), (about, known) in columns.TABLES.items():
        yield command, table, about, known


def _tables_of_tests() -> Iterator[tuple[str, str, str, list[Column]]]:
    """What is kept of each world, by hypothesis."""
    for name in group_names("hypothesis"):
        estimand = read_group("hypothesis", name)["hypothesis"]["estimand"]
        known = [column._replace(name=f"ARM_{column.name}") for column in kept_by(estimand)]
        if estimand in columns_of_tests.OVER:
            what, ending = columns_of_tests.OVER[estimand]
            known.append(Column("ARM_MEASURE", f"measure{ending}", f"a measure of the ledger: {what}"))
        yield "test", f"{ROWS} of {name}", "Columns of this hypothesis next to those above.", known


HEAD = """# Codebook

Written by `docs/write_codebook.py` from the code; a test keeps the two consistent. Every column of every table that a command
writes: `plansim codebook RESULT` names those of one result, with their types, one by one.

Tables are Parquet; with `--csv` also CSV (UTF-8, commas, decimal points, a header, an empty cell for no value, lists as
JSON). Rows of a result are in `rows/` as chunks, in one file `rows.csv` as CSV, and from Python by
`experiments.api.open_result(RESULT).frame()`. Names in capitals stand for several columns: OUTCOME and MEASURE of the ledger are
listed below, PARAMETER is a key of [parameters.md](parameters.md) or the path of a lever, PATTERN and its measures are those of
`configs/patterns.yaml` ([odd.md](odd.md)), ARM is a world of a hypothesis, WINDOW one of *before* (the days before the policy),
*transient* (the first days of the policy), *adapted* (those that follow) and *season_after* (the days *before*, a year later).
"""


def codebook_page() -> str:
    """The codebook as Markdown."""
    parts = [HEAD]
    for command, table, about, known in tables():
        parts.append(f"\n## {command}: {table}\n\n{about}\n\n{_markdown(('column', 'unit', 'meaning'), known)}")
    formulas = [(one.name, one.unit, one.meaning, f"`{one.formula}`", one.needs) for one in outcome_definitions()]
    head = ("outcome", "unit", "meaning", "formula over sums of the ledger", "needs")
    parts.append(f"\n## Outcomes\n\nOf `summary.json` of a run, and columns of sweeps.\n\n{_markdown(head, formulas)}")
    return linked("".join(parts))


def _markdown(head: tuple[str, ...], rows: Any) -> str:
    return "".join(map(line_of, [head, ["---"] * len(head), *([f"`{row[0]}`", *row[1:]] for row in rows)]))
