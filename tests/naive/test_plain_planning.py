"""Planning in plain form in the place of the fast one: the same days to the bit, and an error in it is seen."""

import functools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.rules import plain
from sim.rules.entry import arrivals_plain as arrivals
from sim.rules.labour import staffing_plain as staffing
from sim.rules.planning import recruitment_plain as recruitment
from sim.rules.planning.planning_plain import WAIT
from tests.naive.side_by_side import first_day_apart
from tests.worlds import ALL_LEVERS, BUSY, changes, compiled_only, examples, tiny, with_lever, with_levers

RULES, PERSONS_MET = plain.planning.__globals__, recruitment.persons_met
DAYS = 25
LIVELY = BUSY | {"labour.bonding": 0.3, "careers.boss_entry": 3.0, "market.bosses": 12, "market.prostitutes": 30}
apart = functools.partial(first_day_apart, planning=plain.planning)


@given(changed=changes(), busy=st.booleans())
@examples(10)
def test_the_same_days(changed, busy):
    changed = {"policy.start_day": 10} | (BUSY if busy else {}) | changed
    assert apart(tiny(**changed), DAYS) is None


def test_the_same_days_under_every_lever():
    levers = ALL_LEVERS | {"planted_aversion": {"intensity": 100.0}}  # with more of it nobody would launch a Plan
    assert apart(with_levers(tiny(**LIVELY), levers), 60) is None


@compiled_only
def test_the_same_days_among_many_places_and_bosses():
    many = {"market.bosses": 60, "market.prostitutes": 200, "market.providers": 150}
    assert apart(tiny("idf", **many, planning__co_boss_chance=0.3), 8) is None


ERRORS = {
    "a place without noise": (RULES, "gumbel_of", lambda word: 0.0),
    "nobody goes anywhere": (RULES, "choose_place", lambda *_: WAIT),
    "beliefs that never fade": (RULES, "belief", lambda beliefs, prior, b, cell, *_: float(beliefs[b, cell])),
    "wages forgotten": (RULES, "wages_expected", lambda boss, params: 0.0),
    "out of turn": (RULES, "in_turn", lambda bosses, *_: bosses),
    "no co-Bosses": (RULES, "find_co_boss", lambda *_: -1),
    "no tours": (RULES, "begin_tour", lambda *_: None),
    "files that do not move": (RULES, "move_file", lambda *_: None),
    "nobody lends": (vars(recruitment), "borrow", lambda *_: None),
    "recruiting the wrong way round": (vars(recruitment), "persons_met", lambda *given: PERSONS_MET(*given)[::-1]),
    "contacts kept across a border": (vars(recruitment), "keep_contact", lambda *_: None),
    "everybody says yes": (vars(staffing), "says_yes", lambda *_: True),
    "nobody is met": (vars(staffing), "get_to_know_somebody", lambda *_: None),
    "colleagues forgotten": (vars(staffing), "note_colleague", lambda *_: None),
    "evidence that is kept": (vars(staffing), "drop_replaced", lambda *_: None),
    "the first, not the lowest": (vars(staffing), "lowest", lambda rows, number, *_: list(rows)[:number]),
    "no introductions": (vars(arrivals), "be_introduced", lambda *_: None),
}


@compiled_only
@pytest.mark.parametrize("error", ERRORS)
def test_an_error_in_the_plain_form_is_seen(monkeypatch, error):
    names, name, wrong = ERRORS[error]
    monkeypatch.setitem(names, name, wrong)
    assert apart(with_lever(tiny(**LIVELY), "outreach_street", intensity=50.0, start=0), 60)
