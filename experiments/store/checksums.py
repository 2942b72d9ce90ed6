"""SHA256SUMS: every file of a finished result with its hash, which `sha256sum --check SHA256SUMS` compares.

It is written last, so a result with a true list is a finished one.
"""

from __future__ import annotations

import re
from pathlib import Path

from experiments.store.files import StoreFailure, explain_oserror, hash_file, write_atomically

SUMS = "SHA256SUMS"
LAST = "summary.json"  # at the end of the list, so that no shortened list has it
_LEFT_OUT = (SUMS, "progress.log")
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def write_sums(folder: Path) -> None:
    """List the files of a folder and of those in it, hidden ones apart. StoreFailure if the disk refuses."""
    names = []
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        if path.is_file() and relative.name not in _LEFT_OUT and not any(part.startswith(".") for part in relative.parts):
            names.append(relative.as_posix())
    names.sort(key=lambda name: (name == LAST, name))
    text = "".join(f"{hash_file(folder / name)}  {name}\n" for name in names)
    write_atomically(folder / SUMS, text.encode())


def read_sums(folder: Path) -> dict[str, str]:
    """Hashes by file name; empty if there is no list. A damaged line is left out."""
    return {found[2]: found[1] for found in map(_LINE.fullmatch, _lines(folder)) if found}


def is_damaged(folder: Path) -> bool:
    """Whether the list is there and is not as `write_sums` leaves it: a damaged line, or the last one missing."""
    lines = _lines(folder)
    found = [_LINE.fullmatch(line) for line in lines[:-1]]
    return bool(lines) and (bool(lines[-1]) or not found or not all(found) or found[-1][2] != LAST)


def _lines(folder: Path) -> list[str]:
    path = folder / SUMS
    if not path.exists():
        return []
    with explain_oserror(path, "read"):
        return path.read_bytes().decode(errors="replace").split("\n")


def find_changed(folder: Path, sums: dict[str, str]) -> list[tuple[str, str]]:
    """Listed files that are not as listed: (name, "missing" or "damaged")."""
    changed = []
    for name, wanted in sums.items():
        found = hash_file(folder / name)
        if found != wanted:
            changed.append((name, "missing" if found is None else "damaged"))
    return changed


def refuse_changed(path: Path) -> None:
    """StoreFailure for a file of a finished result that is not as the list has it; one that is not listed passes."""
    if read_sums(path.parent).get(path.name, found := hash_file(path)) != found:
        raise StoreFailure(f"{path} is damaged, it is not as {SUMS} has it; the same command with --again makes it again")
