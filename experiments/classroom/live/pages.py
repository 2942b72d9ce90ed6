"""The pages: twin worlds for anybody, a class for its teacher and its students, and what is said where a link is broken."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import Request
from nicegui import app, ui

from experiments.classroom.live.classes import Class, Try, hand_in, predict
from experiments.classroom.live.lab import Lab
from experiments.classroom.live.panels import FollowPanel, LessonPanel
from experiments.classroom.live.service import SHOWN_FIRST, Service
from experiments.classroom.live.setting import DAY, Setting, cost_a_year, preset, read_setting
from experiments.classroom.live.twin_element import announce
from experiments.classroom.page import ASSETS, STYLES, VIEW_SCRIPTS
from experiments.classroom.translation import languages
from sim.configuration import ConfigurationError

NOT_SETTINGS = (DAY, "lang", "key", "lesson")
LANGUAGE_NAMES = {"en": "English", "fr": "Français"}
BUDGET = 200_000.0  # EUR a year, of a class where the teacher gives no other
REFRESH_SECONDS = 2.0


def build(service: Service, teacher_key: str) -> None:
    """Register the pages. `teacher_key`: which opens the teacher's."""
    app.add_static_files("/assets", str(ASSETS))

    @ui.page("/")
    def _lab(request: Request) -> None:
        page = _begin(request, service)
        if page is None:
            return
        lab = Lab(service, *page)
        _, lesson = lab._, request.query_params.get("lesson", "")
        panels = [lab.build_controls, lambda: _lesson_panel(lab, lesson), lambda: FollowPanel(lab)]
        _frame(lab, [_("Setting"), _("Lesson"), _("Follow")], panels, int(bool(lesson)))

    @ui.page("/teacher")
    def _teacher(request: Request) -> None:
        language = language_of(request)
        _ = _head(service, language)
        if request.query_params.get("key") != teacher_key:
            return _said(_("This page is the teacher's. Open the address that plansim classroom printed."))
        TeacherPage(service, language, str(request.base_url))

    @ui.page("/join")
    def _join(request: Request) -> None:
        language = language_of(request)
        _ = _head(service, language)
        with ui.element("main").classes("lab-narrow"):
            ui.label(_("Join a class")).classes("lab-title").props("role=heading aria-level=1")
            code = ui.input(_("Code")).props("outlined autocomplete=off")
            ui.button(_("Join"), on_click=lambda: ui.navigate.to(f"/class/{code.value.strip().upper()}?lang={language}")).props(
                "no-caps"
            )

    @ui.page("/class/{code}")
    async def _student(request: Request, code: str) -> None:
        page = _begin(request, service)
        if page is None:
            return
        _ = service.translator(page[2])
        await ui.context.client.connected()
        tokens = app.storage.tab.setdefault("tokens", {})
        try:
            room = service.classes.find(code)
            if tokens.get(room.code) not in room.students:
                room, tokens[room.code] = service.classes.join(code)
        except ConfigurationError as error:
            return _said(_(str(error)))
        lab = Lab(service, *page)
        panels = [lambda: StudentPanel(lab, room, tokens[room.code]), lab.build_controls]
        _frame(lab, [_("Class"), _("Setting")], panels)


def language_of(request: Request) -> str:
    """The language of a link, or the first that the browser prefers and there is."""
    known = languages()
    asked = [request.query_params.get("lang", "")]
    asked += [part.split(";")[0].strip()[:2].lower() for part in request.headers.get("accept-language", "").split(",")]
    return next((language for language in asked if language in known), known[0])


def _begin(request: Request, service: Service) -> tuple[Setting, int | None, str] | None:
    """The setting, day and language of a link, with the head of the page; None, said on the page, for a broken link."""
    language = language_of(request)
    _ = _head(service, language)
    query: Mapping[str, str] = {key: value for key, value in request.query_params.items() if key not in NOT_SETTINGS}
    try:
        day = request.query_params.get(DAY)
        if day is not None and not (day.isdigit() and len(day) <= 4):
            raise ConfigurationError(f"link: day={day[:40]}: a whole number is needed")
        setting = read_setting(query, service.market) if query else preset(Setting(service.market), SHOWN_FIRST)
        return setting, None if day is None else int(day), language
    except ConfigurationError as error:
        _said(_("This link is broken."), str(error))
        return None


def _head(service: Service, language: str) -> Callable[[str], str]:
    """Styles and scripts of a page, and what translates its texts."""
    _ = service.translator(language)
    ui.page_title(_("Twin worlds"))
    for name in STYLES:
        ui.add_head_html(f'<link rel="stylesheet" href="/assets/{name}">')
    ui.add_head_html('<link rel="stylesheet" href="/assets/live.css">')
    ui.add_head_html("".join(f'<script src="/assets/{name}"></script>' for name in VIEW_SCRIPTS))
    ui.add_head_html(f"<script>document.documentElement.lang = {json.dumps(language)};</script>")
    return _


def _said(*lines: str) -> None:
    """A page that says something and nothing else."""
    with ui.element("main").classes("lab-narrow"):
        for line in lines:
            ui.label(line).props("role=alert")


def _frame(lab: Lab, labels: list[str], panels: list[Callable[[], Any]], opened: int = 0) -> None:
    """Head, view and panels of a page with twin worlds; all panels are there, and one of them is shown."""
    _ = lab._
    with ui.element("header").classes("lab-head"):
        ui.label(_("Twin worlds")).classes("lab-title").props("role=heading aria-level=1")
        ui.label(_("One seed, one policy apart. A model to learn with, no forecast."))
        names = {language: LANGUAGE_NAMES.get(language, language) for language in languages()}
        ui.select(names, value=lab.language, on_change=lambda e: _speak(lab, e.value)).props(
            f'outlined dense aria-label="{_("Language")}"')  # fmt: skip
        mode = ui.dark_mode(None)
        ui.button(_("Light or dark"), on_click=lambda: _turn(mode)).props("flat no-caps")
    with ui.element("main").classes("lab-main"):
        with ui.element("div").classes("lab-view"):
            lab.build_view()
        with ui.element("aside").classes("lab-beside").props(f'aria-label="{_("Setting, lesson, agents")}"'):
            first = labels[opened]
            with ui.tabs(value=first).props("dense no-caps align=justify") as tabs:
                for label in labels:
                    ui.tab(label)
            with ui.tab_panels(tabs, value=first).props("keep-alive"):
                for label, panel in zip(labels, panels, strict=True):
                    with ui.tab_panel(label):
                        panel()


def _speak(lab: Lab, language: str) -> None:
    lab.language = language
    ui.run_javascript(f"location.search = {lab.link()!r}")


async def _turn(mode: ui.dark_mode) -> None:
    """Light where it was dark, and dark where it was light."""
    mode.value = await ui.run_javascript(
        "const root = document.documentElement;"
        "const dark = (root.dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';"
        "root.dataset.theme = dark ? 'light' : 'dark'; return !dark;"
    )


def _lesson_panel(lab: Lab, lesson: str) -> None:
    panel = LessonPanel(lab)
    if lesson:
        panel.begin(lesson)


class StudentPanel:
    """A student in a class: the lesson with its prediction, and policies within the budget."""

    def __init__(self, lab: Lab, room: Class, token: str):
        self.lab, self.room, self.token, self._ = lab, room, token, lab._
        _ = self._
        ui.label(_("Class {code}").format(code=room.code)).classes("lab-heading").props("role=heading aria-level=2")
        if room.lesson:
            LessonPanel(lab, self._predict).begin(room.lesson)
        ui.label(_("Find the policy that leaves fewest persons exploited, for at most {budget} EUR a year.").format(
            budget=f"{room.budget:,.0f}"))  # fmt: skip
        ui.button(_("Hand in the policy shown"), on_click=self._hand_in).props("no-caps")
        self.list = ui.element("ol")
        self._draw()

    def _predict(self, answer: int) -> None:
        predict(self.room, self.token, answer)

    async def _hand_in(self) -> None:
        setting = self.lab.setting
        common = dataclasses.replace(
            Setting(self.lab.service.market), levers=setting.levers, place=setting.place, kind=setting.kind
        )
        try:
            cost, more = cost_a_year(common)
            effect = await self.lab.service.effect(common, "persons")
            hand_in(self.room, self.token, Try(common, cost, float(effect["estimate"] or 0.0)), more)
        except ConfigurationError as error:
            return announce(str(error))
        announce(self._("Handed in. It is run on the usual assumptions, over 20 seeds."))
        self._draw()

    def _draw(self) -> None:
        text = self._("{effect} persons exploited a day, {cost} EUR a year")
        with self.list.clear():
            for one in self.room.students[self.token].tries:
                with ui.element("li"):
                    ui.label(text.format(effect=f"{one.effect:+.1f}", cost=f"{one.cost:,.0f}"))


class TeacherPage:
    """Open a class, see who joined, what they predict, and what they hand in."""

    def __init__(self, service: Service, language: str, address: str):
        self.service, self.language, self.address = service, language, address.rstrip("/")
        self._ = service.translator(language)
        self.room: Class | None = None
        _ = self._
        with ui.element("main").classes("lab-narrow"):
            ui.label(_("Your class")).classes("lab-title").props("role=heading aria-level=1")
            lessons = {lesson.name: f"{lesson.front.order}. {lesson.front.title}" for lesson in service.lessons_in(language)}
            self.lesson = (
                ui.select(lessons, label=_("Lesson"), value=next(iter(lessons))).props("outlined dense").classes("lab-select")
            )
            self.budget = ui.number(_("Public budget, EUR a year"), value=BUDGET, min=1, step=10_000).props("outlined dense")
            ui.button(_("Open a class"), on_click=self._open).props("no-caps")
            self.area = ui.element("div")
        ui.timer(REFRESH_SECONDS, self._refresh)

    def _open(self) -> None:
        lesson = next(one for one in self.service.lessons_in(self.language) if one.name == self.lesson.value)
        try:
            if self.room is not None:
                self.service.classes.close(self.room.code)
            self.room = self.service.classes.open(lesson.name, len(lesson.front.answers), float(self.budget.value or 0.0))
        except ConfigurationError as error:
            return announce(str(error))
        self.answers = lesson.front.answers
        self._draw()

    def _draw(self) -> None:
        import segno

        _, room = self._, self.room
        link = f"{self.address}/class/{room.code}"
        with self.area.clear():
            ui.label(_("Code: {code}").format(code=room.code)).classes("lab-code")
            ui.link(link, link)
            picture = segno.make(link, error="m").svg_inline(scale=5, border=2, dark="#000", light="#fff")
            ui.html(picture, sanitize=False).props(f'role=img aria-label="{_("QR code of the link")}"').classes("lab-qr")
            self.joined = ui.label().props("role=status")
            ui.button(_("Show the answers"), on_click=self._show).props("no-caps")
            ui.button(_("Close the class"), on_click=self._close).props("flat no-caps")
            self.found = ui.element("div")
        self._refresh()

    def _show(self) -> None:
        self.room.shown = True
        self._refresh()

    def _close(self) -> None:
        self.service.classes.close(self.room.code)
        self.room = None
        self.area.clear()

    def _refresh(self) -> None:
        room = self.room
        if room is None:
            return
        try:
            self.service.classes.find(room.code)
        except ConfigurationError as error:
            self.room = None
            with self.area.clear():
                ui.label(str(error))
            return
        _, predictions = self._, room.predictions()
        text = _("{joined} joined, {predicted} predictions, {tries} policies")
        tries = [one for student in room.students.values() for one in student.tries]
        self.joined.set_text(text.format(joined=len(room.students), predicted=sum(predictions), tries=len(tries)))
        with self.found.clear():
            if room.shown:
                bars(list(self.answers), predictions, _("students"))
                self._results(tries)

    def _results(self, tries: list[Try]) -> None:
        _, best = self._, self.room.best()
        if best is None:
            return
        ui.label(_("The best policy: {effect} persons exploited a day for {cost} EUR a year").format(
            effect=f"{best.effect:+.1f}", cost=f"{best.cost:,.0f}")).classes("lab-question")  # fmt: skip
        ui.link(_("Show it"), f"/?{best.setting.query()}&lang={self.language}", new_tab=True)
        edges = [0.5, 1.0, 2.0, 4.0]
        regrets = self.room.regrets()
        labels = [_("at most {n}").format(n="0.5"), "0.5-1", "1-2", "2-4", _("more than {n}").format(n="4")]
        counts = [0] * len(labels)
        for regret in regrets:
            counts[sum(regret > edge for edge in edges)] += 1
        ui.label(_("How far each student's best falls short of it, persons exploited a day (regret)"))
        bars(labels, counts, _("students"))


def bars(labels: list[str], counts: list[int], unit: str) -> None:
    """A distribution: a bar and a number for each answer."""
    most = max([1, *counts])
    with ui.element("table").classes("lab-table lab-bars"), ui.element("tbody"):
        for label, count in zip(labels, counts, strict=True):
            with ui.element("tr"):
                with ui.element("th").props("scope=row"):
                    ui.label(label)
                with ui.element("td"):
                    ui.element("div").classes("lab-bar").style(f"width: {100 * count / most:.0f}%")
                with ui.element("td"):
                    ui.label(f"{count} {unit}")
