"""Chance once more, written from its definition in whole numbers without bounds.

Nothing is shared with `sim.chance` but the published constants of SplitMix64 (Steele, Lea and
Flood 2014) and the model's own four step constants.
"""

import math

WORD = 2**64
GOLDEN = 0x9E3779B97F4A7C15
STEP = {"seed": 0xD1342543DE82EF95, "stream": 0xA0761D6478BD642F, "day": 0xE7037ED1A0B428DB, "who": 0x8EBC6AF09C88C6E3}
DAYS_BEFORE = 2**20


def scramble(word: int) -> int:
    """The finaliser of SplitMix64."""
    word %= WORD
    word = (word ^ (word // 2**30)) * 0xBF58476D1CE4E5B9 % WORD
    word = (word ^ (word // 2**27)) * 0x94D049BB133111EB % WORD
    return word ^ (word // 2**31)


def key_of(seed: int, stream: int, day: int) -> int:
    inner = scramble(int(seed) * STEP["seed"] + int(stream) * STEP["stream"])
    return scramble(inner + (int(day) + DAYS_BEFORE) * STEP["day"])


def dice(seed: int, stream: int, day: int, uid: int) -> int:
    return scramble(key_of(seed, stream, day) ^ ((int(uid) * STEP["who"] + GOLDEN) % WORD))


def word(a_dice: int, k: int) -> int:
    return scramble(a_dice + (int(k) % WORD + 1) * GOLDEN)


def as_share(a_word: int) -> float:
    return (a_word // 2**12 + 0.5) / 2.0**52


def throw(a_dice: int, k: int) -> float:
    return as_share(word(a_dice, k))


def gumbel_of(a_word: int) -> float:
    return -math.log(-math.log(as_share(a_word)))


def days_until(u: float, mean: float) -> int:
    """The first day on which a thing of chance 1 / `mean` a day has happened; it has not by day d with u at most its chance."""
    days = 1
    while mean > 1 and u <= (1 - 1 / mean) ** days:
        days += 1
    return days


def whole(expected: float, u: float) -> int:
    """The integer part, and one more with the rest as chance."""
    return math.floor(expected) + (u < expected % 1)
