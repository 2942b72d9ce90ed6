"""How rules become machine code: one decorator, and a cache that can never serve stale code.

Numba caches a compiled function by the time stamp of *its own* file; a change in a helper that
lives in another file goes unseen. The cache folder is therefore named by a hash of every source
file of the model, and it must be set before Numba is imported: import `numba` only through here.
What is compiled can be used from the same path alone, so each checkout has a folder of its own.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from pathlib import Path

_SOURCE = Path(__file__).resolve().parent
NEVER_COMPILED = (
    "setting.py", "agents.py", "agent_sets.py", "market.py", "mesa_versions.py", "phase_copies.py", "simulation.py",
    "measures/", "data/")  # fmt: skip


def source_digest() -> str:
    """SHA-256 over the model's Python files that hold or shape compiled code, in path order (hexadecimal).

    Of the parameters only the names count: compiled rules read their values from a record.
    """
    digest = hashlib.sha256()
    for path in sorted(_SOURCE.rglob("*.py")):
        name = path.relative_to(_SOURCE).as_posix()
        if name.startswith(NEVER_COMPILED):
            continue
        text = path.read_bytes()
        if name.startswith("parameters/"):
            text = b" ".join(re.findall(rb"^    \w+: \S+", text, re.MULTILINE))
        digest.update(name.encode())
        digest.update(text)
    return digest.hexdigest()


def _cache_folder() -> Path | None:
    """A writable folder for this version of the code at this path, or None where nothing can be written."""
    root = os.environ.get("PLANSIM_CACHE") or os.environ.get("XDG_CACHE_HOME")
    base = Path(root) if root else Path.home() / ".cache"
    checkout = hashlib.sha256(os.fsencode(_SOURCE)).hexdigest()
    folder = base / "plansim" / f"compiled-{source_digest()[:16]}-{checkout[:8]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError:
        return None
    return folder


CACHE_FOLDER = _cache_folder()
if CACHE_FOLDER is not None:
    os.environ["NUMBA_CACHE_DIR"] = str(CACHE_FOLDER)

import numba  # noqa: E402  (the cache folder has to be known first)
import numpy as np  # noqa: E402

if CACHE_FOLDER is not None:
    numba.config.CACHE_DIR = str(CACHE_FOLDER)  # in case a caller had imported Numba before us

INTERPRETED = bool(numba.config.DISABLE_JIT)
if INTERPRETED:
    np.seterr(over="ignore")  # wrapping unsigned products are what a hash is made of

_CACHING = CACHE_FOLDER is not None and not INTERPRETED

_OPTIONS = {"nogil": True, "error_model": "numpy", "_nrt": False}  # no reference counts: nothing is allocated

rule = numba.njit(**_OPTIONS)
"""Decorator of a rule: a small per-agent function over records, linked into the phases."""

inlined = numba.njit(**_OPTIONS, forceinline=True)
"""Decorator of a rule on the path of every search: always merged into the rule that calls it."""

phase = numba.njit(**_OPTIONS, cache=_CACHING)
"""Decorator of a phase, or of any function that Python calls: compiled once, kept on disk."""


def is_compiled() -> bool:
    """Whether nothing is left to compile: all is in the cache, or the rules run interpreted."""
    return INTERPRETED or (CACHE_FOLDER is not None and (CACHE_FOLDER / "complete").exists())


def announce_compilation() -> bool:
    """Say on standard error, before the first compilation of this version, what will take time.

    Returns True if the compilation has still to be done.
    """
    if is_compiled():
        return False
    how_often = (
        "this happens once for this version"
        if CACHE_FOLDER is not None
        else "no folder for compiled code is writable (set PLANSIM_CACHE), so this happens at each start"
    )
    print(f"Compiling the rules of the model, one to two minutes; {how_often}.", file=sys.stderr, flush=True)
    return True


def compilation_is_complete() -> None:
    """Remember that every phase of this version is compiled and cached."""
    if CACHE_FOLDER is not None and not INTERPRETED:
        try:
            (CACHE_FOLDER / "complete").touch()
        except OSError:
            pass  # only the notice of the next start depends on it
