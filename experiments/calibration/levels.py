"""`python -m experiments.calibration.levels`: the few levels that public records fix, fitted to them.

Each level is one number, or a factor on several that no record tells apart, and mostly moves one record. So it is enough to
repeat: simulate, and multiply each level by a power of record over simulation. Worlds have equal seeds in every round, so what
is left after the last round is noise of the seeds and what the records contradict in each other; both are printed.

The defaults of the model are the result, and the rounds start from them. Capacity and yield of the police are identified only
as a product: capacity is taken from the posts reported (R20), and yield is fitted. No record kept for validation is used.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import math
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import yaml

from experiments.configuration.composition import leaves_of
from experiments.report.text_table import text_table
from experiments.statistics.intervals import ratio_of_means, to_json
from experiments.store.files import StoreError, write_atomically
from experiments.store.result import interval_text
from experiments.validation.measures import Parts, parts_of, ratio_of_sums
from experiments.validation.patterns import Pattern, read_patterns
from sim.configuration import ConfigurationError, compose, parameter_table, set_path
from sim.configuration.yaml_files import read_mapping
from sim.evidence import evidence
from sim.initialisation.geography import places
from sim.simulation import Simulation

DAYS_WORKED = 218 / 365  # of an inspector's days
COMMAND = "python -m experiments.calibration.levels"
FIRST, DAYS = 180, 730  # days compared; day 0 to FIRST is burn-in


@dataclasses.dataclass(frozen=True)
class Level:
    """Parameters multiplied by one factor, and the pattern they are fitted to, whose measure must rise with them."""

    name: str
    keys: tuple[str, ...]
    pattern: str
    power: float  # of record over simulation, in each round
    source: str
    reach: float = 4.0  # a calibration draws it between its default divided and multiplied by this


def inhabitants_of_france() -> float:
    """Inhabitants of the 96 départements."""
    return float(sum(place.population for place in places("france")))


LEVELS = (
    Level("yield of police", ("enforcement.yield_factor",), "R02", 0.8, "R01, R02, R14"),
    Level("answers to reports", ("enforcement.response_chance",), "E33", 0.8, "E33"),
    Level("work on files", ("casework.evidence_day",), "R13", 0.4, "R13"),
    Level("arrests", ("enforcement.boss_present", "enforcement.provider_arrested"), "R04", 0.8, "R02, R04"),
    Level("fines", ("enforcement.fines_per_inspector_day",), "R12", 1.0, "R12"),
    Level("youngest age at entry", ("entry.age_low",), "E24", 1.0, "E24", 1.08),
    Level("mean age at entry", ("entry.age_mean",), "E06", 0.8, "E06", 1.08),
    Level("outreach on web sites", ("outreach.personal_hours", "outreach.mass_hours"), "E47", 1.5, "E47"),
)  # fmt: skip


def capacity() -> float:
    """Inspector-days per 100,000 inhabitants and day: the geometric middle of the posts reported (R20)."""
    posts = evidence()["R20"]
    return round(math.sqrt(float(posts.low) * float(posts.high)) * DAYS_WORKED / inhabitants_of_france() * 1e5, 2)


def start() -> dict[str, float]:
    """Levels before the first round: those of the model, with the capacity of police that the posts give."""
    values = {key: float(_parameters()[key]["default"]) for level in LEVELS for key in level.keys}
    return values | {"enforcement.inspector_days_per_100k": capacity()}


@functools.cache
def compared(market: str) -> dict[str, Pattern]:
    """The patterns that a level is fitted to, or that are calibrated, which `market` can show without a policy."""
    fitted = {level.pattern for level in LEVELS}
    return {
        name: pattern
        for name, pattern in read_patterns().patterns.items()
        if (pattern.tag == "calibrated" or name in fitted) and pattern.market in ("", market)
    }


def simulate(values: dict[str, float], market: str, seeds: int) -> dict[str, np.ndarray]:
    """Parts of each pattern's measure in worlds of seeds 1, 2, ..., float64[seeds, 2]."""
    parameters = compose(market, overrides={"days": DAYS, "burn_in": FIRST} | values)
    found: dict[str, list[Parts]] = {name: [] for name in compared(market)}
    for seed in range(1, seeds + 1):
        run = Simulation(parameters.model_copy(update={"seed": seed}))
        run.run()
        parts = parts_of(run, [pattern.measure for pattern in compared(market).values()], FIRST, DAYS)
        for name, pattern in compared(market).items():
            found[name].append(parts[pattern.measure])
    return {name: np.array(parts) for name, parts in found.items()}


def fit(market: str, seeds: int, rounds: int, report: Callable[[int, dict[str, float]], None]) -> dict[str, float]:
    """The levels after so many rounds, by configuration path, to three figures."""
    values, patterns = start(), compared(market)
    for number in range(rounds):
        found = {name: ratio_of_sums(parts) for name, parts in simulate(values, market, seeds).items()}
        for level in LEVELS:
            if level.pattern in patterns and not (found[level.pattern] or 0.0) > 0.0:
                label = patterns[level.pattern].label
                raise ConfigurationError(f"{label}: nothing of it in {seeds} worlds of {market}; give more --seeds")
        report(number + 1, found)
        for level in (level for level in LEVELS if level.pattern in patterns):
            factor = (patterns[level.pattern].target / found[level.pattern]) ** level.power
            values |= {key: _inside(key, values[key] * factor) for key in level.keys}
    return {key: float(f"{value:.3g}") for key, value in values.items()}


def _inside(key: str, value: float) -> float:
    """The value, cut to the range of its parameter."""
    return min(max(value, _parameters()[key]["low"]), _parameters()[key]["high"])


@functools.cache
def _parameters() -> dict[str, dict]:
    """Every parameter by its path."""
    return {row["key"]: row for row in parameter_table()}


def table_of_patterns(values: dict[str, float], market: str, seeds: int) -> list[str]:
    """Each pattern with its range beside the simulation, the residual in percent, and the level fitted to it."""
    fitted = {level.pattern: level.name for level in LEVELS}
    rows = []
    for name, parts in simulate(values, market, seeds).items():
        pattern, found = compared(market)[name], ratio_of_means(*parts.T)
        cells = [name, pattern.label, pattern.unit, f"{pattern.target:.3g}", f"{pattern.low:.3g} to {pattern.high:.3g}"]
        cells.append(interval_text(to_json(found)))
        cells += [f"{_off(found.estimate, pattern):+.0f} %", "" if pattern.is_met_by(found.estimate) else "outside"]
        rows.append([*cells, fitted.get(name, "none")])
    header = ["pattern", "", "unit", "value", "range", "simulated (95 %)", "residual", "", "level fitted to it"]
    return text_table(rows, header, indent=0)


def table_of_levels(values: dict[str, float]) -> list[str]:
    """Each parameter of a level: before, after, and what it is fitted to."""
    named = {key: level for level in LEVELS for key in level.keys}
    rows = []
    for key, value in values.items():
        level = named.get(key)
        why = [level.name, level.pattern, level.source] if level else ["capacity of police", "posts of investigators", "R20"]
        rows.append([key, str(_parameters()[key]["default"]), str(value), _parameters()[key]["unit"], *why])
    return text_table(rows, ["parameter", "default", "fitted", "unit", "level", "pattern", "source"], indent=0)


def as_structure(values: dict[str, float]) -> str:
    """The levels as a file of `configs/structure/`."""
    tree: dict = {}
    for key, value in values.items():
        set_path(tree, key, value)
    head = f"# @package _global_\n# Levels fitted to public records (R01 to R20, E06, E24, E33, E47): `{COMMAND} --write`.\n"
    return head + yaml.safe_dump(tree, sort_keys=False)


def read_levels(path: Path) -> dict[str, float]:
    """The levels of such a file, by configuration path."""
    return dict(leaves_of(read_mapping(path)))


def main(arguments: list[str] | None = None) -> int:
    """Fit, print both tables, and write the set if asked; returns the exit status."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Fit the levels that public records fix, and print both.")
    parser.add_argument("--market", default="herault", help="preset in which they are fitted (default: herault)")
    parser.add_argument("--seeds", type=int, default=24, help="worlds of each round (default: 24)")
    parser.add_argument("--rounds", type=int, default=8, help="rounds (default: 8)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the levels as a set for configs/structure/")
    parser.add_argument("--check", nargs="?", const="", metavar="FILE",
                        help="fit nothing: compare the defaults, or a set written before, with the records")  # fmt: skip
    given = parser.parse_args(arguments)
    if given.seeds < 2 or given.rounds < 1:
        parser.error(f"--seeds={given.seeds} --rounds={given.rounds}: at least 2 seeds and 1 round are needed")
    try:
        if given.check is None:
            values = fit(given.market, given.seeds, given.rounds, report_round)
        else:
            values = read_levels(Path(given.check)) if given.check else start()
        residuals = table_of_patterns(values, given.market, given.seeds)
        print("\n".join(["", *table_of_levels(values), "", *residuals]))
        if given.write:
            write_atomically(given.write, as_structure(values).encode())
    except (ConfigurationError, StoreError) as problem:
        print(f"levels: {problem}", file=sys.stderr)
        return 2
    return 0


def report_round(number: int, found: dict[str, float]) -> None:
    """Say how far the worst fitted pattern is, on the error stream."""
    patterns = read_patterns().patterns
    fitted = [level.pattern for level in LEVELS if level.pattern in found]
    worst = max(fitted, key=lambda name: abs(math.log(found[name] / patterns[name].target)))
    off = _off(found[worst], patterns[worst])
    print(f"round {number}: farthest is {worst}, {patterns[worst].label}, {off:+.0f} %", file=sys.stderr)


def _off(found: float, pattern: Pattern) -> float:
    """Residual in percent."""
    return 100.0 * (found / pattern.target - 1.0)


if __name__ == "__main__":
    sys.exit(main())
