"""Every phase in plain form in the place of the fast one: the same days to the bit, and an error in it is seen."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.day import PHASES as MODEL
from sim.engine import draws
from sim.rules import plain
from sim.rules.care import beds_plain as beds
from sim.rules.casework import casework_plain as casework
from sim.rules.casework import evidence_plain as evidence
from sim.rules.control import ties_plain as ties
from sim.rules.enforcement import arrests_plain as arrests
from sim.rules.enforcement import fines_plain as fines
from sim.rules.enforcement import inspections_plain as inspections
from sim.rules.outreach import reception_plain as reception
from tests.naive.side_by_side import first_day_apart, state_of
from tests.worlds import ALL_LEVERS, BUSY, changes, compiled_only, examples, ran, tiny, with_levers

PHASES = {name: getattr(plain, name) for name in plain.__all__}
LEVERS = ALL_LEVERS | {"planted_aversion": {"intensity": 100.0}}  # with more of it nobody would launch a Plan
LIVELY = BUSY | {
    "policy.start_day": 10, "market.bosses": 12, "market.prostitutes": 40, "control.attempt_rate": 0.1,
    "control.intention_trust": 0.3, "control.taken_on_chance": 0.5, "control.relapse_rate": 0.05, "entry.runaway_rate": 0.05,
    "entry.at_risk_per_100k": 20.0, "labour.leave_rate": 0.1, "labour.unfilled_supplies": 0.5, "labour.bonding": 0.3,
    "learning.fear_gain": 1.0, "careers.leave_after_arrest": 0.4, "enforcement.boss_present": 0.9, "care.back_to_boss": 0.5,
}  # fmt: skip
ACTING = (
    "training", "prevention", "beds_near", "beds_distant", "outreach_street", "outreach_personal", "outreach_mass",
    "first_reception", "client_fines", "platform_closure", "demand_campaign", "case_building", "online_inquiry",
)  # fmt: skip
SOME = {name: ALL_LEVERS[name] for name in ACTING}
POLICED = {"enforcement.response_chance": 0.5, "enforcement.family_report": 0.1}
ROLES = {
    "venue_inspection": {"intensity": 5.0}, "staff_reporting": {"intensity": 1.0},
    "arrest_providers": {"intensity": 0.3}, "arrest_bosses": {"intensity": 0.3},
}  # fmt: skip


@pytest.mark.parametrize(
    "name", sorted(PHASES.keys() - {"administration", "planning", "careers"})
)  # they have tests of their own
@given(changed=changes(), lively=st.booleans())
@examples(4)
def test_the_same_days(name, changed, lively):
    changed = {"policy.start_day": 10} | (LIVELY if lively else {}) | changed
    assert first_day_apart(tiny(**changed), 25, **{name: PHASES[name]}) is None


@pytest.mark.parametrize("levers", [SOME, LEVERS], ids=["some", "all"])
def test_the_same_days_with_every_plain_phase_at_once(levers):
    assert first_day_apart(with_levers(tiny(**LIVELY), levers), 60, **PHASES) is None


def test_plain_phases_come_and_go():
    """For some days in the middle of a run, and in a copy of it; the model's own go on from where they left."""
    parameters = with_levers(tiny(**LIVELY), SOME)
    model, other = ran(parameters, 45), ran(parameters, 15)
    for name, phase in PHASES.items():
        other.replace_phase(name, phase)
    other.run(10)
    other = copy.deepcopy(other)
    other.run(5)
    for name, phase in MODEL:
        other.replace_phase(name, phase)
    other.run(15)
    assert state_of(model.world) == state_of(other.world)


def rules_of(name):
    """The names that a plain phase uses."""
    return PHASES[name].__globals__


ERRORS = {
    ("flow", "nobody leaves a slot"): (rules_of("flow"), "leaves", lambda *_: False),
    ("flow", "nobody watches"): (rules_of("flow"), "supervise", lambda *_: None),
    ("flow", "no way back"): (rules_of("flow"), "be_out", lambda *_: None),
    ("flow", "company is no help"): (rules_of("flow"), "attempt_rate", lambda person, params: params.control_attempt_rate),
    ("flow", "control that lasts"): (rules_of("flow"), "fade", lambda *_: None),
    ("flow", "nobody is sought"): (rules_of("flow"), "is_sought", lambda *_: False),
    ("flow", "slots left empty"): (rules_of("flow"), "fill_slot", lambda *_: None),
    ("flow", "a Plan without end"): (rules_of("flow"), "close_if_over", lambda *_: None),
    ("flow", "partners for ever"): (rules_of("flow"), "part_company", lambda *_: None),
    ("flow", "no other work"): (rules_of("flow"), "take_other_work", lambda *_: None),
    ("flow", "minds made up"): (rules_of("flow"), "change_mind", lambda *_: None),
    ("flow", "nothing happens at risk"): (rules_of("flow"), "live_at_risk", lambda *_: None),
    ("flow", "runaways by other luck"): (vars(draws), "RUNAWAY", 0),
    ("flow", "no beds for the accompanied"): (vars(ties), "ask_for_bed", lambda *_: False),
    ("flow", "nobody is independent"): (vars(ties), "days_until", lambda *_: 1),
    ("justice", "no convictions"): (rules_of("justice"), "normal_of", lambda *_: 0.0),
    ("justice", "open files"): (rules_of("justice"), "close_file", lambda *_: None),
    ("justice", "no proof"): (rules_of("justice"), "evidence_of", lambda *_: 0.0),
    ("justice", "no heirs"): (rules_of("justice"), "succeed_the_jailed", lambda *_: None),
    ("justice", "life sentences"): (rules_of("justice"), "release", lambda *_: None),
    ("learning", "no word"): (rules_of("learning"), "hears_of", lambda *_: False),
    ("learning", "nothing learned"): (rules_of("learning"), "take_news", lambda *_: None),
    ("learning", "no outlook"): (rules_of("learning"), "expect_income", lambda *_: None),
    ("learning", "no fear"): (rules_of("learning"), "spread_fear", lambda *_: None),
    ("census", "no minors"): (rules_of("census"), "is_minor", lambda *_: False),
    ("census", "no risk"): (rules_of("census"), "risk_perceived", lambda *_: 0.0),
    ("census", "no Plans"): (rules_of("census"), "count_plan", lambda *_: None),
    ("calendar", "no levers"): (rules_of("calendar"), "switch_on", lambda *_: 0.0),
    ("calendar", "no closures"): (rules_of("calendar"), "close_sites", lambda *_: 0.0),
    ("calendar", "no beds"): (rules_of("calendar"), "open_beds", lambda *_: None),
    ("calendar", "levers without beds"): (vars(beds), "added", lambda *_: 0.0),
    ("care", "nobody searches"): (rules_of("care"), "is_searched_for", lambda *_: False),
    ("care", "nobody goes back"): (rules_of("care"), "go_back", lambda *_: None),
    ("care", "no bed for anybody"): (rules_of("care"), "place_or_not", lambda *_: None),
    ("care", "nobody recovers"): (rules_of("care"), "gain", lambda *_: None),
    ("care", "nobody leaves"): (rules_of("care"), "stay", lambda *_: False),
    ("enforcement", "no capacity"): (rules_of("enforcement"), "allocate_capacity", lambda *_: None),
    ("enforcement", "no visits"): (rules_of("enforcement"), "inspect", lambda *_: None),
    ("enforcement", "anywhere"): (vars(inspections), "weight_of", lambda *_: 1.0),
    ("enforcement", "visits of levers forgotten"): (vars(inspections), "inspect_for_lever", lambda *_: None),
    ("enforcement", "no ads read"): (rules_of("enforcement"), "read_ads", lambda *_: None),
    ("enforcement", "no reports"): (rules_of("enforcement"), "be_reported", lambda *_: None),
    ("enforcement", "no answers"): (rules_of("enforcement"), "answer_reports", lambda *_: None),
    ("enforcement", "no casework"): (vars(casework), "work_on_files_of", lambda *_: None),
    ("enforcement", "no group"): (vars(casework), "take_group", lambda *_: None),
    ("enforcement", "files that stay fresh"): (vars(casework), "age_file", lambda *_: None),
    ("enforcement", "no evidence"): (vars(arrests), "add_evidence", lambda *_: None),
    ("enforcement", "on the Boss alone"): (vars(evidence), "add_on_provider", lambda *_: None),
    ("enforcement", "nobody is met"): (vars(arrests), "meet_the_police", lambda *_: None),
    ("enforcement", "nobody testifies"): (vars(arrests), "testify", lambda *_: None),
    ("enforcement", "no Provider arrested"): (vars(arrests), "arrest_provider", lambda *_: None),
    ("enforcement", "no co-Boss found"): (vars(arrests), "co_boss_of", lambda *_: -1),
    ("enforcement", "no fines"): (vars(fines), "fine", lambda *_: None),
    ("enforcement", "a role at large"): (rules_of("enforcement"), "arrest_providers", lambda *_: None),
    ("enforcement", "Bosses at large"): (rules_of("enforcement"), "arrest_bosses", lambda *_: None),
    ("outreach", "nobody goes out"): (rules_of("outreach"), "staff_teams", lambda *_: None),
    ("outreach", "no company"): (rules_of("outreach"), "accompany", lambda *_: None),
    ("outreach", "contacts that outlive their site"): (rules_of("outreach"), "is_cut_off", lambda *_: False),
    ("outreach", "no lots"): (rules_of("outreach"), "draw_lots", lambda persons, number, *_: persons[:number]),
    ("outreach", "no messages"): (rules_of("outreach"), "get_message", lambda *_: None),
    ("outreach", "no reception"): (rules_of("outreach"), "receive_answers", lambda *_: None),
    ("outreach", "answers never lost"): (vars(reception), "lose_answer", lambda *_: None),
    ("outreach", "patience without end"): (vars(reception), "chance_of_meeting", lambda *_: 1.0),
}


@compiled_only
@pytest.mark.parametrize("name, error", ERRORS)
def test_an_error_in_the_plain_form_is_seen(monkeypatch, name, error):
    names, rule, wrong = ERRORS[name, error]
    monkeypatch.setitem(names, rule, wrong)
    changed, levers = (LIVELY | POLICED, SOME | ROLES) if name == "enforcement" else (LIVELY, SOME)
    assert first_day_apart(with_levers(tiny(**changed), levers), 60, **{name: PHASES[name]})
