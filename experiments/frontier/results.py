"""From rows to what a reader asks: what each mixture averts at what cost, what betters it, how far from the best it may be."""

from __future__ import annotations

import json
import string
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.frontier.plan import AS_GIVEN, FrontierPlan, Mixture
from experiments.frontier.runs import COST, HARM, MINORS, OBJECTIVES, intensities
from experiments.frontier.search import not_dominated
from experiments.statistics.intervals import mean_interval, to_json

if TYPE_CHECKING:
    import pandas as pd

NO_POLICY, ALONE, MIXED = "no policy", "lever by itself", "mixture"
INTERVAL = "95 % over worlds, each policy against no policy on the same seeds"
RESAMPLES = 1_000


def as_array(frame: pd.DataFrame, plan: FrontierPlan, mixtures: int) -> dict[str, np.ndarray]:
    """The objectives of the check, float64[mixtures, scenarios, worlds] each."""
    shape = (mixtures, len(plan.scenarios), plan.settings.n_check)
    places = (
        frame["mixture"].to_numpy(),
        frame["scenario"].map({name: place for place, name in enumerate(plan.scenarios)}).to_numpy(),
        frame["replicate"].to_numpy(),
    )
    found = {}
    for name in OBJECTIVES:
        found[name] = np.full(shape, np.nan)
        found[name][places] = frame[name].to_numpy(float)
    return found


def regret(harm: np.ndarray) -> np.ndarray:
    """How much more harm each mixture leaves than the best one of a scenario: float64[mixtures, scenarios].

    `harm`: float64[mixtures, scenarios, worlds]. The best is chosen on one half of the worlds and measured on the other, and the
    other way round, so that luck in the choice does not enlarge anybody's regret.
    """
    halves = [harm[:, :, 0::2].mean(axis=2), harm[:, :, 1::2].mean(axis=2)]
    scenarios = np.arange(harm.shape[1])
    parts = [measured - measured[chosen.argmin(axis=0), scenarios] for chosen, measured in (halves, halves[::-1])]
    return (parts[0] + parts[1]) / 2.0


def largest_regret(harm: np.ndarray, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Largest regret over scenarios, float64[mixtures], and 95 % bounds of it by resampled worlds, float64[2, mixtures]."""
    worlds = harm.shape[2]
    drawn = np.empty((RESAMPLES, len(harm)))
    for k in range(RESAMPLES):
        picks = np.empty(worlds, dtype=int)
        for half in (0, 1):  # a world stays in its half
            places = np.arange(half, worlds, 2)
            picks[half::2] = generator.choice(places, len(places))
        drawn[k] = regret(harm[:, :, picks]).max(axis=1)
    return regret(harm).max(axis=1), np.quantile(drawn, [0.025, 0.975], axis=0)


def summarise(
    plan: FrontierPlan, mixtures: Sequence[Mixture], frame: pd.DataFrame, tried: int, generator: np.random.Generator
) -> dict[str, Any]:
    """Every mixture of the check with what it averts, costs and risks, by rising cost; the robust choice; the assumptions."""
    found = as_array(frame, plan, len(mixtures))
    here = list(plan.scenarios).index(AS_GIVEN)
    means = np.column_stack([found[name][:, here].mean(axis=1) for name in OBJECTIVES])
    kept = not_dominated(means)
    by_scenario = regret(found[HARM])
    worst, bounds = largest_regret(found[HARM], generator)
    order = sorted(range(len(mixtures)), key=lambda m: (means[m, 2], -means[m, 0]))
    names = names_of(mixtures, order)
    none = next(m for m, mixture in enumerate(mixtures) if not mixture)
    text = plan.search_chunks(0, [])[0].tasks[0].parameters
    rows = []
    for m in order:
        averted, minors = (mean_interval(found[name][none, here] - found[name][m, here]) for name in (HARM, MINORS))
        rows.append({
            "name": names[m], "kind": kind_of(mixtures[m]), "euros_a_year": mixtures[m],
            "intensities": intensities(text, mixtures[m]), "cost_a_year": float(means[m, 2]),
            "averted": to_json(averted), "minors_averted": to_json(minors),
            "dominated_by": None if kept[m] else names[better(means, m)],
            "largest_regret": {"estimate": float(worst[m]), "low": float(bounds[0, m]), "high": float(bounds[1, m])},
            "worst_under": list(plan.scenarios)[int(by_scenario[m].argmax())],
            "regret": dict(zip(plan.scenarios, by_scenario[m].tolist(), strict=True)),
        })  # fmt: skip
    robust = min(order, key=lambda m: (worst[m], means[m, 2]))
    return {
        "market": plan.market, "budget_a_year": plan.settings.budget_a_year, "unit": "person-days/day",
        "mixtures_tried": tried, "policies": rows, "robust": names[robust], "worlds": plan.settings.n_check,
        "without": {
            name: {"harm": float(found[HARM][none, s].mean()), "minors": float(found[MINORS][none, s].mean())}
            for s, name in enumerate(plan.scenarios)
        },
        "interval": INTERVAL, "drawn": bool(plan.draws),
    }  # fmt: skip


def better(means: np.ndarray, m: int) -> int:
    """Of the mixtures that are as good in every objective and better in one, the one of least harm."""
    others = np.flatnonzero((means <= means[m]).all(axis=1) & (means < means[m]).any(axis=1))
    return int(others[means[others, 0].argmin()])


def kind_of(mixture: Mixture) -> str:
    """No policy, a lever by itself, or a mixture."""
    return MIXED if len(mixture) > 1 else ALONE if mixture else NO_POLICY


def names_of(mixtures: Sequence[Mixture], order: Sequence[int]) -> dict[int, str]:
    """A letter for each mixture, by rising cost; a lever by itself has its own name.

    >>> names_of([{}, {"training": 1.0, "prevention": 2.0}, {"training": 1.0}], [0, 2, 1])
    {0: 'no policy', 2: 'training', 1: 'mixture A'}
    """
    letters = iter([*string.ascii_uppercase, *(a + b for a in string.ascii_uppercase for b in string.ascii_uppercase)])
    found: dict[int, str] = {}
    for m in order:
        kind = kind_of(mixtures[m])
        found[m] = f"mixture {next(letters)}" if kind == MIXED else next(iter(mixtures[m]), NO_POLICY).replace("_", " ")
        if kind == ALONE and list(found.values()).count(found[m]) > 1:
            found[m] += f" ({next(iter(mixtures[m].values())):,.0f} EUR)"
    return found


def candidates(plan: FrontierPlan, tried: Sequence[Mixture], kept: Sequence[int]) -> list[Mixture]:
    """What is compared again: no policy, every lever by itself with the whole budget, then mixtures of the search."""
    chosen, seen = [], set()
    for mixture in (*plan.starts(), *(tried[m] for m in kept)):
        key = json.dumps(mixture, sort_keys=True)
        if key not in seen:
            seen.add(key)
            chosen.append(mixture)
    return chosen


def objectives_of(rows: Sequence[dict[str, Any]], first: int, count: int) -> np.ndarray:
    """Means over worlds of the objectives of a generation: float64[mixtures, objectives]."""
    found = np.zeros((count, len(OBJECTIVES)))
    for row in rows:
        found[row["mixture"] - first] += [row[HARM], row[MINORS], row[COST]]
    return found * count / len(rows)
