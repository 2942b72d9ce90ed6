"""Small rules everything leans on: sorting by ticket, and keeping the lowest of a stream of candidates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine import chance_plain as plain
from sim.engine.chance import U64
from sim.engine.compiled import phase
from sim.engine.lowest_k import keep_lowest
from sim.engine.sorting import sort_by_key
from tests.worlds import examples, ran, tiny


@phase
def fast_sort(number, world):
    """`sort_by_key` over the searchers."""
    sort_by_key(number, world.row_queue, world)


@phase
def fast_lowest(words, rows, wanted, world):
    """The candidates one after the other through `keep_lowest`; returns how many are kept."""
    found = 0
    for place in range(words.size):
        found = keep_lowest(words[place], rows[place], wanted, found, world)
    return found


@pytest.fixture(scope="module")
def world():
    return ran(tiny(market__clients=3000), 0).world


@given(
    number=st.one_of(st.integers(0, 60), st.integers(0, 2000)),
    salt=st.integers(0, 2**32),
    width=st.sampled_from([2**64, 2**60, 2**50, 3, 1]),
)
@examples(60)
def test_sorting_by_ticket(world, number, salt, width):
    """As Python's stable sort, for queues of every length, crowded tickets and ties too."""
    tickets = np.array([plain.scramble(salt + i) % width for i in range(number)], np.uint64)
    rows = np.arange(number)[::-1].astype(np.int32)
    world.queue_keys[:number] = tickets
    world.row_queue[:number] = rows
    fast_sort(number, world)
    order = sorted(range(number), key=lambda i: int(tickets[i]))
    assert world.queue_keys[:number].tolist() == [int(tickets[i]) for i in order]
    assert world.row_queue[:number].tolist() == [int(rows[i]) for i in order]


@given(words=st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=60), wanted=st.integers(0, 16), shift=st.integers(0, 59))
@examples(60)
def test_keeping_the_lowest(world, words, wanted, shift):
    """The lowest words ascending with their rows, in whichever order the candidates came."""
    expected = sorted(zip(words, range(len(words)), strict=True))[:wanted]
    turned = list(zip(words, range(len(words)), strict=True))
    turned = turned[shift:] + turned[:shift]
    found = fast_lowest(
        np.array([word for word, _ in turned], np.uint64), np.array([row for _, row in turned], np.int64), wanted, world
    )
    kept = list(zip(world.lowest_hashes[:found].tolist(), world.lowest_rows[:found].tolist(), strict=True))
    assert kept == expected


def test_the_going_of_one_moves_nobody_else(world):
    """A stable pick: without the best candidate the others follow in the same order."""
    words = np.array([plain.scramble(i) for i in range(40)], np.uint64)
    rows = np.arange(40)
    fast_lowest(words, rows, 5, world)
    first = world.lowest_rows[:5].tolist()
    left = rows != first[0]
    fast_lowest(words[left], rows[left], 5, world)
    assert world.lowest_rows[:4].tolist() == first[1:]
    assert isinstance(words[0], U64)
