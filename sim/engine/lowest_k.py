"""Stable picks: one option's going does not move everybody else's choice.

Each candidate has a hash of his own; the lowest ones are taken. A candidate who is missing only
makes room for the next, where a pick by position would change for all.
"""

from __future__ import annotations

from sim.engine.chance import U64, bits, mix, unit
from sim.engine.compiled import rule

_ROTATION = U64(0x5851F42D4C957F2D)


@rule
def word_for(dice, uid):
    """The hash of a pair: the chooser's dice of the day, and the candidate."""
    return bits(dice, uid)


@rule
def independent_uniform(word):
    """A uniform number of a pair that is independent of its place in the order."""
    return unit(mix(word ^ _ROTATION))


@rule
def keep_lowest(word, row, wanted, found, world):
    """Enter a candidate among the `wanted` lowest (at most 16); returns how many there are.

    They stand in `world.lowest_hashes`, ascending, and `world.lowest_rows`.
    """
    place = found
    while place > 0 and world.lowest_hashes[place - 1] > word:
        if place < wanted:
            world.lowest_hashes[place] = world.lowest_hashes[place - 1]
            world.lowest_rows[place] = world.lowest_rows[place - 1]
        place -= 1
    if place < wanted:
        world.lowest_hashes[place] = word
        world.lowest_rows[place] = row
        return min(wanted, found + 1)
    return found
