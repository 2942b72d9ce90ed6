"""How the tests run: the path to the sources, what is compiled before, and how many cases hypothesis generates.

`PLANSIM_PROFILE=few` cuts every generated test to a handful of cases (interpreted runs); under
continuous integration (`CI` is set) the cases are the same each time.
"""

import os
import signal
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

if "PYTEST_XDIST_WORKER" in os.environ:  # several at once: each has a terminal's handler, which the tests of Ctrl-C need
    signal.signal(signal.SIGINT, signal.default_int_handler)

COMMON = dict(deadline=None, derandomize="CI" in os.environ, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("usual", **COMMON)
settings.register_profile("few", max_examples=2, **COMMON)
settings.load_profile(os.environ.get("PLANSIM_PROFILE", "usual"))


def pytest_configure(config):
    """With several workers: compile once, for all of them."""
    if config.getoption("numprocesses", None) and not config.option.collectonly:
        from sim.simulation import be_compiled

        be_compiled()


LONGEST = ("test_interpreted.py", "test_levers.py", "test_plain_day.py", "test_command_line.py")


def pytest_collection_modifyitems(items):
    """The files that take longest come first, so that no worker is left alone with one of them at the end."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))
