"""A class in a browser: a teacher, students who join, predict and hand in policies, and what nobody may see."""

import re

import pytest

from tests.browser.live import (
    READY,
    Visitors,
    choose,
    counters,
    press,
    serious_in_all_views,
    sideways,
    started,
    tab,
    until,
    until_address,
)

pytestmark = pytest.mark.slow

CHEAP, DEAR = "training=0.5", "venue_inspection=40"
SECRET = re.compile(r"(?<![\w-])(?![0-9a-f]+\b)[\w-]{32}(?![\w-])")  # as many letters as what a student is known by


@pytest.fixture
def teach(visit, classroom):
    """(options of a context) -> the page of a teacher who has opened a class, and its code."""

    def open_class(lesson: str = "1. Does a crackdown move the activity?", **options):
        page = visit(f"/teacher?key={classroom.key}", "teacher", wait=".lab-choice", **options)
        choose(page, "Lesson", lesson)
        press(page, "Open a class")
        code = page.locator(".lab-code").inner_text().removeprefix("Code: ")
        return page, code

    return open_class


def predict(page, answer: str) -> None:
    """Give an answer to the question of the lesson."""
    page.get_by_role("radio", name=answer).click()
    page.get_by_text("Your prediction is kept.").wait_for()


def hand_in(page, answer: str) -> None:
    """Hand in the policy that is shown, and wait for what is said to it."""
    press(page, "Hand in the policy shown")
    page.locator(".lab-state").filter(has_text=re.compile(answer)).wait_for()


def count(page, text: str) -> None:
    """Wait until the teacher's page counts so."""
    page.get_by_role("status").filter(has_text=text).wait_for()


# --- a lesson with a class ----------------------------------------------------------------------------


def test_a_class_from_its_code_to_the_best_policy(visit, teach, visitors):
    teacher, code = teach()
    count(teacher, "0 joined, 0 predictions, 0 policies")
    assert teacher.get_by_role("img", name="QR code of the link").is_visible()
    link = teacher.get_by_role("link", name=code).get_attribute("href")
    first = visit(link.removeprefix(visitors.classroom.base) + f"?{CHEAP}&day=400", "first")
    second = visit("/join", "second", wait=".lab-choice")
    second.get_by_label("Code").fill(code.lower())
    second.keyboard.press("Enter")
    second.wait_for_selector(READY)
    assert f"Class {code}" in second.locator(".lab-beside").inner_text()
    predict(first, "about the same")
    predict(second, "clearly fewer")
    predict(second, "clearly more")
    hand_in(first, "Handed in")
    hand_in(second, r"^the policy costs 1,557,333 EUR a year, and the budget is 200,000$")
    assert second.locator(".lab-tries li").count() == 0
    tab(second, "Setting")
    choose(second, "A ready policy", "Fines for clients")
    until_address(second, "client_fines=20")
    tab(second, "Class")
    hand_in(second, "Handed in|the policy costs")
    tab(second, "Setting")
    choose(second, "A ready policy", "No policy")
    until_address(second, "?seed=1")
    tab(second, "Class")
    hand_in(second, "Handed in")
    second.get_by_text("0 persons exploited a day, 0 EUR a year").wait_for()
    count(teacher, "2 joined, 2 predictions")
    assert teacher.locator(".lab-bars").count() == 0 and "best policy" not in teacher.inner_text("body")
    press(teacher, "Show the answers")
    teacher.locator(".lab-bars").nth(1).wait_for()
    counts = teacher.locator(".lab-bars").first.locator("tr").all_inner_texts()
    assert [re.findall(r"\d+", row)[-1] for row in counts] == ["0", "1", "1"]
    assert re.search(r"The best policy: \S+ persons exploited a day for [\d,]+ EUR a year", teacher.inner_text("body"))
    regrets = teacher.locator(".lab-bars").nth(1).locator("tr").all_inner_texts()
    assert sum(int(re.findall(r"\d+", row)[-1]) for row in regrets) == 2
    with teacher.context.expect_page() as opened:
        teacher.get_by_role("link", name="Show it").click()
    opened.value.wait_for_selector(READY)
    first.get_by_role("radio", name="clearly fewer").click()
    first.get_by_text("the answers are shown already; predictions are closed").wait_for()


def test_a_page_that_is_loaded_again_is_where_it_was(visit, teach):
    teacher, code = teach("2. Does it matter who does the work?")
    student = visit(f"/class/{code}?{CHEAP}", "first")
    student.get_by_role("radio").nth(1).click()
    student.get_by_text("Your prediction is kept.").wait_for()
    hand_in(student, "Handed in")
    for page in (teacher, student):
        page.reload()
    count(teacher, "1 joined, 1 predictions, 1 policies")
    assert teacher.locator(".lab-code").inner_text() == f"Code: {code}"
    assert teacher.get_by_label("Lesson", exact=True).evaluate("node => node.selectedOptions[0].text").startswith("2.")
    student.locator(".lab-tries li").wait_for()
    assert student.get_by_role("radio").nth(1).is_checked()


def test_a_lesson_in_a_class_to_its_end_without_the_teachers_part(visit, teach, visitors):
    _, code = teach()
    visitors.frames.clear()
    student = visit(f"/class/{code}", "first")
    predict(student, "clearly fewer")
    press(student, "Next")
    press(student, "Run these worlds")
    press(student, "Next")
    student.get_by_text("You predicted: clearly fewer.").wait_for()
    press(student, "Next")
    student.get_by_text("% interval").first.wait_for()
    press(student, "Next")
    student.get_by_text("Debrief, 5 of 5").wait_for()
    told = student.content() + "".join(visitors.frames)
    assert "Debrief" in told and "For the teacher" not in told and "Answer key" not in told


def test_nobody_learns_by_what_another_is_known(visit, teach, visitors):
    _, code = teach()
    visitors.frames.clear()
    pages = [visit(f"/class/{code}", name) for name in ("first", "second")]
    for page in pages:
        predict(page, "about the same")
        assert not SECRET.findall(page.content())
        assert not SECRET.findall(page.evaluate("JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}])"))
    assert not SECRET.findall("".join(visitors.frames))


def test_students_are_told_that_a_class_is_closed(visit, teach):
    teacher, code = teach()
    pages = [visit(f"/class/{code}?{CHEAP}", name) for name in ("first", "second")]
    count(teacher, "2 joined")
    press(teacher, "Close the class")
    teacher.get_by_role("dialog").get_by_role("button", name="No", exact=True).click()
    predict(pages[0], "clearly fewer")
    press(teacher, "Close the class")
    press(teacher, "Yes, close it")
    teacher.get_by_text("The class is closed.").wait_for()
    for page in pages:
        page.get_by_role("alert").filter(has_text="This class is closed").wait_for()
        assert page.get_by_role("button", name="Hand in the policy shown").count() == 0
    press(pages[0], "+1 day")  # the worlds are still there
    pages[1].reload()
    pages[1].get_by_text("no class has this code; ask your teacher for it again").wait_for()
    teacher.reload()
    teacher.get_by_role("button", name="Open a class").wait_for()
    assert teacher.locator(".lab-code").count() == 0


def test_what_a_student_does_while_the_class_is_closed_is_answered(visit, teach):
    teacher, code = teach()
    student = visit(f"/class/{code}?{CHEAP}", "first")
    press(teacher, "Close the class")
    press(teacher, "Yes, close it")
    teacher.get_by_text("The class is closed.").wait_for()
    student.evaluate("(document.querySelector('.q-radio') || document.body).click()")
    student.get_by_text("this class is closed; what was handed in is forgotten").or_(
        student.get_by_role("alert").filter(has_text="This class is closed")
    ).first.wait_for()  # fmt: skip


def test_a_new_class_ends_the_one_before_and_a_budget_is_checked(visit, teach):
    teacher, code = teach()
    teacher.get_by_label("Public budget, EUR a year").fill("-5")
    press(teacher, "Open a class")
    teacher.get_by_text("EUR a year above zero are needed").wait_for()
    assert teacher.locator(".lab-code").inner_text() == f"Code: {code}"
    teacher.get_by_label("Public budget, EUR a year").fill("5000")
    press(teacher, "Open a class")
    until(teacher, f"!document.querySelector('.lab-code').textContent.includes('{code}')")
    visit(f"/class/{code}", "second", wait="[role=alert]").get_by_text("no class has this code").wait_for()


# --- who may not ------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["NOPE", "%3Cscript%3E", "x" * 300])
def test_a_wrong_code_gets_a_clear_page(visit, code):
    page = visit(f"/class/{code}", "first", wait="[role=alert]")
    page.get_by_text("no class has this code; ask your teacher for it again").wait_for()
    assert page.locator(".twin").count() == 0


def test_a_wrong_code_is_said_below_its_field(visit):
    page = visit("/join", "first", wait=".lab-choice")
    for code in ("", "BCDFGH", "../teacher"):
        page.get_by_label("Code").fill(code)
        press(page, "Join")
        page.get_by_role("alert").filter(has_text="no class has this code").wait_for()
    assert page.url.endswith("/join")


@pytest.mark.parametrize("query", ["", "?key=", "?key=wrong", "?class=BCDFGH"])
def test_the_teachers_page_needs_its_key(visit, query):
    page = visit(f"/teacher{query}", "first", wait="[role=alert]")
    assert page.get_by_role("alert").inner_text().startswith("This page is the teacher's.")
    assert page.get_by_role("button").count() == 0


def test_a_link_that_no_other_device_can_open_is_said(visit, teach):
    teacher, _ = teach()
    assert "plansim classroom network=true" in teacher.get_by_role("alert").first.inner_text()


def test_a_broken_link_into_a_class_does_not_join_it(visit, teach):
    teacher, code = teach()
    page = visit(f"/class/{code}?day=soon", "first", wait="[role=alert]")
    assert page.get_by_role("alert").first.inner_text() == "This link is broken."
    count(teacher, "0 joined")


# --- languages, looks, people -------------------------------------------------------------------------


def test_french(visit, teach):
    _, code = teach()
    page = visit(f"/class/{code}?{DEAR}", "third", locale="fr-FR")
    page.get_by_role("radio", name="à peu près autant").click()
    page.get_by_text("Votre prédiction est notée.").wait_for()
    press(page, "Remettre la politique affichée")
    page.locator(".lab-state").filter(has_text=re.compile(r"\d\u202f\d\d\d\u202f\d\d\d")).wait_for()
    assert "budget" in page.locator(".lab-state").last.inner_text()


def test_axe_finds_nothing_serious_and_a_phone_is_not_scrolled_sideways(visit, teach):
    teacher, code = teach()
    student = visit(f"/class/{code}?{CHEAP}", "first")
    predict(student, "clearly more")
    hand_in(student, "Handed in")
    press(teacher, "Show the answers")
    teacher.locator(".lab-bars").nth(1).wait_for()
    for page in (teacher, student, visit("/join", "second", wait=".lab-choice")):
        serious_in_all_views(page)
        assert page.viewport_size["width"] == 390 and sideways(page) <= 0
    assert student.locator(".lab-beside").bounding_box()["y"] < student.locator(".lab-view").bounding_box()["y"]


def test_keyboard_alone(visit, teach):
    teacher, code = teach()
    student = visit("/join", "second", wait=".lab-choice")
    student.get_by_label("Code").press_sequentially(code)
    student.keyboard.press("Tab")
    student.keyboard.press("Enter")
    student.wait_for_selector(READY)
    student.get_by_role("tab", name="Class").focus()
    for _ in range(2):
        student.keyboard.press("Tab")
    student.keyboard.press("Space")
    student.get_by_text("Your prediction is kept.").wait_for()
    count(teacher, "1 joined, 1 predictions")
    teacher.get_by_role("button", name="Show the answers").focus()
    teacher.keyboard.press("Enter")
    teacher.locator(".lab-bars").wait_for()


# --- the classroom begins again -----------------------------------------------------------------------


@pytest.mark.full
def test_pages_recover_when_the_classroom_has_begun_again(browser, tmp_path):
    with started(tmp_path) as running:
        visitors = Visitors(browser, running)
        teacher = visitors.open(f"/teacher?key={running.key}&lang=en", "teacher", wait=".lab-choice")
        press(teacher, "Open a class")
        code = teacher.locator(".lab-code").inner_text().removeprefix("Code: ")
        lab, student = visitors.open(f"/?{CHEAP}&day=300", "lab"), visitors.open(f"/class/{code}?lang=fr", "first")
        shown = counters(lab)
    student.get_by_text("La classe ne répond pas.").wait_for()
    with started(tmp_path, running.port):
        student.get_by_text("aucune classe n'a ce code").wait_for(timeout=60_000)
        lab.get_by_text("It is asked again ...").wait_for(state="hidden", timeout=60_000)
        lab.wait_for_selector(READY)
        press(lab, "+1 day")
        until_address(lab, "day=301")
        assert counters(lab) != "" and shown
        teacher.get_by_text("This page is the teacher's.").wait_for()
        for context in visitors.contexts.values():
            context.close()
