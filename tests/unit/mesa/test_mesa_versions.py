"""What Mesa's own tools do with a market, alike from Mesa 3.3 to 3.5."""

import ast
import warnings

import mesa
import pytest

from sim.configuration import ConfigurationError
from sim.market import Market
from sim.mesa.agent_sets import LazyAgentSet
from sim.mesa.agents import Boss, Client
from sim.mesa.versions import AgentSet, methods_of_sets, steps_alone
from tests.worlds import ROOT, TINY

SMALL = {"market": "class", "overrides": TINY}


class Collected(Market):
    """A market as Mesa's batch runner wants it: with a collector of data."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.datacollector = mesa.DataCollector({"encounters": lambda m: int(m.simulation.world.ledger["encounters"][m.day - 1])})

    def step(self):
        super().step()
        self.datacollector.collect(self)


def batch(kind=Collected, parameters=None, **options):
    """The encounters of the last day of each run."""
    given = {"market": "class", "overrides": [TINY]} | (parameters or {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Mesa's own, of `iterations`
        rows = mesa.batch_run(kind, given, max_steps=20, display_progress=False, **options)
    return [row["encounters"] for row in rows]


def straight(seed: int) -> int:
    market = Collected(seed=seed, **SMALL)
    market.run(21 if mesa.__version__ < "3.4" else 20)  # Mesa 3.3 goes on for one step more
    return market.datacollector.model_vars["encounters"][-1]


def seeds_of_batch(seeds: list[int]) -> dict:
    return {"parameters": {"seed": seeds}} if mesa.__version__ < "3.4" else {"rng": seeds}


def test_batch_run_makes_a_world_of_each_seed():
    assert batch(**seeds_of_batch([1, 2, 3])) == [straight(seed) for seed in (1, 2, 3)]
    assert batch() == [straight(1)]


class WithSeed(Collected):
    """The batch runner looks for this word."""

    def __init__(self, market="class", seed=1, overrides=None):
        super().__init__(market=market, seed=seed, overrides=overrides)


@pytest.mark.parametrize("kind", [Collected, WithSeed])
def test_batch_run_never_repeats_a_world_in_silence(kind):
    with pytest.raises(ConfigurationError, match=r"(same world|no world without a seed); give batch_run a seed for each world: "):
        batch(kind, iterations=3)


def test_rng_is_another_word_for_the_seed():
    assert Market(rng=5, **SMALL).parameters.seed == 5


def test_no_warning_of_mesas_for_an_ordinary_market():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        market = Market(**SMALL)
        market.run(3)
        market.step()
        market.agents_by_type[Boss].do(lambda boss: None)
    assert market.steps == market.day == 4


def test_steps_and_runs_keep_mesas_clock():
    market = Market(**SMALL)
    for days in (3, 1, 5):
        market.run(days)
        market.step()
    assert market.steps == market.day == 12
    assert getattr(market, "time", 12) == 12
    alike = Market(**SMALL)
    alike.run(12)
    assert market.ledger_sha256() == alike.ledger_sha256()
    market.run_model()
    assert market.day == market.days and not market.running


@pytest.mark.skipif(not hasattr(mesa.Model, "schedule_event"), reason="this Mesa has no schedule of events")
def test_events_of_a_users_have_their_time_within_a_run():
    market, days = Market(**SMALL), []

    def note():
        days.append((market.time, market.day))

    market.run(2)
    market.schedule_event(note, at=5.5)
    recurring = market.schedule_recurring(note, mesa.time.Schedule(interval=4.0, start=8.0))
    assert not steps_alone(market)
    market.run(12)
    assert days == [(5.5, 5), (8.0, 8), (12.0, 12)]
    recurring.stop()
    assert steps_alone(market)
    market.run(6)
    assert market.steps == market.day == market.time == 20


def test_a_step_that_failed_is_not_passed_over_later():
    class Failing(Market):
        def step(self):
            if self.day == 4:
                raise ZeroDivisionError
            super().step()

    market = Failing(**SMALL)
    with pytest.raises(ZeroDivisionError):
        market.run(10)
    with pytest.raises((ZeroDivisionError, ConfigurationError), match=r"Mesa's clock stopped|^$"):
        market.step()
    assert market.day == 4


def test_sets_have_mesas_methods_and_none_looks_for_what_a_lazy_set_has_not():
    """Each method of Mesa's is done by an ordinary set, or anew; in none is a private name of Mesa's looked up."""
    assert methods_of_sets() >= {"select", "shuffle", "sort", "do", "shuffle_do", "map", "set", "get", "agg", "groupby", "add"}
    assert methods_of_sets() <= vars(LazyAgentSet).keys()
    market = Market(**SMALL)
    bosses = market.agents_by_type[Boss]
    assert isinstance(bosses, LazyAgentSet) and isinstance(bosses, AgentSet)
    assert bosses.sort("cash").get("cash") == sorted(bosses.get("cash"), reverse=True)
    assert bosses.map(lambda boss: boss.cash) == bosses.get("cash")
    assert bosses.set("price", 777) is bosses and set(bosses.get("price")) == {777}
    first = bosses[0]
    bosses.discard(first)
    assert first not in bosses and len(bosses) == len(market.simulation.world.bosses[: market.world.counts[0].bosses]) - 1
    with pytest.raises(KeyError):
        bosses.remove(first)
    clients = market.agents_by_type[Client]
    assert [view.row for view in clients.shuffle()] != [view.row for view in clients]


@pytest.mark.parametrize("module", [path for path in sorted((ROOT / "sim").glob("*.py")) if "mesa" in path.read_text()], ids=str)
def test_private_names_of_mesas_are_touched_in_one_file(module):
    private = {name for kind in (mesa.Model, mesa.Agent, AgentSet) for name in dir(kind)} | vars(mesa.Model()).keys()
    private = {name for name in private | vars(AgentSet([], Market(**SMALL).random)).keys() if name.startswith("_")}
    private = {name for name in private if not name.startswith("__")} - {"_from_iterable"}  # Python's own hook of sets
    tree = ast.parse(module.read_text(encoding="utf-8"))
    touched = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & private
    assert touched == set() or module.name == "mesa_versions.py"
