"""The page of twin worlds: controls, the view, and beside it a lesson, followed agents, or a class."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from nicegui import background_tasks, ui

from experiments.classroom.lessons.files import number_text
from experiments.classroom.live.controls import (
    CALENDAR,
    CALENDAR_LABELS,
    EVERYWHERE,
    KIND,
    KIND_LABELS,
    LARGEST,
    PLACE,
    Control,
    assumptions,
    levers,
)
from experiments.classroom.live.fields import Choice, Lever, group, labelled
from experiments.classroom.live.service import Service
from experiments.classroom.live.setting import DAY, MOST_SEED, STRUCTURE, Setting, cost_a_year, places_of, preset
from experiments.classroom.live.share import Share
from experiments.classroom.live.twin_element import TwinElement, announce
from experiments.classroom.words import POLICIES, STRUCTURES
from sim.configuration import ConfigurationError, group_names

CHANGES_A_SECOND, CHANGES_AT_ONCE = 6.0, 30.0  # of a page
DRAG_SECONDS = 0.15  # after a lever has moved, before its worlds are run
SETTLE_SECONDS = 0.5  # after a change, before the other seeds are run
SEED, MEASURE, LESSON = "seed", "measure", "lesson"


@dataclasses.dataclass
class Screen:
    """What a link restores. `base`: the address that it begins with."""

    setting: Setting
    base: str
    language: str
    day: int | None = None
    measure: str = ""
    lesson: str = ""


class Lab:
    """One page: its setting, and what is shown of it. `listeners` are called when another day or other worlds are shown."""

    def __init__(self, service: Service, screen: Screen):
        self.service, self.screen = service, screen
        self.setting, self.language, self.day = screen.setting, screen.language, screen.day
        self._ = service.translator(screen.language)
        self.listeners: list[Callable[[], Any]] = []
        self._puts: dict[str, Callable[[Any], None]] = {}  # by name of a part of the setting: shows a value of it
        self._quiet = False
        self._left, self._last = CHANGES_AT_ONCE, time.monotonic()

    def number(self, value: float, decimals: int = 0, signed: bool = False) -> str:
        """A number as the page's language writes it."""
        return number_text(value, self.language, decimals, signed)

    # --- building

    def build_controls(self) -> None:
        """Presets, levers by heading, assumptions, seed."""
        _ = self._
        with ui.element("section").classes("lab-controls").props(f'aria-label="{_("Setting")}"'):
            with ui.element("div").classes("lab-row"):
                self._ready_policies()
                seed = labelled(_("Seed"), self._seed_field, "lab-seed")
                self._puts[SEED] = seed.set_value
            self.cost = ui.label().classes("lab-cost").props("role=status")
            ui.label(_("The policy: in one of the two worlds")).classes("lab-heading").props("role=heading aria-level=2")
            for heading, several in levers().items():
                with group(_(heading)):
                    if several[0].id == "venue_inspection":
                        self._aims()
                    for control in several:
                        self._slider(control, dict(self.setting.levers).get(control.id, 0.0), self._lever)
            ui.label(_("Assumptions: in both worlds")).classes("lab-heading").props("role=heading aria-level=2")
            with group(_("Demand, labour, calendar")):
                for control in assumptions():
                    self._slider(control, getattr(self.setting, control.id), self._choose)
                self._select(CALENDAR, _("Calendar"), {name: _(label) for name, label in CALENDAR_LABELS.items()})
            with group(_("What else may be true")):
                for name in (name for name in group_names(STRUCTURE) if name != "default"):
                    self._dial(name)
        self._say_cost()

    def _seed_field(self) -> ui.number:
        given = {"min": 1, "max": MOST_SEED, "step": 1, "precision": 0}
        return ui.number(value=self.setting.seed, on_change=lambda e: self._seed(e.value), **given).props("debounce=400")

    def _ready_policies(self) -> None:
        """A choice of policies, which shows the one that the levers are, if there is one."""
        _, names = self._, group_names("policy")
        self._presets = {}
        for name in names:
            try:
                self._presets[name] = preset(Setting(self.setting.market), name)
            except ConfigurationError:
                continue  # one of a user's own, which is told when it is chosen
        labels = {name: _(POLICIES[name][0]) if name in POLICIES else name.replace("_", " ") for name in names}
        self.policy = Choice(labels, _("A ready policy"), self._preset, self._ready(self.setting))

    def _ready(self, setting: Setting) -> str | None:
        """The ready policy that a setting has."""
        ours = (setting.levers, setting.place, setting.kind)
        return next((name for name, one in self._presets.items() if (one.levers, one.place, one.kind) == ours), None)

    def _aims(self) -> None:
        _ = self._
        places = {name: {EVERYWHERE: _("all places"), LARGEST: _("the largest place")}.get(name, name)
                  for name in places_of(self.setting.market)}  # fmt: skip
        self._select(PLACE, _("Where"), places)
        self._select(KIND, _("Which venues are inspected"), {name: _(label) for name, label in KIND_LABELS.items()})

    def _select(self, name: str, label: str, choices: dict[str, str]) -> None:
        made = Choice(choices, label, lambda value: self._choose(name, value), getattr(self.setting, name))
        self._puts[name] = made.set_value

    def _slider(self, control: Control, value: float, onchange: Callable[[str, float], None]) -> None:
        """A slider over the stops of a control, with its unit, source and sentence."""
        _, stops = self._, sorted({*control.stops, value})
        unit, note = _(control.unit), _("{meaning}. Unit: {unit}. Source: {source}.")
        texts = {
            "label": _(control.label), "shown": _("{label}: {value}"), "unit": unit,
            "note": note.format(meaning=_(control.meaning), unit=unit, source=_(control.source)),
        }  # fmt: skip
        shown = {stop: self.number(stop, len(f"{stop:g}".partition(".")[2])) for stop in stops}
        self._puts[control.id] = Lever(shown, texts, lambda value: onchange(control.id, value), value).set_value

    def _dial(self, name: str) -> None:
        """A switch of a structure of the model."""
        label, sentence = STRUCTURES.get(name, (name.replace("_", " "), ""))
        with ui.element("div").classes("lab-slider"):
            is_on = name in self.setting.structures
            made = ui.checkbox(self._(label), value=is_on, on_change=lambda e: self._turn(name, e.value))
            ui.label(self._(sentence)).classes("lab-note")
        self._puts[f"{STRUCTURE} {name}"] = made.set_value

    def build_view(self) -> None:
        """The clock, the maps, the counters and charts, and what can be taken along."""
        self.twins = TwinElement(self.language, self.service.messages(self.language))
        self.twins.on("ready", self._show_first)
        self.twins.on("day", lambda event: self._day_shown(event.args))
        self.twins.on("measure", lambda event: self._measure_shown(event.args))
        Share(self)

    # --- what a reader does

    def _preset(self, policy: str) -> None:
        try:
            self.adopt(preset(self.setting, policy))
        except ConfigurationError as error:
            announce(self._, str(error))
            self._put(self.setting)

    def adopt(self, setting: Setting, day: int | None = None, play: bool = False) -> None:
        """Show another setting, with the controls moved to where it has them; `play`: let days pass."""
        self._put(setting)
        self._change(setting, day, play)

    def _put(self, setting: Setting) -> None:
        """Move all controls to where a setting has them."""
        self._quiet, pulled = True, dict(setting.levers)
        for name, put in self._puts.items():
            kind, _, structure = name.partition(" ")
            put(structure in setting.structures if structure else getattr(setting, kind, pulled.get(kind, 0.0)))
        self.policy.set_value(self._ready(setting))
        self._quiet = False

    def _lever(self, name: str, intensity: float) -> None:
        pulled = dict(self.setting.levers) | {name: intensity}
        self._change(dataclasses.replace(self.setting, levers=tuple(sorted((k, v) for k, v in pulled.items() if v))))

    def _seed(self, value: Any) -> None:
        if value is None or self._quiet:
            return
        if not isinstance(value, int | float) or not 1 <= value <= MOST_SEED:
            announce(self._, self._("A seed is a whole number from 1 to {most}.").format(most=self.number(MOST_SEED)))
            return
        self._choose(SEED, int(value))

    def _choose(self, name: str, value: Any) -> None:
        self._change(dataclasses.replace(self.setting, **{name: value}))

    def _turn(self, name: str, on: bool) -> None:
        others = tuple(one for one in self.setting.structures if one != name)
        self._change(dataclasses.replace(self.setting, structures=(*others, name) if on else others))

    def _change(self, setting: Setting, day: int | None = None, play: bool = False) -> None:
        if self._quiet or (setting == self.setting and day is None):
            return
        if not self._may_change():
            announce(self._, self._("Too many changes at once; wait a moment."))
            return self._put(self.setting)
        self.setting = setting
        self.policy.set_value(self._ready(setting))
        self._say_cost()
        background_tasks.create(self.refresh(day, play, DRAG_SECONDS), name="twin worlds")

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
        text = _("Public cost of the policy: {euros} EUR a year").format(euros=self.number(cost))
        self.cost.set_text(text + (_(", and what it costs to hold persons") if more else ""))

    # --- what is shown

    async def _show_first(self) -> None:
        if self.screen.measure:
            self.twins.choose(self.screen.measure)
        await self.refresh(self.day)

    async def refresh(self, day: int | None = None, play: bool = False, wait: float = 0.0) -> None:
        """Run the pair of worlds and show it; then, if nothing else has been asked for meanwhile, the other seeds."""
        setting = self.setting
        if wait and await self._is_over(setting, wait):
            return
        try:
            scene = await self.service.scene(setting)
        except ConfigurationError as error:
            if not self.twins.is_deleted:
                with self.twins:
                    announce(self._, str(error))
            return
        if await self._is_over(setting):
            return
        self.twins.load(scene | {"key": setting.query()}, day)
        if play:
            self.twins.play()
        self._shown()
        if await self._is_over(setting, SETTLE_SECONDS):
            return
        differences = await self.service.differences(setting)
        if not await self._is_over(setting):
            self.twins.seeds(setting.query(), differences)

    async def _is_over(self, setting: Setting, seconds: float = 0.0) -> bool:
        """Whether, after a while, something else has been asked for or the page is gone."""
        if seconds:
            await asyncio.sleep(seconds)
        return setting != self.setting or self.twins.is_deleted

    def _day_shown(self, day: Any) -> None:
        if isinstance(day, int | float):
            self.day = int(day)
            self._shown()

    def choose(self, measure: str) -> None:
        """Draw the charts of a measure."""
        self.screen.measure = measure
        self.twins.choose(measure)

    def _measure_shown(self, measure: Any) -> None:
        if isinstance(measure, str):
            self.screen.measure = measure[:40]
            self._shown()

    def _shown(self) -> None:
        """Write the address that restores what is shown, and tell whoever listens."""
        self.twins.client.run_javascript(f"history.replaceState(history.state, '', location.pathname + {self.link()!r})")
        for listener in self.listeners:
            listener()

    # --- what is taken along

    def link(self) -> str:
        """The part of an address that restores the screen."""
        more = {DAY: self.day, MEASURE: self.screen.measure, LESSON: self.screen.lesson, "lang": self.language}
        setting = self.setting.query() or f"{SEED}={self.setting.seed}"
        return "?" + "&".join([setting, *(f"{key}={quote(str(value))}" for key, value in more.items() if value)])

    def address(self) -> str:
        """The address that restores the screen."""
        return self.screen.base + self.link()
