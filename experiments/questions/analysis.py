"""From the rows of a hypothesis to its summary: estimates, verdicts, and whether each control shows the verdict it must."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from experiments.questions.estimand import ExploitationOptions, Finding, load_estimand
from experiments.questions.specification import Specification
from experiments.questions.study import MAIN, WHOLE, Scenario, Study
from experiments.statistics.intervals import finite, mean_if_known, student_quantile, to_json
from experiments.statistics.sequential_stopping import Stopping, enough
from experiments.statistics.verdict import controls_of, min_detectable, p_value, variance_reduction, verdict, why_control_fails
from sim.measures.windows import describe_window
from sim.state.ledger import EXPLOITATION_NAMES

INTERVAL = "95 % over pairs of seeds: simulation error at fixed parameters"
INTERVAL_OF_DRAWS = "95 % over pairs, each at a draw of the posterior: simulation error, and what the known patterns leave open"
TO_THE_BIT = "twin worlds equal to the bit"
NO_DIFFERENCE = "difference exactly zero in every pair"


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
        "market": study.market,
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
