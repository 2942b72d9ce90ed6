"""Every lever bites, in the direction its name promises, on twin worlds of the `class` market.

For each lever: the mean difference over 40 pairs of twins, in the ninety days after it begins, has
an interval of four standard errors on the expected side of zero (false alarm below one in 10,000
for each claim, if the lever did nothing at all).
"""

import functools
import math

import numpy as np
import pytest

from sim.configuration import compose
from sim.policy import LEVER_KINDS
from sim.simulation import Simulation
from sim.state.records import HOTEL, KINDS, STREET
from tests.worlds import with_lever

PAIRS, START, DAYS = 40, 60, 90
UP, DOWN = 1, -1
CLAIMS = {
    "venue_inspection": (60.0, {"visits_added": UP, "found_by_visit": UP, "plans_broken_up": UP, "bosses_arrested": UP,
                                "providers_arrested": UP}),
    "street_patrol": (300.0, {"patrols_added": UP, "found_by_patrol": UP}),
    "arrest_providers": (0.6, {"providers_prison": UP, "provider_days_engaged": DOWN, "slots_vacant": UP}),
    "arrest_bosses": (0.6, {"bosses_prison": UP, "plans_running": DOWN, "in_plan": DOWN, "encounters": DOWN}),
    "planted_aversion": (4000.0, {"plans_running": DOWN, "plans_launched": DOWN}),
}  # fmt: skip


def market(seed):
    """A street in which patrols can find something; all else as the preset has it."""
    return compose("class", overrides={
        "seed": seed, "days": START + DAYS, "burn_in": 0, "policy.start_day": START, "planning.attractiveness.street": 0.5,
    })  # fmt: skip


@functools.cache
def worlds_before():
    """One untreated world a seed, on the morning on which the policies begin, and its twin run to the end."""
    before = []
    for seed in range(PAIRS):
        run = Simulation(market(seed))
        run.run(START)
        twin = run.fork()
        twin.run(DAYS)
        before.append((run, twin))
    return before


def treated(lever, **settings):
    """Pairs of (untreated, treated) worlds at the horizon."""
    for run, twin in worlds_before():
        fork = run.fork(with_lever(run.parameters, lever, **settings))
        fork.run(DAYS)
        yield twin, fork


def interval(differences):
    """Mean of the differences, and four standard errors around it."""
    values = np.array(differences, float)
    half = 4.0 * values.std(ddof=1) / math.sqrt(values.size)
    return values.mean() - half, values.mean() + half


def test_every_lever_has_its_claims():
    assert set(CLAIMS) == set(LEVER_KINDS)


@pytest.mark.parametrize("lever", sorted(CLAIMS))
def test_a_lever_bites_in_its_direction(lever):
    intensity, claims = CLAIMS[lever]
    pairs = list(treated(lever, intensity=intensity))
    for name, direction in claims.items():
        differences = [int(b.world.ledger[name][START:].sum()) - int(a.world.ledger[name][START:].sum()) for a, b in pairs]
        low, high = interval(differences)
        assert direction * (low if direction == UP else high) > 0, f"{lever}: {name} {low:.1f} to {high:.1f}"
    if LEVER_KINDS[lever].unit_cost_eur > 0:
        assert all(b.world.public_cost.sum() > 0 == a.world.public_cost.sum() for a, b in pairs)


@pytest.mark.parametrize("lever", sorted(CLAIMS))
def test_nothing_of_a_lever_is_nothing(lever):
    for untreated, zero in treated(lever, intensity=0.0):
        assert zero.ledger_sha256() == untreated.ledger_sha256()


@pytest.mark.parametrize("lever, kind", [("planted_aversion", HOTEL), ("venue_inspection", HOTEL), ("street_patrol", STREET)])
def test_a_lever_bites_where_it_is_aimed(lever, kind):
    """Aimed at one kind in the largest place: Plan-days fall there, and visits cost money there only."""
    intensity = 10 * CLAIMS[lever][0]
    name = ("street", "hotel")[kind]
    intensity = min(intensity, LEVER_KINDS[lever].largest)
    pairs = list(treated(lever, intensity=intensity, territory="largest", kind=name))
    cell = int(np.argmax(pairs[0][0].world.territories["population"])) * KINDS + kind
    plan_days = [[int(run.world.cells["plan_days"][START:, cell].sum()) for run in pair] for pair in pairs]
    low, high = interval([b - a for a, b in plan_days])
    assert high < 0, f"{lever} in {name}s of the largest place: {low:.1f} to {high:.1f} Plan-days"


def test_more_of_a_lever_does_more():
    """Plans broken up rise with the intensity of inspections, twice over."""
    found = []
    for intensity in (0.0, 20.0, 200.0):
        found.append(
            [int(b.world.ledger["found_by_visit"][START:].sum()) for _, b in treated("venue_inspection", intensity=intensity)]
        )
    for less, more in zip(found, found[1:], strict=False):
        low, _ = interval(np.subtract(more, less))
        assert low > 0
