"""A comparison in words: which policy, by how much, how surely, at what cost; the same for the page and for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.comparison import figures
from experiments.comparison.plan import ARMS
from experiments.comparison.results import COST, FOREST, LEADING, label_of
from experiments.comparison.runs import SERIES
from experiments.report import style
from experiments.report.command_line import configuration_of, overrides_of, write_command
from experiments.report.not_observable import NOT_SEEN, unseen
from experiments.report.page import Page
from experiments.store.result import MISSING, interval_text, number
from sim.measures.formulas import FIRST_SCREEN
from sim.measures.windows import LIMITS, window_text

if TYPE_CHECKING:
    import pandas as pd

UNIT = "exploitation person-days a day"
FEW_PAIRS = 50  # from here on intervals of discrete values cover as stated (experiments.statistics.intervals)
UNCLEAR = "no clear fall"  # of exploitation: nothing to divide a cost by
OVERVIEW = [
    "policy",
    UNIT,
    "minus the base",
    "in % of the base",
    "less in",
    "public cost more, EUR",
    "EUR per person-day avoided",
]
WHAT_AN_INTERVAL_IS = (
    "Each is of one comparison by itself; with more pairs it narrows, and says nothing more about the world outside the model."
)


# --- words


def setting_lines(summary: Mapping[str, Any]) -> list[str]:
    """Market, pairs, the days measured and those before, which are kept apart."""
    begin = summary["policies_begin"]
    since = "from the policies' start on"
    if summary["window"]["first_day"] != begin["first_day"]:
        since = f"from the end of burn-in on, as the policies begin on day {begin['first_day']}, within it"
    lines = [
        f"Market {summary['market']}, {summary['pairs']} pairs of worlds on equal seeds, base {summary['base']}. "
        f"Measured: {window_text(summary['window'])}, {since}."
    ]
    if summary["before"]:
        lines.append(f"Before the policies: {window_text(summary['before'])}, shown apart and in no other number.")
    if summary["budget"] is not None:
        lines.append(f"Every policy is scaled to a public cost of {number(summary['budget'], 0)} EUR.")
    if summary["precise"]:
        lines.append(
            f"Half of each interval of {UNIT} is at most {number(summary['effect_unit'] / 4.0)}, as precision=true asks for."
        )
    return lines


def doubts(summary: Mapping[str, Any]) -> list[str]:
    """What keeps the numbers from being relied on: too few pairs, or intervals that are still wider than asked for."""
    lines = []
    if summary["pairs"] < FEW_PAIRS:
        lines.append(
            f"Only {summary['pairs']} pairs: below {FEW_PAIRS} intervals are rough and miss the truth more often than stated. "
            f"Take n_pairs={FEW_PAIRS} or more before relying on them."
        )
    if summary["precise"] is False:
        half = number(summary["effect_unit"] / 4.0)
        lines.append(f"After {summary['pairs']} pairs, the most there are, half of some interval is still above {half} {UNIT}.")
    return lines


def headlines(summary: Mapping[str, Any]) -> list[str]:
    """Which policy leaves least exploitation, and a line for each policy against the base."""
    best = summary["best"]
    level = summary["outcomes"][LEADING]["policies"][best["policy"]]["estimate"]
    lines = [f"Least exploitation under {best['policy']}: {number(level)} person-days a day."]
    if best["not_told_apart"]:
        lines[0] += f" It cannot be told apart from {_listed(best['not_told_apart'])}."
    else:
        nearest, more = next(iter(best["more_under_others"].items()))
        lines[0] += f" The next, {nearest}, has {interval_text(more)} more."
    return lines + [sentence_of(summary, policy) for policy in summary["policies"][1:]]


def sentence_of(summary: Mapping[str, Any], policy: str) -> str:
    """By how much, how surely and at what cost a policy changes exploitation against the base."""
    base, cost = summary["base"], summary["cost"][policy]
    if policy in summary["identical"]:
        return f"{policy}: worlds equal to those of {base} to the bit; nothing in it acts here."
    outcome = summary["outcomes"][LEADING]["policies"][policy]["difference"]
    text = f"{policy}: {effect_text(outcome, base)}"
    percent = cost["change_percent"]
    if is_clear(outcome) and percent["estimate"] is not None:
        text += f", {number(abs(percent['estimate']), 1)} %"
    text += f"; less in {round(cost['fewer'] * cost['pairs'])} of {cost['pairs']} pairs"
    text += f"; public cost {_more(cost['cost'], 'EUR')}"
    if cost["eur_each"]["estimate"] is not None and cost["eur_each"]["estimate"] > 0.0:
        text += f", {interval_text(cost['eur_each'])} EUR per person-day avoided"
    return f"{text}."


def effect_text(difference: Mapping[str, Any], base: str) -> str:
    """A difference in exploitation in words, with its interval."""
    if not is_clear(difference):
        return f"no difference to {base} that can be told from zero, {interval_text(difference)} {UNIT}"
    return f"{_more(difference, UNIT, 'fewer')} than {base}"


def is_clear(difference: Mapping[str, Any]) -> bool:
    """Whether the interval of a difference is known and does not hold zero."""
    low, high = difference["low"], difference["high"]
    return low is not None and high is not None and not low <= 0.0 <= high


def _more(difference: Mapping[str, Any], unit: str, less: str = "less") -> str:
    """An amount with its interval, without a sign: so much more, or less."""
    if not difference["estimate"]:
        return f"equal ({unit})" if difference["estimate"] == 0.0 else MISSING
    if difference["estimate"] > 0.0:
        return f"{interval_text(difference, 0)} {unit} more" if unit == "EUR" else f"{interval_text(difference)} more {unit}"
    low, high = (None if difference[end] is None else -difference[end] for end in ("high", "low"))
    turned = {"estimate": -difference["estimate"], "low": low, "high": high}
    return f"{interval_text(turned, 0)} {unit} {less}" if unit == "EUR" else f"{interval_text(turned)} {less} {unit}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


# --- tables


def overview_rows(summary: Mapping[str, Any]) -> list[list[str]]:
    """A row for each policy: level, effect, how surely, cost, and cost per effect."""
    levels = summary["outcomes"][LEADING]["policies"]
    rows = [[f"{summary['base']} (base)", interval_text(levels[summary["base"]]), *["–"] * 5]]
    for policy in summary["policies"][1:]:
        cost = summary["cost"][policy]
        each = UNCLEAR if cost["eur_each"]["estimate"] is None else interval_text(cost["eur_each"])
        rows.append([
            policy, interval_text(levels[policy]), interval_text(levels[policy]["difference"]),
            interval_text(cost["change_percent"], 1), f"{round(cost['fewer'] * cost['pairs'])} of {cost['pairs']} pairs",
            interval_text(cost["cost"], 0), each,
        ])  # fmt: skip
    return rows


def columns_of(summary: Mapping[str, Any]) -> list[str]:
    """Heads of the table side by side."""
    base, *others = summary["policies"]
    before = ["before"] if summary["before"] else []
    return ["outcome", *before, f"{base} (base)", *(head for name in others for head in (name, f"{name} minus base")), "unit"]


def with_own(summary: Mapping[str, Any], outcomes: Iterable[str]) -> tuple[str, ...]:
    """Outcomes, and after them those of the configuration's own."""
    return (*outcomes, *summary.get("own", ()))


def side_by_side(summary: Mapping[str, Any], outcomes: Iterable[str]) -> list[list[str]]:
    """A row for each outcome: before, under the base, then under each policy with its paired difference."""
    rows = []
    for name in outcomes:
        found, unit = summary["outcomes"][name], summary["outcomes"][name]["unit"]
        digits = 0 if name.startswith(COST) else 2
        cells = [_before(name, found["before"])] if summary["before"] else []
        for policy, mean in found["policies"].items():
            cells.append(NOT_SEEN if "reason" in found else number(mean["estimate"], digits))
            if policy != summary["base"]:
                cells.append(NOT_SEEN if "reason" in found else _difference(mean["difference"], summary["pairs"], digits))
        rows.append([label_of(name), *cells, unit])
    return rows


def _before(name: str, value: float | None) -> str:
    """The mean of an outcome over the days before; no policy has cost anything on these."""
    if name.startswith(COST):
        return number(0.0, 0)
    return NOT_SEEN if value is None and name in LIMITS and LIMITS[name].a_count else number(value)


def _difference(difference: Mapping[str, Any], pairs: int, digits: int) -> str:
    """A paired difference with its interval; where some pairs have none, over how many it is."""
    some = "" if difference["pairs"] == pairs else f", {difference['pairs']} pairs"
    return f"{interval_text(difference, digits)}{some}"


def shown_outcomes(summary: Mapping[str, Any]) -> dict[str, list[str]]:
    """All outcomes by heading; costs of levers that no policy has are left out."""
    groups: dict[str, list[str]] = {}
    for name, found in summary["outcomes"].items():
        if not (name.startswith(f"{COST}_") and all(mean["estimate"] == 0.0 for mean in found["policies"].values())):
            groups.setdefault(found["group"], []).append(name)
    return groups


def unseen_of(summary: Mapping[str, Any], outcomes: Iterable[str]) -> list[str]:
    """A line for each reason why some of these outcomes have no numbers."""
    return unseen({name: summary["outcomes"][name] for name in outcomes})


# --- page


def write_report(summary: dict[str, Any], series: pd.DataFrame, folder: Path) -> None:
    """Draw the figures into the result folder and write `report.html` around them."""
    drawn = {style.RESULT: figures.forest(summary, with_own(summary, FOREST))}
    drawn["cost_and_effect"] = figures.cost_and_effect(summary)
    if len(series):
        drawn |= {f"over_time_{name}": figures.over_time(series, name, summary) for name in SERIES}
    for name, figure in drawn.items():
        style.save(figure, folder, name)
    page = Page(f"Which policy does what, and at what cost: {', '.join(summary['policies'])}")
    page.paragraph(headlines(summary)[0], "verdict")
    for policy in summary["policies"][1:]:
        page.paragraph(sentence_of(summary, policy))
    for line in doubts(summary):
        page.paragraph(line, "doubt")
    page.table(OVERVIEW, overview_rows(summary))
    page.paragraph(" ".join(setting_lines(summary)))
    page.figure(folder / f"{style.RESULT}.svg", f"Differences of headline outcomes to {summary['base']}, with intervals")
    page.paragraph(f"Intervals: {summary['interval']}. {WHAT_AN_INTERVAL_IS}")
    page.heading("Side by side")
    page.table(columns_of(summary), side_by_side(summary, with_own(summary, FIRST_SCREEN)))
    page.paragraph("; ".join(f"{label_of(name)}: {meaning}" for name, meaning in FIRST_SCREEN.items()) + ".")
    for line in unseen_of(summary, with_own(summary, FOREST)):
        page.paragraph(line)
    with page.folded("All outcomes"):
        for heading, names in shown_outcomes(summary).items():
            page.heading(heading)
            page.table(columns_of(summary), side_by_side(summary, names))
        for line in unseen_of(summary, summary["outcomes"]):
            page.paragraph(line)
    page.heading("At what cost")
    page.paragraph(
        "Public cost is committed: capacity is paid whatever comes of it. The cost per person-day avoided is a ratio of means, "
        "and given where exploitation clearly falls."
    )
    page.figure(folder / "cost_and_effect.svg", "Public cost and exploitation avoided by each policy, with intervals")
    if len(series):
        page.heading("Over time")
        page.figure(folder / f"over_time_{LEADING}.svg", "Persons exploited over time, and the difference to the base")
        with page.folded("Minors exploited and persons in care over time"):
            for name in SERIES:
                if name != LEADING:
                    page.figure(folder / f"over_time_{name}.svg", f"{figures.NAMES[name]} over time")
    page.again()
    page.paragraph(
        "table.parquet, series.parquet and cost.parquet in this folder hold all numbers; manifest.json the policies with their "
        "levers, the seeds, and the versions of code and libraries."
    )
    page.code(command_of(configuration_of(folder)))
    page.write(folder / "report.html")


def command_of(tree: Mapping[str, Any] | None) -> str:
    """The command that repeats a comparison."""
    if tree is None:
        return write_command("compare")
    rest = {key: part for key, part in tree.items() if key not in (ARMS, "policies")}
    return write_command("compare", *tree["policies"], *overrides_of("compare", rest))
