"""Truncated, emptied, bit-flipped and lost files of a result: each is found and made again, or refused with its remedy."""

import json
import random
import shutil
from pathlib import Path

import pytest

from experiments.store.checksums import find_changed, read_sums
from experiments.store.files import StoreFailure
from experiments.store.store import Store
from tests.sweep_worlds import SWEEP, say

ROWS, CHUNKS = 12, 6
NO_EVIDENCE = ("progress.log", ".lock")  # nothing is concluded from them
STATES = ("interrupted", "finished", "put together")


def empty(data, chance):
    return b""


def truncate(data, chance):
    return data[: chance.randrange(len(data))] if data else None


def flip_a_bit(data, chance):
    changed = bytearray(data)
    if changed:
        changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def lose_a_block(data, chance):
    """Zeros where a block was, as after a loss of power."""
    start = chance.randrange(max(1, len(data) - 16))
    return data[:start] + bytes(min(512, len(data) - start)) + data[start + 512 :]


def add_rubbish(data, chance):
    return data + chance.randbytes(chance.randrange(1, 40))


def remove(data, chance):
    return None


DAMAGES = (empty, truncate, flip_a_bit, flip_a_bit, flip_a_bit, lose_a_block, add_rubbish, remove)


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """The same sweep three times: stopped after four of six chunks; finished, a file a chunk; finished, files put together."""
    import experiments.commands.sweep as command
    from experiments.cli import main

    results = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("experiments.sweeps.plan.estimate_seconds", lambda parameters: 0.5)
        patch.setattr(command, "ROWS_A_FILE", 5)
        for state in STATES:
            folder = tmp_path_factory.mktemp("sound") / state.replace(" ", "-")
            with pytest.MonkeyPatch.context() as inner:
                if state != "put together":
                    inner.setattr(command, "FILES_A_HUNDRED_RUNS", 100)
                if state == "interrupted":
                    inner.setattr(command, "run_sweep_chunk", stop_at(command.run_sweep_chunk, 5))
                assert main([*SWEEP, "--output", str(folder)]) == (130 if state == "interrupted" else 0)
            (results[state],) = (folder / "sweep").iterdir()
        yield results


def stop_at(run, number):
    """A function for chunks that is interrupted at the so-manieth."""
    calls = []

    def stopping(chunk):
        calls.append(chunk.id)
        if len(calls) == number:
            raise KeyboardInterrupt
        return run(chunk)

    return stopping


def test_the_three_results_are_what_they_should_be(sound):
    files = {state: sorted(path.name for path in (folder / "rows").iterdir()) for state, folder in sound.items()}
    assert [len(files[state]) for state in STATES] == [4, 6, 2]
    assert all(name.startswith("part-") for name in files["put together"])
    finished, together = (json.loads((sound[state] / "summary.json").read_text()) for state in STATES[1:])
    assert finished == together and finished["done"] == ROWS


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def damage_one(sound, tmp_path, seed, capsys):
    """Damage a file of a copy at random; show it, go on with it, and compare. What was done, in words."""
    chance = random.Random(seed)
    state = chance.choice(STATES)
    whole = json.loads((sound["finished"] / "summary.json").read_text())
    root = tmp_path / str(seed)
    folder = root / "sweep" / sound[state].name
    shutil.copytree(sound[state], folder)
    victim = chance.choice(files_of(folder))
    before, damage = victim.read_bytes(), chance.choice(DAMAGES)
    after = damage(before, chance)
    victim.write_bytes(after) if after is not None else victim.unlink()
    what = f"{state}: {damage.__name__} {victim.relative_to(folder)}"
    harmed = after != before and victim.name not in NO_EVIDENCE
    if victim.name == "manifest.json" and harmed:
        refused(root, folder, victim, before, what, capsys)
    else:
        shown(folder, victim, harmed, what, capsys)
    status, out, err = say(capsys, *SWEEP, "--output", str(root), "--json")
    assert status == 0 and "Traceback" not in err, (what, err)
    assert json.loads(out) == whole, what
    store = Store.view(folder, pytest.fail)
    assert store.content_sha256() == whole["rows_sha256"] and len(store.finished) == CHUNKS, what
    assert find_changed(folder, read_sums(folder)) == [] and store.read_summary() == whole, what
    shutil.rmtree(root)
    return what


def refused(root, folder, manifest, before, what, capsys):
    """Who made the rows cannot be found out again: no command goes on, the line says what can be done."""
    for words in ([*SWEEP, "--output", str(root)], ["show", str(folder)], ["rerun", str(folder), "0"]):
        status, out, err = say(capsys, *words)
        missing = not manifest.exists()
        assert status in ((1, 2) if missing else (1,)) and out == "" and "manifest.json" in err, (what, err)
        assert len(err.splitlines()) == 1 and "Traceback" not in err
        assert missing or "put a copy of it back" in err
    manifest.write_bytes(before)


def shown(folder, victim, harmed, what, capsys):
    """`plansim show` reads what is left and names what is not; it changes nothing."""
    every = {path: path.read_bytes() for path in files_of(folder)}
    status, out, err = say(capsys, "show", str(folder), "--json")
    assert {path: path.read_bytes() for path in files_of(folder)} == every, what
    assert "Traceback" not in err and (out or len(err.splitlines()) == 1), (what, err)
    told = json.loads(out) if out else {"rows": 0, "damaged": [err]}
    assert status == (1 if told["damaged"] else 0) or "holds no finished chunk" in err, (what, err)
    every_row = 2 * len(list((folder / "rows").iterdir())) if what.startswith("interrupted") else ROWS
    if victim.parent.name == "rows" and harmed:
        assert status == 1 and victim.name in err, (what, err)
        each = {"interrupted": 2, "finished": 2, "put together": 6}[what.split(":")[0]]
        assert told["rows"] == every_row + 2 * (what.startswith("interrupted") and not victim.exists()) - each, what
    elif victim.name in ("chunks.jsonl", "parts.json"):
        assert told["rows"] <= every_row, what
    elif victim.name == "SHA256SUMS":  # the hash of a file that has one elsewhere too is not asked for
        assert told["rows"] == every_row, (what, err)
    else:
        assert (status, told["rows"]) == (int(harmed), every_row) and (victim.name in err) == harmed, (what, err)


@pytest.mark.slow
def test_a_dozen_damaged_files(sound, tmp_path, capsys):
    done = {damage_one(sound, tmp_path, seed, capsys) for seed in range(1_000, 1_012)}
    assert len(done) > 8


@pytest.mark.full
def test_three_hundred_damaged_files(sound, tmp_path, capsys):
    done = [damage_one(sound, tmp_path, seed, capsys) for seed in range(300)]
    for name in ("manifest.json", "chunks.jsonl", "parts.json", "summary.json", "SHA256SUMS", "report.html", "rows/"):
        assert sum(name in what for what in done) >= 5, f"too few cases with {name}"


@pytest.mark.parametrize("name", ["summary.json", "SHA256SUMS", "report.html", "chunks.jsonl", "rows/chunk-000003.parquet"])
@pytest.mark.parametrize("damage", [empty, truncate, flip_a_bit, remove])
def test_each_kind_of_file_is_made_again(name, damage, sound, tmp_path, capsys, monkeypatch):
    """The file itself is as it was, or as good: nothing that was damaged is left."""
    monkeypatch.setattr("experiments.commands.sweep.FILES_A_HUNDRED_RUNS", 100)
    folder = tmp_path / "sweep" / sound["finished"].name
    shutil.copytree(sound["finished"], folder)
    before = (folder / name).read_bytes()
    after = damage(before, random.Random(f"{name} {damage.__name__}"))
    (folder / name).write_bytes(after) if after is not None else (folder / name).unlink()
    status, _, err = say(capsys, *SWEEP, "--output", str(tmp_path))
    assert status == 0 and "Traceback" not in err
    if name == "chunks.jsonl":  # lines may come in another order
        assert set((folder / name).read_bytes().splitlines()) == set(before.splitlines())
    elif name != "SHA256SUMS":  # it lists the journal
        assert (folder / name).read_bytes() == before
    assert find_changed(folder, read_sums(folder)) == []


def test_rows_of_two_results_are_not_mixed_up(sound, tmp_path, capsys):
    """A sound file in the place of another is as bad as a damaged one."""
    folder = tmp_path / "sweep" / sound["finished"].name
    shutil.copytree(sound["finished"], folder)
    shutil.copy(folder / "rows" / "chunk-000001.parquet", folder / "rows" / "chunk-000004.parquet")
    with pytest.raises(StoreFailure, match="chunk-000004.parquet is damaged"):
        Store.view(folder).read_rows()
    status, _, err = say(capsys, *SWEEP, "--output", str(tmp_path))
    assert status == 0 and "chunk-000004.parquet is damaged; its chunk has to be made again" in err
    assert Store.view(folder).content_sha256() == Store.view(sound["finished"]).content_sha256()


TINY = ["market=class", "days=60", "burn_in=5", "policy.start_day=20", "engine.workers=1"]
ANALYSIS = [
    "sensitivity", *TINY, "sensitivity.factors.labour.bonding={low: 0.0, high: 1.0}", "sensitivity.keep=1",
    "sensitivity.factors.labour.max_plans={low: 1, high: 3}", "sensitivity.trajectories=2", "sensitivity.rows=4",
    "sensitivity.replicates=2", "sensitivity.resamples=100",
]  # fmt: skip


@pytest.mark.slow
def test_a_sensitivity_analysis_finds_what_is_damaged_in_the_sweeps_inside_it(tmp_path, capsys):
    status, out, err = say(capsys, *ANALYSIS, "--json", "--output", str(tmp_path))
    assert status == 0, err
    (folder,) = (tmp_path / "sensitivity").iterdir()
    for inside in ("screening", "indices"):
        victim = next((folder / inside / "rows").iterdir())
        sound = victim.read_bytes()
        victim.write_bytes(sound[:-1])
        status, again, err = say(capsys, *ANALYSIS, "--json", "--output", str(tmp_path))
        assert (status, again) == (0, out) and f"{victim} is damaged" in err and "Traceback" not in err
        assert victim.read_bytes() == sound
        assert say(capsys, *ANALYSIS, "--json", "--output", str(tmp_path)) == (0, out, "")
