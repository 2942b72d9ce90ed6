"""Tables of users: CSV as spreadsheets and statisticians write it, and Parquet, with the values that YAML would give."""

from __future__ import annotations

import csv
import functools
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from experiments.sweeps.specification import MOST_ROWS
from sim.configuration import ConfigurationError
from sim.configuration.plain_values import find_file, plain, plain_text, read_word

_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3},[0-9]{3}")
_DELIMITERS = ";\t,"  # the first that the line of names holds


def read_table(path: str, key: str = "sweep.table") -> tuple[list[str], list[list[Any]]]:
    """Column names and rows of a CSV or Parquet file. ConfigurationError if it cannot be read or has gaps.

    A message begins with the key. Columns of a CSV may be separated by commas, semicolons or tabs; in the last two a number may
    have a decimal comma.
    """
    where = f"{key}={path}"
    file = find_file(path)
    kind = file.suffix.lower()
    if kind not in (".csv", ".parquet"):
        raise ConfigurationError(f"{where}: a file that ends in .csv or .parquet is needed")
    if not file.is_file():
        raise ConfigurationError(f"{where}: no such file")
    names, rows = _read_csv(file, where) if kind == ".csv" else _read_parquet(file, where)
    if not 0 < len(rows) <= MOST_ROWS:
        raise ConfigurationError(f"{where}: it has {len(rows)} rows; 1 to {MOST_ROWS:,} are needed")
    return names, rows


def _read_csv(file: Path, where: str) -> tuple[list[str], list[list[Any]]]:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"{where}: it cannot be read ({(error.strerror or str(error)).lower()})") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{where}: a byte that is not UTF-8; save it as CSV UTF-8") from None
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = next((letter for letter in _DELIMITERS if letter in first), ",")
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        filled = (line for line in lines if any(map(str.strip, line)))  # spreadsheets leave some rows empty
        return _names_and_rows(filled, delimiter, where)
    except csv.Error as error:
        raise ConfigurationError(f"{where}: line {lines.line_num} cannot be read ({error})") from None


def _names_and_rows(lines: Iterator[list[str]], delimiter: str, where: str) -> tuple[list[str], list[list[Any]]]:
    names = _checked_names([name.strip() for name in next(lines, [])], where)
    read = functools.lru_cache(100_000)(functools.partial(_read_cell, delimiter=delimiter))
    rows = []
    for number, line in enumerate(lines, 1):
        if len(line) != len(names):
            advice = "; a decimal comma? Write 0.5, or semicolons between columns" if delimiter == "," else ""
            raise ConfigurationError(f"{where}: row {number} has {len(line)} cells, and there are {len(names)} columns{advice}")
        try:
            rows.append([read(cell) for cell in line])
        except ConfigurationError:
            for name, cell in zip(names, line, strict=True):
                _read_cell(cell, delimiter, f"{where}: row {number}", name)
            raise
    return names, rows


def _read_cell(cell: str, delimiter: str, where: str = "", name: str = "") -> Any:
    cell = cell.strip()
    if not cell:
        raise ConfigurationError(f"{where} has no value in column {name}")
    if _DECIMAL_COMMA.fullmatch(cell):
        if delimiter == ",":
            point = cell.replace(",", ".")
            either = f"{cell.replace(',', '')}, or {point} if it is a decimal one" if _THOUSANDS.fullmatch(cell) else point
            raise ConfigurationError(f"{where}, column {name}: {cell} has a comma; write {either}")
        return float(cell.replace(",", "."))
    return read_word(plain_text(cell, f"{where}, column {name}"))


def _read_parquet(file: Path, where: str) -> tuple[list[str], list[list[Any]]]:
    import pyarrow as pa
    import pyarrow.parquet

    try:
        table = pa.parquet.ParquetFile(file).read()
    except (pa.ArrowException, OSError) as error:
        raise ConfigurationError(f"{where}: it cannot be read ({' '.join(str(error).split())[:120]})") from None
    if table.num_rows > MOST_ROWS:
        raise ConfigurationError(f"{where}: it has {table.num_rows} rows; 1 to {MOST_ROWS:,} are needed")
    names = _checked_names(table.column_names, where)
    columns = []
    for place, name in enumerate(names):
        values = table.column(place).to_pylist()
        if gap := next((row for row, value in enumerate(values, 1) if value is None or value != value or value == ""), 0):
            raise ConfigurationError(f"{where}: row {gap} has no value in column {name}")
        values = plain(values, f"{where}: column {name}")
        if any(isinstance(value, list | dict) for value in values):
            raise ConfigurationError(f"{where}: column {name} holds lists; numbers, words, dates, true or false are needed")
        columns.append(values)
    return names, [list(row) for row in zip(*columns, strict=True)]


def _checked_names(names: list[str], where: str) -> list[str]:
    for place, name in enumerate(names, 1):
        if not name:
            raise ConfigurationError(f"{where}: column {place} has no name; each needs one")
    names = [plain_text(name, f"{where}: a column") for name in names]
    if len(set(names)) < len(names):
        raise ConfigurationError(f"{where}: two columns have one name")
    return names
