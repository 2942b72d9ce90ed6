"""Places of the user's own, by value: a configuration holds the content of the tables, so that no file is needed to repeat it.

`sim.configuration.own_places` reads the tables; here is what they may hold.
"""

from __future__ import annotations

import datetime as dt
import math

from sim.parameters.fields import VENUE_KINDS, Group

MOST_PLACES = 1000  # tables of beliefs and distances grow with Bosses x places and places x places
MOST_INHABITANTS = 1_000_000_000
LONGEST_NAME = 60
FARTHEST_KM = 20_000.0
MOST_VENUES = 10_000_000
LARGEST = "largest"  # as levers call the place with most inhabitants
_PLANE, _GLOBE = ("x_km", "y_km"), ("longitude", "latitude")


class OwnPlace(Group):
    """A place: where it is, in km or in degrees, who lives there, who polices it, and what is there if that is known."""

    name: str
    population: int
    x_km: float | None = None  # to the east
    y_km: float | None = None  # to the north
    longitude: float | None = None  # degrees to the east
    latitude: float | None = None  # degrees to the north
    jurisdiction: str
    zone: str = ""  # of school holidays
    venues: tuple[int | None, ...] = ()  # by venue kind; none: as `planning.venue_stock` has it
    demand_weight: float | None = None  # relative weight of its demand; none: its inhabitants

    @property
    def position(self) -> tuple[float | None, float | None]:
        """East and north, in km or in degrees."""
        return (self.x_km, self.y_km) if self.x_km is not None else (self.longitude, self.latitude)


class SchoolHoliday(Group):
    """Days without school, first and last included, in one zone; in all of them if the zone is empty."""

    zone: str = ""
    first: dt.date
    last: dt.date


def fault_of(places: tuple[OwnPlace, ...]) -> tuple[int, str, str] | None:
    """What is wrong with places together, if anything: the number of the place, the column, and what to do about it."""
    named: dict[str, int] = {}
    taken: dict[tuple, str] = {}
    for number, place in enumerate(places):
        if number >= MOST_PLACES:
            return number, "name", f"more than {MOST_PLACES} places; join some, such as districts into provinces"
        if found := _fault_of_one(place, places[0]):
            return number, *found
        if place.name in named:
            return number, "name", f"{place.name!r} is the name of another place too; give each place a name of its own"
        if place.position in taken:
            beside = f"{place.name} stands where {taken[place.position]} does; give each place a position of its own"
            return number, "x_km" if place.x_km is not None else "longitude", beside
        named[place.name], taken[place.position] = number, place.name
    return _fault_of_sums(places)


def _fault_of_one(place: OwnPlace, first: OwnPlace) -> tuple[str, str] | None:
    if not place.name.strip() or len(place.name) > LONGEST_NAME:
        return "name", f"a name of 1 to {LONGEST_NAME} letters is needed"
    if place.name == LARGEST:
        return "name", f"{LARGEST!r} means the place with most inhabitants; give another name"
    if not 1 <= place.population <= MOST_INHABITANTS:
        return "population", f"{place.population} inhabitants; give a whole number from 1 to {MOST_INHABITANTS:,}"
    for column, limit in zip((*_PLANE, *_GLOBE), (FARTHEST_KM, FARTHEST_KM, 180.0, 90.0), strict=True):
        value = getattr(place, column)
        if value is not None and not abs(value) <= limit:
            unit = "km" if column in _PLANE else "degrees (positions in km are x_km and y_km)"
            return column, f"{value:g} is out of range; give {-limit:g} to {limit:g} {unit}"
    given = [column for column in (*_PLANE, *_GLOBE) if getattr(place, column) is not None]
    if tuple(given) != _like(first):
        missing = next((column for column in _like(first) if column not in given), given[-1] if given else _PLANE[0])
        return missing, "a position is needed, x_km and y_km or longitude and latitude, the same two for all places"
    if not place.jurisdiction.strip():
        return "jurisdiction", "the name of a police jurisdiction is needed; leave the column out if each place has its own"
    if place.venues and len(place.venues) != len(VENUE_KINDS):
        return "venues", f"{len(VENUE_KINDS)} numbers are needed, of {', '.join(VENUE_KINDS)}"
    for kind, number in zip(VENUE_KINDS, place.venues, strict=False):
        if number is not None and not 0 <= number <= MOST_VENUES:
            return f"venues_{kind}", f"{number} venues; give a whole number from 0 to {MOST_VENUES:,}, or nothing"
    if (place.demand_weight is None) != (first.demand_weight is None):
        return "demand_weight", "a weight is needed for each place or for none"
    if place.demand_weight is not None and not 0.0 <= place.demand_weight <= 1e12:
        return "demand_weight", f"{place.demand_weight:g} is no weight; give a number from 0 on"
    return None


def _like(first: OwnPlace) -> tuple[str, str]:
    return _PLANE if first.x_km is not None else _GLOBE


def _fault_of_sums(places: tuple[OwnPlace, ...]) -> tuple[int, str, str] | None:
    if math.fsum(place.demand_weight or 0.0 for place in places) <= 0.0 and places[0].demand_weight is not None:
        return 0, "demand_weight", "all weights are 0; give at least one above it, or leave the column out"
    for kind, name in enumerate(VENUE_KINDS):
        if all(place.venues and place.venues[kind] == 0 for place in places):
            return 0, f"venues_{name}", "no place has such a venue; give at least one"
    return None


def zones_of(places: tuple[OwnPlace, ...]) -> tuple[str, ...]:
    """School zones of places, in order of first appearance."""
    return tuple(dict.fromkeys(place.zone for place in places))


def fault_of_zones(places: tuple[OwnPlace, ...], holidays: tuple[SchoolHoliday, ...]) -> tuple[int, str, str] | None:
    """The first place in whose zone there are no school holidays, if there are any in others."""
    known = {holiday.zone for holiday in holidays}
    if not known or "" in known:
        return None
    valid = ", ".join(sorted(known))
    for number, place in enumerate(places):
        if place.zone not in known:
            given = f"zone {place.zone!r} is unknown" if place.zone else "a zone is needed"
            return number, "school_zone", f"{given}; the table of school holidays has {valid}"
    return None


def fault_of_holidays(holidays: tuple[SchoolHoliday, ...]) -> tuple[int, str, str] | None:
    """The first holiday that ends before it begins, or lasts longer than a year."""
    for number, holiday in enumerate(holidays):
        if not 0 <= (holiday.last - holiday.first).days <= 366:
            return number, "last", f"{holiday.first} to {holiday.last}: the last day must follow the first, within a year"
    return None
