"""`plansim validate` and `plansim growth` from their words to their results; mistakes, and an interrupted run that goes on."""

import json

import numpy as np
import pytest

from experiments.commands import validate as command
from experiments.execution.chunks import BOOTSTRAP_STREAM, stream_generator
from experiments.store.store import Store
from experiments.validation import growth, runs
from experiments.validation.figures import compact, condition, place_on_band
from experiments.validation.patterns import HELD_OUT, read_patterns
from tests.sweep_worlds import say
from tests.worlds import compiled_only

SMALL = ["market=class", "days=150", "burn_in=30", "policy.start_day=40", "n_worlds=4", "engine.workers=1"]
KEYS = {"id", "target", "low", "high", "simulated", "sim_low", "sim_high", "passes", "held_out", "tag"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a small validation and its summary."""
    root = tmp_path_factory.mktemp("validation")
    from experiments.cli import main

    assert main(["validate", *SMALL, "--output", str(root)]) == 0
    (folder,) = (root / "validate").iterdir()
    return folder, json.loads((folder / "summary.json").read_text())


def test_every_pattern_that_the_market_can_show_is_compared(finished):
    folder, told = finished
    shown = {name for name, one in read_patterns().patterns.items() if one.market in ("", "class")}
    assert {row["id"] for row in told["patterns"]} == shown
    assert set(told["left_out"]) == set(read_patterns().patterns) - shown
    for row in told["patterns"]:
        assert set(row) >= KEYS and row["held_out"] == (row["id"].partition(".")[0] in HELD_OUT)
        assert row["passes"] or row["reason"]
        inside = row["simulated"] is not None and all(
            end is None or (row["simulated"] - end) * side >= 0.0 for end, side in ((row["low"], 1.0), (row["high"], -1.0))
        )
        assert inside or not row["passes"]
    assert {"report.html", "result.png", "result.svg", "SHA256SUMS"} <= {path.name for path in folder.iterdir()}


def test_failures_come_first_in_each_kind(finished):
    _, told = finished
    for tag in {row["tag"] for row in told["patterns"]}:
        passes = [row["passes"] for row in told["patterns"] if row["tag"] == tag]
        assert passes == sorted(passes) and told["counts"][tag] == {"passed": sum(passes), "of": len(passes)}


def test_a_measure_is_the_ratio_of_sums_over_worlds(finished):
    folder, told = finished
    rows = Store.view(folder).read_rows().to_pandas()
    base = rows[rows["arm"] == runs.UNTREATED]
    (row,) = (row for row in told["patterns"] if row["id"] == "E12")
    expected = base["housed_in_hotels.numerator"].sum() / base["housed_in_hotels.denominator"].sum()
    assert row["simulated"] == pytest.approx(expected) and row["sim_low"] <= expected <= row["sim_high"]


def test_the_effect_of_a_policy_is_taken_on_the_same_seeds(finished):
    folder, told = finished
    rows = Store.view(folder).read_rows().to_pandas()
    arms = {tuple(row["arms"]) for row in told["patterns"] if row["compare"]}
    assert len(arms) >= 3
    for without, treated in arms:
        seeds = [rows[rows["arm"] == arm].sort_values("replicate")["seed"].tolist() for arm in (without, treated)]
        assert seeds[0] == seeds[1] and len(seeds[0]) == 4
    changed = next(pair for pair in arms if pair[0] != runs.UNTREATED)
    assert all("outreach.personal_hours" in arm for arm in changed), "what is set for both is set in both"


def test_an_interrupted_validation_goes_on(finished, tmp_path, capsys, monkeypatch):
    seen, run_world = [], runs.run_world

    def stop_at_the_sixth(task):
        seen.append(task.id)
        if len(seen) == 6:
            raise KeyboardInterrupt
        return run_world(task)

    monkeypatch.setattr(runs, "run_world", stop_at_the_sixth)
    status, _, err = say(capsys, "validate", *SMALL, "engine=serial", "--output", str(tmp_path))
    assert status == 130 and "goes on where it stopped" in err
    monkeypatch.setattr(runs, "run_world", run_world)
    status, out, _ = say(capsys, "validate", *SMALL, "engine=serial", "--output", str(tmp_path), "--json")
    assert status == 0 and json.loads(out) == finished[1]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["validate", "n_worlds=3"], ["n_worlds=3", "4 to"]),
        (["validate", "n_worlds=many"], ["n_worlds='many'", "whole number"]),
        (["validate", "policy=venue_crackdown"], ["policy=venue_crackdown", "leave it out"]),
        (["validate", "n_world=8"], ["n_world", "n_worlds"]),
        (["validate", "days=31", "burn_in=30"], ["days=31", "burn_in=30"]),
        (["growth", "growth=[0.1,0.2]"], ["growth=", "0.0"]),
        (["growth", "growth=[0.0,9.0]"], ["growth"]),
        (["growth", "n_worlds=1"], ["n_worlds=1"]),
        (["growth", "days=800"], ["days=800", "2016 to 2019"]),
        (["calibrate", "n_draws=5"], ["n_draws", "100"]),
        (["calibrate", "kept=10"], ["kept", "50"]),
        (["calibrate", "policy=venue_crackdown"], ["policy=venue_crackdown"]),
        (["calibrate", "n_drws=200"], ["n_drws", "n_draws"]),
        (["test", "robustness=20", "posterior=nowhere"], ["posterior=nowhere", "plansim calibrate"]),
        (["test", "robustness=20", "posterior=x", "robustness_range=near"], ["robustness_range=near", "posterior=x"]),
    ],
)
def test_a_mistake_gets_one_line(words, named, capsys, tmp_path):
    status, out, err = say(capsys, *words, "--output", str(tmp_path))
    assert status == 2 and out == "" and len(err.strip().splitlines()) == 1 and "Traceback" not in err
    for word in named:
        assert word in err, err
    assert not list(tmp_path.iterdir()), "nothing is begun"


# --- the figure


def test_places_on_a_band():
    assert place_on_band(2.0, 2.0, 4.0) == -1.0 and place_on_band(5.0, 2.0, 4.0) == 2.0
    assert place_on_band(1.0, 1.0, None) == -1.0 and place_on_band(0.9, None, 1.0) > -1.0
    assert place_on_band(-0.5, None, 0.0) == 0.0 and place_on_band(0.5, 0.0, None) == 0.0
    assert compact(0.0) == "0" and compact(-12.345) == "-12.3" and compact(2.1e-17) == "0" and compact(None) == "n/a"
    assert condition({"low": None, "high": 2.0}) == "below 2" and condition({"low": 1.0, "high": 2.0}) == "1 to 2"


# --- growth


def test_growth_of_recording_is_found_where_it_was_planted():
    true = {2016: 200.0, 2017: 220.0, 2018: 242.0, 2019: 266.2, 2020: 500.0}
    counts = {year: 0.1 * true[year] * 1.3 ** (year - 2016) for year in true} | {2020: 1.0}
    assert growth.recording_growth(counts, true) == pytest.approx(0.3, abs=1e-6), "2020 is in no fit"
    assert np.isnan(growth.recording_growth(counts, {2016: 0.0, 2017: 1.0, 2018: 1.0, 2019: 1.0}))
    assert growth.most_on_file(0.3, 3) == pytest.approx(1.3**-3) and growth.most_on_file(-0.2, 3) == 1.0


@compiled_only
@pytest.mark.slow
def test_growth_runs_is_shown_and_told(tmp_path, capsys):
    words = ["growth", "market=class", "n_worlds=4", "growth=[0.0,0.3]", "engine.workers=1", "--output", str(tmp_path)]
    status, out, _ = say(capsys, *words)
    assert status == 0 and "Not identified" in out
    (folder,) = (tmp_path / "growth").iterdir()
    told = json.loads((folder / "summary.json").read_text())
    assert {(one["row"], one["growth"]) for one in told["series"]} == {(r, g) for r in ("E20", "E22") for g in (0.0, 0.3)}
    rows = Store.view(folder).read_rows().to_pandas()
    assert sorted(rows["year"].unique()) == [2016, 2017, 2018, 2019, 2020] and len(rows) == 4 * 2 * 5
    again = growth.summarise(rows, [0.0, 0.3], stream_generator(1, BOOTSTRAP_STREAM))
    assert again["series"] == told["series"]
    assert {"result.png", "result.svg", "report.html"} <= {path.name for path in folder.iterdir()}


def test_the_command_has_its_sizes_from_the_configuration():
    assert command.LEAST_WORLDS == 4 and set(read_patterns().not_compared) >= {"R05", "R20", "E64"}
