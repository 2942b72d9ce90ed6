"""`plansim show RESULT`: what is in a result folder; `--sql` asks its rows, read-only."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from experiments.store.files import StoreError, StoreFailure
from experiments.store.provenance import hash_table
from experiments.store.result import Options, number
from experiments.sweeps.results import Result, open_result, progress_of, summarise
from sim.configuration import ConfigurationError

_PROSE = {name: name for name in ("run", "test", "sweep", "sensitivity", "robustness")} | {"tests": "test"}
"""The module of `experiments.commands` that has the prose of a command's summary."""
_MOST_LINES = 200  # of an answer, printed as text
_MOST_FAULTS = 5  # told one by one


def main(words: list[str], options: Options) -> int:
    """Print the summary of a result, or the answer to a question in SQL; returns the exit status.

    What can be read is shown; for each damaged file there is a line on standard error, and the status is 1.
    """
    if len(words) != 1:
        raise ConfigurationError(
            'show: one result folder is needed, for example plansim show RESULT --sql "SELECT count(*) FROM rows"'
        )
    faults: list[str] = []
    result = open_result(Path(words[0]), faults)
    if options.sql is not None:
        answer = ask(result, options.sql)
        print(json.dumps(answer, indent=2, allow_nan=False) if options.json else as_text(answer))
    else:
        summary = describe(result)
        print(json.dumps(summary, indent=2, allow_nan=False) if options.json else prose(result, summary))
    told = list(dict.fromkeys(faults))
    for fault in told[:_MOST_FAULTS]:
        print(f"plansim: {fault}; it is left out of what is shown", file=sys.stderr)
    if len(told) > _MOST_FAULTS:
        print(f"plansim: {len(told) - _MOST_FAULTS} more faults like these", file=sys.stderr)
    return 1 if faults else 0


def ask(result: Result, question: str) -> dict[str, Any]:
    """The answer to one SELECT of the view `rows` (and `contrasts` of a sweep with a baseline); hashes are checked first.

    ConfigurationError as by `questions.ask`.
    """
    from experiments.store import query as questions

    views = {"rows": result.rows()}
    if (result.manifest["configuration"].get("sweep") or {}).get("contrasts") and "contrasts" in question.lower():
        views["contrasts"] = result.contrasts()
    return questions.ask(views, question)


def as_text(answer: dict[str, Any]) -> str:
    """An answer as a table with columns of one width."""
    shown = [[_cell(value) for value in row] for row in answer["rows"][:_MOST_LINES]]
    widths = [max(map(len, column)) for column in zip(answer["columns"], *shown, strict=True)]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in [answer["columns"], *shown]]
    lines.insert(1, "  ".join("-" * width for width in widths))
    more = len(answer["rows"]) - len(shown)
    return "\n".join(lines + ([f"... and {more:,} more rows; --json prints all"] if more else []))


def _cell(value: Any) -> str:
    return "-" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def describe(result: Result) -> dict[str, Any]:
    """What a result is and what it holds: of a sweep computed from its rows, of others as the command said."""
    manifest, store = result.manifest, result.store
    finished, planned = progress_of(store)
    told: dict[str, Any] = {
        "command": manifest["command"],
        "version": manifest.get("project", {}).get("version"),
        "created_utc": manifest.get("created_utc"),
        "configuration_sha256": manifest.get("configuration_sha256"),
        "seed": manifest.get("seeds", {}).get("root"),
        "chunks": {"finished": finished, "planned": planned or None},
    }
    if manifest["command"] == "sweep":
        if not store.finished:
            if result.faults:
                raise StoreFailure(f"{result.faults[0]}; run the same command again to go on")
            raise StoreError(f"{result.folder} holds no finished chunk yet: run the same command again to go on")
        told |= {"plan": manifest.get("plan"), "shard": manifest.get("shard")}
        rows = result.rows()
        told["rows_sha256"] = hash_table(rows)
        told["window"] = _stored_window(result)
        told["damaged"] = list(dict.fromkeys(result.faults or ()))
        return told | summarise(rows.to_pandas(), result.specification())
    summary = result.summary
    if summary is None:
        if result.faults:
            raise StoreFailure(f"{result.folder} has no summary that can be read: run the same command again to make it anew")
        raise StoreError(f"{result.folder} is not finished: run the same command again to go on")
    if store.finished:
        told["rows_sha256"] = hash_table(result.rows())  # reads, and so checks, every file
    return told | {"summary": summary, "damaged": list(dict.fromkeys(result.faults or ()))}


def _stored_window(result: Result) -> dict[str, Any] | None:
    """The days measured, from the summary; None without one. That it is damaged is no fault of the rows shown, and not told."""
    known = len(result.faults or ())
    window = (result.store.read_summary() or {}).get("window")
    if result.faults is not None:
        del result.faults[known:]
    return window


def prose(result: Result, summary: dict[str, Any]) -> str:
    """A result in a few lines, in the words of the command that made it."""
    chunks = summary["chunks"]
    head = f"{summary['command']}, version {summary['version']}, seed {summary['seed']}, made {summary['created_utc']}"
    lines = [head]
    if chunks["planned"] and chunks["finished"] < chunks["planned"]:
        shard = f" (shard {summary['shard']})" if summary.get("shard") else "; the same command goes on"
        lines.append(f"{chunks['finished']:,} of {chunks['planned']:,} chunks are finished{shard}")
    told = summary if summary["command"] == "sweep" else summary["summary"]
    if summary["command"] in _PROSE:
        lines.append(importlib.import_module(f"experiments.commands.{_PROSE[summary['command']]}").prose(told))
    else:
        lines += [f"{key}: {number(value) if isinstance(value, float) else value}" for key, value in told.items()]
    if "rows_sha256" in summary:
        sound = "every file is as its hash says" if not summary["damaged"] else "of what can be read; the rest is damaged"
        lines.append(f"rows sha256 {summary['rows_sha256'][:16]}; {sound}")
    return "\n".join([*lines, "", f"Result: {result.folder}"])
