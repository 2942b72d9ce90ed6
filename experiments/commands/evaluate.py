"""`plansim evaluate counts.csv`: displacement statistics of a table, and what they would have missed in twin worlds."""

from __future__ import annotations

import functools
import json
from importlib import resources
from pathlib import Path
from typing import Any

from experiments.commands.posterior import compose_with_draws
from experiments.configuration.composition import key_of, split_model
from experiments.configuration.drawn import drawn_of
from experiments.configuration.own_files import market_name
from experiments.evaluation import prose as words_of
from experiments.evaluation.areas import Unit, file_name, read_rows, units_of
from experiments.evaluation.report import write_report
from experiments.evaluation.results import INTERVAL, find_in_worlds, summarise
from experiments.evaluation.runs import EvaluationPlan, days_of, plan_evaluation, rows_of, run_pairs, schema
from experiments.execution.chunks import BOOTSTRAP_STREAM, stream_generator
from experiments.execution.engine import LazyEngine, check_engine
from experiments.execution.run_loop import run_missing
from experiments.store.result import Options, begin_result, report_summary
from experiments.store.store import Store
from sim.configuration import ConfigurationError
from sim.simulation import be_compiled

WORKER_MODULES = ("experiments.evaluation.runs",)
LEAST_WORLDS, MOST_WORLDS = 8, 100_000
EXAMPLE = "example"
prose = words_of.prose


def main(words: list[str], options: Options, tree: dict[str, Any] | None = None) -> int:
    """An evaluation from the words of a command, or from a configuration that Hydra composed; returns the exit status."""
    for key in ("days", "policy.start_day"):
        if any(key_of(word) == key for word in words):
            raise ConfigurationError(
                f"{key}: it follows from the table; give it columns days_before and days_after (365 each without), or set burn_in"
            )
    tree = compose_with_draws("evaluate", words, options.root) if tree is None else tree
    return execute(with_table(tree), options)


def with_table(tree: dict[str, Any]) -> dict[str, Any]:
    """The configuration with the rows of its table in it, and the table's name without its folder."""
    path = tree["counts"]
    if not isinstance(path, str) or not path:
        raise ConfigurationError(
            f"evaluate: a table of counts is needed, for example plansim evaluate counts.csv; plansim evaluate {EXAMPLE} has one "
            "already, which plansim new study copies"
        )
    if path == EXAMPLE and not Path(path).exists():
        with resources.as_file(resources.files("configs") / "new_study" / "counts.csv") as file:
            rows = read_rows(str(file))
    else:
        rows = read_rows(path)
    units_of(rows, path)
    return tree | {"counts": file_name(path), "areas": rows}


def execute(tree: dict[str, Any], options: Options) -> int:
    """Print the table's statistics, with those of twin worlds unless there are to be none; 1 if a chunk failed."""
    check_engine(tree["engine"])
    worlds = tree["worlds"]
    if isinstance(worlds, bool) or not isinstance(worlds, int) or worlds and not LEAST_WORLDS <= worlds <= MOST_WORLDS:
        raise ConfigurationError(
            f"worlds={worlds!r}: a whole number from {LEAST_WORLDS} to {MOST_WORLDS} is needed, or 0 for none"
        )
    units = units_of(tree["areas"], tree["counts"])
    if worlds == 0:
        summary = summarise(units, None)
        print(json.dumps(summary, indent=2, allow_nan=False) if options.json else prose(summary))
        return 0
    plan = plan_of_tree(tree)
    chunks = plan.chunks()
    size = {"rows": sum(len(chunk.tasks) for chunk in chunks), "chunks": len(chunks)}
    with begin_result("evaluate", tree, options, size) as store:

        def make() -> dict[str, Any] | None:
            return finish(tree, plan, units, store) if run_rest(plan, store, tree["engine"]) else None

        summary = report_summary(store, options, prose, make, all(chunk.id in store.finished for chunk in chunks))
    return 1 if summary is None else 0


def plan_of_tree(tree: dict[str, Any]) -> EvaluationPlan:
    """The plan of a composed evaluation, or of the manifest of one."""
    parameters, rest = split_model(tree)
    return plan_evaluation(parameters, units_of(rest["areas"], rest["counts"]), rest["worlds"], drawn_of(tree))


def run_rest(plan: EvaluationPlan, store: Store, engine: dict[str, Any]) -> bool:
    """Run the pairs that are not stored yet; False, with a line each, if chunks failed."""
    import pyarrow as pa

    as_table = functools.partial(pa.Table.from_pylist, schema=schema())
    with LazyEngine(engine, WORKER_MODULES, be_compiled) as workers:
        return run_missing(plan.chunks(), run_pairs, store, as_table, workers, "evaluate: pairs of worlds")


def finish(tree: dict[str, Any], plan: EvaluationPlan, units: list[Unit], store: Store) -> dict[str, Any]:
    """Judge the statistics, write figure, page and, last, the summary."""
    days = days_of(units)
    found = find_in_worlds(
        rows_of(store.read_rows().to_pandas()), plan.geography, units, days, stream_generator(tree["seed"], BOOTSTRAP_STREAM)
    )
    worlds = {
        "market": market_name(tree, plan.treated.market.preset),
        "policy": plan.treated.policy.name,
        "pairs": plan.pairs,
        "days": list(days),
        "counts_before": {
            area: sum(unit.counts[area][0] for unit in units if area in unit.counts) for unit in units for area in unit.counts
        },
        "interval": INTERVAL,
        "designs": found,
    }
    summary = summarise(units, worlds) | {"counts": tree["counts"], "rows_sha256": store.content_sha256()}
    write_report(summary, store.folder)
    store.write_summary(summary)
    return summary
