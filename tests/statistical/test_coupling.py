"""The effect of a policy is the same whichever way the luck of the two worlds is coupled; only its error is not.

Each world of a pair is a draw from the law of worlds with, or without, the policy. The mean difference belongs to
these two laws. What goes with what does not: one seed in both arms is a device against noise, and a finding that
needs it would be an artefact. Inspections of the hotels of the largest place are set against nothing in the `class`
market, in three designs, each with worlds of its own:

    twins        one seed in both arms, as `plansim test` runs them (`experiments.questions.twins.run_worlds`);
    common past  one world until the first morning of the policy; then the treated one goes on under another seed;
    independent  two seeds from the founding on, and no fork: no two worlds have anything in common.

What would fail here: a fork that shares a table with the world it left, so that one arm writes into the other; a
rule that knows whether it runs in a twin, or lays down in the state what the seed alone decides; an estimand that
conditions on the pair (drops pairs, divides within them, follows agents to their namesakes). Each moves the mean of
twins away from that of independent worlds. A decision that takes its numbers from the row of an agent, or from a
running count, moves no mean, but the twins drift apart: where enough is lost, the bounds on the variance fail.
"""

import dataclasses
import functools
import json

import numpy as np
import pytest

from experiments.configuration.composition import compose, split_model
from experiments.execution.chunks import world_seed
from experiments.questions.displacement.estimand import by_form, moved_minus_removed
from experiments.questions.estimand import load_estimand
from experiments.questions.study import MAIN, prepare
from experiments.questions.twins import run_worlds
from experiments.statistics.intervals import mean_interval
from experiments.statistics.verdict import variance_reduction
from sim.parameters import Parameters
from sim.simulation import Simulation
from sim.state.records import BETWEEN, IN_PLAN
from tests.worlds import POLICED

pytestmark = pytest.mark.full

PAIRS, FEW = 250, 60  # of each design; where much can be told from little
INTENSITY = 20.0  # times the usual inspections
WORLD = [*(f"{key}={value}" for key, value in POLICED.items() if key != "enforcement.boss_present"),
         "enforcement.boss_present=0.8", "planning.loss_aversion=1000.0"]  # arrests remove more than they scare away  # fmt: skip
START, DAYS = 120, 486  # the window is days 91 to 365 after the start
ERRORS = 4.0  # standard errors within which two means agree; chance alone passes them once in 16,000 comparisons
TWINS, PAST, FUTURE, FIRST, SECOND, NAMESAKES = range(20_250_001, 20_250_007)  # roots of seeds, for `world_seed`


@functools.cache
def study_of(intensity):
    """The displacement hypothesis with a market of a lesson's size."""
    lever = f"hypothesis.arms.treated.levers.venue_inspection.intensity={intensity}"
    settings = ["market=class", f"n_pairs={PAIRS}", f"policy.start_day={START}", f"days={DAYS}", "burn_in=90", lever, *WORLD]
    parameters, rest = split_model(compose("test", settings))
    return prepare(rest, parameters)


def tasks_of(root, pairs=PAIRS, intensity=INTENSITY):
    """Pairs whose seeds hang on this root."""
    return [task for task in study_of(intensity).tasks(root) if task.scenario == MAIN][:pairs]


def configurations(task, *seeds):
    """The two arms as configurations, each under its seed."""
    return [
        Parameters.model_validate_json(text).model_copy(update={"seed": seed})
        for (_, text, _), seed in zip(task.arms, seeds, strict=True)
    ]


def with_common_past(task, future):
    """Both worlds on the first morning of the policy; the days to come of the treated one hang on the seed `future`.

    What a rule looks up again under one key for all days would be dealt anew (bonds of Bosses and Providers, who is
    held under an arrest lever, who follows a closed site): nothing of the kind is in use in this market.
    """
    base, treated = configurations(task, task.seed, task.seed)
    world = Simulation(base)
    world.run(START)
    twin = world.fork(treated)
    twin.seed = np.uint64(future)
    return world, twin


def independent(task, first, second):
    """Both worlds on that morning, each run from a founding of its own."""
    worlds = [Simulation(parameters) for parameters in configurations(task, first, second)]
    for world in worlds:
        world.run(START)
    return worlds


def observed(task, worlds):
    """What the estimand keeps of two worlds, in columns named as `run_worlds` names them."""
    observe = load_estimand(task.estimand).observe
    row = {}
    for (arm, _, options), world in zip(task.arms, worlds, strict=True):
        row |= {f"{arm}_{name}": value for name, value in observe(world, task.windows, json.loads(options)).items()}
    return row


@dataclasses.dataclass(frozen=True)
class Outcomes:
    """Means a day over the window in the untreated and the treated world, float64[pairs] each."""

    base: np.ndarray
    treated: np.ndarray

    @property
    def effect(self):
        return mean_interval(self.treated - self.base)

    @property
    def variance(self):
        return float(np.var(self.treated - self.base, ddof=1))


def outcomes(rows):
    """Exploitation person-days altogether, and D of the displacement hypothesis: elsewhere and half of the target."""
    context = study_of(INTENSITY).context
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    forms = [by_form(columns, arm, "adapted", context) for arm in ("base", "treated")]
    return {"person-days": Outcomes(*(sum(form.values()) for form in forms)), "D": Outcomes(*map(moved_minus_removed, forms))}


@functools.cache
def found(design, pairs=PAIRS, intensity=INTENSITY):
    """The outcomes of one design."""
    tasks = tasks_of({"twins": TWINS, "common past": PAST, "independent": FIRST}[design], pairs, intensity)
    if design == "twins":
        return outcomes([run_worlds(task) for task in tasks])
    if design == "common past":
        return outcomes([observed(task, with_common_past(task, world_seed(FUTURE, task.pair))) for task in tasks])
    return outcomes([observed(task, independent(task, task.seed, world_seed(SECOND, task.pair))) for task in tasks])


def errors_between(one, other):
    """How many standard errors of their difference lie between two independent means, and that standard error."""
    se = float(np.hypot(one.se, other.se))
    return abs(one.estimate - other.estimate) / se, se


# --- the designs are one procedure


def test_the_designs_differ_in_nothing_but_their_seeds():
    """Given the seed of the twins, the two other ways of making a pair give the twins to the last bit."""
    for task in tasks_of(TWINS, 3):
        twins = run_worlds(task)
        for worlds in (with_common_past(task, task.seed), independent(task, task.seed, task.seed)):
            row = observed(task, worlds)
            assert row == {name: twins[name] for name in row}
            assert [world.ledger_sha256() for world in worlds] == [twins["base_sha256"], twins["treated_sha256"]]


def test_another_seed_changes_the_days_to_come_only():
    task = tasks_of(PAST, 1)[0]
    worlds = {seed: with_common_past(task, seed)[1] for seed in (task.seed, world_seed(FUTURE, task.pair))}
    for world in worlds.values():
        world.run()
    one, other = (world.world.ledger.view(np.int64).reshape(DAYS, -1) for world in worlds.values())
    assert (one[:START] == other[:START]).all()
    assert (one[START + 28 :] != other[START + 28 :]).any(axis=1).all()


# --- the means agree


@pytest.mark.parametrize("outcome", ["person-days", "D"])
@pytest.mark.parametrize("design", ["common past", "independent"])
def test_the_effect_is_that_of_the_twins(design, outcome):
    """And the error is small enough to see it if a quarter of the effect came from the coupling."""
    twins, other = found("twins")[outcome].effect, found(design)[outcome].effect
    apart, se = errors_between(twins, other)
    assert apart < ERRORS, f"{outcome}: {twins.estimate:.2f} in twins, {other.estimate:.2f} with {design} ({apart:.1f} errors)"
    assert ERRORS * se < 0.25 * abs(twins.estimate), f"an error of {se:.2f} tells nothing of {twins.estimate:.2f}"
    assert other.estimate + ERRORS * other.se < 0.0


@pytest.mark.parametrize("arm", ["base", "treated"])
@pytest.mark.parametrize("design", ["common past", "independent"])
def test_each_arm_is_at_the_level_of_the_twins(design, arm):
    """Two arms moved by the same amount would leave the effect alone: a twin must be a world like any other."""
    twins, other = (mean_interval(getattr(found(name)["person-days"], arm)) for name in ("twins", design))
    apart, se = errors_between(twins, other)
    assert apart < ERRORS, f"{arm}: {twins.estimate:.1f} in twins, {other.estimate:.1f} with {design} ({apart:.1f} errors)"
    assert ERRORS * se < 0.1 * found("twins")["person-days"].base.mean()


@pytest.mark.parametrize("design", ["common past", "independent"])
def test_a_design_that_errs_is_told_apart(design):
    """The negative control of the tests above: a design in which only half of the inspections took place."""
    fewer = found("twins", FEW, INTENSITY / 2)["person-days"].effect
    apart, _ = errors_between(fewer, found(design)["person-days"].effect)
    assert apart > ERRORS, f"only {apart:.1f} errors"


# --- the errors do not


@pytest.mark.parametrize("outcome", ["person-days", "D"])
def test_what_is_shared_takes_noise_away(outcome):
    """Over 2,000 pairs of each: 2.7 times the twins' variance for independent worlds, 1.9 times for a common past.

    A ratio of two variances over 250 pairs has a standard error of 13 %; the bounds lie one and a half of them or more away
    from these ratios, and the seeds are fixed.
    """
    variance = {design: found(design)[outcome].variance for design in ("twins", "common past", "independent")}
    assert variance["common past"] > 1.4 * variance["twins"], variance
    assert variance["independent"] > 2.2 * variance["twins"], variance
    assert variance["common past"] < 0.85 * variance["independent"], variance


def test_independent_worlds_have_nothing_in_common():
    """The variance of their difference is the sum of the arms' (correlation 0, standard error 0.06)."""
    pairs = found("independent")["person-days"]
    of_arms = np.var(pairs.base, ddof=1) + np.var(pairs.treated, ddof=1)
    assert 0.8 < pairs.variance / of_arms < 1.2


@pytest.mark.parametrize("outcome", ["person-days", "D"])
def test_the_reported_gain_of_pairs_is_the_true_one(outcome):
    """`variance_reduction` sets twins against strangers by rotation; here the strangers were really run."""
    twins = found("twins")[outcome]
    true = found("independent")[outcome].variance / twins.variance
    assert 1 / 1.5 < variance_reduction(twins.base, twins.treated) / true < 1.5


# --- what became of whom


def exploited(world):
    """Identities of the persons in a Plan or held between Plans at the end of a day."""
    persons = world.world.prostitutes[: world.world.counts[0].prostitutes]
    return set(persons["uid"][(persons["status"] == IN_PLAN) | (persons["status"] == BETWEEN)].tolist())


def test_who_is_spared_depends_on_the_coupling():
    """How many fewer are exploited does not, and may be reported; how many by name no longer are is an illustration.

    The three pairs of a replicate share the untreated world, so what is compared are differences within replicates.
    """
    spared = {design: np.zeros(FEW) for design in ("twins", "common past", "independent")}
    fewer = {design: np.zeros(FEW) for design in spared}
    for n, task in enumerate(tasks_of(NAMESAKES, FEW)):
        untreated, twin = with_common_past(task, task.seed)
        later = with_common_past(task, world_seed(FUTURE, task.pair))[1]
        stranger = independent(task, task.seed, world_seed(SECOND, task.pair))[1]
        for world in (untreated, twin, later, stranger):
            world.run()
        for design, treated in zip(spared, (twin, later, stranger), strict=True):
            spared[design][n] = len(exploited(untreated) - exploited(treated))
            fewer[design][n] = len(exploited(untreated)) - len(exploited(treated))
    for design in ("common past", "independent"):
        change = mean_interval(fewer[design] - fewer["twins"])
        assert abs(change.estimate) < ERRORS * change.se
        more = mean_interval(spared[design] - spared["twins"])
        assert more.estimate - ERRORS * more.se > 0.1 * spared["twins"].mean()
