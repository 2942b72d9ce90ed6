"""A market of the user's own, from a table of places, or from a YAML file that names one: content by value for group `market`.

    places: ./belgium.csv           # name, population, position, ... (docs/own_places.md)
    country: BE                     # public holidays by the library `holidays`; or public_holidays: ./dates.csv
    school_holidays: ./school.csv   # zone, first, last; or none
    like: france                    # the preset that sizes follow per inhabitant (the usual one)
    clients: 100000                 # any other number of group `market`, in the place of what follows from `like`

Paths are relative to the file that names them. A mistake is one line: file, row (as a spreadsheet counts), column, remedy.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from sim.configuration.plain_values import ConfigurationError, find_file, meant, plain_text
from sim.configuration.yaml_files import read_mapping
from sim.parameters.activity import MarketSize
from sim.parameters.fields import PRESETS, VENUE_KINDS
from sim.parameters.places import OwnPlace, SchoolHoliday, fault_of, fault_of_holidays, fault_of_zones

YEARS = range(2015, 2037)  # of the frozen calendar
FAR_KM = 1000.0  # beyond which places are not one market
INHABITANTS = {"class": 230_000, "herault": 863_121, "idf": 12_463_067, "france": 66_165_815}
"""Inhabitants of the presets, for rates."""

SIZED = ("bosses", "prostitutes", "providers", "clients", "searches_per_day")
"""Numbers that follow inhabitants; the others of `like` are taken as they are."""

NOT_KNOWN = "note"  # begins the names of columns that are not read
VENUES = tuple(f"venues_{kind}" for kind in VENUE_KINDS)
COLUMNS = (
    "name", "population", "x_km", "y_km", "longitude", "latitude", "jurisdiction", "school_zone", *VENUES,
    "demand_weight")  # fmt: skip
_OWN_KEYS = ("places", "country", "public_holidays", "school_holidays", "like")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_NOTHING = "none"


class _Row(NamedTuple):
    number: int  # as a spreadsheet counts; the names of columns are row 1
    cells: dict[str, str]


def read_market(path: Path, where: str) -> dict[str, Any]:
    """The content of group `market` from a table of places, or from a market file that names one: plain values, no path in them.

    `where`: what messages begin with, `market=` and the choice as it was given. Raises ConfigurationError, one line, for a file
    that cannot be read or that holds what no market can be made of.
    """
    given = where.removeprefix("market=")
    if path.suffix.lower() == ".csv":
        return _market(path, given, {}, (path, given))
    content = read_mapping(path, given)
    valid = sorted({*MarketSize.model_fields, *_OWN_KEYS} - {"preset"})
    for key in content:
        if key not in valid:
            raise ConfigurationError(f"{where}: unknown key {key}{meant(key, valid)}; valid with places: {', '.join(valid)}")
    return _market(path, given, content, _table(path, content["places"], f"{where}: places"))


def _market(path: Path, given: str, content: dict[str, Any], table: tuple[Path, str]) -> dict[str, Any]:
    """A market with the places of a table; `path` is the file that the user gave."""
    where = f"market={given}"
    like = content.get("like", "france")
    if like not in PRESETS:
        raise ConfigurationError(f"{where}: like={like!r}: unknown{meant(str(like), PRESETS)}; valid: {', '.join(PRESETS)}")
    if "country" in content and "public_holidays" in content:
        raise ConfigurationError(f"{where}: country and public_holidays: two answers to one question; leave one of the two out")
    rows, places = _read_places(*table)
    if "public_holidays" in content:
        public = _read_optional(path, content["public_holidays"], f"{where}: public_holidays", _read_dates)
    else:
        public = _holidays_of(content.get("country"), where)
    school = _read_optional(path, content.get("school_holidays"), f"{where}: school_holidays", _read_school)
    if found := fault_of_zones(places, tuple(map(_validated_holiday, school))):
        raise _refused(table[1], rows[found[0]].number, *found[1:])
    people = sum(place.population for place in places)
    given_sizes = {key: value for key, value in content.items() if key not in _OWN_KEYS}
    sizes = _sizes_of(like, people) | given_sizes
    for key in SIZED:
        most = next(one.le for one in MarketSize.model_fields[key].metadata if hasattr(one, "le"))
        if key not in given_sizes and sizes[key] > most:
            raise ConfigurationError(
                f"{where}: {people:,} inhabitants make {key}={sizes[key]:.0f} at the rates of {like}, and {most:,.0f} is the "
                f"most; give {key}: in a market file, or fewer places"
            )
    return sizes | {
        "preset": plain_text(path.name, where),
        "places": [place.model_dump(mode="json", exclude_defaults=True) for place in places],
        "public_holidays": public,
        "school_holidays": school,
    }


def _sizes_of(like: str, people: int) -> dict[str, Any]:
    """Numbers of group `market` of a preset, those of agents in proportion to inhabitants."""
    sizes = read_mapping(resources.files("configs") / "market" / f"{like}.yaml", f"configs/market/{like}.yaml")
    for key in SIZED:
        scaled = sizes[key] * people / INHABITANTS[like]
        sizes[key] = scaled if isinstance(sizes[key], float) else max(1, round(scaled))
    return {key: value for key, value in sizes.items() if key != "preset"}


# --- tables ------------------------------------------------------------------------------------


def _read_places(path: Path, named: str) -> tuple[list[_Row], tuple[OwnPlace, ...]]:
    """Rows and places of a table."""
    rows = _read_rows(path, named, COLUMNS, ("name", "population"))
    columns = rows[0].cells
    on_plane, on_globe = "x_km" in columns or "y_km" in columns, "longitude" in columns or "latitude" in columns
    for needed in (("x_km", "y_km"),) * on_plane + (("longitude", "latitude"),) * on_globe:
        for column in needed:
            if column not in columns:
                raise ConfigurationError(f"{named}: no column {column}; positions need both {' and '.join(needed)}")
    if on_plane == on_globe:
        which = "positions in km and in degrees; leave one of the two out" if on_plane else (
            "no columns of positions; give x_km and y_km, or longitude and latitude")  # fmt: skip
        raise ConfigurationError(f"{named}: {which}")
    places = tuple(_place_of(row, named) for row in rows)
    if found := fault_of(places) or _exchanged(places):
        raise _refused(named, rows[found[0]].number, *found[1:])
    return rows, places


def _exchanged(places: Sequence[OwnPlace]) -> tuple[int, str, str] | None:
    """The row, the column and the fault of a place that is far from all others, and near with its degrees exchanged."""
    if len(places) < 3 or places[0].longitude is None:
        return None
    degrees = [(place.longitude, place.latitude) for place in places]
    for row, (longitude, latitude) in enumerate(degrees):
        others = degrees[:row] + degrees[row + 1 :]
        here, exchanged = (longitude, latitude), (latitude, longitude)
        nearest, turned = (min(_kilometres(at, other) for other in others) for at in (here, exchanged))
        if abs(longitude) <= 90.0 and nearest > FAR_KM and turned < FAR_KM / 10.0:
            told = f"{places[row].name} is {nearest:,.0f} km from the nearest other place, and {turned:,.0f} km with its two"
            return row, "longitude", f"{told} degrees exchanged; exchange them"
    return None


def _kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Distance along the great circle between two positions in degrees (longitude, latitude)."""
    east, north, east_b, north_b = map(math.radians, (*one, *other))
    half = math.sin((north_b - north) / 2) ** 2 + math.cos(north) * math.cos(north_b) * math.sin((east_b - east) / 2) ** 2
    return 2.0 * 6371.0 * math.asin(math.sqrt(half))


def _place_of(row: _Row, named: str) -> OwnPlace:
    def number(column: str, whole: bool = False) -> float | int | None:
        return _number(row, column, named, whole)

    cells = row.cells
    if not cells["population"]:
        raise _refused(named, row.number, "population", "it is blank; give the number of inhabitants")
    venues = tuple(number(column, True) for column in VENUES)
    return OwnPlace(
        name=cells["name"], population=number("population", True), x_km=number("x_km"), y_km=number("y_km"),
        longitude=number("longitude"), latitude=number("latitude"), jurisdiction=cells.get("jurisdiction", cells["name"]),
        zone=cells.get("school_zone", ""), venues=venues if any(one is not None for one in venues) else (),
        demand_weight=number("demand_weight"))  # fmt: skip


_THOUSANDS = re.compile(r"\d{1,3}\.\d{3}")


def _number(row: _Row, column: str, named: str, whole: bool) -> float | int | None:
    """A number of a row; none if its cell is blank or its column is not there."""
    text = row.cells.get(column, "")
    if not text:
        return None
    what = "a whole number, such as 51234" if whole else "a number, such as 50.85"
    if not _NUMBER.fullmatch(text) or len(text) > 30 or abs(float(text)) > 1e15:
        raise _refused(named, row.number, column, f"{text[:40]!r} is not a number; give {what}")
    value = float(text)
    if whole and _THOUSANDS.fullmatch(text):
        plain = text.replace(".", "")
        raise _refused(named, row.number, column, f"{text} can be read as {plain} or as {value:g}; write {plain}, or {value:g}")
    if whole and not value.is_integer():
        raise _refused(named, row.number, column, f"{text} is not a whole number; give {what}")
    return int(value) if whole else value


def _read_school(path: Path, named: str) -> list[dict[str, str]]:
    """School holidays as (zone, first, last)."""
    rows = _read_rows(path, named, ("zone", "first", "last"), ("first", "last"))
    found = [{"zone": row.cells.get("zone", "")} | {key: _date(row, key, named) for key in ("first", "last")} for row in rows]
    if fault := fault_of_holidays(tuple(map(_validated_holiday, found))):
        raise _refused(named, rows[fault[0]].number, *fault[1:])
    return found


def _validated_holiday(found: dict[str, str]) -> SchoolHoliday:
    first, last = (dt.date.fromisoformat(found[key]) for key in ("first", "last"))
    return SchoolHoliday(zone=found["zone"], first=first, last=last)


def _read_dates(path: Path, named: str) -> list[str]:
    """Public holidays from a table with the column `date`."""
    return [_date(row, "date", named) for row in _read_rows(path, named, ("date",), ("date",))]


def _date(row: _Row, column: str, named: str) -> str:
    text = row.cells[column]
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").date().isoformat()
    except ValueError:
        raise _refused(named, row.number, column, f"{text[:40]!r} is not a date; write it like 2024-07-01") from None


def _read_rows(path: Path, named: str, known: Sequence[str], needed: Sequence[str]) -> list[_Row]:
    """Rows of a CSV file with commas; or with semicolons, as spreadsheets write where the comma is the decimal sign."""
    text = _text_of(path, named)
    header = next((line for line in text.splitlines() if line.strip()), None)
    if header is None:
        raise ConfigurationError(f"{named}: the file is empty; its first row holds names of columns: {','.join(needed)},...")
    by_semicolon = ";" in header and "," not in header
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if by_semicolon else ",", strict=True)
    rows: list[_Row] = []
    columns: list[str] = []
    try:
        for number, fields in enumerate(reader, start=1):
            fields = [field.strip() for field in fields]
            if not any(fields):
                continue
            if not columns:
                columns = _columns_of(fields, named, known, needed)
                continue
            if len(fields) != len(columns):
                raise ConfigurationError(
                    f"{named}, row {number}: {len(fields)} cells, and {len(columns)} names of columns; write numbers without "
                    "thousands separators, and text with a comma in quotes"
                )
            cells = {column: _cell(field, column, number, named) for column, field in zip(columns, fields, strict=True)}
            if by_semicolon:
                cells = {column: cell if column in _TEXTS else cell.replace(",", ".") for column, cell in cells.items()}
            rows.append(_Row(number, {column: cell for column, cell in cells.items() if column in known}))
    except csv.Error as error:
        at = f"{named}, row {reader.line_num}"
        raise ConfigurationError(f"{at}: it cannot be read as CSV ({error}); save it as CSV UTF-8") from None
    if not rows:
        raise ConfigurationError(f"{named}: no rows below the names of columns; give at least one")
    return rows


_TEXTS = ("name", "jurisdiction", "school_zone", "zone", "first", "last", "date")


def _columns_of(fields: list[str], named: str, known: Sequence[str], needed: Sequence[str]) -> list[str]:
    columns = [field.lower() for field in fields]
    valid = ", ".join(known)
    for column in needed:
        if column not in columns:
            raise ConfigurationError(f"{named}: no column {column}{_meant_by(columns, column, known)}; valid: {valid}")
    for field, column in zip(fields, columns, strict=True):
        if column not in known and not column.startswith(NOT_KNOWN):
            strange = f"unknown column {field[:40]!r}{meant(column, known)}"
            raise ConfigurationError(
                f"{named}: {strange}; valid: {valid}; a column whose name begins with {NOT_KNOWN} is not read"
            )
        if columns.count(column) > 1:
            raise ConfigurationError(f"{named}: two columns {column}; leave one of the two out")
    return columns


def _meant_by(columns: Sequence[str], wanted: str, known: Sequence[str]) -> str:
    """The column that may have been meant, if it is misspelt."""
    strange = [column for column in columns if column not in known]
    close = meant(wanted, strange).removesuffix("?)")
    return f"{close.replace('did you mean', 'there is')})" if close else ""


def _cell(text: str, column: str, number: int, named: str) -> str:
    """The text of a cell in composed form. ConfigurationError for what no page can show and no configuration can hold."""
    text = plain_text(text, f"{named}, row {number}, column {column}")
    if "${" in text or any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in text):
        raise _refused(named, number, column, f"{ascii(text[:40])} holds ${{ or the end of a line; leave it out")
    return text


def _text_of(path: Path, named: str) -> str:
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise ConfigurationError(f"{named}: it cannot be read ({reason}); give the path of a table in CSV") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{named}, row {row}: a byte that is not UTF-8; save the table as CSV UTF-8") from None


def _refused(named: str, row: int, column: str, why: str) -> ConfigurationError:
    return ConfigurationError(f"{named}, row {row}, column {column}: {why}")


# --- what a market file names ------------------------------------------------------------------


def _table(path: Path, given: Any, where: str) -> tuple[Path, str]:
    """The path of a table that a file names, and what it is called in messages."""
    if not isinstance(given, str):
        raise ConfigurationError(f"{where}={given!r}: the path of a table in CSV is needed, such as ./places.csv")
    return find_file(path.parent / given), f"{where}={given}"


def _read_optional(path: Path, given: Any, where: str, read: Callable[[Path, str], list]) -> list:
    """What a table holds; nothing for none."""
    return [] if given in (None, _NOTHING) else read(*_table(path, given, where))


def _holidays_of(country: Any, where: str) -> list[str]:
    """Public holidays of a country, or of a part of it (DE-BY), over the years of the calendar."""
    if country in (None, _NOTHING):
        return []
    code, _, part = str(country).partition("-")
    try:
        import holidays
    except ImportError:
        raise ConfigurationError(
            f"{where}: country={country}: public holidays are those of the library holidays, which is not installed: "
            "pip install holidays; or name a table as public_holidays, or none"
        ) from None
    try:
        found = holidays.country_holidays(code, subdiv=part or None, years=YEARS)
    except (NotImplementedError, KeyError, ValueError):
        raise ConfigurationError(
            f"{where}: country={country!r}: the library holidays has no such country or part of one; write it like BE or DE-BY, "
            "or name a table as public_holidays, or none"
        ) from None
    return sorted(day.isoformat() for day in found if day.year in YEARS)
