"""Structural dials bite, each in its direction, on twin worlds of the `class` market.

Each claim is about a mean over seeds with an interval of four standard errors (false alarm below one in 10,000).
"""

import functools

import numpy as np
import pytest

from sim.configuration import compose
from sim.rules.enforcement import inspections_plain as inspections
from sim.rules.plain_tables import in_plain_numbers
from sim.simulation import Simulation
from sim.state.records import HOTEL, KINDS, LEFT, STREET

SEEDS, ERRORS, START = 40, 4.0, 180
LIBERTY = ("bosses_free", "bosses_running", "bosses_partner", "bosses_other_work", "bosses_outside")


@functools.lru_cache(maxsize=4)
def worlds(days, **changed):
    """Worlds of seeds 0, 1, ... at their horizon."""
    settings = {"days": days, "burn_in": 0, "policy.start_day": START} | {key.replace("__", "."): v for key, v in changed.items()}
    runs = [Simulation(compose("class", overrides=settings | {"seed": seed})) for seed in range(SEEDS)]
    for run in runs:
        run.run()
    return runs


def interval(values):
    """Low and high of a mean, `ERRORS` standard errors from it."""
    half = ERRORS * np.std(values, ddof=1) / len(values) ** 0.5
    return np.mean(values) - half, np.mean(values) + half


def at_liberty(run, first, last):
    return sum(run.world.ledger[name][first:last].mean() for name in LIBERTY)


def encounters_in_venues(run):
    """Encounters per day from day 200 on in cells that are not streets."""
    cells = run.world.cells["encounters"][200:].reshape(-1, KINDS)
    return cells[:, np.arange(KINDS) != STREET].sum() / (run.day - 200)


@pytest.mark.slow
def test_arrested_bosses_are_replaced_where_entry_follows_income():
    """A third of the Bosses are held for good: without elasticity their number stays low, with it most are replaced."""
    arrests = {"policy__levers__arrest_bosses__intensity": 0.3}
    lost = {}
    for elasticity in (0.0, 2.0):
        untreated = worlds(1000, entry__boss_elasticity=elasticity)
        treated = worlds(1000, entry__boss_elasticity=elasticity, **arrests)
        lost[elasticity] = [
            at_liberty(b, 600, 1000) / at_liberty(a, 600, 1000) - 1.0 for a, b in zip(untreated, treated, strict=True)
        ]
    recovered = np.subtract(lost[2.0], lost[0.0])
    assert interval(lost[0.0])[1] < -0.15 and interval(recovered)[0] > 0.0
    at_once = [at_liberty(b, START, START + 20) for b in worlds(1000, entry__boss_elasticity=2.0, **arrests)]
    later = [at_liberty(b, 600, 1000) for b in worlds(1000, entry__boss_elasticity=2.0, **arrests)]
    assert interval(np.subtract(later, at_once))[0] > 0.0, "recovery takes its time"


@pytest.mark.slow
def test_without_a_policy_entry_that_follows_income_leaves_the_market_where_it_is():
    growth = [at_liberty(run, 600, 1000) / at_liberty(run, 90, START) - 1.0 for run in worlds(1000, entry__boss_elasticity=2.0)]
    low, high = interval(growth)
    assert low < 0.1 and high > -0.1 and abs(np.mean(growth)) < 0.15


def perceived(run):
    """Risk perceived by Bosses who run Plans, per Plan-day, from day 300 on."""
    ledger = run.world.ledger[300:]
    return 1e-6 * (ledger["perceived_risk"] * ledger["plans_running"]).sum() / ledger["plans_running"].sum()


def hazard(run):
    """Break-ups per Plan-day from day 300 on."""
    ledger = run.world.ledger[300:]
    return ledger["plans_broken_up"].sum() / ledger["plans_running"].sum()


@pytest.mark.slow
def test_beliefs_come_nearer_to_the_hazard_where_policing_is_seen():
    inspected = {"policy__levers__venue_inspection__intensity": 60.0}
    short = {}
    for visibility in (0.0, 1.0):
        short[visibility] = [hazard(run) - perceived(run) for run in worlds(540, learning__visibility=visibility, **inspected)]
    assert interval(short[0.0])[0] > 0.0, "without it the hazard is underrated"
    assert interval(np.subtract(short[0.0], short[1.0]))[0] > 0.0


@pytest.mark.slow
def test_news_is_generalised_to_cells_alike():
    inspected = {"policy__levers__venue_inspection__intensity": 60.0}
    more = [
        perceived(b) - perceived(a)
        for a, b in zip(worlds(540, **inspected), worlds(540, learning__generalisation=0.5, **inspected), strict=True)
    ]
    assert interval(more)[0] > 0.0


@pytest.mark.slow
def test_a_loss_that_weighs_more_keeps_bosses_from_launching():
    fewer = [
        b.world.ledger["plans_running"][200:].mean() - a.world.ledger["plans_running"][200:].mean()
        for a, b in zip(worlds(540, planning__loss_weight=0.4), worlds(540, planning__loss_weight=2.5), strict=True)
    ]
    assert interval(fewer)[1] < 0.0


@pytest.mark.slow
def test_active_spans_are_skewed_where_some_bosses_run_a_few_plans():
    """Their mean is well above the median, and those who stay run as many Plans as without."""
    spans = {}
    for share in (0.0, 0.6):
        runs = worlds(900, entry__one_off_share=share)
        bosses = np.concatenate([run.world.bosses[: run.world.counts[0].bosses] for run in runs])
        gone = bosses[(bosses["since"] >= 0) & (bosses["status"] == LEFT) & (bosses["plans_done"] > 0)]
        spans[share] = gone["event_day"] - gone["since"]
    assert np.mean(spans[0.0]) < 1.5 * np.median(spans[0.0])
    assert np.mean(spans[0.6]) > 2.5 * np.median(spans[0.6])


def found_again(run):
    """Persons in care found again by their Boss, from the start on."""
    return run.world.ledger["found_again"][START:].sum()


@pytest.mark.slow
def test_distant_beds_matter_more_as_the_nightly_chance_of_being_found_rises():
    beds = {"care__beds_near": 6.0, "care__emergency_nights": 5}
    fewer = {
        chance: [
            found_again(near) - found_again(far)
            for near, far in zip(
                worlds(700, **beds, care__emergency_found=chance, care__beds_distant=0.0),
                worlds(700, **beds, care__emergency_found=chance, care__beds_distant=10.0),
                strict=True,
            )
        ]
        for chance in (0.01, 0.05)
    }
    assert interval(np.subtract(fewer[0.05], fewer[0.01]))[0] > 0.0


@pytest.mark.slow
def test_minors_placed_by_order_get_beds_they_would_decline():
    beds = {"care__beds_near": 6.0}
    more = [
        b.world.ledger["asked_for_bed"][START:].sum() - a.world.ledger["asked_for_bed"][START:].sum()
        for a, b in zip(worlds(700, **beds), worlds(700, **beds, care__ordered_share=1.0), strict=True)
    ]
    assert interval(more)[0] > 0.0


@pytest.mark.parametrize("way", ["reported", "problem"])
def test_police_go_where_reports_or_evidence_are(way):
    """A cell with reports, or with files, has nearly all the weight of its kind; without any, cells weigh as by inhabitants."""
    run = Simulation(compose("class", overrides={"days": 60, "burn_in": 0, "enforcement.cells_chosen": way}))
    run.run(40)
    world, params = in_plain_numbers(run.world, run.params[0])
    cells = range(HOTEL, world.attention.size, KINDS)
    world.plans["reports"], world.bosses["file_since"] = 0.0, -1
    inspections.update_attention(world, params)
    base = [inspections.weight_of(cell, False, world.territories[cell // KINDS].jurisdiction, world, params) for cell in cells]
    share = np.array([world.territories[cell // KINDS].population for cell in cells], float)
    np.testing.assert_allclose(np.array(base) / sum(base), share / share.sum())
    b = int(world.running[0])
    world.plans[b].territory, world.plans[b].kind, world.plans[b].reports = 1, HOTEL, 2.0
    world.bosses[b].file_since, world.bosses[b].evidence, world.bosses[b].last_cell = 3, 0.6, KINDS + HOTEL
    inspections.update_attention(world, params)
    weights = [inspections.weight_of(cell, False, world.territories[cell // KINDS].jurisdiction, world, params) for cell in cells]
    assert weights[1] > 0.999 * sum(weights)


@pytest.mark.slow
def test_without_providers_activity_in_venues_nearly_stops_where_roles_are_needed():
    """All Providers are held: with the dial at 0 a fifth and more of it goes on, at 1 hardly any; a fifth is absorbed."""
    nobody, fewer = ({"policy__levers__arrest_providers__intensity": share} for share in (1.0, 0.2))
    kept = {
        (essential, name): np.mean([encounters_in_venues(run) for run in worlds(540, labour__essential=essential, **levers)])
        for essential in (0.0, 1.0)
        for name, levers in (("all", {}), ("nobody", nobody), ("fewer", fewer))
    }
    assert kept[0.0, "nobody"] > 0.2 * kept[0.0, "all"]
    assert kept[1.0, "nobody"] < 0.1 * kept[1.0, "all"]
    assert kept[1.0, "fewer"] > 0.9 * kept[1.0, "all"]


PATROLS = {"policy__levers__street_patrol__intensity": 100.0}
ROOM = {"demand__appointments_per_person": 8}  # in venues: with 4 most offers there are full, and few second looks succeed


def all_encounters(run):
    """Encounters per day from day 200 on."""
    return run.world.ledger["encounters"][200 : run.day].mean()


@pytest.mark.slow
def test_a_street_crackdown_raises_activity_in_venues_where_clients_change_method():
    """Twins' difference in venues is higher with the dial up, and less of all activity is lost."""
    change, kept = {}, {}
    for switch in (0.0, 1.0):
        untreated = worlds(320, demand__channel_switch=switch, **ROOM)
        treated = worlds(320, demand__channel_switch=switch, **ROOM, **PATROLS)
        pairs = list(zip(untreated, treated, strict=True))
        change[switch] = [encounters_in_venues(b) - encounters_in_venues(a) for a, b in pairs]
        kept[switch] = [all_encounters(b) - all_encounters(a) for a, b in pairs]
    assert interval(np.subtract(change[1.0], change[0.0]))[0] > 0.0
    assert interval(change[1.0])[0] > 0.0 > interval(kept[0.0])[1]
    assert interval(np.subtract(kept[1.0], kept[0.0]))[0] > 0.0


@pytest.mark.slow
def test_clients_lean_away_from_the_street_after_a_crackdown():
    dials = {"demand__channel_switch": 0.5, "demand__channel_drift": 0.2}
    shift = [
        b.world.clients["lean"].mean() - a.world.clients["lean"].mean()
        for a, b in zip(worlds(420, **dials, **ROOM), worlds(420, **dials, **ROOM, **PATROLS), strict=True)
    ]
    assert interval(shift)[1] < 0.0


def street_share(run, first, last):
    """Share of the encounters of these days that were in the street."""
    kinds = run.world.cells["encounters"][first:last].reshape(-1, KINDS).sum(axis=0)
    return kinds[STREET] / kinds.sum()


@pytest.mark.slow
def test_without_a_policy_preferences_that_drift_leave_the_shares_of_methods_where_they_are():
    runs = worlds(730, demand__channel_drift=0.05)
    assert all((run.world.clients["lean"] != 0.0).any() for run in runs)
    growth = [street_share(run, 600, 730) / street_share(run, 90, START) - 1.0 for run in runs]
    low, high = interval(growth)
    assert -0.2 < low and high < 0.2 and abs(np.mean(growth)) < 0.1


@pytest.mark.slow
def test_most_ads_are_back_after_a_closure_where_sites_are_born_and_none_where_they_are_not():
    closure = {"policy__levers__platform_closure__intensity": 1.0}
    back = {}
    for birth in (0.0, 0.05):
        ads = [run.world.ledger["ads_up"] for run in worlds(360, platforms__birth=birth, **closure)]
        back[birth] = [up[300:360].mean() / up[90:START].mean() for up in ads]
    assert max(back[0.0]) < 0.05
    assert interval(back[0.05])[0] >= 0.5
