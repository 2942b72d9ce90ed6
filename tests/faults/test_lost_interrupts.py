"""Ctrl-C at a moment at which its exception is lost still ends the command, and the command goes on where it stopped."""

import ctypes
import json
import os
import signal
import sys
import threading

import pytest

from experiments.cli import main
from experiments.execution.interrupts import hearing_interrupts, stop_if_asked
from tests.sweep_worlds import SWEEP, TINY, say


def interrupt_and_eat(number=signal.SIGINT):
    """A signal whose KeyboardInterrupt is raised in a callback from C, where it is printed and forgotten."""
    ctypes.CFUNCTYPE(None)(lambda: os.kill(os.getpid(), number))()


@pytest.fixture
def eaten(monkeypatch):
    """The exceptions that were eaten, in place of what Python prints of them."""
    found = []
    monkeypatch.setattr(sys, "unraisablehook", lambda what: found.append(what.exc_type))
    return found


@pytest.fixture(autouse=True)
def same_handlers():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    yield
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_ends_at_the_next_batch_of_days(number, eaten, capsys, tmp_path, monkeypatch):
    import experiments.commands.run as command

    found, days, simulate = [], [], command.Simulation.run

    def founded_in_trouble(*arguments, **options):
        interrupt_and_eat(number)
        found.append(founding(*arguments, **options))
        return found[-1]

    founding = command.Simulation
    with monkeypatch.context() as patch:
        patch.setattr(founding, "run", lambda self, step: (days.append(step), simulate(self, step)))
        patch.setattr(command, "Simulation", founded_in_trouble)
        status, out, err = say(capsys, "run", *TINY[:-1], "--output", str(tmp_path))
    assert eaten == [KeyboardInterrupt] and len(found) == 1, "the first exception was lost"
    assert (status, out, days) == (130, "", []) and err.strip().splitlines()[-1].startswith("plansim: interrupted")
    status, out, _ = say(capsys, "run", *TINY[:-1], "--output", str(tmp_path), "--json")
    assert status == 0 and json.loads(out)["days"] == 60


def test_a_sweep_keeps_the_chunk_at_hand_and_goes_on(eaten, capsys, tmp_path, monkeypatch):
    import experiments.commands.sweep as command

    monkeypatch.setattr("experiments.sweeps.plan.estimate_seconds", lambda parameters: 0.5)
    run, calls = command.run_sweep_chunk, []

    def interrupted_at_the_second(chunk):
        calls.append(chunk.id)
        if len(calls) == 2:
            interrupt_and_eat()
        return run(chunk)

    monkeypatch.setattr(command, "run_sweep_chunk", interrupted_at_the_second)
    status, out, err = say(capsys, *SWEEP, "--output", str(tmp_path))
    assert (status, out, eaten, calls) == (130, "", [KeyboardInterrupt], [0, 1]) and "Traceback" not in err
    (folder,) = (tmp_path / "sweep").iterdir()
    assert len((folder / "chunks.jsonl").read_bytes().splitlines()) == 2
    status, out, _ = say(capsys, *SWEEP, "--output", str(tmp_path), "--json")
    assert status == 0 and json.loads(out)["done"] == 12 and calls == [0, 1, 2, 3, 4, 5], "nothing is run twice"


def test_a_stop_asked_for_after_the_last_batch_is_told_too(eaten, capsys, tmp_path, monkeypatch):
    import experiments.commands.run as command

    prose = command.prose
    monkeypatch.setattr(command, "prose", lambda summary: (interrupt_and_eat(), prose(summary))[1])
    assert say(capsys, "run", *TINY[:-1], "--output", str(tmp_path))[0] == 130
    assert eaten == [KeyboardInterrupt]
    monkeypatch.undo()
    assert say(capsys, "run", *TINY[:-1], "--output", str(tmp_path))[0] == 0, "no request is left over for the next command"


def test_outside_a_command_nothing_is_heard():
    stop_if_asked()
    with pytest.raises(KeyboardInterrupt), hearing_interrupts():
        os.kill(os.getpid(), signal.SIGTERM)
    stop_if_asked()


def test_a_job_in_the_background_stays_deaf_to_ctrl_c():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with hearing_interrupts():
            os.kill(os.getpid(), signal.SIGINT)
            stop_if_asked()
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_command_may_be_called_in_a_thread(tmp_path):
    """Python takes handlers in the main thread only; a command elsewhere does without."""
    statuses = []
    words = ["parameters", "labour.bonding"]
    thread = threading.Thread(target=lambda: statuses.append(main(words)))
    thread.start()
    thread.join()
    assert statuses == [0]


def test_an_error_that_a_library_raises_in_its_place_is_an_interrupt(capsys, tmp_path, monkeypatch):
    import experiments.commands.run as command

    def close_what_was_never_open(*_, **__):
        try:
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            raise UnboundLocalError("cannot access local variable 'f'")

    with monkeypatch.context() as patch:
        patch.setattr(command, "Simulation", close_what_was_never_open)
        status, out, err = say(capsys, "run", *TINY[:-1], "--output", str(tmp_path))
    assert (status, out) == (130, "") and "Traceback" not in err
    with pytest.raises(UnboundLocalError), hearing_interrupts():
        raise UnboundLocalError("no stop was asked for")
