"""All chance in the model: a hash of (seed, stream, who, day, draw), never a state that advances.

Two worlds with one seed give each agent the same random numbers whatever else differs between them,
in any order, thread, process or chunk. The hash is the finaliser of SplitMix64 (Steele, Lea and Flood
2014), 64 bits in and out; 52 of them make a uniform number.

    key = day_key(seed, STREAM, day)           once for each phase
    substream = substream_of(key, agent.uid)   once for each agent
    u = uniform(substream, 0)                  once for each decision, in the open interval (0, 1)
"""

from __future__ import annotations

import math

import numpy as np

from sim.engine.compiled import phase, rule

U64 = np.uint64
_GAMMA = U64(0x9E3779B97F4A7C15)
_SEED_STEP = U64(0xD1342543DE82EF95)
_STREAM_STEP = U64(0xA0761D6478BD642F)
_DAY_STEP = U64(0xE7037ED1A0B428DB)
_WHO_STEP = U64(0x8EBC6AF09C88C6E3)
_M1 = U64(0xBF58476D1CE4E5B9)
_M2 = U64(0x94D049BB133111EB)
_S30, _S27, _S31, _S12 = U64(30), U64(27), U64(31), U64(12)
_S55 = U64(55)
_ONE = U64(1)
_TO_UNIT = 1.0 / 4503599627370496.0  # 2**-52: with the half added, neither 0 nor 1 can come out
_HASHES = 18446744073709549568.0  # the largest float below 2**64
_STEPS = 512  # bins of uniform numbers, for bounds on functions of them
_LOGS = -np.log(np.maximum(np.arange(_STEPS + 1), 1e-300) / _STEPS)  # minus the logarithm at the edges of the steps
_LOGS[0] = math.inf
with np.errstate(divide="ignore"):
    _NOISE = -np.log(_LOGS)  # standard Gumbel noise at the edges: minus infinity first, infinity last
_MARGIN = 1e-9  # far more than rounding can be
_LARGE_MEAN = 500.0  # of a Poisson number whose chance of 0 is too small to start from
_EPOCH = 1 << 20  # added to days, which are negative before the start, so that the hash gets positive ones


@phase
def mix(z):
    """Finaliser of SplitMix64: a bijection of 64-bit words that changes half the bits."""
    z = (z ^ (z >> _S30)) * _M1
    z = (z ^ (z >> _S27)) * _M2
    return z ^ (z >> _S31)


@phase
def day_key(seed, stream, day):
    """Key of one stream on one day; `seed` uint64, `day` an integer (negative before the start)."""
    return mix(mix(seed * _SEED_STEP + stream * _STREAM_STEP) + U64(day + _EPOCH) * _DAY_STEP)


@phase
def substream_of(key, uid):
    """The substream of one agent, for one stream on one day."""
    return mix(key ^ (uid * _WHO_STEP + _GAMMA))


@rule
def hash64(substream, k):
    """The k-th 64-bit hash of a substream."""
    return mix(substream + (U64(k) + _ONE) * _GAMMA)


@rule
def step_of(k):
    """Increment from a substream to its k-th hash; stored next to a list, it saves looking up the agent."""
    return (U64(k) + _ONE) * _GAMMA


@rule
def hash64_at(substream, step):
    """`hash64(substream, k)`, where `step` is `step_of(k)`."""
    return mix(substream + step)


@rule
def bits_below(share):
    """The hash up to which every hash gives a uniform number below `share` by `unit`; for 0 or less, only hash 0."""
    return U64(max(0.0, share - 1e-12) * _HASHES)


@rule
def unit(bits):
    """A 64-bit hash as a number in the open interval (0, 1)."""
    return (float(bits >> _S12) + 0.5) * _TO_UNIT


@phase
def uniform(substream, k):
    """The k-th uniform number of a substream, in the open interval (0, 1)."""
    return unit(hash64(substream, k))


@rule
def gumbel(bits):
    """A standard Gumbel number from a 64-bit hash: the noise of a logit choice."""
    return -math.log(-math.log(unit(bits)))


@rule
def least_noise(bits):
    """Lower bound of the Gumbel noise of a hash, without its logarithms."""
    return _NOISE[bits >> _S55] - _MARGIN


@rule
def most_noise(bits):
    """Upper bound of the Gumbel noise of a hash."""
    return _NOISE[(bits >> _S55) + _ONE] + _MARGIN


@rule
def least_exponential(bits):
    """Lower bound of minus the logarithm of a hash's uniform number."""
    return _LOGS[(bits >> _S55) + _ONE] - _MARGIN


@rule
def most_exponential(bits):
    """Upper bound of the same."""
    return _LOGS[bits >> _S55] + _MARGIN


@rule
def noisy_utility_or_bound(utility, temperature, bits, highest):
    """Utility plus Gumbel noise; or `highest`, at lower cost, where the sum cannot exceed it."""
    if utility + temperature * most_noise(bits) <= highest:
        return highest
    return utility + temperature * gumbel(bits)


@rule
def normal(substream, k):
    """A standard normal number from draws 2k and 2k+1 (Box and Muller 1958)."""
    radius = math.sqrt(-2.0 * math.log(uniform(substream, 2 * k)))
    return radius * math.cos(6.283185307179586 * uniform(substream, 2 * k + 1))


@rule
def lognormal(substream, k, mean, sigma):
    """A lognormal number with the given mean; `sigma` is the standard deviation of its logarithm."""
    return mean * math.exp(sigma * normal(substream, k) - 0.5 * sigma * sigma)


@rule
def geometric_days(u, mean):
    """Whole days, at least one, whose mean is about `mean` (geometric, by inversion of `u`)."""
    if mean <= 1.0:
        return 1
    return 1 + int(math.log(u) / math.log(1.0 - 1.0 / mean))


@rule
def poisson(u, mean):
    """A Poisson number by inversion of one uniform number; values far below a large mean are skipped."""
    if u <= 1.0 - mean:
        return 0  # as exp(-mean) >= 1 - mean
    count = 0
    most = 2000
    chance = math.exp(-mean)
    if mean > _LARGE_MEAN:
        count = int(mean - 12.0 * math.sqrt(mean))
        most = int(mean + 12.0 * math.sqrt(mean))
        chance = math.exp(count * math.log(mean) - mean - math.lgamma(count + 1.0))
    total = chance
    while u > total and count < most:
        count += 1
        chance *= mean / count
        total += chance
    return count


@rule
def stochastic_round(expected, u):
    """A whole number with this expectation: its integer part, plus one with its fractional part as the chance."""
    number = int(expected)
    if u < expected - number:
        number += 1
    return number


@rule
def probability_from_rate(rate):
    """The chance that an event with this daily rate happens within the day."""
    return 1.0 - math.exp(-rate)


@rule
def occurs(u, rate):
    """Whether an event with a daily rate occurs today: `u < probability_from_rate(rate)`, cheaper where u is too high."""
    return u < rate and u < probability_from_rate(rate)


@phase
def new_uid(role, territory_uid, day, k):
    """Identity of an agent, from its origin: role, place, day and k-th arrival of that day."""
    return mix(mix(territory_uid + U64(role) * _STREAM_STEP) ^ mix(U64(day + _EPOCH) * _DAY_STEP + U64(k) * _WHO_STEP))
