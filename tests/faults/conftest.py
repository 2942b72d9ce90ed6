"""The sweep of the drills, run once in one go: what every disturbed one must end with."""

import time
from typing import NamedTuple

import pytest

from tests.faults.drills import ROWS, Drill


class Undisturbed(NamedTuple):
    """What the command said at the end, into how many chunks the runs were cut, how long it took, its folder's name."""

    summary: dict
    chunks: int
    seconds: float
    name: str


@pytest.fixture(scope="session")
def undisturbed_sweep(tmp_path_factory):
    drill = Drill(tmp_path_factory.mktemp("undisturbed"))
    began = time.monotonic()
    summary, _ = drill.finish()
    seconds = time.monotonic() - began
    assert summary["rows"] == summary["done"] == ROWS
    assert set(drill.begun().values()) == {1} and drill.content() == summary["rows_sha256"]
    return Undisturbed(summary, len(drill.begun()), seconds, drill.result.name)
