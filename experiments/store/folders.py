"""Result folders: their names, the one that a command goes on in, and the one that a user means by the beginning of a name.

A folder is `COMMAND/DATE-COMMAND-QUESTION-CODE`: the day (UTC) on which the result was begun, then short hashes of the
question and of the question with the code that answers it. The date is for people: a result is found by its hashes,
whenever it was begun, and so are folders of earlier versions, whose names have no date.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from experiments.execution import machine
from experiments.store.checksums import LAST, read_sums
from experiments.store.files import StoreError, explain_oserror, first_of
from experiments.store.manifest_file import MANIFEST
from experiments.store.provenance import identity_hash, question_hash

_LETTERS = 6  # of each hash
_LETTERS_BEFORE = (12, 8)  # of the two hashes, in names without a date
_NAME = re.compile(r"(?:\d{4}-\d\d-\d\d-[a-z_]+-)?(([0-9a-f]{6,})-[0-9a-f]{6,}(?:-shard-\d+-of-\d+)?)")
_NAMED = 8  # results that a beginning fits; of more, the number


def name_folder(manifest: Mapping[str, Any]) -> str:
    """Name of the folder of a new result: date, command, hashes and, of a piece of a result, which piece."""
    return f"{str(manifest['created_utc'])[:10]}-{manifest['command']}-{_hashes(manifest, _LETTERS, _LETTERS)}"


def _hashes(manifest: Mapping[str, Any], of_question: int, of_code: int) -> str:
    """The part of a name by which a result is found."""
    piece, _, pieces = str(manifest.get("shard", "")).partition("/")
    shard = f"-shard-{piece}-of-{pieces}" if pieces else ""
    return f"{question_hash(manifest)[:of_question]}-{identity_hash(manifest)[:of_code]}{shard}"


def folder_for(parent: Path, manifest: Mapping[str, Any]) -> Path:
    """The folder in `parent` that a result has already, whatever its date; where there is none, the one it will have.

    Of several, as when results of two machines were put together, a finished one, then the oldest.
    """
    dated = parent.glob(f"????-??-??-{manifest['command']}-{_hashes(manifest, _LETTERS, _LETTERS)}")
    undated = parent / _hashes(manifest, *_LETTERS_BEFORE)
    found = sorted([*dated, *([undated] if undated.is_dir() else [])], key=lambda path: path.name)
    return min(found, key=lambda path: not is_finished(path), default=parent / name_folder(manifest))


@contextlib.contextmanager
def one_at_a_time(parent: Path) -> Iterator[None]:
    """Make a folder of results, and let one process at a time look for a result in it and begin one.

    So two that start at once agree on its folder, at midnight too. StoreError or StoreFailure if the folder cannot be made.
    """
    with explain_oserror(parent):
        parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(parent, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a file system that cannot lock a folder; that of the result is locked anyway
            machine.lock(descriptor, wait=True)
        yield
    finally:
        os.close(descriptor)


def is_finished(folder: Path) -> bool:
    """Whether a result has its summary and the hashes of all its files."""
    return LAST in read_sums(folder)


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def may_answer(folder: Path, question: str) -> bool:
    """Whether a folder can be of a question, given as its hash, by its name; a name of another kind says nothing."""
    found = _NAME.fullmatch(folder.name)
    return found is None or question.startswith(found[2])


def results_in(root: Path, holds: str = MANIFEST) -> list[Path]:
    """Results in a folder and in the folders in it, by name, as they hold a manifest (or another file); not parts of results."""
    near = {path.parent for path in root.glob(f"*/{holds}")}
    return sorted(near | {path.parent for path in root.glob(f"*/*/{holds}") if path.parent.parent not in near})


def find_result(given: str, root: Path, holds: str = MANIFEST) -> Path:
    """The folder that is meant by a path or a beginning (`results_named`). StoreError, one line, for none, or several by name."""
    found = results_named(given, root, holds)
    if len(found) > 1:
        names = first_of([f"{one.parent.name}/{one.name}" for one in found], _NAMED)
        raise StoreError(f"{given}: {len(found)} results begin so ({names}): give more letters")
    if not found:
        raise StoreError(f"{given} holds no result, and none in {root} begins so: plansim list shows what is there")
    return found[0]


def results_named(given: str, root: Path, holds: str = MANIFEST) -> list[Path]:
    """Results by a path, or by the beginning of one, of a name, of `COMMAND/NAME`, or of the hashes in a name.

    Names are looked for in `root`, among folders that hold a manifest, or the file `holds`. One that has the whole name is
    the only one.
    """
    path = Path(given)
    if path.exists():
        return [path]
    begun = path.parent if path.parent.is_dir() and path.parent != Path() else None
    near = [one for one in results_in(begun, holds) if one.parent == begun and _begins(one, path.name)] if begun else []
    found = near or [one for one in results_in(root, holds) if _begins(one, given)]
    exact = [one for one in found if given in _names_of(one) or path.name in _names_of(one)]
    return exact if len(exact) == 1 else found


def _begins(folder: Path, given: str) -> bool:
    return any(name.startswith(given) for name in _names_of(folder))


def _names_of(folder: Path) -> tuple[str, ...]:
    """What a result goes by: its name, with that of its command, and its hashes alone."""
    found = _NAME.fullmatch(folder.name)
    return (folder.name, f"{folder.parent.name}/{folder.name}", *([found[1]] if found else []))
