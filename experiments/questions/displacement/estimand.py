"""Displacement: where activity goes when one venue kind of one territory is inspected harder.

The unit is exploitation person-days per day. Every such person-day belongs to exactly one of: the
target cell; same territory, other kind; other territory, same kind; other territory and kind; held
between Plans (put off to later days); held outside the region. Which days held count is `exploitation`. Their
twin differences therefore partition the change, and what is found nowhere was removed (types after Eck 1993).
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from experiments.questions.estimand import (
    EXPLOITATION_DAYS,
    Context,
    ExploitationOptions,
    Finding,
    change,
    column,
    curve_of,
    part,
)
from experiments.questions.field_evaluator import field_view
from experiments.questions.places import KINDS, Geography, cell_means
from experiments.statistics.intervals import mean_interval, ratio_of_means, to_json
from sim.configuration import ConfigurationError
from sim.initialisation.geography import distance_matrix_km
from sim.initialisation.own_places import sites_of
from sim.parameters import VENUE_KINDS, Parameters, number
from sim.policy import lever_records

ARMS = ("base", "treated")
UNIT = "exploitation person-days a day"
FORMS = (
    ("same_territory_other_kind", "same territory, other venue kind"),
    ("other_territory_same_kind", "other territory, same venue kind"),
    ("other_territory_other_kind", "other territory and venue kind"),
    ("later_days", "put off to later days (held between Plans)"),
    ("left_region", "left the region"),
)
KEPT_TOTALS = (
    *EXPLOITATION_DAYS, "independent", "independent_minors", "encounters", "plans_launched", "plans_broken_up", "visits_added",
    "found_by_visit", "bosses_arrested", "providers_arrested", "bosses_prison", "recognised", "exposed",
    "treated_as_offender", "exits", "slots", "slots_vacant", "unmet", "searches",
)  # fmt: skip


class Options(ExploitationOptions):
    """Numbers of the estimand."""

    first_stage_fall: float = number(0.1, "share of the twin's level", 0.0, 1.0, "model", "least fall at the target")


@dataclasses.dataclass(frozen=True)
class DisplacementContext(Context):
    """The context with the places, and the one cell the treatment is aimed at."""

    geography: Geography = None

    def for_workers(self) -> dict[str, Any]:
        """The number of the target cell."""
        return {"target_cell": self.geography.target_cell}


def prepare(context: Context, arms: dict[str, Parameters]) -> DisplacementContext:
    """Find the target of the treatment. ConfigurationError if it is not one venue kind of one territory."""
    geography = find_target(arms["treated"], "hypothesis.arms.treated.levers")
    return DisplacementContext(context.options, context.base, context.windows, geography)


def find_target(treated: Parameters, where: str) -> Geography:
    """The places of a market and the cell that its policy is aimed at. ConfigurationError, from `where` on, if it is not one."""
    sites = sites_of(treated.market)
    names = [place.name for place in sites]
    aimed = lever_records(_at_unit_intensity(treated), names, np.array([place.population for place in sites]))[0]
    if aimed["code"] < 0 or aimed["territory"] < 0 or aimed["kind"] < 0:
        raise ConfigurationError(
            f"{where}: displacement needs one target; give a lever with a territory and a kind ({', '.join(VENUE_KINDS)})"
        )
    return Geography(names, distance_matrix_km(sites), int(aimed["territory"]), int(aimed["kind"]))


def _at_unit_intensity(parameters: Parameters) -> Parameters:
    """The same policy with all levers at 1, so that their places can be read even where they are at 0."""
    levers = {name: lever.model_copy(update={"intensity": 1.0}) for name, lever in parameters.policy.levers.items()}
    return parameters.model_copy(update={"policy": parameters.policy.model_copy(update={"levers": levers})})


def observe(world, windows, options: dict[str, Any]) -> dict[str, Any]:
    """Run a world to its horizon and keep means by cell and window, weekly sums, and who was new at the target."""
    world.run()
    person_days = world.world.cells["person_days"]
    kept: dict[str, Any] = {}
    for name, (first, last) in windows.items():
        kept[f"cells_{name}"] = person_days[first:last].mean(axis=0).tolist()
        for measure in KEPT_TOTALS:
            kept[f"{measure}_{name}"] = float(world.world.ledger[measure][first:last].mean())
    weeks = world.days // 7
    by_week = person_days[: weeks * 7].reshape(weeks, 7, -1).mean(axis=1)
    target = options["target_cell"]
    kept["weekly_target"] = by_week[:, target].tolist()
    kept["weekly_elsewhere"] = (by_week.sum(axis=1) - by_week[:, target]).tolist()
    bosses = world.world.counts[0].bosses
    before, after = world.world.boss_cell_days[:, :bosses]
    newcomers = np.where(before > 0, 0, after).sum(axis=0) / np.maximum(after.sum(axis=0), 1)
    kept["newcomers_share"] = newcomers.tolist()
    return kept


def by_form(rows: dict, arm: str, window: str, context: DisplacementContext) -> dict[str, np.ndarray]:
    """Person-days per day of each form and of the target, float64[pairs] each."""
    cells = cell_means(rows, arm, window)
    forms = {name: cells[:, mask].sum(axis=1) for name, mask in context.geography.masks().items()}
    for name, held in (("later_days", "held_between"), ("left_region", "held_outside")):
        counted = [measure for measure in context.options.counted() if measure.startswith(held)]
        forms[name] = sum((column(rows, arm, f"{measure}_{window}") for measure in counted), np.zeros(len(cells)))
    return forms


def moved_minus_removed(forms: dict[str, np.ndarray]) -> np.ndarray:
    """The primary outcome of one arm: everything outside the target, and half of the target.

    Its twin difference is D = sum of changes elsewhere + 0.5 x change at the target; above zero,
    more than half of what left the target is found elsewhere.
    """
    return sum(values if name != "target" else 0.5 * values for name, values in forms.items())


def estimate(rows: dict, context: DisplacementContext, window: str = "adapted") -> Finding:
    """The estimand and its parts over the pairs of one scenario; intervals are 95 % over pairs."""
    first_stage_fall = context.options.first_stage_fall
    base = by_form(rows, "base", window, context)
    treated = by_form(rows, "treated", window, context)
    changes = {name: treated[name] - base[name] for name in base}
    before, after = moved_minus_removed(base), moved_minus_removed(treated)
    level = float(base["target"].mean())
    first_stage = bool(level > 0.0 and mean_interval(changes["target"]).high < -first_stage_fall * level)
    elsewhere = sum(changes[name] for name, _ in FORMS)
    spatial = sum(changes[name] for name in list(changes)[1:4])
    parts = [
        part("target", "change at the target", changes["target"], UNIT),
        *(part(name, label, changes[name], UNIT) for name, label in FORMS),
        part("removed", "found nowhere: removed", -(changes["target"] + elsewhere), UNIT),
        part("elsewhere", "all changes elsewhere", elsewhere, UNIT),
        part("within_region_only", "D with territories of the region only", spatial + 0.5 * changes["target"], UNIT),
    ]
    share = {"id": "displaced_share", "unit": "share"} | to_json(ratio_of_means(-elsewhere, changes["target"]))
    return Finding.of_mean(
        after - before,
        first_stage={
            "present": first_stage,
            "rule": f"upper 95 % bound of the change at the target below -{100 * first_stage_fall:.0f} % of the twin's level",
            "level": level,
            "change": parts[0],
        },
        parts=parts,
        margin=-changes["target"] - first_stage_fall * base["target"],
        base=before,
        treated=after,
        extra={
            "displaced_share": share if first_stage else None,
            "proportional_reallocation": proportional_reallocation(base, changes),
            "public_cost_eur": float(np.mean(change(rows, "public_cost_eur", "treated"))),
        },
    )


def proportional_reallocation(base: dict[str, np.ndarray], changes: dict[str, np.ndarray]) -> list[dict]:
    """What proportional reallocation alone would give, and the excess over it, by form.

    Under a logit with independent options, what leaves one option is shared among the others in
    proportion to their shares (closed form). Total activity would stay: anything below is removal.
    """
    total = sum(float(base[name].mean()) for name, _ in FORMS)
    table = []
    for name, label in FORMS:
        share = float(base[name].mean()) / total if total > 0.0 else 0.0
        expected = -changes["target"] * share
        excess = to_json(mean_interval(changes[name] - expected))
        bounds = {"excess": excess["estimate"], "low": excess["low"], "high": excess["high"]}
        table.append({"id": name, "label": label, "proportional": float(expected.mean())} | bounds)
    return table


def gradient_with_distance(rows: dict, geography: Geography, window: str = "adapted") -> dict:
    """Change in each territory in percent of its twin's level, and its slope on distance to the target.

    The slope is over the other territories: a weighted least-squares slope of each pair (weights: mean
    levels), so its interval is over pairs. The target's own territory is listed with its other kinds.
    """
    base, treated = cell_means(rows, "base", window), cell_means(rows, "treated", window)
    mask = ~geography.masks()["target"]
    z = len(geography.names)
    levels = (base * mask).reshape(len(base), z, KINDS).sum(axis=2)
    changes = ((treated - base) * mask).reshape(len(base), z, KINDS).sum(axis=2)
    mean_level = np.maximum(levels.mean(axis=0), 1e-9)
    percent = 100.0 * changes / mean_level
    km = geography.distance_km[geography.target_territory]
    others = np.arange(z) != geography.target_territory
    weights = np.where(others, mean_level, 0.0) / mean_level[others].sum()
    centred = km - weights @ km
    slopes = (percent * weights) @ centred / max(float(weights @ centred**2), 1e-12)
    by_place = curve_of(list(percent.T))
    return {
        "names": geography.names,
        "km": km.tolist(),
        "level": mean_level.tolist(),
        "change_percent": by_place["estimate"],
        "low": by_place["low"],
        "high": by_place["high"],
        "slope_percent_per_km": to_json(mean_interval(slopes)),
    }


def policy_harms(rows: dict) -> list[dict]:
    """Harms and protection that come with the policy: twin differences per day."""
    wanted = (
        ("recognised", "victims recognised", "persons a day"),
        ("treated_as_offender", "victims treated as offenders", "persons a day"),
        ("minors_in_plan", "minors in a Plan", "person-days a day"),
        ("exits", "exits", "persons a day"),
        ("plans_broken_up", "Plans broken up", "Plans a day"),
        ("bosses_prison", "Bosses in prison", "persons"),
    )
    return [part(name, label, change(rows, f"{name}_adapted", "treated"), unit) for name, label, unit in wanted]


def summarise(context: DisplacementContext, rows: dict, entries: dict[str, dict]) -> dict[str, Any]:
    """Gradient with distance, field view, turnover and harms of the main comparison."""
    first, last = context.windows.season_after
    newcomers = change(rows, "newcomers_share", "treated")[:, context.geography.target_cell]
    turnover = part("perpetrator_turnover", "newcomers' share of the target, change", newcomers, "share")
    return {
        "gradient": gradient_with_distance(rows, context.geography),
        "field_view": field_view(rows, context.geography, last - first),
        "perpetrator_turnover": turnover,
        "policy_harms": policy_harms(rows),
    }
