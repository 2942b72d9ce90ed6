"""A user's own substreams: pure functions of seed, stream, day and agent, apart from the model's."""

import numpy as np
import pytest

from sim.configuration import ConfigurationError
from sim.engine import draws
from sim.market import Client, Market
from sim.mesa.substream import USER_STREAMS


def market_of(seed=1):
    return Market(market="class", seed=seed, overrides={"days": 3, "burn_in": 0})


def test_numbers_depend_on_seed_stream_day_and_agent_alone():
    one, twin, other = market_of(), market_of(), market_of(seed=2)
    agents = list(one.agents_by_type[Client])[:200]
    drawn = [one.substream(agent).uniform() for agent in agents]
    assert drawn == [twin.substream(twin.agent(agent.unique_id)).uniform(0) for agent in agents]
    assert drawn != [other.substream(agent).uniform() for agent in agents]
    assert not set(drawn) & {one.substream(agent, 1).uniform() for agent in agents}
    assert not set(drawn) & {one.substream(agent).uniform(1) for agent in agents}
    assert all(0.0 < uniform < 1.0 for uniform in drawn) and 0.4 < np.mean(drawn) < 0.6
    one.step()
    assert not set(drawn) & {one.substream(agent).uniform() for agent in agents}
    with pytest.raises(ConfigurationError, match="stream=-1"):
        one.substream(agents[0], -1)


def test_user_streams_are_apart_from_the_models():
    streams = [int(value) for value in vars(draws).values() if isinstance(value, np.uint64)]
    assert USER_STREAMS > draws.STREAMS and USER_STREAMS not in streams
