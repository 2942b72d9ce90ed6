"""A class of thirty on one machine: `python -m benchmarks.classroom [--quick]`.

Starts the live classroom at `class` size, opens a page for each student in Chromium, and lets them work at once: each waits a
few seconds, then steps a day or moves a lever. Measured in the pages: from the key that a student presses to the first frame
that shows it. The browser runs on the same cores as the server, so a class with devices of its own sees less. Memory is that of
the server; `--minutes 60` shows whether it grows over an hour.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PAUSE_SECONDS = 4.0  # mean, between two things a student does
LEVER_EVERY = 5  # of so many things, one moves a lever and the others step a day
RETURN_EVERY = 200
START_SECONDS, LONGEST_MS = 180.0, 10_000.0
# In a page: from a key to the first frame after the text of an element has changed; null after ten seconds.
_LEVER = "input[aria-label='Fines for clients'], [aria-label='Fines for clients'] [tabindex='0']"
_ARMED = """
(shown) => {
  const text = () => document.querySelector(shown).textContent;
  const before = text();
  window.waited = new Promise((resolve) => document.addEventListener("keydown", () => {
    const begun = performance.now();
    const look = () => {
      if (text() !== before) requestAnimationFrame(() => resolve(performance.now() - begun));
      else if (performance.now() - begun > 10000) resolve(null);
      else requestAnimationFrame(look);
    };
    look();
  }, { capture: true, once: true }));
}
"""


def main() -> None:
    """Run a class and print what its students waited for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--quick", action="store_true", help="three students for a few seconds")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of classroom.json")
    given = parser.parse_args()
    students, minutes = (3, 0.2) if given.quick else (given.students, given.minutes)
    found = asyncio.run(measure(students, 60.0 * minutes))
    print(prose(found))
    if not given.quick:
        given.out.mkdir(parents=True, exist_ok=True)
        (given.out / "classroom.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


async def measure(students: int, seconds: float) -> dict[str, object]:
    """Milliseconds that students waited, and the server's memory, from a class of so many for so long."""
    from playwright.async_api import async_playwright

    browser_path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser_path is None:
        sys.exit("benchmarks.classroom: Chromium is needed; apt-get install chromium")
    port = free_port()
    begun = time.perf_counter()
    server = subprocess.Popen([sys.executable, "-m", "experiments.cli", "classroom", f"port={port}"], stdout=subprocess.DEVNULL)
    try:
        wait_for(port, server)
        started = time.perf_counter() - begun
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
            pages = [await open_page(browser, port) for _ in range(students)]
            memory = [memory_mb(server.pid)]
            waits: dict[str, list[float]] = {"step": [], "lever": []}
            end = time.perf_counter() + seconds
            work = asyncio.gather(*(student(page, number, end, waits) for number, page in enumerate(pages)))
            while not work.done():
                await asyncio.wait([work], timeout=max(1.0, seconds / 20))
                memory.append(memory_mb(server.pid))
            await work
            await browser.close()
    finally:
        server.terminate()
        server.wait(20)
    return {
        "students": students, "seconds": seconds, "seconds_to_start": round(started, 1),
        **{f"{name}_ms": summarise(values) for name, values in waits.items()}, "memory_mb": memory,
    }  # fmt: skip


async def open_page(browser, port: int):
    """A student's page, ready to be worked with: the levers of demand are unfolded."""
    context = await browser.new_context(viewport={"width": 800, "height": 600})
    page = await context.new_page()
    await page.goto(f"http://127.0.0.1:{port}/?client_fines=20")
    await page.wait_for_selector(".twin-clock:not(:empty)", timeout=60_000)
    await page.get_by_role("button", name="Demand").first.click()
    return page


async def student(page, number: int, end: float, waits: dict[str, list[float]]) -> None:
    """Step days and move a lever until the end; what was never seen within ten seconds counts as ten."""
    chance, done, up = random.Random(number), 0, True
    while time.perf_counter() < end:
        await asyncio.sleep(chance.uniform(0.0, 2.0 * PAUSE_SECONDS))
        done += 1
        if done % RETURN_EVERY == 0:  # before the last day is reached
            await page.get_by_role("button", name="Policy's first day").click()
        if done % LEVER_EVERY:
            await page.get_by_role("button", name="+1 day").focus()
            waits["step"].append(await seen(page, "Enter", ".twin-clock"))
        else:
            await page.locator(_LEVER).first.focus()
            waits["lever"].append(await seen(page, "ArrowRight" if up else "ArrowLeft", ".lab-cost"))
            up = not up


async def seen(page, key: str, shown: str) -> float:
    """Milliseconds from a key to the frame that shows what it changed."""
    await page.evaluate(_ARMED, shown)
    await page.keyboard.press(key)
    waited = await page.evaluate("window.waited")
    return LONGEST_MS if waited is None else waited


def summarise(values: list[float]) -> dict[str, float]:
    """Number, median and 95th percentile."""
    if len(values) < 2:
        return {"n": len(values)}
    p95 = statistics.quantiles(values, n=20)[18]
    return {"n": len(values), "median": round(statistics.median(values), 1), "p95": round(p95, 1)}


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int, server: subprocess.Popen) -> None:
    """Wait until the server answers."""
    end = time.perf_counter() + START_SECONDS
    while time.perf_counter() < end and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit(f"benchmarks.classroom: the server did not answer on port {port}")


def memory_mb(pid: int) -> float:
    """Resident memory of a process (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return round(int(status.split("VmRSS:")[1].split()[0]) / 1024, 1)


def prose(found: dict) -> str:
    """What was found, in lines."""
    start = f"the server answered after {found['seconds_to_start']} s"
    lines = [f"{found['students']} students for {found['seconds']:.0f} s; {start}"]
    for name, what in (("step_ms", "a step of a day seen"), ("lever_ms", "a lever's cost seen, from the server")):
        one = found[name]
        if "median" in one:
            lines.append(f"{what}: median {one['median']:.0f} ms, 95th percentile {one['p95']:.0f} ms ({one['n']} times)")
    memory = found["memory_mb"]
    lines.append(f"memory of the server: {memory[0]:.0f} MB with all pages open, {memory[-1]:.0f} MB at the end")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
