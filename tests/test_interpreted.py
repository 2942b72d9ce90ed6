"""The model without its compiler: the same tests and the same bits in plain Python, and with bounds checked.

Compiled code neither checks bounds nor sees an integer overflow; plain Python does.
"""

import os
import subprocess
import sys

import pytest

from tests.worlds import ALL_LEVERS, BUSY, ROOT, ran, run_fresh, tiny, with_levers

MODEL_TESTS = ("tests/unit/engine/test_chance.py", "tests/unit/test_day.py", "tests/properties")
HASHES = "from tests.test_interpreted import hashes; print(*hashes())"
SEEDS = (1, 2, 3)
SIZE = {
    "days": 60, "policy.start_day": 15, "market.bosses": 8, "market.prostitutes": 20, "market.providers": 20,
    "market.clients": 200, "market.searches_per_day": 20.0,
}  # fmt: skip
GROUPS = (  # what police do, what teams and homes do, what is done about clients, sites and persons at risk, one role only
    ("venue_inspection", "street_patrol", "online_inquiry", "case_building", "central_intelligence"),
    ("outreach_street", "outreach_personal", "outreach_mass", "first_reception", "beds_near", "beds_distant", "training"),
    ("client_fines", "awareness_courses", "demand_campaign", "platform_closure", "prevention", "staff_reporting"),
    ("arrest_providers",),
)
SOME = (*GROUPS, tuple(name for name in ALL_LEVERS if not any(name in group for group in GROUPS)))  # and all others


def hashes():
    """Ledgers of tiny worlds over 60 days: alone, in a busy market without a policy, under some levers, under all."""
    worlds = [tiny(**SIZE, seed=seed) for seed in SEEDS]
    busy = [tiny(**SIZE | BUSY, seed=seed) for seed in SEEDS]
    worlds += [busy[0], *(with_levers(world, ALL_LEVERS) for world in busy)]
    worlds += [with_levers(busy[0], {name: ALL_LEVERS[name] for name in names}) for names in SOME]
    return [ran(parameters).ledger_sha256() for parameters in worlds]


def run_tests(*paths, marked="not slow and not full", **environment):
    """Run tests in a process of their own; returns (exit code, the end of what they said)."""
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", "-m", marked, *paths]
    variables = os.environ | {"PLANSIM_PROFILE": "few"} | environment
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=2400)
    return done.returncode, done.stdout[-3000:] + done.stderr[-1000:]


@pytest.mark.slow
def test_the_ledger_is_the_same_to_the_bit():
    """The interpreted run of a small market equals the compiled one, with every lever on, with some, and without any."""
    done = run_fresh(HASHES, NUMBA_DISABLE_JIT="1")
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == hashes()


@pytest.mark.full
def test_the_tests_of_the_model_pass_interpreted():
    code, said = run_tests(*MODEL_TESTS, NUMBA_DISABLE_JIT="1")
    assert code == 0, said


@pytest.mark.full
def test_the_naive_twins_pass_interpreted():
    code, said = run_tests("tests/naive", marked="", NUMBA_DISABLE_JIT="1")
    assert code == 0, said


@pytest.mark.full
def test_the_tests_of_the_model_pass_with_bounds_checked(tmp_path):
    """Compiled anew, with every index checked, in a cache of its own."""
    checked = {"NUMBA_BOUNDSCHECK": "1", "PLANSIM_CACHE": str(tmp_path)}
    for path, marked in (("tests/naive", ""), ("tests/properties", "not slow and not full")):
        code, said = run_tests(path, marked=marked, **checked)
        assert code == 0, said
