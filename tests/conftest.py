"""How the tests run: the path to the sources, what is compiled before, and how many cases hypothesis generates.

`PLANSIM_PROFILE=few` cuts every generated test to a handful of cases (interpreted runs); under
continuous integration (`CI` is set) the cases are the same each time.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

if "PYTEST_XDIST_WORKER" in os.environ:  # several at once: each has a terminal's handler, which the tests of Ctrl-C need
    signal.signal(signal.SIGINT, signal.default_int_handler)

COMMON = dict(deadline=None, derandomize="CI" in os.environ, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("usual", **COMMON)
settings.register_profile("few", max_examples=2, **COMMON)
settings.load_profile(os.environ.get("PLANSIM_PROFILE", "usual"))

os.fsync = lambda descriptor: os.fstat(descriptor) and None  # no test takes the power away, and a disk takes its time

# --- compiling, with several workers ---------------------------------------------------------------

COMPILED = "PLANSIM_TESTS_COMPILED"  # a file that is there once everything is compiled
COMPILE = "from sim.simulation import be_compiled; be_compiled()"
LIGHT = ("unit/configuration", "unit/statistics", "unit/test_evidence_table.py", "unit/test_layers.py", "unit/test_docs.py")
LONGEST = ("test_interpreted.py", "test_levers.py", "test_plain_day.py", "test_command_line.py")


def is_in(path: Path, names: tuple[str, ...]) -> bool:
    """Whether a file of tests is one of these, or in a folder of them."""
    return any(path.is_relative_to(TESTS / name) for name in names)


def pytest_configure(config):
    """Compile once, for all workers, while they begin with what needs nothing compiled."""
    if config.getoption("numprocesses", None) and not config.option.collectonly:
        done = Path(tempfile.mkdtemp()) / "done"
        os.environ[COMPILED] = str(done)
        code = f"import pathlib\ntry:\n    {COMPILE}\nfinally:\n    pathlib.Path({str(done)!r}).touch()"
        config.compiling = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)


def pytest_unconfigure(config):
    """Leave no compiler behind."""
    if compiling := getattr(config, "compiling", None):
        compiling.terminate()
        compiling.wait()
        shutil.rmtree(Path(os.environ[COMPILED]).parent)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """In a worker: wait for the compiler where a test may need what it makes."""
    if COMPILED in os.environ and not is_in(item.path, LIGHT):
        give_up = time.monotonic() + 900
        while not os.path.exists(os.environ[COMPILED]) and time.monotonic() < give_up:
            time.sleep(0.2)


def pytest_collection_modifyitems(items):
    """What needs no compiler comes first, then the files that take longest, so that none of them is left at the end."""

    def place(item):
        name = item.path.name
        return not is_in(item.path, LIGHT), LONGEST.index(name) if name in LONGEST else len(LONGEST)

    items.sort(key=place)


# --- figures -----------------------------------------------------------------------------------------

UNPAINTED = (
    "faults", "unit/commands", "unit/comparison", "unit/execution", "unit/robustness", "unit/sensitivity", "unit/store",
    "unit/structures", "unit/sweeps",
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def unpainted(request):
    """Where commands run and nobody looks at what is drawn, the files of figures are empty: drawing takes longest of all."""
    if not is_in(request.path, UNPAINTED):
        yield {}
        return
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    drawing = {(Figure, "savefig"): Figure.savefig, (ConstrainedLayoutEngine, "execute"): ConstrainedLayoutEngine.execute}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", lambda figure, path, **options: Path(path).write_text("<svg></svg>"))
        patch.setattr(ConstrainedLayoutEngine, "execute", lambda engine, figure: None)
        yield drawing


@pytest.fixture
def painted(monkeypatch, unpainted):
    """For a test that looks at figures in one of these folders."""
    for (of, name), drawn in unpainted.items():
        monkeypatch.setattr(of, name, drawn)
