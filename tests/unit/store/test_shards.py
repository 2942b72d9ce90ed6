"""Shards put together are the whole, to the last bit; what does not belong together is refused."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from experiments.execution.chunks import plan_chunks
from experiments.store import store
from experiments.store.files import read_sealed, write_sealed
from experiments.store.shards import Merged, merge_results
from experiments.store.store import Store, StoreError

ROOT = Path(__file__).resolve().parents[3]
MANIFEST = {"command": "sweep", "configuration": {"market": {"seed": 1}}, "source_sha256": "ab"}
CHUNKS, SHARDS = 7, 3


def make_rows(chunk):
    return pa.table({"id": list(chunk.tasks), "harm": [task / 7 for task in chunk.tasks]})


def fill(folder, shard=None, manifest=MANIFEST, change=lambda chunks: chunks, compact=False):
    """Run a shard (i, n) or the whole of a plan into a folder."""
    chunks = plan_chunks(range(40), 6)
    assert len(chunks) == CHUNKS
    manifest = manifest | {"plan": {"rows": 40, "chunks": len(chunks)}}
    if shard:
        manifest["shard"] = f"{shard[0]}/{shard[1]}"
        chunks = [chunk for chunk in chunks if chunk.id % shard[1] == shard[0] - 1]
    with Store.open(folder, manifest) as store:
        for chunk in change(chunks):
            store.write_chunk(chunk.id, make_rows(chunk))
        if compact:
            store.compact(1_000)
    return folder


@pytest.fixture
def shards(tmp_path):
    return [fill(tmp_path / f"shard-{i}", (i, SHARDS)) for i in range(1, SHARDS + 1)]


def contents(folder):
    files = [path for path in Path(folder).rglob("*") if path.is_file() and path.name != ".lock"]
    return {path.relative_to(folder): path.read_bytes() for path in files}


def refused(folders, into, *said):
    """The merge is refused in one line that says all this, and nothing is made."""
    with pytest.raises(StoreError) as caught:
        merge_results(folders, into)
    text = str(caught.value)
    assert "\n" not in text
    for part in said:
        assert part in text, text
    return text


@pytest.mark.parametrize("compacted", [(), (0,), (0, 1, 2)])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_the_merged_result_is_that_of_one_run(order, compacted, tmp_path):
    whole = Store.view(fill(tmp_path / "whole"))
    folders = [fill(tmp_path / f"s{i}", (i + 1, SHARDS), compact=i in compacted) for i in order]
    merged = merge_results(folders, tmp_path / "merged")
    assert merged == Merged(SHARDS, CHUNKS, 40, whole.content_sha256())
    result = Store.view(tmp_path / "merged")
    assert result.read_rows().equals(whole.read_rows())
    assert result.finished == whole.finished
    assert result.manifest == whole.manifest  # and nothing says any more that it came in pieces


def test_a_merge_can_be_interrupted_and_done_again(shards, tmp_path, monkeypatch):
    into = tmp_path / "merged"
    copies, append = [], store.append_to_journal

    def append_four(folder, entry):
        copies.append(entry.chunks)
        if len(copies) == 4:
            raise KeyboardInterrupt
        append(folder, entry)

    with monkeypatch.context() as patch:
        patch.setattr(store, "append_to_journal", append_four)
        with pytest.raises(KeyboardInterrupt):
            merge_results(shards, into)
    assert len(Store.view(into).finished) == 3
    first = merge_results(shards, into)
    before = contents(into)
    assert merge_results(list(reversed(shards)), into) == first
    assert contents(into) == before
    assert first.content_sha256 == Store.view(fill(tmp_path / "whole")).content_sha256()


def test_a_whole_that_was_begun_is_completed(shards, tmp_path):
    begun = fill(tmp_path / "begun", change=lambda chunks: chunks[1:4])
    fill(tmp_path / "again-2", (2, SHARDS), compact=True)  # its file has chunk 1, which is there, and 4
    merged = merge_results([shards[0], tmp_path / "again-2", shards[2]], begun)
    assert merged.content_sha256 == Store.view(fill(tmp_path / "whole")).content_sha256()


def test_a_folder_of_other_things_is_left_alone(shards, tmp_path):
    root = tmp_path / "results"
    for name in ("run", "sweep", "test"):
        (root / name / "0123").mkdir(parents=True)
    refused(shards, root, "results holds other things (run, sweep, test)", "a new or an empty folder")
    assert sorted(path.name for path in root.iterdir()) == ["run", "sweep", "test"]
    (tmp_path / "half" / "rows").mkdir(parents=True)
    (tmp_path / "half" / ".lock").touch()
    assert merge_results(shards, tmp_path / "half").rows == 40, "what a merge leaves that is stopped at once"
    (tmp_path / "lost" / "rows").mkdir(parents=True)
    (tmp_path / "lost" / "rows" / "chunk-000001.parquet").touch()
    refused(shards, tmp_path / "lost", "other things (rows)")


def test_more_shards_than_chunks(tmp_path):
    folders = [fill(tmp_path / f"s{i}", (i, 9)) for i in range(1, 10)]
    assert merge_results(folders, tmp_path / "merged").rows == 40


def lacks(folders, into, lacking, *said):
    """The merge takes what there is, and says all this, a line for each thing; the number of its rows."""
    merged = merge_results(folders, into)
    assert (merged.lacking, merged.chunks) == (lacking, CHUNKS - lacking) and len(merged.faults) == len(said), merged
    for line, parts in zip(merged.faults, said, strict=True):
        assert "\n" not in line and all(part in line for part in parts), line
    assert not (into / "summary.json").exists()
    return merged.rows


def test_a_missing_shard_is_named_and_the_others_are_merged(shards, tmp_path):
    into = tmp_path / "m"
    assert lacks(shards[:1], into, 4, ["shards 2/3, 3/3 are missing: run them"]) == 16
    assert lacks(shards[::2], into, 2, ["shard 2/3 is missing: run it"]) == 28
    assert merge_results(shards[1:2], into).content_sha256 == Store.view(fill(tmp_path / "whole")).content_sha256()
    refused([], tmp_path / "n", "no shard is given")
    refused([tmp_path / "nowhere"], tmp_path / "n", "nowhere holds no result")
    assert not (tmp_path / "n").exists()


def test_a_shard_that_is_not_finished_is_named_and_goes_on(shards, tmp_path):
    into = tmp_path / "m"
    part = fill(tmp_path / "part", (1, SHARDS), change=lambda chunks: chunks[:1])
    assert lacks([part, *shards[1:]], into, 2, [str(part), "chunks 3, 6 are missing", "shard=1/3 again"]) == 30
    (tmp_path / "stopped" / "rows").mkdir(parents=True)  # as a command leaves it that is killed at once
    said = ([str(tmp_path / "stopped"), "holds no result"], ["shard 1/3 is missing"])
    assert lacks([tmp_path / "stopped", *shards[1:]], tmp_path / "n", 3, *said) == 24
    empty = fill(tmp_path / "empty", (1, SHARDS), change=lambda chunks: [])
    alone = merge_results([empty], tmp_path / "nothing")
    assert (alone.rows, alone.content_sha256, alone.lacking) == (0, None, CHUNKS)
    fill(part, (1, SHARDS), change=lambda chunks: chunks[1:])
    assert merge_results([part], into).content_sha256 == Store.view(fill(tmp_path / "whole")).content_sha256()


def test_what_does_not_belong_together_is_refused(shards, tmp_path):
    into = tmp_path / "m"
    other = fill(tmp_path / "other", (2, SHARDS), MANIFEST | {"configuration": {"market": {"seed": 2}}})
    refused([shards[0], other, shards[2]], into, "another setting of market.seed", "other", "shard-1")
    code = fill(tmp_path / "code", (2, SHARDS), MANIFEST | {"source_sha256": "cd"})
    refused([shards[0], code, shards[2]], into, "another version of the code")
    refused([*shards, fill(tmp_path / "twice", (2, SHARDS))], into, "shard 2/3 is given twice")
    refused([*shards[:2], fill(tmp_path / "of-4", (3, 4))], into, "shard 3/4", "one of 3")
    refused([*shards, fill(tmp_path / "whole")], into, "is not a shard")
    cut = fill(tmp_path / "cut")
    write_sealed(cut / "manifest.json", read_sealed(cut / "manifest.json") | {"plan": {"rows": 40, "chunks": 8}})
    refused(shards, cut, "not cut into chunks as these shards are")
    refused(shards, shards[0], "is one of the shards")
    assert not into.exists()
    refused(shards, other, "another setting of market.seed")
    refused(shards, shutil.copytree(shards[0], tmp_path / "copy"), "holds shard 1/3")


def test_chunks_of_another_shard_are_refused(shards, tmp_path):
    strange = fill(tmp_path / "strange", (2, SHARDS), change=lambda chunks: [*chunks, plan_chunks(range(40), 6)[0]])
    refused([shards[0], strange, shards[2]], tmp_path / "m", "chunk 0 is of another shard")


def test_two_rows_with_one_id_are_refused(shards, tmp_path):
    def double(chunks):
        return [chunks[0], type(chunks[1])(chunks[1].id, (0, *chunks[1].tasks))]

    doubled = fill(tmp_path / "doubled", (2, SHARDS), change=double)
    refused([shards[0], doubled, shards[2]], tmp_path / "m", "two rows with one id")


@pytest.mark.parametrize("compact", [False, True])
def test_a_damaged_file_is_named(compact, shards, tmp_path):
    damaged = fill(tmp_path / "damaged", (2, SHARDS), compact=compact)
    file = sorted((damaged / "rows").iterdir())[-1]
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    lost = 2 if compact else 1
    again = [str(damaged), "shard=2/3 again"]
    lacks([shards[0], damaged, shards[2]], tmp_path / "m", lost, [str(file), "damaged"], again)
    file.unlink()
    lacks([shards[0], damaged, shards[2]], tmp_path / "m", lost, [str(file), "missing"], again)
    fill(damaged, (2, SHARDS), change=lambda chunks: chunks if compact else chunks[1:], compact=compact)
    assert merge_results([shards[0], damaged, shards[2]], tmp_path / "m").rows == 40


def run(*command, **environment):
    """Run a command as a batch system does; what it said."""
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, env=os.environ | {"PYTHONPATH": str(ROOT)} | environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.full
def test_the_slurm_script_makes_the_result_of_one_run(tmp_path):
    """Submission, every task of the array in some order, one of them twice, and the last job."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "sbatch").write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/submitted\necho 17\n')
    (tools / "plansim").write_text(f'#!/bin/sh\nexec {sys.executable} -m experiments.cli "$@"\n')
    for tool in tools.iterdir():
        tool.chmod(0o755)
    batch = {"PATH": f"{tools}:{os.environ['PATH']}", "SHARDS": "3", "RESULTS": str(tmp_path / "array")}
    script, words = ROOT / "docs" / "examples" / "slurm_array.sh", ["sweep=smoke", "sweep.replicates=150"]

    run("bash", script, *words, **batch)
    array, last = (tmp_path / "submitted").read_text().splitlines()
    assert array == f"--parsable --array=1-3 {script} {' '.join(words)}"
    assert last == f"--dependency=afterany:17 --cpus-per-task=1 {script}"
    for task in (3, 1, 2, 1):
        run("bash", script, *words, SLURM_JOB_ID="17", SLURM_ARRAY_TASK_ID=str(task), SLURM_CPUS_PER_TASK="1", **batch)
    said = run("bash", script, SLURM_JOB_ID="18", **batch)

    plansim = [sys.executable, "-m", "experiments.cli", "sweep", *words, "--json"]
    whole = json.loads(run(*plansim, "--output", tmp_path / "whole"))
    (merged,) = [folder for folder in (tmp_path / "array" / "sweep").iterdir() if "-shard-" not in folder.name]
    assert said.strip().endswith(str(merged))
    assert json.loads((merged / "summary.json").read_text()) == whole
    assert Store.view(merged).content_sha256() == whole["rows_sha256"]
    again = json.loads(run(*plansim, "--output", tmp_path / "array"))
    assert again == whole  # the plain command finds what was merged
