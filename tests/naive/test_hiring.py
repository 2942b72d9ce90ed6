"""Hiring: who fills a slot, against the plain form, which lists all Providers and sorts them."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sim.engine.compiled import phase
from sim.rules.entry.arrivals import list_by_territory
from sim.rules.labour import staffing_plain as staffing
from sim.rules.labour.staffing import choose_provider, fill_slot
from sim.rules.plain_tables import in_plain_numbers
from sim.state.records import RECRUITMENT, RUNNING, TRANSPORT, VACANT, WATCH
from sim.state.world import copy_world
from tests.worlds import changes, examples, ran, tiny


@phase
def list_providers(day, seed, world, params):
    """The day's lists of the open pool."""
    list_by_territory(world)


@phase
def fast_fill(b, slot, day, seed, world, params):
    """`fill_slot`, to be called from Python."""
    return fill_slot(b, slot, day, seed, world, params)


@phase
def fast_choice(b, task, slot, minutes, day, seed, world, params):
    """`choose_provider`, to be called from Python."""
    return choose_provider(b, task, slot, minutes, day, seed, world, params)


def choose(b, task, slot, minutes, day, run):
    """Whom the plain form finds."""
    world, params = in_plain_numbers(run.world, run.params[0])
    return staffing.choose_provider(b, task, slot, minutes, day, run.seed, world, params)


def noon(changed, day):
    """A world in the middle of a day, with the pool listed anew."""
    run = ran(tiny(**changed), day)
    list_providers(day, run.seed, run.world, run.params[0])
    return run


@pytest.mark.slow
@given(changed=changes(policy=False), day=st.integers(2, 50))
@examples(60)
def test_a_slot_is_filled_by_whom_sorting_says(changed, day):
    """Every vacant slot of every running Plan in turn; each is emptied again, on a copy of its own."""
    run = noon(changed, day)
    housed = [
        b for b in range(run.world.counts[0].bosses) if run.world.bosses[b].status == RUNNING and run.world.plans[b].n_slots
    ]
    assume(housed)
    for b in housed:
        for slot in range(run.world.plans[b].n_slots):
            if run.world.plans[b].slot_holder[slot] != VACANT:
                continue
            world, other = copy_world(run.world), copy_world(run.world)
            filled = fast_fill(b, slot, day, run.seed, world, run.params[0])
            assert staffing.fill_slot(b, slot, day, run.seed, *in_plain_numbers(other, run.params[0])) == bool(filled)
            for table in ("bosses", "plans", "providers", "ledger"):
                assert getattr(world, table).tobytes() == getattr(other, table).tobytes(), table


@given(
    changed=changes(policy=False),
    day=st.integers(0, 50),
    task=st.sampled_from([TRANSPORT, WATCH, RECRUITMENT]),
    minutes=st.integers(0, 700),
)
@examples(60)
def test_a_provider_is_chosen_whom_sorting_finds(changed, day, task, minutes):
    run = noon(changed, day)
    for b in range(run.world.counts[0].bosses):
        expected = choose(b, task, 60, minutes, day, run)
        assert int(fast_choice(b, task, 60, minutes, day, run.seed, run.world, run.params[0])) == expected


def test_the_cases_are_not_all_empty():
    """In the plain tiny market some are hired from the contacts, some from the pool, and some slots stay empty."""
    run = noon({}, 40)
    chosen = [choose(b, WATCH, 60, 0, 40, run) for b in range(run.world.counts[0].bosses)]
    known = [p in staffing.contacts(b, run.world) for b, p in enumerate(chosen) if p >= 0]
    assert True in known
    assert len({p for p in chosen if p >= 0}) > 1
