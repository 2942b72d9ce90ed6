"""Twin worlds: nothing differs before a policy starts, a policy of nothing is nothing, one more agent changes only his own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.compiled import INTERPRETED
from sim.levers import LEVER_KINDS
from sim.simulation import Simulation
from tests.worlds import (
    ALL_LEVERS,
    BUSY,
    LEVER_INTENSITIES,
    cells,
    changes,
    compiled_only,
    examples,
    ran,
    table,
    tiny,
    with_lever,
    with_levers,
)

LEVERS = sorted(LEVER_KINDS)


def test_every_lever_has_an_intensity_to_test_with():
    assert set(LEVER_INTENSITIES) == set(LEVER_KINDS)


@given(changed=changes(policy=False, base=BUSY), lever=st.sampled_from(LEVERS), start=st.integers(0, 70))
@examples(60)
def test_twins_are_identical_until_the_policy_starts(changed, lever, start):
    parameters = tiny(**changed, policy__start_day=start)
    untreated = ran(parameters, 90)
    treated = ran(with_lever(parameters, lever, intensity=LEVER_INTENSITIES[lever]), 90)
    assert (table(untreated, start) == table(treated, start)).all()
    assert (cells(untreated, start) == cells(treated, start)).all()
    assert treated.world.public_cost[:start].sum() == 0


@given(changed=changes(policy=False, base=BUSY), lever=st.sampled_from(LEVERS), start=st.integers(0, 80))
@examples(30)
def test_a_lever_of_zero_intensity_is_absent(changed, lever, start):
    parameters = tiny(**changed)
    absent = ran(parameters).ledger_sha256()
    assert ran(with_lever(parameters, lever, intensity=0.0, start=start)).ledger_sha256() == absent


@compiled_only
@pytest.mark.parametrize("lever", LEVERS)
def test_each_lever_at_zero_leaves_the_ledger_alone(lever):
    assert ran(with_lever(tiny(), lever, intensity=0.0)).ledger_sha256() == ran(tiny()).ledger_sha256()


@pytest.mark.parametrize("levers", ["all of them"] if INTERPRETED else [*LEVERS, "all of them"])
def test_a_fork_equals_a_run_from_the_start(levers):
    """A twin forked on the morning of the policy is the twin that had the policy from its founding on."""
    chosen = {name: lever for name, lever in ALL_LEVERS.items() if levers in (name, "all of them")}
    treated = with_levers(tiny(**BUSY), chosen)
    untreated = ran(tiny(**BUSY), 30)
    fork = untreated.fork(treated)
    fork.run(60)
    untreated.run(60)
    assert fork.ledger_sha256() == ran(treated).ledger_sha256()
    assert untreated.ledger_sha256() == ran(tiny(**BUSY)).ledger_sha256()


@compiled_only
@pytest.mark.parametrize("lever", LEVERS)
def test_each_lever_moves_something(lever):
    """So that the tests above test something: in one of a few worlds the ledger feels it."""
    for seed in range(1, 9):
        world = tiny(**BUSY | {"seed": seed})
        treated = with_lever(world, lever, intensity=LEVER_INTENSITIES[lever])
        if (table(ran(world)) != table(ran(treated))).any():
            return
    raise AssertionError(f"{lever} moves nothing")


@given(lever=st.sampled_from(LEVERS), start=st.integers(10, 40), length=st.integers(1, 30))
@examples(30)
def test_a_lever_acts_between_its_days_only(lever, start, length):
    treated = ran(with_lever(tiny(**BUSY), lever, intensity=LEVER_INTENSITIES[lever], start=start, end=start + length))
    spent = np.flatnonzero(treated.world.public_cost.sum(axis=1))
    assert ((start <= spent) & (spent < start + length)).all()
    held = treated.world.ledger["providers_removed"] + treated.world.ledger["bosses_removed"]
    assert held[:start].sum() == held[start + length :].sum() == 0


# --- one more client ---------------------------------------------------------------------------
CLIENTS = 48 if INTERPRETED else 256  # with one search a day for each 16, rates are the same to the last bit


def crowd(clients, **changed):
    """A market whose clients have the same rates whatever their number."""
    return tiny(market__clients=clients, market__searches_per_day=clients / 16, **changed)


@given(changed=changes())
@examples(20)
def test_one_more_client_changes_nothing_before_his_first_search(changed):
    changed = {name: value for name, value in changed.items() if name not in ("market.clients", "market.searches_per_day")}
    fewer, more = ran(crowd(CLIENTS, **changed), 0), ran(crowd(CLIENTS + 1, **changed), 0)
    assert (fewer.world.clients["rate"] == more.world.clients["rate"][:CLIENTS]).all()
    first = min(int(more.world.clients["next_day"][CLIENTS]), 90)
    for run in (fewer, more):
        run.run()
    assert (table(fewer, first) == table(more, first)).all()
    assert (cells(fewer, first) == cells(more, first)).all()
    if first < 90:
        assert more.world.ledger["searches_due"][first] == fewer.world.ledger["searches_due"][first] + 1


@given(changed=changes())
@examples(20)
def test_one_who_never_takes_an_offer_touches_nobody(changed):
    """He searches, and his searches are all that differs, over the whole run; but they can bring a successor of a closed site."""
    apart = ("market.clients", "market.searches_per_day", "platforms.birth")
    changed = {name: value for name, value in changed.items() if name not in apart}
    fewer, more = Simulation(crowd(CLIENTS, **changed)), Simulation(crowd(CLIENTS + 1, **changed))
    more.world.clients[CLIENTS].willingness = -1e6
    for run in (fewer, more):
        run.run()
    differing = np.flatnonzero((table(fewer) != table(more)).any(axis=0))
    names = {fewer.world.ledger.dtype.names[column] for column in differing}
    closed = {"searches_blocked", "searches_given_up", "searches_to_street"}
    assert names <= {"searches_due", "searches", "retried", "unmet", "declined"} | closed
    assert (cells(fewer) == cells(more)).all()
