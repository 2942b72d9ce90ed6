"""`plansim merge INTO FROM...`: put the shards of a sweep together, and say what came out of the whole."""

from __future__ import annotations

import sys
from pathlib import Path

from experiments.lab.provenance import source_hash
from experiments.lab.shards import merge_results
from experiments.lab.store import Store
from experiments.results import Options, stored_summary, tell
from sim.configuration import ConfigurationError


def main(words: list[str], options: Options) -> int:
    """Merge, then summarise as the unsharded sweep does; returns the exit status: 1 if a run failed."""
    if len(words) < 2:
        raise ConfigurationError("merge: a folder to merge into and those of all shards are needed: plansim merge INTO FROM...")
    into, *folders = map(Path, words)
    merged = merge_results(folders, into)
    said = f"{merged.shards} shards merged: {merged.chunks:,} chunks, {merged.rows:,} rows, sha256 {merged.content_sha256[:16]}"
    print(f"plansim: {said}", file=sys.stderr)
    manifest = Store.view(into).manifest
    if manifest["source_sha256"] != source_hash():
        print(f"plansim: made by another version of the code, which is to summarise it: {into}", file=sys.stderr)
        return 0
    from experiments.lab.sweeps import plan_sweep
    from experiments.sweep import finish, prose

    with Store.open(into, manifest, id_columns=manifest["id_columns"]) as store:
        summary = stored_summary(store, options) or finish(plan_sweep(manifest["configuration"]), store)
        tell(summary, prose(summary), into, options)
    if summary["failed"]:
        print(f"plansim: {summary['failed']} of {summary['rows']} rows failed, with their errors in the result", file=sys.stderr)
    return 1 if summary["failed"] else 0
