"""Compilation of rules to machine code: decorators, and a cache that can never serve stale code.

Numba caches a compiled function by the time stamp of *its own* file; a change in a helper that
lives in another file goes unseen. The cache folder is therefore named by a hash of every source
file of the model, and of all else that machine code depends on: interpreter, Numba, LLVM, NumPy,
processor, and Numba's own settings. It must be set before anything is compiled: import `numba` only
through here. Compiled code can be used from the same path only, so each checkout has its own folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import llvmlite
import numba
import numpy as np
from llvmlite import binding as llvm

from sim import IS_SUPPORTED, SUPPORTED

if not IS_SUPPORTED:
    raise ImportError(SUPPORTED)

_SOURCE = Path(__file__).resolve().parents[1]
NEVER_COMPILED = (
    "configuration/", "initialisation/calendar.py", "initialisation/data/", "initialisation/environment.py",
    "initialisation/geography.py", "initialisation/own_places.py", "mesa/", "market.py", "phase_copies.py", "simulation.py",
    "snapshot.py", "engine/stopwatch.py", "measures/", "evidence/", "rules/plain.py", "rules/plain_tables.py",
    "own_rules.py", "own_phases.py")  # fmt: skip
_PLAIN = "_plain.py"  # ends the names of plain forms
_OURS = "plansim-"  # begins the name of a folder in one that belongs to all users
_SAME_CODE = ("NUMBA_CACHE_DIR", "NUMBA_NUM_THREADS", "NUMBA_DISABLE_JIT")  # settings that leave what is compiled as it is


def source_digest() -> str:
    """SHA-256 over the model's Python files that hold or shape compiled code, in path order (hexadecimal).

    Of the parameters only the names matter: compiled rules read their values from a record. Constants are compiled in.
    """
    digest = hashlib.sha256()
    for path in sorted(_SOURCE.rglob("*.py")):
        name = path.relative_to(_SOURCE).as_posix()
        if name.startswith(NEVER_COMPILED) or name.endswith(_PLAIN):
            continue
        text = path.read_bytes()
        if name.startswith("parameters/") and name != "parameters/constants.py":
            text = b" ".join(re.findall(rb"^    \w+: \S+", text, re.MULTILINE))
        digest.update(name.encode())
        digest.update(text)
    return digest.hexdigest()


SOURCE_DIGEST = source_digest()  # of the code that runs, even if the files change later


def machine_digest() -> str:
    """SHA-256 of all else that determines the machine code: interpreter, libraries, processor, Numba's settings."""
    settings = {name: value for name, value in os.environ.items() if name.startswith("NUMBA_") and name not in _SAME_CODE}
    shaping = {
        "interpreter": [sys.implementation.cache_tag, getattr(sys, "abiflags", "")],
        "libraries": [numba.__version__, llvmlite.__version__, np.__version__],
        "processor": [llvm.get_process_triple(), llvm.get_host_cpu_name(), _processor_features()],
        "settings": settings,
    }
    return hashlib.sha256(json.dumps(shaping, sort_keys=True).encode()).hexdigest()


def _processor_features() -> list[str]:
    try:
        return sorted(name for name, present in llvm.get_host_cpu_features().items() if present)
    except RuntimeError:
        return []  # LLVM knows of none for this processor


def _cache_bases() -> Iterator[Path]:
    """Places for compiled code, best first: a folder named by the user, the user's cache, a private temporary one."""
    if root := os.environ.get("PLANSIM_CACHE"):
        yield Path(root).absolute() / "plansim"
    elif os.path.isabs(root := os.environ.get("XDG_CACHE_HOME", "")):
        yield Path(root) / "plansim"
    else:
        try:
            yield Path.home() / ".cache" / "plansim"
        except RuntimeError:
            pass  # the user has no home folder
    if hasattr(os, "getuid"):
        try:
            yield Path(tempfile.gettempdir()) / f"{_OURS}{os.getuid()}"
        except OSError:
            pass  # nothing can be written anywhere


def _cache_folder() -> Path | None:
    """A writable folder for this version of the code at this path, or None where nothing can be written."""
    checkout = hashlib.sha256(os.fsencode(_SOURCE)).hexdigest()
    name = f"compiled-{SOURCE_DIGEST[:16]}-{checkout[:8]}-{machine_digest()[:8]}"
    return next((base / name for base in _cache_bases() if _can_be_written(base, base / name)), None)


def _can_be_written(base: Path, folder: Path) -> bool:
    """Make the folder if it can be written to. In a shared one it must be this user's own: its content is executed."""
    try:
        if base.name.startswith(_OURS):
            base.mkdir(mode=0o700, exist_ok=True)
            status = base.lstat()
            if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o022:
                return False
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return True


CACHE_FOLDER = _cache_folder()
if CACHE_FOLDER is not None:
    os.environ["NUMBA_CACHE_DIR"] = str(CACHE_FOLDER)  # Numba looks there again when it compiles
    numba.config.CACHE_DIR = str(CACHE_FOLDER)

INTERPRETED = bool(numba.config.DISABLE_JIT)
if INTERPRETED:
    np.seterr(over="ignore")  # wrapping unsigned products are what a hash is made of

from sim.engine.numba_internals import ONLY_CALLED, ONLY_LINKED, UNCOUNTED, keep_on_disk, only_linked  # noqa: E402  (after the cache folder is known)

_CACHING = CACHE_FOLDER is not None and not INTERPRETED
_COMPLETE = "complete"  # its lines are the files of machine code
_lost: set[str] = set()  # functions whose machine code is missing from the cache
_was_complete = False  # before the first of them was lost

_OPTIONS = {"nogil": True, "error_model": "numpy", **UNCOUNTED}


def rule(function):
    """Decorate a rule: a small per-agent function over records, linked into the phases; Python cannot call it."""
    return only_linked(numba.njit(**_OPTIONS, **ONLY_LINKED)(function))


def inlined(function):
    """Decorate a rule on the path of every search: always merged into the rule that calls it."""
    return only_linked(numba.njit(**_OPTIONS, **ONLY_LINKED, forceinline=True)(function))


def phase(function):
    """Decorate a phase, or any function that Python calls: compiled once, kept on disk."""
    compiled = numba.njit(**_OPTIONS, **ONLY_CALLED)(function)
    if _CACHING:
        keep_on_disk(compiled, _forget, _remember)
    return compiled


def compile_for(function, *arguments) -> None:
    """Compile a phase for arguments of these types, without running it."""
    function.compile(tuple(numba.typeof(argument) for argument in arguments))


def is_compiled() -> bool:
    """Whether nothing is left to compile: everything is in the cache, or the rules run interpreted."""
    if not _CACHING:
        return INTERPRETED
    try:
        names = (CACHE_FOLDER / _COMPLETE).read_text(encoding="utf-8").split("\n")
        return any(names) and all((CACHE_FOLDER / name).is_file() for name in names)
    except (OSError, ValueError):
        return False


def announce_compilation() -> bool:
    """Announce the compilation on standard error before the first one of this version.

    Returns True if the compilation has still to be done.
    """
    if is_compiled():
        return False
    if CACHE_FOLDER is None:
        how_often = "no folder for compiled code is writable (set PLANSIM_CACHE), so this happens at each start"
    elif not _is_first_choice(CACHE_FOLDER):
        how_often = f"the cache of this user cannot be written, so it is kept in {CACHE_FOLDER.parent} (or set PLANSIM_CACHE)"
    else:
        how_often = "this happens once for this version"
    print(f"Compiling the rules of the model, about a minute; {how_often}.", file=sys.stderr, flush=True)
    return True


def _is_first_choice(folder: Path) -> bool:
    return folder.parent == next(_cache_bases())


def compilation_is_complete() -> None:
    """Record that every phase of this version is compiled and cached, and in which files."""
    if not _CACHING or _lost:
        return
    names = sorted(path.relative_to(CACHE_FOLDER).as_posix() for path in CACHE_FOLDER.rglob("*.nbc"))
    draft = CACHE_FOLDER / f".{_COMPLETE}-{os.getpid()}"
    try:
        draft.write_text("\n".join(names), encoding="utf-8")
        os.replace(draft, CACHE_FOLDER / _COMPLETE)
    except OSError:
        pass  # only the notice of the next start depends on it


def _forget(function: str) -> None:
    """Note that a function's compiled code is lost, so that the cache no longer counts as complete."""
    global _was_complete
    _was_complete = _was_complete or is_compiled()
    _lost.add(function)
    try:
        (CACHE_FOLDER / _COMPLETE).unlink(missing_ok=True)
    except OSError:
        pass


def _remember(function: str) -> None:
    """Note that a function's compiled code is in the cache; if it was the last one lost, the cache is complete again."""
    if function in _lost:
        _lost.remove(function)
        if _was_complete:
            compilation_is_complete()
