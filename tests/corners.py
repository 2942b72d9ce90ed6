"""Corners of the ranges: configurations of tiny markets whose parameters stand at an end of their range or at the default.

`python -m tests.corners FIRST NUMBER` runs some of them and looks at what came out; on its own, so that the rules can be
compiled with bounds checked, or run in plain Python.
"""

from __future__ import annotations

import random
import sys

import numpy as np

from sim.configuration import ConfigurationError, compose, parameter_table
from sim.initialisation.attributes import DAYS_A_YEAR
from sim.initialisation.environment import check_world
from sim.levers import LEVER_KINDS
from sim.measures.outcomes import outcomes
from sim.parameters import Parameters
from sim.simulation import Simulation
from sim.state import records as r

OWN = ("seed", "days", "start", "burn_in", "market.preset", "policy.start_day", "budget")  # set here for every corner
SMALL = {  # of what costs time, the most that a corner takes
    "market.bosses": 24,
    "market.prostitutes": 60,
    "market.providers": 50,
    "market.clients": 300,
    "market.searches_per_day": 120.0,
    "careers.boss_entry": 4.0,
    "careers.provider_entry": 4.0,
    "entry.at_risk_per_100k": 60.0,
    "entry.at_risk_days": 200.0,
    "enforcement.visits_per_inspector_day": 3.0,
    "casework.ads_per_inspector_day": 30.0,
}
SIGNED = ("bosses_income",)
SHARES = ("share", "chance", "0 to 1")
WAYS = ("listed", "learned", "reported", "problem")  # in which police choose cells


def corner(number: int) -> Parameters:
    """The corner of this number: some parameters at an end of their range, moved where an order or a sum asks for it."""
    dice = random.Random(number)
    ends = {row["key"]: row for row in parameter_table() if row["low"] is not None and row["key"] not in OWN}
    own = {key: random.Random(f"{number} {key}") for key in ends}  # a new parameter leaves the others of a corner as they are
    chosen = [key for key in sorted(ends) if own[key].random() < own[key].choice((0.05, 0.3, 0.7))]
    days = dice.choice((60, 90, 120))
    tree = {
        "seed": dice.randrange(2**53), "days": days, "burn_in": dice.choice((0, 10)),
        "policy.start_day": 30, "market.bosses": 8, "market.prostitutes": 20, "market.providers": 20,
        "market.clients": 200, "market.searches_per_day": 20.0, "entry.at_risk_per_100k": 45.0,
    }  # fmt: skip
    for key in chosen:
        low, high = ends[key]["low"], ends[key]["high"]
        high = min(high, SMALL.get(key, high))
        kind = type(ends[key]["default"])
        tree[key] = kind(own[key].choice((low, high, low + (high - low) * own[key].random())))
    for row in parameter_table():
        if row["key"].startswith(("learning.learning", "planning.moving", "careers.promotion_blind", "enforcement.cells_chosen")):
            if dice.random() < 0.2:
                is_way = row["key"].endswith("chosen")
                tree[row["key"]] = dice.choice(WAYS) if is_way else not row["default"]
    for name, kind in sorted(LEVER_KINDS.items()):
        if dice.random() < 0.15:
            tree[f"policy.levers.{name}.intensity"] = min(kind.largest, dice.choice((0.5, 1.0, 20.0)))
    for _ in range(40):
        try:
            parameters = compose(dice.choice(("class", "class", "herault")), overrides=tree)
            check_world(parameters)
            return parameters
        except ConfigurationError as error:
            named = [key for key in chosen if key in tree and _is_named(key, str(error))]
            assert named, error
            for key in named:
                del tree[key]
    raise AssertionError(f"corner {number} cannot be made valid")


def _is_named(key: str, message: str) -> bool:
    group, _, name = key.rpartition(".")
    return group.split(".")[0] in message and name in message


def look_at(run: Simulation) -> None:
    """What is true of every world, whatever its parameters: counts, ages, shares, money, persons."""
    world, params, days = run.world, run.params[0], run.day
    counts = world.counts[0]
    ledger = world.ledger[:days]
    for name in ledger.dtype.names:
        assert name in SIGNED or (ledger[name] >= 0).all(), name
    paid = sum(ledger[name] for name in (
        "persons_income", "providers_income", "bosses_income", "venue_costs", "ad_costs", "travel_costs"))  # fmt: skip
    assert (ledger["payments"] == paid).all(), "money"
    cash = int(world.bosses["cash"][: counts.bosses].sum() + world.providers["cash"][: counts.providers].sum())
    earned = int((ledger["bosses_income"] + ledger["providers_income"]).sum())
    assert cash == earned, "money in wallets"
    people = {
        "prostitutes": (
            "at_risk", "independent", "held_between", "held_outside", "in_plan", "in_care_near", "in_care_distant", "out"),
        "bosses": ("bosses_free", "bosses_running", "bosses_partner", "bosses_other_work", "bosses_outside", "bosses_custody",
                   "bosses_prison", "bosses_gone"),
        "providers": ("providers_idle", "provider_days_engaged", "providers_other_work", "providers_custody",
                      "providers_prison", "providers_gone"),
    }  # fmt: skip
    came = {"prostitutes": ("arrivals_at_risk",), "providers": ("providers_entered",),
            "bosses": ("bosses_entered", "promoted", "taken_over_by_provider")}  # fmt: skip
    for role, statuses in people.items():
        standing = sum(ledger[name] for name in statuses)
        coming = sum(ledger[name] for name in came[role])
        late = ("promoted", "taken_over_by_provider") if role == "bosses" else ()
        tonight = standing + sum((ledger[name] for name in late), np.zeros(days, np.int64))
        assert int(tonight[-1]) == counts[role], role
        assert int(standing[-1]) <= int(counts[role]) and int(coming.sum()) <= int(counts[role]), role
    ages_are_plausible(run)
    persons = world.prostitutes[: counts.prostitutes]
    for name in ("vulnerability", "trust", "awareness", "supervision", "debt", "attachment"):
        assert ((persons[name] >= 0.0) & (persons[name] <= 1.0 + 1e-6)).all(), name
    prices = world.bosses["price"][: counts.bosses]
    assert ((prices >= int(100 * params.demand_price_low)) & (prices <= int(100 * params.demand_price_high) + 1)).all(), "prices"
    units_of = {}
    for name, found in outcomes(run).items():
        units_of[name] = found["unit"]
        value = found["value"]
        assert value is None or np.isfinite(value), (name, value)
        if found["unit"].split(" ")[0] in ("share", "chance") and value is not None:
            assert -1e-9 <= value <= 1.0 + 1e-9, (name, value)
        if value is not None and found["unit"].split("/")[0].split(" ")[0] in ("persons", "person-days", "Plans", "years"):
            assert value >= 0.0, (name, value)


def ages_are_plausible(run: Simulation) -> None:
    """Nobody entered younger than the youngest or older than the oldest, and nobody is older than can be."""
    p, day = run.parameters, run.day
    youngest = {"bosses": p.careers.entry_age_low, "providers": p.careers.entry_age_low, "prostitutes": p.entry.age_low}
    for role, low in youngest.items():
        table = getattr(run.world, role)[: run.world.counts[0][role]]
        if len(table):
            at_entry = (table["since"] - table["birth_day"]) / DAYS_A_YEAR
            now = (day - table["birth_day"]) / DAYS_A_YEAR
            least = low - 0.01 if role != "bosses" else min(low, p.careers.entry_age_low) - 0.01
            assert at_entry.min() >= least and at_entry.max() < 101.0, (role, at_entry)
            assert now.min() >= low - 0.01 and now.max() < 101.0, (role, now)


def run_corner(number: int) -> Simulation:
    """Run a corner and look at it; what is wrong names the corner."""
    run = Simulation(corner(number))
    run.run()
    assert run.world.counts[0].bosses <= run.world.bosses.size and r.TEAM == 10
    look_at(run)
    return run


def main(first: int, number: int) -> int:
    """Run corners first..first+number-1; prints what fails and returns how many."""
    failed = 0
    for k in range(first, first + number):
        try:
            run_corner(k)
        except Exception as error:  # noqa: BLE001 (each is told, the others go on)
            failed += 1
            print(f"corner {k}: {type(error).__name__}: {error}", flush=True)
    print(f"{number} corners, {failed} failed", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(min(1, main(int(sys.argv[1]), int(sys.argv[2]))))
