"""What is finished is kept and proved; what is damaged is found and made again."""

import errno
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # workers inherit the path and find lab_jobs by it
import lab_jobs

from experiments.execution.chunks import plan_chunks
from experiments.execution.engine import LocalEngine, SerialEngine, run_chunks
from experiments.store.store import Store, StoreError

ROOT = Path(__file__).resolve().parents[3]
MANIFEST = {"command": "sweep", "configuration": {"market": {"seed": 1}}, "source_sha256": "ab"}


def make_rows(first, count=5):
    ids = range(first, first + count)
    return pa.table({"id": list(ids), "harm": [i / 3 for i in ids], "name": [f"n{i}" for i in ids]})


def fill(folder, chunks=4):
    with Store.open(folder, MANIFEST) as store:
        for id in range(chunks):
            store.write_chunk(id, make_rows(5 * id))
        return store.content_sha256()


def reopen(folder):
    messages = []
    with Store.open(folder, MANIFEST, report=messages.append) as store:
        return store.finished, messages


def run_plan(folder, traces, chunk_size, engine, total=24):
    """Run what is left of a plan; return the content hash."""
    chunks = plan_chunks([(str(traces), i) for i in range(total)], chunk_size)
    with Store.open(folder, MANIFEST) as store:
        left = [chunk for chunk in chunks if chunk.id not in store.finished]
        run_chunks(
            engine,
            lab_jobs.make_table,
            left,
            lambda chunk, table: store.write_chunk(chunk.id, table),
        )
        return store.content_sha256()


def test_rows_come_back_sorted_with_a_manifest_and_a_journal(tmp_path):
    folder = tmp_path / "deep" / "result"
    with Store.open(folder, MANIFEST) as store:
        for id in (2, 0, 1):
            store.write_chunk(id, make_rows(5 * id))
        store.write_summary({"done": True})
        assert store.read_rows().equals(make_rows(0, 15))
    viewed = Store.view(folder)
    assert viewed.read_rows().equals(make_rows(0, 15))
    assert viewed.read_summary() == {"done": True}
    assert viewed.finished == {0, 1, 2}
    with pytest.raises(StoreError, match="not open for writing"):
        viewed.write_chunk(3, make_rows(15))
    lines = [json.loads(line) for line in (folder / "chunks.jsonl").read_text().splitlines()]
    assert [line["file"] for line in lines] == [f"rows/chunk-00000{id}.parquet" for id in (2, 0, 1)]
    assert {line["rows"] for line in lines} == {5}
    assert not list(folder.rglob("*.tmp"))
    column = pq.ParquetFile(folder / lines[0]["file"]).metadata.row_group(0).column(0)
    assert column.compression == "ZSTD"


def test_content_hash_ignores_chunk_size_workers_and_order(tmp_path):
    traces = tmp_path / "traces"
    traces.mkdir()
    hashes = set()
    with LocalEngine(2, preload=("pyarrow",)) as local:
        for number, (size, engine) in enumerate([(5, SerialEngine()), (24, local), (1, local)]):
            hashes.add(run_plan(tmp_path / str(number), traces, size, engine))
    with Store.open(tmp_path / "reversed", MANIFEST) as store:
        for chunk in reversed(plan_chunks([(str(traces), i) for i in range(24)], 7)):
            store.write_chunk(chunk.id, lab_jobs.make_table(chunk))
        hashes.add(store.content_sha256())
    assert len(hashes) == 1
    assert run_plan(tmp_path / "shorter", traces, 5, SerialEngine(), total=23) not in hashes


def test_resuming_runs_only_what_is_left(tmp_path):
    traces = tmp_path / "traces"
    traces.mkdir()
    chunks = plan_chunks([(str(traces), i) for i in range(24)], 5)
    with Store.open(tmp_path / "result", MANIFEST) as store:
        for chunk in (chunks[1], chunks[4]):
            store.write_chunk(chunk.id, lab_jobs.make_table(chunk))
    for path in traces.iterdir():
        path.unlink()
    resumed = run_plan(tmp_path / "result", traces, 5, SerialEngine())
    called = sorted(int(path.name.split("-")[1]) for path in traces.iterdir())
    assert called == [0, 2, 3]
    assert resumed == run_plan(tmp_path / "whole", traces, 5, SerialEngine())
    before = len(list(traces.iterdir()))
    run_plan(tmp_path / "result", traces, 5, SerialEngine())
    assert len(list(traces.iterdir())) == before


def truncate(path):
    os.truncate(path, path.stat().st_size // 2)


def flip_a_bit(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 4
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("harm", "word"), [(truncate, "damaged"), (flip_a_bit, "damaged"), (Path.unlink, "missing")]
)
def test_harmed_files_are_found_named_and_made_again(harm, word, tmp_path):
    whole = fill(tmp_path)
    harm(tmp_path / "rows" / "chunk-000002.parquet")
    with pytest.raises(StoreError, match="chunk-000002.parquet"):
        Store.view(tmp_path).read_rows()
    finished, messages = reopen(tmp_path)
    assert finished == {0, 1, 3}
    assert len(messages) == 1
    assert f"chunk-000002.parquet is {word}" in messages[0]
    with Store.open(tmp_path, MANIFEST) as store:
        store.write_chunk(2, make_rows(10))
        assert store.content_sha256() == whole
    assert reopen(tmp_path) == ({0, 1, 2, 3}, [])


def test_page_checksums_find_what_the_journal_does_not(tmp_path):
    """Should the journal be made to agree with a harmed page, Parquet's own checksum speaks."""
    import hashlib

    with Store.open(tmp_path, MANIFEST) as store:
        store.write_chunk(0, make_rows(0, 5_000))
    path = tmp_path / "rows" / "chunk-000000.parquet"
    whole = path.read_bytes()
    journal = tmp_path / "chunks.jsonl"
    entry = json.loads(journal.read_text())
    column = pq.ParquetFile(path).metadata.row_group(0).column(1)
    assert column.total_compressed_size > 12_000
    start = column.dictionary_page_offset
    for position in range(start + 1_000, start + 9_000, 400):
        data = bytearray(whole)
        data[position] ^= 1
        path.write_bytes(data)
        listed = {**entry, "sha256": hashlib.sha256(data).hexdigest()}
        journal.write_text(json.dumps(listed, separators=(",", ":")) + "\n")
        with pytest.raises(StoreError, match="is damaged") as caught:
            Store.view(tmp_path).read_rows()
        assert "CRC" in str(caught.value.__cause__)


@pytest.mark.parametrize("cut", [1, 20])
def test_a_torn_journal_line_costs_one_chunk(cut, tmp_path):
    whole = fill(tmp_path)
    journal = tmp_path / "chunks.jsonl"
    os.truncate(journal, journal.stat().st_size - cut)
    assert Store.view(tmp_path).finished == {0, 1, 2}
    finished, messages = reopen(tmp_path)
    assert (finished, messages) == ({0, 1, 2}, [])
    assert not (tmp_path / "rows" / "chunk-000003.parquet").exists()
    with Store.open(tmp_path, MANIFEST) as store:
        store.write_chunk(3, make_rows(15))
        assert store.content_sha256() == whole
    assert reopen(tmp_path)[0] == {0, 1, 2, 3}


@pytest.mark.parametrize("bad", [b"\xff\xfe", b"[1]", b'{"id":1}', b"{", b""])
def test_a_damaged_journal_line_costs_one_chunk(bad, tmp_path):
    fill(tmp_path)
    journal = tmp_path / "chunks.jsonl"
    lines = journal.read_bytes().split(b"\n")
    journal.write_bytes(b"\n".join([lines[0], bad, *lines[2:]]))
    finished, messages = reopen(tmp_path)
    assert finished == {0, 2, 3}
    assert "line 2 is damaged" in messages[0]


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda path: path.unlink(), "is missing: 4 files of rows are not listed"),
        (lambda path: path.write_bytes(b""), "is damaged: 4 files of rows are not listed"),
        (lambda path: path.write_bytes(bytes(path.stat().st_size)), "is damaged: 4 files of rows are not listed"),
        (lambda path: path.write_bytes(path.read_bytes()[:200]), "is damaged: 3 files of rows are not listed"),
    ],
    ids=["missing", "emptied", "zeros", "truncated"],
)
def test_a_journal_that_lost_its_lines_is_named_and_nothing_unlisted_is_believed(harm, said, tmp_path):
    content = fill(tmp_path)
    harm(tmp_path / "chunks.jsonl")
    told = []
    left = Store.view(tmp_path, told.append).finished
    assert len(told) == 1 and str(tmp_path / "chunks.jsonl") in told[0] and said in told[0]
    finished, messages = reopen(tmp_path)
    assert (finished, messages) == (left, told)
    with Store.open(tmp_path, MANIFEST, report=pytest.fail) as store:
        for id in set(range(4)) - finished:
            store.write_chunk(id, make_rows(5 * id))
        assert store.content_sha256() == content


def test_a_journal_full_of_rubbish_is_told_in_few_lines(tmp_path):
    fill(tmp_path, chunks=9)
    (tmp_path / "chunks.jsonl").write_bytes(b"rubbish\n" * 9)
    finished, messages = reopen(tmp_path)
    assert not finished and len(messages) == 4 and "and 6 more lines of" in messages[-1]


def test_a_file_that_a_killed_command_had_no_time_to_list_is_no_damage(tmp_path):
    fill(tmp_path)
    journal = tmp_path / "chunks.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:3]))
    assert reopen(tmp_path) == (frozenset({0, 1, 2}), [])


def test_one_file_that_a_finished_result_does_not_list_is_damage(tmp_path):
    fill(tmp_path, chunks=1)
    with Store.open(tmp_path, MANIFEST) as store:
        store.write_summary({"chunks": 1})
    (tmp_path / "chunks.jsonl").unlink()
    finished, (said,) = reopen(tmp_path)
    assert not finished and "chunks.jsonl is missing: 1 file of rows is not listed" in said


@pytest.mark.parametrize(
    "harm",
    [lambda text: text[:-1], lambda text: text.replace("  ", " ", 1), lambda text: "", lambda text: text[:150]],
    ids=["last character", "a line", "emptied", "truncated"],
)
def test_a_damaged_list_of_hashes_is_named(harm, tmp_path):
    fill(tmp_path)
    sums = tmp_path / "SHA256SUMS"
    with Store.open(tmp_path, MANIFEST, report=pytest.fail) as store:
        store.write_summary({"chunks": 4})
        assert store.read_summary() == {"chunks": 4}
    sums.write_text(harm(sums.read_text()))
    told = []
    with Store.open(tmp_path, MANIFEST, report=told.append) as store:
        assert store.read_summary() is None
        assert told == [f"{sums} is damaged; summary and figures have to be made again"]
        store.write_summary({"chunks": 4})
        assert store.read_summary() == {"chunks": 4} and len(told) == 1


def test_unlisted_and_half_written_files_are_not_accepted(tmp_path):
    whole = fill(tmp_path)
    (tmp_path / "rows" / "chunk-000009.parquet").write_bytes(b"PAR1")
    (tmp_path / "rows" / ".chunk-000009.parquet.tmp").write_bytes(b"PAR1")
    assert reopen(tmp_path)[0] == {0, 1, 2, 3}
    assert len(list((tmp_path / "rows").iterdir())) == 4
    assert Store.view(tmp_path).content_sha256() == whole


def test_a_second_writer_is_refused(tmp_path):
    code = (
        "import sys; from experiments.store.store import Store, StoreError\n"
        f"try: Store.open({str(tmp_path)!r}, {MANIFEST!r})\n"
        "except StoreError as error: sys.exit(str(error))"
    )
    command = [sys.executable, "-c", code]
    with Store.open(tmp_path, MANIFEST):
        with pytest.raises(StoreError, match=f"in use by process {os.getpid()}"):
            Store.open(tmp_path, MANIFEST)
        other = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert other.returncode == 1
        assert "in use by process" in other.stderr
        assert other.stderr.count("\n") == 1
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def test_other_code_or_configuration_is_refused(tmp_path):
    fill(tmp_path)
    other_code = {**MANIFEST, "source_sha256": "cd"}
    other_seed = {**MANIFEST, "configuration": {"market": {"seed": 2}}}
    with pytest.raises(StoreError, match="another version of the code"):
        Store.open(tmp_path, other_code)
    with pytest.raises(StoreError, match="another setting of market.seed"):
        Store.open(tmp_path, other_seed)
    assert reopen(tmp_path) == ({0, 1, 2, 3}, [])
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(StoreError, match=r"manifest.json is damaged"):
        Store.open(tmp_path, MANIFEST)
    (tmp_path / "manifest.json").unlink()
    with pytest.raises(StoreError, match="no manifest"):
        Store.open(tmp_path, MANIFEST)
    with pytest.raises(StoreError, match="holds no result"):
        Store.view(tmp_path)


def test_tables_must_agree_and_ids_be_unique(tmp_path):
    with Store.open(tmp_path, MANIFEST) as store:
        with pytest.raises(StoreError, match="holds no finished chunk"):
            store.read_rows()
        with pytest.raises(StoreError, match="'id' is missing"):
            store.write_chunk(0, pa.table({"row": [1]}))
        with pytest.raises(StoreError, match="has nulls"):
            store.write_chunk(0, pa.table({"id": [1, None]}))
        store.write_chunk(0, make_rows(0))
    with Store.open(tmp_path, MANIFEST) as store:
        wrong = make_rows(5).set_column(1, "harm", pa.array([1, 2, 3, 4, 5]))
        with pytest.raises(StoreError, match="differ from those of other chunks: harm"):
            store.write_chunk(1, wrong)
        store.write_chunk(1, make_rows(3))
        with pytest.raises(StoreError, match="two rows with one id"):
            store.read_rows()


def test_a_full_disk_leaves_nothing_half_written(tmp_path):
    """A limit on the size of files stops a write in its middle, as a full disk does."""
    fill(tmp_path)
    import random

    generator = random.Random(1)  # noise does not compress
    noise = [generator.random() for _ in range(20_000)]
    large = pa.table({"id": range(20_000), "harm": noise, "name": ["x"] * 20_000})
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Store.open(tmp_path, MANIFEST) as store:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
        try:
            with pytest.raises(
                StoreError, match=r"chunk-000004.parquet.*free some space"
            ) as caught:
                store.write_chunk(4, large)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert "\n" not in str(caught.value)
        assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
        assert store.finished == {0, 1, 2, 3}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_every_failing_write_is_explained_and_undone(code, call, tmp_path, monkeypatch):
    whole = fill(tmp_path)
    with Store.open(tmp_path, MANIFEST) as store:
        real, calls = getattr(os, call), []

        def fail_late(*arguments):
            """Fail in the journal for writes and fsyncs, in the rows for the rename."""
            calls.append(arguments)
            if len(calls) == {"write": 2, "fsync": 3, "replace": 1}[call]:
                raise OSError(code, os.strerror(code))
            return real(*arguments)

        monkeypatch.setattr(os, call, fail_late)
        with pytest.raises(StoreError, match="free some space|can be written to"):
            store.write_chunk(4, make_rows(20))
        monkeypatch.undo()
        assert store.content_sha256() == whole
    assert reopen(tmp_path) == ({0, 1, 2, 3}, [])


def test_a_path_that_cannot_be_a_folder_is_explained(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot write .*file.*choose another folder"):
        Store.open(tmp_path / "file", MANIFEST)


def test_a_summary_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    with Store.open(tmp_path, MANIFEST) as store:
        store.write_summary({"a": 1})
        with pytest.raises(ValueError, match="JSON"):
            store.write_summary({"a": float("nan")})
        monkeypatch.setattr(os, "fsync", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
        with pytest.raises(StoreError, match=r"summary.json: full; free some space"):
            store.write_summary({"a": 2})
        assert store.read_summary() == {"a": 1}
    assert not (tmp_path / ".summary.json.tmp").exists()


THREADS = """
import os, sys
from pathlib import Path
import pyarrow.parquet
from experiments.store.store import Store
before = len(os.listdir("/proc/self/task"))
rows = list(Store.view(Path(sys.argv[1])).stream_rows())
assert sum(table.num_rows for table in rows) == 20
print(len(os.listdir("/proc/self/task")) - before)
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted in /proc")
def test_rows_are_read_without_threads_that_could_outlive_the_interpreter(tmp_path):
    fill(tmp_path)
    done = subprocess.run([sys.executable, "-c", THREADS, str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "0", done.stderr
