"""What stands beside the view: a lesson, step by step, and agents that are followed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import background_tasks, ui

from experiments.classroom.follow import agents as follow
from experiments.classroom.follow.plain import Disagreement
from experiments.classroom.lessons.files import Lesson, lesson_json
from experiments.classroom.live.fields import Choice, group
from experiments.classroom.live.lab import Lab
from experiments.classroom.live.refusal import Refusal
from experiments.classroom.live.setting import BEGIN
from experiments.classroom.live.twin_element import announce
from experiments.classroom.words import _
from sim.configuration import ConfigurationError

LAST_PART = -1  # the teacher's
PREDICT, RUN, COMPARE = 0, 1, 2
ROLE_LABELS = {
    follow.BOSS: _("Bosses"), follow.PROVIDER: _("Providers"), follow.PLAN: _("Plans"),
    follow.POLICE: _("Police units"), follow.PERSONS: _("Persons, in numbers only"),
}  # fmt: skip
WORLD_LABELS = {False: _("without the policy"), True: _("with the policy")}


class LessonPanel:
    """A lesson: predict, run, compare, explain, debrief; the teacher's part is folded. `keep`: takes a student's prediction."""

    def __init__(self, lab: Lab, keep: Callable[[int], Any] | None = None):
        self.lab, self._, self.keep = lab, lab._, keep
        self.lessons = {lesson.name: lesson for lesson in lab.service.lessons_in(lab.language)}
        self.lesson: Lesson | None = None
        self.part, self.prediction, self.has_run = PREDICT, None, False
        titles = {name: f"{lesson.front.order}. {lesson.front.title}" for name, lesson in self.lessons.items()}
        if keep is None:
            self.choice = Choice(titles, self._("Lesson"), self.begin, None)
        self.area = ui.element("div").classes("lab-lesson")

    def begin(self, name: str | None, prediction: int | None = None) -> None:
        """Open a lesson by name. `prediction`: one that was made before."""
        if name not in self.lessons or (self.lesson is not None and self.lesson.name == name):
            return
        self.lesson, self.part, self.prediction, self.has_run = self.lessons[name], PREDICT, prediction, False
        self.texts = lesson_json(self.lesson, {})["parts"]
        if self.keep is None:
            self.lab.screen.lesson = name
            self.choice.set_value(name)
        self._draw()
        background_tasks.create(self._fill_in(self.lesson), name="numbers of a lesson")

    async def _fill_in(self, lesson: Lesson) -> None:
        """Put the numbers of the lesson's worlds in their places, once they have been run."""
        try:
            told = await self.lab.service.lesson(lesson)
        except ConfigurationError:
            return  # the texts say that it is to be run, and whoever does so is told why it cannot be
        if self.lesson is lesson and not self.area.is_deleted:
            self.texts = told["parts"]
            if self.part > RUN:
                self._draw()

    def _draw(self) -> None:
        _, lesson, students = self._, self.lesson, self.texts[:LAST_PART]
        part = students[self.part]
        with self.area.clear():
            title = _("{heading}, {n} of {of}").format(heading=part["heading"], n=self.part + 1, of=len(students))
            self.heading = ui.label(title)
            self.heading.classes("lab-heading").props("role=heading aria-level=2 tabindex=-1")
            if self.keep is not None and self.part == PREDICT:
                ui.label(lesson.front.title).classes("lab-question")
            ui.html(part["html"], sanitize=False)  # made from Markdown in which HTML is text
            if self.part == PREDICT:
                self._question(lesson)
            if self.part in (RUN, COMPARE):
                self._runs(lesson)
            self._ways(len(students))
            if self.keep is None:
                with group(self.texts[LAST_PART]["heading"]):
                    ui.html(self.texts[LAST_PART]["html"], sanitize=False)

    def _question(self, lesson: Lesson) -> None:
        ui.label(lesson.front.question).classes("lab-question")
        answers = dict(enumerate(lesson.front.answers))
        made = ui.radio(answers, value=self.prediction, on_change=lambda e: self._predicted(e.value))
        made.props(f'dense aria-label="{self._("Your prediction")}"').classes("lab-answers")
        self.kept = ui.label().classes("lab-state").props("role=status")

    def _predicted(self, answer: int) -> None:
        _ = self._
        if self.keep is not None:
            try:
                self.keep(answer)
            except Refusal as refusal:
                return self.kept.set_text(refusal.said(self.lab.language))
        self.prediction = answer
        self.kept.set_text(_("Your prediction is kept."))

    def _runs(self, lesson: Lesson) -> None:
        """What can be run in this part, and in the third what was predicted."""
        _, front = self._, lesson.front
        if self.part == COMPARE:
            said = _("No prediction was made.")
            if self.prediction is not None:
                said = _("You predicted: {answer}.").format(answer=front.answers[self.prediction])
            ui.label(said).classes("lab-question")
        run, label = ((front.setting, _("Run these worlds")), (front.compare, _("Run the second pair")))[self.part - RUN]
        if run is not None:
            ui.button(label, on_click=lambda: self._show(run)).props("no-caps")

    def _ways(self, parts: int) -> None:
        """Back and on; on only after the worlds have been run."""
        _ = self._
        with ui.element("div").classes("lab-row lab-ways"):
            if self.part:
                ui.button(_("Back"), on_click=lambda: self._go(-1)).props("outline no-caps")
            if self.part + 1 < parts:
                self.on = ui.button(_("Next"), on_click=lambda: self._go(1)).props("no-caps")
                is_locked = self.part == RUN and not self.has_run
                self.on.set_enabled(not is_locked)
                self.hint = ui.label(_("Run the worlds first; then go on.") if is_locked else "").classes("lab-note")

    def _show(self, run: Any) -> None:
        self.lab.choose(run.measure)
        self.lab.adopt(self.lab.service.setting_of(run), BEGIN, play=True)
        self.has_run = True
        if self.part + 1 < len(self.texts[:LAST_PART]):
            self.on.set_enabled(True)
            self.hint.set_text("")

    def _go(self, by: int) -> None:
        self.part += by
        self._draw()
        self.heading.run_method("focus")


class FollowPanel:
    """Agents of a day: what happened to them, and the numbers behind a decision."""

    def __init__(self, lab: Lab):
        self.lab, self._ = lab, lab._
        _ = self._
        roles = {role: _(label) for role, label in ROLE_LABELS.items()}
        worlds = {treated: _(label) for treated, label in WORLD_LABELS.items()}
        with ui.element("div").classes("lab-row"):
            self.role = Choice(roles, _("Follow"), self.look, follow.BOSS)
            self.world = Choice(worlds, _("In the world"), self.look, True)
        self.agent = Choice({}, _("Who"), self._tell, None)
        ui.button(_("Look at the day shown"), on_click=self.look).props("outline no-caps dense").classes("lab-look")
        self.stale = ui.label().classes("lab-note").props("role=status")
        self.title = ui.label().classes("lab-heading").props("role=heading aria-level=2 aria-live=polite")
        self.area = ui.element("div").classes("lab-lesson")
        self.looked_at: Any = None
        lab.listeners.append(self._compare)

    async def opened(self) -> None:
        """Look for the first time."""
        if self.looked_at is None:
            await self.look()

    def _now(self) -> tuple[Any, int]:
        return self.lab.setting, self.lab.day if self.lab.day is not None else BEGIN

    def _compare(self) -> None:
        """Say so where the view has gone on."""
        is_stale = self.looked_at is not None and self.looked_at != self._now()
        self.stale.set_text(self._("The worlds above show another day or setting by now.") if is_stale else "")

    async def look(self, _chosen: Any = None) -> None:
        """Who is there on the day shown."""
        now = self._now()
        found = await self._ask(follow.who, self.role.value)
        if found is None:
            return
        self.looked_at = now
        self._compare()
        is_counted = self.role.value == follow.PERSONS
        options = {} if is_counted else {one["id"]: f"{one['label']}: {one['now']}" for one in found}
        self.agent.set_visibility(not is_counted)
        self.agent.set_choices(options)
        self.title.set_text("")
        with self.area.clear():
            if is_counted:
                table([self._("status"), self._("number")], [[one["label"], self._cell(one["now"])] for one in found])
        await self._tell()

    def _cell(self, value: Any) -> str:
        """A value of a table: as many digits as it deserves, a dash for none."""
        if value is None:
            return "–"
        if not isinstance(value, int | float):
            return str(value)
        digits = f"{value:.0f}" if abs(value) >= 100.0 else f"{value:.3g}"
        return digits if "e" in digits else self.lab.number(value, len(digits.partition(".")[2]))

    async def _tell(self, _chosen: Any = None) -> None:
        if self.agent.value is None:
            return
        told = await self._ask(follow.story, self.role.value, self.agent.value)
        if told is None:
            return
        self.title.set_text(told["title"])
        with self.area.clear():
            table(None, [[label, f"{value} {unit or ''}".strip()] for label, value, unit in told["facts"]])
            for kind in follow.KINDS_OF_DECISIONS[self.role.value]:
                label = self._("How was it decided? ({kind})").format(kind=self._(DECISION_LABELS[kind]))
                ui.button(label, on_click=lambda kind=kind: self._decide(kind)).props("outline no-caps dense").classes("lab-look")
            rows = [[str(one["day"]), one["date"], one["text"]] for one in told["events"]]
            table([self._("day"), self._("date"), self._("what happened")], rows).classes("lab-events")

    async def _decide(self, kind: str) -> None:
        found = await self._ask(follow.decision, self.role.value, self.agent.value, kind=kind)
        if found is None:
            return
        _, question = self._, found["question"]
        with self.area, ui.dialog(value=True) as dialog, ui.card().classes("lab-dialog"):
            dialog.props["aria-label"] = question
            dialog.on("hide", dialog.delete)
            ui.label(question).classes("lab-question").props("role=heading aria-level=2")
            ui.label(found["rule"])
            rows = [[self._cell(value) for value in row] for row in found["rows"]]
            if rows:
                table([_("option"), *found["terms"]], rows, found["chosen"], wide=question)
            if found.get("note"):
                ui.label(found["note"]).classes("lab-note")
            if found.get("address"):
                ui.label(_("The rule: {address}").format(address=found["address"])).classes("lab-note")
            ui.button(_("Close"), on_click=dialog.close).props("outline no-caps")

    async def _ask(self, ask: Callable, *given: Any, **options: Any) -> Any:
        """What is told of the world; None, said on the page, where nothing can be, or when the page is gone."""
        setting, day = self._now()
        try:
            told = await self.lab.service.told(ask, setting, self.world.value, day, *given, **options, _=self._)
        except (ConfigurationError, Disagreement) as error:
            told = None
            if not self.area.is_deleted:
                with self.area:
                    announce(self._, str(error))
        return None if self.area.is_deleted else told


DECISION_LABELS = {
    "place": _("where a Plan is run"), "slot": _("who fills a slot"), "acceptance": _("whether to accept"),
    "cell": _("where police go"),
}  # fmt: skip


def table(head: list[str] | None, rows: list[list[str]], chosen: int | None = None, wide: str = "") -> ui.element:
    """A plain table; the chosen row is marked by a sign and by weight. `wide`: the name of one that is scrolled sideways."""
    outer = ui.element("div").classes("lab-scroll")
    if wide:
        outer.props("tabindex=0 role=region").props["aria-label"] = wide
    with outer, ui.element("table").classes("lab-table" + (" lab-wide" if wide else "")) as made:
        if head is not None:
            with ui.element("thead"), ui.element("tr"):
                for text in head:
                    with ui.element("th").props("scope=col"):
                        ui.label(text)
        with ui.element("tbody"):
            for number, row in enumerate(rows):
                with ui.element("tr").classes("lab-chosen" if number == chosen else ""):
                    for place, text in enumerate(row):
                        with ui.element("th" if place == 0 else "td").props("scope=row" if place == 0 else ""):
                            ui.label(f"→ {text}" if number == chosen and place == 0 else text)
    return made
