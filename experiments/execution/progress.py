"""How far a plan is, on standard error and in a log of its result folder; standard output stays free for results."""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path
from typing import Any, Self

from experiments.execution.chunks import Chunk
from experiments.execution.interrupts import stop_if_asked
from experiments.execution.verbosity import is_quiet

SECONDS_BETWEEN_LINES = 10.0


class Progress:
    """A bar on a terminal; elsewhere a plain line every ten seconds at most, and one at the end; neither with `--quiet`.

    It is called between batches of work, so this is also where an interrupted command stops (KeyboardInterrupt).

    Parameters
    ----------
    total
        Number of units of work (tasks).
    label
        What is being done, for example "sweep".
    already_done
        Units finished by an earlier run; they count, but not in the estimate of the time left.
    log
        A file that gets a line at the start, every ten seconds at most, and at the end. A disk that refuses it does
        not stop the work.

    Examples
    --------
    >>> with Progress(3, "runs") as progress:
    ...     progress.advance(3)
    """

    def __init__(self, total: int, label: str, already_done: int = 0, log: Path | None = None):
        self.total, self.label, self._log = total, label, log
        self.done = self.already_done = already_done
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        stop_if_asked()
        self._start = self._last_line = self._last_note = time.monotonic()
        if sys.stderr.isatty() and not is_quiet():
            self._show_bar()
        self._note("resumed" if self.already_done else "begun")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        else:
            self._print_line("" if kind is None else ", stopped")
        self._note("ended" if kind is None else "stopped")

    def advance(self, n: int = 1) -> None:
        """Count `n` more units as done."""
        self.done += n
        now = time.monotonic()
        if self._bar is not None:
            self._bar.update(self._task, completed=self.done, left=self._time_left())
        elif now - self._last_line >= SECONDS_BETWEEN_LINES:
            self._print_line(f", {self._time_left()} left")
        if now - self._last_note >= SECONDS_BETWEEN_LINES:
            self._note(f"{self._time_left()} left")
        stop_if_asked()

    def report_death(self, chunk: Chunk) -> None:
        """Report that a worker died with this chunk in flight."""
        what = f"a worker died; chunk {chunk.id} is tried again, alone, when the others are done"
        print(f"{self.label}: {what}", file=sys.stderr, flush=True)
        self._note(what)

    def _show_bar(self) -> None:
        from rich.console import Console  # late: only a terminal needs it
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        console = Console(stderr=True)
        if console.is_dumb_terminal:
            return
        columns = (
            TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("{task.fields[left]} left"),
        )  # fmt: skip
        self._bar = Bar(*columns, console=console, redirect_stdout=False)  # standard output may be a pipe that expects JSON
        self._task = self._bar.add_task(self.label, total=self.total, completed=self.done, left=self._time_left())
        self._bar.start()

    def _print_line(self, end: str) -> None:
        self._last_line = time.monotonic()
        if not is_quiet():
            print(f"{self._state()}{end}", file=sys.stderr, flush=True)

    def _note(self, what: str) -> None:
        self._last_note = time.monotonic()
        if self._log is not None:
            with contextlib.suppress(OSError), open(self._log, "a", encoding="utf-8") as file:
                file.write(f"{self._state()}, {what}\n")

    def _state(self) -> str:
        return f"{self.label}: {self.done}/{self.total}, {_format_seconds(time.monotonic() - self._start)}"

    def _time_left(self) -> str:
        new = self.done - self.already_done
        if new <= 0:
            return "?"
        pace = (time.monotonic() - self._start) / new
        return _format_seconds(pace * max(0, self.total - self.done))


def _format_seconds(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"
