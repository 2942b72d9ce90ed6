"""Careers and succession in plain form in the place of the fast ones: the same to the bit, and an error is seen."""

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.compiled import phase
from sim.rules import plain
from sim.rules.careers import succession_plain as succession
from sim.rules.careers.succession import be_taken_on, is_sought
from sim.rules.justice.justice import bring_to_justice
from sim.rules.plain_tables import in_plain_numbers
from sim.state.records import BETWEEN, CUSTODY, LEFT
from sim.state.world import copy_world, double_bosses
from tests.naive.side_by_side import first_day_apart, state_of
from tests.worlds import ALL_LEVERS, BUSY, changes, compiled_only, examples, ran, tiny, with_levers

RISING = BUSY | {"careers.promotion_rate": 0.1, "careers.boss_leave_idle": 0.2, "control.taken_on_chance": 0.6}
CAREERS, SUCCESSION = plain.careers.__globals__, vars(succession)
apart = functools.partial(first_day_apart, careers=plain.careers)


@phase
def fast_taking_on(row, day, seed, world, params):
    """`be_taken_on` for one who is sought, to be called from Python."""
    person = world.prostitutes[row]
    return is_sought(person, day, seed, params) and be_taken_on(row, person, day, seed, world)


@given(changed=changes(), rising=st.booleans())
@examples(10)
def test_the_same_days(changed, rising):
    changed = {"policy.start_day": 10} | (RISING if rising else {}) | changed
    assert apart(tiny(**changed), 40) is None


def test_the_same_days_with_planning_too():
    parameters = with_levers(tiny(**RISING), ALL_LEVERS | {"planted_aversion": {"intensity": 100.0}})
    assert apart(parameters, 60, planning=plain.planning) is None


def court_day(changed, day, every):
    """A world in which some Bosses are to be jailed on a day, and nobody else comes out of custody."""
    changed = changed | {"justice.prosecuted_boss": 1.0, "justice.detained": 1.0}
    run = ran(tiny(**changed), day)
    world = double_bosses(run.world)  # room for many heirs
    for name in ("bosses", "providers"):
        getattr(world, name)["taken_until"] = day + 9
    at_large = np.flatnonzero(world.bosses["status"][: world.counts[0].bosses] != LEFT)
    jailed = at_large[::every].tolist()
    for b in jailed:
        world.bosses[b].status, world.bosses[b].back_day, world.bosses[b].taken_until = CUSTODY, day, -1
    return run, world, jailed


@given(changed=changes(policy=False, base=RISING), day=st.integers(5, 60), every=st.integers(1, 3))
@examples(30)
def test_take_overs(changed, day, every):
    """Every Boss, or every second or third, is jailed on a day; against a court that lets nobody take over."""
    run, world, jailed = court_day(changed, day, every)
    other, params = copy_world(world), run.params.copy()
    bring_to_justice(day, run.seed, world, run.params[0])
    params["careers_takeover_partner"] = params["careers_takeover_provider"] = 0.0
    bring_to_justice(day, run.seed, other, params[0])
    succession.succeed_the_jailed(jailed, day, run.seed, *in_plain_numbers(other, run.params[0]))
    assert state_of(world) == state_of(other)


@given(changed=changes(policy=False, base=RISING), day=st.integers(5, 60))
@examples(20)
def test_being_taken_on(changed, day):
    """Whoever is between Plans is taken to be left alone, and is tied to another Boss, if sought."""
    run = ran(tiny(**changed), day)
    world, other = run.world, copy_world(run.world)
    readable, params = in_plain_numbers(other, run.params[0])
    for row in np.flatnonzero(world.prostitutes["status"][: world.counts[0].prostitutes] == BETWEEN).tolist():
        taken_on = fast_taking_on(row, day, run.seed, world, run.params[0])
        sought = succession.is_sought(row, day, run.seed, readable, params)
        assert taken_on == (sought and succession.be_taken_on(row, day, run.seed, readable))
    assert state_of(world) == state_of(other)


ERRORS = {
    "nobody is too poor": (SUCCESSION, "may_become_boss", lambda *_: True),
    "the last Boss forgotten": (SUCCESSION, "keep_last_boss", lambda *_: None),
    "contacts left behind": (SUCCESSION, "add_contact", lambda *_: None),
    "no introductions": (SUCCESSION, "be_introduced", lambda *_: None),
    "no beliefs": (SUCCESSION, "believe_the_prior", lambda *_: None),
    "known to nobody": (SUCCESSION, "meet_bosses", lambda *_: None),
    "nobody gets rich": (CAREERS, "leaving_rate", lambda boss, day, params: params.careers_boss_leave_rate),
    "a rate for a chance": (CAREERS, "probability_from_rate", lambda rate: 2.0 * rate),
}


@compiled_only
@pytest.mark.parametrize("error", ERRORS)
def test_an_error_in_the_plain_form_is_seen(monkeypatch, error):
    names, name, wrong = ERRORS[error]
    monkeypatch.setitem(names, name, wrong)
    assert apart(tiny(**RISING), 90)


@compiled_only
def test_the_cases_are_not_all_empty():
    """In a busy market some are followed by their co-Boss, some by a Provider; persons go along and are taken on."""
    total = dict.fromkeys(("taken_over_by_co_boss", "taken_over_by_provider", "persons_taken_over", "persons_taken_on"), 0)
    for seed in range(4):
        run, world, jailed = court_day(RISING | {"seed": seed}, 30, 2)
        readable, params = in_plain_numbers(world, run.params[0])
        succession.succeed_the_jailed(jailed, 30, run.seed, readable, params)
        for row in np.flatnonzero(world.prostitutes["status"][: world.counts[0].prostitutes] == BETWEEN).tolist():
            if succession.is_sought(row, 30, run.seed, readable, params):
                succession.be_taken_on(row, 30, run.seed, readable)
        for name in total:
            total[name] += int(world.ledger[30][name])
    assert min(total.values()) > 0, total
