"""Does a calibration find what is true? Its own draws are taken for observations whose truth is known.

If the posterior is right, the rank of the truth among its draws is uniform (simulation-based calibration; Talts and others 2018,
arXiv:1804.06788). Ranks that crowd in the middle tell of posteriors too wide, at the ends of posteriors too narrow, on one side
of a bias. No world is run for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from experiments.calibration.regression_adjustment import fit_posterior, rank_of
from experiments.report import marks, style

FIGURE = "ranks"
FITS = 200
BAND = 1.358  # of the root of the number of fits: 95 % of uniform samples stay inside everywhere (Kolmogorov)
MIDDLE = (0.05, 0.95)


def ranks_of_truths(
    places: np.ndarray, statistics: np.ndarray, kept: int, fits: int, generator: np.random.Generator
) -> np.ndarray:
    """float64[fits, parameters]: the rank of each truth, every time with the posterior of all other draws."""
    truths = generator.choice(len(places), min(fits, len(places)), replace=False)
    ranks = []
    for truth in np.sort(truths):
        others = np.arange(len(places)) != truth
        posterior = fit_posterior(places[others], statistics[others], statistics[truth], kept)
        ranks.append(rank_of(places[truth], posterior))
    return np.array(ranks)


def summarise_ranks(keys: Sequence[str], ranks: np.ndarray) -> dict[str, Any]:
    """How far ranks are from uniform: by parameter, the largest deviation and the share of truths in the middle nine tenths.

    `uneven` names the parameters whose p value (Kolmogorov and Smirnov), times their number, is below 0.05.
    """
    from scipy.stats import kstest

    tests = [kstest(column, "uniform") for column in ranks.T]
    inside = ((ranks >= MIDDLE[0]) & (ranks <= MIDDLE[1])).mean(axis=0)
    return {
        "fits": len(ranks), "coverage": float(inside.mean()), "least_coverage": float(inside.min()),
        "uneven": [key for key, test in zip(keys, tests, strict=True) if test.pvalue * len(keys) < 0.05],
        "largest": {key: float(test.statistic) for key, test in zip(keys, tests, strict=True)},
    }  # fmt: skip


@style.house_style()
def draw_ranks(keys: Sequence[str], ranks: np.ndarray, identified: Sequence[str]):
    """Distribution of the ranks of known truths against a uniform one: a line a number, those identified in blue."""
    fits = len(ranks)
    caption = (
        f"Each line is one number over {fits} fits to draws of the calibration itself, whose truth is known: blue where the "
        "patterns identify it, grey where not. Inside the band the posterior is as wide as it should be; a wave below, then "
        "above tells of one too wide, above, then below of one too narrow, an arch of a bias. Band: 95 % for one number; with "
        f"{len(keys)} lines some leave it by chance."
    )
    figure, (axes,) = style.open_panels(3.0, "Does the calibration find what is true?", caption)
    at = np.linspace(0.0, 1.0, 201)
    axes.fill_between(at, -BAND / np.sqrt(fits), BAND / np.sqrt(fits), color=style.PALE, linewidth=0, zorder=0)
    for key, column in sorted(zip(keys, ranks.T, strict=True), key=lambda one: one[0] in identified):
        known = key in identified
        away = np.searchsorted(np.sort(column), at, side="right") / fits - at
        look: Mapping[str, Any] = {"color": style.BLUE, "linewidth": 1.2} if known else {"color": style.GREY, "linewidth": 0.4}
        axes.plot(at, away, **look, alpha=0.9 if known else 0.35, zorder=2 + known)
    marks.draw_zero(axes)
    axes.set(xlim=(0, 1), xlabel="rank of the truth among the posterior's draws, as a share")
    axes.set_ylabel("share of ranks below, less uniform")
    style.settle(figure)
    return figure
