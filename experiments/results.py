"""One result: its folder, its manifest, whether it is there already, and how it is told.

A result folder is named by a hash of command, configuration and code. A run with the same hash
reprints what is stored; an interrupted one goes on where it stopped.
"""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path
from typing import Any

from experiments.lab.files import write_atomically
from experiments.lab.provenance import build_manifest, identity_hash
from experiments.lab.store import Store

MISSING = "n/a"  # no value, or none that is defined
NO_BOUND = "no bound"  # an interval that is open at this end


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of the command line that are not configuration."""

    json: bool = False
    root: Path = Path("results")
    again: bool = False  # make summary and figures anew even if they are stored
    dry_run: bool = False  # sweep: say how large it is, and run nothing
    sql: str | None = None  # show: a question to the rows


def open_result(command: str, tree: dict[str, Any], options: Options, id_columns: tuple[str, ...] = ("id",)) -> Store:
    """Create or resume the result of a composed configuration. StoreError in one line if it cannot be."""
    from sim.data import hash_files

    manifest = build_manifest(command, tree, {"root": tree["seed"], "block": "tests"}, hash_files())
    folder = options.root / command / identity_hash(manifest)[:16]
    return Store.open(folder, manifest, id_columns=id_columns)


def stored_summary(store: Store, options: Options) -> dict[str, Any] | None:
    """The summary of a finished result, unless it is to be made again, as asked or because something is damaged."""
    return None if options.again else store.read_summary()


def write_table(folder: Path, name: str, table) -> None:
    """Write a pandas table as Parquet, whole or not at all. StoreFailure if the disk refuses."""
    sink = io.BytesIO()
    table.to_parquet(sink, compression="zstd", write_page_checksum=True)
    write_atomically(folder / f"{name}.parquet", sink.getvalue())


def tell(summary: dict[str, Any], prose: str, folder: Path, options: Options) -> None:
    """Print the summary as JSON or as prose; the folder's path comes last."""
    if options.json:
        print(json.dumps(summary, indent=2, allow_nan=False))
    else:
        print(prose)
        print(f"\nResult: {folder}")


def number(value: float | None, digits: int = 2) -> str:
    """A number for people: a sign of its own, no more digits than it deserves; "n/a" where there is none."""
    if value is None:
        return MISSING
    if value != 0.0 and abs(value) < 0.1**digits * 10:
        return f"{value:.2g}"
    return f"{value:,.{digits}f}"


def tell_interval(values: dict[str, Any], digits: int = 2) -> str:
    """An estimate with its interval, in one breath; an end that the interval has not is told in words."""
    estimate, low, high = number_cells(values, digits)
    if values["low"] is None and values["high"] is None:
        return estimate if estimate == MISSING else f"{estimate} (no bounded interval)"
    return f"{estimate} ({low} to {high})"


def number_cells(values: dict[str, Any], digits: int = 2) -> list[str]:
    """Estimate, low and high as cells of a table: "n/a" where there is nothing, "no bound" for the one end that is open."""
    open_end = MISSING if values["low"] is None and values["high"] is None else NO_BOUND
    ends = [open_end if values[end] is None else number(values[end], digits) for end in ("low", "high")]
    return [number(values["estimate"], digits), *ends]
