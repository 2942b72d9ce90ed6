"""A result of other code: what only pages are of is made again, what rows are of begins a new result, and both are said."""

import re
import shutil
from pathlib import Path

import pytest

from experiments.commands import sweep as command
from experiments.store import provenance, source_code
from experiments.store.result import Options, begin_result
from experiments.store.store import Store
from tests.sweep_worlds import SWEEP, TINY, say, sweep
from tests.unit.commands.test_rerun import TEST

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    from experiments.cli import main

    folder = tmp_path_factory.mktemp("made")
    assert main([*SWEEP, "--output", str(folder)]) == 0
    return next((folder / "sweep").iterdir())


@pytest.fixture
def result(made, tmp_path):
    """A copy of a finished sweep in a folder of results of its own."""
    return Path(shutil.copytree(made, tmp_path / "sweep" / made.name))


@pytest.fixture
def change(monkeypatch):
    """Change parts of the code, as far as hashes tell."""
    now = source_code.code_hashes()

    def other(*parts):
        monkeypatch.setattr(source_code, "code_hashes", lambda: now | dict.fromkeys(parts, "0" * 64))

    return other


def told(err):
    """The lines that the command said, without its progress."""
    return [line for line in err.splitlines() if line.startswith("plansim: ")]


def test_where_only_pages_are_of_other_code_rows_are_kept(result, tmp_path, capsys, monkeypatch, change):
    sums = {path.name: path.read_bytes() for path in (result / "rows").iterdir()}
    change("pages")
    monkeypatch.setattr(command, "run_sweep_chunk", lambda chunk: pytest.fail("it was run again"))
    (page,) = result.glob("report.html")
    written = page.stat().st_mtime_ns
    status, folder, err = sweep(capsys, tmp_path)
    assert (status, folder) == (0, result)
    assert "its numbers are kept; the code of summaries and pages changed, so summary and pages are made again" in err
    assert len(told(err)) == 1 and page.stat().st_mtime_ns > written
    assert {path.name: path.read_bytes() for path in (result / "rows").iterdir()} == sums
    assert sweep(capsys, tmp_path) == (0, result, ""), "it is said once"


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (["rules"], "the rules of the model changed"),
        (["experiments", "pages"], "the code of experiments changed"),
        (["rules", "experiments"], "the rules of the model and the code of experiments changed"),
    ],
)
def test_a_result_of_other_code_is_named_and_kept(parts, said, result, tmp_path, capsys, change):
    before = Store.view(result).content_sha256()
    change(*parts)
    status, folder, err = sweep(capsys, tmp_path)
    assert status == 0 and folder != result
    first = f"plansim: {result} is a finished result of this configuration, made by other code ({said})"
    assert told(err) == [f"{first}: it is kept, {folder} is new"]
    assert Store.view(result).content_sha256() == Store.view(folder).content_sha256() == before
    assert sweep(capsys, tmp_path) == (0, folder, ""), "it is said when the new one begins"


def test_an_unfinished_result_of_other_code_is_named(made, tmp_path, capsys, monkeypatch, change):
    monkeypatch.setattr("experiments.sweeps.plan.estimate_seconds", lambda parameters: 0.5)
    run, calls = command.run_sweep_chunk, []

    def stop_at_the_second(chunk):
        calls.append(chunk)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return run(chunk)

    with monkeypatch.context() as patch:
        patch.setattr(command, "run_sweep_chunk", stop_at_the_second)
        assert say(capsys, *SWEEP, "--output", str(tmp_path))[0] == 130
    (begun,) = (tmp_path / "sweep").iterdir()
    capsys.readouterr()
    change("rules")
    monkeypatch.setattr(provenance, "library_versions", lambda names=(): {"numpy": "0.1"})
    status, folder, err = sweep(capsys, tmp_path)
    assert f"{begun} is an unfinished result of this configuration, made by other code" in err
    assert status == 0 and folder != begun and len(told(err)) == 1
    assert "(the rules of the model changed, and libraries: numpy" in err and "0.1 now" in err
    assert len(Store.view(begun).finished) == 1
    other = sweep(capsys, tmp_path, "seed=7")
    assert other[0] == 0 and "other code" not in other[2], "of another question nothing is said"


def test_libraries_that_change_in_the_middle_are_named(tmp_path, capsys, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(provenance, "library_versions", lambda names=(): {"numpy": "0.1"})
        begin_result("sweep", {"seed": 1}, Options(root=tmp_path)).close()
    assert capsys.readouterr().err == ""
    store = begin_result("sweep", {"seed": 1}, Options(root=tmp_path))
    err = capsys.readouterr().err
    assert f"{store.folder} was begun with other libraries (numpy 0.1 then, " in err and len(told(err)) == 1
    store.write_summary({})
    store.close()
    begin_result("sweep", {"seed": 1}, Options(root=tmp_path)).close()
    assert capsys.readouterr().err == "", "of what is finished there is nothing to mix"


def test_a_result_of_an_earlier_version_has_another_name_and_is_found(result, tmp_path, capsys, change):
    old = result.rename(result.with_name("0123456789abcdef"))
    (old.parent / "fedcba9876543210").mkdir()
    (old.parent / "fedcba9876543210" / "manifest.json").write_text("{}")
    change("rules")
    status, _, err = sweep(capsys, tmp_path)
    assert status == 0 and err.startswith(f"plansim: {old} is a finished result") and len(told(err)) == 1


@pytest.mark.parametrize(
    "words",
    [
        ["run", *TINY[:-1]],
        TEST,
        [*SWEEP, "shard=1/2"],
    ],
    ids=lambda words: words[0],
)
def test_every_command_says_so(words, tmp_path, capsys, change):
    assert say(capsys, *words, "--output", str(tmp_path))[0] == 0
    (first,) = (tmp_path / words[0]).iterdir()
    change("rules")
    status, _, err = say(capsys, *words, "--output", str(tmp_path))
    assert status == 0 and f"{first} is a finished result of this configuration, made by other code" in err
    change("rules", "pages")
    status, _, err = say(capsys, *words, "--output", str(tmp_path))
    assert status == 0 and "its numbers are kept" in err and len(list((tmp_path / words[0]).iterdir())) == 2


def test_results_are_opened_in_one_place():
    """`open_folder` says what there is; parts of a result inside its folder, and what is merged, need no words of their own."""
    callers = {path.name for path in (ROOT / "experiments").rglob("*.py") if re.search(r"\bStore\.open\(", path.read_text())}
    assert callers == {"result.py", "sensitivity.py", "calibrate.py", "shards.py", "merge.py"}
