"""A result folder: rows by chunk, a journal of what is finished, and a manifest of what made it.

::

    manifest.json              what made the result (`provenance.build_manifest`)
    summary.json               what the command has to say, when it is finished
    chunks.jsonl               one line a finished chunk: id, file, rows, sha256
    rows/chunk-000012.parquet  its rows
    parts.json                 files of several chunks, made of small ones by `Store.compact`
    rows/part-000000-000099.parquet

A chunk is finished when the journal lists it, its file is there and the file's SHA-256 is the one
listed. Anything less is made again. Files appear whole or not at all, and one process at a time
writes to a folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from experiments.lab.files import (
    StoreError,
    explain_oserror,
    read_json,
    sync_folder,
    take_lock,
    write_all,
    write_atomically,
    write_json,
)
from experiments.lab.provenance import describe_difference, hash_table, identity_hash

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class _Entry:
    """A line of the journal."""

    id: int
    file: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class _Part:
    """A file with the rows of several finished chunks, which have none of their own any more."""

    chunks: tuple[int, ...]
    file: str
    rows: int
    sha256: str


def _tell_on_stderr(message: str) -> None:
    print(message, file=sys.stderr)


class Store:
    """A result folder, opened by `Store.open` (to write) or `Store.view` (to read).

    Attributes
    ----------
    folder
        Path of the folder.
    manifest
        The stored manifest: on resuming, that of the run which began.
    id_columns
        Columns that together name a row; no two rows share them.
    """

    def __init__(self, folder: Path, manifest: dict, tell: Callable[[str], None]):
        self.folder, self.manifest, self._tell = folder, manifest, tell
        self.id_columns = tuple(manifest["id_columns"])
        self._lock: int | None = None
        self._schema: pa.Schema | None = None
        self._entries: dict[int, _Entry | _Part] = self._read_journal()
        for part in self._read_parts():
            self._entries |= dict.fromkeys(part.chunks, part)

    @classmethod
    def open(
        cls,
        folder: str | Path,
        manifest: Mapping[str, Any],
        id_columns: Sequence[str] = ("id",),
        tell: Callable[[str], None] = _tell_on_stderr,
    ) -> Store:
        """Create the folder, or resume in it, under an exclusive lock that `close` gives back.

        `tell` gets one line for every damaged or missing file whose chunk has to be made again.

        Raises
        ------
        StoreError
            If the folder holds results of another configuration or version of the code, if
            another process writes to it, or if it cannot be written.
        """
        folder = Path(folder)
        with explain_oserror(folder):
            (folder / "rows").mkdir(parents=True, exist_ok=True)
            lock = take_lock(folder)
        try:
            asked = {**manifest, "id_columns": list(id_columns)}
            if (folder / "manifest.json").exists():
                stored = _read_manifest(folder)
                _refuse_other_identity(folder, stored, asked)
            elif (folder / "chunks.jsonl").exists():
                raise StoreError(f"{folder} has results but no manifest.json: choose another folder")
            else:
                stored = asked
                write_json(folder / "manifest.json", asked)
            store = cls(folder, stored, tell)
            with explain_oserror(folder):
                store._drop_unfinished()
        except BaseException:
            os.close(lock)
            raise
        store._lock = lock
        return store

    @classmethod
    def view(cls, folder: str | Path, tell: Callable[[str], None] = _tell_on_stderr) -> Store:
        """Open a result to read it, without lock and without touching it.

        Raises StoreError if the folder holds no result.
        """
        folder = Path(folder)
        return cls(folder, _read_manifest(folder), tell)

    def close(self) -> None:
        """Give the lock back."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def finished(self) -> frozenset[int]:
        """Ids of the chunks that need not be run."""
        return frozenset(self._entries)

    def write_chunk(self, id: int, table: pa.Table) -> None:
        """Store the rows of a finished chunk, durably, then list it in the journal.

        Raises StoreError if the disk refuses, if the store is not open for writing, if an id
        column is missing or holds nulls, or if the columns differ from those of other chunks.
        """
        if self._lock is None:
            raise StoreError(f"{self.folder} is not open for writing: use Store.open")
        table = table.replace_schema_metadata(None)
        self._check_columns(id, table)
        sha256, rows = self._write_file(_name_file(id), table)
        entry = _Entry(id, _name_file(id), rows, sha256)
        try:
            self._append_to_journal(entry)
        except BaseException:
            with contextlib.suppress(OSError):
                (self.folder / entry.file).unlink()
            raise
        self._entries[id] = entry

    def write_summary(self, summary: Mapping[str, Any]) -> None:
        """Write summary.json. Raises ValueError for NaN or infinity: unbounded values are None."""
        write_json(self.folder / "summary.json", summary)

    def read_summary(self) -> dict[str, Any] | None:
        """The summary, or None while there is none."""
        path = self.folder / "summary.json"
        return read_json(path) if path.exists() else None

    def read_rows(self) -> pa.Table:
        """All rows of finished chunks, sorted by the id columns.

        Raises StoreError if there are none, if a file is missing or damaged (by its SHA-256, then
        by Parquet's page checksums), or if two rows have the same id.
        """
        import pyarrow as pa

        if not self._entries:
            raise StoreError(f"{self.folder} holds no finished chunk: run the command to make them")
        table = pa.concat_tables(list(self.stream_rows()))
        ids = list(self.id_columns)
        if table.group_by(ids).aggregate([]).num_rows != table.num_rows:
            raise StoreError(f"{self.folder} has two rows with one id ({', '.join(ids)})")
        return table.sort_by([(name, "ascending") for name in ids]).combine_chunks()

    def stream_rows(self) -> Iterator[pa.Table]:
        """The rows file by file, each checked as by `read_rows`, in an order that means nothing."""
        for entry in dict.fromkeys(self._entries[id] for id in sorted(self._entries)):
            yield self._read_file(entry)

    def count_files(self) -> int:
        """Number of files that hold rows."""
        return len(set(self._entries.values()))

    def compact(self, rows_a_file: int) -> None:
        """Put the rows of small chunks together in files of `rows_a_file` rows or a little more.

        What was finished stays finished at every moment. Raises StoreError if the disk refuses.
        """
        import pyarrow as pa

        group: list[_Entry] = []
        small = [e for _, e in sorted(self._entries.items()) if isinstance(e, _Entry) and e.rows < rows_a_file]
        for entry in small:
            group.append(entry)
            if sum(e.rows for e in group) < rows_a_file and entry is not small[-1]:
                continue
            if len(group) > 1:
                file = f"rows/part-{group[0].id:06d}-{entry.id:06d}.parquet"
                sha256, rows = self._write_file(file, pa.concat_tables([self._read_file(e) for e in group]))
                part = _Part(tuple(e.id for e in group), file, rows, sha256)
                self._entries |= dict.fromkeys(part.chunks, part)
                self._write_parts()
                with explain_oserror(self.folder):
                    for e in group:
                        (self.folder / e.file).unlink()
            group = []

    def content_sha256(self) -> str:
        """SHA-256 over the rows sorted by id, by value.

        Independent of chunk sizes, of the order in which chunks finished, of row order, column
        order, compression and file layout.
        """
        return hash_table(self.read_rows())

    def _write_file(self, file: str, table: pa.Table) -> tuple[str, int]:
        """Write rows durably; the SHA-256 of the file and its number of rows."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self._lock is None:
            raise StoreError(f"{self.folder} is not open for writing: use Store.open")
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd", write_page_checksum=True)
        data = sink.getvalue().to_pybytes()
        write_atomically(self.folder / file, data)
        return hashlib.sha256(data).hexdigest(), table.num_rows

    def _read_parts(self) -> list[_Part]:
        """Files of several chunks; none if the list is damaged, for then they are made again."""
        path = self.folder / "parts.json"
        if not path.exists():
            return []
        try:
            return [_Part(**{**part, "chunks": tuple(part["chunks"])}) for part in read_json(path)["parts"]]
        except (StoreError, KeyError, TypeError):
            self._tell(f"{path} is damaged; the chunks it lists will be made again")
            return []

    def _write_parts(self) -> None:
        parts = dict.fromkeys(e for _, e in sorted(self._entries.items()) if isinstance(e, _Part))
        write_json(self.folder / "parts.json", {"parts": [part.__dict__ for part in parts]})

    def _read_journal(self) -> dict[int, _Entry]:
        """Entries by chunk; the last line of a chunk counts. Torn or damaged lines are no lines."""
        path = self.folder / "chunks.jsonl"
        if not path.exists():
            return {}
        with explain_oserror(path, "read"):
            lines = path.read_bytes().split(b"\n")[:-1]  # the last line is torn, or empty
        entries = {}
        for number, line in enumerate(lines, 1):
            try:
                entry = _Entry(**json.loads(line))
                if entry.file != _name_file(entry.id):
                    raise ValueError
            except (ValueError, TypeError):
                self._tell(f"{path}: line {number} is damaged; its chunk will be made again")
                continue
            entries[entry.id] = entry
        return entries

    def _drop_unfinished(self) -> None:
        """Keep what is proved finished; remove every other file of rows and the torn line."""
        journal = self.folder / "chunks.jsonl"
        if journal.exists():
            text = journal.read_bytes()
            os.truncate(journal, text.rfind(b"\n") + 1)
        for entry in dict.fromkeys(self._entries.values()):
            path = self.folder / entry.file
            problem = None
            if not path.exists():
                problem = "missing"
            elif hashlib.sha256(path.read_bytes()).hexdigest() != entry.sha256:
                problem = "damaged"
            if problem:
                self._entries = {id: other for id, other in self._entries.items() if other is not entry}
                chunks = "its chunk" if isinstance(entry, _Entry) else f"its {len(entry.chunks)} chunks"
                self._tell(f"{path} is {problem}; {chunks} will be made again")
        if (self.folder / "parts.json").exists():
            self._write_parts()
        finished = {self.folder / entry.file for entry in self._entries.values()}
        for pattern in ("chunk-*.parquet", "part-*.parquet", ".*.tmp"):
            for path in (self.folder / "rows").glob(pattern):
                if path not in finished:
                    path.unlink()

    def _append_to_journal(self, entry: _Entry) -> None:
        path = self.folder / "chunks.jsonl"
        line = json.dumps(entry.__dict__, separators=(",", ":")).encode() + b"\n"
        with explain_oserror(path):
            created = not path.exists()
            with open(path, "ab", buffering=0) as file:
                size = file.tell()
                try:
                    write_all(file.fileno(), line)
                    os.fsync(file.fileno())
                except BaseException:
                    os.truncate(path, size)
                    raise
            if created:
                sync_folder(self.folder)

    def _check_columns(self, id: int, table: pa.Table) -> None:
        for name in self.id_columns:
            if name not in table.column_names or table[name].null_count:
                raise StoreError(f"chunk {id}: id column {name!r} is missing or has nulls")
        if self._schema is None:
            known = min(self._entries, default=None)
            self._schema = table.schema if known is None else self._read_file(self._entries[known]).schema
        if table.schema != self._schema:
            differing = set(table.schema) ^ set(self._schema)
            names = ", ".join(sorted({field.name for field in differing})) or "their order"
            raise StoreError(f"chunk {id}: columns differ from those of other chunks: {names}")

    def _read_file(self, entry: _Entry | _Part) -> pa.Table:
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self.folder / entry.file
        with explain_oserror(path, "read"):
            data = path.read_bytes()
        damaged = StoreError(f"{path} is damaged: run the command again to make its chunk anew")
        if hashlib.sha256(data).hexdigest() != entry.sha256:
            raise damaged
        try:
            table = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True).read()
        except (pa.ArrowException, OSError) as error:
            raise damaged from error
        if table.num_rows != entry.rows:
            raise damaged
        return table


def _name_file(id: int) -> str:
    return f"rows/chunk-{id:06d}.parquet"


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    if not path.exists():
        raise StoreError(f"{folder} holds no result: it has no manifest.json")
    manifest = read_json(path)
    if not {"command", "configuration", "id_columns"} <= manifest.keys():
        raise StoreError(f"{path} is damaged: choose another folder")
    return manifest


def _refuse_other_identity(folder: Path, stored: dict, asked: dict) -> None:
    """Results of two configurations or two versions of the code never share a folder."""
    if identity_hash(stored) != identity_hash(asked):
        difference = describe_difference(stored, asked)
    elif stored["id_columns"] != asked["id_columns"]:
        difference = "other id columns"
    else:
        return
    raise StoreError(f"{folder} holds results of {difference}: choose another folder or remove it")
