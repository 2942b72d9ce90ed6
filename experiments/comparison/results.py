"""From rows to tables: outcomes side by side with paired differences, series over time, cost next to effect.

An interval is over pairs, each a world under every policy on one seed. What cannot be seen on the days measured has a reason and
no numbers; a difference that is the same in every pair has an interval without width, which does not show how exact it is.
"""

from __future__ import annotations

import datetime as dt
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.comparison.plan import ComparisonPlan
from experiments.comparison.runs import BEFORE, SERIES, WEEKLY
from experiments.questions.analysis import INTERVAL, INTERVAL_OF_DRAWS
from experiments.questions.estimand import curve_of
from experiments.statistics.intervals import Interval, Ratio, finite, mean_interval, ratio_of_means, to_json, unknown
from experiments.statistics.sequential_stopping import Stopping, widening
from experiments.store.files import StoreError
from experiments.sweeps.results import Result, minus_base
from sim.measures.formulas import GROUPS, OWN
from sim.measures.windows import LIMITS, cannot_be_seen, describe_window, first_seen, not_observable

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

LEADING = "person_days_in_spell"
COST = "public_cost"
FOREST = (
    LEADING, "minors_person_days_in_spell", "exits", "lasting_exits", "reprisals", "treated_as_offenders",
    "left_accompanied", "placed", "testimonies", COST,
)  # fmt: skip
_LABELS = {LEADING: "exploitation: person days in spell", "minors_person_days_in_spell": "of minors: person days in spell"}
TABLES = ("table", "series", "cost")


class Comparison:
    """A finished comparison, opened to be read: its tables as pandas frames. StoreError, one line, if it is none.

    Attributes
    ----------
    summary
        `summary.json`: what `plansim compare --json` prints.
    rows
        A row for each pair and policy: `id`, `pair`, `arm`, `seed`, each outcome over the days measured, `before_` the same
        over the days before, `weekly_` the series.
    table
        A row for each outcome and policy: `outcome`, `group`, `unit`, `arm`, `mean`, `low`, `high` over `pairs`;
        `difference`, `difference_low`, `difference_high` to the base over `difference_pairs`, in the outcome's unit;
        `before`, the mean over the days before, equal for all; `observed_days`, days measured on which it can be counted;
        `reason`, why there are no numbers, or empty.
    series
        A row for each series, policy and week: `first_day`, `date`, `window` (before or measured), `mean`, `low`, `high` and the
        difference, in persons.
    cost
        A row for each policy but the base: `cost` (EUR), `avoided` (exploitation person-days) over the days measured, `eur_each`
        (EUR per person-day avoided) and `change_percent`, each with `_low` and `_high`; `fewer`, the share of pairs with less.
    """

    def __init__(self, folder: str | Path):
        self._result = Result(folder)
        if self._result.manifest["command"] != "compare":
            raise StoreError(f"{folder} is a result of {self._result.manifest['command']}, not of a comparison")
        if self._result.summary is None:
            raise StoreError(f"{folder} is not finished: run the same command again to go on")
        self.folder = self._result.folder

    @property
    def summary(self) -> dict[str, Any]:
        return self._result.summary

    @functools.cached_property
    def rows(self) -> pd.DataFrame:
        return self._result.frame()

    @functools.cached_property
    def table(self) -> pd.DataFrame:
        return self._result.frame("table")

    @functools.cached_property
    def series(self) -> pd.DataFrame:
        return self._result.frame("series")

    @functools.cached_property
    def cost(self) -> pd.DataFrame:
        return self._result.frame("cost")

    def plot(self, axes: Axes | None = None, unit: str | None = None) -> Axes:
        """Draw differences of headline outcomes to the base with their intervals, on Matplotlib axes of yours or on new ones.

        `unit`: only outcomes in this unit, by default that of exploitation, so that all are on one scale. ValueError for a unit
        that none has, and where none of those that have it can be seen on the days measured.
        """
        from experiments.report import marks

        base, *others = self.summary["policies"]
        found = {name: self.summary["outcomes"][name] for name in (*FOREST, *self.summary.get("own", ()))}
        unit = found[LEADING]["unit"] if unit is None else unit
        shown = {name: outcome for name, outcome in found.items() if outcome["unit"] == unit and "reason" not in outcome}
        if not shown:
            valid = dict.fromkeys(outcome["unit"] for outcome in found.values() if "reason" not in outcome)
            raise ValueError(f"unit={unit!r}: no headline outcome has it; valid: {', '.join(valid)}")
        looks, rows = marks.looks_of([base, *others]), [(name, policy) for name in shown for policy in others]
        labels = [label_of(name) + (f", {policy}" if len(others) > 1 else "") for name, policy in rows]
        points = [shown[name]["policies"][policy]["difference"] for name, policy in rows]
        against = f"{others[0]} minus {base}" if len(others) == 1 else f"minus {base}"
        return marks.draw_estimates(axes, labels, points, [looks[policy] for _, policy in rows], f"{unit}, {against}")

    def __repr__(self) -> str:
        return f"Comparison({', '.join(self.summary['policies'])}; {self.summary['pairs']} pairs; {self.folder})"


def label_of(outcome: str) -> str:
    """An outcome in words."""
    return _LABELS.get(outcome, outcome.replace("_", " "))


# --- tables


def table_of(plan: ComparisonPlan, rows: pd.DataFrame) -> pd.DataFrame:
    """Every outcome under every policy, with its paired difference to the base (`Comparison.table`)."""
    import pandas as pd

    group_of = {name: heading for heading, group in GROUPS.items() for name, _, _ in group}
    group_of |= dict.fromkeys(plan.base.own_outcomes, OWN)
    base, change = plan.policies[0], _change(plan, rows)
    found = []
    for name, unit in plan.units.items():
        reason = "" if rows[name].notna().any() else _reason(plan, name)
        before = rows.loc[rows["arm"] == base, f"{BEFORE}{name}"].mean() if f"{BEFORE}{name}" in rows else np.nan
        for arm in plan.policies:
            mean = _mean(plan, rows.loc[rows["arm"] == arm, name])
            difference = _mean(plan, change.loc[change["arm"] == arm, name])
            found.append({
                "outcome": name, "group": group_of.get(name, "Public cost"), "unit": unit, "arm": arm,
                "mean": mean.estimate, "low": mean.low, "high": mean.high, "pairs": mean.n,
                "difference": difference.estimate, "difference_low": difference.low, "difference_high": difference.high,
                "difference_pairs": difference.n, "before": before,
                "observed_days": 0 if reason else _observed_days(plan, name), "reason": reason,
            })  # fmt: skip
    return pd.DataFrame(found)


def series_of(plan: ComparisonPlan, rows: pd.DataFrame) -> pd.DataFrame:
    """The series under every policy by week, with the difference to the base (`Comparison.series`)."""
    import pandas as pd

    days, base = plan.weeks.days(), plan.policies[0]
    found = []
    for name in SERIES if days else ():
        weekly = {arm: np.vstack(rows.loc[rows["arm"] == arm, f"{WEEKLY}{name}"].to_numpy()) for arm in plan.policies}
        for arm, values in weekly.items():
            mean, change = curve_of(list(values.T)), curve_of(list((values - weekly[base]).T))
            part = pd.DataFrame({"first_day": days})
            part["date"] = [(plan.base.start + dt.timedelta(days=day)).isoformat() for day in days]
            part["window"] = ["before" if day < plan.first else "measured" for day in days]
            part[["mean", "low", "high"]] = np.array([mean[end] for end in ("estimate", "low", "high")], dtype=float).T
            for column, end in (("difference", "estimate"), ("difference_low", "low"), ("difference_high", "high")):
                part[column] = np.array(change[end] if arm != base else [np.nan] * len(days), dtype=float)
            found.append(part.assign(series=name, unit="persons", arm=arm))
    columns = ["series", "unit", "arm", "first_day", "date", "window", "mean", "low", "high"]
    columns += ["difference", "difference_low", "difference_high"]
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)


def cost_of(plan: ComparisonPlan, rows: pd.DataFrame) -> pd.DataFrame:
    """Public cost next to exploitation avoided, each policy against the base (`Comparison.cost`)."""
    import pandas as pd

    days = plan.base.days - plan.first
    base, change = rows.loc[rows["arm"] == plan.policies[0], LEADING].to_numpy(), _change(plan, rows)
    found = []
    for arm in plan.policies[1:]:
        of_arm = change[change["arm"] == arm]
        more, cost = of_arm[LEADING].to_numpy(), of_arm[COST].to_numpy()
        avoided = _mean(plan, -days * more)
        each = ratio_of_means(cost, -days * more) if avoided.low > 0.0 and len(more) > 1 else None
        parts = {"cost": _mean(plan, cost), "avoided": avoided, "eur_each": each, "change_percent": _percent(more, base)}
        row: dict[str, Any] = {"arm": arm, "pairs": len(more), "fewer": float((more < 0.0).mean())}
        for name, part in parts.items():
            ends = dict.fromkeys(("estimate", "low", "high")) if part is None else to_json(part)
            row |= {name: ends["estimate"], f"{name}_low": ends["low"], f"{name}_high": ends["high"]}
        found.append(row)
    frame = pd.DataFrame(found)
    numbers = [column for column in frame if column not in ("arm", "pairs")]
    return frame.astype(dict.fromkeys(numbers, float))


def _percent(more: np.ndarray, base: np.ndarray) -> Ratio | None:
    """A change in per cent of the base; None where there is nothing to be changed."""
    if not base.any():
        return None
    ratio = ratio_of_means(more, base)
    low, high = (None if end is None else 100.0 * end for end in (ratio.low, ratio.high))
    return Ratio(100.0 * ratio.estimate, low, high, ratio.n)


def _change(plan: ComparisonPlan, rows: pd.DataFrame) -> pd.DataFrame:
    return minus_base(rows.sort_values("pair"), plan.policies[0], ["pair"], list(plan.units))


def _mean(plan: ComparisonPlan, values: Any) -> Interval:
    """The mean of what is known, with an interval as wide as stopping on its width asks for."""
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    return mean_interval(values, widening=widening(plan.looks)) if values.size else unknown(0)


def _reason(plan: ComparisonPlan, name: str) -> str:
    """Why an outcome has no value in any world."""
    limit = LIMITS.get(name)
    if reason := cannot_be_seen(name, plan.base, plan.base.days, plan.start):
        return reason
    return not_observable(limit) if limit is not None and limit.a_count else "no world has a value"


def _observed_days(plan: ComparisonPlan, name: str) -> int:
    """Days measured on which an outcome can be counted."""
    limit = LIMITS.get(name)
    begins = 0 if limit is None else first_seen(limit, plan.base, plan.start) or 0
    return plan.base.days - max(plan.first, begins)


def is_precise(plan: ComparisonPlan, rows: pd.DataFrame) -> bool:
    """Whether the effect of every policy on exploitation is as exact as the effect unit asks for."""
    rule, change = Stopping(plan.effect_unit, plan.looks), _change(plan, rows)
    return all(rule.reached(change.loc[change["arm"] == arm, LEADING].to_numpy()) for arm in plan.policies[1:])


# --- summary


def summarise(plan: ComparisonPlan, rows: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """The content of `summary.json`: the setting, which policy leaves least exploitation, every outcome, cost next to effect."""
    before = plan.days_before
    pairs = int(rows["pair"].nunique())
    return {
        "market": plan.market,
        "policies": list(plan.policies),
        "base": plan.policies[0],
        "pairs": pairs,
        "precise": is_precise(plan, rows) if len(plan.looks) > 1 else None,
        "effect_unit": plan.effect_unit if len(plan.looks) > 1 else None,
        "interval": INTERVAL_OF_DRAWS if plan.shared.draws else INTERVAL,
        "policies_begin": describe_window(plan.base.start, plan.start, plan.start + 1) | {"within_burn_in": before is None},
        "window": describe_window(plan.base.start, plan.first, plan.base.days),
        "before": None if before is None else describe_window(plan.base.start, *before),
        "budget": plan.base.budget,
        "best": best_of(plan, rows),
        "identical": identical_to_base(plan, rows),
        "cost": {row["arm"]: _without_arm(row) for row in tables["cost"].to_dict("records")},
        "outcomes": outcomes_of(tables["table"]),
        "own": list(plan.base.own_outcomes),
    }


def best_of(plan: ComparisonPlan, rows: pd.DataFrame) -> dict[str, Any]:
    """The policy with least exploitation, and the paired difference of each other one to it."""
    values = {arm: rows[rows["arm"] == arm].sort_values("pair")[LEADING].to_numpy() for arm in plan.policies}
    best = min(values, key=lambda arm: values[arm].mean())
    more = {arm: _mean(plan, value - values[best]) for arm, value in values.items() if arm != best}
    others = sorted(more, key=lambda arm: more[arm].estimate)
    return {
        "policy": best,
        "more_under_others": {arm: to_json(more[arm]) for arm in others},
        "not_told_apart": [arm for arm in others if not more[arm].low > 0.0],
    }


def identical_to_base(plan: ComparisonPlan, rows: pd.DataFrame) -> list[str]:
    """Policies whose worlds equal those of the base to the bit: nothing in them acts."""
    hashes = {arm: rows[rows["arm"] == arm].sort_values("pair")["ledger_sha256"].tolist() for arm in plan.policies}
    base, *others = plan.policies
    return [arm for arm in others if hashes[arm] == hashes[base]]


def outcomes_of(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """The table as JSON has it: by outcome, then by policy; a difference for all but the base."""
    found: dict[str, dict[str, Any]] = {}
    base, days = table["arm"].iloc[0], table["observed_days"].max()
    for row in table.to_dict("records"):
        outcome = found.setdefault(
            row["outcome"],
            {"group": row["group"], "unit": row["unit"], "before": finite(row["before"]), "policies": {}},
        )
        if row["reason"]:
            outcome["reason"] = row["reason"]
        elif row["observed_days"] < days:
            outcome["observed_days"] = row["observed_days"]
        mean = {"estimate": finite(row["mean"]), "low": finite(row["low"]), "high": finite(row["high"]), "pairs": row["pairs"]}
        outcome["policies"][row["arm"]] = mean
        if row["arm"] != base:
            ends = {"estimate": "difference", "low": "difference_low", "high": "difference_high"}
            mean["difference"] = {name: finite(row[column]) for name, column in ends.items()}
            mean["difference"]["pairs"] = row["difference_pairs"]
    return found


def _without_arm(row: dict[str, Any]) -> dict[str, Any]:
    """One row of the table of cost, numbers with their intervals together."""
    return {"pairs": row["pairs"], "fewer": row["fewer"]} | {
        name: {"estimate": finite(row[name]), "low": finite(row[f"{name}_low"]), "high": finite(row[f"{name}_high"])}
        for name in ("cost", "avoided", "eur_each", "change_percent")
    }
