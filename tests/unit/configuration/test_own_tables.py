"""Tables of places and market files: what they give, and the one line that a mistake gets, with row, column and remedy."""

import json

import pytest

from experiments.configuration.composition import compose as compose_words
from sim.configuration import ConfigurationError, compose, own_places, validate
from sim.initialisation.calendar import load_calendar
from sim.initialisation.environment import check_world
from sim.initialisation.geography import places
from sim.initialisation.own_places import sites_of
from sim.parameters import PRESETS
from tests.own_places import MARKET, SCHOOL, TABLE, written


def test_a_table_alone_is_a_market(tmp_path):
    market = compose(written(tmp_path, None)).market
    assert [(place.name, place.population, place.position) for place in market.places] == [
        ("Centre", 150_000, (0.0, 0.0)), ("North", 50_000, (5.5, 28.0)), ("Coast", 30_000, (31.0, -11.0))]  # fmt: skip
    assert market.preset == "places.csv" and not market.public_holidays and not market.school_holidays
    france, share = compose("france").market, 230_000 / own_places.INHABITANTS["france"]
    assert market.bosses == round(france.bosses * share) and market.clients == round(france.clients * share)
    assert market.searches_per_day == pytest.approx(france.searches_per_day * share)
    assert (market.reach_km, market.boss_entry_factor) == (france.reach_km, france.boss_entry_factor)


def test_rates_and_years_are_those_of_the_presets():
    assert own_places.INHABITANTS == {name: sum(place.population for place in places(name)) for name in PRESETS}
    calendar = load_calendar()
    assert list(own_places.YEARS) == sorted(set(calendar.year.tolist()))


def test_a_market_file_names_tables_and_sizes(tmp_path):
    market = MARKET + "school_holidays: ./school.csv\npublic_holidays: ./public.csv\nclients: 3000\n"
    path = written(tmp_path, market, school=SCHOOL, public="date\n2021-05-01\n")
    found = compose(path).market
    assert (found.bosses, found.clients, found.searches_per_day) == (20, 3000, 90.0)  # as in class, which has as many inhabitants
    assert [str(day) for day in found.public_holidays] == ["2021-05-01"] and len(found.school_holidays) == 4
    check_world(compose(path, overrides={"days": 200, "burn_in": 0}))


def test_the_command_line_and_python_give_the_same_values(tmp_path):
    path = written(tmp_path, MARKET)
    tree = compose_words("config", [f"market={path}", "market.clients=700"])
    assert json.dumps(tree).count(str(tmp_path)) == 0, "no path is kept"
    del tree["own_files"]  # for the command on a page
    assert validate(tree) == compose(path, overrides={"market.clients": 700})
    assert compose_words("config", ["market=class"])["market"]["places"] == [], "one command leaves nothing to the next"
    with pytest.raises(ConfigurationError, match="row 3, column population: 'many' is not a number"):
        compose_words("config", [f"market={written(tmp_path, None, BAD_TABLES['not a number'][0])}"])


def test_columns_that_may_be_left_out(tmp_path):
    path = written(tmp_path, None, "name,population,longitude,latitude,note_source\nA,1000,4.5,50.5,census\nB,2000,5,51,\n")
    first = sites_of(compose(path).market)[0]
    assert (first.longitude_deg, first.latitude_deg, first.x_km) == (4.5, 50.5, None)
    assert first.jurisdiction == "A" and first.zone_index == 0, "each place has police of its own"


def test_semicolons_and_decimal_commas_are_read(tmp_path):
    semicolons = "name;population;x_km;y_km\nA;1000;1,5;0\nB;2000;2;0\n"
    bom = "\ufeff" + semicolons.replace("\n", "\r\n") + "\r\n;;;\r\n"
    for text in (semicolons, bom):
        assert compose(written(tmp_path, None, text)).market.places[0].x_km == 1.5


def test_a_market_file_without_places_changes_numbers_of_a_preset(tmp_path):
    path = written(tmp_path, "preset: class\nbosses: 7\n")
    assert (compose(path).market.preset, compose(path).market.bosses) == ("class", 7)


def row(number, text):
    lines = TABLE.splitlines()
    lines[number - 1] = text
    return "\n".join(lines)


CENTRE = "Centre,150000,0,0,Inland,East"
BAD_TABLES = {
    "empty": ("", "the file is empty; its first row holds names of columns"),
    "no rows": (TABLE.splitlines()[0], "no rows below the names of columns; give at least one"),
    "not UTF-8": (TABLE.replace("North", "Nørd").encode("latin-1"),
        "row 3: a byte that is not UTF-8; save the table as CSV UTF-8"),
    "UTF-16": (TABLE.encode("utf-16"), "row 1: a byte that is not UTF-8"),
    "no population": (TABLE.replace("population", "note"), "no column population; valid: name, population"),
    "misspelt": (TABLE.replace("population", "populaton"), "no column population (there is populaton)"),
    "unknown column": (TABLE.replace("jurisdiction", "jurisdicton"), "unknown column 'jurisdicton' (did you mean jurisdiction?)"),
    "two of a name": (TABLE.replace("jurisdiction", "name"), "two columns name; leave one of the two out"),
    "no position": (TABLE.replace("x_km", "note").replace("y_km", "note_2"), "no columns of positions; give x_km and y_km, or"),
    "half a position": (TABLE.replace("y_km", "note"), "no column y_km; positions need both x_km and y_km"),
    "thousands": (row(2, "Centre,150,000,0,0,Inland,East"),
        "row 2: 7 cells, and 6 names of columns; write numbers without thousands"),
    "not a number": (row(3, "North,many,1,1,Inland,East"),
        "row 3, column population: 'many' is not a number; give a whole number"),
    "not whole": (row(3, "North,5.5,1,1,Inland,East"), "row 3, column population: 5.5 is not a whole number"),
    "negative": (row(4, "Coast,-5,1,1,Coast,West"), "row 4, column population: -5 inhabitants; give a whole number from 1"),
    "nobody": (row(4, "Coast,0,1,1,Coast,West"), "row 4, column population: 0 inhabitants"),
    "blank population": (row(4, "Coast,,1,1,Coast,West"), "row 4, column population: it is blank"),
    "no position there": (row(4, "Coast,5,,,Coast,West"), "row 4, column x_km: a position is needed"),
    "blank position": (row(4, "Coast,5,1,,Coast,West"), "row 4, column y_km: a position is needed"),
    "nan": (row(2, "Centre,150000,nan,0,Inland,East"), "row 2, column x_km: 'nan' is not a number"),
    "too far": (row(2, "Centre,150000,3e7,0,Inland,East"), "row 2, column x_km: 3e+07 is out of range; give -20000 to 20000 km"),
    "twice": (row(3, "Centre,5,1,1,Inland,East"), "row 3, column name: 'Centre' is the name of another place too"),
    "no name": (row(3, ",5,1,1,Inland,East"), "row 3, column name: a name of 1 to 60 letters is needed"),
    "largest": (row(3, "largest,5,1,1,Inland,East"), "row 3, column name: 'largest' means the place with most inhabitants"),
    "same spot": (row(3, "North,5,0,0,Inland,East"), "row 3, column x_km: North stands where Centre does"),
    "no police": (row(3, "North,5,1,1,,East"), "row 3, column jurisdiction: the name of a police jurisdiction is needed"),
    "interpolation": (row(2, "${oc.env:HOME},5,0,0,Inland,East"), "row 2, column name: '${oc.env:HOME}' holds ${"),
    "two lines": (row(2, '"Cen\ntre",5,0,0,Inland,East'), "row 2, column name"),
    "quote": (row(2, '"Centre,5,0,0,Inland,East'), "it cannot be read as CSV"),
    "control": (row(2, "Cen\x07tre,5,0,0,Inland,East"), "row 2, column name: 'Cen\\x07tre' holds the control character"),
    "longitude": ("name,population,longitude,latitude\nA,10,450.2,50\n",
        "row 2, column longitude: 450.2 is out of range; give -180 to 180"),
    "latitude": ("name,population,longitude,latitude\nA,10,4,5050\n",
        "row 2, column latitude: 5050 is out of range; give -90 to 90"),
    "two kinds": ("name,population,longitude,latitude,x_km,y_km\nA,10,4,50,1,1\n", "positions in km and in degrees; leave one"),
    "weight": ("name,population,x_km,y_km,demand_weight\nA,10,4,50,-1\n", "row 2, column demand_weight: -1 is no weight"),
    "some weights": ("name,population,x_km,y_km,demand_weight\nA,10,4,50,1\nB,10,5,5,\n",
        "row 3, column demand_weight: a weight is needed for each"),
    "no weight": ("name,population,x_km,y_km,demand_weight\nA,10,4,50,0\n", "row 2, column demand_weight: all weights are 0"),
    "venues": ("name,population,x_km,y_km,venues_hotel\nA,10,4,50,2.5\n",
        "row 2, column venues_hotel: 2.5 is not a whole number"),
    "no venues": ("name,population,x_km,y_km,venues_flat\nA,10,4,50,0\n", "row 2, column venues_flat: no place has such a venue"),
    "too many": ("name,population,x_km,y_km\n" + "".join(f"P{n},10,{n},0\n" for n in range(1001)),
        "row 1002, column name: more than 1000 places"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_TABLES)
def test_a_bad_table_is_answered_with_row_column_and_remedy(tmp_path, case):
    table, message = BAD_TABLES[case]
    path = written(tmp_path, None, table)
    with pytest.raises(ConfigurationError) as caught:
        compose(path)
    told = str(caught.value)
    assert told.startswith(f"{path}") and message in told and "\n" not in told, told


BAD_MARKETS = {
    "too large": ("places: ./large.csv\n", "800,000,000 inhabitants make clients=10881752 at the rates of france, and 5,000,000"),
    "empty": ("# nothing\n", "the file is empty"),
    "no table": ("places: ./none.csv\n", "places=./none.csv: it cannot be read (no such file or directory)"),
    "no path": ("places: 3\n", "places=3: the path of a table in CSV is needed"),
    "folder": ("places: .\n", "places=.: it cannot be read (is a directory)"),
    "misspelt": (MARKET + "contry: BE\n", "unknown key contry (did you mean country?)"),
    "preset": (MARKET + "preset: class\n", "unknown key preset"),
    "like": ("places: ./places.csv\nlike: belgium\n", "like='belgium': unknown; valid: class, herault, idf, france"),
    "country": (MARKET + "country: XX\n", "country='XX': the library holidays has no such country"),
    "part": (MARKET + "country: DE-XX\n", "country='DE-XX': the library holidays has no such country or part of one"),
    "two calendars": (MARKET + "country: BE\npublic_holidays: none\n",
        "country and public_holidays: two answers to one question"),
    "zone": (MARKET + "school_holidays: ./school.csv\n",
        "row 2, column school_zone: zone 'East' is unknown; the table of school"),
    "date": (MARKET + "public_holidays: ./public.csv\n",
        "public_holidays=./public.csv, row 2, column date: '1/5/2021' is not a date"),
    "order": (MARKET + "school_holidays: ./order.csv\n", "order.csv, row 3, column last: 2021-03-01 to 2021-02-01"),
}  # fmt: skip


LARGE = "name,population,x_km,y_km\nA,800000000,0,0\n"


@pytest.mark.parametrize("case", BAD_MARKETS)
def test_a_bad_market_file_is_answered_in_one_line(tmp_path, case):
    if "holidays has" in BAD_MARKETS[case][1]:
        pytest.importorskip("holidays")
    order = "first,last\n2021-02-01,2021-02-14\n2021-03-01,2021-02-01\n"
    school = SCHOOL.replace("East", "South")
    path = written(tmp_path, BAD_MARKETS[case][0], school=school, public="date\n1/5/2021\n", order=order, large=LARGE)
    with pytest.raises(ConfigurationError) as caught:
        compose(path)
    told = str(caught.value)
    assert told.startswith(f"market={path}: ") and BAD_MARKETS[case][1] in told and "\n" not in told, told


def test_a_library_that_is_missing_is_named_with_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "holidays", None)
    with pytest.raises(ConfigurationError, match="country=BE: .* not installed: pip install holidays; or name a table"):
        compose(written(tmp_path, MARKET + "country: BE\n"))


def test_a_country_gives_its_public_holidays(tmp_path):
    pytest.importorskip("holidays")
    days = compose(written(tmp_path, MARKET + "country: BE\n")).market.public_holidays
    assert {"2023-07-21", "2023-11-11", "2023-12-25"} <= set(map(str, days))
    assert {day.year for day in days} == set(own_places.YEARS)


@pytest.mark.parametrize(("changes", "message"), [
    ({}, "market.school_holidays: none for more than half of 2022 in zone East; .* give those of all of 2021 to 2023"),
    ({"days": 300, "start": "2022-01-01"}, "none for more than half of 2022"),
])  # fmt: skip
def test_school_holidays_must_cover_the_years_of_the_run(tmp_path, changes, message):
    path = written(tmp_path, MARKET + "school_holidays: ./school.csv\n", school=SCHOOL)
    with pytest.raises(ConfigurationError, match=message):
        check_world(compose(path, overrides=changes))


def test_public_holidays_must_cover_the_years_of_the_run(tmp_path):
    path = written(tmp_path, MARKET + "public_holidays: ./public.csv\n", public="date\n2021-05-01\n")
    with pytest.raises(ConfigurationError, match="market.public_holidays: none in 2022"):
        check_world(compose(path))


@pytest.mark.parametrize(("market", "message"), [
    ({"preset": "paris"}, "preset='paris': unknown; valid: class, herault, idf, france; .* market=FILE.csv"),
    ({"public_holidays": ["2021-05-01"]}, "public_holidays and school_holidays belong to places of your own"),
    ({"places": [{"name": "A", "population": 5, "x_km": 0.0, "y_km": 0.0, "jurisdiction": "A"}]},
        "preset='herault': it has places"),
    ({"preset": "a.csv", "places": [{"name": "A", "population": 5, "jurisdiction": "A", "x_km": 1.0}]},
        "number 1, y_km: a position"),
    ({"preset": "a.csv", "places": [{"name": "A", "population": 5, "jurisdiction": "A"}]}, "number 1, longitude: a position"),
])  # fmt: skip
def test_values_that_no_table_gave_are_checked_too(market, message):
    with pytest.raises(ConfigurationError, match=message):
        validate({"market": market})


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("name,population,x_km,y_km\nA,180.000,0,0\n", "can be read as 180000 or as 180"),
        ("name;population;x_km;y_km\nA;420.000;0;0\n", "can be read as 420000 or as 420"),
        (
            "name,population,longitude,latitude\nA,9,13.9,47.9\nB,9,13.5,47.7\nC,9,47.85,13.9\n",
            "row 4, column longitude: C is 4,",
        ),
    ],
)
def test_numbers_and_places_that_are_probably_meant_otherwise_are_refused(table, said, tmp_path):
    file = tmp_path / "places.csv"
    file.write_text(table, encoding="utf-8")
    with pytest.raises(ConfigurationError) as error:
        compose(market=str(file))
    assert said in str(error.value) and len(str(error.value).splitlines()) == 1


def test_far_islands_are_no_mistake(tmp_path):
    file = tmp_path / "places.csv"
    file.write_text("name,population,longitude,latitude\nA,900,2,48\nB,900,3,47\nC,900,55.5,-21.1\n", encoding="utf-8")
    assert len(compose(market=str(file)).market.places) == 3
