"""From the rows of a calibration to its summary: acceptance, what is identified, what is confounded, the posterior table."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.calibration.plan import FLOOR, CalibrationPlan, noise, statistic
from experiments.calibration.regression_adjustment import Posterior, contraction, noise_of_contraction
from experiments.calibration.runs import DONE
from experiments.statistics.intervals import finite, share_with_interval

if TYPE_CHECKING:
    import pandas as pd

IDENTIFIED_ERRORS = 4.0  # standard errors of no contraction that a contraction must exceed: 250 numbers are looked at
LEAST_CONTRACTION = 0.05
CONFOUNDED = 0.3  # correlation in the posterior, where it is near none in the prior
CONFOUNDED_ERRORS = 5.0  # standard errors of no correlation that it must exceed: 30,000 pairs are looked at
WEIGHT = "weight"
FEW_WORLDS = "a draw has few worlds, in which small counts vary by chance"


@dataclasses.dataclass(frozen=True)
class Wave:
    """The usable draws of a wave: places float64[draws, parameters], statistics float64[draws, fitted], and what was met."""

    places: np.ndarray
    statistics: np.ndarray
    met: np.ndarray
    left_out: int


def read_wave(plan: CalibrationPlan, places: np.ndarray, frame: pd.DataFrame) -> Wave:
    """The draws with a value of every statistic that show every direction required; `frame` is in the order of `places`."""
    frame = frame.sort_values("id")
    usable = (frame["status"] == DONE).to_numpy(copy=True)
    for pattern in plan.required.values():
        usable &= frame[pattern.measure].map(lambda value, pattern=pattern: pattern.is_met_by(_known(value))).to_numpy(bool)
    columns = [frame[pattern.measure].to_numpy(float) for pattern in plan.fitted.values()]
    usable &= np.isfinite(columns).all(axis=0)
    found = [statistic(pattern, column[usable]) for pattern, column in zip(plan.fitted.values(), columns, strict=True)]
    met = [
        [pattern.is_met_by(value) for value in column[usable]]
        for pattern, column in zip(plan.fitted.values(), columns, strict=True)
    ]
    return Wave(places[usable], np.array(found).T, np.array(met, bool).T, int((~usable).sum()))


def _known(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def with_noise_of_observation(plan: CalibrationPlan, statistics: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Statistics as they would have been observed."""
    spreads = np.array([noise(pattern) for pattern in plan.fitted.values()])
    return statistics + spreads * generator.standard_normal(statistics.shape)


def observed_of(plan: CalibrationPlan) -> np.ndarray:
    """float64[fitted]: the targets on the scale of the statistics."""
    return np.array([float(statistic(pattern, pattern.target)) for pattern in plan.fitted.values()])


def summarise_wave(plan: CalibrationPlan, wave: Wave, searched: float) -> dict[str, Any]:
    """How many draws meet all patterns and each; `searched`: share of the prior that the wave was drawn from."""
    n = len(wave.met)
    accepted = share_with_interval(int(wave.met.all(axis=1).sum()), n)
    return {
        "draws": n + wave.left_out, "usable": n, "searched": searched,
        "accepted": {"share": finite(accepted.estimate), "low": accepted.low, "high": accepted.high, "n": accepted.k},
        "met": {name: finite(float(wave.met[:, j].mean())) if n else None for j, name in enumerate(plan.fitted)},
    }  # fmt: skip


def least_met(wave: Mapping[str, Any]) -> str:
    """The three patterns that fewest draws of a wave meet, in words; `FEW_WORLDS` says why a draw that fits may miss one."""
    shares = sorted((share, name) for name, share in wave["met"].items() if share is not None)
    return ", ".join(f"{name} ({100 * share:.0f} %)" for share, name in shares[:3])


def summarise_posterior(plan: CalibrationPlan, posterior: Posterior, wave: Wave) -> dict[str, Any]:
    """Each number's prior and posterior, whether it is identified, and pairs that only together are."""
    shrunk, error = contraction(posterior), noise_of_contraction(posterior)
    quantiles = posterior.quantiles([0.05, 0.5, 0.95])
    least = max(LEAST_CONTRACTION, IDENTIFIED_ERRORS * error)
    shift = (posterior.mean() - 0.5) / (posterior.spread() * math.sqrt((1.0 + posterior.leverage) / posterior.effective))
    rows = []
    for j, one in enumerate(plan.parameters):
        low, median, high = (float(one.at(float(u))) for u in quantiles[:, j])
        rows.append({
            "parameter": one.key, "unit": one.unit, "source": one.source, "default": one.default,
            "prior_low": one.low, "prior_high": one.high, "low": low, "median": median, "high": high,
            "contraction": float(shrunk[j]), "shift": float(shift[j]),
            "identified": bool(shrunk[j] > least or abs(shift[j]) > IDENTIFIED_ERRORS),
        })  # fmt: skip
    rows.sort(key=lambda row: (not row["identified"], -max(row["contraction"], 0.0)))
    return {
        "kept": len(posterior.weights), "effective": posterior.effective, "reach": posterior.reach,
        "least_contraction": least, "parameters": rows, "confounded": confounded(plan, posterior),
        "patterns": _patterns(plan, posterior, wave),
    }  # fmt: skip


def confounded(plan: CalibrationPlan, posterior: Posterior) -> list[dict[str, Any]]:
    """Pairs of numbers that go together in the posterior, the strongest first."""
    away = (posterior.places - posterior.mean()) / posterior.spread()
    table = (away * posterior.weights[:, None]).T @ away
    least = max(CONFOUNDED, CONFOUNDED_ERRORS / math.sqrt(posterior.effective))
    found = [
        {"parameters": [plan.parameters[i].key, plan.parameters[j].key], "correlation": float(table[i, j])}
        for i, j in zip(*np.triu_indices(len(table), 1), strict=True)
        if abs(table[i, j]) > least
    ]
    return sorted(found, key=lambda row: -abs(row["correlation"]))


def _patterns(plan: CalibrationPlan, posterior: Posterior, wave: Wave) -> list[dict[str, Any]]:
    """What the draws kept show of each pattern, before the adjustment."""
    rows = []
    for j, (name, pattern) in enumerate(plan.fitted.items()):
        column = wave.statistics[posterior.kept, j]
        order = np.argsort(column)
        reached = np.cumsum(posterior.weights[order])
        low, middle, high = (
            np.exp(column[order][np.searchsorted(reached, q).clip(0, len(order) - 1)]) for q in (0.05, 0.5, 0.95)
        )
        from_floor = [max(0.0, round(float(value - FLOOR), 12)) * pattern.target for value in (low, middle, high)]
        rows.append({
            "id": name, "label": pattern.label, "unit": pattern.unit, "target": pattern.target, "low": pattern.low,
            "high": pattern.high, "draws": dict(zip(("low", "median", "high"), from_floor, strict=True)),
        })  # fmt: skip
    return rows


def posterior_table(plan: CalibrationPlan, posterior: Posterior) -> pd.DataFrame:
    """The draws with their weights, each parameter at its value within the constraints, which rounding might break."""
    import pandas as pd

    table = pd.DataFrame(plan.values_at(posterior.places))
    table.insert(0, WEIGHT, posterior.weights)
    return table
