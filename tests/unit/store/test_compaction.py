"""Small files put together: the same rows, fewer files, and nothing lost when it is interrupted or damaged."""

import pyarrow as pa
import pytest

from experiments.store.files import StoreError
from experiments.store.store import Store

MANIFEST = {"command": "sweep", "configuration": {}, "source_sha256": "x", "data_sha256": {}}
CHUNKS = 10


def table(chunk):
    return pa.table({"id": [chunk * 3 + i for i in range(3)], "value": [chunk + i / 7 for i in range(3)]})


@pytest.fixture
def full(tmp_path):
    with Store.open(tmp_path, MANIFEST) as store:
        for chunk in reversed(range(CHUNKS)):
            store.write_chunk(chunk, table(chunk))
        yield store


def reopen(folder):
    said = []
    with Store.open(folder, MANIFEST, report=said.append) as store:
        return store, said


def test_rows_stay_and_files_become_few(full, tmp_path):
    before = full.content_sha256()
    assert full.count_files() == CHUNKS
    full.compact(rows_a_file=12)
    assert full.count_files() == 3 == len(list((tmp_path / "rows").iterdir()))
    assert full.content_sha256() == before and full.finished == frozenset(range(CHUNKS))
    full.close()
    again, said = reopen(tmp_path)
    assert said == [] and again.finished == frozenset(range(CHUNKS)) and again.content_sha256() == before
    assert Store.view(tmp_path).content_sha256() == before


def test_what_is_large_enough_stays(full, tmp_path):
    full.compact(rows_a_file=3)
    assert full.count_files() == CHUNKS and not (tmp_path / "parts.json").exists()


@pytest.mark.parametrize("damage", ["flip", "truncate", "remove"])
def test_a_damaged_part_is_found_and_its_chunks_are_made_again(damage, full, tmp_path):
    before = full.content_sha256()
    full.compact(rows_a_file=12)
    full.close()
    part = sorted((tmp_path / "rows").iterdir())[0]
    data = bytearray(part.read_bytes())
    if damage == "flip":
        data[len(data) // 2] ^= 1
        part.write_bytes(data)
    elif damage == "truncate":
        part.write_bytes(data[:-20])
    else:
        part.unlink()
    with pytest.raises(StoreError, match=part.name):
        Store.view(tmp_path).read_rows()
    said = []
    with Store.open(tmp_path, MANIFEST, report=said.append) as store:
        assert store.finished == frozenset(range(4, CHUNKS)) and len(said) == 1 and part.name in said[0]
        for chunk in range(4):
            store.write_chunk(chunk, table(chunk))
        assert store.content_sha256() == before
    again, said = reopen(tmp_path)
    assert said == [] and again.content_sha256() == before
    with Store.open(tmp_path, MANIFEST) as store:
        store.compact(rows_a_file=12)
        assert store.count_files() == 3 and store.content_sha256() == before


@pytest.mark.parametrize("call", range(12))
def test_interrupted_at_any_write_nothing_is_lost(call, full, tmp_path, monkeypatch):
    """The disk refuses at the n-th flush; what was finished is finished, once."""
    import os

    before, calls, fsync = full.content_sha256(), iter(range(100)), os.fsync

    def fail_late(descriptor):
        if next(calls) == call:
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail_late)
        try:
            full.compact(rows_a_file=12)
        except StoreError as error:
            assert "space" in str(error)
    full.close()
    again, said = reopen(tmp_path)
    assert said == [] and again.finished == frozenset(range(CHUNKS)) and again.content_sha256() == before
