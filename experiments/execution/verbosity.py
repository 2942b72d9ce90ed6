"""How much a command reports on standard error next to its result: less with `-q`, more with `-v`."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator

QUIET, USUAL, VERBOSE = -1, 0, 1
_COMPILED = "sim.engine.compiled"

_level = USUAL


@contextlib.contextmanager
def speaking(level: int) -> Iterator[None]:
    """Report as much as `level` asks while a command runs; with `VERBOSE`, at its end also what it took."""
    global _level
    before, _level = _level, level
    start = time.monotonic()
    try:
        yield
    finally:
        note(f"time: {time.monotonic() - start:.2f} s, processors {_processor_seconds()}; memory {_megabytes():,.0f} MB at most")
        for line in _compiled_code():
            note(line)
        _level = before


def is_quiet() -> bool:
    """Whether progress is not wanted."""
    return _level == QUIET


def note(line: str) -> None:
    """A line that only `-v` asks for."""
    if _level == VERBOSE:
        print(f"plansim: {line}", file=sys.stderr)


def tell(line: str) -> None:
    """A line that `-q` leaves out."""
    if not is_quiet():
        print(f"plansim: {line}", file=sys.stderr)


def _processor_seconds() -> str:
    """Processor time of this process and of its workers that have ended."""
    used = os.times()
    return f"{used.user + used.system:.2f} s here and {used.children_user + used.children_system:.2f} s in workers"


def _megabytes() -> float:
    """Most memory this process has held."""
    import resource

    unit = 1e6 if sys.platform == "darwin" else 1e3  # bytes there, kilobytes elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _compiled_code() -> list[str]:
    """Where compiled code is kept, if the command has used any; the model is not imported for it."""
    compiled = sys.modules.get(_COMPILED)
    if compiled is None:
        return []
    if compiled.INTERPRETED:
        return ["rules: interpreted (NUMBA_DISABLE_JIT)"]
    kept = "all there" if compiled.is_compiled() else "not all there yet"
    return [f"compiled rules: {compiled.CACHE_FOLDER or 'in no folder, as none can be written'}, {kept}"]
