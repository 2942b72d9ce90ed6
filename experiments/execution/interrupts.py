"""Ctrl-C and polite requests to end: a stop that was asked for is never lost.

A handler of a signal raises KeyboardInterrupt wherever Python happens to be, and there are places that eat it: what
is raised in a callback from C is printed and forgotten, and Numba loads compiled code through such callbacks. Others
raise an error of their own in its place, as Hydra does where it closes a file that it was about to open. So the request
is noted as well, and commands look at the note between batches of work, at their end, and when an error ends them.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

_asked = threading.Event()


def grant_request() -> None:
    """Take a request to end as granted, in a command that runs until it is stopped."""
    _asked.clear()


@contextlib.contextmanager
def hearing_interrupts() -> Iterator[None]:
    """While inside, SIGINT and SIGTERM raise KeyboardInterrupt and are noted; before and after, all is as it was.

    For the process of a command line only. A SIGINT that is ignored (a job in the background) stays ignored, and
    outside the main thread, where Python takes no handlers, nothing changes.
    """
    _asked.clear()
    before = {}
    if threading.current_thread() is threading.main_thread():
        numbers = [signal.SIGTERM] + [signal.SIGINT] * (signal.getsignal(signal.SIGINT) is signal.default_int_handler)
        before = {number: signal.signal(number, _note_and_raise) for number in numbers}
    try:
        yield
    except Exception:
        stop_if_asked()
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _asked.clear()


def stop_if_asked() -> None:
    """Raise KeyboardInterrupt if a stop was asked for since the command began. Elsewhere than in a command, do nothing."""
    if _asked.is_set():
        raise KeyboardInterrupt


def _note_and_raise(_signal, _frame):
    _asked.set()
    raise KeyboardInterrupt
