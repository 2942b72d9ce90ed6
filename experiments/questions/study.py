"""A hypothesis: scenarios of worlds with equal seeds, an estimand, a verdict, and controls whose verdict is known.

The plan is a list of seeds for the main comparison, for each control, and for each point of a curve or
surface, run in chunks by an engine and kept in a store, so it can be interrupted and resumed. What the rows say
is in `experiments.questions.analysis`.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from types import ModuleType
from typing import Any

from experiments.configuration.composition import MICRODATA
from experiments.configuration.drawn import drawn_of, keys_of_its_own
from experiments.configuration.own_files import market_name
from experiments.execution.chunks import Chunk, world_seed
from experiments.questions.estimand import Context, load_estimand
from experiments.questions.specification import Along, Change, Specification
from experiments.questions.twins import Windows, WorldsTask, run_worlds
from experiments.statistics.sequential_stopping import LOOKS
from sim.configuration import ConfigurationError, merge, set_path, validate, validate_as
from sim.initialisation.environment import check_world
from sim.parameters import Parameters

MAIN = "main"
WHOLE = "all"
EXTENTS = {WHOLE: ("main", "control", "along"), "controls": ("main", "control"), MAIN: ("main",)}
"""What is run, by the value of `scenarios`: everything; the main comparison and its controls; or the main comparison alone."""

LEAST_PAIRS = 4  # of a control, or of a point of a curve
SEARCHES_A_SECOND = 1.5e6  # about what a core simulates: chunks are cut by it, never by a clock
SECONDS_A_CHUNK = 2.0


@dataclasses.dataclass(frozen=True)
class Scenario:
    """One comparison of worlds: the main one, a control with the verdicts it must show, or a point of a curve.

    `arms`: configuration by name, the base first. `options`: what `observe` is given for each arm.
    `share`: pairs, as a share of the main comparison's.
    """

    name: str
    role: str
    arms: dict[str, Parameters]
    options: dict[str, dict[str, Any]]
    share: float = 1.0
    expected: tuple[str, ...] = ()
    why: str = ""
    at: dict[str, Any] = dataclasses.field(default_factory=dict)

    def pairs(self, n_pairs: int) -> int:
        """How many pairs it has when the main comparison has `n_pairs`."""
        return n_pairs if self.share == 1.0 else max(min(LEAST_PAIRS, n_pairs), math.ceil(self.share * n_pairs))

    def texts(self) -> tuple[tuple[str, str, str], ...]:
        """Name, configuration and options of each arm, the latter two as JSON: what a task carries."""
        return tuple(
            (name, parameters.model_dump_json(), json.dumps(self.options[name], sort_keys=True))
            for name, parameters in self.arms.items()
        )


@dataclasses.dataclass(frozen=True)
class Study:
    """A hypothesis ready to run.

    `looks`: numbers of pairs after which to see whether they are enough; `extent`: of `EXTENTS`; `market`: its name.
    """

    spec: Specification
    scenarios: tuple[Scenario, ...]
    windows: Windows
    context: Context
    looks: tuple[int, ...]
    extent: str = WHOLE
    drawn: tuple[dict[str, float], ...] = ()
    usual: Parameters | None = None
    microdata: bool = False
    market: str = ""

    def blocks(self, root_seed: int) -> list[list[Chunk]]:
        """The plan, a list of chunks for each look; seeds depend on the root and the pair only, so scenarios share them.

        Numbers of rows and chunks are the same however many of the looks are needed.
        """
        rendered = [(scenario, scenario.texts()) for scenario in self.scenarios]
        blocks, ids, chunk_id, before = [], itertools.count(), 0, 0
        for look in self.looks:
            chunks = []
            for scenario, texts in rendered:
                new = range(scenario.pairs(before) if before else 0, scenario.pairs(look))
                own = self._own_of(scenario)
                tasks = [
                    WorldsTask(
                        next(ids), scenario.name, pair, world_seed(root_seed, pair), texts, self.spec.estimand, self.windows,
                        self._drawn_for(pair, own), self.microdata,
                    )
                    for pair in new
                ]
                size = _pairs_a_chunk(scenario)
                for first in range(0, len(tasks), size):
                    chunks.append(Chunk(chunk_id, tuple(tasks[first : first + size])))
                    chunk_id += 1
            blocks.append(chunks)
            before = look
        return blocks

    def _own_of(self, scenario: Scenario) -> dict[str, list[str]]:
        """By arm, the parameters of a draw that it sets itself, as part of the question; none without draws."""
        if not self.drawn:
            return {}
        usual = json.loads(self.usual.model_dump_json())
        arms = {name: json.loads(parameters.model_dump_json()) for name, parameters in scenario.arms.items()}
        return {name: keys_of_its_own(arm, usual, self.drawn[0]) for name, arm in arms.items()}

    def _drawn_for(self, pair: int, own: dict[str, list[str]]) -> str:
        """The draw of a pair by arm, as JSON; what an arm has of its own stays. Empty without draws."""
        if not self.drawn:
            return ""
        values = self.drawn[pair % len(self.drawn)]
        return json.dumps({arm: {key: value for key, value in values.items() if key not in keys} for arm, keys in own.items()})

    def tasks(self, root_seed: int) -> list[WorldsTask]:
        """All tasks of the plan, in order."""
        return [task for block in self.blocks(root_seed) for chunk in block for task in chunk.tasks]


def prepare(tree: dict[str, Any], parameters: Parameters) -> Study:
    """Build the study of a composed configuration. ConfigurationError names what does not fit."""
    spec = validate_as(Specification, tree["hypothesis"], "hypothesis.")
    if parameters.policy.levers or parameters.budget is not None:
        raise ConfigurationError(f"policy={parameters.policy.name}: a test sets its own policies; change hypothesis.arms instead")
    estimand = load_estimand(spec.estimand)
    base = parameters.model_dump(mode="json")
    main = _scenario(MAIN, "main", Change(), {}, spec, base, estimand)
    windows = Windows.of(next(iter(main.arms.values())), spec.transient_days, spec.adapted_days)
    context = _context(estimand, spec, main, windows)
    scenarios, extent = [main], extent_of(tree)
    for name, control in spec.controls.items() if "control" in EXTENTS[extent] else ():
        made = _scenario(name, control.role, control, {}, spec, base, estimand)
        scenarios.append(dataclasses.replace(made, share=spec.control_pairs, expected=control.expected))
    for name, along in spec.along.items() if "along" in EXTENTS[extent] else ():
        for at in _points(along):
            label = f"{name}[{', '.join(f'{path}={value}' for path, value in at.items())}]"
            made = _scenario(label, "along", along, at, spec, base, estimand)
            scenarios.append(dataclasses.replace(made, share=along.pairs, at={"curve": name} | at))
    for place, scenario in enumerate(scenarios):
        _check_windows(scenario, windows)
        options = {arm: given | context.for_workers() for arm, given in scenario.options.items()}
        scenarios[place] = dataclasses.replace(scenario, options=options)
    kept = drawn_of(tree), parameters, tree.get(MICRODATA, False), market_name(tree, parameters.market.preset)
    return Study(spec, tuple(scenarios), windows, context, looks_of(tree), extent, *kept)


def extent_of(tree: dict[str, Any]) -> str:
    """Which comparisons are run. ConfigurationError for a value that is none of `EXTENTS`."""
    extent = tree.get("scenarios", WHOLE)
    if extent not in EXTENTS:
        raise ConfigurationError(f"scenarios={extent}: {', '.join(EXTENTS)} are possible")
    return extent


def looks_of(tree: dict[str, Any]) -> tuple[int, ...]:
    """Numbers of pairs after which to look: one, or with `precision` the usual ones."""
    n_pairs, precision = tree["n_pairs"], tree.get("precision", False)
    if not isinstance(precision, bool):
        raise ConfigurationError(f"precision={precision!r}: true or false is needed")
    if not isinstance(n_pairs, int) or isinstance(n_pairs, bool) or not 2 <= n_pairs <= 100_000:
        raise ConfigurationError(f"n_pairs={n_pairs!r}: a whole number from 2 to 100000 is needed")
    return LOOKS if precision else (n_pairs,)


def _points(along: Along) -> list[dict[str, Any]]:
    """Every combination of a curve's values, the first factor slowest."""
    return [dict(zip(along.factors, values, strict=True)) for values in itertools.product(*along.factors.values())]


def _scenario(
    name: str, role: str, change: Change, at: dict[str, Any], spec: Specification, base: dict[str, Any], estimand: ModuleType
) -> Scenario:
    """The configurations of one comparison: those of the specification, with what a control or a point changes."""
    tree = json.loads(json.dumps(base))
    arms = spec.arms_of(change.arms)
    overrides = change.overrides | {key: value for key, value in at.items() if not key.startswith("arms.")}
    for key, value in overrides.items():
        set_path(tree, key, value)
    for key, value in at.items():
        if key.startswith("arms."):
            if key.split(".")[1] not in arms:
                raise ConfigurationError(f"hypothesis.along: {key}: no such arm; valid: {', '.join(arms)}")
            _set_in_arm(arms, key, value)
    worlds, options = {}, {}
    for arm, changes in arms.items():
        policy = {"name": f"{spec.id}:{name}:{arm}", "start_day": tree["policy"]["start_day"], "levers": changes["levers"]}
        world = json.loads(json.dumps(merge(tree, {"policy": policy, "budget": changes["budget"]})))  # nothing is shared
        for key, value in changes["overrides"].items():
            set_path(world, key, value)
        try:
            worlds[arm] = validate(world)
            check_world(worlds[arm])
        except ConfigurationError as error:
            if role == "main":
                raise
            raise ConfigurationError(f"hypothesis: {name}, arm {arm}: {error}") from None
        given = spec.options | change.options | changes["options"]
        options[arm] = validate_as(estimand.Options, given, "hypothesis.options.").model_dump(mode="json")
    return Scenario(name, role, worlds, options, why=change.why.strip(), at=at)


def _check_windows(scenario: Scenario, windows: Windows) -> None:
    """ConfigurationError for worlds that end before they have been measured."""
    last = max(end for _, (_, end) in windows.items())
    for arm, parameters in scenario.arms.items():
        if parameters.days < last:
            remedy = f"it is measured up to day {last}, as all are; make days larger or hypothesis.adapted_days smaller"
            raise ConfigurationError(f"hypothesis: {scenario.name}, arm {arm}: days={parameters.days}: {remedy}")


def _set_in_arm(arms: dict[str, Any], key: str, value: Any) -> None:
    """Set `arms.NAME.PATH`; overrides and options of an arm are kept by whole path."""
    _, name, part, *rest = key.split(".")
    if part in ("overrides", "options") and rest:
        arms[name][part][".".join(rest)] = value
    else:
        set_path(arms[name], ".".join((part, *rest)), value)


def _context(estimand: ModuleType, spec: Specification, main: Scenario, windows: Windows) -> Context:
    if sorted(main.arms) != sorted(estimand.ARMS):
        raise ConfigurationError(
            f"hypothesis.arms: {spec.estimand} compares {', '.join(estimand.ARMS)}; given: {', '.join(main.arms)}"
        )
    options = validate_as(estimand.Options, spec.options, "hypothesis.options.")
    context = Context(options, main.arms[estimand.ARMS[0]], windows)
    return estimand.prepare(context, main.arms) if hasattr(estimand, "prepare") else context


def _pairs_a_chunk(scenario: Scenario) -> int:
    """Pairs that make about two seconds of work, by searches to be simulated."""
    searches = sum(p.days * (p.market.searches_per_day + 4.0 * p.market.prostitutes) for p in scenario.arms.values())
    return max(1, min(32, round(SECONDS_A_CHUNK * SEARCHES_A_SECOND / max(searches, 1.0))))


def run_chunk(chunk: Chunk) -> list[dict[str, Any]]:
    """Run the worlds of a chunk; called in the workers."""
    return [run_worlds(task) for task in chunk.tasks]
