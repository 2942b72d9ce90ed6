"""Without a policy the default market is at rest: no trend in Plan-days from day 180 to 730.

The slope over each of 24 worlds of `herault` is a least-squares line through weekly sums, so that
the weekday does not count. The market passes if the 99 % interval of the mean slope contains zero,
or lies within +-3 % of the mean a year: a drift as small as that is of no interest beside a policy's
effect, and a larger one must be told apart from chance before it is called a trend.
"""

import numpy as np
import pytest
from scipy import stats

from sim.configuration import compose
from sim.simulation import Simulation

WORLDS, FIRST, LAST = 24, 180, 730
BAND = 0.03  # share of the mean a year


def yearly_slopes(measure):
    """Slope of a measure over the window in each world, as a share of its mean a year."""
    slopes = []
    for seed in range(9_000, 9_000 + WORLDS):
        run = Simulation(compose("herault", overrides={"seed": seed}))
        run.run(LAST)
        days = run.world.ledger[measure][FIRST:LAST].astype(float)
        weeks = days[: len(days) // 7 * 7].reshape(-1, 7).sum(axis=1)
        slope = np.polyfit(np.arange(len(weeks)), weeks, 1)[0]
        slopes.append(slope * 365.25 / 7 / weeks.mean())
    return np.array(slopes)


@pytest.mark.slow
def test_plan_days_have_no_trend():
    slopes = yearly_slopes("plans_running")
    half = stats.t.isf(0.005, WORLDS - 1) * slopes.std(ddof=1) / np.sqrt(WORLDS)
    low, high = slopes.mean() - half, slopes.mean() + half
    at_rest = low <= 0.0 <= high or -BAND <= low <= high <= BAND
    assert at_rest, f"Plan-days change by {100 * low:.1f} to {100 * high:.1f} % a year"
    assert half < 0.10, "24 worlds are too few to see a trend of a tenth a year"


@pytest.mark.slow
def test_a_planted_trend_is_seen():
    """Without entry of Bosses the market shrinks, and the same rule says so."""
    slopes = []
    for seed in range(6):
        run = Simulation(compose("herault", overrides={"seed": seed, "careers.boss_entry": 0.0}))
        run.run(LAST)
        weeks = run.world.ledger["plans_running"][FIRST : FIRST + 546].reshape(-1, 7).sum(axis=1)
        slopes.append(np.polyfit(np.arange(len(weeks)), weeks, 1)[0] * 365.25 / 7 / weeks.mean())
    assert max(slopes) < -BAND
