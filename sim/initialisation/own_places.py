"""Places and holidays of a market: those of its preset, or the user's own, which its configuration holds by value."""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass

import numpy as np

from sim.configuration import ConfigurationError
from sim.initialisation.calendar import FrozenCalendar, calendar_with, load_calendar
from sim.initialisation.geography import Place, places
from sim.parameters.activity import MarketSize
from sim.parameters.places import OwnPlace, zones_of

LONGEST_TERM_DAYS = 183  # a zone without school holidays for longer is one whose table is too short


@dataclass(frozen=True)
class Holidays:
    """Holidays of the user's own places: public ones, and school holidays as (zone, first day, last day)."""

    public: tuple[dt.date, ...]
    school: tuple[tuple[str, dt.date, dt.date], ...]
    zones: tuple[str, ...]

    def calendar(self) -> FrozenCalendar:
        """The days of the frozen calendar, with these holidays."""
        return _calendar(self)


@functools.lru_cache(maxsize=16)
def _calendar(holidays: Holidays) -> FrozenCalendar:
    return calendar_with(holidays.public, holidays.school, holidays.zones)


def sites_of(market: MarketSize) -> tuple[Place, ...]:
    """The territories of a market, in the order that gives them their number. DataError for a damaged file of a preset."""
    return _own(market.places) if market.places else _of_preset(market.preset)


@functools.cache
def _of_preset(preset: str) -> tuple[Place, ...]:
    return tuple(places(preset))


@functools.lru_cache(maxsize=16)
def _own(given: tuple[OwnPlace, ...]) -> tuple[Place, ...]:
    zones = zones_of(given)
    longitudes = [one.longitude or 0.0 for one in given]
    turn = 360.0 if max(longitudes) - min(longitudes) > 180.0 else 0.0  # across the date line, so that maps are in one piece
    return tuple(
        Place(
            one.name,
            one.population,
            one.latitude or 0.0,
            east + turn * (east < 0.0),
            one.jurisdiction,
            one.zone,
            zones.index(one.zone),
            one.x_km,
            one.y_km,
            one.venues,
            one.demand_weight,
        )  # fmt: skip
        for one, east in zip(given, longitudes, strict=True)
    )


def holidays_of(market: MarketSize) -> Holidays | None:
    """Holidays of the user's own places; none for a preset, which has those of the frozen calendar."""
    if not market.places:
        return None
    school = tuple((one.zone, one.first, one.last) for one in market.school_holidays)
    return Holidays(market.public_holidays, school, zones_of(market.places))


def calendar_of(market: MarketSize) -> FrozenCalendar:
    """The calendar of a market. DataError if the frozen file is missing or damaged."""
    holidays = holidays_of(market)
    return load_calendar() if holidays is None else holidays.calendar()


def check_holidays(market: MarketSize, first: dt.date, last: dt.date) -> None:
    """Raise ConfigurationError if the user's holidays do not cover the calendar years of these days, which set its mean."""
    if not market.public_holidays and not market.school_holidays:
        return
    calendar = calendar_of(market)
    years = f"{first.year} to {last.year}" if first.year < last.year else f"{first.year}"
    reached = f"the run and the Plans begun in it reach from {first} to {last}"
    for year in range(first.year, last.year + 1):
        of_year = calendar.year == year
        if market.public_holidays and not calendar.public[of_year].any():
            raise ConfigurationError(
                f"market.public_holidays: none in {year}; {reached}: give those of all of {years}, or none at all"
            )
        for zone, name in zip(calendar.school, zones_of(market.places), strict=True):
            days = np.flatnonzero(np.concatenate([[True], zone[of_year], [True]]))
            if market.school_holidays and np.diff(days).max() > LONGEST_TERM_DAYS:
                where = f" in zone {name}" if name else ""
                raise ConfigurationError(
                    f"market.school_holidays: none for more than half of {year}{where}; {reached}: give those of all of {years}, "
                    "or school_holidays: none"
                )
