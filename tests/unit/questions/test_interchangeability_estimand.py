"""The interchangeability estimand on made-up rows whose answer is known, and what is done to Providers in a small world."""

import numpy as np
import pytest

from experiments.commands.test import prose_of
from experiments.questions.analysis import analyse, columns_of, decide, entry_of
from experiments.questions.estimand import Context
from experiments.questions.interchangeability import estimand as interchangeability
from experiments.questions.interchangeability.estimand import ARMS, critical_bonding, match_number, recovery
from experiments.questions.providers import WHO, BossesServed, deal_words, reshuffle_identities, vacancy_spells
from experiments.questions.study import MAIN
from sim.configuration import compose
from sim.simulation import Simulation
from sim.state.records import CUSTODY, EVENT, LEFT, PLAN_ENDED, PRISON, SLOT_FILLED, SLOT_VACANT, SUPPLIES, WATCH
from tests.studies import SMALL_STUDY, estimates_of, run_scenario, run_study

CONTEXT = Context(interchangeability.Options(exploitation="under_control"))
PAIRS = 10
NOISE = np.random.Generator(np.random.PCG64(11)).normal(0.0, 0.2, PAIRS)
NOISE -= NOISE.mean()


def rows_of(providers=0.0, share=0.0, number=0.0, vacant=0.0):
    """Columns of ten sets of worlds with 100 person-days a day and 10 vacant slot-days of 200, less or more by arm."""
    rows = {}
    lost = {"base": 0.0, "providers": providers, "bosses_share": share, "bosses_number": number}
    for place, arm in enumerate(ARMS):
        for window in ("transient", "adapted"):
            rows |= {f"{arm}_{name}_{window}": np.full(PAIRS, 1.0) for name in interchangeability.KEPT}
            rows[f"{arm}_in_plan_{window}"] = 78.0 - lost[arm] + np.roll(NOISE, place)
            rows[f"{arm}_held_between_{window}"] = np.full(PAIRS, 20.0)
            rows[f"{arm}_held_outside_{window}"] = np.full(PAIRS, 2.0)
            rows[f"{arm}_slots_{window}"] = np.full(PAIRS, 200.0)
            rows[f"{arm}_slots_vacant_{window}"] = 10.0 + (vacant if arm == "providers" else 0.0) + 0.1 * NOISE
        rows |= {f"{arm}_{group}_{what}": np.full(PAIRS, 1.0) for group in ("logistics", "watch")
                 for what in ("opened", "filled", "filled_days", "vacant_days")}  # fmt: skip
        rows |= {f"{arm}_{name}": np.full(PAIRS, 5.0) for name in ("pool", "share_set", "providers_taken", "bosses_taken")}
        rows[f"{arm}_daily"] = np.full((PAIRS, 60), 100.0 - lost[arm]).tolist()
    return rows | {"pair": list(range(PAIRS))}


def test_three_providers_against_a_boss():
    found = interchangeability.estimate(rows_of(providers=2.0, share=10.0, number=25.0), CONTEXT)
    assert found.interval.estimate == pytest.approx(4.0), "10 - 3 x 2"
    parts = estimates_of(found.parts)
    assert parts["loss_providers"] == pytest.approx(2.0) and parts["loss_bosses_share"] == pytest.approx(10.0)
    assert parts["by_number"] == pytest.approx(19.0) and parts["share_of_bosses"] == pytest.approx(0.2)
    assert found.extra["loss_percent"]["bosses_number"]["estimate"] == pytest.approx(25.0)
    assert found.first_stage["present"], "ten per cent of the person-days are gone"


def test_days_held_are_lost_as_far_as_the_measure_counts_them():
    rows = rows_of(share=10.0)
    rows["bosses_share_held_between_adapted"] = np.full(PAIRS, 12.0)
    for measure, lost in (("in_plan", 10.0), ("in_spell", 10.0), ("under_control", 18.0)):
        found = interchangeability.estimate(rows, Context(interchangeability.Options(exploitation=measure)))
        assert estimates_of(found.parts)["loss_bosses_share"] == pytest.approx(lost), measure


def test_the_curve_over_k_falls_by_the_loss_of_providers():
    points = interchangeability.estimate(rows_of(providers=2.0, share=10.0, number=25.0), CONTEXT).extra["over_k"]
    assert [point["k"] for point in points] == [0, 1, 2, 3, 4, 5, 6]
    assert [point["bosses_share"]["estimate"] for point in points] == pytest.approx([10.0 - 2.0 * k for k in range(7)])
    assert points[6]["bosses_number"]["estimate"] == pytest.approx(13.0)


def test_first_stage_by_vacancies_alone_and_none_at_all():
    few = interchangeability.estimate(rows_of(vacant=0.8), CONTEXT)
    assert not few.first_stage["present"], "eight per cent more vacancies are too few"
    more = interchangeability.estimate(rows_of(vacant=1.5), CONTEXT)
    assert more.first_stage["felt"]["providers"] == {"person_days_fell": False, "vacancies_rose": True}
    assert more.first_stage["present"]


def test_no_loss_is_equivalent_to_none_and_a_large_one_is_not():
    assert interchangeability.estimate(rows_of(share=20.0), CONTEXT).extra["equivalence"]["verdict"] == "equivalent"
    large = interchangeability.estimate(rows_of(providers=5.0, share=20.0), CONTEXT)
    assert large.extra["equivalence"]["verdict"] == "not shown"


def points_at(estimates, half_width):
    return [
        {"bonding": bonding, "loss_percent": {"providers": {"estimate": e, "low": e - half_width, "high": e + half_width}}}
        for bonding, e in zip((0.0, 0.5, 1.0), estimates, strict=True)
    ]


def test_critical_bonding_is_where_the_curve_crosses():
    found = critical_bonding(points_at((0.0, 4.0, 8.0), 2.0), 5.0)
    assert found["estimate"] == pytest.approx(0.625)
    assert found["low"] == pytest.approx(0.375) and found["high"] == pytest.approx(0.875)


def test_critical_bonding_beyond_the_curve_is_censored():
    found = critical_bonding(points_at((0.0, 2.0, 4.0), 2.0), 5.0)
    assert found == {"estimate": None, "low": pytest.approx(0.75), "high": None}
    assert critical_bonding(points_at((6.0, 6.0, 6.0), 0.5), 5.0)["estimate"] == 0.0
    unknown = [{"bonding": 0.0, "loss_percent": {"providers": dict.fromkeys(("estimate", "low", "high"))}}]
    assert critical_bonding(unknown, 5.0) == {"estimate": None, "low": None, "high": None}


def test_recovery_after_a_known_number_of_days_and_never():
    rows = rows_of()
    rows["providers_daily"] = [[80.0] * 20 + [100.0] * 100] * PAIRS
    rows["bosses_share_daily"] = [[80.0] * 120] * PAIRS
    rows["base_daily"] = [[100.0] * 120] * PAIRS
    back = recovery(rows, "providers", 0.05)
    assert back["recovered"] and back["days"] == 13, "28 days of which at most 7 are 20 below: five per cent"
    never = recovery(rows, "bosses_share", 0.05)
    assert never["days"] is None and not never["recovered"] and never["censored_at"] == 93
    assert never["deepest"] == pytest.approx(-20.0)


# --- what is done to Providers


@pytest.fixture
def world():
    simulation = Simulation(compose("class", overrides={"days": 120, "burn_in": 0, "market.clients": 300}))
    simulation.run(60)
    return simulation


def persons_by_class(world):
    providers = world.providers[: world.counts[0].providers]
    return sorted(
        tuple(int(row[name]) for name in ("skills", "home", "status")) + tuple(float(row[name]) for name in WHO)
        for row in providers
        if row["status"] != LEFT
    )


def test_reshuffling_moves_persons_within_their_class_and_nothing_else(world):
    tables = world.world
    before, persons = tables.providers.copy(), persons_by_class(tables)
    bosses, plans = tables.bosses.copy(), tables.plans.copy()
    reshuffle_identities(60, 1, tables)
    assert persons_by_class(tables) == persons, "the same persons, each in the same class"
    assert (tables.providers["uid"] != before["uid"]).any()
    for name in before.dtype.names:
        if name not in WHO:
            assert (tables.providers[name] == before[name]).all(), name
    assert (tables.bosses == bosses).all() and (tables.plans == plans).all(), "contacts, files and slots name places"
    gone = before["status"] == LEFT
    assert (tables.providers["uid"][gone] == before["uid"][gone]).all()


def test_the_deal_hangs_on_seed_day_and_uid_only(world):
    uids = world.world.providers["uid"][:20].copy()
    words = deal_words(7, 3, uids)
    assert (deal_words(7, 3, uids[::-1]) == words[::-1]).all()
    assert (deal_words(8, 3, uids) != words).all() and (deal_words(7, 4, uids) != words).all()
    assert len(set(words.tolist())) == 20


def test_a_reshuffled_world_runs_and_repeats(world):
    hashes = []
    for _ in range(2):
        twin = world.fork()
        twin.insert_phase("identities", lambda day, seed, w, params: reshuffle_identities(day, int(seed), w), before="planning")
        twin.run()
        hashes.append(twin.ledger_sha256())
    world.run()
    assert hashes[0] == hashes[1] != world.ledger_sha256()


def test_as_many_bosses_as_providers():
    overrides = {"days": 120, "burn_in": 0, "market.clients": 300, "policy.start_day": 60}
    lever = {"policy.levers.arrest_bosses.intensity": 0.1, "careers.takeover_provider": 0.0}
    simulation = Simulation(compose("class", overrides=overrides | lever))
    simulation.run(60)
    tables = simulation.world
    at_large = {
        role: int((~np.isin(getattr(tables, role)["status"][: tables.counts[0][role]], (LEFT, CUSTODY, PRISON))).sum())
        for role in ("providers", "bosses")
    }
    for name in ("providers_entered", "bosses_entered", "promoted"):
        tables.ledger[name] = 0  # nobody enters, so the numbers are those of the morning
    share = match_number(simulation)
    assert share == pytest.approx(0.1 * at_large["providers"] / at_large["bosses"]) and 0.1 < share < 1.0
    assert tables.levers["intensity"][0] == share
    tables.levers["intensity"][0] = 0.9
    assert match_number(simulation) == 1.0, "there are no more Bosses than all"
    none = Simulation(compose("class", overrides=overrides))
    none.run(60)
    assert match_number(none) == 0.0 and (none.world.levers["intensity"] == 0.0).all()


def events_of(*rows):
    table = np.zeros(len(rows), EVENT)
    for place, (day, code, value, boss) in enumerate(rows):
        table[place]["day"], table[place]["code"], table[place]["value"], table[place]["uid"] = day, code, value, boss
    return table


def test_vacancy_spells_by_task():
    spells = vacancy_spells(
        events_of(
            (8, SLOT_VACANT, SUPPLIES, 1), (10, SLOT_FILLED, SUPPLIES, 1),  # began before the window
            (10, SLOT_VACANT, SUPPLIES, 1), (11, SLOT_VACANT, WATCH, 1), (12, SLOT_VACANT, WATCH, 1),
            (13, SLOT_VACANT, WATCH, 2), (13, SLOT_FILLED, SUPPLIES, 1), (14, SLOT_FILLED, WATCH, 1),
            (16, PLAN_ENDED, 6, 1), (25, SLOT_FILLED, WATCH, 2), (21, SLOT_VACANT, WATCH, 3),
        ),
        (10, 20),
    )  # fmt: skip
    assert spells["logistics_opened"] == pytest.approx(0.1) and spells["logistics_filled_days"] == pytest.approx(0.3)
    assert spells["watch_opened"] == pytest.approx(0.3), "the one of day 21 is after the window"
    assert spells["watch_filled"] == pytest.approx(0.2) and spells["watch_filled_days"] == pytest.approx(1.5)
    assert spells["watch_vacant_days"] == pytest.approx(1.9), "3 and 12 days filled, 4 until the Plan was over"


def test_spells_of_events_are_those_of_the_ledger():
    overrides = {"days": 150, "burn_in": 0, "market.clients": 300, "labour.bonding": 0.5}
    simulation = Simulation(compose("class", overrides=overrides), record_events=True)
    simulation.run()
    spells, ledger = vacancy_spells(simulation.events(), (0, 150)), simulation.world.ledger
    total = {what: 150 * (spells[f"logistics_{what}"] + spells[f"watch_{what}"]) for what in ("opened", "filled", "filled_days")}
    assert total["opened"] == pytest.approx(int(ledger["vacancies_opened"].sum())) and total["opened"] > 0
    assert total["filled"] == pytest.approx(int(ledger["vacancies_filled"].sum())) and total["filled"] > 0
    # Which of two empty watches was filled is not in the events.
    assert total["filled_days"] == pytest.approx(int(ledger["vacancy_days_filled"].sum()), rel=0.15)


def test_who_works_for_whom(world):
    served = BossesServed()
    tables = world.world
    tables.plans["open"] = 0
    for boss, holders in ((0, (3, 4, -2)), (1, (3, -1, 3))):
        tables.plans[boss].open, tables.plans[boss].n_slots = 1, 3
        tables.plans[boss].slot_holder[:3] = holders
    served.look(tables)
    served.look(tables)
    bosses_of, providers_of = served.count()
    assert sorted(bosses_of.tolist()) == [1, 2] and sorted(providers_of.tolist()) == [1, 2]


# --- a small study

SMALL = (*SMALL_STUDY, "hypothesis=interchangeability", "n_pairs=2")


def test_a_small_study_end_to_end():
    study, rows = run_study(*SMALL)
    entry = analyse(study, rows)
    assert entry["pairs"] == 2 and {control["role"] for control in entry["controls"]} == {"negative", "positive"}
    assert [len(curve["points"]) for curve in entry["bonding"]] == [5, 5, 5, 5]
    assert [curve["pool"] for curve in entry["bonding"]] == [125.0, 50.0, 375.0, 50.0]
    assert entry["reshuffled"]["pairs"] == 2 and [dose["share"] for dose in entry["by_share"]] == [0.5, 1.0, 0.2, 1.0]
    main = columns_of(rows, MAIN)
    assert all(taken == 0.0 for taken in main["base_providers_taken"]) and sum(main["providers_providers_taken"]) > 0.0
    assert sum(main["bosses_number_bosses_taken"]) > sum(main["bosses_share_bosses_taken"])
    assert len(main["base_daily"][0]) == 80
    assert "identities of Providers reshuffled daily" in prose_of(entry)


def test_zero_intensity_is_identical():
    nothing = [f"hypothesis.arms.{arm}.levers.arrest_{role}.intensity=0" for arm, role in
               (("providers", "providers"), ("bosses_share", "bosses"), ("bosses_number", "bosses"))]  # fmt: skip
    study, columns = run_scenario(MAIN, *SMALL, *nothing)
    assert all(columns["base_sha256"] == columns[f"{arm}_sha256"] for arm in ARMS)
    assert entry_of(study, study.scenarios[0], columns)["verdict"] == "identical"
    assert decide(study.spec, interchangeability.estimate(columns, study.context)) == "not applicable"


def test_where_there_is_nothing_nothing_is_felt_and_nothing_recovers():
    rows = {name: np.zeros_like(values) if "share_set" not in name else values for name, values in rows_of().items()}
    found = interchangeability.estimate(rows, CONTEXT)
    assert not found.first_stage["present"]
    rows |= {f"{arm}_daily": np.zeros((PAIRS, 60)) for arm in ARMS}
    assert recovery(rows, "providers", 0.05)["deepest"] is None and not recovery(rows, "providers", 0.05)["recovered"]
