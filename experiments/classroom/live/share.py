"""What can be taken along from a page: pictures, a table, the setting as a file, a notebook, a link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nicegui import ui

from experiments.classroom.live.exports import as_notebook, as_yaml
from experiments.classroom.live.twin_element import announce

if TYPE_CHECKING:
    from experiments.classroom.live.lab import Lab


class Share:
    """The buttons below the view."""

    def __init__(self, lab: Lab):
        self.lab, self._ = lab, lab._
        _ = self._
        with ui.element("section").classes("lab-share").props(f'aria-label="{_("Save or share")}"'):
            for kind, label in {"png": _("Picture (PNG)"), "svg": _("Picture (SVG)"), "csv": _("Table (CSV)")}.items():
                plain_button(label, lambda kind=kind: lab.twins.save(kind, "twin_worlds"))
            plain_button(_("Setting (YAML)"), self._save_setting)
            plain_button(_("Notebook"), self._save_notebook)
            copy = plain_button(_("Copy link"), None)
            copy.on("click", self._copied, js_handler="async () => emit(await plansimPage.copied())")

    def _save_setting(self) -> None:
        ui.download.content(as_yaml(self.lab.setting, self.lab.address()).encode(), "policy.yaml")

    def _save_notebook(self) -> None:
        ui.download.content(as_notebook(self.lab.setting, self.lab.address()).encode(), "twin_worlds.ipynb")

    def _copied(self, event: Any) -> None:
        """Say that the link is copied, or show it where the browser would not."""
        _ = self._
        if event.args is True:
            announce(_, _("The link is copied."))
            return
        title = _("Link to this screen")
        with ui.dialog(value=True).props(f'aria-label="{title}"') as dialog, ui.card().classes("lab-dialog"):
            dialog.on("hide", dialog.delete)
            ui.label(_("Copy the link from the field."))
            ui.input(title, value=self.lab.address()).props("readonly outlined dense autofocus").classes("lab-select")
            plain_button(_("Close"), dialog.close)


def plain_button(label: str, onclick: Any) -> ui.button:
    """A button that is no page's main one."""
    return ui.button(label, on_click=onclick).props("flat no-caps dense")
