"""Ray as an engine loses nothing either, says nothing on standard output, and ends when it is told to."""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # workers are given the path and find lab_jobs by it
import lab_jobs
import world_jobs

from experiments.execution import ray_engine
from experiments.execution.chunks import Chunk
from experiments.execution.engine import EngineError, EngineFailure, LocalEngine, SerialEngine, open_engine_from, run_chunks

ROOT = Path(__file__).resolve().parents[3]
needs_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed: the extra cluster")


def make_chunks(folder, count):
    return [Chunk(id, (str(folder),)) for id in range(count)]


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def pids_of_calls(folder):
    return [int(path.name.split("-")[2]) for path in Path(folder).glob("call-*")]


def wait_until(condition, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_the_configuration_chooses_the_engine():
    assert isinstance(open_engine_from({"name": "serial", "workers": 1}), SerialEngine)
    assert isinstance(open_engine_from({"name": "local", "workers": 1}), SerialEngine)
    local = open_engine_from({"name": "local", "workers": 3}, preload=("colorsys",))
    assert isinstance(local, LocalEngine) and local.workers == 3
    assert open_engine_from({"name": "local", "workers": 0}).workers == len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"name": "slurm", "workers": 1}, "engine.name=slurm: no such engine; valid: local, serial, ray"),
        ({"name": "local", "workers": -1}, "engine.workers=-1"),
        ({"name": "local", "workers": True}, "engine.workers=True"),
        ({"name": "ray", "workers": "two"}, "engine.workers='two'"),
        pytest.param({"name": "ray", "address": "somewhere"}, "give auto or host:port", marks=needs_ray),
        pytest.param({"name": "ray", "address": "ray://host:1"}, "give auto or host:port", marks=needs_ray),
        pytest.param({"name": "ray", "address": 6379}, "give auto or host:port", marks=needs_ray),
        pytest.param({"name": "ray", "address": "no..host:1"}, "no Ray cluster answers at no..host:1", marks=needs_ray),
        pytest.param({"name": "ray", "address": "localhost:1"}, "no Ray cluster answers at localhost:1", marks=needs_ray),
    ],
)
def test_a_wrong_setting_is_one_clear_line(settings, said):
    with pytest.raises(EngineError, match="engine|Ray") as caught:
        open_engine_from(settings)
    assert said in str(caught.value) and "\n" not in str(caught.value)
    assert not isinstance(caught.value, EngineFailure), "it is the user's mistake"


def test_without_the_extra_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EngineError) as caught:
        open_engine_from({"name": "ray"})
    assert str(caught.value) == "engine=ray needs the extra: pip install plansim[cluster]"


@needs_ray
def test_another_kind_of_server_is_recognised_at_once():
    """Ray itself would go on asking it for many minutes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(EngineError, match="is not a Ray cluster"):
            ray_engine.RayEngine(f"127.0.0.1:{server.getsockname()[1]}")


def test_workers_get_the_settings_of_model_and_compiler_but_not_our_cache_of_numba(monkeypatch):
    monkeypatch.setenv("PLANSIM_CACHE", "somewhere")
    monkeypatch.setenv("NUMBA_BOUNDSCHECK", "1")
    monkeypatch.setenv("NUMBA_NUM_THREADS", "8")
    monkeypatch.setenv("NUMBA_CACHE_DIR", "elsewhere")
    passed = ray_engine._environment_of_workers()
    assert passed["PLANSIM_CACHE"] == "somewhere" and passed["NUMBA_BOUNDSCHECK"] == "1"
    assert {passed[name] for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")} == {"1"}
    assert "NUMBA_CACHE_DIR" not in passed
    paths = passed["PYTHONPATH"].split(os.pathsep)
    assert str(ROOT) in paths and str(ROOT / "tests") in paths
    assert not any(path.startswith(sys.prefix) for path in paths)


def hear_sigterm(*_):
    """Stands for the handler of the command line."""


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared")
    os.environ["PLANSIM_TEST_FOLDER"] = str(folder)
    handler = signal.signal(signal.SIGTERM, hear_sigterm)
    with ray_engine.RayEngine(None, 2, ("colorsys", "no_such_module"), world_jobs.prepare) as engine:
        engine.prepared = folder
        yield engine
    signal.signal(signal.SIGTERM, handler)
    del os.environ["PLANSIM_TEST_FOLDER"]


def slow(test):
    """Needs a cluster of its own, which takes some seconds to start."""
    return pytest.mark.slow(needs_ray(test))


@slow
def test_every_result_arrives_once(engine, tmp_path):
    results, tasks = [], []
    report = run_chunks(
        engine,
        lab_jobs.double,
        iter(make_chunks(tmp_path, 20)),
        lambda chunk, result: results.append((chunk.id, result)),
        tasks.append,
    )
    assert sorted(results) == [(id, 2 * id) for id in range(20)]
    assert (report.done, report.failed, sum(tasks)) == (20, (), 20)


@slow
def test_workers_have_one_thread_and_are_prepared_one_after_the_other(engine, tmp_path):
    seen = []
    run_chunks(engine, lab_jobs.read_surroundings, make_chunks(tmp_path, 4), lambda chunk, got: seen.append(got))
    assert all(threads == ["1", "1", "1"] and preloaded for threads, _, _, preloaded in seen)
    run_chunks(engine, lab_jobs.linger, make_chunks(tmp_path, 6), print)
    spans = []
    for begin in engine.prepared.glob("begin-*"):
        end = begin.with_name(begin.name.replace("begin", "end"))
        spans.append((float(begin.read_text()), float(end.read_text())))
    spans.sort()
    assert len(spans) >= 2
    assert all(before[1] <= after[0] for before, after in zip(spans, spans[1:], strict=False))
    assert set(pids_of_calls(tmp_path)) <= {int(path.name.split("-")[1]) for path in engine.prepared.glob("end-*")}


@slow
def test_large_and_small_results_come_back(engine, tmp_path):
    sizes = []
    chunks = make_chunks(tmp_path, 3)
    run_chunks(engine, lab_jobs.return_much, chunks, lambda chunk, got: sizes.append(len(got)))
    run_chunks(engine, world_jobs.return_very_much, chunks, lambda chunk, got: sizes.append(len(got)))
    assert sizes == [5_000_000] * 3 + [120_000_000] * 3  # together more than the store of objects holds


@slow
def test_exceptions_become_failed_chunks(engine, tmp_path):
    results = {}
    report = run_chunks(engine, lab_jobs.raise_on_three, make_chunks(tmp_path, 8), results.__setitem__)
    assert [(failed.chunk.id, failed.kind) for failed in report.failed] == [(id, "raised") for id in (3, 4, 5)]
    assert "AwkwardError: this and that [" in report.failed[0].text
    assert all(str(ROOT) not in failed.text and "\n" not in failed.text for failed in report.failed)
    assert len(results) == 5


@slow
def test_a_worker_killed_in_mid_run_costs_nothing(engine, tmp_path):
    results, killed = [], []

    def on_done(chunk, result):
        results.append((chunk.id, result))
        if len(results) in (3, 9):  # the newest call is by a worker that is at it right now
            newest = max(tmp_path.iterdir(), key=lambda path: int(path.name.split("-")[3]))
            killed.append(int(newest.name.split("-")[2]))
            os.kill(killed[-1], signal.SIGKILL)

    report = run_chunks(engine, lab_jobs.linger, make_chunks(tmp_path, 16), on_done)
    assert len(killed) == 2
    assert sorted(results) == [(id, 2 * id) for id in range(16)]
    assert (report.done, report.failed) == (16, ())


@slow
def test_a_chunk_that_kills_its_worker_is_named_and_the_others_go_on(engine, tmp_path, capfd):
    results, tasks = {}, []
    report = run_chunks(engine, lab_jobs.die_on_three, make_chunks(tmp_path, 12), results.__setitem__, tasks.append)
    assert {chunk.id for chunk in results} == set(range(12)) - {3}
    assert [(failed.chunk.id, failed.kind) for failed in report.failed] == [(3, "killed")]
    assert len(list(tmp_path.glob("call-3-*"))) == 3  # once among others, twice alone, and Ray tries nothing itself
    assert sum(tasks) == 12
    time.sleep(1.0)
    assert capfd.readouterr().out == ""


@slow
def test_ray_is_used_once_a_process_and_sigterm_stays_ours(engine):
    assert signal.getsignal(signal.SIGTERM) is hear_sigterm
    assert engine.submit(lab_jobs.double, Chunk(4, (str(engine.prepared),))).result() == 8
    with pytest.raises(EngineError, match="already in use in this process"):
        ray_engine.RayEngine()


@slow
@pytest.mark.full
def test_a_busy_engine_is_closed_within_seconds_and_starts_anew(engine, tmp_path):
    futures = [engine.submit(lab_jobs.hang, chunk) for chunk in make_chunks(tmp_path, 4)]
    assert wait_until(lambda: len(pids_of_calls(tmp_path)) == 2)
    start = time.monotonic()
    engine.close()
    assert time.monotonic() - start < 5
    assert all(future.done() for future in futures)
    assert wait_until(lambda: not any(is_running(pid) for pid in pids_of_calls(tmp_path)), 3)
    report = run_chunks(engine, lab_jobs.double, make_chunks(tmp_path, 2), lambda *_: None)
    assert report.done == 2


@slow
def test_workers_with_other_code_are_refused(engine, tmp_path, monkeypatch):
    monkeypatch.setattr(ray_engine, "source_hash", lambda: "that of other files")
    with pytest.raises(EngineFailure, match="has another version of the code; install the same on every machine"):
        run_chunks(engine, lab_jobs.double, make_chunks(tmp_path, 1), print)  # not a failed chunk, even if it is the last
    assert not list(tmp_path.iterdir())


@slow
@pytest.mark.full
def test_no_chunk_is_blamed_when_ray_itself_ends(engine, tmp_path, monkeypatch):
    from ray.exceptions import LocalRayletDiedError

    class Gone:
        def remote(self, *_):
            raise LocalRayletDiedError

    assert engine.submit(lab_jobs.double, Chunk(1, (str(tmp_path),))).result() == 2
    monkeypatch.setattr(engine, "_task", Gone())
    failed = []
    with pytest.raises(EngineFailure, match="Ray has ended on this machine; start again, finished chunks are kept"):
        failed += run_chunks(engine, lab_jobs.double, make_chunks(tmp_path, 3), print).failed
    assert failed == []


SCRIPT = """
import sys
sys.path[:0] = [{root!r}, {here!r}]
import lab_jobs
from experiments.execution.chunks import Chunk
from experiments.execution.engine import run_chunks
from experiments.execution.ray_engine import RayEngine
if __name__ == "__main__":
    try:
        run_chunks(RayEngine(None, 2), lab_jobs.hang, [Chunk(i, ({folder!r},)) for i in range(9)], print)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
        sys.exit(130)
"""


@slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_workers_end_with_the_parent(how, tmp_path):
    """Ctrl-C reaches the whole foreground group, as here; a kill reaches the parent alone."""
    calls = tmp_path / "calls"
    calls.mkdir()
    script = tmp_path / "plan.py"
    script.write_text(SCRIPT.format(root=str(ROOT), here=str(ROOT / "tests"), folder=str(calls)))
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert wait_until(lambda: len(pids_of_calls(calls)) == 2 or parent.poll() is not None, 60)
    os.killpg(parent.pid, how) if how == signal.SIGINT else os.kill(parent.pid, how)
    output, errors = parent.communicate(timeout=15)
    assert wait_until(lambda: not any(is_running(pid) for pid in pids_of_calls(calls)), 10)
    if how == signal.SIGINT:
        assert (parent.returncode, output, errors) == (130, "interrupted\n", "")
