"""What machines and file systems do not have in common: cores, locks, flushing, a home."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import sys
import tempfile
from pathlib import Path

_NO_LOCKS = {errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL, errno.ENOLCK}
_NO_FLUSH = {errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}
_NO_FOLDERS = _NO_FLUSH | {errno.EBADF, errno.EACCES, errno.EPERM, errno.EISDIR}


def count_cores() -> int:
    """Cores that this process may use, at least one."""
    if hasattr(os, "process_cpu_count"):  # from Python 3.13 on
        return os.process_cpu_count() or 1
    try:
        return len(os.sched_getaffinity(0))
    except (AttributeError, OSError):  # macOS has no such call
        return os.cpu_count() or 1


def lock(descriptor: int, wait: bool) -> bool:
    """Lock an open file until it is closed; False if its file system knows no locks.

    Raises BlockingIOError if another process has it and `wait` is False, OSError if the disk fails.
    """
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return False
        raise
    return True


def flush_file(descriptor: int) -> None:
    """Have the disk keep what was written to an open file, where its file system can be asked for that."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FLUSH:
            raise


def flush_folder(folder: Path) -> None:
    """Have the disk keep the names of a folder, not only the contents of its files, where that can be asked for."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDERS:
            raise


def find_home_for_matplotlib() -> None:
    """Let Matplotlib use a temporary folder where the user has no home to be written to; it would warn, or not start."""
    if os.environ.get("MPLCONFIGDIR") or _can_be_written(_matplotlib_folders()):
        return
    with contextlib.suppress(OSError):  # nothing can be written anywhere: Matplotlib will report it
        os.environ["MPLCONFIGDIR"] = _temporary_home().name


def _matplotlib_folders() -> list[Path] | None:
    """Where it would keep its settings and its list of fonts; None if the user has no home at all."""
    try:
        if not sys.platform.startswith(("linux", "freebsd")):
            return [Path.home() / ".matplotlib"]
        given = [(os.environ.get("XDG_CONFIG_HOME"), ".config"), (os.environ.get("XDG_CACHE_HOME"), ".cache")]
        return [(Path(root) if root else Path.home() / name) / "matplotlib" for root, name in given]
    except RuntimeError:
        return None


def _can_be_written(folders: list[Path] | None) -> bool:
    """Whether each folder, or the nearest one above it that exists, lets us write."""
    nearest = [next((place for place in (path, *path.parents) if place.exists()), path) for path in folders or ()]
    return bool(nearest) and all(place.is_dir() and os.access(place, os.W_OK | os.X_OK) for place in nearest)


@functools.cache
def _temporary_home() -> tempfile.TemporaryDirectory:
    """One for this process, gone when it ends."""
    return tempfile.TemporaryDirectory(prefix="plansim-matplotlib-", ignore_cleanup_errors=True)
