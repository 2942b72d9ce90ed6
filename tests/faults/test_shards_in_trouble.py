"""Shards missing, doubled, damaged or stopped, and merges that are killed: what is at fault is named, and all can go on."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.store.store import Store
from tests.faults.drills import ROOT, Drill, wait_until
from tests.faults.test_damaged_files import empty, flip_a_bit, remove, truncate
from tests.sweep_worlds import SWEEP, say

SHARDS = 3


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The tiny sweep in one piece, and in three shards of two chunks each: their folders."""
    from experiments.cli import main

    folder = tmp_path_factory.mktemp("shards")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("experiments.sweeps.plan.estimate_seconds", lambda parameters: 0.5)
        assert main([*SWEEP, "--output", str(folder / "whole")]) == 0
        for number in range(1, SHARDS + 1):
            files = 1 if number == SHARDS else 100  # the last has one file
            patch.setattr("experiments.commands.sweep.FILES_A_HUNDRED_RUNS", files)
            assert main([*SWEEP, f"shard={number}/{SHARDS}", "--output", str(folder / "array")]) == 0
        yield next((folder / "whole" / "sweep").iterdir()), sorted((folder / "array" / "sweep").iterdir())


@pytest.fixture
def shards(made, tmp_path):
    """Copies of the three shards, to be spoilt."""
    return [Path(shutil.copytree(shard, tmp_path / "array" / "sweep" / shard.name)) for shard in made[1]]


def merge(capsys, into, shards):
    """Status, standard output and standard error of a merge."""
    return say(capsys, "merge", str(into), *map(str, shards), "--json")


def check_merged(capsys, into, shards, whole):
    """The merge succeeds, with the numbers of the sweep in one piece."""
    status, out, err = merge(capsys, into, shards)
    assert status == 0, err
    assert json.loads(out) == json.loads((whole / "summary.json").read_text())
    assert Store.view(into, pytest.fail).content_sha256() == Store.view(whole).content_sha256()


def incomplete(capsys, into, shards, *said):
    """The merge takes what there is, says all this on standard error, and leaves an unfinished result."""
    status, out, err = merge(capsys, into, shards)
    assert (status, out) == (1, "") and "Traceback" not in err, err
    for part in (*said, f"{into} is not finished"):
        assert part in err, err
    assert not (into / "summary.json").exists()


def refused(capsys, into, shards, status, *said):
    """The merge is refused in one line that says all this; what it made is no finished result."""
    found, out, err = merge(capsys, into, shards)
    assert (found, out) == (status, "") and len(err.splitlines()) == 1 and "Traceback" not in err, err
    assert all(part in err for part in said), err
    assert not (into / "summary.json").exists()


def test_shards_make_the_whole(made, shards, tmp_path, capsys):
    check_merged(capsys, tmp_path / "merged", shards, made[0])


def test_a_missing_and_a_doubled_shard_are_named(made, shards, tmp_path, capsys):
    into = tmp_path / "merged"
    double = shutil.copytree(shards[1], tmp_path / "double")
    refused(capsys, into, [*shards, double], 2, "shard 2/3 is given twice", str(shards[1]), str(double))
    refused(capsys, into, [shards[0], made[0], shards[2]], 2, "is not a shard of a sweep", made[0].name)
    assert not into.exists()
    incomplete(capsys, into, shards[1:2], "shards 1/3, 3/3 are missing: run them", "4 of 6 chunks are missing")
    incomplete(capsys, into, [shards[0], tmp_path / "nowhere"], "nowhere holds no result", "shard 3/3 is missing: run it")
    check_merged(capsys, into, shards[2:], made[0])


@pytest.mark.slow
@pytest.mark.parametrize("damage", [empty, truncate, flip_a_bit, remove])
@pytest.mark.parametrize(
    ("kind", "number"),
    [("rows/chunk*", 2), ("chunks.jsonl", 2), ("manifest.json", 2), ("rows/part*", 3), ("parts.json", 3)],
)
def test_a_damaged_shard_is_named_and_made_again(kind, number, damage, made, shards, tmp_path, capsys):
    into, harmed = tmp_path / "merged", shards[number - 1]
    victim = next(harmed.glob(kind))
    before = victim.read_bytes()
    after = damage(before, random.Random(f"{kind} {damage.__name__}"))
    victim.write_bytes(after) if after is not None else victim.unlink()
    found, out, err = merge(capsys, into, shards)
    assert found == 1 and out == "" and str(harmed) in err and "Traceback" not in err, err
    assert f"shard={number}/3" in err or ("manifest.json" in err and f"shard {number}/3 is missing" in err), err
    assert not (into / "summary.json").exists()
    if kind == "manifest.json":  # whose rows they are can be found out no more
        shutil.rmtree(harmed)
    status, _, err = say(capsys, *SWEEP, f"shard={number}/3", "--output", str(tmp_path / "array"))
    assert status == 0, err
    check_merged(capsys, into, shards, made[0])


def test_a_shard_that_was_stopped_is_named_and_goes_on(made, shards, tmp_path, capsys, monkeypatch):
    import experiments.commands.sweep as command

    shutil.rmtree(shards[2])
    run, calls = command.run_sweep_chunk, []

    def stop_at_the_second(chunk):
        calls.append(chunk.id)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return run(chunk)

    with monkeypatch.context() as patch:
        patch.setattr(command, "run_sweep_chunk", stop_at_the_second)
        assert say(capsys, *SWEEP, "shard=3/3", "--output", str(tmp_path / "array"))[0] == 130
    incomplete(capsys, tmp_path / "merged", shards, str(shards[2]), "chunk 5 is missing", "run shard=3/3 again")
    assert say(capsys, *SWEEP, "shard=3/3", "--output", str(tmp_path / "array"))[0] == 0
    check_merged(capsys, tmp_path / "merged", shards, made[0])


def test_a_merged_result_heals_like_any_other(made, shards, tmp_path, capsys):
    """The plain command, in the same folder of results, makes again what is damaged in a merged one."""
    into = shards[0].parent / made[0].name
    check_merged(capsys, into, shards, made[0])
    victim = sorted((into / "rows").iterdir())[0]
    victim.write_bytes(victim.read_bytes()[:-1])
    status, out, err = say(capsys, *SWEEP, "--json", "--output", str(tmp_path / "array"))
    assert status == 0 and "to be made again" in err
    assert json.loads(out)["rows_sha256"] == Store.view(made[0]).content_sha256() == Store.view(into).content_sha256()


PRICES = ["sweep.factors.demand.price_start=[60.0,120.0]", "sweep.factors.demand.price_high=[100.0,300.0]"]  # one cannot be


@pytest.mark.slow
def test_a_job_array_in_which_all_goes_wrong_makes_the_sweep_of_one_machine(tmp_path, capsys, monkeypatch):
    """Some rows fail, one shard is stopped midway, one never starts: the merge names them, and goes on when they are made."""
    import experiments.commands.sweep as command

    words = [*(word for word in SWEEP if "bonding" not in word), *PRICES]
    status, out, err = say(capsys, *words, "--json", "--output", str(tmp_path / "whole"))
    assert status == 1 and "4 of 16 rows failed" in err
    whole = json.loads(out)

    def shard(number):
        return say(capsys, *words, f"shard={number}/4", "--output", str(tmp_path / "array"))[0]

    def merge_all():
        shards = sorted((tmp_path / "array" / "sweep").glob("*-shard-*-of-4"))
        into = shards[0].parent / shards[0].name.partition("-shard-")[0]
        return into, *merge(capsys, into, shards)

    monkeypatch.setattr("experiments.sweeps.plan.estimate_seconds", lambda parameters: 0.5)  # two chunks a shard
    run = command.run_sweep_chunk
    assert shard(1) in (0, 1)
    with monkeypatch.context() as patch:
        calls = []
        patch.setattr(command, "run_sweep_chunk", lambda chunk: run(chunk) if not calls else os.kill(os.getpid(), signal.SIGINT))
        write = Store.write_chunk
        patch.setattr(Store, "write_chunk", lambda store, id, table: (write(store, id, table), calls.append(id)))
        assert shard(2) == 130
    assert shard(4) in (0, 1)

    into, status, out, err = merge_all()
    assert (status, out) == (1, "") and "Traceback" not in err
    assert "3 shards merged: 5 chunks" in err and "rows failed (" in err and "3 of 8 chunks are missing" in err
    assert "-shard-2-of-4 is not finished (chunk 5 is missing): run shard=2/4 again" in err
    assert "shard 3/4 is missing: run it" in err and not (into / "summary.json").exists()
    assert say(capsys, "show", str(into))[0] == 0, "what is there can be read"

    statuses = [shard(2), shard(3)]
    assert 1 in statuses or shard(1) == 1
    into, status, out, err = merge_all()
    assert status == 1 and "4 of 16 rows failed (" in err and "missing" not in err
    assert json.loads(out) == whole, "failed rows are kept as failed, and all else is as on one machine"


def test_what_shards_began_in_their_own_chunks_is_completed_in_one_piece(made, tmp_path, capsys):
    """Five shards of a sweep that is one chunk otherwise: the plain command takes up what was merged of them."""
    array = tmp_path / "array"
    for number in range(1, 5):
        assert say(capsys, *SWEEP, f"shard={number}/5", "--output", str(array))[0] == 0
    shards = sorted((array / "sweep").iterdir())
    rows = [Store.view(shard).read_rows().num_rows for shard in shards]
    assert set(rows) == {2, 3}
    into = array / "sweep" / made[0].name
    incomplete(capsys, into, shards, "shard 5/5 is missing")
    status, out, _ = say(capsys, *SWEEP, "--json", "--output", str(array))
    assert status == 0 and json.loads(out) == json.loads((made[0] / "summary.json").read_text())
    assert len(Store.view(into).finished) == 5, "the chunks of the shards, and not the one of the whole"


@pytest.mark.full
def test_shards_and_merges_that_are_killed(undisturbed_sweep, tmp_path):
    """A kill of one shard and several of the merge; then both go on to the rows of the undisturbed sweep."""
    drill, chance = Drill(tmp_path), random.Random(7)
    process = drill.start("shard=1/2")
    assert drill.wait_for(2, process)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    drill.finish("shard=1/2")
    drill.finish("shard=2/2")
    shards = sorted((drill.folder / "sweep").iterdir())
    into = tmp_path / "merged"
    for _ in range(2):
        merging = start_merge(into, shards)
        assert wait_until(lambda: list(into.glob("rows/*")), 60, merging)
        wait_until(lambda: False, chance.uniform(0.0, 0.1), merging)
        merging.kill()
        merging.communicate(timeout=60)
        assert merging.returncode == -signal.SIGKILL and not (into / "summary.json").exists()
    merging = start_merge(into, shards)
    out, err = merging.communicate(timeout=120)
    assert merging.returncode == 0 and "Traceback" not in err, err
    assert json.loads(out) == undisturbed_sweep.summary
    assert Store.view(into, pytest.fail).content_sha256() == undisturbed_sweep.summary["rows_sha256"]


def start_merge(into, shards):
    """Begin the merge in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "experiments.cli", "merge", str(into), *map(str, shards), "--json"],
        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
