"""`plansim parameters [WORD ...]`: every number that can be set; of a few, where each acts and what its source says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from experiments.report.references import reference_text, references
from experiments.store.result import Options
from sim.configuration import ConfigurationError, group_names, parameter_table, read_group

_IN_FULL = 5  # parameters that are shown in full, at most
_OF_A_GROUP = ("market", "demand", "labour", "enforcement")  # groups of configs/ whose files set parameters of the same name
_OF_ALL = "structure"  # and that whose files set parameters of any group


def main(words: list[str], options: Options) -> int:
    """Print the parameters whose key or meaning has each word; returns the exit status."""
    rows = find(words)
    if options.json:
        print(json.dumps([row | more_about(row) for row in rows], indent=2, default=str))
    elif words and len(rows) <= _IN_FULL:
        print("\n\n".join("\n".join(in_full(row, more_about(row))) for row in rows))
    else:
        from experiments.report.text_table import fitted_table

        print("\n".join(fitted_table([_cells(row) for row in rows], right=[1])))
        if words:
            print(f"\n{len(rows)} parameters. Of {_IN_FULL} or fewer, plansim parameters shows where they act and their sources.")
    return 0


def find(words: list[str]) -> list[dict[str, Any]]:
    """Parameters whose key or meaning has each word, in small or capital letters; one alone whose key is the word."""
    table = parameter_table()
    wanted = [word.lower() for word in words]
    rows = [row for row in table if all(word in f"{row['key']} {row['meaning']}".lower() for word in wanted)]
    exact = [row for row in rows if [row["key"]] == wanted]
    if not rows:
        raise ConfigurationError(f"{' '.join(words)}: no parameter has this in its key or meaning; plansim parameters lists all")
    return exact or rows


def more_about(row: dict[str, Any]) -> dict[str, Any]:
    """Who reads a parameter, which ready files set it to another value, and the evidence that its source cites."""
    from experiments.odd.readers import readers_of

    acts = [{"file": one.file, "function": one.function} for one in readers_of(row["key"])]
    return {"acts_in": acts, "set_by": dict(_set_by(row["key"])), "references": references(row["source"] or "")}


def _set_by(key: str) -> Iterator[tuple[str, Any]]:
    """`group=name` of each ready file that sets a parameter, with its value."""
    group, _, inside = key.partition(".")
    for choice in (*(name for name in _OF_A_GROUP if name == group), _OF_ALL):
        for name in group_names(choice):
            value: Any = read_group(choice, name)
            for part in key.split(".") if choice == _OF_ALL else inside.split("."):
                value = value.get(part) if isinstance(value, dict) else None
            if value is not None and not isinstance(value, dict):
                yield f"{choice}={name}", value


def in_full(row: dict[str, Any], more: dict[str, Any]) -> list[str]:
    """Everything about a parameter, as lines."""
    from experiments.report.details import details

    files: dict[str, list[str]] = {}
    for one in more["acts_in"]:
        files.setdefault(one["file"], []).append(one["function"])
    acts = [f"{file}: {', '.join(functions)}" for file, functions in files.items()]
    unit = "" if row["unit"] in (None, "-") else f" {row['unit']}"
    span = f" ({_range(row)})" if _range(row) else ""
    parts = [
        ("meaning", row["meaning"] or ""), ("default", f"{row['default']}{unit}{span}"),
        *(("read in" if k == 0 else "", line) for k, line in enumerate(acts)),
        ("set by", ", ".join(f"{choice} ({value})" for choice, value in more["set_by"].items())),
        ("source", row["source"] or ""), *(("", reference_text(one)) for one in more["references"]),
    ]  # fmt: skip
    return details(row["key"], parts)


def _range(row: dict[str, Any]) -> str:
    return f"{row['low']} to {row['high']}" if row["low"] is not None else ""


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    return row["key"], str(row["default"]), row["unit"] or "", _range(row), f"{row['source']}: {row['meaning']}"
