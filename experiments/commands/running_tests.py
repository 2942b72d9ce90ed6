"""Tests of hypotheses, one after the other with one engine: what `plansim test` does of one, of all, and under every structure.

Each test has a result folder of its own, so that what is finished is never run again.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.configuration.composition import key_of, split_model
from experiments.execution.engine import LazyEngine
from experiments.execution.run_loop import run_missing
from experiments.execution.verbosity import is_quiet
from experiments.questions.analysis import analyse, is_precise
from experiments.questions.study import Study, prepare, run_chunk
from experiments.robustness.published import share_of_published, share_text
from experiments.statistics.verdict import loud_verdict
from experiments.store import microdata
from experiments.store.result import Options, begin_result, interval_text, stored_summary, write_csv
from experiments.store.store import Store
from sim.configuration import ConfigurationError
from sim.parameters import Parameters
from sim.simulation import be_compiled

WORKER_MODULES = ("pyarrow", "experiments.questions.study")


@dataclasses.dataclass(frozen=True)
class PreparedTest:
    """A composed configuration of `plansim test`, validated. `label`: what its progress is shown under."""

    tree: dict[str, Any]
    study: Study
    parameters: Parameters
    label: str

    @classmethod
    def of(cls, tree: dict[str, Any], label: str = "") -> PreparedTest:
        """The test of a composed configuration. ConfigurationError names what does not fit."""
        parameters, rest = split_model(tree)
        study = prepare(rest, parameters)
        return cls(tree, study, parameters, label or study.spec.id)


@dataclasses.dataclass(frozen=True)
class FinishedTest:
    """A test with its stored result. `entry`: of its summary."""

    test: PreparedTest
    folder: Path
    entry: dict[str, Any]
    rows_sha256: str


def check_words(overrides: list[str], tree: dict[str, Any]) -> None:
    """Refuse a number of pairs next to the rule that finds one; `n_pairs` always has a value, so only the words show it."""
    if tree.get("precision") is True and "n_pairs" in map(key_of, overrides):
        raise ConfigurationError(
            "n_pairs: with precision=true pairs are added until the interval is narrow enough; leave one of the two out"
        )


def open_workers(engine_settings: dict[str, Any]) -> LazyEngine:
    """The engine for tests, which starts when a chunk is to be run."""
    return LazyEngine(engine_settings, WORKER_MODULES, be_compiled)


def finish_tests(tests: Sequence[PreparedTest], engine_settings: dict[str, Any], options: Options) -> list[FinishedTest] | None:
    """Run or resume several tests with one engine; None, with a line each, if chunks of one failed.

    Each verdict is printed as soon as it is reached, with what is published of its claim, unless the summary is asked for as
    JSON, or nothing else.
    """
    widest = max(len(test.label) for test in tests)
    finished = []
    with open_workers(engine_settings) as engine:
        for test in tests:
            with begin_result("test", test.tree, options) as store:
                summary = stored_summary(store, options) or run_and_finish(test, engine, store)
                if summary is not None:
                    write_csv(store, options)
            if summary is None:
                return None
            entry = summary["hypotheses"][0] | {"published": share_of_published(test.tree)}  # as it is now
            finished.append(FinishedTest(test, store.folder, entry, summary["rows_sha256"]))
            if not options.json and not is_quiet():
                print(f"{test.label:{widest}}  {loud_verdict(entry):14}  {interval_text(entry)} {entry['unit']}")
                for line in (entry["claim"], share_text(entry)) if entry["published"] else ():
                    print(f"{'':{widest}}  {line}")
                sys.stdout.flush()
    if not options.json and not is_quiet():
        print()
    return finished


def run_and_finish(test: PreparedTest, engine: LazyEngine, store: Store) -> dict[str, Any] | None:
    """Run the chunks that are not stored yet, look by look, and finish; None if some failed."""
    import pyarrow as pa

    blocks = test.study.blocks(test.parameters.seed)
    if test.study.microdata and not store.finished:
        worlds = sum(len(task.arms) for chunks in blocks for chunk in chunks for task in chunk.tasks)
        microdata.note_size(test.parameters, worlds)
    for look, chunks in enumerate(blocks):
        if not run_missing(chunks, run_chunk, store, pa.Table.from_pylist, engine, f"{test.label}: sets of twin worlds"):
            return None
        if look + 1 < len(blocks) and is_precise(test.study, store.read_rows().to_pylist()):
            break
    return finish(test.study, store)


def finish(study: Study, store: Store) -> dict[str, Any]:
    """Analyse the stored rows; write figures, report and, last, the summary.

    Shares of the published set are put in as they are now; `--again` takes those of a set made later.
    """
    from experiments.questions.report import write_report

    rows = store.read_rows().to_pylist()
    entry = analyse(study, rows)
    microdata.put_together(store)
    entry["published"] = share_of_published(store.manifest["configuration"])
    summary = {"hypotheses": [entry], "rows_sha256": store.content_sha256()}
    write_report(study, rows, entry, store.folder)
    store.write_summary(summary)
    return summary
