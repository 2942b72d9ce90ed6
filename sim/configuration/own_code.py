"""Python of the user's that travels as text: run once in a process, and its functions called with errors in one line."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import linecache
import os
import pickle
import sys
import sysconfig
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sim.configuration.plain_values import ConfigurationError, meant


def load(source: str, where: str, folder: Path | None = None) -> types.ModuleType:
    """The module that a text is, the same for the same text. ConfigurationError, beginning with `where`, if it fails.

    `folder`: where the text is kept as a file, so that Numba keeps what it compiles of it.
    """
    try:
        return _loaded(source, folder)
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {error}") from None
    except Exception as error:  # noqa: BLE001 (whatever the user's file raises)
        raise ConfigurationError(f"{where}: {describe(error, source)}") from None


def function_of(source: str, name: str, where: str) -> Callable:
    """A function by its name in a text of Python. ConfigurationError, beginning with `where`, if there is none."""
    module = load(source, where)
    found = getattr(module, name, None)
    if not callable(found):
        known = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise ConfigurationError(f"{where}: no function {name} in its file{meant(name, known)}")
    return found


def call(function: Callable, where: str, *arguments: Any, module: types.ModuleType | None = None) -> Any:
    """What a function of the user's returns. ConfigurationError, beginning with `where`, for whatever it raises.

    `module`: the one it is of, which must stay as its text made it, as it is the same for all worlds of a process.
    """
    try:
        found = function(*arguments)
    except Exception as error:  # noqa: BLE001 (whatever the user's function raises)
        raise ConfigurationError(f"{where}: {describe(error)}") from None
    if module is not None and (name := _changed(module)) is not None:
        what = "what changes belongs into the tables of the world"
        raise ConfigurationError(f"{where}: it changed {name} of its file, and the next world would find it changed; {what}")
    return found


def describe(error: Exception, source: str | None = None) -> str:
    """An error of a user's file in a line, with the line of the file where it arose if that is known."""
    line = error.lineno if isinstance(error, SyntaxError) else None
    trace = error.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename).name.startswith(_PREFIX):
            line = trace.tb_lineno
        trace = trace.tb_next
    at = "" if line is None else f" (line {line} of its file)"
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {' '.join(text.split())}{at}"


_PREFIX = "user_"  # begins the name of a file


@functools.lru_cache(maxsize=64)
def _loaded(source: str, folder: Path | None) -> types.ModuleType:
    refuse_own_imports(source)
    name = f"{_PREFIX}{hashlib.sha256(source.encode()).hexdigest()[:16]}"
    file = f"{name}.py" if folder is None else _kept(source, folder / f"{name}.py")
    module = types.ModuleType(name)
    module.__dict__["__file__"] = file
    sys.modules[name] = module  # where Numba and `inspect` look
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)  # so that Numba and tracebacks find it
    exec(compile(source, file, "exec"), module.__dict__)  # noqa: S102 (a file that the user has named)
    _made[name] = _values(module)
    return module


_made: dict[str, dict[str, Any]] = {}  # of each module, what its text made


def _changed(module: types.ModuleType) -> str | None:
    """A name in a module that has not the value any more that its text gave it; None if there is none."""
    made, now = _made[module.__name__], _values(module)
    return next((name for name in made | now if made.get(name) != now.get(name)), None)


def _values(module: types.ModuleType) -> dict[str, Any]:
    """What can be told apart of each value in a module: which object it is, and what is in it."""
    return {name: (id(value), _content(value, module)) for name, value in vars(module).items() if not name.startswith("__")}


def _content(value: Any, module: types.ModuleType) -> Any:
    """What is in a plain value, in a class of the module, or in what a function of it keeps; None for all else."""
    if getattr(value, "__module__", None) == module.__name__:
        if isinstance(value, type):
            return {name: (id(part), _content(part, module)) for name, part in vars(value).items() if not name.startswith("__")}
        if isinstance(value, types.FunctionType):
            kept = [cell.cell_contents for cell in value.__closure__ or ()]
            return [_content(part, module) for part in (value.__defaults__, value.__kwdefaults__, vars(value), kept)]
    elif type(value).__module__.partition(".")[0] not in ("array", "builtins", "collections", "itertools", "numpy"):
        return None
    try:
        return pickle.dumps(value)
    except Exception:  # noqa: BLE001 (whatever an object says to that)
        return None


def refuse_own_imports(source: str) -> None:
    """ConfigurationError for an import that no result would know of, or that brings chance of another kind.

    A result holds the text of the file and versions of libraries, so modules are those of Python, of this project, and of
    installed libraries. Chance that is not keyed by seed, stream, agent, day and draw would not be the same in twin worlds.
    """
    installed = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names] if node.module else [""]
        if isinstance(node, ast.Attribute) and node.attr == "random" and isinstance(node.value, ast.Name):
            names = [f"{node.value.id}.random"]
        for name in names:
            top = name.partition(".")[0]
            if top in ("random", "secrets") or (top in ("np", "numpy") and name.split(".")[1:2] == ["random"]):
                raise ConfigurationError(f"it uses {name}, by which twins have other luck; take chance from sim.engine.chance")
            spec = importlib.util.find_spec(top) if top and not isinstance(node, ast.Attribute) else None
            origin = str(spec.origin or "") if spec else ""
            foreign = bool(spec) and top not in _KNOWN and not any(origin.startswith(path) for path in installed)
            if not name or foreign:
                module = name or "a module next to it"
                raise ConfigurationError(f"it imports {module}, which a result would not hold; put what it needs into the file")


_KNOWN = {*sys.stdlib_module_names, "sim", "experiments"}


def _kept(source: str, file: Path) -> str:
    """The path of a file with this text; written whole or not at all, by the first process that asks."""
    data = source.encode()
    try:
        if not (file.is_file() and file.read_bytes() == data):
            file.parent.mkdir(parents=True, exist_ok=True)
            draft = file.with_name(f".{file.name}.{os.getpid()}")
            draft.write_bytes(data)
            os.replace(draft, file)
    except OSError:
        return file.name  # nothing can be kept there
    return str(file)
