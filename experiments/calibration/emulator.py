"""Emulators of statistics, and which places of the prior they do not rule out (history matching; Vernon and others 2010)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import numpy as np

MOST_INPUTS = 12  # of an emulator: the numbers that move its statistic most
MOST_POINTS = 600  # an emulator is fitted to; more cost the cube of their number
CUT = 3.0  # standard deviations from the observation beyond which a place is ruled out (Pukelsheim 1994)
_BATCH = 4_000
_TRIES = 250  # batches of candidates, before fewer places than asked for are taken


class Emulator:
    """A Gaussian process of one statistic over the numbers that move it; the noise of seeds is estimated with it."""

    def __init__(self, places: np.ndarray, values: np.ndarray, inputs: Sequence[int]):
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

        self.inputs = list(inputs)
        kernel = ConstantKernel(1.0, (1e-3, 1e3)) * RBF([2.0] * len(self.inputs), (0.2, 50.0)) + WhiteKernel(0.3, (1e-4, 2.0))
        self._process = GaussianProcessRegressor(kernel, normalize_y=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a length at its bound is an input that does nothing
            self._process.fit(places[:, self.inputs][:MOST_POINTS], values[:MOST_POINTS])

    def predict(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of what a draw would show, seeds included; float64[places] both."""
        return self._process.predict(places[:, self.inputs], return_std=True)


def implausibility(emulator: Emulator, places: np.ndarray, observed: float, noise: float) -> np.ndarray:
    """float64[places]: distance of the prediction from what was observed, in standard deviations of both."""
    mean, spread = emulator.predict(places)
    return np.abs(mean - observed) / np.sqrt(spread**2 + noise**2)


def places_not_ruled_out(
    number: int, dimensions: int, checks: Sequence[Callable[[np.ndarray], np.ndarray]], generator: np.random.Generator,
    advance: Callable[[int], None] = lambda found: None,
) -> tuple[np.ndarray, float]:
    """Uniform places of the unit cube that no check rules out, and the share of candidates that none does.

    `checks`: from float64[places, dimensions] to bool[places], True where a place stays. `advance` gets how many
    more of those asked for are found, a batch at a time. ValueError if next to nothing stays.
    """
    found, seen, kept = [], 0, 0
    for _ in range(_TRIES):
        candidates = generator.random((_BATCH, dimensions))
        seen += _BATCH
        for check in checks:
            candidates = candidates[check(candidates)] if len(candidates) else candidates
        found.append(candidates)
        advance(min(len(candidates), number - kept))
        kept += len(candidates)
        if kept >= number:
            break
    if kept < min(number, 50):
        raise ValueError(f"the emulators rule out all but {kept} of {seen:,} places; widen the ranges or the tolerances")
    return np.concatenate(found)[:number], kept / seen


def most_moving(effects: np.ndarray, number: int = MOST_INPUTS) -> list[int]:
    """The columns with the largest mean absolute effects, the largest first; `effects`: float64[trajectories, factors]."""
    size = np.nanmean(np.abs(effects), axis=0)
    return np.argsort(-size, kind="stable")[:number].tolist()
