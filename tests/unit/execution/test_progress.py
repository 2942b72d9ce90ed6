"""Progress goes to standard error and adapts to what standard error is."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.execution import progress as module
from experiments.execution.progress import Progress

ROOT = Path(__file__).resolve().parents[3]


class Clock:
    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now


def test_plain_lines_come_at_most_every_ten_seconds(capfd, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    with Progress(100, "sweep", already_done=40) as progress:
        for _ in range(30):
            clock.now += 1
            progress.advance(2)
    output = capfd.readouterr()
    assert output.out == ""
    assert output.err.splitlines() == [
        "sweep: 60/100, 0:00:10, 0:00:20 left",
        "sweep: 80/100, 0:00:20, 0:00:10 left",
        "sweep: 100/100, 0:00:30, 0:00:00 left",
        "sweep: 100/100, 0:00:30",
    ]


def test_a_stopped_run_says_so(capfd):
    with pytest.raises(KeyboardInterrupt), Progress(5, "runs") as progress:
        progress.advance()
        raise KeyboardInterrupt
    assert capfd.readouterr().err == "runs: 1/5, 0:00:00, stopped\n"


@pytest.mark.parametrize("terminal", ["xterm", "dumb"])
def test_a_terminal_gets_a_bar_and_standard_output_stays_clean(terminal):
    code = (
        "from experiments.execution.progress import Progress\n"
        "with Progress(4, 'runs [a]') as p:\n    p.advance(3); print('{}'); p.advance()\n"
    )
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": terminal, "COLUMNS": "100"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=theirs,
        check=True,
    )
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.stdout == b"{}\n"
    assert "4/4" in shown
    assert "runs [a]" in shown
    assert ("\x1b" in shown) == (terminal == "xterm")
