"""Outcomes, the ledger, the field view, patterns and hypotheses, from `sim.measures`, `sim.state.ledger` and `configs`."""

from __future__ import annotations

import dataclasses

from experiments.odd.markdown import Table, code
from experiments.validation.patterns import Pattern, read_patterns
from sim.configuration import group_names, read_group
from sim.levers import LEVER_KINDS
from sim.measures.field_view import SERIES, Recording
from sim.measures.formulas import GROUPS
from sim.measures.outcomes import COST_UNIT
from sim.measures.windows import LIMITS
from sim.state.ledger import CELL_MEASURES, CELL_UNITS, DAY_MEASURES, DAY_UNITS


def all_that_is_measured() -> list[Table]:
    """Outcomes, both ledgers, and the field view."""
    return [*outcomes(), ledger_by_cell(), ledger_by_day(), field_view()]


def outcomes() -> list[Table]:
    """The outcomes, a table for each group, and public cost."""
    columns = ("outcome", "unit", "needs")
    found = []
    for group, formulas in GROUPS.items():
        rows = [(code(name), unit, LIMITS[name].needs if name in LIMITS else "") for name, unit, _ in formulas]
        found.append(Table(f"outcomes.{group.lower().replace(' ', '_')}", columns, rows))
    names = ["public_cost", *(f"public_cost_{name}" for name, kind in LEVER_KINDS.items() if kind.unit_cost_eur > 0.0)]
    rows = [(code(name), COST_UNIT, "") for name in names]
    return [*found, Table("outcomes.public_cost", columns, rows, "Committed cost: in total, and by lever.")]


def ledger_by_day() -> Table:
    """The measures of a day."""
    rows = [(code(name), unit) for name, unit in zip(DAY_MEASURES, DAY_UNITS, strict=True)]
    return Table("ledger_by_day", ("measure", "unit"), rows)


def ledger_by_cell() -> Table:
    """The measures of a day, a territory and a venue kind."""
    rows = [(code(name), unit) for name, unit in zip(CELL_MEASURES, CELL_UNITS, strict=True)]
    return Table("ledger_by_cell", ("measure", "unit"), rows, "By day, territory and venue kind.")


def field_view() -> Table:
    """The series of the field view."""
    chances = {field.name: field for field in dataclasses.fields(Recording)}
    rows = []
    for series in SERIES:
        chance = chances[series.propensity]
        filed = f"{chance.default:g} ({chance.metadata['source']})"
        rows.append((code(series.name), series.recorded_by, series.unit, filed, series.behind.name))
    columns = ("series", "recorded by", "unit", "chance that an event is on file", "reality behind it")
    return Table("field_view", columns, rows, "From `sim/measures/field_view.py`.")


def patterns() -> Table:
    """The patterns: measure, target, range, tag."""
    rows = [(name, *_cells_of(pattern)) for name, pattern in read_patterns().patterns.items()]
    columns = ("pattern", "measure", "unit", "target", "range", "tag", "accepts draws", "market")
    columns += ("where the range comes from", "missed because")
    note = "From `configs/patterns.yaml`; a word after the number of a row tells several patterns of it apart."
    return Table("patterns", columns, rows, note)


def _cells_of(pattern: Pattern) -> tuple[str, ...]:
    low, high = ("" if end is None else f"{end:g}" for end in (pattern.low, pattern.high))
    span = f"{low} to {high}" if low and high else f"above {low}" if low else f"below {high}"
    target = "" if pattern.target is None else f"{pattern.target:g}"
    levers = ", ".join(code(name) for name in pattern.levers)
    label = f"{pattern.label} ({code(pattern.measure)})" + (f" under {levers}" if levers else "")
    tag = (pattern.tag.replace("_", " "), "yes" if pattern.accepts else "")
    return label, pattern.unit, target, span, *tag, code(pattern.market), pattern.why, pattern.reason


def rows_not_compared() -> Table:
    """Rows of evidence that no measure stands for."""
    rows = list(read_patterns().not_compared.items())
    return Table("not_compared", ("row", "why"), rows, "Rows of evidence that no measure stands for.")


def hypotheses() -> Table:
    """The hypotheses: claim, measure, threshold, kind."""
    claims = [read_group("hypothesis", name)["hypothesis"] for name in group_names("hypothesis")]
    rows = []
    for claim in sorted(claims, key=lambda claim: claim["rank"]):
        threshold = f"{claim.get('direction', 'above')} {claim['threshold']:g}"
        source = ", ".join(claim["source"])
        rows.append((code(claim["id"]), claim["claim"], source, claim["kind"], claim["measure"], claim["unit"], threshold))
    columns = ("hypothesis", "claim", "source", "kind", "measure", "unit", "supported if")
    return Table("hypotheses", columns, rows, "The files of `configs/hypothesis`.")
