"""Fields with labels, as elements of NiceGUI: a choice among names, a slider, what is typed, and what is folded."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from nicegui import ui
from nicegui.element import Element


class Choice(Element, component="choice.js"):
    """A labelled list to choose from. `onchange`: called with what a reader chooses; `bare`: the label is only read aloud."""

    def __init__(
        self, choices: Mapping[Any, str], label: str, onchange: Callable[[Any], Any] | None, value: Any, bare: bool = False
    ):
        super().__init__()
        self.value, self._values, self._onchange = value, list(choices), onchange
        self._props |= {
            "name": f"choice-{self.id}",
            "label": label,
            "bare": bare,
            "choices": list(choices.values()),
            "value": self._place(value),
        }
        self.on("choice", self._chosen)

    def _place(self, value: Any) -> int:
        return self._values.index(value) if value in self._values else -1

    async def _chosen(self, event: Any) -> None:
        place = event.args
        if not isinstance(place, int) or not 0 <= place < len(self._values):
            return
        self.set_value(self._values[place])
        done = self._onchange(self.value) if self._onchange is not None else None
        if inspect.isawaitable(done):
            await done

    def set_value(self, value: Any) -> None:
        """Show a value; none of them: nothing is chosen."""
        self.value = value if value in self._values else None
        self._props["value"] = self._place(value)
        self.run_method("show", self._place(value))

    def set_choices(self, choices: Mapping[Any, str]) -> None:
        """Offer other choices; the one that was chosen stays, if it is among them."""
        self._values = list(choices)
        self._props["choices"] = list(choices.values())
        self.set_value(self.value)


class Lever(Element, component="lever.js"):
    """A slider over stops, given with the text of each. `texts`: its label, how label and value are shown, unit, and a note."""

    def __init__(self, stops: Mapping[float, str], texts: Mapping[str, str], onchange: Callable[[float], Any], value: float):
        super().__init__()
        self._stops, self._onchange = list(stops), onchange
        shown = {"name": f"lever-{self.id}", "texts": list(stops.values()), "first": self._stops.index(value)}
        self._props |= shown | texts
        self.on("pull", self._pulled)

    def _pulled(self, event: Any) -> None:
        if isinstance(event.args, int) and 0 <= event.args < len(self._stops):
            self._onchange(self._stops[event.args])

    def set_value(self, value: float) -> None:
        """Show a value, or the stop next to it."""
        self.run_method("show", min(range(len(self._stops)), key=lambda place: abs(self._stops[place] - value)))


def labelled(label: str, make: Callable[[], ui.input | ui.number], size: str) -> Any:
    """A field with its label above it. `size`: the class that has its width."""
    with ui.element("div").classes(f"lab-choice {size}"):
        text = ui.element("label")
        with text:
            ui.label(label)
        made = make()
        text.props(f"for=field-{made.id}")
        return made.props(f"for=field-{made.id} outlined dense")


def group(heading: str) -> ui.expansion:
    """Something folded under a heading."""
    made = ui.expansion(heading).classes("lab-group").props("dense")
    made.props["toggle-aria-label"] = heading  # Quasar's own would be English
    return made
