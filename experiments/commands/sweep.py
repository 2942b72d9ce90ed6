"""`plansim sweep`: plan a sweep, run what is not stored yet, and summarise it."""

from __future__ import annotations

import dataclasses
import json
import re
import time
from typing import Any

from experiments.commands.posterior import compose_with_draws
from experiments.execution.chunks import Chunk
from experiments.execution.engine import Engine, FailedChunk, LazyEngine, check_engine, run_chunks
from experiments.execution.run_loop import Keep, run_missing
from experiments.report.text_table import text_table
from experiments.store import microdata
from experiments.store.files import explain_oserror, first_lines
from experiments.store.provenance import hash_table
from experiments.store.result import Options, begin_result, mean_text, report_summary, warn
from experiments.store.store import Store
from experiments.sweeps.plan import SweepPlan, embed_table, plan_sweep, run_sweep_chunk
from experiments.sweeps.runs import failed_rows, parameters_of
from experiments.sweeps.specification import read_specification, refuse_varied
from sim.configuration import ConfigurationError
from sim.measures.windows import window_text

WORKER_MODULES = ("experiments.sweeps.plan",)
FILES_A_HUNDRED_RUNS = 2
ROWS_A_FILE = 5_000  # of the files that small chunks are put together in
_TIMED_SECONDS = 4.0  # of a run that is timed for --dry-run; a longer one is cut short
_SHOWN_OUTCOMES = 24
_SHOWN_REASONS = 3
_CARRIED_OUT = ("shard", "dry_run")  # how a sweep is run, which is not part of what it is


def main(words: list[str], options: Options, tree: dict[str, Any] | None = None) -> int:
    """A sweep from the words of a command, or from a configuration that Hydra composed."""
    tree = compose_with_draws("sweep", words, options.root) if tree is None else tree
    refuse_varied(words, read_specification(embed_table(tree)).factors, "sweep")
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
    kept = {key: part for key, part in tree.items() if key not in _CARRIED_OUT}
    with begin_result("sweep", kept, options, plan.size(), shard=shard) as store:
        plan = dataclasses.replace(plan, cut=store.manifest["plan"]["chunks"])  # merged shards have others

        def make() -> dict[str, Any]:
            run_rest(plan, store, tree["engine"], shard)
            return finish(plan, store, shard)

        is_whole = all(chunk.id in store.finished for chunk in chunks_of_shard(plan, shard))
        summary = report_summary(store, options, prose, make, is_whole)
    if summary["failed"]:
        where = "their errors and configurations are in the result, with status 'failed'"
        warn(f"{summary['failed']} of {summary['rows']} rows failed; {where}")
    return 1 if summary["failed"] else 0


def refuse_if_no_row_can_run(plan: SweepPlan) -> None:
    """ConfigurationError if not one row of the sweep can run; all are looked at only where the first cannot."""
    first = plan.rows[0]
    if (reason := plan.reason(first)) is not None and len(plan.impossible) == len(plan.rows):
        raise ConfigurationError(f"sweep: none of its {len(plan.rows):,} rows can run; row {first}: {reason}")


def describe_impossible(plan: SweepPlan) -> list[str]:
    """A line on the rows that cannot run: their number, and the first row of each of some reasons; none if all can."""
    if not plan.impossible:
        return []
    firsts: dict[str, int] = {}
    for id, reason in plan.impossible.items():
        firsts.setdefault(reason, id)
    shown = first_lines([f"row {id}: {reason}" for reason, id in firsts.items()], _SHOWN_REASONS, "more reasons")
    counted = f"{len(plan.impossible):,} of {len(plan.rows):,} rows cannot run and will be kept as failed, the others go on"
    return [f"{counted}: {'; '.join(shown)}"]


def read_shard(text: Any) -> tuple[int, int] | None:
    """`i/n` as two numbers, or None for the whole sweep."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", str(text))
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise ConfigurationError(f"shard={text}: i/n is needed with i from 1 to n, for example shard=2/8")
    return int(found[1]), int(found[2])


def chunks_of_shard(plan: SweepPlan, shard: tuple[int, int] | None) -> list[Chunk]:
    """The chunks that fall to a shard, or all."""
    return plan.chunks if shard is None else plan.chunks[shard[0] - 1 :: shard[1]]


def run_rest(plan: SweepPlan, store: Store, engine: dict[str, Any], shard: tuple[int, int] | None = None) -> None:
    """Run the chunks that are not stored yet and store each as it comes in; put small files together at the end."""
    from sim.simulation import be_compiled

    chunks = chunks_of_shard(plan, shard)
    missing = len({chunk.id for chunk in chunks} - store.finished)
    for line in describe_impossible(plan) if missing else ():
        warn(line)
    if plan.shared.microdata and missing:
        microdata.note_size(plan.base, sum(len(task.rows) for chunk in chunks for task in chunk.tasks))
    if missing == 1 and engine.get("name", "local") == "local":
        engine = {**engine, "workers": 1}  # runs in this process: no other has to start
    with LazyEngine(engine, WORKER_MODULES, be_compiled) as workers:
        run_missing(chunks, run_sweep_chunk, store, plan.table, workers, "sweep: runs", _run_one_by_one)
    runs = sum(len(chunk.tasks) for chunk in chunks)
    if store.count_files() * 100 > max(100, FILES_A_HUNDRED_RUNS * runs):
        store.compact(ROWS_A_FILE)


def _run_one_by_one(engine: Engine, failed: tuple[FailedChunk, ...], keep: Keep) -> None:
    """Run each task of a failed chunk by itself, so that only the culprit is recorded as failed."""
    for culprit in failed:
        found: dict[int, dict] = {}
        singles = [Chunk(i, (task,)) for i, task in enumerate(culprit.chunk.tasks)]
        report = run_chunks(engine, run_sweep_chunk, singles, lambda chunk, columns, kept=found: kept.update({chunk.id: columns}))
        for single in report.failed:
            rows = failed_rows(single.chunk.tasks[0], f"{single.kind}: {single.text}")
            found[single.chunk.id] = {name: [row[name] for row in rows] for name in rows[0]}
        whole = {name: [value for i in sorted(found) for value in found[i][name]] for name in found[0]}
        keep(culprit.chunk, whole)


def finish(plan: SweepPlan, store: Store, shard: tuple[int, int] | None = None) -> dict[str, Any]:
    """Summarise the stored rows; write figures, the page and, last, the summary."""
    from experiments.sweeps.results import summarise

    rows = store.read_rows()
    content = hash_table(rows)
    frame = rows.to_pandas()
    del rows
    size = {"points": len(plan.points), "replicates": plan.spec.replicates, "arms": len(plan.shared.arms)}
    summary = summarise(frame, plan.spec, bool(plan.shared.draws)) | {
        "size": size | {"rows": len(plan.rows), "runs": plan.runs}, "notes": list(plan.notes), "window": plan.window(),
        "target": plan.shared.target or None, "shard": None if shard is None else f"{shard[0]}/{shard[1]}",
    }  # fmt: skip
    if shard is None:
        from experiments.sweeps.report import write_report

        with explain_oserror(store.folder):
            summary["figures"] = write_report(plan, frame, summary, store.folder)
        microdata.put_together(store)
    summary["rows_sha256"] = content
    store.write_summary(summary)
    return summary


def print_size(plan: SweepPlan, workers: int, shard: tuple[int, int] | None, options: Options) -> None:
    """Print how many runs the sweep has, how long it takes and how much disk. Nothing is written."""
    chunks = chunks_of_shard(plan, shard)
    runs = sum(len(chunk.tasks) for chunk in chunks)
    rows = sum(len(task.rows) for chunk in chunks for task in chunk.tasks)
    refuse_if_no_row_can_run(plan)
    each = time_a_run(plan)
    busy = min(workers, len(chunks)) or 1
    size = {
        "points": len(plan.points), "replicates": plan.spec.replicates, "arms": len(plan.shared.arms), "rows": rows,
        "runs": runs, "chunks": len(chunks), "workers": busy, "seconds_a_run": each, "seconds": runs * each / busy,
        "bytes": int(rows * (len(plan.schema()) * 8 + 40) + len(chunks) * 4_000), "cannot_run": len(plan.impossible),
        "notes": [*plan.notes, *describe_impossible(plan)],
    }  # fmt: skip
    if plan.shared.microdata:
        size["bytes"] += int(microdata.estimate_bytes(plan.base, rows))
    if options.json:
        print(json.dumps(size, indent=2))
        return
    product = f"{size['points']:,} points x {size['replicates']:,} replicates x {size['arms']} arms"
    part = f", of which shard {shard[0]}/{shard[1]} has {rows:,}" if shard else ""
    print(f"Size   {product} = {len(plan.rows):,} rows{part}" + (" (a subset)" if plan.rows != range(len(plan.rows)) else ""))
    print(f"Runs   {runs:,} (rows of one configuration and seed are run once), in {len(chunks):,} chunks")
    print(f"Time   about {_duration(size['seconds'])} on {busy} workers, at {each:.3g} s per run")
    print(f"Disk   about {size['bytes'] / 1e6:,.1f} MB")
    for note in size["notes"]:
        print(f"Note   {note}")


def time_a_run(plan: SweepPlan) -> float:
    """Seconds of one run: the second of two is timed, or of a long one as many days as fit a few seconds."""
    from sim.simulation import Simulation, be_compiled

    be_compiled()
    task = plan.task(next(id for id in plan.rows if plan.reason(id) is None))
    parameters = parameters_of(task.shared, *task.rows[0][3:5], task.rows[0][2])
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

    lines = [summary["question"]] if summary["question"] else []
    if size := summary.get("size"):
        product = f"{size['points']:,} points x {size['replicates']:,} replicates x {size['arms']} arms = {size['rows']:,} rows"
        factors = ", ".join(summary["factors"]) or "no factor"
        lines.append(f"{summary['design']} design of {factors}: {product}, {size['runs']:,} runs")
    if summary.get("shard"):
        lines.append(f"shard {summary['shard']}: only its rows are counted here")
    lines.append(f"{summary['done']:,} rows done, {summary['failed']:,} failed")
    lines += [f"  row {failure['id']} ({failure['arm']}): {failure['error']}" for failure in summary["failures"]]
    lines += [f"note: {note}" for note in summary.get("notes", [])]
    lines += [f"measured: {window_text(summary['window'])}"] if summary.get("window") else []
    lines.append(f"Means over all points; {summary['interval']}")
    rows: list = []
    for arm, outcomes in summary["outcomes"].items():
        rows += _block(arm, outcomes)
    contrasts = summary.get("contrasts") or {"outcomes": {}}
    for arm, outcomes in contrasts["outcomes"].items():
        share = contrasts.get("displaced_share", {}).get(arm)
        shares = {} if share is None else {"displaced share of what left target": share | {"mean": share["estimate"], "unit": ""}}
        rows += _block(f"{arm} minus {contrasts['baseline']}, on the same seeds", outcomes, shares)
    return "\n".join([*lines, *text_table(rows)])


def _block(heading: str, outcomes: dict[str, dict], shares: dict[str, dict] | None = None) -> list:
    """Rows of an arm or contrast for `text_table`: its means, then why others have none."""
    known = {name: found for name, found in outcomes.items() if found["mean"] is not None}
    shown = dict(list(known.items())[:_SHOWN_OUTCOMES]) | (shares or {})
    rows: list = [[name.replace("_", " "), mean_text(found), found["unit"]] for name, found in shown.items()]
    if len(known) > _SHOWN_OUTCOMES:
        rows.append(f"  ... and {len(known) - _SHOWN_OUTCOMES} more outcomes in summary.json")
    without: dict[str, list[str]] = {}
    for name, found in outcomes.items():
        if found["mean"] is None:
            without.setdefault(found.get("reason", "no row has a value"), []).append(name.replace("_", " "))
    return [heading, *rows, *(f"  {', '.join(names)}: {reason}" for reason, names in without.items())]
