"""Dates and the calendar multiplier of demand.

Demand rises at weekends, in school holidays, at sporting events and at the beginning or end of months
(E34; the source gives no figure, so every factor is a parameter). School holidays differ by zone, hence
one multiplier per zone A, B, C. The dates come from the frozen file `sim/initialisation/data/calendar_france.csv`, or
from the user with places of their own.
"""

import functools
import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sim.initialisation.data import FOLDER, DataError, read_bytes

CALENDAR_FILE = FOLDER / "calendar_france.csv"
N_ZONES = 3  # A, B, C: `sim.initialisation.geography.SCHOOL_ZONES` in the same order
_HEADER = b"date,public_holiday,school_holiday_a,school_holiday_b,school_holiday_c\n"
_ROW = len(b"2015-01-01,0,0,0,0\n")
_REMEDY = "put back the copies of both that come with the project, or run `python -m sim.initialisation.data.freeze_calendar`"


class FrozenCalendar(NamedTuple):
    """The frozen file as arrays over its days, all read-only.

    Attributes:
        first: date of the first day; the last is `first` + n - 1 days.
        public: bool[n], public holidays.
        school: bool[zones, n], school holidays by zone: A, B, C in the frozen file.
        weekday: int64[n], 0 is Monday.
        year: int64[n], calendar year.
        day_of_month: int64[n], counted from 1.
        days_to_month_end: int64[n], 0 on the last day of a month.
    """

    first: date
    public: np.ndarray
    school: np.ndarray
    weekday: np.ndarray
    year: np.ndarray
    day_of_month: np.ndarray
    days_to_month_end: np.ndarray


def demand_multiplier(
    start: date,
    days: int,
    weekday: tuple[float, ...],
    school_holiday: float,
    month_edge: float,
    month_edge_days: int,
    public_holiday: float,
    event_dates: tuple[date, ...],
    event: float,
    calendar: FrozenCalendar | None = None,
) -> np.ndarray:
    """Return float64[zones, days], the multiplier of demand by school zone (A, B, C) and day from `start`.

    The product of the factors that hold on a day, divided by the mean of that product over the calendar
    year the day is in, zone by zone. So the mean over every calendar year is one (up to rounding): the
    calendar moves demand within a year and never adds to it, events included.

    Args:
        start: first day.
        days: number of days, at least one.
        weekday: seven factors, Monday first.
        school_holiday: factor on school holidays of the zone (weekends inside them included).
        month_edge: factor on the first and the last `month_edge_days` days of each month.
        month_edge_days: 0 to 15; 0 switches the factor off.
        public_holiday: factor on public holidays.
        event_dates: days of events (of sport and the like); a date given twice counts once.
        event: factor on those days.
        calendar: holidays; none: those of the frozen file.

    Raises:
        DataError: a date lies outside the frozen calendar, or the file is missing or damaged.
        ValueError: a factor is negative or not finite, or a count is out of range.

    Source: E34 (mechanism only).
    """
    _check_factors(weekday, school_holiday, month_edge, month_edge_days, public_holiday, event)
    calendar = load_calendar() if calendar is None else calendar
    first, end = _locate(calendar, start, days)
    last_day = date.fromordinal(start.toordinal() + days - 1)
    # Whole calendar years around the window, since the mean of each is needed. The file holds whole years only.
    low = date(start.year, 1, 1).toordinal() - calendar.first.toordinal()
    high = date(last_day.year + 1, 1, 1).toordinal() - calendar.first.toordinal()
    span = slice(low, high)

    common = np.asarray(weekday, dtype=np.float64)[calendar.weekday[span]]
    edge = (calendar.day_of_month[span] <= month_edge_days) | (calendar.days_to_month_end[span] < month_edge_days)
    common = common * np.where(edge, month_edge, 1.0)
    common = common * np.where(calendar.public[span], public_holiday, 1.0)
    common = common * np.where(_mark_events(calendar, event_dates)[span], event, 1.0)
    factor = common * np.where(calendar.school[:, span], school_holiday, 1.0)

    years = calendar.year[span]
    for year in range(start.year, last_day.year + 1):
        of_year = years == year
        for zone in range(len(factor)):
            factor[zone, of_year] /= _mean_of_year(factor[zone, of_year], year)
    return np.ascontiguousarray(factor[:, first - low : end - low])


def cumulative(multiplier: np.ndarray) -> np.ndarray:
    """Return float64[zones, days + 1], the running sum of a multiplier over days, starting at zero.

    The demand between days a and b (b not included) is `c[:, b] - c[:, a]`: the cumulative hazard on
    which the next search day of a client is found.
    """
    total = np.zeros((multiplier.shape[0], multiplier.shape[1] + 1))
    np.cumsum(multiplier, axis=1, out=total[:, 1:])
    return total


def calendar_with(
    public: Iterable[date], school: Iterable[tuple[str, date, date]], zones: Sequence[str]
) -> FrozenCalendar:
    """Return the days of the frozen file with other holidays: public ones, and school holidays as (zone, first day, last day).

    A school holiday without a zone ("") holds in all of them. Days outside the file are left out.
    """
    frozen = load_calendar()
    n, origin = frozen.public.size, frozen.first.toordinal()
    is_public, is_school = np.zeros(n, dtype=bool), np.zeros((len(zones), n), dtype=bool)
    for day in public:
        if 0 <= day.toordinal() - origin < n:
            is_public[day.toordinal() - origin] = True
    for name, first, last in school:
        rows = [row for row, zone in enumerate(zones) if name in ("", zone)]
        is_school[rows, max(0, first.toordinal() - origin) : max(0, last.toordinal() - origin + 1)] = True
    for array in (is_public, is_school):
        array.flags.writeable = False
    return frozen._replace(public=is_public, school=is_school)


def describe_calendar(path: Path = CALENDAR_FILE) -> dict:
    """Return the facts of the frozen calendar for a manifest: range, last official date, versions, SHA-256.

    Raises DataError when they are missing or damaged.
    """
    beside = path.with_suffix(".json")
    content = read_bytes(beside)
    try:
        facts = json.loads(content)
        for name in ("first_date", "last_date", "first_official_date", "last_official_date"):
            date.fromisoformat(facts[name])
        bytes.fromhex(facts["sha256"])
    except (ValueError, TypeError, KeyError):
        raise DataError(f"{beside.name}: is damaged; {_REMEDY}") from None
    return facts


@functools.cache
def load_calendar(path: Path = CALENDAR_FILE) -> FrozenCalendar:
    """Read the frozen calendar, once per process; raises DataError when it is missing or damaged.

    Every row of the file has the same width, so it is read as one array of bytes.
    """
    content = read_bytes(path)
    facts = describe_calendar(path)
    if hashlib.sha256(content).hexdigest() != facts["sha256"]:
        raise DataError(f"{path.name}: is not the file that {path.stem}.json describes (SHA-256); {_REMEDY}")
    first, last = date.fromisoformat(facts["first_date"]), date.fromisoformat(facts["last_date"])
    n = (last - first).days + 1
    whole_years = (first.month, first.day, last.month, last.day) == (1, 1, 12, 31)
    if not content.startswith(_HEADER) or len(content) != len(_HEADER) + n * _ROW or not whole_years:
        raise DataError(f"{path.name}: does not hold whole years from {first} to {last}; {_REMEDY}")

    table = np.frombuffer(content, dtype=np.uint8, offset=len(_HEADER)).reshape(n, _ROW)
    marks = table[:, 11:18:2] == ord("1")
    dates = np.datetime64(first) + np.arange(n)
    months = dates.astype("datetime64[M]")
    calendar = FrozenCalendar(
        first=first,
        public=marks[:, 0].copy(),
        school=np.ascontiguousarray(marks[:, 1:].T),
        weekday=(np.arange(n) + first.weekday()) % 7,
        year=dates.astype("datetime64[Y]").astype(np.int64) + 1970,
        day_of_month=(dates - months).astype(np.int64) + 1,
        days_to_month_end=((months + 1).astype("datetime64[D]") - dates).astype(np.int64) - 1,
    )
    for array in calendar[1:]:
        array.flags.writeable = False
    return calendar


def _locate(calendar: FrozenCalendar, start: date, days: int) -> tuple[int, int]:
    """Return the rows of the first day and of the day after the last; raises when they are not in the file."""
    if days < 1:
        raise ValueError(f"days = {days}; give at least 1")
    first = start.toordinal() - calendar.first.toordinal()
    if first < 0 or first + days > calendar.public.size:
        raise DataError(f"{days} days from {start} leave the calendar, which holds {_range(calendar)}")
    return first, first + days


def _mark_events(calendar: FrozenCalendar, event_dates: tuple[date, ...]) -> np.ndarray:
    """Return bool[n], True on the days of events."""
    marks = np.zeros(calendar.public.size, dtype=bool)
    for day in event_dates:
        row = day.toordinal() - calendar.first.toordinal()
        if not 0 <= row < marks.size:
            raise DataError(f"event on {day} is outside the calendar, which holds {_range(calendar)}")
        marks[row] = True
    return marks


def _range(calendar: FrozenCalendar) -> str:
    last = date.fromordinal(calendar.first.toordinal() + calendar.public.size - 1)
    return f"{calendar.first} to {last}"


def _mean_of_year(factor: np.ndarray, year: int) -> float:
    """Return the mean factor of a year.

    `math.fsum` is exact whatever the machine; NumPy's sum may differ in the last digit between processors.
    """
    mean = math.fsum(factor) / factor.size
    if not mean > 0:
        raise ValueError(f"calendar factors leave no demand in {year}; raise at least one above zero")
    return mean


def _check_factors(weekday, school_holiday, month_edge, month_edge_days, public_holiday, event) -> None:
    """Reject invalid factors, naming the one at fault."""
    if len(weekday) != 7:
        raise ValueError(f"weekday has {len(weekday)} factors; give 7, Monday first")
    named = {f"weekday[{number}]": value for number, value in enumerate(weekday)}
    named |= {
        "school_holiday": school_holiday,
        "month_edge": month_edge,
        "public_holiday": public_holiday,
        "event": event,
    }
    for name, value in named.items():
        if not (math.isfinite(value) and value >= 0):
            raise ValueError(f"{name} = {value}; give a finite number of zero or more")
    if not 0 <= month_edge_days <= 15:
        raise ValueError(f"month_edge_days = {month_edge_days}; give 0 to 15")
