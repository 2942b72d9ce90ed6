"""Interchangeability: is it the Providers' role that matters to the market, or who fills it?

A share of the Providers is held from the start to the end, and in twin worlds as many Bosses: the same share, and the
same number. L is the loss of exploitation person-days per day (by one of three measures, see `ExploitationOptions`)
against the untouched twin. If Providers are interchangeable, others take the empty tasks, and L of Providers is small
next to L of Bosses. Small losses may have another reason, that the role itself hardly matters; therefore curves next
to the claim show the loss when the whole role is empty, and the vacancy spells show how a loss was absorbed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.execution.chunks import world_seed
from experiments.questions.estimand import (
    EXPLOITATION_DAYS,
    Context,
    ExploitationOptions,
    Finding,
    bounds_of,
    change,
    clearness,
    column,
    first_crossing,
    means,
    part,
    part_of,
    parts_by_id,
)
from experiments.questions.providers import SPELL_GROUPS, reshuffle_daily, vacancy_spells
from experiments.statistics.intervals import bootstrap_interval, finite, mean_interval, ratio_of_means, to_json
from experiments.statistics.survival import censored_recovery
from experiments.statistics.verdict import equivalence_to_share
from sim.levers import ARREST_BOSSES
from sim.parameters import choice, number
from sim.state.records import CUSTODY, LEFT, PRISON

ARMS = ("base", "providers", "bosses_share", "bosses_number")
LABELS = {
    "providers": "Providers removed",
    "bosses_share": "the same share of Bosses removed",
    "bosses_number": "the same number of Bosses removed",
}
KEPT = (
    *EXPLOITATION_DAYS, "encounters", "slots", "slots_vacant", "vacancies_opened", "vacancies_filled",
    "vacancies_filled_by_known", "vacancy_days_filled", "provider_days_engaged", "providers_idle", "bosses_running",
    "plans_launched", "recruited", "left_by_attempt",
)  # fmt: skip
MET = "encounters_adapted"
UNIT = "person-days a day"
RECOVERY_DAYS = 28
NO_RECOVERY = "nothing to recover, or too few days to see it"
BOOTSTRAP_DRAWS = 600
_LEVEL = "share of the twin's level"


class Options(ExploitationOptions):
    """Numbers of the estimand."""

    k: float = number(3.0, "losses from Providers", 0.0, 100.0, "convention", "what the loss from Bosses must exceed")
    k_largest: int = number(6, "losses from Providers", 1, 100, "convention", "end of the curve over k")
    first_stage_fall: float = number(0.05, _LEVEL, 0.0, 1.0, "model", "fall of person-days that counts as felt")
    first_stage_vacancies: float = number(0.10, _LEVEL, 0.0, 10.0, "model", "rise of vacancies that counts as felt")
    tolerance: float = number(0.05, _LEVEL, 0.0, 1.0, "model", "difference up to which a loss is absorbed, or recovered from")
    equivalence: float = number(0.10, "share of the loss from Bosses", 0.0, 1.0, "model", "loss that counts as none")
    events: bool = choice(True, "model", "vacancy spells are recorded")
    same_number: bool = choice(False, "model", "the share of Bosses is scaled to take as many persons as among Providers")
    reshuffle: bool = choice(False, "model", "identities of Providers are dealt again each morning")


def observe(world, windows, options: dict[str, Any]) -> dict[str, Any]:
    """Run a world to its horizon and keep means by window, person-days by day from the start, and vacancy spells."""
    matched = match_number(world) if options["same_number"] else np.nan
    if options["reshuffle"]:
        world.insert_phase("identities", reshuffle_daily(), before="planning")
    start = windows.transient[0]
    world.run()
    ledger = world.world.ledger
    kept: dict[str, Any] = {"share_set": float(matched), "pool": float(world.parameters.market.providers)}
    for name in ("transient", "adapted"):
        kept |= {f"{measure}_{name}": value for measure, value in means(world, KEPT, getattr(windows, name)).items()}
    for role in ("providers", "bosses"):
        kept[f"{role}_taken"] = float(ledger[f"{role}_removed"][start:].sum())
    kept["daily"] = sum(ledger[measure][start:] for measure in Options(**options).counted()).astype(float).tolist()
    return kept | vacancy_spells(world.events(), windows.adapted)


def match_number(world) -> float:
    """Set the arrest of Bosses so that its share takes as many persons as that share of Providers; returns the share set.

    Taken are those at large on this morning and those who enter later; entries are expected to go on as in the past
    year. Some of the Bosses taken are followed by a Provider, who may be taken too. All Bosses at most.
    """
    tables, day = world.world, world.day
    past, ahead = min(365, day), world.days - day
    entries = {"providers": ("providers_entered",), "bosses": ("bosses_entered", "promoted", "taken_over_by_provider")}
    persons = {}
    for role, names in entries.items():
        status = getattr(tables, role)["status"][: tables.counts[0][role]]
        entered = sum(float(tables.ledger[name][day - past : day].sum()) for name in names)
        persons[role] = float((~np.isin(status, (LEFT, CUSTODY, PRISON))).sum()) + entered * ahead / max(past, 1)
    share = 0.0
    for lever in tables.levers[tables.levers["code"] == ARREST_BOSSES]["intensity"]:
        wanted = float(lever) * persons["providers"]
        heirs = world.parameters.careers.takeover_provider * wanted
        share = min(1.0, wanted / max(persons["bosses"] + heirs, 1.0))
    tables.levers["intensity"][tables.levers["code"] == ARREST_BOSSES] = share
    return share


def exploited(rows: dict, arm: str, options: Options, window: str = "adapted") -> np.ndarray:
    """float64[pairs]: exploitation person-days per day."""
    return sum(column(rows, arm, f"{measure}_{window}") for measure in options.counted())


def losses(rows: dict, options: Options, window: str = "adapted") -> dict[str, np.ndarray]:
    """float64[pairs] by arm: exploitation person-days per day fewer than in the untouched twin."""
    untouched = exploited(rows, "base", options, window)
    return {arm: untouched - exploited(rows, arm, options, window) for arm in ARMS[1:]}


def estimate(rows: dict, context: Context) -> Finding:
    """The estimand and its parts over the pairs of one scenario; intervals are 95 % over pairs."""
    options = context.options
    lost, level = losses(rows, options), exploited(rows, "base", options)
    compared = equivalence_to_share(lost["providers"], lost["bosses_share"], options.equivalence)
    return Finding.of_mean(
        lost["bosses_share"] - options.k * lost["providers"],
        first_stage=first_stage(rows, lost, level, options),
        parts=[*parts_of_losses(rows, lost, options), *parts_apart(rows)],
        margin=clearest_margin(rows, lost, level, options),
        extra={
            "level": float(level.mean()),
            "pool": float(column(rows, "base", "pool")[0]),
            "slack": to_json(ratio(rows, "base", "providers_idle_adapted", "slots_adapted")),
            "loss_percent": {arm: percent(lost[arm], level) for arm in ARMS[1:]},
            "encounters_percent": {arm: percent(change(rows, MET, "base", arm), column(rows, "base", MET)) for arm in ARMS[1:]},
            "vacancies": {arm: vacancies(rows, arm) for arm in ARMS},
            "over_k": curve_over_k(lost, options),
            "equivalence": to_json(compared)
            | {"share": options.equivalence, "p": finite(compared.p), "verdict": compared.verdict},
        },
    )


def margins(rows: dict, lost: dict[str, np.ndarray], level: np.ndarray, options: Options) -> list[np.ndarray]:
    """float64[pairs] each: by how much a removal was felt, in person-days and in vacancies, beyond the least that counts."""
    empty = {arm: column(rows, arm, "slots_vacant_adapted") for arm in ARMS}
    removals = ("providers", "bosses_share")
    return [
        *(lost[arm] - options.first_stage_fall * level for arm in removals),
        *(empty[arm] - (1.0 + options.first_stage_vacancies) * empty["base"] for arm in removals),
    ]


def clearest_margin(rows: dict, lost: dict[str, np.ndarray], level: np.ndarray, options: Options) -> np.ndarray:
    """The margin with the largest mean in standard errors, as one of them is enough."""
    return max(margins(rows, lost, level, options), key=clearness)


def first_stage(rows: dict, lost: dict[str, np.ndarray], level: np.ndarray, options: Options) -> dict[str, Any]:
    """Whether a removal was felt at all: fewer person-days or more vacancies, of which there are some, beyond the least."""
    empty = {arm: column(rows, arm, "slots_vacant_adapted") for arm in ARMS}
    felt = {}
    for arm in ("providers", "bosses_share"):
        fell = mean_interval(lost[arm] - options.first_stage_fall * level).low >= 0.0
        rose = mean_interval(empty[arm] - (1.0 + options.first_stage_vacancies) * empty["base"]).low >= 0.0
        felt[arm] = {"person_days_fell": bool(fell and level.any()), "vacancies_rose": bool(rose and empty[arm].any())}
    return {
        "present": any(felt[arm][what] for arm in felt for what in felt[arm]),
        "rule": f"under one of the removals person-days fall by {100 * options.first_stage_fall:.0f} % or vacant slot-days "
        f"rise by {100 * options.first_stage_vacancies:.0f} %, with 95 % confidence",
        "felt": felt,
    }


def parts_of_losses(rows: dict, lost: dict[str, np.ndarray], options: Options) -> list[dict[str, Any]]:
    """Losses by removal, in both windows, and the claim with as many Bosses as Providers."""
    early = losses(rows, options, "transient")
    by_number = lost["bosses_number"] - options.k * lost["providers"]
    taken = {arm: column(rows, arm, "providers_taken" if arm == "providers" else "bosses_taken") for arm in ARMS[1:]}
    return [
        *(part(f"loss_{arm}", f"loss, {LABELS[arm]}", lost[arm], UNIT) for arm in ARMS[1:]),
        *(part(f"early_{arm}", f"loss in the first days, {LABELS[arm]}", early[arm], UNIT) for arm in ARMS[1:]),
        part_of("share_of_bosses", "loss from Providers as a share of that from Bosses",
                ratio_of_means(lost["providers"], lost["bosses_share"]), "share"),
        part("by_number", f"loss from as many Bosses minus {options.k:g} x loss from Providers", by_number, UNIT),
        *(part(f"taken_{arm}", f"persons taken, {LABELS[arm]}", taken[arm], "persons a world") for arm in ARMS[1:]),
    ]  # fmt: skip


def parts_apart(rows: dict) -> list[dict[str, Any]]:
    """What the removal of Providers does to encounters, to logistics tasks, to watch, and to recruitment."""
    wanted = [(MET, "encounters", "encounters a day")]
    wanted += [(f"{group}_vacant_days", f"vacant days of {group} tasks", "slot-days a day") for group in SPELL_GROUPS]
    wanted += [
        ("left_by_attempt_adapted", "attempts to leave that succeed (watch)", "persons a day"),
        ("recruited_adapted", "persons recruited (recruitment)", "persons a day"),
    ]
    return [part(f"change_{name}", f"Providers removed, change of {label}", -change(rows, name, "base", "providers"), unit)
            for name, label, unit in wanted]  # fmt: skip


def vacancies(rows: dict, arm: str) -> dict[str, Any]:
    """How vacancies went in an arm, as ratios of means: how many slots are empty, how long, and who fills them."""
    pairs = {
        "vacant_share": ("slots_vacant_adapted", "slots_adapted"),
        "filled_share": ("vacancies_filled_adapted", "vacancies_opened_adapted"),
        "days_to_fill": ("vacancy_days_filled_adapted", "vacancies_filled_adapted"),
        "known_share": ("vacancies_filled_by_known_adapted", "vacancies_filled_adapted"),
        "days_to_fill_logistics": ("logistics_filled_days", "logistics_filled"),
        "days_to_fill_watch": ("watch_filled_days", "watch_filled"),
    }
    return {name: to_json(ratio(rows, arm, above, below)) for name, (above, below) in pairs.items()}


def ratio(rows: dict, arm: str, above: str, below: str):
    """A ratio of the means of two measures of an arm."""
    return ratio_of_means(column(rows, arm, above), column(rows, arm, below))


def percent(lost: np.ndarray, level: np.ndarray) -> dict[str, float | None]:
    """A loss in percent of the twin's level, a ratio of means."""
    return {name: None if value is None else 100.0 * value for name, value in to_json(ratio_of_means(lost, level)).items()}


def curve_over_k(lost: dict[str, np.ndarray], options: Options) -> list[dict[str, Any]]:
    """Loss from Bosses minus k times that from Providers, for whole k: against the same share and the same number."""
    return [
        {"k": k} | {arm: to_json(mean_interval(lost[arm] - k * lost["providers"])) for arm in ("bosses_share", "bosses_number")}
        for k in range(options.k_largest + 1)
    ]


def summarise(context: Context, rows: dict, entries: dict[str, dict]) -> dict[str, Any]:
    """Recovery, the curves over bonding with their critical points, the loss by share removed, the reshuffling."""
    curves: dict[str, list[dict]] = {}
    for entry in entries.values():
        if "labour.bonding" in entry["at"]:
            curves.setdefault(entry["at"]["curve"], []).append(entry)
    intensity = "arms.providers.levers.arrest_providers.intensity"
    doses = [(entry["at"][intensity], entry) for entry in entries.values() if intensity in entry["at"]]
    dealt = [entry for entry in entries.values() if "arms.providers.options.reshuffle" in entry["at"]]
    tolerance = context.options.tolerance
    return {
        "recovery": {arm: recovery(rows, arm, tolerance) for arm in ARMS[1:]},
        "bonding": [curve_over_bonding(points, tolerance) for points in curves.values()],
        "by_share": [
            {"curve": entry["at"]["curve"], "share": share, "pairs": entry["pairs"]}
            | {name: entry[name]["providers"] for name in ("loss_percent", "encounters_percent")}
            | {"vacant_share": entry["vacancies"]["providers"]["vacant_share"]}
            for share, entry in doses
        ],
        "reshuffled": reshuffled(dealt[0]) if dealt else None,
    }


def reshuffled(entry: dict[str, Any]) -> dict[str, Any]:
    """What dealing the identities again each day costs, and whether that is equivalent to nothing."""
    return {
        "pairs": entry["pairs"],
        "loss": bounds_of(parts_by_id(entry)["loss_providers"]),
        "equivalence": entry["equivalence"],
        "vacancies": {arm: entry["vacancies"][arm] for arm in ("base", "providers")},
    }


def curve_over_bonding(entries: list[dict], tolerance: float) -> dict[str, Any]:
    """One curve: losses and vacancies at each bonding, and where the market stops absorbing the loss of Providers."""
    entries = sorted(entries, key=lambda entry: entry["at"]["labour.bonding"])
    points = [
        {"bonding": entry["at"]["labour.bonding"], "pairs": entry["pairs"], "verdict": entry["verdict"], "slack": entry["slack"],
         "difference": bounds_of(entry),
         "loss_percent": entry["loss_percent"], "vacancies": entry["vacancies"]}
        for entry in entries
    ]  # fmt: skip
    return {
        "curve": entries[0]["at"]["curve"],
        "pool": entries[0]["pool"],
        "points": points,
        "critical": critical_bonding(points, 100.0 * tolerance),
    }


def is_known(curve: dict[str, Any]) -> bool:
    """Whether the loss is known at every point of a curve over bonding."""
    return all(point["loss_percent"]["providers"]["estimate"] is not None for point in curve["points"])


def critical_bonding(points: list[dict], tolerance_percent: float) -> dict[str, float | None]:
    """The bonding from which the loss of Providers exceeds the tolerance; None: nowhere on the curve.

    `estimate` is where the curve crosses, linear between its points; `low` and `high` are where the upper and the
    lower ends of its intervals do, so that censored ends are None.
    """
    x = [point["bonding"] for point in points]
    curves = {name: [point["loss_percent"]["providers"][name] for point in points] for name in ("estimate", "low", "high")}
    pairs = (("estimate", "estimate"), ("low", "high"), ("high", "low"))
    return {name: first_crossing(x, curves[of], tolerance_percent) for name, of in pairs}


def recovery(rows: dict, arm: str, tolerance: float) -> dict[str, Any]:
    """Days until the 28-day mean is back within the tolerance of the twin's for good; censored at the horizon.

    Of the curves averaged over pairs; the interval resamples pairs, a curve that never recovers counting as
    infinite. `deepest` is the lowest 28-day mean, in percent of the twin's.
    """
    curves = {"treated": column(rows, arm, "daily"), "twin": column(rows, "base", "daily")}
    days = curves["twin"].shape[1]
    if days < RECOVERY_DAYS or not curves["twin"].any():
        return {"days": None, "low": None, "high": None, "recovered": False, "censored_at": days, "deepest": None}

    def day_of_recovery(drawn: dict[str, np.ndarray]) -> float:
        found = censored_recovery(drawn["treated"].mean(axis=0), drawn["twin"].mean(axis=0), RECOVERY_DAYS, tolerance)
        return float(found.days) if found.recovered else np.inf

    found = bootstrap_interval(day_of_recovery, curves, BOOTSTRAP_DRAWS, world_seed(0, ARMS.index(arm)), method="percentile")
    smooth = {name: rolling(curve.mean(axis=0)) for name, curve in curves.items()}
    return {
        "days": finite(found.estimate),
        "low": finite(found.low),
        "high": finite(found.high),
        "recovered": bool(np.isfinite(found.estimate)),
        "censored_at": days - RECOVERY_DAYS + 1,
        "deepest": finite(100.0 * float((smooth["treated"] / np.maximum(smooth["twin"], 1e-9)).min()) - 100.0),
    }


def rolling(daily: np.ndarray, days: int = RECOVERY_DAYS) -> np.ndarray:
    """Means over windows of some days, float64[..., n - days + 1], each from its first day."""
    return np.lib.stride_tricks.sliding_window_view(daily, days, axis=-1).mean(axis=-1)
