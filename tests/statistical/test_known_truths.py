"""Long drills on known truths: shares of worlds over laws of many shapes, and posteriors of simulated markets."""

import json

import numpy as np
import pytest
from scipy.stats import binom

from experiments.cli import main
from experiments.statistics.shares_of_worlds import bracket, share_of_worlds
from tests.statistical.synthetic_truth import generator

pytestmark = pytest.mark.full
DRAWS, REPETITIONS = 300, 120
LAWS = {  # of true effects over draws; what is asked for is their share above zero
    "normal": lambda rng: 0.26 + rng.standard_normal(DRAWS),
    "skewed": lambda rng: rng.standard_gamma(2.0, DRAWS) - 1.2,
    "two kinds of worlds": lambda rng: np.where(rng.random(DRAWS) < 0.3, 4.0, -1.0) + 0.3 * rng.standard_normal(DRAWS),
    "long tails": lambda rng: 0.5 + rng.standard_t(3, DRAWS),
    "one and the same effect": lambda rng: np.full(DRAWS, 1.5),
}


@pytest.mark.parametrize("name", LAWS)
def test_the_bracket_holds_the_share_whatever_the_law(name):
    """In nine of ten repetitions or more, but for chance, and the nearer of the estimators is within three points on average."""
    rng = generator(91_000 + list(LAWS).index(name))
    inside, away = 0, {"normal": [], "mixture": []}
    for _ in range(REPETITIONS):
        effects = LAWS[name](rng)
        pairs = rng.integers(4, 9, DRAWS)
        noise = np.exp(rng.normal(0.0, 0.5, DRAWS)) * 1.5
        samples = [rng.normal(effect, deviation, n) for effect, deviation, n in zip(effects, noise, pairs, strict=True)]
        estimates, errors = (
            np.array([part(one) for one in samples]) for part in (np.mean, lambda x: x.std(ddof=1) / len(x) ** 0.5)
        )
        found = share_of_worlds(estimates, errors, pairs - 1.0, resamples=60, seed=1).side
        truth = (effects > 0.0).mean()
        low, high = bracket(found)
        inside += low - 0.005 <= truth <= high + 0.005
        for estimator, values in away.items():
            values.append(found[estimator]["share"] - truth)
    assert inside >= binom.ppf(0.01, REPETITIONS, 0.9), f"{inside} of {REPETITIONS}"
    assert min(abs(np.mean(values)) for values in away.values()) < 0.03


def test_posteriors_of_simulated_markets_hold_their_truths(tmp_path):
    """Simulation-based calibration over 200 worlds of the market `class` that the calibration itself has simulated."""
    words = ["calibrate", "market=class", "days=365", "burn_in=120", "n_draws=1500", "n_worlds=2", "trajectories=2", "waves=1"]
    assert main([*words, "kept=300", "--output", str(tmp_path)]) == 0
    (folder,) = (tmp_path / "calibrate").iterdir()
    ranks = json.loads((folder / "summary.json").read_text())["ranks"]
    assert ranks["fits"] == 200 and 0.87 < ranks["coverage"] < 0.93 and len(ranks["uneven"]) <= 2, ranks
    assert (folder / "ranks.png").stat().st_size > 10_000
