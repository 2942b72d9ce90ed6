"""Chromium, and pages opened in it as files."""

from __future__ import annotations

import os
import shutil
import time

import pytest

from tests.browser.live import Visitors, started
from tests.browser.made_up import page_text

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser():
    """Chromium, if it and Playwright are there; in continuous integration they must be.

    For one file of tests: as long as Playwright runs, its event loop does, and no other test can start one.
    """
    give_up = pytest.fail if os.environ.get("CI") else pytest.skip
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        give_up(f"no browser: none of {', '.join(BROWSERS)} is installed")
    try:
        from playwright import sync_api
    except ImportError:
        give_up("Playwright is not installed: pip install playwright")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def page_file(tmp_path_factory):
    """(number of places) -> address of a page as a file."""
    folder = tmp_path_factory.mktemp("explorable")

    def write(number: int = 3) -> str:
        path = folder / f"explorable-{number}.html"
        if not path.exists():
            path.write_text(page_text(number), encoding="utf-8")
        return path.as_uri()

    return write


@pytest.fixture
def opened(browser, page_file):
    """(fragment, places, width and other options of a context) -> a page that is ready.

    Afterwards: nothing went wrong in any of them, and none asked a host for anything.
    """
    contexts, faults = [], []

    def open_page(fragment: str = "", places: int = 3, width: int = 1280, height: int = 720, **options):
        options = {"locale": "en-GB", "accept_downloads": True} | options
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: message.type == "error" and faults.append(message.text))
        page.on("request", lambda request: request.url.startswith(("file:", "data:", "blob:")) or faults.append(request.url))
        page.goto(page_file(places) + fragment)
        ready(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults


def ready(page) -> None:
    """Wait until the worlds of the setting are shown."""
    wait_until(page, "Boolean(window.plansim && plansim.view.twins && !document.querySelector('[aria-busy]'))")


def wait_until(page, condition: str, seconds: float = 30.0) -> None:
    """Wait for a condition in JavaScript; Playwright's own way of waiting evaluates text, which the page forbids."""
    end = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < end, condition
        time.sleep(0.05)


@pytest.fixture(scope="module")
def classroom(tmp_path_factory):
    """A live classroom that answers."""
    with started(tmp_path_factory.mktemp("live")) as running:
        yield running


@pytest.fixture(scope="module")
def visitors(browser, classroom):
    """Whoever opens its pages."""
    return Visitors(browser, classroom)


@pytest.fixture
def visit(visitors):
    """(path, name, width and other options of a context) -> a page; afterwards nothing went wrong in any of them."""
    yield visitors.open
    visitors.end()
