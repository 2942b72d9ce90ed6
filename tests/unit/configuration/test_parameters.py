"""Parameters: each number has a unit, a range and a source; what cannot be run is refused in one clear line."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.configuration import ConfigurationError, compose, parameter_table
from sim.initialisation.environment import check_world
from sim.initialisation.population import found_world
from sim.parameters import PRESETS, Parameters
from sim.state.params import RULES, params_record
from tests.worlds import examples, run_fresh, tiny

TABLE = parameter_table()
NUMBERS = [row for row in TABLE if isinstance(row["default"], int | float) and not isinstance(row["default"], bool)]


def refusal(market="class", policy="none", **changes):
    """The message of the error that a configuration raises."""
    with pytest.raises(ConfigurationError) as caught:
        compose(market, policy, {name.replace("__", "."): value for name, value in changes.items()})
    message = str(caught.value)
    assert "\n" not in message and "Traceback" not in message
    return message


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["key"])
def test_every_parameter_has_unit_source_and_meaning(row):
    assert row["unit"] and row["source"] and row["meaning"]


@pytest.mark.parametrize("row", NUMBERS, ids=lambda row: row["key"])
def test_every_number_has_a_range_with_room_around_its_default(row):
    assert row["low"] is not None and row["high"] is not None
    assert row["low"] < row["high"]
    assert row["low"] <= row["default"] <= row["high"]


@pytest.mark.parametrize("row", NUMBERS, ids=lambda row: row["key"])
def test_numbers_out_of_range_are_refused(row):
    for wrong in (row["low"] - 1, row["high"] * 2 + 1):
        message = refusal(**{row["key"]: type(row["default"])(wrong)})
        assert row["key"] in message and str(type(row["default"])(wrong)) in message
        assert f"{row['low']} to {row['high']}" in message and row["unit"] in message


@pytest.mark.parametrize("row", NUMBERS, ids=lambda row: row["key"])
def test_what_is_no_number_is_refused(row):
    for wrong in (float("nan"), float("inf"), "twelve", None, [1.0], True):
        assert row["key"] in refusal(**{row["key"]: wrong})


@given(row=st.sampled_from(NUMBERS), data=st.data())
@examples(60)
def test_whole_numbers_stay_whole(row, data):
    """A fraction is no count; a whole number is a valid real number."""
    if isinstance(row["default"], int):
        assert row["key"] in refusal(**{row["key"]: row["default"] + 0.5})
    elif np.ceil(row["low"]) <= row["high"]:
        whole = data.draw(st.integers(int(np.ceil(row["low"])), int(row["high"])))
        try:
            compose("class", overrides={row["key"]: whole})
        except ConfigurationError as error:
            assert "must" in str(error), "only an impossible combination may refuse it"


@pytest.mark.parametrize(
    "key, meant",
    [("labour.bondng", "bonding"), ("demand.retry_chanse", "retry_chance"),
     ("enforcment.boss_present", "enforcement"),
     ("sed", "seed"),
     ("demand.kind_utility.hotl", "hotel"), ("policy.start_dy", "start_day")],
)  # fmt: skip
def test_a_misspelt_key_is_refused_with_what_is_meant(key, meant):
    message = refusal(**{key: 1})
    assert "unknown key" in message and f"did you mean {meant}?" in message and "valid here:" in message


@pytest.mark.parametrize(
    "changes, named",
    [
        ({"demand.price_start": 260.0}, "price_start"),
        ({"entry.intends_to_leave": 0.6, "entry.does_not_know": 0.6}, "does_not_know"),
        ({"entry.age_low": 18.0, "entry.age_mean": 17.0}, "age_mean"),
        ({"planning.duration_low": 8, "planning.duration_mean": 4.0}, "duration_low"),
        ({"planning.max_team": 2, "planning.team_mean": 3.0}, "team_mean"),
        ({"labour.pay_low": 200.0, "labour.pay_high": 100.0}, "pay_low"),
        ({"labour.recruiting_share": 0.0, "labour.logistics_share": 0.0, "labour.watch_share": 0.0}, "watch_share"),
        ({"enforcement.venue_share": 0.7, "enforcement.street_share": 0.7}, "venue_share"),
        ({"days": 100, "burn_in": 100}, "burn_in"),
        ({"careers.entry_age_low": 30.0}, "entry_age_low (30) must not exceed entry_age_mean (18.2)"),
        ({"careers.entry_age_mean": 15.0, "careers.entry_age_low": 16.0}, "make entry_age_low smaller or entry_age_mean larger"),
        ({"demand.price_low": 130.0}, "price_low (130) must not exceed price_start (120)"),
        ({"planning.duration_mean": 4.0, "planning.duration_high": 3}, "duration_mean (4) must not exceed duration_high (3)"),
    ],
)
def test_impossible_combinations_are_refused(changes, named):
    message = refusal(**changes)
    assert named in message and "must" in message


def ordered_names():
    """Pairs of keys of one group that the same word sets in order by its endings: low, mean or start, high."""
    keys = [row["key"] for row in NUMBERS]
    order = {"low": 0, "mean": 1, "start": 1, "high": 2}
    stem = {key: key.rpartition("_") for key in keys if key.rpartition("_")[2] in order}
    return [
        (lower, higher)
        for lower, (word, _, low) in stem.items()
        for higher, (other, _, high) in stem.items()
        if word == other and order[low] < order[high]
    ]


@pytest.mark.parametrize("lower, higher", ordered_names(), ids=str)
def test_what_names_call_low_is_never_above_what_they_call_high(lower, higher):
    """Every pair there is: the lower at its highest and the higher at its lowest, wherever that is the wrong order."""
    ends = {row["key"]: row for row in NUMBERS}
    high, low = ends[lower]["high"], ends[higher]["low"]
    if high > low:
        message = refusal(**{lower: high, higher: low})
        assert "must not exceed" in message and any(key.rpartition(".")[2] in message for key in (lower, higher))


def test_the_pairs_are_those_there_are():
    assert ("careers.entry_age_low", "careers.entry_age_mean") in ordered_names() and len(ordered_names()) >= 9


def test_several_problems_are_told_at_once():
    message = refusal(labour__bonding=2.0, demand__offers_seen=0, justice__relapce=0.5, seed=-1)
    for part in ("labour.bonding=2.0", "demand.offers_seen=0", "justice.relapce", "seed=-1"):
        assert part in message
    assert message.count(";") >= 3


def test_the_highest_seed_is_below_two_to_the_53():
    assert compose("class", overrides={"seed": 2**53 - 1}).seed == 2**53 - 1
    assert "seed" in refusal(seed=2**53)


def test_unknown_presets_policies_and_alternatives_are_refused():
    assert "did you mean herault?" in refusal("heralt")
    assert "did you mean none?" in refusal("class", "nonne")
    message = refusal(enforcement__cells_chosen="uniformly")
    assert "cells_chosen" in message and "'uniform', 'listed', 'learned', 'reported' or 'problem'" in message


@pytest.mark.parametrize(
    "levers, parts",
    [
        ({"venue_inspektion": {"intensity": 1.0}}, ["venue_inspektion", "did you mean venue_inspection?"]),
        ({"venue_inspection": {"intensity": 1.0, "territory": "Centr"}}, ["Centr", "did you mean Centre?"]),
        ({"venue_inspection": {"intensity": 1.0, "kind": "street"}}, ["kind=street", "hotel, flat, client_home"]),
        ({"street_patrol": {"intensity": 1.0, "kind": "hotel"}}, ["kind=hotel", "street"]),
        ({"arrest_providers": {"intensity": 1.5}}, ["intensity=1.5", "at most 1.0"]),
        ({"street_patrol": {"intensity": 1.0, "start": 40, "end": 40}}, ["ends on day 40", "start on day 40", "its end larger"]),
        ({"street_patrol": {"intensity": 1.0, "start": 90, "end": 120}}, ["the run ends on day 90", "make days larger"]),
    ],
)
def test_a_lever_that_cannot_be_pulled_is_refused(levers, parts):
    parameters = tiny(policy__levers=levers)
    with pytest.raises(ConfigurationError) as caught:
        found_world(parameters)
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize("name", ["arrest_providers", "arrest_bosses"])
def test_the_arrest_of_a_role_takes_no_venue_kind(name):
    """A person has no venue kind: such a lever would do nothing at all, so it must be refused."""
    with pytest.raises(ConfigurationError):
        found_world(tiny(policy__levers={name: {"intensity": 0.5, "kind": "hotel"}}))


@pytest.mark.parametrize(
    "changes, parts",
    [
        ({"start": "2036-12-01"}, ["start=2036-12-01", "the calendar holds 2015-01-01 to 2036-12-31", "duration_high=14"]),
        ({"start": "2014-12-31"}, ["start=2014-12-31", "start must lie between 2015-01-01 and"]),
        ({"calendar.event_dates": ["2040-05-01"]}, ["calendar.event_dates: 2040-05-01 is outside the calendar"]),
    ],
)
def test_dates_outside_the_calendar_are_refused_without_a_world(changes, parts):
    with pytest.raises(ConfigurationError) as caught:
        check_world(tiny(**changes))
    assert all(part in str(caught.value) for part in parts)


def test_the_last_start_that_is_named_is_the_last_that_runs():
    """The longest Plan begun on the last day ends with the calendar."""
    days, longest = 60, 30
    latest = dt.date(2036, 12, 31) - dt.timedelta(days=days + longest - 1)
    changes = {"days": days, "planning.duration_high": longest}
    found_world(tiny(**changes, start=latest.isoformat()))
    with pytest.raises(ConfigurationError, match=f"and {latest}"):
        found_world(tiny(**changes, start=(latest + dt.timedelta(days=1)).isoformat()))


@pytest.mark.parametrize("longest", [2, 14, 30])
def test_the_calendar_of_demand_reaches_as_far_as_a_boss_looks(longest):
    """On the last day a Boss may plan for the longest Plan: the sum of demand is read at day - 1 + its length."""
    changes = {"planning.duration_low": 1, "planning.duration_mean": 2.0, "planning.duration_high": longest}
    world = found_world(tiny(**changes)).world
    days = len(world.ledger)
    assert world.demand_sum.shape[1] > days - 1 + longest and world.demand.shape[1] >= days


def test_a_listed_territory_must_exist():
    """Compiled code does not check bounds: a number beyond the preset's places has to be refused before."""
    with pytest.raises(ConfigurationError):
        found_world(tiny(enforcement__cells_chosen="listed", enforcement__listed_territory=500))


FOUND_AND_COUNT = """
from sim.configuration import compose
from sim.initialisation.population import found_world
world = found_world(compose({market!r}, overrides={changes!r})).world
for name in ("bosses", "providers", "prostitutes", "clients"):
    assert int(world.counts[0][name]) <= getattr(world, name).shape[0], name
"""


@pytest.mark.parametrize(
    "market, changes", [("herault", {"market.prostitutes": 0}), ("class", {"entry.at_risk_per_100k": 1000.0})]
)
def test_there_is_room_for_everybody_at_the_start(market, changes):
    """Interpreted and in a process of its own: compiled, a table that is too short damages memory."""
    few = {"market.bosses": 5, "market.clients": 50, "market.searches_per_day": 20.0}
    code = FOUND_AND_COUNT.format(market=market, changes=few | changes)
    done = run_fresh(code, NUMBA_DISABLE_JIT="1")
    assert done.returncode == 0, done.stderr[-600:]


@pytest.mark.parametrize("market", PRESETS)
def test_presets_are_valid_and_named_after_themselves(market):
    assert compose(market).market.preset == market


def test_rules_hold_the_numbers_of_the_parameters():
    parameters = compose(
        "class", overrides={"labour.bonding": 0.25, "learning.learning": False, "enforcement.cells_chosen": "learned"}
    )
    params = params_record(parameters)[0]
    assert params.labour_bonding == 0.25
    assert params.learning_learning == 0
    assert params.enforcement_cells_chosen == 2
    assert list(params.planning_venue_cost) == list(parameters.planning.venue_cost.model_dump().values())


def test_no_number_is_lost_on_the_way_to_the_rules():
    """Every number of a group the rules read is a field of the record, and says so by its name."""
    fields = set(RULES.names)
    for row in NUMBERS:
        group, _, rest = row["key"].partition(".")
        if rest and group not in ("policy",):
            assert {f"{group}_{rest}", f"{group}_{rest.rpartition('.')[0]}"} & fields, row["key"]


def test_a_configuration_is_frozen_and_dates_are_dates():
    parameters = Parameters()
    with pytest.raises(Exception, match="frozen"):
        parameters.seed = 2
    assert isinstance(parameters.start, dt.date)
    assert compose("class", overrides={"start": "2022-03-01"}).start == dt.date(2022, 3, 1)
    assert "start" in refusal(start="2022-13-01")


def test_the_table_names_what_hydra_overrides():
    keys = {row["key"] for row in TABLE}
    assert {"seed", "days", "labour.bonding", "planning.venue_cost.hotel", "policy.start_day"} <= keys
    assert len(keys) == len(TABLE)


def test_more_searches_than_clients_can_make_are_refused():
    assert compose("class", overrides={"market.searches_per_day": 1800.0}).market.searches_per_day == 1800.0
    with pytest.raises(ConfigurationError, match=r"market: searches_per_day \(1801\) must not exceed 0.9 per client"):
        compose("class", overrides={"market.searches_per_day": 1801.0})
