"""A class: the teacher's page, and what stands beside the worlds in a student's."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

from nicegui import ui

from experiments.classroom.lessons.files import number_text
from experiments.classroom.live.classes import Class, Try, check_policy, hand_in, predict
from experiments.classroom.live.fields import Choice, labelled
from experiments.classroom.live.guard import LOCAL, host_of
from experiments.classroom.live.lab import Lab
from experiments.classroom.live.panels import LessonPanel
from experiments.classroom.live.refusal import Refusal, said
from experiments.classroom.live.service import Service
from experiments.classroom.live.setting import Setting, cost_a_year
from experiments.classroom.live.twin_element import announce
from sim.configuration import ConfigurationError

BUDGET = 200_000.0  # EUR a year, of a class where the teacher gives no other
REFRESH_SECONDS = 2.0
EDGES = (0.5, 1.0, 2.0, 4.0)  # of the distribution of regret, in persons exploited a day


class StudentPanel:
    """A student in a class: the lesson with its prediction, and policies within the budget."""

    def __init__(self, lab: Lab, room: Class, token: str):
        self.lab, self.room, self.token, self._ = lab, room, token, lab._
        _ = self._
        ui.label(_("Class {code}").format(code=room.code)).classes("lab-heading").props("role=heading aria-level=2")
        self.over = ui.label().classes("lab-over").props("role=alert")
        self.area = ui.element("div")
        with self.area:
            LessonPanel(lab, self._predict).begin(room.lesson, room.students[token].prediction)
            ui.label(_("Find the policy that leaves fewest persons exploited, for at most {budget} EUR a year.").format(
                budget=lab.number(room.budget))).classes("lab-question")  # fmt: skip
            self.button = ui.button(_("Hand in the policy shown"), on_click=self._hand_in).props("no-caps")
            self.state = ui.label().classes("lab-state").props("role=status")
            self.list = ui.element("ol").classes("lab-tries")
        self._draw()
        self.timer = ui.timer(REFRESH_SECONDS, self._look)

    def _look(self) -> None:
        """Say so once the class is over."""
        if self.room.closed and not self.over.text:
            self.area.delete()
            self.timer.deactivate()
            self.over.set_text(self._(
                "This class is closed, and what was handed in is forgotten. The worlds are still here to look at."))  # fmt: skip

    def _predict(self, answer: int) -> None:
        predict(self.room, self.token, answer)

    async def _hand_in(self) -> None:
        _, setting = self._, self.lab.setting
        common = dataclasses.replace(
            Setting(self.lab.service.market), levers=setting.levers, place=setting.place, kind=setting.kind
        )
        self._say(_("Running your policy over the seeds ..."), waiting=True)
        try:
            cost, more = cost_a_year(common)
            check_policy(self.room, self.token, cost, more)
            effect = await self.lab.service.effect(common, "persons")
            hand_in(self.room, self.token, Try(common, cost, float(effect["estimate"] or 0.0)), more)
            answer = _("Handed in. It is run on the usual assumptions, over 20 seeds.")
        except ConfigurationError as error:
            answer = said(error, self.lab.language)
        if not self.area.is_deleted:
            self._say(answer, waiting=False)
            self._draw()

    def _say(self, text: str, waiting: bool) -> None:
        """Say what has become of a policy; the button waits for it."""
        self.state.set_text(text)
        self.button.set_enabled(not waiting)

    def _draw(self) -> None:
        text, number = self._("{effect} persons exploited a day, {cost} EUR a year"), self.lab.number
        student = self.room.students.get(self.token)
        with self.list.clear():
            for one in student.tries if student else ():
                with ui.element("li"):
                    ui.label(text.format(effect=number(one.effect, 1, signed=True), cost=number(one.cost)))


class TeacherPage:
    """Open a class, see who joined, what they predict, and what they hand in. `code`: of a class that is open already."""

    def __init__(self, service: Service, language: str, address: str, code: str = ""):
        self.service, self.language, self.address = service, language, address.rstrip("/")
        self._ = service.translator(language)
        self.room: Class | None = None
        self.drawn: Any = None
        self._build()
        ui.timer(REFRESH_SECONDS, self._refresh)
        if code:
            self._find(code)

    def _build(self) -> None:
        _ = self._
        fronts = {lesson.name: lesson.front for lesson in self.service.lessons_in(self.language)}
        lessons = {name: f"{front.order}. {front.title}" for name, front in fronts.items()}
        with ui.element("div").classes("lab-row"):
            self.lesson = Choice(lessons, _("Lesson"), None, next(iter(lessons)))
            make = functools.partial(ui.number, value=BUDGET, min=1, step=10_000)
            self.budget = labelled(_("Public budget, EUR a year"), make, "lab-budget")
            ui.button(_("Open a class"), on_click=self._open).props("no-caps")
        self.area = ui.element("div").classes("lab-class")

    def _number(self, value: float, decimals: int = 0, signed: bool = False) -> str:
        return number_text(value, self.language, decimals, signed)

    def _open(self) -> None:
        """A new class; the one before it is closed."""
        before = self.room
        lesson = next(one for one in self.service.lessons_in(self.language) if one.name == self.lesson.value)
        try:
            self.room = self.service.classes.open(lesson.name, len(lesson.front.answers), float(self.budget.value or 0.0))
        except Refusal as refusal:
            return announce(self._, refusal.said(self.language))
        if before is not None:
            self.service.classes.close(before.code)
        self._draw()

    def _find(self, code: str) -> None:
        """The class that was open before the page was loaded again."""
        try:
            self.room = self.service.classes.find(code)
        except Refusal:
            return self._say_over()
        self.lesson.set_value(self.room.lesson)
        self.budget.set_value(self.room.budget)
        self._draw()

    def _draw(self) -> None:
        import segno

        _, room = self._, self.room
        self._keep_in_address(room.code)
        link = f"{self.address}/class/{room.code}"
        self.answers = next(one.front for one in self.service.lessons_in(self.language) if one.name == room.lesson).answers
        with self.area.clear():
            ui.label(_("Code: {code}").format(code=room.code)).classes("lab-code")
            ui.link(link, link, new_tab=True)
            if host_of(self.address) in LOCAL:
                ui.label(_("Only this machine can open this link. For students' own devices: plansim classroom network=true, "
                           "and open the teacher's address that it prints.")).props("role=alert")  # fmt: skip
            picture = segno.make(link, error="m").svg_inline(omitsize=True, border=2, dark="#000", light="#fff")
            ui.html(picture, sanitize=False).props(f'role=img aria-label="{_("QR code of the link")}"').classes("lab-qr")
            self.joined = ui.label().classes("lab-question").props("role=status")
            with ui.element("div").classes("lab-row"):
                ui.button(_("Show the answers"), on_click=self._show).props("no-caps")
                ui.button(_("Close the class"), on_click=self._ask_to_close).props("outline no-caps")
            self.found = ui.element("div")
        self.drawn = None
        self._refresh()

    def _keep_in_address(self, code: str) -> None:
        """So that the class is found when the page is loaded again; no code: none is open."""
        ui.run_javascript(
            f"const address = new URL(location); address.searchParams.set('class', {code!r});"
            f"if (!{code!r}) address.searchParams.delete('class'); history.replaceState(history.state, '', address)"
        )

    def _show(self) -> None:
        if self.room is not None:
            self.room.shown = True
            self._refresh()

    def _ask_to_close(self) -> None:
        """What students handed in is lost, so it is asked for twice."""
        _ = self._
        title = _("Close the class? What was handed in is forgotten.")
        with self.area, ui.dialog(value=True).props(f'aria-label="{title}"') as dialog, ui.card():
            dialog.on("hide", dialog.delete)
            ui.label(title)
            with ui.element("div").classes("lab-row"):
                ui.button(_("Yes, close it"), on_click=self._close).props("no-caps")
                ui.button(_("No"), on_click=dialog.close).props("outline no-caps")

    def _close(self) -> None:
        if self.room is not None:
            self.service.classes.close(self.room.code)
        self._say_over()

    def _say_over(self) -> None:
        self.room = None
        self._keep_in_address("")
        with self.area.clear():
            ui.label(self._("The class is closed.")).props("role=status")

    def _refresh(self) -> None:
        room = self.room
        if room is None:
            return
        if room.closed:
            return self._say_over()
        self.service.classes.find(room.code)  # it is in use
        tries = [one for student in room.students.values() for one in student.tries]
        now = (room.code, room.shown, len(room.students), room.predictions(), len(tries))
        if now == self.drawn:
            return  # so that whoever stands on a link stays there
        self.drawn = now
        text = self._("{joined} joined, {predicted} predictions, {tries} policies")
        self.joined.set_text(text.format(joined=len(room.students), predicted=sum(room.predictions()), tries=len(tries)))
        with self.found.clear():
            if room.shown:
                self._results()

    def _results(self) -> None:
        """The distribution of predictions, the best policy, and the distribution of regret."""
        _, room = self._, self.room
        with ui.element("h2").classes("lab-heading"):
            ui.label(_("Predictions"))
        bars(list(self.answers), room.predictions(), _("students"))
        best = room.best()
        if best is None:
            return
        ui.label(_("The best policy: {effect} persons exploited a day for {cost} EUR a year").format(
            effect=self._number(best.effect, 1, signed=True), cost=self._number(best.cost))).classes("lab-question")  # fmt: skip
        ui.link(_("Show it"), f"/?{best.setting.query() or 'seed=1'}&lang={self.language}", new_tab=True)
        with ui.element("h2").classes("lab-heading"):
            ui.label(_("How far each student's best falls short of it, persons exploited a day (regret)"))
        bars(*regret_bars(room.regrets(), _, self._number), _("students"))


def regret_bars(regrets: list[float], _: Callable[[str], str], number: Callable[..., str]) -> tuple[list[str], list[int]]:
    """Labels, and how many students' regrets fall into each."""
    shown = [number(edge, 1 if edge % 1 else 0) for edge in EDGES]
    between = [f"{low}–{high}" for low, high in zip(shown, shown[1:], strict=False)]
    labels = [_("at most {n}").format(n=shown[0]), *between, _("more than {n}").format(n=shown[-1])]
    counts = [0] * len(labels)
    for regret in regrets:
        counts[sum(regret > edge for edge in EDGES)] += 1
    return labels, counts


def bars(labels: list[str], counts: list[int], unit: str) -> None:
    """A distribution: a bar and a number for each answer."""
    most = max([1, *counts])
    with ui.element("table").classes("lab-table lab-bars"):
        with ui.element("caption"):
            ui.label(unit)
        for label, count in zip(labels, counts, strict=True):
            with ui.element("tr"):
                with ui.element("th").props("scope=row"):
                    ui.label(label)
                with ui.element("td"):
                    ui.element("div").classes("lab-bar").style(f"width: {100 * count / most:.0f}%")
                with ui.element("td"):
                    ui.label(str(count))
