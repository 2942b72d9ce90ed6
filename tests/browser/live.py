"""The live classroom as a process, and visitors in a browser who note whatever goes wrong."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 240.0  # with nothing compiled before
READY = ".twin-counters td"  # worlds are shown
BEGIN = 180  # the policy's first day


class Classroom(NamedTuple):
    """Where a classroom answers, the teacher's key, and what it has written."""

    base: str
    key: str
    log: Path

    @property
    def port(self) -> int:
        """The port that it answers on."""
        return int(self.base.rpartition(":")[2])


@contextlib.contextmanager
def started(folder: Path, port: int = 0) -> Iterator[Classroom]:
    """A classroom that answers; afterwards it ends at Ctrl-C, and has written of no error."""
    pytest.importorskip("nicegui", reason="NiceGUI is not installed: pip install 'plansim[classroom]'")
    port, log = port or free_port(), folder / f"classroom-{time.monotonic_ns()}.log"
    with log.open("wb") as file:
        words = [sys.executable, "-m", "experiments.cli", "classroom", f"port={port}"]
        quiet = {key: value for key, value in os.environ.items() if key != "PYTEST_CURRENT_TEST"}  # to NiceGUI it means more
        process = subprocess.Popen(words, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT, env=quiet)
    try:
        yield Classroom(f"http://127.0.0.1:{port}", key_of(log, process), log)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert not re.search(r"Traceback|Error|Exception", log.read_text()), log.read_text()


def key_of(log: Path, process: subprocess.Popen) -> str:
    """The teacher's key, once the classroom has printed where it answers."""
    end = time.monotonic() + START_SECONDS
    while "Ctrl-C" not in log.read_text():
        assert process.poll() is None and time.monotonic() < end, log.read_text()
        time.sleep(0.1)
    return re.search(r"key=(\S+)", log.read_text())[1]


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Visitors:
    """Pages of a classroom. Visitors with the same name share a browser's storage; `faults`: what went wrong."""

    def __init__(self, browser, classroom: Classroom):
        self.browser, self.classroom = browser, classroom
        self.contexts, self.faults, self.frames = {}, [], []

    def open(self, path: str = "/", name: str = "", width: int = 1280, height: int = 800, wait: str | None = READY, **options):
        """A page of the classroom; `wait`: until this is there."""
        options = {"locale": "en-GB", "accept_downloads": True} | options
        key = (name, *sorted(map(str, options.items())))
        if key not in self.contexts:
            self.contexts[key] = self.browser.new_context(**options)
        page = self.contexts[key].new_page()
        page.set_viewport_size({"width": width, "height": height})
        self._watch(page)
        page.goto(self.classroom.base + path)
        if wait:
            page.wait_for_selector(wait, state="attached")
        return page

    def _watch(self, page) -> None:
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda message: message.type in ("error", "warning") and self.faults.append(message.text))
        page.on("request", lambda request: self._check(request.url))
        page.on("websocket", self._listen)

    def _check(self, url: str) -> None:
        host = re.sub(r"^(http|ws)://", "", self.classroom.base)
        if not re.match(rf"(http|ws)://{re.escape(host)}/|(data|blob):", url):
            self.faults.append(f"asked {url}")

    def _listen(self, socket) -> None:
        self._check(socket.url)
        for event in ("framesent", "framereceived"):
            socket.on(event, lambda text: self.frames.append(str(text)))

    def end(self) -> None:
        """Close all pages; nothing went wrong in any."""
        for context in self.contexts.values():
            for page in context.pages:
                page.close()
        faults, self.faults[:], self.frames[:] = list(self.faults), [], []
        assert not faults


def press(page, name: str) -> None:
    """Press the button of that name."""
    page.get_by_role("button", name=name, exact=True).click()


def choose(page, label: str, choice: str | int) -> None:
    """Choose from a list, by text or by place."""
    given = {"index": choice} if isinstance(choice, int) else {"label": choice}
    page.get_by_role("combobox", name=label, exact=True).select_option(**given)


def whom(page, label: str) -> None:
    """Follow one whose label begins so, once they are there."""
    who = page.get_by_role("combobox", name="Who", exact=True)
    who.locator("option").filter(has_text=re.compile(f"^{label}")).nth(1).wait_for(state="attached")
    who.select_option(index=2)
    page.locator(".lab-events").wait_for()


def tab(page, name: str) -> None:
    """Show a panel."""
    page.get_by_role("tab", name=name, exact=True).click()


def day(page) -> int:
    """The day that the view shows."""
    return int(page.locator(".twin-range").input_value())


def until(page, condition: str, seconds: float = 20.0) -> None:
    """Wait for a condition in JavaScript."""
    page.wait_for_function(condition, timeout=1000 * seconds)


def until_address(page, part: str) -> None:
    """Wait until the address of the page has a part."""
    until(page, f"location.search.includes({part!r})")


def counters(page) -> str:
    """All counts that are shown."""
    return page.locator(".twin-counters tbody").inner_text()


def sideways(page) -> int:
    """By how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


def serious_in_all_views(page, part: str = "html") -> None:
    """Axe finds nothing serious or critical on a projector or a telephone, light or dark; it is a dark telephone afterwards."""
    page.emulate_media(reduced_motion="reduce")
    for width, height in ((1280, 844), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            until(page, f"document.body.classList.contains('body--{scheme}')")
            until(page, "!document.getAnimations().some((one) => one.playState === 'running')")
            assert not serious(page, part), (width, scheme)


def serious(page, part: str) -> list:
    """What axe finds in a part of a page that is serious or critical."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python")
    found = axe.Axe().run(page, part, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        (one["id"], [node["html"][:150] for node in one["nodes"]])
        for one in found if one["impact"] in ("serious", "critical")
    ]  # fmt: skip
