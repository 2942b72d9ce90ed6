"""Functions for workers to run. They leave traces as files, so that a test can count calls."""

import os
import signal
import sys
import time
from pathlib import Path

from experiments.execution.chunks import Chunk


def trace(chunk) -> Path:
    """Note that the chunk was called by this process; the first task is the folder."""
    path = Path(chunk.tasks[0]) / f"call-{chunk.id}-{os.getpid()}-{time.monotonic_ns()}"
    path.touch()
    return path


def double(chunk):
    trace(chunk)
    return chunk.id * 2


def linger(chunk):
    trace(chunk)
    time.sleep(0.15)
    return chunk.id * 2


def hang(chunk):
    trace(chunk)
    time.sleep(60)


def die_on_three(chunk):
    trace(chunk)
    if chunk.id == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return chunk.id * 2


class AwkwardError(Exception):
    """Cannot be rebuilt from its pickle: such an exception breaks a bare process pool."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def raise_on_three(chunk):
    if chunk.id == 3:
        raise AwkwardError("this", "that")
    if chunk.id == 4:
        sys.exit("no reason")
    if chunk.id == 5:
        return lambda: "cannot be pickled"
    return chunk.id * 2


def return_much(chunk):
    return b"x" * 5_000_000


def read_surroundings(chunk):
    names = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    blocked = signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    return [os.environ.get(name) for name in names], ignored, blocked, "colorsys" in sys.modules


def make_table(chunk):
    """A row for each task (folder, number)."""
    import pyarrow as pa

    trace(Chunk(chunk.id, chunk.tasks[0]))
    ids = [number for _, number in chunk.tasks]
    return pa.table({"id": ids, "harm": [number / 7 for number in ids]})


def open_engines():
    """The kind of engine that two workers get here, and why there is no local one."""
    from experiments.execution.engine import EngineError, LocalEngine, open_engine

    try:
        LocalEngine(2)
    except EngineError as error:
        return type(open_engine(2)).__name__, str(error)
