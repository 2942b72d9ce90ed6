"""Microdata of the worlds of a result: `microdata=true` leaves spells of Plans, vacancies, statuses and contacts as tables.

Workers pack what `sim.measures.microdata` saw of a world beside its row, in a binary column for each table, so that it is stored,
resumed, checked and merged as rows are. `Store` leaves these columns out wherever rows are read: rows, and their hash, are the
same with and without. When a result is finished its tables are put together, with columns that name the world.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.execution.machine import flush_file
from experiments.execution.verbosity import tell
from experiments.store.files import explain_oserror
from experiments.store.journal import BESIDE
from sim.measures.microdata import NONE, TABLES, columns

if TYPE_CHECKING:
    import pyarrow as pa

    from experiments.store.store import Store
    from sim.parameters import Parameters
    from sim.simulation import Simulation

NAMES = tuple(f"{BESIDE}{table}" for table in TABLES)
"""Columns beside the rows, and names of the tables of a result."""

WORLD = ("id", "scenario", "design", "replicate", "pair", "seed")
"""Columns of rows that name a world, those that a command has; `arm` follows."""

ROWS_A_GROUP = 200_000  # written at once
WORTH_A_NOTE = 100e6  # bytes
BYTES_A_WORLD, BYTES_A_DAY = 13_000.0, 0.6  # measured; the latter for each Boss, Provider and exploited person at the start


def pack(worlds: Mapping[str, Mapping[str, Any]]) -> dict[str, bytes]:
    """Plain columns of worlds by arm, as what is stored beside their row: for each table an Arrow stream of all of them."""
    return {
        f"{BESIDE}{table}": _as_stream([_as_arrow(table, arm, found[table]) for arm, found in worlds.items()]) for table in TABLES
    }


def _as_arrow(table: str, arm: str, found: Mapping[str, Any]) -> pa.Table:
    """Plain columns of a world as Arrow, its arm first."""
    import pyarrow as pa

    made = {"arm": pa.repeat(arm, len(next(iter(found.values())))).dictionary_encode()}
    for name, kind in TABLES[table].items():
        if kind is str:
            made[name] = pa.array(found[name], pa.string()).dictionary_encode()
        else:
            whole = pa.array(found[name], pa.int32(), mask=found[name] == NONE)
            made[name] = whole.cast(pa.bool_()) if kind is bool else whole
    return pa.table(made)


def _as_stream(parts: list[pa.Table]) -> bytes:
    import pyarrow as pa

    whole = pa.concat_tables(parts).unify_dictionaries().combine_chunks()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, whole.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as stream:
        stream.write_table(whole)
    return sink.getvalue().to_pybytes()


def put_together(store: Store) -> None:
    """Write the tables of a result from what is beside its rows, in the order of ids; none where nothing is."""
    for name in store.columns_beside():
        _write(store.folder, name, (_of_row(row, row.pop(name)) for row in store.stream_beside(name, WORLD)))


def write_one(world: Simulation, folder: Path) -> None:
    """Write the tables of the one world of a result."""
    policy, seed = world.parameters.policy.name, world.parameters.seed
    for name, data in pack({policy: columns(world)}).items():
        _write(folder, name, [_of_row({"seed": seed}, data)])


def _of_row(named: Mapping[str, Any], data: bytes) -> pa.Table:
    """The table of a row, with what names its worlds before it."""
    import pyarrow as pa

    table = pa.ipc.open_stream(data).read_all()
    for k, (name, value) in enumerate(named.items()):
        kind = pa.string() if isinstance(value, str) else pa.int64()
        table = table.add_column(k, pa.field(name, kind), pa.repeat(pa.scalar(value, kind), table.num_rows))
    plain = [pa.field(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in table.schema]
    return table.cast(pa.schema(plain))


def _write(folder: Path, name: str, parts: Iterable[pa.Table]) -> None:
    """Write a table as Parquet, group by group, whole or not at all. StoreFailure if the disk refuses."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    draft, path = folder / f".{name}.parquet.tmp", folder / f"{name}.parquet"
    writer = None
    with explain_oserror(path):
        try:
            for group in _grouped(parts):
                whole = pa.concat_tables(group)
                writer = writer or pq.ParquetWriter(draft, whole.schema, compression="zstd", write_page_checksum=True)
                writer.write_table(whole, row_group_size=ROWS_A_GROUP)
            if writer is not None:
                writer.close()
                with open(draft, "rb") as file:
                    flush_file(file.fileno())
                draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


def _grouped(parts: Iterable[pa.Table]) -> Iterator[list[pa.Table]]:
    """Tables in groups of `ROWS_A_GROUP` rows or a little more."""
    group: list[pa.Table] = []
    for part in parts:
        group.append(part)
        if sum(one.num_rows for one in group) >= ROWS_A_GROUP:
            yield group
            group = []
    if group:
        yield group


def estimate_bytes(parameters: Parameters, worlds: int) -> float:
    """Bytes of the microdata of so many worlds, roughly: they are stored twice, beside rows and as tables.

    A year of the Hérault is 0.3 MB, of France 10 MB.
    """
    market = parameters.market
    people = market.bosses + market.providers + market.prostitutes
    return 2.0 * worlds * (BYTES_A_WORLD + BYTES_A_DAY * people * parameters.days)


def note_size(parameters: Parameters, worlds: int) -> None:
    """Report, in a line before anything runs, how large microdata will be, if they are large."""
    size = estimate_bytes(parameters, worlds)
    if size >= WORTH_A_NOTE:
        tell(f"microdata of {worlds:,} worlds: about {size / 1e6:,.0f} MB of disk, {size / worlds / 1e6:.2g} MB each")
