"""What other machines lack: affinities, locks, durable folders, a home, an undamaged cache, POSIX at all."""

import errno
import json
import pickle
import shutil
import sys

import pytest

import experiments.lab.files as files
import sim.compiled
from experiments.lab.engine import check_engine
from experiments.lab.engine_base import cores
from experiments.lab.files import StoreFailure, read_json, sync_folder, take_lock, write_json
from sim import SUPPORTED
from sim.compiled import CACHE_FOLDER, machine_digest, throw_away_damage
from sim.simulation import be_compiled
from tests.worlds import compiled_only, run_fresh

NOT_OFFERED = [errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL]
A_WORLD = """
import sys
from sim.simulation import Simulation
from tests.worlds import tiny
run = Simulation(tiny())
run.run(5)
print(run.ledger_sha256())
"""


def refusing(number):
    def call(*_):
        raise OSError(number, "not here")

    return call


def test_without_affinities_the_cores_are_counted(monkeypatch):
    monkeypatch.delattr("os.sched_getaffinity", raising=False)
    assert cores() >= 1
    assert check_engine({"name": "local", "workers": 0}) == cores()


@pytest.mark.parametrize("number", NOT_OFFERED)
def test_a_file_system_without_locks_is_told_and_used(number, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(files.fcntl, "flock", refusing(number))
    descriptor = take_lock(tmp_path)
    assert "has no locks; run one command at a time" in capsys.readouterr().err
    assert (tmp_path / ".lock").read_text().isdigit()
    files.os.close(descriptor)


@pytest.mark.parametrize("number", NOT_OFFERED)
def test_a_file_system_that_does_not_sync_folders_is_used(number, monkeypatch, tmp_path):
    monkeypatch.setattr(files.os, "fsync", refusing(number))
    write_json(tmp_path / "a.json", {"a": 1})
    sync_folder(tmp_path)
    assert read_json(tmp_path / "a.json") == {"a": 1}


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
def test_a_disk_that_fails_is_no_file_system_without_sync(number, monkeypatch, tmp_path):
    monkeypatch.setattr(files.os, "fsync", refusing(number))
    with pytest.raises(StoreFailure):
        write_json(tmp_path / "a.json", {"a": 1})


CACHE = "import sim.compiled; print(sim.compiled.CACHE_FOLDER)"


@pytest.mark.parametrize("home", ["/nonexistent", "/proc/1/nowhere"])
def test_without_a_home_there_is_a_cache_of_the_users_own(home, tmp_path):
    done = run_fresh(CACHE, HOME=home, PLANSIM_CACHE="", XDG_CACHE_HOME="", TMPDIR=str(tmp_path))
    assert done.stdout.startswith(str(tmp_path / "plansim-")) and done.stderr == ""
    (own,) = tmp_path.glob("plansim-*")
    assert own.stat().st_mode & 0o777 == 0o700


def test_a_cache_that_others_may_write_to_is_not_used(tmp_path):
    own = tmp_path / f"plansim-{files.os.getuid()}"
    own.mkdir()
    own.chmod(0o777)
    done = run_fresh(CACHE, PLANSIM_CACHE="/proc/nowhere", TMPDIR=str(tmp_path))
    assert done.stdout.strip() == "None"


def test_code_compiled_for_one_machine_is_not_another_ones(monkeypatch):
    here = machine_digest()
    for name, other in (("numba.__version__", "0.1"), ("numpy.__version__", "0.1"), ("platform.python_version", lambda: "3.0.0")):
        with monkeypatch.context() as patch:
            patch.setattr(name, other)
            assert machine_digest() != here, name
    monkeypatch.setattr(sim.compiled.llvmlite.binding, "get_host_cpu_name", lambda: "another")
    assert machine_digest() != here


def a_cache(folder, damage):
    """Two files of code and the list of them; one is then damaged."""
    code = folder / "sim_0"
    code.mkdir()
    for name in ("a.f-1.py311.nbi", "a.f-1.py311.1.nbc", "a.g-9.py311.nbi"):
        (code / name).write_bytes(pickle.dumps(name * 9))
    (folder / "complete").write_text(json.dumps(sim.compiled._files_of_code(folder)))
    damage(code / "a.f-1.py311.1.nbc")
    return {path.name for path in code.iterdir()}


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-3]),
        lambda path: path.write_bytes(pickle.dumps("foreign")),
        lambda path: path.write_bytes(b"\x00" * 99),
        lambda path: path.write_bytes(path.read_bytes().replace(b"f-1", b"f-2")),
    ],
    ids=["empty", "cut short", "foreign", "zeros", "one bit"],
)
def test_damaged_code_is_thrown_away(damage, tmp_path):
    a_cache(tmp_path, damage)
    assert throw_away_damage(tmp_path)
    assert [path.name for path in (tmp_path / "sim_0").iterdir()] == ["a.g-9.py311.nbi"]
    assert not (tmp_path / "complete").exists()
    assert not throw_away_damage(tmp_path)


@pytest.mark.parametrize("marker", ["", "[]", "{", '{"gone.nbc": [1, 2]}', "{}"])
def test_a_marker_that_lists_nothing_marks_nothing(marker, tmp_path):
    names = a_cache(tmp_path, lambda path: None)
    (tmp_path / "complete").write_text(marker)
    assert not throw_away_damage(tmp_path)
    assert {path.name for path in (tmp_path / "sim_0").iterdir()} == names
    assert not (tmp_path / "complete").exists()


@compiled_only
@pytest.mark.parametrize("content", [b"", b"foreign", None], ids=["empty", "foreign", "cut short"])
def test_a_run_mends_a_damaged_cache(content, tmp_path):
    """It ended in a traceback until somebody deleted the file by hand."""
    be_compiled()
    shutil.copytree(CACHE_FOLDER, tmp_path / "plansim" / CACHE_FOLDER.name)
    (code,) = (tmp_path / "plansim").rglob("day.room_for_a_day-*.1.nbc")
    code.write_bytes(code.read_bytes()[:-100] if content is None else content)
    first, second = (run_fresh(A_WORLD, PLANSIM_CACHE=str(tmp_path)) for _ in range(2))
    assert first.returncode == second.returncode == 0, first.stderr
    assert first.stderr.startswith("A file of the compiled code was damaged and is made again.") and second.stderr == ""
    assert first.stdout == second.stdout == run_fresh(A_WORLD).stdout


@pytest.mark.parametrize("code", ["from experiments.cli import main; sys.exit(main(['run']))", "from sim.market import Market"])
def test_windows_is_told_what_is_supported(code):
    done = run_fresh(f"import sys, sim; sim.IS_SUPPORTED = False; sys.modules['fcntl'] = None; {code}")
    assert done.returncode == (2 if "main" in code else 1)
    assert done.stderr.splitlines()[-1].endswith(SUPPORTED)


def test_the_face_of_a_mac(monkeypatch):
    """Everything is imported without what Linux alone has."""
    done = run_fresh(
        "import os, pkgutil, importlib\n"
        "for name in ('sched_getaffinity', 'sched_setaffinity', 'posix_fadvise', 'pidfd_open', 'memfd_create'):\n"
        "    os.__dict__.pop(name, None)\n"
        "import sim, experiments\n"
        "for package in (sim, experiments):\n"
        "    for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        importlib.import_module(module.name)\n"
    )
    assert done.returncode == 0, done.stderr
    assert sys.platform != "darwin" or cores()
