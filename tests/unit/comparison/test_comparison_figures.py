"""Figures and words of a comparison, drawn for real: what is not observable is written, and any number of policies fits."""

import numpy as np
import pandas as pd
import pytest

from experiments.comparison.figures import broken, cost_and_effect, forest, over_time
from experiments.comparison.report import columns_of, doubts, headlines, overview_rows, setting_lines, side_by_side
from experiments.comparison.results import COST, FOREST, LEADING
from experiments.report.marks import COLOURS, looks_of


def part(estimate, reach=1.0):
    """An estimate with its interval; none without an estimate."""
    if estimate is None:
        return {"estimate": None, "low": None, "high": None, "pairs": 0}
    return {"estimate": estimate, "low": estimate - reach, "high": estimate + reach, "pairs": 20}


def made_up(policies, effect=-3.0, before=True):
    """A summary in which lasting exits cannot be seen and every policy has one effect."""
    base, *others = policies
    outcomes = {}
    for name in FOREST:
        seen = name != "lasting_exits"
        means = {base: part(30.0 if seen else None)}
        for policy in others:
            means[policy] = part(30.0 + effect if seen else None) | {"difference": part(effect if seen else None)}
        outcomes[name] = {"group": "Harm", "unit": "persons/day", "before": 31.0 if seen else None, "policies": means}
    outcomes["lasting_exits"]["reason"] = "not observable in this window (needs 365 days after an exit: from day 730 on)"
    day = {"first_day": 365, "last_day": 365, "first_date": "2022-01-04", "last_date": "2022-01-04"}
    cost = {"cost": part(5e4, 0.0), "avoided": part(-365.0 * effect, 300.0), "change_percent": part(100 * effect / 30)}
    cost |= {"eur_each": part(46.0 if effect < 0.0 else None), "fewer": 1.0 if effect < 0.0 else 0.0, "pairs": 20}
    clear = {"policy": others[0] if effect < 0 else base, "more_under_others": {base: part(-effect)}, "not_told_apart": []}
    return {
        "market": "class", "policies": policies, "base": base, "pairs": 20, "precise": None, "effect_unit": None, "interval": "",
        "policies_begin": day, "window": day | {"last_day": 729}, "before": day if before else None, "budget": None,
        "identical": [], "cost": dict.fromkeys(others, cost), "outcomes": outcomes, "best": clear,
    }  # fmt: skip


def weeks(policies):
    """A series of ten weeks under each policy."""
    dates = [f"2022-{month:02d}-01" for month in range(1, 11)]
    parts = []
    for policy in policies:
        numbers = {name: np.linspace(1.0, 2.0, 10) for name in ("mean", "low", "high")}
        numbers |= {f"difference{end}": np.full(10, np.nan if policy == policies[0] else 0.5) for end in ("", "_low", "_high")}
        parts.append(pd.DataFrame({"series": LEADING, "arm": policy, "date": dates, **numbers}))
    return pd.concat(parts)


def words_of(figure):
    """Every text of a figure."""
    return "\n".join(text.get_text() for axes in figure.axes for text in [*axes.texts, axes.title, *axes.get_yticklabels()])


@pytest.mark.parametrize("others", [1, 3, 9])
def test_every_figure_holds_any_number_of_policies(others, painted):
    policies = ["none", *(f"policy_with_rather_a_long_name_{k}" for k in range(others))]
    summary = made_up(policies)
    figures = [forest(summary), over_time(weeks(policies), LEADING, summary), cost_and_effect(summary)]
    for figure in figures:
        width, height = figure.get_size_inches()
        assert width == 6.4 and 2.0 < height < 90.0
        for axes in figure.axes:
            if axes.get_visible():
                box = axes.get_tightbbox().transformed(figure.dpi_scale_trans.inverted())
                assert box.x0 > -0.02 and box.x1 < width + 0.02 and box.height > 0.5
    assert len(figures[1].axes) == 2 * others


def test_what_is_not_observable_is_written_and_not_drawn(painted):
    figure = forest(made_up(["none", "prevention"]))
    panel = next(axes for axes in figure.axes if axes.get_title(loc="left") == "Lasting exits")
    assert "not observable" in panel.texts[0].get_text().replace("\n", " ") and not any(
        line.get_visible() for line in panel.get_lines()
    )
    drawn = next(axes for axes in figure.axes if axes.get_title(loc="left") == "Exits")
    assert sum(line.get_visible() for line in drawn.get_lines()) == 3 and not drawn.texts


def test_an_interval_that_holds_zero_is_hollow(painted):
    for effect, face in ((-3.0, COLOURS[0]), (-0.5, "white")):
        panel = forest(made_up(["none", "prevention"], effect)).axes[0]
        assert panel.get_lines()[-1].get_markerfacecolor() == face


def test_policies_can_be_told_apart_by_colour_and_marker():
    looks = looks_of(["none", *(f"p{k}" for k in range(23))])
    assert len(set(looks.values())) == 24
    assert broken("a_policy_with_rather_a_long_name").replace("\n", "") == "a_policy_with_rather_a_long_name"


def test_the_table_side_by_side_says_what_cannot_be_seen():
    summary = made_up(["none", "prevention"])
    head, rows = columns_of(summary), side_by_side(summary, ["lasting_exits", LEADING, COST])
    assert head == ["outcome", "before", "none (base)", "prevention", "prevention minus base", "unit"]
    assert rows[0][1:5] == ["not observable"] * 4
    assert rows[1][1:5] == ["31.00", "30.00", "27.00", "-3.00 (-4.00 to -2.00)"]
    assert rows[2][1] == "0" and len({len(row) for row in [head, *rows]}) == 1
    assert len(columns_of(made_up(["none", "prevention"], before=False))) == 5


def test_the_opening_says_which_how_much_how_surely_at_what_cost():
    summary = made_up(["none", "prevention"])
    assert (
        headlines(summary)[0]
        == "Least exploitation under prevention: 27.00 person-days a day. The next, none, has 3.00 (2.00 to 4.00) more."
    )
    row = overview_rows(summary)[1]
    assert row[0] == "prevention" and row[2] == "-3.00 (-4.00 to -2.00)" and row[4] == "20 of 20 pairs"
    assert row[5] == "50,000 (no spread)" and row[6] == "46.00 (45.00 to 47.00)"
    assert overview_rows(made_up(["none", "prevention"], 3.0))[1][6] == "no clear fall"
    assert "days 365 to 729 (2022-01-04 to" in setting_lines(summary)[0] and "shown apart" in setting_lines(summary)[1]
    late = doubts(summary | {"precise": False, "effect_unit": 4.0, "budget": 9e4})
    assert any("Only 20 pairs" in line for line in late) and any("still above 1.00" in line for line in late)
    assert not doubts(summary | {"pairs": 50, "precise": True}), "nothing to doubt"
    assert any("90,000 EUR" in line for line in setting_lines(summary | {"budget": 9e4}))
