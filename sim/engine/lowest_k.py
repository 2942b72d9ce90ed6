"""Stable picks: the disappearance of one option does not change everybody else's choice.

Each candidate has their own hash, and the lowest ones are taken. A missing candidate only makes
room for the next, whereas a pick by position would change for all.
"""

from __future__ import annotations

from sim.engine.chance import U64, hash64, mix, unit
from sim.engine.compiled import rule

_ROTATION = U64(0x5851F42D4C957F2D)


@rule
def pair_hash(substream, uid):
    """The hash of a pair: the chooser's substream of the day, and the candidate."""
    return hash64(substream, uid)


@rule
def independent_uniform(bits):
    """A uniform number of a pair that is independent of its place in the order."""
    return unit(mix(bits ^ _ROTATION))


@rule
def keep_lowest(bits, row, wanted, found, world):
    """Enter a candidate among the `wanted` lowest (at most 16); return how many there are.

    They are in `world.lowest_hashes`, ascending, and `world.lowest_rows`.
    """
    i = found
    while i > 0 and world.lowest_hashes[i - 1] > bits:
        if i < wanted:
            world.lowest_hashes[i] = world.lowest_hashes[i - 1]
            world.lowest_rows[i] = world.lowest_rows[i - 1]
        i -= 1
    if i < wanted:
        world.lowest_hashes[i] = bits
        world.lowest_rows[i] = row
        return min(wanted, found + 1)
    return found
