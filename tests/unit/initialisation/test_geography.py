"""Geography: distances, places of the presets, and what happens when a data file is damaged."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.initialisation.data import FOLDER, DataError, hash_files
from sim.initialisation.geography import (
    EARTH_RADIUS_KM,
    POLE_SPACING_KM,
    PRESETS,
    SCHOOL_ZONES,
    distance_matrix_km,
    haversine_km,
    load_communes_herault,
    load_departements,
    load_school_zones,
    number_jurisdictions,
    places,
    poles_of_herault,
)

latitudes = st.floats(min_value=-90, max_value=90)
longitudes = st.floats(min_value=-180, max_value=180)


def test_distances_known_by_heart():
    assert haversine_km(0, 0, 0, 90) == pytest.approx(EARTH_RADIUS_KM * math.pi / 2)
    assert haversine_km(90, 0, -90, 17) == pytest.approx(EARTH_RADIUS_KM * math.pi)
    assert haversine_km(0, -180, 0, 180) == pytest.approx(0, abs=1e-9)
    assert haversine_km(48.8534, 2.3488, 43.297, 5.3811) == pytest.approx(661, abs=2)  # Paris to Marseille


@settings(max_examples=60, deadline=None)
@given(latitudes, longitudes, latitudes, longitudes, latitudes, longitudes)
def test_distance_is_a_distance(lat1, lon1, lat2, lon2, lat3, lon3):
    there = haversine_km(lat1, lon1, lat2, lon2)
    assert there == pytest.approx(haversine_km(lat2, lon2, lat1, lon1))
    assert 0 <= there <= EARTH_RADIUS_KM * math.pi + 1e-6
    detour = haversine_km(lat1, lon1, lat3, lon3) + haversine_km(lat3, lon3, lat2, lon2)
    assert there <= detour + 1e-3


@settings(max_examples=60, deadline=None)
@given(latitudes, longitudes, latitudes, longitudes)
def test_distance_agrees_with_the_chord(lat1, lon1, lat2, lon2):
    def point(lat, lon):
        lat, lon = math.radians(lat), math.radians(lon)
        return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)

    chord = min(2.0, math.dist(point(lat1, lon1), point(lat2, lon2)))
    assert haversine_km(lat1, lon1, lat2, lon2) == pytest.approx(2 * EARTH_RADIUS_KM * math.asin(chord / 2), abs=1e-2)


def test_files_are_whole():
    departements, zones = load_departements(), load_school_zones()
    assert len(departements) == 96 and len(load_communes_herault()) == 46
    assert {row.code for row in departements} == set(zones)
    assert [sum(zone == letter for zone in zones.values()) for letter in SCHOOL_ZONES] == [32, 43, 21]
    assert (zones["34"], zones["75"], zones["69"], zones["59"], zones["2A"]) == ("C", "C", "A", "B", "B")
    assert {"calendar_france.csv", "school_zones.csv", "territories_france.csv"} <= set(hash_files())


def test_poles_cover_the_herault():
    poles = poles_of_herault()
    names = {pole.name for pole in poles}
    assert names == {"Montpellier", "Béziers", "Sète", "Agde", "Lunel", "Pézenas", "Lodève", "Gignac"}
    assert sum(pole.population for pole in poles) == sum(row.population for row in load_communes_herault())
    assert [pole.population for pole in poles] == sorted((pole.population for pole in poles), reverse=True)
    apart = distance_matrix_km(poles) + 1e9 * np.eye(len(poles))
    assert apart.min() >= POLE_SPACING_KM
    jurisdictions = {pole.name: pole.jurisdiction for pole in poles}
    assert jurisdictions["Lunel"] == jurisdictions["Montpellier"] == "34 Montpellier"
    assert set(jurisdictions.values()) == {"34 Montpellier", "34 Béziers", "34 Sète"}


@pytest.mark.parametrize("n", [1, 2, 9])
def test_every_commune_joins_a_pole_whatever_their_number(n):
    poles = poles_of_herault(n)
    assert len(poles) == n
    assert sum(pole.population for pole in poles) == sum(row.population for row in load_communes_herault())


@pytest.mark.parametrize("n", [0, -1, 40])
def test_impossible_numbers_of_poles_are_refused(n):
    with pytest.raises(ValueError, match="choose 1 to 9"):
        poles_of_herault(n)


@pytest.mark.parametrize(("preset", "n", "jurisdictions"), [
    ("class", 3, 2), ("herault", 8, 3), ("idf", 8, 8), ("france", 96, 96),
])  # fmt: skip
def test_presets(preset, n, jurisdictions):
    found = places(preset)
    names, numbers = number_jurisdictions(found)
    assert len(found) == n and len({place.name for place in found}) == n
    assert len(names) == jurisdictions and numbers.dtype == np.int64
    assert [names[number] for number in numbers] == [place.jurisdiction for place in found]
    assert all(SCHOOL_ZONES[place.zone_index] == place.zone for place in found)
    distances = distance_matrix_km(found)
    assert distances.shape == (n, n) and distances.dtype == np.float64
    np.testing.assert_array_equal(distances, distances.T)
    assert not np.diag(distances).any()
    assert distances[~np.eye(n, dtype=bool)].min() > 0
    assert places(preset) == found  # pure


def test_class_is_a_plain_little_country():
    distances = distance_matrix_km(places("class"))
    assert [place.population for place in places("class")] == [150_000, 50_000, 30_000]
    assert ((25 < distances) & (distances < 60)).sum() == 6


def test_an_unknown_preset_is_named_with_the_known_ones():
    with pytest.raises(ValueError, match="'paris'; choose one of class, herault, idf, france"):
        places("paris")
    assert PRESETS == ("class", "herault", "idf", "france")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"communes_herault.csv: cannot be read .*put back") as problem:
        load_communes_herault(tmp_path / "communes_herault.csv")
    assert "\n" not in str(problem.value) and str(tmp_path) not in str(problem.value)


@pytest.mark.parametrize(("damage", "message"), [
    (lambda text: "", "line 1: has no column code, name"),
    (lambda text: text.replace("population", "inhabitants", 1), "line 1: has no column population"),
    (lambda text: text.splitlines()[0], "line 2: has no rows"),
    (lambda text: text.replace("310240", "310.240.1", 1), "line 2: is not a number"),
    (lambda text: text.replace("310240", "-3", 1), "line 2: population -3"),
    (lambda text: text.replace("43.6109", "436109", 1), "line 2: position is not in degrees"),
    (lambda text: text.replace("43.6109", "nan", 1), "line 2: position is not in degrees"),
    (lambda text: text.replace("Béziers", "", 1), "line 3: has a blank field"),
    (lambda text: text.replace("34032", "34172", 1), "line 3: 34172 occurs twice"),
    (lambda text: text.rstrip()[:-20], "line 47: has too few or too many fields"),
])  # fmt: skip
def test_a_damaged_file_is_named_with_its_line(tmp_path, damage, message):
    path = tmp_path / "communes_herault.csv"
    path.write_text(damage((FOLDER / path.name).read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(DataError, match=f"^communes_herault.csv, {message}.*put back") as problem:
        load_communes_herault(path)
    assert "\n" not in str(problem.value)


def test_a_file_that_is_not_text_is_named(tmp_path):
    path = tmp_path / "territories_france.csv"
    path.write_bytes(b"\xff\xfe\x00binary")
    with pytest.raises(DataError, match="is not UTF-8 text"):
        load_departements(path)


def test_a_strange_zone_is_named(tmp_path):
    path = tmp_path / "school_zones.csv"
    path.write_text("code,zone\n34,C\n75,D\n")
    with pytest.raises(DataError, match="line 3: zone 'D' is none of A, B, C"):
        load_school_zones(path)


def test_windows_line_ends_change_nothing(tmp_path):
    path = tmp_path / "school_zones.csv"
    path.write_bytes((FOLDER / path.name).read_bytes().replace(b"\n", b"\r\n"))
    assert load_school_zones(path) == load_school_zones()
