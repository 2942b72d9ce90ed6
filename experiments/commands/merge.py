"""`plansim merge INTO FROM...`: put the shards of a sweep together, and say what came out of the whole."""

from __future__ import annotations

import sys
from pathlib import Path

from experiments.store.provenance import source_hash
from experiments.store.result import Options, stored_summary, tell
from experiments.store.shards import merge_results
from experiments.store.store import Store
from experiments.sweeps.runs import FAILED
from sim.configuration import ConfigurationError

_NAMED = 10  # failed rows; of more, the number is told

def main(words: list[str], options: Options) -> int:
    """Merge, then summarise as the unsharded sweep does; returns the exit status: 1 if a run failed, or if some are missing.

    Of an incomplete whole there is no summary: it is an unfinished result, which goes on when it is merged again.
    """
    if len(words) < 2:
        raise ConfigurationError("merge: a folder to merge into and those of all shards are needed: plansim merge INTO FROM...")
    into, *folders = map(Path, words)
    merged = merge_results(folders, into)
    hash_told = f", sha256 {merged.content_sha256[:16]}" if merged.content_sha256 else ""
    _say(f"{merged.shards} shards merged: {merged.chunks:,} chunks, {merged.rows:,} rows{hash_told}")
    for fault in merged.faults:
        _say(fault)
    manifest = Store.view(into).manifest
    if merged.lacking:
        _tell_failed(into)
        chunks = f"{merged.lacking:,} of {merged.lacking + merged.chunks:,} chunks are missing"
        _say(f"{into} is not finished ({chunks}): run what is named above, then merge again; what is there can be shown")
        return 1
    if manifest["source_sha256"] != source_hash():
        _say(f"made by another version of the code, which is to summarise it: {into}")
        return 1 if _tell_failed(into) else 0
    from experiments.commands.sweep import finish, prose
    from experiments.sweeps.plan import plan_sweep

    with Store.open(into, manifest, id_columns=manifest["id_columns"]) as store:
        summary = stored_summary(store, options) or finish(plan_sweep(manifest["configuration"]), store)
        tell(summary, prose(summary), into, options)
    return 1 if _tell_failed(into) else 0


def _tell_failed(folder: Path) -> int:
    """Name the rows that failed, in a line; their number."""
    import pyarrow.compute as pc

    store = Store.view(folder)
    if not store.finished:
        return 0
    rows = store.read_rows()
    failed = rows.filter(pc.equal(rows["status"], FAILED))["id"].to_pylist()
    if failed:
        which = ", ".join(map(str, failed[:_NAMED])) + (f" and {len(failed) - _NAMED} more" if len(failed) > _NAMED else "")
        _say(f"{len(failed)} of {rows.num_rows} rows failed ({which}), with their errors in the result, with status '{FAILED}'")
    return len(failed)


def _say(line: str) -> None:
    print(f"plansim: {line}", file=sys.stderr)
