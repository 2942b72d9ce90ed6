"""Traits drawn at birth: each agent's factor is the number their own substream gives, and one if there is no spread."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine import draws
from sim.engine.chance_plain import normal_of, substream_of
from tests.worlds import examples, ran, tiny

RISING = {"careers.promotion_rate": 0.2, "careers.promotion_blind": True, "careers.boss_entry": 10.0}


def expected(seed, stream, day, uid, pair, sigma, sign):
    """exp(sigma z +- sigma^2 / 2) of a substream's normal number, as a record keeps it."""
    return np.float32(math.exp(sigma * normal_of(substream_of(seed, stream, day, int(uid)), pair) + sign * 0.5 * sigma * sigma))


@given(sigma=st.floats(0.1, 1.5), seed=st.integers(0, 2**40))
@examples(3)
def test_each_boss_and_person_has_the_factor_of_their_own_substream(sigma, seed):
    run = ran(tiny(seed=seed, careers__commitment_sigma=sigma, control__spell_sigma=sigma, **RISING), 20)
    counts = run.world.counts[0]
    bosses, persons = run.world.bosses[: counts.bosses], run.world.prostitutes[: counts.prostitutes]
    assert bosses["was_provider"].any() and not bosses["was_provider"].all()
    for boss in bosses:
        stream, day = (draws.PROMOTION, 0) if boss["was_provider"] else (draws.BIRTH, draws.DAY_OF_BIRTH)
        assert boss["leaving_factor"] == expected(seed, stream, day, boss["uid"], draws.BOSS_LEAVING_PAIR, sigma, -1)
    for person in persons:
        given = expected(seed, draws.BIRTH, draws.DAY_OF_BIRTH, person["uid"], draws.PERSON_ATTEMPT_PAIR, sigma, +1)
        assert person["attempt_factor"] == given


@pytest.mark.parametrize("table, factor", [("bosses", "leaving_factor"), ("prostitutes", "attempt_factor")])
def test_without_a_spread_all_have_the_factor_one(table, factor):
    run = ran(tiny(**RISING), 20)
    agents = getattr(run.world, table)[: getattr(run.world.counts[0], table)]
    assert (agents[factor] == 1.0).all()
