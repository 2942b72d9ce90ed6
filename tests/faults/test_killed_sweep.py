"""Workers and parents of a sweep killed at random moments: nothing finished is lost, nothing is run twice or counted twice."""

import os
import random
import signal
import subprocess
import time

import pytest

from tests.faults.drills import IN_FLIGHT, Drill, children_of, is_running, wait_until

NOTICED = 10.0  # seconds from a death to a line about it


def kill_parent(drill: Drill, more: int, delay: float) -> bool:
    """Start or resume, and kill the parent so many chunks and seconds later; False if it had ended before.

    What was finished stays finished and is not begun again, at most the chunks in flight are lost,
    and the workers end.
    """
    before, begun = drill.listed(), drill.begun()
    process = drill.start()
    if more:
        drill.wait_for(len(before) + more, process)
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert wait_until(lambda: not any(map(is_running, drill.workers_seen())), 30), "workers outlive their parent"
    after = drill.listed()
    assert after[: len(before)] == before, "the journal only grows"
    assert len(set(after)) == len(after), "no chunk is listed twice"
    new = drill.begun() - begun
    assert not set(before) & set(new), "a finished chunk is not run again"
    assert len(set(new) - set(after)) <= IN_FLIGHT, "at most the chunks in flight are lost"
    return process.returncode == -signal.SIGKILL


def kill_parents(folder, kills: int, seed: int, undisturbed) -> None:
    """Kill so many parents, one after the other, between start and end; then finish, and compare.

    A moment is some chunks and a fraction of a second after the start: while it starts, while it
    runs and stores, or, if all chunks are stored, while files are put together and the summary is made.
    """
    chance, done = random.Random(seed), 0
    drill = Drill(folder / "first")
    for attempt in range(4 * kills):
        stored = len(drill.listed())
        more = min(chance.choice((0, 1, 2, 5, 9, 13)), undisturbed.chunks - stored)
        done += kill_parent(drill, more, chance.uniform(0.0, 0.06 if more and stored + more < undisturbed.chunks else 1.5))
        if list(drill.folder.glob("sweep/*/summary.json")):
            check_the_end(drill, undisturbed)
            drill = Drill(folder / f"after-{attempt}")
        if done == kills:
            break
    assert done == kills, "the sweep is over before anything can be killed"
    check_the_end(drill, undisturbed)


def check_the_end(drill: Drill, undisturbed) -> None:
    """What a last command leaves, with no more disturbance, is what an undisturbed one leaves."""
    listed = drill.listed()
    resumed, _ = drill.finish()
    assert resumed == undisturbed.summary and drill.content() == undisturbed.summary["rows_sha256"]
    assert sorted(drill.listed()) == list(range(undisturbed.chunks)) and drill.listed()[: len(listed)] == listed


@pytest.mark.slow
def test_parents_killed_at_random_moments(undisturbed_sweep, tmp_path):
    kill_parents(tmp_path, 2, 1, undisturbed_sweep)


@pytest.mark.full
def test_many_parents_killed_at_random_moments(undisturbed_sweep, tmp_path):
    kill_parents(tmp_path, 20, 2, undisturbed_sweep)


def kill_workers(folder, kills: int, seed: int, undisturbed) -> int:
    """Run the sweep and kill a worker now and then, as many as can be; each death is told in time. How many were killed."""
    chance, drill = random.Random(seed), Drill(folder)
    killed: list[int] = []
    process = drill.start()
    while len(killed) < kills and len(drill.listed()) < undisturbed.chunks - IN_FLIGHT - 2 * kills:
        if not wait_until(lambda: at_work(process.pid, drill, killed), 60, process):
            break
        time.sleep(chance.uniform(0.0, 0.2))
        candidates = at_work(process.pid, drill, killed)
        if candidates:
            killed.append(chance.choice(candidates))
            wait_for_notice(drill, process, killed[-1])
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0 and "Traceback" not in err, err
    assert drill.content() == undisturbed.summary["rows_sha256"]
    assert sorted(drill.listed()) == list(range(undisturbed.chunks)), "every chunk is stored, once"
    in_vain = drill.begun().total() - undisturbed.chunks
    assert in_vain <= 2 * len(killed), "only the two chunks that a worker can have are begun again"
    return len(killed)


def wait_for_notice(drill: Drill, process: subprocess.Popen, worker: int) -> None:
    """Kill a worker that has a chunk; the log says so within ten seconds."""
    before = deaths_told(drill)
    os.kill(worker, signal.SIGKILL)
    began = time.monotonic()
    assert wait_until(lambda: deaths_told(drill) > before, NOTICED, process), "a death goes unnoticed"
    assert time.monotonic() - began < NOTICED


def at_work(parent: int, drill: Drill, killed: list[int]) -> list[int]:
    """Workers that have begun a chunk and are alive."""
    return sorted(set(children_of(parent)) & drill.workers_seen() - set(killed))


def deaths_told(drill: Drill) -> int:
    """Lines of the log about deaths, one for each chunk that was at a dead worker."""
    path = next(iter(drill.folder.glob("sweep/*/progress.log")), None)
    return sum("a worker died" in line for line in (path.read_text().splitlines() if path else ()))


@pytest.mark.slow
def test_workers_killed_at_random_moments(undisturbed_sweep, tmp_path):
    assert kill_workers(tmp_path, 3, 3, undisturbed_sweep) >= 1


@pytest.mark.full
def test_many_workers_killed_at_random_moments(undisturbed_sweep, tmp_path):
    number, killed = 0, 0
    while killed < 20:
        number += 1
        assert number <= 40, "hardly a worker is ever killed"
        killed += kill_workers(tmp_path / str(number), 5, 10 + number, undisturbed_sweep)
