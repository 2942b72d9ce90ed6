"""Figures: every one can be drawn and saved, says what it shows, and comes out the same twice."""

import datetime
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from experiments.report import field_figures, labels, style, twin_figures, world_figures

# Eight towns of the Hérault, km east and north of Agde, inhabitants of their surroundings in thousands.
TOWNS = ["Montpellier", "Sète", "Béziers", "Agde", "Lunel", "Pézenas", "Gignac", "Lodève"]
X_KM = np.array([32.7, 17.8, -20.8, 0.0, 53.4, -4.2, 6.2, -12.6])
Y_KM = np.array([33.0, 10.4, 3.6, 0.0, 40.6, 16.6, 38.1, 47.1])
THOUSANDS = np.array([590, 125, 165, 65, 75, 35, 40, 25.0])
THREE = [0, 1, 2]


def seeded(seed=1):
    """A Generator with a fixed seed: the data of the demonstrations."""
    return np.random.Generator(np.random.PCG64(seed))


def harm_by_kind(rng):
    """Invented exploitation person-days a day, float[8, 4]; the last town has none."""
    harm = 180 * (THOUSANDS / THOUSANDS.sum())[:, None] * rng.dirichlet([2, 4, 5, 0.6], len(TOWNS))
    harm[-1] = 0
    return harm


def map_of_harm(rows=slice(None)):
    harm = harm_by_kind(seeded())
    names = [TOWNS[i] for i in range(len(TOWNS))[rows]] if isinstance(rows, slice) else [TOWNS[i] for i in rows]
    return world_figures.map_of_harm(
        names, X_KM[rows], Y_KM[rows], 1000 * THOUSANDS[rows], harm[rows], "Harm by town", "20 seeds, days 180 to 730."
    )


def series_over_time():
    rng, t = seeded(), np.arange(400)
    multiplier = 1 + 0.2 * np.sin(2 * np.pi * t / 7)
    exploited = {"in Plan": 150 * multiplier, "held between Plans": 70 + rng.normal(0, 3, 400), "outside the region": t / 40}
    series = {"Persons exploited": exploited, "Encounters a day": rng.poisson(500, 400), "Plans broken up a day": t % 3 == 0}
    dates = np.datetime64("2021-01-04") + t
    return world_figures.series_over_time(dates, series, multiplier, t % 56 < 14, dates[180], dates[365], "Seed 1.")


def invented_plans(bosses):
    rng, rows = seeded(), []
    for boss in range(bosses):
        day = int(rng.integers(0, 6))
        while day < 40:
            days = int(rng.integers(2, 9))
            rows.append((1000 + 7 * boss, day, day + days - 1, style.KINDS[rng.integers(4)], "Agde", rng.random() < 0.1))
            day += days + int(rng.integers(-1, 6))
    return pd.DataFrame(rows, columns=["boss", "start_day", "end_day", "kind", "territory", "broken_up"])


def gantt_of_plans(bosses=80):
    start = datetime.date(2022, 3, 1)
    return world_figures.gantt_of_plans(invented_plans(bosses), 5, 35, start, "Seed 1.")


def twin_maps(rows=slice(None)):
    base = harm_by_kind(seeded())
    treated = base * 1.04
    treated[0, 1] *= 0.4
    names = TOWNS if isinstance(rows, slice) else [TOWNS[i] for i in rows]
    change = (treated - base).sum(axis=1)[rows]
    return twin_figures.twin_maps(
        names, X_KM[rows], Y_KM[rows], base[rows], treated[rows], 0, "hotel", "50 pairs.", low=change - 0.3, high=change + 0.3
    )


def difference_over_time():
    days = np.arange(183.0, 728.0, 7.0)
    fall = np.where(days > 365, -9.0, 0.0)
    places = {"Target: Montpellier, hotel": (fall, fall - 1, fall + 1), "Elsewhere": (-fall / 3, -fall / 3 - 2, -fall / 3 + 2)}
    windows = [("transient", 365, 455), ("adapted", 456, 730)]
    return twin_figures.difference_over_time(days, places, 365, windows, "50 pairs; 95 % intervals over pairs.")


def forms_of_displacement():
    forms = [
        ("same territory, other kind", 2.1, 1.2, 3.0, 1.4),
        ("other territory, same kind", 1.7, 0.6, 2.8, 2.0),
        ("both", 0.4, -0.5, 1.3, 1.1),
        ("later days", None, None, None, None),
        ("left the region", 0.9, 0.3, 1.5, 0.2),
        ("not displaced (removed)", 3.8, 2.0, 5.6, 4.0),
    ]
    return twin_figures.forms_of_displacement(forms, "50 pairs; 95 % intervals over pairs.")


def estimates_with_controls():
    rows = [
        ("Main estimate", 2.1, 0.4, 3.8, 0, "supported", None),
        ("Negative control: choice without learning", 0.3, -0.9, 1.5, 0, "undecided", "undecided"),
        ("Negative control: learning without moves", 1.1, 0.2, 2.0, 0, "supported", "undecided"),
        ("Share displaced", 3.0, None, np.inf, None, "not applicable", None),
        ("Positive control", 5.2, 3.9, 6.5, 0, "supported", "supported"),
    ]
    return twin_figures.estimates_with_controls(rows, "50 pairs.")


def gradient_with_distance():
    km = np.hypot(X_KM - X_KM[0], Y_KM - Y_KM[0])
    change = np.where(km > 0, 6 * np.exp(-km / 30), -15.0)
    return twin_figures.gradient_with_distance(km, change, change - 2, change + 2, THOUSANDS, TOWNS, "50 pairs.")


def field_view_by_month(months=14):
    """An invented field view: half of what police find is on file; the first and the last month are not complete."""
    rng, rows = seeded(4), []
    for month in range(months):
        met = int(rng.integers(6, 20))
        whole = 0 < month < months - 1 or months < 3
        period = pd.Timestamp(2021, 7, 1) + pd.DateOffset(months=month)
        for series, events, behind in (
            ("cases", met // 3, 400), ("persons_met", met, 7000), ("victims", met // 2, 7000),
            ("minor_victims", met // 3, 4500), ("adult_victims", met // 2 - met // 3, 2500),
        ):  # fmt: skip
            rows.append((period, period.days_in_month if whole else 10, whole, series, events // 2, events, behind))
    return pd.DataFrame(rows, columns=["period", "days", "complete", "series", "recorded", "true", "behind"])


def recorded_against_true():
    return field_figures.recorded_against_true(field_view_by_month(), datetime.date(2022, 1, 4), "Seed 1.")


FIGURES = {
    map_of_harm: ["Harm by town", *TOWNS, "street", "hotel", "flat", "client's home", "20 km", style.HARM_UNIT],
    series_over_time: ["Persons exploited", "held between Plans", "burn-in ends", "policy starts", world_figures.MULTIPLIER],
    recorded_against_true: [
        field_figures.EXPLOITATION,
        field_figures.CASES,
        field_figures.VICTIMS,
        field_figures.MINORS,
        "on file",
        "recognised",
        "mean a day",
        "Plans in 30 days",
        "policy starts",
        "assumptions",
    ],
    gantt_of_plans: ["60 of 80 Bosses", "broken up", "hotel", "weekends"],
    twin_maps: ["Without the policy", "With the policy", "Montpellier (ringed), hotel", "Hollow", "Lunel"],
    difference_over_time: ["Elsewhere", "transient", "adapted", "days since the policy starts"],
    forms_of_displacement: ["left the region", "not estimated", "Diamond"],
    estimates_with_controls: ["undecided, as expected", "supported; expected: undecided", "not applicable"],
    gradient_with_distance: ["distance from the target, km", *TOWNS],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("figures")


@pytest.mark.slow
@pytest.mark.parametrize("draw", FIGURES, ids=lambda draw: draw.__name__)
def test_every_figure_has_its_labels_and_comes_out_the_same_twice(draw, folder):
    figure = draw()
    png, svg = style.save(figure, folder, draw.__name__)
    again = style.save(figure, folder, "again")
    assert [path.read_bytes() for path in again] == [png.read_bytes(), svg.read_bytes()]
    assert style.save(draw(), folder, "redrawn")[1].read_bytes() == svg.read_bytes()
    assert b"dc:date" not in svg.read_bytes()
    assert png.read_bytes().startswith(b"\x89PNG") and png.stat().st_size > 10_000
    written = _words_of(svg)
    for label in FIGURES[draw]:
        assert label in written, label
    assert "workers" not in written


def test_rare_events_are_counted_and_the_untreated_twin_is_grey():
    days = np.arange(100)
    rare, often = (days % 3 == 0).astype(float), np.full(100, 50.0)
    series = {"Encounters a day": often, "Plans broken up a day": rare}
    untreated = {"Encounters a day": often + 10.0, "Plans broken up a day": 2.0 * rare}
    dates = np.datetime64("2021-01-04") + days
    still = np.ones(100), np.zeros(100, bool)
    figure = world_figures.series_over_time(dates, series, *still, dates[10], dates[40], "", untreated=untreated)
    usual, counted = figure.axes[:2]
    assert usual.get_title(loc="left") == "Encounters a day" and counted.get_title(loc="left") == "Plans broken up in 30 days"
    twin, line = counted.get_lines()[:2]
    assert list(line.get_ydata()) == [10.0, 10.0, 10.0], "three whole bins of thirty days, and ten days left out"
    assert list(twin.get_ydata()) == [20.0, 20.0, 20.0] and twin.get_color() != line.get_color()
    assert list(usual.get_lines()[0].get_ydata()) == pytest.approx([60.0] * 94)
    alone = world_figures.series_over_time(dates, series, *still, dates[10], None, "")
    assert len(alone.axes[1].get_lines()) == len(counted.get_lines()) - 2, "neither the twin nor the start of a policy"


def test_three_places_and_one_place(folder):
    for rows in (THREE, [0]):
        style.save(map_of_harm(rows), folder, "few")
        style.save(twin_maps(rows), folder, "few_twins")
    nothing = world_figures.map_of_harm(["A"], [0], [0], [10], [[0, 0, 0, 0]], "No harm", "")
    style.save(nothing, folder, "nothing")


def test_what_is_on_file_is_drawn_with_what_happened():
    view = field_view_by_month()
    figure = recorded_against_true()
    found, on_file = figure.axes[1].get_lines()[:2]
    cases = view[(view["series"] == "cases") & view["complete"]]
    assert found.get_ydata() == pytest.approx(30 * cases["true"] / cases["days"])  # months of any length compare
    assert on_file.get_ydata() == pytest.approx(30 * cases["recorded"] / cases["days"])
    assert len(found.get_ydata()) == 12, "months measured in part are left out"
    exploited = figure.axes[0].get_lines()[0].get_ydata()
    assert exploited == pytest.approx(7000 / cases["days"])


def test_a_field_view_of_less_than_a_month_is_drawn(folder):
    view = field_view_by_month(1).assign(complete=False, recorded=0, true=0)
    figure = field_figures.recorded_against_true(view, "2030-01-01", "")
    words = _words_of(style.save(figure, folder, "one_month")[1])
    assert "policy starts" not in words and field_figures.CASES in words


def test_areas_are_in_proportion_to_harm():
    harm = np.array([[4.0, 0, 0, 0], [0, 1.0, 0, 0]])
    figure = world_figures.map_of_harm(["A", "B"], [0, 20], [0, 0], [1, 1], harm, "T", "")
    from matplotlib.patches import Wedge

    radii = sorted(patch.r for patch in figure.axes[0].patches if isinstance(patch, Wedge))
    assert radii[1] / radii[0] == pytest.approx(2.0)


def test_one_scale_for_both_twin_maps():
    from matplotlib.patches import Wedge

    base = np.array([[4.0, 0, 0, 0], [0, 2.0, 0, 0]])
    figure = twin_figures.twin_maps(["A", "B"], [0, 20], [0, 0], base, base / 4, 0, None, "")
    without, treated = (max(p.r for p in axes.patches if isinstance(p, Wedge)) for axes in figure.axes[:2])
    assert without / treated == pytest.approx(2.0)


def test_boss_numbers_and_territories_are_not_written(folder):
    written = _words_of(style.save(gantt_of_plans(), folder, "anonymous")[1])
    assert "Agde" not in written and "1007" not in written


def test_labels_keep_clear_of_each_other_and_of_circles():
    rng = seeded(3)
    points, radii = rng.random((12, 2)) * [5, 4] + 0.5, rng.random(12) * 0.2
    sizes = np.full((12, 2), [0.7, 0.25])
    places = np.array(labels.place_labels(points, radii, sizes, 6.0, 5.0))
    low, high = places - sizes / 2, places + sizes / 2
    for i in range(12):
        for j in range(i):
            assert (np.minimum(high[i], high[j]) <= np.maximum(low[i], low[j])).any()
        nearest = np.clip(points, low[i], high[i])
        assert (np.hypot(*(nearest - points).T) >= radii - 1e-9).all()
    assert (low >= 0).all() and (high <= [6.0, 5.0]).all()


def test_labels_without_room_are_dropped_when_they_may_be():
    points, sizes = np.zeros((30, 2)) + 1.0, np.full((30, 2), [0.8, 0.3])
    places = labels.place_labels(points, np.full(30, 0.05), sizes, 2.0, 2.0, may_drop=True)
    assert 1 <= sum(place is not None for place in places) < 30


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: world_figures.map_of_harm(["A"], [0], [0], [1], [[1, 2]], "T", ""), "person_days_a_day has shape"),
        (lambda: world_figures.map_of_harm(["A"], [0], [0], [1], [[1, 2, 3, -1]], "T", ""), "negative"),
        (lambda: world_figures.map_of_harm(["A"], [0], [0], [np.nan], [[1, 2, 3, 1]], "T", ""), "not finite"),
        (lambda: world_figures.gantt_of_plans(invented_plans(2).drop(columns="kind"), 0, 9, "2022-01-01", ""), "column kind"),
        (lambda: world_figures.gantt_of_plans(invented_plans(2).assign(kind="tent"), 0, 9, "2022-01-01", ""), "'tent'"),
        (lambda: world_figures.gantt_of_plans(invented_plans(2), 9, 0, "2022-01-01", ""), "before first_day"),
        (lambda: field_figures.recorded_against_true(field_view_by_month().drop(columns="true"), None, ""), "column true"),
        (
            lambda: field_figures.recorded_against_true(field_view_by_month().iloc[1:1], None, ""),
            "no series adult_victims, cases",
        ),
        (lambda: twin_figures.twin_maps(["A"], [0], [0], [[1] * 4], [[1] * 4], 3, None, ""), "target_territory is 3"),
        (lambda: twin_figures.twin_maps(["A"], [0], [0], [[1] * 4], [[1] * 4], 0, "tent", ""), "target_kind is 'tent'"),
        (lambda: style.save(None, ".", "../up"), "figure name"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_readers_own_settings_change_nothing(folder):
    import matplotlib

    plain = style.save(forms_of_displacement(), folder, "plain")[1].read_bytes()
    with matplotlib.rc_context({"font.size": 30, "svg.fonttype": "path", "axes.facecolor": "red"}):
        assert style.save(forms_of_displacement(), folder, "plain")[1].read_bytes() == plain
        assert matplotlib.rcParams["font.size"] == 30


def test_an_empty_window_gives_an_empty_strip(folder):
    style.save(world_figures.gantt_of_plans(invented_plans(3), 900, 930, "2022-01-01", ""), folder, "empty")


def test_importing_is_cheap_and_pyplot_is_never_loaded():
    code = (
        "import sys; from experiments.report import field_figures, style, twin_figures, world_figures;"
        "assert 'matplotlib' not in sys.modules and 'sim' not in sys.modules;"
        "style.open_figure(1.0, 'T', 'c'); twin_figures.forms_of_displacement([('a', 1, 0, 2, None)], '');"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def _words_of(svg) -> str:
    """The text of an SVG file, one space between pieces."""
    text = svg.read_text(encoding="utf-8")
    pieces = re.findall(r"<(?:text|tspan)[^>]*>([^<]+)<", text)
    return " ".join(" ".join(pieces).split()).replace("&apos;", "'")


ODD_NAMES = ["$$ fines", "a_b^c", "\\frac{", "$\\alpha$", "50 % <i>&", "d'été [1]"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_names_are_text_and_no_formulas(name, folder):
    """As a title, in a caption, beside an axis, and at the head of a panel."""
    from experiments.sweeps.figures import heat_maps

    grid = np.arange(4.0).reshape(2, 2)
    axes = (f"x {name}", [name, 1]), (f"y {name}", [0, name])
    figure = heat_maps({name: grid, "none": grid}, *axes, f"{name} (unit)", f"Title {name}", f"Caption {name}")
    _, svg = style.save(figure, folder, "odd")
    texts = [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]
    assert sum(name in text for text in texts) >= 7
    written = "".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg.read_text(encoding="utf-8")))
    assert written.count(name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")) >= 7


def test_no_mark_of_an_axis_relies_on_formulas(folder):
    """Matplotlib writes powers of ten on logarithmic axes as formulas, which the house style does not read."""
    from experiments.sensitivity.figures import convergence

    steps = [{"points": points, "mu": {"f": {"estimate": 1e7, "low": 0.0, "high": 2e7}}} for points in (10, 100, 1000)]
    _, svg = style.save(convergence(steps, {"mu": "mu*"}, {"f": "factor"}, "mu*", "Title", "Caption"), folder, "log")
    assert "mathdefault" not in svg.read_text(encoding="utf-8") and "$" not in svg.read_text(encoding="utf-8")


def test_every_figure_that_is_drawn_is_in_the_house_style():
    """Each public function of a report that opens a figure is decorated, so that none reads names as formulas."""
    import ast

    from tests.worlds import ROOT

    for path in sorted((ROOT / "experiments").rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef) or function.name.startswith("_") or path.name == "style.py":
                continue
            called = {node.func.attr for node in ast.walk(function) if isinstance(node, ast.Call) and hasattr(node.func, "attr")}
            if {"open_figure", "open_panels", "open_grid"} & called:
                assert any("house_style" in ast.unparse(found) for found in function.decorator_list), f"{path}: {function.name}"
