"""A robustness run in words: which verdicts survive, how many draws there are, what decides a verdict.

All functions take parts of `summary.json`; the command's prose and the page share them.
"""

from __future__ import annotations

from typing import Any

from experiments.calibration.draws import NEAR
from experiments.robustness.verdict_predictors import LEAST_DRAWS
from experiments.statistics.shares_of_worlds import percent_range
from experiments.statistics.verdict import shown_verdict
from experiments.store.result import MISSING, number

CONTROLS_NOT_DRAWN = (
    "No controls are run in a draw: plansim test shows whether those of a hypothesis hold at the defaults, and a verdict "
    "whose control fails there is not to be relied on, however many draws share it."
)


WHY_COUNTS_MISLEAD = (
    "Counts of the draws' own verdicts say mostly how many pairs a draw has: with a handful, most effects cannot be told from "
    "none. The share of worlds takes that noise out."
)
HOW_SHARES_ARE_MADE = (
    "Shares are of draws whose true effect is on the claim's side, by a normal law of effects and by a law of any form; both "
    "intervals are bootstrapped over draws, those with the same parameters together. Draws whose pairs are all equal, or bound "
    "no error, show nothing: the bracket takes them to be on either side. Where they are more than a tenth, too little is seen. "
    "Else a claim holds where the whole bracket of both is above 90 %, fails where it is below 10 %, and depends in between."
)
SHARE_HEAD = (
    "on the claim's side: normal law", "any law", "beyond the smallest effect", "nothing seen", "no market", "first stage felt",
)  # fmt: skip
CONCLUSIONS = ("holds", "fails", "depends", "unseen")


def headlines(summary: dict[str, Any]) -> list[str]:
    """In which share of worlds each claim holds, by conclusion; the first lines of prose and page."""
    enough = summary["accepted"] >= summary["least_accepted"]
    of = f"the {summary['accepted']} draws that show the known patterns" if enough else f"all {summary['draws']} draws"
    lines = []
    if not enough:
        lines.append(
            f"Only {summary['accepted']} of {summary['draws']} draws are accepted by the patterns, so all draws are used."
        )
    for conclusion in CONCLUSIONS:
        entries = [entry for entry in summary["hypotheses"] if entry["worlds"]["conclusion"] == conclusion]
        if entries:
            texts = [f"{entry['id']} ({bracket_text(shares_used(entry))})" for entry in entries]
            word = {
                "holds": "Hold in nearly all worlds", "fails": "Fail in nearly all", "depends": "Depend on what is assumed",
                "unseen": "Too little is seen in so small a market",
            }  # fmt: skip
            lines.append(f"{word[conclusion]}: {'; '.join(texts)}.")
    unknown = [entry["id"] for entry in summary["hypotheses"] if entry["worlds"]["conclusion"] is None]
    if unknown:
        lines.append(f"Too few draws with an estimate: {'; '.join(unknown)}.")
    return [*lines, f"In brackets: share of {of} on the claim's side, over both estimators."]


def shares_used(entry: dict[str, Any]) -> dict[str, Any] | None:
    """The shares over accepted draws, or over all where too few are accepted."""
    worlds = entry["worlds"]
    return worlds["accepted"]["shares"] or worlds["all"]["shares"]


def bracket_text(shares: dict[str, Any] | None) -> str:
    """Lowest and highest end of the intervals of both estimators, in percent."""
    if shares is None:
        return MISSING
    return percent_range(*shares["bracket"])


def share_cells(found: dict[str, Any]) -> list[str]:
    """The shares over some draws as cells of a table, by `SHARE_HEAD`."""
    shares, missing = found["shares"], found["without_market"]
    if shares is None:
        sides = [MISSING] * 4
    else:
        low, high = (f(shares["beyond"][name]["share"] for name in shares["beyond"]) for f in (min, max))
        high = min(1.0, high + (shares["unseen"] if shares["conclusion"] == "unseen" else 0.0))
        sides = [*(side_text(shares["side"][name], shares["conclusion"]) for name in ("normal", "mixture"))]
        sides += [percent_range(low, high), f"{100 * shares['unseen']:.0f} %"]
    stage = MISSING if found["first_stage"] is None else percent(found["first_stage"]["normal"])
    return [*sides, MISSING if missing is None else f"{100 * missing:.0f} %", stage]


def side_text(found: dict[str, Any], conclusion: str) -> str:
    """A share with its interval; its ends alone where too little is seen for more."""
    return percent_range(found["low"], found["high"]) if conclusion == "unseen" else percent(found)


def turned_by(entry: dict[str, Any]) -> str:
    """What turns a claim, in words: where its share is highest and lowest."""
    if entry["worlds"]["conclusion"] == "unseen":
        return "too little is seen to say"
    flips = entry["worlds"]["flips"]
    if not flips or not flips["leaves"]:
        return "no split by a number or a structure predicts it in draws it was not made from"
    best, worst = flips["leaves"][0], flips["leaves"][-1]
    texts = [f"{100 * leaf['share']:.0f} % where {' and '.join(leaf['where'])}" for leaf in (best, worst)]
    return f"{texts[0]}; {texts[1]}"


def shown_of(entry: dict[str, Any]) -> str:
    """The verdict that most accepted draws come to, as it is shown."""
    return shown_verdict(entry["kind"], entry["verdict"])


def describe_draws(summary: dict[str, Any]) -> str:
    """How many draws there are, of what, and how many are accepted and have a market."""
    if summary["range"] == NEAR:
        how = f"each within a factor {summary['factor']:g} of its default"
    elif summary["range"] == "posterior":
        how = "from the posterior of a calibration"
    else:
        how = "each over its whole stated range"
    without = "; without one, every verdict is not applicable" if summary["market_share"]["n"] < summary["draws"] else ""
    structures = len(summary["structures"])
    turned = f", and one of {structures} structures" if structures > 1 else ""
    return (
        f"{summary['draws']} draws of {summary['parameters']} assumed numbers, {how}{turned}; accepted by the patterns: "
        f"{percent(summary['accepted_share'])}; with a market at all: {percent(summary['market_share'])}{without}."
    )


def percent(found: dict[str, Any]) -> str:
    """A share with its interval in percent: `90 % (87-93)`."""
    if found["share"] is None:
        return MISSING
    low, high = round(100 * found["low"]), round(100 * found["high"])
    return f"{100 * found['share']:.0f} % ({low}-{high})"


def bounds_text(pattern: dict[str, Any]) -> str:
    """What a pattern asks, in numbers."""
    low, high = pattern["low"], pattern["high"]
    if low is None or high is None:
        return f"{'at least' if high is None else 'at most'} {number(high if low is None else low)} {pattern['unit']}"
    return f"{number(low)} to {number(high)} {pattern['unit']}"


def deciding_text(entry: dict[str, Any]) -> str:
    """The parameters whose draws differ between verdicts, or why none is named."""
    if not entry["draws"]:
        return "no draw"
    if any(share["n"] == entry["draws"] for share in entry["all"].values()):
        return "nothing: every draw has one verdict"
    if entry["draws"] < LEAST_DRAWS:
        return f"not asked: {entry['draws']} draws are too few"
    named = [row for row in entry["deciding"] if "share" in row]  # those of earlier versions came from a tree
    return ", ".join(f"{row['parameter']} ({100 * row['share']:.0f} %)" for row in named) or "no single parameter"
