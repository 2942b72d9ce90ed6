"""The tables of a world: where they lie, and that no two worlds share one."""

import numpy as np
import pytest

from sim.configuration import compose
from sim.initialisation import population as founding
from sim.initialisation.population import found_world
from sim.simulation import Simulation
from sim.state.world import FIELDS, World, copy_world, double_providers

SMALL = {"days": 40, "burn_in": 0, "market.clients": 150}


def small(**changes):
    return compose("class", overrides=SMALL | changes)


def spans(world):
    """First and last byte of each table that has any, in the order of their addresses."""
    found = [(table.ctypes.data, table.ctypes.data + table.nbytes) for table in world.tables().values() if table.nbytes]
    return sorted(found)


def test_tables_of_a_block_begin_with_cache_lines_and_do_not_overlap():
    world = found_world(small()).world
    found = spans(world)
    assert all(first % 64 == 0 for first, _ in found)
    assert all(last <= first for (_, last), (first, _) in zip(found, found[1:], strict=False))
    assert {name: (table.dtype, table.ndim) for name, table in world.tables().items()} == {
        name: (np.dtype(kind), dimensions) for name, kind, dimensions in FIELDS
    }


def test_tables_of_zeros_hold_nothing_but_zeros():
    world = World.of_zeros({name: (3,) * dimensions for name, _, dimensions in FIELDS})
    assert all(not table.view(np.uint8).any() for table in world.tables().values())


def test_what_is_wanting_is_named():
    with pytest.raises(KeyError, match="counts"):
        World.of_zeros({})


PARAMETERS = small()


@pytest.mark.parametrize("other_of", [copy_world, lambda world: found_world(PARAMETERS).world])
def test_no_two_worlds_share_a_table(other_of):
    world = found_world(PARAMETERS).world
    other = other_of(world)
    first, second = founding._environment_of(PARAMETERS), founding._environment_of(PARAMETERS)
    assert first is second, "for this test a shared environment is needed"
    for (name, one), two in zip(world.tables().items(), other.tables().values(), strict=True):
        assert not np.shares_memory(one, two), name
        assert one.tobytes() == two.tobytes(), name


def test_the_policy_of_a_world_with_a_shared_setting_is_its_own():
    treated = compose("class", "venue_crackdown", overrides=SMALL | {"policy.start_day": 5})
    plain, run = Simulation(PARAMETERS), Simulation(PARAMETERS.model_copy(update={"policy": treated.policy}))
    expected = Simulation(treated)
    for one in (plain, run, expected):
        one.run()
    assert run.ledger_sha256() == expected.ledger_sha256() != plain.ledger_sha256()


def test_a_table_of_more_rows_leaves_the_others_where_they_are():
    world = found_world(small()).world
    grown = double_providers(world)
    assert grown.providers.size == 2 * world.providers.size and grown.clients is world.clients


def test_worlds_that_differ_in_their_seed_alone_share_a_setting_and_spoil_it_for_nobody():
    parameters = small()
    alone = Simulation(small(seed=7))
    alone.run()
    first = Simulation(parameters)
    first.params["demand_offers_seen"] = 1
    first.world.territories["fear"] = 0.5
    first.run()
    second = Simulation(parameters.model_copy(update={"seed": 7}))
    second.run()
    assert second.ledger_sha256() == alone.ledger_sha256() != first.ledger_sha256()


@pytest.mark.parametrize(
    ("group", "field", "value"),
    [("market", "clients", 160), ("demand", "price_start", 130.0), ("enforcement", "venue_share", 0.1)],
)
def test_worlds_that_differ_in_a_parameter_share_no_setting(group, field, value):
    parameters = small()
    other = parameters.model_copy(update={group: getattr(parameters, group).model_copy(update={field: value})})
    found_world(parameters)
    run, expected = Simulation(other), Simulation(small(**{f"{group}.{field}": value}))
    run.run()
    expected.run()
    assert run.ledger_sha256() == expected.ledger_sha256()
    assert run.params.tobytes() == expected.params.tobytes()
