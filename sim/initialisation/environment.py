"""Environment of a world, as arrays: demand over the dates, places, web sites, police units, teams, beds.

All of it follows from the configuration alone. Arrays common to several worlds of a sweep are made once and
shared; a world gets copies.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel

from sim.configuration import ConfigurationError
from sim.engine.chance import U64, mix, new_uid
from sim.initialisation.calendar import cumulative, demand_multiplier, load_calendar
from sim.initialisation.geography import Place, distance_matrix_km
from sim.initialisation.own_places import Holidays, check_holidays, sites_of
from sim.parameters import Calendar, Parameters
from sim.policy import lever_records, lever_scale
from sim.state.records import BEDS, KINDS, NEAR, OUTREACH_TEAM, PLATFORM, POLICE_UNIT, TERRITORY

_PLACE_ROLE, _KM_A_DEGREE = 9, 111.2


def check_world(parameters: Parameters) -> None:
    """Raise ConfigurationError if no world can be made from a valid configuration; none is made here."""
    check_environment(parameters)
    records_and_capacities(parameters, parameters.budget is not None)


def records_and_capacities(parameters: Parameters, with_capacities: bool = True) -> tuple[np.ndarray, np.ndarray | None]:
    """The levers of a configuration as records, and units of capacity of each by cell: what a policy costs, without a world.

    ConfigurationError for a lever that cannot be, or a budget that cannot be met.
    """
    sites = sites_of(parameters.market)
    names, populations = inhabitants_of(sites)
    scale = None
    if with_capacities:
        planning, units = parameters.planning, police_units(parameters, sites)
        stock = (planning.venue_stock, planning.attractiveness, parameters.demand.digital_share)
        scale = lever_scale(parameters, territory_table(sites, *stock), units)
    return lever_records(parameters, names, populations, scale), scale


def check_environment(parameters: Parameters) -> None:
    """Raise ConfigurationError for values that are valid by themselves but do not fit the places or the calendar."""
    listed, number = parameters.enforcement.listed_territory, len(sites_of(parameters.market))
    if listed >= number:
        raise ConfigurationError(f"enforcement.listed_territory={listed}: market has territories 0 to {number - 1}")
    calendar, longest = load_calendar(), parameters.planning.duration_high
    first, last = calendar.first, calendar.first + dt.timedelta(days=len(calendar.weekday) - 1)
    latest = last - dt.timedelta(days=parameters.days + longest - 1)
    if not first <= parameters.start <= latest:
        raise ConfigurationError(
            f"start={parameters.start}: the calendar holds {first} to {last}; with days={parameters.days} and the longest Plan "
            f"of planning.duration_high={longest} days, start must lie between {first} and {latest}"
        )
    outside = [day for day in parameters.calendar.event_dates if not first <= day <= last]
    if outside:
        raise ConfigurationError(f"calendar.event_dates: {outside[0]} is outside the calendar, which holds {first} to {last}")
    check_holidays(parameters.market, parameters.start, parameters.start + dt.timedelta(days=parameters.days + longest - 1))


@functools.lru_cache(maxsize=16)
def inhabitants_of(sites: tuple[Place, ...]) -> tuple[list[str], np.ndarray]:
    """Names and inhabitants of places, as levers are told them."""
    return [place.name for place in sites], np.array([place.population for place in sites])


@functools.lru_cache(maxsize=16)
def demand_over_days(
    start: dt.date, days: int, ahead: int, c: Calendar, holidays: Holidays | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Multiplier of demand, float64[zones, days + ahead]; its running sum; the days it reaches whole numbers.

    `ahead`: days beyond the horizon that a Boss may look at on its last day, those of the longest Plan; `holidays`: none
    for those of the presets. The last array is, by zone, the first day on whose evening the sum is at least 0, 1, 2, ...
    Worlds of one sweep share all three.
    """
    weekday = (c.weekday_monday_to_thursday,) * 4 + (c.weekday_friday_saturday,) * 2 + (c.weekday_sunday,)
    multiplier = demand_multiplier(
        start, days + ahead, weekday, c.school_holiday, c.month_edge, c.month_edge_days,
        c.public_holiday, c.event_dates, c.event, holidays and holidays.calendar())  # fmt: skip
    multiplier = multiplier * (1.0 + c.growth) ** (np.arange(multiplier.shape[1]) / 365.0)
    running_sum = np.ascontiguousarray(cumulative(multiplier))
    whole = np.arange(int(running_sum.max()) + 1)
    reached = np.array([np.searchsorted(zone[1:], whole) for zone in running_sum], np.int32)
    return multiplier, running_sum, reached


@functools.lru_cache(maxsize=16)
def ground_of(sites: tuple[Place, ...], scale_km: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distances in km, the nearest of each place and inverse visibility from it; shared by the worlds of a sweep."""
    distance = np.ascontiguousarray(distance_matrix_km(sites))
    return distance, *_nearest(distance, scale_km)


def _nearest(distance: np.ndarray, scale_km: float) -> tuple[np.ndarray, np.ndarray]:
    """The nearest territories of each (itself first), and the inverse visibility of an offer in each from it."""
    z = distance.shape[0]
    near = np.full((z, NEAR), -1, np.int32)
    inverse_visibility = np.full((z, z), np.inf)
    by_distance = np.argsort(distance, axis=1, kind="stable")[:, :NEAR]
    near[:, : by_distance.shape[1]] = by_distance
    for place in range(z):
        for other in by_distance[place]:
            inverse_visibility[place, other] = math.exp(distance[place, other] / scale_km)
    return near, inverse_visibility


@functools.lru_cache(maxsize=64)
def territory_table(sites: tuple[Place, ...], venue_stock: BaseModel, appeal: BaseModel, digital: float) -> np.ndarray:
    """TERRITORY[z]: the places with their venues and the size term of each kind; shared by the worlds of a sweep."""
    total = sum(_weight_of(place) for place in sites)
    jurisdictions = list(dict.fromkeys(place.jurisdiction for place in sites))
    stock = np.array(list(venue_stock.model_dump().values()))
    attractiveness = np.array(list(appeal.model_dump().values()))
    usual = Parameters.model_fields["demand"].annotation.model_fields["digital_share"].default
    by_channel = np.array([(1.0 - digital) / (1.0 - usual)] + [digital / usual] * (KINDS - 1))
    table = np.zeros(len(sites), TERRITORY)
    middle = math.radians(np.mean([place.latitude_deg for place in sites]))
    for row, place in enumerate(sites):
        record = table[row]
        record.uid = new_uid(_PLACE_ROLE, U64(1), 0, row)
        on_plane = place.x_km is not None
        record.x_km = place.x_km if on_plane else place.longitude_deg * _KM_A_DEGREE * math.cos(middle)
        record.y_km = place.y_km if on_plane else place.latitude_deg * _KM_A_DEGREE
        record.population = place.population
        record.jurisdiction = jurisdictions.index(place.jurisdiction)
        record.zone = place.zone_index
        record.demand_weight = _weight_of(place) / total
        record.venues[:] = np.maximum(1, np.round(stock * place.population / 1000.0)).astype(np.int32)
        for kind, number in enumerate(place.venues):
            if number is not None:
                record.venues[kind] = number
    weight = table["venues"] / table["venues"].sum(axis=0) * attractiveness * by_channel
    table["log_size"] = np.where(weight > 0.0, np.log(np.maximum(weight, 1e-300)), -np.inf)
    return table


def _weight_of(place: Place) -> float:
    """Relative weight of the demand of a place."""
    return place.population if place.demand_weight is None else place.demand_weight


@functools.lru_cache(maxsize=64)
def platform_table(sites: int, digital_share: float) -> np.ndarray:
    """PLATFORM[1 + sites]: the street in row 0, then sites whose shares fall as 1/rank."""
    table = np.zeros(1 + sites, PLATFORM)
    ranks = 1.0 / np.arange(1, sites + 1)
    table["share"] = np.concatenate([[1.0 - digital_share], digital_share * ranks / ranks.sum()])
    table["uid"] = [mix(U64(1000 + row)) for row in range(1 + sites)]
    table["open"] = 1
    table["outreach"] = 1
    table["closed_since"] = -1
    table["successor_since"] = -1
    return table


def police_units(parameters: Parameters, sites: Sequence[Place]) -> np.ndarray:
    """POLICE_UNIT[jurisdictions]: one unit each, with capacity in proportion to its inhabitants."""
    e = parameters.enforcement
    jurisdictions = list(dict.fromkeys(place.jurisdiction for place in sites))
    table = np.zeros(len(jurisdictions), POLICE_UNIT)
    population = np.array([sum(place.population for place in sites if place.jurisdiction == name) for name in jurisdictions])
    inspector_days = e.inspector_days_per_100k * population / 100_000.0
    visits = inspector_days * e.visits_per_inspector_day
    table["uid"] = [mix(U64(2000 + row)) for row in range(len(table))]
    table["jurisdiction"] = np.arange(len(table))
    table["population"] = population
    table["online"] = inspector_days * e.online_share
    table["casework"] = inspector_days * e.casework_share
    table["client"] = inspector_days * e.client_share
    table["visits"] = visits * e.venue_share
    table["patrols"] = visits * e.street_share
    table["street_weight"] = population
    table["venue_weight"] = population * sum(e.inspection_weight.model_dump().values())
    return table


def outreach_teams(parameters: Parameters, units: np.ndarray) -> np.ndarray:
    """OUTREACH_TEAM[jurisdictions]: one team each, with staff in proportion to its inhabitants."""
    o = parameters.outreach
    table = np.zeros(len(units), OUTREACH_TEAM)
    per_100k = units["population"] / 100_000.0
    table["uid"] = [mix(U64(3000 + row)) for row in range(len(table))]
    table["jurisdiction"] = np.arange(len(table))
    table["population"] = units["population"]
    table["street_hours"] = o.street_hours * per_100k
    table["personal_hours"] = o.personal_hours * per_100k
    table["mass_hours"] = o.mass_hours * per_100k
    table["reception_hours"] = o.reception_hours * per_100k
    table["places"] = o.accompany_places * per_100k
    return table


def bed_table(parameters: Parameters, units: np.ndarray) -> np.ndarray:
    """BEDS[jurisdictions + 1]: near beds of each jurisdiction, and in the last row the distant ones of all."""
    table = np.zeros(len(units) + 1, BEDS)
    people = np.append(units["population"], units["population"].sum()) / 100_000.0
    table["uid"] = [mix(U64(4000 + row)) for row in range(len(table))]
    table["baseline"] = people * parameters.care.beds_near
    table[-1].baseline = people[-1] * parameters.care.beds_distant
    table[-1].distant = 1
    return table
