"""A disk that is full or read-only from the n-th change on: every way in which Python changes a folder goes through it."""

from __future__ import annotations

import builtins
import contextlib
import errno
import io
import os
from collections.abc import Iterator
from pathlib import Path

_ALWAYS = ("open", "write", "fsync", "replace", "rename", "mkdir")
_CHANGES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_ALSO_WHEN_READ_ONLY = ("truncate", "ftruncate", "unlink", "remove", "rmdir")  # a full disk can still give room back


class FailingDisk:
    """Fails changes below `folder` with `code`, from the `at`-th on, or only that one (`once`).

    Changes are counted whether they fail or not: with `at` beyond their number nothing fails.
    """

    def __init__(self, folder: Path, code: int, at: float, once: bool = False):
        self.folder, self.code, self.at, self.once = os.path.realpath(folder), code, at, once
        self.changes = 0
        self.failed: list[str] = []

    @contextlib.contextmanager
    def inserted(self) -> Iterator[FailingDisk]:
        """Put the disk under all that this process writes."""
        real = {name: getattr(os, name) for name in (*_ALWAYS, *_ALSO_WHEN_READ_ONLY)}
        real_open = builtins.open

        def with_path(name):
            def call(path, *rest, **options):
                if name not in _ALSO_WHEN_READ_ONLY or self.code == errno.EROFS:
                    self._change(name, path)
                return real[name](path, *rest, **options)

            return call

        def low_open(path, flags, *rest, **options):
            if flags & _CHANGES:
                self._change("open", path)
            return real["open"](path, flags, *rest, **options)

        def high_open(file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, *rest, **options):
            if set(mode) <= set("rbtU") or not self._is_below(file):
                return real_open(file, mode, buffering, encoding, errors, newline, *rest, **options)
            self._change("open", file)
            raw = _Raw(os.fspath(file), mode.replace("b", "").replace("t", ""))
            raw.disk = self
            if buffering == 0:
                return raw
            buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
            return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding, errors, newline)

        changed = {name: with_path(name) for name in real} | {"open": low_open}
        try:
            for name, call in changed.items():
                setattr(os, name, call)
            builtins.open = io.open = high_open
            yield self
        finally:
            builtins.open = io.open = real_open
            for name, call in real.items():
                setattr(os, name, call)

    def _change(self, what: str, where) -> None:
        """Count a change below the folder, and refuse it if it is time."""
        if not self._is_below(where):
            return
        self.changes += 1
        if self.changes == self.at or (self.changes > self.at and not self.once):
            self.failed.append(f"{what} {where}")
            raise OSError(self.code, os.strerror(self.code), str(where))

    def _is_below(self, where) -> bool:
        if isinstance(where, int):
            try:
                where = os.readlink(f"/proc/self/fd/{where}")
            except OSError:
                return False
        path = os.path.abspath(os.fspath(where))
        return path == self.folder or path.startswith(self.folder + os.sep)


class _Raw(io.FileIO):
    """A file whose writes are changes of the disk."""

    disk: FailingDisk

    def write(self, data) -> int:
        self.disk._change("write", self.name)
        return super().write(data)
