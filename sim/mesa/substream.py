"""Luck for a user's own decisions, from the generator that all chance in the model comes from."""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance import U64, day_key, substream_of, uniform

USER_STREAMS = 1 << 20  # above all streams the model will ever have: a new one never moves a user's luck
assert USER_STREAMS > draws.STREAMS


class Substream:
    """The luck of one agent in one stream on one day; see `Market.substream`."""

    __slots__ = ("_substream",)

    def __init__(self, seed, stream: int, day: int, uid: int):
        # compiled functions hand words back as Python numbers; they take them as uint64 only
        key = U64(day_key(U64(seed), U64(USER_STREAMS + stream), day))
        self._substream = U64(substream_of(key, U64(uid)))

    def uniform(self, k: int = 0) -> float:
        """The k-th number (k = 0, 1, 2, ...), uniform between 0 and 1, neither of which comes out."""
        return float(uniform(self._substream, int(k)))
