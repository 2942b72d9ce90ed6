"""Evidence: the controls hold, and in the main worlds central intelligence completes more cases, at small size.

Four pairs of the Hérault for the planted effect, some 25 percentage points with a standard deviation of
a pair of 4; six for the main worlds, some 9 with 3.
"""

import pytest

from experiments.composition import compose, split_model
from experiments.hypotheses import MAIN, columns_of, entry_of, prepare
from experiments.lab.twins import run_worlds

pytestmark = pytest.mark.slow


def entry_at(scenario, pairs):
    words = ["hypothesis=evidence", f"n_pairs={pairs}", "hypothesis.control_pairs=1", "hypothesis.along={}"]
    parameters, rest = split_model(compose("test", words))
    study = prepare(rest, parameters)
    tasks = [task for task in study.tasks(parameters.seed) if task.scenario == scenario]
    chosen = next(one for one in study.scenarios if one.name == scenario)
    return entry_of(study, chosen, columns_of([run_worlds(task) for task in tasks], scenario))


@pytest.mark.parametrize(("name", "pairs"), [("nothing_lost", 3), ("settled", 4), ("planted", 4)])
def test_controls_show_what_they_must(name, pairs):
    entry = entry_at(name, pairs)
    assert entry["as_expected"], f"{entry['verdict']} at {entry['estimate']}"


def test_central_intelligence_completes_cases_that_silos_do_not():
    entry = entry_at(MAIN, 6)
    assert entry["verdict"] == "supported", entry["estimate"]
    parts = {part["id"]: part["estimate"] for part in entry["parts"]}
    assert parts["lost_central"] == 0.0 < parts["lost_silo"]
