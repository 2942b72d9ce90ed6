"""Engines lose no chunk: not to a dead worker, not to an exception, not to Ctrl-C."""

import os
import pickle
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import BrokenExecutor, Future
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # workers inherit the path and find lab_jobs by it
import lab_jobs

from experiments.execution.chunks import Chunk
from experiments.execution.engine import (
    EngineError,
    EngineFailure,
    LazyEngine,
    LocalEngine,
    SerialEngine,
    check_engine,
    open_engine,
    run_chunks,
)
from experiments.execution.local_engine import _call_in_worker
from tests.worlds import hear_ctrl_c

ROOT = Path(__file__).resolve().parents[3]


def make_chunks(folder, count, first=0):
    return [Chunk(id, (str(folder),)) for id in range(first, first + count)]


def count_calls(folder, id):
    return len(list(Path(folder).glob(f"call-{id}-*")))


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture(scope="module")
def engine():
    with LocalEngine(2, preload=("colorsys", "no_such_module")) as engine:
        yield engine


@pytest.mark.parametrize("kind", ["serial", "local"])
def test_every_result_arrives_once(kind, engine, tmp_path):
    engine = SerialEngine() if kind == "serial" else engine
    results, tasks = [], []
    chunks = make_chunks(tmp_path, 20)
    report = run_chunks(
        engine,
        lab_jobs.double,
        iter(chunks),
        lambda chunk, result: results.append((chunk.id, result)),
        tasks.append,
    )
    assert sorted(results) == [(id, 2 * id) for id in range(20)]
    assert (report.done, report.failed, sum(tasks)) == (20, (), 20)


def test_an_empty_plan_is_done_at_once(engine):
    assert run_chunks(engine, lab_jobs.double, [], print).done == 0


def test_no_more_than_two_chunks_a_worker_are_in_flight(engine, tmp_path):
    drawn, settled = [], []

    def draw():
        for chunk in make_chunks(tmp_path, 12):
            drawn.append(chunk.id)
            assert len(drawn) - len(settled) <= 2 * engine.workers + 1
            yield chunk

    run_chunks(engine, lab_jobs.double, draw(), lambda chunk, result: settled.append(chunk.id))
    assert len(settled) == 12


def test_serial_results_are_kept_before_the_next_chunk_starts(tmp_path):
    calls_seen = []
    run_chunks(
        SerialEngine(),
        lab_jobs.double,
        make_chunks(tmp_path, 3),
        lambda chunk, result: calls_seen.append(len(list(tmp_path.iterdir()))),
    )
    assert calls_seen == [1, 2, 3]


def test_workers_have_one_thread_ignore_interrupts_and_preload(engine, tmp_path):
    before = dict(os.environ)
    seen = []
    chunks = make_chunks(tmp_path, 1)
    run_chunks(engine, lab_jobs.read_surroundings, chunks, lambda chunk, got: seen.append(got))
    assert seen == [(["1", "1", "1"], True, False, True)]
    assert dict(os.environ) == before


def test_a_worker_killed_in_mid_run_costs_nothing(engine, tmp_path):
    results, killed, told = [], [], []

    def on_done(chunk, result):
        results.append((chunk.id, result))
        if len(results) in (3, 9):  # the newest call is by a worker that is at it right now
            newest = max(tmp_path.iterdir(), key=lambda path: int(path.name.split("-")[3]))
            killed.append(int(newest.name.split("-")[2]))
            os.kill(killed[-1], signal.SIGKILL)

    report = run_chunks(engine, lab_jobs.linger, make_chunks(tmp_path, 16), on_done, None, told.append)
    assert len(killed) == 2 and {int(path.name.split("-")[1]) for path in tmp_path.glob(f"call-*-{killed[0]}-*")}
    assert 2 <= len({chunk.id for chunk in told}) <= 4, "the chunks in flight at the two that died, and no others"
    assert sorted(results) == [(id, 2 * id) for id in range(16)]
    assert (report.done, report.failed) == (16, ())


def test_a_chunk_that_kills_its_worker_is_named_and_the_others_go_on(engine, tmp_path):
    results, tasks = {}, []
    report = run_chunks(engine, lab_jobs.die_on_three, make_chunks(tmp_path, 12), results.__setitem__, tasks.append)
    assert {chunk.id for chunk in results} == set(range(12)) - {3}
    assert [(failed.chunk.id, failed.kind) for failed in report.failed] == [(3, "killed")]
    assert "chunk 3 (1 tasks) killed" in str(report.failed[0])
    assert count_calls(tmp_path, 3) == 3  # once among others, twice alone
    assert sum(tasks) == 12


def test_large_results_bypass_the_pipe(engine, tmp_path):
    """A worker killed while it fills the pipe would hang the executor; see `_call_in_worker`."""
    sizes = []
    chunks = make_chunks(tmp_path, 3)
    run_chunks(engine, lab_jobs.return_much, chunks, lambda chunk, got: sizes.append(len(got)))
    assert sizes == [5_000_000] * 3
    for size in (0, 2_900, 3_100, 100_000):
        sent = _call_in_worker(lambda chunk, size=size: b"x" * size, chunks[0], str(tmp_path))
        assert len(pickle.dumps(sent)) < 3_500


class FakeEngine:
    """The first 30 chunks kill their worker `deaths` times."""

    workers = 2

    def __init__(self, deaths):
        self.deaths, self.tries, self.closed = deaths, Counter(), False

    def submit(self, function, chunk):
        self.tries[chunk.id] += 1
        future = Future()
        if chunk.id < 30 and self.tries[chunk.id] <= self.deaths:
            future.set_exception(BrokenExecutor())
        else:
            future.set_result(function(chunk))
        return future

    def close(self):
        self.closed = True


def test_chunks_too_many_for_the_memory_together_are_done_alone():
    engine, done = FakeEngine(deaths=1), []
    chunks = [Chunk(id, ()) for id in range(40)]
    report = run_chunks(engine, lambda chunk: None, chunks, lambda chunk, _: done.append(chunk.id))
    assert (report.done, report.failed, sorted(done)) == (40, (), list(range(40)))


def test_chunks_that_all_kill_their_workers_stop_the_plan_early():
    engine = FakeEngine(deaths=9)
    with pytest.raises(EngineFailure, match="every chunk kills its worker") as caught:
        run_chunks(engine, print, [Chunk(id, ()) for id in range(40)], print)
    assert "\n" not in str(caught.value)
    assert engine.closed
    assert sum(engine.tries.values()) == 13 + 2


@pytest.mark.parametrize("kind", ["serial", "local"])
def test_exceptions_become_failed_chunks(kind, engine, tmp_path):
    results = {}
    report = run_chunks(
        SerialEngine() if kind == "serial" else engine,
        lab_jobs.raise_on_three,
        make_chunks(tmp_path, 8),
        results.__setitem__,
    )
    expected = [3, 4] if kind == "serial" else [3, 4, 5]  # pickling is for processes only
    assert [failed.chunk.id for failed in report.failed] == expected
    assert {failed.kind for failed in report.failed} == {"raised"}
    assert "AwkwardError: this and that [" in report.failed[0].text
    assert "lab_jobs.py:" in report.failed[0].text
    assert str(ROOT) not in report.failed[0].text
    assert len(results) == 8 - len(expected)


def test_an_error_while_storing_ends_the_workers(tmp_path):
    def refuse(chunk, result):
        raise OSError("disk full")

    engine = LocalEngine(2)
    with pytest.raises(OSError, match="disk full"):
        run_chunks(engine, lab_jobs.double, make_chunks(tmp_path, 8), refuse)
    pids = {int(path.name.split("-")[2]) for path in tmp_path.iterdir()}
    assert pids
    assert not any(is_running(pid) for pid in pids)
    report = run_chunks(engine, lab_jobs.double, make_chunks(tmp_path, 2), lambda *_: None)
    assert report.done == 2  # a closed engine starts anew
    engine.close()


SCRIPT = """
import sys
sys.path[:0] = [{root!r}, {here!r}]
import lab_jobs
from experiments.execution.chunks import Chunk
from experiments.execution.engine import LocalEngine, run_chunks
if __name__ == "__main__":
    try:
        run_chunks(LocalEngine(2), lab_jobs.hang, [Chunk(i, ({folder!r},)) for i in range(9)], print)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
        sys.exit(130)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_workers_end_with_the_parent(how, tmp_path):
    """Ctrl-C reaches the whole foreground group, as here; a kill reaches the parent alone."""
    calls = tmp_path / "calls"
    calls.mkdir()
    script = tmp_path / "plan.py"
    here = str(ROOT / "tests")
    script.write_text(SCRIPT.format(root=str(ROOT), here=here, folder=str(calls)))
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hear_ctrl_c,
    )
    while len(list(calls.iterdir())) < 2:
        assert parent.poll() is None
        time.sleep(0.02)
    start = time.monotonic()
    os.killpg(parent.pid, how) if how == signal.SIGINT else os.kill(parent.pid, how)
    output, errors = parent.communicate(timeout=60)
    pids = [int(path.name.split("-")[2]) for path in calls.iterdir()]
    while any(is_running(pid) for pid in pids) and time.monotonic() - start < 20:
        time.sleep(0.02)
    assert time.monotonic() - start < 10  # a second on a quiet machine
    if how == signal.SIGINT:
        assert (parent.returncode, output, errors) == (130, "interrupted\n", "")


class FullEngine(SerialEngine):
    """Its workers find no room for their results."""

    def submit(self, function, chunk):
        future = Future()
        future.set_exception(EngineFailure("no room for results"))
        return future


def test_a_fault_of_the_engine_is_no_failure_of_a_chunk():
    with pytest.raises(EngineFailure, match="no room"):
        run_chunks(FullEngine(), print, [Chunk(0, ())], print)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"name": "slurm"}, "engine.name=slurm: no such engine; valid: local, serial, ray"),
        ({"workers": -1}, "engine.workers=-1: a whole number from 0 (one for each core) to 1024 is needed"),
        ({"workers": 2.5}, "engine.workers=2.5: a whole number"),
        ({"workers": 5000}, "engine.workers=5000: a whole number"),
        ({"name": "serial", "workers": 4}, "engine.workers=4: engine=serial has one"),
        ({"name": "local", "address": "host:1"}, "engine.address=host:1: engine=local runs on this machine alone"),
    ],
)
def test_settings_that_no_engine_takes(settings, said):
    with pytest.raises(EngineError) as caught:
        check_engine(settings)
    assert str(caught.value).startswith(said) and not isinstance(caught.value, EngineFailure)


def test_how_many_workers_settings_ask_for():
    cores = len(os.sched_getaffinity(0))
    assert check_engine({}) == check_engine({"name": "local", "workers": 0, "address": None}) == cores
    assert check_engine({"name": "local", "workers": 3}) == 3
    assert check_engine({"name": "serial"}) == check_engine({"name": "serial", "workers": 1}) == 1


def test_a_lazy_engine_starts_when_it_is_asked_for_and_once():
    prepared = []
    with LazyEngine({"name": "serial"}, (), lambda: prepared.append(1)) as lazy:
        assert prepared == [], "nothing is started yet"
        assert lazy.get() is lazy.get() and isinstance(lazy.get(), SerialEngine) and prepared == [1]
    with LazyEngine({"name": "slurm"}, (), lambda: prepared.append(1)):
        pass
    assert prepared == [1]


def test_one_worker_runs_in_this_process():
    assert isinstance(open_engine(1), SerialEngine)
    assert isinstance(open_engine(2), LocalEngine)
    with pytest.raises(EngineError, match="at least 1"):
        open_engine(0)


UNGUARDED = """
import sys, threading
sys.path[:0] = [{root!r}, {here!r}]
import lab_jobs
from experiments.execution.chunks import Chunk
from experiments.execution.engine import LocalEngine, run_chunks
def work():
    engine = LocalEngine(2)
    print("done", run_chunks(engine, lab_jobs.double, [Chunk(i, ({folder!r},)) for i in range(6)], lambda *_: None).done)
    engine.close()

{call}
"""
CALLED = {"script": "work()", "thread": "thread = threading.Thread(target=work); thread.start(); thread.join()"}


@pytest.mark.parametrize("how", ["script", "thread", "standard input", "-c", "typed", "a missing file"])
def test_workers_need_no_main_guard(how, tmp_path):
    """They do not import the caller's main module, so it may be anything."""
    here, script = str(ROOT / "tests"), tmp_path / "unguarded.py"
    text = UNGUARDED.format(root=str(ROOT), here=here, folder=str(tmp_path), call=CALLED.get(how, CALLED["script"]))
    if how == "a missing file":
        text = f"import os; os.unlink({str(script)!r})\n{text}"
    script.write_text(text)
    words = {"standard input": ["-"], "-c": ["-c", text], "typed": ["-i"]}.get(how, [str(script)])
    fed = text if how in ("standard input", "typed") else None
    done = subprocess.run([sys.executable, *words], input=fed, capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert "done 6" in done.stdout and "Traceback" not in done.stderr, done.stderr


def test_functions_of_a_guarded_script_still_run_in_workers(tmp_path):
    script = tmp_path / "guarded.py"
    script.write_text(
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from experiments.execution.chunks import Chunk\n"
        "from experiments.execution.engine import LocalEngine, run_chunks\n"
        "def twice(chunk): return 2 * chunk.id\n"
        "if __name__ == '__main__':\n"
        "    with LocalEngine(2) as engine:\n"
        "        for function in (abs, twice):\n"
        "            report = run_chunks(engine, function, [Chunk(n, ()) for n in range(3)], lambda _, got: print(got))\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120)
    assert sorted(done.stdout.split()) == ["0", "2", "4"] and done.stderr == "", "no chunk has an abs: it fails alone"


def test_a_daemon_does_the_work_alone(tmp_path):
    """Python lets the workers of `multiprocessing.Pool` start no processes."""
    import multiprocessing

    with multiprocessing.get_context("spawn").Pool(1) as pool:
        kind, said = pool.apply(lab_jobs.open_engines)
    assert kind == "SerialEngine" and said.endswith("take engine=serial")
