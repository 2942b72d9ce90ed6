"""Outcomes: hand-checked on a tiny ledger, and consistent with themselves on a real one."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from sim.configuration import ConfigurationError, compose
from sim.initialisation.geography import places
from sim.levers import ARREST_BOSSES, LEVER_CODES, LEVER_KINDS, STREET_PATROL, VENUE_INSPECTION
from sim.measures.formulas import CHANNELS, GROUPS, HEADLINES, OUTCOMES, Window
from sim.measures.outcomes import cell_table, day_table, ledger_frames, outcomes
from sim.simulation import Simulation
from sim.state.ledger import CELL_DAY, CELL_MEASURES, DAY, DAY_MEASURES
from sim.state.records import BOSS, COUNTS, RUNNING


def tiny(days=4, burn_in=1, **overrides):
    """A run of four days, all zero, whose tables a test fills."""
    parameters = compose("class", overrides={"days": days, "burn_in": burn_in} | overrides)
    world = SimpleNamespace(
        ledger=np.zeros(days, DAY).view(np.recarray),
        cells=np.zeros((days, 12), CELL_DAY),
        public_cost=np.zeros((days, LEVER_CODES), np.int64),
        bosses=np.zeros(5, BOSS),
        counts=np.zeros(1, COUNTS),
    )
    world.counts[0].bosses = 5
    return SimpleNamespace(parameters=parameters, places=places("class"), world=world, day=days)


def fill(run, **columns):
    for name, values in columns.items():
        run.world.ledger[name] = values


def values(found):
    return {name: item["value"] for name, item in found.items()}


def test_hand_checked_harm():
    run = tiny()
    fill(
        run,
        in_plan=[90, 6, 9, 9], held_between=[90, 3, 3, 3], held_outside=[90, 1, 1, 1],
        minors_in_plan=[90, 3, 3, 3], minors_held_between=[90, 2, 2, 2], minors_held_outside=[90, 1, 0, 2],
        held_between_briefly=[90, 2, 2, 2], held_outside_briefly=[90, 0, 0, 0], minors_held_between_briefly=[90, 1, 1, 1],
        minors_held_outside_briefly=[90, 0, 0, 0],
        independent_minors=[90, 0, 1, 2], exits=[90, 1, 0, 0], exposed=[90, 4, 0, 4], recognised=[90, 2, 0, 1],
        treated_as_offender=[90, 1, 0, 1], attempts=[90, 3, 0, 3], left_by_attempt=[90, 1, 0, 2],
        encounters=[90, 12, 18, 18], searches=[90, 20, 20, 40], unmet=[90, 2, 2, 4],
    )  # fmt: skip
    found = values(outcomes(run))
    assert found["exploitation_person_days"] == 36 / 3  # the day of burn-in is left out
    assert found["minors_person_days"] == 18 / 3
    assert found["share_of_minors"] == 12 / 30  # of person-days in spells
    assert found["person_days_in_plan"] == 8
    assert found["person_days_in_spell"] == 10
    assert found["minors_person_days_in_spell"] == 4
    assert found["person_days_held_between"] == 3
    assert found["person_days_held_outside"] == 1
    assert found["independent_minors_person_days"] == 1
    assert found["exits"] == pytest.approx(1 / 3)
    assert found["victims_recognised_share"] == 3 / 8
    assert found["treated_as_offenders_share"] == 2 / 8
    assert found["failed_attempts_to_leave"] == 1
    assert found["encounters_per_person_day"] == 48 / 24
    assert found["unmet_demand_share"] == 8 / 80
    assert outcomes(run, 1, 2)["exploitation_person_days"] == {"value": 10.0, "unit": "person-days/day"}


def test_hand_checked_plans_and_labour():
    run = tiny()
    fill(
        run,
        plans_running=[2, 3, 3, 2], plans_launched=[2, 2, 1, 0], team_launched=[2, 6, 3, 0],
        plans_completed=[1, 0, 1, 0], plans_broken_up=[0, 1, 0, 0], plan_days_ended=[1, 2, 6, 4],
        slots=[8, 12, 12, 8], slots_by_boss=[2, 3, 3, 2], slots_vacant=[0, 3, 2, 1],
        vacancies_opened=[9, 2, 2, 2], vacancies_filled=[9, 2, 1, 1], vacancy_days_filled=[9, 0, 3, 3],
        vacancies_filled_by_known=[9, 1, 1, 1], vacancies_unfilled_at_end=[9, 0, 0, 1],
        provider_plans=[9, 6, 6, 4], provider_days_engaged=[9, 4, 4, 2],
    )  # fmt: skip
    run.world.bosses["status"][:1] = RUNNING  # one Plan runs on after the last day: of 1 + 3, three have ended
    found = values(outcomes(run))
    assert found["plan_duration"] == 12 / 3
    assert found["plan_team"] == 9 / 3
    assert found["plans_broken_up"] == 1 / 3
    assert found["slots_vacant_share"] == 6 / 24
    assert found["vacancy_spells_per_100_slot_days"] == 100 * 6 / 24
    assert found["days_to_fill_vacancy"] == 6 / 4
    assert found["vacancies_filled_by_known_share"] == 3 / 4
    assert found["vacancies_never_filled_share"] == 1 / 5
    assert found["providers_per_plan"] == 16 / 8
    assert found["plans_per_provider"] == 16 / 10
    assert Window(run, 1, 3).plans_ended == 2  # before day 3 two run: its census less its launches


def test_hand_checked_money_risk_and_cost():
    run = tiny()
    fill(
        run,
        persons_income=[999, 3000, 3000, 3000], providers_income=[999, 1500, 1500, 0], bosses_income=[9, -600, 0, 0],
        in_plan=[9, 1, 1, 1], provider_days_engaged=[9, 1, 1, 0], bosses_running=[9, 1, 3, 0],
        perceived_risk=[9, 4000, 8000, 0], bosses_arrested=[9, 1, 1, 1], bosses_prison=[9, 2, 2, 5],
    )  # fmt: skip
    run.world.public_cost[:, VENUE_INSPECTION] = [900, 100, 100, 100]
    run.world.public_cost[:, ARREST_BOSSES] = [0, 0, 0, 250]
    found = values(outcomes(run))
    assert found["income_of_persons"] == 30.0
    assert found["income_a_person_day"] == 30.0
    assert found["income_a_provider_day"] == 15.0
    assert found["income_a_boss_day"] == -1.5
    assert found["perceived_risk"] == pytest.approx((0.004 + 3 * 0.008) / 4)
    assert (found["bosses_arrested"], found["bosses_in_prison"]) == (1.0, 3.0)
    assert found["public_cost"] == 5.5
    assert found["public_cost_venue_inspection"] == 3.0
    assert found["public_cost_arrest_bosses"] == 2.5
    assert found["public_cost_street_patrol"] == 0.0 and STREET_PATROL == 1
    assert "public_cost_planted_aversion" not in found


def test_hand_checked_protection():
    run = tiny()
    fill(
        run,
        found_again=[9, 0, 1, 0], reprisals=[9, 1, 1, 1], answers_lost=[9, 1, 0, 0],
        contacts_broken_by_moves=[9, 0, 1, 0], contacts_lost_by_closure=[9, 0, 0, 4],
        in_care_near=[9, 1, 2, 3], in_care_distant=[9, 4, 4, 4], placed_near=[9, 1, 0, 0], placed_distant=[9, 1, 1, 0],
        asked_for_bed=[9, 3, 2, 0], no_bed=[9, 1, 1, 0], recognised=[9, 4, 0, 0], testimonies=[9, 1, 0, 0],
        runaway_spells=[9, 3, 3, 3], prevented=[9, 2, 2, 2],
    )  # fmt: skip
    found = values(outcomes(run))
    assert (found["found_again"], found["reprisals"]) == (pytest.approx(1 / 3), 1.0)
    assert found["contacts_lost"] == 2.0
    assert (found["persons_in_care_near"], found["persons_in_care_distant"], found["placed"]) == (2.0, 4.0, 1.0)
    assert found["bed_requests_without_bed_share"] == 2 / 5
    assert found["testimonies_share"] == 1 / 4
    assert (found["runaway_spells"], found["prevented"]) == (3.0, 2.0)


def test_hand_checked_funnel_by_channel():
    run = tiny()
    first = {"street": "street_contacts", "personal": "personal_messages", "mass": "mass_messages"}
    for place, channel in enumerate(CHANNELS, start=1):
        fill(run, **{first[channel]: [999, 100 * place, 0, 20 * place], f"answers_{channel}": [999, 12, 12, 0]})
        fill(run, **{f"meetings_{channel}": [999, 0, 6 * place, 0], f"accompaniments_{channel}": [999, 0, 0, 3]})
    found = values(outcomes(run))
    for place, channel in enumerate(CHANNELS, start=1):
        name = f"outreach_{channel}_"
        assert found[name + "contacts"] == 40 * place
        assert (found[name + "answers"], found[name + "meetings"], found[name + "accompaniments"]) == (8.0, 2.0 * place, 1.0)
        assert found[name + "answer_ratio"] == 24 / (120 * place)  # a ratio of sums, not a mean of ratios
        assert found[name + "meeting_ratio"] == 6 * place / 24
        assert found[name + "accompaniment_ratio"] == 3 / (6 * place)


def test_hand_checked_police_closures_and_fines():
    run = tiny()
    fill(
        run,
        searches=[999, 100, 50, 50], unmet=[99, 5, 5, 2], searches_blocked=[9, 40, 0, 0], searches_given_up=[9, 10, 20, 10],
        searches_to_street=[9, 4, 0, 0], launches_delayed=[9, 1, 2, 0], fines=[9, 1, 0, 2], fine_revenue=[9, 30_000, 0, 60_000],
        courses=[9, 0, 0, 3], files_opened=[9, 1, 1, 1], files_lapsed=[9, 0, 0, 3], cases_completed=[9, 0, 6, 0],
        evidence_lost_by_moves=[9, 1_500_000, 0, 0], evidence_lost_by_replacement=[9, 0, 0, 300_000],
        ads_read=[9, 10, 10, 0], ads_linked=[9, 0, 1, 0],
    )  # fmt: skip
    found = values(outcomes(run))
    assert found["unmet_demand_share"] == 12 / 120  # 80 of 200 searches saw no offer as a site was closed
    assert found["searches_blocked_share"] == 40 / 200 and found["searches_given_up_share"] == 40 / 200
    assert found["searches_to_street_share"] == 4 / 200 and found["launches_delayed"] == 1.0
    assert (found["clients_fined"], found["courses"], found["fine_revenue"]) == (1.0, 1.0, 300.0)
    assert found["public_cost"] == 0.0, "what fines bring in is no saving of public cost"
    assert (found["cases_opened"], found["cases_lapsed"], found["cases_completed"]) == (1.0, 1.0, 2.0)
    assert (found["evidence_lost_by_moves"], found["evidence_lost_by_replacement"]) == (0.5, pytest.approx(0.1))
    assert found["ads_linked_share"] == 1 / 20


def test_hand_checked_careers():
    run = tiny(**{"careers.promotion_days": 0})  # else nobody can rise in so few days
    fill(
        run,
        promoted=[9, 1, 1, 1], taken_over_by_co_boss=[9, 2, 0, 0], taken_over_by_provider=[9, 0, 1, 0],
        bosses_free=1, bosses_running=2, bosses_partner=3, bosses_other_work=4, bosses_outside=5, bosses_custody=6,
        bosses_prison=7, bosses_gone=1000, bosses_once_providers=[999, 14, 0, 0], boss_age_days=28 * 7305,
        providers_idle=1, provider_days_engaged=2, providers_other_work=3, providers_custody=4, providers_prison=5,
        providers_gone=1000, provider_age_days=15 * 14_610,
        in_plan=1, held_between=2, held_outside=3, independent=4, in_care_near=50, at_risk=60, out=70, person_age_days=3 * 7305,
        bosses_income=[9, 1000, 0, 500], persons_taken_on=[9, 3, 0, 0],
    )  # fmt: skip
    found = values(outcomes(run))
    assert (found["promoted"], found["taken_over"], found["bosses_partner"]) == (1.0, 1.0, 3.0)
    assert found["taken_over_by_provider_share"] == 1 / 3
    assert found["bosses_once_providers_share"] == 14 / 84
    assert (found["age_of_bosses"], found["age_of_providers"]) == (20.0, 40.0)
    assert found["age_of_persons"] == pytest.approx(6.0)  # over the exploited and the independent, as the ledger sums it
    assert found["income_a_boss_day"] == 1.0, "a co-Boss shares in the income of a Plan"
    assert found["persons_taken_on"] == 1.0


def test_every_lever_that_costs_is_booked():
    found = outcomes(tiny())
    booked = {name.removeprefix("public_cost_") for name in found if name.startswith("public_cost_")}
    assert booked == {name for name, kind in LEVER_KINDS.items() if kind.unit_cost_eur > 0.0}


def test_undefined_is_none_and_all_is_json():
    found = outcomes(tiny())
    assert found["outreach_mass_answer_ratio"]["value"] is None and found["age_of_bosses"]["value"] is None
    assert found["share_of_minors"]["value"] is None
    assert found["plan_duration"]["value"] is None
    assert found["exploitation_person_days"]["value"] == 0.0
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert all(item["value"] is None or type(item["value"]) is float for item in found.values())


def test_harm_comes_first_in_a_fixed_order():
    names = list(outcomes(tiny()))
    assert tuple(names[: len(HEADLINES)]) == HEADLINES
    assert names[: len(OUTCOMES)] == [name for name, _, _ in OUTCOMES]
    assert len(set(names)) == len(names) and list(GROUPS)[:2] == ["Harm", "Protection"]
    assert HEADLINES[:3] == ("person_days_in_spell", "minors_person_days_in_spell", "share_of_minors")
    assert not any("income" in name for name in HEADLINES)


@pytest.mark.parametrize("window", [(4, 4), (3, 2), (-1, 2), (0, 5)])
def test_a_window_without_days_is_a_clear_error(window):
    with pytest.raises(ConfigurationError, match="no outcomes over days .*: 4 days have been run"):
        outcomes(tiny(), *window)


def test_tables_hold_the_days_run():
    run = tiny()
    run.day = 3
    fill(run, encounters=[1, 2, 3, 4])
    run.world.cells["person_days"] = np.arange(48).reshape(4, 12)
    days, cells = day_table(run), cell_table(run)
    assert list(days.columns) == list(DAY_MEASURES) and days.index.name == "date"
    assert days["encounters"].tolist() == [1, 2, 3] and str(days.index[2].date()) == "2021-01-06"
    assert list(cells.columns) == ["date", "territory", "kind", *CELL_MEASURES] and len(cells) == 36
    row = cells[(cells["date"] == days.index[1]) & (cells["territory"] == "North") & (cells["kind"] == "flat")]
    assert row["person_days"].tolist() == [12 + 4 + 2]
    run.world.ledger["encounters"] = 0
    assert days["encounters"].sum() == 6  # a table is a copy


@pytest.fixture(scope="module")
def lived():
    overrides = {"seed": 3, "days": 120, "burn_in": 20, "policy.levers": {"arrest_bosses": {"intensity": 0.3, "start": 60}}}
    run = Simulation(compose("class", overrides=overrides), record_events=True)
    run.run()
    return run


def test_a_real_run_agrees_with_itself(lived):
    frames = ledger_frames(lived)
    days, cells, events = frames["days"], frames["cells"], frames["events"]
    assert cells["person_days"].sum() == days["in_plan"].sum()
    assert cells["encounters"].sum() == days["encounters"].sum()
    assert (events["event"] == "plan started").sum() == days["plans_launched"].sum()
    durations = events.loc[events["event"] == "plan ended", "value"]
    window = Window(lived, 0, 120)
    assert window.plans_ended == len(durations) > window.plans_completed + window.plans_broken_up
    assert outcomes(lived, 0)["plan_duration"]["value"] == durations.mean()
    later = events["date"] >= days["date"].iloc[70]
    assert Window(lived, 70, 120).plans_ended == ((events["event"] == "plan ended") & later).sum()
    found = values(outcomes(lived, 60, 120))
    assert found["public_cost"] == found["public_cost_arrest_bosses"] > 0.0
    assert found["public_cost"] == pytest.approx(frames["public_cost"]["arrest_bosses"].sum() / 100)


def test_tables_can_be_written(lived, tmp_path):
    import pandas as pd

    for name, frame in ledger_frames(lived).items():
        frame.to_parquet(tmp_path / f"{name}.parquet")
        assert len(pd.read_parquet(tmp_path / f"{name}.parquet")) == len(frame)
    with_none = Simulation(compose("class", overrides={"days": 5, "burn_in": 0}))
    with_none.run()
    assert set(ledger_frames(with_none)) == {"days", "cells", "public_cost"}


def test_every_search_ends_in_one_way_when_a_site_is_closed():
    closure = {"platform_closure": {"intensity": 0.9, "start": 30}}
    run = Simulation(compose("class", overrides={"days": 90, "burn_in": 20, "policy.levers": closure}))
    run.run()
    window = Window(run, 0, 90)
    stopped = window.searches_blocked + window.searches_given_up
    assert stopped > 0
    assert window.searches == window.encounters + window.unmet + window.retried + window.declined + stopped
    found = values(outcomes(run))
    assert 15.0 < found["age_of_persons"] < found["age_of_bosses"] < 40.0
