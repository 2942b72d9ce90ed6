"""Inspection: which Plans a visit finds, which cell it goes to, and that a lever's visits are added, not mixed in."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine import chance_plain as chance
from sim.engine import draws
from sim.engine.chance import U64
from sim.engine.compiled import INTERPRETED, phase
from sim.rules.calendar import open_the_day
from sim.rules.enforcement import inspections_plain as inspections
from sim.rules.enforcement.enforcement import enforce
from sim.rules.enforcement.inspections import _choose_cell, visit
from sim.rules.enforcement.inspections_plain import weight_of
from sim.rules.plain_tables import in_plain_numbers
from sim.rules.planning.planning import plan_the_day
from sim.state.records import KINDS, STREET
from sim.state.world import copy_world
from tests.naive.side_by_side import state_of
from tests.worlds import changes, examples, ran, tiny, with_lever

WAYS = ("uniform", "listed", "learned", "reported", "problem")
MANY = {} if INTERPRETED else {"market__bosses": 60, "market__prostitutes": 150, "market__providers": 80}
NUMBERS = 400 if INTERPRETED else 4000


@phase
def fast_visit(cell, substream, k, street, day, seed, world, params):
    """`visit`, to be called from Python."""
    visit(cell, substream, k, street, day, seed, world, params)


@phase
def choose_cells(street, unit, world, params, out):
    """Cells chosen for as many uniform numbers, evenly spread."""
    for place in range(out.size):
        out[place] = _choose_cell((place + 0.5) / out.size, street, world.units[unit], world, params)


def morning(day, **changed):
    run = ran(tiny(**changed), day)
    open_the_day(day, run.seed, run.world, run.params[0])
    plan_the_day(day, run.seed, run.world, run.params[0])
    return run


@pytest.mark.slow
@given(cell=st.integers(0, 11), substream=st.integers(0, 2**64 - 1), k=st.integers(0, 9))
@examples(60)
def test_a_visit_finds_exactly_the_plans_at_its_venue(cell, substream, k):
    """With one venue or two a cell, so that several Plans share one, and an even chance of finding each."""
    few = {f"planning__venue_stock__{kind}": 0.02 for kind in ("street", "hotel", "flat", "client_home")}
    even = {f"enforcement__find_chance__{kind}": 0.5 for kind in ("street", "hotel", "flat", "client_home")}
    run = morning(20, **MANY, **few, **even)
    run.world.finds[:] = 0  # police begin their day with none
    other = copy_world(run.world)
    fast_visit(cell, U64(substream), k, cell % KINDS == STREET, 20, run.seed, run.world, run.params[0])
    readable, numbers = in_plain_numbers(other, run.params[0])
    inspections.visit(cell, substream, k, 20, run.seed, readable, numbers)
    assert state_of(run.world) == state_of(other)
    name = "found_by_patrol" if cell % KINDS == STREET else "found_by_visit"
    assert int(run.world.ledger[20][name]) == int(run.world.finds[cell]) == int(run.world.ledger[20]["plans_broken_up"])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("street", [False, True])
@pytest.mark.parametrize("unit", [0, 1])
def test_cells_are_chosen_by_their_weights(way, street, unit):
    """Numbers spread evenly over (0, 1) give each cell its share, to the nearest of them."""
    run = ran(tiny(enforcement__cells_chosen=way, enforcement__listed_territory=1), 5)
    run.world.attention[:] = np.arange(len(run.world.attention)) % 5
    out = np.empty(NUMBERS, np.int64)
    choose_cells(street, unit, run.world, run.params[0], out)
    readable, numbers = in_plain_numbers(run.world, run.params[0])
    expected = np.array([weight_of(cell, street, unit, readable, numbers) for cell in range(len(run.world.attention))])
    observed = np.bincount(out, minlength=len(expected)) / out.size
    assert np.abs(observed - expected / expected.sum()).max() <= 1.5 / out.size


def test_a_unit_without_cells_goes_nowhere():
    nowhere = {f"enforcement__inspection_weight__{kind}": 0.0 for kind in ("street", "hotel", "flat", "client_home")}
    run = ran(tiny(**nowhere), 60)
    out = np.empty(10, np.int64)
    choose_cells(False, 0, run.world, run.params[0], out)
    assert (out == -1).all()
    assert run.world.ledger["found_by_visit"].sum() == 0


@given(changed=changes(policy=False), lever=st.sampled_from(["venue_inspection", "street_patrol"]), intensity=st.floats(0.1, 60))
@examples(25)
def test_visits_of_a_lever_leave_the_baseline_untouched(changed, lever, intensity):
    """On the first day: the same baseline visits, and whatever it found is found with the lever too."""
    parameters = tiny(**changed)
    start = parameters.policy.start_day
    plain_run, treated = ran(parameters, start), ran(with_lever(parameters, lever, intensity=intensity), start)
    for run in (plain_run, treated):
        open_the_day(start, run.seed, run.world, run.params[0])
        plan_the_day(start, run.seed, run.world, run.params[0])
        enforce(start, run.seed, run.world, run.params[0])
    without, with_it = plain_run.world.ledger[start], treated.world.ledger[start]
    for name in ("visits", "patrols", "plans_launched"):
        assert without[name] == with_it[name]
    assert without["visits_added"] == without["patrols_added"] == 0
    gone, gone_with = (run.world.plans["open"] == 0 for run in (plain_run, treated))
    assert not (gone & ~gone_with).any()
    expected = expected_visits(treated.world, parameters, lever, intensity)
    added = "visits_added" if lever == "venue_inspection" else "patrols_added"
    street = lever == "street_patrol"
    seed = int(plain_run.seed)
    stream = draws.LEVER_PATROL if street else draws.LEVER_VISIT
    number = 0
    for cell, visits in enumerate(expected):
        uid = (int(treated.world.territories[cell // KINDS]["uid"]) + cell % KINDS) % chance.MODULUS
        u = chance.uniform(chance.substream_of(seed, stream, start, uid), 0)
        number += math.floor(visits) + (u < visits - math.floor(visits))
    assert int(with_it[added]) == number


def expected_visits(world, parameters, lever, intensity):
    """Visits a lever adds to each cell, from the parameters: intensity times the baseline's share of the cell."""
    e, street = parameters.enforcement, lever == "street_patrol"
    kind_weights = list(e.inspection_weight.model_dump().values())
    result = np.zeros(len(world.attention))
    for cell in range(len(result)):
        z, kind = divmod(cell, KINDS)
        if (kind == STREET) != street:
            continue
        people = world.territories[z]["population"]
        visits = e.inspector_days_per_100k * people / 100_000 * e.visits_per_inspector_day
        share = 1.0 if street else kind_weights[kind] / sum(kind_weights)
        result[cell] = intensity * visits * (e.street_share if street else e.venue_share) * share
    return result
