"""The runs of a sweep as workers carry them out: what travels to them, and one row per run.

Each chunk carries once what its runs have in common. Nothing here imports pandas, Arrow or Hydra, so a worker starts
quickly.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
from typing import Any, NamedTuple

from experiments.execution.chunks import Chunk
from experiments.store import microdata
from experiments.sweeps.specification import AT_TARGET, ELSEWHERE
from sim.configuration import ConfigurationError, merge, set_path, validate, validate_beside
from sim.initialisation.environment import check_world
from sim.measures.microdata import columns, observe
from sim.measures.outcomes import outcomes
from sim.measures.windows import concerned, first_measured, first_start, has_begun
from sim.parameters import Parameters
from sim.simulation import Simulation

DONE, FAILED = "done", "failed"
_MOST_KEPT = 32  # validated configurations in a worker


class ArmSetting(NamedTuple):
    """A policy of the sweep: its tree, overrides next to it, and which factors concern it (one bool each)."""

    name: str
    policy: dict[str, Any]
    overrides: dict[str, Any]
    concerned: tuple[bool, ...]


@dataclasses.dataclass(frozen=True, eq=False)
class Shared:
    """What all runs of a sweep have in common.

    `base`: the composed parameters as JSON; `factors`: their paths; `columns`: outcomes kept;
    `first_day`: first day measured, none for the usual rule (`sim.measures.windows`), by the first lever of any arm;
    `cells`: numbers of the target's cells; `target`: its name; `draws`: parameters by path at which replicates are run, one
    draw of a posterior each in turn, or none; `microdata`: whether spells of every world are kept beside its row.
    """

    base: str
    arms: tuple[ArmSetting, ...]
    factors: tuple[str, ...]
    columns: tuple[str, ...]
    first_day: int | None
    cells: tuple[int, ...]
    target: str
    draws: tuple[dict[str, float], ...] = ()
    microdata: bool = False

    def __getstate__(self) -> dict[str, Any]:
        """What travels: the fields, and nothing that a process keeps next to them."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    @functools.cached_property
    def trees(self) -> list[dict[str, Any]]:
        """The configuration of each arm before any factor, as nested dictionaries."""
        base = json.loads(self.base)
        return [set_all({**base, "policy": arm.policy}, arm.overrides) for arm in self.arms]

    @functools.cached_property
    def kept(self) -> dict:
        """Validated configurations by arm and design point; the oldest go first."""
        return {}

    @functools.cached_property
    def validated(self) -> list[Parameters | None]:
        """The validated configuration of each arm before any factor; None where only factors make it a valid one."""
        return [_validated(tree) for tree in self.trees]

    @functools.cached_property
    def starts(self) -> dict[tuple, int | None]:
        """The days on which policies start, by design point."""
        return {}

    @property
    def beside(self) -> tuple[str, ...]:
        """Columns beside the rows, which hold microdata."""
        return microdata.NAMES if self.microdata else ()

    @functools.cached_property
    def concerned(self) -> frozenset[str]:
        """Outcomes whose needs some arm or factor provides: in this sweep a zero of theirs is a zero."""
        paths = {path for arm in self.arms for path in arm.overrides} | set(self.factors)
        return concerned(paths | {f"policy.levers.{lever}" for arm in self.arms for lever in arm.policy.get("levers", {})})


class RunTask(NamedTuple):
    """One run and the rows it fills: (id, design, replicate, arm, values of the factors) each."""

    rows: tuple[tuple, ...]
    seed: int
    shared: Shared


def settings_of(shared: Shared, arm: int, point: tuple, replicate: int) -> dict[str, Any]:
    """What a row sets, by path: the replicate's draw, the arm's overrides, then the factors that concern the arm."""
    setting = shared.arms[arm]
    drawn = shared.draws[replicate % len(shared.draws)] if shared.draws else {}
    chosen = {path: value for path, value, yes in zip(shared.factors, point, setting.concerned, strict=True) if yes}
    return drawn | setting.overrides | chosen


def parameters_of(shared: Shared, arm: int, point: tuple, replicate: int) -> Parameters:
    """The validated configuration of a row, but for the seed. ConfigurationError if it is bad."""
    key = (arm, point, replicate % len(shared.draws) if shared.draws else 0)
    if key not in shared.kept:
        settings = settings_of(shared, arm, point, replicate)
        tree = set_all(shared.trees[arm], settings)
        changed = {path.partition(".")[0] for path in settings}
        if not any(lever.get("intensity") for lever in tree["policy"].get("levers", {}).values()):
            tree["budget"] = None  # a budget is for the levers of a policy; an arm without any has no use for it
            changed.add("budget")
        if len(shared.kept) >= _MOST_KEPT:
            shared.kept.pop(next(iter(shared.kept)))
        known = shared.validated[arm]
        shared.kept[key] = validate(tree) if known is None else validate_beside(known, tree, changed)
    return shared.kept[key]


def reason_against(shared: Shared, arm: int, point: tuple, replicate: int) -> str | None:
    """Why a row cannot run, known without a world; None if it can."""
    try:
        parameters = parameters_of(shared, arm, point, replicate)
        check_world(parameters)
        window_at(shared, parameters, point)
    except ConfigurationError as error:
        return str(error)
    return None


def policy_start_at(shared: Shared, point: tuple) -> int | None:
    """Day on which the first lever of any arm begins at a design point, the same for all arms; None without a lever."""
    if not any(path.startswith("policy.") and path.rsplit(".", 1)[-1] in ("start", "start_day") for path in shared.factors):
        point = next(iter(shared.starts), point)  # the same at every point
    if point not in shared.starts:
        found = []
        for arm, tree in enumerate(shared.trees):
            policy = set_all(tree, settings_of(shared, arm, point, 0))["policy"]
            levers = policy.get("levers", {}).values()
            found.append(first_start((lever.get("start") for lever in levers), policy["start_day"]))
        shared.starts[point] = min((start for start in found if start is not None), default=None)
    return shared.starts[point]


def window_at(shared: Shared, parameters: Parameters, point: tuple) -> tuple[int, int]:
    """First day measured, and the day since which what is counted must have begun: the same for all arms of a point.

    ConfigurationError if the run ends before the first.
    """
    start = policy_start_at(shared, point)
    first = first_measured(parameters.burn_in, start, parameters.days) if shared.first_day is None else shared.first_day
    if first >= parameters.days:
        key = "burn_in" if shared.first_day is None else "sweep.first_day"
        raise ConfigurationError(
            f"{key}={first}: measurement would begin when the run has ended; make days={parameters.days} larger or {key} smaller"
        )
    return first, start if has_begun(start, parameters.days) else 0


def _validated(tree: dict[str, Any]) -> Parameters | None:
    try:
        return validate(tree)
    except ConfigurationError:
        return None


def set_all(tree: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """A copy of the tree with dotted paths set; what is not touched is shared."""
    over: dict[str, Any] = {}
    for path, value in settings.items():
        set_path(over, path, value)
    return merge(tree, over)


def run_sweep_chunk(chunk: Chunk) -> dict[str, list]:
    """Run a chunk; columns of equal length, one entry per row. A run that fails is a row with its error."""
    shared = _one_for_all(chunk.tasks[0].shared)
    names = ("id", "design", "replicate", "arm", "seed", *shared.factors, *shared.columns, *shared.beside)
    columns: dict[str, list] = {name: [] for name in (*names, "ledger_sha256", "status", "error", "configuration")}
    for task in chunk.tasks:
        for row in rows_of(task._replace(shared=shared)):
            for name, value in row.items():
                columns[name].append(value)
    return columns


_SHARED: dict[tuple, Shared] = {}


def _one_for_all(shared: Shared) -> Shared:
    """The copy this process keeps of what arrives with every chunk, so that it is read once."""
    kept = shared.columns, shared.first_day, shared.cells, shared.microdata
    key = (shared.base, shared.factors, *kept, json.dumps([shared.arms, shared.draws]))
    if key not in _SHARED:
        _SHARED.clear()
        _SHARED[key] = shared
    return _SHARED[key]


def rows_of(task: RunTask) -> list[dict[str, Any]]:
    """Run a task and return its rows as dictionaries."""
    _, _, replicate, arm, point = task.rows[0]
    try:
        result = _measure(parameters_of(task.shared, arm, point, replicate), task)
    except Exception as error:  # noqa: BLE001 (one run fails, the sweep goes on)
        return failed_rows(task, str(error) if isinstance(error, ConfigurationError) else f"{type(error).__name__}: {error}")
    return [_row(task, row) | result | {"error": None, "configuration": None} for row in task.rows]


def failed_rows(task: RunTask, error: str) -> list[dict[str, Any]]:
    """The rows of a run without result: its error, and what it set on the composed configuration."""
    shared, rows = task.shared, []
    for row in task.rows:
        settings = settings_of(shared, row[3], row[4], row[2]) | {"seed": task.seed, "policy": shared.arms[row[3]].policy}
        nothing = dict.fromkeys(shared.columns, math.nan) | dict.fromkeys((*shared.beside, "ledger_sha256")) | {"status": FAILED}
        text = {"error": " ".join(error.split()), "configuration": json.dumps(settings, sort_keys=True)}
        rows.append(_row(task, row) | nothing | text)
    return rows


def _row(task: RunTask, row: tuple) -> dict[str, Any]:
    id, design, replicate, arm, point = row
    head = {"id": id, "design": design, "replicate": replicate, "arm": task.shared.arms[arm].name, "seed": task.seed}
    return head | dict(zip(task.shared.factors, point, strict=True))


def _measure(parameters: Parameters, task: RunTask) -> dict[str, Any]:
    """Run one world; its outcomes over the days measured, and the hash of its ledger."""
    shared = task.shared
    first, since = window_at(shared, parameters, task.rows[0][-1])
    simulation = Simulation(parameters.model_copy(update={"seed": task.seed}))
    if shared.microdata:
        observe(simulation)
    simulation.run()
    found = outcomes(simulation, first, only=shared.columns, since=since, concerned=shared.concerned)
    values = {name: found[name]["value"] for name in shared.columns if name in found}
    if shared.cells:
        values |= _at_target(simulation, first, shared.cells)
    done = {name: math.nan if values[name] is None else values[name] for name in shared.columns}
    if shared.microdata:
        done |= microdata.pack({shared.arms[task.rows[0][3]].name: columns(simulation)})
    return done | {"ledger_sha256": simulation.ledger_sha256()[:16], "status": DONE}


def _at_target(simulation: Simulation, first: int, cells: tuple[int, ...]) -> dict[str, float]:
    """Exploitation person-days per day in the target's cells, and everywhere else (held persons too)."""
    world, last = simulation.world, simulation.day
    by_cell = world.cells["person_days"][first:last].mean(axis=0)
    at_target = float(by_cell[list(cells)].sum())
    held = float(world.ledger["held_between"][first:last].mean() + world.ledger["held_outside"][first:last].mean())
    return {AT_TARGET: at_target, ELSEWHERE: float(by_cell.sum()) - at_target + held}
