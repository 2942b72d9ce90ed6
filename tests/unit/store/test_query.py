"""Questions in SQL: PIVOT, hints, numbers as numbers, Ctrl-C, limits of time, memory and rows."""

import json
import signal
import time

import pyarrow as pa
import pytest

from experiments.store import query as questions
from sim.configuration import ConfigurationError

ROWS = {"rows": pa.table({"id": [1, 2], "arm": ["none", "x"], "labour.bonding": [0.5, 1.0]})}
ENDLESS = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT 1 - n FROM t) SELECT count(*) FROM t"


def refused(question: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^--sql: .*{said}") as caught:
        questions.ask(ROWS, question)
    assert len(str(caught.value).splitlines()) == 1


def test_rows_can_be_turned_into_columns():
    for question in ("PIVOT rows ON arm USING sum(id)", "SELECT * FROM (PIVOT rows ON arm USING sum(id))"):
        assert questions.ask(ROWS, question)["columns"] == ["labour.bonding", "none", "x"]
    refused("CREATE TABLE other AS PIVOT rows ON arm USING sum(id)", "one SELECT is needed")
    refused("PIVOT (SELECT * FROM read_text('/etc/hostname')) ON content", "disabled (by|through) configuration")


@pytest.mark.parametrize("question", ["SELECT labour.bonding FROM rows", "SELECT max(labour.bonding) FROM rows WHERE id > 0"])
def test_a_column_with_dots_gets_a_hint(question):
    refused(question, 'double quotes: "labour.bonding"$')


def test_an_error_that_has_nothing_to_do_with_dots_gets_none():
    with pytest.raises(ConfigurationError) as caught:
        questions.ask(ROWS, 'SELECT nosuch, "labour.bonding" FROM rows')
    assert "double quotes" not in str(caught.value)


def test_numbers_are_numbers_and_dates_are_text():
    question = (
        "SELECT 1.50::DECIMAL(6,2), 7::DECIMAL(6,0), sum(id), 'nan'::FLOAT, 'inf'::DOUBLE, DATE '2021-01-04', "
        "TIMESTAMP '2021-01-04 10:00:00', INTERVAL 90 SECOND, {'a': 1.5::DECIMAL(3,1)}, [DATE '2021-01-04'], 2::HUGEINT, true "
        "FROM rows"
    )
    answer = questions.ask(ROWS, question)["rows"][0]
    assert answer == [1.5, 7, 3, None, None, "2021-01-04", "2021-01-04T10:00:00", 90.0, {"a": 1.5}, ["2021-01-04"], 2, True]
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer


def test_an_endless_question_is_interrupted():
    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    began = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(KeyboardInterrupt):
            questions.ask(ROWS, ENDLESS)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - began < 20.0


def test_time_memory_and_rows_have_limits(monkeypatch):
    monkeypatch.setattr(questions, "SECONDS", 0.5)
    refused(ENDLESS, "no answer in 0.5 seconds; ask for less")
    monkeypatch.setattr(questions, "SECONDS", 60.0)
    monkeypatch.setattr(questions, "MOST_ROWS", 1000)
    refused("SELECT * FROM range(1001)", "more than 1,000 rows; add LIMIT")
    assert len(questions.ask(ROWS, "SELECT * FROM range(1000)")["rows"]) == 1000
    monkeypatch.setattr(questions, "MEMORY", "64MB")
    large = "SELECT count(*) FROM (SELECT DISTINCT hash(range) AS a, range AS b FROM range(20000000))"
    refused(large, "more than 64MB of memory; ask for fewer")


def test_half_characters_are_named():
    refused("SELECT '\ud800'", "half a character")
