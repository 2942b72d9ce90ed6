"""Sets of agents: what they give is what Mesa's own would give, and views are made only for whom one looks at."""

import copy
import operator
import statistics
import tracemalloc

import mesa
import numpy as np
import pytest
from mesa.agent import AgentSet

from sim.market import Boss, Client, Market, OutreachTeam, PoliceUnit, Prostitute, Provider, Shelter
from sim.mesa.agent_sets import LazyAgentSet, field_of
from sim.mesa.agents import ROLES, View
from sim.state.records import RUNNING

OVERRIDES = {"days": 60, "burn_in": 0, "market.clients": 300}


def market_of(days=0, **settings) -> Market:
    made = Market(**({"market": "class", "seed": 1, "overrides": OVERRIDES} | settings))
    made.run(days)
    return made


def views_made(market: Market) -> int:
    return sum(len(views) for views in market._views.values())


def as_mesa_holds_it(group) -> AgentSet:
    """The same agents in a set of Mesa's own."""
    return AgentSet(list(group), random=group.random)


@pytest.fixture(scope="module")
def lived():
    """A market of 40 days, for tests that only read; all views are made in the course of them."""
    return market_of(days=40)


def groups_of(market: Market) -> dict:
    return {"everybody": market.agents} | {role.__name__: market.agents_by_type[role] for role in ROLES}


# --- laziness ------------------------------------------------------------------------------------


def touch_lightly(market: Market) -> int:
    """Whatever costs no views: all but the dozen touched here by name. Returns how many those are."""
    clients, everybody = market.agents_by_type[Client], market.agents
    assert len(everybody) == sum(len(group) for group in market.agents_by_type.values()) and everybody
    for group in (everybody, *market.agents_by_type.values()):
        assert len(group.get("unique_id")) == len(group.get("row")) == len(group)
    for role in (Boss, Provider, Prostitute):
        group = market.agents_by_type[role]
        counts = group.groupby("status").count()
        assert sum(counts.values()) == len(group) and set(group.get("status")) == set(counts)
        assert group.agg("birth_day", [min, max, np.median]) == [f(group.get("birth_day")) for f in (min, max, np.median)]
    assert clients.agg("rate", np.mean) > 0.0
    assert len(clients.get(["rate", "territory"])[0]) == 2
    assert len(clients.select(at_most=0.5)) == len(clients) // 2
    assert len(everybody.select(agent_type=Boss)) == len(market.agents_by_type[Boss])
    touched = [clients[0], clients[-1], *clients[10:14], everybody[0], everybody[-1], *clients.select(at_most=2)]
    assert clients[0] in clients and clients[0] in everybody and clients[0] not in market.agents_by_type[Boss]
    assert everybody.select(lambda boss: boss.row == 3, at_most=1, agent_type=Boss)[0].row == 3  # Mesa asks one more
    return len({*touched, *market.views(Boss, range(5))})


def test_views_are_made_only_for_whom_one_looks_at():
    market = market_of()
    assert views_made(market) == 0
    touched = touch_lightly(market)
    assert views_made(market) == touched < 20
    next(iter(market.agents_by_type[Provider]))
    assert views_made(market) == touched + 1
    market.run(30)
    assert market.agents_by_type[Client][0].status == 0 and views_made(market) == touched + 1


@pytest.mark.slow
def test_a_million_clients_take_no_room():
    market = Market(market="france", seed=1, overrides={"days": 30, "burn_in": 0})
    assert len(market.agents_by_type[Client]) >= 900_000
    clients, everybody = market.agents_by_type[Client], market.agents
    tracemalloc.start()
    try:
        assert len(everybody) == len(market.agents) > len(clients)
        assert market.agents_by_type[Boss] and clients[0] in market.agents and everybody[-1] is not clients[-1]
        assert [client.row for client in clients[:: len(clients) // 10]][1] == len(clients) // 10
        assert clients.agg("rate", np.mean) == market.world.clients["rate"].astype(float).mean()
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert views_made(market) < 100
    assert kept < 2_000_000 and peak < 20_000_000  # one column of numbers while their mean is taken


def test_a_set_stays_while_nobody_comes_or_goes():
    market = market_of()
    for role in ROLES:
        assert market.agents_by_type[role] is market.agents_by_type[role]
    bosses, clients = market.agents_by_type[Boss], market.agents_by_type[Client]
    assert bosses[1] is bosses[1] is list(bosses)[1]
    leaving = bosses[1]
    leaving.status = "left"
    now = market.agents_by_type[Boss]
    assert len(now) == len(bosses) - 1 and leaving in bosses and leaving not in now and now[1] is bosses[2]
    market.run(20)
    assert market.agents_by_type[Client] is clients


# --- the same as Mesa's --------------------------------------------------------------------------


def test_sets_have_the_methods_of_mesa():
    market = market_of(days=30)
    bosses = market.agents_by_type[Boss]
    running = bosses.select(lambda boss: boss.status == "running")
    assert len(running) == (market.world.bosses["status"][: market.world.counts[0].bosses] == RUNNING).sum()
    present = market.world.bosses[Boss.rows_present(market.world)]
    assert bosses.agg("cash", sum) == present["cash"].sum()
    assert bosses.get("row") == [boss.row for boss in bosses]
    assert bosses.groupby("status").count()["running"] == len(running)
    bosses.set("cash", 3)
    assert bosses.agg("cash", [min, max]) == [3, 3]
    called = []
    bosses.shuffle_do(called.append)
    bosses.do(called.append)
    assert len(called) == 2 * len(bosses) and set(called) == set(bosses)
    assert list(bosses.sort("birth_day", ascending=True).get("birth_day")) == sorted(bosses.get("birth_day"))


@pytest.mark.parametrize("role", ROLES)
def test_fields_read_from_tables_equal_those_of_views(lived, role):
    group = lived.agents_by_type[role]
    views = as_mesa_holds_it(group)
    fields = [name for name in dir(role) if field_of(role, name)]
    assert {"unique_id", *getattr(lived.world, role.table).dtype.names} - {"uid", "plan"} <= set(fields)
    for name in fields:
        read, held = group.get(name), views.get(name)
        np.testing.assert_array_equal(np.array(read), np.array(held))
        assert [type(value) for value in read] == [type(value) for value in held]
        if isinstance(read[0], int | float):
            functions = [min, max, sum, np.mean, np.median, np.std, np.sum, np.max, len, statistics.median, sorted]
            assert group.agg(name, functions) == views.agg(name, functions)
            for function in functions:
                assert group.agg(name, function) == views.agg(name, function)
                assert type(group.agg(name, function)) is type(views.agg(name, function))
    assert group.get(["row", "unique_id", "where"]) == views.get(["row", "unique_id", "where"])
    assert group.get([]) == views.get([])


def test_live_rows_stay_live():
    market = market_of()
    market.agents_by_type[Boss].get("contact")[2][0] = 17
    assert market.agents_by_type[Boss][2].contact[0] == 17


def test_sets_do_what_mesas_do(lived):
    for name, group in groups_of(lived).items():
        views = as_mesa_holds_it(group)
        assert isinstance(group, AgentSet) and len(group) == len(views) and bool(group) == bool(views), name
        assert list(group) == list(views) == group[:] and list(reversed(group)) == list(reversed(views))
        assert group == views and group <= views and list(group | views) == list(views) == list(group & views)
        assert group.get("where") == views.get("where") and group.map(id) == views.map(id)
        for item in (0, -1, np.int64(1), slice(2), slice(None, None, 7), slice(-1, None, -3), slice(5, 2)):
            assert group[item] == views[item]
        for at_most in (0, 1, 3, 0.25, 1.0, 2.5, -1, 10**9):
            assert list(group.select(at_most=at_most)) == list(views.select(at_most=at_most)), (name, at_most)
            some = group.select(lambda agent: agent.unique_id % 2, at_most=at_most)
            assert list(some) == list(views.select(lambda agent: agent.unique_id % 2, at_most=at_most))
        for kind in (Boss, View, mesa.Agent, Market):
            assert list(group.select(agent_type=kind)) == list(views.select(agent_type=kind))
        assert list(group.sort("unique_id")) == list(views.sort("unique_id"))
        by = operator.attrgetter("table")
        assert {key: list(part) for key, part in group.groupby(by)} == {key: list(part) for key, part in views.groupby(by)}
        assert copy.copy(group) == group.select() == group and copy.copy(group) is not group
        called = []
        assert group.do(called.append) is group and called == list(views)
        with pytest.raises(IndexError):
            group[len(group)]
        with pytest.raises(IndexError):
            group[-len(group) - 1]
        with pytest.raises(AttributeError, match="nonsense"):
            group.get("nonsense")
        with pytest.raises(ValueError, match="handle_missing"):
            group.get("row", handle_missing="skip")
        for stranger in (None, 3, "Boss", market_of().agents_by_type[Boss][0]):
            assert stranger not in group


def test_missing_attributes_get_the_default(lived):
    everybody = lived.agents
    assert everybody.get("cash", "default", -1) == as_mesa_holds_it(everybody).get("cash", "default", -1)
    with pytest.raises(AttributeError, match="cash"):
        everybody.get("cash")


@pytest.mark.parametrize(
    ("role", "by"), [(Client, "territory"), (Prostitute, "status"), (Provider, "n_plans"), (Shelter, "distant")]
)
def test_groups_by_a_field_equal_mesas(lived, role, by):
    group = lived.agents_by_type[role]
    ours, theirs = group.groupby(by), as_mesa_holds_it(group).groupby(by)
    assert list(ours.groups) == list(theirs.groups) and ours.count() == theirs.count()
    for key, part in ours:
        assert isinstance(part, LazyAgentSet) and list(part) == list(theirs.groups[key])
        assert part.get("unique_id") == theirs.groups[key].get("unique_id") and all(agent in part for agent in part)
    assert ours.agg("row", sum) == theirs.agg("row", sum)
    assert group.groupby(by, result_type="list").groups == {key: list(part) for key, part in theirs}


def test_shuffles_are_those_of_mesa():
    lazy, plain = market_of().agents_by_type[Provider], as_mesa_holds_it(market_of().agents_by_type[Provider])
    orders = []
    for group in (lazy, plain):
        seen = []
        group.shuffle_do(lambda agent, seen=seen: seen.append(agent.row))
        orders.append(seen + group.shuffle().get("row") + group.shuffle(inplace=True).get("row") + group.get("row"))
    assert orders[0] == orders[1]


def change_by_adding(group, agent):
    group.add(agent)


def change_by_discarding(group, agent):
    group.discard(group[0])
    group.remove(group[0])


def change_by_sorting(group, agent):
    assert group.sort("birth_day", ascending=True, inplace=True) is group


def change_by_selecting(group, agent):
    assert group.select(lambda one: one.row % 2, inplace=True) is group
    assert group.select(at_most=4, inplace=True) is group


def change_by_setting(group, agent):
    assert group.set("birth_day", -5) is group
    group -= group.select(at_most=2)


@pytest.mark.parametrize(
    "change", [change_by_adding, change_by_discarding, change_by_sorting, change_by_selecting, change_by_setting]
)
def test_a_changed_set_is_an_ordinary_one(change):
    market = market_of()
    lazy, stranger = market.agents_by_type[Boss], market.agents_by_type[Client][5]
    plain = as_mesa_holds_it(lazy)
    change(lazy, stranger)
    change(plain, stranger)
    assert list(lazy) == list(plain) == lazy[:] and len(lazy) == len(plain) and lazy[0] in lazy
    assert lazy.get(["row", "unique_id"]) == plain.get(["row", "unique_id"])
    assert lazy.agg("row", np.mean) == plain.agg("row", np.mean)
    assert len(copy.copy(lazy)) == len(lazy.select(at_most=1.0)) == len(plain)
    assert market.agents_by_type[Boss] is lazy  # until somebody comes or goes, as with Mesa's
    assert len(market.agents) == sum(len(group) for group in market.agents_by_type.values())


def test_own_attributes_and_overridden_fields_are_read_from_views():
    class Discreet(Boss):
        price = 7

        def __init__(self, model, row):
            super().__init__(model, row)
            self.days_seen = row

        @property
        def cash(self):
            return None

    market = market_of(agent_classes={Boss: Discreet})
    bosses = market.agents_by_type[Discreet]
    assert set(bosses.get("cash")) == {None} and set(bosses.get("price")) == {7}
    assert bosses.get("days_seen") == bosses.get("row")
    assert bosses.get("convictions") == [boss.convictions for boss in bosses]


def test_an_agent_of_another_kind_joins_the_sets():
    market = market_of()

    class Observer(mesa.Agent):
        pass

    observer = Observer(market)
    everybody = market.agents
    assert list(market.agents_by_type[Observer]) == [observer] and observer in everybody
    assert everybody[-1] is observer and everybody[-2:] == [everybody[-2], observer]
    assert everybody.get("unique_id")[-1] == observer.unique_id
    assert list(everybody.select(agent_type=Observer)) == [observer] and observer not in everybody.select(agent_type=View)
    assert views_made(market) == 1
    assert len(everybody.select(agent_type=mesa.Agent)) == len(everybody) == len(list(everybody)) == views_made(market) + 1
    observer.remove()
    assert observer not in market.agents and observer in everybody


def test_teams_are_as_many_as_police_units(lived):
    assert lived.agents_by_type[OutreachTeam].get("jurisdiction") == lived.agents_by_type[PoliceUnit].get("jurisdiction")
