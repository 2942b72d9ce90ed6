"""Tables of a result as CSV next to Parquet, for programs that read no Parquet: UTF-8, commas, points, empty for no value.

A list in a cell is JSON. They are copies: not among the files whose hashes a result has, and gone when its summary is made
again, until they are asked for once more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.store.checksums import refuse_changed
from experiments.store.files import explain_oserror, write_atomically

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = "rows"  # the table of all rows


def table_files(folder: Path) -> list[Path]:
    """The tables of a result folder but for its rows, by name."""
    return sorted(folder.glob("*.parquet"))


def write_csv_files(folder: Path, rows: pa.Table | None) -> list[str]:
    """Write every table of a result, and its rows if there are any, as CSV; the names of the files.

    StoreFailure if the disk refuses, or a table cannot be read or is damaged.
    """
    import pyarrow.parquet as pq

    tables = {}
    for path in table_files(folder):
        refuse_changed(path)
        with explain_oserror(path, "read"):
            tables[path.stem] = pq.read_table(path)
    if rows is not None:
        tables[ROWS] = rows
    for name, table in tables.items():
        write_atomically(folder / f"{name}.csv", as_csv(table).encode())
    return [f"{name}.csv" for name in tables]


def as_csv(table: pa.Table) -> str:
    """A table as CSV; numbers have all their digits."""
    import pyarrow as pa

    for k, field in enumerate(table.schema):
        if pa.types.is_nested(field.type):
            texts = [None if cell is None else json.dumps(cell, default=str) for cell in table.column(k).to_pylist()]
            table = table.set_column(k, field.name, pa.array(texts, pa.string()))
    return table.to_pandas(integer_object_nulls=True).to_csv(index=False, lineterminator="\n")


def drop_csv_files(folder: Path) -> None:
    """Remove the CSV files of tables, which may be of an earlier summary. StoreFailure if the disk refuses."""
    for path in _csv_files(folder):
        if path.exists():
            with explain_oserror(path, "remove"):
                path.unlink(missing_ok=True)


def _csv_files(folder: Path) -> Iterator[Path]:
    yield from (path.with_suffix(".csv") for path in table_files(folder))
    yield folder / f"{ROWS}.csv"
