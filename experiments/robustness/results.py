"""From the rows of a robustness run to its summary: which verdicts survive, what decides them, which pattern rejects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from experiments.calibration.draws import DrawnParameter, RobustnessSpecification
from experiments.robustness.shares import summarise_shares
from experiments.robustness.verdict_predictors import deciding_parameters, rank_correlations
from experiments.statistics.intervals import share_with_interval
from experiments.statistics.verdict import VERDICTS
from experiments.sweeps.runs import DONE, FAILED

if TYPE_CHECKING:
    import pandas as pd

INTERVAL = "95 % binomial (Wilson) over draws"
SURVIVING = ("supported", "refuted")  # a verdict that decides nothing survives nothing
_SHOWN_FAILURES = 10


def summarise(
    frame: pd.DataFrame,
    spec: RobustnessSpecification,
    parameters: Sequence[DrawnParameter],
    claims: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    """The part `robustness` of `summary.json` that follows from the rows: of a first round, and of others that added pairs.

    `claims`: by hypothesis, entries that do not depend on the rows (title, kind, pairs of a draw with a market, ...).
    """
    rows, frame = frame, frame[frame["round"] == 0]
    draws = frame.drop_duplicates("draw")
    values = draws.set_index("draw")[[drawn.key for drawn in parameters]]
    within = set(draws.loc[draws["accepted"], "draw"])
    failed = rows[rows["status"] == FAILED]
    accepted = int(draws["accepted"].sum())
    hypotheses = [
        {"id": name}
        | claim
        | _hypothesis(frame[frame["hypothesis"] == name], claim, spec, parameters)
        | {"worlds": summarise_shares(rows[rows["hypothesis"] == name], within, claim, parameters, values)}
        for name, claim in claims.items()
    ]
    return {
        "accepted": accepted,
        "accepted_share": share(accepted, len(draws)),
        "market_share": share(int(draws["market"].sum()), len(draws)),
        "interval": INTERVAL,
        "agreement": spec.agreement,
        "least_accepted": spec.least_accepted,
        "least_market": spec.least_market,
        "hypotheses": hypotheses,
        "patterns": _patterns(draws, spec),
        "failed": len(failed),
        "failures": failed[["id", "draw", "hypothesis", "error"]].head(_SHOWN_FAILURES).to_dict("records"),
    }


def share(k: int, n: int) -> dict[str, Any]:
    """A share with its binomial interval as JSON: `share`, `low`, `high`, `n` (k of them); `share` is None where n is 0."""
    found = share_with_interval(k, n)
    return {"share": None if n == 0 else found.estimate, "low": found.low, "high": found.high, "n": k}


def _hypothesis(
    rows: pd.DataFrame, claim: dict[str, Any], spec: RobustnessSpecification, parameters: Sequence[DrawnParameter]
) -> dict[str, Any]:
    """Shares of verdicts, whether one survives, where the estimates lie, and what decides."""
    done = rows[rows["status"] == DONE]
    accepted = done[done["accepted"]]
    most = _most_frequent(accepted["verdict"] if len(accepted) else done["verdict"])
    agreeing = share(int((accepted["verdict"] == most).sum()), len(accepted))
    keys = [drawn.key for drawn in parameters]
    values = done[keys].to_numpy(dtype=float)
    described = {
        drawn.key: {"default": drawn.default, "low": drawn.low, "high": drawn.high, "unit": drawn.unit, "source": drawn.source}
        for drawn in parameters
    }
    deciding = deciding_parameters(values, keys, done["verdict"].tolist())
    moving = rank_correlations(values, keys, done["estimate"].to_numpy(dtype=float))
    return {
        "draws": len(done),
        "draws_accepted": len(accepted),
        "failed": len(rows) - len(done),
        "all": shares_of(done["verdict"]),
        "accepted": shares_of(accepted["verdict"]),
        "verdict": most,
        "agreeing": agreeing,
        "survives": survives(most, agreeing["share"], len(accepted), spec),
        "estimates": {"all": _estimates(done, claim), "accepted": _estimates(accepted, claim)},
        "deciding": [row | described[row["parameter"]] for row in deciding],
        "moving": [row | described[row["parameter"]] for row in moving],
    }


def _estimates(rows: pd.DataFrame, claim: dict[str, Any]) -> dict[str, Any]:
    """Quantiles over draws, and in how many the estimate lies on the side of the claim, whatever its interval."""
    known = rows["estimate"].dropna()
    claimed = known > claim["threshold"] if claim["direction"] == "above" else known < claim["threshold"]
    return {"quantiles": quantiles(known), "claimed_side": share(int(claimed.sum()), len(known))}


def quantiles(values: pd.Series) -> dict[str, float] | None:
    """The median and the ends of the middle nine tenths; None of nothing."""
    return {f"{q:g}": float(values.quantile(q)) for q in (0.05, 0.5, 0.95)} if len(values) else None


def shares_of(verdicts: pd.Series) -> dict[str, dict[str, Any]]:
    """Share of every verdict there is, with its interval."""
    return {verdict: share(int((verdicts == verdict).sum()), len(verdicts)) for verdict in VERDICTS}


def survives(verdict: str | None, agreeing: float | None, accepted: int, spec: RobustnessSpecification) -> bool:
    """Whether a verdict that decides is shared by enough of the accepted draws, and there are enough of those."""
    return verdict in SURVIVING and accepted >= spec.least_accepted and agreeing >= spec.agreement


def _most_frequent(verdicts: pd.Series) -> str | None:
    """The verdict of most draws; of equals the first in the order of `VERDICTS`."""
    counts = {verdict: int((verdicts == verdict).sum()) for verdict in VERDICTS}
    return max(counts, key=counts.get) if len(verdicts) else None


def _patterns(draws: pd.DataFrame, spec: RobustnessSpecification) -> list[dict[str, Any]]:
    """What each pattern asks, how many draws meet it, and how many it alone rejects."""
    entries = []
    for evidence, pattern in spec.patterns.items():
        met = draws[f"{evidence}_met"]
        others = [f"{other}_met" for other in spec.patterns if other != evidence]
        alone = int((~met & draws[others].all(axis=1)).sum())
        values = draws[evidence].dropna()
        low, high = pattern.bounds
        entries.append({
            "evidence": evidence, "measure": pattern.measure, "label": pattern.label, "unit": pattern.unit,
            "target": pattern.target,
            "low": low if math.isfinite(low) else None, "high": high if math.isfinite(high) else None,
            "tag": pattern.tag, "why": pattern.why,
            "met": share(int(met.sum()), len(draws)), "rejects_alone": alone, "undefined": len(draws) - len(values),
            "quantiles": quantiles(values),
        })  # fmt: skip
    return entries
