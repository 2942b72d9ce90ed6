"""Worker processes on this machine, one thread each: the engine of every command unless another is chosen."""

from __future__ import annotations

import contextlib
import functools
import gc
import multiprocessing
import os
import pickle
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import Any

from experiments.execution.chunks import Chunk
from experiments.execution.engine_base import THREAD_LIMITS, ClosedByWith, EngineError, EngineFailure, import_quietly

_INLINE_BYTES = 3_000  # with its envelope below 4096: such a write into a pipe is never cut in two
_HAS_MASK = hasattr(signal, "pthread_sigmask")  # not on Windows
_SPAWN_LOCK = threading.Lock()


class LocalEngine(ClosedByWith):
    """Worker processes on this machine, each behind an executor of its own, one thread each.

    With an executor per worker a death names its worker and interrupts no other.
    Processes are spawned, not forked: the parent has threads. They import the caller's main module only for
    chunks that need something of it, so a script without main guard, a notebook and code read from standard
    input can use workers too. A closed engine starts new workers when it is used again.

    `preload` names modules that every worker imports when it starts (for example "pyarrow", slow on first use). Raises
    EngineError if `workers` is below 1 or this process may have none, EngineFailure if the system refuses to start one.
    """

    def __init__(self, workers: int, preload: Sequence[str] = ()):
        if workers < 1:
            raise EngineError(f"engine.workers is {workers}; it must be at least 1")
        if not may_have_workers():
            raise EngineError("this process is itself a worker (a daemon), which may start no others: take engine=serial")
        self.workers = workers
        self._preload = tuple(preload)
        self._slots: dict[bool, list[_Slot]] = {}  # by whether they have the caller's main module
        self._spool: tempfile.TemporaryDirectory | None = None

    def submit(self, function: Callable[[Chunk], Any], chunk: Chunk) -> Future:
        """Start the chunk in the worker with the fewest chunks waiting."""
        if self._spool is None:
            try:
                self._spool = tempfile.TemporaryDirectory(prefix="chunks-", ignore_cleanup_errors=True)
            except OSError as error:
                raise _no_room(tempfile.tempdir or "the temporary folder", error) from error
        with_main = _is_of_main(function, chunk)
        if with_main not in self._slots:
            self._slots[with_main] = [_Slot(self._preload, self._spool.name, with_main) for _ in range(self.workers)]
        slot = min(self._slots[with_main], key=_Slot.count_waiting)
        outer: Future = Future()
        try:
            inner = slot.submit(_call_in_worker, function, chunk, self._spool.name)
        except OSError as error:
            raise EngineFailure(f"a worker process cannot be started ({error.strerror}); lower engine.workers") from error
        inner.add_done_callback(functools.partial(_hand_over, outer))
        return outer

    def close(self) -> None:
        """End the workers: idle ones at once, busy ones by termination, all within 2 seconds."""
        slots, self._slots = [slot for slots in self._slots.values() for slot in slots], {}
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

    def __init__(self, preload: tuple[str, ...], spool: str, with_main: bool):
        self._arguments, self._with_main = (preload, spool), with_main
        self._waiting: list[Future] = []
        self._open()

    def _open(self) -> None:
        self._context = _SpawnContext(self._with_main)
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
    """A process that starts with one thread for its libraries and deaf to Ctrl-C, and that imports no main module."""

    with_main = False

    def start(self) -> None:
        with _SPAWN_LOCK, _surroundings_of_a_child(), contextlib.nullcontext() if self.with_main else _main_set_aside():
            super().start()


class _SpawnContext(SpawnContext):
    """Spawns `_Worker`s and remembers them, so that they can be ended without delay."""

    def __init__(self, with_main: bool) -> None:
        super().__init__()
        self._with_main = with_main
        self.created: list[_Worker] = []

    def Process(self, *args: Any, **options: Any) -> _Worker:
        worker = _Worker(*args, **options)
        worker.with_main = self._with_main
        self.created.append(worker)
        return worker


@contextlib.contextmanager
def _surroundings_of_a_child():
    """What a child inherits: one thread a library (Numba and BLAS look when they are imported),
    and SIGINT blocked, so that Ctrl-C in the middle of its own imports stays harmless."""
    before = {name: os.environ.get(name) for name in THREAD_LIMITS}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if _HAS_MASK else None
    os.environ.update(dict.fromkeys(THREAD_LIMITS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)


@contextlib.contextmanager
def _main_set_aside():
    """Without a name or a file of the main module, a spawned process does not import it.

    To import a script without main guard would run it again in each worker, and of code read from standard input or
    typed into a notebook there is no file.
    """
    main = vars(sys.modules["__main__"])
    before = {name: main[name] for name in ("__spec__", "__file__") if name in main}
    main["__spec__"] = None
    main.pop("__file__", None)
    try:
        yield
    finally:
        main.pop("__spec__")
        main.update(before)


def _is_of_main(function: Callable[[Chunk], Any], chunk: Chunk) -> bool:
    """Whether a worker needs the caller's main module to run this: something in it is defined there."""
    try:
        return b"__main__" in pickle.dumps((function, chunk), protocol=pickle.HIGHEST_PROTOCOL)
    except Exception:  # noqa: BLE001 (what cannot be sent is reported where it is sent)
        return False


def may_have_workers() -> bool:
    """Whether this process may start others: Python refuses it to daemons, such as the workers of `multiprocessing.Pool`."""
    return not multiprocessing.current_process().daemon


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
    import_quietly(preload)
    gc.freeze()  # what is imported stays: no need to look through it again and again


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
    try:
        path.write_bytes(data)
    except OSError as error:  # no fault of the chunk, which must not be recorded as failed
        raise _no_room(path.parent.parent, error) from None
    return None, path


def _hand_over(outer: Future, inner: Future) -> None:
    """Pass the outcome of an executor's future on, with the result unpacked."""
    try:
        data, path = inner.result()
        if path is not None:
            data = _take_from_spool(path)
        outer.set_result(pickle.loads(data))
    except Exception as error:  # noqa: BLE001 (passed on to who waits for the result)
        outer.set_exception(error)


def _take_from_spool(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        path.unlink()
    except OSError as error:
        raise _no_room(path.parent.parent, error) from error
    return data


def _no_room(folder: Path | str, error: OSError) -> EngineFailure:
    """What workers hand to the parent through a folder does not arrive: a fault of the machine."""
    problem = (error.strerror or str(error)).lower()
    return EngineFailure(f"workers cannot hand over results in {folder}: {problem}; free some space there, or set TMPDIR")
