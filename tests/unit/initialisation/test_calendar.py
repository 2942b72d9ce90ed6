"""The calendar: a slow twin, mean one over each year, known dates, damaged files, the freezing script."""

import csv
import json
import shutil
import time
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.initialisation.calendar import CALENDAR_FILE, N_ZONES, cumulative, demand_multiplier, describe_calendar, load_calendar
from sim.initialisation.data import FOLDER, DataError
from sim.initialisation.geography import SCHOOL_ZONES

PLAIN = dict(
    weekday=(1.0,) * 7,
    school_holiday=1.0,
    month_edge=1.0,
    month_edge_days=3,
    public_holiday=1.0,
    event_dates=(),
    event=1.0,
)
RICH = dict(
    weekday=(0.9, 0.8, 0.9, 1.0, 1.2, 1.4, 1.1),
    school_holiday=1.2,
    month_edge=1.1,
    month_edge_days=3,
    public_holiday=1.3,
    event_dates=(date(2024, 7, 26), date(2022, 12, 18)),
    event=1.5,
)


@pytest.fixture(scope="module")
def rows():
    """The frozen file by date, read the slow way."""
    with CALENDAR_FILE.open(encoding="utf-8", newline="") as file:
        return {date.fromisoformat(row["date"]): row for row in csv.DictReader(file)}


def multiply_slowly(rows, start, days, weekday, school_holiday, month_edge, month_edge_days, public_holiday, event_dates, event):
    """A slow, obvious twin: day by day, zone by zone, from the rows of the file."""

    def factor(day, zone):
        product = weekday[day.weekday()]
        if rows[day][f"school_holiday_{zone}"] == "1":
            product *= school_holiday
        near = [day + timedelta(days=step) for step in range(-month_edge_days, month_edge_days + 1)]
        if month_edge_days and any(other.month != day.month for other in near):
            product *= month_edge
        if rows[day]["public_holiday"] == "1":
            product *= public_holiday
        return product * (event if day in event_dates else 1.0)

    def mean(year, zone):
        of_year = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
        of_year = [factor(day, zone) for day in of_year if day.year == year]
        return sum(of_year) / len(of_year)

    window = [start + timedelta(days=n) for n in range(days)]
    means = {(year, zone): mean(year, zone) for year in {day.year for day in window} for zone in "abc"}
    return np.array([[factor(day, zone) / means[day.year, zone] for day in window] for zone in "abc"])


def test_the_file_holds_every_day_once(rows):
    facts = describe_calendar()
    days = sorted(rows)
    assert days[0] == date(2015, 1, 1) and days[-1] == date(2036, 12, 31)
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
    assert all(row[name] in "01" for row in rows.values() for name in row if name != "date")
    assert (facts["first_date"], facts["last_date"]) == ("2015-01-01", "2036-12-31")
    assert date.fromisoformat(facts["last_official_date"]) < date(2036, 12, 31)


def test_the_arrays_say_what_the_file_says(rows):
    calendar = load_calendar()
    for n, (day, row) in enumerate(sorted(rows.items())):
        assert calendar.public[n] == (row["public_holiday"] == "1")
        assert [calendar.school[zone, n] for zone in range(3)] == [row[f"school_holiday_{z}"] == "1" for z in "abc"]
        assert (calendar.weekday[n], calendar.year[n], calendar.day_of_month[n]) == (day.weekday(), day.year, day.day)
        next_month = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
        assert calendar.days_to_month_end[n] == (next_month - day).days - 1
    assert not any(array.flags.writeable for array in calendar[1:])
    assert load_calendar() is calendar
    assert len(SCHOOL_ZONES) == N_ZONES


def test_dates_everybody_knows(rows):
    def zones_on(*day):
        return "".join(zone for zone in "abc" if rows[date(*day)][f"school_holiday_{zone}"] == "1")

    assert zones_on(2023, 2, 10) == "a" and zones_on(2023, 2, 15) == "ab" and zones_on(2023, 2, 28) == "c"
    assert zones_on(2024, 8, 1) == "abc" and zones_on(2024, 9, 10) == ""
    assert zones_on(2024, 12, 25) == "abc"
    public = [day for day, row in rows.items() if row["public_holiday"] == "1" and day.year == 2024]
    assert [f"{day:%m-%d}" for day in public] == [
        "01-01", "04-01", "05-01", "05-08", "05-09", "05-20", "07-14", "08-15", "11-01", "11-11", "12-25",
    ]  # fmt: skip


def test_repeated_years_look_like_the_last_known_one(rows):
    last = date.fromisoformat(describe_calendar()["last_official_date"])
    known = last.year - 1  # the calendar year 2027 is official from end to end
    for zone in "abc":
        column = f"school_holiday_{zone}"
        usual = sum(row[column] == "1" for day, row in rows.items() if day.year == known)
        for year in range(last.year, 2037):
            days = [day for day, row in rows.items() if day.year == year and row[column] == "1"]
            assert abs(len(days) - usual) <= 5
            assert date(year, 12, 25) in days and date(year, 8, 10) in days
            assert date(year, 9, 7) not in days and date(year, 6, 20) not in days
    # Weeks are repeated: a holiday keeps its weekdays.
    on_holiday = {day for day, row in rows.items() if row["school_holiday_c"] == "1"}
    starts = {day for day in on_holiday if day > last and day - timedelta(days=1) not in on_holiday}
    assert {day.weekday() for day in starts if day.month in (2, 4, 10, 12)} == {5}


def test_plain_factors_change_nothing():
    np.testing.assert_array_equal(demand_multiplier(date(2021, 1, 4), 730, **PLAIN), np.ones((3, 730)))


@pytest.mark.parametrize(("start", "days"), [(date(2021, 1, 4), 730), (date(2015, 1, 1), 1), (date(2036, 12, 1), 31)])
def test_the_multiplier_agrees_with_its_slow_twin(rows, start, days):
    np.testing.assert_allclose(demand_multiplier(start, days, **RICH), multiply_slowly(rows, start, days, **RICH), rtol=1e-12)


@settings(max_examples=15, deadline=None)
@given(
    start=st.dates(date(2015, 1, 1), date(2036, 11, 1)),
    days=st.integers(1, 60),
    weekday=st.tuples(*[st.floats(0.1, 3)] * 7),
    factors=st.tuples(*[st.floats(0.1, 3)] * 4),
    month_edge_days=st.integers(0, 15),
    events=st.lists(st.dates(date(2015, 1, 1), date(2036, 12, 31)), max_size=3),
)
def test_the_multiplier_agrees_with_its_slow_twin_on_generated_cases(
    rows, start, days, weekday, factors, month_edge_days, events
):
    school, edge, public, event = factors
    settings_ = dict(
        weekday=weekday, school_holiday=school, month_edge=edge, month_edge_days=month_edge_days,
        public_holiday=public, event_dates=tuple(events), event=event,
    )  # fmt: skip
    fast = demand_multiplier(start, days, **settings_)
    np.testing.assert_allclose(fast, multiply_slowly(rows, start, days, **settings_), rtol=1e-12)


def test_the_mean_of_every_year_is_one():
    days = (date(2036, 12, 31) - date(2015, 1, 1)).days + 1
    multiplier = demand_multiplier(date(2015, 1, 1), days, **RICH)
    for year in range(2015, 2037):
        first = (date(year, 1, 1) - date(2015, 1, 1)).days
        length = (date(year + 1, 1, 1) - date(year, 1, 1)).days
        assert multiplier[:, first : first + length].mean(axis=1) == pytest.approx(1.0, abs=1e-12)


def test_a_window_is_a_slice_of_a_longer_one():
    long = demand_multiplier(date(2020, 1, 1), 1500, **RICH)
    np.testing.assert_array_equal(demand_multiplier(date(2020, 6, 1), 900, **RICH), long[:, 152 : 152 + 900])


def test_each_factor_works_on_its_days_and_zones():
    friday, week = date(2023, 2, 10), 7  # only zone A is on holiday
    plain = demand_multiplier(friday, week, **PLAIN)
    school = demand_multiplier(friday, week, **PLAIN | dict(school_holiday=2.0))
    assert school[0, 0] > plain[0, 0] and school[2, 0] < plain[2, 0]
    event = demand_multiplier(friday, week, **PLAIN | dict(event_dates=(date(2023, 2, 12),), event=3.0))
    assert event[:, 2] / event[:, 1] == pytest.approx(3.0)
    edge = demand_multiplier(date(2023, 2, 1), 28, **PLAIN | dict(month_edge=2.0, month_edge_days=2))
    assert (edge[0] > 1).nonzero()[0].tolist() == [0, 1, 26, 27]


def test_cumulative_is_the_running_sum():
    multiplier = demand_multiplier(date(2021, 1, 4), 100, **RICH)
    total = cumulative(multiplier)
    assert total.shape == (3, 101) and total.dtype == np.float64 and total.flags.c_contiguous
    assert not total[:, 0].any()
    np.testing.assert_allclose(np.diff(total, axis=1), multiplier, rtol=1e-12)


def test_reading_and_building_twelve_years_is_quick():
    laps = []
    for _ in range(3):
        load_calendar.cache_clear()
        begin = time.perf_counter()
        cumulative(demand_multiplier(date(2021, 1, 4), 4400, **RICH))
        laps.append(time.perf_counter() - begin)
    assert min(laps) < 0.030  # about 5 ms on an idle core


@pytest.mark.parametrize(("start", "days"), [(date(2014, 12, 31), 1), (date(2036, 12, 31), 2), (date(2090, 1, 1), 5)])
def test_dates_outside_the_file_name_its_range(start, days):
    with pytest.raises(DataError, match="2015-01-01 to 2036-12-31"):
        demand_multiplier(start, days, **PLAIN)


def test_an_event_outside_the_file_is_named():
    with pytest.raises(DataError, match="event on 2040-06-01 is outside the calendar, which holds 2015-01-01"):
        demand_multiplier(date(2021, 1, 4), 5, **PLAIN | dict(event_dates=(date(2040, 6, 1),)))


@pytest.mark.parametrize(("change", "message"), [
    (dict(weekday=(1.0,) * 6), "weekday has 6 factors"),
    (dict(weekday=(1.0,) * 6 + (-1.0,)), r"weekday\[6\] = -1.0"),
    (dict(school_holiday=float("nan")), "school_holiday = nan"),
    (dict(event=float("inf")), "event = inf"),
    (dict(month_edge_days=16), "month_edge_days = 16"),
    (dict(weekday=(0.0,) * 7), "leave no demand in 2021"),
])  # fmt: skip
def test_impossible_factors_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        demand_multiplier(date(2021, 1, 4), 5, **PLAIN | change)


def test_no_days_are_refused():
    with pytest.raises(ValueError, match="days = 0"):
        demand_multiplier(date(2021, 1, 4), 0, **PLAIN)


@pytest.fixture
def copy(tmp_path):
    """A copy of the frozen files to damage."""
    for name in ("calendar_france.csv", "calendar_france.json"):
        shutil.copy(FOLDER / name, tmp_path / name)
    return tmp_path / "calendar_france.csv"


def test_a_copy_reads_alike_whatever_its_line_ends(copy):
    copy.write_bytes(copy.read_bytes().replace(b"\n", b"\r\n"))
    np.testing.assert_array_equal(load_calendar(copy).school, load_calendar().school)


@pytest.mark.parametrize("name", ["calendar_france.csv", "calendar_france.json"])
def test_a_missing_file_is_named(copy, name):
    copy.with_name(name).unlink()
    with pytest.raises(DataError, match=f"^{name}: cannot be read"):
        load_calendar(copy)


def test_one_changed_day_is_noticed(copy):
    copy.write_bytes(copy.read_bytes().replace(b"2021-03-03,0", b"2021-03-03,1"))
    with pytest.raises(DataError, match="SHA-256.*freeze_calendar"):
        load_calendar(copy)


@pytest.mark.parametrize("facts", ["", "{}", "[]", '{"first_date": 3}', '{"first_date": "yesterday"}'])
def test_damaged_facts_are_noticed(copy, facts):
    copy.with_suffix(".json").write_text(facts)
    with pytest.raises(DataError, match="calendar_france.json: is damaged"):
        load_calendar(copy)


def test_a_range_that_is_not_the_files_is_noticed(copy):
    facts = describe_calendar() | {"last_date": "2035-12-31"}
    copy.with_suffix(".json").write_text(json.dumps(facts))
    with pytest.raises(DataError, match="whole years from 2015-01-01 to 2035-12-31"):
        load_calendar(copy)


def test_freezing_again_gives_the_same_bytes(tmp_path):
    pytest.importorskip("holidays")
    pytest.importorskip("vacances_scolaires_france")
    from importlib.metadata import version

    from sim.initialisation.data.freeze_calendar import freeze

    if any(version(name) != used for name, used in describe_calendar()["packages"].items()):
        pytest.skip("other versions of the calendar packages than those frozen")
    freeze(tmp_path)
    for name in ("calendar_france.csv", "calendar_france.json"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()


@settings(max_examples=60, deadline=None)
@given(st.dates(date(2028, 9, 1), date(2036, 12, 31)))
def test_a_repeated_day_keeps_weekday_and_season(day):
    from sim.initialisation.data.freeze_calendar import match_day_of_school_year

    match = match_day_of_school_year(day, 2027)
    assert match.weekday() == day.weekday()
    assert date(2027, 8, 29) < match < date(2028, 9, 1)
    # The place in the year moves by the shift to a Monday and by leap days, by a week more in a 53rd week.
    apart = abs(day.timetuple().tm_yday - match.timetuple().tm_yday)
    assert min(apart, 366 - apart) <= 12
