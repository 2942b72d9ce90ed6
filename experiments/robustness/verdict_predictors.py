"""Which drawn parameters go with a verdict, and which with the estimate: rank tests, corrected over all parameters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments.statistics.verdict import holm

LEAST_DRAWS = 30  # fewer show nothing of so many parameters
LEAST_OF_A_VERDICT = 5  # draws; a rarer verdict is left out
CLEAR = 0.05  # level, after Holm's correction over all parameters
SHOWN = 8


def deciding_parameters(values: np.ndarray, keys: Sequence[str], verdicts: Sequence[str]) -> list[dict[str, Any]]:
    """Parameters whose draws differ between verdicts (Kruskal and Wallis 1952), the clearest first.

    Only those below 5 % after Holm's correction over all parameters, eight at most.

    Parameters
    ----------
    values
        float64[draws, parameters].
    verdicts
        One per draw. Those of fewer than five draws are left out.

    Returns
    -------
    list
        `parameter`, `share` (of the variance of the parameter's ranks, what lies between verdicts: H / (n - 1)), `p_holm`,
        and `medians` of its draws by verdict. Empty with one verdict, or below 30 draws.
    """
    from scipy.stats import kruskal

    given = np.asarray(verdicts, dtype=object)
    counts = Counter(verdicts)
    groups = {name: values[given == name] for name in sorted(counts) if counts[name] >= LEAST_OF_A_VERDICT}
    n = sum(map(len, groups.values()))
    if len(groups) < 2 or n < LEAST_DRAWS:
        return []
    found, p_values = [], []
    for j, key in enumerate(keys):
        columns = {name: group[:, j] for name, group in groups.items()}
        if np.ptp(np.concatenate(list(columns.values()))) > 0.0:
            test = kruskal(*columns.values())
            medians = {name: float(np.median(column)) for name, column in columns.items()}
            found.append({"parameter": key, "share": float(test.statistic) / (n - 1), "medians": medians})
            p_values.append(float(test.pvalue))
    return _clear(found, p_values, "share")


def rank_correlations(values: np.ndarray, keys: Sequence[str], estimates: Sequence[float]) -> list[dict[str, Any]]:
    """Parameters whose draws go with the estimate, by Spearman's rank correlation, the strongest first.

    Only those below 5 % after Holm's correction over all parameters, eight at most. `values`: float64[draws, parameters];
    `estimates`: one per draw, NaN where there is none, which leaves the draw out.
    """
    from scipy.stats import spearmanr

    outcome = np.asarray(estimates, dtype=float)
    known = np.isfinite(outcome)
    if known.sum() < LEAST_DRAWS or np.ptp(outcome[known]) == 0.0:
        return []
    found, p_values = [], []
    for j, key in enumerate(keys):
        column = values[known, j]
        if np.ptp(column) > 0.0:
            rank = spearmanr(column, outcome[known])
            found.append({"parameter": key, "correlation": float(rank.statistic)})
            p_values.append(float(rank.pvalue))
    return _clear(found, p_values, "correlation")


def _clear(found: list[dict[str, Any]], p_values: list[float], size: str) -> list[dict[str, Any]]:
    """Those that are clear after Holm's correction, the largest first."""
    rows = [row | {"p_holm": float(p)} for row, p in zip(found, holm(p_values), strict=True) if p < CLEAR]
    return sorted(rows, key=lambda row: -abs(row[size]))[:SHOWN]
