"""A market saved, loaded and forked goes on as the straight run does, to the bit; what cannot be is said in one line."""

import numpy as np
import pytest

from sim import snapshot
from sim.configuration import ConfigurationError
from sim.market import Boss, Market
from sim.simulation import Simulation
from tests.worlds import tiny

DAYS, HALF = 60, 30
NUMBERS = {
    "days": DAYS, "burn_in": 0, "policy.start_day": HALF, "market.clients": 300, "market.searches_per_day": 30.0,
    "enforcement.yield_factor": 1.0,
}  # fmt: skip


def market(policy="none", **settings):
    settings = {"market": "class", "seed": 3, "overrides": NUMBERS, **settings}
    return Market(policy=policy, **settings)


def state_of(made):
    """Every table but those of scratch, and what is recorded."""
    return made.ledger_sha256(), made.simulation.events().tobytes(), made.world.boss_cell_days.tobytes(), made.steps, made.day


@pytest.mark.parametrize("day", [0, HALF, DAYS])
def test_a_loaded_market_goes_on_as_the_straight_run(day, tmp_path):
    straight = market("venue_crackdown", record_events=True, overrides=NUMBERS | {"policy.start_day": 20})
    made = market("venue_crackdown", record_events=True, overrides=NUMBERS | {"policy.start_day": 20})
    made.run(day)
    loaded = Market.load(made.save(tmp_path / "half.npz"))
    assert state_of(loaded) == state_of(made) and loaded.parameters == made.parameters
    assert loaded.random.random() == made.random.random() and loaded.rng.random() == made.rng.random()
    for one in (straight, loaded):
        one.run()
    assert state_of(loaded) == state_of(straight)
    with pytest.raises(ConfigurationError, match="beyond the horizon"):
        loaded.step()


def test_tables_that_have_grown_are_saved_at_their_size(tmp_path, monkeypatch):
    monkeypatch.setattr("sim.initialisation.population._at_risk_who_arrive", lambda parameters, populations: 0)
    many = {"days": 100, "entry.at_risk_per_100k": 400.0, "entry.at_risk_days": 20.0}
    made = market(overrides=NUMBERS | many)
    made.run(90)
    at_first = Simulation(made.parameters).world.prostitutes.size
    loaded = Market.load(made.save(tmp_path / "grown.npz"))
    assert loaded.world.prostitutes.size == made.world.prostitutes.size > at_first
    made.run()
    loaded.run()
    assert state_of(loaded) == state_of(made)


def test_a_fork_under_another_policy_equals_the_straight_run():
    """A history without a policy, and the policy from its day on: as if it had been planned from the first morning."""
    history = market()
    history.run(HALF)
    forked, same = history.fork("venue_crackdown"), history.fork()
    straight, untreated = market("venue_crackdown"), market()
    for one in (forked, same, straight, untreated):
        one.run()
    assert state_of(forked) == state_of(straight) and forked.parameters == straight.parameters
    assert state_of(same) == state_of(untreated) and history.day == HALF
    assert forked.ledger_sha256() != same.ledger_sha256()


def test_numbers_of_the_rules_change_from_the_day_of_the_fork():
    history = market()
    history.run(HALF)
    changed, same = history.fork(overrides={"enforcement.yield_factor": 0.0}), history.fork()
    before = history.ledger_sha256()
    for one in (changed, same):
        one.run()
    first, second = (one.world.ledger["plans_broken_up"] for one in (changed, same))
    assert first[HALF:].sum() == 0 < second[HALF:].sum() and (first[:HALF] == second[:HALF]).all()
    assert history.ledger_sha256() == before and history.parameters.enforcement.yield_factor == 1.0
    assert changed.parameters.enforcement.yield_factor == 0.0


def test_a_fork_keeps_a_policy_that_has_begun_where_only_numbers_change():
    history = market("venue_crackdown", overrides=NUMBERS | {"policy.start_day": 10})
    history.run(HALF)
    forked = history.fork(overrides={"learning.fear_decay": 0.05})
    forked.run()
    assert forked.parameters.policy == history.parameters.policy
    assert forked.day == DAYS and (forked.world.public_cost[10:].sum(axis=1) > 0).all()


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"overrides": {"market.clients": 400}}, "market.clients=400: this is settled on the first morning"),
        ({"overrides": {"days": 90}}, "days=90: this is settled"),
        ({"overrides": {"seed": 4}}, "seed=4: this is settled"),
        ({"overrides": {"demand.rate_sigma": 2.0}}, "demand.rate_sigma=2.0: this is settled"),
        ({"overrides": {"calendar.growth": 0.1}}, "calendar.growth=0.1: this is settled"),
        ({"overrides": {"labour.bond": 1.0}}, "labour.bond"),
        ({"overrides": {"policy.start_day": 40}}, "counted towards day 30; run it with policy.start_day=40 from its first day"),
        ({"policy": "venue_crackdwn"}, "did you mean venue_crackdown"),
        (
            {"overrides": {"policy.levers.training": {"intensity": 1.0, "start": 5}}},
            "a lever begins on day 5, before the fork on day 30; run the history with policy.start_day=30",
        ),
        ({"overrides": ["labour.bonding=1"]}, "a mapping"),
    ],
)
def test_what_a_fork_cannot_change_is_said(asked, says):
    history = market()
    history.run(HALF)
    with pytest.raises(ConfigurationError, match=says):
        history.fork(**asked)


def test_code_of_ones_own_is_not_saved(tmp_path):
    class Careful(Boss):
        def step(self):
            pass

    class Watched(Market):
        pass

    own = [market(agent_classes={Boss: Careful}), Watched("class", overrides=NUMBERS), market()]
    own[2].insert_phase("mine", lambda day, seed, world, params: None, after="flow")
    for made in own:
        with pytest.raises(ConfigurationError, match="pickle the market"):
            made.save(tmp_path / "own.npz")
    assert not list(tmp_path.iterdir())


def test_files_that_are_no_markets_are_refused_in_a_line(tmp_path, monkeypatch):
    made = market()
    whole = made.save(tmp_path / "whole.npz")
    damaged, other, short, pickled = (tmp_path / name for name in ("damaged.npz", "other.npz", "short.npz", "pickled.npy"))
    content = bytearray(whole.read_bytes())
    content[len(content) // 2] ^= 255
    damaged.write_bytes(content)
    other.write_text("day,bosses\n")
    short.write_bytes(whole.read_bytes()[:-200])
    np.save(pickled, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    arrays = dict(np.load(whole))
    np.savez(tmp_path / "fewer.npz", **{name: array for name, array in arrays.items() if name != "bosses"})
    for path, says in (
        (damaged, "damaged"), (other, "damaged, or not a market"), (short, "damaged"), (pickled, "not a market"),
        (tmp_path / "fewer.npz", "lacks a table"), (tmp_path / "none.npz", "No such file"), (tmp_path, "cannot be read"),
    ):  # fmt: skip
        with pytest.raises(ConfigurationError, match=says) as caught:
            Market.load(path)
        assert str(path) in str(caught.value) and "\n" not in str(caught.value), path
    monkeypatch.setattr(snapshot, "SOURCE_DIGEST", "other")
    with pytest.raises(ConfigurationError, match="another version of the model"):
        Market.load(whole)


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path):
    made = market()
    with pytest.raises(ConfigurationError, match="cannot be written"):
        made.save(tmp_path / "none" / "market.npz")
    run = Simulation(tiny())
    run.world.counts[0].begun = 1
    with pytest.raises(ConfigurationError, match="half a day"):
        snapshot.write_snapshot(run, tmp_path / "half.npz")
    assert not list(tmp_path.iterdir())
