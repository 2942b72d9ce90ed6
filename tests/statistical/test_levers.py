"""Every lever bites, in the directions its claims name, on twin worlds of the `class` market.

For each claim: the mean difference over the pairs of twins, in the days after the lever begins, has an
interval of four standard errors on the expected side of zero (false alarm below one in 10,000 for each
claim, if the lever did nothing at all).
"""

import functools
import math

import numpy as np
import pytest

from experiments.questions.lever_effects import mean_of, treated, untreated
from sim.levers import DOWN, LEVER_KINDS, UP
from sim.state.ledger import DAY_MEASURES
from sim.state.records import HOTEL, KINDS, STREET
from tests.worlds import ran, tiny, with_lever

PAIRS, START, DAYS = 40, 60, 120
ERRORS = 4.0
WORLD = {"planning.attractiveness.street": 0.5}  # a street in which patrols and rounds can find something


@functools.lru_cache(maxsize=2)  # worlds are large; the tests of one lever follow each other
def pairs_of(lever, intensity=None, pairs=PAIRS, **aim):
    """Pairs of (untreated, treated) worlds at the horizon, from one founding and the same days before the lever."""
    claim = LEVER_KINDS[lever].claim
    settings = {"intensity": claim.intensity if intensity is None else intensity} | (aim or claim.aim)
    mornings = (untreated("class", seed, START, DAYS, claim.world | WORLD) for seed in range(pairs))
    return [(twin, treated(morning, lever, DAYS, settings)) for morning, twin in mornings]


def effect(pairs, measure):
    """Mean difference per day of a ledger measure, and its bounds at `ERRORS` standard errors."""
    differences = np.array([mean_of(b, measure, START) - mean_of(a, measure, START) for a, b in pairs])
    half = ERRORS * differences.std(ddof=1) / math.sqrt(differences.size)
    return differences.mean(), differences.mean() - half, differences.mean() + half


def test_every_lever_has_its_claims():
    measures = set(DAY_MEASURES)
    for name, kind in LEVER_KINDS.items():
        assert kind.claim.moves and set(kind.claim.moves) <= measures and kind.claim.intensity <= kind.largest, name


CLAIMED = [(lever, measure) for lever in sorted(LEVER_KINDS) for measure in LEVER_KINDS[lever].claim.moves]


@pytest.mark.parametrize("lever, measure", CLAIMED)
def test_a_lever_bites_in_its_direction(lever, measure):
    direction = LEVER_KINDS[lever].claim.moves[measure]
    mean, low, high = effect(pairs_of(lever), measure)
    assert direction * (low if direction == UP else high) > 0, f"{mean:.4g} ({low:.4g} to {high:.4g})"


@pytest.mark.parametrize("lever", sorted(name for name, kind in LEVER_KINDS.items() if kind.unit_cost_eur > 0))
def test_a_lever_costs_the_public_something(lever):
    code = LEVER_KINDS[lever].code
    for plain, pulled in pairs_of(lever, pairs=5):
        assert plain.world.public_cost.sum() == 0
        assert (pulled.world.public_cost[START:, code] > 0).all() and pulled.world.public_cost[:START].sum() == 0


@functools.cache
def untreated_ledger(seed):
    return ran(tiny(seed=seed)).ledger_sha256()


@pytest.mark.parametrize("lever", sorted(LEVER_KINDS))
def test_nothing_of_a_lever_is_nothing(lever):
    for seed in range(5):
        zero = with_lever(tiny(seed=seed), lever, intensity=0.0)
        assert ran(zero).ledger_sha256() == untreated_ledger(seed)


@pytest.mark.parametrize(
    "lever, kind, intensity",
    [("planted_aversion", HOTEL, 40_000.0), ("venue_inspection", HOTEL, 600.0), ("street_patrol", STREET, 1000.0)],
)
def test_a_lever_bites_where_it_is_aimed(lever, kind, intensity):
    """Aimed at one kind in the largest place: Plan-days fall there."""
    pairs = pairs_of(lever, intensity, territory="largest", kind=("street", "hotel")[kind])
    cell = int(np.argmax(pairs[0][0].world.territories["population"])) * KINDS + kind
    falls = np.array([[int(run.world.cells["plan_days"][START:, cell].sum()) for run in pair] for pair in pairs])
    change = falls[:, 1] - falls[:, 0]
    high = change.mean() + ERRORS * change.std(ddof=1) / PAIRS**0.5
    assert high < 0, f"{lever} in {kind} of the largest place: {change.mean():.1f} Plan-days, at most {high:.1f}"


def test_more_of_a_lever_does_more():
    """Plans broken up rise with the intensity of inspections, twice over."""
    found = [
        np.array([int(b.world.ledger["found_by_visit"][START:].sum()) for _, b in pairs_of("venue_inspection", intensity)])
        for intensity in (0.0, 20.0, 200.0)
    ]
    for less, more in zip(found, found[1:], strict=False):
        change = more - less
        assert change.mean() - ERRORS * change.std(ddof=1) / PAIRS**0.5 > 0


def test_the_direction_of_a_claim_matters():
    """The negative control of the test above: a claim turned round is not borne out."""
    mean, low, high = effect(pairs_of("demand_campaign"), "searches")
    assert LEVER_KINDS["demand_campaign"].claim.moves["searches"] == DOWN and high < 0 and not low > 0 and mean < 0
