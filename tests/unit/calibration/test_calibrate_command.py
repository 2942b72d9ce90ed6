"""`plansim calibrate` at a small size: phases that resume, rows that repeat, a posterior that is read, a check on truths."""

import json
import shutil

import numpy as np
import pytest
from scipy.stats import norm

from experiments.calibration.posterior import read_posterior
from experiments.calibration.self_check import ranks_of_truths, summarise_ranks
from experiments.configuration.composition import compose
from experiments.configuration.drawn import with_values
from sim.initialisation.environment import check_world
from tests.sweep_worlds import say

pytestmark = pytest.mark.slow
WORDS = [
    "calibrate", "market=class", "structure=first_version", "days=400", "burn_in=60", "n_draws=140", "n_worlds=1",
    "trajectories=2", "waves=2", "kept=60", "engine.workers=1",
]  # fmt: skip
"""Under the first structure police find so much that ratios of what they find are defined in small worlds."""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of one calibration; the tests that change it take a copy."""
    from experiments.cli import main

    root = tmp_path_factory.mktemp("calibrations")
    assert main([*WORDS, "--output", str(root)]) == 0
    (folder,) = (root / "calibrate").iterdir()
    return folder


@pytest.fixture
def copied(finished, tmp_path):
    """A copy, with the words that find it."""
    shutil.copytree(finished.parent.parent, tmp_path / "results")
    return tmp_path / "results" / "calibrate" / finished.name, [*WORDS, "--output", str(tmp_path / "results")]


def test_it_says_what_is_identified_and_checks_itself(finished):
    summary = json.loads((finished / "summary.json").read_text())
    assert summary["ranks"]["fits"] >= 100 and 0.7 < summary["ranks"]["coverage"] < 0.97
    assert len(summary["parameters"]) == summary["parameters_drawn"] > 200
    assert {"result.png", "ranks.svg", "report.html", "posterior.parquet"} <= {path.name for path in finished.iterdir()}
    draws = read_posterior(str(finished))
    assert len(draws.values) == summary["kept"] >= 50 and draws.weights.sum() == pytest.approx(1.0)
    base = compose("config", ["market=class"])
    for values in draws.values:
        check_world(with_values(base, values))


def test_rows_of_each_phase_repeat(finished, capsys):
    for phase, row in (("screening", 7), ("wave_1", 11), ("wave_2", 5)):
        status, out, _ = say(capsys, "rerun", str(finished / phase), str(row), "--json")
        assert status == 0 and json.loads(out)["equal"], phase
    status, _, err = say(capsys, "rerun", str(finished), "3")
    assert status == 2 and "RESULT/wave_1" in err
    status, out, _ = say(capsys, "show", str(finished))
    assert status == 0 and "identified by the patterns" in out
    assert "wave 2: 140 draws, in " in out and "met by fewest draws of the last wave: " in out


def test_what_is_finished_is_not_run_again_and_a_lost_summary_is_made_again(copied, capsys):
    folder, words = copied
    before, rows = (
        (folder / "posterior.parquet").read_bytes(),
        {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")},
    )
    (folder / "summary.json").unlink()
    status, _, err = say(capsys, *words)
    assert status == 0 and "screening" not in err and (folder / "posterior.parquet").read_bytes() == before
    assert all(path.stat().st_mtime_ns == time for path, time in rows.items() if path.parent != folder)


def test_a_damaged_file_of_a_phase_is_named_and_its_draws_run_again(copied, capsys):
    folder, words = copied
    before = (folder / "posterior.parquet").read_bytes()
    damaged = max((folder / "wave_1").rglob("*.parquet"), key=lambda path: path.stat().st_size)
    damaged.write_bytes(damaged.read_bytes()[:100])
    (folder / "summary.json").unlink()
    status, _, err = say(capsys, *words)
    assert status == 0 and damaged.name in err and (folder / "posterior.parquet").read_bytes() == before


def test_ranks_tell_a_posterior_that_is_too_narrow():
    """The check fails where it must: statistics whose noise the observation does not have."""
    rng = np.random.default_rng(3)
    places = rng.random((3_000, 3))
    right = norm.ppf(places)[:, :2] + rng.standard_normal((3_000, 2))
    even = summarise_ranks(["a", "b", "c"], ranks_of_truths(places, right, 400, 150, rng))
    assert not even["uneven"] and 0.84 < even["coverage"] < 0.95
    ranks = 0.5 + 0.5 * np.sign(ranks_of_truths(places, right, 400, 150, rng) - 0.5)
    assert summarise_ranks(["a", "b", "c"], ranks)["uneven"] == ["a", "b", "c"]
