"""Structural dials bite, each in its direction, on twin worlds of the `class` market with police who find much.

Each claim is about a mean over seeds with an interval of four standard errors (false alarm below one in 10,000).
"""

import functools

import numpy as np
import pytest

from sim.configuration import compose
from sim.measures.composition import composition
from sim.rules.enforcement import inspections_plain as inspections
from sim.rules.plain_tables import in_plain_numbers
from sim.simulation import Simulation
from sim.state.records import BETWEEN, FREE, HOTEL, IN_PLAN, KINDS, LEFT, OTHER_WORK, OUT, OUTSIDE, RUNNING, STREET
from tests.worlds import POLICED

SEEDS, ERRORS, START = 40, 4.0, 180
LIBERTY = ("bosses_free", "bosses_running", "bosses_partner", "bosses_other_work", "bosses_outside")


@functools.lru_cache(maxsize=4)
def worlds(days, **changed):
    """Worlds of seeds 0, 1, ... at their horizon."""
    settings = POLICED | {"days": days, "burn_in": 0, "policy.start_day": START}
    settings |= {key.replace("__", "."): value for key, value in changed.items()}
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
    """Their mean is well above the median, with a spread in commitment too."""
    spans = {}
    for share, sigma in ((0.0, 0.0), (0.6, 0.0), (0.5, 0.8)):
        runs = worlds(900, entry__one_off_share=share, careers__commitment_sigma=sigma)
        bosses = np.concatenate([run.world.bosses[: run.world.counts[0].bosses] for run in runs])
        gone = bosses[(bosses["since"] >= 0) & (bosses["status"] == LEFT) & (bosses["plans_done"] > 0)]
        spans[share] = gone["event_day"] - gone["since"]
    assert np.mean(spans[0.0]) < 1.5 * np.median(spans[0.0])
    assert np.mean(spans[0.6]) > 2.5 * np.median(spans[0.6])
    assert np.mean(spans[0.5]) > 2.0 * np.median(spans[0.5])


def spells_under_control(runs):
    """Days from the last tie to the exit, or to the horizon, of persons tied in the first 300 days."""
    persons = np.concatenate([run.world.prostitutes[: run.world.counts[0].prostitutes] for run in runs])
    tied = persons["tie_since"][:, 0]
    persons = persons[(persons["was_exploited"] == 1) & (tied > 0) & (tied < 300)]
    return np.where(persons["status"] == OUT, persons["status_since"], 1000) - persons["tie_since"][:, 0]


@pytest.mark.slow
def test_spells_under_control_are_skewed_where_persons_differ_in_attempts_to_leave():
    """Whoever breaks free is out at once and for good here, so that the day of the exit ends the spell."""
    lasting = {"control__independent_share": 0.0, "control__relapse_rate": 0.0}
    short = {"entry__one_off_share": 0.5, "careers__commitment_sigma": 0.8, "control__spell_sigma": 1.0}
    skew = []
    for changed in ({}, {"control__spell_sigma": 1.5}, short):
        spells = spells_under_control(worlds(1000, **lasting | changed))
        skew.append(np.mean(spells) / np.median(spells))
    assert skew[0] < 1.35 and min(skew[1:]) > 1.45


def by_factor(runs, table, factor, among, chosen):
    """For each world, the share of `chosen` of those `among` the agents with a factor above 1, less that of the others."""
    apart = []
    for run in runs:
        agents = getattr(run.world, table)[: getattr(run.world.counts[0], table)]
        agents = agents[among(agents)]
        high = agents[factor] > 1.0
        if 0 < high.sum() < len(high):
            apart.append(chosen(agents[high]).mean() - chosen(agents[~high]).mean())
    return apart


@pytest.mark.slow
def test_bosses_with_little_commitment_leave_sooner_and_prefer_alternatives():
    """Of those present at the start more have left; of those free or elsewhere at the end, more are elsewhere."""
    runs = worlds(540, careers__commitment_sigma=1.5)
    left = by_factor(
        runs, "bosses", "leaving_factor", lambda bosses: bosses["since"] < 0, lambda bosses: bosses["status"] == LEFT
    )
    assert interval(left)[0] > 0.0
    elsewhere = by_factor(
        runs, "bosses", "leaving_factor",
        lambda bosses: np.isin(bosses["status"], (FREE, RUNNING, OTHER_WORK, OUTSIDE)),
        lambda bosses: np.isin(bosses["status"], (OTHER_WORK, OUTSIDE)),
    )  # fmt: skip
    assert interval(elsewhere)[0] > 0.0


@pytest.mark.slow
def test_fewer_of_the_persons_who_try_to_leave_often_are_still_held():
    held = by_factor(
        worlds(540, control__spell_sigma=1.0), "prostitutes", "attempt_factor",
        lambda persons: (persons["since"] < 0) & (persons["was_exploited"] == 1),
        lambda persons: np.isin(persons["status"], (BETWEEN, IN_PLAN)),
    )  # fmt: skip
    assert interval(held)[1] < 0.0


def more(measure, first, days, **changed):
    """Sum of a measure of the ledger from a day on, with the changes less without, for each pair of twins."""
    return [
        float(b.world.ledger[measure][first:].sum()) - float(a.world.ledger[measure][first:].sum())
        for a, b in zip(worlds(days), worlds(days, **changed), strict=True)
    ]


@pytest.mark.slow
def test_courts_detain_more_where_they_look_at_the_record():
    changed = {"justice__record_weight": 1.0}
    jailed = np.add(more("bosses_jailed", 0, 540, **changed), more("providers_jailed", 0, 540, **changed))
    assert interval(jailed)[0] > 0.0


@pytest.mark.slow
def test_providers_with_a_record_become_bosses_more_often():
    assert interval(more("promoted", 0, 540, careers__record_promotion=3.0))[0] > 0.0


@pytest.mark.slow
@pytest.mark.parametrize("role", ["bosses", "providers"])
def test_those_without_a_qualification_stay(role):
    """Their share among those present rises."""
    rise = [
        composition(b)[role]["without_qualification"] - composition(a)[role]["without_qualification"]
        for a, b in zip(worlds(540), worlds(540, careers__unqualified_weight=3.0), strict=True)
    ]
    assert interval(rise)[0] > 0.0


@pytest.mark.slow
def test_providers_without_a_qualification_take_other_work_more_seldom():
    assert interval(more("providers_other_work", 0, 540, careers__unqualified_weight=3.0))[1] < 0.0


@pytest.mark.slow
def test_runaway_spells_raise_recruitment_where_bosses_meet_those_who_have_run_away():
    """With the meetings, more recruits than without, and more where there are more spells."""
    assert interval(more("recruited", START, 540, entry__runaway_meeting=2.0))[0] > 0.0
    few, many = ({"entry__runaway_meeting": 2.0, "entry__runaway_rate": rate} for rate in (0.01, 0.05))
    rise = np.subtract(more("recruited", START, 540, **many), more("recruited", START, 540, **few))
    assert interval(rise)[0] > 0.0


def test_without_spells_no_meeting_is_added():
    settled = {"days": 90, "burn_in": 0, "entry.runaway_rate": 0.0}
    runs = [Simulation(compose("class", overrides=settled | {"entry.runaway_meeting": factor})) for factor in (0.0, 20.0)]
    for run in runs:
        run.run()
    assert runs[0].ledger_sha256() == runs[1].ledger_sha256()


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
        for chance in (0.0, 0.1)
    }
    assert interval(np.subtract(fewer[0.1], fewer[0.0]))[0] > 0.0


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


@pytest.mark.slow
def test_bursts_of_messages_overload_the_first_reception():
    """Messages of three weeks at once: their answers come together, more of them wait in vain and fewer become meetings."""
    alone = {"outreach__personal_hours": 0.0, "outreach__street_hours": 0.0, "outreach__mass_hours": 0.3}
    alone |= {"outreach__practice_days": 21, "outreach__interval_days": 21, "outreach__mass_answer": 0.3}
    alone |= {"outreach__reception_hours": 0.6, "outreach__queue_days": 7}
    lost, met = [], []
    for every in (1, 21):
        ledgers = [run.world.ledger[21:] for run in worlds(540, outreach__mass_every=every, **alone)]
        answers = np.array([ledger["answers_mass"].sum() for ledger in ledgers])
        lost.append([ledger["answers_lost"].sum() for ledger in ledgers] / answers)
        met.append([ledger["meetings_mass"].sum() for ledger in ledgers] / answers)
    assert interval(lost[1] - lost[0])[0] > 0.0 and interval(met[1] - met[0])[1] < 0.0
