"""The field view: what police, outreach and care services would record of a run, next to what happened.

A row has three numbers: `recorded`, the events on file; `true`, the number of such events; and `behind`,
the reality of which the series is read as an indicator (Plans that ran, person-days of exploitation),
which nobody records. Each event is on file with its recording propensity (`Recording`), by a random
number that is a pure function of seed, series, day and its number that day, so that a view never
changes when repeated, and views of twin worlds differ only by what differs in the worlds.

Events are thinned one by one; that a whole case is filed or not together with its victims is ignored,
which makes recorded series a little smoother than they would be. All numbers are for the whole market:
detection is never shown by place.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.configuration import ConfigurationError
from sim.engine import draws
from sim.engine.chance import U64, day_key, substream_of, uniform
from sim.engine.compiled import phase
from sim.measures.formulas import running_before
from sim.measures.windows import read_window
from sim.state.ledger import EXPLOITED
from sim.state.records import KINDS, STREET

if TYPE_CHECKING:
    import pandas

    from sim.simulation import Simulation

POLICE, OUTREACH, CARE = "police", "outreach services", "care services"
PERIODS = ("year", "month")


def _propensity(default: float, source: str, meaning: str) -> Any:
    return dataclasses.field(default=default, metadata={"low": 0.0, "high": 1.0, "source": source, "meaning": meaning})


@dataclasses.dataclass(frozen=True)
class Recording:
    """Recording propensities: the chance that an event of each type is on file, 0 to 1.

    Raises ConfigurationError, in one line, for anything other than a number from 0 to 1.

    >>> Recording(cases=0.3).cases
    0.3
    """

    cases: float = _propensity(0.5, "assumption", "a case, or an arrest in it, is filed under this form of procuring")
    victims: float = _propensity(0.5, "assumption", "a person met or recognised is filed under this form of procuring")
    fines: float = _propensity(1.0, "an act of the police themselves", "a fine for a client is on file")
    ads: float = _propensity(1.0, "an act of the police themselves", "an ad that was read is on file")
    outreach: float = _propensity(1.0, "an act of the services themselves", "a contact and what follows it is on file")
    care: float = _propensity(1.0, "an act of the services themselves", "what happens to a person in care is on file")

    def __post_init__(self):
        for field in dataclasses.fields(self):
            given = getattr(self, field.name)
            # written so that NaN fails too
            if isinstance(given, bool) or not isinstance(given, int | float) or not 0.0 <= given <= 1.0:
                raise ConfigurationError(f"Recording({field.name}={given!r}): give a chance from 0 to 1, like 0.5")


@dataclasses.dataclass(frozen=True)
class Truth:
    """The reality behind a series: its name, and how to count it over days first..last-1."""

    name: str
    count: Callable[[Simulation, int, int], int]


@dataclasses.dataclass(frozen=True)
class Series:
    """One recorded series. `code` is part of its random stream: append, never renumber.

    `events`: the ledger measures of the day that add up to it, or names of the series it is the sum of.
    """

    code: int
    name: str
    recorded_by: str
    unit: str
    events: tuple[str, ...]
    propensity: str
    behind: Truth
    less: str = ""  # a measure subtracted
    is_sum: bool = False


def _summed(*names: str) -> Callable[[Simulation, int, int], int]:
    """Count measures of the ledger over a window."""
    return lambda run, first, last: sum(int(run.world.ledger[name][first:last].sum()) for name in names)


def _count_plans(run: Simulation, first: int, last: int) -> int:
    return running_before(run, first) + _summed("plans_launched")(run, first, last)


def _count_street(run: Simulation, first: int, last: int) -> int:
    return int(run.world.cells["person_days"][first:last, STREET::KINDS].sum())


def _count_adults(run: Simulation, first: int, last: int) -> int:
    return ALL_EXPLOITED.count(run, first, last) - MINORS.count(run, first, last)


def _count_with_ads(run: Simulation, first: int, last: int) -> int:
    return _summed("in_plan", "independent")(run, first, last) - _count_street(run, first, last)


PLANS = Truth("Plans that ran", _count_plans)
ALL_EXPLOITED = Truth("person-days of exploitation", _summed(*EXPLOITED))
MINORS = Truth("minors' person-days of exploitation", _summed(*(f"minors_{name}" for name in EXPLOITED)))
ADULTS = Truth("adults' person-days of exploitation", _count_adults)
BOSSES = Truth("Boss-days in a Plan", _summed("bosses_running", "bosses_partner"))
PROVIDERS = Truth("Provider-days in a Plan", _summed("provider_days_engaged"))
APPOINTMENTS = Truth("encounters", _summed("encounters"))
ADS = Truth("ad-days on the web", _summed("ads_up"))
IN_STREET = Truth("person-days in street Plans", _count_street)
WITH_ADS = Truth("person-days in housed Plans or independent", _count_with_ads)
IN_REACH = Truth("person-days in a Plan or independent", _summed("in_plan", "independent"))
ASKED = Truth("persons who asked for a bed", _summed("asked_for_bed"))
BACK = Truth("persons at risk again after care or an exit", _summed("found_again", "ran_away_from_care", "returned_to_risk"))

SERIES = (
    Series(1, "cases", POLICE, "cases", ("plans_broken_up",), "cases", PLANS),
    Series(2, "cases_completed", POLICE, "cases", ("cases_completed",), "cases", PLANS),
    Series(3, "bosses_arrested", POLICE, "arrests", ("bosses_arrested",), "cases", BOSSES),
    Series(4, "providers_arrested", POLICE, "arrests", ("providers_arrested",), "cases", PROVIDERS),
    Series(5, "persons_met", POLICE, "persons", ("minor_victims", "adult_victims", "persons_not_recognised"), "victims",
           ALL_EXPLOITED, is_sum=True),
    Series(6, "victims", POLICE, "persons", ("minor_victims", "adult_victims"), "victims", ALL_EXPLOITED, is_sum=True),
    Series(7, "minor_victims", POLICE, "persons", ("minors_recognised",), "victims", MINORS),
    Series(8, "adult_victims", POLICE, "persons", ("recognised",), "victims", ADULTS, less="minors_recognised"),
    Series(19, "persons_not_recognised", POLICE, "persons", ("exposed",), "victims", ALL_EXPLOITED, less="recognised"),
    Series(9, "clients_fined", POLICE, "fines", ("fines",), "fines", APPOINTMENTS),
    Series(10, "ads_read", POLICE, "ads", ("ads_read",), "ads", ADS),
    Series(11, "street_contacts", OUTREACH, "persons met", ("street_contacts",), "outreach", IN_STREET),
    Series(12, "ads_identified", OUTREACH, "ads", ("ads_identified",), "outreach", PLANS),
    Series(13, "messages", OUTREACH, "messages", ("personal_messages", "mass_messages"), "outreach", WITH_ADS),
    Series(14, "answers", OUTREACH, "answers", ("answers_street", "answers_personal", "answers_mass"), "outreach", IN_REACH),
    Series(15, "meetings", OUTREACH, "meetings", ("meetings_street", "meetings_personal", "meetings_mass"), "outreach", IN_REACH),
    Series(16, "accompaniments", OUTREACH, "persons",
           ("accompaniments_street", "accompaniments_personal", "accompaniments_mass"), "outreach", IN_REACH),
    Series(17, "placed", CARE, "persons", ("placed_near", "placed_distant"), "care", ASKED),
    Series(18, "found_again", CARE, "persons", ("found_again",), "care", BACK),  # only those who were in care
)  # fmt: skip


def field_view(
    simulation: Simulation,
    recording: Recording | None = None,
    by: str = "year",
    first: int | None = None,
    last: int | None = None,
) -> pandas.DataFrame:
    """Recorded events of days first..last-1 (those measured: `sim.measures.windows`), by calendar year or month.

    One row per period and series, in the order of `SERIES`. Columns: `period` (its first day), `days` (its
    days in the window), `complete` (all its days are), `series`, `recorded_by`, `unit`, `recorded`, `true`
    (such events that happened, same unit), `behind` and `behind_is` (the reality behind, and its unit).
    Years are sums of their months, except that a Plan that runs in two months counts in both.

    Raises ConfigurationError for an unknown `by`, and for a window that holds no day or days not run.
    """
    if by not in PERIODS:
        raise ConfigurationError(f"field view by={by!r}: unknown; valid: {', '.join(PERIODS)}")
    first, last = read_window(simulation, first, last, "field view")
    return _view(simulation, recording, _calendar_periods(simulation.parameters.start, first, last, by))


def recording_gap(
    simulation: Simulation, recording: Recording | None = None, first: int | None = None, last: int | None = None
) -> pandas.DataFrame:
    """Share of what happened that is on file, over days first..last-1 (those measured): one row per series.

    Columns as in `field_view`, without those of periods, and `recorded_share` (recorded / true) and
    `recorded_per_1000_behind`; NaN where there was nothing to record.
    """
    first, last = read_window(simulation, first, last, "field view")
    whole = [(simulation.parameters.start + dt.timedelta(days=first), True, first, last)]
    gap = _view(simulation, recording, whole).drop(columns=["period", "days", "complete"])
    gap["recorded_share"] = gap["recorded"] / gap["true"].where(gap["true"] > 0)
    gap["recorded_per_1000_behind"] = 1000.0 * gap["recorded"] / gap["behind"].where(gap["behind"] > 0)
    return gap


def _view(simulation: Simulation, recording: Recording | None, periods: list[tuple[dt.date, bool, int, int]]) -> pandas.DataFrame:
    import pandas as pd

    recording = Recording() if recording is None else recording
    if not isinstance(recording, Recording):
        raise ConfigurationError(f"field view recording={recording!r}: give a Recording, such as Recording(cases=0.3)")
    start, end = periods[0][2], periods[-1][3]
    seed = simulation.parameters.seed
    true, filed = {}, {}
    for series in SERIES:
        if not series.is_sum:
            true[series.name] = _true_events(simulation, series, start, end)
            chance = getattr(recording, series.propensity)
            filed[series.name] = thin(true[series.name], chance, seed, start, series.code)
    for series in SERIES:
        if series.is_sum:  # of thinned parts, so that minors are never more than all
            true[series.name] = sum(true[part] for part in series.events)
            filed[series.name] = sum(filed[part] for part in series.events)
    rows = [
        (
            pd.Timestamp(date), last - first, complete, series.name, series.recorded_by, series.unit,
            int(filed[series.name][first - start : last - start].sum()),
            int(true[series.name][first - start : last - start].sum()),
            series.behind.count(simulation, first, last), series.behind.name,
        )
        for date, complete, first, last in periods
        for series in SERIES
    ]  # fmt: skip
    columns = ("period", "days", "complete", "series", "recorded_by", "unit", "recorded", "true", "behind", "behind_is")
    return pd.DataFrame(rows, columns=list(columns))


def _true_events(simulation: Simulation, series: Series, first: int, last: int) -> np.ndarray:
    """int64[days]: number of events of a series on each day."""
    ledger = simulation.world.ledger
    events = np.zeros(last - first, np.int64)
    for name in series.events:
        events += ledger[name][first:last]
    return events - ledger[series.less][first:last] if series.less else events


def thin(counts: np.ndarray, chance: float, seed: int, first_day: int, who: int) -> np.ndarray:
    """int64[days]: the number on file of each day's events (`counts`, int64[days] from `first_day` on).

    Event k of a day is on file if number k of the substream of (`seed`, stream FIELD, day, `who`) is below
    `chance`: an exact binomial number, which never falls when events are added or the chance rises.
    """
    counts = np.ascontiguousarray(counts, dtype=np.int64)
    if chance >= 1.0:
        return counts.copy()
    recorded = np.zeros_like(counts)
    if chance > 0.0:
        _draw_each(counts, recorded, float(chance), U64(seed), first_day, U64(who))
    return recorded


@phase
def _draw_each(counts, recorded, chance, seed, first_day, who):
    for i in range(counts.size):
        substream = substream_of(day_key(seed, draws.FIELD, first_day + i), who)
        for k in range(counts[i]):
            if uniform(substream, k) < chance:
                recorded[i] += 1


def _calendar_periods(start: dt.date, first: int, last: int, by: str) -> list[tuple[dt.date, bool, int, int]]:
    """Calendar years or months with a day in first..last-1: first date, whether it is complete, its days."""
    periods = []
    day = first
    while day < last:
        date = start + dt.timedelta(days=day)
        begins = dt.date(date.year, date.month if by == "month" else 1, 1)
        if by == "year":
            after = dt.date(date.year + 1, 1, 1)
        else:
            after = dt.date(date.year + date.month // 12, date.month % 12 + 1, 1)
        end = min(last, (after - start).days)
        periods.append((begins, end - day == (after - begins).days, day, end))
        day = end
    return periods
