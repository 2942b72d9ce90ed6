"""One result: its folder, its manifest, whether it is there already, and how it is printed.

A result folder is named by its date, its command, and hashes of command and configuration, and of the code that can change
its numbers (`folders`). A run with the same hashes reprints what is stored; an interrupted one goes on where it stopped. Where
only other code answers the same question, a line reports it, and both results are kept.
"""

from __future__ import annotations

import dataclasses
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from experiments.execution.verbosity import note, tell
from experiments.store.csv_files import write_csv_files
from experiments.store.files import StoreError, write_atomically
from experiments.store.folders import folder_for, is_finished, may_answer, one_at_a_time, results_in
from experiments.store.manifest_file import MANIFEST
from experiments.store.provenance import build_manifest, identity_hash, other_libraries, question_hash
from experiments.store.source_code import DECISIVE, PAGES, PARTS, changed_parts
from experiments.store.store import Store

MISSING = "n/a"  # no value, or none that is defined
NO_BOUND = "no bound"  # an interval that is open at this end
NO_SPREAD = "no spread"  # an interval without width: one value everywhere, which does not show how exact it is


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of the command line that are not configuration."""

    json: bool = False
    root: Path = Path("results")
    again: bool = False  # make summary and figures again even if they are stored
    dry_run: bool = False  # sweep: print its size and run nothing
    sql: str | None = None  # show: a question to the rows
    csv: bool = False  # tables as CSV too
    pdf: float | None = None  # figures as PDF too, so many mm wide
    bibtex: bool = False  # cite: as BibTeX, not as text
    watch: float | None = None  # run: seconds in which the world is shown in the terminal


def manifest_of(
    command: str, tree: dict[str, Any], plan: Mapping[str, int] | None = None, block: str = "tests"
) -> dict[str, Any]:
    """The manifest of a composed configuration. `plan`: numbers of rows and chunks; `block`: of the seeds."""
    from sim.initialisation.data import hash_files

    manifest = build_manifest(command, tree, {"root": tree["seed"], "block": block}, hash_files())
    return manifest if plan is None else manifest | {"plan": dict(plan)}


def begin_result(
    command: str,
    tree: dict[str, Any],
    options: Options,
    plan: Mapping[str, int] | None = None,
    block: str = "tests",
    shard: tuple[int, int] | None = None,
) -> Store:
    """Create or resume the result of a composed configuration. StoreError in one line if it cannot be.

    `shard`: number and count of a piece of a result, which has a folder of its own next to that of the whole.
    A line reports what other code made of the same question, and libraries that are not those it was begun with.
    """
    manifest = manifest_of(command, tree, plan, block)
    if shard is not None:
        manifest["shard"] = f"{shard[0]}/{shard[1]}"
    with one_at_a_time(options.root / command):
        folder = folder_for(options.root / command, manifest)
        begun = (folder / MANIFEST).exists()
        if not begun:
            _report_others(folder, manifest)
            store = Store.open(folder, manifest)
    if begun:
        store = Store.open(folder, manifest)
    _note_what_made(store)
    if not is_finished(folder) and (other := other_libraries(store.manifest)):
        warn(f"{folder} was begun with other libraries ({other}): what is finished is kept, and the rest made with those of now")
    return store


def _note_what_made(store: Store) -> None:
    """For `--verbose`: the folder, how far it is, and what its numbers are made by."""
    manifest = store.manifest
    state = "finished" if is_finished(store.folder) else f"{len(store.finished)} chunks finished"
    note(f"result: {store.folder}, begun {manifest['created_utc']}, {state}")
    note(f"configuration sha256 {manifest['configuration_sha256']}, seeds {manifest['seeds']}")
    note(f"code sha256 {manifest['source_sha256']}, version {manifest['project']['version']}")
    note(f"Python {manifest['python']}; " + ", ".join(f"{name} {version}" for name, version in manifest["libraries"].items()))


def write_csv(store: Store, options: Options) -> None:
    """The tables of a finished result as CSV, if they are asked for, and those of its parts in their folders."""
    if not options.csv:
        return
    written = write_csv_files(store.folder, store.read_rows() if store.finished else None)
    for part in results_in(store.folder):
        rows = Store.view(part)
        written += [f"{part.name}/{name}" for name in write_csv_files(part, rows.read_rows() if rows.finished else None)]
    tell(f"{store.folder}: {', '.join(written) or 'no table to be written as CSV'}")


def _report_others(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Report, in a line, that other code answered the same question, what is different in it, and what happens now."""
    others = sorted(_answers_of_others(folder, manifest), key=lambda other: str(other[1].get("created_utc")))
    if not others:
        return
    other, stored = others[-1]
    parts = " and ".join(changed_parts(stored.get("code_sha256"), DECISIVE)) or "the code"
    libraries = other_libraries(stored)
    changed = f"{parts} changed" + (f", and libraries: {libraries}" if libraries else "")
    more = f" (and {len(others) - 1} more like it)" if len(others) > 1 else ""
    state = "a finished" if is_finished(other) else "an unfinished"
    warn(f"{other} is {state} result of this configuration, made by other code ({changed}){more}: it is kept, {folder} is new")


def _answers_of_others(folder: Path, manifest: Mapping[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Results next to a folder that are of the same question and of other code, with their manifests."""
    question = question_hash(manifest)
    for path in folder.parent.glob(f"*/{MANIFEST}"):
        if not may_answer(path.parent, question):
            continue
        try:
            stored = Store.view(path.parent, lambda fault: None).manifest
            same = question_hash(stored) == question and stored.get("shard") == manifest.get("shard")
        except (StoreError, TypeError, ValueError):
            continue  # damaged, or not a result: its question cannot be known
        if same and identity_hash(stored) != identity_hash(manifest):
            yield path.parent, stored


def warn(line: str) -> None:
    """One line on standard error."""
    print(f"plansim: {line}", file=sys.stderr)


def report_summary(
    store: Store,
    options: Options,
    prose: Callable[[dict[str, Any]], str],
    make: Callable[[], dict[str, Any] | None],
    is_whole: bool = True,
) -> dict[str, Any] | None:
    """Print the summary of a result, as JSON or as prose with the folder last; `make` makes and stores it where there is none.

    None, and nothing is printed, where `make` has none to give. `is_whole`: whether all rows are there, without which a
    stored summary is not theirs.
    """
    summary = stored_summary(store, options) if is_whole else None
    summary = make() if summary is None else summary
    if summary is not None:
        print(json.dumps(summary, indent=2, allow_nan=False) if options.json else f"{prose(summary)}\n\nResult: {store.folder}")
        write_csv(store, options)
    return summary


def stored_summary(store: Store, options: Options) -> dict[str, Any] | None:
    """The summary of a finished result, unless it is to be made again: as asked, for damage, or as it is of other code.

    Code of summaries and pages cannot change a row, so rows are kept. A result that cannot be written is given as it is.
    """
    summary = None if options.again or options.pdf else store.read_summary()
    if summary is None or not store.is_writable or not changed_parts(store.manifest.get("code_sha256"), [PAGES]):
        return summary
    warn(f"{store.folder}: its numbers are kept; {PARTS[PAGES]} changed, so summary and pages are made again")
    return None


def write_table(folder: Path, name: str, table) -> None:
    """Write a pandas table as Parquet, whole or not at all. StoreFailure if the disk refuses."""
    sink = io.BytesIO()
    table.to_parquet(sink, compression="zstd", write_page_checksum=True)
    write_atomically(folder / f"{name}.parquet", sink.getvalue())


def number(value: float | None, digits: int = 2) -> str:
    """A number for people: a sign of its own, no more digits than it deserves; "n/a" where there is none."""
    if value is None:
        return MISSING
    if value != 0.0 and abs(value) < 0.1**digits * 10:
        return f"{value:.2g}"
    return f"{value:,.{digits}f}"


def interval_text(values: dict[str, Any], digits: int = 2) -> str:
    """An estimate with its interval; an end that the interval has not is given in words, and so is no width."""
    estimate, low, high = number_cells(values, digits)
    if values["low"] is None and values["high"] is None:
        return estimate if estimate == MISSING else f"{estimate} (no bounded interval)"
    return f"{estimate} ({low})" if low == high == NO_SPREAD else f"{estimate} ({low} to {high})"


def number_cells(values: dict[str, Any], digits: int = 2) -> list[str]:
    """Estimate, low and high as cells of a table: "n/a" where there is nothing, "no bound" for the one end that is open.

    An interval without width, as where one value is the same in every world, has "no spread" at both ends.
    """
    estimate, low, high = (values[name] for name in ("estimate", "low", "high"))
    if low is not None and low == high:
        return [number(estimate, digits), NO_SPREAD, NO_SPREAD]
    open_end = MISSING if low is None and high is None else NO_BOUND
    return [number(estimate, digits), *(open_end if end is None else number(end, digits) for end in (low, high))]


def mean_cells(found: dict[str, Any], digits: int = 2) -> list[str]:
    """`number_cells` of a mean; one that cannot be seen has its reason, and one of a single replicate no interval."""
    if found["mean"] is None:
        return [found.get("reason", MISSING), MISSING, MISSING]
    return number_cells(found | {"estimate": found["mean"]}, digits)


def mean_text(found: dict[str, Any], width: int = 12) -> str:
    """A mean with its interval over replicates, or why it has none."""
    mean, low, high = mean_cells(found)
    if found["mean"] is None:
        return mean
    if found["low"] is None:
        return f"{mean:>{width}}" + (" (one replicate)" if found.get("replicates") == 1 else "")
    return f"{mean:>{width}} ({NO_SPREAD})" if low == NO_SPREAD else f"{mean:>{width}} ({low} to {high})"
