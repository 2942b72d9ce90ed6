"""What is never lost and never made: money to the cent, persons in one status, places at an offer.

Worlds are generated; each runs day by day and is looked at every evening.
"""

import numpy as np
from hypothesis import given

from sim.engine.compiled import INTERPRETED
from sim.simulation import Simulation
from sim.state import records as r
from tests.worlds import BUSY, changes, examples, table, tiny

DAYS = 30 if INTERPRETED else 75


def used(world, name):
    """The rows of a table that are in use."""
    return getattr(world, name)[: int(world.counts[0][name])]


def days_of(changed):
    """A generated world, evening after evening."""
    run = Simulation(tiny(**changed))
    yield run
    for _ in range(DAYS):
        run.run(1)
        yield run


WALLETS = {"bosses": "cash", "providers": "cash", "prostitutes": "earnings"}


def wealth(world):
    """All cash and earnings of each role, cents."""
    return {name: int(used(world, name)[field].sum()) for name, field in WALLETS.items()}


@given(changed=changes(base=BUSY))
@examples(20)
def test_money_is_conserved_to_the_cent(changed):
    """Every day, payments are shared out whole, and wallets hold what the ledger says was earned.

    Between roles money passes only with a Provider who becomes a Boss and takes his capital along.
    """
    evenings = days_of(changed)
    held = wealth(next(evenings).world)
    for run in evenings:
        day = run.world.ledger[run.day - 1]
        earned = {name: int(day[income]) for name, income in zip(
            WALLETS, ("bosses_income", "providers_income", "persons_income"), strict=True)}  # fmt: skip
        costs = sum(int(day[name]) for name in ("venue_costs", "ad_costs", "travel_costs"))
        assert int(day["payments"]) == sum(earned.values()) + costs
        earned["bosses"] += int(day["capital_taken_along"])
        earned["providers"] -= int(day["capital_taken_along"])
        held = {name: held[name] + earned[name] for name in held}
        assert wealth(run.world) == held


STATUSES = {
    "prostitutes": ("at_risk", "independent", "held_between", "held_outside", "in_plan", "in_care_near", "in_care_distant",
                    "out"),
    "bosses": ("bosses_free", "bosses_running", "bosses_partner", "bosses_other_work", "bosses_outside",
               "bosses_custody", "bosses_prison", "bosses_gone"),
    "providers": ("providers_idle", "provider_days_engaged", "providers_other_work",
                  "providers_custody", "providers_prison", "providers_gone"),
}  # fmt: skip
RISING = ("promoted", "taken_over_by_provider")  # Providers who become Bosses
COMING = {
    "prostitutes": ("arrivals_at_risk",),
    "bosses": ("bosses_entered", *RISING),
    "providers": ("providers_entered",),
}
LEAVING = {"bosses": ("bosses_gone", ("bosses_left",)), "providers": ("providers_gone", ("providers_left", *RISING))}


@given(changed=changes(base=BUSY))
@examples(20)
def test_persons_are_never_made_or_lost(changed):
    """Each is counted once a day in one status; tables grow by who enters, and who is gone has left before."""
    evenings = days_of(changed)
    world = next(evenings).world
    rows = {name: int(world.counts[0][name]) for name in STATUSES}
    gone = dict.fromkeys(LEAVING, 0)
    for run in evenings:
        day = run.world.ledger[run.day - 1]
        risen = sum(int(day[name]) for name in RISING)
        for name, statuses in STATUSES.items():
            rows[name] += sum(int(day[entered]) for entered in COMING[name])
            assert int(run.world.counts[0][name]) == rows[name]
            counted = sum(int(day[status]) for status in statuses)
            assert counted == rows[name] - (risen if name == "bosses" else 0)  # who rose today is a Boss from tomorrow
        for name, (stock, leaving) in LEAVING.items():
            assert int(day[stock]) == gone[name]
            gone[name] += sum(int(day[left]) for left in leaving)


def persons_fit_plans_and_ties(world):
    persons, bosses, plans = used(world, "prostitutes"), used(world, "bosses"), world.plans
    in_plan = {(row, int(person["plan"])) for row, person in enumerate(persons) if person["plan"] >= 0}
    listed = [
        (int(row), b) for b in range(len(bosses)) if plans[b]["open"] for row in plans[b]["person"][: plans[b]["n_persons"]]
    ]
    assert len(listed) == len(set(listed)) and set(listed) == in_plan
    assert ((persons["status"] == r.IN_PLAN) == (persons["plan"] >= 0)).all()
    tied = {(row, int(person["boss"][0])) for row, person in enumerate(persons) if person["boss"][0] >= 0}
    held = [(int(row), b) for b, boss in enumerate(bosses) for row in boss["person"][: boss["n_persons"]]]
    assert len(held) == len(set(held)) and set(held) == tied
    assert ((persons["boss"][:, 0] >= 0) == np.isin(persons["status"], (r.BETWEEN, r.IN_PLAN))).all()
    assert ((persons["bed"] >= 0) == (persons["status"] == r.IN_CARE)).all()
    lent = persons["boss"][:, 1] >= 0
    assert (persons["plan"][lent] == persons["boss"][lent, 1]).all() and (
        persons["boss"][lent, 0] != persons["boss"][lent, 1]
    ).all()
    own = (persons["plan"] >= 0) & ~lent
    assert (persons["plan"][own] == persons["boss"][own, 0]).all()
    assert (np.array([boss["person"][boss["n_persons"] :].max(initial=-1) for boss in bosses]) == -1).all()


def providers_fit_slots(world, params):
    providers, bosses = used(world, "providers"), used(world, "bosses")
    plans_of, minutes = {}, dict.fromkeys(range(len(providers)), 0)
    for b in range(len(bosses)):
        plan = world.plans[b]
        assert plan["n_slots"] == 0 or plan["open"]
        by_boss = [slot for slot in range(plan["n_slots"]) if plan["slot_holder"][slot] == r.BY_BOSS]
        assert len(by_boss) <= (1 if plan["co_boss"] < 0 else 2) and (plan["slot_task"][by_boss] == r.WATCH).all()
        for slot in range(plan["n_slots"]):
            p = int(plan["slot_holder"][slot])
            if p >= 0:
                plans_of.setdefault(p, set()).add(b)
                minutes[p] += int(plan["slot_minutes"][slot])
            assert p != r.VACANT or plan["slot_vacant_since"][slot] >= 0
            assert p == r.VACANT or plan["slot_vacant_since"][slot] < 0
    for p, provider in enumerate(providers):
        serves = plans_of.get(p, set())
        assert int(provider["n_plans"]) == len(serves) <= params.labour_max_plans
        assert int(provider["minutes"]) == minutes[p] <= params.labour_minutes_per_day
        assert provider["status"] != r.RUNNING or serves
        assert not serves or provider["status"] in (r.RUNNING, r.CUSTODY, r.PRISON)  # until he is missed
        assert provider["bound_to"] < 0 or not serves or serves == {int(provider["bound_to"])}


def bosses_fit_plans(world):
    bosses = used(world, "bosses")
    plans = world.plans[: len(bosses)]
    assert ((bosses["status"] == r.RUNNING) == (plans["open"] == 1)).all()  # that of a co-Boss is closed
    with_co_boss = np.flatnonzero((plans["open"] == 1) & (plans["co_boss"] >= 0))
    together = {(int(b), int(plans["co_boss"][b])) for b in with_co_boss}
    for c in np.flatnonzero(bosses["status"] == r.PARTNER):
        assert (int(bosses["partner"][c]), int(c)) in together
    assert all(b != c and bosses["partner"][b] == c for b, c in together)
    for boss in bosses:
        known = boss["contact"][: boss["n_contacts"]].tolist()
        assert len(known) == len(set(known)) and all(0 <= p < world.counts[0].providers for p in known)
    assert (plans["n_persons"] <= r.TEAM).all()


@given(changed=changes(base=BUSY))
@examples(20)
def test_each_person_is_in_one_place_and_both_sides_agree(changed):
    """Persons and Plans, persons and Bosses, Providers and slots, Bosses and Plans point at each other, every evening."""
    for run in days_of(changed):
        persons_fit_plans_and_ties(run.world)
        providers_fit_slots(run.world, run.params[0])
        bosses_fit_plans(run.world)


@given(changed=changes())
@examples(20)
def test_no_offer_is_overbooked(changed):
    for run in days_of(changed):
        plans = run.world.plans
        assert (plans["booked"] <= plans["places"]).all()
        assert (plans["places"] <= r.TEAM * run.params[0].demand_appointments_per_person).all()
        prices = used(run.world, "bosses")["price"]
        low, high = run.params[0].demand_price_low, run.params[0].demand_price_high
        assert ((100 * low <= prices) & (prices <= 100 * high)).all()


@given(changed=changes(base=BUSY))
@examples(20)
def test_places_add_up_to_the_whole_market(changed):
    """Measures by territory and kind sum to those of the whole market; no count is negative."""
    run = Simulation(tiny(**changed))
    run.run(DAYS)
    ledger, by_cell = run.world.ledger[:DAYS], run.world.cells[:DAYS]
    pairs = {"person_days": "in_plan", "minor_person_days": "minors_in_plan", "plan_days": "plans_running",
             "encounters": "encounters", "plans_launched": "plans_launched"}  # fmt: skip
    for name, whole in pairs.items():
        assert (by_cell[name].sum(axis=1) == ledger[whole]).all(), name
    signed = {"bosses_income"}
    assert (ledger["cohort_minors_in_plan"] <= ledger["in_plan"]).all()
    assert (ledger["cohort_minors_held"] <= ledger["held_between"] + ledger["held_outside"]).all()
    for whose in ("", "minors_"):
        for held in ("held_between", "held_outside"):
            assert (ledger[f"{whose}{held}_briefly"] <= ledger[f"{whose}{held}"]).all(), "the measures of exploitation are nested"
    for name in ledger.dtype.names:
        assert name in signed or (ledger[name] >= 0).all(), name
    found_closed = ("searches_blocked", "searches_given_up")
    outcomes = sum(ledger[name] for name in ("encounters", "retried", "unmet", "declined", *found_closed))
    assert (outcomes == ledger["searches"]).all()
    ended = sum(int(ledger[name].sum()) for name in ("plans_completed", "plans_broken_up", "plans_abandoned"))
    removed = int(ledger["bosses_removed"].sum())  # Plans of Bosses held by a lever end in neither way
    running = int((run.world.plans["open"] == 1).sum())
    assert ended + running <= int(ledger["plans_launched"].sum()) <= ended + running + removed
    assert table(run).shape == (DAYS, len(ledger.dtype.names))
