"""Small data files of the model, and the one way to read them.

`README.md` next to this file names the source and licence of each. All reading goes through here, so
that a missing or damaged file is reported in the same words everywhere.
"""

import csv
import hashlib
from pathlib import Path

FOLDER = Path(__file__).parent


class DataError(ValueError):
    """A data file is missing or damaged, or does not hold what was requested."""


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a data file with line ends as LF; raises DataError when it cannot be read."""
    try:
        return path.read_bytes().replace(b"\r\n", b"\n")
    except OSError as problem:
        raise DataError(
            f"{path.name}: cannot be read ({problem.strerror}); put back the copy that comes with the project"
        ) from None


def read_table(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Read a comma-separated file with a header as one dictionary of text per row.

    Raises DataError, naming the file and line, when a column is missing, a row has too few or too
    many fields, a field is blank, or there is no row at all.
    """
    try:
        text = read_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        raise damaged(path, 1, "is not UTF-8 text") from None
    reader = csv.DictReader(text.splitlines())
    missing = [name for name in columns if name not in (reader.fieldnames or [])]
    if missing:
        raise damaged(path, 1, f"has no column {', '.join(missing)}")
    rows = list(reader)
    if not rows:
        raise damaged(path, 2, "has no rows")
    for line, row in enumerate(rows, start=2):
        if None in row or any(value is None for value in row.values()):
            raise damaged(path, line, "has too few or too many fields")
        if not all(row[name].strip() for name in columns):
            raise damaged(path, line, "has a blank field")
    return rows


def damaged(path: Path, line: int, what: str) -> DataError:
    """Return the error for a damaged file: name, line, what is wrong and the remedy."""
    return DataError(f"{path.name}, line {line}: {what}; put back the copy that comes with the project")


def hash_files() -> dict[str, str]:
    """Return the SHA-256 of every data file (CSV and JSON) by name, line ends as LF, for a manifest.

    >>> sorted(hash_files())[0]
    'calendar_france.csv'
    """
    paths = sorted([*FOLDER.glob("*.csv"), *FOLDER.glob("*.json")])
    return {path.name: hashlib.sha256(read_bytes(path)).hexdigest() for path in paths}
