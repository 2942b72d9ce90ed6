"""A disk full or read-only, at any write: one clear line, nothing corrupt is accepted, and it goes on when there is room."""

import contextlib
import errno
import itertools
import json
import os
import shutil
import subprocess
from concurrent.futures import Future

import pyarrow as pa
import pytest

from experiments.execution.chunks import Chunk
from experiments.execution.engine import EngineFailure
from experiments.execution.local_engine import _call_in_worker, _hand_over
from experiments.store.checksums import find_changed, read_sums
from experiments.store.shards import merge_results
from experiments.store.store import Store, StoreError, StoreFailure
from tests.faults.failing_disk import FailingDisk
from tests.sweep_worlds import SWEEP, say

MANIFEST = {"command": "sweep", "configuration": {}, "source_sha256": "x", "data_sha256": {}}
CHUNKS = 6
REMEDIES = {errno.ENOSPC: "free some space", errno.EROFS: "choose a folder that can be written to"}
KINDS = [(errno.ENOSPC, False), (errno.ENOSPC, True), (errno.EROFS, False)]
kinds = pytest.mark.parametrize(("code", "once"), KINDS, ids=["full", "full for a moment", "read-only"])


def table(chunk):
    return pa.table({"id": [chunk * 3 + i for i in range(3)], "value": [chunk + i / 7 for i in range(3)]})


def work(folder, stored=None):
    """A whole result: chunks, files put together, summary; its content hash. What is stored is noted."""
    with Store.open(folder, MANIFEST) as store:
        for chunk in range(CHUNKS):
            if chunk not in store.finished:
                store.write_chunk(chunk, table(chunk))
                if stored is not None:
                    stored.append(chunk)
        store.compact(rows_a_file=7)
        store.write_summary({"chunks": CHUNKS})
        return store.content_sha256()


def is_whole(folder):
    """Nothing is left over, and every file is as the list of hashes says."""
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    sums = read_sums(folder)
    return find_changed(folder, sums) == [] and names - sums.keys() <= {".lock", "SHA256SUMS", "progress.log"}


@pytest.mark.slow
@kinds
def test_a_store_at_every_change_of_the_disk(code, once, tmp_path):
    """Each change in turn is the first to fail; afterwards what was stored is stored, and the rest can be made."""
    expected = work(tmp_path / "whole")
    for at in itertools.count(1):
        folder, stored = tmp_path / str(at), []
        with FailingDisk(folder, code, at, once).inserted() as disk:
            try:
                work(folder, stored)
            except StoreFailure as failure:
                assert REMEDIES[code] in str(failure) and str(folder) in str(failure) and "\n" not in str(failure)
        if (folder / "manifest.json").exists():
            assert Store.view(folder, pytest.fail).finished >= set(stored), "what was stored is stored"
        assert work(folder) == expected and is_whole(folder), disk.failed
        assert Store.view(folder, pytest.fail).read_summary() == {"chunks": CHUNKS}
        if not disk.failed:
            break
        shutil.rmtree(folder)
    assert at > 60, "a change of the disk was not counted"


@kinds
def test_a_merge_at_every_change_of_the_disk(code, once, tmp_path):
    expected = work(tmp_path / "whole")
    shards = []
    for number in (1, 2):
        manifest = MANIFEST | {"plan": {"chunks": CHUNKS}, "shard": f"{number}/2"}
        with Store.open(tmp_path / f"shard-{number}", manifest) as store:
            for chunk in range(number - 1, CHUNKS, 2):
                store.write_chunk(chunk, table(chunk))
            if number == 2:
                store.compact(rows_a_file=7)
        shards.append(store.folder)
    for at in itertools.count(1):
        into = tmp_path / f"merged-{at}"
        with FailingDisk(into, code, at, once).inserted() as disk:
            with contextlib.suppress(StoreFailure):
                merge_results(shards, into)
        assert merge_results(shards, into).content_sha256 == expected, disk.failed
        if not disk.failed:
            break
    assert at > 30


@pytest.fixture(scope="module")
def chunks_of_two_runs():
    """Six chunks for the tiny sweep of twelve rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("experiments.sweeps.plan.estimate_seconds", lambda parameters: 0.5)
        yield


@pytest.fixture(scope="module")
def undisturbed(chunks_of_two_runs, tmp_path_factory):
    """The sweep on a sound disk: its summary, and how many changes of the disk it takes by kind of failure."""
    from experiments.cli import main

    counts = {}
    for code in REMEDIES:
        folder = tmp_path_factory.mktemp("sound")
        with FailingDisk(folder, code, float("inf")).inserted() as disk:
            assert main([*SWEEP, "--output", str(folder)]) == 0
        counts[code] = disk.changes
    (result,) = (folder / "sweep").iterdir()
    return json.loads((result / "summary.json").read_text()), counts


def fail_and_resume(capsys, folder, code, once, at, undisturbed):
    """The command on a disk that fails at a change says so in one line; on a sound one it goes on to the same end."""
    with FailingDisk(folder, code, at, once).inserted() as disk:
        status, out, err = say(capsys, *SWEEP, "--output", str(folder))
    assert disk.failed
    complaints = [line for line in err.splitlines() if line.startswith("plansim: ")]
    if status:  # what is lost with progress.log stops nobody
        assert status == 1 and out == "" and "Traceback" not in err
        assert len(complaints) == 1 and REMEDIES[code] in complaints[0] and str(folder) in complaints[0]
        assert err.splitlines()[-1] == complaints[0]
    else:
        assert complaints == [] and all("progress.log" in failure for failure in disk.failed)
    return resume(capsys, folder, undisturbed)


def resume(capsys, folder, undisturbed):
    """Go on where there is room: the summary and the rows are those of an undisturbed sweep."""
    status, out, err = say(capsys, *SWEEP, "--output", str(folder), "--json")
    assert status == 0 and json.loads(out) == undisturbed[0], err
    (result,) = (folder / "sweep").iterdir()
    assert Store.view(result, pytest.fail).content_sha256() == undisturbed[0]["rows_sha256"] and is_whole(result)
    return result


@pytest.mark.slow
@kinds
def test_a_sweep_at_some_changes_of_the_disk(code, once, undisturbed, tmp_path, capsys):
    number = undisturbed[1][code]
    for at in sorted({1, 2, 3, number - 4, number - 1, number, *range(4 + once, number, 17)}):
        fail_and_resume(capsys, tmp_path / str(at), code, once, at, undisturbed)


@pytest.mark.full
@kinds
def test_a_sweep_at_every_change_of_the_disk(code, once, undisturbed, tmp_path, capsys):
    for at in range(1, undisturbed[1][code] + 1):
        fail_and_resume(capsys, tmp_path / str(at), code, once, at, undisturbed)
        shutil.rmtree(tmp_path / str(at))


@contextlib.contextmanager
def mounted(folder, size):
    """A disk of this size at the folder; the test is passed over where none may be mounted."""
    folder.mkdir(exist_ok=True)
    try:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, text=True)
    except OSError as error:
        pytest.skip(f"no disk can be mounted here: {error}")
    if done.returncode:
        pytest.skip(f"no disk may be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def remount(folder, options):
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True, capture_output=True)


def fill_and_make_room(capsys, folder, kilobytes, undisturbed):
    """The sweep on a disk that is too small, then on the same disk made larger; whether it was too small."""
    with mounted(folder, f"{kilobytes}k"):
        status, out, err = say(capsys, *SWEEP, "--output", str(folder))
        complaints = [line for line in err.splitlines() if line.startswith("plansim: ")]
        if status:
            assert (status, out) == (1, "") and "Traceback" not in err
            assert len(complaints) == 1 and "no space left on device; free some space" in complaints[0]
            again, _, err = say(capsys, *SWEEP, "--output", str(folder))
            assert again in (0, 1) and "Traceback" not in err, "without more room it says so again"
        remount(folder, "size=16m")
        resume(capsys, folder, undisturbed)
    return status != 0


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES])
def test_a_finished_result_is_reprinted_where_nothing_can_be_written(code, undisturbed, tmp_path, capsys):
    status, out, _ = say(capsys, *SWEEP, "--output", str(tmp_path), "--json")
    (result,) = (tmp_path / "sweep").iterdir()
    before = {path: path.read_bytes() for path in result.rglob("*") if path.is_file()}
    with FailingDisk(tmp_path, code, 1).inserted() as disk:
        assert say(capsys, *SWEEP, "--output", str(tmp_path), "--json") == (0, out, "") and disk.failed
        status, again, err = say(capsys, *SWEEP, "--again", "--output", str(tmp_path))
        assert (status, again) == (1, "") and os.strerror(code).lower() in err and len(err.splitlines()) == 1
        with pytest.raises(StoreError, match="another configuration|another version"):
            Store.open(result, MANIFEST)
    assert {path: path.read_bytes() for path in result.rglob("*") if path.is_file()} == before
    damaged = result / "report.html"
    damaged.write_bytes(b"")
    with FailingDisk(tmp_path, code, 1).inserted():
        status, again, err = say(capsys, *SWEEP, "--output", str(tmp_path), "--json")
    assert (status, again) == (1, "") and "choose a folder that can be written to" in err and len(err.splitlines()) == 1


def test_only_chunks_that_there_are_are_said_to_be_kept(tmp_path):
    def fail(at):
        with FailingDisk(tmp_path, errno.ENOSPC, at).inserted(), pytest.raises(StoreFailure) as caught:
            work(tmp_path / "result")
        return str(caught.value)

    assert fail(1).endswith("free some space and start again") and fail(8).endswith("free some space and start again")
    with Store.open(tmp_path / "result", MANIFEST) as store:
        store.write_chunk(0, table(0))
    assert fail(1).endswith("start again, finished chunks are kept")


@pytest.mark.slow
def test_small_disks_that_are_made_larger(undisturbed, tmp_path, capsys):
    failed = [fill_and_make_room(capsys, tmp_path / str(size), size, undisturbed) for size in (4, 16, 48, 80, 4_000)]
    assert failed[:3] == [True] * 3 and not failed[-1]


@pytest.mark.full
def test_disks_of_all_small_sizes_that_are_made_larger(undisturbed, tmp_path, capsys):
    failed = [fill_and_make_room(capsys, tmp_path / str(size), size, undisturbed) for size in range(4, 200, 4)]
    assert 10 < sum(failed) < len(failed) and failed == sorted(failed, reverse=True), "more room never does harm"


@pytest.mark.slow
def test_a_disk_that_becomes_read_only(undisturbed, tmp_path, capsys, monkeypatch):
    """Nothing can be begun on it; what is there can be shown, and goes on when the disk can be written to again."""
    with mounted(tmp_path / "disk", "16m") as folder:
        remount(folder, "ro")
        status, out, err = say(capsys, *SWEEP, "--output", str(folder))
        assert (status, out) == (1, "") and "read-only file system; choose a folder that can be written to" in err
        remount(folder, "rw")

        import experiments.commands.sweep as command

        run, calls = command.run_sweep_chunk, []

        def stop_at_the_fourth(chunk):
            calls.append(chunk.id)
            if len(calls) == 4:
                raise KeyboardInterrupt
            return run(chunk)

        with monkeypatch.context() as patch:
            patch.setattr(command, "run_sweep_chunk", stop_at_the_fourth)
            assert say(capsys, *SWEEP, "--output", str(folder))[0] == 130
        remount(folder, "ro")
        status, out, err = say(capsys, *SWEEP, "--output", str(folder))
        assert (status, out) == (1, "") and "read-only file system" in err and len(err.splitlines()) == 1
        (result,) = (folder / "sweep").iterdir()
        status, out, err = say(capsys, "show", str(result))
        assert (status, err) == (0, "") and "3 of 6 chunks are finished" in out
        remount(folder, "rw")
        resume(capsys, folder, undisturbed)


@pytest.mark.usefixtures("painted")
@pytest.mark.slow
def test_figures_need_room_too(tmp_path, capsys):
    """A disk that has room for the rows and not for the figures: they are made when there is more."""
    words = [*SWEEP, "sweep.factors.policy.levers.venue_inspection.intensity=[0.0,40.0]"]
    assert say(capsys, *words, "--output", str(tmp_path / "sound"))[0] == 0
    (sound,) = (tmp_path / "sound" / "sweep").iterdir()
    figures = {path.name for path in sound.iterdir() if path.suffix in (".png", ".svg")}
    assert len(figures) >= 4
    before = sum(-(-path.stat().st_size // 4096) * 4 for path in sound.rglob("*") if path.is_file() and path.suffix != ".svg")
    with mounted(tmp_path / "disk", f"{before}k") as folder:
        status, out, err = say(capsys, *words, "--output", str(folder))
        assert (status, out) == (1, "") and "no space left on device; free some space" in err and "Traceback" not in err
        (result,) = (folder / "sweep").iterdir()
        assert Store.view(result, pytest.fail).content_sha256() == Store.view(sound).content_sha256()
        assert not (result / "summary.json").exists()
        remount(folder, "size=16m")
        assert say(capsys, *words, "--output", str(folder))[0] == 0
        assert figures <= {path.name for path in result.iterdir()} and is_whole(result)
        assert (result / "summary.json").read_bytes() == (sound / "summary.json").read_bytes()


def test_a_result_of_workers_that_finds_no_room_fails_no_run(tmp_path):
    """Workers hand large results over in the temporary folder; if that is full, it is nobody's fault that a row could tell."""
    with FailingDisk(tmp_path, errno.ENOSPC, 1).inserted():
        with pytest.raises(EngineFailure, match="no space left on device; free some space there, or set TMPDIR"):
            _call_in_worker(lambda chunk: bytes(10_000), Chunk(0, ()), str(tmp_path / "spool"))
    done, outer = Future(), Future()
    done.set_result((None, tmp_path / "spool" / "gone"))
    _hand_over(outer, done)
    assert isinstance(outer.exception(), EngineFailure)


def test_a_path_that_is_no_folder_is_a_mistake(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    status, out, err = say(capsys, *SWEEP, "--output", str(tmp_path / "file"))
    assert (status, out) == (2, "") and "choose another folder" in err and len(err.splitlines()) == 1
    with pytest.raises(StoreError) as caught:
        Store.open(tmp_path / ("x" * 300), MANIFEST)
    assert not isinstance(caught.value, StoreFailure) and os.strerror(errno.ENAMETOOLONG).lower() in str(caught.value)
