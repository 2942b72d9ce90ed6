"""Run every `plansim`, `python` and `pytest` command of the README, on a small market; one that serves until it answers.

Set-up lines (venv, pip) and pytest are run by `.ci/run` itself and are only checked to be the
documented ones. Each gets the words of `SMALL` in the place of what it says of these, so the whole takes some minutes.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SMALL = {
    "test": ["market=class", "n_pairs=2"], "compare": ["market=class", "n_pairs=2"],
    "run": ["market=class"], "sweep": [], "demo": [], "validate": ["market=class", "n_worlds=4"],
    "calibrate": (
        "market=class structure=first_version days=400 burn_in=60 n_draws=140 n_worlds=1 trajectories=2 waves=1 kept=50"
    ).split(),
    "growth": ["market=class", "n_worlds=2"], "evaluate": ["market=class", "worlds=8"],
    "explorable": "policies=[training] intensities=[1.0] structures=[default] n_seeds=2 days=208".split(),
    "frontier": "days=460 population=20 generations=1 n_worlds=2 n_check=4 candidates=2 structures=[] draws=1".split(),
}  # fmt: skip
TOO_LONG = {
    "precision=true": "n_pairs=4", "robustness=500": "robustness=10 hypothesis=displacement",
    "structures=all": "structures=replacement hypothesis=displacement",
    "screening=all": "screening=replacement,essential_roles hypothesis=displacement",
}  # fmt: skip
SERVERS = ("classroom",)  # which end when they are told to
START_SECONDS, END_SECONDS = 240.0, 30.0  # the rules may have to be compiled
OF_A_FOLDER = ("new", "study", "lessons")  # run where they may leave files
SITE = ["python", "-m", "sphinx"]
UNRUN = ["-D", "nb_execution_mode=off"]  # links and layout of the site; `.ci/full` runs its snippets


def commands(text: str) -> list[str]:
    """The lines of the README's shell blocks, continuation lines joined."""
    blocks = re.findall(r"```(?:bash|sh|console)\n(.*?)```", text, re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]


def pieces(line: str) -> list[list[str]]:
    """The commands of one line, split at `&&`, without the path of the virtual environment."""
    return [
        [word.removeprefix(".venv/bin/") for word in shlex.split(part, comments=True)]
        for part in line.split("&&")
    ]


def made_small(words: list[str], small: list[str]) -> list[str]:
    """The words with those of a small market in the place of their namesakes."""
    keys = {word.split("=", 1)[0] for word in small}
    return [*(word for word in words if word.split("=", 1)[0] not in keys), *small]


def serve(words: list[str]) -> None:
    """Start a command that serves, on a free port; wait until it answers, and end it as Ctrl-C does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([*words, f"port={port}"], stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + START_SECONDS
        while not answers(f"http://127.0.0.1:{port}/"):
            if server.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"{' '.join(words)}: no answer on port {port}")
            time.sleep(0.5)
        server.send_signal(signal.SIGINT)
        if status := server.wait(END_SECONDS):
            raise SystemExit(f"{' '.join(words)}: ended with {status}")
    finally:
        server.kill()
        server.wait()


def answers(address: str) -> bool:
    """Whether a page is there."""
    try:
        with urllib.request.urlopen(address, timeout=10.0) as page:
            return page.status == 200
    except OSError:
        return False


def main() -> int:
    """Run them; the first that fails ends the check."""
    ran = 0
    with tempfile.TemporaryDirectory() as folder:
        for line in commands((ROOT / "README.md").read_text(encoding="utf-8")):
            for words in pieces(line):
                if words[0] in ("pip", "python3", "pytest", "git", "cd"):
                    continue
                if words[0] == "plansim" and len(words) > 1 and words[1] in SMALL:
                    words = [part for word in words for part in (TOO_LONG[word].split() if word in TOO_LONG else [word])]
                    words = [*made_small(words, SMALL[words[1]]), "--output", folder]
                in_a_folder = (words[0] == "plansim" and words[1] in OF_A_FOLDER) or "--configs" in words
                if words[: len(SITE)] == SITE:
                    words = [*words[:-1], f"{folder}/site", *UNRUN]
                print("$", " ".join(words).replace(folder, "OUT"), end=" ", flush=True)
                start = os.times()
                if words[0] == "plansim" and words[1] in SERVERS:
                    serve(words)
                else:
                    subprocess.run(words, cwd=folder if in_a_folder else ROOT, check=True, stdout=subprocess.DEVNULL)
                now = os.times()
                used = now.children_user + now.children_system - start.children_user - start.children_system
                print(f"({now.elapsed - start.elapsed:.0f} s, {used:.0f} of a processor)", flush=True)
                ran += 1
    print(f"{ran} commands of the README ran")
    return 0 if ran >= 5 else 1


if __name__ == "__main__":
    sys.exit(main())
