"""`plansim validate`: each known pattern beside what worlds at the configured parameters show."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

from experiments.commands.posterior import compose_with_draws
from experiments.configuration.composition import split_model
from experiments.configuration.drawn import drawn_of
from experiments.configuration.own_files import market_name
from experiments.execution.engine import LazyEngine, check_engine
from experiments.execution.run_loop import run_missing
from experiments.report.text_table import text_table
from experiments.store.result import Options, begin_result, report_summary
from experiments.store.store import Store
from experiments.validation.figures import condition
from experiments.validation.patterns import read_patterns
from experiments.validation.report import aim, headline, simulated, write_report
from experiments.validation.results import TAGS, summarise
from experiments.validation.runs import ValidationPlan, columns_of, plan_validation, run_worlds
from sim.configuration import ConfigurationError
from sim.parameters import Parameters
from sim.simulation import be_compiled

WORKER_MODULES = ("experiments.validation.runs",)
LEAST_WORLDS, MOST_WORLDS = 4, 100_000


def main(words: list[str], options: Options, tree: dict[str, Any] | None = None) -> int:
    """A validation from the words of a command, or from a configuration that Hydra composed."""
    tree = compose_with_draws("validate", words, options.root) if tree is None else tree
    return execute(tree, options)


def execute(tree: dict[str, Any], options: Options) -> int:
    """Run or resume a composed validation; returns the exit status: 1 if a chunk failed, not if a pattern does."""
    check_engine(tree["engine"])
    parameters, _ = split_model(tree)
    plan, market = plan_of_tree(tree), market_name(tree, parameters.market.preset)
    chunks = plan.chunks()
    size = {"rows": sum(len(chunk.tasks) for chunk in chunks), "chunks": len(chunks)}
    with begin_result("validate", tree, options, size, "validation") as store:

        def make() -> dict[str, Any] | None:
            return finish(plan, parameters, market, store) if run_rest(plan, store, tree["engine"]) else None

        is_whole = all(chunk.id in store.finished for chunk in chunks)
        summary = report_summary(store, options, prose, make, is_whole)
    return 1 if summary is None else 0


def plan_of_tree(tree: dict[str, Any]) -> ValidationPlan:
    """The plan of a composed validation or of the manifest of one."""
    parameters, rest = split_model(tree)
    return plan_of(parameters, rest["n_worlds"], drawn_of(tree))


def plan_of(parameters: Parameters, worlds: Any, draws: tuple[dict[str, float], ...] = ()) -> ValidationPlan:
    """The plan of a validation. ConfigurationError, one line, for what does not fit."""
    if isinstance(worlds, bool) or not isinstance(worlds, int) or not LEAST_WORLDS <= worlds <= MOST_WORLDS:
        raise ConfigurationError(f"n_worlds={worlds!r}: a whole number from {LEAST_WORLDS} to {MOST_WORLDS} is needed")
    if parameters.policy.levers or parameters.budget is not None:
        raise ConfigurationError(f"policy={parameters.policy.name}: patterns are of worlds without a policy; leave it out")
    return dataclasses.replace(plan_validation(read_patterns().patterns, parameters, worlds, parameters.seed), draws=draws)


def run_rest(plan: ValidationPlan, store: Store, engine: dict[str, Any]) -> bool:
    """Run the worlds that are not stored yet; False, with a line each, if chunks failed."""
    import pyarrow as pa

    fields = [("id", pa.int64()), ("arm", pa.string()), ("replicate", pa.int64()), ("seed", pa.int64())]
    fields += [(name, pa.float64()) for name in columns_of({pattern.measure for pattern in plan.shown.values()})]
    as_table = functools.partial(pa.Table.from_pylist, schema=pa.schema(fields))
    with LazyEngine(engine, WORKER_MODULES, be_compiled) as workers:
        return run_missing(plan.chunks(), run_worlds, store, as_table, workers, "validate: worlds")


def finish(plan: ValidationPlan, parameters: Parameters, market: str, store: Store) -> dict[str, Any]:
    """Compare, write the figure, the page and, last, the summary; `market`: its name."""
    summary = summarise(store.read_rows().to_pandas(), plan)
    summary |= {
        "market": market, "window": f"days {parameters.burn_in} to {parameters.days - 1}",
        "rows_sha256": store.content_sha256(),
    }  # fmt: skip
    write_report(summary, store.folder)
    store.write_summary(summary)
    return summary


def prose(summary: dict[str, Any]) -> str:
    """How many pass, then the table by tag, failures first."""
    lines: list = []
    for tag in TAGS:
        rows = [row for row in summary["patterns"] if row["tag"] == tag]
        lines += [tag.replace("_", " ")] if rows else []
        lines += [
            [row["id"], row["label"], row["unit"], condition(row), simulated(row), "" if row["passes"] else "fails"]
            for row in rows
        ]
    table = text_table(lines, ["row", "measure", "unit", "passes", "simulated (95 %)", ""])
    reasons = [f"{row['id']} fails: {row['reason']}" for row in summary["patterns"] if not row["passes"]]
    about = f"market {summary['market']}, {summary['worlds']} worlds, {summary['window']}; {summary['interval']}"
    return "\n".join([headline(summary), aim(summary), about, "", *table, "", *reasons])
