"""Composition: number and shares by role, of those who have not left."""

from types import SimpleNamespace

import numpy as np

from sim.market import Market
from sim.measures.composition import composition
from sim.state.records import BETWEEN, BOSS, COUNTS, FEMALE, FREE, IN_PLAN, LEFT, MALE, OUT, PRISON, PROSTITUTE, PROVIDER


def world():
    """Three Bosses of whom one has left, no Provider, three persons of whom one is out, each with a row of room."""
    tables = SimpleNamespace(
        bosses=np.zeros(4, BOSS), providers=np.zeros(1, PROVIDER), prostitutes=np.zeros(4, PROSTITUTE), counts=np.zeros(1, COUNTS)
    )
    tables.counts["bosses"], tables.counts["prostitutes"] = 3, 3
    tables.bosses["status"][:3], tables.bosses["sex"][:3] = (FREE, PRISON, LEFT), (MALE, FEMALE, MALE)
    tables.bosses["convictions"][:3], tables.bosses["unqualified"][:3] = (0, 2, 1), (1, 1, 0)
    tables.prostitutes["status"][:3], tables.prostitutes["sex"][:3] = (BETWEEN, IN_PLAN, OUT), (FEMALE, MALE, MALE)
    tables.prostitutes["by_acquaintance"][:3] = 1, 1, 0
    return SimpleNamespace(world=tables)


def test_shares_are_of_those_present():
    assert composition(world()) == {
        "bosses": {"number": 2, "men": 0.5, "with_prior_conviction": 0.5, "without_qualification": 1.0},
        "providers": {"number": 0, "men": None, "with_prior_conviction": None, "without_qualification": None},
        "persons_exploited": {"number": 2, "men": 0.5, "recruited_by_family_or_friends": 1.0},
    }


def test_a_market_starts_with_the_shares_of_its_parameters():
    """Those of E10, E11, E31 and E65; and of E30, which holds of who is there at the start and of who is recruited."""
    market = Market(
        market="herault", seed=1, overrides={"days": 30, "burn_in": 0, "market.clients": 300, "market.searches_per_day": 20.0}
    )
    found = market.composition()
    assert abs(found["providers"]["men"] - 0.94) < 0.1 and abs(found["providers"]["with_prior_conviction"] - 0.84) < 0.15
    assert abs(found["bosses"]["without_qualification"] - 0.53) < 0.25 and found["persons_exploited"]["men"] < 0.3
    assert abs(found["persons_exploited"]["recruited_by_family_or_friends"] - 0.77) < 0.08
    assert found == composition(market.simulation)
