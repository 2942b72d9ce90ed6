"""The day: one list, written out once for the compiler; the same bits by every way of running it."""

import ast
import inspect
import threading

import pytest

import sim.day
import sim.simulation
from sim.configuration import ConfigurationError, compose
from sim.day import PHASES, many_days
from sim.simulation import Simulation
from tests.worlds import ALL_LEVERS, BUSY, compiled_only, ran, run_fresh, tiny, with_lever, with_levers


def busy(days=60, **changed):
    """A tiny market in which every institution is busy, under all levers, so that the days have everything in them."""
    return with_levers(tiny(**{"days": days} | BUSY | changed), ALL_LEVERS)


def calls_written_out():
    """Names of the functions that `many_days` calls between the marks of a day's begin and end, with their arguments."""
    tree = ast.parse(inspect.getsource(sim.day))
    whole = next(node.body for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "many_days")
    loop = next(node.body for node in whole if isinstance(node, ast.For))
    begin, end = (k for k, node in enumerate(loop) if "world.counts[0]." in ast.unparse(node) and isinstance(node, ast.Assign))
    between = loop[begin + 1 : end]
    assert all(isinstance(node, ast.Expr) for node in between), "the day is its phases and nothing else"
    return [(node.value.func.id, [arg.id for arg in node.value.args]) for node in between]


def test_the_list_of_phases_is_the_day():
    written = calls_written_out()
    assert [name for name, _ in written] == [phase.__name__ for _, phase in PHASES]
    assert all(arguments == ["day", "seed", "world", "params"] for _, arguments in written)


def test_names_of_phases_are_apart_and_explained():
    names = [name for name, _ in PHASES]
    assert len(names) == len(set(names))
    assert all(phase.__doc__ for _, phase in PHASES)


@pytest.mark.parametrize("market", ["class", "herault"])
def test_phase_by_phase_is_the_same_to_the_bit(market):
    parameters = busy(market=market)
    step_by_step = Simulation(parameters)
    step_by_step.insert_phase("nothing", lambda day, seed, world, params: None, after="census")
    step_by_step.run()
    assert step_by_step.ledger_sha256() == ran(parameters).ledger_sha256()


def test_one_day_at_a_time_is_the_same_to_the_bit():
    run = Simulation(busy())
    for day in range(60):
        many_days(day + 1, run.seed, run.world, run.params[0])
    assert run.ledger_sha256() == ran(busy()).ledger_sha256()


@pytest.mark.parametrize("batch", [1, 7, 59, 1000])
def test_batches_of_any_size_are_the_same_to_the_bit(batch, monkeypatch):
    expected = ran(busy()).ledger_sha256()
    monkeypatch.setattr(sim.simulation, "DAYS_A_BATCH_AT_20K", batch)
    assert ran(busy()).ledger_sha256() == expected


def test_running_in_pieces_is_the_same_to_the_bit():
    run = Simulation(busy())
    for days in (1, 0, 13, 46):
        run.run(days)
    assert run.day == 60
    assert run.ledger_sha256() == ran(busy()).ledger_sha256()


@compiled_only
def test_one_compiled_day_serves_all_presets():
    """A second type signature would mean a second minute of compilation, and another cache entry."""
    for market in ("class", "herault"):
        run = Simulation(compose(market, overrides={"days": 3, "burn_in": 0}))
        many_days(1, run.seed, run.world, run.params[0])
        run.run(2)
    assert len(many_days.signatures) == 1


@compiled_only
def test_two_threads_at_once():
    """Worlds share nothing: side by side they run as they do alone."""
    seeds = range(4)
    expected = [ran(busy(seed=seed)).ledger_sha256() for seed in seeds]
    runs = [Simulation(busy(seed=seed)) for seed in seeds]
    threads = [threading.Thread(target=run.run) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [run.ledger_sha256() for run in runs] == expected


HASH_OF_A_WORLD = "from tests.unit.test_day import busy, ran; print(ran(busy()).ledger_sha256())"


@pytest.mark.slow
def test_fresh_interpreters_agree():
    """Whatever the order of sets and dictionaries in a process."""
    hashes = {run_fresh(HASH_OF_A_WORLD, PYTHONHASHSEED=salt).stdout.strip() for salt in ("0", "1")}
    assert hashes == {ran(busy()).ledger_sha256()}


def test_seeds_give_different_worlds():
    assert len({ran(busy(seed=seed)).ledger_sha256() for seed in range(3)}) == 3


@compiled_only
def test_a_parameter_off_by_a_little_gives_another_world():
    """The hash sees what it should see."""
    assert ran(busy(demand__willingness_mean=180.0)).ledger_sha256() != ran(busy(demand__willingness_mean=181.8)).ledger_sha256()


def test_beyond_the_horizon_is_refused():
    run = ran(busy())
    with pytest.raises(ConfigurationError, match="day 61 lies beyond the horizon of 60 days"):
        run.run(1)


def test_phases_that_do_not_exist_are_refused():
    run = Simulation(busy())
    for attempt in (lambda: run.insert_phase("x", print, after="plannig"), lambda: run.replace_phase("flw", print)):
        with pytest.raises(ConfigurationError, match="no phase named .* valid: calendar, planning"):
            attempt()


def test_a_replaced_phase_is_what_runs():
    """Without enforcement nobody is arrested."""
    run = Simulation(busy(enforcement__inspector_days_per_100k=10.0))
    run.replace_phase("enforcement", lambda day, seed, world, params: None)
    run.run()
    assert run.world.ledger["plans_broken_up"].sum() == 0
    assert ran(busy(enforcement__inspector_days_per_100k=10.0)).world.ledger["plans_broken_up"].sum() > 0


def test_forks_are_refused_where_they_would_rewrite_the_past():
    run = ran(tiny(), 40)
    with pytest.raises(ValueError, match="before the fork on day 40"):
        run.fork(with_lever(tiny(), "venue_inspection", intensity=1.0))
    with pytest.raises(ValueError, match="settled on the first morning"):
        run.fork(tiny(market__bosses=7))


def test_the_time_of_each_phase_can_be_asked_and_changes_nothing():
    straight = ran(busy())
    timed = Simulation(busy())
    timed.run(20)
    seconds = timed.time_phases(10)
    assert list(seconds) == [name for name, _ in PHASES] and timed.day == 30
    assert all(part >= 0 for part in seconds.values()) and sum(seconds.values()) > 0
    timed.time_phases()
    assert timed.ledger_sha256() == straight.ledger_sha256()
    with pytest.raises(ConfigurationError, match="horizon"):
        timed.time_phases(1)
