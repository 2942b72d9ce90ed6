"""The evidence that a source cites, written out: each row with its quantity, its value and the documents it comes from."""

from __future__ import annotations

from typing import Any

from sim.evidence import Fact, cited, evidence, sources


def references(text: str) -> list[dict[str, Any]]:
    """The rows of evidence whose numbers a text cites, in order.

    >>> [row["id"] for row in references("E12-E14; assumption")]
    ['E12', 'E13', 'E14']
    """
    rows = evidence()
    return [_row(rows[number]) for number in sorted(cited(text)) if number in rows]


def _row(fact: Fact) -> dict[str, Any]:
    known = sources()
    documents = [{"reference": known[key].reference, "link": known[key].link, "read": known[key].read} for key in fact.sources]
    return {
        "id": fact.id, "quantity": fact.quantity, "value": value_text(fact), "unit": fact.unit, "year": fact.year,
        "population": fact.population, "held_out": fact.held_out, "note": fact.note, "where": fact.where, "documents": documents,
    }  # fmt: skip


def reference_text(row: dict[str, Any]) -> str:
    """A row of evidence in a line."""
    value = f": {row['value']} {row['unit']}".rstrip() if row["value"] else ""
    about = ", ".join(filter(None, (row["year"], row["population"])))
    documents = "; ".join(" ".join(filter(None, (one["reference"], one["link"]))) for one in row["documents"])
    where = f", {row['where']}" if row["where"] else ""
    held_out = " [held out, for validation]" if row["held_out"] else ""
    note = f" Note: {row['note']}." if row["note"] else ""
    return f"{row['id']}{held_out}: {row['quantity']}{value}{f' ({about})' if about else ''}. {documents}{where}.{note}"


def value_text(fact: Fact) -> str:
    """The value of a row and its range as text."""
    if isinstance(fact.value, dict):
        return ", ".join(f"{label}: {number:g}" for label, number in fact.value.items())
    value = "" if fact.value is None else f"{fact.value:g}"
    if fact.high is None:
        return value
    span = f"at most {fact.high:g}" if fact.low is None else f"{fact.low:g} to {fact.high:g}"
    return f"{value} ({span})" if value else span
