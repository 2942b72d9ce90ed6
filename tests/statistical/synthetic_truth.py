"""Synthetic pairs whose truth is known, and the bands in which a rate over many trials must fall."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from experiments.execution.chunks import world_seed

ROOT = 1998  # of every trial here; the block of seeds is that of the tests
TRIALS = {"few": 2_000, "many": 20_000}


class Law(NamedTuple):
    """A law of paired differences with mean 0 and standard deviation 1: how to draw float[rows, n]."""

    draw: Callable[[np.random.Generator, tuple[int, int]], np.ndarray]
    skewness: float


def gamma(shape: float) -> Law:
    """A centred gamma, skewness 2 / √shape."""
    return Law(lambda rng, size: (rng.standard_gamma(shape, size) - shape) / np.sqrt(shape), 2 / np.sqrt(shape))


def poisson_difference(one: float, other: float) -> Law:
    """The difference of two Poisson counts, centred: discrete, with ties."""
    spread = np.sqrt(one + other)
    return Law(
        lambda rng, size: (rng.poisson(one, size) - rng.poisson(other, size) - (one - other)) / spread, (one - other) / spread**3
    )


def mirrored(law: Law) -> Law:
    """The same law with its long tail on the other side."""
    return Law(lambda rng, size: -law.draw(rng, size), -law.skewness)


LAWS = {
    "normal": Law(lambda rng, size: rng.standard_normal(size), 0.0),
    "gamma, skewness 0.5": gamma(16),
    "Poisson difference": poisson_difference(3, 1),  # skewness 0.25
    "discrete": poisson_difference(1, 1),  # three values in ten are nought
}


def generator(trial_block: int) -> np.random.Generator:
    """The Generator of one test; each test declares a number of its own."""
    return np.random.Generator(np.random.PCG64(world_seed(ROOT, trial_block, "tests")))


def samples(law: Law, n: int, trials: int, block: int):
    """Yield `trials` samples float[n], drawn a thousand at a time."""
    rng = generator(block)
    for start in range(0, trials, 1000):
        yield from law.draw(rng, (min(1000, trials - start), n))


def band(rate: float, trials: int) -> tuple[float, float]:
    """The 99.9 % binomial band of a rate over that many trials."""
    from scipy.stats import binom

    low, high = binom.interval(0.999, trials, rate)
    return low / trials, high / trials


def assert_inside(found: float, rate: float, trials: int, conservative: bool = False) -> None:
    """Fail unless a rate found lies in the band, or below it where a procedure may err on the safe side."""
    low, high = band(rate, trials)
    assert (conservative or found >= low) and found <= high, f"{found:.4f}, not {low:.4f} to {high:.4f}"
