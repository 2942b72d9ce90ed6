"""Machines unlike ours: no list of cores, no locks, no flushing of folders, no home, a cache that belongs to others."""

import errno
import fcntl
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest

from experiments.execution import machine
from experiments.execution.engine import check_engine
from experiments.store.files import StoreError, StoreFailure, take_lock, write_atomically
from experiments.store.store import Store
from sim import SUPPORTED
from tests.worlds import ROOT, run_fresh

MANIFEST = {
    "manifest_version": 1, "command": "tests", "configuration": {"seed": 1}, "source_sha256": "0", "data_sha256": {}, "seeds": {},
}  # fmt: skip


@pytest.fixture
def without_affinity(monkeypatch):
    """As on macOS."""
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.delattr(os, "process_cpu_count", raising=False)


def raises(number):
    def call(*_):
        raise OSError(number, os.strerror(number))

    return call


def on_folders_only(number):
    """An fsync that the file system has for files alone."""
    flush = os.fsync

    def call(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        flush(descriptor)

    return call


def test_cores_are_counted_everywhere(without_affinity, monkeypatch):
    assert check_engine({"name": "local", "workers": 0}) == machine.count_cores() == os.cpu_count()
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert machine.count_cores() == 1
    monkeypatch.setattr(os, "sched_getaffinity", raises(errno.ENOSYS), raising=False)
    assert machine.count_cores() == 1
    monkeypatch.setattr(os, "process_cpu_count", lambda: 3, raising=False)
    assert machine.count_cores() == 3


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOLCK])
def test_where_there_are_no_locks_results_are_made_all_the_same(number, monkeypatch, tmp_path, capfd):
    monkeypatch.setattr(fcntl, "flock", raises(number))
    for _ in range(2):
        with Store.open(tmp_path, MANIFEST) as store:
            store.finished or store.write_chunk(0, pa.table({"id": [1]}))
    assert Store.view(tmp_path).read_rows().num_rows == 1
    (said,) = capfd.readouterr().err.splitlines()
    assert str(tmp_path) in said and "knows no locks" in said and "one command at a time" in said


def test_a_lock_that_is_held_or_that_fails_still_stops(monkeypatch, tmp_path):
    lock = take_lock(tmp_path)
    with pytest.raises(StoreError, match="is in use by process"):
        take_lock(tmp_path)
    os.close(lock)
    monkeypatch.setattr(fcntl, "flock", raises(errno.EIO))
    with pytest.raises(StoreFailure, match="input/output error; check the disk"):
        Store.open(tmp_path, MANIFEST)


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF])
def test_where_folders_cannot_be_flushed_results_are_made_all_the_same(number, monkeypatch, tmp_path):
    monkeypatch.setattr(os, "fsync", on_folders_only(number))
    with Store.open(tmp_path, MANIFEST) as store:
        store.write_chunk(0, pa.table({"id": [1]}))
        store.write_summary({"one": 1})
    assert Store.view(tmp_path).read_summary() == {"one": 1}


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize("make", [raises, on_folders_only])
def test_a_disk_that_fails_still_stops(make, number, monkeypatch, tmp_path):
    monkeypatch.setattr(os, "fsync", make(number))
    with pytest.raises(StoreFailure):
        write_atomically(tmp_path / "summary.json", b"{}")


def test_matplotlib_gets_a_folder_where_there_is_no_home(monkeypatch):
    def no_home(*_):
        raise RuntimeError("Could not determine home directory.")

    for name in ("MPLCONFIGDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    machine.find_home_for_matplotlib()
    assert "MPLCONFIGDIR" not in os.environ or not os.access(Path.home(), os.W_OK)
    monkeypatch.delenv("MPLCONFIGDIR", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    machine.find_home_for_matplotlib()
    assert os.access(os.environ["MPLCONFIGDIR"], os.W_OK)
    monkeypatch.setenv("MPLCONFIGDIR", "chosen")
    machine.find_home_for_matplotlib()
    assert os.environ["MPLCONFIGDIR"] == "chosen"


@pytest.mark.parametrize("code", ["from experiments.cli import main; sys.exit(main(['run']))", "from sim.market import Market"])
def test_windows_is_told_what_is_supported(code):
    done = run_fresh(f"import sys, sim; sim.IS_SUPPORTED = False; sys.modules['fcntl'] = None; {code}")
    assert done.returncode == (2 if "main" in code else 1)
    assert done.stderr.splitlines()[-1].endswith(SUPPORTED)


def test_the_face_of_a_mac():
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


SHIM = """
import errno, fcntl, os, pathlib, stat
def refuse(*_):
    raise OSError(errno.ENOSYS, "Function not implemented")
def no_home(*_):
    raise RuntimeError("Could not determine home directory.")
flush = os.fsync
def of_files(descriptor):
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        raise OSError(errno.EINVAL, "Invalid argument")
    flush(descriptor)
for name in ("sched_getaffinity", "process_cpu_count"):
    if hasattr(os, name):
        delattr(os, name)
fcntl.flock, os.fsync, pathlib.Path.home = refuse, of_files, no_home
"""
SMALL = ["market=class", "days=30", "burn_in=0", "policy.start_day=10", "market.clients=40", "market.searches_per_day=3"]


def plansim(folder, *words):
    """A command where the machine lacks all of it, in the command and in its workers, in plain Python."""
    (folder / "sitecustomize.py").write_text(SHIM)
    (folder / "tmp").mkdir(exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HOME", "XDG_", "MPL", "PLANSIM_"))}
    environment |= {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "TMPDIR": str(folder / "tmp"), "NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-m", "experiments.cli", *words, "--output", str(folder / "results")]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["run", "sweep"])
def test_a_command_runs_where_all_of_it_is_missing(command, tmp_path):
    sweep = ["sweep.factors.labour.bonding=[0,1]"] if command == "sweep" else []
    done = plansim(tmp_path, command, *SMALL, *sweep)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr[-2000:]
    assert len([line for line in done.stderr.splitlines() if "knows no locks" in line]) == 1
    assert "check the disk" not in done.stderr and "Matplotlib" not in done.stderr


def test_compiled_code_finds_a_place_without_a_home(monkeypatch, tmp_path):
    from sim.engine import compiled

    def no_home(*_):
        raise RuntimeError("Could not determine home directory.")

    for name in ("PLANSIM_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = compiled._cache_folder()
    private = tmp_path / f"plansim-{os.getuid()}"
    assert folder.parent == private and stat.S_IMODE(private.stat().st_mode) == 0o700
    private.chmod(0o777)
    assert compiled._cache_folder() is None, "others could put code there, which would be executed"
    monkeypatch.setattr(Path, "home", lambda: Path("/proc/nowhere"))
    private.chmod(0o700)
    assert compiled._cache_folder() == folder
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # to be ignored, says its specification
    assert compiled._cache_folder() == folder
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    assert compiled._cache_folder().parent == tmp_path / "own" / "plansim"
