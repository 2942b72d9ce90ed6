"""A user's own dice: pure functions of seed, stream, day and agent, apart from the model's."""

import numpy as np
import pytest

from sim.configuration import ConfigurationError
from sim.market import Client, Market
from sim.mesa.dice import USER_STREAMS


def market_of(seed=1):
    return Market(market="class", seed=seed, overrides={"days": 3, "burn_in": 0})


def test_dice_depend_on_seed_stream_day_and_agent_alone():
    one, twin, other = market_of(), market_of(), market_of(seed=2)
    agents = list(one.agents_by_type[Client])[:200]
    rolls = [one.dice(agent).roll() for agent in agents]
    assert rolls == [twin.dice(twin.agent(agent.unique_id)).roll(0) for agent in agents]
    assert rolls != [other.dice(agent).roll() for agent in agents]
    assert not set(rolls) & {one.dice(agent, 1).roll() for agent in agents}
    assert not set(rolls) & {one.dice(agent).roll(1) for agent in agents}
    assert all(0.0 < roll < 1.0 for roll in rolls) and 0.4 < np.mean(rolls) < 0.6
    one.step()
    assert not set(rolls) & {one.dice(agent).roll() for agent in agents}
    with pytest.raises(ConfigurationError, match="stream=-1"):
        one.dice(agents[0], -1)


def test_user_streams_are_apart_from_the_models():
    from sim.engine import chance

    streams = [int(v) for name, v in vars(chance).items() if name.isupper() and isinstance(v, np.uint64)]
    assert USER_STREAMS > chance.STREAMS and USER_STREAMS not in streams
