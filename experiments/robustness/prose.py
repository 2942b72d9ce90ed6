"""A robustness run in words: which verdicts survive, how many draws there are, what decides a verdict.

All take parts of `summary.json`; the command's prose and the page both speak through them.
"""

from __future__ import annotations

from typing import Any

from experiments.robustness.draws import NEAR
from experiments.statistics.verdict import shown_verdict
from experiments.store.result import MISSING, number

CONTROLS_NOT_DRAWN = (
    "No controls are run in a draw: whether those of a hypothesis hold at the defaults is told by plansim test, and a verdict "
    "whose control fails there is not to be relied on, however many draws share it."
)


def headlines(told: dict[str, Any]) -> list[str]:
    """Which verdicts survive and which do not, in two sentences; the first lines of prose and page."""
    accepted = f"{told['accepted']} accepted draws"
    if told["accepted"] < told["least_accepted"]:
        needed = f"at least {told['least_accepted']} are needed to say which verdicts survive"
        return [f"Only {told['accepted']} of {told['draws']} draws are accepted by the patterns; {needed}."]
    kept = [f"{e['id']} {shown_of(e)} ({percent(e['agreeing'])})" for e in told["hypotheses"] if e["survives"]]
    lost = [f"{e['id']} (most often {shown_of(e)}: {percent(e['agreeing'])})" for e in told["hypotheses"] if not e["survives"]]
    rule = f"{100 * told['agreement']:g} % of the {accepted}"
    survive = (
        f"Survive, shared by at least {rule}: {'; '.join(kept)}." if kept else f"No verdict survives: none is shared by {rule}."
    )
    return [survive] + ([f"Do not survive: {'; '.join(lost)}."] if lost else [])


def shown_of(entry: dict[str, Any]) -> str:
    """The verdict that most accepted draws come to, as people are told it."""
    return shown_verdict(entry["kind"], entry["verdict"])


def describe_draws(told: dict[str, Any]) -> str:
    """How many draws there are, of what, and how many are accepted and have a market."""
    if told["range"] == NEAR:
        how = f"each within a factor {told['factor']:g} of its default"
    else:
        how = "each over its whole stated range"
    without = "; without one, every verdict is not applicable" if told["market_share"]["n"] < told["draws"] else ""
    return (
        f"{told['draws']} draws of {told['parameters']} assumed numbers, {how}; accepted by the patterns: "
        f"{percent(told['accepted_share'])}; with a market at all: {percent(told['market_share'])}{without}."
    )


def percent(found: dict[str, Any]) -> str:
    """A share with its interval in percent: `90 % (87-93)`."""
    if found["share"] is None:
        return MISSING
    low, high = round(100 * found["low"]), round(100 * found["high"])
    return f"{100 * found['share']:.0f} % ({low}-{high})"


def tell_bounds(pattern: dict[str, Any]) -> str:
    """What a pattern asks, in numbers."""
    low, high = pattern["low"], pattern["high"]
    if low is None or high is None:
        return f"{'at least' if high is None else 'at most'} {number(high if low is None else low)} {pattern['unit']}"
    return f"{number(low)} to {number(high)} {pattern['unit']}"


def tell_deciding(entry: dict[str, Any]) -> str:
    """What the tree is worth, and the parameters it rests on if it says anything."""
    tree = entry["tree"]
    if tree["base_rate"] is None:
        return "no draw"
    if tree["base_rate"] == 1.0:
        return "nothing: every draw has one verdict"
    if tree["accuracy"] is None:
        return f"not asked: {tree['draws']} draws are too few"
    right = f"right in {100 * tree['accuracy']:.0f} % ({100 * tree['low']:.0f}-{100 * tree['high']:.0f})"
    worth = f"{right}, the most frequent verdict in {100 * tree['base_rate']:.0f} %"
    if not tree["beats_base"]:
        return f"no few parameters: {worth}"
    names = ", ".join(f"{row['parameter']} ({100 * row['importance']:.0f} %)" for row in entry["deciding"][:5])
    return f"{names}; {worth}"
