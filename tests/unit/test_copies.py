"""Copies of a market run on as the original does, and never touch it; where that cannot be, one line says so."""

import copy
import multiprocessing
import pickle
import signal
import threading
from concurrent.futures import ProcessPoolExecutor

import numba
import numpy as np
import pytest

from sim.configuration import ConfigurationError
from sim.day import PHASES
from sim.market import Market
from sim.mesa.agents import Boss, Client, Provider
from sim.simulation import Simulation
from sim.state.world import World
from tests.worlds import INTERPRETED, TINY, compiled_only, tiny

HALF, ALL = 30, 60


class Careful(Boss):
    """Keeps a count of its own, and acts on it."""

    days_seen = 0

    def step(self):
        self.days_seen += 1
        if self.days_seen % 7 == 0:
            self.price = max(1, self.price - 100)


class Watched(Market):
    """A market with a step and a log of its own."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.log = []

    def step(self):
        super().step()
        self.log.append(self.day)


def fewer_ads(day, seed, world, params):
    """A phase in plain Python at the top of a module."""
    if day % 5 == 0:
        world.bosses["price"][: world.counts[0].bosses] -= 50


@numba.njit
def compiled_phase(day, seed, world, params):
    """A phase compiled by its user."""
    if day % 5 == 0:
        for b in range(world.counts[0].bosses):
            world.bosses[b].price -= 50


class FewerAds:
    """A phase that is an object, with a memory."""

    def __init__(self):
        self.days = []

    def __call__(self, day, seed, world, params):
        self.days.append(day)
        if len(self.days) % 5 == 0:
            world.bosses["price"][: world.counts[0].bosses] -= 50


def market(kind=Market, **options) -> Market:
    return kind(market="class", seed=3, overrides=TINY, **options)


def with_closure(kind=Market, **options) -> Market:
    """A market with a phase that holds the market itself, and a memory."""
    made = market(kind, **options)
    seen = []

    def phase(day, seed, world, params):
        seen.append(day)
        bosses = made.world.bosses
        bosses["price"][: made.world.counts[0].bosses] -= len(seen)

    made.insert_phase("own", phase, after="planning")
    return made


def with_phase(phase, **options) -> Market:
    made = market(**options)
    made.insert_phase("own", phase, after="planning")
    return made


MAKERS = {
    "plain": market,
    "events": lambda: market(record_events=True),
    "own agents": lambda: market(agent_classes={Boss: Careful}),
    "own market": lambda: market(Watched),
    "own phase": lambda: with_phase(fewer_ads),
    "compiled phase": lambda: with_phase(compiled_phase if not INTERPRETED else fewer_ads),
    "object": lambda: with_phase(FewerAds()),
}
CLOSURES = {"closure": with_closure, "closure and agents": lambda: with_closure(agent_classes={Boss: Careful})}
WAYS = {"deepcopy": copy.deepcopy, "pickle": lambda made: pickle.loads(pickle.dumps(made))}


def told(made: Market) -> tuple:
    """All that a market has to show for its days."""
    return (
        made.day,
        made.steps,
        made.ledger_sha256(),
        made.simulation.events().tobytes(),
        [getattr(boss, "days_seen", None) for boss in made.agents_by_type[Boss]],
        getattr(made, "log", None),
    )


@pytest.mark.parametrize("before", [0, HALF])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("maker", MAKERS)
def test_a_copy_runs_on_as_the_original(maker, way, before):
    straight = MAKERS[maker]()
    straight.run(ALL)
    made = MAKERS[maker]()
    made.run(before)
    twin, at_once = WAYS[way](made), told(made)
    twin.run(ALL - before)
    assert told(twin) == told(straight)
    assert told(made) == at_once, "the copy has written into the original"
    made.run(ALL - before)
    assert told(made) == told(straight)


@pytest.mark.parametrize("maker", CLOSURES)
def test_a_copy_of_a_closure_acts_on_the_copy(maker):
    straight = CLOSURES[maker]()
    straight.run(ALL)
    made = CLOSURES[maker]()
    made.run(HALF)
    twin, at_once = copy.deepcopy(made), told(made)
    twin.run(ALL - HALF)
    assert told(twin) == told(straight) and told(made) == at_once
    made.run(ALL - HALF)
    assert told(made) == told(straight)
    with pytest.raises((AttributeError, pickle.PicklingError), match="local object|with_closure"):
        pickle.dumps(made)


def run_on(made):
    made.run(ALL - HALF)
    return made.ledger_sha256(), made.agents_by_type[Boss].get("cash")


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_market_goes_on_in_another_process(method):
    """It ended with a segmentation fault while addresses travelled with it."""
    made = market()
    made.run(HALF)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
        elsewhere = pool.submit(run_on, made).result()
    assert elsewhere == run_on(made)


def test_a_copy_has_the_fast_day_and_tables_of_its_own():
    made = market()
    made.run(HALF)
    for twin in (WAYS["deepcopy"](made), WAYS["pickle"](made)):
        assert twin.simulation.phases == list(PHASES) and twin.simulation._is_standard()
        for name, table in twin.world.tables().items():
            assert not np.shares_memory(table, getattr(made.world, name)), name
            assert table.tobytes() == getattr(made.world, name).tobytes(), name


def test_no_address_is_among_what_is_pickled():
    made = market()
    state = pickle.dumps(made, protocol=4)
    for address in (made.world.address, made.world.bosses.ctypes.data, made.world.ledger.ctypes.data):
        assert int(address).to_bytes(8, "little") not in state


def test_worlds_and_simulations_are_copied_alike():
    run = Simulation(tiny())
    run.run(HALF)
    twins = [copy.deepcopy(run), pickle.loads(pickle.dumps(run)), run.fork()]
    worlds = [copy.deepcopy(run.world), pickle.loads(pickle.dumps(run.world))]
    at_once = {name: table.tobytes() for name, table in run.world.tables().items()}
    run.run(HALF)
    for twin in twins:
        twin.run(HALF)
        assert twin.ledger_sha256() == run.ledger_sha256()
    for world in worlds:
        assert {name: table.tobytes() for name, table in world.tables().items()} == at_once


def test_the_copy_of_an_agent_belongs_to_the_copy_of_its_market():
    made = market(agent_classes={Boss: Careful})
    made.run(HALF)
    boss, plans = made.agents_by_type[Boss][0], [one.plan for one in made.agents_by_type[Boss] if one.plan]
    for way in WAYS.values():
        twin = way(boss)
        assert twin.model is not made and twin in twin.model.agents_by_type[Boss]
        assert twin is twin.model.agent(boss.unique_id) and twin.days_seen == boss.days_seen > 0
        twin.cash += 1
        assert twin.cash == boss.cash + 1
        some = way(made.agents_by_type[Provider])
        assert some.get("unique_id") == made.agents_by_type[Provider].get("unique_id") and some[0].model is not made
        changed = made.agents_by_type[Boss].select()
        changed.sort("cash", inplace=True)
        assert way(changed).get("unique_id") == changed.get("unique_id")
        assert plans and way(plans[0]).uid == plans[0].uid and way(plans[0]).is_running


@pytest.mark.parametrize("thing", ["market", "simulation", "world", "agent"])
def test_a_shallow_copy_is_refused(thing):
    made = market()
    things = {"market": made, "simulation": made.simulation, "world": made.world, "agent": made.agents_by_type[Boss][0]}
    with pytest.raises((ConfigurationError, TypeError), match="copy.deepcopy"):
        copy.copy(things[thing])


@pytest.mark.parametrize("way", WAYS)
def test_no_copy_within_a_day(way):
    made = market()
    made.insert_phase("copies", lambda day, seed, world, params: WAYS[way](made), after="planning")
    with pytest.raises(ConfigurationError, match="day 0 of this market is under way; do it between two days"):
        made.run(1)


def test_a_market_that_runs_itself_is_refused():
    made = market()
    made.insert_phase("runs", lambda day, seed, world, params: made.run(1), after="planning")
    with pytest.raises(ConfigurationError, match="under way"):
        made.run(1)


@compiled_only
def test_one_market_in_two_threads_is_refused():
    made = Market(market="class", seed=3, overrides={"days": 3000})
    refused = []

    def again():
        try:
            while made.day < made.days - 1:
                made.run(1)
        except ConfigurationError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=again) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    straight = Market(market="class", seed=3, overrides={"days": 3000})
    straight.run(made.day)
    assert made.ledger_sha256() == straight.ledger_sha256()
    assert all("under way" in message for message in refused)


def test_half_a_day_is_not_gone_on_from():
    made = market()
    made.run(10)

    def fails(day, seed, world, params):
        raise ZeroDivisionError

    made.insert_phase("fails", fails, after="administration")
    with pytest.raises(ZeroDivisionError):
        made.run(5)
    for attempt in (made.run, made.step, lambda: copy.deepcopy(made), lambda: pickle.dumps(made)):
        with pytest.raises(ConfigurationError, match="day 10 of this market was broken off in its middle|make the market again"):
            attempt()


@compiled_only
def test_an_interrupt_loses_and_repeats_no_day():
    """It comes when a batch of days has just run: the days were run again before."""
    straight = Market(market="herault", seed=3, overrides={"days": 400})
    straight.run()
    made = Market(market="herault", seed=3, overrides={"days": 400})
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    interrupts = 0
    try:
        while made.day < made.days:
            signal.setitimer(signal.ITIMER_REAL, 0.004)
            try:
                made.run()
            except KeyboardInterrupt:
                interrupts += 1
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert interrupts > 0 and made.steps == made.day == 400
    assert made.ledger_sha256() == straight.ledger_sha256()


known_to_all = None


class Forgetful(Boss):
    """Asks a global name instead of `self.model`."""

    def step(self):
        if known_to_all is not None:
            assert known_to_all.day >= 0


def uses_a_global(day, seed, world, params):
    assert known_to_all is None or known_to_all.day == day


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("maker", [lambda: market(agent_classes={Boss: Forgetful}), lambda: with_phase(uses_a_global)])
@pytest.mark.parametrize("known_as", [lambda made: made, lambda made: made.simulation, lambda made: made.views(Client, [0])[0]])
def test_what_knows_the_market_by_a_global_name_is_refused(way, maker, known_as, monkeypatch):
    made = maker()
    monkeypatch.setitem(globals(), "known_to_all", known_as(made))
    with pytest.raises(ConfigurationError, match="by the global name 'known_to_all'.*self.model"):
        WAYS[way](made)
    monkeypatch.setitem(globals(), "known_to_all", None)
    assert WAYS[way](made).day == 0


def test_a_world_is_not_taken_apart():
    world = market().world
    with pytest.raises(AttributeError, match=r"world.bosses: a table cannot be exchanged; write into it"):
        world.bosses = np.zeros_like(world.bosses)
    with pytest.raises(AttributeError, match="cannot be taken away"):
        del world.bosses


def test_what_other_code_has_pickled_is_refused(monkeypatch):
    made = market()
    state = pickle.dumps(made)
    tables = made.world.tables() | {"bosses": made.world.bosses.view(np.uint8)}
    with pytest.raises(TypeError, match="another version of the model"):
        World.__setstate__(object.__new__(World), tables)
    monkeypatch.setattr("sim.simulation.SOURCE_DIGEST", "another")
    with pytest.raises(ConfigurationError, match="pickled by another version of the model's code; run it again"):
        pickle.loads(state)
