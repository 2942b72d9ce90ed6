"""`plansim rerun RESULT ROW`: repeat a row from the manifest alone, and compare its numbers with those stored."""

from __future__ import annotations

import json
import math
import platform
from typing import Any

from experiments.configuration.composition import split_model
from experiments.store.files import StoreError, StoreFailure, first_lines
from experiments.store.folders import find_result
from experiments.store.journal import BESIDE
from experiments.store.provenance import other_libraries, source_hash
from experiments.store.result import Options, warn
from experiments.store.source_code import DECISIVE, changed_parts
from experiments.sweeps.results import Result
from sim.configuration import ConfigurationError

_SHOWN = 20


def main(words: list[str], options: Options) -> int:
    """Repeat a row; exit status 0 if every number is equal, 1 if not."""
    if not 1 <= len(words) <= 2:
        raise ConfigurationError("rerun: a result folder and the id of a row are needed, for example plansim rerun RESULT 17")
    result = Result(find_result(words[0], options.root), [])
    command = result.manifest["command"]
    warnings = what_changed(result.manifest)
    for warning in warnings:
        warn(warning)
    if command not in _REPEAT:
        raise ConfigurationError(f"rerun: a result of {command} has no rows of its own; give one of {', '.join(_REPEAT)}")
    stored, again = _REPEAT[command](result, words[1:])
    differing = compare(stored, again)
    found = {
        "result": words[0], "row": words[1] if len(words) > 1 else None, "equal": not differing,
        "compared": len(stored), "differing": differing, "warnings": warnings,
    }  # fmt: skip
    print(json.dumps(found, indent=2, allow_nan=False) if options.json else prose(found))
    return 1 if differing else 0


def what_changed(manifest: dict[str, Any]) -> list[str]:
    """What is not as it was when the result was made, and what it runs of its own, one line each."""
    configuration = manifest.get("configuration", {})
    own = [*(configuration.get("own_rules") or {})]
    own += [name for name, outcome in (configuration.get("own_outcomes") or {}).items() if outcome.get("source")]
    lines = [f"the result holds Python of its maker's, which is run: {', '.join(own)}"] if own else []
    if manifest.get("source_sha256") != source_hash():
        parts = " and ".join(changed_parts(manifest.get("code_sha256"), DECISIVE)) or "the code"
        version = manifest.get("project", {}).get("version")
        lines.append(f"the code is not that of the result (version {version}): {parts} changed; numbers may differ")
    if other := other_libraries(manifest):
        lines.append(f"other versions of libraries: {other}")
    machine = {"machine": platform.machine(), "system": platform.system()}
    if manifest.get("platform") not in (None, machine):
        lines.append("another kind of machine: the last digits of a number may differ")
    return lines


def compare(stored: dict[str, Any], again: dict[str, Any]) -> list[dict[str, Any]]:
    """Values that are not the same to the last bit; two that are both missing are the same."""
    names = [name for name in {**stored, **again} if not name.startswith(BESIDE)]
    pairs = {name: (_read(stored.get(name)), _read(again.get(name))) for name in names}
    return [{"name": name, "stored": a, "again": b} for name, (a, b) in pairs.items() if a != b]


def _read(value: Any) -> Any:
    """A value as JSON has it: NaN and None are one, whatever kind of number or sequence it came in."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [_read(part) for part in value]
    if isinstance(value, dict):
        return {name: _read(part) for name, part in value.items()}
    return value


def _stored_row(result: Result, words: list[str]) -> dict[str, Any]:
    if not words:
        raise ConfigurationError("rerun: the id of a row is needed, for example plansim rerun RESULT 17")
    try:
        id = int(words[0])
    except ValueError:
        raise ConfigurationError(f"rerun: row {words[0]}: the id of a row is a whole number") from None
    import pyarrow.compute as pc

    for table in result.store.stream_rows(result.faults.append):
        found = table.filter(pc.equal(table["id"], id))
        if found.num_rows:
            return found.to_pylist()[0]
    if result.faults:
        raise StoreFailure(f"row {id} is in none of the files that can be read: {result.faults[0]}")
    raise ConfigurationError(f"rerun: {result.folder} has no row {id}; `plansim show` gives their number")


def _repeat_sweep(result: Result, words: list[str]) -> tuple[dict, dict]:
    from experiments.sweeps.plan import plan_sweep
    from experiments.sweeps.runs import rows_of

    stored = _stored_row(result, words)
    plan = plan_sweep(result.manifest["configuration"])
    again = plan.table({name: [value] for name, value in rows_of(plan.task(stored["id"]))[0].items()})
    return stored, again.to_pylist()[0]


def _repeat_pair(result: Result, words: list[str]) -> tuple[dict, dict]:
    from experiments.questions.study import prepare
    from experiments.questions.twins import run_worlds

    stored = _stored_row(result, words)
    parameters, rest = split_model(result.manifest["configuration"])
    study = prepare(rest, parameters)
    task = next((task for task in study.tasks(parameters.seed) if task.id == stored["id"]), None)
    if task is None:
        raise StoreError(f"{result.folder}: the plan of the manifest has no row {stored['id']}")
    return stored, run_worlds(task)


def _repeat_draw(result: Result, words: list[str]) -> tuple[dict, dict]:
    from experiments.commands.robustness import repeat_row

    stored = _stored_row(result, words)
    return stored, repeat_row(result.manifest["configuration"], stored["id"])


def _repeat_world_of_validation(result: Result, words: list[str]) -> tuple[dict, dict]:
    from experiments.commands.validate import plan_of_tree
    from experiments.validation.runs import run_world

    stored = _stored_row(result, words)
    task = next(task for task in plan_of_tree(result.manifest["configuration"]).tasks() if task.id == stored["id"])
    return stored, run_world(task)


def _repeat_draw_of_calibration(result: Result, words: list[str]) -> tuple[dict, dict]:
    from experiments.commands.calibrate import repeat_row

    stored = {"id": 0} if "phase" not in result.manifest["configuration"] else _stored_row(result, words)
    return stored, repeat_row(result.manifest["configuration"], stored)


def _repeat_year_of_growth(result: Result, words: list[str]) -> tuple[dict, dict]:
    from experiments.validation.growth import MOST_YEARS, run_world, tasks_of

    stored = _stored_row(result, words)
    parameters, rest = split_model(result.manifest["configuration"])
    tasks = tasks_of(parameters, rest["growth"], rest["n_worlds"], parameters.seed)
    return stored, run_world(tasks[stored["id"] // MOST_YEARS])[stored["id"] % MOST_YEARS]


def _repeat_mixture(result: Result, words: list[str]) -> tuple[dict, dict]:
    from experiments.commands.frontier import plan_of
    from experiments.frontier.runs import run_world

    stored = _stored_row(result, words)
    return stored, run_world(plan_of(result.manifest["configuration"]).task_of_row(stored))[0]


def _repeat_pair_of_evaluation(result: Result, words: list[str]) -> tuple[dict, dict]:
    from experiments.commands.evaluate import plan_of_tree
    from experiments.evaluation.runs import run_pair

    stored = _stored_row(result, words)
    return stored, run_pair(plan_of_tree(result.manifest["configuration"]).tasks()[stored["id"]])


def _repeat_comparison(result: Result, words: list[str]) -> tuple[dict, dict]:
    from experiments.commands.compare import repeat_row

    stored = _stored_row(result, words)
    return stored, repeat_row(result.manifest["configuration"], stored["id"])


def _repeat_grid(result: Result, words: list[str]) -> tuple[dict, dict]:
    from experiments.commands.explorable import PACKED, repeat_row

    stored = {name: value for name, value in _stored_row(result, words).items() if name not in PACKED}
    return stored, repeat_row(result.manifest["configuration"], stored["id"])


def _repeat_run(result: Result, words: list[str]) -> tuple[dict, dict]:
    from experiments.commands.run import run_world, summarise

    if words and words[0] != "0":
        raise ConfigurationError(f"rerun: row {words[0]}: a result of run has one world; leave the row out")
    stored = result.summary
    if stored is None:
        raise StoreError(f"{result.folder} is not finished: run the same command again to go on")
    parameters, _ = split_model(result.manifest["configuration"])
    return _flat(stored), _flat(summarise(run_world(parameters), stored.get("market", "")))


def _flat(summary: dict[str, Any]) -> dict[str, Any]:
    """A summary of one world with its outcomes next to the rest."""
    rest = {name: value for name, value in summary.items() if name != "outcomes"}
    return rest | {name: outcome["value"] for name, outcome in summary["outcomes"].items()}


_REPEAT = {
    "sweep": _repeat_sweep, "test": _repeat_pair, "robustness": _repeat_draw, "run": _repeat_run,
    "validate": _repeat_world_of_validation, "calibrate": _repeat_draw_of_calibration, "growth": _repeat_year_of_growth,
    "frontier": _repeat_mixture, "evaluate": _repeat_pair_of_evaluation, "compare": _repeat_comparison,
    "explorable": _repeat_grid,
}  # fmt: skip


def prose(found: dict[str, Any]) -> str:
    """Whether the row is equal, in a line, and what differs."""
    what = f"row {found['row']}" if found["row"] is not None else "the run"
    if found["equal"]:
        return f"{what}: equal; all {found['compared']} values are the same to the last bit"
    head = f"{what}: NOT equal; {len(found['differing'])} of {found['compared']} values differ"
    lines = [f"{one['name']}: {_short(one['stored'])} stored, {_short(one['again'])} again" for one in found["differing"]]
    return "\n  ".join([head, *first_lines(lines, _SHOWN, "more; --json lists all")])


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
