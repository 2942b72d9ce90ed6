"""Engines that run one function over the chunks of a plan, and the loop that loses none of them.

An engine is small: `submit`, `workers`, `close`. Its one obligation beyond that is to say truly
when a worker died: the future then raises `concurrent.futures.BrokenExecutor`. What to do about
it (retry, suspect, give up, report) is decided here once, for all engines.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import itertools
import multiprocessing
import os
import pickle
import queue
import shutil
import signal
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import Any, Protocol

from experiments.lab.design import Chunk

_THREAD_LIMITS = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_INLINE_BYTES = 3_000  # with its envelope below 4096: such a write into a pipe is never cut in two
_TRIES_ALONE = 2
_HAS_MASK = hasattr(signal, "pthread_sigmask")  # not on Windows
_SPAWN_LOCK = threading.Lock()


class EngineError(RuntimeError):
    """The engine itself cannot go on; the message is one line with the remedy."""


class Engine(Protocol):
    """What runs chunks. `submit` may be called for more chunks than there are workers."""

    workers: int

    def submit(self, function: Callable[[Chunk], Any], chunk: Chunk) -> Future:
        """Start `function(chunk)`; a future of a dead worker raises `BrokenExecutor`."""

    def close(self) -> None:
        """End the workers within two seconds, whatever they are doing."""


@dataclass(frozen=True)
class FailedChunk:
    """A chunk without result: `kind` is "raised" (an exception) or "killed" (its worker died)."""

    chunk: Chunk
    kind: str
    text: str

    def __str__(self) -> str:
        return f"chunk {self.chunk.id} ({len(self.chunk.tasks)} tasks) {self.kind}: {self.text}"


@dataclass(frozen=True)
class RunReport:
    """What became of the chunks: how many are done, and those that failed, by id."""

    done: int
    failed: tuple[FailedChunk, ...]


def open_engine(workers: int, preload: Sequence[str] = ()) -> Engine:
    """A `LocalEngine`; for one worker a `SerialEngine`, which starts at once and can be debugged."""
    return SerialEngine() if workers == 1 else LocalEngine(workers, preload)


def open_engine_from(settings: Mapping[str, Any], preload: Sequence[str] = (), prepare: Callable | None = None) -> Engine:
    """The engine of a configuration: `name` local, serial or ray; `workers`, 0 for one a core; `address` (ray).

    `prepare`: an importable function that workers of other machines call before their first chunk;
    for this machine, call it before. Raises EngineError for settings that cannot be carried out.
    """
    name, workers = settings.get("name", "local"), settings.get("workers", 0)
    if not isinstance(workers, int) or isinstance(workers, bool) or workers < 0:
        raise EngineError(f"engine.workers={workers!r}: a whole number is needed, 0 for one for each core")
    if name == "ray":
        from experiments.lab.ray_engine import RayEngine  # late: it needs an extra

        return RayEngine(settings.get("address"), workers, preload, prepare)
    if name not in ("local", "serial"):
        raise EngineError(f"engine.name={name}: no such engine; valid: local, serial, ray")
    return open_engine(1 if name == "serial" else workers or len(os.sched_getaffinity(0)), preload)


def run_chunks(
    engine: Engine,
    function: Callable[[Chunk], Any],
    chunks: Iterable[Chunk],
    on_done: Callable[[Chunk, Any], None],
    on_progress: Callable[[int], None] | None = None,
) -> RunReport:
    """Run `function(chunk)` for every chunk; hand each result to `on_done` as it comes in.

    `function` must be importable by name in the workers and return something that can be pickled.
    At most twice as many chunks as there are workers are in flight; `chunks` is read lazily.
    `on_done(chunk, result)` is called in this process, in the order of completion, once per
    finished chunk; `on_progress` gets the number of tasks of each chunk that is done or failed.

    A chunk whose function raises is reported as failed and not tried again. A chunk in flight
    when its worker died is set aside and tried again alone when the others are done (alone, it
    has all the memory to itself); the second death there makes it a failure.

    Raises EngineError when all of the first chunks kill their workers, alone or not. Passes
    on KeyboardInterrupt and whatever `on_done` raises, after closing the engine.
    """
    run = _Run(engine, functools.partial(_call_safely, function), on_done, on_progress)
    try:
        suspects = run.run_together(chunks)
        for chunk in sorted(suspects, key=lambda chunk: chunk.id):
            run.run_alone(chunk)
    except BaseException:
        engine.close()
        raise
    return RunReport(run.done, tuple(sorted(run.failed, key=lambda failed: failed.chunk.id)))


class _Run:
    """One pass over a plan: what is in flight and what became of the rest."""

    def __init__(self, engine, call, on_done, on_progress):
        self.engine, self.call = engine, call
        self.on_done, self.on_progress = on_done, on_progress or (lambda tasks: None)
        self.done, self.survived = 0, False  # survived: some worker has outlived some chunk
        self.failed: list[FailedChunk] = []
        self._finished: queue.SimpleQueue = queue.SimpleQueue()

    def run_together(self, chunks: Iterable[Chunk]) -> list[Chunk]:
        """Run all chunks side by side; return those that were in flight when a worker died."""
        remaining, in_flight = iter(chunks), 0
        suspects: list[Chunk] = []
        while True:
            in_doubt = not self.survived and len(suspects) > 8 + 2 * self.engine.workers
            room = 0 if in_doubt else 2 * self.engine.workers - in_flight
            for chunk in itertools.islice(remaining, room):
                in_flight += 1
                if self._start(chunk).done():
                    break  # an engine that runs at once: keep this result before the next one
            if in_flight:
                chunk, future = self._finished.get()
                in_flight -= 1
                if not self._settle(chunk, future):
                    suspects.append(chunk)
            elif in_doubt:
                self.run_alone(suspects.pop(0))
                if not self.survived:
                    raise EngineError("every chunk kills its worker; run with one to see why")
            else:
                return suspects

    def run_alone(self, chunk: Chunk) -> None:
        """Try a suspect with nothing else running; after the second death it has failed."""
        for _ in range(_TRIES_ALONE):
            self._start(chunk)
            _, future = self._finished.get()
            if self._settle(chunk, future):
                return
        self._fail(chunk, "killed", f"its worker died {_TRIES_ALONE} times with it running alone")

    def _start(self, chunk: Chunk) -> Future:
        future = self.engine.submit(self.call, chunk)
        future.add_done_callback(lambda future: self._finished.put((chunk, future)))
        return future

    def _settle(self, chunk: Chunk, future: Future) -> bool:
        """Record a result or an exception; False if the worker died, which settles nothing."""
        try:
            result = future.result()
        except BrokenExecutor:
            return False
        except Exception as error:  # noqa: BLE001 (what cannot be sent to a worker and back)
            result = _Raised(_describe(error))
        self.survived = True
        if isinstance(result, _Raised):
            self._fail(chunk, "raised", result.text)
            return True
        self.on_done(chunk, result)
        self.done += 1
        self.on_progress(len(chunk.tasks))
        return True

    def _fail(self, chunk: Chunk, kind: str, text: str) -> None:
        self.failed.append(FailedChunk(chunk, kind, text))
        self.on_progress(len(chunk.tasks))


@dataclass(frozen=True)
class _Raised:
    """Stands for an exception; the exception itself may not survive pickling."""

    text: str


def _call_safely(function: Callable[[Chunk], Any], chunk: Chunk) -> Any:
    """Call the function; turn what it raises into text."""
    try:
        return function(chunk)
    except (Exception, SystemExit) as error:  # noqa: BLE001 (a chunk fails, the plan goes on)
        return _Raised(_describe(error))


def _describe(error: BaseException) -> str:
    """The error and its last three calls in one line, with file names but no folders."""
    calls = traceback.extract_tb(error.__traceback__)[-3:]
    where = " > ".join(f"{Path(c.filename).name}:{c.lineno} {c.name}" for c in calls)
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{what} [{where}]" if where else what


class _ClosedByWith(contextlib.AbstractContextManager):
    def __exit__(self, *_: object) -> None:
        self.close()


class SerialEngine(_ClosedByWith):
    """Runs each chunk in this process when it is submitted."""

    workers = 1

    def submit(self, function: Callable[[Chunk], Any], chunk: Chunk) -> Future:
        """Run the chunk now and return a finished future."""
        future: Future = Future()
        try:
            future.set_result(function(chunk))
        except Exception as error:  # noqa: BLE001 (as an executor does)
            future.set_exception(error)
        return future

    def close(self) -> None:
        """Nothing to end."""


class LocalEngine(_ClosedByWith):
    """Worker processes on this machine, each behind an executor of its own, one thread each.

    An executor per worker means that a death says which worker it was and interrupts no other.
    Processes are spawned, not forked: the parent has threads. A closed engine starts new workers
    when it is used again.

    `preload` names modules that every worker imports when it starts (for example "pyarrow", slow
    on first use); one that cannot be imported is left to the function that needs it. Raises
    EngineError if `workers` is below 1 or the system refuses to start a process.
    """

    def __init__(self, workers: int, preload: Sequence[str] = ()):
        if workers < 1:
            raise EngineError(f"engine.workers is {workers}; it must be at least 1")
        self.workers = workers
        self._preload = tuple(preload)
        self._slots: list[_Slot] = []
        self._spool: tempfile.TemporaryDirectory | None = None

    def submit(self, function: Callable[[Chunk], Any], chunk: Chunk) -> Future:
        """Start the chunk in the worker with the fewest chunks waiting."""
        if self._spool is None:
            self._spool = tempfile.TemporaryDirectory(prefix="chunks-", ignore_cleanup_errors=True)
            self._slots = [_Slot(self._preload, self._spool.name) for _ in range(self.workers)]
        slot = min(self._slots, key=_Slot.count_waiting)
        outer: Future = Future()
        try:
            inner = slot.submit(_call_in_worker, function, chunk, self._spool.name)
        except OSError as error:
            raise EngineError(f"a worker process cannot be started ({error.strerror}); lower engine.workers") from error
        inner.add_done_callback(functools.partial(_hand_over, outer))
        return outer

    def close(self) -> None:
        """End the workers: idle ones at once, busy ones by termination, all within 2 seconds."""
        slots, self._slots = self._slots, []
        processes = [process for slot in slots for process in slot.end()]
        _join_all(processes, seconds=0.8)
        for process in processes:
            process.kill()
        _join_all(processes, seconds=0.5)
        if self._spool is not None:
            self._spool.cleanup()
            self._spool = None


class _Slot:
    """One worker process and its executor, replaced when the worker dies."""

    def __init__(self, preload: tuple[str, ...], spool: str):
        self._arguments = (preload, spool)
        self._waiting: list[Future] = []
        self._open()

    def _open(self) -> None:
        self._context = _SpawnContext()
        self._executor = ProcessPoolExecutor(1, mp_context=self._context, initializer=_prepare_worker, initargs=self._arguments)

    def count_waiting(self) -> int:
        self._waiting = [future for future in self._waiting if not future.done()]
        return len(self._waiting)

    def submit(self, *call: Any) -> Future:
        try:
            future = self._executor.submit(*call)
        except BrokenExecutor:
            self._open()
            future = self._executor.submit(*call)
        self._waiting.append(future)
        return future

    def end(self) -> list[SpawnProcess]:
        """Ask the worker to stop; return the processes that are to be waited for."""
        busy = self.count_waiting() > 0
        self._executor.shutdown(wait=False, cancel_futures=True)
        processes = [process for process in self._context.created if process.pid is not None]
        if busy:
            for process in processes:
                process.terminate()
        return processes


class _Worker(SpawnProcess):
    """A process that starts with one thread for its libraries and deaf to Ctrl-C."""

    def start(self) -> None:
        with _SPAWN_LOCK, _surroundings_of_a_child():
            super().start()


class _SpawnContext(SpawnContext):
    """Spawns `_Worker`s and remembers them, so that they can be ended without delay."""

    def __init__(self) -> None:
        super().__init__()
        self.created: list[_Worker] = []

    def Process(self, *args: Any, **options: Any) -> _Worker:
        worker = _Worker(*args, **options)
        self.created.append(worker)
        return worker


@contextlib.contextmanager
def _surroundings_of_a_child():
    """What a child inherits: one thread a library (Numba and BLAS look when they are imported),
    and SIGINT blocked, so that Ctrl-C in the middle of its own imports stays harmless."""
    before = {name: os.environ.get(name) for name in _THREAD_LIMITS}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if _HAS_MASK else None
    os.environ.update(dict.fromkeys(_THREAD_LIMITS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _join_all(processes: list, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))


def _prepare_worker(preload: tuple[str, ...], spool: str) -> None:
    """Leave Ctrl-C to the parent, end with the parent, import what chunks will need."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if _HAS_MASK:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_end_with_parent, args=(spool,), daemon=True).start()
    for name in preload:
        with contextlib.suppress(Exception):  # the function that needs it will say so
            importlib.import_module(name)


def _end_with_parent(spool: str) -> None:
    """An executor's worker would wait forever for a parent that was killed."""
    multiprocessing.parent_process().join()
    shutil.rmtree(spool, ignore_errors=True)
    os._exit(1)


def _call_in_worker(function: Callable[[Chunk], Any], chunk: Chunk, spool: str) -> tuple:
    """Run the chunk; return its pickled result, or the file that holds it if it is large.

    A worker killed while it writes a large result into the executor's pipe leaves the parent
    waiting for the rest forever (Python 3.11; reproduced with results of 150 MB). What crosses
    the pipe here is short enough to arrive whole or not at all.
    """
    data = pickle.dumps(function(chunk), protocol=pickle.HIGHEST_PROTOCOL)
    if len(data) <= _INLINE_BYTES:
        return data, None
    path = Path(spool) / f"{chunk.id}-{os.getpid()}"
    path.write_bytes(data)
    return None, path


def _hand_over(outer: Future, inner: Future) -> None:
    """Pass the outcome of an executor's future on, with the result unpacked."""
    try:
        data, path = inner.result()
        if path is not None:
            data = path.read_bytes()
            path.unlink()
        outer.set_result(pickle.loads(data))
    except Exception as error:  # noqa: BLE001 (passed on to who waits for the result)
        outer.set_exception(error)
