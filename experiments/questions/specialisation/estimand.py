"""Specialisation: over how many hands a Plan's work is split, at equal volume, from street to all online.

Two worlds per seed: all contact in the street, all of it on web sites. Plans are looked at every few days, after
the day's appointments: how many there were, and who held which task. Compared are the distinct holders of
the three tasks whose work grows with the volume (ads and calls, transport, supplies). In the street one
person does it all, the Boss (E63), so a street Plan counts one; a housed Plan counts the Providers who hold
one of the three, which is none where nobody could be found. Watch stays out: its slots follow the number
of persons by a rule, whatever the volume. A part is the count with watch and with the Boss who covers one.

Equal volume: means by class of appointments per day, weighted by one distribution for both worlds (the mean of
theirs), over the classes in which both have Plans. Plan-days of a world are pooled over pairs, so means by
class are ratios of means; intervals are of jackknife pseudo-values over pairs (Tukey 1958).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from experiments.questions.estimand import Context, Finding, column, curve_named, part, part_of
from experiments.statistics.intervals import mean_if_known, ratio_of_means, to_json
from sim.parameters import Group, number
from sim.state.records import BY_BOSS, STREET, VACANT, WATCH

ARMS = ("street", "digital")
CLASSES = ((0, 0), (1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12), (13, 16), (17, 24), (25, None))
LOW, HIGH = (0, 1, 2), (7, 8, 9)  # few and many appointments: rows of CLASSES
TABLES = ("street_days", "housed_days", "holders", "several", "all_holders", "appointments", "slots", "vacant")
HANDS = "holders a Plan"
SHARES, FROM_MIXED = "share_", "from_mixed"  # what the names of the curves begin with

Tables = dict[str, np.ndarray]  # by name: float[..., classes], sums over the Plan-days seen


class Options(Group):
    """Numbers of the estimand."""

    every_days: int = number(8, "days", 1, 365, "model", "days from one look to the next; no multiple of a week")
    least_plan_days: int = number(20, "Plan-days", 1, 100_000, "model", "seen in either world for a class to be compared")
    least_housed: float = number(0.1, "share of Plan-days", 0.0, 1.0, "model", "least rise of the share of housed Plans")


# --- looking at the Plans


def observe(world, windows, options: dict[str, Any]) -> dict[str, Any]:
    """Run a world to its horizon, and look at the running Plans every few days of the adapted window."""
    first, last = windows.adapted
    world.run(first - world.day)
    sums = {name: np.zeros(len(CLASSES)) for name in TABLES}
    while world.day < last:
        look_at_the_plans(world, sums)
        world.run(min(options["every_days"] - 1, last - world.day))
    world.run()
    return {name: table.tolist() for name, table in sums.items()} | {"digital_share": world.parameters.demand.digital_share}


def look_at_the_plans(world, sums: Tables) -> None:
    """Run a day and add what its Plans are like once appointments are made, before anybody leaves or ends.

    Only this day runs phase by phase; the others stay compiled.
    """
    standard = list(world.phases)

    def note(day, seed, state, params):
        running = state.running[: state.counts[0].running]
        for name, values in count_hands(state.plans[running]).items():
            sums[name] += values

    world.insert_phase("look at the Plans", note, after="administration")
    world.run(1)
    world.phases = standard


def count_hands(plans: np.ndarray) -> Tables:
    """Sums over some Plans by class of volume: `TABLES`, float[classes] each."""
    volume = class_of(plans["booked"])
    street = plans["kind"] == STREET
    used = np.arange(plans["slot_holder"].shape[1]) < plans["n_slots"][:, None]
    by_volume = used & (plans["slot_task"] != WATCH)
    holders = distinct(np.where(by_volume, plans["slot_holder"], VACANT))
    bosses = (used & (plans["slot_holder"] == BY_BOSS)).sum(axis=1)
    everybody = distinct(np.where(used, plans["slot_holder"], VACANT)) + bosses
    counted = {
        "street_days": street,
        "housed_days": ~street,
        "holders": holders,  # 0 in the street: what the one there does is no slot
        "several": holders >= 2,
        "all_holders": everybody,
        "appointments": plans["booked"],
        "slots": by_volume.sum(axis=1),
        "vacant": (by_volume & (plans["slot_holder"] == VACANT)).sum(axis=1),
    }
    return {name: np.bincount(volume, values, len(CLASSES)) for name, values in counted.items()}


def class_of(appointments: np.ndarray) -> np.ndarray:
    """Row of `CLASSES` of each number of appointments."""
    return np.searchsorted([first for first, _ in CLASSES], appointments, side="right") - 1


def distinct(holders: np.ndarray) -> np.ndarray:
    """int[plans]: how many different Providers (rows from 0) stand in each line of int[plans, slots]."""
    ordered = np.sort(holders, axis=1)
    new = np.ones(ordered.shape, dtype=bool)
    new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    return (new & (ordered >= 0)).sum(axis=1)


# --- comparing at equal volume


def tables_of(rows: dict, arm: str) -> Tables:
    """float[pairs, classes] by name, of one world of each pair."""
    return {name: column(rows, arm, name) for name in TABLES}


def plan_days(sums: Tables) -> np.ndarray:
    """Plan-days by class."""
    return sums["street_days"] + sums["housed_days"]


def hands(sums: Tables) -> np.ndarray:
    """Mean holders per Plan by class: one in the street, the Providers who hold a task by volume in a housed Plan."""
    return _ratio(sums["street_days"] + sums["holders"], plan_days(sums))


def all_hands(sums: Tables) -> np.ndarray:
    """The same with watch and with the Boss, or Bosses, who cover one."""
    return _ratio(sums["street_days"] + sums["all_holders"], plan_days(sums))


def _ratio(some: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(some, whole, out=np.full(np.shape(some), np.nan), where=whole > 0.0)


def common_classes(street_days: np.ndarray, digital_days: np.ndarray, least: float) -> np.ndarray:
    """bool[classes]: enough Plan-days (float[pairs, classes]) in both worlds, and some whichever pair is left out."""
    both = np.ones(street_days.shape[1], dtype=bool)
    for days in (street_days, digital_days):
        total = days.sum(axis=0)
        both &= (total >= least) & (total > days.max(axis=0))
    return both


def weights(street: Tables, digital: Tables, common: np.ndarray) -> np.ndarray:
    """One distribution of volume for both worlds: the mean of theirs over the common classes."""
    shares = [plan_days(of) * common / max(1.0, float((plan_days(of) * common).sum())) for of in (street, digital)]
    return 0.5 * (shares[0] + shares[1])


def difference(street: Tables, digital: Tables, common: np.ndarray, of: Callable = hands) -> float:
    """Holders per Plan at equal volume: digital minus street."""
    gaps = np.where(common, of(digital) - of(street), 0.0)
    return float((weights(street, digital, common) * gaps).sum())


def inside_housed(street: Tables, digital: Tables, common: np.ndarray, housed: np.ndarray) -> float:
    """The part of the difference that lies within housed Plans (Kitagawa 1955); the rest is street against housed.

    `housed`: the classes in which both worlds have housed Plans; in the others there is nothing to compare.
    """
    share = [_ratio(of["housed_days"], plan_days(of)) for of in (street, digital)]
    each = [_ratio(of["holders"], of["housed_days"]) for of in (street, digital)]
    gaps = np.where(common & housed, 0.5 * (share[0] + share[1]) * (each[1] - each[0]), 0.0)
    return float((weights(street, digital, common) * gaps).sum())


def load_effect(sums: Tables) -> float:
    """Holders in housed Plans with many appointments minus holders in those with few; NaN where there are none of either."""
    many, few = (_share_in(sums, "holders", "housed_days", list(rows)) for rows in (HIGH, LOW))
    return many - few


def _share_in(sums: Tables, some: str, whole: str, rows: list[int] | slice = slice(None)) -> float:
    """A sum over some classes as a share of another; NaN where that is zero."""
    total = float(sums[whole][rows].sum())
    return float(sums[some][rows].sum()) / total if total > 0.0 else np.nan


def jackknife(statistic: Callable[[Tables, Tables], float], street: Tables, digital: Tables) -> np.ndarray:
    """float64[pairs]: pseudo-values of a statistic of the pooled sums, n times it minus n - 1 times it without a pair."""
    n = len(street["street_days"])
    whole = statistic(_pooled(street), _pooled(digital))
    without = np.array([statistic(_pooled(street, pair), _pooled(digital, pair)) for pair in range(n)])
    return n * whole - (n - 1) * without


def _pooled(of: Tables, without: int | None = None) -> Tables:
    """Sums over all pairs, or over all but one."""
    return {name: table.sum(axis=0) - (0.0 if without is None else table[without]) for name, table in of.items()}


# --- the finding


def estimate(rows: dict, context: Context) -> Finding:
    """Distinct holders per Plan at equal volume, digital minus street; intervals are 95 % over pairs."""
    options = context.options
    street, digital = (tables_of(rows, arm) for arm in ARMS)
    common = common_classes(plan_days(street), plan_days(digital), options.least_plan_days)
    housed = common_classes(street["housed_days"], digital["housed_days"], options.least_plan_days)

    def values_of(statistic):
        return jackknife(statistic, street, digital)

    rises = values_of(lambda s, d: _per_plan_day(d, "housed_days") - _per_plan_day(s, "housed_days"))
    rise = mean_if_known(rises)
    return Finding.of_mean(
        values_of(lambda s, d: difference(s, d, common) if common.any() else np.nan),
        first_stage={
            "present": bool(common.any() and rise.low > options.least_housed),
            "rule": f"the share of housed Plans rises: lower 95 % bound above {100 * options.least_housed:.0f} % of Plan-days; "
            "and there are volumes at which both worlds have Plans",
            "change": part_of("housed", "rise of the share of housed Plans", rise, "share of Plan-days"),
        },
        parts=_parts(values_of, common, common & housed),
        margin=rises - options.least_housed,
        extra={
            "digital_share": [float(rows[f"{arm}_digital_share"][0]) for arm in ARMS],
            "outside_common_support": {
                arm: _left_out(plan_days(of), common) for arm, of in zip(ARMS, (street, digital), strict=True)
            },
            "by_volume": by_volume(street, digital, common),
        },
    )


def _left_out(days: np.ndarray, common: np.ndarray) -> float | None:
    """Share of the Plan-days (float[pairs, classes]) outside the common classes; None where there are no Plans."""
    total = float(days.sum())
    return 1.0 - float(days[:, common].sum()) / total if total > 0.0 else None


def _per_plan_day(sums: Tables, *names: str) -> float:
    """Sums of some tables over all Plan-days; NaN where there are none."""
    days = float(plan_days(sums).sum())
    return float(sum(sums[name].sum() for name in names)) / days if days > 0.0 else np.nan


def _parts(values_of, common: np.ndarray, housed: np.ndarray) -> list[dict]:
    """What the difference is made of, what it is without standardising, and what goes with it.

    What happens inside housed Plans is not known where the worlds have none in common.
    """
    wanted = (
        ("street_against_housed", "of the difference: street against housed Plans", HANDS, common.any(),
         lambda s, d: difference(s, d, common) - inside_housed(s, d, common, housed)),
        ("inside_housed", "of the difference: inside housed Plans (-: none in common)", HANDS, housed.any(),
         lambda s, d: inside_housed(s, d, common, housed)),
        ("all_tasks", "with watch and the Boss who covers one (by rule): difference", HANDS, common.any(),
         lambda s, d: difference(s, d, common, all_hands)),
        ("crude", "difference without equal volume", HANDS, True,
         lambda s, d: _per_plan_day(d, "street_days", "holders") - _per_plan_day(s, "street_days", "holders")),
        ("load", "digital, housed: 13 appointments and more minus 0 to 4", HANDS, True, lambda s, d: load_effect(d)),
        ("several", "digital, housed Plans whose work is split over two or more", "share of Plan-days", True,
         lambda s, d: _share_in(d, "several", "housed_days")),
        ("vacant", "digital, tasks by volume that nobody holds", "share of slots", True,
         lambda s, d: _share_in(d, "vacant", "slots")),
        ("volume_street", "street: appointments", "a Plan and day", True, lambda s, d: _per_plan_day(s, "appointments")),
        ("volume_digital", "digital: appointments", "a Plan and day", True, lambda s, d: _per_plan_day(d, "appointments")),
    )  # fmt: skip
    return [
        part(name, label, values_of(statistic) if comparable else np.full(1, np.nan), unit)
        for name, label, unit, comparable, statistic in wanted
    ]


def by_volume(street: Tables, digital: Tables, common: np.ndarray) -> list[dict[str, Any]]:
    """Holders by class of volume in both worlds, per Plan and per housed Plan, and the Plan-days they rest on."""
    table = []
    for row, (first, last) in enumerate(CLASSES):
        line: dict[str, Any] = {"from": first, "to": last, "common": bool(common[row])}
        for arm, of in zip(ARMS, (street, digital), strict=True):
            days, housed = plan_days(of)[:, row], of["housed_days"][:, row]
            line |= {f"{arm}_plan_days": float(days.sum()), f"{arm}_housed_days": float(housed.sum())}
            line[f"{arm}_all"] = to_json(ratio_of_means(of["street_days"][:, row] + of["holders"][:, row], days))
            line[f"{arm}_housed"] = to_json(ratio_of_means(of["holders"][:, row], housed))
        table.append(line)
    return table


def summarise(context: Context, rows: dict, entries: dict[str, dict]) -> dict[str, Any]:
    """The curve of holders over volume for each digital share, and the comparison in which both worlds have housed Plans."""
    curves = {}
    for entry in entries.values():
        if entry["role"] == "main" or curve_named(entry).startswith(SHARES):
            for arm, share in zip(ARMS, entry["digital_share"], strict=True):
                if share not in curves or entry["role"] == "main":
                    curves[share] = _curve(entry, arm, share)
    return {
        "curves": [curves[share] for share in sorted(curves)],
        "from_mixed": next((e for e in entries.values() if curve_named(e) == FROM_MIXED), None),
    }


def _curve(entry: dict[str, Any], arm: str, share: float) -> dict[str, Any]:
    of = ("all", "housed", "plan_days", "housed_days")
    points = [
        {bound: line[bound] for bound in ("from", "to")} | {name: line[f"{arm}_{name}"] for name in of}
        for line in entry["by_volume"]
    ]
    return {"digital_share": share, "pairs": entry["pairs"], "points": points}


def name_left_out(entry: dict[str, Any]) -> list[str]:
    """How many Plan-days of either world are outside the common classes, in words."""
    shares = (entry["outside_common_support"][arm] for arm in ARMS)
    return ["nothing (no Plans)" if share is None else f"{100 * share:.1f} % of Plan-days" for share in shares]


def name_class(first: int, last: int | None) -> str:
    """A class of volume in words.

    >>> name_class(0, 0), name_class(3, 4), name_class(25, None)
    ('0', '3-4', '25+')
    """
    return f"{first}+" if last is None else str(first) if first == last else f"{first}-{last}"
