"""A hypothesis test that is interrupted or killed goes on where it stopped, and ends with the same rows."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.worlds import hear_ctrl_c

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
WORDS = ["test", "hypothesis=displacement", "market=class", "days=500", "hypothesis.adapted_days=40", "--json"]


def start(folder, *words, pairs=24):
    """Begin the command as a user would, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "experiments.cli", *WORDS, f"n_pairs={pairs}", *words, "--output", str(folder)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=hear_ctrl_c,
    )  # fmt: skip


def finished(folder, *words):
    """Run the command to its end; its summary."""
    process = start(folder, *words)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return json.loads(out)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    return finished(tmp_path_factory.mktemp("whole"), "engine.workers=2")


def stop_midway(folder, number):
    """Start, wait until two chunks are stored, and send a signal; status, standard error, chunks stored."""
    process = start(folder, "engine.workers=2")
    journal = None
    for _ in range(600):
        time.sleep(0.1)
        journal = next(iter(folder.glob("test/*/chunks.jsonl")), None)
        if journal and len(journal.read_text().splitlines()) >= 2:
            break
        assert process.poll() is None, process.communicate()[1]
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    return process.returncode, err, len(journal.read_text().splitlines())


@pytest.mark.parametrize(
    "number",
    [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.full), pytest.param(signal.SIGKILL, marks=pytest.mark.full)],
)
def test_it_goes_on_where_it_stopped(number, uninterrupted, tmp_path):
    status, err, stored = stop_midway(tmp_path, number)
    if number == signal.SIGKILL:
        assert status == -number
    else:
        assert status == 130
        assert err.strip().splitlines()[-1].startswith("plansim: interrupted") and "Traceback" not in err
    resumed = finished(tmp_path)
    journal = next(iter(tmp_path.glob("test/*/chunks.jsonl"))).read_text().splitlines()
    ids = [json.loads(line)["id"] for line in journal]
    assert stored >= 1 and len(set(ids)) == len(ids), "no chunk was run twice"  # a line may have been taken back
    assert resumed["rows_sha256"] == uninterrupted["rows_sha256"]
    assert resumed == uninterrupted


@pytest.mark.full
def test_a_table_over_structures_goes_on_after_a_kill(tmp_path):
    """Tests that were finished before are not run again, and the table is that of a run without the kill."""
    words = ["structures=replacement", "scenarios=main", "engine.workers=2"]
    whole = finished(tmp_path / "whole", *words)
    folder = tmp_path / "killed"
    process = start(folder, *words)
    for _ in range(1200):
        time.sleep(0.1)
        first = list(folder.glob("test/*/summary.json"))
        if first and len(list(folder.glob("test/*/chunks.jsonl"))) == 2:
            break
        assert process.poll() is None, process.communicate()[1]
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    made = first[0].stat().st_mtime_ns
    assert not list(folder.glob("structures/*/summary.json")), "it was killed before its end"
    assert finished(folder, *words) == whole and [row["structure"] for row in whole["rows"]] == ["default", "replacement"]
    assert first[0].stat().st_mtime_ns == made


def test_workers_do_not_matter(uninterrupted, tmp_path):
    assert finished(tmp_path, "engine.workers=1") == uninterrupted


def test_a_second_parent_is_refused(tmp_path):
    first = start(tmp_path, "engine.workers=2", pairs=400)
    for _ in range(300):
        time.sleep(0.1)
        if list(tmp_path.glob("test/*/.lock")):
            break
    second = start(tmp_path, pairs=400)
    _, err = second.communicate(timeout=60)
    os.killpg(first.pid, signal.SIGTERM)
    first.communicate(timeout=30)
    assert second.returncode == 2
    assert "Traceback" not in err and len(err.strip().splitlines()) == 1
