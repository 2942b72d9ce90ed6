"""Which parameters decide a verdict: a shallow tree, judged by draws it has not seen, and rank correlations.

A tree over some hundreds of parameters always finds something. It says something only if, on draws that it was
not grown from, it names the verdict more often than naming the most frequent verdict every time would.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments.execution.chunks import world_seed
from experiments.statistics.intervals import share_with_interval
from experiments.statistics.verdict import holm
from experiments.sweeps.designs import DESIGN_STREAM

TREE_STREAM = DESIGN_STREAM - 3  # a replicate that no world has
DEPTH = 3
FOLDS = 10
LEAST_DRAWS = 30  # fewer say nothing of so many parameters
LEAF_SHARE = 0.04  # of the draws, at least 5 draws: a leaf is never a handful of accidents
CORRELATED = 0.05  # level, after Holm's correction over all parameters
SHOWN = 8


def grow_tree(values: np.ndarray, keys: Sequence[str], verdicts: Sequence[str], root_seed: int) -> dict[str, Any]:
    """Grow a tree of depth 3 from drawn values to verdicts, and say what it is worth.

    Parameters
    ----------
    values
        float64[draws, parameters].
    verdicts
        One a draw.

    Returns
    -------
    dict
        `accuracy` with its binomial interval (`low`, `high`): draws whose verdict the tree names when it is grown
        without them (ten folds); `base_rate`: the share of the most frequent verdict; `beats_base`: whether the
        whole interval lies above it; `rules`: the tree as text; `importance`: `[{parameter, importance}]`.
        Without two verdicts, or below 30 draws, no tree is grown and `accuracy` is None.
    """
    counts = Counter(verdicts)
    most = max(counts.values(), default=0)
    told: dict[str, Any] = {
        "draws": len(verdicts), "depth": DEPTH, "base_rate": most / len(verdicts) if verdicts else None,
        "accuracy": None, "low": None, "high": None, "beats_base": False, "rules": "", "importance": [],
    }  # fmt: skip
    if len(counts) < 2 or len(verdicts) < LEAST_DRAWS:
        return told
    from sklearn.model_selection import KFold, cross_val_predict
    from sklearn.tree import DecisionTreeClassifier, export_text

    state = world_seed(root_seed, TREE_STREAM) % 2**32
    leaf = max(5, round(LEAF_SHARE * len(verdicts)))
    tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=leaf, random_state=state)
    truth = np.array(verdicts)
    named = cross_val_predict(tree, values, truth, cv=KFold(FOLDS, shuffle=True, random_state=state))
    seen = share_with_interval(int((named == truth).sum()), len(truth))
    tree.fit(values, truth)
    order = np.argsort(-tree.feature_importances_, kind="stable")
    chosen = [(keys[j], float(tree.feature_importances_[j])) for j in order if tree.feature_importances_[j] > 0.0]
    return told | {
        "accuracy": seen.estimate, "low": seen.low, "high": seen.high, "beats_base": seen.low > told["base_rate"],
        "rules": export_text(tree, feature_names=list(keys), decimals=4).rstrip(),
        "importance": [{"parameter": key, "importance": share} for key, share in chosen],
    }  # fmt: skip


def rank_correlations(values: np.ndarray, keys: Sequence[str], estimates: Sequence[float]) -> list[dict[str, Any]]:
    """Parameters whose draws go with the estimate, by Spearman's rank correlation, the strongest first.

    Only those below 5 % after Holm's correction over all parameters, eight at most. Draws without an estimate
    are left out.

    Parameters
    ----------
    values
        float64[draws, parameters].
    estimates
        One a draw; NaN where there is none.
    """
    from scipy.stats import spearmanr

    outcome = np.asarray(estimates, dtype=float)
    known = np.isfinite(outcome)
    if known.sum() < LEAST_DRAWS or np.ptp(outcome[known]) == 0.0:
        return []
    found = []
    for j, key in enumerate(keys):
        column = values[known, j]
        if np.ptp(column) > 0.0:
            rank = spearmanr(column, outcome[known])
            found.append((key, float(rank.statistic), float(rank.pvalue)))
    corrected = holm([p for _, _, p in found])
    clear = [
        {"parameter": key, "correlation": rho, "p_holm": float(p)}
        for (key, rho, _), p in zip(found, corrected, strict=True)
        if p < CORRELATED
    ]
    return sorted(clear, key=lambda row: -abs(row["correlation"]))[:SHOWN]
