"""Sorting by queue keys, so that no result depends on the order of a list."""

from __future__ import annotations

from sim.engine.chance import U64
from sim.engine.compiled import rule

_SHIFT_SECOND, _SHIFT_FIRST = U64(48), U64(56)
_BYTE = U64(255)


@rule
def sort_by_key(number, queue, world):
    """Sort the first `number` rows of `queue` by `world.queue_keys`, both in place.

    One pass over the upper byte, or two over the upper two in a long queue (radix sort), then
    insertion sort on whole keys: exact, and linear for the numbers that occur in a day.
    """
    keys = world.queue_keys
    if number > 1024:
        _pass_over_byte(number, queue, _SHIFT_SECOND, world)
    if number > 48:
        _pass_over_byte(number, queue, _SHIFT_FIRST, world)
    for i in range(1, number):
        key = keys[i]
        row = queue[i]
        j = i
        while j > 0 and keys[j - 1] > key:
            keys[j] = keys[j - 1]
            queue[j] = queue[j - 1]
            j -= 1
        keys[j] = key
        queue[j] = row


@rule
def _pass_over_byte(number, queue, shift, world):
    """One stable counting pass over eight bits of the keys."""
    keys = world.queue_keys
    starts = world.byte_starts
    for value in range(257):
        starts[value] = 0
    for i in range(number):
        starts[int((keys[i] >> shift) & _BYTE) + 1] += 1
    for value in range(256):
        starts[value + 1] += starts[value]
    for i in range(number):
        value = int((keys[i] >> shift) & _BYTE)
        rank = starts[value]
        starts[value] = rank + 1
        world.key_copy[rank] = keys[i]
        world.scratch[rank] = queue[i]
    for i in range(number):
        keys[i] = world.key_copy[i]
        queue[i] = world.scratch[i]
