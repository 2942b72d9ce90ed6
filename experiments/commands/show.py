"""`plansim show RESULT`: what is in a result folder; `--sql` asks its rows, read-only."""

from __future__ import annotations

import csv
import importlib
import io
import json
from collections.abc import Sequence
from typing import Any

from experiments.store.checksums import LAST, find_changed, read_sums
from experiments.store.files import JOURNAL, StoreError, StoreFailure, first_lines
from experiments.store.folders import find_result
from experiments.store.journal import PARTS
from experiments.store.provenance import hash_table
from experiments.store.result import Options, warn, write_csv
from experiments.store.source_code import changed_parts
from experiments.sweeps.results import Result, summarise
from sim.configuration import ConfigurationError

_SHOWN = (  # commands that leave a result
    "run", "test", "tests", "sweep", "sensitivity", "robustness", "structures", "screening", "validate", "calibrate", "growth",
    "frontier", "evaluate", "compare", "explorable",
)  # fmt: skip
_PRINTED_BY = {"tests": "test", "screening": "structures"}  # the command whose prose it is, where that has another name
_MOST_LINES = 200  # of an answer, printed as text
_MOST_FAULTS = 5  # reported one by one
_CHECKED_AS_READ = ("rows/", JOURNAL, PARTS, LAST)
_MADE_AGAIN = "the same command makes it again"
_UNFINISHED = "run the same command again to go on"


def main(words: list[str], options: Options) -> int:
    """Print the summary of a result, or the answer to a question in SQL; returns the exit status.

    What can be read is shown; for each damaged file, of figures and pages too, there is a line on standard error, and the status
    is 1.
    """
    if len(words) != 1:
        raise ConfigurationError(
            'show: one result folder is needed, for example plansim show RESULT --sql "SELECT count(*) FROM rows"'
        )
    faults: list[str] = []
    result = Result(find_result(words[0], options.root), faults)
    changed: list[str] = []
    if options.sql is not None:
        shown, as_text = ask(result, options.sql), text_of_answer
    else:
        changed = changed_files(result)
        shown, as_text = describe(result, changed), lambda summary: prose(result, summary)
    if options.sql is not None and options.csv:
        print(csv_of_answer(shown), end="")
    else:
        print(json.dumps(shown, indent=2, allow_nan=False) if options.json else as_text(shown))
        write_csv(result.store, options)
    lines = [f"{fault}; it is left out of what is shown" for fault in dict.fromkeys(faults)]
    for line in first_lines([*lines, *changed], _MOST_FAULTS, "more faults like these"):
        warn(line)
    return 1 if faults or changed else 0


def changed_files(result: Result) -> list[str]:
    """A line for each file of a finished result that is not as its hash says, but for those that are read, and so checked."""
    sums = {name: sha256 for name, sha256 in read_sums(result.folder).items() if not name.startswith(_CHECKED_AS_READ)}
    return [f"{result.folder / name} is {what}; {_MADE_AGAIN}" for name, what in find_changed(result.folder, sums)]


def ask(result: Result, question: str) -> dict[str, Any]:
    """The answer to one SELECT of the view `rows` (and `contrasts` of a sweep with a baseline); hashes are checked first.

    ConfigurationError as by `experiments.store.query.ask`.
    """
    from experiments.store import query

    views = {"rows": result.rows()}
    if (result.manifest["configuration"].get("sweep") or {}).get("contrasts") and "contrasts" in question.lower():
        views["contrasts"] = result.contrasts()
    return query.ask(views, question)


def text_of_answer(answer: dict[str, Any]) -> str:
    """An answer as a table."""
    from experiments.report.text_table import text_table

    names, rows = answer["columns"], [[_cell(value) for value in row] for row in answer["rows"][:_MOST_LINES]]
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    lines = text_table([["-" * width for width in widths], *rows], names, right=range(len(names)), indent=0)
    more = len(answer["rows"]) - len(rows)
    return "\n".join(lines + ([f"... and {more:,} more rows; --json prints all"] if more else []))


def csv_of_answer(answer: dict[str, Any]) -> str:
    """An answer as CSV, all of it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([answer["columns"], *answer["rows"]])
    return text.getvalue()


def _cell(value: Any) -> str:
    return "-" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def describe(result: Result, changed: Sequence[str] = ()) -> dict[str, Any]:
    """What a result is and what it holds: of a sweep computed from its rows, of others the summary of the command.

    `changed`: lines for files that are not shown and are damaged.
    """
    manifest, store = result.manifest, result.store
    if manifest["command"] not in _SHOWN:
        raise StoreError(f"{result.folder} is a result of {manifest['command']}, which this version cannot show")
    head: dict[str, Any] = {
        "command": manifest["command"],
        "version": manifest.get("project", {}).get("version"),
        "created_utc": manifest.get("created_utc"),
        "configuration_sha256": manifest.get("configuration_sha256"),
        "seed": manifest.get("seeds", {}).get("root"),
        "chunks": {"finished": len(store.finished), "planned": manifest.get("plan", {}).get("chunks") or None},
    }
    if manifest["command"] == "sweep":
        if not store.finished:
            if result.faults:
                raise StoreFailure(f"{result.faults[0]}; {_UNFINISHED}")
            raise StoreError(f"{result.folder} holds no finished chunk yet: {_UNFINISHED}")
        head |= {"plan": manifest.get("plan"), "shard": manifest.get("shard")}
        rows = result.rows()
        head |= {"rows_sha256": hash_table(rows), "window": (result.summary or {}).get("window")}
        head["damaged"] = [*dict.fromkeys(result.faults), *changed]
        return head | summarise(rows.to_pandas(), result.specification())
    summary = result.summary
    if summary is None:
        if result.faults:
            raise StoreFailure(f"{result.folder} has no summary that can be read: run the same command again to make it again")
        raise StoreError(f"{result.folder} is not finished: {_UNFINISHED}")
    if store.finished:
        head["rows_sha256"] = hash_table(result.rows())  # reads, and so checks, every file
    return head | {"summary": summary, "damaged": [*dict.fromkeys(result.faults), *changed]}


def prose(result: Result, summary: dict[str, Any]) -> str:
    """A result in a few lines, in the words of the command that made it."""
    command, chunks = summary["command"], summary["chunks"]
    lines = [f"{command}, version {summary['version']}, seed {summary['seed']}, made {summary['created_utc']}"]
    if chunks["planned"] and chunks["finished"] < chunks["planned"]:
        shard = f" (shard {summary['shard']})" if summary.get("shard") else "; the same command goes on"
        lines.append(f"{chunks['finished']:,} of {chunks['planned']:,} chunks are finished{shard}")
    module = importlib.import_module(f"experiments.commands.{_PRINTED_BY.get(command, command)}")
    try:
        lines.append(module.prose(summary if command == "sweep" else summary["summary"]))
    except (KeyError, TypeError):
        if not (parts := changed_parts(result.manifest.get("code_sha256"))):
            raise
        raise StoreError(
            f"{result.folder} has a summary of another form ({', '.join(parts)} changed since): --json prints it as it is, "
            "and the same command as then makes a new result"
        ) from None
    if "rows_sha256" in summary:
        sound = "every file is as its hash says" if not summary["damaged"] else "of what can be read; the rest is damaged"
        lines.append(f"rows sha256 {summary['rows_sha256'][:16]}; {sound}")
    return "\n".join([*lines, "", f"Result: {result.folder}"])
