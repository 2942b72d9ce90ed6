"""Plans: tasks cut into chunks, the seed of every world, and the random streams that no world has.

All are fixed by the plan alone. None depends on the engine, on the number of workers or on the order in which chunks
finish, so a plan can be resumed, extended or shared between machines.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

SEED_BLOCKS = {"tests": 0, "pilot": 1, "calibration": 2, "validation": 3, "frontier": 4}
"""Named blocks of seeds. The number becomes the three highest of a seed's 53 bits, so two blocks
never share a seed, whatever the roots. New blocks take the free numbers 5 to 7."""

# Replicates that no world ever has: their seeds are those of streams for other draws.
DESIGN_STREAM = 2**64 - 1  # the design of a sweep
BOOTSTRAP_STREAM = 2**64 - 2  # intervals of sensitivity indices
DRAWS_STREAM = 2**64 - 3  # the assumed numbers of a robustness run

SEED_BITS = 53  # integers up to 2**53 survive JSON, JavaScript and float64 columns unchanged
_BLOCK_BITS = 3
_MASK64 = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Chunk:
    """The unit of retry, of resuming and of storage: tasks that run one after the other.

    `id`: position in the plan, from 0. `tasks`: small tuples or frozen dataclasses that can be pickled; their meaning is
    between the planner and the function that runs them.
    """

    id: int
    tasks: tuple


def plan_chunks(tasks: Iterable, chunk_size: int) -> list[Chunk]:
    """Cut tasks into chunks of `chunk_size`, in order; the last one may be shorter.

    Raises ValueError if `chunk_size` is below 1.

    >>> [chunk.tasks for chunk in plan_chunks("abcde", 2)]
    [('a', 'b'), ('c', 'd'), ('e',)]
    """
    if chunk_size < 1:
        raise ValueError(f"chunk_size is {chunk_size}; it must be at least 1")
    tasks = tuple(tasks)
    starts = range(0, len(tasks), chunk_size)
    return [Chunk(id, tasks[start : start + chunk_size]) for id, start in enumerate(starts)]


def deal_chunks(groups: Sequence[Sequence], count: int) -> list[Chunk]:
    """Cut groups of tasks into `count` chunks, in order, each group whole; later chunks may have one group more.

    Every n-th chunk, where n divides `count`, makes n parts that differ by at most one group.

    >>> [chunk.tasks for chunk in deal_chunks(["ab", "c", "de", "f", "g"], 2)]
    [('a', 'b', 'c'), ('d', 'e', 'f', 'g')]
    """
    size, more = divmod(len(groups), count)
    chunks, start = [], 0
    for id in range(count):
        end = start + size + (id >= count - more)
        chunks.append(Chunk(id, tuple(itertools.chain.from_iterable(groups[start:end]))))
        start = end
    return chunks


def world_seed(root: int, replicate: int, block: str = "tests") -> int:
    """Seed of one world, in [0, 2**53): a hash of root, block and replicate and of nothing else.

    `root` is the seed the user gave; both numbers are in [0, 2**64), `block` is one of `SEED_BLOCKS` (ValueError if not).
    Arms of an experiment share the seed (they pair), and replicate 7 keeps it when a plan grows from 50 replicates to
    400. Seeds of different blocks are disjoint; within a block two of n replicates coincide with a chance of about
    n**2 / 2**51. Each operand is absorbed by one SplitMix64 step (Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195).
    """
    if block not in SEED_BLOCKS:
        raise ValueError(f"unknown seed block {block!r}; choose one of {', '.join(SEED_BLOCKS)}")
    for name, value in (("root", root), ("replicate", replicate)):
        if not 0 <= value <= _MASK64:
            raise ValueError(f"{name} is {value}; it must be from 0 to 2**64 - 1")
    number = SEED_BLOCKS[block]
    hashed = 0
    for operand in (int(root), number, int(replicate)):
        hashed = _mix((hashed ^ operand) + 0x9E3779B97F4A7C15)
    low_bits = SEED_BITS - _BLOCK_BITS
    return (number << low_bits) | (hashed >> (64 - low_bits))


def stream_generator(root: int, stream: int) -> np.random.Generator:
    """The generator of a random stream that no world has, such as `DESIGN_STREAM`."""
    import numpy as np

    return np.random.Generator(np.random.PCG64(world_seed(root, stream)))


def _mix(word: int) -> int:
    """Finaliser of SplitMix64 on 64 bits; a bijection."""
    word &= _MASK64
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _MASK64
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _MASK64
    return word ^ (word >> 31)
