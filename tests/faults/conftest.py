"""The sweep of the drills, run once in one go: what every disturbed one must end with."""

from typing import NamedTuple

import pytest

from tests.faults.drills import ROWS, Drill


class Undisturbed(NamedTuple):
    """What the command said at the end, and into how many chunks the runs were cut."""

    summary: dict
    chunks: int


@pytest.fixture(scope="session")
def undisturbed_sweep(tmp_path_factory):
    drill = Drill(tmp_path_factory.mktemp("undisturbed"))
    summary, _ = drill.finish()
    assert summary["rows"] == summary["done"] == ROWS
    assert set(drill.begun().values()) == {1} and drill.content() == summary["rows_sha256"]
    return Undisturbed(summary, len(drill.begun()))
