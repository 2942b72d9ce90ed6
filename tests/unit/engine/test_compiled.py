"""What is compiled is believed only by what it was compiled for, and a broken cache costs a line and the time to compile."""

import shutil

import pytest

from sim.day import PHASES
from sim.engine import compiled
from sim.simulation import OF_A_SECOND_PROCESS
from tests.worlds import compiled_only, run_fresh

RUN = """
from tests.worlds import ran, tiny
print(ran(tiny(), 30).ledger_sha256())
"""


def test_the_folder_is_that_of_interpreter_libraries_processor_and_settings(monkeypatch):
    folders = {compiled.machine_digest()}
    for owner, name, other in [
        (compiled.sys.implementation, "cache_tag", "cpython-399"),
        (compiled.numba, "__version__", "0.0"),
        (compiled.llvmlite, "__version__", "0.0"),
        (compiled.np, "__version__", "0.0"),
        (compiled.llvm, "get_host_cpu_name", lambda: "z80"),
        (compiled.llvm, "get_host_cpu_features", lambda: {"sse": True}),
    ]:
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, other)
            folders.add(compiled.machine_digest())
    for name in ("NUMBA_BOUNDSCHECK", "NUMBA_CPU_NAME", "NUMBA_OPT"):
        with monkeypatch.context() as patch:
            patch.setenv(name, "1")
            folders.add(compiled.machine_digest())
    assert len(folders) == 10
    monkeypatch.setenv("NUMBA_NUM_THREADS", "1")  # what a worker is given, and its parent is not
    assert compiled.machine_digest() in folders


@compiled_only
def test_complete_is_what_has_all_its_files(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(compiled, "CACHE_FOLDER", tmp_path)
    (tmp_path / "complete").touch()  # as older versions left it
    assert not compiled.is_compiled()
    for name in ("one.1.nbc", "two.1.nbc"):
        (tmp_path / name).touch()
    compiled.compilation_is_complete()
    assert compiled.is_compiled() and not compiled.announce_compilation()
    (tmp_path / "one.1.nbc").unlink()
    assert not compiled.is_compiled() and compiled.announce_compilation()
    assert capsys.readouterr().err.startswith("Compiling the rules of the model, about a minute")


@compiled_only
def test_what_is_lost_and_found_again_is_complete_only_if_it_was(monkeypatch, tmp_path):
    monkeypatch.setattr(compiled, "CACHE_FOLDER", tmp_path)
    monkeypatch.setattr(compiled, "_was_complete", False)
    (tmp_path / "one.1.nbc").touch()
    compiled._forget("one")
    compiled._remember("one")
    assert not compiled.is_compiled()
    compiled.compilation_is_complete()
    compiled._forget("one")
    compiled._forget("two")
    compiled._remember("one")
    compiled.compilation_is_complete()
    assert not compiled.is_compiled(), "one is still missing"
    compiled._remember("two")
    assert compiled.is_compiled()


@compiled_only
@pytest.mark.slow
def test_a_truncated_file_is_compiled_anew(tmp_path):
    folder = tmp_path / "plansim" / compiled.CACHE_FOLDER.name
    shutil.copytree(compiled.CACHE_FOLDER, folder)
    sound = run_fresh(RUN, PLANSIM_CACHE=str(tmp_path))
    assert sound.returncode == 0 and sound.stderr == "", sound.stderr
    (code,) = folder.rglob("population.found_people*.1.nbc")
    code.write_bytes(code.read_bytes()[:1000])
    broken = run_fresh(RUN, PLANSIM_CACHE=str(tmp_path))
    assert broken.returncode == 0 and broken.stdout == sound.stdout, broken.stderr
    (said,) = broken.stderr.splitlines()
    assert str(folder) in said and "cannot be read" in said and "compiled again" in said
    again = run_fresh(RUN, PLANSIM_CACHE=str(tmp_path))
    assert (again.returncode, again.stdout, again.stderr) == (0, sound.stdout, "")


def test_the_second_process_has_phases_of_the_day():
    assert set(OF_A_SECOND_PROCESS) < {name for name, _ in PHASES}


@compiled_only
@pytest.mark.slow
@pytest.mark.full
def test_what_the_second_process_compiles_is_found_by_the_first(tmp_path):
    code = "from sim.simulation import compile_second_half; compile_second_half()"
    run_fresh(code, PLANSIM_CACHE=str(tmp_path))
    kept = {path.name.split("-")[0] for path in tmp_path.rglob("*.nbc")}
    assert {dict(PHASES)[name].__name__ for name in OF_A_SECOND_PROCESS} <= {name.split(".")[-1] for name in kept}
    assert "many_days" not in {name.split(".")[-1] for name in kept}
