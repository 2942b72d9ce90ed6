"""From the finished tests to the table "hypothesis x structure", as data and in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiments.report.text_table import text_table
from experiments.statistics.verdict import NOT_RELIED_ON, controls_text, verdict_text
from experiments.store.result import interval_text, number
from experiments.structures.plan import DEFAULT, Point

KEPT_OF_ENTRY = (
    "title", "rank", "kind", "verdict", "estimate", "low", "high", "unit", "threshold", "direction", "pairs", "market",
    "controls_failed", "controls_hold",
)  # fmt: skip
MARK = "*"
WHAT_THE_MARK_IS = f"{MARK} another verdict than under the default structure"
INTERVALS = "Intervals are over pairs of seeds: simulation error at fixed parameters, not a statement about the world."
CLEAR_MARK = f"{MARK} the interval excludes zero; of twenty effects that are zero, one does so by chance"
NOT_CLEAR_OF_THREE = "an effect stands for itself and for interactions of three structures, which are taken to be small"


def row_of(point: Point, entry: Mapping[str, Any], kept: list[str], result: str, rows_sha256: str) -> dict[str, Any]:
    """One hypothesis under one structure. `kept`: keys of the structure that the hypothesis sets itself; `result`: its folder."""
    controls = entry["controls"]
    return {
        "hypothesis": entry["id"],
        "structure": point.name,
        **{name: entry[name] for name in KEPT_OF_ENTRY},
        "first_stage": entry["first_stage"]["present"],
        "controls": [{name: one[name] for name in ("scenario", "verdict", "as_expected")} for one in controls],
        "controls_as_expected": entry["controls_as_expected"] if controls else None,
        "kept": kept,
        "result": result,
        "rows_sha256": rows_sha256,
    }


def compare_with_default(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with `differs`: whether the verdict is another one than that of the default structure."""
    usual = {row["hypothesis"]: row["verdict"] for row in rows if row["structure"] == DEFAULT}
    return [row | {"differs": row["verdict"] != usual[row["hypothesis"]]} for row in rows]


def marked_verdict(row: Mapping[str, Any]) -> str:
    """The verdict as people see it, with a mark where it is not that of the default."""
    return verdict_text(row) + (f" {MARK}" if row["differs"] else "")


def by_hypothesis(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The rows of each hypothesis, in the order of their ranks."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: row["rank"]):
        grouped.setdefault(row["hypothesis"], []).append(row)
    return grouped


def headline(summary: Mapping[str, Any]) -> str:
    """How many verdicts hang on the structure, and which."""
    grouped = by_hypothesis(summary["rows"])
    moved = {name: [row["structure"] for row in rows if row["differs"]] for name, rows in grouped.items()}
    texts = [f"{name} ({', '.join(where)})" for name, where in moved.items() if where]
    same = len(grouped) - len(texts)
    verdicts = "verdicts are" if len(grouped) > 1 else "verdict is"
    head = f"{same} of {len(grouped)} {verdicts} the same under each of {len(summary['structures'])} structures"
    return f"{head}; others differ: {'; '.join(texts)}." if texts else f"{head}."


def kept_lines(summary: Mapping[str, Any]) -> list[str]:
    """Where a hypothesis keeps a number of its own, so that a structure does not set it; a line each."""
    return [
        f"{row['hypothesis']} sets {', '.join(row['kept'])} itself, as part of its question: not changed by {row['structure']}."
        for row in summary["rows"]
        if row["kept"]
    ]


def failed_lines(summary: Mapping[str, Any]) -> list[str]:
    """The verdicts that are not to be relied on, and why; a line each."""
    return [
        f"{row['hypothesis']} under {row['structure']} is {NOT_RELIED_ON}: {'; '.join(row['controls_failed'])}."
        for row in summary["rows"]
        if row["controls_hold"] is False
    ]


def condition(row: Mapping[str, Any]) -> str:
    """What would show the claim: `above 0 exploitation person-days a day`."""
    return f"{row['direction']} {number(row['threshold'])} {row['unit']}"


def prose_of_table(summary: Mapping[str, Any]) -> str:
    """The table of the terminal: a heading for each hypothesis, a line for each structure."""
    lines: list = []
    for name, rows in by_hypothesis(summary["rows"]).items():
        lines.append(f"{name}: needed {condition(rows[0])}")
        lines += [
            [row["structure"], marked_verdict(row), interval_text(row), str(row["pairs"]),
             "yes" if row["first_stage"] else "no", controls_text(row["controls"])]
            for row in rows
        ]  # fmt: skip
    header = ["structure", "verdict", "estimate with 95 % interval", "pairs", "first stage", "controls"]
    notes = [WHAT_THE_MARK_IS] if any(row["differs"] for row in summary["rows"]) else []
    notes += [*failed_lines(summary), *kept_lines(summary), INTERVALS]
    return "\n".join([headline(summary), "", *text_table(lines, header, right=[3]), "", *notes])


def prose_of_screening(summary: Mapping[str, Any]) -> str:
    """Which structures matter to which hypothesis: effects with their intervals, then sums of interactions."""
    lines: list = []
    runs = len(summary["design"])
    for name, rows in by_hypothesis(summary["rows"]).items():
        lines.append(f"{name}: {rows[0]['unit']}; {applicable_text(rows)}")
        lines += [
            [one["effect"], f"{interval_text(one)}{f' {MARK}' if one['clear'] else ''}"]
            for one in summary["effects"]
            if one["hypothesis"] == name
        ]
    header = ["structure turned on", "change of the estimate with 95 % interval"]
    notes = [CLEAR_MARK, NOT_CLEAR_OF_THREE, *kept_lines(summary), INTERVALS]
    head = [matters(summary), f"{runs} sets of structures, each structure on in half of them; effects are averages over these."]
    return "\n".join([*head, "", *text_table(lines, header), "", *notes])


def applicable_text(rows: list[dict[str, Any]]) -> str:
    """In how many runs the treatment had a first stage."""
    present = sum(row["first_stage"] for row in rows)
    return f"a first stage in {present} of {len(rows)} runs"


def matters(summary: Mapping[str, Any]) -> str:
    """The structures whose effect is clear, by hypothesis, in a sentence."""
    found = []
    for name in by_hypothesis(summary["rows"]):
        clear = [e["effect"] for e in summary["effects"] if e["hypothesis"] == name and e["kind"] == "main" and e["clear"]]
        found.append(f"{name} ({', '.join(clear)})" if clear else f"{name} (none)")
    return f"Structures that move an estimate: {'; '.join(found)}."
