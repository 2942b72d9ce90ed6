"""A configuration validated beside a known one is the one that is validated whole, and refused in the same words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.configuration import ConfigurationError, compose, merge, set_path, validate, validate_beside

TREE = {
    "days": 400,
    "burn_in": 30,
    "market": {"preset": "class", "clients": 500, "searches_per_day": 40.0},
    "policy": {"name": "none"},
}
KNOWN = validate(TREE)
CHANGES = {
    "days": st.integers(-5, 900),
    "start": st.sampled_from(["2022-01-03", "tomorrow", 7]),
    "budget": st.sampled_from([None, 1000.0, 1000, -1.0, "much"]),
    "labour.bonding": st.sampled_from([0.0, 0, 1, 0.5, 1.5, True, "half", float("nan")]),
    "market.searches_per_day": st.floats(0.0, 900.0),
    "demand.price_low": st.floats(1.0, 500.0),
    "planning.attractiveness.hotel": st.floats(-1.0, 3.0),
    "policy.levers.street_patrol.intensity": st.sampled_from([0.0, 2, 3.5, -1.0]),
    "labour.bondage": st.just(0.5),
    "nothing.at_all": st.just(1),
}


def settings_over(names):
    return st.fixed_dictionaries({name: CHANGES[name] for name in names})


def outcome_of(make):
    try:
        return make()
    except ConfigurationError as error:
        return str(error)


@given(st.sets(st.sampled_from(sorted(CHANGES)), max_size=3).flatmap(settings_over))
def test_the_same_configuration_or_the_same_words(settings):
    over = {}
    for path, value in settings.items():
        set_path(over, path, value)
    tree = merge(TREE, over)
    beside = outcome_of(lambda: validate_beside(KNOWN, tree, {path.partition(".")[0] for path in settings}))
    assert beside == outcome_of(lambda: validate(tree))


def test_what_has_not_changed_is_taken_over():
    tree = merge(TREE, {"labour": {"bonding": 0.5}})
    found = validate_beside(KNOWN, tree, {"labour"})
    assert found.labour.bonding == 0.5 and found.market is KNOWN.market and found.demand is KNOWN.demand


def test_a_combination_of_groups_is_still_looked_at():
    with pytest.raises(ConfigurationError, match="burn_in"):
        validate_beside(compose("class"), {"days": 10}, {"days"})
