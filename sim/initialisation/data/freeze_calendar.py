"""Freeze the French calendar of public and school holidays into the project.

Run as `python -m sim.initialisation.data.freeze_calendar` with the extra `data` installed (packages `holidays` and
`vacances-scolaires-france`). It writes `calendar_france.csv` and, next to it, `calendar_france.json`
with what is official, what is repeated, and the SHA-256 of the CSV. Simulations read the frozen
files only: a new release of either package cannot change a result until this is run again.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

from sim.initialisation.data import FOLDER, DataError

FIRST_DATE = date(2015, 1, 1)
LAST_DATE = date(2036, 12, 31)
ZONES = "ABC"
PACKAGES = ("holidays", "vacances-scolaires-france")
# A school year counts as known when all of these are in it, in every zone.
HOLIDAYS_OF_A_FULL_YEAR = (
    "Vacances de la Toussaint",
    "Vacances de Noël",
    "Vacances d'hiver",
    "Vacances de printemps",
    "Vacances d'été",
)

SchoolDays = dict[date, tuple[int, int, int]]


def main() -> None:
    """Write both files next to this one and print a summary of them."""
    facts = freeze(FOLDER)
    print(f"calendar_france.csv: {facts['first_date']} to {facts['last_date']}, official school holidays to")
    print(f"{facts['last_official_date']}, then the school year {facts['repeated_school_year']} by week")


def freeze(folder: Path) -> dict:
    """Write the calendar and its facts into `folder`; returns the facts. Raises DataError."""
    school_days, official_years = load_official_school_holidays()
    # The last complete year is repeated, so whatever the package has of the year after is ignored.
    template = official_years[-1]
    last_official = date(template + 1, 8, 31)
    is_public = load_public_holidays()
    lines = ["date,public_holiday,school_holiday_a,school_holiday_b,school_holiday_c"]
    for day in each_day(FIRST_DATE, LAST_DATE):
        known = day if day <= last_official else match_day_of_school_year(day, template)
        marks = (int(is_public(day)), *school_days.get(known, (0, 0, 0)))
        lines.append(f"{day.isoformat()},{','.join(map(str, marks))}")
    content = ("\n".join(lines) + "\n").encode("ascii")
    facts = {
        "first_date": FIRST_DATE.isoformat(),
        "last_date": LAST_DATE.isoformat(),
        "first_official_date": FIRST_DATE.isoformat(),
        "last_official_date": last_official.isoformat(),
        "repeated_school_year": f"{template}-{template + 1}",
        "repeat_rule": "after the last official date, same day of the same week of the repeated school year, "
        "weeks counted from the Monday nearest to 1 September; public holidays follow their law throughout",
        "zones": "letters as in force; the map of zones changed in January 2016",
        "packages": {name: version(name) for name in PACKAGES},
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    (folder / "calendar_france.csv").write_bytes(content)
    text = json.dumps(facts, indent=2, ensure_ascii=False) + "\n"
    (folder / "calendar_france.json").write_text(text, encoding="utf-8", newline="\n")
    return facts


def load_official_school_holidays() -> tuple[SchoolDays, list[int]]:
    """Return marks (zone A, B, C) by date, and the first years of the school years fully known."""
    try:
        from vacances_scolaires_france import SchoolHolidayDates
    except ImportError:
        raise DataError("freeze_calendar needs the extra `data`: pip install -e '.[data]'") from None
    source = SchoolHolidayDates().data
    marks = {day: tuple(int(row[f"vacances_zone_{zone.lower()}"]) for zone in ZONES) for day, row in source.items()}
    seen = {
        (school_year_of(day), row["nom_vacances"], zone)
        for day, row in source.items()
        for zone, mark in zip(ZONES, marks[day], strict=True)
        if mark
    }
    years = [
        year
        for year in range(FIRST_DATE.year - 1, LAST_DATE.year + 1)
        if all((year, name, zone) in seen for name in HOLIDAYS_OF_A_FULL_YEAR for zone in ZONES)
    ]
    if not years or years != list(range(FIRST_DATE.year - 1, years[-1] + 1)):
        raise DataError("vacances-scolaires-france: a school year is missing; install a complete release")
    return marks, years


def load_public_holidays() -> Callable[[date], bool]:
    """Return a test of whether a date is one of the eleven public holidays of metropolitan France."""
    try:
        import holidays
    except ImportError:
        raise DataError("freeze_calendar needs the extra `data`: pip install -e '.[data]'") from None
    public = holidays.France(years=range(FIRST_DATE.year, LAST_DATE.year + 1))
    return lambda day: day in public


def match_day_of_school_year(day: date, template: int) -> date:
    """Return the day of the school year `template` with the same weekday and week as `day`.

    Weeks are counted from the Monday nearest to 1 September, so a date moves by three days at the
    most within the season. A 53rd week repeats the 52nd: both lie in the summer holiday.

    >>> match_day_of_school_year(date(2030, 12, 25), 2027)
    datetime.date(2027, 12, 22)
    """
    year = day.year if day >= first_monday(day.year) else day.year - 1
    offset = (day - first_monday(year)).days
    if offset >= 52 * 7:
        offset -= 7
    return first_monday(template) + timedelta(days=offset)


def first_monday(year: int) -> date:
    """Return the Monday nearest to 1 September of `year`."""
    september = date(year, 9, 1)
    return september + timedelta(days=(3 - september.weekday()) % 7 - 3)


def school_year_of(day: date) -> int:
    """Return the calendar year in which the school year of `day` began (1 September)."""
    return day.year if day.month >= 9 else day.year - 1


def each_day(first: date, last: date):
    """Yield every date from `first` to `last`, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


if __name__ == "__main__":
    try:
        main()
    except DataError as problem:
        raise SystemExit(str(problem)) from None
