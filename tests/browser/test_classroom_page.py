"""The live page of twin worlds in a browser: worlds, levers, links, exports, and who can use it."""

import csv
import io
import json
import re
import time
import xml.etree.ElementTree as ElementTree

import pytest

from sim.configuration import compose
from tests.browser.live import (
    BEGIN,
    choose,
    counters,
    day,
    press,
    serious_in_all_views,
    sideways,
    tab,
    until,
    until_address,
    whom,
)

pytestmark = pytest.mark.slow

NO_POLICY = "/?seed=1"


# --- the worlds ---------------------------------------------------------------------------------------


def test_it_opens_within_ten_seconds(visit):
    visit()
    begun = time.monotonic()
    page = visit()
    assert time.monotonic() - begun < 10.0
    assert page.locator(".twin-map-picture").count() == 2 and page.locator(".twin-counters tbody tr").count() == 9
    assert page.locator(".lab-cost").inner_text().startswith("Public cost of the policy: 1,557,333 EUR")


def test_days_pass_stop_step_and_go_back(visit):
    page = visit()
    assert day(page) == BEGIN
    press(page, "▶ Play")
    until(page, f"document.querySelector('.twin-range').value > {BEGIN + 3}")
    press(page, "❚❚ Pause")
    stopped = day(page)
    until_address(page, f"day={stopped}")
    press(page, "+1 day")
    press(page, "+7 days: a Plan cycle")
    assert day(page) == stopped + 8
    page.get_by_role("slider", name="Day", exact=True).fill("500")
    assert "day 321 of the policy" in page.locator(".twin-clock").inner_text()
    until_address(page, "day=500")
    press(page, "Policy's first day")
    assert day(page) == BEGIN


def test_a_lever_parts_the_worlds_and_says_its_cost(visit):
    page = visit(NO_POLICY + "&day=400")
    assert page.get_by_label("A ready policy").evaluate("node => node.selectedOptions[0].text") == "No policy"
    assert "nothing differs" in page.locator(".twin-parting").inner_text()
    assert page.locator(".lab-cost").inner_text() == "Public cost of the policy: 0 EUR a year"
    before = counters(page)
    press(page, "Police by place")
    lever = page.get_by_role("slider", name="Inspections of venues", exact=True)
    lever.press("ArrowRight")
    lever.press("ArrowRight")
    until(page, "document.querySelector('.twin-parting').textContent.startsWith('The worlds part on')")
    assert counters(page) != before and day(page) == 400
    assert lever.get_attribute("aria-valuetext") == "10 times the baseline's visits to the cells concerned"
    assert re.search(r": \d\d\d,\d\d\d EUR", page.locator(".lab-cost").inner_text())
    cost = page.locator(".lab-cost").inner_text()
    choose(page, "Where", "the largest place")
    choose(page, "Which venues are inspected", "hotels")
    until_address(page, "place=largest&kind=hotel")
    assert page.locator(".lab-cost").inner_text() != cost


def test_every_ready_policy_moves_its_levers(visit):
    page = visit(NO_POLICY)
    choice = page.get_by_role("combobox", name="A ready policy")
    labels = choice.locator("option").all_inner_texts()
    assert {"Crackdown on hotels", "Three in ten Bosses held", "Training of professionals"} < set(labels)
    seen = set()
    for label in labels:
        choice.select_option(label=label)
        until(page, f"new URLSearchParams(location.search).toString() !== {page.evaluate('location.search.slice(1)')!r}", 10)
        seen.add(page.evaluate("location.search"))
    assert len(seen) == len(labels)
    choice.select_option(label="Training of professionals")
    until_address(page, "training=")
    press(page, "Outreach and care")
    assert page.get_by_role("slider", name="Training of professionals").input_value() != "0"
    choice.select_option(label="Three in ten Bosses held")
    until(page, "document.querySelector('.lab-cost').textContent.endsWith('and what it costs to hold persons')")


def test_assumptions_and_structures_hold_in_both_worlds(visit):
    page = visit(NO_POLICY + "&day=400")
    shown = [counters(page)]
    press(page, "What else may be true")
    page.get_by_role("checkbox", name="Short careers").click()
    until_address(page, "structure=short_careers")
    shown.append(counters(page))
    press(page, "Demand, labour, calendar")
    page.get_by_role("slider", name="Demand", exact=True).press("ArrowRight")
    until_address(page, "demand=1.25")
    shown.append(counters(page))
    choose(page, "Calendar", "every day alike")
    until_address(page, "calendar=flat")
    assert len({*shown, counters(page)}) == 4
    assert "nothing differs" in page.locator(".twin-parting").inner_text()


def test_another_seed_and_one_that_is_none(visit):
    page = visit("/?client_fines=20&day=400")
    before = counters(page)
    seed = page.get_by_label("Seed", exact=True)
    seed.fill("7")
    until_address(page, "seed=7")
    assert counters(page) != before
    seed.fill("123456")
    page.get_by_text("A seed is a whole number from 1 to 9,999.").wait_for()
    assert "seed=7" in page.evaluate("location.search")


def test_the_band_over_the_seeds_comes(visit):
    page = visit("/?client_fines=40&day=400")
    page.get_by_text("Finding over 20 seeds").wait_for()
    assert page.locator("path.twin-band").first.get_attribute("d")


def test_a_link_restores_the_screen(visit):
    page = visit()
    choose(page, "A ready policy", "Training of professionals")
    page.get_by_label("Seed", exact=True).fill("5")
    until_address(page, "seed=5")
    choose(page, "Charts of", "Arrests")
    page.get_by_role("slider", name="Day", exact=True).fill("321")
    until_address(page, "day=321&measure=arrests")
    tab(page, "Lesson")
    choose(page, "Lesson", 3)
    page.get_by_text("Finding over 20 seeds").wait_for()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    press(page, "+1 day")
    until_address(page, "day=322")
    press(page, "Copy link")
    page.get_by_text("The link is copied.").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    other = visit(link.partition("127.0.0.1")[2].partition("/")[2].join(["/", ""]))
    other.get_by_text("Finding over 20 seeds").wait_for()
    assert counters(other) == counters(page)
    for part in (".twin-clock", ".twin-finding", ".lab-lesson .lab-heading"):
        assert other.locator(part).first.inner_text() == page.locator(part).first.inner_text()
    assert other.locator(".twin-choice select").input_value() == "arrests"
    tab(other, "Setting")
    assert other.get_by_label("A ready policy").evaluate("node => node.selectedOptions[0].text") == "Training of professionals"


def test_a_link_is_shown_where_it_cannot_be_copied(visit):
    page = visit()
    page.evaluate("() => { navigator.clipboard.writeText = async () => { throw new Error('forbidden'); }; }")
    press(page, "Copy link")
    dialog = page.get_by_role("dialog", name="Link to this screen")
    assert re.search(r"/\?venue_inspection=40.*seed|/\?venue_inspection=40", dialog.get_by_role("textbox").input_value())
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")


@pytest.mark.parametrize(
    "link", ["/?venue_inspection=abc", "/?venue_inspektion=1", "/?day=soon", "/?structure=nonsense", "/?seed=" + "1" * 3000]
)
def test_a_broken_link_gets_a_clear_page(visit, link):
    page = visit(link, wait="[role=alert]")
    assert page.locator("[role=alert]").first.inner_text() == "This link is broken."
    assert page.get_by_role("link", name="Look at twin worlds").get_attribute("href") == "/"
    assert page.locator(".twin").count() == 0


def test_what_is_wrong_in_a_link_is_said_in_french(visit):
    page = visit("/?seed=0", locale="fr-FR", wait="[role=alert]")
    assert page.locator("[role=alert]").nth(1).inner_text() == "Lien\u00a0: seed=0\u00a0: il faut un nombre de 1 à 9999"


# --- languages, looks, people -------------------------------------------------------------------------


def test_french_by_preference_and_by_choice(visit):
    page = visit("/?training=0.5&day=300", locale="fr-FR")
    assert page.evaluate("document.documentElement.lang") == "fr"
    assert page.get_by_role("button", name="Lecture").is_visible() and "avril" not in page.locator(".lab-motto").inner_text()
    assert re.search(r"\d,\d", counters(page)) and re.search(r"\d\u202f\d\d\d\sEUR", page.locator(".lab-cost").inner_text())
    choose(page, "Langue", "English")
    page.get_by_role("button", name="▶ Play").wait_for()
    until(page, "document.querySelector('.twin-range').value === '300'")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_phone_is_not_scrolled_sideways(visit, language):
    page = visit(f"/?lang={language}&lesson=evaluator&day=260", width=390, height=844)
    assert sideways(page) <= 0
    aside, view = page.locator(".lab-beside").bounding_box(), page.locator(".lab-view").bounding_box()
    assert aside["y"] < view["y"]  # a link to a lesson shows it first
    for place in (2, 0):
        page.get_by_role("tab").nth(place).click()
        page.wait_for_timeout(300)
        assert sideways(page) <= 0
    for group in page.locator(".lab-group .q-item").locator("visible=true").all():
        group.click()
    assert sideways(page) <= 0


def test_dark_by_preference_and_by_button(visit):
    page = visit(color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    press(page, "Light or dark")
    assert page.evaluate(ground) == "rgb(255, 255, 255)" != dark
    assert page.evaluate("document.body.classList.contains('body--light')")
    page.reload()
    page.wait_for_selector(".lab-cost")
    until(page, "document.body.classList.contains('body--light')")
    press(page, "Light or dark")
    assert page.evaluate(ground) == dark


def test_reduced_motion_plays_week_by_week(visit):
    page = visit(reduced_motion="reduce")
    days = "window.days = new Set(); setInterval(() => days.add(Number(document.querySelector('.twin-range').value)), 40)"
    page.evaluate(days)
    press(page, "▶ Play")
    until(page, "days.size >= 3")
    press(page, "❚❚ Pause")
    assert page.evaluate("[...days].slice(0, 3)") == [BEGIN, BEGIN + 7, BEGIN + 14]


FOCUS = """() => {
  const node = document.activeElement;
  const label = node.labels && node.labels[0];
  const named = node.getAttribute("aria-label") || (label && label.textContent) || node.textContent.trim().slice(0, 40);
  return [named, getComputedStyle(node).outlineStyle !== "none" || node.matches("input")];
}"""


def tabs_until(page, name: str, most: int = 40) -> list[str]:
    """Press the tabulator until something of that name has the focus; the names on the way. Each is seen to have it."""
    seen = []
    for _ in range(most):
        page.keyboard.press("Tab")
        named, is_seen = page.evaluate(FOCUS)
        seen.append(named)
        assert is_seen or named in ("", "body"), named
        if named == name:
            return seen
    raise AssertionError(f"{name}: not among {seen}")


def test_keyboard_alone(visit):
    page = visit(NO_POLICY)
    seen = tabs_until(page, "Police by place")
    assert ["Language", "Light or dark"] == seen[:2] and {"Setting", "A ready policy", "Seed"} < set(seen)
    page.keyboard.press("Enter")
    page.wait_for_timeout(400)
    tabs_until(page, "Inspections of venues")
    page.keyboard.press("ArrowRight")
    until_address(page, "venue_inspection=5")
    assert {"Day", "Charts of"} < set(tabs_until(page, "Copy link", 60))
    page.get_by_role("tab", name="Setting").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_role("combobox", name="A ready policy").wait_for(state="hidden")
    tabs_until(page, "Lesson", 4)
    page.keyboard.press("ArrowDown")
    page.get_by_text("Predict, 1 of 5").wait_for()
    tabs_until(page, "clearly fewer", 4)
    page.keyboard.press("Space")
    page.get_by_text("Your prediction is kept.").wait_for()
    tabs_until(page, "▶ Play", 12)
    page.keyboard.press("Enter")
    until(page, f"document.querySelector('.twin-range').value > {BEGIN}")


def test_axe_finds_nothing_serious(visit):
    page = visit("/?venue_inspection=40&day=260")
    page.get_by_text("All places as a table").click()
    for group in page.locator(".lab-group .q-item").all():
        group.click()
    serious_in_all_views(page)
    tab(page, "Lesson")
    choose(page, "Lesson", 5)
    page.get_by_role("radio").first.click()
    page.get_by_text("Your prediction is kept.").wait_for()
    serious_in_all_views(page, ".lab-beside")
    tab(page, "Follow")
    whom(page, "Boss")
    serious_in_all_views(page, ".lab-beside")
    page.get_by_role("button", name="How was it decided? (where a Plan is run)").click()
    page.get_by_role("columnheader", name="option").wait_for()
    serious_in_all_views(page, ".q-dialog")


# --- exports ------------------------------------------------------------------------------------------


def saved(page, button: str):
    """Name and bytes of what a button saves."""
    with page.expect_download() as waiting:
        press(page, button)
    return waiting.value.suggested_filename, waiting.value.path().read_bytes()


def test_what_is_shown_is_saved(visit, tmp_path):
    page = visit("/?client_fines=20&training=0.5&structure=replacement&demand=1.25&seed=3&day=400")
    name, png = saved(page, "Picture (PNG)")
    assert name == "twin_worlds.png" and png.startswith(b"\x89PNG") and len(png) > 20_000
    assert ElementTree.fromstring(saved(page, "Picture (SVG)")[1]).tag.endswith("svg")
    rows = list(csv.DictReader(io.StringIO(saved(page, "Table (CSV)")[1].decode())))
    assert len(rows) > 3000 and list(rows[0]) == ["day", "date", "measure", "untreated", "treated", "difference"]
    name, policy = saved(page, "Setting (YAML)")
    path = tmp_path / name
    path.write_bytes(policy)
    assert f"{page.url}" in policy.decode() and "plansim run market=class" in policy.decode()
    levers = compose("class", str(path)).policy.levers
    assert {lever: one.intensity for lever, one in levers.items() if one.intensity} == {"client_fines": 20.0, "training": 0.5}
    name, notebook = saved(page, "Notebook")
    cells = json.loads(notebook)["cells"]
    assert name.endswith(".ipynb") and "client_fines" in str(cells) and len(cells) >= 5
