"""`plansim growth`: recorded cases and victims beside worlds that grow, or not, and records that may grow too."""

from __future__ import annotations

import functools
from typing import Any

from experiments.configuration.composition import compose, split_model
from experiments.configuration.own_files import market_name
from experiments.execution.chunks import BOOTSTRAP_STREAM, stream_generator
from experiments.execution.engine import LazyEngine, check_engine
from experiments.execution.run_loop import run_missing
from experiments.report.text_table import text_table
from experiments.store.result import Options, begin_result, report_summary
from experiments.store.store import Store
from experiments.validation.growth import (
    FIRST_YEAR,
    LOCKDOWN,
    cells,
    chunks_of,
    run_worlds,
    sentences,
    summarise,
    tasks_of,
    write_report,
)
from sim.configuration import ConfigurationError
from sim.parameters import Parameters
from sim.simulation import be_compiled

WORKER_MODULES = ("experiments.validation.growth",)


def main(words: list[str], options: Options, tree: dict[str, Any] | None = None) -> int:
    """The analysis from the words of a command, or from a configuration that Hydra composed; returns the exit status."""
    tree = compose("growth", words) if tree is None else tree
    check_engine(tree["engine"])
    parameters, rest = split_model(tree)
    check(parameters, rest["growth"], rest["n_worlds"])
    chunks = chunks_of(tasks_of(parameters, rest["growth"], rest["n_worlds"], parameters.seed))
    size = {"rows": sum(len(chunk.tasks) for chunk in chunks), "chunks": len(chunks)}
    with begin_result("growth", tree, options, size, "validation") as store:

        def make() -> dict[str, Any] | None:
            return finish(tree, store) if run_rest(chunks, store, tree["engine"]) else None

        summary = report_summary(store, options, prose, make, all(chunk.id in store.finished for chunk in chunks))
    return 1 if summary is None else 0


def check(parameters: Parameters, rates: Any, worlds: Any) -> None:
    """ConfigurationError, one line, for rates, worlds or days that do not fit the question."""
    if isinstance(worlds, bool) or not isinstance(worlds, int) or not 2 <= worlds <= 10_000:
        raise ConfigurationError(f"n_worlds={worlds!r}: a whole number from 2 to 10000 is needed")
    if not isinstance(rates, list) or 0.0 not in rates or len(set(rates)) != len(rates):
        raise ConfigurationError(f"growth={rates}: a list of different rates per year with 0.0 among them, such as [0.0,0.2]")
    last = parameters.start.toordinal() + parameters.days
    first = parameters.start.toordinal() + parameters.burn_in
    needed = [parameters.start.replace(year=year, month=1, day=1).toordinal() for year in (FIRST_YEAR, LOCKDOWN)]
    if first > needed[0] or last < needed[1]:
        raise ConfigurationError(
            f"start={parameters.start} days={parameters.days} burn_in={parameters.burn_in}: the years {FIRST_YEAR} to "
            f"{LOCKDOWN - 1} must be whole after the burn-in; the usual start=2015-01-01 days=2192 burn_in=365 have them"
        )
    if parameters.policy.levers or parameters.budget is not None:
        raise ConfigurationError(f"policy={parameters.policy.name}: records are of worlds without a policy; leave it out")


def run_rest(chunks, store: Store, engine: dict[str, Any]) -> bool:
    """Run the worlds that are not stored yet; False, with a line each, if chunks failed."""
    import pyarrow as pa

    numbers = ("plans_broken_up", "minors_recognised")
    fields = [("id", pa.int64()), ("growth", pa.float64()), ("replicate", pa.int64()), ("year", pa.int64())]
    fields += [*((name, pa.int64()) for name in numbers), ("exploited", pa.float64())]
    as_table = functools.partial(pa.Table.from_pylist, schema=pa.schema(fields))
    with LazyEngine(engine, WORKER_MODULES, be_compiled) as workers:
        return run_missing(chunks, run_worlds, store, as_table, workers, "growth: worlds")


def finish(tree: dict[str, Any], store: Store) -> dict[str, Any]:
    """Fit, write figure, page and, last, the summary."""
    summary = summarise(store.read_rows().to_pandas(), tree["growth"], stream_generator(tree["seed"], BOOTSTRAP_STREAM))
    summary |= {
        "market": market_name(tree, tree["market"]["preset"]), "worlds": tree["n_worlds"], "rows_sha256": store.content_sha256(),
    }  # fmt: skip
    write_report(summary, store.folder)
    store.write_summary(summary)
    return summary


def prose(summary: dict[str, Any]) -> str:
    """What the counts say and what they cannot, then the table of rates."""
    head = ["series", "growth of demand and arrivals", "growth of exploitation", "growth of recording (95 %)"]
    return "\n".join([*sentences(summary), "", *text_table(cells(summary), head), "", f"Intervals: {summary['interval']}"])
