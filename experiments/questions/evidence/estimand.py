"""Evidence: how many Bosses are ever made the subject of a completed case, with files kept by units or centrally.

Files lie with the unit of a territory. When a network begins a Plan in another jurisdiction, a silo
keeps only part of what was known; central intelligence keeps it (E41). The cohort are the Bosses in
the market on the first morning of the policy against whom no case has been completed yet: it is the
same in both worlds. Those who leave the market for good first can no longer be caught.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.questions.cohorts import check_horizon, incidence_by_world, pooled
from experiments.questions.estimand import (
    EXPLOITATION_DAYS,
    Context,
    Finding,
    change,
    column,
    curve_of,
    exploitation_days,
    known,
    part,
    part_of,
)
from experiments.statistics.intervals import mean_interval, ratio_of_means
from sim.parameters import Group, Parameters, number
from sim.state.ledger import EXPLOITATION_NAMES
from sim.state.records import LEFT

ARMS = ("silo", "central")
STILL_THERE, CASE_COMPLETED, LEFT_FOR_GOOD = 0, 1, 2
EXITS = (CASE_COMPLETED, LEFT_FOR_GOOD)
CURVE_STEP = 91  # days between the points of the curves
A_YEAR = ("evidence_lost_by_moves", "evidence_lost_by_replacement", "files_opened", "cases_completed")


class Options(Group):
    """Numbers of the estimand."""

    followed_days: int = number(1095, "days", 28, 4000, "model", "time the cohort is followed")
    look_days: int = number(28, "days", 1, 365, "model", "interval of looking who has left")
    first_stage_fall: float = number(0.5, "share of the twin's level", 0.0, 1.0, "model", "least fall of evidence lost")


def prepare(context: Context, arms: dict[str, Parameters]) -> Context:
    """ConfigurationError if the worlds end before the cohort has been followed."""
    check_horizon(context)
    return context


def observe(world, windows, options: dict[str, Any]) -> dict[str, Any]:
    """Run a world to its horizon and keep the fates of the cohort, and what became of evidence and of persons.

    The day on which a case was completed is exact, the day of leaving is that of the next look. Fates are
    sorted, so that no Boss can be matched with their twin.
    """
    start = world.day
    bosses = world.world.bosses[: world.world.counts[0].bosses]
    cohort = np.flatnonzero((bosses["status"] != LEFT) & (bosses["case_day"] < 0))
    gone = np.full(cohort.size, -1)
    while world.day < world.days:
        world.run(min(options["look_days"], world.days - world.day))
        left = world.world.bosses["status"][cohort] == LEFT
        gone[left & (gone < 0)] = world.day - start
    days, kinds = fates(world.world.bosses["case_day"][cohort] - start, gone, world.days - start)
    ledger = world.world.ledger[start : world.days]
    years = (world.days - start) / 365.0
    kept: dict[str, Any] = {"cohort": int(cohort.size), "exit_days": days.tolist(), "exit_kinds": kinds.tolist()}
    kept |= {name: float(ledger[name].sum()) / years for name in A_YEAR}
    kept |= {name: float(ledger[name].mean()) for name in EXPLOITATION_DAYS}
    return kept


def fates(case: np.ndarray, gone: np.ndarray, last: int) -> tuple[np.ndarray, np.ndarray]:
    """(days, kinds) of the first exit of each Boss, sorted; days since the start, negative where there was none.

    One still in the market is followed to the last day. Nobody who has left can have a case completed later.
    """
    kinds = np.where(case >= 0, CASE_COMPLETED, np.where(gone >= 0, LEFT_FOR_GOOD, STILL_THERE))
    days = np.where(case >= 0, case, np.where(gone >= 0, gone, last))
    order = np.lexsort((kinds, days))
    return days[order].astype(int), kinds[order].astype(int)


def estimate(rows: dict, context: Context) -> Finding:
    """The gain from central intelligence over the pairs of one scenario; intervals are 95 % over pairs."""
    horizon = float(context.options.followed_days)
    size = column(rows, "silo", "cohort")
    shares = {arm: incidence_by_world(rows[f"{arm}_exit_days"], rows[f"{arm}_exit_kinds"], horizon, len(EXITS)) for arm in ARMS}
    cases = {arm: 100.0 * table[:, 0] for arm, table in shares.items()}
    gain = pooled(cases["central"] - cases["silo"], size)
    lost = {arm: column(rows, arm, "evidence_lost_by_moves") / 1e6 for arm in shares}
    saved = mean_interval(lost["central"] - lost["silo"])
    fall = context.options.first_stage_fall
    return Finding.of_mean(
        gain,
        first_stage={
            "present": bool(lost["silo"].mean() > 0.0 and saved.high < -fall * lost["silo"].mean()),
            "rule": f"upper 95 % bound of the change in evidence lost between units below -{100 * fall:.0f} % of the silo's",
        },
        parts=_parts(rows, shares, lost),
        margin=(1.0 - fall) * lost["silo"] - lost["central"],
        base=known(pooled(cases["silo"], size)),
        treated=known(pooled(cases["central"], size)),
        extra={"empty_cohorts": int((size == 0).sum())},
    )


def _parts(rows: dict, shares: dict[str, np.ndarray], lost: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """Both worlds' shares and competing exits, the evidence lost on the way, and what it means for persons and costs."""
    size = column(rows, "silo", "cohort")
    replaced = {arm: column(rows, arm, "evidence_lost_by_replacement") / 1e6 for arm in shares}
    cases = {arm: 100.0 * table[:, 0] for arm, table in shares.items()}
    left = {arm: 100.0 * table[:, 1] for arm, table in shares.items()}
    both = (
        ("share", "completed case", {arm: pooled(cases[arm], size) for arm in cases}, "% of the cohort"),
        ("left", "left for good first", {arm: pooled(left[arm], size) for arm in left}, "% of the cohort"),
        ("lost", "evidence lost between units", lost, "completed cases' worth a year"),
        ("replaced", "evidence lost with Providers replaced", replaced, "completed cases' worth a year"),
    )
    return [
        *(part(f"{name}_{arm}", f"{label}, {arm}", by[arm], unit) for name, label, by, unit in both for arm in by),
        part_of("times_as_many", "completed cases, central against silo", _times(cases, size), "times as many"),
        part(
            "cases", "completed cases of all Bosses, change", change(rows, "cases_completed", "central", "silo"), "cases a year"
        ),
        *(
            part(f"{whose}{measure}", f"{who}{label}, change", _exploitation(rows, measure, bool(whose)), "person-days a day")
            for measure, label in EXPLOITATION_NAMES.items()
            for whose, who in (("", ""), ("minors_", "minors "))
        ),
        part("public_cost", "public cost, change", change(rows, "public_cost_eur", "central", "silo"), "EUR a world"),
    ]


def _times(cases: dict[str, np.ndarray], size: np.ndarray):
    """Cases in the central world over cases in the silo's: a ratio of means."""
    counts = {arm: np.where(size > 0.0, values, 0.0) * size for arm, values in cases.items()}
    return ratio_of_means(counts["central"], counts["silo"])


def _exploitation(rows: dict, measure: str, minors: bool) -> np.ndarray:
    return sum(change(rows, name, "central", "silo") for name in exploitation_days(measure, minors))


def summarise(context: Context, rows: dict, entries: dict[str, dict]) -> dict[str, Any]:
    """The curves of the main comparison: cumulative shares by day since the start, with intervals.

    Everybody is followed to the horizon, so the share by a day is plainly the number by that day.
    """
    size = column(rows, "silo", "cohort")
    days = np.append(np.arange(0, context.options.followed_days, CURVE_STEP), context.options.followed_days)
    curves: dict[str, Any] = {"days": days.tolist()}
    for arm in ARMS:
        by_day = []
        for day in days:
            found = [
                100.0 * np.sum((np.array(kinds) == CASE_COMPLETED) & (np.array(times) <= day)) / max(len(times), 1)
                for times, kinds in zip(rows[f"{arm}_exit_days"], rows[f"{arm}_exit_kinds"], strict=True)
            ]
            by_day.append(pooled(found, size))
        curves[arm] = curve_of(by_day)
    return {"curves": curves}
