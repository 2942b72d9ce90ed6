"""Known patterns: the file that fixes them, how they are measured on worlds, and what meets them."""

import datetime

import numpy as np
import pytest

from experiments.calibration import draws
from experiments.calibration.levels import inhabitants_of_france
from experiments.configuration.composition import compose
from experiments.validation.measures import MEASURES, measure_worlds
from experiments.validation.patterns import HELD_OUT, Pattern, PatternFile, accepting, met_by, read_patterns, row_of
from sim.configuration import ConfigurationError, validate, validate_as
from sim.evidence import cited, evidence
from sim.simulation import Simulation

SPEC = draws.read_specification()
BASE = compose("config", ["market=class"])
NO_ROW = f"E{99}"  # put together, or it would be found among those cited
GOOD = {"measure": "plan_team", "low": 2.0, "tag": "emergent", "why": "x"}


# --- measures


def test_patterns_are_measured_on_ledgers():
    """The shares of venue kinds and ratios over days of the week and the month, computed here from the tables by hand."""
    worlds = []
    for seed in (1, 2):
        world = Simulation(validate(BASE | {"seed": seed, "days": 120, "burn_in": 20}))
        world.run()
        worlds.append(world)
    found = measure_worlds(worlds, MEASURES)
    kinds = sum(world.world.cells["person_days"][20:].sum(axis=0).reshape(-1, 4).sum(axis=0) for world in worlds)
    assert found["housed_in_hotels"] == pytest.approx(kinds[1] / kinds[1:].sum())
    assert found["on_the_street"] == pytest.approx(kinds[0] / kinds.sum())
    by_weekday, at_edges, others, first = np.zeros(7), [], [], worlds[0].parameters.start
    for world in worlds:
        for day in range(20, 120):
            encounters = int(world.world.ledger["encounters"][day])
            by_weekday[day % 7] += encounters  # day 0 is a Monday
            date = first + datetime.timedelta(day)
            is_edge = date.day <= 3 or (date + datetime.timedelta(3)).month != date.month
            (at_edges if is_edge else others).append(encounters)
    days = np.bincount(np.arange(20, 120) % 7)
    rise = (by_weekday[4:6].sum() / days[4:6].sum()) / (by_weekday[:4].sum() / days[:4].sum())
    assert found["weekend_rise"] == pytest.approx(rise) and rise > 1.0
    assert found["month_edge_rise"] == pytest.approx(np.mean(at_edges) / np.mean(others))
    ages = sum(world.world.ledger["boss_age_days"][20:].sum() for world in worlds) / 365.25
    assert 17.0 < found["age_of_bosses"] < 26.0 and ages > 0.0


def test_what_is_undefined_meets_no_pattern():
    nobody_searches = BASE["market"] | {"searches_per_day": 0.0, "prostitutes": 0}
    world = Simulation(validate(BASE | {"days": 60, "burn_in": 10, "market": nobody_searches}))
    world.run()
    found = measure_worlds([world], MEASURES)
    assert found["weekend_rise"] is None and not met_by(accepting(), found)["E34"]


# --- the file


def test_bounds():
    patterns = read_patterns().patterns
    e04, e34 = patterns["E04"], patterns["E34"]
    assert e04.bounds == (20.2, 23.2) and e04.is_met_by(20.2) and not e04.is_met_by(20.0)
    assert e34.is_met_by(1.2) and not e34.is_met_by(1.0) and not e34.is_met_by(0.9) and not e34.is_met_by(None)


def test_every_pattern_of_the_evidence_is_compared_or_has_a_reason():
    file = read_patterns()
    answered = {row_of(name) for name in file.patterns} | set(file.not_compared)
    asked = {
        fact.id for fact in evidence().values()
        if fact.use in ("pattern", "calibrate") or "direction to be shown" in fact.use or fact.tag
    }  # fmt: skip
    assert asked <= answered, sorted(asked - answered)
    assert not {row_of(name) for name in file.patterns} & set(file.not_compared)


def test_targets_follow_from_the_evidence():
    patterns, row = read_patterns().patterns, evidence()
    value = {name: float(row[name].value) for name in ("R01", "R02", "R03", "R04", "R12", "R13", "R15", "E18", "E19")}
    hundred_thousands = inhabitants_of_france() / 1e5
    expected = {
        "R02": value["R02"] / value["E18"], "R03": value["R03"] / value["E19"], "R04": value["R04"] / value["R02"],
        "R12": value["R12"] / hundred_thousands, "R13": value["R13"] / value["R01"], "R15": value["R15"],
        "E18": value["E18"] / hundred_thousands, "E19": value["E19"] / hundred_thousands,
        "E20": (147 / 48) ** (1 / 3), "E22": (206 / 116) ** (1 / 3), "E23": (219 / 28) ** (1 / 6),
        "E48.contacts": 196 / 400, "E48.accompaniments": 5 / 196, "E49": 76,
    }  # fmt: skip
    for name, target in expected.items():
        assert patterns[name].target == pytest.approx(target, rel=0.006), name
    for name in ("E02", "E04", "E05", "E06", "E12", "E13", "E14", "E24", "E30", "E47", "E52"):
        assert patterns[name].target == float(row[name].value), name


def test_rows_held_out_accept_nothing_and_are_named_by_nothing_that_accepts():
    assert not set(map(row_of, SPEC.patterns)) & set(HELD_OUT)
    for pattern in SPEC.patterns.values():
        assert not cited(f"{pattern.why} {' '.join(pattern.rows)}") & set(HELD_OUT)


@pytest.mark.parametrize(
    ("name", "changed", "named"),
    [
        ("E09", {}, "tag=emergent: it must be held_out"),
        ("E04", {"tag": "held_out"}, "the row is not held out"),
        (NO_ROW, {}, f"{NO_ROW} is not a row"),
        ("E04", {"rows": [NO_ROW]}, f"{NO_ROW} is not a row"),
        ("E04", {"measure": "age"}, "measure=age"),
        ("E04", {"low": None, "target": 2.0}, "no tolerance"),
        ("E04", {"high": 1.0}, "must be below"),
        ("E04", {"target": 1.0}, "outside 2 to"),
        ("E04", {"tag": "imposed", "accepts": True}, "may reject no draw"),
        ("E04", {"overrides": {"outreach.mass_hours": 1.0}}, "only for the effect of a policy"),
        ("E04", {"tolerence": 1.0}, "tolerence"),
    ],
)
def test_a_mistake_in_the_file_is_named(name, changed, named):
    with pytest.raises(ConfigurationError, match=named):
        validate_as(PatternFile, {"patterns": {name: GOOD | changed}}, "configs/patterns.yaml: ")


def test_an_unknown_row_left_out_is_named():
    with pytest.raises(ConfigurationError, match=f"not_compared.{NO_ROW}"):
        validate_as(PatternFile, {"patterns": {"E04": GOOD}, "not_compared": {NO_ROW: "x"}}, "configs/patterns.yaml: ")


def test_units_of_a_policy():
    pattern = Pattern(**GOOD | {"levers": {"street_patrol": {"intensity": 2.0}}})
    assert pattern.unit == "with the policy over without"
    assert pattern.model_copy(update={"compare": "difference"}).unit == "persons"
