"""What a result says of its own files: sealed, listed, counted; a single wrong character is noticed."""

import json
import shutil
import subprocess

import pyarrow as pa
import pytest

from experiments.store.checksums import find_changed, read_sums
from experiments.store.files import StoreError, StoreFailure, read_sealed, write_sealed
from experiments.store.store import Store

MANIFEST = {"command": "sweep", "configuration": {"market": {"seed": 1}}, "source_sha256": "ab"}


def rows(chunk):
    return pa.table({"id": [chunk * 2, chunk * 2 + 1], "harm": [chunk / 3, chunk / 7]})


@pytest.fixture
def finished(tmp_path):
    with Store.open(tmp_path, MANIFEST) as store:
        for chunk in range(4):
            store.write_chunk(chunk, rows(chunk))
        (tmp_path / "figure.svg").write_text("<svg/>")
        (tmp_path / "progress.log").write_text("runs: 4/4\n")
        (tmp_path / "inner" / "rows").mkdir(parents=True)
        (tmp_path / "inner" / "rows" / "x.parquet").write_bytes(b"rows of a result inside")
        store.write_summary({"chunks": 4})
    return tmp_path


def reopened(folder):
    """The summary of a store that is opened to go on, and what it said."""
    said = []
    with Store.open(folder, MANIFEST, report=said.append) as store:
        return store.read_summary(), said


def test_a_sealed_file_is_read_as_it_was_written_or_not_at_all(tmp_path):
    path, value = tmp_path / "a.json", {"b": [1, 2.5, None], "a": "é", "c": {"d": True}}
    write_sealed(path, value)
    assert read_sealed(path) == value and list(read_sealed(path)) == ["b", "a", "c"]
    write_sealed(path, read_sealed(path))
    whole = path.read_bytes()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(StoreFailure, match="a.json is damaged: put a copy of it back"):
            read_sealed(path)
    path.write_text(json.dumps(value))
    with pytest.raises(StoreFailure, match="a.json is damaged"):
        read_sealed(path)


def test_the_list_is_one_that_everybody_can_check(finished):
    if shutil.which("sha256sum"):
        done = subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=finished, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    sums = read_sums(finished)
    listed = {path.relative_to(finished).as_posix() for path in finished.rglob("*") if path.is_file()}
    assert set(sums) == listed - {".lock", "progress.log", "SHA256SUMS"}
    assert list(sums)[-1] == "summary.json" and find_changed(finished, sums) == []
    (finished / "figure.svg").unlink()
    (finished / "manifest.json").write_text("{}")
    assert find_changed(finished, sums) == [("figure.svg", "missing"), ("manifest.json", "damaged")]


def test_a_summary_is_believed_while_all_is_as_listed(finished):
    assert reopened(finished) == ({"chunks": 4}, [])
    for name in ("figure.svg", "summary.json", "inner/rows/x.parquet"):
        whole = (finished / name).read_bytes()
        (finished / name).write_bytes(whole + b" ")
        assert reopened(finished) == (None, [f"{finished / name} is damaged; summary and figures have to be made again"])
        (finished / name).unlink()
        assert reopened(finished)[0] is None
        (finished / name).write_bytes(whole)
        assert reopened(finished) == ({"chunks": 4}, [])


def test_whoever_only_looks_needs_the_summary_alone(finished):
    (finished / "figure.svg").unlink()
    assert Store.view(finished).read_summary() == {"chunks": 4}
    (finished / "SHA256SUMS").unlink()
    assert Store.view(finished).read_summary() is None, "who wrote it did not come to the end"


def test_a_summary_is_not_believed_when_rows_are_made_again(finished):
    (finished / "rows" / "chunk-000002.parquet").unlink()
    with Store.open(finished, MANIFEST, report=lambda said: None) as store:
        assert store.finished == {0, 1, 3} and store.read_summary() is None
        store.write_chunk(2, rows(2))
        assert store.read_summary() is None
        store.write_summary({"chunks": 4})
        assert store.read_summary() == {"chunks": 4}


@pytest.mark.parametrize(
    "change", [("rows", 3), ("sha256", "0" * 64), ("file", "rows/chunk-000001.parquet"), ("id", 1), ("id", "2")]
)
def test_a_line_of_the_journal_that_is_not_true_costs_its_chunk(change, finished):
    journal = finished / "chunks.jsonl"
    lines = journal.read_text().splitlines()
    lines[2] = json.dumps(json.loads(lines[2]) | dict([change]), separators=(",", ":"))
    journal.write_text("\n".join(lines) + "\n")
    said = []
    with Store.open(finished, MANIFEST, report=said.append) as store:
        assert store.finished == {0, 1, 3} and len(said) == 1
        store.write_chunk(2, rows(2))
        assert store.read_rows().num_rows == 8
    assert sorted(json.loads(line)["id"] for line in journal.read_text().splitlines()) == [0, 1, 2, 3]
    assert reopened(finished)[1] == []


def test_of_many_damaged_files_a_few_are_named(tmp_path):
    with Store.open(tmp_path, MANIFEST) as store:
        for chunk in range(9):
            store.write_chunk(chunk, rows(chunk))
    for path in (tmp_path / "rows").iterdir():
        path.write_bytes(b"")
    said = []
    with Store.open(tmp_path, MANIFEST, report=said.append) as store:
        assert not store.finished
    assert len(said) == 4 and said[-1].startswith("and 6 more files")


def test_a_chunk_is_stored_once(finished):
    with Store.open(finished, MANIFEST) as store:
        with pytest.raises(StoreError, match="chunk 1 of .* is finished already"):
            store.write_chunk(1, rows(1))
        store.compact(100)
        with pytest.raises(StoreError, match="chunk 1 of .* is finished already"):
            store.write_chunk(1, rows(1))
        assert store.read_rows().num_rows == 8


def test_ctrl_c_when_the_line_is_on_disk_keeps_the_file(finished, monkeypatch):
    """Whatever the moment, a listed chunk has its file, and a file has its line."""
    import experiments.store.store as module

    append = module.append_to_journal

    def append_and_stop(folder, entry):
        append(folder, entry)
        raise KeyboardInterrupt

    with Store.open(finished, MANIFEST) as store:
        monkeypatch.setattr(module, "append_to_journal", append_and_stop)
        with pytest.raises(KeyboardInterrupt):
            store.write_chunk(4, rows(4))
        monkeypatch.undo()
    assert reopened(finished)[1] == [] and Store.view(finished).finished == set(range(5))
