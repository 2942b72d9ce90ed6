"""Tables of places for tests: written to files, generated, or taken from a preset and its calendar."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np

from sim.initialisation.calendar import load_calendar
from sim.initialisation.geography import SCHOOL_ZONES, places

TABLE = """\
name,population,x_km,y_km,jurisdiction,school_zone
Centre,150000,0,0,Inland,East
North,50000,5.5,28,Inland,East
Coast,30000,31,-11,Coast,West
"""
MARKET = "places: ./places.csv\nlike: class\n"
SCHOOL = """\
zone,first,last
East,2021-02-01,2021-02-14
East,2021-07-01,2021-08-31
West,2021-02-15,2021-02-28
West,2021-07-05,2021-09-05
"""


def written(folder: Path, market: str | None = MARKET, table: str | bytes = TABLE, **others: str) -> str:
    """Write a table of places, a market file unless it is none, and tables by name; the path of what `market=` takes."""
    files = {"places.csv": table, **{f"{name}.csv": content for name, content in others.items()}}
    if market is not None:
        files["market.yaml"] = market
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(folder / ("places.csv" if market is None else "market.yaml"))


def as_tables(folder: Path, preset: str) -> str:
    """The places and the calendar of a preset as a user would give them."""
    rows = ["name,population,longitude,latitude,jurisdiction,school_zone"]
    for one in places(preset):
        rows.append(f"{one.name},{one.population},{one.longitude_deg!r},{one.latitude_deg!r},{one.jurisdiction},{one.zone}")
    calendar = load_calendar()
    public = ["date", *(str(calendar.first + dt.timedelta(days=int(row))) for row in np.flatnonzero(calendar.public))]
    school = ["zone,first,last"]
    for zone, days in zip(SCHOOL_ZONES, calendar.school, strict=True):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], days, [False]]).astype(int)))
        for first, after in edges.reshape(-1, 2):
            last = calendar.first + dt.timedelta(days=int(after) - 1)
            school.append(f"{zone},{calendar.first + dt.timedelta(days=int(first))},{last}")
    market = f"places: ./places.csv\npublic_holidays: ./public.csv\nschool_holidays: ./school.csv\nlike: {preset}\n"
    return written(folder, market, "\n".join(rows), public="\n".join(public), school="\n".join(school))
