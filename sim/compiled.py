"""How rules become machine code: one decorator, and a cache that can never serve stale or damaged code.

Numba caches a compiled function by the time stamp of *its own* file; a change in a helper that
lives in another file goes unseen. The cache folder is therefore named by a hash of every source
file of the model; import `numba` only through here. What is compiled can be used from the same
path, by the same interpreter, libraries and processor alone, so each of them has a folder of its own.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import re
import stat
import sys
import tempfile
import zlib
from pathlib import Path

import llvmlite
import llvmlite.binding
import numba
import numpy as np

from sim import IS_SUPPORTED, SUPPORTED

if not IS_SUPPORTED:
    raise ImportError(SUPPORTED)

_SOURCE = Path(__file__).resolve().parent
NEVER_COMPILED = (
    "setting.py", "agents.py", "agent_sets.py", "market.py", "mesa_versions.py", "phase_copies.py", "simulation.py",
    "measures/", "data/", "evidence/", "phases/plain/")  # fmt: skip


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


SOURCE_DIGEST = source_digest()  # of the code that runs, whatever becomes of the files
_MARKER = "complete"  # lists every file of compiled code with its size and checksum


def machine_digest() -> str:
    """SHA-256 over what compiled code depends on besides its source: interpreter, libraries, processor, Numba's switches."""
    switches = (numba.config.BOUNDSCHECK, numba.config.OPT, numba.config.DEBUGINFO_DEFAULT)
    parts = (sys.implementation.cache_tag, platform.python_version(), numba.__version__, np.__version__, llvmlite.__version__)
    name = numba.config.CPU_NAME or llvmlite.binding.get_host_cpu_name()
    features = numba.config.CPU_FEATURES or llvmlite.binding.get_host_cpu_features().flatten()
    return hashlib.sha256(repr((parts, name, features, switches)).encode()).hexdigest()


def _cache_folder() -> Path | None:
    """A writable folder for this version of the code at this path on this machine, or None where nothing can be written.

    In the place named by PLANSIM_CACHE or XDG_CACHE_HOME, else in the home, else (no home, or one that cannot be
    written) among the temporary files, in a folder that belongs to the user alone.
    """
    checkout = hashlib.sha256(os.fsencode(_SOURCE)).hexdigest()
    name = f"compiled-{SOURCE_DIGEST[:16]}-{checkout[:8]}-{machine_digest()[:8]}"
    chosen, home = os.environ.get("PLANSIM_CACHE") or os.environ.get("XDG_CACHE_HOME"), os.path.expanduser("~")
    bases = [Path(chosen) / "plansim"] if chosen else [Path(home, ".cache", "plansim")] if os.path.isdir(home) else []
    own = Path(tempfile.gettempdir()) / f"plansim-{os.getuid()}"
    for base in (*bases, own):
        try:
            base.mkdir(parents=True, exist_ok=True, mode=0o700 if base is own else 0o777)
            if base is own and not _belongs_to_the_user(own):
                continue
            folder = base / name
            folder.mkdir(exist_ok=True)
            probe = folder / f".probe-{os.getpid()}"
            probe.touch()
            probe.unlink()
            return folder
        except OSError:
            continue
    return None


def _belongs_to_the_user(folder: Path) -> bool:
    """Whether nobody else can put files there: what is read from a cache is run."""
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and not status.st_mode & 0o022 and status.st_uid == os.getuid()


def _files_of_code(folder: Path) -> dict[str, list[int]]:
    """Every file of compiled code with its size and checksum."""
    files = sorted(path for path in folder.rglob("*.nb[ic]"))
    return {path.relative_to(folder).as_posix(): [path.stat().st_size, zlib.crc32(path.read_bytes())] for path in files}


def throw_away_damage(folder: Path) -> bool:
    """Remove what is not as it was written, so that it is compiled again; returns whether there was any such file.

    Numba reads its files without a check: one cut short ends in an error at each start. OSError where one cannot be removed.
    """
    marker, listed, damaged = folder / _MARKER, {}, []
    with contextlib.suppress(OSError, ValueError):
        listed = json.loads(marker.read_text())
    if not isinstance(listed, dict):
        listed = {}
    for name, found in _files_of_code(folder).items():
        with open(folder / name, "rb") as file:
            begin = file.read(1)
            file.seek(-min(1, found[0]), os.SEEK_END)
            whole = begin == b"\x80" and file.read(1) == b"."  # as a pickle begins and ends
        if not whole or listed.get(name, found) != found:
            damaged.append(folder / name)
    for path in damaged:
        for both in (path, *path.parent.glob(path.name.split(".py3")[0] + ".*")):  # its index, and what that points to
            both.unlink(missing_ok=True)
    if damaged or not listed or any(not (folder / name).exists() for name in listed):
        marker.unlink(missing_ok=True)
    return bool(damaged)


def _usable_cache() -> tuple[Path | None, bool]:
    """The folder for compiled code, and whether something in it was damaged."""
    folder = _cache_folder()
    try:
        return folder, folder is not None and throw_away_damage(folder)
    except OSError:
        return None, False


CACHE_FOLDER, _WAS_DAMAGED = _usable_cache()
if CACHE_FOLDER is not None:
    os.environ["NUMBA_CACHE_DIR"] = str(CACHE_FOLDER)
    numba.config.CACHE_DIR = str(CACHE_FOLDER)

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
    return INTERPRETED or (CACHE_FOLDER is not None and (CACHE_FOLDER / _MARKER).exists())


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
    damage = "A file of the compiled code was damaged and is made again. " if _WAS_DAMAGED else ""
    print(f"{damage}Compiling the rules of the model, one to two minutes; {how_often}.", file=sys.stderr, flush=True)
    return True


def compilation_is_complete() -> None:
    """Remember that every phase of this version is compiled and cached, and what the files were."""
    if CACHE_FOLDER is None or INTERPRETED:
        return
    try:
        draft = CACHE_FOLDER / f".{_MARKER}-{os.getpid()}"
        draft.write_text(json.dumps(_files_of_code(CACHE_FOLDER)))
        draft.replace(CACHE_FOLDER / _MARKER)
    except OSError:
        pass  # only the notice of the next start depends on it
