"""A result made in pieces: `shard=i/n` runs every n-th chunk of a plan into a folder of its own.

The pieces of one plan put together are the result that one run of the whole plan makes, to the last bit of every
row. The manifest of a shard names the piece, which is not part of its identity; shards of other settings, or of
other code, are never mixed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.store.files import JOURNAL, StoreError, first_of
from experiments.store.provenance import describe_difference, hash_table, identity_hash
from experiments.store.store import Store

_NOTED = re.compile(r"([1-9]\d*)/([1-9]\d*)")


@dataclass(frozen=True)
class Merged:
    """The outcome of a merge: what there is, chunks that are missing, and a line for each shard that lacks some.

    `content_sha256` is None where there is no row.
    """

    shards: int
    chunks: int
    rows: int
    content_sha256: str | None
    lacking: int = 0
    faults: tuple[str, ...] = ()


def merge_results(folders: Sequence[str | Path], into: str | Path) -> Merged:
    """Put what there is of the shards of one plan together in a result folder; they themselves stay as they are.

    What the folder has already is left, so a merge can be interrupted, or come before all shards are finished, and
    be done again. Every file is checked against its SHA-256, and all rows are read at the end.

    `folders` are those of the shards 1/n to n/n in any order; what is missing or damaged is named. `into` may hold chunks
    of the same plan already. StoreError if no folder is a shard, if one is of another plan or version of the code, is
    given twice or has chunks that are not its own, or if `into` is a shard or holds something else; StoreFailure if two
    rows have one id, or if the disk refuses.
    """
    into, faults = Path(into), []
    shards = _open_in_order(folders, faults)
    first = next(iter(shards.values()))
    total = _read_note(first)[1]
    for number, shard in shards.items():
        if shard.folder.resolve() == into.resolve():
            raise StoreError(f"{into} is one of the shards: choose another folder to merge them into")
        _refuse_strange_chunks(shard, number, total)
    _refuse_other_content(into)
    manifest = {key: part for key, part in first.manifest.items() if key != "shard"}
    with Store.open(into, manifest) as whole:
        if "shard" in whole.manifest:
            raise StoreError(f"{into} holds shard {whole.manifest['shard']}: choose another folder to merge them into")
        if whole.manifest.get("plan") != first.manifest["plan"]:
            raise StoreError(f"{into} is not cut into chunks as these shards are: choose another folder to merge them into")
        for shard in shards.values():
            whole.adopt(shard, faults.append)
        lacking = set(range(first.manifest["plan"]["chunks"])) - whole.finished
        faults += _what_lacks(shards, total, lacking)
        chunks = len(whole.finished)
        rows = whole.read_rows() if chunks else None  # refuses two rows with one id
        content = None if rows is None else hash_table(rows)
    return Merged(len(shards), chunks, rows.num_rows if chunks else 0, content, len(lacking), tuple(faults if lacking else ()))


def _refuse_other_content(into: Path) -> None:
    """A folder without manifest is taken if it is empty, or as a merge leaves it that was stopped at once."""
    if not into.is_dir() or (into / "manifest.json").exists() or (into / JOURNAL).exists():
        return
    others = sorted(path.name for path in into.iterdir() if not path.name.startswith(".") and path.name != "rows")
    if (into / "rows").is_dir() and any((into / "rows").iterdir()):
        others.append("rows")
    if others:
        raise StoreError(f"{into} holds other things ({first_of(others)}): choose a new or an empty folder to merge into")


def _open_in_order(folders: Sequence[str | Path], faults: list[str]) -> dict[int, Store]:
    """The shards that are there by number, rising, all of one identity; what cannot be opened is a fault."""
    found: dict[int, Store] = {}
    first: Store | None = None
    total = 0
    for folder in folders:
        try:
            store = Store.view(folder, faults.append)
        except StoreError as error:  # stopped before it began, or damaged
            faults.append(str(error))
            continue
        number, count = _read_note(store)
        if first is None:
            first, total = store, count
        if identity_hash(store.manifest) != identity_hash(first.manifest):
            difference = describe_difference(first.manifest, store.manifest)
            raise StoreError(f"{folder} holds results of {difference} than {first.folder}: merge shards of one plan")
        if count != total or store.manifest["plan"] != first.manifest["plan"]:
            raise StoreError(f"{folder} is shard {number}/{count} and {first.folder} one of {total}: merge shards of one plan")
        if number in found:
            raise StoreError(f"shard {number}/{total} is given twice: {found[number].folder} and {folder}")
        found[number] = store
    if not found:
        raise StoreError(faults[0] if faults else "no shard is given: name the folders of all of them")
    return {number: found[number] for number in sorted(found)}


def _read_note(store: Store) -> tuple[int, int]:
    """Number and count of the shards in a manifest."""
    note = _NOTED.fullmatch(str(store.manifest.get("shard")))
    if not note or int(note[1]) > int(note[2]) or not isinstance(store.manifest.get("plan"), dict):
        raise StoreError(f"{store.folder} is not a shard of a sweep: only results of shard=i/n can be merged")
    return int(note[1]), int(note[2])


def _refuse_strange_chunks(shard: Store, number: int, total: int) -> None:
    """Refuse a shard that has chunks which do not fall to it."""
    strange = sorted(id for id in shard.finished if id % total != number - 1)
    if strange:
        raise StoreError(f"{shard.folder} has {_some(strange, 'chunk')} of another shard: run shard={number}/{total} again")


def _what_lacks(shards: dict[int, Store], total: int, lacking: set[int]) -> list[str]:
    """A line for each shard of which chunks are missing, and one for those that are not there at all."""
    parts = {number: sorted(id for id in lacking if id % total == number - 1) for number in range(1, total + 1)}
    lines = [
        f"{shards[number].folder} is not finished ({_some(chunks, 'chunk')} missing): run shard={number}/{total} again"
        for number, chunks in parts.items()
        if chunks and number in shards
    ]
    absent = [f"{number}/{total}" for number, chunks in parts.items() if chunks and number not in shards]
    return [*lines, f"{_some(absent, 'shard')} missing: run {'it' if len(absent) == 1 else 'them'}"] if absent else lines


def _some(names: Sequence, what: str) -> str:
    """ "shard 2/4 is", "chunks 1, 5, 9 and 3 more are": what is meant, in few words."""
    return f"{what} {names[0]} is" if len(names) == 1 else f"{what}s {first_of(names)} are"
