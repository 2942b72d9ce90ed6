"""Without a policy each preset is at rest: no trend in Plan-days and in days of exploitation from day 180 to 730.

The slope over each world is a least-squares line through weekly sums, so that the weekday does not count. The market passes if
the 99 % interval of the mean slope contains zero, or lies within +-3 % of the mean a year: a drift as small as that is of no
interest beside a policy's effect, and a larger one must be told apart from chance before it is called a trend.
"""

import functools

import numpy as np
import pytest
from scipy import stats

from sim.configuration import compose
from sim.simulation import Simulation
from sim.state.ledger import EXPLOITATION

WORLDS = {"class": 96, "herault": 24, "idf": 4, "france": 3}  # the larger the market, the less it varies
LARGE = ("idf", "france")  # minutes: in .ci/full
FIRST, LAST = 180, 730
BAND = 0.03  # share of the mean a year
MEASURES = {"Plan-days": ("plans_running",), "days of exploitation": EXPLOITATION["in_spell"]}


def slope_of(days):
    """Slope of a measure over the window, as a share of its mean a year."""
    weeks = days[: len(days) // 7 * 7].reshape(-1, 7).sum(axis=1)
    return np.polyfit(np.arange(len(weeks)), weeks, 1)[0] * 365.25 / 7 / weeks.mean()


@functools.cache
def ledgers(preset):
    """The ledger over the window in worlds of a preset."""
    found = []
    for seed in range(9_000, 9_000 + WORLDS[preset]):
        run = Simulation(compose(preset, overrides={"seed": seed}))
        run.run(LAST)
        found.append(run.world.ledger[FIRST:LAST].copy())
    return found


@pytest.mark.slow
@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("preset", [pytest.param(one, marks=[pytest.mark.full] * (one in LARGE)) for one in WORLDS])
def test_a_market_left_alone_has_no_trend(preset, measure):
    days = [sum(ledger[name] for name in MEASURES[measure]) for ledger in ledgers(preset)]
    slopes = np.array([slope_of(found.astype(float)) for found in days])
    half = stats.t.isf(0.005, len(slopes) - 1) * slopes.std(ddof=1) / np.sqrt(len(slopes))
    low, high = slopes.mean() - half, slopes.mean() + half
    at_rest = low <= 0.0 <= high or -BAND <= low <= high <= BAND
    assert at_rest, f"{measure} change by {100 * low:.1f} to {100 * high:.1f} % a year"
    assert half < 0.10, f"{len(slopes)} worlds are too few to see a trend of a tenth a year"


@pytest.mark.slow
def test_a_planted_trend_is_seen():
    """Without entry of Bosses the market shrinks, and the same rule says so."""
    slopes = []
    for seed in range(6):
        run = Simulation(compose("herault", overrides={"seed": seed, "careers.boss_entry": 0.0}))
        run.run(LAST)
        slopes.append(slope_of(run.world.ledger["plans_running"][FIRST:LAST].astype(float)))
    assert max(slopes) < -BAND
