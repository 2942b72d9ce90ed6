"""Ctrl-C, SIGTERM, a second parent and another version of the code: a sweep ends as it would have without them."""

import json
import os
import random
import signal
import subprocess
from pathlib import Path

import pytest

from experiments.store import provenance
from experiments.store.files import read_sealed, write_sealed
from experiments.store.store import Store
from tests.faults.drills import IN_FLIGHT, Drill, is_running, wait_until
from tests.sweep_worlds import SWEEP, say

TO_THE_GROUP = (signal.SIGINT, True)  # as a terminal does it; the workers get it too
TO_ALL = (signal.SIGTERM, True)  # as batch systems do it
TO_THE_PARENT = (signal.SIGTERM, False)  # as `kill` does it


def stop(process: subprocess.Popen, how: tuple) -> tuple[int, str]:
    """Send a signal and wait for the end, which must come soon: status and standard error."""
    number, to_all = how
    os.killpg(process.pid, number) if to_all else os.kill(process.pid, number)
    _, err = process.communicate(timeout=60)
    return process.returncode, err


def check_the_stop(drill: Drill, status: int, err: str) -> None:
    """Exit status 130 and a last line that says how to go on; no traceback, no worker left."""
    assert status == 130, err
    assert err.strip().splitlines()[-1] == "plansim: interrupted; the same command goes on where it stopped"
    assert "Traceback" not in err and "Exception ignored" not in err, err
    assert wait_until(lambda: not any(map(is_running, drill.workers_seen())), 10)
    assert len(drill.listed()) == len(set(drill.listed()))


@pytest.mark.slow
@pytest.mark.parametrize("how", [TO_THE_GROUP, TO_ALL], ids=["Ctrl-C", "SIGTERM"])
def test_stopped_in_mid_run_it_goes_on(how, undisturbed_sweep, tmp_path):
    drill = Drill(tmp_path)
    process = drill.start()
    assert drill.wait_for(3, process)
    status, err = stop(process, how)
    check_the_stop(drill, status, err)
    stored, begun = drill.listed(), drill.begun()
    assert 2 <= len(stored) < undisturbed_sweep.chunks, "the line that is being written may be taken back"
    assert len(set(begun) - set(stored)) <= IN_FLIGHT, "at most the chunks in flight are lost"
    summary, _ = drill.finish()
    assert summary == undisturbed_sweep.summary and drill.content() == summary["rows_sha256"]
    assert not set(stored) & set(drill.begun() - begun), "a finished chunk is not run again"
    assert sorted(drill.listed()) == list(range(undisturbed_sweep.chunks))


@pytest.mark.full
def test_stopped_at_random_moments(undisturbed_sweep, tmp_path):
    """At any moment: while it imports and plans, starts workers, runs, puts files together or makes the summary."""
    chance, stopped, number = random.Random(4), 0, 0
    drill = Drill(tmp_path / "0")
    while stopped < 20:
        number += 1
        assert number <= 80, "the sweep is over before anything can be stopped"
        process = drill.start()
        assert drill.has_started(process)
        drill.wait_for(min(len(drill.listed()) + chance.choice((0, 0, 1, 3, 9, 40)), undisturbed_sweep.chunks), process)
        wait_until(lambda: False, chance.uniform(0.0, 1.2), process)
        if process.poll() is None:
            status, err = stop(process, chance.choice([TO_THE_GROUP, TO_ALL, TO_THE_PARENT]))
            assert status in (0, 130), err
            if status:
                check_the_stop(drill, status, err)
                stopped += 1
        process.communicate()
        if list(drill.folder.glob("sweep/*/summary.json")):
            summary, _ = drill.finish()
            assert summary == undisturbed_sweep.summary and drill.content() == summary["rows_sha256"]
            assert max(drill.begun().values()) <= 1 + number
            drill = Drill(tmp_path / str(number))
    assert drill.finish()[0] == undisturbed_sweep.summary


@pytest.mark.slow
def test_a_second_parent_is_refused_and_the_first_ends_undisturbed(undisturbed_sweep, tmp_path):
    drill = Drill(tmp_path)
    first = drill.start()
    assert drill.wait_for(1, first)
    os.kill(first.pid, signal.SIGSTOP)  # so that it is at it for as long as the second takes
    second = drill.start("engine.workers=1")
    out, err = second.communicate(timeout=120)
    os.kill(first.pid, signal.SIGCONT)
    assert (second.returncode, out) == (2, "")
    assert err == f"plansim: {drill.result} is in use by process {first.pid}: wait for it, or choose another folder\n"
    out, err = first.communicate(timeout=300)
    assert first.returncode == 0 and json.loads(out) == undisturbed_sweep.summary
    assert set(drill.begun().values()) == {1} and drill.content() == undisturbed_sweep.summary["rows_sha256"]


@pytest.mark.slow
def test_of_parents_that_start_together_one_does_the_work(undisturbed_sweep, tmp_path):
    drill = Drill(tmp_path)
    parents = [drill.start() for _ in range(4)]
    ended = [(parent.communicate(timeout=300), parent.returncode) for parent in parents]
    assert 0 in (status for _, status in ended)
    for (out, err), status in ended:  # who comes when the first has ended reprints its summary
        assert status in (0, 2), err
        assert json.loads(out) == undisturbed_sweep.summary if status == 0 else "is in use by process" in err
    assert set(drill.begun().values()) == {1} and drill.content() == undisturbed_sweep.summary["rows_sha256"]


@pytest.fixture
def begun_by_other_code(tmp_path, capsys, monkeypatch):
    """A result that another version of the code has begun, in the folder that this version takes for its own."""
    import experiments.commands.sweep as command

    monkeypatch.setattr("experiments.sweeps.plan.estimate_seconds", lambda parameters: 0.5)
    run, calls = command.run_sweep_chunk, []

    def stop_at_the_third(chunk):
        calls.append(chunk.id)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return run(chunk)

    with monkeypatch.context() as patch:
        patch.setattr(command, "run_sweep_chunk", stop_at_the_third)
        assert say(capsys, *SWEEP, "--output", str(tmp_path))[0] == 130
    (folder,) = (tmp_path / "sweep").iterdir()
    manifest = folder / "manifest.json"
    write_sealed(manifest, read_sealed(manifest) | {"source_sha256": "0" * 64})
    return folder


def everything(folder: Path) -> dict:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".lock"}


def test_results_of_another_version_of_the_code_are_not_mixed_in(begun_by_other_code, tmp_path, capsys):
    before = everything(begun_by_other_code)
    status, out, err = say(capsys, *SWEEP, "--output", str(tmp_path))
    said = f"plansim: {begun_by_other_code} holds results of another version of the code: choose another folder or remove it\n"
    assert (status, out, err) == (2, "", said)
    assert everything(begun_by_other_code) == before
    status, out, _ = say(capsys, "show", str(begun_by_other_code))
    assert status == 0 and "2 of 6 chunks are finished" in out, "what is there can still be read"


def test_another_version_of_the_code_begins_a_result_of_its_own(begun_by_other_code, tmp_path, capsys, monkeypatch):
    before = everything(begun_by_other_code)
    monkeypatch.setattr(provenance, "source_hash", lambda: "1" * 64)
    status, out, _ = say(capsys, *SWEEP, "--output", str(tmp_path))
    folder = Path(out.strip().splitlines()[-1].removeprefix("Result: "))
    assert status == 0 and folder != begun_by_other_code and Store.view(folder).read_rows().num_rows == 12
    assert everything(begun_by_other_code) == before
