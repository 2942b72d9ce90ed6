"""How far a plan is, in a file of its result folder as well: plain lines, for who looks in later."""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path

from experiments.execution.chunks import Chunk
from experiments.execution.progress import SECONDS_BETWEEN_LINES, Progress, _format_seconds


class LoggedProgress(Progress):
    """A `Progress` that also writes a line to a file: at the start, every ten seconds at most, at the end.

    A disk that refuses the log does not stop the work: its results are written, and refused, elsewhere.
    """

    def __init__(self, total: int, label: str, already_done: int, log: Path):
        super().__init__(total, label, already_done)
        self._path, self._last_note = log, float("-inf")

    def __enter__(self):
        super().__enter__()
        self._note("begun" if not self.already_done else "resumed")
        return self

    def __exit__(self, kind, *rest) -> None:
        super().__exit__(kind, *rest)
        self._note("ended" if kind is None else "stopped")

    def advance(self, n: int = 1) -> None:
        """Count `n` more units as done."""
        super().advance(n)
        if time.monotonic() - self._last_note >= SECONDS_BETWEEN_LINES:
            self._note(f"{self._time_left()} left")

    def tell_of_death(self, chunk: Chunk) -> None:
        """Say, here and in the log, that a worker died with this chunk in flight."""
        what = f"a worker died; chunk {chunk.id} is tried again, alone, when the others are done"
        print(f"{self.label}: {what}", file=sys.stderr, flush=True)
        self._note(what)

    def _note(self, what: str) -> None:
        self._last_note = time.monotonic()
        elapsed = _format_seconds(self._last_note - self._start)
        with contextlib.suppress(OSError), open(self._path, "a", encoding="utf-8") as file:
            file.write(f"{self.label}: {self.done}/{self.total}, {elapsed}, {what}\n")
