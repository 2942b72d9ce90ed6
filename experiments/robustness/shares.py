"""From the rows of a robustness run to the shares of worlds in which a claim holds, and what these turn on."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.statistics.shares_of_worlds import LEAST_DRAWS, RESAMPLES, UNSEEN, Shares, bracket, conclusion, share_of_worlds
from experiments.sweeps.runs import DONE

if TYPE_CHECKING:
    import pandas as pd

    from experiments.calibration.draws import DrawnParameter, RobustnessSpecification

QUICK = 20  # resamples where only signs of single draws are looked at
LEAST_EXPLAINED = 0.05  # share of the variance between draws, out of sample, from which a split is shown
DEPTH, LEAF, FOLDS = 2, 0.08, 5  # of the tree of flips: splits one after another, least share of the draws in a leaf
STRUCTURE, GROUP = "structure", "parameters"
"""Columns of pooled draws: the structure, and a label that draws with the same parameters share."""


def pooled(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a draw: estimate, standard error and pairs over its rounds, and by how much its first stage is felt.

    The pairs of all rounds that have an error are taken together: sums of squares within rounds and between them. `whole`:
    whether all rounds have one.
    """
    found = []
    for draw, group in rows[rows["status"] == DONE].sort_values("round").groupby("draw", sort=True):
        one: dict[str, Any] = {"draw": draw, "market": bool(group["market"].iloc[0])}
        one |= dict(zip(("estimate", "se", "pairs"), _together(group, "estimate", "se"), strict=True))
        margin, margin_se, _ = _together(group, "margin", "margin_se")
        level = group["level"].dropna()
        one |= {"margin": margin, "margin_se": margin_se, "level": float(level.mean()) if len(level) else math.nan}
        one |= {"felt": bool(group["first_stage"].iloc[0]), STRUCTURE: group[STRUCTURE].iloc[0]}
        one |= {"whole": bool(group["se"].notna().all()), "pairs_run": int(group["pairs"].sum())}
        found.append(one)
    return _frame(found)


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    columns = ["draw", "market", "estimate", "se", "pairs", "margin", "margin_se", "level", "felt", STRUCTURE]
    columns += ["whole", "pairs_run"]
    return pd.DataFrame(rows, columns=columns)


def _together(group: pd.DataFrame, mean: str, error: str) -> tuple[float, float, int]:
    """Mean, standard error and number of the pairs of the rounds that have an error; NaN if none has."""
    group = group[np.isfinite(group[mean]) & np.isfinite(group[error]) & (group["pairs"] > 1)]
    n = group["pairs"].to_numpy(float)
    means, errors = group[mean].to_numpy(float), group[error].to_numpy(float)
    if len(n) == 0:
        return math.nan, math.nan, 0
    total = n.sum()
    average = float(n @ means / total)
    squares = ((n - 1.0) * n * errors**2 + n * (means - average) ** 2).sum()
    return average, float(math.sqrt(squares / (total - 1.0) / total)), int(total)


def known(draws: pd.DataFrame) -> pd.DataFrame:
    """The draws with an estimate and its error."""
    return draws[np.isfinite(draws["estimate"]) & np.isfinite(draws["se"])]


def shares_over(draws: pd.DataFrame, claim: Mapping[str, Any], resamples: int, zeros_tell: bool = False) -> Shares | None:
    """The shares of one hypothesis over draws with a market; None if too few of them show something of the effect.

    A draw without an error shows nothing, nor does one whose error is zero, unless `zeros_tell`.
    """
    shown = np.isfinite(draws["estimate"]) & np.isfinite(draws["se"]) & ((draws["se"] > 0.0) | zeros_tell)
    if shown.sum() < LEAST_DRAWS:
        return None
    levels = draws["level"].abs()
    return share_of_worlds(
        draws["estimate"], draws["se"], draws["pairs"] - 1.0, threshold=claim["threshold"], direction=claim["direction"],
        least=claim["smallest"], levels=levels if np.isfinite(levels[shown]).all() else None, shown=shown,
        groups=draws.get(GROUP), resamples=resamples,
    )  # fmt: skip


def unsure_draws(
    rows: pd.DataFrame, spec: RobustnessSpecification, claims: Mapping[str, Mapping[str, Any]]
) -> dict[int, tuple[str, ...]]:
    """The draws, with their hypotheses, in which the sign of an effect is not sure: these get more pairs.

    A draw without an error gets none, and an error of zero counts as knowledge here: as few pairs again would hardly show more.
    """
    unsure: dict[int, list[str]] = {}
    for name, claim in claims.items():
        of_claim = rows[rows["hypothesis"] == name]
        draws = known(pooled(of_claim))
        draws = draws[draws["whole"]]
        found = shares_over(draws, claim, QUICK, zeros_tell=True)
        latest = of_claim.groupby("draw")["round"].max()
        ongoing = set(latest[latest == rows["round"].max()].index)  # who was sure before stays as it is
        for draw, wrong in zip(draws["draw"], found.wrong if found else (), strict=False):
            if wrong > spec.false_signs and draw in ongoing:
                unsure.setdefault(int(draw), []).append(name)
    return {draw: tuple(names) for draw, names in unsure.items()}


def summarise_shares(
    rows: pd.DataFrame, accepted: set[int], claim: Mapping[str, Any], parameters: Sequence[DrawnParameter], values: pd.DataFrame
) -> dict[str, Any]:
    """Shares of one hypothesis over all draws and over accepted ones, and what turns it.

    `rows`: those of the hypothesis in all rounds; `values`: the drawn parameters by draw.
    """
    draws = pooled(rows)
    draws[GROUP] = draws["draw"].map(values.groupby(list(values.columns), sort=False).ngroup())
    within = draws[draws["draw"].isin(accepted)]
    (every, all_shares), (fitting, shares) = (_shares(part, claim) for part in (draws, within))
    used, shares = (draws, all_shares) if shares is None else (within, shares)
    concluded = (fitting["shares"] or every["shares"] or {}).get("conclusion")
    flips = None
    if concluded not in (None, UNSEEN):
        told = used[used["market"]].iloc[shares.shown]
        flips = flips_of(shares.chance, told, values.loc[told["draw"]], parameters)
    return {
        "all": every,
        "accepted": fitting,
        "conclusion": concluded,
        "flips": flips,
        "by_structure": by_structure(used, claim),
        "effects": _effects(shares),
        "pairs_run": int(draws["pairs_run"].sum()),
    }


def _shares(draws: pd.DataFrame, claim: Mapping[str, Any]) -> tuple[dict[str, Any], Shares | None]:
    """Shares over some draws: of those without a market, of those in which the first stage is felt, and of the claim."""
    n = len(draws)
    market = draws[draws["market"]]
    found = shares_over(market, claim, RESAMPLES)
    felt = market[np.isfinite(market["margin"]) & np.isfinite(market["margin_se"])]
    stage = None
    if len(felt) >= LEAST_DRAWS:
        freedom = felt["pairs_run"] - 1.0
        stage = share_of_worlds(felt["margin"], felt["margin_se"], freedom, groups=felt[GROUP], resamples=RESAMPLES // 2).side
    return {
        "draws": n,
        "vectors": int(draws[GROUP].nunique()),
        "without_market": 1.0 - len(market) / n if n else None,
        "first_stage": stage,
        "shares": None if found is None else {
            "side": found.side, "beyond": found.beyond, "bracket": list(bracket(found.side)),
            "conclusion": conclusion(found.side, found.unseen), "scaled_by": found.scaled_by, "draws": found.draws,
            "sure_of_sign": float((found.wrong <= 0.05).sum() / found.draws), "unseen": found.unseen,
        },
    }, found  # fmt: skip


def by_structure(draws: pd.DataFrame, claim: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The share on the claim's side in the draws of each structure, by the normal law."""
    rows = []
    for name, group in draws.groupby(STRUCTURE, sort=False):
        found = shares_over(group[group["market"]], claim, RESAMPLES // 2)
        side, unseen = (None, None) if found is None else (found.side, found.unseen)
        effects = None if found is None else np.quantile(found.effects, [0.05, 0.5, 0.95]).tolist()
        rows.append({STRUCTURE: name, "draws": len(group), "side": side, "effects": effects, "unseen": unseen})
    return sorted(rows, key=lambda row: (row[STRUCTURE] != "default", row[STRUCTURE]))


def _effects(shares: Shares | None) -> dict[str, Any] | None:
    """The effects over draws with the noise removed: quantiles, and each of them for the figure."""
    if shares is None:
        return None
    quantiles = {f"{q:g}": float(np.quantile(shares.effects, q)) for q in (0.05, 0.25, 0.5, 0.75, 0.95)}
    return {"quantiles": quantiles, "draws": np.sort(shares.effects).tolist()}


@dataclasses.dataclass(frozen=True)
class _Inputs:
    """Columns that may turn a verdict: drawn numbers, and one for each structure."""

    names: list[str]
    table: np.ndarray


def _inputs(draws: pd.DataFrame, values: pd.DataFrame, parameters: Sequence[DrawnParameter]) -> _Inputs:
    keys = [one.key for one in parameters]
    structures = sorted(set(draws[STRUCTURE]))
    turned = [(draws[STRUCTURE] == name).to_numpy(float) for name in structures] if len(structures) > 1 else []
    columns = [values[key].to_numpy(float) for key in keys] + turned
    return _Inputs([*keys, *(f"{STRUCTURE}={name}" for name in structures if turned)], np.array(columns).T)


def flips_of(
    chance: np.ndarray, draws: pd.DataFrame, values: pd.DataFrame, parameters: Sequence[DrawnParameter]
) -> dict[str, Any]:
    """What turns a claim: a shallow tree of the chance that the effect is on its side (Breiman and others 1984).

    `chance`: float64[draws], posterior chance of each draw, the noise of its pairs taken into account. Shown where the tree
    explains something of draws it has not seen (cross-validation, draws with the same parameters together); each leaf has its
    share of draws and its mean chance.
    """
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.tree import DecisionTreeRegressor

    inputs, total = _inputs(draws, values, parameters), float(np.var(chance))
    least = max(5, int(LEAF * len(chance)))
    nothing = {"explained": 0.0, "leaves": []}
    if total < 1e-4 or len(chance) < 5 * FOLDS or draws[GROUP].nunique() < FOLDS:
        return nothing
    tree = DecisionTreeRegressor(max_depth=DEPTH, min_samples_leaf=least, random_state=0)
    predicted = cross_val_predict(tree, inputs.table, chance, groups=draws[GROUP], cv=GroupKFold(FOLDS))
    explained = 1.0 - float(np.mean((chance - predicted) ** 2)) / total
    if explained < LEAST_EXPLAINED:
        return nothing | {"explained": max(0.0, explained)}
    tree.fit(inputs.table, chance)
    return {"explained": explained, "leaves": _leaves(tree.tree_, inputs.names, len(chance))}


def _leaves(tree, names: list[str], n: int, node: int = 0, path: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Conditions, share of the draws and mean chance of each leaf below a node, the highest chance first."""
    left, right = int(tree.children_left[node]), int(tree.children_right[node])
    if left < 0:
        share = float(tree.n_node_samples[node]) / n
        return [{"where": list(path), "draws": share, "share": float(tree.value[node].ravel()[0])}]
    name, cut = names[tree.feature[node]], float(tree.threshold[node])
    if name.startswith(f"{STRUCTURE}="):
        below, above = f"not {name}", name
    else:
        below, above = f"{name} below {cut:.3g}", f"{name} above {cut:.3g}"
    found = _leaves(tree, names, n, left, (*path, below)) + _leaves(tree, names, n, right, (*path, above))
    return sorted(found, key=lambda leaf: -leaf["share"])
