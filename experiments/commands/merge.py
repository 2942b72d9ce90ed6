"""`plansim merge INTO FROM...`: put the shards of a sweep together, and summarise the whole."""

from __future__ import annotations

from pathlib import Path

from experiments.store.files import first_of
from experiments.store.folders import find_result, results_named
from experiments.store.provenance import source_hash
from experiments.store.result import Options, report_summary, warn
from experiments.store.shards import merge_results
from experiments.store.store import Store
from experiments.sweeps.runs import FAILED
from sim.configuration import ConfigurationError

_NAMED = 10  # failed rows; of more, the number


def main(words: list[str], options: Options) -> int:
    """Merge, then summarise as the unsharded sweep does; the exit status is 1 if a run failed, or if some are missing.

    Of an incomplete whole there is no summary: it is an unfinished result, which goes on when it is merged again.
    """
    if len(words) < 2:
        raise ConfigurationError("merge: a folder to merge into and those of all shards are needed: plansim merge INTO FROM...")
    into, *shards = words
    into = Path(into)
    merged = merge_results([find_shard(given, options.root) for given in shards], into)
    content = f", sha256 {merged.content_sha256[:16]}" if merged.content_sha256 else ""
    warn(f"{merged.shards} shards merged: {merged.chunks:,} chunks, {merged.rows:,} rows{content}")
    for fault in merged.faults:
        warn(fault)
    manifest = Store.view(into).manifest
    if merged.lacking:
        _report_failed(into)
        chunks = f"{merged.lacking:,} of {merged.lacking + merged.chunks:,} chunks are missing"
        warn(f"{into} is not finished ({chunks}): run what is named above, then merge again; what is there can be shown")
        return 1
    if manifest["source_sha256"] != source_hash():
        warn(f"made by another version of the code, which is to summarise it: {into}")
        return _report_failed(into)
    from experiments.commands.sweep import finish, prose
    from experiments.sweeps.plan import plan_sweep

    with Store.open(into, manifest) as store:
        report_summary(store, options, prose, lambda: finish(plan_sweep(manifest["configuration"]), store))
    return _report_failed(into)


def find_shard(given: str, root: Path) -> Path:
    """The folder of a shard; one that is not there stays as it is given, as the merge names what it misses."""
    return find_result(given, root) if results_named(given, root) else Path(given)


def _report_failed(folder: Path) -> int:
    """Name the rows that failed, in a line; 1 if there are any."""
    import pyarrow.compute as pc

    store = Store.view(folder)
    if not store.finished:
        return 0
    rows = store.read_rows()
    failed = rows.filter(pc.equal(rows["status"], FAILED))["id"].to_pylist()
    if failed:
        which = f"{len(failed)} of {rows.num_rows} rows failed ({first_of(failed, _NAMED)})"
        warn(f"{which}, with their errors in the result, with status '{FAILED}'")
    return int(bool(failed))
