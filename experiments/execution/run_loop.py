"""The run loop of every command with a plan: chunks that are not stored yet run on an engine, and each is stored as it ends."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from experiments.execution.chunks import Chunk
from experiments.execution.engine import FailedChunk, LazyEngine, run_chunks
from experiments.execution.engine_base import Engine
from experiments.execution.progress import Progress

if TYPE_CHECKING:
    from experiments.store.store import Store

LOG = "progress.log"
Keep = Callable[[Chunk, Any], None]


def run_missing(
    chunks: Sequence[Chunk],
    function: Callable[[Chunk], Any],
    store: Store,
    as_table: Callable[[Any], Any],
    engine: LazyEngine,
    label: str,
    rescue: Callable[[Engine, tuple[FailedChunk, ...], Keep], None] | None = None,
) -> bool:
    """Run the chunks that the store lacks; False, with a line for each, if some have failed. An interrupt keeps what is stored.

    Parameters
    ----------
    chunks
        All chunks of the plan, or of a shard or look of it.
    function
        What workers run: an importable function of a chunk.
    as_table
        Makes the Arrow table of a chunk's rows from what `function` returned.
    rescue
        Takes care of failed chunks in place of the report, with the running engine and what stores a result.
    """
    missing = [chunk for chunk in chunks if chunk.id not in store.finished]
    if not missing:
        return True

    def keep(chunk: Chunk, result: Any) -> None:
        store.write_chunk(chunk.id, as_table(result))

    running = engine.get()
    total, left = (sum(len(chunk.tasks) for chunk in part) for part in (chunks, missing))
    with Progress(total, label, total - left, store.folder / LOG) as progress:
        failed = run_chunks(running, function, missing, keep, progress.advance, progress.report_death).failed
        if rescue is not None:
            rescue(running, failed, keep)
            return True
    for chunk in failed:
        print(f"plansim: {chunk}", file=sys.stderr)
    if failed:
        print(f"plansim: {len(failed)} of {len(chunks)} chunks failed; the others are kept", file=sys.stderr)
    return not failed
