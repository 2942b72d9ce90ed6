"""Approximate Bayesian computation on a table of simulated draws: rejection with regression adjustment.

A table holds parameters drawn from a prior and the statistics that each draw shows. The noise of what was observed is added to
the statistics, so that tolerances are part of the model and not of the method (Wilkinson 2013). Draws near the observation are
kept with weights that fall with distance, and their parameters are moved along a ridge regression on the statistics to where the
statistics would be those observed (Beaumont, Zhang and Balding 2002; Blum and others 2013). Parameters are places in the unit
cube, regressed as logits, so that none leaves its range.
"""

from __future__ import annotations

import dataclasses

import numpy as np

LEAST_KEPT = 50
_RIDGE = 1e-3  # of the trace of the statistics' covariance
_INSIDE = 1e-9  # distance from the ends of the unit interval


@dataclasses.dataclass(frozen=True)
class Posterior:
    """Weighted draws.

    Attributes
    ----------
    places
        float64[kept, parameters] in (0, 1), adjusted.
    weights
        float64[kept], which sum to 1.
    kept
        int64[kept]: rows of the table.
    reach
        Distance of the farthest draw kept, in spreads of the statistics.
    leverage
        Squared distance of the observation from the middle of the draws kept, in the spreads of their statistics: middles of
        places are known to their spread times the root of (1 + leverage) / effective number.
    """

    places: np.ndarray
    weights: np.ndarray
    kept: np.ndarray
    reach: float
    leverage: float = 0.0

    @property
    def effective(self) -> float:
        """Effective number of draws (Kish)."""
        return float(1.0 / (self.weights**2).sum())

    def mean(self) -> np.ndarray:
        """float64[parameters]: means of places."""
        return self.weights @ self.places

    def spread(self) -> np.ndarray:
        """float64[parameters]: standard deviations of places."""
        return np.sqrt(self.weights @ (self.places - self.mean()) ** 2)

    def quantiles(self, levels) -> np.ndarray:
        """float64[levels, parameters]: quantiles of places."""
        found = np.empty((len(levels), self.places.shape[1]))
        for j, column in enumerate(self.places.T):
            order = np.argsort(column)
            reached = np.cumsum(self.weights[order]) - 0.5 * self.weights[order]
            found[:, j] = np.interp(levels, reached, column[order])
        return found

    def resample(self, number: int, generator: np.random.Generator) -> np.ndarray:
        """int64[number]: rows of `places` by systematic resampling, each as often as its weight asks."""
        steps = (np.arange(number) + generator.random()) / number
        return np.searchsorted(np.cumsum(self.weights), steps).clip(0, len(self.weights) - 1)


def fit_posterior(
    places: np.ndarray, statistics: np.ndarray, observed: np.ndarray, kept: int, weights: np.ndarray | None = None
) -> Posterior:
    """Draws given what was observed.

    Parameters
    ----------
    places
        float64[draws, parameters] in (0, 1): where each parameter lies in its prior.
    statistics
        float64[draws, statistics], with the noise of the observation in them.
    observed
        float64[statistics].
    kept
        How many of the nearest draws to keep.
    weights
        float64[draws]: prior over proposal, where the draws are not from the prior.

    ValueError for too few draws, or for values that are not finite.
    """
    if not (np.isfinite(places).all() and np.isfinite(statistics).all() and np.isfinite(observed).all()):
        raise ValueError("parameters and statistics must be finite; leave draws without a value out")
    kept = min(kept, len(places))
    if kept < LEAST_KEPT:
        raise ValueError(f"{kept} draws are too few for a posterior: at least {LEAST_KEPT} are needed")
    spread = 1.4826 * np.median(np.abs(statistics - np.median(statistics, axis=0)), axis=0)
    spread = np.where(spread > 0.0, spread, 1.0)
    away = (statistics - observed) / spread
    distance = np.sqrt((away**2).sum(axis=1))
    rows = np.sort(np.argsort(distance, kind="stable")[:kept])
    reach = float(distance[rows].max())
    kernel = np.maximum(1.0 - (distance[rows] / (reach or 1.0)) ** 2, 1e-6)  # Epanechnikov
    if weights is not None:
        kernel = kernel * weights[rows]
    kernel = kernel / kernel.sum()
    inside = np.clip(places[rows], _INSIDE, 1.0 - _INSIDE)
    logits = np.log(inside / (1.0 - inside))
    slopes = _ridge(away[rows], logits, kernel)
    leverage = _leverage(away[rows], kernel)
    adjusted = _unshrunk(logits - away[rows] @ slopes, kernel, away.shape[1], leverage)
    return Posterior(1.0 / (1.0 + np.exp(-adjusted)), kernel, rows, reach, leverage)


def _unshrunk(adjusted: np.ndarray, weights: np.ndarray, fitted: int, leverage: float) -> np.ndarray:
    """Adjusted places spread again: by what a regression on so many statistics takes from residuals, and by what it does not
    know of its own middle at the observation, as the interval of a prediction is."""
    effective = 1.0 / (weights**2).sum()
    middle = weights @ adjusted
    variance = effective / max(effective - fitted - 1.0, 1.0) * (1.0 + (1.0 + leverage) / effective)
    return middle + (adjusted - middle) * np.sqrt(variance)


def _leverage(x: np.ndarray, weights: np.ndarray) -> float:
    """Squared Mahalanobis distance of the observation, which is at zero, from the weighted mean."""
    middle = weights @ x
    spread = ((x - middle) * weights[:, None]).T @ (x - middle)
    return float(middle @ np.linalg.pinv(spread) @ middle)


def _ridge(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """float64[statistics, parameters]: slopes of a weighted ridge regression with an intercept."""
    x = x - weights @ x
    y = y - weights @ y
    gram = (x * weights[:, None]).T @ x
    gram[np.diag_indices_from(gram)] += _RIDGE * max(np.trace(gram) / len(gram), 1e-12)
    return np.linalg.solve(gram, (x * weights[:, None]).T @ y)


def contraction(posterior: Posterior) -> np.ndarray:
    """float64[parameters]: by how much the spread of each parameter fell from that of its prior, 0 to 1 (below 0: it rose).

    The prior is uniform on places, with a standard deviation of the root of 1 / 12.
    """
    return 1.0 - posterior.spread() * np.sqrt(12.0)


def noise_of_contraction(posterior: Posterior) -> float:
    """Standard error of the contraction of a parameter that the observation tells nothing of.

    The standard deviation of n uniform numbers has a relative standard error of sqrt((kurtosis - 1) / (4 n)), with 1.8 for the
    kurtosis.
    """
    return float(np.sqrt(0.8 / (4.0 * posterior.effective)))


def rank_of(truth: np.ndarray, posterior: Posterior) -> np.ndarray:
    """float64[parameters]: weight of the draws below the truth, uniform where the posterior is right (Talts and others 2018)."""
    return posterior.weights @ (posterior.places < truth)
