"""Values of other libraries as parameters: taken like plain ones, or refused in one line as what they are."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from sim.configuration import ConfigurationError, compose
from sim.configuration.plain_values import find_file, plain, plain_text
from sim.initialisation.geography import places
from sim.parameters import PRESETS


@pytest.mark.parametrize(
    "half",
    [0.5, np.float64(0.5), np.float32(0.5), np.longdouble(0.5), np.array(0.5), Decimal("0.5"), Fraction(1, 2)],
    ids=lambda value: type(value).__name__,
)
def test_a_number_is_a_number(half):
    assert compose("class", overrides={"labour.bonding": half}) == compose("class", overrides={"labour.bonding": 0.5})


@pytest.mark.parametrize(
    "seven", [np.int64(7), np.uint8(7), np.array(7), Decimal(7), Fraction(14, 2)], ids=lambda value: type(value).__name__
)
def test_a_whole_number_is_one(seven):
    assert compose("class", overrides={"seed": seven}).seed == 7


@pytest.mark.parametrize(
    "day",
    [
        dt.date(2022, 3, 1), dt.datetime(2022, 3, 1), "2022-03-01", np.datetime64("2022-03-01"), np.str_("2022-03-01"),
        np.datetime64("2022-03-01", "ns"), np.array("2022-03-01", dtype="datetime64[D]"), pd.Timestamp("2022-03-01"),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_a_date_is_a_date(day):
    assert compose("class", overrides={"start": day}).start == dt.date(2022, 3, 1)


def test_a_switch_is_a_switch_and_no_number():
    assert plain(np.bool_(True)) is True and plain([np.array(False)]) == [False]
    with pytest.raises(ConfigurationError, match="labour.bonding=True"):
        compose("class", overrides={"labour.bonding": np.bool_(True)})


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (np.array([0.5, 1.0]), r"=\[0.5, 1.0\]"), (1j, "complex"), (np.complex128(1), "numpy.complex128"),
        (b"0.5", "bytes"), ({0.5}, "set"), (pd.NA, "NA"), (np.timedelta64(1, "D"), "timedelta64"), (Decimal("NaN"), "finite"),
        (float("inf"), "finite"), (np.float64("nan"), "finite"), (10**400, "too large"), (10**5000, "too large"),
        (Decimal("1E+999"), "finite"), (Fraction(10**999 + 1, 2), "no number that can"), (len, "builtin"), ("0.5", "'0.5'"),
        ("\ud800", "half a character"), ("a\0", "control character"), ({5: 1}, "the key 5 is not text"),
    ],
    ids=range(19),
)  # fmt: skip
def test_what_is_no_value_is_named_as_what_it_is(value, said):
    with pytest.raises(ConfigurationError, match=f"^labour.bonding.*{said}") as caught:
        compose("class", overrides={"labour.bonding": value})
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "value", [pd.NaT, np.datetime64("NaT"), pd.Timestamp("2022-03-01 10:00"), pd.Timestamp("2022-03-01", tz="UTC")]
)
def test_what_is_no_day_is_named(value):
    with pytest.raises(ConfigurationError, match="^start=.*like 2021-01-04"):
        compose("class", overrides={"start": value})


@pytest.mark.parametrize(
    "overrides", [{5: 1}, {None: 1}, {b"seed": 1}, ["labour.bonding"], "labour.bonding=1", {"\ud800": 1}, {"": 1}, {".": 1}]
)
def test_keys_that_are_no_names_are_told(overrides):
    with pytest.raises(ConfigurationError):
        compose("class", overrides=overrides)


@pytest.mark.parametrize("names", [{"market": 5}, {"market": None}, {"policy": ["none"]}, {"market": "\ud800"}])
def test_groups_are_chosen_by_name(names):
    with pytest.raises(ConfigurationError, match="^(market|policy)"):
        compose(**names)


def test_a_value_inside_itself_ends_in_one_line():
    endless: dict = {}
    endless["x"] = endless
    with pytest.raises(ConfigurationError, match="inside one another"):
        compose("class", overrides={"labour": endless})


def test_accents_are_the_same_however_they_are_typed():
    assert plain_text("Be\u0301ziers", "it") == "Béziers"
    for preset in PRESETS:
        assert all(plain_text(place.name, "it") == place.name for place in places(preset)), "names of places are composed"


def test_a_file_is_found_by_its_name_in_either_form(tmp_path):
    folder = tmp_path / "e\u0301t\u00e9 [1] d'x"
    folder.mkdir()
    (folder / "\u00e9.yaml").touch()
    for name in ("\u00e9.yaml", "e\u0301.yaml"):
        assert find_file(tmp_path / "\u00e9te\u0301 [1] d'x" / name).is_file()
    assert find_file(tmp_path / "no" / "such") == tmp_path / "no" / "such"
