"""`plansim test`: a hypothesis on pairs of twin worlds, with its controls.

The plan is a list of pairs for the main comparison and for each control, run in chunks by an engine
and kept in a store, so it can be interrupted and resumed. What is read off the rows is the estimand
of the hypothesis, its parts, the verdict, and whether each control shows the verdict it must.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
from typing import Any

import numpy as np

from experiments.estimands import displacement
from experiments.lab.design import Chunk, plan_chunks, world_seed
from experiments.lab.specification import Specification
from experiments.lab.twins import PairTask, Windows, run_pair
from experiments.lab.verdict import mean_interval, min_detectable, variance_reduction, verdict
from sim.configuration import ConfigurationError, merge, set_path, validate, validate_as
from sim.geography import distance_matrix_km, places
from sim.parameters import VENUE_KINDS, Parameters
from sim.policy import lever_records

PAIRS_A_CHUNK = 4
CONTROL_PAIRS = 0.5  # of the main comparison's, at least four
MAIN = "main"


@dataclasses.dataclass(frozen=True)
class Scenario:
    """One comparison of twin worlds: the main one, or a control with the verdicts it must show."""

    name: str
    role: str
    base: Parameters
    treated: Parameters
    pairs: int
    expected: tuple[str, ...] = ()
    why: str = ""


@dataclasses.dataclass(frozen=True)
class Study:
    """A hypothesis ready to run: its specification, scenarios, places and windows."""

    spec: Specification
    scenarios: tuple[Scenario, ...]
    geography: displacement.Geography
    windows: Windows

    def tasks(self, root_seed: int) -> list[PairTask]:
        """All pairs, in a fixed order; seeds depend on the root and the pair only, so controls reuse them."""
        tasks = []
        for scenario in self.scenarios:
            base = scenario.base.model_dump(mode="json")
            policy = scenario.treated.policy.model_dump_json()
            for pair in range(scenario.pairs):
                seed = world_seed(root_seed, pair)
                text = json.dumps(base | {"seed": seed})
                target = self.geography.target_cell
                tasks.append(PairTask(len(tasks), scenario.name, pair, seed, text, policy, target))
        return tasks


def prepare(tree: dict[str, Any], parameters: Parameters, n_pairs: int) -> Study:
    """Build the study of a composed configuration. ConfigurationError names what does not fit."""
    spec = validate_as(Specification, tree["hypothesis"], "hypothesis.")
    if not isinstance(n_pairs, int) or isinstance(n_pairs, bool) or not 2 <= n_pairs <= 100_000:
        raise ConfigurationError(f"n_pairs={n_pairs!r}: a whole number from 2 to 100000 is needed")
    if parameters.policy.levers:
        raise ConfigurationError(
            f"policy={parameters.policy.name}: a test sets its own policy; take the hypothesis' treatment instead"
        )
    scenarios = [_scenario(MAIN, "main", {}, spec.treatment, spec, parameters, n_pairs)]
    control_pairs = min(n_pairs, max(4, math.ceil(CONTROL_PAIRS * n_pairs)))
    for name, control in spec.controls.items():
        treatment = control.treatment or spec.treatment
        scenario = _scenario(name, control.role, control.overrides, treatment, spec, parameters, control_pairs)
        scenarios.append(dataclasses.replace(scenario, expected=control.expected, why=control.why.strip()))
    geography = _geography(scenarios)
    windows = Windows.of(scenarios[0].treated, spec.transient_days, spec.adapted_days)
    return Study(spec, tuple(scenarios), geography, windows)


def _scenario(name, role, overrides, treatment, spec: Specification, parameters: Parameters, pairs: int) -> Scenario:
    """The two configurations of one comparison."""
    tree = parameters.model_dump(mode="json")
    for key, value in overrides.items():
        set_path(tree, key, value)
    levers = {treatment.lever: treatment.as_lever()}
    policy = {"name": f"{spec.id}:{name}", "start_day": parameters.policy.start_day, "levers": levers}
    return Scenario(name, role, validate(tree), validate(merge(tree, {"policy": policy})), pairs)


def _geography(scenarios: list[Scenario]) -> displacement.Geography:
    """The places, and the one cell the main treatment is aimed at; all levers are checked against them."""
    sites = places(scenarios[0].base.market.preset)
    names = [place.name for place in sites]
    populations = np.array([place.population for place in sites])
    for scenario in scenarios:
        lever_records(scenario.treated, names, populations)
    aimed = lever_records(_at_unit_intensity(scenarios[0].treated), names, populations)[0]
    if aimed["territory"] < 0 or aimed["kind"] < 0:
        raise ConfigurationError(
            f"hypothesis.treatment: displacement needs one target; give territory and kind ({', '.join(VENUE_KINDS)})"
        )
    return displacement.Geography(names, distance_matrix_km(sites), int(aimed["territory"]), int(aimed["kind"]))


def _at_unit_intensity(parameters: Parameters) -> Parameters:
    """The same policy with all levers at 1, so that their places can be read even where they are at 0."""
    levers = {name: lever.model_copy(update={"intensity": 1.0}) for name, lever in parameters.policy.levers.items()}
    return parameters.model_copy(update={"policy": parameters.policy.model_copy(update={"levers": levers})})


def run_chunk(chunk: Chunk, transient_days: int, adapted_days: int) -> list[dict[str, Any]]:
    """Run the pairs of a chunk; called in the workers."""
    return [run_pair(task, transient_days, adapted_days) for task in chunk.tasks]


def chunk_function(spec: Specification):
    """The function that workers call on each chunk of this hypothesis."""
    return functools.partial(run_chunk, transient_days=spec.transient_days, adapted_days=spec.adapted_days)


def chunks_of(study: Study, root_seed: int) -> list[Chunk]:
    """The plan: sizes are fixed by the study, not by the engine."""
    return plan_chunks(study.tasks(root_seed), PAIRS_A_CHUNK)


def analyse(study: Study, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """From rows to the summary of the hypothesis (`summary.json`, one entry of `hypotheses`)."""
    entries = {s.name: _entry(study, s, columns_of(rows, s.name)) for s in study.scenarios}
    controls = [entries[s.name] for s in study.scenarios if s.role != "main"]
    main = columns_of(rows, MAIN)
    days = study.windows.season_after[1] - study.windows.season_after[0]
    summary = entries[MAIN] | {
        "claim": study.spec.claim,
        "source": list(study.spec.source),
        "gradient": displacement.gradient_with_distance(main, study.geography),
        "field_view": displacement.field_view(main, study.geography, days),
        "perpetrator_turnover": displacement.perpetrator_turnover(main, study.geography),
        "policy_harms": _policy_harms(main),
        "negative_control": next((c for c in controls if c["role"] == "negative"), None),
        "positive_control": next((c for c in controls if c["role"] == "positive"), None),
        "controls": controls,
        "controls_as_expected": all(c["as_expected"] for c in controls),
        "p_holm": None,
        "robust_share": None,
        "shares": None,
    }
    return summary


def columns_of(rows: list[dict[str, Any]], scenario: str) -> dict[str, list]:
    """The rows of one scenario, in the order of pairs, as columns."""
    chosen = sorted((row for row in rows if row["scenario"] == scenario), key=lambda row: row["pair"])
    return {name: [row[name] for row in chosen] for name in chosen[0]}


def _entry(study: Study, scenario: Scenario, rows: dict[str, list]) -> dict[str, Any]:
    spec = study.spec
    found = displacement.estimate(rows, study.geography, spec.first_stage_fall)
    interval = mean_interval(found["values"])
    identical = rows["base_sha256"] == rows["treated_sha256"]
    decided = verdict(interval.low, interval.high, spec.threshold, first_stage=found["first_stage"], identical=identical)
    return {
        "id": spec.id,
        "scenario": scenario.name,
        "role": scenario.role,
        "kind": spec.kind,
        "estimand": "D: changes elsewhere + 0.5 x change at the target",
        "unit": spec.unit,
        "threshold": spec.threshold,
        "threshold_reason": spec.threshold_reason,
        "estimate": interval.estimate,
        "low": _finite(interval.low),
        "high": _finite(interval.high),
        "interval": "95 % over pairs of seeds: simulation error at fixed parameters",
        "verdict": decided,
        "expected": list(scenario.expected),
        "as_expected": not scenario.expected or decided in scenario.expected,
        "why": scenario.why,
        "pairs": len(rows["pair"]),
        "min_detectable": _finite(min_detectable(interval.se)),
        "variance_reduction": _finite(variance_reduction(found["base"], found["treated"])),
        "first_stage": {
            "present": found["first_stage"],
            "rule": f"upper 95 % bound of the change at the target below -{spec.first_stage_fall:.0%} of the twin's level",
            "level": found["level"],
            "change": found["parts"][0],
        },
        "parts": found["parts"],
        "displaced_share": found["share"],
        "proportional_reallocation": found["proportional"],
        "public_cost_eur": float(np.mean(rows["public_cost_eur"])),
    }


def _policy_harms(rows: dict[str, list]) -> list[dict]:
    """Harms and protection that come with the policy: twin differences a day."""
    wanted = (
        ("recognised", "victims recognised", "persons a day"),
        ("treated_as_offender", "victims treated as offenders", "persons a day"),
        ("minors_in_plan", "minors in a Plan", "person-days a day"),
        ("exits", "exits", "persons a day"),
        ("plans_broken_up", "Plans broken up", "Plans a day"),
        ("bosses_prison", "Bosses in prison", "persons"),
    )
    return [
        displacement.part(name, label, np.array(rows[f"treated_{name}_adapted"]) - np.array(rows[f"base_{name}_adapted"]), unit)
        for name, label, unit in wanted
    ]


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
