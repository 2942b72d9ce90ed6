"""Processor time of each phase of a day: the only code of the model that reads a clock. Nothing depends on the reading."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence


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
