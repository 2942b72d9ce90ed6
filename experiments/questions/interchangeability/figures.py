"""Figures and page of the interchangeability test: losses over bonding, vacancies, the curve over k, recovery."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from experiments.questions.analysis import columns_of
from experiments.questions.estimand import change, column, curve_of
from experiments.questions.interchangeability.estimand import ARMS, LABELS, NO_RECOVERY, RECOVERY_DAYS, is_known, rolling
from experiments.questions.study import MAIN, Study
from experiments.report import marks, style
from experiments.report.page import Page
from experiments.report.style import house_style
from experiments.statistics.verdict import verdict_text
from experiments.store.result import interval_text, number

LOOKS = {  # colour, marker, line
    "base": (style.GREY, "D", (0, (4, 2))),
    "providers": (style.BLUE, "o", "-"),
    "bosses_share": (style.VERMILION, "s", "-"),
    "bosses_number": (style.BLACK, "^", "-"),
}
ERROR = "95 % intervals over pairs (simulation error at fixed parameters)."
HEADINGS = {
    "bonding": "Default pool",
    "bonding_where_tasks_are_essential": "Essential tasks",
    "role_emptied": "default",
    "role_emptied_without_recruiters": "no Recruitment Providers",
}
VACANCIES = (
    ("vacant_share", 100.0, "slots empty,\n%"),
    ("days_to_fill", 1.0, "days until\nfilled"),
    ("known_share", 100.0, "filled by one\nknown, %"),
)


def figures(study: Study, rows: list[dict], entry: dict[str, Any]) -> dict[str, Any]:
    """The figures by file name; the first is the one that tells the result."""
    tolerance = 100.0 * study.context.options.tolerance
    drawn = {}
    if entry["bonding"]:
        first, last = (day - study.windows.transient[0] for day in study.windows.adapted)
        days = f"Days {first} to {last} of the removal"
        drawn["loss_by_bonding"] = loss_by_bonding(entry["bonding"], tolerance, shares_removed(study), days)
        drawn["vacancies_by_bonding"] = vacancies_by_bonding(entry["bonding"], days)
    drawn["curve_over_k"] = curve_over_k(entry["over_k"], study.context.options.k, entry["pairs"])
    drawn["recovery"] = recovery_over_time(columns_of(rows, MAIN), study.windows, tolerance)
    return drawn


def shares_removed(study: Study) -> dict[str, str]:
    """What the main comparison removes, in words, by arm."""
    arms = study.scenarios[0].arms
    of = {"providers": ("arrest_providers", "Providers"), "bosses_share": ("arrest_bosses", "Bosses")}
    levers = {arm: arms[arm].policy.levers.get(lever) for arm, (lever, _) in of.items()}
    return {
        arm: f"{100.0 * levers[arm].intensity if levers[arm] else 0.0:g} % of {role} removed" for arm, (_, role) in of.items()
    }


def name_curve(name: str) -> str:
    """A curve's name for people."""
    return HEADINGS.get(name, name.replace("_", " "))


def name_pools(curves: list[dict]) -> list[str]:
    """Names of curves; of those that differ in their pool from the default one, how many times it.

    >>> name_pools([{"curve": "bonding_in_a_small_pool", "pool": 125}, {"curve": "bonding", "pool": 50}])
    ['Pool 2.5 times the default', 'Default pool']
    """
    usual = next(curve["pool"] for curve in curves if curve["curve"] == "bonding")
    return [
        name_curve(curve["curve"])
        if curve["pool"] == usual
        else (f"Pool {curve['pool'] / usual:.3g} times the default" if usual else f"Pool of {curve['pool']:.0f}")
        for curve in curves
    ]


def _slack(curve: dict) -> str:
    """How many Providers there are, and how many of them idle where anybody may step in and no policy is."""
    return f"{curve['pool']:.0f} Providers, {number(curve['points'][0]['slack']['estimate'], 1)} idle per slot"


def _draw_points(axes, x, bounds: list[dict], arm: str, shift: float = 0.0, factor: float = 1.0, label: str = "") -> None:
    """A line with its intervals, in the look of its arm."""
    colour, marker, line = LOOKS[arm]
    look = {"linestyle": line, "markersize": 4.5, "label": label or None}
    marks.draw_line(axes, np.array(x) + shift, bounds, colour, marker, factor, **look)


def _name_lines(axes, arms: dict[str, str], x: float = 0.05, y: float = 0.95) -> None:
    """Names of the lines in their colours, one below the other, in a free corner of a panel (axes fractions)."""
    for place, (arm, label) in enumerate(arms.items()):
        axes.annotate(
            label, (x, y), (0, -13 * place), xycoords="axes fraction", textcoords="offset points", va="top",
            size=style.SMALL, color=LOOKS[arm][0], weight="bold",
        )  # fmt: skip


@house_style()
def loss_by_bonding(curves: list[dict[str, Any]], tolerance_percent: float, removed: dict[str, str], days: str):
    """Loss of person-days in percent over bonding, for the removal of Providers and of Bosses, a panel for each curve.

    `curves`: as in the summary, in the order in which they are drawn; `removed`: what an arm removes; `days`: the window.
    """
    pairs = curves[0]["points"][0]["pairs"]
    caption = (
        f"{days}: exploitation person-days fewer than in the untouched twin. Bonding 0: "
        f"anybody may step in; 1: a Provider serves one Boss only. Band: within {tolerance_percent:g} % of the twin, absorbed; "
        "dotted: from where it is not. Essential tasks: nothing is earned while one is empty, no venue does without, and trust "
        f"takes a year. {pairs} pairs per point; {ERROR}"
    )
    title = "Does the market absorb the loss of Providers, or of Bosses?"
    columns = min(2, len(curves))
    figure, axes = style.open_grid(5.0, title, caption, -(-len(curves) // columns), columns, sharex=True, sharey=True)
    for panel in axes.flat[len(curves) :]:
        panel.set_axis_off()
    for panel, curve, name in zip(axes.flat, curves, name_pools(curves), strict=False):
        x = [point["bonding"] for point in curve["points"]]
        panel.axhspan(-tolerance_percent, tolerance_percent, color=style.PALE, linewidth=0, zorder=0)
        marks.draw_zero(panel)
        for arm, shift in (("bosses_share", 0.015), ("providers", -0.015)):
            _draw_points(panel, x, [point["loss_percent"][arm] for point in curve["points"]], arm, shift)
        critical = curve["critical"]["estimate"]
        if critical is not None:
            panel.axvline(critical, color=style.BLUE, linewidth=1.1, linestyle=":")
        panel.set_title(f"{name}\n{_slack(curve)}", fontsize=style.SMALL)
        panel.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "", "0.5", "", "1"])
    low, high = axes[0][0].get_ylim()
    axes[0][0].set_ylim(low, high + 0.22 * (high - low))  # room for the names of the lines
    _name_lines(axes[0][0], {arm: removed[arm] for arm in ("bosses_share", "providers")}, y=0.99)
    for row in axes:
        row[0].set_ylabel("person-days lost, %")
    for panel in axes[-1]:
        panel.set_xlabel("bonding to one Boss, 0 to 1")
    return style.settle(figure)


@house_style()
def vacancies_by_bonding(curves: list[dict[str, Any]], days: str):
    """Empty slots, time until they are filled and by whom, over bonding, without and with the removal of Providers."""
    pairs = curves[0]["points"][0]["pairs"]
    caption = f"{days} of Providers. A slot is a task of a running housed Plan. {pairs} pairs per point; {ERROR}"
    title = "How the loss of Providers is absorbed: empty tasks, and who fills them"
    figure, axes = style.open_grid(4.8, title, caption, len(VACANCIES), len(curves), sharex=True, sharey="row")
    for (name, factor, label), row in zip(VACANCIES, axes, strict=True):
        for panel, curve in zip(row, curves, strict=True):
            x = [point["bonding"] for point in curve["points"]]
            for arm in ("base", "providers"):
                _draw_points(panel, x, [point["vacancies"][arm][name] for point in curve["points"]], arm, factor=factor)
            panel.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
            panel.grid(axis="y")
        room = 1.6 if row is axes[0] else 1.08  # above the lines, for their names
        row[0].set_ylim(0.0, room * row[0].get_ylim()[1])
        row[0].set_ylabel(label)
    for panel, name in zip(axes[0], name_pools(curves), strict=True):
        panel.set_title(name, fontsize=style.SMALL)
    for panel in axes[-1]:
        panel.set_xlabel("bonding, 0 to 1")
    _name_lines(axes[0][0], {"base": "untouched", "providers": "removed"}, y=0.99)
    return style.settle(figure)


@house_style()
def curve_over_k(points: list[dict[str, Any]], k: float, pairs: int):
    """Loss from Bosses minus k times the loss from Providers, over k."""
    caption = f"Above zero, the Bosses removed cost the market more than k times what the Providers do. {pairs} pairs; {ERROR}"
    title = "How many Providers' losses does a Boss outweigh?"
    figure, (axes,) = style.open_panels(2.9, title, caption)
    x = [point["k"] for point in points]
    names = {"bosses_number": "as many Bosses as Providers", "bosses_share": "as large a share of Bosses"}
    for (arm, label), shift in zip(names.items(), (0.04, -0.04), strict=True):
        _draw_points(axes, x, [point[arm] for point in points], arm, shift, label=label)
    marks.draw_zero(axes)
    axes.axvline(k, color=style.GREY, linewidth=0.9, linestyle=":")
    axes.set(xlabel="k", ylabel="loss from Bosses\nminus k x loss from Providers,\nperson-days a day")
    axes.set_xticks(x, [f"{one:g}\n(convention)" if one == k else f"{one:g}" for one in x])
    style.name_above(axes)
    return style.settle(figure)


@house_style()
def recovery_over_time(main: dict, windows, tolerance_percent: float):
    """28-day means of exploitation person-days in percent of the twin's, from the start of the removal."""
    caption = (
        f"Each day stands for the {RECOVERY_DAYS} days from it. Band: within {tolerance_percent:g} % of the twin, recovered if "
        f"it stays there. Dashed: the adapted window begins. {len(main['pair'])} pairs; shaded: {ERROR}"
    )
    figure, (axes,) = style.open_panels(3.6, "Does the market recover while they are held?", caption)
    twin = rolling(column(main, "base", "daily"))
    level = np.maximum(twin.mean(axis=0), 1e-9)
    days = np.arange(twin.shape[1])
    for arm in ARMS[1:] if twin.any() else ():  # without activity there is nothing to compare
        weekly = curve_of(list((100.0 * rolling(change(main, "daily", arm)) / level).T[::7]))
        marks.draw_band(axes, days[::7], list(weekly.values()), LOOKS[arm][0], linewidth=1.5, label=LABELS[arm])
    axes.axhspan(-tolerance_percent, tolerance_percent, color=style.PALE, linewidth=0, zorder=0)
    marks.draw_zero(axes)
    axes.axvline(windows.adapted[0] - windows.transient[0], color=style.GREY, linewidth=0.9, linestyle="--")
    axes.set(xlabel="days since the removal began", ylabel="exploitation person-days,\n% from the twin's", xlim=(0, days[-1]))
    if twin.any():
        style.name_above(axes, columns=1)
    return style.settle(figure)


def sections(page: Page, entry: dict[str, Any], folder: Path) -> None:
    """How the loss was absorbed, the verification by reshuffled identities, and the tables behind the figures."""
    if entry["bonding"]:
        named = list(zip(name_pools(entry["bonding"]), entry["bonding"], strict=True))
        page.figure(folder / "vacancies_by_bonding.svg", "Vacancies over bonding, by the size of the pool")
        page.table(
            ["curve", "pool, Providers", "idle per slot", "bonding, 0 to 1", "loss of Providers, %", "loss of Bosses, %",
             "difference, person-days a day", "verdict"],
            [
                [name, f"{curve['pool']:.0f}", number(point["slack"]["estimate"]), f"{point['bonding']:g}",
                 *(interval_text(point["loss_percent"][arm], 1) for arm in ("providers", "bosses_share")),
                 interval_text(point["difference"], 1), verdict_text(entry, point["verdict"])]
                for name, curve in named for point in curve["points"]
            ],
        )  # fmt: skip
        for name, curve in named:
            found = _name_critical(curve["critical"]) if is_known(curve) else "at some bonding there is no activity to lose."
            page.paragraph(f"{name}: {found}")
    page.table(
        ["vacancies", "empty slots", "days to fill", "by somebody known"],
        [
            [LABELS.get(arm, "untouched"), *(interval_text(entry["vacancies"][arm][name], 3) for name, _, _ in VACANCIES)]
            for arm in ARMS
        ],
    )
    if entry["by_share"]:
        page.heading("How much the role itself matters")
        page.table(
            ["world", "Providers held", "fall of person-days, %", "fall of encounters, %", "share of slots empty", "pairs"],
            [
                [name_curve(dose["curve"]), f"{100 * dose['share']:.0f} %", interval_text(dose["loss_percent"], 1),
                 interval_text(dose["encounters_percent"], 1), interval_text(dose["vacant_share"]), str(dose["pairs"])]
                for dose in entry["by_share"]
            ],
        )  # fmt: skip
    page.figure(folder / "curve_over_k.svg", "The claim over k")
    page.figure(folder / "recovery.svg", "Recovery over time")
    for arm, found in entry["recovery"].items():
        page.paragraph(f"{LABELS[arm]}: {_name_recovery(found)}")
    if entry["reshuffled"] is not None:
        _write_reshuffling(page, entry["reshuffled"])
    page.heading("Losses, and watch and recruitment apart")
    page.quantities(entry["parts"], 3)


def _name_critical(critical: dict[str, float | None]) -> str:
    """From which bonding the loss of Providers exceeds the tolerance, by the estimates and by both ends of their intervals."""
    low, high = (None if critical[end] is None else number(critical[end]) for end in ("low", "high"))
    upper = f"the upper ends of the intervals leave it from {low}" if low else "so do the upper ends of the intervals"
    if critical["estimate"] is None:
        return f"the estimated loss of Providers stays within the tolerance at every bonding up to 1; {upper}."
    lower = f"the lower ends from {high}" if high else "the lower ends stay within it"
    return (
        f"the estimated loss of Providers leaves the tolerance at a bonding of {number(critical['estimate'])}; {upper}, {lower}."
    )


def _name_recovery(found: dict[str, Any]) -> str:
    if found["deepest"] is None:
        return f"{NO_RECOVERY}."
    lowest = f"the lowest {RECOVERY_DAYS}-day mean is {number(found['deepest'], 1)} % from the twin's."
    if not found["recovered"]:
        return f"not recovered within {found['censored_at']} days, where the horizon censors it; {lowest}"
    late = f"{found['high']:.0f}" if found["high"] is not None else "not within the horizon"
    return f"within the tolerance for good from day {found['days']:.0f} ({number(found['low'], 0)} to {late}); {lowest}"


def _write_reshuffling(page: Page, dealt: dict[str, Any]) -> None:
    """The verification next to the claim."""
    shown = dealt["equivalence"]
    page.heading("Verification: identities of Providers reshuffled daily")
    page.paragraph(
        "Each morning the persons are dealt again among Providers of the same skills, home and status; tasks, contacts and "
        "evidence stay with the place. Who fills a place is then a matter of chance, and nothing else has changed."
    )
    page.paragraph(
        f"Loss: {interval_text(dealt['loss'])} person-days a day in {dealt['pairs']} pairs, or {interval_text(shown)} of the "
        f"loss from removing a fifth of the Bosses (90 % interval). Equivalent to none within {100 * shown['share']:.0f} % of "
        f"that loss, by two one-sided tests: {shown['verdict']} (p = {number(shown['p'], 3)})."
    )
