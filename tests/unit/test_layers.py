"""Who may import whom: the contracts of `pyproject.toml`, no circles, nothing heavy in a worker."""

import graphlib
import os
import shutil
import subprocess
import sys
import tomllib

import grimp
import pytest

from tests.worlds import ROOT, run_fresh

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
HEAVY = ("mesa", "matplotlib", "pandas", "hydra", "SALib", "scipy.stats", "duckdb", "pyarrow", "rich", "experiments")
PLANTED = {  # an import that each contract forbids
    "Benchmarks, experiments, model": ("sim/levers.py", "import benchmarks.core"),
    "The model": ("sim/state/ledger.py", "def late():\n    import sim.market"),
    "The experiments": ("experiments/statistics/verdict.py", "import experiments.cli"),
    "Measures read tables": ("sim/measures/outcomes.py", "import sim.day"),
    "Chance and time of the model are its own": ("sim/market.py", "import time"),
    "Numba only where its cache is set": ("sim/policy.py", "from numba import njit"),
    "The classroom": ("experiments/classroom/lessons/text.py", "import experiments.classroom.live.pages"),
    "The model knows nothing of pages": ("sim/simulation.py", "import nicegui"),
    "Tests are imported by tests": ("sim/market.py", "import tests.worlds"),
}


def run_in(folder, *words):
    """Run Python in a folder that holds the packages."""
    wide = os.environ | {"COLUMNS": "200"}
    return subprocess.run([sys.executable, *words], cwd=folder, env=wide, capture_output=True, text=True)


@pytest.fixture
def planted(tmp_path):
    """A copy of the packages with all that is forbidden, and a module of no layer."""
    for package in ("sim", "experiments", "benchmarks"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for file, line in PLANTED.values():
        with (tmp_path / file).open("a", encoding="utf-8") as module:
            module.write(f"\n\n{line}\n")
    (tmp_path / "sim" / "newcomer.py").touch()
    return tmp_path


def test_contracts_are_kept():
    done = run_in(ROOT, "-c", LINT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(CONTRACTS)} kept, 0 broken" in done.stdout


def test_each_contract_breaks_on_what_it_forbids(planted):
    """Late imports count, and so does a module without a layer."""
    assert PLANTED.keys() == {contract["name"] for contract in CONTRACTS}
    done = run_in(planted, "-c", LINT)
    assert done.returncode == 1
    assert not [name for name in PLANTED if f"{name} BROKEN" not in done.stdout], done.stdout + done.stderr
    assert "sim.newcomer" in done.stdout


def test_no_other_source_of_chance_in_the_model(tmp_path):
    """The randomness of NumPy and of the operating system, the clock, and relative imports are matters of style."""
    (tmp_path / "sim").mkdir()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    lines = ("import datetime, os", "import numpy as np", "np.random.default_rng()", "os.urandom(1)", "datetime.datetime.now()")
    (tmp_path / "sim" / "rule.py").write_text("\n".join([*lines, "from . import other"]), encoding="utf-8")
    check = ("-m", "ruff", "check", "--no-cache", "--select", "TID")
    assert run_in(tmp_path, *check).stdout.count("TID25") == 4
    assert run_in(ROOT, *check, "sim").returncode == 0


def test_no_circles():
    """Following imports never leads back, those inside functions included."""
    graph = grimp.build_graph("sim", "experiments", exclude_type_checking_imports=True)

    def order():
        sorter = graphlib.TopologicalSorter({name: graph.find_modules_directly_imported_by(name) for name in graph.modules})
        return tuple(sorter.static_order())

    assert order().index("experiments.sweeps.report") < order().index("experiments.commands.sweep"), "late imports are counted"
    graph.add_import(importer="experiments.robustness.prose", imported="experiments.commands.test")
    with pytest.raises(graphlib.CycleError, match="experiments.robustness.prose"):
        order()


@pytest.mark.parametrize("module", ["sim", "sim.simulation"])
def test_workers_import_nothing_heavy(module):
    done = run_fresh(f"import sys, {module}; print(*sorted(sys.modules))")
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert not loaded & set(HEAVY)
    assert module != "sim" or not loaded & {"numba", "numpy"}
