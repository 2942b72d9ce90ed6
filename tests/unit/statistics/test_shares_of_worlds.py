"""Shares of worlds on synthetic truth: many draws, each with a few noisy pairs."""

import numpy as np
import pytest
from scipy.stats import t

from experiments.statistics.shares_of_worlds import bracket, conclusion, moderate, share_of_worlds

DRAWS = 500
TRUTHS = {1.81: 0.965, 0.26: 0.602, -0.856: 0.196}  # mean of true effects in their standard deviations, and share above zero


def observe(effects, seed, least=4, most=6, noise=2.2):
    """Estimates, standard errors and degrees of freedom from so many pairs of each draw, as noisy as a market of class."""
    rng = np.random.default_rng(seed)
    deviations = np.exp(rng.normal(0.0, 0.5, len(effects))) * noise
    pairs = rng.integers(least, most + 1, len(effects))
    samples = [rng.normal(effect, deviation, n) for effect, deviation, n in zip(effects, deviations, pairs, strict=True)]
    estimates, errors = (np.array([part(one) for one in samples]) for part in (np.mean, lambda x: x.std(ddof=1) / len(x) ** 0.5))
    return estimates, errors, pairs - 1.0


def draws_of(mean, seed):
    return mean + np.random.default_rng(seed).normal(size=DRAWS)


@pytest.mark.parametrize(("mean", "share"), TRUTHS.items())
def test_the_share_is_found_where_counts_of_verdicts_are_not(mean, share):
    found, counted = [], []
    for seed in range(4):
        estimates, errors, freedom = observe(draws_of(mean, seed), 100 + seed)
        found.append(share_of_worlds(estimates, errors, freedom, resamples=20).side["normal"]["share"])
        counted.append((estimates / errors > t.ppf(0.975, freedom)).mean())
    assert np.mean(found) == pytest.approx(share, abs=0.03)
    assert np.mean(counted) < 0.5 * share, "what the count of supported draws says"


@pytest.mark.parametrize(
    ("mean", "share"),
    [
        pytest.param(0.26, 0.602, marks=pytest.mark.slow),
        *(pytest.param(mean, share, marks=pytest.mark.full) for mean, share in ((-1.2816, 0.1), (1.2816, 0.9), (1.6449, 0.95))),
    ],
)
def test_intervals_cover(mean, share):
    """The bracket over both estimators holds the share of the draws in nearly all repetitions; the normal law alone in most."""
    inside, by_normal = 0, 0
    for seed in range(40):
        effects = draws_of(mean, seed)
        found = share_of_worlds(*observe(effects, 200 + seed), resamples=60).side
        low, high = bracket(found)
        inside += low <= (effects > 0.0).mean() <= high
        by_normal += found["normal"]["low"] <= share <= found["normal"]["high"]
    assert inside >= 36 and by_normal >= 34


def test_a_law_of_two_kinds_of_worlds_is_found_by_the_mixture():
    """In a fifth of the worlds the effect is large, in the others slightly against the claim."""
    effects = np.where(np.arange(DRAWS) % 5 == 0, 6.0, -1.0)
    found = share_of_worlds(*observe(effects, 1, noise=1.0), least=3.0, resamples=40)
    assert found.side["mixture"]["share"] == pytest.approx(0.2, abs=0.03)
    assert found.beyond["mixture"]["share"] == pytest.approx(0.2, abs=0.03)
    assert conclusion(found.side) == "depends"


def test_effects_that_grow_with_their_errors_are_put_on_another_scale():
    """Where size and error go together the share is that of the scaled effects, whatever the unit."""
    rng = np.random.default_rng(3)
    scale = np.exp(rng.normal(0.0, 1.2, DRAWS))
    effects = draws_of(0.26, 3) * scale
    pairs = 5
    samples = effects[:, None] + scale[:, None] * 2.0 * rng.normal(size=(DRAWS, pairs))
    estimates, errors = samples.mean(axis=1), samples.std(axis=1, ddof=1) / pairs**0.5
    freedom = np.full(DRAWS, pairs - 1.0)
    found = share_of_worlds(estimates, errors, freedom, levels=scale, resamples=20)
    assert found.scaled_by in ("level", "error")
    assert found.side["normal"]["share"] == pytest.approx((effects > 0.0).mean(), abs=0.06)
    again = share_of_worlds(1000.0 * estimates, 1000.0 * errors, freedom, levels=1000.0 * scale, resamples=20)
    assert again.side["normal"]["share"] == pytest.approx(found.side["normal"]["share"], abs=2e-3)


def test_draws_in_which_nothing_is_seen_may_be_on_either_side():
    """A rare outcome: most draws show nothing in a few pairs, and a zero that is exact is no knowledge of the effect."""
    rng = np.random.default_rng(11)
    chances = np.where(np.arange(DRAWS) % 4 == 0, -0.02, 0.06)  # of an event more in a pair; against the claim in a quarter
    samples = np.sign(chances)[:, None] * 10.0 * (rng.random((DRAWS, 5)) < np.abs(chances)[:, None])
    estimates, errors = samples.mean(axis=1), samples.std(axis=1, ddof=1) / 5**0.5
    freedom, nothing = np.full(DRAWS, 4.0), errors == 0.0
    assert nothing.mean() > 0.7
    found = share_of_worlds(estimates, errors, freedom, shown=~nothing, resamples=40)
    low, high = bracket(found.side)
    assert low < 0.75 < high and conclusion(found.side, found.unseen) == "unseen" and found.unseen == nothing.mean()
    most = 1.0 - found.unseen
    for one in (*found.side.values(), *found.beyond.values()):
        assert 0.0 <= one["low"] <= one["share"] <= most and one["share"] - most + 1.0 <= one["high"] + 1e-12 <= 1.0 + 1e-12
    taken_for_known = bracket(share_of_worlds(estimates, errors, freedom, resamples=40).side)
    assert taken_for_known[0] > 0.9, "what zeros taken for knowledge would say"


def test_draws_with_the_same_parameters_count_as_one():
    """Each of a hundred worlds is seen five times: the interval is that of a hundred, and the share is the same."""
    estimates, errors, freedom = (np.repeat(one[:100], 5) for one in observe(draws_of(0.26, 12), 13, noise=0.3))
    groups = np.repeat(np.arange(100) * 7, 5)
    one, other = (
        share_of_worlds(estimates, errors, freedom, groups=labels, resamples=60).side["normal"] for labels in (groups, None)
    )
    assert one["share"] == other["share"] and one["high"] - one["low"] > 1.5 * (other["high"] - other["low"])


def test_direction_threshold_and_least_effect():
    estimates, errors, freedom = observe(draws_of(1.0, 5), 6, noise=0.5)
    above = share_of_worlds(estimates, errors, freedom, resamples=20)
    below = share_of_worlds(-estimates + 3.0, errors, freedom, threshold=3.0, direction="below", resamples=20)
    assert below.side["normal"]["share"] == pytest.approx(above.side["normal"]["share"], abs=2e-3)
    assert np.allclose(below.effects, 3.0 - above.effects, atol=0.02)
    beyond = share_of_worlds(estimates, errors, freedom, least=1.0, resamples=20).beyond["normal"]["share"]
    assert beyond == pytest.approx(0.5, abs=0.06) and beyond < above.side["normal"]["share"]


def test_the_noise_is_taken_out_of_the_effects():
    effects = draws_of(0.26, 8)
    estimates, errors, freedom = observe(effects, 9)
    found = share_of_worlds(estimates, errors, freedom, resamples=20)
    assert np.mean((found.effects - effects) ** 2) < 0.6 * np.mean((estimates - effects) ** 2)
    assert ((0.0 <= found.wrong) & (found.wrong <= 0.5)).all()
    wrong = np.where(found.effects > 0.0, effects <= 0.0, effects > 0.0).mean()
    assert found.wrong.mean() == pytest.approx(wrong, abs=0.08), "the local false sign rate is the rate of false signs"


def test_moderated_variances_are_nearer_to_the_truth():
    rng = np.random.default_rng(4)
    truth = np.exp(rng.normal(0.0, 0.4, DRAWS))
    errors = truth * np.sqrt(rng.chisquare(3, DRAWS) / 3)
    better, freedom = moderate(errors, np.full(DRAWS, 3.0))
    assert np.mean((np.log(better) - np.log(truth)) ** 2) < 0.5 * np.mean((np.log(errors) - np.log(truth)) ** 2)
    assert (freedom > 3.0).all()
    alike, more = moderate(np.sqrt(rng.chisquare(3, DRAWS) / 3), np.full(DRAWS, 3.0))
    assert np.std(alike) < 0.15 and more.min() > 30.0, "equal errors are taken to be equal"


def test_draws_in_which_nothing_happened_have_an_error_too():
    estimates, errors, freedom = observe(draws_of(0.5, 10), 11)
    estimates[:50], errors[:50] = 0.0, 0.0
    found = share_of_worlds(estimates, errors, freedom, resamples=20)
    assert 0.3 < found.side["normal"]["share"] < 0.9


def test_conclusions():
    def of(low, high):
        return conclusion({"normal": {"low": low, "high": high}, "mixture": {"low": low, "high": high}})

    assert (of(0.91, 0.99), of(0.01, 0.09), of(0.89, 1.0), of(0.2, 0.6)) == ("holds", "fails", "depends", "depends")
    assert bracket({"normal": {"low": 0.2, "high": 0.4}, "mixture": {"low": 0.1, "high": 0.3}}) == (0.1, 0.4)


def test_it_is_fixed_by_its_seed():
    given = observe(draws_of(0.26, 1), 2)
    assert share_of_worlds(*given, resamples=20).side == share_of_worlds(*given, resamples=20).side


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ((slice(0, 5), None), "5 draws"),
        ((slice(None), np.nan), "finite"),
    ],
)
def test_mistakes_are_named(changed, named):
    rows, value = changed
    estimates, errors, freedom = observe(draws_of(0.26, 1), 2)
    if value is not None:
        estimates[0] = value
    with pytest.raises(ValueError, match=named):
        share_of_worlds(estimates[rows], errors[rows], freedom[rows])
