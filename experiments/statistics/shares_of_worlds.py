"""In which share of worlds an effect lies beyond a threshold, where each world sees it with error.

A draw of parameters has a true effect; a few pairs of twin worlds estimate it with a standard error, and often badly.
Counting the draws whose own interval excludes the threshold measures mostly how many pairs there are. Here the law of the
true effects over draws is estimated and the share is read off that law. Two ways are shown side by side:

- `normal`: true effects follow a normal law, estimates follow Student's t around them (random effects);
- `mixture`: true effects follow any law at all, found by maximum likelihood over a grid (Kiefer and Wolfowitz 1956; Koenker and
  Mizera 2014; compare Stephens 2017).

Standard errors of few pairs are moderated over draws (Smyth 2004). Where size and error go together, effects are put on the scale
on which they do not, which keeps each on its side of the threshold. Intervals are bootstrapped over draws.

A draw all whose pairs are equal, as where the outcome is rare, has an error of zero that is no knowledge, and a ratio whose
denominator may be zero has no error. Such draws show nothing and are in no law: they may be on either side, which the intervals
hold (bounds of Manski 2003). Draws of a posterior can share their parameters; the bootstrap takes those that do together (Davison
and Hinkley 1997, section 3.8).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

import numpy as np

ESTIMATORS = ("normal", "mixture")
SCALES = ("effect", "level", "error")
HOLDS, FAILS, DEPENDS, UNSEEN = "holds", "fails", "depends", "unseen"
HIGH, LOW = 0.9, 0.1  # shares from which a claim holds, and below which it fails
RESAMPLES = 200
LEAST_DRAWS = 10
_BINS = 160  # of the grid of true effects, half of them by quantiles
_STEPS, _STEPS_AGAIN = 600, 120  # of the EM algorithm on the draws, and on each resample of them
_WIDEST = 1e4  # a prior worth of degrees of freedom above which errors are taken to be equal


@dataclasses.dataclass(frozen=True)
class Worlds:
    """Effects of the draws, less the threshold and turned to the claim's side, on the scale that was chosen.

    Attributes
    ----------
    effects, errors
        float64[draws]: estimates and moderated standard errors.
    freedom
        float64[draws]: degrees of freedom of the errors, those borrowed from other draws included.
    scale
        float64[draws]: what was divided by, in the unit of the estimates.
    scaled_by
        One of `SCALES`.
    """

    effects: np.ndarray
    errors: np.ndarray
    freedom: np.ndarray
    scale: np.ndarray
    scaled_by: str


def moderate(errors: np.ndarray, freedom: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standard errors drawn towards those of the other draws, and their degrees of freedom (Smyth 2004, section 6.2).

    Variances are taken to be scaled inverse chi-squared over draws; of this law scale and degrees of freedom are estimated
    from the mean and variance of log variances. An error of zero, in a handful of pairs in which nothing happened, tells
    nothing of that law, and becomes what the law alone makes of it. Both arguments and both results are float64[draws].

    >>> errors, freedom = moderate(np.array([0.5, 1.0, 2.0, 0.0]), np.full(4, 3.0))
    >>> bool((errors[:3] > 0.5).all()), bool(errors[3] > 0.0)
    (True, True)
    """
    from scipy.special import digamma, polygamma

    seen = errors > 0.0
    if seen.sum() < 2:
        return errors, freedom
    half = freedom[seen] / 2.0
    logs = 2.0 * np.log(errors[seen]) - digamma(half) + np.log(half)
    spread = logs.var(ddof=1) - polygamma(1, half).mean()
    prior = 2.0 * _inverse_trigamma(spread) if spread > 0.0 else _WIDEST
    if prior >= _WIDEST:
        prior, middle = _WIDEST, logs.mean()
    else:
        middle = logs.mean() + digamma(prior / 2.0) - math.log(prior / 2.0)
    moderated = np.sqrt((prior * math.exp(middle) + freedom * errors**2) / (prior + freedom))
    return moderated, freedom + prior


def _inverse_trigamma(y: float) -> float:
    """x > 0 with trigamma(x) = y, by Newton's method on 1 / trigamma, which is convex (Smyth 2004, appendix)."""
    from scipy.special import polygamma

    x = 0.5 + 1.0 / y
    for _ in range(50):
        at = polygamma(1, x)
        step = at * (1.0 - at / y) / polygamma(2, x)
        x += step
        if abs(step) < 1e-10 * x:
            break
    return float(x)


class Law:
    """The grid of true effects and the likelihood of every draw on it."""

    def __init__(self, worlds: Worlds):
        from scipy.stats import t

        y = worlds.effects
        low, high = y.min(), y.max()
        room = 0.05 * (high - low) or 1.0
        even, shares = np.linspace(low - room, high + room, _BINS // 2), np.linspace(0.0, 1.0, _BINS // 2)
        inner = np.concatenate((even, np.quantile(y, shares)))
        self.edges = np.unique(np.append(inner, 0.0))
        self.middles = (self.edges[1:] + self.edges[:-1]) / 2.0
        away = (y[:, None] - self.middles) / worlds.errors[:, None]
        self.likelihood = t.pdf(away, worlds.freedom[:, None]) / worlds.errors[:, None]

    def normal_weights(self, mean: float, spread: float) -> np.ndarray:
        """float64[bins]: chance of each bin under a normal law, the outer ones with the tails."""
        from scipy.special import ndtr

        below = ndtr((self.edges - mean) / spread)
        below[0], below[-1] = 0.0, 1.0
        return np.diff(below)

    def fit_normal(self, counts: np.ndarray, start: tuple[float, float]) -> tuple[float, float]:
        """Mean and log of the spread of the normal law by maximum likelihood; `counts`: how often each draw counts."""
        from scipy.optimize import minimize

        def cost(at: np.ndarray) -> float:
            with np.errstate(divide="ignore"):
                return -float(counts @ np.log(np.maximum(self.likelihood @ self.normal_weights(at[0], math.exp(at[1])), 1e-300)))

        step = math.exp(start[1])
        simplex = np.array([start, (start[0] + 0.5 * step, start[1]), (start[0], start[1] + 0.5)])
        options = {"initial_simplex": simplex, "xatol": 1e-3 * max(step, 1e-12), "fatol": 1e-4, "maxiter": 400}
        found = minimize(cost, start, method="Nelder-Mead", options=options)
        return float(found.x[0]), float(found.x[1])

    def fit_mixture(self, counts: np.ndarray, start: np.ndarray, steps: int) -> np.ndarray:
        """float64[bins]: weights of the law of any form by the EM algorithm."""
        weights = start
        for _ in range(steps):
            weights = weights * (self.likelihood.T @ (counts / (self.likelihood @ weights))) / counts.sum()
        return weights

    def log_likelihood(self, weights: np.ndarray) -> float:
        """Of all draws, on the scale of the law."""
        return float(np.log(np.maximum(self.likelihood @ weights, 1e-300)).sum())

    def beyond(self, weights: np.ndarray, least: np.ndarray) -> float:
        """Share of the law beyond each draw's own least effect, as a mean over draws; float64[draws]."""
        above = np.append(np.cumsum(weights[::-1])[::-1], 0.0)
        return float(np.interp(least, self.edges, above).mean())


def place(
    estimates: np.ndarray, errors: np.ndarray, freedom: np.ndarray, threshold: float, direction: str, levels: np.ndarray | None
) -> list[Worlds]:
    """The draws on each scale that is possible; float64[draws] each, `levels` of the worlds without the policy, if known."""
    sign = 1.0 if direction == "above" else -1.0
    effects = sign * (estimates - threshold)
    scales = {"effect": np.ones(len(effects))}
    if levels is not None and np.isfinite(levels).all() and (levels > 0.0).all():
        scales["level"] = levels
    moderated, borrowed = moderate(errors, freedom)
    if (moderated > 0.0).all():
        scales["error"] = moderated
    found = []
    for name, scale in scales.items():
        scaled, more = moderate(errors / scale, freedom) if name != "error" else (np.ones(len(effects)), borrowed)
        scaled = np.maximum(scaled, 1e-9 * max(np.abs(effects / scale).max(), 1e-300))
        found.append(Worlds(effects / scale, scaled, more, scale, name))
    return found


@dataclasses.dataclass(frozen=True)
class Shares:
    """The share of worlds in which an effect is on the claim's side, by each estimator, and what it rests on.

    Attributes
    ----------
    side, beyond
        By estimator: share of draws whose effect is on the claim's side, and beyond the smallest effect of interest, with
        interval: `share`, `low`, `high`. Draws that show nothing are not in `share`, and are in `high`.
    unseen, shown
        Share of draws that show nothing; bool[draws]: which show something.
    chance
        float64[draws]: chance that the true effect is on the claim's side, given the estimate; of draws that show something, as
        are all that follow.
    wrong
        float64[draws]: local false sign rate, the chance that the true effect is on the side that is less likely.
    effects
        float64[draws]: estimates with the noise removed, means of the mixture given each estimate, in the unit of the
        estimates.
    """

    scaled_by: str
    draws: int
    side: dict[str, dict[str, float]]
    beyond: dict[str, dict[str, float]]
    unseen: float
    shown: np.ndarray
    chance: np.ndarray
    wrong: np.ndarray
    effects: np.ndarray


def share_of_worlds(
    estimates, errors, freedom, *, threshold: float = 0.0, direction: str = "above", least: float = 0.0, levels=None,
    shown=None, groups=None, resamples: int = RESAMPLES, seed: int = 0,
) -> Shares:  # fmt: skip
    """Estimate in which share of worlds an effect is on the claim's side of a threshold, and beyond a least effect.

    Parameters
    ----------
    estimates, errors, freedom
        float[draws]: estimate, its standard error, and degrees of freedom of that (pairs less one).
    threshold, direction
        What the claim is about, in the unit of the estimates: `above` or `below`.
    least
        Smallest effect of interest, as a distance from the threshold, 0 or more.
    levels
        float[draws] of the worlds without the policy, by which effects may be scaled.
    shown
        bool[draws]: whether a draw shows anything of the effect; estimate and error of others are not read. All do if not given.
    groups
        int[draws]: label of the parameters of a draw, shared by draws that have the same. All differ if not given.
    resamples, seed
        Of the bootstrap over draws.

    ValueError with fewer than ten draws that show something, or for values that are not finite.
    """
    estimates, errors, freedom = (np.asarray(column, dtype=np.float64) for column in (estimates, errors, freedom))
    total = len(estimates)
    shown = np.ones(total, bool) if shown is None else np.asarray(shown, dtype=bool)
    labels, group_of = np.unique(np.arange(total) if groups is None else np.asarray(groups), return_inverse=True)
    estimates, errors, freedom = estimates[shown], errors[shown], freedom[shown]
    if len(estimates) < LEAST_DRAWS:
        raise ValueError(f"{len(estimates)} draws: at least {LEAST_DRAWS} are needed for a share of worlds")
    if not (np.isfinite(estimates).all() and np.isfinite(errors).all() and (freedom > 0.0).all() and (errors >= 0.0).all()):
        raise ValueError("estimates and errors must be finite, and every draw needs two pairs or more")
    levels = None if levels is None else np.asarray(levels, dtype=np.float64)[shown]
    worlds, law, normal = _choose(place(estimates, errors, freedom, threshold, direction, levels))
    once, least_of = np.ones(len(estimates)), least / worlds.scale
    mixture = law.fit_mixture(once, np.full(len(law.middles), 1.0 / len(law.middles)), _STEPS)
    generator = np.random.Generator(np.random.PCG64(seed))
    found, hidden = [_shares(law, normal, mixture, least_of)], [1.0 - len(estimates) / total]
    smooth = 0.98 * mixture + 0.02 / len(mixture)
    for _ in range(resamples):
        times = np.bincount(generator.integers(0, len(labels), len(labels)), minlength=len(labels))[group_of].astype(float)
        counts = times[shown]
        hidden.append(1.0 - counts.sum() / times.sum())
        again = law.fit_normal(counts, normal)
        found.append(_shares(law, again, law.fit_mixture(counts, smooth, _STEPS_AGAIN), least_of))
    apart = np.array(hidden)[:, None]
    table = np.clip(found, 0.0, 1.0) * (1.0 - apart)  # sums of weights can exceed one in the last digit
    low, high = np.quantile(table, 0.025, axis=0), np.quantile(table + apart, 0.975, axis=0)
    low, high = np.minimum(low, table[0]), np.maximum(high, table[0] + apart[0])
    named = [
        {name: {"share": float(table[0, j]), "low": float(low[j]), "high": float(high[j])}
         for name, j in zip(ESTIMATORS, columns, strict=True)}
        for columns in ((0, 1), (2, 3))
    ]  # fmt: skip
    given = law.likelihood * mixture
    given /= given.sum(axis=1, keepdims=True)
    positive = given[:, law.middles > 0.0].sum(axis=1)
    sign = 1.0 if direction == "above" else -1.0
    effects = threshold + sign * (given @ law.middles) * worlds.scale
    return Shares(worlds.scaled_by, total, *named, hidden[0], shown, positive, np.minimum(positive, 1.0 - positive), effects)


def _choose(candidates: list[Worlds]) -> tuple[Worlds, Law, tuple[float, float]]:
    """The scale on which the normal law fits the estimates best; likelihoods are compared in the unit of the estimates."""
    best = None
    for worlds in candidates:
        law = Law(worlds)
        spread = max(float(np.std(worlds.effects)), 1e-3 * float(worlds.errors.mean()))
        normal = law.fit_normal(np.ones(len(worlds.effects)), (float(np.median(worlds.effects)), math.log(spread)))
        fit = law.log_likelihood(law.normal_weights(normal[0], math.exp(normal[1]))) - float(np.log(worlds.scale).sum())
        if best is None or fit > best[0]:
            best = fit, worlds, law, normal
    return best[1:]


def _shares(law: Law, normal: tuple[float, float], mixture: np.ndarray, least: np.ndarray) -> list[float]:
    """On the claim's side by the normal law and by the mixture, then beyond the least effect by both."""
    from scipy.special import ndtr

    mean, spread = normal[0], math.exp(normal[1])
    zero = np.zeros(1)
    side = [float(ndtr(mean / spread)), law.beyond(mixture, zero)]
    return side + [float(ndtr((mean - least) / spread).mean()), law.beyond(mixture, least)]


def bracket(by_estimator: Mapping[str, Mapping[str, float]]) -> tuple[float, float]:
    """From the lowest to the highest end of the intervals of both estimators."""
    return min(one["low"] for one in by_estimator.values()), max(one["high"] for one in by_estimator.values())


def percent_range(low: float, high: float) -> str:
    """Two shares in percent; one number where they are the same in whole percent.

    >>> percent_range(0.82, 0.951), percent_range(0.998, 1.0)
    ('82 to 95 %', '100 %')
    """
    ends = [f"{100 * end:.0f}" for end in (low, high)]
    return f"{' to '.join(dict.fromkeys(ends))} %"


def conclusion(by_estimator: Mapping[str, Mapping[str, float]], unseen: float = 0.0) -> str:
    """`holds` where the bracket is above nine tenths of the worlds, `fails` where below one tenth, else `depends`.

    Where more than a tenth of the draws show nothing, neither can be, whatever the others say: `unseen`.

    >>> conclusion({"normal": {"low": 0.92, "high": 0.99}, "mixture": {"low": 0.91, "high": 1.0}})
    'holds'
    """
    if unseen > 1.0 - HIGH:
        return UNSEEN
    low, high = bracket(by_estimator)
    return HOLDS if low > HIGH else FAILS if high < LOW else DEPENDS
