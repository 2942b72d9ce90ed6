"""Files that appear whole or not at all, a lock on a folder, and disk errors said in one line."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

REMEDIES = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
    errno.EFBIG: "free some space",
    errno.EROFS: "choose a folder that can be written to",
    errno.EACCES: "choose a folder that can be written to",
    errno.EPERM: "choose a folder that can be written to",
    errno.ENOTDIR: "choose another folder",
    errno.EEXIST: "choose another folder",
}


class StoreError(RuntimeError):
    """A result folder cannot be used as asked; the message is one line with the remedy."""


@contextlib.contextmanager
def explain_oserror(path: Path, verb: str = "write") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        problem = (error.strerror or str(error)).lower()
        remedy = REMEDIES.get(error.errno, "check the disk")
        raise StoreError(f"cannot {verb} {path}: {problem}; {remedy} and start again, finished chunks are kept") from error


def take_lock(folder: Path) -> int:
    """Lock the folder until the descriptor is closed, by the process or by its death."""
    lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
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


def read_json(path: Path) -> dict[str, Any]:
    with explain_oserror(path, "read"):
        data = path.read_bytes()
    try:
        return dict(json.loads(data))
    except (ValueError, TypeError):
        raise StoreError(f"{path} is damaged: choose another folder, or remove this one") from None


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    write_atomically(path, text.encode() + b"\n")


def write_atomically(path: Path, data: bytes) -> None:
    """Write beside, flush to disk, rename, flush the folder: whole or not at all."""
    draft = path.with_name(f".{path.name}.tmp")
    with explain_oserror(path):
        try:
            with open(draft, "wb", buffering=0) as file:
                write_all(file.fileno(), data)
                os.fsync(file.fileno())
            os.replace(draft, path)
            sync_folder(path.parent)
        except BaseException:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise


def write_all(descriptor: int, data: bytes) -> None:
    """`os.write` may take less than it is given, for example on a disk about to be full."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
