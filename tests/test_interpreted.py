"""The model without its compiler: the same tests and the same bits in plain Python, and with bounds checked.

Compiled code neither checks bounds nor sees an integer overflow; plain Python does.
"""

import os
import subprocess
import sys

import pytest

from tests.worlds import ROOT, ran, run_fresh, tiny, with_lever

MODEL_TESTS = ("tests/unit/test_chance.py", "tests/unit/test_day.py", "tests/naive", "tests/properties")
HASHES = "from tests.test_interpreted import hashes; print(*hashes())"
SEEDS = (1, 2, 3)
SIZE = dict(market__bosses=8, market__prostitutes=20, market__providers=20, market__clients=200, market__searches_per_day=20.0)


def hashes():
    """Ledgers of tiny worlds over 40 days, alone and under levers."""
    worlds = [tiny(seed=seed, days=40, policy__start_day=15, **SIZE) for seed in SEEDS]
    worlds += [
        with_lever(worlds[0], "venue_inspection", intensity=50.0),
        with_lever(worlds[1], "arrest_providers", intensity=0.4),
    ]
    return [ran(parameters).ledger_sha256() for parameters in worlds]


def run_tests(*paths, **environment):
    """Run tests in a process of their own; returns (exit code, the end of what they said)."""
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", "-m", "not slow and not full", *paths]
    variables = os.environ | {"PLANSIM_PROFILE": "few"} | environment
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=900)
    return done.returncode, done.stdout[-3000:] + done.stderr[-1000:]


@pytest.mark.slow
def test_the_ledger_is_the_same_to_the_bit():
    done = run_fresh(HASHES, NUMBA_DISABLE_JIT="1")
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == hashes()


@pytest.mark.slow
def test_the_tests_of_the_model_pass_interpreted():
    code, said = run_tests(*MODEL_TESTS, NUMBA_DISABLE_JIT="1")
    assert code == 0, said


@pytest.mark.full
def test_the_tests_of_the_model_pass_with_bounds_checked(tmp_path):
    """Compiled anew, with every index checked, in a cache of its own."""
    code, said = run_tests("tests/naive", "tests/properties", NUMBA_BOUNDSCHECK="1", PLANSIM_CACHE=str(tmp_path))
    assert code == 0, said
