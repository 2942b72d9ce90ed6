"""Random numbers for a user's own decisions, from the model's own generator."""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance import U64, day_key, substream_of, uniform

USER_STREAMS = 1 << 20  # above all streams of the model, so that a new one never changes a user's numbers
assert USER_STREAMS > draws.STREAMS


class Substream:
    """Random numbers of one agent in one stream on one day; see `Market.substream`."""

    __slots__ = ("_substream",)

    def __init__(self, seed, stream: int, day: int, uid: int):
        # compiled functions hand words back as Python numbers; they take them as uint64 only
        key = U64(day_key(U64(seed), U64(USER_STREAMS + stream), day))
        self._substream = U64(substream_of(key, U64(uid)))

    def uniform(self, k: int = 0) -> float:
        """The k-th number (k = 0, 1, 2, ...), uniform in the open interval (0, 1)."""
        return float(uniform(self._substream, int(k)))
