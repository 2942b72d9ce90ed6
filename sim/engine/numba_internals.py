"""Everything the model uses of Numba's internals, which have no public name: nothing else imports them.

`tests/unit/engine/test_library_internals.py` tests each, and is run with the lowest and the newest Numba of every
interpreter (`.ci/versions`).
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable

from numba.core import cgutils
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher
from numba.core.imputils import impl_ret_borrowed, lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr

__all__ = [
    "ONLY_CALLED", "ONLY_LINKED", "UNCOUNTED", "AttributeTemplate", "cgutils", "impl_ret_borrowed", "infer_getattr",
    "keep_on_disk", "lower_getattr_generic", "only_linked",
]  # fmt: skip

UNCOUNTED = {"_nrt": False}
"""Option of `numba.njit`: no reference counts. Compiled rules allocate nothing."""

ONLY_CALLED = {"no_cfunc_wrapper": True}
ONLY_LINKED = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""Options of `numba.njit`: no entry point from C; none from Python either. They take a quarter of the compilation time."""


def only_linked(function: Callable) -> Callable:
    """Compile a function with `ONLY_LINKED`: called from Python it raises TypeError, where Numba would end the process."""
    if isinstance(function, Dispatcher):
        function.add_overload = functools.partial(_add_for_linking, function.overloads)
        function._compile_for_args = functools.partial(_refuse, function.__name__)
    return function


def _add_for_linking(overloads, compiled):
    overloads[tuple(compiled.signature.args)] = compiled


def _refuse(name, *_arguments, **_options):
    raise TypeError(f"rule {name} is compiled for phases alone; in Python call {name}.py_func, or make a phase that calls it")


def keep_on_disk(function: Callable, on_loss: Callable[[str], None], on_gain: Callable[[str], None]) -> None:
    """Keep a compiled function in Numba's cache, as `cache=True` does, whatever state its files are in.

    An unusable file is compiled again and replaced; code that cannot be stored lives as long as the process.
    The first of either is reported in one line on standard error. `on_loss` and `on_gain` receive the function's name
    when its code is not, and when it is, in the cache.
    """
    function._cache = _ForgivingCache(function.py_func, on_loss, on_gain)


class _ForgivingCache(FunctionCache):
    """Numba's cache of one function; Numba itself ends in a traceback where a file is truncated or foreign."""

    def __init__(self, function: Callable, on_loss: Callable[[str], None], on_gain: Callable[[str], None]):
        super().__init__(function)
        self._function, self._on_loss, self._on_gain = function.__qualname__, on_loss, on_gain
        self._folder = os.path.dirname(self.cache_path)

    def load_overload(self, signature, target):
        try:
            return super().load_overload(signature, target)
        except Exception:  # noqa: BLE001 (bytes that are no pickle, or no machine code, can raise anything)
            self._on_loss(self._function)
            _tell_once(f"compiled code in {self._folder} cannot be read; it is compiled again, which takes about a minute")
        try:
            self.flush()
        except OSError as error:
            _tell_once(_not_stored(self._folder, error))
        return None

    def save_overload(self, signature, data):
        try:
            super().save_overload(signature, data)
        except Exception as error:  # noqa: BLE001 (it reads the index, which another process may have damaged meanwhile)
            self._on_loss(self._function)
            _tell_once(_not_stored(self._folder, error))
        else:
            self._on_gain(self._function)


def _not_stored(folder: str, error: Exception) -> str:
    reason = (getattr(error, "strerror", None) or str(error)).lower()
    return f"compiled code cannot be stored in {folder} ({reason}), and is compiled again at the next start"


@functools.cache
def _tell_once(line: str) -> None:
    print(f"plansim: {line}", file=sys.stderr, flush=True)
