"""Result folders: named by date, command and hashes, found again whatever their date, and by any beginning of a name."""

import datetime as dt
import re
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.commands.posterior import whole_name
from experiments.store import provenance, result
from experiments.store.files import StoreError
from experiments.store.folders import find_result, folder_for, name_folder, results_in, results_named
from experiments.store.provenance import identity_hash, question_hash
from experiments.store.result import Options, begin_result, manifest_of
from experiments.store.store import Store

ROOT = Path(__file__).resolve().parents[3]
TREE = {"seed": 1, "market": {"preset": "class"}}


class OtherDay(dt.datetime):
    """A clock on another day."""

    @classmethod
    def now(cls, tz=None):
        return cls(2031, 5, 6, 23, 59, tzinfo=tz)


def begin(root, tree=TREE, command="run", shard=None):
    """The folder that a command begins, or goes on in."""
    plan = None if shard is None else {"rows": 4, "chunks": 4}
    with begin_result(command, tree, Options(root=root), plan, shard=shard) as store:
        return store.folder


def test_a_name_has_date_command_and_two_short_hashes(tmp_path):
    folder = begin(tmp_path)
    manifest = Store.view(folder).manifest
    day, question, code = re.fullmatch(r"(\d{4}-\d\d-\d\d)-run-([0-9a-f]{6})-([0-9a-f]{6})", folder.name).groups()
    assert day == manifest["created_utc"][:10] and folder.parent == tmp_path / "run"
    assert question_hash(manifest).startswith(question) and identity_hash(manifest).startswith(code)


def test_a_result_is_gone_on_with_on_another_day(tmp_path, monkeypatch):
    first = begin(tmp_path)
    monkeypatch.setattr(provenance, "datetime", OtherDay)
    assert begin(tmp_path) == first
    other = begin(tmp_path, TREE | {"seed": 2})
    assert other.name.startswith("2031-05-06-run-") and len(list(first.parent.iterdir())) == 2


@pytest.mark.parametrize("finished", [True, False])
def test_a_folder_of_an_earlier_version_is_gone_on_with(finished, tmp_path):
    folder = begin(tmp_path)
    manifest = Store.view(folder).manifest
    old = folder.rename(folder.with_name(f"{question_hash(manifest)[:12]}-{identity_hash(manifest)[:8]}"))
    if finished:
        with Store.open(old, manifest) as store:
            store.write_summary({})
    assert begin(tmp_path) == old and [old] == list(old.parent.iterdir())


def test_of_several_a_finished_one_is_taken(tmp_path):
    manifest = manifest_of("run", TREE)
    days = [manifest | {"created_utc": f"2026-01-0{day}T00:00:00+00:00"} for day in (1, 2, 3)]
    for one in days[:2]:
        Store.open(tmp_path / name_folder(one), one).close()
    assert folder_for(tmp_path, days[2]).name == name_folder(days[0])
    with Store.open(tmp_path / name_folder(days[1]), days[1]) as store:
        store.write_summary({})
    assert folder_for(tmp_path, days[2]).name == name_folder(days[1])


def test_pieces_have_folders_of_their_own(tmp_path, monkeypatch):
    whole, piece = begin(tmp_path, command="sweep"), begin(tmp_path, command="sweep", shard=(1, 2))
    assert piece.name == f"{whole.name}-shard-1-of-2"
    monkeypatch.setattr(provenance, "datetime", OtherDay)
    assert (begin(tmp_path, command="sweep"), begin(tmp_path, command="sweep", shard=(1, 2))) == (whole, piece)
    assert begin(tmp_path, command="sweep", shard=(2, 2)).name.startswith("2031-05-06-")


def test_two_that_start_at_once_on_two_days_agree(tmp_path):
    """Each process has a clock of its own; one makes the folder, the others find it, and are told that it is in use."""
    code = (
        "import sys, datetime as dt, time\n"
        "from pathlib import Path\n"
        "from experiments.store import provenance\n"
        "from experiments.store.files import StoreError\n"
        "from experiments.store.result import Options, begin_result\n"
        "class Day(dt.datetime):\n"
        "    now = classmethod(lambda cls, tz=None: cls(2030, 1, int(sys.argv[1]), tzinfo=tz))\n"
        "provenance.datetime = Day\n"
        "while not Path(sys.argv[2], 'go').exists(): time.sleep(0.001)\n"
        "try:\n"
        "    with begin_result('run', {'seed': 1}, Options(root=Path(sys.argv[2]))): time.sleep(1.0)\n"
        "except StoreError as error: print(error)\n"
    )
    words = [sys.executable, "-c", code]
    started = [
        subprocess.Popen([*words, str(day), str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True) for day in (1, 2, 3)
    ]
    (tmp_path / "go").touch()
    said = [process.communicate(timeout=60)[0] for process in started]
    assert len(list((tmp_path / "run").iterdir())) == 1
    assert sum("is in use by process" in text for text in said) == 2 and "" in said
    assert all(process.returncode == 0 for process in started)


@pytest.fixture
def shelf(tmp_path):
    """Two runs and a test, one of them of an earlier version, and a calibration with its draws."""
    folders = {"one": begin(tmp_path), "two": begin(tmp_path, TREE | {"seed": 2}), "test": begin(tmp_path, command="test")}
    folders["old"] = begin(tmp_path, TREE | {"seed": 3})
    folders["old"] = folders["old"].rename(folders["old"].with_name("0123456789ab-01234567"))
    folders["draws"] = begin(tmp_path, command="calibrate")
    (folders["draws"] / "posterior.parquet").touch()
    return folders


def test_any_beginning_names_a_result(shelf, tmp_path):
    one = shelf["one"]
    hashes = one.name.split("-run-")[1]
    for given in (one.name, one.name[:-3], f"run/{one.name[:-3]}", hashes, hashes[:8], str(one), str(one)[:-3], f"{one}/"):
        assert find_result(given, tmp_path) == one, given
    assert find_result("0123", tmp_path) == shelf["old"]
    assert find_result("test", tmp_path) == shelf["test"] == find_result("test/2", tmp_path)
    assert find_result(str(tmp_path / "test" / "20"), Path("elsewhere")) == shelf["test"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("run/2", ["run/2: 2 results begin so", "give more letters", "{one}", "{two}"]),
        ("2", ["2: 4 results begin so", "test/"]),
        ("zzz", ["zzz holds no result", "plansim list"]),
    ],
)
def test_what_is_not_clear_gets_one_line(given, said, shelf, tmp_path):
    with pytest.raises(StoreError) as error:
        find_result(given, tmp_path)
    for word in said:
        assert word.format(**{name: f"run/{path.name}" for name, path in shelf.items()}) in str(error.value)
    assert "\n" not in str(error.value)


def test_the_whole_name_is_no_beginning(tmp_path):
    """The name of a sweep begins those of its pieces."""
    whole, piece = begin(tmp_path, command="sweep"), begin(tmp_path, command="sweep", shard=(1, 2))
    assert find_result(whole.name, tmp_path) == whole and find_result(piece.name, tmp_path) == piece
    assert len(results_named(whole.name[:-1], tmp_path)) == 2


def test_a_posterior_is_named_so_too_and_written_out(shelf, tmp_path):
    """What a configuration holds is the whole name, so that a beginning gives the same result as the name."""
    assert whole_name("2", tmp_path) == whole_name("calibrate/", tmp_path) == str(shelf["draws"])
    assert whole_name("published", tmp_path) == "published" and whole_name("zzz", tmp_path) == "zzz"
    assert whole_name(f'"{shelf["draws"]}"', tmp_path) == f'"{shelf["draws"]}"'


def test_parts_of_results_are_no_results(shelf, tmp_path):
    Store.open(shelf["draws"] / "wave_1", manifest_of("calibrate", TREE | {"phase": "wave_1"})).close()
    assert set(results_in(tmp_path)) == set(shelf.values()) and results_in(tmp_path / "run") == sorted(
        path for path in shelf.values() if path.parent.name == "run"
    )


def test_only_results_that_may_be_of_the_question_are_opened(shelf, tmp_path, monkeypatch):
    """By their names; those of earlier versions too."""
    opened = []
    view = Store.view
    monkeypatch.setattr(result.Store, "view", lambda folder, *rest: opened.append(folder.name) or view(folder, *rest))
    (tmp_path / "run" / "2030-01-01-run-xyz").mkdir()
    begin(tmp_path, TREE | {"seed": 4})
    assert opened == []
