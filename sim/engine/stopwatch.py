"""Processor time of each phase of a day, and seconds while rules are compiled: the only code of the model that reads a clock.

Nothing depends on the reading.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence

EXPECTED = "some 40 to 90"  # seconds that compiling takes


def with_stopwatches(phases: Sequence[tuple[str, Callable]]) -> tuple[dict[str, float], list[tuple[str, Callable]]]:
    """Return seconds of processor time by phase, all zero so far, and the phases that add to them."""
    seconds = dict.fromkeys((name for name, _ in phases), 0.0)

    def with_stopwatch(name, phase):
        def run(*arguments):
            start = time.process_time()
            phase(*arguments)
            seconds[name] += time.process_time() - start

        return run

    return seconds, [(name, with_stopwatch(name, phase)) for name, phase in phases]


@contextlib.contextmanager
def seconds_shown(is_wanted: bool = True) -> Iterator[None]:
    """Count the seconds of what happens meanwhile, in one line of a terminal, which is gone at the end; a log gets none."""
    if not (is_wanted and sys.stderr.isatty()):
        yield
        return
    start, is_over = time.monotonic(), threading.Event()

    def count() -> None:
        while not is_over.wait(1.0):
            print(f"\r{time.monotonic() - start:.0f} s of {EXPECTED}", end="", file=sys.stderr, flush=True)

    counting = threading.Thread(target=count, daemon=True)
    counting.start()
    try:
        yield
    finally:
        is_over.set()
        counting.join()
        print(f"\r{' ' * 40}\r", end="", file=sys.stderr, flush=True)
