"""`plansim compare A B [C ...]`: policies on the same worlds, each set against the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.commands.posterior import compose_with_draws
from experiments.commands.running_tests import check_words
from experiments.comparison.plan import ComparisonPlan, plan_comparison, with_arms
from experiments.comparison.report import (
    columns_of,
    doubts,
    headlines,
    setting_lines,
    side_by_side,
    unseen_of,
    with_own,
    write_report,
)
from experiments.comparison.results import FOREST, TABLES, Comparison, cost_of, is_precise, series_of, summarise, table_of
from experiments.comparison.runs import run_pair, run_pairs
from experiments.configuration.override_values import write_override
from experiments.execution.engine import LazyEngine, check_engine
from experiments.execution.run_loop import run_missing
from experiments.report.text_table import text_table
from experiments.store import microdata
from experiments.store.files import StoreFailure, explain_oserror
from experiments.store.result import Options, begin_result, report_summary, stored_summary, write_table
from experiments.store.store import Store
from sim.simulation import be_compiled

COMMAND = "compare"
WORKER_MODULES = ("experiments.comparison.runs",)


def main(words: list[str], options: Options, tree: dict[str, Any] | None = None) -> int:
    """A comparison from the words of a command, or from a configuration that Hydra composed."""
    tree = compose_with_draws(COMMAND, words, options.root) if tree is None else tree
    check_words(words, tree)
    return execute(tree, options)


def execute(tree: dict[str, Any], options: Options) -> int:
    """Run or resume a composed comparison; returns the exit status: 1 if worlds failed."""
    tree, plan = _prepare(tree)
    with _begin(tree, plan, options) as store:
        summary = report_summary(store, options, prose, lambda: run_and_finish(plan, tree["engine"], store))
    return 1 if summary is None else 0


def compare(policies: Sequence[str], overrides: Mapping[str, Any], options: Options) -> Comparison:
    """Compare policies from Python: run, or resume, or read what is stored; the tables as pandas frames.

    Parameters
    ----------
    policies
        Names or files, as `plansim compare` takes them; the first is the base.
    overrides
        Keys of the command line with their values: `{"market": "class", "n_pairs": 20, "labour.bonding": 0.5}`.
    options
        Flags of the command line, and where results are.

    Raises
    ------
    ConfigurationError
        One line, for what cannot be; StoreFailure if worlds failed.
    """
    given = {"policies": [str(policy) for policy in policies]} | dict(overrides)
    words = [f"{key}={value}" if isinstance(value, str) else write_override(key, value) for key, value in given.items()]
    tree = compose_with_draws(COMMAND, words, options.root)
    check_words(words, tree)
    tree, plan = _prepare(tree)
    with _begin(tree, plan, options) as store:
        if stored_summary(store, options) is None and run_and_finish(plan, tree["engine"], store) is None:
            raise StoreFailure(f"{store.folder}: worlds failed; the others are kept")
    return Comparison(store.folder)


def _prepare(tree: dict[str, Any]) -> tuple[dict[str, Any], ComparisonPlan]:
    """The configuration with its policies in it, and its plan."""
    check_engine(tree["engine"])
    tree = with_arms(tree)
    return tree, plan_comparison(tree)


def _begin(tree: dict[str, Any], plan: ComparisonPlan, options: Options) -> Store:
    """The result; how many chunks it takes is known beforehand if no look is taken in between."""
    return begin_result(COMMAND, tree, options, plan.size() if len(plan.looks) == 1 else None)


def run_and_finish(plan: ComparisonPlan, engine: dict[str, Any], store: Store) -> dict[str, Any] | None:
    """Run the pairs that are not stored yet, look by look; write tables, page and, last, the summary; None if some failed."""
    blocks = plan.blocks
    if plan.shared.microdata and not store.finished:
        microdata.note_size(plan.base, plan.looks[-1] * len(plan.policies))
    with LazyEngine(engine, WORKER_MODULES, be_compiled) as workers:
        for look, chunks in enumerate(blocks):
            if not run_missing(chunks, run_pairs, store, plan.table, workers, "compare: pairs of worlds"):
                return None
            if look + 1 < len(blocks) and is_precise(plan, store.read_rows().to_pandas()):
                break
    rows = store.read_rows().to_pandas()
    tables = dict(zip(TABLES, (table_of(plan, rows), series_of(plan, rows), cost_of(plan, rows)), strict=True))
    for name, table in tables.items():
        write_table(store.folder, name, table)
    microdata.put_together(store)
    summary = summarise(plan, rows, tables) | {"rows_sha256": store.content_sha256()}
    with explain_oserror(store.folder):
        write_report(summary, tables["series"], store.folder)
    store.write_summary(summary)
    return summary


def repeat_row(tree: dict[str, Any], id: int) -> dict[str, Any]:
    """One stored row again, from the configuration of its result."""
    plan = plan_comparison(tree)
    pair, arm = divmod(id, len(plan.policies))
    return plan.table(run_pair(plan.task(pair))[arm : arm + 1]).to_pylist()[0]


def prose(summary: dict[str, Any]) -> str:
    """Which policy, by how much, how surely, at what cost; then headline outcomes side by side."""
    lines = [*headlines(summary), *doubts(summary), "", *setting_lines(summary), f"Intervals: {summary['interval']}.", ""]
    columns = columns_of(summary)
    outcomes = with_own(summary, FOREST)
    lines += text_table(side_by_side(summary, outcomes), columns, right=range(1, len(columns) - 1), indent=0)
    return "\n".join([*lines, "", *unseen_of(summary, outcomes), "All outcomes: report.html, table.parquet, or --json."])
