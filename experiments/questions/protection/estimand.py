"""Protection: do distant beds and quick answers turn contacts into lasting exits, and does undercover inquiry undo it?

A factorial of three: outreach with quick answers, beds far away instead of nearby (equally many), and
undercover inquiry on the sites on which teams write. The cohort are the persons exploited on the first
morning of the policy; it is the same in all worlds. A lasting exit is 365 days out, observed and
never produced by the length of a stay.

All contrasts are on the additive scale. The primary one is outreach and distant beds together against
neither, averaged over undercover inquiry: the sum of their two main effects. It is the first clause of
the claim, and the only contrast that a small effect leaves measurable: an interaction is a difference of
differences, has twice the standard error, and is squeezed by how many leave in any case. The interactions,
that of outreach and undercover inquiry among them, are parts with intervals of their own.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from experiments.questions.cohorts import check_horizon, incidence_by_world, pooled
from experiments.questions.estimand import Context, Finding, clearness, column, known, part
from experiments.statistics.intervals import mean_if_known, mean_interval, to_json
from sim.initialisation.attributes import DAYS_A_YEAR
from sim.parameters import Group, Parameters, number
from sim.state.records import BETWEEN, IN_CARE, IN_PLAN, INDEPENDENT, OUT

FACTORS = ("outreach", "distant", "undercover")
ELSEWHERE, OUT_FOR_GOOD, OUT_LESS, IN_A_BED, ON_THEIR_OWN = 0, 1, 2, 3, 4
FATES = {OUT_FOR_GOOD: "lasting", OUT_LESS: "out_less", IN_A_BED: "in_care", ON_THEIR_OWN: "independent"}
LASTING_DAYS = 365
UNIT = "percentage points"
_ANSWERS = ("answers_personal", "answers_mass")
KEPT = (
    "beds_near", "beds_distant", "personal_messages", "mass_messages", "street_contacts", "answers_personal", "answers_mass",
    "answers_lost", "meetings_personal", "meetings_mass", "meetings_street", "accompanied", "left_accompanied", "placed_near",
    "placed_distant", "no_bed", "found_again", "ran_away_from_care", "recognised", "found_online",
)  # fmt: skip


class Options(Group):
    """Numbers of the estimand."""

    followed_days: int = number(1095, "days", 366, 4000, "model", "time for which the cohort is followed")
    look_days: int = number(28, "days", 1, 182, "model", "interval at which it is looked who is out")
    first_stage_rise: float = number(0.5, "share", 0.0, 100.0, "model", "least rise of accompaniment by outreach")


def name_of(levels: tuple[int, ...]) -> str:
    """Name of the arm with these levels of the factors, 0 or 1 each."""
    return "_".join(factor for factor, level in zip(FACTORS, levels, strict=True) if level) or "base"


LEVELS = {name_of(levels): levels for levels in itertools.product((0, 1), repeat=len(FACTORS))}
ARMS = tuple(LEVELS)


def prepare(context: Context, arms: dict[str, Parameters]) -> Context:
    """ConfigurationError if the worlds end before the cohort has been followed."""
    check_horizon(context)
    return context


def observe(world, windows, options: dict[str, Any]) -> dict[str, Any]:
    """Run a world to its horizon and keep the fates of the cohort and the funnel from contact to bed.

    Fates are sorted, so that nobody can be matched with their twin.
    """
    start = world.day
    people = world.world.prostitutes[: world.world.counts[0].prostitutes]
    cohort = np.flatnonzero((people["status"] == IN_PLAN) | (people["status"] == BETWEEN))
    minor = start - people["birth_day"][cohort] < 18.0 * DAYS_A_YEAR
    lasting = np.full(cohort.size, -1)
    end = start + options["followed_days"]
    status = people["status"][cohort]
    while world.day < world.days:
        world.run(min(options["look_days"], (end if world.day < end else world.days) - world.day))
        if world.day <= end:
            now = world.world.prostitutes[cohort]
            status, since = now["status"], now["status_since"]
            new = (lasting < 0) & (status == OUT) & (world.day - since >= LASTING_DAYS)
            lasting[new] = since[new] + LASTING_DAYS - start
    days, kinds = fates(status, lasting, options["followed_days"])
    kept: dict[str, Any] = {"cohort": int(cohort.size), "cohort_minors": int(minor.sum())}
    for whose, chosen in (("", np.ones(cohort.size, dtype=bool)), ("minor_", minor)):
        order = np.lexsort((kinds[chosen], days[chosen]))
        kept[f"{whose}exit_days"] = days[chosen][order].tolist()
        kept[f"{whose}exit_kinds"] = kinds[chosen][order].tolist()
    ledger = world.world.ledger[start:end]
    return kept | {name: float(ledger[name].sum()) for name in KEPT}


def fates(status: np.ndarray, lasting: np.ndarray, followed: int) -> tuple[np.ndarray, np.ndarray]:
    """(days, kinds): when each has been out for a year (-1: never so far), else where they are at the end.

    Other ways out compete with the lasting exit as they stand on the last day: out for less than a year,
    in care, independent. All others are exploited or at risk.
    """
    at_end = np.select([status == OUT, status == IN_CARE, status == INDEPENDENT], [OUT_LESS, IN_A_BED, ON_THEIR_OWN], ELSEWHERE)
    kinds = np.where(lasting >= 0, OUT_FOR_GOOD, at_end)
    return np.where(lasting >= 0, lasting, followed).astype(int), kinds.astype(int)


def contrast(by_arm: dict[str, np.ndarray], *factors: str) -> np.ndarray:
    """Main effect of one factor, or interaction of several, on the additive scale, float[sets].

    A main effect is the mean difference between its levels; an interaction is the difference of
    differences, averaged over the levels of the other factors.
    """
    total = np.zeros(len(next(iter(by_arm.values()))))
    for arm, levels in LEVELS.items():
        sign = 1.0
        for factor in factors:
            sign *= 1.0 if levels[FACTORS.index(factor)] else -1.0
        total = total + sign * by_arm[arm]
    return total / 2 ** (len(FACTORS) - len(factors))


def estimate(rows: dict, context: Context) -> Finding:
    """Outreach and distant beds together against neither, and all other contrasts, over the sets of worlds of a scenario."""
    horizon = float(context.options.followed_days)
    size = column(rows, "base", "cohort")
    shares = {arm: _incidence(rows, arm, "", horizon) for arm in ARMS}
    lasting = {arm: pooled(table[:, 0], size) for arm, table in shares.items()}
    young = column(rows, "base", "cohort_minors")
    minors = {arm: pooled(_incidence(rows, arm, "minor_", horizon)[:, 0], young) for arm in ARMS}
    neither, both = (0.5 * (lasting[name_of((on, on, 0))] + lasting[name_of((on, on, 1))]) for on in (0, 1))
    return Finding.of_mean(
        both - neither,
        first_stage=_first_stage(rows, context),
        parts=_parts(rows, lasting, minors),
        margin=min(_margins(rows, context), key=clearness),
        base=known(neither),
        treated=known(both),
        extra={"arms": _arms(shares, lasting, size), "empty_cohorts": int((size == 0).sum())},
    )


def _incidence(rows: dict, arm: str, whose: str, horizon: float) -> np.ndarray:
    """float64[sets, fates]: percent of each cohort by fate."""
    days, kinds = rows[f"{arm}_{whose}exit_days"], rows[f"{arm}_{whose}exit_kinds"]
    return 100.0 * incidence_by_world(days, kinds, horizon, len(FATES))


def _margins(rows: dict, context: Context) -> tuple[np.ndarray, np.ndarray]:
    """float64[sets] each: accompaniment by outreach beyond the least rise, and placements in distant beds."""
    days = {arm: column(rows, arm, "accompanied") for arm in ARMS}
    level = days["base"] + days["distant"] + days["undercover"] + days["distant_undercover"]
    placed = contrast({arm: column(rows, arm, "placed_distant") for arm in ARMS}, "distant")
    return 4.0 * contrast(days, "outreach") - context.options.first_stage_rise * level, placed


def _first_stage(rows: dict, context: Context) -> dict[str, Any]:
    """Outreach must accompany more, and distant beds must take persons who would have had near ones."""
    rise, placed = map(mean_interval, _margins(rows, context))
    share = context.options.first_stage_rise
    return {
        "present": bool(rise.low > 0.0 and placed.low > 0.0),
        "rule": f"lower 95 % bounds: outreach accompanies {100 * share:.0f} % more, and distant beds are used where there are "
        "more",
    }


def _parts(rows: dict, lasting: dict[str, np.ndarray], minors: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """Main effects and interactions, minors apart, and the funnel from contact to bed."""
    effects = (
        ("outreach", "outreach with quick answers"), ("distant", "distant beds in the place of near ones"),
        ("undercover", "undercover inquiry"),
    )  # fmt: skip
    interactions = (
        ("outreach_distant", "outreach x distant beds", ("outreach", "distant")),
        ("outreach_undercover", "outreach x undercover: below 0, inquiry undoes outreach", ("outreach", "undercover")),
        ("distant_undercover", "distant beds x undercover", ("distant", "undercover")),
        ("all_three", "outreach x distant beds x undercover", FACTORS),
    )
    young = (
        ("minors", "outreach and distant beds together, minors", contrast(minors, "outreach") + contrast(minors, "distant")),
        ("minors_outreach", "outreach with quick answers, minors", contrast(minors, "outreach")),
        ("minors_distant", "distant beds in the place of near ones, minors", contrast(minors, "distant")),
        ("minors_outreach_undercover", "outreach x undercover, minors", contrast(minors, "outreach", "undercover")),
    )
    funnel = (
        ("answers", "answers on web sites", _ANSWERS, "undercover", "by undercover inquiry", "answers a world"),
        ("accompanied", "accompaniment", ("accompanied",), "outreach", "by outreach", "person-days a world"),
        ("left", "exits of persons accompanied", ("left_accompanied",), "outreach", "by outreach", "persons a world"),
        ("found", "found again by the Boss in care", ("found_again",), "distant", "by distant beds", "persons a world"),
        ("beds", "beds, near and distant", ("beds_near", "beds_distant"), "distant", "by distant beds", "bed-days a world"),
        ("cost", "public cost", ("public_cost_eur",), "outreach", "by outreach", "EUR a world"),
    )
    return [
        *(part(name, label, contrast(lasting, name), UNIT) for name, label in effects),
        *(part(name, label, contrast(lasting, *factors), UNIT) for name, label, factors in interactions),
        *(part(name, label, values, UNIT) for name, label, values in young),
        *(
            part(f"change_{name}", f"{label}: change {words}", _change(rows, measures, factor), unit)
            for name, label, measures, factor, words, unit in funnel
        ),
    ]


def _change(rows: dict, measures: tuple[str, ...], factor: str) -> np.ndarray:
    """Main effect of a factor on a sum of measures."""
    return contrast({arm: sum(column(rows, arm, name) for name in measures) for arm in ARMS}, factor)


def _arms(shares: dict[str, np.ndarray], lasting: dict[str, np.ndarray], size: np.ndarray) -> list[dict[str, Any]]:
    """Each arm: its factors, the share out for a year, its gain on the base, and where the others are at the end."""
    table = []
    for arm, levels in LEVELS.items():
        gain = to_json(mean_if_known(lasting[arm] - lasting["base"]))
        row = {"arm": arm, "gain": gain["estimate"], "gain_low": gain["low"], "gain_high": gain["high"]}
        for code, fate in FATES.items():
            row[f"{fate}_percent"] = to_json(mean_if_known(pooled(shares[arm][:, code - 1], size)))["estimate"]
        table.append(row | dict(zip(FACTORS, levels, strict=True)) | to_json(mean_if_known(lasting[arm])))
    return table
