"""`plansim test robustness=500`: in which share of worlds each claim holds, over draws of numbers and structures of the model.

Every draw gives each assumed parameter a value of its own, from its range or from a posterior, and has one of the structures. In
each draw, worlds without a policy decide whether the draw is accepted by the patterns of the evidence; where they have no
market, no pairs are run. Else every hypothesis gets an estimate with its error from its main comparison on a few pairs of twin
worlds, and further rounds add pairs where the sign of the effect is not sure. The result is the share of draws whose true effect
is on the claim's side (`experiments.statistics.shares_of_worlds`), and what it depends on.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Sequence
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
)
from experiments.calibration.posterior import read_posterior
from experiments.commands.posterior import whole_name
from experiments.configuration.composition import MICRODATA, MODEL_GROUPS, STRUCTURE, compose, key_of, leaves_of, take_key
from experiments.configuration.drawn import DRAWN, POSTERIOR, as_drawn, drawn_of, keys_of_its_own, value_of, with_values
from experiments.configuration.own_files import OWN_FILES, give_files, market_name, take_files
from experiments.execution.chunks import DRAWS_STREAM, Chunk, plan_chunks, stream_generator
from experiments.execution.engine import LazyEngine, check_engine
from experiments.execution.run_loop import run_missing
from experiments.questions.study import WHOLE, Study
from experiments.report.text_table import text_table
from experiments.robustness.prose import (
    CONTROLS_NOT_DRAWN,
    HOW_SHARES_ARE_MADE,
    SHARE_HEAD,
    WHY_COUNTS_MISLEAD,
    bounds_text,
    describe_draws,
    headlines,
    percent,
    share_cells,
    turned_by,
)
from experiments.robustness.runs import (
    OF_ENTRY,
    DrawTask,
    SharedPlan,
    pairs_for,
    run_draws,
    run_row,
    seconds_a_pair,
    study_of,
)
from experiments.robustness.shares import unsure_draws
from experiments.statistics.verdict import VERDICTS
from experiments.store.result import Options, begin_result, report_summary, warn, write_table
from experiments.store.store import Store
from experiments.sweeps.plan import CHUNKS_WANTED, SHORTEST
from experiments.validation.measures import PERSON_DAYS_IN_PLAN
from sim.configuration import ConfigurationError, parameter_table, read_group, validate_as
from sim.initialisation.environment import check_world
from sim.parameters import Parameters
from sim.simulation import be_compiled

WORKER_MODULES = ("pyarrow", "experiments.robustness.runs")
LEAST_DRAWS, MOST_DRAWS = 10, 100_000
MARKET = "class"
RANGE_KEY = "robustness_range"
OWN_PERSONS = "own_persons"  # by hypothesis of the user's: persons in the market of its file
AS_GIVEN = "as given"  # in place of structures, where the command line names one
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
    structures: tuple[str, ...]
    claims: dict[str, dict[str, Any]]
    seconds: float

    def task(self, draw: int, round: int = 0, hypotheses: tuple[str, ...] = ()) -> DrawTask:
        """One draw in one round as workers take it."""
        text = self.shared.as_text()
        return DrawTask(draw, self.values[draw], self.structures[draw], text, len(self.values), round, hypotheses)

    def chunks(self) -> list[Chunk]:
        """The first round: all draws in order, a few seconds of work a chunk."""
        tasks = [self.task(draw) for draw in range(len(self.values))]
        seconds = min(SECONDS_A_CHUNK, max(SHORTEST, len(tasks) * self.seconds / CHUNKS_WANTED))
        return plan_chunks(tasks, max(1, round(seconds / self.seconds)))

    def more(self, round: int, unsure: dict[int, tuple[str, ...]], first: int) -> list[Chunk]:
        """A further round: the draws with their hypotheses that get more pairs; chunks are numbered from `first`."""
        tasks = [self.task(draw, round, names) for draw, names in sorted(unsure.items())]
        size = max(1, int(SECONDS_A_CHUNK / (self.seconds * 2.0 ** (round - 1))))
        return [dataclasses.replace(chunk, id=first + chunk.id) for chunk in plan_chunks(tasks, size)]


def execute(names: list[str], overrides: list[str], robustness: str, options: Options) -> int:
    """Run or resume the draws for some hypotheses; returns the exit status: 1 if a chunk or a row failed."""
    draws = read_draws(robustness)
    which, overrides = take_key(overrides, RANGE_KEY)
    posterior, overrides = take_key(overrides, POSTERIOR)
    if which not in (None, *RANGES):
        raise ConfigurationError(f"{RANGE_KEY}={which}: unknown; valid: {', '.join(RANGES)}")
    if which is not None and posterior is not None:
        raise ConfigurationError(
            f"{RANGE_KEY}={which} and {POSTERIOR}={posterior}: each says where draws come from; leave one out"
        )
    named = None if posterior is None else whole_name(posterior, options.root)
    tree = compose_tree(names, overrides, draws, which or NEAR, named)
    check_engine(tree["engine"])
    plan = plan_of(tree)
    chunks, rows = plan.chunks(), draws * len(names)  # those of further rounds come on top
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


def compose_tree(
    names: list[str], overrides: list[str], draws: int, which: str = NEAR, posterior: str | None = None
) -> dict[str, Any]:
    """The configuration that decides the result, as it goes into the manifest.

    `base` is the configuration drawn around, at class size unless a market is given; `hypotheses` are the composed
    configurations by name, with the pairs of a draw in `n_pairs`; `fixed` are the keys that a user gave; `drawn` are the draws
    of a posterior, which are stored with the result, as the table they come from may go.
    """
    of_market = [] if any(text.startswith("market=") for text in overrides) else [f"market={MARKET}"]
    spec = read_specification()
    model = [text for text in overrides if key_of(text).split(".")[0] in {*Parameters.model_fields, *MODEL_GROUPS}]
    base = take_files({"": compose("config", [*of_market, *model])})[0][""]
    fixed = [row["key"] for row in parameter_table() if any(_covers(key_of(text), row["key"]) for text in model)]
    trees, noted = take_files({name: compose("test", [*of_market, *overrides, f"hypothesis={name}"]) for name in names})
    persons = {name: persons_of(name) for name in names if "hypothesis" in noted.get(OWN_FILES, {}).get(name, {}).values()}
    given = any(key_of(text) == "n_pairs" for text in overrides)
    for tree in trees.values():
        if MICRODATA in tree:
            raise ConfigurationError(f"{MICRODATA}=true: robustness= keeps verdicts and no worlds; leave one of the two out")
        if tree.pop("precision", False):
            raise ConfigurationError("precision: a draw has a fixed number of pairs; leave it out, or give n_pairs")
        if tree.pop("scenarios", WHOLE) != WHOLE:
            raise ConfigurationError("scenarios: a draw runs the main comparison alone; leave it out")
        if not given:
            tree["n_pairs"] = 2  # any valid number: a study is needed to count the pairs
            tree["n_pairs"] = pairs_for(study_of(tree).scenarios[0], spec)
        engine = tree.pop("engine")
    if any(key_of(text).split(".")[0] == STRUCTURE for text in overrides):
        spec = spec.model_copy(update={"structures": (AS_GIVEN,)})
    tree = {
        "seed": base["seed"], "engine": engine, "robustness": {"draws": draws, "range": which},
        "rules": spec.model_dump(mode="json"), "fixed": fixed, "base": base, "hypotheses": trees,
    } | noted  # fmt: skip
    if persons:  # the files may go
        tree[OWN_PERSONS] = persons
    if posterior is not None:
        found = read_posterior(posterior)
        values = found.resample(draws, stream_generator(base["seed"], DRAWS_STREAM))
        tree["robustness"] = {"draws": draws, "range": POSTERIOR}
        tree[DRAWN] = as_drawn(values, fixed)
    return tree


def _covers(given: str, key: str) -> bool:
    """Whether an override of `given` sets the parameter `key`; a group (`labour=gig`) is only another default."""
    return key == given or ("." in given and key.startswith(f"{given}."))


def plan_of(tree: dict[str, Any]) -> Plan:
    """The plan of a composed run or of the manifest of one; every draw is validated before a world is run."""
    spec = validate_as(RobustnessSpecification, tree["rules"], "robustness.")
    base, trees, draws = tree["base"], tree["hypotheses"], tree["robustness"]["draws"]
    if DRAWN in tree:
        values = list(drawn_of(tree))
        parameters = parameters_of_posterior(values, base)
    else:
        parameters = drawn_parameters(spec, base, tree["robustness"]["range"], tree["fixed"])
        values = draw_values(spec, parameters, base, draws, tree["seed"])
    sets = {name: dict(leaves_of(read_group(STRUCTURE, name))) if name != AS_GIVEN else {} for name in spec.structures}
    structures = draw_structures(spec.structures, draws, tree["seed"])
    keys = [*(drawn.key for drawn in parameters), *(key for one in sets.values() for key in one)]
    kept = {name: keys_of_its_own(one, base, dict.fromkeys(keys)) for name, one in trees.items()}
    for draw, name in zip(values, structures, strict=True):
        check_world(with_values(base, draw | sets[name]))
    claims, seconds, files = {}, spec.worlds_measured * 0.03, give_files(tree, trees)
    for name, one in trees.items():
        study = study_of(one)
        seconds += one["n_pairs"] * seconds_a_pair(study.scenarios[0])
        claim = study.spec
        claims[name] = {
            "title": claim.title, "rank": claim.rank, "claim": claim.claim, "kind": claim.kind, "estimand": claim.measure,
            "unit": claim.unit, "threshold": claim.threshold, "direction": claim.direction,
            "market": market_name(files[name], study.context.base.market.preset), "kept": kept[name], "pairs": one["n_pairs"],
            "smallest": smallest_effect_of(study, tree.get(OWN_PERSONS, {}).get(name)),
            "smallest_reason": claim.smallest_effect_reason,
        }  # fmt: skip
    shared = SharedPlan(tree["seed"], spec, base, trees, kept, sets)
    return Plan(shared, tuple(parameters), tuple(values), tuple(structures), claims, seconds)


def draw_structures(names: Sequence[str], draws: int, root_seed: int) -> list[str]:
    """A structure for every draw, all equally often, in an order that goes with no parameter."""
    order = stream_generator(root_seed, DRAWS_STREAM - 20).permutation(draws)
    return [names[place % len(names)] for place in order.tolist()]


def parameters_of_posterior(drawn: list[dict[str, float]], base: dict[str, Any]) -> list[DrawnParameter]:
    """What a posterior draws, with the range that its draws span."""
    rows = {row["key"]: row for row in parameter_table()}
    found = []
    for key in drawn[0]:
        values, default = [one[key] for one in drawn], value_of(base, key)
        whole = isinstance(default, int) and not isinstance(default, bool)
        row = rows[key]
        found.append(DrawnParameter(key, default, min(values), max(values), False, whole, row["unit"] or "", row["source"]))
    return found


def smallest_effect_of(study: Study, persons: int | None = None) -> float:
    """The smallest effect of interest in the market that is drawn in; in proportion to its persons where it is of persons.

    `persons`: of the market of its file, where that is the user's.
    """
    spec = study.spec
    if spec.smallest_effect_of == "any market":
        return spec.smallest_effect
    own = persons_of(spec.id) if persons is None else persons
    return spec.smallest_effect * study.context.base.market.prostitutes / own


def persons_of(hypothesis: str) -> int:
    """Persons at the start in the market of a hypothesis' own file."""
    return compose("test", [f"hypothesis={hypothesis}"])["market"]["prostitutes"]


def row_schema(plan: Plan):
    """Columns of the rows: verdict, what was measured without a policy, and the drawn values by their keys."""
    import pyarrow as pa

    fields = [("id", pa.int64()), ("round", pa.int64()), ("draw", pa.int64()), ("structure", pa.string())]
    fields += [("hypothesis", pa.string()), ("status", pa.string()), ("error", pa.string()), ("verdict", pa.string())]
    fields += [(name, pa.float64()) for name in ("estimate", "low", "high", "se", "level", "margin", "margin_se")]
    fields += [("first_stage", pa.bool_()), ("pairs", pa.int64()), ("accepted", pa.bool_()), ("market", pa.bool_())]
    fields += [(PERSON_DAYS_IN_PLAN, pa.float64())]
    for evidence in plan.shared.spec.patterns:
        fields += [(evidence, pa.float64()), (f"{evidence}_met", pa.bool_())]
    fields += [(drawn.key, pa.int64() if drawn.whole else pa.float64()) for drawn in plan.parameters]
    return pa.schema(fields)


def run_rest(plan: Plan, store: Store, engine: dict[str, Any]) -> bool:
    """Run the draws that are not stored yet, round by round; False, with a line each, if chunks failed."""
    import pyarrow as pa

    as_table = functools.partial(pa.Table.from_pylist, schema=row_schema(plan))
    chunks, first = plan.chunks(), 0
    with LazyEngine(engine, WORKER_MODULES, be_compiled) as workers:
        for number in range(plan.shared.spec.rounds + 1):
            label = "robustness: draws" + (f", more pairs ({number} of {plan.shared.spec.rounds})" if number else "")
            if not run_missing(chunks, run_draws, store, as_table, workers, label):
                return False
            if number == plan.shared.spec.rounds:
                break
            rows = store.read_rows().to_pandas()
            first += len(chunks)
            chunks = plan.more(number + 1, unsure_draws(rows[rows["round"] <= number], plan.shared.spec, plan.claims), first)
    if store.count_files() > FILES_LEFT:
        store.compact(ROWS_A_FILE)
    return True


def finish(plan: Plan, tree: dict[str, Any], store: Store) -> dict[str, Any]:
    """Summarise the stored rows; write the table of draws, the figure, the page and, last, the summary."""
    from experiments.robustness.report import write_report
    from experiments.robustness.results import summarise

    rows = store.read_rows().to_pandas()
    frame = rows[rows["round"] == 0]
    part = {
        "draws": len(plan.values), "range": tree["robustness"]["range"], "factor": plan.shared.spec.factor,
        "parameters": len(plan.parameters), "left_out": plan.shared.spec.left_out, "fixed": tree["fixed"],
        "structures": list(plan.shared.structures), "rounds": plan.shared.spec.rounds,
    }  # fmt: skip
    part |= summarise(rows, plan.shared.spec, plan.parameters, plan.claims)
    summary = {"robustness": part, "rows_sha256": store.content_sha256()}
    _write_draws(plan, frame, store.folder)
    write_report(summary, plan.parameters, store.folder)
    store.write_summary(summary)
    return summary


def _write_draws(plan: Plan, frame, folder: Path) -> None:
    """One row per draw: what was measured, the drawn values, and the verdict on every hypothesis."""
    verdicts = frame.pivot(index="draw", columns="hypothesis", values="verdict")[list(plan.claims)]
    own = ["id", "round", "hypothesis", "status", "error", *OF_ENTRY, "margin", "margin_se", "first_stage"]
    draws = frame.drop(columns=own).drop_duplicates("draw").set_index("draw")
    write_table(folder, "draws", draws.join(verdicts.add_prefix("verdict_")).reset_index())


def repeat_row(tree: dict[str, Any], id: int) -> dict[str, Any]:
    """Run one row again from the configuration of a manifest. ConfigurationError if there is no such row."""
    plan = plan_of(tree)
    names, draws = list(plan.claims), len(plan.values)
    round, place = divmod(id, draws * len(names))
    if id < 0 or round > plan.shared.spec.rounds:
        raise ConfigurationError(f"row {id}: this result has no such row")
    return run_row(plan.task(place // len(names), round), names[place % len(names)])


def prose(summary: dict[str, Any]) -> str:
    """In which share of worlds each claim holds comes first; then what turns it, old counts, and which pattern rejects."""
    part = summary["robustness"]
    lines = [*headlines(part), "", describe_draws(part), HOW_SHARES_ARE_MADE, CONTROLS_NOT_DRAWN, ""]
    rows = []
    for entry in part["hypotheses"]:
        for which in ("all", "accepted"):
            found = entry["worlds"][which]
            rows.append([entry["id"] if which == "all" else "", which, *share_cells(found)])
    lines += [*text_table(rows, ["", "draws", *SHARE_HEAD]), "", "What turns each claim (share on its side)"]
    lines += text_table([[entry["id"], turned_by(entry)] for entry in part["hypotheses"]])
    rows = [
        [name, which, *(percent(entry[which][verdict]) for verdict in VERDICTS)]
        for entry in part["hypotheses"]
        for which, name in (("all", entry["id"]), ("accepted", ""))
    ]
    lines += ["", f"Counts of verdicts. {WHY_COUNTS_MISLEAD}"]
    lines += text_table(rows, ["", "", *VERDICTS], right=range(2, 2 + len(VERDICTS)))
    rows = [
        [one["evidence"], bounds_text(one), one["tag"], percent(one["met"]), str(one["rejects_alone"])]
        for one in part["patterns"]
    ]
    lines += ["", *text_table(rows, ["pattern", "asks", "tag", "draws that meet it", "rejects alone"])]
    return "\n".join([*lines, *(f"  row {row['id']} ({row['hypothesis']}): {row['error']}" for row in part["failures"])])
