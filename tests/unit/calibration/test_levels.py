"""Levels fitted to records: the rule of the rounds on a model with a known answer, the defaults shipped, and mistakes."""

import numpy as np
import pytest

from experiments.calibration import levels
from experiments.calibration.levels import LEVELS, as_structure, capacity, compared, fit, main, read_levels, simulate, start
from experiments.statistics.intervals import ratio_of_means
from sim.configuration import compose, parameter_table
from sim.evidence import cited, held_out
from tests.worlds import compiled_only


def of_a_known_model(values, market, seeds):
    """A market in which each measure is a power of its levels: the rounds must find it, whatever else the levels move."""
    found = {}
    for level in LEVELS:
        pattern = compared("herault")[level.pattern]
        size = np.prod([values[key] / start()[key] for key in level.keys]) ** (1.0 / len(level.keys))
        found[level.pattern] = np.array([[pattern.target * 3.0 * size**0.8, 1.0]])
    return found


def test_the_rounds_end_where_simulation_and_record_agree(monkeypatch):
    monkeypatch.setattr(levels, "simulate", of_a_known_model)
    far, heard = {}, []
    values = fit("herault", 2, 30, lambda number, found: (heard.append(number), far.update(found)))
    assert heard == list(range(1, 31))
    for level in LEVELS:
        if level.name not in ("youngest age at entry", "mean age at entry"):  # whose ranges end before a factor of three
            assert far[level.pattern] == pytest.approx(compared("herault")[level.pattern].target, rel=0.02), level.name
    assert values["enforcement.inspector_days_per_100k"] == capacity(), "not fitted"


def test_levels_stay_in_the_range_of_their_parameters(monkeypatch):
    monkeypatch.setattr(levels, "simulate", lambda *_: {level.pattern: np.array([[1e-12, 1.0]]) for level in LEVELS})
    compose("herault", overrides=fit("herault", 2, 3, lambda *_: None))


def test_what_is_kept_for_validation_is_cited_by_no_level():
    used = " ".join([*(level.source for level in LEVELS), *compared("herault")])
    assert cited(used) and not cited(used) & set(held_out())


def test_the_defaults_have_the_capacity_of_the_posts_and_say_what_each_level_is_fitted_to():
    rows = {row["key"]: row for row in parameter_table()}
    assert rows["enforcement.inspector_days_per_100k"]["default"] == capacity()
    for level in LEVELS:
        for key in level.keys:
            assert cited(level.source) & cited(rows[key]["source"]), key


def test_a_set_written_is_read_again(tmp_path):
    written = tmp_path / "levels.yaml"
    written.write_text(as_structure(start()), encoding="utf-8")
    assert read_levels(written) == start()


@compiled_only
@pytest.mark.slow
def test_the_defaults_meet_their_records():
    """Means over 16 worlds of Hérault lie in the ranges, give or take two standard errors; each level's record near its value."""
    for name, parts in simulate(start(), "herault", 16).items():
        pattern, found = compared("herault")[name], ratio_of_means(*parts.T)
        margin = (found.high - found.low) / 2.0
        assert pattern.low - margin <= found.estimate <= pattern.high + margin, (name, found)


@pytest.mark.parametrize("words", [["--seeds", "1"], ["--rounds", "0"], ["--market", "atlantis"], ["--check", "no/such.yaml"]])
def test_a_mistake_is_one_line(words, capsys):
    try:
        code = main(words)
    except SystemExit as leaving:
        code = leaving.code
    told = capsys.readouterr().err.strip().splitlines()
    assert code == 2 and "Traceback" not in " ".join(told) and len(told[-1]) < 300


def test_too_few_worlds_for_a_record_are_said_in_a_line(monkeypatch, capsys):
    nothing = {level.pattern: np.zeros((2, 2)) for level in LEVELS}
    monkeypatch.setattr(levels, "simulate", lambda *_: nothing)
    assert main(["--seeds", "2"]) == 2
    assert capsys.readouterr().err == "levels: victims recognised: nothing of it in 2 worlds of herault; give more --seeds\n"
