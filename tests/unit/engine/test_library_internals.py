"""What is taken from inside libraries is taken in one file each, and is there in every supported version."""

import ast
import importlib.util
from pathlib import Path

import numba
import numpy as np
import pytest

from sim.engine.compiled import INTERPRETED
from sim.engine.numba_internals import ONLY_LINKED, UNCOUNTED, keep_on_disk, only_linked

ROOT = Path(__file__).resolve().parents[3]
HOLDERS = {"sim/engine/numba_internals.py", "experiments/execution/ray_internals.py"}
LIBRARIES = {
    *("numba", "llvmlite", "numpy", "pandas", "pyarrow", "ray", "hydra", "omegaconf", "mesa", "SALib", "scipy"),
    *("statsmodels", "matplotlib", "pydantic", "pydantic_core", "rich", "duckdb"),
}
INSIDE = {"numba.core", "hydra._internal", "ray._private"}  # modules that their owners call internal


def is_private(path):
    return any(part.startswith("_") and not part.startswith("__") for part in path.split("."))


def private_names(source):
    """Names of libraries that begin with an underscore, or are of an internal module, wherever a file imports or reads them."""
    found, known = [], {}
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                known[alias.asname or alias.name.split(".")[0]] = alias.name if alias.asname else alias.name.split(".")[0]
                found.append(alias.name)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                found.append(f"{node.module}.{alias.name}")
    for node in ast.walk(tree):
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if parts and isinstance(node, ast.Name) and node.id in known:
            found.append(".".join([known[node.id], *reversed(parts)]))
    of_libraries = [path for path in found if path.split(".")[0] in LIBRARIES]
    return [path for path in of_libraries if is_private(path) or any(path.startswith(f"{name}.") for name in INSIDE)]


def test_no_other_file_touches_a_private_name():
    assert private_names("from ray._private import worker\nworker._logs = 1") and private_names("import numba.core.caching")
    found = {}
    for folder in ("sim", "experiments", "benchmarks", "docs"):
        for path in (ROOT / folder).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            if name not in HOLDERS and (names := private_names(path.read_text(encoding="utf-8"))):
                found[name] = names
    assert found == {}


compiled_only = pytest.mark.skipif(INTERPRETED, reason="asks about compiled code")


def add_one(x):
    return x + 1


class Kept:
    """A compiled function with a cache of its own, and what it was told of it."""

    def __init__(self):
        self.lost, self.gained = [], []
        self.function = numba.njit(**UNCOUNTED)(add_one)
        keep_on_disk(self.function, self.lost.append, self.gained.append)

    def count(self):
        """(times loaded, times compiled)"""
        stats = self.function.stats
        return sum(stats.cache_hits.values()), sum(stats.cache_misses.values())


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    return tmp_path


@compiled_only
def test_a_function_is_kept_and_loaded(cache, capfd):
    first, second = Kept(), Kept()
    assert first.function(1) == 2 and first.count() == (0, 1) and first.gained == ["add_one"]
    assert second.function(1) == 2 and second.count() == (1, 0) and first.lost == second.lost == []
    assert capfd.readouterr().err == ""


@compiled_only
@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("how", ["empty", "truncated", "foreign", "folder"])
def test_a_broken_file_is_replaced_with_one_line(ending, how, cache, capfd):
    assert Kept().function(1) == 2
    (path,) = cache.rglob(f"*.{ending}")
    content = path.read_bytes()
    path.unlink()
    if how == "folder":
        path.mkdir()
    else:
        path.write_bytes({"empty": b"", "truncated": content[: len(content) // 2], "foreign": b"\x89PNG\r\n\x1a\n" * 50}[how])
    kept = Kept()
    assert kept.function(1) == 2
    said = capfd.readouterr().err.splitlines()
    if how == "folder":  # Numba itself takes an unreadable file of code for one that is gone, and cannot put another there
        assert len(said) <= 2 and all("compiled" in line and str(cache) in line for line in said)
        return
    assert kept.lost == kept.gained == ["add_one"]
    assert said == [f"plansim: compiled code in {cache} cannot be read; it is compiled again, which takes about a minute"]
    again = Kept()
    assert again.function(1) == 2 and again.count() == (1, 0)


@compiled_only
def test_a_full_disk_costs_only_the_time_to_compile(cache, capfd, monkeypatch):
    from numba.core.caching import FunctionCache

    def fail(*_):
        raise OSError(28, "No space left on device")

    kept = Kept()
    monkeypatch.setattr(FunctionCache, "save_overload", fail)
    assert kept.function(1) == 2 and kept.lost == ["add_one"] and kept.gained == []
    (said,) = capfd.readouterr().err.splitlines()
    assert "cannot be stored" in said and "no space left on device" in said


@compiled_only
def test_references_are_not_counted():
    def choose(one, other, first):
        chosen = one if first else other
        return chosen[0]

    code = {}
    for name, options in (("counted", {}), ("uncounted", UNCOUNTED)):
        function = numba.njit(**options)(choose)
        function(np.ones(2), np.zeros(2), True)
        code[name] = "\n".join(function.inspect_llvm().values())
    assert "NRT_decref" in code["counted"] and "NRT_" not in code["uncounted"]


needs_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed: the extra cluster")


@needs_ray
def test_what_is_taken_from_inside_ray_is_there(monkeypatch):
    import ray
    from ray._private import worker

    from experiments.execution import ray_internals

    assert isinstance(worker._worker_logs_enabled, bool)
    monkeypatch.setattr(worker, "_worker_logs_enabled", True)
    ray_internals.hush_dead_workers()
    assert worker._worker_logs_enabled is False
    assert all(name in ray.init.__doc__ for name in ray_internals.folder_option("somewhere"))
    monkeypatch.setenv("RAY_ADDRESS", "10.1.2.3:7001")
    assert ray_internals.address_of_running_cluster() == "10.1.2.3:7001"


@compiled_only
def test_a_function_for_linking_is_linked_and_refuses_python():
    linked = only_linked(numba.njit(**UNCOUNTED, **ONLY_LINKED)(add_one))

    @numba.njit
    def twice(x):
        return linked(linked(x))

    assert twice(1) == 3 and twice(0.5) == 2.5
    for _ in range(2):  # before and after Numba has it in its table of signatures
        with pytest.raises(TypeError, match=r"rule add_one is compiled for phases alone; .*add_one.py_func"):
            linked(1)
    assert linked.py_func(1) == 2
