"""Structural dials: with each of them up, every phase in plain form gives the same days to the bit, and an error is seen."""

import pytest

from sim.rules import calendar_plain as calendar
from sim.rules.care import beds_plain as beds
from sim.rules.care import care_plain as care
from sim.rules.careers import careers_plain as careers
from sim.rules.careers import succession_plain as succession
from sim.rules.demand import appointments_plain as appointments
from sim.rules.demand import platforms_plain as platforms
from sim.rules.enforcement import enforcement_plain as enforcement
from sim.rules.enforcement import inspections_plain as inspections
from sim.rules.entry import arrivals_plain as arrivals
from sim.rules.justice import justice_plain as justice
from sim.rules.learning import learning_plain as learning
from sim.rules.outreach import outreach_plain as outreach
from sim.rules.planning import flow_plain as flow
from sim.rules.planning import planning_plain as planning
from sim.rules.planning import recruitment_plain as recruitment
from tests.naive.side_by_side import first_day_apart
from tests.naive.test_plain_day import LIVELY, PHASES, SOME
from tests.worlds import compiled_only, ran, tiny, with_levers

POLICE = {"venue_inspection": {"intensity": 20.0}, "street_patrol": {"intensity": 5.0}}
ENTRY = {"careers.boss_entry": 5.0, "careers.provider_entry": 5.0, "entry.income_days": 10.0}
DIALS = {
    "entry": ENTRY | {"entry.boss_elasticity": 2.0, "entry.provider_elasticity": 1.5, "entry.headroom": 3.0},
    "visible policing": {"learning.visibility": 0.6, "learning.generalisation": 0.4, "planning.loss_weight": 1.0},
    "short careers": ENTRY | {"entry.one_off_share": 0.6, "entry.one_off_plans": 1.5, "careers.boss_entry": 10.0},
    "placement": {"care.ordered_share": 0.7, "care.emergency_nights": 3, "care.emergency_found": 0.2, "care.beds_distant": 40.0},
    "police led by reports": {"enforcement.cells_chosen": "reported", "enforcement.family_report": 0.2},
    "problem-oriented police": {"enforcement.cells_chosen": "problem", "casework.file_opened": 0.01},
    "change of method": {"demand.channel_switch": 0.7, "demand.channel_drift": 0.3, "demand.appointments_per_person": 2},
    "successors": {"platforms.birth": 0.3, "platforms.lag_days": 3.0, "market.platforms": 8},
    "outings and bursts": {"outreach.street_every": 3, "outreach.mass_every": 7, "outreach.queue_days": 3},
    "essential roles": {"labour.essential": 0.8, "labour.bonding": 0.5, "labour.leave_rate": 0.5},
    "commitment": ENTRY | {"careers.commitment_sigma": 1.2, "careers.boss_leave_rate": 0.02, "careers.promotion_rate": 0.05},
    "spells": {"control.spell_sigma": 1.5},
    "runaways": {"entry.runaway_meeting": 5.0, "entry.runaway_rate": 0.1, "entry.meeting_rate": 0.005},
    "records": ENTRY | {"justice.record_weight": 0.8, "careers.record_promotion": 4.0, "careers.convicted_provider": 0.5},
    "qualifications": ENTRY
    | {"careers.unqualified_weight": 3.0, "careers.provider_leave_rate": 0.02, "careers.boss_leave_rate": 0.02},
}
LEVERS = {"successors": {"platform_closure": {"intensity": 1.0}}}  # beyond those of all
TOGETHER = DIALS | {"all": {key: value for dial in DIALS.values() for key, value in dial.items()}}


def apart(dial):
    """The first day on which plain phases and the model's differ, with a dial up and police about."""
    levers = SOME | POLICE | LEVERS.get(dial, {})
    return first_day_apart(with_levers(tiny(**LIVELY | TOGETHER[dial]), levers), 60, **PHASES)


@pytest.mark.full
@pytest.mark.parametrize("dial", TOGETHER)
def test_the_same_days_with_a_dial_up(dial):
    assert apart(dial) is None


USUAL = platforms.usual_channel
rate_of_leaving, rate_of_attempts = careers.leaving_rate, flow.attempt_rate
ERRORS = {
    ("entry", "all who come enter"): (arrivals, "chance_of_entry", lambda *_: 1.0),
    ("entry", "no memory of income"): (arrivals, "follow_income", lambda *_: None),
    ("visible policing", "nothing is noticed"): (inspections, "notice_visit", lambda *_: None),
    ("visible policing", "break-ups alone are news"): (learning, "risk_shown", lambda news: news.event_broken / news.event_days),
    ("visible policing", "the loss is a constant"): (planning, "loss_of_break_up", lambda boss, params: 10_000.0),
    ("short careers", "all stay"): (arrivals, "limit_career", lambda *_: None),
    ("placement", "no orders"): (beds, "is_ordered", lambda *_: False),
    ("placement", "nobody moves away"): (care, "move_away", lambda *_: None),
    ("police led by reports", "reports forgotten"): (enforcement, "update_attention", lambda *_: None),
    ("problem-oriented police", "files forgotten"): (enforcement, "update_attention", lambda *_: None),
    ("change of method", "nobody looks again"): (appointments, "channel_of_second_look", lambda *_: platforms.NOT_YET),
    ("change of method", "closures stop no second look"): (platforms, "reaches", lambda *_: True),
    ("change of method", "success teaches nothing"): (appointments, "lean_towards", lambda *_: None),
    ("change of method", "nobody follows a lean"): (appointments, "usual_channel", lambda u, lean, world: USUAL(u, 0.0, world)),
    ("successors", "none opens"): (appointments, "open_successors", lambda *_: None),
    ("successors", "nothing presses"): (platforms, "unserved_share", lambda *_: 1.0),
    ("successors", "nobody finds them"): (platforms, "has_been_found", lambda *_: False),
    ("successors", "shut to police"): (calendar, "open_or_close", lambda site: setattr(site, "open", site.closed < 1)),
    ("outings and bursts", "the same every day"): (outreach, "days_at_once", lambda *_: 1),
    ("essential roles", "the Boss has no time"): (appointments, "places_covered", lambda *_: 0.0),
    ("commitment", "no alternative is preferred"): (planning, "pull_of_alternatives", lambda *_: 0.0),
    ("commitment", "all leave alike"): (
        careers,
        "leaving_rate",
        lambda boss, *rest: rate_of_leaving(boss, *rest) / boss.leaving_factor,
    ),
    ("spells", "all try alike"): (
        flow,
        "attempt_rate",
        lambda person, params: rate_of_attempts(person, params) / person.attempt_factor,
    ),
    ("runaways", "no meetings added"): (recruitment, "recruit_runaways", lambda *_: None),
    ("records", "courts do not look at them"): (justice, "lenience", lambda *_: 1.0),
    ("records", "no way up by them"): (succession, "promotion_rate", lambda provider, params: params.careers_promotion_rate),
    ("qualifications", "all leave alike"): (careers, "lack_of_alternatives", lambda *_: 1.0),
    ("qualifications", "other work for all"): (flow, "lack_of_alternatives", lambda *_: 1.0),
}


@compiled_only
@pytest.mark.parametrize("dial, error", ERRORS)
def test_an_error_in_the_plain_form_of_a_dial_is_seen(monkeypatch, dial, error):
    module, rule, wrong = ERRORS[dial, error]
    monkeypatch.setattr(module, rule, wrong)
    assert apart(dial)


def test_with_no_elasticity_entry_does_not_ask_how_income_is_averaged():
    assert (
        ran(tiny(**ENTRY)).ledger_sha256()
        == ran(tiny(**ENTRY | {"entry.headroom": 9.0, "entry.income_days": 5.0})).ledger_sha256()
    )


def test_a_rate_of_successors_is_nothing_without_a_closure():
    assert ran(tiny(platforms__birth=1.0)).ledger_sha256() == ran(tiny()).ledger_sha256()


@pytest.mark.parametrize("dial", ["demand.channel_switch", "demand.channel_drift"])
def test_where_all_is_in_the_street_or_all_on_sites_there_is_no_other_method(dial):
    """A second look finds nothing there, and a lean stays at zero; in a market of both, the dial is felt."""
    for share, same in ((0.0, True), (0.5, False), (1.0, True)):
        world = {"demand.digital_share": share, "demand.appointments_per_person": 1}
        assert (ran(tiny(**world)).ledger_sha256() == ran(tiny(**world | {dial: 1.0})).ledger_sha256()) is same, share
