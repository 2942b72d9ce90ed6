"""The view of twin worlds as an element of NiceGUI: the drawing of explorable pages, fed by the server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui
from nicegui.element import Element


class TwinElement(Element, component="twin_element.js"):
    """Two maps, counters and charts. Events: `ready`, `day`, `place`, `measure`."""

    def __init__(self, language: str, messages: dict[str, str]):
        super().__init__()
        self._props |= {"language": language, "messages": messages}

    def load(self, scene: dict[str, Any], day: int | None) -> None:
        """Show a scene, on a day or on the one shown before."""
        self.run_method("load", scene, day)

    def seeds(self, key: str, differences: dict[str, Any]) -> None:
        """Give the scene of that key the differences of many seeds."""
        self.run_method("seeds", key, differences)

    def show(self, day: int) -> None:
        """Go to a day."""
        self.run_method("show", day)

    def play(self) -> None:
        """Let days pass."""
        self.run_method("play")

    def choose(self, measure: str) -> None:
        """Draw the charts of a measure."""
        self.run_method("choose", measure)

    def save(self, kind: str, name: str) -> None:
        """Save what is shown as a file in the browser: png, svg or csv."""
        self.run_method("save", kind, name)


def announce(_: Callable[[str], str], text: str) -> None:
    """A short message at the edge of the screen, read aloud too."""
    ui.notify(text, position="bottom", timeout=8000, multi_line=True, close_button=_("Close"))
