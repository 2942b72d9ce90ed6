"""`plansim test`: run the pairs of a hypothesis, analyse them, and tell the verdict."""

from __future__ import annotations

import os
import sys
from typing import Any

from experiments.composition import split_model
from experiments.hypotheses import Study, analyse, chunk_function, chunks_of, prepare
from experiments.lab.store import Store
from experiments.results import Options, number, open_result, stored_summary, tell
from sim.configuration import ConfigurationError

WORKER_MODULES = ("pyarrow", "experiments.hypotheses")


def execute(tree: dict[str, Any], options: Options) -> int:
    """Run or resume a composed test; returns the exit status."""
    parameters, rest = split_model(tree)
    workers = count_workers(rest["engine"])
    study = prepare(rest, parameters, rest["n_pairs"])
    with open_result("test", tree, options) as store:
        summary = stored_summary(store, options)
        if summary is None:
            if not run_pairs(study, parameters.seed, workers, store):
                return 1
            summary = finish(study, parameters, store)
        tell(summary, prose(summary), store.folder, options)
    return 0


def count_workers(engine: dict[str, Any]) -> int:
    """Workers to start: as configured, or one for each core."""
    workers = engine.get("workers", 0)
    if not isinstance(workers, int) or isinstance(workers, bool) or not 0 <= workers <= 1024:
        raise ConfigurationError(f"engine.workers={workers!r}: a whole number from 0 (one for each core) to 1024 is needed")
    return workers or len(os.sched_getaffinity(0))


def run_pairs(study: Study, root_seed: int, workers: int, store: Store) -> bool:
    """Run the chunks that are not stored yet; False, with a line each, if some failed."""
    import pyarrow as pa

    from experiments.lab.engine import open_engine, run_chunks
    from experiments.lab.progress import Progress
    from sim.simulation import be_compiled

    chunks = chunks_of(study, root_seed)
    waiting = [chunk for chunk in chunks if chunk.id not in store.finished]
    total = sum(len(chunk.tasks) for chunk in chunks)
    done = total - sum(len(chunk.tasks) for chunk in waiting)
    if not waiting:
        return True
    be_compiled()

    def keep(chunk, rows):
        store.write_chunk(chunk.id, pa.Table.from_pylist(rows))

    with open_engine(min(workers, len(waiting)), WORKER_MODULES) as engine:
        with Progress(total, f"{study.spec.id}: pairs of twin worlds", done) as progress:
            report = run_chunks(engine, chunk_function(study.spec), waiting, keep, progress.advance)
    for failed in report.failed:
        print(f"plansim: {failed}", file=sys.stderr)
    if report.failed:
        print(f"plansim: {len(report.failed)} of {len(chunks)} chunks failed; the others are kept", file=sys.stderr)
    return not report.failed


def finish(study: Study, parameters, store: Store) -> dict[str, Any]:
    """Analyse the stored rows; write figures, report and, last, the summary."""
    from experiments.report.displacement_report import write_report

    rows = store.read_rows().to_pylist()
    entry = analyse(study, rows)
    summary = {"hypotheses": [entry], "rows_sha256": store.content_sha256()}
    write_report(study, parameters, rows, entry, store)
    store.write_summary(summary)
    return summary


def prose(summary: dict[str, Any]) -> str:
    """The verdict and what it rests on, in a few lines."""
    return "\n\n".join(_prose_of(entry) for entry in summary["hypotheses"])


def _prose_of(entry: dict[str, Any]) -> str:
    first = entry["first_stage"]
    change = first["change"]
    lines = [
        f"{entry['id']}: {entry['claim']}",
        f"  verdict: {entry['verdict'].upper()} ({entry['pairs']} pairs; D above {entry['threshold']:g} would support the claim)",
        f"  D = {_interval(entry)} {entry['unit']}; {entry['interval']}",
        f"  first stage: {'yes' if first['present'] else 'no'}; at the target {_interval(change)} of {number(first['level'])}",
        "",
        f"  {'form':<46}{'change':>9}  {'95 % interval':<20}{'proportional':>13}{'excess':>9}",
    ]
    proportional = {row["id"]: row for row in entry["proportional_reallocation"]}
    for part in entry["parts"]:
        row = proportional.get(part["id"])
        tail = f"{number(row['proportional']):>13}{number(row['excess']):>9}" if row else ""
        span = f"{number(part['low'])} to {number(part['high'])}"
        lines.append(f"  {part['label']:<46}{number(part['estimate']):>9}  {span:<20}{tail}")
    if entry["displaced_share"]:
        lines.append(f"  displaced share of what left the target: {_interval(entry['displaced_share'])}")
    slope = entry["gradient"]["slope_percent_per_km"]
    lines += [
        f"  gradient: change per km from the target, in the other territories: {_interval(slope, 3)} percentage points",
        f"  pairing divides the variance by {number(entry['variance_reduction'], 1)}; "
        f"smallest detectable effect {number(entry['min_detectable'])}",
        f"  public cost of the lever: {number(entry['public_cost_eur'], 0)} EUR a world",
        "",
        "  controls (verdict shown / must be)",
    ]
    for control in entry["controls"]:
        mark = "as expected" if control["as_expected"] else "NOT AS EXPECTED"
        shown = f"{control['verdict']:<16}{' or '.join(control['expected']):<28}"
        lines.append(f"    {control['scenario']:<26}{shown}{mark}: D = {_interval(control)}")
    lines += ["", "  what a field evaluator would compute, and its bias against the twin truth"]
    for row in entry["field_view"]:
        bias = f"{number(row['bias'])} ({number(row['bias_low'])} to {number(row['bias_high'])})"
        means = f"field {number(row['field']):>10}  twin {number(row['twin_truth']):>10}"
        lines.append(f"    {row['design']:<22}{row['statistic']:<20}{means}  bias {bias:<32} undefined {row['undefined']}")
    return "\n".join(lines)


def _interval(values: dict[str, Any], digits: int = 2) -> str:
    return f"{number(values['estimate'], digits)} ({number(values['low'], digits)} to {number(values['high'], digits)})"
