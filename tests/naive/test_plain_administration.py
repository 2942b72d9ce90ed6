"""Administration in plain form in the place of the fast one: the same days to the bit, and an error in it is seen."""

import functools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sim.engine import agenda_plain as agenda
from sim.engine.compiled import INTERPRETED
from sim.rules import plain
from sim.rules.labour import earnings_plain as earnings
from sim.rules.labour import staffing_plain as staffing
from tests.naive.side_by_side import first_day_apart
from tests.worlds import ALL_LEVERS, BUSY, changes, compiled_only, examples, tiny, with_levers

RULES, AGENDA, EARNINGS = plain.administration.__globals__, vars(agenda), vars(earnings)
SEEN, UTILITY, NEXT, SEARCHING = (RULES[name] for name in ("offers_seen", "utility_of", "next_search_day", "who_searches"))
SCARCE = BUSY | {
    "market.bosses": 24, "market.prostitutes": 80, "market.providers": 60,
    "market.searches_per_day": 60.0, "demand.appointments_per_person": 2, "demand.retry_chance": 0.5, "demand.report_chance": 0.2,
    "demand.rate_sigma": 2.0, "planning.co_boss_chance": 1.0, "labour.leave_rate": 0.2, "platforms.lag_days": 3.0,
}  # fmt: skip
ACTING = ("client_fines", "awareness_courses", "demand_campaign", "platform_closure", "arrest_providers")
if INTERPRETED:  # fewer of all
    SCARCE |= {"market.bosses": 6, "market.prostitutes": 15, "market.providers": 12, "market.searches_per_day": 15.0}
LEVERS = {name: ALL_LEVERS[name] for name in ACTING}
apart = functools.partial(first_day_apart, administration=plain.administration)


@given(changed=st.one_of(changes(base={"policy.start_day": 10}), changes(base=SCARCE | {"policy.start_day": 10})))
@example(changed={"policy.start_day": 10, "demand.digital_share": 0.0, "demand.channel_switch": 1.0})  # no site has a share
@examples(10)
def test_the_same_days(changed):
    assert apart(tiny(**changed), 25) is None


def test_the_same_days_under_some_levers():
    assert apart(with_levers(tiny(**SCARCE), LEVERS), 60) is None


@compiled_only
@pytest.mark.parametrize("market, bosses, scale_km", [("class", 250, 15.0), ("france", 500, 15.0), ("france", 250, 5.0)])
def test_the_same_days_among_many_offers(market, bosses, scale_km):
    """So many that the fast form lists what is in sight; some so far off that hardly anybody sees them."""
    many = {"market.bosses": bosses, "market.prostitutes": 3 * bosses, "market.providers": 300, "market.platforms": 1}
    searches = {"market.clients": 1000, "market.searches_per_day": 150.0, "entry.at_risk_per_100k": 0.1}
    assert apart(tiny(market, **many, **searches, market__distance_scale_km=scale_km), 4) is None


ERRORS = {
    "the first instead of none": (RULES, "offers_seen", lambda *given: SEEN(*given) or given[2][:1]),
    "the worst in sight": (RULES, "offers_seen", lambda *given: SEEN(*given)[1:]),
    "nobody minds the way": (RULES, "utility_of", lambda client, offer, world, params: client.willingness - offer.price),
    "a cent dearer": (RULES, "utility_of", lambda *given: UTILITY(*given) - 1.0),
    "no noise": (RULES, "gumbel_of", lambda word: 0.0),
    "fear without end": (RULES, "personal_risk", lambda client, day, params: client.perceived_risk),
    "nobody is kept away": (RULES, "accepts_to_search", lambda *_: True),
    "nobody comes back": (RULES, "come_back_or_not", lambda *_: None),
    "a day late": (RULES, "next_search_day", lambda *given: NEXT(*given) + 1),
    "out of turn": (RULES, "who_searches", lambda *given: sorted(SEARCHING(*given))),
    "nobody is missed": (RULES, "notice_missing_providers", lambda *_: None),
    "nothing is vacant": (RULES, "vacant_share", lambda *_: 0.0),
    "sites that never close": (RULES, "ads_of_today", lambda uid, site, *_: (site, True)),
    "clients of closed sites": (RULES, "channel_of_search", lambda *_: (0, None)),
    "ads uncounted": (RULES, "count_ads", lambda *_: None),
    "prices that stay": (EARNINGS, "adjust_price", lambda *_: None),
    "no share for a co-Boss": (EARNINGS, "share_with_co_boss", lambda *_: None),
    "watches paid like others": (EARNINGS, "WATCH", -1),
    "slots that are not given up": (vars(staffing), "release_slot", lambda *_: None),
}


@compiled_only
@pytest.mark.parametrize("error", ERRORS)
def test_an_error_in_the_plain_form_is_seen(monkeypatch, error):
    names, name, wrong = ERRORS[error]
    monkeypatch.setitem(names, name, wrong)
    assert apart(with_levers(tiny(**SCARCE), LEVERS), 60)
