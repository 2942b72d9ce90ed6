"""A result folder: rows by chunk, a journal of what is finished, and a manifest of what made it.

::

    manifest.json              what made the result (`provenance.build_manifest`), sealed by its own hash
    chunks.jsonl               one line a finished chunk: id, file, rows, sha256 (`journal`)
    rows/chunk-000012.parquet  its rows
    parts.json                 files of several chunks, made of small ones by `Store.compact`
    rows/part-000000-000099.parquet
    summary.json               the summary of the command, when it is finished
    SHA256SUMS                 the hash of every file, written last (`checksums`)

A chunk is finished when it is listed, its file is there, and the file's SHA-256 and number of rows
are the ones listed. Anything less is made again. Files appear whole or not at all, and one process
at a time writes to a folder.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from experiments.store.checksums import LAST, SUMS, find_changed, is_damaged, read_sums, write_sums
from experiments.store.csv_files import drop_csv_files
from experiments.store.files import (
    JOURNAL,
    StoreError,
    StoreFailure,
    explain_oserror,
    first_lines,
    is_read_only,
    read_json,
    take_lock,
    write_atomically,
    write_json,
    write_sealed,
)
from experiments.store.journal import (
    BESIDE,
    Entry,
    append_to_journal,
    find_problem,
    is_listed,
    mend_journal,
    mend_parts,
    name_file,
    read_file,
    read_lists,
    write_parts,
)
from experiments.store.manifest_file import MANIFEST, read_manifest, refuse_other_identity, renew_code
from experiments.store.provenance import hash_table

if TYPE_CHECKING:
    import pyarrow as pa

ID = "id"  # the column that names a row; no two rows share one
_FILES_HELD = 16  # of which what is beside rows is kept at hand, as ids may alternate between files
_NAMED_ONE_BY_ONE = 3  # damaged files; of more, the number


def _report_on_stderr(message: str) -> None:
    print(message, file=sys.stderr)


class Store:
    """A result folder, opened by `Store.open` (to write) or `Store.view` (to read).

    `manifest` is the stored one: on resuming, that of the run which began.
    """

    def __init__(self, folder: Path, manifest: dict, report: Callable[[str], None]):
        self.folder, self.manifest, self._report = folder, manifest, report
        self._lock: int | None = None
        self._schema: pa.Schema | None = None
        # lines of chunks that are in a part stay in the journal
        self._listed, self._entries, faults = read_lists(folder, (folder / SUMS).exists())
        for fault in faults:
            report(fault)

    @classmethod
    def open(
        cls,
        folder: str | Path,
        manifest: Mapping[str, Any],
        report: Callable[[str], None] = _report_on_stderr,
    ) -> Store:
        """Create the folder, or resume in it, under an exclusive lock that `close` gives back.

        `report` gets one line for every damaged or missing file whose chunk has to be made again. Where nothing
        can be written, a result that is finished and sound is opened to be read. Raises StoreError if the folder holds
        results of another configuration or version of the code, or if another process writes to it; StoreFailure if its
        manifest is damaged or the disk refuses.
        """
        folder, asked = Path(folder), dict(manifest)
        try:
            with explain_oserror(folder):
                (folder / "rows").mkdir(parents=True, exist_ok=True)
                lock = take_lock(folder)
        except StoreFailure as failure:
            finished = cls._view_finished(folder, asked) if is_read_only(failure) else None
            if finished is None:
                raise
            return finished
        try:
            if (folder / MANIFEST).exists():
                stored = read_manifest(folder)
                refuse_other_identity(folder, stored, asked)
            elif (folder / JOURNAL).exists():
                raise StoreFailure(f"{folder} has results but no manifest.json: put a copy back, or choose another folder")
            else:
                stored = asked
                write_sealed(folder / MANIFEST, asked)
            store = cls(folder, stored, report)
            with explain_oserror(folder):
                store._drop_unfinished()
        except BaseException:
            os.close(lock)
            raise
        store._lock = lock
        return store

    @classmethod
    def view(cls, folder: str | Path, report: Callable[[str], None] = _report_on_stderr) -> Store:
        """Open a result to read it, without lock and without touching it.

        Raises StoreError if the folder holds no result, StoreFailure if its manifest is damaged.
        """
        folder = Path(folder)
        return cls(folder, read_manifest(folder), report)

    @classmethod
    def _view_finished(cls, folder: Path, asked: dict) -> Store | None:
        """The result to be read, if it is that of the manifest asked for, finished, and every file is as its hash says."""
        if not (folder / MANIFEST).exists():
            return None
        faults: list[str] = []
        store = cls.view(folder, faults.append)
        refuse_other_identity(folder, store.manifest, asked)
        sums = read_sums(folder)
        if faults or LAST not in sums or is_damaged(folder) or find_changed(folder, sums):
            return None
        return store

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
    def is_writable(self) -> bool:
        """Whether it is open for writing."""
        return self._lock is not None

    @property
    def finished(self) -> frozenset[int]:
        """Ids of the chunks that need not be run."""
        return frozenset(self._entries)

    def write_chunk(self, id: int, table: pa.Table) -> None:
        """Store the rows of a finished chunk, durably, then list it in the journal.

        Raises StoreError if the store is not open for writing, if the chunk is finished already, if the column of ids
        is missing or has nulls, or if the columns differ from those of other chunks; StoreFailure if the disk refuses.
        """
        if id in self._entries:
            raise StoreError(f"chunk {id} of {self.folder} is finished already: its rows are stored once")
        table = table.replace_schema_metadata(None)
        self._check_columns(id, table)
        self._list(self._write_file((id,), table))

    def write_summary(self, summary: Mapping[str, Any]) -> None:
        """Write summary.json and, last of all, the hashes of all files: then the result is finished.

        The manifest then has the hashes of the code that made them, if it has any of code. Raises ValueError for NaN or
        infinity (unbounded values are None), StoreFailure if the disk refuses.
        """
        self.manifest = renew_code(self.folder, self.manifest)
        drop_csv_files(self.folder)
        write_json(self.folder / LAST, summary)
        write_sums(self.folder)

    def read_summary(self) -> dict[str, Any] | None:
        """The summary; None while the result is not finished, or not any more, because rows had to be dropped.

        None, too, with a line for each such file, if it is damaged or, in a store opened to write, if any other file
        is: then summary and figures are to be made again.
        """
        path = self.folder / LAST
        sums = read_sums(self.folder)
        if damaged_sums := is_damaged(self.folder):
            self._report(f"{self.folder / SUMS} is damaged; summary and figures have to be made again")
        if LAST not in sums or (damaged_sums and self._lock is not None):
            return None
        changed = find_changed(self.folder, {LAST: sums[LAST]} if self._lock is None else sums)
        for name, what in changed[:_NAMED_ONE_BY_ONE]:
            self._report(f"{self.folder / name} is {what}; summary and figures have to be made again")
        return None if changed else read_json(path)

    def read_rows(self, on_damage: Callable[[str], None] | None = None) -> pa.Table:
        """All rows of finished chunks, sorted by id.

        Raises StoreError if there are none or if two rows have the same id; StoreFailure if a file is
        missing or damaged (by its SHA-256, then by Parquet's page checksums). With `on_damage`, which gets
        the fault, such a file is left out.
        """
        import pyarrow as pa

        if not self._entries:
            raise StoreError(f"{self.folder} holds no finished chunk: run the command to make them")
        faults: list[str] = []
        tables = list(self.stream_rows(None if on_damage is None else faults.append))
        if not tables:
            raise StoreFailure(f"no file of rows can be read; {faults[0]}")
        for fault in faults:
            on_damage(fault)
        table = pa.concat_tables(tables)
        if table.group_by(ID).aggregate([]).num_rows != table.num_rows:
            raise StoreFailure(f"{self.folder} has two rows with one id: remove it and run the command again")
        return table.sort_by(ID).combine_chunks()

    def stream_rows(self, on_damage: Callable[[str], None] | None = None) -> Iterator[pa.Table]:
        """The rows file by file, each checked as by `read_rows`, in no particular order."""
        for entry in self._files():
            try:
                yield read_file(self.folder, entry)
            except StoreFailure as failure:
                if on_damage is None:
                    raise
                on_damage(str(failure))

    def columns_beside(self) -> list[str]:
        """Names of the columns that are stored beside the rows; all files have the same."""
        first = self._files()[:1]
        return [name for entry in first for name in read_file(self.folder, entry, BESIDE).column_names if name.startswith(BESIDE)]

    def stream_beside(self, name: str, with_columns: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
        """What is stored beside the rows in a column, in the order of ids: a dictionary for each row that has it.

        `with_columns`: columns of the row that are to be with it, those that there are. Few files are in memory at once.
        """
        files, order = self._files(), []

        @functools.lru_cache(_FILES_HELD)
        def rows_of(k: int) -> dict[int, dict[str, Any]]:
            table = read_file(self.folder, files[k], name, (ID, *with_columns, name))
            kept = [column for column in (*with_columns, name) if column in table.column_names]
            return dict(zip(table[ID].to_pylist(), table.select(kept).to_pylist(), strict=True)) if name in kept else {}

        for k, entry in enumerate(files):
            order += [(id, k) for id in read_file(self.folder, entry, only=(ID,))[ID].to_pylist()]
        for id, k in sorted(order):
            if (row := rows_of(k).get(id, {})).get(name) is not None:
                yield dict(row)

    def count_files(self) -> int:
        """Number of files that hold rows."""
        return len(self._files())

    def compact(self, rows_a_file: int) -> None:
        """Put the rows of small chunks together in files of `rows_a_file` rows or a little more.

        What was finished stays finished at every moment. Raises StoreFailure if the disk refuses.
        """
        import pyarrow as pa

        group: list[Entry] = []
        small = [e for e in self._files() if len(e.chunks) == 1 and e.rows < rows_a_file]
        for entry in small:
            group.append(entry)
            if sum(e.rows for e in group) < rows_a_file and entry is not small[-1]:
                continue
            if len(group) > 1:
                together = pa.concat_tables([read_file(self.folder, e, BESIDE) for e in group])
                self._list(self._write_file(tuple(e.chunks[0] for e in group), together))
            group = []

    def adopt(self, other: Store, on_damage: Callable[[str], None]) -> None:
        """Take over the finished chunks of another result of the same plan that are not here yet, file by file.

        A file of the other that is missing or damaged is left out and reported to `on_damage`. Raises StoreError if a
        file has some chunks that are here in another grouping, StoreFailure if the disk refuses.
        """
        for entry in other._files():
            here = set(entry.chunks) & self.finished
            if here == set(entry.chunks):
                continue
            if any(len(self._entries[id].chunks) > 1 for id in here):
                grouped = f"has some chunks of {other.folder} in another grouping"
                raise StoreError(f"{self.folder} {grouped}: remove it and merge again")
            path = other.folder / entry.file
            if (problem := find_problem(other.folder, entry)) is not None:
                on_damage(f"{path} is {problem}")
                continue
            with explain_oserror(path, "read"):
                data = path.read_bytes()
            self._write_bytes(entry.file, data)
            self._list(entry)

    def content_sha256(self) -> str:
        """SHA-256 over the rows sorted by id, by value: whatever the chunks, columns' order, compression and files."""
        return hash_table(self.read_rows())

    def _files(self) -> list[Entry]:
        """Every file of rows once, in the order of its first chunk."""
        return list(dict.fromkeys(self._entries[id] for id in sorted(self._entries)))

    def _write_file(self, chunks: tuple[int, ...], table: pa.Table) -> Entry:
        """Write rows durably; what is to be listed of them."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd", write_page_checksum=True)
        data = sink.getvalue().to_pybytes()
        self._write_bytes(name_file(chunks), data)
        return Entry(chunks, name_file(chunks), table.num_rows, hashlib.sha256(data).hexdigest())

    def _write_bytes(self, file: str, data: bytes) -> None:
        if self._lock is None:
            raise StoreError(f"{self.folder} is not open for writing: use Store.open")
        write_atomically(self.folder / file, data)

    def _list(self, entry: Entry) -> None:
        """List a file that is on disk as finished, and remove those it replaces; without a list, no file."""
        self._be_unfinished()
        replaced = {self._entries[id] for id in entry.chunks if id in self._entries}
        if len(entry.chunks) == 1:
            try:
                append_to_journal(self.folder, entry)
            except BaseException:
                with contextlib.suppress(OSError):
                    if not is_listed(self.folder, entry):  # Ctrl-C may come when the line is on disk
                        (self.folder / entry.file).unlink()
                raise
            self._listed[entry.chunks[0]] = entry
        self._entries |= dict.fromkeys(entry.chunks, entry)
        if len(entry.chunks) > 1:
            write_parts(self.folder, [e for e in self._files() if len(e.chunks) > 1])
        with explain_oserror(self.folder):
            for old in replaced:
                (self.folder / old.file).unlink(missing_ok=True)

    def _be_unfinished(self) -> None:
        """Without the list of hashes a summary is not believed any more."""
        with explain_oserror(self.folder):
            (self.folder / SUMS).unlink(missing_ok=True)

    def _drop_unfinished(self) -> None:
        """Keep what is proved finished; remove every other file of rows, drafts, and lines without a file."""
        problems = []
        for entry in self._files():
            problem = find_problem(self.folder, entry)
            if problem is not None:
                self._entries = {id: other for id, other in self._entries.items() if other is not entry}
                chunks = "its chunk has" if len(entry.chunks) == 1 else f"its {len(entry.chunks)} chunks have"
                problems.append(f"{self.folder / entry.file} is {problem}; {chunks} to be made again")
        for line in first_lines(problems, _NAMED_ONE_BY_ONE, f"more files in {self.folder / 'rows'} are missing or damaged too"):
            self._report(line)
        parts = [entry for entry in self._files() if len(entry.chunks) > 1]
        valid = [entry for id, entry in self._listed.items() if id in self._entries and self._entries[id] in (entry, *parts)]
        if problems:
            self._be_unfinished()
        if any([mend_journal(self.folder, valid), mend_parts(self.folder, parts)]):
            self._be_unfinished()
        finished = {self.folder / entry.file for entry in self._entries.values()}
        for pattern in ("rows/chunk-*.parquet", "rows/part-*.parquet", "rows/.*.tmp", ".*.tmp"):
            for path in self.folder.glob(pattern):
                if path not in finished:
                    path.unlink()

    def _check_columns(self, id: int, table: pa.Table) -> None:
        if ID not in table.column_names or table[ID].null_count:
            raise StoreError(f"chunk {id}: the column {ID!r} is missing or has nulls")
        if self._schema is None:
            known = min(self._entries, default=None)
            stored = None if known is None else read_file(self.folder, self._entries[known], BESIDE)
            self._schema = table.schema if stored is None else stored.schema
        if table.schema != self._schema:
            differing = set(table.schema) ^ set(self._schema)
            names = ", ".join(sorted({field.name for field in differing})) or "their order"
            raise StoreError(f"chunk {id}: columns differ from those of other chunks: {names}")
