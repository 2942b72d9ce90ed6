"""`plansim sensitivity`: Morris screening of many factors, then Sobol indices of the few that matter.

The outcome is that of one policy, or the difference between two on the same seeds. Both phases are
sweeps stored in the result folder (`screening/`, `indices/`): they resume, and `plansim show` and
`plansim rerun` read them. The seeds are the same at every design point and in both phases.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from experiments.commands.posterior import compose_with_draws
from experiments.configuration.composition import key_of
from experiments.execution.chunks import BOOTSTRAP_STREAM, stream_generator
from experiments.execution.engine import check_engine
from experiments.report.text_table import text_table
from experiments.sensitivity.results import name_outcome, summarise_indices, summarise_screening, values_by_point
from experiments.sensitivity.specification import SensitivitySpecification, in_own_words, read_specification
from experiments.store.provenance import hash_table
from experiments.store.result import Options, begin_result, interval_text, manifest_of, number, report_summary, warn
from experiments.store.store import Store
from experiments.sweeps.designs import unit_points
from experiments.sweeps.plan import SweepPlan, plan_sweep
from experiments.sweeps.runs import FAILED
from experiments.sweeps.specification import TARGET_UNITS, refuse_varied, units_of
from sim.configuration import ConfigurationError
from sim.measures.windows import window_text

INTERVAL = "95 %, bootstrap over trajectories (screening) or rows (indices); seeds held fixed"
SETTLED = 0.05  # width of an index's interval at which it is usually called settled (Sarrazin et al. 2016)
INTERVAL_OF_DRAWS = INTERVAL.replace("seeds", "seeds, each with its draw of the posterior,")
_KINDS = {"screening": "morris", "indices": "saltelli"}


def main(words: list[str], options: Options, tree: dict[str, Any] | None = None) -> int:
    """An analysis from the words of a command, or from a configuration that Hydra composed."""
    tree = compose_with_draws("sensitivity", words, options.root) if tree is None else tree
    check_words(words, tree)
    return execute(tree, options)


def execute(tree: dict[str, Any], options: Options) -> int:
    """Run or resume a composed analysis; returns the exit status: 1 if a run failed."""
    check_engine(tree["engine"])
    spec = read_specification(tree)
    screening = plan_phase("screening", spec, tree, list(spec.factors))
    with begin_result("sensitivity", tree, options) as store:
        summary = report_summary(store, options, prose, lambda: analyse(spec, tree, screening, store))
    if summary["failed"]:
        where = "`plansim show RESULT/screening` (or indices) names their errors"
        warn(f"{summary['failed']} runs failed, and the points they belong to are left out; {where}")
    return 1 if summary["failed"] else 0


def check_words(overrides: list[str], tree: dict[str, Any]) -> None:
    """Refuse what would have no effect: a value for a factor, and more factors to keep than there are."""
    spec = read_specification(tree)
    refuse_varied(overrides, spec.factors, "sensitivity")
    for text in overrides:
        if key_of(text) == "sensitivity.keep" and spec.keep > len(spec.factors):
            raise ConfigurationError(f"{text}: there are {len(spec.factors)} factors; give 0 to {len(spec.factors)}")


def plan_phase(phase: str, spec: SensitivitySpecification, tree: dict[str, Any], factors: list[str]) -> SweepPlan:
    """The sweep of a phase over some of the factors. ConfigurationError, one line, for what does not fit."""
    try:
        plan = plan_sweep(sweep_tree(phase, spec, tree, factors))
    except ConfigurationError as error:
        raise ConfigurationError(in_own_words(error)) from None
    if spec.outcome not in plan.shared.columns:
        raise ConfigurationError(
            f"sensitivity.outcome={spec.outcome}: there is no target; give sensitivity.target, "
            "or a contrast with a lever aimed at a place"
        )
    if reason := plan.cannot_be_seen(spec.outcome):
        window = window_text(plan.window())
        raise ConfigurationError(f"sensitivity.outcome={spec.outcome}: {reason}, and measured are {window}; make days larger")
    return plan


def sweep_tree(phase: str, spec: SensitivitySpecification, tree: dict[str, Any], factors: list[str]) -> dict[str, Any]:
    """The configuration of a phase as that of `plansim sweep`, so that its rows can be shown and repeated."""
    sweep: dict[str, Any] = {
        "question": spec.question,
        "design": _KINDS[phase],
        "factors": {path: spec.factors[path].model_dump(mode="json", exclude_defaults=True) for path in factors},
        "rows": spec.trajectories if phase == "screening" else spec.rows,
        "second_order": spec.second_order,
        "replicates": spec.replicates,
        "outcomes": ["person_days_in_spell" if spec.outcome in TARGET_UNITS else spec.outcome],
        "first_day": spec.first_day,
        "target": None if spec.target is None else spec.target.model_dump(mode="json"),
    }
    if spec.contrast is not None:
        baseline, arm = spec.contrast.baseline, spec.contrast.arm
        arms = [one if isinstance(one, str) else one.model_dump(mode="json", exclude_unset=True) for one in (baseline, arm)]
        sweep |= {"arms": arms, "contrasts": baseline if isinstance(baseline, str) else baseline.name}
    kept = {key: part for key, part in tree.items() if key != "sensitivity"}
    return {**kept, "sweep": {key: value for key, value in sweep.items() if value is not None}}


def analyse(spec: SensitivitySpecification, tree: dict[str, Any], plan: SweepPlan, store: Store) -> dict[str, Any]:
    """Run both phases, estimate, write tables, figures, the page and, last, the summary."""
    from experiments.sensitivity.report import write_report

    factors = list(spec.factors)
    contrast = None
    if spec.contrast is not None:
        baseline, arm = (setting.name for setting in plan.shared.arms)
        contrast = {"arm": arm, "baseline": baseline}
    question = f"Which numbers does {spec.outcome} hang on?" if spec.outcome in plan.base.own_outcomes else spec.question
    summary: dict[str, Any] = {
        "question": question, "market": plan.market, "policy": plan.base.policy.name, "outcome": spec.outcome,
        "unit": (units_of(tree) | TARGET_UNITS)[spec.outcome], "contrast": contrast, "interval": INTERVAL,
        "window": plan.window(), "factors": {path: describe_factor(spec, path) for path in factors},
    }  # fmt: skip
    values, counts = run_phase("screening", spec, tree, plan, store.folder)
    rng = stream_generator(plan.root_seed, BOOTSTRAP_STREAM)
    screening, notes = summarise_screening(spec, factors, unit_points(plan.spec, plan.root_seed), values, rng)
    summary |= {"screening": screening | counts, "indices": None}
    kept = [effect["factor"] for effect in screening["effects"] if effect["kept"]]
    failed = counts["failed"]
    if kept:
        plan = plan_phase("indices", spec, tree, kept)
        values, counts = run_phase("indices", spec, tree, plan, store.folder)
        indices, more = summarise_indices(spec, kept, values, stream_generator(plan.root_seed, BOOTSTRAP_STREAM))
        summary["indices"] = indices | counts
        failed += counts["failed"]
        notes += [*plan.notes, *more]
    if plan.shared.draws:
        summary["interval"] = INTERVAL_OF_DRAWS
    summary |= {"notes": notes, "failed": failed}
    summary["figures"] = write_report(summary, store.folder)
    store.write_summary(summary)
    return summary


def describe_factor(spec: SensitivitySpecification, path: str) -> dict[str, Any]:
    """What a reader should know of a factor: words, unit, what it takes, where its default comes from."""
    from experiments.sweeps.report import label_of
    from sim.configuration import parameter_table

    factor, parts = spec.factors[path], path.split(".")
    label, _, unit = label_of(path).partition(", ")
    if len(parts) > 2 and parts[0] != "policy":  # of a sub-group, whose members have no names of their own
        label = f"{' '.join(parts[1:]).replace('_', ' ')} ({parts[0]})"
    source = next((row["source"] for row in parameter_table() if row["key"] == path), None)
    if factor.values is None:
        taken = f"{factor.low:,g} to {factor.high:,g}"
    else:
        taken = ", ".join(map(str, factor.values[:6])) + (", ..." if len(factor.values) > 6 else "")
    return {"label": label, "unit": unit, "range": taken, "log": factor.log, "source": source}


def run_phase(phase: str, spec: SensitivitySpecification, tree: dict[str, Any], plan: SweepPlan, folder: Path):
    """Run what is not stored yet of a phase, in a sweep of its own inside the result folder.

    Returns the outcome by point and seed, float64[points, replicates] with NaN where there is none, and numbers of points,
    rows and runs.
    """
    from experiments.commands.sweep import run_rest

    configuration = sweep_tree(phase, spec, tree, list(plan.shared.factors))
    with Store.open(folder / phase, manifest_of("sweep", configuration, plan.size())) as store:
        run_rest(plan, store, tree["engine"])
        rows = store.read_rows()
    values = values_by_point(rows.to_pandas(), plan, spec.outcome)
    counts = {
        "points": len(plan.points), "replicates": plan.spec.replicates, "arms": len(plan.shared.arms), "rows": len(plan.rows),
        "runs": plan.runs, "failed": rows["status"].to_pylist().count(FAILED), "rows_sha256": hash_table(rows),
    }  # fmt: skip
    return values, counts


def prose(summary: dict[str, Any]) -> str:
    """Both tables and what to know of them."""
    lines = [summary["question"]] if summary["question"] else []
    lines.append(f"{name_outcome(summary)}, market {summary['market']}")
    lines += [f"measured: {window_text(summary['window'])}"] if summary.get("window") else []
    screening, factors = summary["screening"], summary["factors"]
    lines += ["", f"Screening (Morris): {_size(screening, 'trajectories')}"]
    if screening["effects"] and screening["effects"][0]["mu_star"] is not None:
        rows = [
            [">" if effect["kept"] else "", factors[effect["factor"]]["label"], interval_text(effect["mu_star"]),
             number(effect["sigma"]["estimate"])]
            for effect in screening["effects"]
        ]  # fmt: skip
        lines += text_table(rows, ["", "factor", f"mu*: {summary['unit']} over the range", "sigma"], right=[2, 3], indent=1)
        lines += [f"  seeds alone would show mu* of about {number(screening['noise']['effect'])}"] if screening["noise"] else []
    indices = summary["indices"]
    if indices:
        lines += ["", f"Sobol indices of the factors marked >, the others as configured: {_size(indices, 'base_rows')}"]
        if indices["factors"]:
            rows = [_index_row(factors[row["factor"]]["label"], row) for row in indices["factors"]]
            rows.append(["sum of first orders", interval_text(indices["first_sum"]), "", ""])
            lines += text_table(rows, ["factor", "first order", "total", ""], right=[1, 2])
            lines.append(f"  widest interval {number(indices['widest'])}; {SETTLED:g} is usually called settled")
        if indices["noise"]:
            share = number(100 * indices["noise"]["share"], 1)
            lines.append(f"  seeds make {share} % of the variance; a total of that size is noise")
    lines += ["", f"Intervals: {summary['interval']}", *(f"note: {note}" for note in summary["notes"])]
    return "\n".join(lines)


def _size(phase: dict[str, Any], what: str) -> str:
    left_out = phase[f"{what}_left_out"]
    tail = f", {left_out:,} left out for want of a value" if left_out else ""
    return (
        f"{phase[what]:,} {what.replace('_', ' ')}{tail}; {phase['points']:,} points x {phase['replicates']:,} seeds "
        f"x {phase['arms']} arms, {phase['runs']:,} runs"
    )


def _index_row(label: str, row: dict[str, Any]) -> list[str]:
    """A factor with both orders, and what to know of them."""
    first, total = row["first"], row["total"]
    marks = [f"{name} {index['mark']}" for name, index in (("first order", first), ("total", total)) if index["mark"]]
    return [label, interval_text(first), interval_text(total), "; ".join(marks)]
