"""What stands beside the view: a lesson, step by step, and agents that are followed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui

from experiments.classroom import follow
from experiments.classroom.lessons import Lesson
from experiments.classroom.live.lab import Lab
from experiments.classroom.live.setting import BEGIN
from experiments.classroom.live.twin_element import announce
from experiments.classroom.words import _ as marked
from sim.configuration import ConfigurationError

LAST_PART = -1  # the teacher's
PREDICT, RUN, COMPARE = 0, 1, 2
ROLE_LABELS = {
    follow.BOSS: marked("Bosses"), follow.PROVIDER: marked("Providers"), follow.PLAN: marked("Plans"),
    follow.POLICE: marked("Police units"), follow.PERSONS: marked("Persons, in numbers only"),
}  # fmt: skip
WORLD_LABELS = {False: marked("without the policy"), True: marked("with the policy")}


class LessonPanel:
    """A lesson: predict, run, compare, explain, debrief; the teacher's part is folded. `keep`: takes a prediction."""

    def __init__(self, lab: Lab, keep: Callable[[int], Any] | None = None):
        self.lab, self._, self.keep = lab, lab._, keep
        self.lessons = {lesson.name: lesson for lesson in lab.service.lessons_in(lab.language)}
        self.part = PREDICT
        titles = {name: f"{lesson.front.order}. {lesson.front.title}" for name, lesson in self.lessons.items()}
        self.choice = ui.select(titles, label=self._("Lesson"), on_change=lambda e: self._begin(e.value))
        self.choice.props("outlined dense").classes("lab-select")
        self.area = ui.element("div").classes("lab-lesson").props("aria-live=polite")
        self.name = ""

    def begin(self, name: str) -> None:
        """Open a lesson by name."""
        if name in self.lessons:
            self.choice.set_value(name)

    async def _begin(self, name: str | None) -> None:
        if name is None:
            return
        self.name, self.part = name, PREDICT
        with self.area.clear():
            ui.label(self._("Running the lesson's worlds ..."))
        lesson = self.lessons[name]
        self.shown = await self.lab.service.lesson(lesson)
        if self.name == name:
            self._draw(lesson)

    def _draw(self, lesson: Lesson) -> None:
        _, parts = self._, self.shown["parts"]
        students = parts[:LAST_PART]
        part = students[self.part]
        with self.area.clear():
            ui.label(_("{heading}, {n} of {of}").format(heading=part["heading"], n=self.part + 1, of=len(students))).classes(
                "lab-heading").props("role=heading aria-level=2")  # fmt: skip
            ui.html(part["html"], sanitize=False)  # made from Markdown in which HTML is text
            if self.part == PREDICT:
                self._question(lesson)
            for place, run, label in (
                (RUN, lesson.front.setting, _("Run these worlds")),
                (COMPARE, lesson.front.compare, _("Run the second pair")),
            ):
                if self.part == place and run is not None:
                    ui.button(label, on_click=lambda run=run: self._show(run)).props("no-caps")
            with ui.element("div").classes("lab-row"):
                if self.part:
                    ui.button(_("Back"), on_click=lambda: self._go(lesson, -1)).props("flat no-caps")
                if self.part + 1 < len(students):
                    ui.button(_("Next"), on_click=lambda: self._go(lesson, 1)).props("no-caps")
            if self.keep is None:
                with ui.expansion(parts[LAST_PART]["heading"]).classes("lab-group"):
                    ui.html(parts[LAST_PART]["html"], sanitize=False)

    def _question(self, lesson: Lesson) -> None:
        ui.label(lesson.front.question).classes("lab-question")
        answers = dict(enumerate(lesson.front.answers))
        ui.radio(answers, on_change=lambda e: self._predicted(e.value)).props(f'aria-label="{self._("Your prediction")}"')

    def _predicted(self, answer: int) -> None:
        if self.keep is not None:
            try:
                self.keep(answer)
            except ConfigurationError as error:
                announce(str(error))
                return
        announce(self._("Your prediction is kept."))

    def _show(self, run: Any) -> None:
        self.lab.twins.choose(run.measure)
        self.lab.adopt(self.lab.service.setting_of(run), BEGIN, play=True)

    def _go(self, lesson: Lesson, by: int) -> None:
        self.part += by
        self._draw(lesson)


class FollowPanel:
    """Agents of a day: what happened to them, and the numbers behind a decision."""

    def __init__(self, lab: Lab):
        self.lab, self._ = lab, lab._
        _ = self._
        with ui.element("div").classes("lab-row"):
            roles = {role: _(label) for role, label in ROLE_LABELS.items()}
            self.role = ui.select(roles, label=_("Follow"), value=follow.BOSS, on_change=self.look).props("outlined dense")
            worlds = {treated: _(label) for treated, label in WORLD_LABELS.items()}
            self.world = ui.select(worlds, label=_("In the world"), value=True, on_change=self.look).props("outlined dense")
        self.agent = (
            ui.select({}, label=_("Who"), on_change=self._tell, with_input=True).props("outlined dense").classes("lab-select")
        )
        ui.button(_("Look at the day shown"), on_click=self.look).props("flat no-caps")
        self.area = ui.element("div").classes("lab-lesson").props("aria-live=polite")

    async def look(self) -> None:
        """Who is there on the day shown."""
        found = await self._ask(follow.who, self.role.value)
        if found is None:
            return
        if self.role.value == follow.PERSONS:
            self.agent.set_options({}, value=None)
            with self.area.clear():
                _table([self._("status"), self._("number")], [[one["label"], one["now"]] for one in found])
            return
        kept = self.agent.value
        options = {one["id"]: f"{one['label']}: {one['now']}" for one in found}
        self.agent.set_options(options, value=kept if kept in options else None)
        if kept in options:
            await self._tell()

    async def _tell(self) -> None:
        if self.agent.value is None:
            return
        told = await self._ask(follow.story, self.role.value, self.agent.value)
        if told is None:
            return
        with self.area.clear():
            ui.label(told["title"]).classes("lab-heading").props("role=heading aria-level=2")
            _table(None, [[label, f"{value} {unit or ''}".strip()] for label, value, unit in told["facts"]])
            for kind in follow.KINDS_OF_DECISIONS[self.role.value]:
                label = self._("How was it decided? ({kind})").format(kind=self._(DECISION_LABELS[kind]))
                ui.button(label, on_click=lambda kind=kind: self._decide(kind)).props("flat no-caps")
            _table([self._("day"), self._("date"), self._("what happened")],
                   [[str(one["day"]), one["date"], one["text"]] for one in told["events"]])  # fmt: skip

    async def _decide(self, kind: str) -> None:
        found = await self._ask(follow.decision, self.role.value, self.agent.value, kind=kind)
        if found is None:
            return
        with self.area, ui.dialog(value=True) as dialog, ui.card().classes("lab-dialog"):
            dialog.on("hide", dialog.delete)
            ui.label(found["question"]).classes("lab-question")
            ui.label(found["rule"])
            rows = [[_cell(value) for value in row] for row in found["rows"]]
            if rows:
                _table([self._("option"), *found["terms"]], rows, found["chosen"])
            if found.get("note"):
                ui.label(found["note"]).classes("lab-note")
            if found.get("address"):
                ui.label(self._("The rule: {address}").format(address=found["address"])).classes("lab-note")
            ui.button(self._("Close"), on_click=dialog.close).props("flat no-caps")

    async def _ask(self, ask: Callable, *given: Any, **options: Any) -> Any:
        day = self.lab.day if self.lab.day is not None else BEGIN
        try:
            return await self.lab.service.told(ask, self.lab.setting, self.world.value, day, *given, **options, _=self._)
        except ConfigurationError as error:
            announce(str(error))
            return None


DECISION_LABELS = {
    "place": marked("where a Plan is run"), "slot": marked("who fills a slot"), "acceptance": marked("whether to accept"),
    "cell": marked("where police go"),
}  # fmt: skip


def _cell(value: Any) -> str:
    """A value of a table: as many digits as it deserves, a dash for none."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100.0 else f"{value:.3g}"
    return str(value)


def _table(head: list[str] | None, rows: list[list[str]], chosen: int | None = None) -> None:
    """A plain table; the chosen row is marked by a sign and by weight."""
    with ui.element("div").classes("lab-scroll").props("tabindex=0"), ui.element("table").classes("lab-table"):
        if head is not None:
            with ui.element("thead"), ui.element("tr"):
                for text in head:
                    with ui.element("th").props("scope=col"):
                        ui.label(text)
        with ui.element("tbody"):
            for number, row in enumerate(rows):
                with ui.element("tr").classes("lab-chosen" if number == chosen else ""):
                    for place, text in enumerate(row):
                        with ui.element("td"):
                            ui.label(f"→ {text}" if number == chosen and place == 0 else text)
