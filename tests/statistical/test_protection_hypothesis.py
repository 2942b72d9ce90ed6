"""The protection claim is a test: two parameter sets inside the ranges give the two signs, and the controls hold.

Sets of eight worlds of the smallest market. The negative control switches everything off that could tell
arms apart, so twelve sets hold it within one percentage point; the planted effect is some 28 with a
standard deviation of 7.
"""

import pytest

from experiments.configuration.composition import compose
from experiments.questions.study import MAIN
from tests.studies import entry_in, one_way, parts_of

pytestmark = pytest.mark.slow


def entry_at(scenario, sets, overrides=()):
    words = ["hypothesis=protection", f"n_pairs={sets}", "hypothesis.control_pairs=1", "hypothesis.along={}", *overrides]
    return entry_in(scenario, *words)


@pytest.mark.parametrize(("name", "verdict"), [("refuge", "supported"), ("far_from_help", "refuted")])
def test_sign_goes_both_ways(name, verdict):
    entry = entry_at(MAIN, 16, one_way("protection", name))
    assert entry["verdict"] == verdict, f"{entry['low']} to {entry['high']} under {name}"
    if verdict == "refuted":
        assert entry["high"] < 0.0, "refuted by its sign, not by the band of no effect"


@pytest.mark.parametrize(("name", "sets"), [("beds_alike_trust_idle", 12), ("planted", 8)])
def test_controls_show_what_they_must(name, sets):
    entry = entry_at(name, sets)
    assert entry["as_expected"], f"{entry['verdict']} at {entry['estimate']}"


def test_very_low_yields_of_police_do_not_make_the_negative_control_fail():
    """Some accompanied persons leave by another way there, one in a hundred or so: no difference of note."""
    entry = entry_at("beds_alike_trust_idle", 12, ["enforcement.yield_factor=0.0002"])
    assert entry["as_expected"] and entry["verdict"] in ("refuted", "identical"), f"{entry['low']} to {entry['high']}"


@pytest.mark.parametrize(
    ("half", "gone", "usual"),
    [(("care.found", "care.runaway"), "change_found", -6.0), (("outreach", "control", "care.accept"), "outreach", 5.5)],
)
def test_each_half_of_the_negative_control_takes_its_own_effect_away(half, gone, usual):
    """Beds alike: as many are found again near and far. Trust idle: outreach gets nobody out. Far from the usual effect."""
    changes = compose("test", ["hypothesis=protection"])["hypothesis"]["controls"]["beds_alike_trust_idle"]["overrides"]
    kept = [f"{key}={value}" for key, value in changes.items() if key.startswith(half)]
    part = parts_of(entry_at(MAIN, 12, kept)["parts"])[gone]
    assert part["low"] <= 0.0 <= part["high"], f"{gone}: {part['low']} to {part['high']}"
    assert not part["low"] <= usual <= part["high"], f"{gone}: {part['low']} to {part['high']} could be the usual {usual}"
