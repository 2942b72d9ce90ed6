"""From the rows of a robustness run to the shares of worlds in which a claim holds, and what these turn on."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.statistics.shares_of_worlds import LEAST_DRAWS, Shares, bracket, conclusion, share_of_worlds
from experiments.sweeps.runs import DONE

if TYPE_CHECKING:
    import pandas as pd

    from experiments.calibration.draws import DrawnParameter, RobustnessSpecification

QUICK = 20  # resamples where only signs of single draws are looked at
LEAST_EXPLAINED = 0.05  # share of the variance between draws, out of sample, from which a split is shown
DEPTH, LEAF, FOLDS = 2, 0.08, 5  # of the tree of flips: splits one after another, least share of the draws in a leaf
STRUCTURE = "structure"


def pooled(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a draw: estimate, standard error and pairs over all its rounds, and by how much its first stage is felt.

    The pairs of all rounds are taken together: sums of squares within rounds and between them.
    """
    found = []
    for draw, group in rows[rows["status"] == DONE].sort_values("round").groupby("draw", sort=True):
        one: dict[str, Any] = {"draw": draw, "market": bool(group["market"].iloc[0])}
        one |= dict(zip(("estimate", "se", "pairs"), _together(group, "estimate", "se"), strict=True))
        margin, margin_se, _ = _together(group, "margin", "margin_se")
        level = group["level"].dropna()
        one |= {"margin": margin, "margin_se": margin_se, "level": float(level.mean()) if len(level) else math.nan}
        one |= {"felt": bool(group["first_stage"].iloc[0]), STRUCTURE: group[STRUCTURE].iloc[0]}
        found.append(one)
    return _frame(found)


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    columns = ["draw", "market", "estimate", "se", "pairs", "margin", "margin_se", "level", "felt", STRUCTURE]
    return pd.DataFrame(rows, columns=columns)


def _together(group: pd.DataFrame, mean: str, error: str) -> tuple[float, float, int]:
    """Mean, standard error and number of the pairs of several rounds; NaN where one of them is not known."""
    n = group["pairs"].to_numpy(float)
    means, errors = group[mean].to_numpy(float), group[error].to_numpy(float)
    if len(n) == 0 or not (np.isfinite(means).all() and np.isfinite(errors).all()) or (n < 2).any():
        return math.nan, math.nan, int(n.sum())
    total = n.sum()
    average = float(n @ means / total)
    squares = ((n - 1.0) * n * errors**2 + n * (means - average) ** 2).sum()
    return average, float(math.sqrt(squares / (total - 1.0) / total)), int(total)


def known(draws: pd.DataFrame) -> pd.DataFrame:
    """The draws with an estimate and its error."""
    return draws[np.isfinite(draws["estimate"]) & np.isfinite(draws["se"]) & (draws["pairs"] > 1)]


def seen(draws: pd.DataFrame, claim: Mapping[str, Any]) -> tuple[pd.DataFrame, int]:
    """The draws with a market that show something of the effect, and how many show nothing.

    Nothing is shown where not one pair differs from the threshold, and where the few pairs bound no error, as of a ratio whose
    denominator may be zero.
    """
    market = draws[draws["market"]]
    rows = known(market)
    rows = rows[(rows["se"] > 0.0) | (rows["estimate"] != claim["threshold"])]
    return rows, len(market) - len(rows)


def shares_of_claim(
    rows: pd.DataFrame, claim: Mapping[str, Any], resamples: int, seed: int, unseen: int = 0
) -> Shares | None:
    """The shares of one hypothesis over draws that show something, and so many more that show nothing; None for too few."""
    if len(rows) < LEAST_DRAWS:
        return None
    levels = rows["level"].abs() if np.isfinite(rows["level"]).all() else None
    return share_of_worlds(
        rows["estimate"], rows["se"], rows["pairs"] - 1.0, threshold=claim["threshold"], direction=claim["direction"],
        least=claim["smallest"], levels=levels, unseen=unseen, resamples=resamples, seed=seed,
    )  # fmt: skip


def unsure_draws(
    rows: pd.DataFrame, spec: RobustnessSpecification, claims: Mapping[str, Mapping[str, Any]]
) -> dict[int, tuple[str, ...]]:
    """The draws, with their hypotheses, in which the sign of an effect is not sure: these get more pairs.

    Here the law is that of all draws, those in which nothing is seen among them: a few pairs more would show nothing either.
    """
    unsure: dict[int, list[str]] = {}
    for name, claim in claims.items():
        of_claim = rows[rows["hypothesis"] == name]
        draws = known(pooled(of_claim))
        found = shares_of_claim(draws, claim, QUICK, 0)
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
    within = draws[draws["draw"].isin(accepted)]
    found = {"all": _shares(draws, claim), "accepted": _shares(within, claim)}
    used = within if found["accepted"]["shares"] is not None else draws
    told, unseen = seen(used, claim)
    shares = shares_of_claim(told, claim, QUICK, 0, unseen)
    flips = None
    if shares is not None:
        flips = flips_of(shares.chance, told, values.loc[told["draw"]], parameters)
    return found | {
        "conclusion": (found["accepted"]["shares"] or found["all"]["shares"] or {}).get("conclusion"),
        "flips": flips,
        "by_structure": by_structure(used, claim),
        "effects": _effects(shares),
        "pairs_run": int(draws["pairs"].sum()),
    }


def _shares(draws: pd.DataFrame, claim: Mapping[str, Any]) -> dict[str, Any]:
    """Shares over some draws: of those without a market, of those in which the first stage is felt, and of the claim."""
    n = len(draws)
    market = draws[draws["market"]]
    told, unseen = seen(draws, claim)
    found = shares_of_claim(told, claim, 200, 0, unseen)
    felt = market[np.isfinite(market["margin"]) & np.isfinite(market["margin_se"])]
    stage = None
    if len(felt) >= LEAST_DRAWS:
        stage = share_of_worlds(felt["margin"], felt["margin_se"], felt["pairs"] - 1.0, resamples=100).side
    return {
        "draws": n,
        "without_market": 1.0 - len(market) / n if n else None,
        "first_stage": stage,
        "shares": None if found is None else {
            "side": found.side, "beyond": found.beyond, "bracket": list(bracket(found.side)),
            "conclusion": conclusion(found.side), "scaled_by": found.scaled_by, "draws": found.draws,
            "sure_of_sign": float((found.wrong <= 0.05).sum() / found.draws), "unseen": found.unseen,
        },
    }  # fmt: skip


def by_structure(draws: pd.DataFrame, claim: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The share on the claim's side in the draws of each structure, by the normal law."""
    rows = []
    for name, group in draws.groupby(STRUCTURE, sort=False):
        told, unseen = seen(group, claim)
        found = shares_of_claim(told, claim, 100, 0, unseen)
        side = None if found is None else found.side
        effects = None if found is None else np.quantile(found.effects, [0.05, 0.5, 0.95]).tolist()
        rows.append({STRUCTURE: name, "draws": len(group), "side": side, "effects": effects})
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
    explains something of draws it has not seen (cross-validation); each leaf has its share of draws and its mean chance.
    """
    from sklearn.model_selection import KFold, cross_val_predict
    from sklearn.tree import DecisionTreeRegressor

    inputs, total = _inputs(draws, values, parameters), float(np.var(chance))
    least = max(5, int(LEAF * len(chance)))
    nothing = {"explained": 0.0, "leaves": []}
    if total < 1e-4 or len(chance) < 5 * FOLDS:
        return nothing
    tree = DecisionTreeRegressor(max_depth=DEPTH, min_samples_leaf=least, random_state=0)
    predicted = cross_val_predict(tree, inputs.table, chance, cv=KFold(FOLDS, shuffle=True, random_state=0))
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
