"""No result depends on the order of a table or a list, nor on the room it has."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim.initialisation.population
from sim.engine import chance_plain as plain
from sim.engine.compiled import INTERPRETED
from sim.simulation import Simulation
from tests.worlds import BUSY, changes, compiled_only, examples, ran, tiny


def shuffled(number, salt=1):
    """A permutation of so many rows."""
    return np.array(sorted(range(number), key=lambda row: plain.scramble(salt + row)), np.int32)


def reorder(world, name, *beside):
    """Put the rows of a table, and of those that go with it, in another order; returns the new row of each old one."""
    number = int(world.counts[0][name])
    order = shuffled(number)
    for table in (name, *beside):
        rows = getattr(world, table)
        rows[:number] = rows[:number][order].copy()
    new_row = np.empty(number, np.int32)
    new_row[order] = np.arange(number, dtype=np.int32)
    return new_row


def rename(rows, new_row):
    """The new rows in the place of old ones; what is negative points nowhere and stays."""
    rows[:] = np.where(rows >= 0, new_row[np.maximum(rows, 0)], rows) if len(new_row) else rows


def follow(lists, counts, new_row):
    """Rename the rows in lists of which only the first ones count."""
    for entries, count in zip(lists, counts, strict=True):
        entries[:count] = new_row[entries[:count]]


def reorder_clients(world):
    new_row = reorder(world, "clients")
    for chunk, count in zip(world.agenda_client, world.agenda_count, strict=True):
        chunk[:count] = new_row[chunk[:count]]


def reorder_persons(world):
    new_row = reorder(world, "prostitutes")
    follow(world.bosses["person"], world.bosses["n_persons"], new_row)
    follow(world.plans["person"], world.plans["n_persons"], new_row)


def reorder_providers(world):
    new_row = reorder(world, "providers")
    follow(world.bosses["contact"], world.bosses["n_contacts"], new_row)
    follow(world.providers["colleague"], world.providers["n_colleagues"], new_row)
    for holders, count in zip(world.plans["slot_holder"], world.plans["n_slots"], strict=True):
        rename(holders[:count], new_row)
    rename(world.bosses["file_provider"][: world.counts[0].bosses], new_row)


def reorder_bosses(world):
    beside = ("plans", "belief_risk", "belief_income", "belief_day")
    new_row = reorder(world, "bosses", *beside)
    bosses, persons = world.counts[0].bosses, world.counts[0].prostitutes
    follow(world.bosses["acquainted"], world.bosses["n_acquainted"], new_row)
    rename(world.bosses["partner"][:bosses], new_row)
    rename(world.plans["co_boss"][:bosses], new_row)
    for field in ("boss", "plan", "old_boss"):
        rename(world.prostitutes[field][:persons], new_row)
    for field in ("last_boss", "bound_to"):
        rename(world.providers[field][: world.counts[0].providers], new_row)
    for window in world.boss_cell_days:
        window[new_row] = window[:bosses].copy()


def reverse_the_agenda(world):
    """Every chunk from back to front, and the chain of chunks of each day too."""
    for chunk, count in zip(world.agenda_client, world.agenda_count, strict=True):
        chunk[:count] = chunk[:count][::-1].copy()
    for day, chunk in enumerate(world.agenda_head):
        chain = []
        while chunk >= 0:
            chain.append(int(chunk))
            chunk = world.agenda_next[chunk]
        for before, after in zip([-1] + chain, chain + [-1], strict=True):
            if after >= 0:
                world.agenda_next[after] = before
        world.agenda_head[day] = chain[-1] if chain else -1


def reverse_ties(world):
    for boss in world.bosses[: world.counts[0].bosses]:
        boss["person"][: boss["n_persons"]] = boss["person"][: boss["n_persons"]][::-1].copy()


REORDERINGS = (reorder_clients, reorder_persons, reorder_providers, reorder_bosses, reverse_the_agenda, reverse_ties)
if INTERPRETED:
    REORDERINGS = REORDERINGS[3:5]


@pytest.mark.parametrize("change_order", REORDERINGS)
@given(changed=changes(base=BUSY), day=st.sampled_from([0, 20, 45]))
@examples(10)
def test_the_order_of_rows_does_not_matter(change_order, changed, day):
    """A world whose table was put in another order one morning has the same ledger."""
    parameters = tiny(**changed)
    turned = ran(parameters, day)
    change_order(turned.world)
    turned.run()
    assert turned.ledger_sha256() == ran(parameters).ledger_sha256()


@given(changed=changes())
@examples(10)
def test_the_order_of_lists_within_a_day_does_not_matter(changed):
    """The open pool and the persons at risk, turned round every morning by an inserted phase."""

    def turn_lists(day, seed, world, params):
        beside = ((world.pool_start, world.pool), (world.pool_start, world.pool_step), (world.risk_start, world.risk))
        for start, entries in beside:
            for place in range(start.size - 1):
                entries[start[place] : start[place + 1]] = entries[start[place] : start[place + 1]][::-1].copy()

    parameters = tiny(**changed)
    turned = Simulation(parameters)
    turned.insert_phase("turn lists", turn_lists, after="planning")
    turned.run()
    assert turned.ledger_sha256() == ran(parameters).ledger_sha256()


def give_little_room(patch):
    """Tables begin with room for hardly anybody who arrives."""
    patch.setattr(sim.initialisation.population, "_room", lambda persons: persons + 64)
    patch.setattr(sim.initialisation.population, "_at_risk_who_arrive", lambda parameters, populations: 0)


@given(changed=changes())
@examples(10)
def test_tables_that_grow_hold_the_same_world(changed):
    """Worlds that begin with room for hardly anybody double their tables on the way."""
    changed = changed | {"entry.at_risk_per_100k": 100.0}
    parameters = tiny(**changed)
    expected = ran(parameters)
    with pytest.MonkeyPatch.context() as patch:
        give_little_room(patch)
        small = Simulation(parameters)
        first = {name: getattr(small.world, name).shape[0] for name in ("bosses", "providers", "prostitutes")}
        small.run()
    assert small.ledger_sha256() == expected.ledger_sha256()
    assert all(getattr(small.world, name).shape[0] >= rows for name, rows in first.items())


@compiled_only
def test_every_table_is_doubled_when_it_must_be(monkeypatch):
    """So that the test above tests something."""
    give_little_room(monkeypatch)
    parameters = tiny(days=700, careers__boss_entry=10.0, careers__provider_entry=10.0, entry__at_risk_per_100k=100.0)
    run = Simulation(parameters)
    first = {name: getattr(run.world, name).shape[0] for name in ("bosses", "providers", "prostitutes")}
    run.run()
    assert all(getattr(run.world, name).shape[0] >= 2 * rows for name, rows in first.items())


@given(changed=changes())
@examples(10)
def test_recording_events_changes_nothing_and_balances(changed):
    """Events are drained on the way; Plans that started are those launched, and every end has a start."""
    parameters = tiny(**changed)
    recorded = Simulation(parameters, record_events=True)
    recorded.run()
    assert recorded.ledger_sha256() == ran(parameters).ledger_sha256()
    events = recorded.events()
    started = set(events["other_uid"][events["code"] == 1].tolist())
    ended = events["other_uid"][events["code"] == 2].tolist()
    assert len(started) == int(recorded.world.ledger["plans_launched"].sum())
    assert len(ended) == len(set(ended)) and set(ended) <= started
