"""Corners of all ranges at once: whatever configuration is accepted runs, and nothing comes out that cannot be."""

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.compiled import INTERPRETED
from tests.corners import corner, run_corner
from tests.worlds import ROOT, compiled_only, examples


@given(number=st.integers(0, 1_000_000))
@examples(5 if INTERPRETED else 60)
def test_a_corner_of_the_ranges_runs_and_nothing_impossible_comes_out(number):
    run_corner(number)


def test_corners_reach_both_ends_of_the_ranges():
    made = [corner(number) for number in range(60)]
    for low, high, get in ((1, 10, lambda p: p.planning.max_team), (1, 8, lambda p: p.demand.offers_seen)):
        assert {low, high} <= {get(parameters) for parameters in made}
    assert any(parameters.planning.duration_high == 30 for parameters in made)


def run_corners(first, number, **environment):
    """Run corners in a process of its own; returns (exit code, what was said)."""
    command = [sys.executable, "-m", "tests.corners", str(first), str(number)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=3000)
    return done.returncode, done.stdout[-3000:] + done.stderr[-1000:]


@compiled_only
@pytest.mark.full
def test_corners_run_interpreted_where_every_index_is_checked():
    code, said = run_corners(1000, 8, NUMBA_DISABLE_JIT="1")
    assert code == 0, said


@compiled_only
@pytest.mark.full
def test_many_corners_run_with_bounds_checked(tmp_path):
    """Compiled anew, with every index checked, in a cache of its own."""
    code, said = run_corners(0, 1500, NUMBA_BOUNDSCHECK="1", PLANSIM_CACHE=str(tmp_path))
    assert code == 0, said


@compiled_only
@pytest.mark.full
def test_very_many_corners():
    code, said = run_corners(2000, 6000)
    assert code == 0, said
