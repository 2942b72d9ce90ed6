"""Microdata of a world: spells add up to the ledger, change nothing, and tell no story of one exploited person."""

import copy
import pickle

import numpy as np
import pytest

from sim.configuration import ConfigurationError
from sim.market import Market
from sim.measures import microdata
from sim.measures.microdata import NONE, PERIOD, ROLES, TABLES, _Contacts, _Statuses
from sim.simulation import Simulation
from tests.worlds import TINY, ran, tiny, with_levers

MEASURES = {
    "boss": {
        "free": ["bosses_free"], "running": ["bosses_running"], "other_work": ["bosses_other_work"], "left": ["bosses_gone"],
        "outside": ["bosses_outside"], "custody": ["bosses_custody"], "prison": ["bosses_prison"], "partner": ["bosses_partner"],
    },
    "provider": {
        "idle": ["providers_idle"], "engaged": ["provider_days_engaged"], "other_work": ["providers_other_work"],
        "custody": ["providers_custody"], "prison": ["providers_prison"], "left": ["providers_gone"], "outside": [],
    },
    "person": {
        "at_risk": ["at_risk"], "independent": ["independent"], "between_plans": ["held_between", "held_outside"],
        "in_plan": ["in_plan"], "in_care": ["in_care_near", "in_care_distant"], "out": ["out"],
    },
}  # fmt: skip
LEVERS = {
    "outreach_street": {"intensity": 30.0}, "first_reception": {"intensity": 5.0}, "beds_distant": {"intensity": 5.0},
    "arrest_bosses": {"intensity": 0.3, "start": 30}, "venue_inspection": {"intensity": 5.0},
}  # fmt: skip


@pytest.fixture(scope="module")
def parameters():
    """A world in which much happens: outreach, beds, break-ups, Bosses held."""
    sizes = {"market__prostitutes": 40, "market__bosses": 16, "market__providers": 24}
    return with_levers(tiny(**sizes, enforcement__response_chance=0.3, enforcement__yield_factor=0.2), LEVERS)


@pytest.fixture(scope="module")
def observed(parameters):
    run = Simulation(parameters)
    microdata.observe(run)
    run.run()
    return run


@pytest.fixture(scope="module")
def tables(observed):
    return microdata.tables(observed)


@pytest.fixture(scope="module")
def ledger(observed):
    return observed.world.ledger[: observed.day]


def test_to_observe_a_world_changes_nothing(parameters, observed):
    straight = ran(parameters)
    assert observed.ledger_sha256() == straight.ledger_sha256()
    for name in ("bosses", "providers", "prostitutes", "plans", "clients"):
        assert getattr(observed.world, name).tobytes() == getattr(straight.world, name).tobytes(), name


@pytest.mark.parametrize("role", ROLES)
def test_spells_of_a_role_add_up_to_the_ledger(role, tables, ledger):
    found = tables["statuses"].query("role == @role").groupby("status")["days"].sum()
    assert set(MEASURES[role]) == set(ROLES[role]) >= set(found.index)
    for status, measures in MEASURES[role].items():
        assert found.get(status, 0) == sum(int(ledger[name].sum()) for name in measures), status
    assert len(found) > 3


def test_plans_are_those_of_the_ledger(tables, ledger):
    plans, ends = tables["plans"], tables["plans"]["end"].value_counts()
    assert plans["plan"].tolist() == list(range(len(plans)))
    assert len(plans) == ledger["plans_launched"].sum() > 50 and plans["team"].sum() == ledger["team_launched"].sum()
    for end, measure in (("completed", "plans_completed"), ("broken up", "plans_broken_up"), ("abandoned", "plans_abandoned")):
        assert ends.get(end, 0) == ledger[measure].sum(), end
    assert ends["broken up"] > 0 and ends["boss held"] > 0 and ends.sum() == len(plans)
    over = plans[plans["end"] != "running"]
    assert (over["day_ended"] - over["day_launched"]).sum() == ledger["plan_days_ended"].sum()
    assert plans.loc[plans["end"] == "running", "day_ended"].isna().all() and over["day_ended"].notna().all()
    running = (plans["day_ended"].fillna(len(ledger)) - plans["day_launched"]).sum()
    assert running == ledger["plans_running"].sum()


def test_vacancies_are_those_of_the_ledger(tables, ledger):
    found, ends = tables["vacancies"], tables["vacancies"]["end"].value_counts()
    assert len(found) == ledger["vacancies_opened"].sum() > 50
    assert ends["filled"] == ledger["vacancies_filled"].sum() > 10
    assert ends["plan ended"] == ledger["vacancies_unfilled_at_end"].sum() > 2
    filled = found[found["end"] == "filled"]
    assert (found["day_filled"].notna() == (found["end"] == "filled")).all() and filled["by_known"].notna().all()
    # which of several watch slots was filled is not known of a Plan that ends on that day
    total = (filled["day_filled"] - filled["day_opened"]).sum()
    assert total == pytest.approx(ledger["vacancy_days_filled"].sum(), rel=0.02)
    assert filled["by_known"].sum() == pytest.approx(ledger["vacancies_filled_by_known"].sum(), rel=0.02)
    of_plan = found.merge(tables["plans"], on="plan", suffixes=("", "_of_plan"))
    assert len(of_plan) == len(found) and (of_plan["day_opened"] >= of_plan["day_launched"]).all()
    unfilled = of_plan[of_plan["end"] == "plan ended"]
    assert (unfilled["day_ended"] == unfilled["day_ended_of_plan"]).all()


def test_contacts_are_those_of_the_ledger(tables, ledger):
    found = tables["contacts"]
    for channel, measure in (("street rounds", "street"), ("personal message", "personal"), ("mass message", "mass")):
        accompanied = found[(found["channel"] == channel) & found["days_to_accompaniment"].notna()]
        assert accompanied["spells"].sum() == ledger[f"accompaniments_{measure}"].sum(), channel
    assert ledger["accompaniments_street"].sum() > 0 and found["spells"].sum() > found["days_to_accompaniment"].notna().sum()


@pytest.mark.parametrize("role", ROLES)
def test_transitions_add_up_to_the_spells(role, tables):
    moves = tables["transitions"].query("role == @role")
    spells = tables["statuses"].query("role == @role")
    known = moves[moves["from_status"] != "new"]
    last = spells[spells["censored_right"]]
    assert known["person_days"].sum() == spells["days"].sum() - last["spells"].sum()
    changes = moves[moves["from_status"] != moves["to_status"]]
    assert changes["person_days"].sum() == spells.loc[~spells["censored_left"], "spells"].sum()
    assert set(moves["period"]) == {0, PERIOD, 2 * PERIOD}


def test_no_row_is_of_one_exploited_person(observed, tables):
    persons = tables["statuses"].query("role == 'person'")
    assert persons[["number", "day_begun", "day_ended"]].isna().all().all()
    assert (persons["period_begun"].dropna() % PERIOD == 0).all() and not persons.duplicated().any()
    first = persons[persons["censored_left"]]
    assert not first.duplicated(["status", "censored_right"]).any() and first["period_begun"].isna().all()
    uids = set(observed.world.prostitutes["uid"][: observed.world.counts[0].prostitutes].tolist())
    for name, table in tables.items():
        assert not set(table.select_dtypes("number").stack().dropna().astype(int)) & uids, name
    assert set(tables) == set(TABLES) and not any("person" in c and c != "person_days" for t in TABLES.values() for c in t)


def test_the_order_of_persons_leaves_no_trace():
    """Persons dealt to other rows make the same tables."""
    chance = np.random.default_rng(1)
    days = [chance.integers(0, 6, 30) for _ in range(40)]
    dealt = chance.permutation(30)
    one, other = _Statuses(6), _Statuses(6)
    for day, status in enumerate(days):
        one.look(day, status)
        other.look(day, status[dealt])
    for found in ("spells", "transitions"):
        asked = (40, "person") if found == "spells" else ("person",)
        first, second = getattr(one, found)(*asked), getattr(other, found)(*asked)
        assert all((first[name] == second[name]).all() for name in first)
    assert (one.spells(40, "boss")["number"] != NONE).all()


def test_a_contact_that_ends_on_the_day_the_next_begins_is_two():
    persons = np.zeros(1, [("team", "i2"), ("channel", "i1"), ("answer_day", "i4"), ("accompanied", "i1")])
    contacts = _Contacts()
    days = [(-1, 0, -1, 0), (0, 1, 1, 0), (0, 1, -1, 1), (0, 2, 3, 0), (0, 2, 3, 0), (-1, 0, -1, 0)]
    for day, values in enumerate(days):
        persons[0] = values
        contacts.look(day, persons)
    found = contacts.spells(len(days))
    assert found["channel"].tolist() == ["street rounds", "personal message"]
    assert found["days"].tolist() == [2, 2] and found["days_to_accompaniment"].tolist() == [1, NONE]


@pytest.mark.parametrize("stop", [0, 25])
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda run: pickle.loads(pickle.dumps(run)), Simulation.fork])
def test_copies_go_on_recording_each_its_own(copied, stop, parameters, tables):
    run = Simulation(parameters)
    microdata.observe(run)
    run.run(stop)
    twin = copied(run)
    twin.run()
    assert run.day == stop and all(microdata.tables(twin)[name].equals(tables[name]) for name in tables)
    run.run()
    assert all(microdata.tables(run)[name].equals(tables[name]) for name in tables)


def test_a_market_in_steps_and_a_world_of_nobody():
    market = Market(market="class", overrides=TINY)
    microdata.observe(market)
    for _ in range(30):
        market.step()
    assert microdata.tables(market)["statuses"].query("role == 'person'")["days"].sum() > 0
    empty = Simulation(tiny(market__bosses=1, market__prostitutes=0, market__providers=0, entry__at_risk_per_100k=0.0))
    microdata.observe(empty)
    empty.run()
    assert len(microdata.tables(empty)["vacancies"]) == 0
    unrun = Market(market="class", overrides=TINY)
    microdata.observe(unrun)
    assert all(found.empty for name, found in microdata.tables(unrun).items() if name != "statuses")


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda market: microdata.tables(market), "is not observed"),
        (lambda market: (microdata.observe(market), microdata.observe(market)), "observed already"),
        (lambda market: (market.run(3), microdata.observe(market)), "3 days have been run"),
    ],
)
def test_a_mistake_is_one_line(act, said):
    with pytest.raises(ConfigurationError, match=said) as raised:
        act(Market(market="class", overrides=TINY))
    assert len(str(raised.value).splitlines()) == 1
