"""Named structures: each turns its dials and nothing else, in every command that runs worlds, and a mistake is one line."""

import pytest

from experiments.configuration.composition import compose
from experiments.report.command_line import command_of, leaves_apart
from sim.configuration import ConfigurationError, group_names

DIALS = {
    "replacement": {"entry.boss_elasticity", "entry.provider_elasticity"},
    "visible_policing": {"learning.visibility", "learning.generalisation", "planning.loss_weight"},
    "essential_roles": {"labour.essential"},
    "short_careers": {"entry.one_off_share", "careers.commitment_sigma", "control.spell_sigma"},
    "ordered_placement": {"care.ordered_share", "care.emergency_nights"},
    "method_switch": {"demand.channel_switch", "demand.channel_drift", "platforms.birth"},
    "report_led_police": {"enforcement.cells_chosen"},
    "first_version": {
        "enforcement.inspector_days_per_100k", "enforcement.yield_factor", "enforcement.response_chance",
        "enforcement.boss_present", "enforcement.provider_arrested", "enforcement.fines_per_inspector_day",
        "casework.evidence_day", "entry.age_low", "entry.age_mean", "entry.age_spread", "careers.boss_entry",
        "careers.bosses_in_prison", "careers.providers_in_prison", "outreach.personal_hours", "outreach.mass_hours",
        "outreach.queue_days",
    },  # fmt: skip
}


def test_every_structure_has_its_dials_here():
    assert {"default", *DIALS} == set(group_names("structure"))


@pytest.mark.parametrize("command", ["config", "sweep", "sensitivity", "test"])
@pytest.mark.parametrize("name", DIALS)
def test_a_structure_turns_its_dials_alone(command, name):
    turned = leaves_apart(compose(command, ["market=class", f"structure={name}"]), compose(command, ["market=class"]))
    assert {key for key, _ in turned} == DIALS[name]


def test_the_default_structure_is_that_of_the_parameters():
    assert compose("config", ["structure=default"]) == compose("config", [])


def test_a_number_given_next_to_a_structure_counts():
    assert compose("config", ["structure=essential_roles", "labour.essential=0.25"])["labour"]["essential"] == 0.25


def test_several_structures_hold_at_once():
    both = compose("config", ["structure=[replacement,essential_roles]"])
    turned = {key for key, _ in leaves_apart(both, compose("config", []))}
    assert turned == DIALS["replacement"] | DIALS["essential_roles"]
    assert compose("config", ["structure=[replacement]"]) == compose("config", ["structure=replacement"])
    assert compose("config", ["structure=[replacement]", "entry.boss_elasticity=1"])["entry"]["boss_elasticity"] == 1


def test_two_structures_that_disagree_are_named(monkeypatch):
    from experiments.configuration import composition

    planted = {"replacement": {"entry": {"headroom": 3.0}}, "essential_roles": {"entry": {"headroom": 4.0}}}
    monkeypatch.setattr(composition, "read_group", lambda group, name: planted[name])
    with pytest.raises(ConfigurationError) as caught:
        compose("config", ["structure=[replacement,essential_roles]"])
    said = "replacement sets entry.headroom=3.0 and essential_roles sets entry.headroom=4.0; leave one of the two out"
    assert str(caught.value) == f"structure=[replacement,essential_roles]: {said}"


def test_the_command_that_repeats_a_result_has_the_structure():
    tree = compose("test", ["hypothesis=displacement", "structure=visible_policing"])
    command = command_of(tree, "displacement")
    assert compose("test", command.split()[2:]) == tree and "learning.visibility=0.5" in command


@pytest.mark.parametrize(
    ("word", "remedy"),
    [
        ("structure=replaced", "structure=replaced: unknown (did you mean replacement?); valid: default, essential_roles"),
        ("labour.essential=1.5", "labour.essential=1.5"),
        ("entry.boss_elasticity=-1", "entry.boss_elasticity=-1"),
        ("learning.visibility=often", "learning.visibility"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(word, remedy):
    from experiments.configuration.composition import split_model

    with pytest.raises(ConfigurationError) as caught:
        split_model(compose("config", ["market=class", word]))
    assert str(caught.value).startswith(remedy) and "\n" not in str(caught.value)
