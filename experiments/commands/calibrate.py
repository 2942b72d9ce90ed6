"""`plansim calibrate`: the numbers that no source gives, given the patterns that are known.

A screening finds which numbers move which pattern; then draws from the prior are simulated, and where few of them meet the
patterns, further waves only where emulators of the patterns do not rule them out. The nearest draws, weighted and moved along a
regression, are the posterior. Every phase is stored in the result folder, and resumes.
"""

from __future__ import annotations

import functools
import json
from typing import Any

import numpy as np

from experiments.calibration.draws import latin_hypercube
from experiments.calibration.emulator import CUT, Emulator, implausibility, most_moving, places_not_ruled_out
from experiments.calibration.figures import ranks_text, write_report
from experiments.calibration.plan import CalibrationPlan, CalibrationSettings, noise, plan_calibration, statistic
from experiments.calibration.posterior import write_posterior
from experiments.calibration.regression_adjustment import fit_posterior
from experiments.calibration.results import (
    FEW_WORLDS,
    Wave,
    least_met,
    observed_of,
    posterior_table,
    read_wave,
    summarise_posterior,
    summarise_wave,
    with_noise_of_observation,
)
from experiments.calibration.runs import DONE, DrawTask, run_draw, run_draws, seeds_of
from experiments.calibration.self_check import FITS, ranks_of_truths, summarise_ranks
from experiments.configuration.composition import MODEL_GROUPS, compose, key_of, split_model
from experiments.configuration.drawn import with_values
from experiments.configuration.own_files import market_name
from experiments.execution.chunks import DESIGN_STREAM, stream_generator
from experiments.execution.engine import LazyEngine, check_engine
from experiments.execution.progress import Progress
from experiments.execution.run_loop import run_missing
from experiments.report.text_table import text_table
from experiments.robustness.prose import percent
from experiments.sensitivity.indices import elementary_effects
from experiments.store.files import StoreFailure
from experiments.store.result import Options, begin_result, manifest_of, number, report_summary, warn
from experiments.store.store import Store
from sim.configuration import ConfigurationError, parameter_table, validate_as
from sim.initialisation.environment import check_world
from sim.parameters import Parameters
from sim.simulation import be_compiled

WORKER_MODULES = ("experiments.calibration.runs",)
LEVELS_OF_MORRIS = 4
SCREENING, WAVE = "screening", "wave_"
INTERVAL = "middle nine tenths of the posterior draws"
_SHOWN = 20


def main(words: list[str], options: Options, tree: dict[str, Any] | None = None) -> int:
    """A calibration from the words of a command, or from a configuration that Hydra composed."""
    tree = compose("calibrate", words) if tree is None else tree
    model = {*Parameters.model_fields, *MODEL_GROUPS}
    given = [key_of(word) for word in words if key_of(word).split(".")[0] in model]
    fixed = [row["key"] for row in parameter_table() if any(_covers(key, row["key"]) for key in given)]
    return execute(tree, fixed, options)


def _covers(given: str, key: str) -> bool:
    """Whether a word sets a parameter; the choice of a group only sets another default."""
    return key == given or ("." in given and key.startswith(f"{given}."))


def execute(tree: dict[str, Any], fixed: list[str], options: Options) -> int:
    """Run or resume a composed calibration; returns the exit status: 1 if draws failed."""
    check_engine(tree["engine"])
    plan = plan_of(tree, fixed)
    for values in plan.values_at(np.vstack([np.full(len(plan.parameters), u) for u in (0.01, 0.5, 0.99)])):
        check_world(with_values(plan.base, values))
    with begin_result("calibrate", tree | {"fixed": fixed}, options, block="calibration") as store:
        summary = report_summary(store, options, prose, lambda: calibrate(plan, tree | {"fixed": fixed}, store))
    return 1 if summary is None else 0


def plan_of(tree: dict[str, Any], fixed: list[str]) -> CalibrationPlan:
    """The plan of a composed calibration. ConfigurationError, one line, for what does not fit."""
    parameters, rest = split_model(tree)
    if parameters.policy.levers or parameters.budget is not None:
        raise ConfigurationError(f"policy={parameters.policy.name}: patterns are of worlds without a policy; leave it out")
    settings = validate_as(CalibrationSettings, {name: rest[name] for name in CalibrationSettings.model_fields}, "")
    base = {key: part for key, part in tree.items() if key not in rest}
    return plan_calibration(settings, base, fixed, parameters.seed)


def repeat_row(tree: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """One draw of a phase run again, from the manifest of the phase and the stored row."""
    if "phase" not in tree:
        raise ConfigurationError("rerun: the draws of a calibration are in its phases; give RESULT/screening or RESULT/wave_1")
    kept = {key: part for key, part in tree.items() if key not in ("fixed", "phase")}
    plan = plan_of(kept, tree["fixed"])
    values = {one.key: row[one.key] for one in plan.parameters}
    shared = json.dumps({"base": plan.base, "measures": plan.measures})
    number = -1 if tree["phase"] == SCREENING else int(tree["phase"].removeprefix(WAVE)) * plan.settings.n_draws + row["id"]
    return run_draw(DrawTask(row["id"], values, seeds_of(plan.root_seed, number, plan.settings.n_worlds), shared))


def calibrate(plan: CalibrationPlan, tree: dict[str, Any], store: Store) -> dict[str, Any] | None:
    """Screening, waves, posterior; writes table, figures, page and, last, the summary."""
    screening = screen(plan, tree, store)
    if screening is None:
        return None
    effects, moved = screening
    places = latin_hypercube(plan.settings.n_draws, len(plan.parameters), plan.root_seed)
    generator, searched, waves = stream_generator(plan.root_seed, DESIGN_STREAM), 1.0, []
    checks: list = []
    for number_of_wave in range(1, plan.settings.waves + 1):
        frame = run_phase(f"{WAVE}{number_of_wave}", places, number_of_wave * plan.settings.n_draws, plan, tree, store)
        if frame is None:
            return None
        wave = read_wave(plan, places, frame)
        waves.append(summarise_wave(plan, wave, searched))
        enough = (waves[-1]["accepted"]["share"] or 0.0) >= plan.settings.acceptance
        if enough or number_of_wave == plan.settings.waves:
            break
        after = f"after wave {number_of_wave}"
        checks += checks_of(plan, wave, effects, after)
        try:
            with Progress(plan.settings.n_draws, f"calibrate: places {after}") as progress:
                places, searched = places_not_ruled_out(
                    plan.settings.n_draws, len(plan.parameters), checks, generator, progress.advance
                )
        except ValueError as problem:
            raise StoreFailure(f"calibrate: wave {number_of_wave}: {problem}") from None
    noisy = with_noise_of_observation(plan, wave.statistics, stream_generator(plan.root_seed, DESIGN_STREAM - 10))
    try:
        posterior = fit_posterior(wave.places, noisy, observed_of(plan), min(plan.settings.kept, len(noisy) // 2))
    except ValueError as problem:
        raise StoreFailure(f"calibrate: {problem}; give more n_draws") from None
    summary: dict[str, Any] = {
        "market": market_name(tree, tree["market"]["preset"]), "parameters_drawn": len(plan.parameters), "screening": moved,
        "waves": waves, "interval": INTERVAL, "failed": 0, **summarise_posterior(plan, posterior, wave),
    }  # fmt: skip
    ranks = ranks_of_truths(
        wave.places, noisy, len(posterior.weights), FITS, stream_generator(plan.root_seed, DESIGN_STREAM - 12)
    )
    summary["ranks"] = summarise_ranks([one.key for one in plan.parameters], ranks)
    write_posterior(store.folder, posterior_table(plan, posterior))
    write_report(summary, ranks, [one.key for one in plan.parameters], store.folder)
    store.write_summary(summary)
    return summary


def screen(plan: CalibrationPlan, tree: dict[str, Any], store: Store) -> tuple[dict[str, np.ndarray], list[dict]] | None:
    """Elementary effects of every number on every statistic (Morris 1991), and which numbers move each most."""
    from SALib.sample import morris

    names = [one.key for one in plan.parameters]
    problem = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
    generator = stream_generator(plan.root_seed, DESIGN_STREAM - 11)
    places = morris.sample(problem, plan.settings.trajectories, num_levels=LEVELS_OF_MORRIS, seed=generator)
    frame = run_phase(SCREENING, places, 0, plan, tree, store, same_seeds=True)
    if frame is None:
        return None
    frame = frame.sort_values("id")
    effects, rows = {}, []
    for name, pattern in plan.fitted.items():
        values = np.where(frame["status"] == DONE, statistic(pattern, frame[pattern.measure].to_numpy(float)), np.nan)
        effects[name] = elementary_effects(places, values)
        if len(effects[name]):
            size = np.abs(effects[name]).mean(axis=0)
            rows += [
                {"pattern": name, "parameter": names[j], "mu_star": float(size[j]), "mu": float(effects[name][:, j].mean())}
                for j in most_moving(effects[name], 5)
            ]
    return effects, rows


def checks_of(plan: CalibrationPlan, wave: Wave, effects: dict[str, np.ndarray], after: str) -> list:
    """One check a pattern: whether its emulator leaves a place within the cut."""
    observed, found = observed_of(plan), []
    with Progress(len(plan.fitted), f"calibrate: emulators {after}") as progress:
        for j, (name, pattern) in enumerate(plan.fitted.items()):
            inputs = most_moving(effects[name]) if len(effects[name]) else list(range(min(12, len(plan.parameters))))
            emulator = Emulator(wave.places, wave.statistics[:, j], inputs)
            found.append(functools.partial(_is_left, emulator, float(observed[j]), noise(pattern)))
            progress.advance()
    return found


def _is_left(emulator: Emulator, observed: float, spread: float, places: np.ndarray) -> np.ndarray:
    return implausibility(emulator, places, observed, spread) < CUT


def run_phase(
    name: str, places: np.ndarray, first: int, plan: CalibrationPlan, tree: dict[str, Any], store: Store, same_seeds: bool = False
):
    """The rows of the draws at some places, run where they are not stored yet; None, with a line each, if chunks failed."""
    import pyarrow as pa

    chunks = plan.chunks(places, first, same_seeds)
    fields = [("id", pa.int64()), ("status", pa.string()), ("error", pa.string())]
    fields += [(measure, pa.float64()) for measure in plan.measures]
    fields += [(one.key, pa.int64() if one.whole else pa.float64()) for one in plan.parameters]
    as_table = functools.partial(pa.Table.from_pylist, schema=pa.schema(fields))
    size = {"rows": len(places), "chunks": len(chunks)}
    with Store.open(store.folder / name, manifest_of("calibrate", tree | {"phase": name}, size, "calibration")) as phase:
        with LazyEngine(tree["engine"], WORKER_MODULES, be_compiled) as workers:
            if not run_missing(chunks, run_draws, phase, as_table, workers, f"calibrate: {name.replace('_', ' ')}"):
                return None
        if phase.count_files() > 20:
            phase.compact(5_000)
        frame = phase.read_rows().to_pandas()
    failed = int((frame["status"] != DONE).sum())
    if failed:
        warn(f"{name}: {failed} of {len(frame)} draws failed and are left out; `plansim show RESULT/{name}` names their errors")
    return frame


def prose(summary: dict[str, Any]) -> str:
    """What is identified, what is confounded, and what is not."""
    identified = [row for row in summary["parameters"] if row["identified"]]
    lines = [
        f"{len(identified)} of {summary['parameters_drawn']} numbers are identified by the patterns; "
        "the others stay at their prior.",
        f"market {summary['market']}; {summary['kept']} draws kept, worth {summary['effective']:.0f}",
    ]
    for k, wave in enumerate(summary["waves"], 1):
        searched = "" if wave["searched"] == 1.0 else f", in {100 * wave['searched']:.3g} % of the prior"
        lines.append(f"wave {k}: {wave['draws']} draws{searched}; meet all patterns: {percent(wave['accepted'])}")
    if rarest := least_met(summary["waves"][-1]):
        lines.append(f"met by fewest draws of the last wave: {rarest}; {FEW_WORLDS}")
    rows = [
        [row["parameter"], row["unit"], f"{number(row['prior_low'])} to {number(row['prior_high'])}",
         f"{number(row['median'])} ({number(row['low'])} to {number(row['high'])})", f"{100 * row['contraction']:.0f} %"]
        for row in identified[:_SHOWN]
    ]  # fmt: skip
    lines += ["", *text_table(rows, ["parameter", "unit", "prior", "posterior (90 %)", "narrower by"])]
    rows = [[*row["parameters"], f"{row['correlation']:+.2f}"] for row in summary["confounded"][:_SHOWN]]
    if rows:
        lines += ["", "Only together identified", *text_table(rows, ["parameter", "and", "correlation"])]
    rows = [
        [row["id"], row["label"], f"{number(row['low'])} to {number(row['high'])}",
         f"{number(row['draws']['median'])} ({number(row['draws']['low'])} to {number(row['draws']['high'])})"]
        for row in summary["patterns"]
    ]  # fmt: skip
    lines += ["", *text_table(rows, ["pattern", "", "passes", "draws kept (90 %)"]), "", ranks_text(summary)]
    return "\n".join(lines)
