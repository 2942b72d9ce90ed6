"""The pages: twin worlds for anybody, a class for its teacher and its students, and what is said where a link is broken."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import Request
from nicegui import app, ui

from experiments.classroom.drawing import ASSETS, STYLES, VIEW_SCRIPTS
from experiments.classroom.live.class_pages import StudentPanel, TeacherPage
from experiments.classroom.live.fields import Choice, labelled
from experiments.classroom.live.lab import LESSON, MEASURE, Lab, Screen
from experiments.classroom.live.panels import FollowPanel, LessonPanel
from experiments.classroom.live.refusal import Refusal, said
from experiments.classroom.live.service import SHOWN_FIRST, Service
from experiments.classroom.live.setting import DAY, Setting, preset, read_setting
from experiments.classroom.scene import MEASURE_NAMES
from experiments.classroom.translation import language_names, languages
from sim.configuration import ConfigurationError

NOT_SETTINGS = (DAY, "lang", "key", "class", LESSON, MEASURE)
SCRIPT = (Path(__file__).parent / "page.js").read_text(encoding="utf-8")


def build(service: Service, teacher_key: str) -> None:
    """Register the pages. `teacher_key`: which opens the teacher's."""
    app.add_static_files("/assets", str(ASSETS))

    @ui.page("/")
    def _lab(request: Request) -> None:
        screen = _begin(request, service)
        if screen is None:
            return
        lab = Lab(service, screen)
        _, lesson = lab._, request.query_params.get(LESSON, "")
        panels = [lab.build_controls, lambda: _lesson_panel(lab, lesson), lambda: FollowPanel(lab)]
        _frame(lab, [_("Setting"), _("Lesson"), _("Follow")], panels, int(bool(lesson)))

    @ui.page("/teacher")
    def _teacher(request: Request) -> None:
        language = language_of(request)
        _ = _head(service, language)
        if request.query_params.get("key") != teacher_key:
            return _said(_, _("This page is the teacher's. Open the address that plansim classroom printed."))
        with _narrow(_, language, _("Your class")):
            TeacherPage(service, language, str(request.base_url), request.query_params.get("class", ""))

    @ui.page("/join")
    def _join(request: Request) -> None:
        language = language_of(request)
        _ = _head(service, language)
        with _narrow(_, language, _("Join a class")):
            _join_form(service, language)

    @ui.page("/class/{code}")
    async def _student(request: Request, code: str) -> None:
        screen = _begin(request, service)
        if screen is None:
            return
        await ui.context.client.connected()
        tokens = app.storage.tab.setdefault("tokens", {})
        try:
            room = service.classes.find(code)
            if tokens.get(room.code) not in room.students:
                room, tokens[room.code] = service.classes.join(code)
        except Refusal as refusal:
            return _said(service.translator(screen.language), refusal.said(screen.language))
        lab = Lab(service, screen)
        panels = [lambda: StudentPanel(lab, room, tokens[room.code]), lab.build_controls]
        _frame(lab, [lab._("Class"), lab._("Setting")], panels, is_first=True)


def language_of(request: Request) -> str:
    """The language of a link, or the first that the browser prefers and there is."""
    known = languages()
    asked = [request.query_params.get("lang", "")]
    asked += [part.split(";")[0].strip()[:2].lower() for part in request.headers.get("accept-language", "").split(",")]
    return next((language for language in asked if language in known), known[0])


def _begin(request: Request, service: Service) -> Screen | None:
    """What a link shows, with the head of the page; None, said on the page, for a broken link."""
    language = language_of(request)
    _, given = _head(service, language), request.query_params
    query: Mapping[str, str] = {key: value for key, value in given.items() if key not in NOT_SETTINGS}
    try:
        day, measure = given.get(DAY), given.get(MEASURE, "")
        if day is not None and not (day.isascii() and day.isdigit() and len(day) <= 4):
            raise Refusal(_("link: day={value}: a whole number is needed"), value=day[:40])
        setting = read_setting(query, service.market) if query else preset(Setting(service.market), SHOWN_FIRST)
    except ConfigurationError as error:
        _said(_, _("This link is broken."), said(error, language))
        return None
    measure = measure if measure in MEASURE_NAMES else ""
    return Screen(setting, str(request.base_url), language, None if day is None else int(day), measure)


def _head(service: Service, language: str) -> Callable[[str], str]:
    """Styles and scripts of a page, and what translates its texts."""
    _ = service.translator(language)
    ui.page_title(_("Twin worlds"))
    for name in (*STYLES, "live.css"):
        ui.add_head_html(f'<link rel="stylesheet" href="/assets/{name}">')
    ui.add_head_html("".join(f'<script src="/assets/{name}"></script>' for name in VIEW_SCRIPTS))
    lost = json.dumps([_("The classroom does not answer."), _("It is asked again ...")])
    ui.add_head_html(
        f"<script>{SCRIPT}document.documentElement.lang = {json.dumps(language)};"
        f"addEventListener('DOMContentLoaded', () => plansimPage.say(...{lost}));</script>"
    )
    return _


def _said(_: Callable[[str], str], *lines: str) -> None:
    """A page that says something, and leads to the worlds."""
    with ui.element("div").classes("lab-narrow"):
        _title(_("Twin worlds"))
        for line in lines:
            ui.label(line).props("role=alert")
        ui.link(_("Look at twin worlds"), "/")


def _title(text: str) -> None:
    ui.label(text).classes("lab-title").props("role=heading aria-level=1")


def _narrow(_: Callable[[str], str], language: str, title: str) -> ui.element:
    """A page without a view: its head; returns what its content stands in."""
    with ui.element("header").classes("lab-head lab-narrow-head"):
        _title(title)
        _tools(_, language)
    return ui.element("div").classes("lab-narrow")


def _tools(_: Callable[[str], str], language: str) -> None:
    """The language, and light or dark."""
    with ui.element("div").classes("lab-tools"):
        names = language_names()
        Choice(names, _("Language"), _speak, language, bare=True)
        ui.button(_("Light or dark")).props("flat no-caps dense").on("click", js_handler="() => plansimPage.turn()")


def _speak(language: str) -> None:
    ui.run_javascript(f"plansimPage.speak({json.dumps(language)})")


def _frame(lab: Lab, labels: list[str], panels: list[Callable[[], Any]], opened: int = 0, is_first: bool = False) -> None:
    """Head, view and panels of a page with twin worlds. `is_first`: on a telephone the panels come before the view."""
    _ = lab._
    with ui.element("header").classes("lab-head"):
        _title(_("Twin worlds"))
        ui.label(_("One seed, one policy apart. A model to learn with, no forecast.")).classes("lab-motto")
        _tools(_, lab.language)
    with ui.element("div").classes("lab-main" + (" lab-first" if is_first or opened else "")):
        with ui.element("aside").classes("lab-beside").props(f'aria-label="{_("Setting, lesson, agents")}"'):
            with ui.tabs(value=labels[opened]).props("dense no-caps align=justify") as tabs:
                for label in labels:
                    ui.tab(label)
            made = {}
            with ui.tab_panels(tabs, value=labels[opened]).props("keep-alive"):
                for label, panel in zip(labels, panels, strict=True):
                    with ui.tab_panel(label):
                        made[label] = panel()
            tabs.on_value_change(lambda e: getattr(made.get(e.value), "opened", lambda: None)())
        with ui.element("div").classes("lab-view"):
            lab.build_view()


def _lesson_panel(lab: Lab, lesson: str) -> None:
    LessonPanel(lab).begin(lesson)


def _join_form(service: Service, language: str) -> None:
    """A field for the code of a class; one that is unknown is said below it."""
    _ = service.translator(language)

    def join() -> None:
        try:
            room = service.classes.find(code.value or "")
        except Refusal as refusal:
            return wrong.set_text(refusal.said(language))
        ui.navigate.to(f"/class/{quote(room.code)}?lang={language}")

    with ui.element("div").classes("lab-row"):
        code = labelled(_("Code"), ui.input, "lab-budget")
        code.props("autofocus autocomplete=off autocapitalize=characters maxlength=12").on("keydown.enter", join)
        ui.button(_("Join"), on_click=join).props("no-caps")
    wrong = ui.label().props("role=alert")
