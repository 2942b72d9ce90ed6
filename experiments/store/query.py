"""Questions in SQL to the rows of a result: read-only, with a limit of time and memory, ended by Ctrl-C."""

from __future__ import annotations

import datetime as dt
import math
import re
import threading
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sim.configuration.plain_values import ConfigurationError, plain_text

SECONDS = 300.0  # a question may take
MEMORY = "4GB"
MOST_ROWS = 1_000_000  # of an answer
_PAUSE = 0.2  # seconds between calls to stop


def ask(views: Mapping[str, Any], question: str) -> dict[str, Any]:
    """The answer to one SELECT as `{"columns": [...], "rows": [[...]]}`, with values as JSON has them.

    DuckDB runs in memory; it sees the `views` (Arrow tables or frames by name), and no file. ConfigurationError for a question
    that is not one SELECT (or PIVOT), that DuckDB refuses, or that is beyond the limits.
    """
    import duckdb

    question = plain_text(question, "--sql")
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET python_enable_replacements = false")
        for name, table in views.items():
            connection.register(f"_{name}", table)
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM _{name}")
        for setting in (f"memory_limit = '{MEMORY}'", "temp_directory = ''", "enable_external_access = false"):
            connection.execute(f"SET {setting}")
        connection.execute("SET lock_configuration = true")
        try:
            columns, rows = _answer_in_time(connection, _only_question(connection, question))
        except duckdb.OutOfMemoryException:
            raise ConfigurationError(f"--sql: more than {MEMORY} of memory; ask for fewer rows, or group them") from None
        except duckdb.Error as error:
            names = [name for view in views for name in connection.table(view).columns]
            raise ConfigurationError(f"--sql: {_one_line(error)}{_hint(question, names)}") from None
    if len(rows) > MOST_ROWS:
        raise ConfigurationError(f"--sql: the answer has more than {MOST_ROWS:,} rows; add LIMIT, or group them")
    return {"columns": columns, "rows": [[as_json(value) for value in row] for row in rows]}


def _only_question(connection: Any, question: str) -> list[Any]:
    """The statements of one question: a PIVOT makes a type of its own first, seen or (MULTI) unseen."""
    import duckdb

    kinds = duckdb.StatementType
    *before, last = connection.extract_statements(question) or [None]
    reads = re.match(r"[\s(]*(pivot|select|with|from|explain|describe|summarize)\b", question, re.IGNORECASE)
    pivots = reads and all(made.type == kinds.CREATE and not made.query for made in before)
    if last is None or (before and not pivots) or last.type not in (kinds.SELECT, kinds.EXPLAIN, *[kinds.MULTI] * bool(reads)):
        raise ConfigurationError("--sql: one SELECT is needed; a result is only read")
    return [*before, last]


def _answer_in_time(connection: Any, statements: list[Any]) -> tuple[list[str], list[tuple]]:
    """Columns and rows of an answer; the question runs in a thread, so that it can be stopped.

    DuckDB gives no room to signals while it works: Ctrl-C would be heard when the answer is there.
    """
    done: dict[str, Any] = {}
    stop, ended = threading.Event(), threading.Event()

    def run() -> None:
        try:
            if not stop.is_set():
                for statement in statements:
                    answer = connection.execute(statement)
                rows = answer.fetchmany(MOST_ROWS + 1)
                done["answer"] = [column[0] for column in answer.description or []], rows
        except BaseException as error:
            done["error"] = error
        finally:
            ended.set()

    worker = threading.Thread(target=run, daemon=True)
    try:
        worker.start()
        in_time = ended.wait(SECONDS)
    finally:  # a Ctrl-C too
        stop.set()
        while worker.ident is not None and not ended.is_set():
            connection.interrupt()
            ended.wait(_PAUSE)
    if not in_time:
        raise ConfigurationError(f"--sql: no answer in {SECONDS:g} seconds; ask for less, or take the rows (Parquet) elsewhere")
    if "error" in done:
        raise done["error"]
    return done["answer"]


def _one_line(error: Exception) -> str:
    """DuckDB's complaint without its drawing of the place."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    kept = [line for line in lines if not line.startswith(("LINE", "^"))]
    return " ".join(kept)[:300]


def _hint(question: str, names: list[str]) -> str:
    """The quotes that columns with dots need, if they lack in the question."""
    bare = re.sub(r'"[^"]*"|\'[^\']*\'', " ", question)
    lacking = [name for name in dict.fromkeys(names) if "." in name and re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", bare)]
    return f'; a column with dots goes in double quotes: "{lacking[0]}"' if lacking else ""


def as_json(value: Any) -> Any:
    """A value as JSON has it: numbers as numbers, dates as ISO text; NaN is null."""
    if isinstance(value, Decimal):
        value = int(value) if value == value.to_integral_value() and value.as_tuple().exponent >= 0 else float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {str(key): as_json(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set):
        return [as_json(part) for part in value]
    return str(value)
