"""The figure of an evaluation: bias as a share of the true effect, and how many evaluators see it, by design and statistic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiments.report import marks, style

_ROW, _AXIS = 0.27, 0.75  # inches
_LABELS = 2.1  # inches left of the panels
_OF_TRUTH = 300.0  # per cent: wider biases end at the edge


@style.house_style()
def draw_worlds(summary: Mapping[str, Any]):
    """Two panels with a row for each design and statistic: shares of evaluators, and bias in per cent of the true effect."""
    worlds = summary["worlds"]
    rows = [(one["design"], found) for one in worlds["designs"] if not one["reason"] for found in one["statistics"]]
    caption = (
        f"{worlds['pairs']} pairs of twin worlds ({worlds['market']}, policy {worlds['policy']}), one evaluator each with counts "
        f"of the table's size. Lines: {worlds['interval']}. Dashed: the 5 % of false alarms that a 95 % interval promises."
    )
    height = 2 * (_AXIS + _ROW * max(2, len(rows)))
    figure, (shares, bias) = style.open_panels(height, "What would evaluators with such counts have seen?", caption, 2)
    names = [f"{design}: {found['id']}" for design, found in rows]
    places = range(len(rows))
    looks = (
        ("power", "see the effect", style.BLUE, "o", -0.16),
        ("false_alarms", "see one where nothing was done", style.VERMILION, "X", 0.16),
    )
    for key, label, colour, marker, shift in looks:
        drawn = [(y + shift, _scaled(found[key], 100.0)) for y, (_, found) in zip(places, rows, strict=True) if found[key]]
        points = [point for _, point in drawn]
        marks.draw_rows(shares, [y for y, _ in drawn], points, [colour] * len(drawn), [marker] * len(drawn), label=label)
    shares.axvline(5.0, color=style.GREY, linewidth=0.9, linestyle="--")
    shares.set(xlim=(0.0, 100.0), xlabel="% of evaluators")
    _draw_bias(bias, rows)
    for axes in (shares, bias):
        marks.name_rows(axes, names or ["no design"], _LABELS)
        if not rows:
            marks.write_not_estimated(axes, 0)
    if rows:
        style.name_above(shares)
    return style.settle(figure)


def _draw_bias(axes, rows: list[tuple[str, Mapping[str, Any]]]) -> None:
    """Bias in per cent of the true effect; away from the line, effects look larger than they are."""
    axes.axvline(0.0, color=style.BLACK, linewidth=0.9)
    axes.set_xlim(-_OF_TRUTH, _OF_TRUTH)
    for y, (_, found) in enumerate(rows):
        if not found["effect_is_real"] or found["bias"]["estimate"] is None:
            axes.annotate(
                "no true effect to compare with", (0, y), (5, 0), textcoords="offset points", va="center", color=style.GREY,
                size=style.SMALL,
            )  # fmt: skip
            continue
        point = _scaled(found["bias"], 100.0 / found["truth"]["estimate"])
        marks.draw_rows(axes, [y], [point], [style.BLUE], ["o"], clip_on=True)
    axes.set_xlabel("bias, % of the true effect (left: too small, right: too large)")


def _scaled(found: Mapping[str, float | None], factor: float) -> dict[str, float | None]:
    """An interval times a factor, its ends in order."""
    values = {name: None if found[name] is None else factor * found[name] for name in ("estimate", "low", "high")}
    if factor < 0.0:
        values["low"], values["high"] = values["high"], values["low"]
    return values
