"""`plansim test robustness=500`: which verdicts survive draws of all assumed numbers of the model.

Every draw gives each assumed parameter a value of its own. In each draw, worlds without a policy decide whether the
draw is accepted by the patterns of the evidence, and every hypothesis gets a verdict from its main comparison on
the same few pairs of twin worlds. Where the worlds without a policy have no market, that verdict is "not applicable"
and no pairs are run. The result is the share of each verdict, over all draws and over accepted ones.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from pathlib import Path
from typing import Any

from experiments.calibration.draws import (
    NEAR,
    RANGES,
    DrawnParameter,
    RobustnessSpecification,
    draw_values,
    drawn_parameters,
    read_specification,
    with_values,
)
from experiments.configuration.composition import MODEL_GROUPS, compose, key_of, take_key
from experiments.execution.chunks import Chunk, plan_chunks
from experiments.execution.engine import LazyEngine, check_engine
from experiments.execution.run_loop import run_missing
from experiments.questions.study import WHOLE
from experiments.report.text_table import text_table
from experiments.robustness.prose import (
    CONTROLS_NOT_DRAWN,
    bounds_text,
    deciding_text,
    describe_draws,
    headlines,
    percent,
)
from experiments.robustness.runs import (
    DrawTask,
    SharedPlan,
    keys_of_its_own,
    pairs_for,
    run_draws,
    run_row,
    seconds_a_pair,
    study_of,
)
from experiments.statistics.verdict import VERDICTS
from experiments.store.result import Options, begin_result, report_summary, warn, write_table
from experiments.store.store import Store
from experiments.sweeps.plan import CHUNKS_WANTED, SHORTEST
from experiments.validation.measures import PERSON_DAYS_IN_PLAN
from sim.configuration import ConfigurationError, parameter_table, validate_as
from sim.initialisation.environment import check_world
from sim.parameters import Parameters
from sim.simulation import be_compiled

WORKER_MODULES = ("pyarrow", "experiments.robustness.runs")
LEAST_DRAWS, MOST_DRAWS = 10, 100_000
MARKET = "class"
RANGE_KEY = "robustness_range"
COMMAND = "robustness"
SECONDS_A_CHUNK = 8.0  # at most
ROWS_A_FILE = 5_000  # of the files that small chunks are put together in
FILES_LEFT = 20


@dataclasses.dataclass(frozen=True)
class Plan:
    """A robustness run: what all draws share, what is drawn, and the values of every draw.

    `seconds`: about what a draw with a market takes on one core.
    """

    shared: SharedPlan
    parameters: tuple[DrawnParameter, ...]
    values: tuple[dict[str, float], ...]
    claims: dict[str, dict[str, Any]]
    seconds: float

    def task(self, draw: int) -> DrawTask:
        """One draw as workers take it."""
        return DrawTask(draw, self.values[draw], self.shared.as_text())

    def chunks(self) -> list[Chunk]:
        """All draws in order, a few seconds of work a chunk; their number follows from the configuration alone."""
        text = self.shared.as_text()
        tasks = [DrawTask(draw, values, text) for draw, values in enumerate(self.values)]
        seconds = min(SECONDS_A_CHUNK, max(SHORTEST, len(tasks) * self.seconds / CHUNKS_WANTED))
        return plan_chunks(tasks, max(1, round(seconds / self.seconds)))


def execute(names: list[str], overrides: list[str], robustness: str, options: Options) -> int:
    """Run or resume the draws for some hypotheses; returns the exit status: 1 if a chunk or a row failed."""
    draws = read_draws(robustness)
    which, overrides = take_key(overrides, RANGE_KEY)
    if which not in (None, *RANGES):
        raise ConfigurationError(f"{RANGE_KEY}={which}: unknown; valid: {', '.join(RANGES)}")
    tree = compose_tree(names, overrides, draws, which or NEAR)
    check_engine(tree["engine"])
    plan = plan_of(tree)
    chunks, rows = plan.chunks(), draws * len(names)
    with begin_result(COMMAND, tree, options, {"rows": rows, "chunks": len(chunks)}, "tests, validation") as store:

        def make() -> dict[str, Any] | None:
            return finish(plan, tree, store) if run_rest(plan, store, tree["engine"]) else None

        is_whole = all(chunk.id in store.finished for chunk in chunks)
        summary = report_summary(store, options, prose, make, is_whole)
    if summary is None:
        return 1
    failed = summary["robustness"]["failed"]
    if failed:
        warn(f"{failed} of {rows} rows failed; their errors are in the result, with status 'failed'")
    return 1 if failed else 0


def read_draws(text: str) -> int:
    """The number of draws as given. ConfigurationError, one line, for anything but a whole number in range."""
    if not re.fullmatch(r"\d{1,9}", text) or not LEAST_DRAWS <= int(text) <= MOST_DRAWS:
        raise ConfigurationError(f"robustness={text}: a whole number of draws from {LEAST_DRAWS} to {MOST_DRAWS} is needed")
    return int(text)


def compose_tree(names: list[str], overrides: list[str], draws: int, which: str = NEAR) -> dict[str, Any]:
    """The configuration that decides the result, as it goes into the manifest.

    `base` is the configuration drawn around, at class size unless a market is given; `hypotheses` are the composed
    configurations by name, with the pairs of a draw in `n_pairs`; `fixed` are the keys that a user gave.
    """
    of_market = [] if any(text.startswith("market=") for text in overrides) else [f"market={MARKET}"]
    spec = read_specification()
    model = [text for text in overrides if key_of(text).split(".")[0] in {*Parameters.model_fields, *MODEL_GROUPS}]
    base = compose("config", [*of_market, *model])
    fixed = [row["key"] for row in parameter_table() if any(_covers(key_of(text), row["key"]) for text in model)]
    trees = {name: compose("test", [*of_market, *overrides, f"hypothesis={name}"]) for name in names}
    given = any(key_of(text) == "n_pairs" for text in overrides)
    for tree in trees.values():
        if tree.pop("precision", False):
            raise ConfigurationError("precision: a draw has a fixed number of pairs; leave it out, or give n_pairs")
        if tree.pop("scenarios", WHOLE) != WHOLE:
            raise ConfigurationError("scenarios: a draw runs the main comparison alone; leave it out")
        if not given:
            tree["n_pairs"] = 2  # any valid number: a study is needed to count the pairs
            tree["n_pairs"] = pairs_for(study_of(tree).scenarios[0], spec)
        engine = tree.pop("engine")
    return {
        "seed": base["seed"], "engine": engine, "robustness": {"draws": draws, "range": which},
        "rules": spec.model_dump(mode="json"), "fixed": fixed, "base": base, "hypotheses": trees,
    }  # fmt: skip


def _covers(given: str, key: str) -> bool:
    """Whether an override of `given` sets the parameter `key`; a group (`labour=gig`) is only another default."""
    return key == given or ("." in given and key.startswith(f"{given}."))


def plan_of(tree: dict[str, Any]) -> Plan:
    """The plan of a composed run or of the manifest of one; every draw is validated before a world is run."""
    spec = validate_as(RobustnessSpecification, tree["rules"], "robustness.")
    base, trees = tree["base"], tree["hypotheses"]
    parameters = drawn_parameters(spec, base, tree["robustness"]["range"], tree["fixed"])
    values = draw_values(spec, parameters, base, tree["robustness"]["draws"], tree["seed"])
    keys = [drawn.key for drawn in parameters]
    kept = {name: keys_of_its_own(one, base, keys) for name, one in trees.items()}
    for draw in values:
        check_world(with_values(base, draw))
    claims, seconds = {}, spec.worlds_measured * 0.03
    for name, one in trees.items():
        study = study_of(one)
        seconds += one["n_pairs"] * seconds_a_pair(study.scenarios[0])
        claim = study.spec
        claims[name] = {
            "title": claim.title, "rank": claim.rank, "claim": claim.claim, "kind": claim.kind, "estimand": claim.measure,
            "unit": claim.unit, "threshold": claim.threshold, "direction": claim.direction,
            "market": study.context.base.market.preset, "kept": kept[name], "pairs": one["n_pairs"],
        }  # fmt: skip
    return Plan(SharedPlan(tree["seed"], spec, base, trees, kept), tuple(parameters), tuple(values), claims, seconds)


def row_schema(plan: Plan):
    """Columns of the rows: verdict, what was measured without a policy, and the drawn values by their keys."""
    import pyarrow as pa

    fields = [("id", pa.int64()), ("draw", pa.int64()), ("hypothesis", pa.string()), ("status", pa.string())]
    fields += [("error", pa.string()), ("verdict", pa.string())]
    fields += [(name, pa.float64()) for name in ("estimate", "low", "high")]
    fields += [("first_stage", pa.bool_()), ("pairs", pa.int64()), ("accepted", pa.bool_()), ("market", pa.bool_())]
    fields += [(PERSON_DAYS_IN_PLAN, pa.float64())]
    for evidence in plan.shared.spec.patterns:
        fields += [(evidence, pa.float64()), (f"{evidence}_met", pa.bool_())]
    fields += [(drawn.key, pa.int64() if drawn.whole else pa.float64()) for drawn in plan.parameters]
    return pa.schema(fields)


def run_rest(plan: Plan, store: Store, engine: dict[str, Any]) -> bool:
    """Run the draws that are not stored yet; False, with a line each, if chunks failed."""
    import pyarrow as pa

    as_table = functools.partial(pa.Table.from_pylist, schema=row_schema(plan))
    with LazyEngine(engine, WORKER_MODULES, be_compiled) as workers:
        if not run_missing(plan.chunks(), run_draws, store, as_table, workers, "robustness: draws"):
            return False
    if store.count_files() > FILES_LEFT:
        store.compact(ROWS_A_FILE)
    return True


def finish(plan: Plan, tree: dict[str, Any], store: Store) -> dict[str, Any]:
    """Summarise the stored rows; write the table of draws, the figure, the page and, last, the summary."""
    from experiments.robustness.report import write_report
    from experiments.robustness.results import summarise

    frame = store.read_rows().to_pandas()
    part = {
        "draws": len(plan.values), "range": tree["robustness"]["range"], "factor": plan.shared.spec.factor,
        "parameters": len(plan.parameters), "left_out": plan.shared.spec.left_out, "fixed": tree["fixed"],
    }  # fmt: skip
    part |= summarise(frame, plan.shared.spec, plan.parameters, plan.claims)
    summary = {"robustness": part, "rows_sha256": store.content_sha256()}
    _write_draws(plan, frame, store.folder)
    write_report(summary, plan.parameters, store.folder)
    store.write_summary(summary)
    return summary


def _write_draws(plan: Plan, frame, folder: Path) -> None:
    """One row per draw: what was measured, the drawn values, and the verdict on every hypothesis."""
    verdicts = frame.pivot(index="draw", columns="hypothesis", values="verdict")[list(plan.claims)]
    own = ["id", "hypothesis", "status", "error", "verdict", "estimate", "low", "high", "first_stage", "pairs"]
    draws = frame.drop(columns=own).drop_duplicates("draw").set_index("draw")
    write_table(folder, "draws", draws.join(verdicts.add_prefix("verdict_")).reset_index())


def repeat_row(tree: dict[str, Any], id: int) -> dict[str, Any]:
    """Run one row again from the configuration of a manifest. ConfigurationError if there is no such row."""
    plan = plan_of(tree)
    names = list(plan.claims)
    if not 0 <= id < len(plan.values) * len(names):
        raise ConfigurationError(f"row {id}: this result has rows 0 to {len(plan.values) * len(names) - 1}")
    return run_row(plan.task(id // len(names)), names[id % len(names)])


def prose(summary: dict[str, Any]) -> str:
    """Which verdicts survive comes first; then shares, what decides, and which pattern rejects."""
    part = summary["robustness"]
    lines = [*headlines(part), "", describe_draws(part), CONTROLS_NOT_DRAWN, ""]
    rows = [
        [name, which, *(percent(entry[which][verdict]) for verdict in VERDICTS)]
        for entry in part["hypotheses"]
        for which, name in (("all", entry["id"]), ("accepted", ""))
    ]
    lines += text_table(rows, ["", "", *VERDICTS], right=range(2, 2 + len(VERDICTS)))
    lines += ["", f"  {part['interval']}", "", "Parameters that differ between verdicts (share of the variance of their ranks)"]
    lines += text_table([[entry["id"], deciding_text(entry)] for entry in part["hypotheses"]])
    rows = [
        [one["evidence"], bounds_text(one), one["tag"], percent(one["met"]),
         str(one["rejects_alone"])]
        for one in part["patterns"]
    ]  # fmt: skip
    lines += ["", *text_table(rows, ["pattern", "asks", "tag", "draws that meet it", "rejects alone"])]
    return "\n".join([*lines, *(f"  row {row['id']} ({row['hypothesis']}): {row['error']}" for row in part["failures"])])
