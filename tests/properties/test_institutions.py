"""Institutions keep within their means and their books: beds, places, files, fines, public cost, careers.

Worlds are generated over one in which every institution is busy, with levers that begin and end.
"""

import numpy as np
import pytest
from hypothesis import example, given

from sim.engine.compiled import INTERPRETED
from sim.levers import LEVER_KINDS, LEVER_NAMES
from sim.policy import daily_cost
from sim.state import records as r
from tests.properties.test_conservation import days_of, used
from tests.worlds import ALL_LEVERS, BUSY, changes, compiled_only, examples, ran, tiny, with_levers

DAYS = 30 if INTERPRETED else 75
WITHDRAWN = BUSY | {  # many beds for thirty days, and all of them in use
    "care.accept": 1.0, "care.stay_days": 200.0, "policy.levers.beds_near": {"intensity": 5.0, "end": 60},
}  # fmt: skip
BY_CHANNEL = ("street", "personal", "mass")


def ledger_of(changed):
    """The ledger of a generated world, and the world."""
    run = ran(tiny(**changed), DAYS)
    return {name: run.world.ledger[name][:DAYS].astype(int) for name in run.world.ledger.dtype.names}, run


@given(changed=changes(base=BUSY))
@example(changed=WITHDRAWN)
@examples(20)
def test_nobody_has_a_bed_that_does_not_exist(changed):
    """Every evening: as many taken as persons in care, never more than there are; one in care is tied to nobody."""
    for run in days_of(changed):
        world, persons = run.world, used(run.world, "prostitutes")
        inside = persons["status"] == r.IN_CARE
        if run.day:
            taken = np.bincount(persons["bed"][inside], minlength=len(world.beds))
            assert taken.tolist() == world.beds["taken"].tolist()
            assert (world.beds["taken"] <= world.beds["beds"]).all()
        assert (persons["boss"][inside] == -1).all() and (persons["plan"][inside] == -1).all()
        assert ((persons["bed"] >= 0) == inside).all() and (persons["bed"] < len(world.beds)).all()
        assert (persons["asks_for_bed"] == r.NO_BED_ASKED).all() and world.counts[0].applicants == 0


@given(changed=changes(base=BUSY))
@example(changed=WITHDRAWN)
@examples(20)
def test_whoever_asks_for_a_bed_gets_one_or_none(changed):
    """The same day; and the stock of persons in care moves by those who come and go."""
    ledger, _ = ledger_of(changed)
    placed = ledger["placed_near"] + ledger["placed_distant"]
    assert (placed + ledger["no_bed"] == ledger["asked_for_bed"]).all()
    gone = sum(ledger[name] for name in ("ran_away_from_care", "found_again", "stays_completed"))
    inside = ledger["in_care_near"] + ledger["in_care_distant"]
    withdrawn = ledger["stays_cut_short"]  # in the morning, before the census of that day
    assert (np.diff(inside) == (placed - gone)[:-1] - withdrawn[1:]).all()
    came_out = sum(ledger[name] for name in ("exits", "detected_early", "risk_passed", "prevented"))
    assert (np.diff(ledger["out"]) == (came_out - ledger["returned_to_risk"])[:-1]).all()


@given(changed=changes(base=BUSY))
@example(changed=WITHDRAWN)
@examples(20)
def test_the_day_opens_with_no_more_persons_in_care_than_beds(changed):
    """At the census too, on days on which beds are withdrawn as on others."""
    ledger, _ = ledger_of(changed)
    for where in ("near", "distant"):
        assert (ledger[f"in_care_{where}"] <= ledger[f"beds_{where}"]).all()


@given(changed=changes(base=BUSY))
@examples(20)
def test_teams_accompany_no_more_persons_than_they_have_places(changed):
    """Where places are withdrawn, nobody is sent away and nobody new is taken on."""
    before = None
    for run in days_of(changed):
        persons, teams = used(run.world, "prostitutes"), run.world.teams
        with_team = persons["team"] >= 0
        assert (persons["team"] < len(teams)).all()
        assert with_team[persons["answer_day"] >= 0].all() and with_team[persons["accompanied"] == 1].all()
        assert ((persons["answer_day"] >= 0) != (persons["accompanied"] == 1))[with_team].all()
        assert ((persons["channel"] == r.NOBODY) == ~with_team).all() and (persons["site"][~with_team] == 0).all()
        number = np.bincount(persons["team"][persons["accompanied"] == 1], minlength=len(teams))
        if run.day:
            assert number.tolist() == teams["accompanied"].tolist()
            assert (number <= np.maximum(np.floor(teams["places_today"]), before)).all()
        before = number


@given(changed=changes(base=BUSY))
@examples(20)
def test_the_funnel_of_outreach_only_narrows(changed):
    ledger, _ = ledger_of(changed)
    contacts = dict(zip(BY_CHANNEL, ("street_contacts", "personal_messages", "mass_messages"), strict=True))
    for channel, contact in contacts.items():
        assert (ledger[f"answers_{channel}"] <= ledger[contact]).all()
        assert (ledger[f"accompaniments_{channel}"] <= ledger[f"meetings_{channel}"]).all()
        assert ledger[f"meetings_{channel}"].sum() <= ledger[f"answers_{channel}"].sum()
    assert (ledger["messages_too_soon"] <= ledger["personal_messages"] + ledger["mass_messages"]).all()
    assert (ledger["answers_declining"] <= ledger["answers_personal"] + ledger["answers_mass"]).all()
    assert (ledger["left_accompanied"] <= ledger["left_by_attempt"] + ledger["freed"]).all()


@given(changed=changes(base=BUSY))
@examples(20)
def test_police_find_no_more_than_they_look_for(changed):
    ledger, run = ledger_of(changed)
    assert (ledger["fines"] <= ledger["encounters"]).all() and (ledger["courses"] <= ledger["fines"]).all()
    assert (ledger["fine_revenue"] == ledger["fines"] * int(100 * run.parameters.enforcement.fine_amount + 0.5)).all()
    assert (ledger["found_online"] <= ledger["ads_linked"]).all() and (ledger["ads_linked"] <= ledger["ads_read"]).all()
    assert (ledger["testimonies"] <= ledger["recognised"]).all() and (ledger["recognised"] <= ledger["exposed"]).all()
    found = sum(ledger[name] for name in ("found_by_visit", "found_by_patrol", "found_by_report", "found_online"))
    surplus = ledger["plans_broken_up"] - found  # Plans of Bosses who are taken with their group
    assert (surplus >= 0).all() and (surplus <= ledger["cases_completed"]).all()


@given(changed=changes(base=BUSY))
@examples(20)
def test_files_hold_evidence_and_lie_with_a_unit(changed):
    for run in days_of(changed):
        bosses = used(run.world, "bosses")
        assert (bosses["evidence"] >= 0).all() and (bosses["file_evidence"] >= 0).all()
        kept = (bosses["evidence"] > 0) | (bosses["file_evidence"] > 0).any(axis=1)
        assert (bosses["file_unit"][kept | (bosses["file_since"] >= 0)] >= 0).all()
        assert (bosses["file_unit"] < len(run.world.units)).all() and (bosses["file_since"] < max(1, run.day)).all()
        assert (bosses["file_provider"][bosses["file_evidence"] > 0] >= 0).all()
        for providers in bosses["file_provider"]:
            named = providers[providers >= 0].tolist()
            assert len(named) == len(set(named)) and all(p < run.world.counts[0].providers for p in named)


@given(changed=changes(base=BUSY))
@examples(20)
def test_a_provider_who_becomes_a_boss_leaves_his_role_once(changed):
    """He keeps his uid and his capital; nobody else has his uid."""
    for run in days_of(changed):
        bosses, providers = used(run.world, "bosses"), used(run.world, "providers")
        risen = providers[providers["promoted"] == 1]
        assert (risen["status"] == r.LEFT).all() and (risen["cash"] == 0).all()
        assert sorted(risen["uid"].tolist()) == sorted(bosses["uid"][bosses["was_provider"] == 1].tolist())
        assert len(set(bosses["uid"].tolist())) == len(bosses) and len(set(providers["uid"].tolist())) == len(providers)
    day = run.world.ledger[:DAYS]
    assert len(risen) == int((day["promoted"] + day["taken_over_by_provider"]).sum())


def booked_cost(run):
    """Committed cost of each day by lever, from the levers alone; cents."""
    cost = np.zeros((run.day, len(LEVER_KINDS)))
    for record in run.world.levers[run.world.levers["code"] >= 0]:
        if not LEVER_KINDS[LEVER_NAMES[int(record["code"])]].realised:
            sites = run.parameters.market.platforms
            cost[record["start"] : record["end"], record["code"]] += daily_cost(record, run.world.lever_capacity, sites)
    return cost


def assert_booked(run):
    realised = [kind.code for kind in LEVER_KINDS.values() if kind.realised]
    booked = run.world.public_cost[: run.day]
    committed = np.delete(booked_cost(run), realised, axis=1)
    assert np.abs(np.delete(booked, realised, axis=1) - committed).max() <= 0.5 + 1e-6  # the nearest cent
    held = [run.world.unit_cost[code] for code in realised]
    assert all(cost == 0 or (booked[:, code] % cost == 0).all() for code, cost in zip(realised, held, strict=True))


@given(changed=changes(base=BUSY))
@examples(20)
def test_the_public_cost_of_a_day_is_what_its_levers_commit(changed):
    assert_booked(ledger_of(changed)[1])


@pytest.mark.parametrize("platform", [None, 2])
def test_the_public_cost_of_all_levers_together(platform):
    levers = ALL_LEVERS | {"platform_closure": {"intensity": 0.5, "platform": platform, "end": 60}}
    run = ran(with_levers(tiny(**BUSY), levers), DAYS)
    assert_booked(run)
    spent = run.world.public_cost[:DAYS].sum(axis=0) > 0
    free = LEVER_KINDS["planted_aversion"].code
    assert [code for code in range(len(spent)) if not spent[code]] == [free] or INTERPRETED


@compiled_only
def test_busy_worlds_are_busy():
    """So that the tests above test something: in one or the other of them all of it happens."""
    worlds = [ledger_of(BUSY | {"seed": seed, "policy.levers.beds_near": {"intensity": 2.0, "end": 60}})[0] for seed in range(16)]
    names = (
        "fines courses ads_linked found_online files_opened files_lapsed cases_completed testimonies evidence_lost_by_moves "
        "evidence_lost_by_replacement street_contacts personal_messages mass_messages messages_too_soon answers_lost "
        "meetings_street meetings_personal meetings_mass accompaniments_personal contacts_broken_by_moves left_accompanied "
        "placed_near placed_distant no_bed found_again ran_away_from_care reprisals stays_completed stays_cut_short "
        "promoted taken_over_by_co_boss taken_over_by_provider persons_taken_over persons_taken_on plans_with_co_boss"
    )
    assert [name for name in names.split() if not sum(ledger[name].sum() for ledger in worlds)] == []
