"""Places: position, inhabitants, police jurisdiction, school calendar.

Pure functions over the files of `sim/initialisation/data`. Populations are municipal populations (INSEE), positions
are in degrees (WGS 84), distances in km along the great circle; places of the user's own may be on a plane instead.
"""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sim.initialisation.data import FOLDER, DataError, damaged, read_table

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG 1980
SCHOOL_ZONES = ("A", "B", "C")
PRESETS = ("class", "herault", "idf", "france")
DEPARTEMENTS_OF_IDF = ("75", "77", "78", "91", "92", "93", "94", "95")

# Poles of the Hérault are the largest communes at least this far apart: near enough to keep the towns
# of the coast apart, far enough that suburbs of Montpellier are not poles. Between 14 and 17 km the
# choice of eight is the same. Assumption.
POLE_SPACING_KM = 15.0
POLICE_SEATS_OF_HERAULT = ("Montpellier", "Béziers", "Sète")  # one police district around each (assumption)


@dataclass(frozen=True)
class Departement:
    """A département: INSEE code, inhabitants, and the position of its main city in degrees."""

    code: str
    name: str
    population: int
    main_city: str
    latitude_deg: float
    longitude_deg: float
    region: str


@dataclass(frozen=True)
class Commune:
    """A commune: INSEE code, inhabitants, position in degrees."""

    code: str
    name: str
    population: int
    latitude_deg: float
    longitude_deg: float


@dataclass(frozen=True)
class Place:
    """A territory of the simulated market.

    Attributes:
        name: its name in reports.
        population: inhabitants.
        latitude_deg, longitude_deg: position in degrees.
        jurisdiction: name of the police jurisdiction it belongs to.
        zone: school-holiday zone, one of `SCHOOL_ZONES` in the presets.
        zone_number: row of that zone in the calendar, where zones are not `SCHOOL_ZONES`.
        x_km, y_km: position on a plane, east and north, for places without degrees.
        venues: stock by venue kind; nothing, or None for a kind: in proportion to inhabitants.
        demand_weight: relative weight of its demand; none: its inhabitants.
    """

    name: str
    population: int
    latitude_deg: float
    longitude_deg: float
    jurisdiction: str
    zone: str
    zone_number: int | None = None
    x_km: float | None = None
    y_km: float | None = None
    venues: tuple[int | None, ...] = ()
    demand_weight: float | None = None

    @property
    def zone_index(self) -> int:
        """Row of this place's zone in the tables of `sim.initialisation.calendar` (0, 1, 2 for A, B, C)."""
        return SCHOOL_ZONES.index(self.zone) if self.zone_number is None else self.zone_number


# Three invented places for lessons, off the coast of France so that nobody looks for them on a map.
# 28, 33 and 47 km apart; sizes, positions and districts are assumptions.
PLACES_OF_CLASS = (
    Place("Centre", 150_000, 0.00, 0.00, "Inland", "A"),
    Place("North", 50_000, 0.25, 0.05, "Inland", "A"),
    Place("Coast", 30_000, -0.10, 0.28, "Coast", "A"),
)


def places(preset: str) -> list[Place]:
    """Return the territories of a market preset, in the order that gives them their number.

    Args:
        preset: `class` (three invented places), `herault` (eight poles), `idf` (the eight
            départements of Île-de-France) or `france` (96 départements).

    Raises:
        ValueError: unknown preset.
        DataError: a data file is missing or damaged.

    >>> [place.name for place in places("class")]
    ['Centre', 'North', 'Coast']
    """
    if preset == "class":
        return list(PLACES_OF_CLASS)
    if preset == "herault":
        return poles_of_herault()
    if preset == "idf":
        return [place for place in places_of_departements() if place.jurisdiction in DEPARTEMENTS_OF_IDF]
    if preset == "france":
        return places_of_departements()
    raise ValueError(f"no geography named {preset!r}; choose one of {', '.join(PRESETS)}")


def places_of_departements() -> list[Place]:
    """Return the 96 départements as places; the jurisdiction is the département's code."""
    zones = load_school_zones()
    return [
        Place(row.name, row.population, row.latitude_deg, row.longitude_deg, row.code, _zone_of(row.code, zones))
        for row in load_departements()
    ]


def poles_of_herault(n: int = 8) -> list[Place]:
    """Return the Hérault as `n` poles, the largest first.

    The poles are the largest communes at least `POLE_SPACING_KM` from a larger pole. Every commune of
    the file joins the nearest pole: populations are summed, the position is that of the pole's town.
    The jurisdiction is the nearest of the police seats.

    Raises:
        ValueError: fewer than `n` communes are that far apart, or `n` is below one.
        DataError: a data file is missing or damaged.
    """
    communes = sorted(load_communes_herault(), key=lambda commune: (-commune.population, commune.code))
    towns: list[Commune] = []
    for commune in communes:
        if all(_distance_km(commune, town) >= POLE_SPACING_KM for town in towns):
            towns.append(commune)
    if not 1 <= n <= len(towns):
        raise ValueError(f"{n} poles of the Hérault; {POLE_SPACING_KM:g} km apart, choose 1 to {len(towns)}")
    towns = towns[:n]

    zone = _zone_of("34", load_school_zones())
    seats = [commune for commune in communes if commune.name in POLICE_SEATS_OF_HERAULT]
    poles = {town.code: _as_pole(town, seats, zone) for town in towns}
    for commune in communes:
        code = _nearest(commune, towns).code
        poles[code] = replace(poles[code], population=poles[code].population + commune.population)
    return sorted(poles.values(), key=lambda pole: -pole.population)


def _zone_of(code: str, zones: dict[str, str]) -> str:
    """Return the school zone of a département; raises DataError when the file of zones has none."""
    if code not in zones:
        raise DataError(f"school_zones.csv: no zone for {code}; put back the copy that comes with the project")
    return zones[code]


def _as_pole(town: Commune, seats: list[Commune], zone: str) -> Place:
    """Return the still empty pole of a town; its inhabitants are added commune by commune."""
    seat = _nearest(town, seats).name if seats else "Hérault"
    return Place(town.name, 0, town.latitude_deg, town.longitude_deg, f"34 {seat}", zone)


def _nearest(commune: Commune, towns: list[Commune]) -> Commune:
    """Return the town nearest to the commune, the first of the list on a tie."""
    return min(towns, key=lambda town: _distance_km(commune, town))


def _distance_km(one, other) -> float:
    """Along the great circle, or on the plane where positions are in km."""
    if getattr(one, "x_km", None) is not None:
        return math.hypot(one.x_km - other.x_km, one.y_km - other.y_km)
    return haversine_km(one.latitude_deg, one.longitude_deg, other.latitude_deg, other.longitude_deg)


def haversine_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Return the great-circle distance in km between two positions in degrees.

    Haversine formula (Sinnott 1984) on a sphere of radius `EARTH_RADIUS_KM`.

    >>> round(haversine_km(43.6109, 3.8763, 43.3412, 3.214), 1)  # Montpellier to Béziers
    61.3
    """
    north, south = math.radians(lat1), math.radians(lat2)
    half_width = math.sin(math.radians(lon2 - lon1) / 2)
    half_height = math.sin((south - north) / 2)
    chord = half_height**2 + math.cos(north) * math.cos(south) * half_width**2
    # Rounding can push opposite points a hair beyond one.
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, chord)))


def distance_matrix_km(places: list[Place]) -> np.ndarray:
    """Return float64[z, z], the distances in km between places: symmetric, zero on the diagonal."""
    matrix = np.zeros((len(places), len(places)))
    for row, one in enumerate(places):
        for column in range(row):
            matrix[row, column] = matrix[column, row] = _distance_km(one, places[column])
    return matrix


def number_jurisdictions(places: list[Place]) -> tuple[list[str], np.ndarray]:
    """Return the names of the jurisdictions in order of first appearance, and int64[z] numbers of each place."""
    names = list(dict.fromkeys(place.jurisdiction for place in places))
    return names, np.array([names.index(place.jurisdiction) for place in places], dtype=np.int64)


def load_departements(path: Path = FOLDER / "territories_france.csv") -> list[Departement]:
    """Read the départements in the order of the file; raises DataError when it is missing or damaged."""
    return _load(path, Departement)


def load_communes_herault(path: Path = FOLDER / "communes_herault.csv") -> list[Commune]:
    """Read the communes of the Hérault in the order of the file; raises DataError when missing or damaged."""
    return _load(path, Commune)


def load_school_zones(path: Path = FOLDER / "school_zones.csv") -> dict[str, str]:
    """Read the school-holiday zone of each département, by code; raises DataError when missing or damaged."""
    zones: dict[str, str] = {}
    for line, row in enumerate(read_table(path, ("code", "zone")), start=2):
        if row["zone"] not in SCHOOL_ZONES:
            raise damaged(path, line, f"zone {row['zone']!r} is none of {', '.join(SCHOOL_ZONES)}")
        if row["code"] in zones:
            raise damaged(path, line, f"{row['code']} occurs twice")
        zones[row["code"]] = row["zone"]
    return zones


def _load(path: Path, kind: type) -> list:
    """Read a table of territories into records of `kind`, whose field names are the columns."""
    columns = tuple(kind.__dataclass_fields__)
    records, seen = [], set()
    for line, row in enumerate(read_table(path, columns), start=2):
        values: dict = {name: row[name] for name in columns}
        try:
            values["population"] = int(row["population"])
            values["latitude_deg"] = float(row["latitude_deg"])
            values["longitude_deg"] = float(row["longitude_deg"])
        except ValueError as problem:
            raise damaged(path, line, f"is not a number ({problem})") from None
        if values["population"] <= 0:
            raise damaged(path, line, f"population {values['population']} is not above zero")
        if not (abs(values["latitude_deg"]) <= 90 and abs(values["longitude_deg"]) <= 180):
            raise damaged(path, line, "position is not in degrees")
        if values["code"] in seen:
            raise damaged(path, line, f"{values['code']} occurs twice")
        seen.add(values["code"])
        records.append(kind(**values))
    return records
