"""The page of `plansim explorable` in a browser, opened as a file: what it shows, how it is used, who can use it."""

import csv
import io
import re
import xml.etree.ElementTree as ElementTree

import pytest

from tests.browser.conftest import ready, wait_until
from tests.browser.made_up import BEGIN, DAYS, FIRST, SEEDS, changes, untreated

pytestmark = pytest.mark.slow

LAST = FIRST + DAYS - 1
VIEWS = [(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]


def day(page) -> int:
    """The day that the view shows."""
    return page.evaluate("plansim.view.day")


def cell(page, measure: str, column: int) -> str:
    """A cell of the counters: 0 without, 1 with the policy, 2 the difference."""
    return page.locator(f"tr[data-measure={measure}] td").nth(column).inner_text()


def press(page, name: str) -> None:
    """Press the button of that name."""
    page.get_by_role("button", name=name, exact=True).click()


def fragment(page) -> dict[str, str]:
    """What the address says after the sign #."""
    return dict(pair.split("=", 1) for pair in page.evaluate("location.hash")[1:].split("&"))


# --- the worlds ---------------------------------------------------------------------------------------


def test_it_opens_on_the_last_day_with_maps_counters_and_charts(opened):
    page = opened()
    assert day(page) == LAST
    assert page.locator(".twin-map-picture").count() == 2
    assert page.locator(".twin-counters tbody tr").count() == 9
    assert "Finding over 4 seeds" in page.locator(".twin-finding").inner_text()
    assert "an anecdote" in page.locator(".twin-counters caption").inner_text()


def test_everything_that_matters_is_on_the_first_screen_of_a_projector(opened):
    page = opened()
    boxes = [page.locator(part).first.bounding_box() for part in (".twin-maps", ".twin-counters", ".twin-chart-picture")]
    assert all(box["y"] + box["height"] <= 725 for box in boxes)
    maps = [page.locator(".twin-map").nth(i).bounding_box() for i in (0, 1)]
    assert maps[0]["y"] == maps[1]["y"] and maps[0]["x"] < maps[1]["x"]


def test_it_plays_to_the_last_day_and_stops(opened):
    page = opened(f"#day={LAST - 10}")
    page.get_by_label("Speed").select_option("56")
    press(page, "▶ Play")
    wait_until(page, f"plansim.view.day === {LAST}")
    page.get_by_role("button", name="▶ Play").wait_for()
    assert fragment(page)["day"] == str(LAST)


def test_it_steps_and_goes_back_to_the_first_day_of_the_policy(opened):
    page = opened()
    press(page, "Policy's first day")
    assert day(page) == BEGIN and "day 1 of the policy" in page.locator(".twin-clock").inner_text()
    press(page, "+1 day")
    press(page, "+7 days: a Plan cycle")
    assert day(page) == BEGIN + 8


def test_counters_are_read_aloud_only_when_it_stands_still(opened):
    page = opened(f"#day={BEGIN}")
    counters = page.locator(".twin-counters")
    assert counters.get_attribute("aria-live") == "polite"
    press(page, "▶ Play")
    assert counters.get_attribute("aria-live") == "off"
    press(page, "❚❚ Pause")
    assert counters.get_attribute("aria-live") == "polite"


def test_worlds_are_one_until_the_policy_and_part_when_it_says(opened):
    page = opened(f"#day={BEGIN + 2}")
    assert "nothing differs" in page.locator(".twin-parting").inner_text()
    assert cell(page, "persons", 2) == "0"
    press(page, "+1 day")
    assert "part on 3 July 2021, day 4 of the policy" in page.locator(".twin-parting").inner_text()
    assert cell(page, "persons", 2).startswith("▼")
    assert page.locator(".twin-mark-fewer:visible").count() > 2


def test_no_line_shows_what_comes_after_the_day(opened):
    page = opened(f"#day={BEGIN + 20}")
    shown = page.evaluate(
        "plansim.view.charts.parts.map(({ limit, x }) => Number(limit.getAttribute('width')) - x(plansim.view.day))"
    )
    assert all(abs(rest) < 1 for rest in shown)


def test_more_of_a_policy_and_other_assumptions_give_other_numbers(opened):
    page = opened("#intensity=0.5")
    persons = [cell(page, "persons", 1)]
    page.get_by_label("Strength").press("ArrowRight")
    ready(page)
    persons.append(cell(page, "persons", 1))
    page.get_by_label("Assumptions").select_option("replacement")
    ready(page)
    persons.append(cell(page, "persons", 1))
    assert len(set(persons)) == 3
    assert fragment(page) | {"intensity": "1", "structure": "replacement"} == fragment(page)


def test_the_page_gives_back_the_packed_numbers(opened):
    page = opened("#policy=outreach&intensity=1&seed=3")
    base = untreated(3)
    treated = base[2, 0] + changes(base, 0.15, 3)[2, 1, 0]
    series = page.evaluate("plansim.view.twins.scene.worlds.map((world) => Array.from(world.series.persons))")
    assert series == [base[2, 0].tolist(), treated.tolist()]


def test_the_interval_over_seeds_is_that_of_student(opened):
    from scipy import stats

    page = opened()
    week = page.evaluate("plansim.view.twins.week('persons', plansim.view.day)")
    rows = page.evaluate("plansim.view.twins.scene.seeds.difference.persons")
    last = [row[-1] for row in rows]
    low, high = stats.t.interval(0.95, SEEDS - 1, stats.tmean(last), stats.sem(last))
    assert [week["low"], week["high"]] == pytest.approx([low, high], rel=1e-3)


def test_a_seed_by_choice_and_by_chance(opened):
    page = opened()
    before = cell(page, "persons", 0)
    page.get_by_label("Seed", exact=True).select_option("3")
    ready(page)
    assert cell(page, "persons", 0) != before
    press(page, "A seed by chance")
    ready(page)
    assert fragment(page)["seed"] in {"1", "2", "4"}


def test_charts_of_another_measure(opened):
    page = opened()
    page.get_by_label("Charts of").select_option("arrests")
    assert "arrests since the policy" in page.locator(".twin-chart-picture").first.get_attribute("aria-label")
    assert fragment(page)["measure"] == "arrests"


def test_a_place_that_is_picked_is_described(opened):
    page = opened()
    page.get_by_text("All places as a table").click()
    press(page, "North")
    line = page.locator(".twin-picked-line").inner_text()
    assert line.startswith("Without the policy, North:") and "hotel" in line
    press(page, "North")
    assert page.locator(".twin-picked-line").is_hidden()


# --- lessons and surprises ----------------------------------------------------------------------------


def test_surprise_asks_before_it_shows(opened):
    page = opened()
    before = page.evaluate("location.hash")
    press(page, "Surprise me")
    dialog = page.get_by_role("dialog")
    show = dialog.get_by_role("button", name="Show what happened")
    assert show.is_disabled() and page.evaluate("location.hash") == before and "interval" not in dialog.inner_text()
    dialog.get_by_role("radio").first.check()
    show.click()
    assert "95\u00a0% interval" in dialog.inner_text() and "of 1." in dialog.inner_text()
    dialog.get_by_role("button", name="Look at the worlds").click()
    assert dialog.is_hidden() and day(page) == LAST


def test_a_lesson_from_prediction_to_debriefing(opened):
    page = opened()
    page.get_by_role("combobox", name="Lesson").select_option("displacement")
    ready(page)
    assert day(page) == BEGIN
    assert page.get_by_role("button", name="3. Compare").is_disabled()
    page.get_by_label("about the same").check()
    press(page, "Next")
    assert page.get_by_role("button", name="Next", exact=True).is_disabled()
    press(page, "Run")
    wait_until(page, f"plansim.view.day > {BEGIN}")
    press(page, "Next")
    lesson = page.locator(".page-lesson")
    wait_until(page, "document.querySelector('.page-found').textContent.includes('Second pair. Persons')")
    assert "You predicted: about the same." in lesson.inner_text()
    for heading in ("Explain", "Debrief", "For the teacher"):
        press(page, "Next")
        assert lesson.locator("h3").inner_text() == heading
    assert not lesson.get_by_text("Text of For the teacher").is_visible()
    lesson.get_by_text("Show what is for the teacher").click()
    assert lesson.get_by_text("Text of For the teacher </script>.").is_visible()


def test_a_link_restores_the_screen(opened):
    page = opened("#lesson=displacement")
    page.get_by_label("clearly fewer").check()
    press(page, "2. Run")
    press(page, "Run")
    press(page, "3. Compare")
    press(page, "❚❚ Pause")
    page.get_by_label("Policy", exact=True).select_option("outreach")
    page.get_by_label("Charts of").select_option("plans")
    page.get_by_label("Day", exact=True).fill("222")
    ready(page)
    other = opened(page.evaluate("location.hash"))
    assert fragment(other) == fragment(page) and day(other) == 222
    for part in (".twin-counters", ".twin-finding", ".page-lesson h3", ".page-said"):
        assert other.locator(part).first.inner_text() == page.locator(part).first.inner_text()


@pytest.mark.parametrize(
    "wrong", ["#policy=nonsense&day=9999&intensity=7&seed=x&lang=xx&lesson=none&part=9", "#%%%", "#day=&day="]
)
def test_a_link_with_nonsense_shows_what_is_usual(opened, wrong):
    assert day(opened(wrong)) == LAST


# --- languages, looks, people -------------------------------------------------------------------------


def test_french(opened):
    page = opened()
    page.get_by_label("Language").select_option("fr")
    ready(page)
    assert page.evaluate("document.documentElement.lang") == "fr"
    assert page.get_by_role("button", name="Lecture").is_visible()
    assert "Descentes dans les hôtels" in page.locator(".twin-map").nth(1).inner_text()
    assert re.search(r"\d,\d", cell(page, "persons", 0)) and "octobre" in page.locator(".twin-clock").inner_text()
    assert (
        page.get_by_role("combobox", name="Lesson").locator("option").nth(1).inner_text()
        == "Une descente déplace-t-elle l'activité ?"
    )


def test_the_language_of_the_browser_is_the_first(opened):
    assert fragment(opened(locale="fr-FR"))["lang"] == "fr"


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("part", ["", "&lesson=displacement&part=2"])
def test_a_phone_is_not_scrolled_sideways(opened, language, part):
    page = opened(f"#lang={language}{part}", width=390, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    maps = [page.locator(".twin-map").nth(i).bounding_box() for i in (0, 1)]
    assert maps[0]["y"] < maps[1]["y"]


FOCUS = """() => {
  const node = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(node);
  return [node.id || node.textContent.slice(0, 30) || node.getAttribute("aria-label"), outlineStyle, outlineWidth];
}"""


def test_keyboard_alone(opened):
    page = opened(f"#day={BEGIN}")
    page.keyboard.press("Space")
    wait_until(page, f"plansim.view.day > {BEGIN}")
    page.keyboard.press("Space")
    stopped = day(page)
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        seen.add(focus[0])
        assert page.evaluate("document.activeElement === document.body") or focus[1:] == ["solid", "3px"], focus
        if focus[0] == "Day" and day(page) == stopped:
            page.keyboard.press("ArrowLeft")
            assert day(page) == stopped - 1
            page.keyboard.press("Space")  # a key of the range's own: nothing plays
            assert page.evaluate("plansim.view.playback.playing") is False
    assert {"page-policy", "page-intensity", "page-structure", "page-seed", "page-lesson", "Surprise me", "Copy link"} <= seen


def test_dark_by_preference_and_by_button(opened):
    page = opened(color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    press(page, "Light colours")
    assert page.evaluate(ground) == "rgb(255, 255, 255)" != dark
    press(page, "Dark colours")
    assert page.evaluate(ground) == dark


def test_reduced_motion_plays_week_by_week(opened):
    page = opened(f"#day={BEGIN}", reduced_motion="reduce")
    page.evaluate("() => { window.days = []; plansim.view.onDay = (day) => days.push(day); }")
    press(page, "▶ Play")
    wait_until(page, "days.length >= 3")
    press(page, "❚❚ Pause")
    assert page.evaluate("days.slice(0, 3)") == [BEGIN + 7, BEGIN + 14, BEGIN + 21]


@pytest.mark.parametrize("width, scheme", VIEWS)
@pytest.mark.parametrize("part", ["", "&lesson=displacement&part=2&prediction=1"])
def test_axe_finds_nothing_serious(opened, width, scheme, part):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python")
    page = opened(f"#day=200{part}", width=width, height=844, color_scheme=scheme)
    page.get_by_text("All places as a table").click()
    if not part:
        press(page, "Surprise me")
        page.get_by_role("dialog").wait_for()
        assert not serious(axe.Axe().run(page))
        press(page, "Not now")
    assert not serious(axe.Axe().run(page))


def serious(results) -> list:
    """What axe found that is serious or critical."""
    return [
        (one["id"], [node["html"][:150] for node in one["nodes"]])
        for one in results.response["violations"] if one["impact"] in ("serious", "critical")
    ]  # fmt: skip


# --- exports ------------------------------------------------------------------------------------------


def saved(page, button: str):
    """Name and bytes of what a button saves."""
    with page.expect_download() as waiting:
        press(page, button)
    return waiting.value.suggested_filename, waiting.value.path().read_bytes()


def test_pictures_are_saved(opened):
    page = opened()
    name, png = saved(page, "Picture (PNG)")
    assert name == f"plansim-crackdown-1-default-seed1-day{LAST}.png"
    assert png.startswith(b"\x89PNG") and len(png) > 20_000
    name, svg = saved(page, "Picture (SVG)")
    root = ElementTree.fromstring(svg)
    texts = "".join(root.itertext())
    assert root.tag.endswith("svg") and "Persons exploited" in texts and "Finding over 4 seeds" in texts
    assert b"var(--" not in svg and b"http" not in svg.replace(b"http://www.w3.org/2000/svg", b"")


def test_counters_are_saved_as_a_table(opened):
    page = opened()
    rows = list(csv.DictReader(io.StringIO(saved(page, "Table (CSV)")[1].decode())))
    assert len(rows) == 9 * DAYS and list(rows[0]) == ["day", "date", "measure", "untreated", "treated", "difference"]
    last = next(row for row in rows if row["day"] == str(LAST) and row["measure"] == "persons")
    assert last["date"] == "2021-10-19"
    assert f"{float(last['untreated']):.1f}" == cell(page, "persons", 0)


def test_the_link_is_copied_or_shown(opened):
    page = opened()
    page.evaluate(
        "Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => (window.copied = text) } })"
    )
    press(page, "Copy link")
    wait_until(page, "window.copied === location.href")
    page.evaluate("() => { navigator.clipboard.writeText = async () => { throw new Error('forbidden'); }; }")
    press(page, "Copy link")
    page.get_by_text("Copy the link from the field.").wait_for()
    assert page.get_by_label("Link to this screen").input_value() == page.evaluate("location.href")
