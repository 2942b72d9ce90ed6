"""Lessons of the live classroom in a browser, and agents who are followed."""

import re

import pytest

from tests.browser.live import BEGIN, choose, press, tab, until, until_address, whom

pytestmark = pytest.mark.slow

LESSONS = range(1, 7)
WORDS = {
    "en": ("Lesson", "Next", "Run these worlds", "You predicted", "interval"),
    "fr": ("Séance", "Suivant", "Lancer ces mondes", "Votre prédiction :", "intervalle"),
}


@pytest.mark.parametrize(("language", "place"), [*(("en", place) for place in LESSONS), ("fr", 1)])
def test_a_lesson_from_prediction_to_debriefing(visit, language, place):
    lesson, on, run, predicted, interval = WORDS[language]
    page = visit(f"/?lang={language}&seed=1")
    tab(page, lesson)
    choose(page, lesson, place)
    area = page.locator(".lab-lesson").first
    area.get_by_role("radio").nth(1).click()
    area.get_by_role("status").filter(has_text=re.compile(".")).wait_for()
    press(page, on)
    until(page, "document.activeElement.matches('.lab-heading')")
    assert page.get_by_role("button", name=on, exact=True).is_disabled()
    press(page, run)
    until(page, f"document.querySelector('.twin-range').value > {BEGIN}")
    press(page, on)
    page.get_by_text(predicted).wait_for()
    for part in (4, 5):
        press(page, on)
        area.get_by_text(f", {part} of 5" if language == "en" else f", {part} sur 5").wait_for()
        if part == 4:
            area.get_by_text(interval).first.wait_for()
            assert "{{" not in area.inner_text()
    assert page.get_by_role("button", name=on, exact=True).count() == 0


def test_a_second_pair_moves_all_controls(visit):
    page = visit("/?lesson=displacement")
    press(page, "Next")
    press(page, "Run these worlds")
    press(page, "Next")
    page.get_by_text("No prediction was made.").wait_for()
    press(page, "Run the second pair")
    until_address(page, "structure=replacement")
    tab(page, "Setting")
    press(page, "What else may be true")
    assert page.get_by_role("checkbox", name="Who is arrested is replaced").is_checked()
    tab(page, "Lesson")
    press(page, "Back")
    press(page, "Back")
    assert page.get_by_role("radio", checked=True).count() == 0


def test_agents_are_followed_and_persons_are_numbers_only(visit):
    page = visit("/?venue_inspection=40&day=260")
    tab(page, "Follow")
    for role, heading in (("Bosses", "Boss"), ("Providers", "Provider"), ("Plans", "Plan"), ("Police units", "Police")):
        choose(page, "Follow", role)
        whom(page, heading)
        page.locator(".lab-heading").filter(has_text=re.compile(f"^{heading}")).wait_for()
        assert page.locator(".lab-events").count() == 1 and page.locator(".lab-lesson .lab-look").count()
    choose(page, "Follow", "Persons, in numbers only")
    page.get_by_role("columnheader", name="status").wait_for()
    assert page.get_by_role("combobox", name="Who", exact=True).count() == 0
    numbers = page.locator(".q-tab-panel .lab-table td").all_inner_texts()
    assert numbers and all(re.fullmatch(r"[\d,]+|fewer than 5|.*\d.*", number) for number in numbers)


def test_what_is_told_is_of_the_day_shown_and_says_so_later(visit):
    page = visit("/?venue_inspection=40&day=260")
    tab(page, "Follow")
    whom(page, "Boss")
    press(page, "+1 day")
    page.get_by_text("The worlds above show another day or setting by now.").wait_for()
    press(page, "Look at the day shown")
    until(page, "!document.body.textContent.includes('another day or setting by now')")


def test_a_glass_box_opens_and_closes_with_the_keyboard(visit):
    page = visit("/?venue_inspection=40&day=260")
    tab(page, "Follow")
    whom(page, "Boss")
    button = page.get_by_role("button", name="How was it decided? (where a Plan is run)")
    button.focus()
    page.keyboard.press("Enter")
    box = page.get_by_role("dialog")
    box.get_by_role("columnheader", name="option").wait_for()
    assert "what does Boss" in box.get_attribute("aria-label") and "→" in box.locator(".lab-chosen").inner_text()
    until(page, "document.querySelector('.q-dialog').contains(document.activeElement)")
    page.keyboard.press("Escape")
    box.wait_for(state="hidden")
    until(page, "document.activeElement.textContent.includes('where a Plan is run')")
