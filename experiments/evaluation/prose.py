"""An evaluation in sentences and tables: what the counts say, how surely, and what evaluators in twin worlds miss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiments.evaluation.areas import AREAS, CONTROL, TREATED
from experiments.evaluation.results import TNE, WDD, WDQ
from experiments.report.text_table import text_table
from experiments.store.result import MISSING, interval_text, number

DETECTABLE = (1.96 + 0.84) / 1.96  # half widths of a 95 % interval that an effect needs to be seen in 80 % of cases
ENOUGH = 0.8  # share of evaluators who see an effect, as usually asked of a design
FEW = 10  # events, below which a normal interval is rough
SINGLE = ["statistic", "what", "estimate (95 %)", "unit"]
BY_UNIT = ["site, type", "days", "weight", "counts before and after", WDD, TNE, WDQ]
FEW_PAIRS = 50  # of twin worlds, below which a share of evaluators is rough
IN_WORLDS = [
    "areas",
    "statistic",
    "true effect",
    "bias",
    "sees the effect",
    "false alarm",
    "interval holds the truth",
    "not to be read",
]
EVENTS_ARE = (
    "An event is a person-day of exploitation; each is on file by chance at the share that gives the counts of the table before. "
    "Persons exploited are victims, a large part of them minors."
)


def unit_of(summary: Mapping[str, Any], name: str) -> str:
    """The unit of a statistic of this table."""
    if name == WDQ:
        return "a pure number"
    one = "points of harm" if summary["weighted"] else "events"
    return f"{one} per unit of size" if summary["sized"] and name == WDD else one


def sentences(summary: Mapping[str, Any]) -> list[str]:
    """What the counts say, a sentence for each statistic, and what to know with them."""
    found = {one["id"]: one for one in summary["estimates"]}
    lines = [_difference(summary, found[WDD]), _net_effect(summary, found[TNE]), _quotient(found[WDQ])]
    if summary["fewest"] < FEW:
        lines.append(f"An area has {summary['fewest']} events in a period: with fewer than {FEW} the intervals are rough.")
    if found[WDQ]["reason"] != "the table has no displacement area" and not summary["controlled_displacement"]:
        lines.append(
            "The displacement area has no control of its own, so that the WDD takes its own trend for displacement; rows of area "
            "displacement_control take it out."
        )
    return lines


def _difference(summary: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    unit = unit_of(summary, WDD)
    value = one["estimate"]
    displacement = any("displacement" in one["counts"] for one in summary["units"])
    where = "treated and displacement areas together" if displacement else "treated areas"
    side = "fewer" if value < 0 else "more"
    said = f"Weighted displacement difference (WDD): {number(abs(value), 1)} {unit} {side} in {where} than the change of the "
    said += "control areas gives"
    if one["low"] is None:
        return f"{said}; without a single event it has no interval."
    ends = (one["low"], one["high"]) if value >= 0 else (-one["high"], -one["low"])  # of the amount, as it is told
    said += f" (95 %: {number(ends[0], 1)} to {number(ends[1], 1)})"
    chance = "no more than chance among Poisson counts can give" if one["low"] <= 0.0 <= one["high"] else "more than chance gives"
    least = number(DETECTABLE * (one["high"] - one["low"]) / 2.0, 1)
    return f"{said}: {chance}. An effect of {least} would be seen in 80 % of tables with such counts, if these are Poisson."


def _net_effect(summary: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    if one["estimate"] is None:
        return f"Total net effect (TNE): not defined; {one['reason']}."
    unit, value = unit_of(summary, TNE), one["estimate"]
    said = f"Total net effect (TNE): {number(abs(value), 1)} {unit} {'prevented' if value >= 0 else 'more'} over the period after"
    if one["low"] is None:
        return f"{said}; without a single event it has no interval."
    chance = ", which chance alone can give" if one["low"] <= 0.0 <= one["high"] else ""
    return f"{said}, against the trend of the control area (95 %: {number(one['low'], 1)} to {number(one['high'], 1)}){chance}."


def _quotient(one: Mapping[str, Any]) -> str:
    if one["estimate"] is None:
        return f"Weighted displacement quotient (WDQ): not defined; {one['reason']}."
    value = number(one["estimate"])
    if not one["readable"]:
        why = "the treated area did not gain on the control area, so nothing could be displaced"
        return f"Weighted displacement quotient (WDQ): {value}, which says nothing: {why}."
    ends = "no bounded 95 % interval" if one["low"] is None else f"95 %: {number(one['low'])} to {number(one['high'])}"
    unclear = one["low"] is None or one["low"] <= 0.0 <= one["high"]
    found = "neither displacement nor diffusion can be told from chance" if unclear else reading(one["estimate"])
    return f"Weighted displacement quotient (WDQ): {value} ({ends}): {found}."


def reading(value: float) -> str:
    """What a quotient means (Bowers and Johnson 2003).

    >>> reading(-0.4), reading(1.2)
    ('displacement of part of the effect', 'diffusion of benefits larger than the direct effect')
    """
    if value > 1.0:
        return "diffusion of benefits larger than the direct effect"
    if value > 0.0:
        return "diffusion of benefits, smaller than the direct effect"
    if value == 0.0:
        return "neither displacement nor diffusion"
    return "displacement of part of the effect" if value >= -1.0 else "displacement that is larger than the effect"


def estimate_cells(summary: Mapping[str, Any]) -> list[list[str]]:
    """The three statistics, a row each."""
    return [[one["id"], one["label"], _cell(one), unit_of(summary, one["id"])] for one in summary["estimates"]]


def unit_cells(summary: Mapping[str, Any]) -> list[list[str]]:
    """Each site and type by itself, in events."""
    return [
        [
            ", ".join(filter(None, (one["site"], one["type"]))) or "all", _days(one["days"]), number(one["weight"]),
            _counts(one["counts"]), *map(_cell, one["estimates"]),
        ]
        for one in summary["units"]
    ]


def _days(days: list[float]) -> str:
    return "as given" if days == [1.0, 1.0] else f"{days[0]:g}, then {days[1]:g}"


def _counts(counts: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{area.replace('_', ' ')} {before:,} to {after:,}"
        for area, (before, after) in ((area, counts[area]) for area in AREAS if area in counts)
    )


def _cell(one: Mapping[str, Any]) -> str:
    if one["estimate"] is None:
        return MISSING
    return interval_text(one, 2 if one["id"] == WDQ else 1)


# --- twin worlds


def world_sentences(summary: Mapping[str, Any]) -> list[str]:
    """What evaluators with such counts miss, the first sentence the answer; none where no worlds were run."""
    worlds = summary["worlds"]
    if worlds is None:
        return []
    whole = [one for one in worlds["designs"] if not one["reason"]]
    if not whole:
        return [f"No answer from twin worlds: {worlds['designs'][0]['reason'] if worlds['designs'] else 'no control area'}."]
    lines = [line for one in whole for line in (_seen(one, worlds), _off(one))]
    if worlds["pairs"] < FEW_PAIRS:
        lines.append(f"Only {worlds['pairs']} pairs of worlds: these shares are rough. To rely on them take worlds={FEW_PAIRS}.")
    if summary["weighted"]:
        lines.append("The worlds know no weights: there every event counts alike.")
    lines += [_not_on_file(one, worlds) for one in whole if _falls_short(one, worlds)][:1]
    lines.append(
        f"The worlds: {worlds['market']}, policy {worlds['policy']}, {worlds['days'][0]} days before it and {worlds['days'][1]} "
        f"after its start, {worlds['pairs']} pairs; in them it leaves {_percent(whole[0])} of the events in the treated area. "
        "Another policy or intensity is another effect to see: policy.levers.NAME.intensity= sets it."
    )
    return lines


def _seen(one: Mapping[str, Any], worlds: Mapping[str, Any]) -> str:
    judged = {row["id"]: row for row in one["statistics"]}
    found = judged[WDD]
    if found["power"] is None:
        said = f"With {one['design']} as areas, the policy has no effect in these worlds that could be seen by the WDD"
    else:
        said = (
            f"With {one['design']} as areas, {_share(found['power'])} of evaluators with counts of this size would see by the "
            f"WDD the true effect of {number(found['truth']['estimate'], 1)} events"
        )
    said += f"; {_share(found['false_alarms'])} would see one where nothing was done (5 % if counts were Poisson, trends equal)"
    change, out = number(one["treated_change"]["estimate"], 1), interval_text(one["outside_change"], 1)
    moved = f"The policy changes the treated area by {change} events, and by {out} what lies outside all areas counted."
    return f"{said}. {_conclusion(found['power'])}{moved}"


def _conclusion(power: Mapping[str, Any] | None) -> str:
    """Whether such counts can show an effect as large as that of the worlds; nothing where there is none to see."""
    if power is None or power["low"] is None or power["high"] is None:
        return ""
    if power["high"] < ENOUGH:
        return "Counts of this size mostly miss such an effect: that they show none is no sign that there is none. "
    if power["low"] >= ENOUGH:
        return "Counts of this size mostly show such an effect. "
    return "Whether counts of this size mostly show such an effect, more worlds would tell. "


def _off(one: Mapping[str, Any]) -> str:
    """By how much the WDD misses the truth on average."""
    found = next(row for row in one["statistics"] if row["id"] == WDD)
    off = interval_text(found["bias"], 1)
    return f"With {one['design']} as areas, the WDD is off the true effect by {off} events on average."


def _falls_short(one: Mapping[str, Any], worlds: Mapping[str, Any]) -> bool:
    return any(one["before_on_file"][area] < 0.99 * worlds["counts_before"][area] for area in (TREATED, CONTROL))


def _not_on_file(one: Mapping[str, Any], worlds: Mapping[str, Any]) -> str:
    held = ", ".join(
        f"{area} {one['before_on_file'][area]:,.0f} of {worlds['counts_before'][area]:,}" for area in (TREATED, CONTROL)
    )
    return f"These worlds have fewer events than the table, with every one on file ({held}): take a larger market."


def _percent(one: Mapping[str, Any]) -> str:
    level = one["treated_level"]
    return f"{100.0 * (level + one['treated_change']['estimate']) / level:.0f} %" if level > 0.0 else MISSING


def _share(found: Mapping[str, Any] | None) -> str:
    if found is None or found["low"] is None or found["estimate"] is None:
        return MISSING
    return f"{100 * found['estimate']:.0f} % ({100 * found['low']:.0f} to {100 * found['high']:.0f})"


def world_cells(summary: Mapping[str, Any]) -> list[list[str]]:
    """A row for each design and statistic."""
    rows = []
    for one in (summary["worlds"] or {"designs": []})["designs"]:
        if one["reason"]:
            rows.append([one["design"], one["reason"], *[""] * (len(IN_WORLDS) - 2)])
            continue
        for found in one["statistics"]:
            digits = 2 if found["id"] == WDQ else 1
            rows.append([
                one["design"], found["id"], interval_text(found["truth"], digits), interval_text(found["bias"], digits),
                _share(found["power"]) if found["power"] else "no effect to see", _share(found["false_alarms"]),
                _share(found["coverage"]), f"{found['undefined']} of {found['pairs']}",
            ])  # fmt: skip
    return rows


def prose(summary: Mapping[str, Any]) -> str:
    """The whole as text: sentences, statistics, sites, worlds."""
    lines = [*sentences(summary), "", *text_table(estimate_cells(summary), SINGLE)]
    if len(summary["units"]) > 1 or summary["weighted"]:
        lines += ["", *text_table(unit_cells(summary), BY_UNIT)]
    if summary["worlds"] is not None:
        lines += ["", *world_sentences(summary), "", *text_table(world_cells(summary), IN_WORLDS), ""]
        lines += [f"{EVENTS_ARE} Intervals: {summary['worlds']['interval']}."]
    return "\n".join(lines)
