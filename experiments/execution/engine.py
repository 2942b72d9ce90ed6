"""Engines that run one function over the chunks of a plan, and the loop that loses none of them.

An engine is small: `submit`, `workers`, `close`. The future of a chunk whose worker died raises
`concurrent.futures.BrokenExecutor`; what to do about it (retry, suspect, give up, report) is decided here once.
"""

from __future__ import annotations

import functools
import itertools
import queue
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future
from dataclasses import dataclass
from typing import Any

from experiments.execution.chunks import Chunk
from experiments.execution.engine_base import ClosedByWith, Engine, EngineError, EngineFailure, describe
from experiments.execution.local_engine import LocalEngine, may_have_workers
from experiments.execution.machine import count_cores
from experiments.execution.verbosity import note

__all__ = [
    "Engine", "EngineError", "EngineFailure", "FailedChunk", "LazyEngine", "LocalEngine", "RunReport", "SerialEngine",
    "check_engine", "open_engine", "open_engine_from", "run_chunks",
]  # fmt: skip

ENGINES = ("local", "serial", "ray")
MOST_WORKERS = 1024
_TRIES_ALONE = 2
_MAIN_GUARD = ' (a script whose own functions run in workers needs its calls under: if __name__ == "__main__")'


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
    """How many chunks are done, and those that failed, by id."""

    done: int
    failed: tuple[FailedChunk, ...]


def open_engine(workers: int, preload: Sequence[str] = ()) -> Engine:
    """Processes of this machine; for one worker a `SerialEngine`, which starts at once and can be debugged.

    So it is, with a line on standard error, in a process that may start no others.
    """
    if workers > 1 and not may_have_workers():
        print("plansim: this process is a daemon, which may start no workers; it does the work alone", file=sys.stderr)
        return SerialEngine()
    return SerialEngine() if workers == 1 else LocalEngine(workers, preload)  # starts a process when it is needed


def check_engine(settings: Mapping[str, Any]) -> int:
    """How many workers the settings of an engine ask for; nothing is started or connected to.

    0 workers are the cores of this machine; how many a cluster has is known only when it is asked. Raises EngineError,
    one line, for settings that no engine takes.
    """
    name, workers, address = settings.get("name", "local"), settings.get("workers", 0), settings.get("address")
    if name not in ENGINES:
        raise EngineError(f"engine.name={name}: no such engine; valid: {', '.join(ENGINES)}")
    if not isinstance(workers, int) or isinstance(workers, bool) or not 0 <= workers <= MOST_WORKERS:
        raise EngineError(f"engine.workers={workers!r}: a whole number from 0 (one for each core) to {MOST_WORKERS} is needed")
    if name == "serial" and workers > 1:
        raise EngineError(f"engine.workers={workers}: engine=serial has one; take engine=local for more")
    if name == "ray":
        from experiments.execution.ray_engine import check_address

        check_address(address)
    elif address is not None:
        raise EngineError(f"engine.address={address}: engine={name} runs on this machine alone; take engine=ray for a cluster")
    return 1 if name == "serial" else workers or count_cores()


def open_engine_from(settings: Mapping[str, Any], preload: Sequence[str] = (), prepare: Callable | None = None) -> Engine:
    """The engine of a configuration: `name` local, serial or ray; `workers`, 0 for one per core; `address` (ray).

    `prepare`: an importable function that workers of other machines call before their first chunk;
    on this machine, the caller does. Raises EngineError for settings that cannot be carried out.
    """
    workers = check_engine(settings)
    if settings.get("name", "local") == "ray":
        from experiments.execution.ray_engine import RayEngine  # late: it needs an extra

        return RayEngine(settings.get("address"), settings.get("workers", 0), preload, prepare)
    return open_engine(workers, preload)


class LazyEngine(ClosedByWith):
    """An engine that starts when the first chunk is to run: a finished result costs no workers.

    `prepare` is called in this process before the engine starts, and by workers of other machines.
    """

    def __init__(self, settings: Mapping[str, Any], preload: Sequence[str], prepare: Callable[[], None]):
        self._settings, self._preload, self._prepare = settings, preload, prepare
        self._engine: Engine | None = None

    def close(self) -> None:
        """End the workers, if there are any."""
        if self._engine is not None:
            self._engine.close()

    def get(self) -> Engine:
        """The engine, started when it is asked for the first time."""
        if self._engine is None:
            self._prepare()
            self._engine = open_engine_from(self._settings, self._preload, self._prepare)
            note(f"engine: {self._settings.get('name', 'local')}, {self._engine.workers} workers")
        return self._engine


def run_chunks(
    engine: Engine,
    function: Callable[[Chunk], Any],
    chunks: Iterable[Chunk],
    on_done: Callable[[Chunk, Any], None],
    on_progress: Callable[[int], None] | None = None,
    on_death: Callable[[Chunk], None] | None = None,
) -> RunReport:
    """Run `function(chunk)` for every chunk; hand each result to `on_done` as it comes in.

    `function` must be importable by name in the workers and return something that can be pickled. At most twice as many
    chunks as there are workers are in flight; `chunks` is read lazily. `on_done(chunk, result)` is called in this
    process, in the order of completion; `on_progress` gets the number of tasks of each chunk that is done or failed,
    `on_death` every chunk that was in flight when its worker died.

    A chunk whose function raises has failed and is not tried again. A chunk in flight when its worker died is tried
    again alone when the others are done (alone, it has all the memory to itself); the second death there makes it a
    failure. Raises EngineFailure when all of the first chunks kill their workers, alone or not. Passes on
    KeyboardInterrupt, the engine's own errors and whatever `on_done` raises, after closing it.
    """
    run = _Run(engine, functools.partial(_call_safely, function), on_done, on_progress, on_death)
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

    def __init__(self, engine, call, on_done, on_progress, on_death):
        self.engine, self.call, self.on_done = engine, call, on_done
        self.on_progress = on_progress or (lambda tasks: None)
        self.on_death = on_death or (lambda chunk: None)
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
                    raise EngineFailure(f"every chunk kills its worker; run with one to see why{_MAIN_GUARD}")
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
            self.on_death(chunk)
            return False
        except EngineError:
            raise
        except Exception as error:  # noqa: BLE001 (what cannot be sent to a worker and back)
            result = _Raised(describe(error))
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
        return _Raised(describe(error))


class SerialEngine(ClosedByWith):
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
