"""Who may import whom: each layer only what lies below it, nothing in circles, nothing heavy in a worker."""

import ast
import sys
from pathlib import Path

import pytest

from tests.worlds import ROOT, run_fresh

# Highest first. A package stands for all its modules unless one of them has a line of its own.
LAYERS = (
    ("experiments", "benchmarks"),
    ("sim.market", "sim.mesa"),
    ("sim.simulation", "sim.phase_copies"),
    ("sim.day",),
    ("sim.rules",),
    ("sim.measures",),  # apart: reads tables when a run is over
    ("sim.initialisation", "sim.policy", "sim.levers", "sim.state"),
    ("sim.initialisation.calendar", "sim.initialisation.geography"),
    ("sim.evidence",),  # apart: what the numbers rest on; rules and parameters cite it and never read it
    ("sim.parameters", "sim.engine", "sim.configuration", "sim.initialisation.data", "configs"),
    ("sim.configuration.plain_values", "sim.configuration.yaml_files", "sim.engine.numba_internals"),
    ("sim",),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
HEAVY = ("mesa", "matplotlib", "pandas", "hydra", "SALib", "scipy.stats", "duckdb", "pyarrow", "rich", "experiments")


def modules():
    """Every module of the model and of the experiments, by dotted name."""
    found = {}
    for package in ("sim", "experiments"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = list(path.relative_to(ROOT).with_suffix("").parts)
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def is_type_checking(node: ast.AST) -> bool:
    """`if TYPE_CHECKING:`, whose imports never run."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imported_by(path: Path) -> set[str]:
    """Own modules a file imports, by dotted name, those that are imported inside functions too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    never = {id(node) for check in ast.walk(tree) if is_type_checking(check) for node in ast.walk(check)}
    names = set()
    for node in ast.walk(tree):
        if id(node) in never:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            names |= {
                f"{node.module}.{alias.name}" if f"{node.module}.{alias.name}" in MODULES else node.module for alias in node.names
            }
    return {name for name in names if name.split(".")[0] in ("sim", "experiments", "benchmarks", "tests")}


def rank_of(module: str) -> int:
    parts = module.split(".")
    while parts and ".".join(parts) not in RANK:
        parts.pop()
    assert parts and (parts != ["sim"] or module == "sim"), f"{module} has no layer yet: give it one in {Path(__file__).name}"
    return RANK[".".join(parts)]


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_imports_only_what_is_below_it(module):
    for other in imported_by(MODULES[module]):
        assert rank_of(module) <= rank_of(other), f"{module} imports {other}, which lies above it"


@pytest.mark.parametrize("module", sorted(name for name in MODULES if name.startswith("sim")))
def test_the_model_knows_nothing_of_experiments_or_tests(module):
    assert not [name for name in imported_by(MODULES[module]) if not name.startswith("sim")]


def test_measures_stand_apart():
    """What happens in a world never asks how it will be measured."""
    for module, path in MODULES.items():
        if module.startswith("sim") and rank_of(module) > RANK["sim.market"] and not module.startswith("sim.measures"):
            assert not [name for name in imported_by(path) if name.startswith("sim.measures")], module


def test_no_run_reads_the_evidence():
    """Facts are cited by their numbers; what is kept for validation can reach no rule."""
    for module, path in MODULES.items():
        if module.startswith("sim") and module != "sim.evidence":
            assert "sim.evidence" not in imported_by(path), module


def circle_in(below: dict[str, set[str]]) -> list[str]:
    """Modules that lead back to the first of them, which is repeated at the end; none if no import leads back."""
    done, under_way = set(), []

    def follow(module):
        if module in under_way:
            return [*under_way[under_way.index(module) :], module]
        if module in done:
            return []
        under_way.append(module)
        found = next(filter(None, map(follow, sorted(below[module]))), [])
        done.add(under_way.pop())
        return found

    return next(filter(None, map(follow, sorted(below))), [])


def test_no_circles():
    """Following imports never leads back, those inside functions included: a late import hides no circle."""
    below = {module: {name for name in imported_by(path) if name in MODULES} - {module} for module, path in MODULES.items()}
    assert "experiments.sweeps.report" in below["experiments.commands.sweep"], "late imports are counted"
    assert not circle_in(below), " -> ".join(circle_in(below))
    below["experiments.robustness.prose"].add("experiments.commands.test")
    assert {"experiments.robustness.prose", "experiments.commands.test"} <= set(circle_in(below))


def test_numba_is_imported_only_where_its_cache_is_set():
    for module, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [getattr(node, "module", "") or ""]
            if isinstance(node, ast.Import | ast.ImportFrom) and any(name.split(".")[0] == "numba" for name in names):
                assert module in ("sim.engine.compiled", "sim.engine.numba_internals", "sim.engine.pointer"), module


STOPWATCH = ROOT / "sim" / "engine" / "stopwatch.py"  # reads the clock for people
MODEL = sorted(set((ROOT / "sim").rglob("*.py")) - {STOPWATCH})


@pytest.mark.parametrize("path", MODEL, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_other_source_of_chance_or_time_in_the_model(path):
    """The clock, the operating system's randomness and NumPy's generators decide nothing."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        assert not {"random", "time", "secrets", "uuid"} & set(names)
        if isinstance(node, ast.ImportFrom):
            assert node.module not in ("random", "time", "secrets", "uuid", "numpy.random")
        if isinstance(node, ast.Attribute):
            assert not (node.attr == "random" and isinstance(node.value, ast.Name) and node.value.id == "np")


@pytest.mark.parametrize("module", ["sim", "sim.simulation"])
def test_workers_import_nothing_heavy(module):
    done = run_fresh(f"import sys, {module}; print(*sorted(sys.modules))")
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert not [name for name in HEAVY if name in loaded]
    if module == "sim":
        assert "numba" not in loaded and "numpy" not in loaded
    assert sys.version_info >= (3, 11)
