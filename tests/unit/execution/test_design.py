"""Plans and seeds are fixed by the plan alone."""

import pytest

from experiments.execution.chunks import SEED_BITS, SEED_BLOCKS, Chunk, _mix, plan_chunks, world_seed


def test_chunks_cover_the_tasks_in_order():
    chunks = plan_chunks([(i,) for i in range(10)], 4)
    assert [chunk.id for chunk in chunks] == [0, 1, 2]
    assert [len(chunk.tasks) for chunk in chunks] == [4, 4, 2]
    assert [task for chunk in chunks for task in chunk.tasks] == [(i,) for i in range(10)]
    assert plan_chunks([], 4) == []
    assert plan_chunks(iter([1]), 4) == [Chunk(0, (1,))]
    with pytest.raises(ValueError, match="at least 1"):
        plan_chunks([1], 0)


def test_seeds_are_fixed_for_ever():
    """A published result names its root seed: a change here would make it irreproducible."""
    seeds = [world_seed(1, 0), world_seed(1, 1), world_seed(2, 0), world_seed(1, 0, "validation")]
    assert seeds == [780825252705846, 476493730098413, 111444524173783, 4314854836735144]


def test_the_hash_is_splitmix64():
    """First outputs of the generator for seeds 0 and 1234567, as widely published."""
    assert _mix(0x9E3779B97F4A7C15) == 0xE220A8397B1DCDAF
    assert _mix(1234567 + 0x9E3779B97F4A7C15) == 6457827717110365317


def test_seeds_are_distinct_and_blocks_disjoint():
    blocks = {block: {world_seed(root, i, block) for root in (0, 1, 2**64 - 1) for i in range(2000)} for block in SEED_BLOCKS}
    assert all(len(seeds) == 6000 for seeds in blocks.values())
    assert len(set.union(*blocks.values())) == 6000 * len(SEED_BLOCKS)
    assert all(0 <= seed < 2**SEED_BITS for seeds in blocks.values() for seed in seeds)
    assert {seed >> (SEED_BITS - 3) for seed in blocks["pilot"]} == {SEED_BLOCKS["pilot"]}


def test_each_bit_of_the_hash_is_set_half_of_the_time():
    seeds = [world_seed(7, i) for i in range(4000)]
    for bit in range(SEED_BITS - 3):
        assert 1800 < sum(seed >> bit & 1 for seed in seeds) < 2200


@pytest.mark.parametrize("wrong", [(1, 0, "test"), (-1, 0), (2**64, 0), (1, -1)])
def test_wrong_seeds_are_refused(wrong):
    with pytest.raises(ValueError, match="choose one of|must be from 0"):
        world_seed(*wrong)
