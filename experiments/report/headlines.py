"""A result in one line, from its summary: what a list of results shows next to its name. Nothing of the model is imported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from experiments.store.result import interval_text, number

Summary = Mapping[str, Any]


def headline(command: str, summary: Summary) -> str:
    """What a finished result found, in a few words: those of its summary, where it has any, or of its command's numbers.

    Empty where the summary is of a form that this version does not know.
    """
    if isinstance(given := summary.get("headline"), str):
        return given
    try:
        return HEADLINES[command](summary)
    except (KeyError, IndexError, TypeError, ValueError):
        return ""


def _run(summary: Summary) -> str:
    outcomes = summary["outcomes"]
    found = outcomes.get("person_days_in_spell") or outcomes["exploitation_person_days"]
    return f"{number(found['value'])} {found['unit']} of exploitation"


def _test(summary: Summary) -> str:
    (entry,) = summary["hypotheses"]
    doubt = " (a control failed)" if entry.get("controls_hold") is False else ""
    return f"{entry['verdict']}{doubt}: {interval_text(entry)} {entry['unit']}"


def _tests(summary: Summary) -> str:
    return _counted(entry["verdict"] for entry in summary["hypotheses"])


def _counted(words) -> str:
    """How often each word comes, in the order of their first.

    >>> _counted(["holds", "fails", "holds"])
    '2 holds, 1 fails'
    """
    return ", ".join(f"{count} {word}" for word, count in Counter(words).items())


def _structures(summary: Summary) -> str:
    differing = sum(bool(row["differs"]) for row in summary["rows"])
    return f"{len(summary['rows'])} verdicts under {len(summary['structures'])} structures, {differing} unlike the default's"


def _screening(summary: Summary) -> str:
    main = [effect for effect in summary["effects"] if effect["kind"] == "main"]
    return f"{sum(bool(effect['clear']) for effect in main)} of {len(main)} effects of structures are clear of zero"


def _sweep(summary: Summary) -> str:
    failed = f", {summary['failed']} failed" if summary["failed"] else ""
    return f"{summary['done']:,} rows{failed}: {len(summary['factors'])} factors, policies {', '.join(summary['arms'])}"


def _sensitivity(summary: Summary) -> str:
    first = summary["screening"]["effects"][0]
    return f"{summary['factors'][first['factor']]['label']} moves most: {interval_text(first['mu_star'])} {summary['unit']}"


def _robustness(summary: Summary) -> str:
    entries = summary["robustness"]["hypotheses"]
    return _counted(entry["worlds"]["conclusion"] or "too few draws" for entry in entries)


def _validate(summary: Summary) -> str:
    return f"{sum(bool(row['passes']) for row in summary['patterns'])} of {len(summary['patterns'])} known patterns met"


def _calibrate(summary: Summary) -> str:
    identified = sum(bool(row["identified"]) for row in summary["parameters"])
    return f"{identified} of {summary['parameters_drawn']} numbers identified; {summary['kept']} draws kept"


def _growth(summary: Summary) -> str:
    one = next(one for one in summary["series"] if one["growth"] == 0.0)
    return f"without growth of the market, recording grew by {number(100 * one['estimate'], 0)} % a year ({one['row']})"


def _frontier(summary: Summary) -> str:
    return f"{summary['robust']} is never far from the best, within {summary['budget_a_year']:,.0f} EUR a year"


def _compare(summary: Summary) -> str:
    best = summary["best"]
    apart = f", not told apart from {', '.join(best['not_told_apart'])}" if best["not_told_apart"] else ""
    return f"least exploitation under {best['policy']}{apart}"


def _evaluate(summary: Summary) -> str:
    known = next((one for one in summary["estimates"] if one["estimate"] is not None), None)
    return "nothing can be estimated" if known is None else f"{known['label']}: {interval_text(known)}"


def _explorable(summary: Summary) -> str:
    return f"{summary['worlds']:,} worlds on a page of {summary['bytes'] / 1e6:.1f} MB"


HEADLINES: dict[str, Callable[[Summary], str]] = {
    "run": _run, "test": _test, "tests": _tests, "structures": _structures, "screening": _screening, "sweep": _sweep,
    "sensitivity": _sensitivity, "robustness": _robustness, "validate": _validate, "calibrate": _calibrate,
    "growth": _growth, "frontier": _frontier, "compare": _compare, "evaluate": _evaluate,
    "explorable": _explorable,
}  # fmt: skip
"""By the command that made the summary."""
