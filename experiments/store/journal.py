"""What is finished in a result folder (a line per chunk in chunks.jsonl, files of several in parts.json), and its proof.

A file of rows is trusted if its SHA-256 and its number of rows are the ones listed; Parquet's own page checksums are
checked when it is read.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.execution.machine import flush_file
from experiments.store.files import (
    JOURNAL,
    StoreError,
    StoreFailure,
    explain_oserror,
    first_lines,
    hash_file,
    read_sealed,
    write_all,
    write_atomically,
    write_sealed,
)

if TYPE_CHECKING:
    import pyarrow as pa

PARTS = "parts.json"
BESIDE = "microdata_"  # begins names of columns that are stored beside the rows, and are no part of them
_CHUNK_FILE = re.compile(r"(?:chunk|part)-(\d+)(?:-\d+)?\.parquet")
_MOST_LINES = 3  # damaged ones, reported one by one


@dataclass(frozen=True)
class Entry:
    """A file of rows: the chunks it has, its path in the folder, its number of rows, its SHA-256."""

    chunks: tuple[int, ...]
    file: str
    rows: int
    sha256: str


def name_file(chunks: tuple[int, ...]) -> str:
    """Path in the folder of the file for a chunk, or for several, rising."""
    if len(chunks) == 1:
        return f"rows/chunk-{chunks[0]:06d}.parquet"
    return f"rows/part-{chunks[0]:06d}-{chunks[-1]:06d}.parquet"


def line_of(entry: Entry) -> bytes:
    """The line of the journal for a file of one chunk."""
    listed = {"id": entry.chunks[0], "file": entry.file, "rows": entry.rows, "sha256": entry.sha256}
    return json.dumps(listed, separators=(",", ":")).encode() + b"\n"


def read_journal(folder: Path, report: Callable[[str], None]) -> dict[int, Entry]:
    """Entries by chunk; the last line of a chunk counts. A line torn at the end is ignored, a damaged one reported."""
    path = folder / JOURNAL
    if not path.exists():
        return {}
    with explain_oserror(path, "read"):
        lines = path.read_bytes().split(b"\n")[:-1]
    entries = {}
    for number, line in enumerate(lines, 1):
        try:
            listed = json.loads(line)
            entry = Entry((listed["id"],), listed["file"], listed["rows"], listed["sha256"])
            if line_of(entry) != line + b"\n" or entry.file != name_file(entry.chunks):
                raise ValueError
        except (ValueError, TypeError, KeyError):
            report(f"{path}: line {number} is damaged; its chunk has to be made again unless {PARTS} has it")
            continue
        entries[listed["id"]] = entry
    return entries


def append_to_journal(folder: Path, entry: Entry) -> None:
    """Add a line, durably; none if the disk refuses or Ctrl-C comes."""
    path = folder / JOURNAL
    with explain_oserror(path), open(path, "ab", buffering=0) as file:
        size = file.tell()
        try:
            write_all(file.fileno(), line_of(entry))
            flush_file(file.fileno())
        except BaseException:
            os.truncate(path, size)
            raise


def read_lists(folder: Path, is_finished: bool) -> tuple[dict[int, Entry], dict[int, Entry], list[str]]:
    """What the journal lists by chunk, what it and the list of parts list together, and a line for each fault found."""
    there = [_CHUNK_FILE.fullmatch(path.name) for path in (folder / "rows").glob("*.parquet")]  # first: others may be writing
    faults: list[str] = []
    listed = read_journal(folder, faults.append)
    faults = first_lines(faults, _MOST_LINES, f"more lines of {folder / JOURNAL} are damaged too")
    entries = dict(listed)
    for part in read_parts(folder, faults.append):
        entries |= dict.fromkeys(part.chunks, part)
    lost = sum(int(name[1]) not in entries for name in there if name)
    # one file next to a sound journal is what a command leaves that is killed before it lists it
    if not faults and lost > (0 if is_finished else 1):
        files = "1 file of rows is" if lost == 1 else f"{lost} files of rows are"
        state = "damaged" if (folder / JOURNAL).exists() else "missing"
        faults.append(f"{folder / JOURNAL} is {state}: {files} not listed in it, to be made again")
    return listed, entries, faults


def is_listed(folder: Path, entry: Entry) -> bool:
    """Whether the journal ends with the line of this entry."""
    return (folder / JOURNAL).read_bytes().endswith(line_of(entry))


def mend_journal(folder: Path, entries: Iterable[Entry]) -> bool:
    """Leave the lines of these entries, in their order, and no others; False if nothing else was there."""
    path = folder / JOURNAL
    with explain_oserror(path):
        text = path.read_bytes() if path.exists() else None
        kept = {line_of(entry) for entry in entries}
        lines = dict.fromkeys(line for line in (text or b"").splitlines(keepends=True) if line in kept)
        if text == b"".join(lines):
            return False
        write_atomically(path, b"".join(lines))
        return True


def read_parts(folder: Path, report: Callable[[str], None]) -> list[Entry]:
    """Files of several chunks; none if the list is damaged, for then they are made again."""
    path = folder / PARTS
    if not path.exists():
        return []
    try:
        return [Entry(**part | {"chunks": tuple(part["chunks"])}) for part in read_sealed(path)["parts"]]
    except StoreError as error:
        if isinstance(error.__cause__, OSError):
            raise
        report(f"{path} is damaged; the chunks it lists have to be made again")
        return []


def write_parts(folder: Path, entries: Iterable[Entry]) -> None:
    """List the files of several chunks. StoreFailure if the disk refuses."""
    write_sealed(folder / PARTS, {"parts": [entry.__dict__ for entry in entries]})


def mend_parts(folder: Path, entries: list[Entry]) -> bool:
    """Have parts.json list these files and no others, if it is there; False if it does."""
    faults: list[str] = []
    if not (folder / PARTS).exists() or (read_parts(folder, faults.append) == entries and not faults):
        return False
    write_parts(folder, entries)
    return True


def find_problem(folder: Path, entry: Entry) -> str | None:
    """Whether a file of rows is not what is listed: "missing", "damaged", or None."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / entry.file
    found = hash_file(path)
    if found is None:
        return "missing"
    try:
        sound = found == entry.sha256 and pq.read_metadata(path).num_rows == entry.rows
    except (pa.ArrowException, OSError):
        sound = False
    return None if sound else "damaged"


def read_file(folder: Path, entry: Entry, beside: str | None = None, only: Collection[str] | None = None) -> pa.Table:
    """The rows of a file, with columns beside them whose names begin as given; of the columns those in `only`, if given.

    StoreFailure if it is missing or damaged. No threads: one of Arrow's that still holds the bytes while the interpreter ends
    would end the process (apache/arrow#49942).
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path, remedy = folder / entry.file, "run the command again to make its chunk again"
    if not path.exists():
        raise StoreFailure(f"{path} is missing: {remedy}")
    with explain_oserror(path, "read"):
        data = path.read_bytes()
    failure = StoreFailure(f"{path} is damaged: {remedy}")
    if hashlib.sha256(data).hexdigest() != entry.sha256:
        raise failure
    try:
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
        names = file.schema_arrow.names
        wanted = [name for name in names if not name.startswith(BESIDE) or (beside and name.startswith(beside))]
        wanted = wanted if only is None else [name for name in wanted if name in only]
        table = file.read(None if wanted == names else wanted, use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise failure from error
    if table.num_rows != entry.rows:
        raise failure
    return table
