"""A failing run is a row with its error and its configuration; the others go on, and a resumed sweep keeps what is recorded."""

import json
import os
import signal

import pytest

import experiments.commands.sweep as command
from experiments.api import open_result
from experiments.execution.engine import open_engine
from tests.sweep_worlds import SWEEP, say, sweep

CULPRIT = 5  # a row of twelve
COUNTED = "plansim: 1 of 12 rows failed; their errors and configurations are in the result, with status 'failed'"


def run_deadly_chunk(chunk):
    """What workers run here: row 5 kills its process, like one that takes all the memory."""
    from experiments.sweeps.runs import run_sweep_chunk

    if any(row[0] == CULPRIT for task in chunk.tasks for row in task.rows):
        os.kill(os.getpid(), signal.SIGKILL)
    return run_sweep_chunk(chunk)


def run_broken_chunk(chunk):
    """What workers run here: row 5 takes its whole chunk with it."""
    from experiments.sweeps.runs import run_sweep_chunk

    if any(row[0] == CULPRIT for task in chunk.tasks for row in task.rows):
        raise ArithmeticError("a model\nthat breaks")
    return run_sweep_chunk(chunk)


@pytest.fixture
def sound_rows(tmp_path, capsys):
    """Rows of the sweep in which nothing fails."""
    status, folder, _ = sweep(capsys, tmp_path / "sound")
    assert status == 0
    return open_result(folder).frame()


def check_the_rows(folder, sound_rows, error):
    frame = open_result(folder).frame()
    assert list(frame["id"]) == list(range(12))
    (failed,) = frame[frame["status"] == "failed"].to_dict("records")
    assert failed["id"] == CULPRIT and error in failed["error"] and "\n" not in failed["error"]
    settings = json.loads(failed["configuration"])
    assert settings["seed"] == failed["seed"] and settings["labour.bonding"] == failed["labour.bonding"]
    assert settings["policy"]["name"] == failed["arm"]
    others = frame[frame["id"] != CULPRIT].reset_index(drop=True)
    expected = sound_rows[sound_rows["id"] != CULPRIT].reset_index(drop=True)
    assert (others["ledger_sha256"] == expected["ledger_sha256"]).all() and (others["status"] == "done").all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("function", "error"), [(run_deadly_chunk, "its worker died"), (run_broken_chunk, "ArithmeticError: a model that breaks")]
)
@pytest.mark.parametrize("estimate", [0.5, 0.1], ids=["among others", "in one chunk with all"])
def test_one_failing_run_in_a_worker(function, error, estimate, sound_rows, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("experiments.sweeps.plan.estimate_seconds", lambda parameters: estimate)
    monkeypatch.setattr(command, "run_sweep_chunk", function)
    monkeypatch.setattr("experiments.execution.engine.open_engine_from", lambda *_: open_engine(2))
    status, folder, err = sweep(capsys, tmp_path)
    assert status == 1 and err.splitlines()[-1] == COUNTED and "Traceback" not in err
    check_the_rows(folder, sound_rows, error)


def fail_row(monkeypatch):
    """Row 5 raises; the rows that are run are noted."""
    import experiments.sweeps.runs as runs

    measure, run = runs._measure, []

    def measure_or_fail(parameters, task):
        run.append(task.rows[0][0])
        if task.rows[0][0] == CULPRIT:
            raise ZeroDivisionError("a model\nthat breaks")
        return measure(parameters, task)

    monkeypatch.setattr(runs, "_measure", measure_or_fail)
    return run


def test_a_failure_is_kept_when_the_sweep_is_resumed(sound_rows, tmp_path, capsys, monkeypatch):
    """A row follows from the plan, the code and the seed alone: it would fail again. It is not run again, and still counts."""
    monkeypatch.setattr("experiments.sweeps.plan.estimate_seconds", lambda parameters: 0.5)
    run = fail_row(monkeypatch)

    with monkeypatch.context() as patch:
        chunks, original = [], command.run_sweep_chunk

        def stop_at_the_fifth(chunk):
            chunks.append(chunk.id)
            if len(chunks) == 5:
                raise KeyboardInterrupt
            return original(chunk)

        patch.setattr(command, "run_sweep_chunk", stop_at_the_fifth)
        assert say(capsys, *SWEEP, "--output", str(tmp_path))[0] == 130
    assert CULPRIT in run
    for expected in ([8, 9, 10, 11], []):  # what was left; and then nothing
        run.clear()
        status, folder, err = sweep(capsys, tmp_path)
        assert status == 1 and err.splitlines()[-1] == COUNTED
        assert run == expected
    check_the_rows(folder, sound_rows, "ZeroDivisionError: a model that breaks")
    status, out, err = say(capsys, "rerun", str(folder), str(CULPRIT))
    assert status == 0 and "equal" in out, "it fails again, in the same way"


def test_every_run_may_fail_and_the_sweep_ends(tmp_path, capsys, monkeypatch):
    import experiments.sweeps.runs as runs

    monkeypatch.setattr(runs, "_measure", lambda parameters, task: 1 / 0)
    status, folder, err = sweep(capsys, tmp_path)
    assert status == 1 and "12 of 12 rows failed" in err and "Traceback" not in err
    frame = open_result(folder).frame()
    assert set(frame["error"]) == {"ZeroDivisionError: division by zero"}
    assert say(capsys, "show", str(folder))[0] == 0
