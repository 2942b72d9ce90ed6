"""`plansim sweep`: plan a sweep, run what is not stored yet, and say what came out."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
import time
from collections.abc import Callable
from typing import Any

from experiments.configuration.composition import compose
from experiments.execution.chunks import Chunk
from experiments.execution.engine import FailedChunk, check_engine, open_engine_from, run_chunks
from experiments.execution.progress_log import LoggedProgress
from experiments.store.files import explain_oserror
from experiments.store.provenance import build_manifest, hash_table
from experiments.store.result import Options, open_folder, stored_summary, tell, tell_mean
from experiments.store.store import Store
from experiments.sweeps.plan import SweepPlan, embed_table, plan_sweep, run_sweep_chunk
from experiments.sweeps.runs import failed_rows, parameters_of
from experiments.sweeps.specification import read_specification
from sim.configuration import ConfigurationError
from sim.measures.windows import tell_window

WORKER_MODULES = ("experiments.sweeps.plan",)
FILES_A_HUNDRED_RUNS = 2
ROWS_A_FILE = 5_000  # of the files that small chunks are put together in
_TIMED_SECONDS = 4.0  # of a run that is timed for --dry-run; a longer one is cut short
_SHOWN_OUTCOMES = 24
_SHOWN_REASONS = 3
_CARRIED_OUT = ("shard", "dry_run")  # how a sweep is run, which is no part of what it is


def main(words: list[str], options: Options, tree: dict[str, Any] | None = None) -> int:
    """A sweep from the words of a command, or from a configuration that Hydra composed."""
    tree = compose("sweep", words) if tree is None else tree
    check_words(words, tree)
    return execute(tree, options)


def execute(tree: dict[str, Any], options: Options) -> int:
    """Run or resume a composed sweep; returns the exit status: 1 if a run failed."""
    tree = embed_table(tree)
    workers = check_engine(tree["engine"])
    if not isinstance(tree.get("dry_run", False), bool):
        raise ConfigurationError(f"dry_run={tree['dry_run']}: give true or false")
    plan = plan_sweep(tree)
    shard = read_shard(tree.get("shard"))
    if shard is not None:
        plan = plan.cut_for(shard[1])
    if tree.get("dry_run") or options.dry_run:
        print_size(plan, workers, shard, options)
        return 0
    refuse_if_no_row_can_run(plan)
    with open_store(plan, tree, shard, options) as store:
        plan = dataclasses.replace(plan, cut=store.manifest["plan"]["chunks"])  # of merged shards it has others
        whole = all(chunk.id in store.finished for chunk in chunks_of_shard(plan, shard))
        summary = stored_summary(store, options) if whole else None  # a damaged file is made again, and told anew
        if summary is None:
            run_rest(plan, store, tree["engine"], shard)
            summary = finish(plan, store, shard)
        tell(summary, prose(summary), store.folder, options)
    if summary["failed"]:
        said = "their errors and configurations are in the result, with status 'failed'"
        print(f"plansim: {summary['failed']} of {summary['rows']} rows failed; {said}", file=sys.stderr)
    return 1 if summary["failed"] else 0


def refuse_if_no_row_can_run(plan: SweepPlan) -> None:
    """ConfigurationError if not one row of the sweep can run; all are looked at only where the first cannot."""
    first = plan.row(plan.rows[0])
    if plan.reason(first.id) is not None and len(plan.impossible) == len(plan.rows):
        raise ConfigurationError(f"sweep: none of its {len(plan.rows):,} rows can run; row {first.id}: {plan.reason(first.id)}")


def tell_impossible(plan: SweepPlan) -> list[str]:
    """A line on the rows that cannot run, all of them counted and the first of each of some reasons shown; none if all can."""
    if not plan.impossible:
        return []
    firsts: dict[str, int] = {}
    for id, reason in plan.impossible.items():
        firsts.setdefault(reason, id)
    shown = "; ".join(f"row {id}: {reason}" for reason, id in list(firsts.items())[:_SHOWN_REASONS])
    more = f"; and {len(firsts) - _SHOWN_REASONS} more reasons" if len(firsts) > _SHOWN_REASONS else ""
    counted = f"{len(plan.impossible):,} of {len(plan.rows):,} rows cannot run and will be kept as failed, the others go on"
    return [f"{counted}: {shown}{more}"]


def check_words(overrides: list[str], tree: dict[str, Any]) -> None:
    """Refuse a value for a parameter that the sweep varies anyway: it would be without effect."""
    factors = read_specification(embed_table(tree).get("sweep") or {}).factors
    for text in overrides:
        key = text.partition("=")[0].lstrip("+~")
        if key in factors:
            raise ConfigurationError(f"{text}: this sweep varies {key}; leave it out, or change sweep.factors.{key} instead")


def read_shard(text: Any) -> tuple[int, int] | None:
    """`i/n` as two numbers, or None for the whole sweep."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", str(text))
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise ConfigurationError(f"shard={text}: i/n is needed with i from 1 to n, for example shard=2/8")
    return int(found[1]), int(found[2])


def open_store(plan: SweepPlan, tree: dict[str, Any], shard: tuple[int, int] | None, options: Options) -> Store:
    """Create or resume the result folder; a shard has one of its own beside that of the whole."""
    from sim.initialisation.data import hash_files

    kept = {key: part for key, part in tree.items() if key not in _CARRIED_OUT}
    manifest = build_manifest("sweep", kept, {"root": plan.root_seed, "block": "tests"}, hash_files())
    tail = ""
    manifest["plan"] = {"rows": len(plan.rows), "runs": plan.runs, "chunks": len(plan.chunks)}
    if shard is not None:
        manifest["shard"] = f"{shard[0]}/{shard[1]}"
        tail = f"-shard-{shard[0]}-of-{shard[1]}"
    return open_folder(manifest, options, plan.id_columns, tail)


def chunks_of_shard(plan: SweepPlan, shard: tuple[int, int] | None) -> list[Chunk]:
    """The chunks that fall to a shard, or all."""
    return plan.chunks if shard is None else [chunk for chunk in plan.chunks if chunk.id % shard[1] == shard[0] - 1]


def run_rest(plan: SweepPlan, store: Store, engine: dict[str, Any], shard: tuple[int, int] | None = None) -> None:
    """Run the chunks that are not stored yet and store each as it comes in; put small files together at the end."""
    from sim.simulation import be_compiled

    chunks = chunks_of_shard(plan, shard)
    waiting = [chunk for chunk in chunks if chunk.id not in store.finished]
    if waiting:
        for line in tell_impossible(plan):
            print(f"plansim: {line}", file=sys.stderr)
        be_compiled()
        total = sum(len(chunk.tasks) for chunk in chunks)
        done = total - sum(len(chunk.tasks) for chunk in waiting)
        keep = _keeper(plan, store)
        with open_engine_for(engine, len(waiting)) as workers:
            with LoggedProgress(total, "sweep: runs", done, store.folder / "progress.log") as progress:
                report = run_chunks(workers, run_sweep_chunk, waiting, keep, progress.advance, progress.tell_of_death)
                _run_one_by_one(workers, report.failed, keep)
    runs = sum(len(chunk.tasks) for chunk in chunks)
    if store.count_files() * 100 > max(100, FILES_A_HUNDRED_RUNS * runs):
        store.compact(ROWS_A_FILE)


def open_engine_for(engine: dict[str, Any], chunks: int):
    """The engine that the configuration names, with no more local workers than there are chunks."""
    from sim.simulation import be_compiled

    if engine.get("name", "local") == "local":
        engine = {**engine, "workers": min(check_engine(engine), chunks)}
    return open_engine_from(engine, WORKER_MODULES, be_compiled)


def _keeper(plan: SweepPlan, store: Store) -> Callable[[Chunk, dict], None]:
    def keep(chunk: Chunk, columns: dict) -> None:
        store.write_chunk(chunk.id, plan.table(columns))

    return keep


def _run_one_by_one(workers, failed: tuple[FailedChunk, ...], keep: Callable[[Chunk, dict], None]) -> None:
    """Run each task of a failed chunk by itself, so that only the culprit is recorded as failed."""
    for culprit in failed:
        found: dict[int, dict] = {}
        singles = [Chunk(place, (task,)) for place, task in enumerate(culprit.chunk.tasks)]
        report = run_chunks(
            workers, run_sweep_chunk, singles, lambda chunk, columns, kept=found: kept.update({chunk.id: columns})
        )
        for single in report.failed:
            rows = failed_rows(single.chunk.tasks[0], f"{single.kind}: {single.text}")
            found[single.chunk.id] = {name: [row[name] for row in rows] for name in rows[0]}
        whole = {name: [value for place in sorted(found) for value in found[place][name]] for name in found[0]}
        keep(culprit.chunk, whole)


def finish(plan: SweepPlan, store: Store, shard: tuple[int, int] | None = None) -> dict[str, Any]:
    """Summarise the stored rows; write figures, the page and, last, the summary."""
    from experiments.sweeps.results import summarise

    rows = store.read_rows()
    content = hash_table(rows)
    frame = rows.to_pandas()
    del rows
    summary = summarise(frame, plan.spec)
    size = {"points": len(plan.points), "replicates": plan.spec.replicates, "arms": len(plan.shared.arms)}
    summary |= {"size": size | {"rows": len(plan.rows), "runs": plan.runs}, "notes": list(plan.notes)}
    summary |= {"window": plan.window()}
    summary |= {"target": plan.shared.target or None, "shard": None if shard is None else f"{shard[0]}/{shard[1]}"}
    if shard is None:
        from experiments.sweeps.report import write_report

        with explain_oserror(store.folder):
            summary["figures"] = write_report(plan, frame, summary, store.folder)
    summary["rows_sha256"] = content
    store.write_summary(summary)
    return summary


def print_size(plan: SweepPlan, workers: int, shard: tuple[int, int] | None, options: Options) -> None:
    """What the sweep would be: how many runs, how long, how much disk. Nothing is written."""
    chunks = chunks_of_shard(plan, shard)
    runs = sum(len(chunk.tasks) for chunk in chunks)
    rows = sum(len(task.rows) for chunk in chunks for task in chunk.tasks)
    refuse_if_no_row_can_run(plan)
    each = time_a_run(plan)
    busy = min(workers, len(chunks)) or 1
    told = {
        "points": len(plan.points), "replicates": plan.spec.replicates, "arms": len(plan.shared.arms), "rows": rows,
        "runs": runs, "chunks": len(chunks), "workers": busy, "seconds_a_run": each, "seconds": runs * each / busy,
        "bytes": int(rows * (len(plan.schema()) * 8 + 40) + len(chunks) * 4_000), "cannot_run": len(plan.impossible),
        "notes": [*plan.notes, *tell_impossible(plan)],
    }  # fmt: skip
    if options.json:
        print(json.dumps(told, indent=2))
        return
    product = f"{told['points']:,} points x {told['replicates']:,} replicates x {told['arms']} arms"
    part = f", of which shard {shard[0]}/{shard[1]} has {rows:,}" if shard else ""
    print(f"Size   {product} = {len(plan.rows):,} rows{part}" + (" (a subset)" if plan.rows != range(len(plan.rows)) else ""))
    print(f"Runs   {runs:,} (rows of one configuration and seed are run once), in {len(chunks):,} chunks")
    print(f"Time   about {_duration(told['seconds'])} on {busy} workers, at {each:.3g} s a run")
    print(f"Disk   about {told['bytes'] / 1e6:,.1f} MB")
    for note in told["notes"]:
        print(f"Note   {note}")


def time_a_run(plan: SweepPlan) -> float:
    """Seconds of one run: the second of two is timed; of long ones as many days as fit a few seconds."""
    from sim.simulation import Simulation, be_compiled

    be_compiled()
    task = plan.task(next(id for id in plan.rows if plan.reason(id) is None))
    parameters = parameters_of(task.shared, task.rows[0][3], task.rows[0][4])
    seconds = 0.0
    for _ in range(2):
        began = time.perf_counter()
        simulation = Simulation(parameters)
        founding = time.perf_counter() - began
        while simulation.day < simulation.days and time.perf_counter() - began < _TIMED_SECONDS:
            simulation.run(min(30, simulation.days - simulation.day))
        running = time.perf_counter() - began - founding
        seconds = founding + running * simulation.days / simulation.day
        if simulation.day < simulation.days:
            break
    return seconds


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def prose(summary: dict[str, Any]) -> str:
    """What was run, and means by arm with their intervals; contrasts where there is a baseline."""
    from experiments.sweeps.results import INTERVAL

    lines = [summary["question"]] if summary["question"] else []
    size = summary.get("size")
    if size:
        product = f"{size['points']:,} points x {size['replicates']:,} replicates x {size['arms']} arms = {size['rows']:,} rows"
        lines.append(
            f"{summary['design']} design of {', '.join(summary['factors']) or 'no factor'}: {product}, {size['runs']:,} runs"
        )
    if summary.get("shard"):
        lines.append(f"shard {summary['shard']}: only its rows are counted here")
    lines.append(f"{summary['done']:,} rows done, {summary['failed']:,} failed")
    lines += [f"  row {failure['id']} ({failure['arm']}): {failure['error']}" for failure in summary["failures"]]
    lines += [f"note: {note}" for note in summary.get("notes", [])]
    lines += [f"measured: {tell_window(summary['window'])}"] if summary.get("window") else []
    lines.append(f"Means over all points; {INTERVAL}")
    for arm, outcomes in summary["outcomes"].items():
        lines += _block(arm, outcomes)
    contrasts = summary.get("contrasts")
    if contrasts:
        for arm, outcomes in contrasts["outcomes"].items():
            lines += _block(f"{arm} minus {contrasts['baseline']}, on the same seeds", outcomes)
            share = contrasts.get("displaced_share", {}).get(arm)
            if share:
                lines.append(f"  {'displaced share of what left target':<34}{tell_mean(share | {'mean': share['estimate']})}")
    return "\n".join(lines)


def _block(heading: str, outcomes: dict[str, dict]) -> list[str]:
    lines = [heading]
    known = [(name, found) for name, found in outcomes.items() if found["mean"] is not None]
    for name, found in known[:_SHOWN_OUTCOMES]:
        lines.append(f"  {name.replace('_', ' '):<34}{tell_mean(found):<36}  {found['unit']}")
    if len(known) > _SHOWN_OUTCOMES:
        lines.append(f"  ... and {len(known) - _SHOWN_OUTCOMES} more outcomes in summary.json")
    without: dict[str, list[str]] = {}
    for name, found in outcomes.items():
        if found["mean"] is None:
            without.setdefault(found.get("reason", "no row has a value"), []).append(name.replace("_", " "))
    return lines + [f"  {', '.join(names)}: {reason}" for reason, names in without.items()]
