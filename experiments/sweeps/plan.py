"""Sweeps: many configurations of the model, each under several policies on the same seeds.

A plan is design points x replicates x arms. The row number, the seed and the chunk of a run follow from the plan
alone, so any engine, any number of workers and any order give the same rows. Rows with one configuration and seed
(an arm that a factor does not concern) are run once.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from experiments.configuration.composition import MICRODATA
from experiments.configuration.drawn import drawn_of
from experiments.configuration.own_files import market_name
from experiments.execution.chunks import Chunk, deal_chunks, world_seed
from experiments.sweeps.designs import Point, design_points, notes
from experiments.sweeps.factor_paths import lever_of
from experiments.sweeps.runs import (
    RunTask,
    Shared,
    policy_start_at,
    reason_against,
    run_sweep_chunk,
    settings_of,
    window_at,
)
from experiments.sweeps.setup import arms_of, check_factors, target_cells, type_of, with_levers
from experiments.sweeps.specification import MOST_ROWS, TARGET_UNITS, SweepSpecification, read_specification
from experiments.sweeps.tables import read_table
from sim.configuration import ConfigurationError, merge, validate
from sim.measures.windows import cannot_be_seen, describe_window
from sim.parameters import Parameters

__all__ = ["Row", "SweepPlan", "plan_sweep", "run_sweep_chunk", "embed_table", "estimate_seconds"]

SHORTEST, LONGEST = 1.0, 15.0  # seconds of a chunk by the estimate
CHUNKS_WANTED = 64
EVEN = 4  # chunks come in multiples of this, so that two or four workers end together
SETS_A_CHUNK = 4  # from so many on, chunks are even enough though a set of twin arms is never cut
_ID_COLUMNS = ("id", "design", "replicate", "arm", "seed")


class Row(NamedTuple):
    """One run asked for: its number, what it is, and what it sets on the composed configuration."""

    id: int
    design: int
    replicate: int
    arm: str
    seed: int
    overrides: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class SweepPlan:
    """A sweep ready to run.

    `shared`: what all runs have in common, which travels with each chunk; `points`: values of the factors by design point;
    `root_seed`: the seed the user gave, from which replicates spawn theirs; `notes`: what to know before using the design;
    `market`: its name; `cut`: number of chunks, where it is not that of a sweep in one piece (`cut_for`).
    """

    spec: SweepSpecification
    shared: Shared
    points: tuple[Point, ...]
    root_seed: int
    base: Parameters
    notes: tuple[str, ...]
    market: str
    cut: int | None = None

    @functools.cached_property
    def rows(self) -> Sequence[int]:
        """Ids of the rows asked for, rising: a range, or a list where a subset is taken."""
        if self.spec.subset == type(self.spec.subset)():
            return range(len(self.points) * self.spec.replicates * len(self.shared.arms))
        return list(self._subset())

    def row(self, id: int) -> Row:
        """A row by its id. ConfigurationError if the sweep has no such row."""
        design, replicate, arm = self._place(id)
        seed = world_seed(self.root_seed, replicate)
        overrides = settings_of(self.shared, arm, self.points[design], replicate)
        return Row(id, design, replicate, self.shared.arms[arm].name, seed, overrides)

    def reason(self, id: int) -> str | None:
        """Why a row cannot run, known without a world; None if it can."""
        design, replicate, arm = self._place(id)
        return reason_against(self.shared, arm, self.points[design], replicate)

    def window(self) -> dict[str, Any] | None:
        """The days measured, as by `describe_window`; None where they are not the same in all rows."""
        paths = {*self.shared.factors, *(path for arm in self.shared.arms for path in arm.overrides)}
        if any(path.rsplit(".", 1)[-1] in ("days", "burn_in", "start", "start_day") for path in paths):
            return None
        first, _ = window_at(self.shared, self.base, self.points[0])
        return describe_window(self.base.start, first, self.base.days)

    def cannot_be_seen(self, name: str) -> str | None:
        """Why an outcome can be seen in no row for want of days, or None."""
        if self.window() is None:
            return None
        _, since = window_at(self.shared, self.base, self.points[0])
        return cannot_be_seen(name, self.base, self.base.days, since)

    def task(self, id: int) -> RunTask:
        """The run of one row by itself."""
        design, replicate, arm = self._place(id)
        seed = world_seed(self.root_seed, replicate)
        return RunTask(((id, design, replicate, arm, self.points[design]),), seed, self.shared)

    @functools.cached_property
    def chunks(self) -> list[Chunk]:
        """The runs in chunks of about equal estimated time; arms of one point and seed stay together if chunks are even."""
        sets, count = self._twins, self._count
        if len(sets) % count and len(sets) < SETS_A_CHUNK * count:
            sets = [[task] for tasks in sets for task in tasks]
        return deal_chunks(sets, count)

    @functools.cached_property
    def runs(self) -> int:
        """Number of runs: rows less those that repeat the configuration and seed of another."""
        return sum(map(len, self._twins))

    def cut_for(self, shards: int) -> SweepPlan:
        """The plan in a multiple of so many chunks, to share them out evenly. ConfigurationError with fewer runs than shards."""
        if shards > self.runs:
            valid = f"this sweep has {self.runs} runs to share out, so n can be 1 to {self.runs}"
            raise ConfigurationError(f"shard=i/{shards}: {valid}")
        most = max(1, len(self._twins) // shards)
        return dataclasses.replace(self, cut=shards * min(most, math.ceil(self._count / shards)))

    def size(self) -> dict[str, int]:
        """Numbers of rows, runs and chunks, as the manifest has them."""
        return {"rows": len(self.rows), "runs": self.runs, "chunks": len(self.chunks)}

    @functools.cached_property
    def impossible(self) -> dict[int, str]:
        """Rows that cannot run, each with its reason: what can be known before any world is run."""
        draws, arms = len(self.shared.draws) or 1, len(self.shared.arms)
        reason_at = functools.lru_cache(arms * min(draws, self.spec.replicates))(
            lambda design, arm, draw: reason_against(self.shared, arm, self.points[design], draw)
        )
        places = ((id, self._place(id)) for id in self.rows)
        reasons = ((id, reason_at(design, arm, replicate % draws)) for id, (design, replicate, arm) in places)
        return {id: reason for id, reason in reasons if reason is not None}

    @property
    def outcome_units(self) -> dict[str, str]:
        """Outcomes kept of a run, with their units."""
        return {name: self.spec.units[name] for name in self.shared.columns}

    def schema(self):
        """Arrow schema of the rows: the same for every chunk, whatever its values."""
        import pyarrow as pa

        kinds = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}
        fields = [(name, pa.string() if name == "arm" else pa.int64()) for name in _ID_COLUMNS]
        for i, path in enumerate(self.shared.factors):
            fields.append((path, kinds[type_of([point[i] for point in self.points])]))
        fields += [(name, pa.float64()) for name in self.shared.columns]
        fields += [(name, pa.string()) for name in ("ledger_sha256", "status", "error", "configuration")]
        return pa.schema([*fields, *((name, pa.binary()) for name in self.shared.beside)])

    def table(self, columns: dict[str, list]):
        """What `run_sweep_chunk` returned as an Arrow table of `schema`."""
        import pyarrow as pa

        return pa.table([_array(columns[field.name], field.type) for field in self.schema()], schema=self.schema())

    def _subset(self) -> Iterator[int]:
        subset, arms = self.spec.subset, [arm.name for arm in self.shared.arms]
        wanted = {
            "designs": (subset.designs, range(len(self.points))),
            "replicates": (subset.replicates, range(self.spec.replicates)),
            "arms": (None if subset.arms is None else [_number_of(arm, arms) for arm in subset.arms], range(len(arms))),
        }
        chosen = {}
        for name, (asked, every) in wanted.items():
            outside = [number for number in asked or () if number not in every]
            if outside:
                raise ConfigurationError(f"sweep.subset.{name}={outside[0]}: valid: 0 to {len(every) - 1}")
            chosen[name] = every if asked is None else sorted(set(asked))
        for design in chosen["designs"]:
            for replicate in chosen["replicates"]:
                for arm in chosen["arms"]:
                    yield (design * self.spec.replicates + replicate) * len(arms) + arm

    def _place(self, id: int) -> tuple[int, int, int]:
        """Design point, replicate and arm of a row."""
        every = len(self.points) * self.spec.replicates * len(self.shared.arms)
        if not 0 <= id < every:
            raise ConfigurationError(f"row {id}: this sweep has rows 0 to {every - 1}")
        rest, arm = divmod(id, len(self.shared.arms))
        return *divmod(rest, self.spec.replicates), arm

    def _tasks(self) -> list[RunTask]:
        """Rows in order, those of one configuration and seed together with the first of them."""
        found: dict[tuple[str, int], list] = {}
        key_at = functools.lru_cache(len(self.shared.arms))(lambda design, arm: run_key(self.shared, arm, self.points[design]))
        for id in self.rows:
            design, replicate, arm = self._place(id)
            found.setdefault((key_at(design, arm), replicate), []).append((id, design, replicate, arm, self.points[design]))
        return [
            RunTask(tuple(rows), world_seed(self.root_seed, replicate), self.shared) for (_, replicate), rows in found.items()
        ]

    @functools.cached_property
    def _twins(self) -> list[list[RunTask]]:
        """The runs in order, those of one point and seed together."""
        return [list(tasks) for _, tasks in itertools.groupby(self._tasks(), lambda task: task.rows[0][1:3])]

    @functools.cached_property
    def _count(self) -> int:
        """The number of chunks: as given, or as estimated times ask for."""
        if self.cut is not None:
            return self.cut
        each = estimate_seconds(self.base)
        wanted = min(LONGEST, max(SHORTEST, self.runs * each / CHUNKS_WANTED))
        count = math.ceil(self.runs / max(1, round(wanted / each)))
        if count > 1:
            count = EVEN * math.ceil(count / EVEN)
        return min(count, len(self._twins))


def plan_sweep(tree: dict[str, Any]) -> SweepPlan:
    """The plan of a composed configuration. ConfigurationError, one line, names what does not fit."""
    tree = embed_table(tree)
    spec = read_specification(tree)
    base = validate({key: value for key, value in tree.items() if key in Parameters.model_fields})
    spec = check_factors(spec, base)
    arms = arms_of(spec, base)
    points = design_points(spec, base.seed)
    if len(points) == spec.replicates == len(arms) == 1:
        raise ConfigurationError(
            "sweep: nothing varies; give sweep=NAME, sweep.factors.labour.bonding=[0,1], sweep.arms=[...] or sweep.replicates=10"
        )
    if (size := len(points) * spec.replicates * len(arms)) > MOST_ROWS:
        raise ConfigurationError(f"sweep: {size:,} rows are more than {MOST_ROWS:,}; take fewer points or replicates")
    cells, target = target_cells(spec, arms, base)
    columns = spec.outcomes + (tuple(TARGET_UNITS) if cells else ())
    text = base.model_dump_json()
    draws = drawn_of(tree)[: spec.replicates]
    told = [f"each replicate is at a draw of the posterior, {len(draws):,} in all"] if draws else []
    shared = Shared(text, arms, tuple(spec.factors), columns, spec.first_day, cells, target, draws, tree.get(MICRODATA, False))
    plan = SweepPlan(spec, shared, tuple(points), base.seed, base, (*notes(spec), *told), market_name(tree, base.market.preset))
    if not len(plan.rows):
        raise ConfigurationError("sweep.subset: no row is left")
    return plan


def embed_table(tree: dict[str, Any]) -> dict[str, Any]:
    """The configuration with the content of `sweep.table` in it, so that the manifest needs no other file."""
    sweep = tree.get("sweep") or {}
    if sweep.get("design") != "table" or not sweep.get("table") or sweep.get("points") is not None:
        return tree
    if sweep.get("factors"):
        raise ConfigurationError("sweep.factors: a table design takes its factors from the table's columns; leave factors out")
    names, points = read_table(str(sweep["table"]))
    factors = {name: {"values": list(dict.fromkeys(point[place] for point in points))} for place, name in enumerate(names)}
    kept = sweep | {"table": str(sweep["table"]).replace("\\", "/").rsplit("/", 1)[-1], "factors": factors, "points": points}
    return {**tree, "sweep": kept}


def estimate_seconds(parameters: Parameters) -> float:
    """A rough time of one run on one core, fitted to the presets. From its size alone: chunks must not depend on the machine."""
    clients = parameters.market.clients
    a_day = 5e-6 + 8e-9 * clients * (1.0 + clients / 40_000.0)
    return 0.0015 + 3e-7 * clients + a_day * parameters.days


def run_key(shared: Shared, arm: int, point: Point) -> str:
    """Equal for rows that are the same run up to the seed."""
    settings = settings_of(shared, arm, point, 0)  # the draw goes with the seed
    policy = shared.arms[arm].policy
    levers = policy.get("levers", {})
    rest = {}
    for path, value in settings.items():
        if lever := lever_of(path):
            levers = merge(levers, {lever: {path.rsplit(".", 1)[-1]: value}})
        else:
            rest[path] = value
    levers = with_levers(levers)
    if not levers:
        rest.pop("budget", None)
    return json.dumps([levers, policy.get("start_day"), rest, policy_start_at(shared, point)], sort_keys=True)


def _array(values, kind):
    import pyarrow as pa

    if pa.types.is_float64(kind):
        return pa.array(values, kind, from_pandas=True)  # what has no value is null
    if pa.types.is_string(kind):
        values = [value if value is None or isinstance(value, str) else json.dumps(value) for value in values]
    return pa.array(values, kind)


def _number_of(arm: str, arms: list[str]) -> int:
    if arm not in arms:
        raise ConfigurationError(f"sweep.subset.arms={arm}: no such arm; valid: {', '.join(arms)}")
    return arms.index(arm)
