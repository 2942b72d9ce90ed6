"""`plansim frontier`: what a public budget can buy, over mixtures of levers: exploitation, minors, cost."""

from __future__ import annotations

import functools
import json
from typing import Any

import numpy as np

from experiments.commands.posterior import compose_with_draws
from experiments.configuration.composition import split_model
from experiments.configuration.drawn import drawn_of
from experiments.configuration.own_files import market_name
from experiments.execution.chunks import BOOTSTRAP_STREAM, DESIGN_STREAM, stream_generator
from experiments.execution.engine import LazyEngine, check_engine
from experiments.execution.run_loop import run_missing
from experiments.frontier.plan import SEARCHED, SEED_BLOCK, FrontierPlan, FrontierSettings, Mixture, plan_frontier
from experiments.frontier.report import headlines, policy_rows, write_report
from experiments.frontier.results import candidates, objectives_of, summarise
from experiments.frontier.runs import OBJECTIVES, run_worlds
from experiments.frontier.search import not_dominated, search, spread_out
from experiments.report.text_table import text_table
from experiments.store.files import StoreFailure
from experiments.store.result import Options, begin_result, report_summary
from experiments.store.store import Store
from sim.configuration import validate_as
from sim.measures.windows import describe_window, window_text
from sim.simulation import be_compiled

COMMAND = "frontier"
WORKER_MODULES = ("experiments.frontier.runs",)
ROWS_A_FILE = 5_000


def main(words: list[str], options: Options, tree: dict[str, Any] | None = None) -> int:
    """A search from the words of a command, or from a configuration that Hydra composed."""
    tree = compose_with_draws(COMMAND, words, options.root) if tree is None else tree
    return execute(tree, options)


def execute(tree: dict[str, Any], options: Options) -> int:
    """Run or resume a composed search; returns the exit status: 1 if worlds failed."""
    check_engine(tree["engine"])
    plan = plan_of(tree)
    with begin_result(COMMAND, tree, options, block=SEED_BLOCK) as store:
        summary = report_summary(store, options, prose, lambda: find(plan, tree, store))
    return 1 if summary is None else 0


def plan_of(tree: dict[str, Any]) -> FrontierPlan:
    """The plan of a composed search or of the manifest of one."""
    parameters, rest = split_model(tree)
    settings = validate_as(FrontierSettings, {name: rest[name] for name in FrontierSettings.model_fields}, "")
    base, market = {key: part for key, part in tree.items() if key not in rest}, market_name(rest, parameters.market.preset)
    return plan_frontier(settings, base, parameters, drawn_of(tree), market)


def find(plan: FrontierPlan, tree: dict[str, Any], store: Store) -> dict[str, Any] | None:
    """Search, compare again on fresh worlds, write figures, page and, last, the summary; None if worlds failed."""
    import pyarrow as pa

    fields = [("id", pa.int64()), ("scenario", pa.string()), ("replicate", pa.int64()), ("seed", pa.int64())]
    fields += [("mixture", pa.int64()), ("euros", pa.string()), *((name, pa.float64()) for name in OBJECTIVES)]
    as_table = functools.partial(pa.Table.from_pylist, schema=pa.schema(fields))
    settings, root = plan.settings, plan.parameters.seed
    seed = int(stream_generator(root, DESIGN_STREAM - 30).integers(2**31))
    with LazyEngine(tree["engine"], WORKER_MODULES, be_compiled) as workers:

        def evaluate(generation: int, mixtures: list[Mixture]) -> np.ndarray | None:
            label = f"frontier: generation {generation + 1} of {settings.generations}: worlds"
            chunks = plan.search_chunks(generation, mixtures)
            if not run_missing(chunks, run_worlds, store, as_table, workers, label):
                return None
            store.compact(ROWS_A_FILE)
            first = generation * settings.population
            numbers = range(first, first + len(mixtures))
            rows = [one for one in store.read_rows().to_pylist() if one["scenario"] == SEARCHED and one["mixture"] in numbers]
            if any(json.loads(row["euros"]) != mixtures[row["mixture"] - first] for row in rows):
                raise StoreFailure(
                    f"{store.folder}: generation {generation + 1} was searched by another version of Optuna, which asks other "
                    "mixtures; install that version, or remove the folder and search again"
                )
            return objectives_of(rows, first, len(mixtures))

        found = search(plan, seed, evaluate)
        if found is None:
            return None
        tried, objectives = found
        front = np.flatnonzero(not_dominated(objectives))
        kept = front[spread_out(objectives[front], settings.candidates)]
        mixtures = candidates(plan, tried, kept.tolist())
        if not run_missing(plan.check_chunks(mixtures), run_worlds, store, as_table, workers, "frontier: check: worlds"):
            return None
    frame = store.read_rows().to_pandas()
    frame = frame[frame["scenario"] != SEARCHED]
    store.compact(ROWS_A_FILE)
    summary = summarise(plan, mixtures, frame, len(tried), stream_generator(root, BOOTSTRAP_STREAM))
    base = plan.parameters
    summary |= {"window": describe_window(base.start, base.policy.start_day, base.days), "rows_sha256": store.content_sha256()}
    write_report(summary, store.folder)
    store.write_summary(summary)
    return summary


def prose(summary: dict[str, Any]) -> str:
    """The robust choice, then every policy by rising cost."""
    about = f"market {summary['market']}, measured: {window_text(summary['window'])}; intervals: {summary['interval']}"
    head = ["", "EUR a year", "averted a day", "of minors", "dominated by", "largest regret", "of what"]
    return "\n".join([*headlines(summary), about, "", *text_table(policy_rows(summary), head, right=[1])])
