"""`python -m experiments.publish`: the published set, made by one command from finished results.

It takes the results of `plansim test`, alone and with `structures=all` and `screening=all`, of `plansim validate`, of
`plansim calibrate`, and of `plansim test robustness=500` over the draws of that calibration, running what is missing, and
writes to `results/published`:

- `verdicts.csv`, `verdicts.json`: one row per hypothesis: verdict, estimate, controls, and the share of worlds in which it holds
- `structures.csv`: verdict and estimate of each hypothesis under each named structure
- `screening.csv`: effect of each structure, and of pairs of them, on the estimate of each hypothesis
- `validation.csv`: each known pattern beside what worlds show
- `posterior.parquet`, `calibration.csv`, `calibration.json`: weighted draws of the parameters, which are identified, and checks
- `robustness_rows.csv`: estimate of every draw, hypothesis and round
- `figures/`: the figure of each hypothesis, its effects over worlds, and those of structures, screening, validation, calibration
- `manifest.json`: configurations, seeds, code, data and libraries, and the SHA-256 of every file
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.api import finish_command
from experiments.calibration.self_check import FIGURE as RANKS
from experiments.configuration.composition import MODEL_GROUPS, compose, key_of
from experiments.report.style import RESULT
from experiments.robustness.published import MANIFEST_FILE, SCREENING_FILE, STRUCTURES_FILE, VERDICTS_FILE, question_hash
from experiments.statistics.shares_of_worlds import ESTIMATORS
from experiments.statistics.verdict import VERDICTS
from experiments.store.files import StoreError, hash_file, read_json, write_atomically, write_json
from experiments.store.folders import folder_for, size_of
from experiments.store.result import Options, manifest_of
from experiments.store.store import Store
from sim.parameters import Parameters

COMMAND = "python -m experiments.publish"
DRAWS = 500
OF_EVERY_COMMAND = {*Parameters.model_fields, *MODEL_GROUPS, "engine"}
VALIDATION_FILE, POSTERIOR_FILE = "validation.csv", "posterior.parquet"
CALIBRATION_FILE, FITS_FILE = "calibration.csv", "calibration.json"
FITS = ("market", "waves", "kept", "effective", "least_contraction", "confounded", "patterns", "ranks")  # parts of a calibration
SCREENED_PAIRS = 16  # of each run of the screening, in half of which a structure is on
MOST_BYTES = 8_000_000
ENTRY_COLUMNS = (
    "rank", "id", "title", "kind", "verdict", "estimate", "low", "high", "unit", "threshold", "direction", "pairs", "market",
    "p_value", "p_holm", "controls_as_expected", "claim",
)  # fmt: skip
ROW_COLUMNS = (
    "id", "round", "draw", "structure", "hypothesis", "verdict", "estimate", "low", "high", "se", "margin", "margin_se",
    "first_stage", "pairs", "level", "accepted", "market",
)  # fmt: skip
STRUCTURE_COLUMNS = (
    "hypothesis", "structure", "kind", "verdict", "differs", "estimate", "low", "high", "unit", "pairs", "first_stage",
    "controls_as_expected",
)  # fmt: skip
PATTERN_COLUMNS = (
    "id", "label", "unit", "tag", "held_out", "target", "low", "high", "simulated", "sim_low", "sim_high", "passes", "reason",
)  # fmt: skip
PARAMETER_COLUMNS = (
    "parameter", "unit", "source", "default", "prior_low", "prior_high", "low", "median", "high", "contraction", "identified",
)  # fmt: skip
EFFECT_COLUMNS = ("hypothesis", "effect", "kind", "unit", "pairs", "estimate", "low", "high", "clear")

_ABOUT = f"""\
# Published results

[As a page for readers](../../docs/published.md), which `python docs/write_published.py` writes anew.

Written by `{COMMAND}`, from `plansim test`, `plansim test structures={{structures}}`,
`plansim test screening={{structures}} n_pairs={SCREENED_PAIRS}`, `plansim validate`, `plansim calibrate` and
`plansim test robustness={{draws}} posterior=` with the draws of that calibration; do not edit.

- `verdicts.csv`, `verdicts.json`: verdict, estimate with its interval over pairs, controls; the share of worlds in which the
  effect is on the claim's side (`side_`) and beyond the smallest effect of interest (`beyond_`) by two estimators; counts of
  the draws' own verdicts. `configuration_sha256`: of the configuration that was drawn around. In JSON also what turns a claim.
- `structures.csv`: verdict and estimate of each hypothesis under each structure, on the same seeds; `differs`: whether the
  verdict is another one than under the default structure.
- `screening.csv`: by how much each structure, and each sum of interactions of two, moves the estimate of each hypothesis;
  `clear`: the interval excludes zero.
- `validation.csv`: each known pattern: what passes, what the worlds show, with an interval over seeds.
- `posterior.parquet`: weighted draws of the parameters given the patterns; `calibration.csv`: prior and posterior of each;
  `calibration.json`: its waves, pairs of numbers that only together are identified, and the check on draws whose truth is known.
- `robustness_rows.csv`: one row for each draw, hypothesis and round of pairs.
- `figures/`: the figure of each hypothesis, and `worlds_` its effects over worlds; `structures`, estimates by structure;
  `screening`, effects of structures; `validation`, `calibration`, `ranks` (its check), `robustness` (shares of worlds).
- `manifest.json`: configurations, seeds, versions, and the SHA-256 of every file. `tests/unit/robustness/test_published.py`
  repeats a row of each table.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run what is missing and write the set; returns the exit status."""
    from experiments.cli import end_when_interrupted, report_errors

    parser = argparse.ArgumentParser(prog=COMMAND, description="Write the published set of results.")
    parser.add_argument("--output", type=Path, default=Path("results/published"), help="folder of the set")
    parser.add_argument("--results", type=Path, default=Path("results"), help="folder of results to take from and to add to")
    parser.add_argument("--draws", type=int, default=DRAWS, help="draws of the assumed numbers")
    parser.add_argument("--structures", default="all", help="structures of the table, by name with commas between")
    parser.add_argument("--validate", nargs="*", default=[], metavar="key=value", help="configuration for plansim validate alone")
    parser.add_argument(
        "--calibrate", nargs="*", default=[], metavar="key=value", help="configuration for plansim calibrate alone"
    )
    parser.add_argument("words", nargs="*", metavar="key=value", help="configuration for all commands")
    given = parser.parse_args(sys.argv[1:] if arguments is None else arguments)

    def write() -> int:
        return publish(given.output, given.results, given.draws, given.structures, given.words, given.validate, given.calibrate)

    return end_when_interrupted(lambda: report_errors(write))


def publish(
    output: Path, results: Path, draws: int, structures: str, words: list[str], validate: Sequence[str] = (),
    calibrate: Sequence[str] = (),
) -> int:  # fmt: skip
    """Write the set to `output`, whole or not at all. StoreError in one line if it cannot be."""
    options = Options(root=results)
    tests = finish_command("test", words, options)
    table = finish_command("test", [*words, f"structures={structures}"], options)
    few = words if any(key_of(word) == "n_pairs" for word in words) else [*words, f"n_pairs={SCREENED_PAIRS}"]
    screening = finish_command("test", [*few, f"screening={structures}"], options)
    own = [word for word in words if key_of(word).split(".")[0] in OF_EVERY_COMMAND]
    validation = finish_command("validate", [*own, *validate], options)
    calibration = finish_command("calibrate", [*own, *calibrate], options)
    robustness = finish_command("test", [*words, f"robustness={draws}", f"posterior={calibration}"], options)
    draft = output.with_name(f".{output.name}.tmp")
    shutil.rmtree(draft, ignore_errors=True)
    (draft / "figures").mkdir(parents=True)
    entries = read_json(tests / "summary.json")["hypotheses"]
    summary, fitted = read_json(robustness / "summary.json")["robustness"], read_json(calibration / "summary.json")
    write_tables(draft, entries, summary, robustness)
    for name, columns, rows in (
        (STRUCTURES_FILE, STRUCTURE_COLUMNS, read_json(table / "summary.json")["rows"]),
        (SCREENING_FILE, EFFECT_COLUMNS, read_json(screening / "summary.json")["effects"]),
        (VALIDATION_FILE, PATTERN_COLUMNS, read_json(validation / "summary.json")["patterns"]),
        (CALIBRATION_FILE, PARAMETER_COLUMNS, fitted["parameters"]),
    ):
        _write_csv(draft / name, columns, [{column: row[column] for column in columns} for row in rows])
    write_json(draft / FITS_FILE, {name: fitted[name] for name in FITS})
    for entry in entries:
        copy_figure(folder_of_test(entry["id"], words, options), draft, entry["id"])
        if (effects := robustness / f"worlds_{entry['id']}.png").exists():
            shutil.copyfile(effects, draft / "figures" / effects.name)
    results_by_name = {
        "structures": table, "screening": screening, "validation": validation, "calibration": calibration,
        "robustness": robustness,
    }  # fmt: skip
    for name, result in results_by_name.items():
        copy_figure(result, draft, name)
    shutil.copyfile(calibration / f"{RANKS}.png", draft / "figures" / f"{RANKS}.png")
    shutil.copyfile(calibration / POSTERIOR_FILE, draft / POSTERIOR_FILE)
    write_atomically(draft / "README.md", _ABOUT.format(draws=draws, structures=structures).encode())
    write_manifest(draft, {"tests": tests, **results_by_name})
    replace_folder(draft, output)
    print(f"{len(entries)} verdicts, {summary['draws']} draws, {size_of(output) / 1e6:.1f} MB\n\nResult: {output}")
    return 0


def folder_of_test(name: str, words: list[str], options: Options) -> Path:
    """The result folder of one hypothesis, which its configuration names."""
    manifest = manifest_of("test", compose("test", [*words, f"hypothesis={name}"]))
    return folder_for(options.root / "test", manifest)


def write_tables(folder: Path, entries: list[dict[str, Any]], summary: dict[str, Any], robustness: Path) -> None:
    """The verdict table as CSV and JSON, and the rows of the draws.

    In JSON each verdict has the hash of the configuration that was drawn around, by which a test knows whether the
    draws are about its question (`experiments.robustness.published`).
    """
    rows = verdict_rows(entries, summary)
    _write_csv(folder / "verdicts.csv", list(rows[0]), rows)
    drawn_around = Store.view(robustness).manifest["configuration"]["hypotheses"]
    worlds = {found["id"]: found["worlds"] for found in summary["hypotheses"]}
    told = ("conclusion", "flips", "by_structure", "pairs_run")
    parts = {
        entry["id"]: {"estimand": entry["estimand"], "parts": entry["parts"], "limits": entry["limits"]}
        | {name: worlds[entry["id"]][name] for name in told}
        | {"configuration_sha256": question_hash(drawn_around[entry["id"]])}
        for entry in entries
    }
    kept = ("draws", "range", "factor", "parameters", "accepted", "market_share", "agreement", "least_accepted", "patterns")
    kept = (*kept, "structures", "rounds")
    write_json(
        folder / VERDICTS_FILE,
        {"verdicts": [row | parts[row["id"]] for row in rows], "robustness": {name: summary[name] for name in kept}},
    )
    draws = Store.view(robustness).read_rows().select(ROW_COLUMNS).to_pylist()
    _write_csv(folder / "robustness_rows.csv", ROW_COLUMNS, draws)


def verdict_rows(entries: list[dict[str, Any]], summary: dict[str, Any]) -> list[dict[str, Any]]:
    """One row per hypothesis: the verdict at the defaults, and its shares over draws."""
    by_name = {entry["id"]: entry for entry in summary["hypotheses"]}
    rows = []
    for entry in entries:
        found = by_name[entry["id"]]
        row = {name: entry[name] for name in ENTRY_COLUMNS} | {"first_stage": entry["first_stage"]["present"]}
        row |= {"survives": found["survives"], "verdict_of_most_draws": found["verdict"], "pairs_a_draw": found["pairs"]}
        row |= {"smallest": found["smallest"], "conclusion": found["worlds"]["conclusion"]}
        for which in ("all", "accepted"):
            row |= share_columns(found["worlds"][which], which)
            row[f"draws_{which}"] = found["draws" if which == "all" else "draws_accepted"]
            for verdict in VERDICTS:
                share = found[which][verdict]
                name = f"{which}_{verdict.replace(' ', '_')}"
                row |= {name: share["share"], f"{name}_low": share["low"], f"{name}_high": share["high"]}
        rows.append(row)
    return rows


def share_columns(found: dict[str, Any], which: str) -> dict[str, float | None]:
    """The shares of worlds over some draws as columns: by estimator with interval, nothing seen, no market, first stage felt."""
    shares, columns = found["shares"], {}
    for what in ("side", "beyond"):
        for name in ESTIMATORS:
            one = shares[what][name] if shares else dict.fromkeys(("share", "low", "high"))
            columns |= {
                f"{which}_{what}_{name}{end}": one[key] for key, end in (("share", ""), ("low", "_low"), ("high", "_high"))
            }
    stage = found["first_stage"]
    columns[f"{which}_unseen"] = shares["unseen"] if shares else None
    columns[f"{which}_without_market"] = found["without_market"]
    columns[f"{which}_first_stage"] = stage["normal"]["share"] if stage else None
    return columns


def _write_csv(path: Path, columns: Sequence[str], rows: list[dict[str, Any]]) -> None:
    """A table with every digit of every number; what is missing is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, text.getvalue().encode())


def copy_figure(source: Path, folder: Path, name: str) -> None:
    """The main figure of a result, under the name of its subject."""
    shutil.copyfile(source / f"{RESULT}.png", folder / "figures" / f"{name}.png")


def write_manifest(folder: Path, made_from: dict[str, Path]) -> None:
    """Write what made the set, and the hash of every file in it. StoreError if the set is too large to be kept.

    It is written without line breaks: it has every number of every draw of the posterior.
    """
    manifests = {name: Store.view(path).manifest for name, path in made_from.items()}
    summaries = {name: read_json(path / "summary.json") for name, path in made_from.items()}
    hashes = {name: summary["rows_sha256"] for name, summary in summaries.items() if "rows_sha256" in summary}
    files = {path.relative_to(folder).as_posix(): hash_file(path) for path in sorted(folder.rglob("*")) if path.is_file()}
    manifest = {"command": COMMAND, **manifests, "rows_sha256": hashes, "files": files}
    write_atomically(folder / MANIFEST_FILE, json.dumps(manifest, allow_nan=False).encode())
    size = size_of(folder)
    if size > MOST_BYTES:
        raise StoreError(f"the set has {size / 1e6:.1f} MB, and {MOST_BYTES / 1e6:g} are allowed: make the figures smaller")


def replace_folder(draft: Path, output: Path) -> None:
    """Put a finished folder where an older one may be."""
    old = output.with_name(f".{output.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if output.exists():
        os.replace(output, old)
    os.replace(draft, output)
    shutil.rmtree(old, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
