"""Chance in plain form, written from its definition in unbounded whole numbers.

It shares with `sim.engine.chance` only the published constants of SplitMix64 (Steele, Lea and Flood
2014) and the model's own four step constants.
"""

from __future__ import annotations

import math

MODULUS = 2**64
GOLDEN = 0x9E3779B97F4A7C15
STEP = {"seed": 0xD1342543DE82EF95, "stream": 0xA0761D6478BD642F, "day": 0xE7037ED1A0B428DB, "who": 0x8EBC6AF09C88C6E3}
DAYS_BEFORE = 2**20


def scramble(hash64: int) -> int:
    """The finaliser of SplitMix64."""
    hash64 %= MODULUS
    hash64 = (hash64 ^ (hash64 // 2**30)) * 0xBF58476D1CE4E5B9 % MODULUS
    hash64 = (hash64 ^ (hash64 // 2**27)) * 0x94D049BB133111EB % MODULUS
    return hash64 ^ (hash64 // 2**31)


def key_of(seed: int, stream: int, day: int) -> int:
    inner = scramble(int(seed) * STEP["seed"] + int(stream) * STEP["stream"])
    return scramble(inner + (int(day) + DAYS_BEFORE) * STEP["day"])


def substream_of(seed: int, stream: int, day: int, uid: int) -> int:
    return scramble(key_of(seed, stream, day) ^ ((int(uid) * STEP["who"] + GOLDEN) % MODULUS))


def hash64(substream: int, k: int) -> int:
    return scramble(substream + (int(k) % MODULUS + 1) * GOLDEN)


def as_share(bits: int) -> float:
    return (bits // 2**12 + 0.5) / 2.0**52


def uniform(substream: int, k: int) -> float:
    return as_share(hash64(substream, k))


def gumbel_of(bits: int) -> float:
    """Standard Gumbel noise."""
    return -math.log(-math.log(as_share(bits)))


def normal_of(substream: int, k: int) -> float:
    """A standard normal number from two draws (Box and Muller 1958)."""
    return math.sqrt(-2.0 * math.log(uniform(substream, 2 * k))) * math.cos(6.283185307179586 * uniform(substream, 2 * k + 1))


def probability_from_rate(rate: float) -> float:
    """The chance that an event with this daily rate happens within the day."""
    return 1.0 - math.exp(-rate)


def poisson_of(u: float, mean: float) -> int:
    """The smallest number whose cumulative Poisson probability reaches u."""
    number, probability = 0, math.exp(-mean)
    total = probability
    while u > total and number < 2000:
        number += 1
        probability *= mean / number
        total += probability
    return number


def lowest(rows: list[int], number: int, substream: int, table) -> list[int]:
    """The `number` rows with the lowest hashes of the chooser's substream and their uids: a stable pick."""
    return sorted(rows, key=lambda row: hash64(substream, table[row].uid))[: max(0, number)]


def days_until(u: float, mean: float) -> int:
    """First day by which an event with chance 1 / `mean` per day has happened; u at most the chance it has not by day d."""
    days = 1
    while mean > 1 and u <= (1 - 1 / mean) ** days:
        days += 1
    return days


def whole(expected: float, u: float) -> int:
    """The integer part, plus one with the fractional part as the chance."""
    return math.floor(expected) + (u < expected % 1)
