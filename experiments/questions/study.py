"""A hypothesis: scenarios of worlds with equal seeds, an estimand, a verdict, and controls whose verdict is known.

The plan is a list of seeds for the main comparison, for each control, and for each point of a curve or
surface, run in chunks by an engine and kept in a store, so it can be interrupted and resumed. The rows give
the estimate with its parts and its verdict, and whether each control shows the verdict it must.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from types import ModuleType
from typing import Any

import numpy as np

from experiments.configuration.composition import MICRODATA
from experiments.configuration.drawn import drawn_of, keys_of_its_own
from experiments.execution.chunks import Chunk, world_seed
from experiments.questions.estimand import Context, ExploitationOptions, Finding, load_estimand
from experiments.questions.specification import Along, Change, Specification
from experiments.questions.twins import Windows, WorldsTask, run_worlds
from experiments.statistics.intervals import finite, mean_if_known, student_quantile, to_json
from experiments.statistics.sequential_stopping import LOOKS, Stopping, enough
from experiments.statistics.verdict import controls_of, min_detectable, p_value, variance_reduction, verdict, why_control_fails
from sim.configuration import ConfigurationError, merge, set_path, validate, validate_as
from sim.initialisation.environment import check_world
from sim.measures.windows import describe_window
from sim.parameters import Parameters
from sim.state.ledger import EXPLOITATION_NAMES

MAIN = "main"
WHOLE = "all"
EXTENTS = {WHOLE: ("main", "control", "along"), "controls": ("main", "control"), MAIN: ("main",)}
"""What is run, by the value of `scenarios`: everything; the main comparison and its controls; or the main comparison alone."""

LEAST_PAIRS = 4  # of a control, or of a point of a curve
SEARCHES_A_SECOND = 1.5e6  # about what a core simulates: chunks are cut by it, never by a clock
SECONDS_A_CHUNK = 2.0
INTERVAL = "95 % over pairs of seeds: simulation error at fixed parameters"
INTERVAL_OF_DRAWS = "95 % over pairs, each at a draw of the posterior: simulation error, and what the known patterns leave open"
TO_THE_BIT = "twin worlds equal to the bit"
NO_DIFFERENCE = "difference exactly zero in every pair"


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
    """A hypothesis ready to run. `looks`: numbers of pairs after which to see whether they are enough; `extent`: of `EXTENTS`."""

    spec: Specification
    scenarios: tuple[Scenario, ...]
    windows: Windows
    context: Context
    looks: tuple[int, ...]
    extent: str = WHOLE
    drawn: tuple[dict[str, float], ...] = ()
    usual: Parameters | None = None
    microdata: bool = False

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
    kept = drawn_of(tree), parameters, tree.get(MICRODATA, False)
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


def columns_of(rows: list[dict[str, Any]], scenario: str) -> dict[str, list]:
    """The rows of one scenario, in the order of pairs, as columns."""
    chosen = sorted((row for row in rows if row["scenario"] == scenario), key=lambda row: row["pair"])
    return {name: [row[name] for row in chosen] for name in chosen[0]}


def find(study: Study, rows: dict[str, list]) -> Finding:
    """The estimand over the columns of one scenario."""
    return load_estimand(study.spec.estimand).estimate(rows, study.context)


def analyse(study: Study, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """From rows to the summary of the hypothesis (`summary.json`, one entry of `hypotheses`)."""
    spec, base = study.spec, next(iter(study.scenarios[0].arms.values()))
    columns = {s.name: columns_of(rows, s.name) for s in study.scenarios}
    entries = {s.name: entry_of(study, s, columns[s.name]) for s in study.scenarios}
    controls = [entries[s.name] for s in study.scenarios if s.role in ("negative", "positive")]
    estimand = load_estimand(spec.estimand)
    summary = entries[MAIN] | {
        "title": spec.title,
        "rank": spec.rank,
        "claim": spec.claim,
        "source": list(spec.source),
        "limits": list(spec.limits),
        "market": base.market.preset,
        "policies_begin": describe_window(base.start, study.windows.transient[0], study.windows.transient[0] + 1),
        "window": describe_window(base.start, *study.windows.adapted),
        "negative_control": next((c for c in controls if c["role"] == "negative"), None),
        "positive_control": next((c for c in controls if c["role"] == "positive"), None),
        "controls": controls,
        "controls_as_expected": all(c["as_expected"] for c in controls),
        **controls_of(controls),
        "along": [entries[s.name] for s in study.scenarios if s.role == "along"],
        "surface": getattr(estimand, "SURFACE_IS_THE_RESULT", False),
        "p_holm": None,
        "published": None,
        "by_measure": by_measure(study, columns[MAIN]),
        "scenarios": study.extent,
    }
    if hasattr(estimand, "summarise") and study.extent == WHOLE:
        summary |= estimand.summarise(study.context, columns[MAIN], entries)
    return summary


def by_measure(study: Study, rows: dict[str, list]) -> list[dict[str, Any]]:
    """Estimate and verdict of the main comparison by each measure of exploitation; none where the unit is another."""
    options = study.context.options
    if not isinstance(options, ExploitationOptions):
        return []
    table = []
    for measure, label in EXPLOITATION_NAMES.items():
        context = dataclasses.replace(study.context, options=options.model_copy(update={"exploitation": measure}))
        found = find_main(dataclasses.replace(study, context=context), rows)
        decided = decide(study.spec, found, to_the_bit([rows[f"{arm}_sha256"] for arm in study.scenarios[0].arms]))
        row = {"measure": measure, "label": label, "leads": measure == options.exploitation, "verdict": decided}
        table.append(row | to_json(found.interval))
    return table


def entry_of(study: Study, scenario: Scenario, rows: dict[str, list]) -> dict[str, Any]:
    """One scenario: estimate, interval, verdict, parts, and whether the verdict is one it must show."""
    spec, found = study.spec, find_main(study, rows) if scenario.role == "main" else find(study, rows)
    hashes = [rows[f"{arm}_sha256"] for arm in scenario.arms]
    equal = to_the_bit(hashes)
    values = found.values
    same = equal or (len(hashes) > 1 and values is not None and len(values) > 0 and not np.any(values))
    # of worlds that differ, though not in the estimand, only a control is called identical
    decided = decide(spec, found, equal or (same and scenario.role == "negative"))
    failed = None
    if scenario.expected:
        failed = why_control_fails(spec.kind, scenario.role, scenario.name, decided, scenario.expected, same)
    return {
        "id": spec.id,
        "scenario": scenario.name,
        "role": scenario.role,
        "kind": spec.kind,
        "at": scenario.at,
        "asks": spec.estimand,
        "estimand": spec.measure,
        "unit": spec.unit,
        "threshold": spec.threshold,
        "direction": spec.direction,
        "band": list(spec.band) if spec.band else None,
        "threshold_reason": spec.threshold_reason,
        **to_json(found.interval),
        "se": error_of(found.interval, len(rows["pair"])),
        "interval": INTERVAL_OF_DRAWS if study.drawn else INTERVAL,
        "verdict": decided,
        "expected": list(scenario.expected),
        "as_expected": failed is None,
        "failed": failed,
        "identical": TO_THE_BIT if equal else NO_DIFFERENCE if same else None,
        "why": scenario.why,
        "pairs": len(rows["pair"]),
        "p_value": None if values is None else finite(p_value(values, spec.threshold, spec.direction)),
        "min_detectable": None if values is None or found.interval.se == 0.0 else finite(min_detectable(found.interval.se)),
        "variance_reduction": None if found.base is None else finite(variance_reduction(found.base, found.treated)),
        "first_stage": found.first_stage,
        "margin": None if found.margin is None else margin_of(found.margin),
        "level": None if found.base is None else finite(float(np.mean(found.base))),
        "parts": found.parts,
    } | found.extra


def margin_of(values: np.ndarray) -> dict[str, float | None]:
    """By how much the first stage exceeds what it needs, with its interval and standard error."""
    found = mean_if_known(values)
    return to_json(found) | {"se": finite(found.se)}


def error_of(interval, pairs: int) -> float | None:
    """Standard error of an estimate: that of its interval, or what the width of its interval says by Student's t."""
    if (found := finite(getattr(interval, "se", None))) is not None:
        return found
    low, high = finite(interval.low), finite(interval.high)
    if low is None or high is None or pairs < 2:
        return None
    return (high - low) / (2.0 * student_quantile(0.95, pairs - 1))


def stopping_of(study: Study) -> Stopping:
    """The rule by which pairs are added; with one look, none are."""
    return Stopping(study.spec.effect_unit, study.looks)


def is_precise(study: Study, rows: list[dict[str, Any]]) -> bool:
    """Whether the main comparison's interval is as narrow as the effect unit asks for."""
    found = find(study, columns_of(rows, MAIN))
    return enough(found.interval, study.spec.effect_unit) if found.values is None else stopping_of(study).reached(found.values)


def find_main(study: Study, rows: dict[str, list]) -> Finding:
    """The same for the main comparison, whose interval is as wide as stopping on its width asks for."""
    found = find(study, rows)
    return found if found.values is None else dataclasses.replace(found, interval=stopping_of(study).interval(found.values))


def to_the_bit(hashes: list[list[str]]) -> bool:
    """Whether the worlds of all arms are equal, pair by pair, from the hashes of their ledgers by arm."""
    return len(hashes) > 1 and all(other == hashes[0] for other in hashes[1:])


def decide(spec: Specification, found: Finding, identical: bool = False) -> str:
    """The verdict on a claim, from the interval of its estimand. An interval that is not known decides nothing.

    An interval without width (a handful of pairs in which nothing happened) shows no spread, so it cannot show
    that an effect is negligible: the band is not asked then.
    """
    low, high = found.interval.low, found.interval.high
    present = found.first_stage["present"]
    band = None if low is not None and low == high else spec.band
    return verdict(low, high, spec.threshold, direction=spec.direction, band=band, first_stage=present, identical=identical)
