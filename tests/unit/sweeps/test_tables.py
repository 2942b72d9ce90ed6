"""Tables of users: what spreadsheets write is read, what cannot be meant is named with the remedy."""

import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest

from experiments.sweeps.tables import read_table
from sim.configuration import ConfigurationError


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("labour.bonding;start\n0,5;2021-01-04\n1;2021-02-01\n", [[0.5, "2021-01-04"], [1, "2021-02-01"]]),
        ("labour.bonding\tstart\n2e-3\t2021-01-04\n", [[0.002, "2021-01-04"]]),
        ('labour.bonding, start\r\n0.5 ,"2021-01-04"\r\n\r\n', [[0.5, "2021-01-04"]]),
        ("labour.bonding,start\ntrue,null\n", [[True, None]]),
        ("labour.bonding,start\n1,Be\u0301ziers\n", [[1, "Béziers"]]),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_tables_as_spreadsheets_write_them(text, rows, encoding, tmp_path):
    (tmp_path / "t [é].csv").write_text(text, encoding=encoding, newline="")
    assert read_table(str(tmp_path / "t [é].csv")) == (["labour.bonding", "start"], rows)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("labour.bonding\n0,5\n", "row 1 has 2 cells, and there are 1 columns; a decimal comma"),
        ('labour.bonding,seed\n1,2\n"0,5",1\n', "row 2, column labour.bonding: 0,5 has a comma; write 0.5"),
        ('days,seed\n"1,200",2\n', "column days: 1,200 has a comma; write 1200, or 1.200 if it is a decimal one"),
        ("a;b\n1;\n", "row 1 has no value in column b"),
        ("a,b\n1,2\n ,3\n", "row 2 has no value in column a"),
        (",a\n0,1\n", "column 1 has no name"),
        ("a,a\n0,1\n", "two columns have one name"),
        ("a\n\x001\n", "column a|cannot be read"),
        ('a\n"1\n', "cannot be read"),
        ("", "0 rows"),
    ],
)
def test_what_cannot_be_meant_is_named(text, said, tmp_path):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(ConfigurationError, match=said) as caught:
        read_table(str(tmp_path / "t.csv"))
    assert len(str(caught.value).splitlines()) == 1


def test_another_encoding_is_named(tmp_path):
    (tmp_path / "t.csv").write_bytes("a\né\n".encode("latin-1"))
    with pytest.raises(ConfigurationError, match="save it as CSV UTF-8"):
        read_table(str(tmp_path / "t.csv"))


def test_parquet_holds_what_pandas_writes(tmp_path):
    folder = tmp_path / "seed=7 [x]"  # not read as a column
    folder.mkdir()
    frame = pd.DataFrame(
        {
            "a": [0.5, 1.0], "b": pd.to_datetime(["2021-01-04", "2021-02-01"]), "c": pd.Categorical(["x", "y"]),
            "d": [dt.date(2021, 1, 4)] * 2, "e": [Decimal("0.5")] * 2, "f": [True, False],
        }
    )  # fmt: skip
    frame.to_parquet(folder / "t.parquet")
    names, rows = read_table(str(folder / "t.parquet"))
    assert names == list("abcdef")
    assert rows == [[0.5, "2021-01-04", "x", "2021-01-04", 0.5, True], [1.0, "2021-02-01", "y", "2021-01-04", 0.5, False]]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([0.5, None], "row 2 has no value in column a"), (["x", ""], "row 2 has no value"), ([b"x"], "column a.*bytes"),
        ([[1.0]], "column a holds lists"), (pd.to_datetime(["2021-01-04 10:00"]), "column a.*time of day"),
    ],
)  # fmt: skip
def test_parquet_that_does_not_fit_is_named(values, said, tmp_path):
    pd.DataFrame({"a": values}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(ConfigurationError, match=said):
        read_table(str(tmp_path / "t.parquet"))
