"""What the drills of sweeps share: a sweep that is small but has many chunks, run as a user would, and a trace of its chunks.

Run as a command of its own, a sweep has the chunks of `SHORTEST` seconds and leaves a file for every
chunk that a worker begins: so a test can count what was run, and what was run in vain.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]  # little is imported here: workers import this file
SWEEP = [
    "sweep", "market=class", "days=60", "burn_in=10", "policy.start_day=20", "sweep.factors.labour.bonding=[0.0,0.5,1.0]",
    "sweep.replicates=40", "sweep.arms=[none,venue_crackdown]", "sweep.contrasts=none",
]  # fmt: skip
ROWS = 240
SHORTEST = 0.02  # seconds of a chunk by the plan's estimate; a whole sweep of this size would have four chunks otherwise
WORKERS = 2
IN_FLIGHT = 2 * WORKERS  # most chunks that are begun and not yet stored
_TRACE = "PLANSIM_DRILL_TRACE"
_COMMAND = "from tests.faults.drills import main; main()"


def main() -> None:
    """The command line with short chunks and a trace; in a process of its own."""
    from experiments import cli

    dispatch = cli.dispatch

    def change_and_dispatch(arguments):
        (Path(os.environ[_TRACE]).parent / f"started-{os.getpid()}").touch()
        import experiments.commands.sweep as command
        import experiments.sweeps.plan as plans

        plans.SHORTEST, plans.CHUNKS_WANTED = SHORTEST, 10_000
        command.run_sweep_chunk = run_traced_chunk
        return dispatch(arguments)

    cli.dispatch = change_and_dispatch
    cli.run_from_shell()


def run_traced_chunk(chunk):
    """What workers run: a file for the chunk, then the chunk."""
    from experiments.sweeps.runs import run_sweep_chunk

    (Path(os.environ[_TRACE]) / f"{chunk.id}-{os.getpid()}-{time.monotonic_ns()}").touch()
    return run_sweep_chunk(chunk)


class Drill:
    """One result folder, the commands that work on it, and what they ran."""

    def __init__(self, folder: Path, *words: str):
        self.folder, self.words = folder / "results", [*SWEEP, f"engine.workers={WORKERS}", *words]
        self.trace = folder / "trace"
        self.trace.mkdir(parents=True)

    def start(self, *words: str, **options) -> subprocess.Popen:
        """Begin the command in a process group of its own."""
        from tests.sweep_worlds import laid_over
        from tests.worlds import hear_ctrl_c

        return subprocess.Popen(
            [sys.executable, "-c", _COMMAND, *laid_over(self.words, words), "--json", "--output", str(self.folder)],
            cwd=ROOT, env=os.environ | {_TRACE: str(self.trace)}, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True, preexec_fn=hear_ctrl_c, **options,
        )  # fmt: skip

    def finish(self, *words: str, status: int = 0) -> tuple[dict, str]:
        """Run the command to its end: its summary and what it said."""
        out, err = (process := self.start(*words)).communicate(timeout=300)
        assert process.returncode == status and "Traceback" not in err, err
        return json.loads(out), err

    @property
    def result(self) -> Path:
        """The result folder; there must be one and no other."""
        (found,) = (self.folder / "sweep").iterdir()
        return found

    def has_started(self, process: subprocess.Popen) -> bool:
        """Wait until the command line is at work: before that, a signal meets Python itself."""
        return wait_until((self.trace.parent / f"started-{process.pid}").exists, 120, process)

    def listed(self) -> list[int]:
        """Chunks of the journal, one entry a whole line."""
        path = next(iter(self.folder.glob("sweep/*/chunks.jsonl")), None)
        lines = path.read_bytes().split(b"\n")[:-1] if path else []
        return [json.loads(line)["id"] for line in lines]

    def wait_for(self, chunks: int, process: subprocess.Popen) -> bool:
        """Wait until so many chunks are stored, or the process has ended; whether they are."""
        return wait_until(lambda: len(self.listed()) >= chunks, 120, process)

    def begun(self) -> Counter:
        """How often each chunk was begun by a worker."""
        return Counter(int(path.name.split("-")[0]) for path in self.trace.iterdir())

    def workers_seen(self) -> set[int]:
        """Process ids that have begun a chunk."""
        return {int(path.name.split("-")[1]) for path in self.trace.iterdir()}

    def content(self) -> str:
        """Hash of the stored rows, each of them checked; no two may share an id."""
        from experiments.store.store import Store

        return Store.view(self.result).content_sha256()


def wait_until(condition, seconds: float, process: subprocess.Popen | None = None) -> bool:
    """Whether a condition came true in time; the wait ends when the process does."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline and (process is None or process.poll() is None):
        time.sleep(0.02)
    return bool(condition())


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def children_of(pid: int) -> list[int]:
    """Processes that a process has started and that are running."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return sorted(found)
