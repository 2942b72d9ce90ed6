"""Pictures of the pages for lessons in `docs/guide/classroom.md`: `python docs/write_screens.py EXPLORABLE.html`.

Playwright (extra `test`) and Chromium are needed. The file is what `plansim explorable` has made; the classroom is started here.
"""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PICTURES = Path(__file__).resolve().parent / "_static"
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 890}
COLOURS, LARGEST = 255, 120_000  # of a palette; bytes of a picture
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
READY = ".twin-map-picture .twin-place"  # of the view: worlds are shown
POLICIES = ("outreach_personal=4", "training=0.33", "client_fines=10")


def main(words: list[str]) -> int:
    """Take every picture."""
    from playwright.sync_api import sync_playwright

    (page,) = words
    found = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        explorable(browser, Path(page).resolve().as_uri())
        with classroom() as (address, teacher):
            live(browser, address)
            of_a_class(browser, address, teacher)
        browser.close()
    return 0


def explorable(browser: Any, address: str) -> None:
    """The page on a projector, and a lesson on a telephone."""
    wide = opened(browser, WIDE, f"{address}#policy=venue_crackdown&seed=3&day=459&lang=en")
    wide.wait_for_selector(READY)
    keep(wide, "explorable")
    phone = opened(browser, NARROW, f"{address}#lesson=displacement&part=2&prediction=1&day=543&lang=en")
    phone.wait_for_selector(READY)
    phone.wait_for_function("!document.querySelector('.page-found').textContent.includes('…')")
    keep(phone, "explorable_lesson")


def live(browser: Any, address: str) -> None:
    """The classroom on a projector, with controls of outreach opened."""
    page = opened(browser, WIDE, f"{address}/?venue_inspection=40&place=largest&kind=hotel&outreach_personal=4&day=459&lang=en")
    page.wait_for_selector(READY)
    page.get_by_text("Outreach and care").click()
    page.wait_for_timeout(8000)  # other seeds are run, and the group opens
    page.mouse.move(640, 400)
    keep(page, "classroom")


def of_a_class(browser: Any, address: str, teacher: str) -> None:
    """The teacher's page, when six students have predicted and three of them have handed in a policy."""
    page = opened(browser, WIDE, f"{teacher}&lang=en")
    page.get_by_role("button", name="Open a class").click()
    page.wait_for_selector("text=Code:")
    code = re.search(r"Code: (\w{6})", page.content())[1]
    for number in range(6):
        student = opened(browser, NARROW, f"{address}/class/{code}?{POLICIES[number % 3]}&lang=en")
        student.get_by_role("radio").nth((0, 1, 1, 2, 1, 0)[number]).click()
        if number < 3:
            student.get_by_role("button", name="Hand in the policy shown").click()
            student.get_by_text("persons exploited a day,").first.wait_for()
    page.get_by_role("button", name="Show the answers").click()
    page.get_by_text("The best policy").wait_for()
    page.mouse.move(5, 5)
    page.wait_for_timeout(3000)
    keep(page, "classroom_teacher", full_page=True)


def opened(browser: Any, size: dict[str, int], address: str) -> Any:
    """A page of a window of this size, in English and in light colours."""
    context = browser.new_context(viewport=size, locale="en-GB", color_scheme="light", reduced_motion="reduce")
    page = context.new_page()
    page.goto(address)
    page.wait_for_timeout(1500)
    return page


def keep(page: Any, name: str, **options: Any) -> None:
    """Write a picture with few colours."""
    from PIL import Image

    picture = Image.open(io.BytesIO(page.screenshot(**options))).convert("RGB")
    path = PICTURES / f"{name}.png"
    picture.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(path, optimize=True)
    assert path.stat().st_size < LARGEST, f"{path.name}: {path.stat().st_size:,} bytes"
    print(f"{path.name}: {path.stat().st_size:,} bytes")


@contextlib.contextmanager
def classroom() -> Iterator[tuple[str, str]]:
    """A classroom: its address, and the teacher's."""
    command = [str(Path(sys.executable).with_name("plansim")), "classroom"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        lines = iter(server.stdout.readline, "")
        address, teacher = (next(lines).split()[-1] for _ in range(2))
        yield address.rstrip("/"), teacher
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
