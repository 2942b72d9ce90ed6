"""The example of the documentation runs as it stands."""

import re
import runpy

import pytest

from tests.worlds import ROOT

EXAMPLE = ROOT / "docs" / "examples" / "extend_the_market.py"


@pytest.mark.filterwarnings("error::DeprecationWarning:sim")
def test_the_example_runs_and_shows_both_worlds(capsys):
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    said = capsys.readouterr().out
    outcomes = re.findall(r"^(\w+): ([\d.]+) -> ([\d.]+) \S+", said, re.MULTILINE)
    assert [name for name, _, _ in outcomes] == ["person_days_in_spell", "exits", "failed_attempts_to_leave"]
    assert all(before != after for _, before, after in outcomes), "the measures change nothing"
    weeks, mean = re.search(r"mean over (\d+) weeks: ([\d.]+)", said).groups()
    assert int(weeks) == 365 // 7 and float(mean) > 0.0
    assert re.search(r"^Bosses today: \d+ \w+", said, re.MULTILINE)
