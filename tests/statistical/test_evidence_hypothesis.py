"""Evidence: the controls hold, and in the main worlds central intelligence completes more cases, at small size.

Four pairs of the Hérault for the planted effect, some 25 percentage points with a standard deviation of
a pair of 4; six for the main worlds, some 9 with 3.
"""

import pytest

from experiments.questions.study import MAIN
from tests.studies import entry_in, estimates_of

pytestmark = pytest.mark.slow


def entry_at(scenario, pairs):
    words = ["hypothesis=evidence", f"n_pairs={pairs}", "hypothesis.control_pairs=1", "hypothesis.along={}"]
    return entry_in(scenario, *words)


@pytest.mark.parametrize(("name", "pairs"), [("nothing_lost", 3), ("settled", 4), ("planted", 4)])
def test_controls_show_what_they_must(name, pairs):
    entry = entry_at(name, pairs)
    assert entry["as_expected"], f"{entry['verdict']} at {entry['estimate']}"


def test_central_intelligence_completes_cases_that_silos_do_not():
    entry = entry_at(MAIN, 6)
    assert entry["verdict"] == "supported", entry["estimate"]
    parts = estimates_of(entry["parts"])
    assert parts["lost_central"] == 0.0 < parts["lost_silo"]
