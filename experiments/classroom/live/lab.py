"""The page of twin worlds: controls, the view, and beside it a lesson, followed agents, or a class."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable
from typing import Any

from nicegui import background_tasks, ui

from experiments.classroom.live.controls import (
    BONDING,
    CALENDAR,
    CALENDAR_LABELS,
    DEMAND,
    EVERYWHERE,
    KIND,
    KIND_LABELS,
    LARGEST,
    PLACE,
    Control,
    assumptions,
    levers,
)
from experiments.classroom.live.exports import as_notebook, as_yaml
from experiments.classroom.live.service import Service
from experiments.classroom.live.setting import DAY, MOST_SEED, STRUCTURE, Setting, cost_a_year, places_of, preset
from experiments.classroom.live.twin_element import TwinElement, announce
from experiments.classroom.words import POLICIES, STRUCTURES
from sim.configuration import ConfigurationError, group_names

CHANGES_A_SECOND, CHANGES_AT_ONCE = 6.0, 30.0  # of a page
SETTLE_SECONDS = 0.5  # after a change, before the other seeds are run


class Lab:
    """One page: its setting, and what is shown of it. `onchange`: called with the setting when other worlds are shown."""

    def __init__(self, service: Service, setting: Setting, day: int | None, language: str):
        self.service, self.setting, self.language = service, setting, language
        self._ = service.translator(language)
        self.day = day
        self.listeners: list[Callable[[], Any]] = []
        self._sliders: dict[str, Callable[[float], None]] = {}
        self._quiet = False
        self._left, self._last = CHANGES_AT_ONCE, time.monotonic()

    # --- building

    def build_controls(self) -> None:
        """Presets, levers by heading, assumptions, seed."""
        _ = self._
        with ui.element("section").classes("lab-controls").props(f'aria-label="{_("Setting")}"'):
            policies = {
                name: _(POLICIES[name][0]) if name in POLICIES else name.replace("_", " ") for name in group_names("policy")
            }
            with ui.element("div").classes("lab-row"):
                self.policy = _select(policies, _("A ready policy"), lambda e: self._preset(e.value), None)
                ui.number(_("Seed"), value=self.setting.seed, min=1, max=MOST_SEED, step=1, precision=0,
                          on_change=lambda e: self._number("seed", e.value),
                          ).props("outlined dense").classes("lab-seed")  # fmt: skip
            self.cost = ui.label().classes("lab-cost").props("role=status")
            ui.label(_("The policy: in one of the two worlds")).classes("lab-heading").props("role=heading aria-level=2")
            for heading, several in levers().items():
                with ui.expansion(_(heading)).classes("lab-group"):
                    if several[0].id == "venue_inspection":
                        self._aims()
                    for control in several:
                        self._slider(control, dict(self.setting.levers).get(control.id, 0.0), self._lever)
            ui.label(_("Assumptions: in both worlds")).classes("lab-heading").props("role=heading aria-level=2")
            with ui.expansion(_("Demand, labour, calendar")).classes("lab-group"):
                for control in assumptions():
                    self._slider(control, getattr(self.setting, control.id), self._number)
                calendars = {name: _(label) for name, label in CALENDAR_LABELS.items()}
                _select(calendars, _("Calendar"), lambda e: self._choose(CALENDAR, e.value), self.setting.calendar)
            with ui.expansion(_("What else may be true")).classes("lab-group"):
                for name in (name for name in group_names(STRUCTURE) if name != "default"):
                    self._dial(name)
        self._say_cost()

    def _aims(self) -> None:
        _ = self._
        places = {name: {EVERYWHERE: _("all places"), LARGEST: _("the largest place")}.get(name, name)
                  for name in places_of(self.setting.market)}  # fmt: skip
        self.place = _select(places, _("Where"), lambda e: self._choose(PLACE, e.value), self.setting.place)
        kinds = {name: _(label) for name, label in KIND_LABELS.items()}
        self.kind = _select(kinds, _("Which venues are inspected"), lambda e: self._choose(KIND, e.value), self.setting.kind)

    def _slider(self, control: Control, value: float, onchange: Callable[[str, float], None]) -> None:
        """A slider over the stops of a control, with its unit, source and sentence."""
        _, stops = self._, list(control.stops)
        if value not in stops:
            stops = sorted({*stops, value})
        with ui.element("div").classes("lab-slider"):
            text = ui.label()

            def write(value: float) -> None:
                text.set_text(_("{label}: {value}").format(label=_(control.label), value=f"{value:g}"))

            def moved(event: Any) -> None:
                chosen = stops[round(event.value)]
                write(chosen)
                if not self._quiet:
                    onchange(control.id, chosen)

            slider = ui.slider(min=0, max=len(stops) - 1, step=1, value=stops.index(value), on_change=moved)
            slider.props(f'aria-label="{_(control.label)}" snap markers')
            note = _("{meaning}. Unit: {unit}. Source: {source}.")
            ui.label(note.format(meaning=_(control.meaning), unit=_(control.unit), source=control.source)).classes("lab-note")
            write(value)

        def put(value: float) -> None:
            slider.set_value(min(range(len(stops)), key=lambda place: abs(stops[place] - value)))
            write(value)

        self._sliders[control.id] = put

    def _dial(self, name: str) -> None:
        """A switch of a structure of the model."""
        label, sentence = STRUCTURES.get(name, (name.replace("_", " "), ""))
        with ui.element("div").classes("lab-slider"):
            ui.checkbox(self._(label), value=name in self.setting.structures, on_change=lambda e: self._turn(name, e.value))
            ui.label(self._(sentence)).classes("lab-note")

    def build_view(self) -> None:
        """The clock, the maps, the counters and charts, and what can be taken along."""
        _ = self._
        self.twins = TwinElement(self.language, self.service.messages(self.language))
        self.twins.on("ready", self._show_first)
        self.twins.on("day", lambda event: self._day_shown(event.args))
        with ui.element("section").classes("lab-share").props(f'aria-label="{_("Save or share")}"'):
            for kind, label in {"png": _("Picture (PNG)"), "svg": _("Picture (SVG)"), "csv": _("Table (CSV)")}.items():
                ui.button(label, on_click=lambda kind=kind: self.twins.save(kind, "twin_worlds")).props("flat no-caps dense")
            ui.button(_("Setting (YAML)"), on_click=self._save_setting).props("flat no-caps dense")
            ui.button(_("Notebook"), on_click=self._save_notebook).props("flat no-caps dense")
            ui.button(_("Copy link"), on_click=self._copy_link).props("flat no-caps dense")

    # --- what a reader does

    def _preset(self, policy: str | None) -> None:
        if policy is None or self._quiet:
            return
        self.adopt(preset(self.setting, policy))

    def adopt(self, setting: Setting, day: int | None = None, play: bool = False) -> None:
        """Show another setting, with the controls moved to where it has them; `play`: let days pass."""
        self._quiet = True
        given = dict(setting.levers)
        for name, put in self._sliders.items():
            put(getattr(setting, name) if name in (DEMAND, BONDING) else given.get(name, 0.0))
        self.place.set_value(setting.place)
        self.kind.set_value(setting.kind)
        self._quiet = False
        self._change(setting, day, play)

    def _lever(self, name: str, intensity: float) -> None:
        pulled = dict(self.setting.levers) | {name: intensity}
        self._change(dataclasses.replace(self.setting, levers=tuple(sorted((k, v) for k, v in pulled.items() if v))))

    def _number(self, name: str, value: float | None) -> None:
        if value is None:
            return
        if name == "seed":
            value = int(value)
            if not 1 <= value <= MOST_SEED:
                return
        self._change(dataclasses.replace(self.setting, **{name: value}))

    def _choose(self, name: str, value: str) -> None:
        if not self._quiet:
            self._change(dataclasses.replace(self.setting, **{name: value}))

    def _turn(self, name: str, on: bool) -> None:
        others = tuple(one for one in self.setting.structures if one != name)
        self._change(dataclasses.replace(self.setting, structures=(*others, name) if on else others))

    def _change(self, setting: Setting, day: int | None = None, play: bool = False) -> None:
        if setting == self.setting and day is None:
            return
        if not self._may_change():
            announce(self._("Too many changes at once; wait a moment."))
            return
        self.setting = setting
        self._say_cost()
        background_tasks.create(self.refresh(day, play), name="twin worlds")

    def _may_change(self) -> bool:
        now = time.monotonic()
        self._left = min(CHANGES_AT_ONCE, self._left + CHANGES_A_SECOND * (now - self._last)) - 1.0
        self._last = now
        return self._left >= 0.0

    def _say_cost(self) -> None:
        _ = self._
        try:
            cost, more = cost_a_year(self.setting)
        except ConfigurationError as error:
            self.cost.set_text(str(error))
            return
        text = _("Public cost of the policy: {euros} EUR a year").format(euros=f"{cost:,.0f}")
        self.cost.set_text(text + (_(", and what it costs to hold persons") if more else ""))

    # --- what is shown

    async def _show_first(self) -> None:
        await self.refresh(self.day)

    async def refresh(self, day: int | None = None, play: bool = False) -> None:
        """Run the pair of worlds and show it; then, if nothing else has been asked for meanwhile, the other seeds."""
        setting = self.setting
        try:
            scene = await self.service.scene(setting)
        except ConfigurationError as error:
            with self.twins:
                announce(str(error))
            return
        if setting != self.setting or self.twins.is_deleted:
            return
        self.twins.load(scene | {"key": setting.query()}, day)
        if play:
            self.twins.play()
        self._write_address()
        for listener in self.listeners:
            listener()
        await asyncio.sleep(SETTLE_SECONDS)
        if setting != self.setting or self.twins.is_deleted:
            return
        differences = await self.service.differences(setting)
        if setting == self.setting and not self.twins.is_deleted:
            self.twins.seeds(setting.query(), differences)

    def _day_shown(self, day: Any) -> None:
        if isinstance(day, int | float):
            self.day = int(day)
            self._write_address()
            for listener in self.listeners:
                listener()

    # --- what is taken along

    def link(self) -> str:
        """The part of the address that restores the screen."""
        parts = [self.setting.query(), f"{DAY}={self.day}" if self.day is not None else "", f"lang={self.language}"]
        return "?" + "&".join(part for part in parts if part)

    def _write_address(self) -> None:
        self.twins.client.run_javascript(f"history.replaceState(history.state, '', location.pathname + {self.link()!r})")

    async def _address(self) -> str:
        return str(await ui.run_javascript("location.href", timeout=5.0))

    async def _save_setting(self) -> None:
        ui.download.content(as_yaml(self.setting, await self._address()).encode(), "policy.yaml")

    async def _save_notebook(self) -> None:
        ui.download.content(as_notebook(self.setting, await self._address()).encode(), "twin_worlds.ipynb")

    async def _copy_link(self) -> None:
        ui.clipboard.write(await self._address())
        announce(self._("The link is copied."))


def _select(choices: dict[str, str], label: str, onchange: Callable, value: str | None):
    """A choice among names with labels."""
    made = ui.select(choices, label=label, value=value, on_change=onchange)
    return made.props("outlined dense options-dense").classes("lab-select")
