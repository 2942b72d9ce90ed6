"""Files that appear whole or not at all, a lock on a folder, and disk errors in one line."""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.execution import machine

_MISTAKES = (errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENAMETOOLONG)  # of who named the folder
_ROOM, _PERMISSION = "free some space", "choose a folder that can be written to"
REMEDIES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), _ROOM),
    **dict.fromkeys((errno.EROFS, errno.EACCES, errno.EPERM), _PERMISSION),
    **dict.fromkeys(_MISTAKES, "choose another folder"),
}
_SEAL = "sealed_sha256"
JOURNAL = "chunks.jsonl"  # lists the finished chunks of a result folder (`journal`)


class StoreError(RuntimeError):
    """A result folder cannot be used as asked; the message is one line with the remedy."""


class StoreFailure(StoreError):
    """Nobody's mistake: the disk refuses, or a stored file is damaged. Also one line with the remedy."""


@contextlib.contextmanager
def explain_oserror(path: Path, verb: str = "write") -> Iterator[None]:
    """Turn an OSError inside into one line that names the path, the reason and the remedy.

    Raises StoreFailure; StoreError where the path itself is the mistake.
    """
    try:
        yield
    except OSError as error:
        problem = (error.strerror or str(error)).lower()
        remedy = REMEDIES.get(error.errno, "check the disk")
        kind = StoreError if error.errno in _MISTAKES else StoreFailure
        kept = ", finished chunks are kept" if _has_chunks_near(path) else ""
        raise kind(f"cannot {verb} {path}: {problem}; {remedy} and start again{kept}") from error


def _has_chunks_near(path: Path) -> bool:
    """Whether a path is that of a result with finished chunks, or of a file in one."""
    for folder in (path, *path.parents[:2]):
        with contextlib.suppress(OSError):
            if (folder / JOURNAL).stat().st_size:
                return True
    return False


def is_read_only(failure: StoreError) -> bool:
    """Whether what failed is that nothing may be written there."""
    return isinstance(failure.__cause__, OSError) and failure.__cause__.errno in (errno.EROFS, errno.EACCES, errno.EPERM)


def take_lock(folder: Path) -> int:
    """Lock the folder until the descriptor is closed, by the process or by its death.

    On a file system without locks nothing keeps a second process away; a line on standard error warns of it.
    """
    lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if not machine.lock(lock, wait=False):
            _warn_of_no_locks(folder)
        os.truncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
    except BlockingIOError:
        holder = os.read(lock, 20).decode(errors="replace") or "unknown"
        os.close(lock)
        raise StoreError(f"{folder} is in use by process {holder}: wait for it, or choose another folder") from None
    except BaseException:
        os.close(lock)
        raise
    return lock


@functools.cache
def _warn_of_no_locks(folder: Path) -> None:
    problem = "the file system knows no locks; take care that one command at a time writes there"
    print(f"plansim: {folder}: {problem}", file=sys.stderr, flush=True)


def first_lines(lines: Sequence[str], most: int, more: str) -> list[str]:
    """The first lines and, where there are more, a last one with their number.

    >>> first_lines(["a", "b", "c"], 1, "more letters"), first_lines(["a"], 1, "more letters")
    (['a', 'and 2 more letters'], ['a'])
    """
    return [*lines[:most], *([f"and {len(lines) - most:,} {more}"] if len(lines) > most else [])]


def first_of(names: Sequence[Any], most: int = 3) -> str:
    """The first names, and how many more there are.

    >>> first_of(["a", "b"]), first_of(range(9), 2)
    ('a, b', '0, 1 and 7 more')
    """
    return ", ".join(map(str, names[:most])) + (f" and {len(names) - most} more" if len(names) > most else "")


def read_json(path: Path) -> dict[str, Any]:
    """A file with one JSON object. StoreFailure if it cannot be read or is anything else."""
    with explain_oserror(path, "read"):
        data = path.read_bytes()
    try:
        return dict(json.loads(data))
    except (ValueError, TypeError):
        raise damaged(path) from None


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write one JSON object, whole or not at all. ValueError for NaN or infinity."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    write_atomically(path, text.encode() + b"\n")


def read_sealed(path: Path) -> dict[str, Any]:
    """What `write_sealed` wrote, without the seal. StoreFailure if a single character is not as it was."""
    value = read_json(path)
    if value.pop(_SEAL, None) != seal_of(value):
        raise damaged(path)
    return value


def write_sealed(path: Path, value: Mapping[str, Any]) -> None:
    """Write one JSON object with the SHA-256 of its content as its last member."""
    value = json.loads(json.dumps({name: part for name, part in value.items() if name != _SEAL}, allow_nan=False))
    write_json(path, {**value, _SEAL: seal_of(value)})


def seal_of(value: Mapping[str, Any]) -> str:
    """SHA-256 of an object of JSON values, whatever the order of its members."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def damaged(path: Path) -> StoreFailure:
    """The failure of a damaged file that cannot be made again."""
    return StoreFailure(f"{path} is damaged: put a copy of it back, choose another folder, or remove this one")


def write_atomically(path: Path, data: bytes) -> None:
    """Write a draft, flush it to disk, rename it, flush the folder: whole or not at all."""
    draft = path.with_name(f".{path.name}.tmp")
    with explain_oserror(path):
        try:
            with open(draft, "wb", buffering=0) as file:
                write_all(file.fileno(), data)
                machine.flush_file(file.fileno())
            os.replace(draft, path)
            machine.flush_folder(path.parent)
        except BaseException:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise


def write_all(descriptor: int, data: bytes) -> None:
    """`os.write` may take less than it is given, for example on a disk about to be full."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def hash_file(path: Path) -> str | None:
    """SHA-256 of a file's bytes; None if there is no such file. StoreFailure if it cannot be read."""
    try:
        with explain_oserror(path, "read"), open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except StoreError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
        raise
