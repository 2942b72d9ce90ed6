"""A robustness run in words: which verdicts survive, how many draws there are, what decides a verdict.

All functions take parts of `summary.json`; the command's prose and the page share them.
"""

from __future__ import annotations

from typing import Any

from experiments.calibration.draws import NEAR
from experiments.robustness.verdict_predictors import LEAST_DRAWS
from experiments.statistics.verdict import shown_verdict
from experiments.store.result import MISSING, number

CONTROLS_NOT_DRAWN = (
    "No controls are run in a draw: plansim test shows whether those of a hypothesis hold at the defaults, and a verdict "
    "whose control fails there is not to be relied on, however many draws share it."
)


def headlines(summary: dict[str, Any]) -> list[str]:
    """Which verdicts survive and which do not, in two sentences; the first lines of prose and page."""
    accepted = f"{summary['accepted']} accepted draws"
    if summary["accepted"] < summary["least_accepted"]:
        needed = f"at least {summary['least_accepted']} are needed to show which verdicts survive"
        return [f"Only {summary['accepted']} of {summary['draws']} draws are accepted by the patterns; {needed}."]
    kept = [f"{e['id']} {shown_of(e)} ({percent(e['agreeing'])})" for e in summary["hypotheses"] if e["survives"]]
    lost = [f"{e['id']} (most often {shown_of(e)}: {percent(e['agreeing'])})" for e in summary["hypotheses"] if not e["survives"]]
    rule = f"{100 * summary['agreement']:g} % of the {accepted}"
    survive = (
        f"Survive, shared by at least {rule}: {'; '.join(kept)}." if kept else f"No verdict survives: none is shared by {rule}."
    )
    return [survive] + ([f"Do not survive: {'; '.join(lost)}."] if lost else [])


def shown_of(entry: dict[str, Any]) -> str:
    """The verdict that most accepted draws come to, as it is shown."""
    return shown_verdict(entry["kind"], entry["verdict"])


def describe_draws(summary: dict[str, Any]) -> str:
    """How many draws there are, of what, and how many are accepted and have a market."""
    if summary["range"] == NEAR:
        how = f"each within a factor {summary['factor']:g} of its default"
    else:
        how = "each over its whole stated range"
    without = "; without one, every verdict is not applicable" if summary["market_share"]["n"] < summary["draws"] else ""
    return (
        f"{summary['draws']} draws of {summary['parameters']} assumed numbers, {how}; accepted by the patterns: "
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
