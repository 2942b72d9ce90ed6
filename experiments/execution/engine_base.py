"""What all engines are: the interface, its errors, and what each of them does alike."""

from __future__ import annotations

import contextlib
import importlib
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Protocol

from experiments.execution.chunks import Chunk

THREAD_LIMITS = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""What a worker sets to 1: Numba and BLAS look when they are imported."""


class EngineError(RuntimeError):
    """The engine cannot be used as asked; the message is one line with the remedy."""


class EngineFailure(EngineError):
    """The engine cannot go on, and no setting is wrong: the machine or the cluster fails. Also one line."""


class Engine(Protocol):
    """What runs chunks. `submit` may be called for more chunks than there are workers."""

    workers: int

    def submit(self, function: Callable[[Chunk], Any], chunk: Chunk) -> Future:
        """Start `function(chunk)`; a future of a dead worker raises `BrokenExecutor`."""

    def close(self) -> None:
        """End the workers within two seconds, whatever they are doing."""


class ClosedByWith(contextlib.AbstractContextManager):
    """`with engine:` closes it at the end."""

    def __exit__(self, *_: object) -> None:
        self.close()


def import_quietly(names: Iterable[str]) -> None:
    """Import modules ahead; one that cannot be imported is left to the function that needs it, which will report it."""
    for name in names:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def describe(error: BaseException) -> str:
    """The error and its last three calls in one line, with file names but no folders."""
    calls = traceback.extract_tb(error.__traceback__)[-3:]
    where = " > ".join(f"{Path(c.filename).name}:{c.lineno} {c.name}" for c in calls)
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{what} [{where}]" if where else what
