"""Chance: the hash against an independent twin, uniformity, independence, and the laws made of it.

Seeds are fixed, so a test of a law passes or fails for ever; its threshold would be passed by
chance once in a million draws of the seed (FALSE_ALARM), for each test of a family together.
"""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from sim.engine import chance_plain as plain
from sim.engine import draws
from sim.engine.chance import (
    U64,
    day_key,
    geometric_days,
    gumbel,
    hash64,
    least_exponential,
    least_noise,
    lognormal,
    mix,
    most_exponential,
    most_noise,
    new_uid,
    noisy_utility_or_bound,
    normal,
    occurs,
    poisson,
    probability_from_rate,
    substream_of,
    uniform,
    unit,
)
from sim.engine.compiled import phase
from sim.rules.plain_tables import callable_from_python
from tests.worlds import compiled_only, examples

FALSE_ALARM = 1e-6
SEED = 20_240_607
NUMBERS = 200_000
STREAMS = (draws.BIRTH, draws.SEARCH_ACCEPT, draws.HIRE, draws.LEVER_VISIT)

words = st.integers(0, 2**64 - 1)


@phase
def fill(seed, stream, first_day, days, first_uid, uids, draws, out):
    """Uniform numbers of consecutive days, uids and draws: the least hashed-looking arguments there are."""
    place = 0
    for day in range(first_day, first_day + days):
        key = day_key(seed, stream, day)
        for uid in range(uids):
            substream = substream_of(key, first_uid + U64(uid))
            for k in range(draws):
                out[place] = uniform(substream, k)
                place += 1


@phase
def fill_laws(seed, mean, out):
    """Columns: Poisson, waiting days, lognormal (sigma 0.5), normal, of the given mean."""
    key = day_key(seed, U64(1), 0)
    for row in range(out.shape[0]):
        substream = substream_of(key, U64(row))
        out[row, 0] = poisson(uniform(substream, 0), mean)
        out[row, 1] = geometric_days(uniform(substream, 1), mean)
        out[row, 2] = lognormal(substream, 1, mean, 0.5)
        out[row, 3] = normal(substream, 2)


@phase
def hash_all(seed, stream, day, uid, k, out):
    """The words between a decision's arguments and its number."""
    key = day_key(seed, stream, day)
    substream = substream_of(key, uid)
    out[0] = key
    out[1] = substream
    out[2] = hash64(substream, k)
    out[3] = mix(uid)
    out[4] = new_uid(3, uid, day, 7)


def uniforms(stream, days=1, uids=NUMBERS, number=1, first_day=0, seed=SEED):
    out = np.empty(days * uids * number)
    fill(U64(seed), stream, first_day, days, U64(1), uids, number, out)
    return out


def chi_square_p(counts):
    expected = counts.sum() / counts.size
    return stats.chi2.sf(((counts - expected) ** 2 / expected).sum(), counts.size - 1)


@given(seed=st.integers(0, 2**53 - 1), stream=st.integers(1, 40), day=st.integers(-3, 4400), uid=words, k=words)
@examples(60)
def test_bits_are_those_of_an_independent_twin(seed, stream, day, uid, k):
    out = np.empty(5, np.uint64)
    hash_all(U64(seed), U64(stream), day, U64(uid), U64(k), out)
    substream = plain.substream_of(seed, stream, day, uid)
    assert int(out[0]) == plain.key_of(seed, stream, day)
    assert int(out[1]) == substream
    assert int(out[2]) == plain.hash64(substream, k)
    assert int(out[3]) == plain.scramble(uid)
    born = plain.scramble(uid + 3 * plain.STEP["stream"]) ^ plain.scramble(
        (day + plain.DAYS_BEFORE) * plain.STEP["day"] + 7 * plain.STEP["who"]
    )
    assert int(out[4]) == plain.scramble(born)


@pytest.mark.parametrize("hashed", [callable_from_python(hash64), plain.hash64], ids=["the model's", "the plain twin"])
def test_a_substream_is_the_generator_splitmix64(hashed):
    """Its hashes are the first outputs of the generator (Steele, Lea and Flood 2014) for a seed, as widely published."""
    seeded = 1234567 if hashed is plain.hash64 else U64(1234567)
    outputs = [int(hashed(seeded, k)) for k in range(5)]
    assert outputs == [
        6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821
    ]  # fmt: skip
    assert int(hashed(seeded - seeded, 0)) == 0xE220A8397B1DCDAF


@given(day=st.integers(0, 800), uid=words, k=st.integers(0, 50))
@examples(40)
def test_uniform_numbers_are_those_of_an_independent_twin(day, uid, k):
    out = np.empty(k + 1)
    fill(U64(SEED), draws.HIRE, day, 1, U64(uid), 1, k + 1, out)
    assert out[k] == plain.uniform(plain.substream_of(SEED, int(draws.HIRE), day, uid), k)


@pytest.mark.parametrize("word", [0, 1, 2**63, 2**64 - 1])
def test_no_word_gives_zero_or_one(word):
    assert 0.0 < callable_from_python(unit)(U64(word)) < 1.0


@compiled_only
@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize(
    "shape", [(1, NUMBERS, 1), (NUMBERS // 10, 10, 1), (1, 10, NUMBERS // 10)], ids=["uids", "days", "draws"]
)
def test_numbers_are_uniform(stream, shape):
    sample = uniforms(stream, *shape)
    family = FALSE_ALARM / (2 * len(STREAMS) * 3)
    assert stats.kstest(sample, "uniform").pvalue > family
    assert chi_square_p(np.bincount((sample * 1000).astype(int), minlength=1000)) > family


@compiled_only
@pytest.mark.parametrize("low_bits", [1, 2, 5])
def test_fine_parts_of_a_number_are_uniform_too(low_bits):
    """A pick among few candidates reads the upper bits, a venue number the middle, gumbel noise all."""
    sample = (uniforms(draws.VISIT) * 2.0**30).astype(np.int64) % 2**low_bits
    assert chi_square_p(np.bincount(sample, minlength=2**low_bits)) > FALSE_ALARM / 3


def pairs():
    """Two samples each that must be independent: neighbours in every argument of a decision."""
    one = uniforms(draws.HIRE)
    yield "stream", one, uniforms(draws.BONDING)
    yield "day", one, uniforms(draws.HIRE, first_day=1)
    yield "seed", one, uniforms(draws.HIRE, seed=SEED + 1)
    yield "uid", one[:-1], one[1:]
    two = uniforms(draws.HIRE, number=2).reshape(-1, 2)
    yield "draw", two[:, 0], two[:, 1]
    yield "week", one, uniforms(draws.HIRE, first_day=7)
    yield "a day of one uid after the other", *(lambda x: (x[:-1], x[1:]))(uniforms(draws.HIRE, days=NUMBERS, uids=1))


@compiled_only
def test_neighbouring_decisions_are_independent():
    """Correlation of the numbers, and of 20 x 20 classes (chi-square): neighbours share nothing."""
    for name, first, second in pairs():
        correlation = np.corrcoef(first, second)[0, 1]
        assert abs(correlation) * math.sqrt(first.size) < stats.norm.isf(FALSE_ALARM / 28), name
        classes = (first * 20).astype(int) * 20 + (second * 20).astype(int)
        assert chi_square_p(np.bincount(classes, minlength=400)) > FALSE_ALARM / 14, name


@compiled_only
@pytest.mark.parametrize("mean", [0.05, 1.0, 3.0, 40.0, 400.0])
def test_moments_of_the_laws(mean):
    """Means within 5.3 standard errors (one in ten million each), spreads within 3 %; waiting lasts a day at least."""
    out = np.empty((NUMBERS, 4))
    fill_laws(U64(SEED), mean, out)

    def near(column, expected):
        error = out[:, column].std() / math.sqrt(NUMBERS)
        assert abs(out[:, column].mean() - expected) <= 5.3 * error + 1e-12

    near(0, mean)
    assert out[:, 0].var() == pytest.approx(mean, rel=0.03)
    near(1, max(1.0, mean))
    assert out[:, 1].min() >= 1
    near(2, mean)
    assert np.log(out[:, 2]).std() == pytest.approx(0.5, rel=0.03)
    near(3, 0.0)
    assert out[:, 3].std() == pytest.approx(1.0, rel=0.03)


@compiled_only
def test_poisson_counts_follow_their_law():
    out = np.empty((NUMBERS, 4))
    fill_laws(U64(SEED), 3.0, out)
    counts = np.bincount(out[:, 0].astype(int), minlength=12)
    law = stats.poisson.pmf(np.arange(11), 3.0)
    observed = np.append(counts[:11], counts[11:].sum())
    expected = NUMBERS * np.append(law, 1.0 - law.sum())
    assert stats.chi2.sf(((observed - expected) ** 2 / expected).sum(), 11) > FALSE_ALARM


@compiled_only
@pytest.mark.parametrize("mean", [400.0, 501.0, 900.0, 40_000.0])
def test_large_poisson_numbers_have_their_law(mean):
    """Where the chance of 0 is too small to begin with: each number is that of its uniform number."""
    out = np.empty((2_000, 4))
    fill_laws(U64(SEED), mean, out)
    assert abs(out[:, 0].mean() - mean) < 5.3 * math.sqrt(mean / 2_000)
    assert out[:, 0].var() == pytest.approx(mean, rel=0.2)
    assert stats.kstest(out[:, 0] + 0.5, "norm", (mean + 0.5, math.sqrt(mean))).pvalue > FALSE_ALARM


@compiled_only
def test_identities_do_not_collide():
    identities = {
        int(new_uid(role, U64(place), day, k)) for role in (1, 2, 3) for place in range(8) for day in range(60) for k in range(8)
    }
    assert len(identities) == 3 * 8 * 60 * 8


@phase
def add_noise(first, utility, temperature, highest, plainly, out):
    """Utilities with noise from hashed words, by the shortcut and without it."""
    for k in range(out.size):
        word = mix(first + U64(k))
        out[k] = noisy_utility_or_bound(utility, temperature, word, highest)
        plainly[k] = utility + temperature * gumbel(word)


@given(first=words, utility=st.floats(-5.0, 5.0), temperature=st.floats(0.0, 3.0), highest=st.floats(-5.0, 5.0))
@examples(200)
def test_the_shortcut_to_noise_changes_no_choice(first, utility, temperature, highest):
    out, plainly = np.empty(64), np.empty(64)
    add_noise(U64(first), utility, temperature, highest, plainly, out)
    assert ((out > highest) == (plainly > highest)).all()
    assert (out == plainly)[plainly > highest].all()


@phase
def bound(words, out):
    """Bounds of noise and exponential draws beside the numbers themselves, float64[n, 6]."""
    for k in range(words.size):
        out[k, 0], out[k, 1], out[k, 2] = least_noise(words[k]), gumbel(words[k]), most_noise(words[k])
        out[k, 3], out[k, 5] = least_exponential(words[k]), most_exponential(words[k])
        out[k, 4] = -math.log(unit(words[k]))


@given(st.lists(words, min_size=1, max_size=50))
def test_bounds_hold_and_are_narrow(some):
    edges = [step << 55 for step in range(512)]
    out = np.empty((len(some) + 1024, 6))
    bound(np.array([*some, *edges, *(edge + (1 << 55) - 1 for edge in edges)], dtype=np.uint64), out)
    assert (out[:, 0] < out[:, 1]).all() and (out[:, 1] < out[:, 2]).all()
    assert (out[:, 3] < out[:, 4]).all() and (out[:, 4] < out[:, 5]).all()
    middle = (out[:, 4] > 0.02) & (out[:, 4] < 4.0)
    assert (out[middle, 2] - out[middle, 0]).max() < 0.3 and (out[middle, 5] - out[middle, 3]).max() < 0.3


occurs, probability = callable_from_python(occurs), callable_from_python(probability_from_rate)


@given(u=st.floats(0.0, 1.0, exclude_min=True, exclude_max=True), rate=st.floats(0.0, 20.0))
def test_the_shortcut_to_a_hazard_changes_nothing(u, rate):
    assume(abs(u - rate) > 1e-15)  # below that `probability_from_rate` itself is rounding
    assert occurs(u, rate) == (u < probability(rate))
