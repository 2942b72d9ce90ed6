"""Seconds that are counted while rules are compiled: on a terminal, and gone afterwards; never in a log."""

import io
import sys
import time

import pytest

from sim.engine.stopwatch import EXPECTED, seconds_shown


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_sees_seconds_pass_and_is_left_clean(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with seconds_shown():
        time.sleep(2.3)
    shown = sys.stderr.getvalue()
    assert shown.startswith(f"\r1 s of {EXPECTED}\r2 s of {EXPECTED}\r") and shown.endswith(f"\r{' ' * 40}\r")
    assert "\n" not in shown and len(f"100 s of {EXPECTED}") < 40


@pytest.mark.parametrize(("stream", "is_wanted"), [(io.StringIO, True), (Terminal, False)])
def test_a_log_sees_none_and_neither_does_a_terminal_when_nothing_is_compiled(monkeypatch, stream, is_wanted):
    monkeypatch.setattr(sys, "stderr", stream())
    with seconds_shown(is_wanted):
        time.sleep(1.2)
    assert sys.stderr.getvalue() == ""


def test_an_error_ends_the_count(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with pytest.raises(KeyError), seconds_shown():
        raise KeyError
    shown = sys.stderr.getvalue()
    time.sleep(1.2)
    assert sys.stderr.getvalue() == shown
