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
from experiments.statistics.intervals import mean_interval
from experiments.store.files import StoreError, write_atomically
from sim.configuration import ConfigurationError, compose, parameter_table, set_path
from sim.configuration.yaml_files import read_mapping
from sim.evidence import evidence
from sim.initialisation.geography import places
from sim.measures.formulas import Window
from sim.parameters.constants import ADULT_AGE, DAYS_A_YEAR
from sim.simulation import Simulation
from sim.state.records import BETWEEN, IN_PLAN

DAYS_WORKED = 218 / 365  # of an inspector's days
COMMAND = "python -m experiments.calibration.levels"
FIRST, DAYS = 180, 730  # days compared; day 0 to FIRST is burn-in


@dataclasses.dataclass(frozen=True)
class Record:
    """A public count and what the model has in its place.

    Attributes
    ----------
    cites
        E- and R-numbers it is computed from.
    target, low, high
        The value and the range that the records leave.
    simulate
        From a world that was run and the sums of its ledger to the same quantity.
    """

    name: str
    unit: str
    cites: str
    target: float
    low: float
    high: float
    simulate: Callable[[Simulation, Window], float]
    market: str = ""  # the only preset it is about


@dataclasses.dataclass(frozen=True)
class Level:
    """Parameters multiplied by one factor, and the record they are fitted to, which must rise with them."""

    name: str
    keys: tuple[str, ...]
    record: str
    power: float  # of record over simulation, in each round
    source: str


def inhabitants_of_france() -> float:
    """Inhabitants of the 96 départements."""
    return float(sum(place.population for place in places("france")))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _minors(run: Simulation) -> np.ndarray:
    """Ages in years of the minors exploited on the last day."""
    people = run.world.prostitutes[: run.world.counts[0].prostitutes]
    held = np.isin(people["status"], (IN_PLAN, BETWEEN))
    ages = (run.day - people["birth_day"][held]) / DAYS_A_YEAR
    return ages[ages < ADULT_AGE]


def _inhabitants(run: Simulation) -> float:
    return float(run.world.territories["population"].sum())


@functools.cache
def records() -> dict[str, Record]:
    """The records by name, with their values from the table of evidence."""
    row, hundred_thousands = evidence(), inhabitants_of_france() / 1e5
    victims, persons, minors = (float(row[name].value) for name in ("R02", "R14", "E19"))
    suspects, fined, young = (float(row[name].value) for name in ("R04", "R12", "R03"))
    networks, victims_then = float(row["R13"].value), float(row["R01"].value)
    found = (
        Record("victims recognised", "per person-year exploited", "R01, R02, R14", victims / persons,
               victims_then / float(row["R14"].high), victims / float(row["R14"].low),
               lambda run, w: _ratio(365.0 * w.recognised, w.exploited)),
        Record("Plans found by a report", "per Plan found by police themselves", "E33", 1.5, 1.0, 4.0,
               lambda run, w: _ratio(w.found_by_report, w.found_by_visit + w.found_by_patrol + w.found_online)),
        Record("networks dismantled", "per victim recognised", "R01, R02, R13", networks / victims_then, networks / victims,
               float(row["R13"].high) / victims_then, lambda run, w: _ratio(w.cases_completed, w.recognised)),
        Record("suspects", "per victim recognised", "R02, R04", suspects / victims, 0.6, 1.5,
               lambda run, w: _ratio(w.bosses_arrested + w.providers_arrested, w.recognised)),
        Record("minors recognised", "per person-year of minors exploited", "R03, E19", young / minors, 0.03, 0.09,
               lambda run, w: _ratio(365.0 * w.minors_recognised, w.minors_exploited)),
        Record("clients fined", "fines/100,000 inhabitants/year", "R12", fined / hundred_thousands,
               0.9 * fined / hundred_thousands, 1.1 * fined / hundred_thousands,
               lambda run, w: _ratio(1e5 * 365.0 * w.fines, w.days * _inhabitants(run))),
        Record("minors exploited", "persons/100,000 inhabitants", "E19", minors / hundred_thousands,
               float(row["E19"].low) / hundred_thousands, float(row["E19"].high) / hundred_thousands,
               lambda run, w: _ratio(1e5 * w.minors_exploited, w.days * _inhabitants(run)), "france"),
        Record("mean age of minors exploited", "years", "E24", float(row["E24"].value), 16.0, 16.8,
               lambda run, w: float(_minors(run).mean()) if _minors(run).size else math.nan),
        Record("mean age of persons exploited", "years", "E06", float(row["E06"].value), 17.2, 18.2,
               lambda run, w: _ratio(w.person_age_days, DAYS_A_YEAR * w.persons_present)),
        Record("ads identified by services", "ads/year", "E47", float(row["E47"].value), 300.0, 500.0,
               lambda run, w: 365.0 * w.ads_identified / w.days, "herault"),
        Record("turnover", "EUR/person-year exploited", "R15", float(row["R15"].value), float(row["R15"].low),
               float(row["R15"].high), lambda run, w: _ratio(365.0 * w.payments / 100.0, w.exploited)),
        Record("persons exploited", "persons/100,000 inhabitants", "E18", float(row["E18"].value) / hundred_thousands, 15.0, 60.0,
               lambda run, w: _ratio(1e5 * w.exploited, w.days * _inhabitants(run)), "france"),
        Record("growth without a policy", "second half over first", "stationary", 1.0, 0.95, 1.05, _growth),
    )  # fmt: skip
    return {record.name: record for record in found}


def _growth(run: Simulation, window: Window) -> float:
    middle = (FIRST + DAYS) // 2
    return _ratio(Window(run, middle, DAYS).exploited, Window(run, FIRST, middle).exploited)


LEVELS = (
    Level("yield of police", ("enforcement.yield_factor",), "victims recognised", 0.8, "R01, R02, R14"),
    Level("answers to reports", ("enforcement.response_chance",), "Plans found by a report", 0.8, "E33"),
    Level("work on files", ("casework.evidence_day",), "networks dismantled", 0.4, "R13"),
    Level("arrests", ("enforcement.boss_present", "enforcement.provider_arrested"), "suspects", 0.8, "R02, R04"),
    Level("fines", ("enforcement.fines_per_inspector_day",), "clients fined", 1.0, "R12"),
    Level("youngest age at entry", ("entry.age_low",), "mean age of minors exploited", 1.0, "E24"),
    Level("mean age at entry", ("entry.age_mean",), "mean age of persons exploited", 0.8, "E06"),
    Level("outreach on web sites", ("outreach.personal_hours", "outreach.mass_hours"), "ads identified by services", 1.5, "E47"),
)  # fmt: skip


def capacity() -> float:
    """Inspector-days per 100,000 inhabitants and day: the geometric middle of the posts reported (R20)."""
    posts = evidence()["R20"]
    return round(math.sqrt(float(posts.low) * float(posts.high)) * DAYS_WORKED / inhabitants_of_france() * 1e5, 2)


def start() -> dict[str, float]:
    """Levels before the first round: those of the model, with the capacity of police that the posts give."""
    values = {key: float(_parameters()[key]["default"]) for level in LEVELS for key in level.keys}
    return values | {"enforcement.inspector_days_per_100k": capacity()}


def simulate(values: dict[str, float], market: str, seeds: int) -> dict[str, np.ndarray]:
    """Each record's quantity in worlds of seeds 1, 2, ..., float64[seeds]."""
    parameters = compose(market, overrides={"days": DAYS, "burn_in": FIRST} | values)
    found: dict[str, list[float]] = {name: [] for name, record in records().items() if record.market in ("", market)}
    for seed in range(1, seeds + 1):
        run = Simulation(parameters.model_copy(update={"seed": seed}))
        run.run()
        window = Window(run, FIRST, DAYS)
        for name, numbers in found.items():
            numbers.append(records()[name].simulate(run, window))
    return {name: np.array(numbers) for name, numbers in found.items()}


def fit(market: str, seeds: int, rounds: int, report: Callable[[int, dict[str, float]], None]) -> dict[str, float]:
    """The levels after so many rounds, by configuration path, to three figures."""
    values = start()
    for number in range(rounds):
        found = {name: _mean(numbers) for name, numbers in simulate(values, market, seeds).items()}
        for level in LEVELS:
            if not found.get(level.record, 1.0) > 0.0:
                raise ConfigurationError(f"{level.record}: nothing of it in {seeds} worlds of {market}; give more --seeds")
        report(number + 1, found)
        for level in (level for level in LEVELS if level.record in found):
            target = records()[level.record].target
            factor = (target / found[level.record]) ** level.power
            values |= {key: _inside(key, values[key] * factor) for key in level.keys}
    return {key: float(f"{value:.3g}") for key, value in values.items()}


def _mean(numbers: np.ndarray) -> float:
    """The mean over the worlds in which a quantity is known; NaN if there is none."""
    known = numbers[np.isfinite(numbers)]
    return float(known.mean()) if known.size else math.nan


def _inside(key: str, value: float) -> float:
    """The value, cut to the range of its parameter."""
    return min(max(value, _parameters()[key]["low"]), _parameters()[key]["high"])


@functools.cache
def _parameters() -> dict[str, dict]:
    """Every parameter by its path."""
    return {row["key"]: row for row in parameter_table()}


def table_of_records(values: dict[str, float], market: str, seeds: int) -> list[str]:
    """Each record with its range beside the simulation, the residual in percent, and the level fitted to it."""
    fitted = {level.record: level.name for level in LEVELS}
    rows = []
    for name, numbers in simulate(values, market, seeds).items():
        record, found = records()[name], mean_interval(numbers[np.isfinite(numbers)])
        inside = "" if record.low <= found.estimate <= record.high else "outside"
        cells = [f"{record.target:.3g}", f"{record.low:.3g} to {record.high:.3g}"]
        cells += [f"{found.estimate:.3g} ({found.low:.3g} to {found.high:.3g})", f"{_off(found.estimate, record):+.0f} %", inside]
        rows.append([name, record.unit, record.cites, *cells, fitted.get(name, "none")])
    header = ["record", "unit", "source", "value", "range", "simulated (95 %)", "residual", "", "level fitted to it"]
    return text_table(rows, header, indent=0)


def table_of_levels(values: dict[str, float]) -> list[str]:
    """Each parameter of a level: before, after, and what it is fitted to."""
    named = {key: level for level in LEVELS for key in level.keys}
    rows = []
    for key, value in values.items():
        level = named.get(key)
        why = [level.name, level.record, level.source] if level else ["capacity of police", "posts of investigators", "R20"]
        rows.append([key, str(_parameters()[key]["default"]), str(value), _parameters()[key]["unit"], *why])
    return text_table(rows, ["parameter", "default", "fitted", "unit", "level", "record", "source"], indent=0)


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
        compared = table_of_records(values, given.market, given.seeds)
        print("\n".join(["", *table_of_levels(values), "", *compared]))
        if given.write:
            write_atomically(given.write, as_structure(values).encode())
    except (ConfigurationError, StoreError) as problem:
        print(f"levels: {problem}", file=sys.stderr)
        return 2
    return 0


def report_round(number: int, found: dict[str, float]) -> None:
    """Say how far the worst fitted record is, on the error stream."""
    fitted = [level for level in LEVELS if level.record in found]
    worst = max(fitted, key=lambda level: abs(math.log(found[level.record] / records()[level.record].target)))
    off = _off(found[worst.record], records()[worst.record])
    print(f"round {number}: farthest is {worst.record}, {off:+.0f} %", file=sys.stderr)


def _off(found: float, record: Record) -> float:
    """Residual in percent."""
    return 100.0 * (found / record.target - 1.0)


if __name__ == "__main__":
    sys.exit(main())
