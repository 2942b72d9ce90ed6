"""Evidence behind the model: one row per E-number and R-number cited in code, and where to find its source.

`evidence.csv` holds facts from documents (E) and counts of public records (R), `sources.csv` the bibliography; no run reads
either. `docs/evidence.md` is written from them. Rows tagged `held_out` are kept for validation: they may not be the source of
any parameter, level, prior, preset or growth curve.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

from sim.initialisation.data import damaged, read_table

FOLDER = Path(__file__).parent
USES = {
    "parameter": "the source of a parameter",
    "pattern": "something a run can be compared with",
    "mechanism": "a rule, without a figure",
    "record": "a public count to calibrate to",
    "context": "background only",
}
TAGS = {
    "": "",
    "imposed": "the model is given it",
    "calibrated": "parameters are set so that runs meet it",
    "emergent": "runs may meet it, nothing is set for it",
    "qualitative": "its direction is to be shown",
    "held_out": "kept for validation",
}
REQUIRED = ("id", "use", "quantity", "source")
NUMBERS = re.compile(r"\b([ER])(\d\d)(?:(?:[-–]|\s*(?:[-–]|to)\s*\1)(\d\d))?\b")
"""E-numbers and R-numbers in a text, ranges too: `E07`, `E12-E14`, `E48 to E59`, `E20-23`."""


@dataclass(frozen=True)
class Source:
    """A document; `read` states what the row was checked against: the document, an excerpt, or a report of it."""

    key: str
    author: str
    year: str
    title: str
    published: str
    link: str
    read: str

    @property
    def reference(self) -> str:
        """The entry of a bibliography, without the link."""
        author = f"{self.author} ({self.year})" if self.year else self.author
        return ". ".join(filter(None, (author, self.title, self.published)))


@dataclass(frozen=True)
class Fact:
    """A row of evidence.

    Attributes:
        use, tag: one of `USES`, one of `TAGS`.
        quantity: what is counted, or the mechanism.
        value: a number, numbers by label (years, answers), or None for a mechanism or if only a range is given.
        low, high: the range, in the same unit; None where the source has none.
        sources: keys of `sources()`; `where` is the part of the document.
    """

    id: str
    use: str
    tag: str
    quantity: str
    value: float | dict[str, float] | None
    low: float | None
    high: float | None
    unit: str
    year: str
    population: str
    sources: tuple[str, ...]
    where: str
    note: str

    @property
    def held_out(self) -> bool:
        """Whether the row is kept for validation."""
        return self.tag == "held_out"


@functools.cache
def evidence() -> dict[str, Fact]:
    """Every row by its number, in order. DataError if the table is damaged."""
    path = FOLDER / "evidence.csv"
    facts = {}
    for line, row in enumerate(read_table(path, REQUIRED), start=2):
        if row["id"] in facts:
            raise damaged(path, line, f"repeats {row['id']}")
        try:
            facts[row["id"]] = _fact(row)
        except (KeyError, ValueError) as problem:
            raise damaged(path, line, f"has no such value: {problem}") from None
    return facts


@functools.cache
def sources() -> dict[str, Source]:
    """Every document by its key, in the order of the file."""
    return {row["key"]: Source(**row) for row in read_table(FOLDER / "sources.csv", ("key", "author", "title", "read"))}


def held_out() -> tuple[str, ...]:
    """Numbers of the rows kept for validation, in order."""
    return tuple(fact.id for fact in evidence().values() if fact.held_out)


def cited(text: str) -> set[str]:
    """Numbers of the rows a text cites, ranges written out.

    >>> sorted(cited("E12-E14; R02 (direction)"))
    ['E12', 'E13', 'E14', 'R02']
    """
    return {
        f"{letter}{number:02d}"
        for letter, first, last in NUMBERS.findall(text)
        for number in range(int(first), int(last or first) + 1)
    }


def _fact(row: dict[str, str]) -> Fact:
    use, tag, keys = row.pop("use"), row.pop("tag"), tuple(row.pop("source").split(";"))
    if use not in USES or tag not in TAGS:
        raise ValueError(f"use {use}, tag {tag}")
    unknown = [key for key in keys if key not in sources()]
    if unknown:
        raise ValueError(f"source {', '.join(unknown)}")
    low, high = (float(text) if text else None for text in (row.pop("low"), row.pop("high")))
    return Fact(use=use, tag=tag, sources=keys, low=low, high=high, value=_value(row.pop("value")), **row)


def _value(text: str) -> float | dict[str, float] | None:
    """A number (`0.85`), numbers by label (`2019:0.25;2020:0.4`), or None where there is nothing."""
    if ":" not in text:
        return float(text) if text else None
    return {label: float(number) for label, number in (part.split(":") for part in text.split(";"))}
