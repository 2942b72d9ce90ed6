"""The commands of `plansim`, one file each.

A command's module has `main(words, options) -> int`: the exit status of a command with these words. Where it has a
configuration, `main` takes also the one that Hydra composed for a job of several, `tree`. What a result of it says in
prose is `prose(summary) -> str`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """What the command line knows of a command before its module is imported."""

    summary: str
    words: str = "[key=value ...]"  # what it takes
    keys: str = ""  # a line each
    examples: tuple[str, ...] = ()
    configuration: str | None = None  # the file in `configs/` that its words change


MODEL_KEYS = """\
  market=class|herault|idf|france   three invented places, eight poles, 8 or 96 départements
  market=FILE.csv|FILE.yaml         places of your own: a table, or a file that names one
  structure=NAME                    a file of configs/structure, or several: structure=[replacement,short_careers]
  policy=NAME                       a file of configs/policy, or levers: policy.levers.street_patrol.intensity=2
  seed=1  days=730  burn_in=180     policy.start_day=365 is the first day of a policy
  GROUP.PARAMETER=VALUE             any parameter: plansim parameters lists them, with unit, range and source"""
ENGINE_KEYS = "  engine=local|serial|ray           engine.workers=2 (0: one for each core)"

COMMANDS = {
    "run": Command(
        "one world: summary, ledger, figures",
        keys=MODEL_KEYS,
        examples=("plansim run market=class seed=1", "plansim run policy=venue_crackdown labour.bonding=0.5 --json"),
        configuration="config",
    ),
    "test": Command(
        "a hypothesis on pairs of twin worlds, with its controls",
        keys="""\
  hypothesis=NAME                   a file of configs/hypothesis; without it, all of them
  n_pairs=100                       pairs of worlds, or
  precision=true                    as many pairs as make the interval narrow enough
  robustness=500                    verdicts over so many draws of all assumed parameters, each near its default;
  robustness_range=stated           with it, each over its whole stated range
  posterior=RESULT|published        each pair at a draw of a calibration; with robustness=, all draws are from it
  structures=all                    a table of verdicts under each file of configs/structure; or structures=NAME,NAME
  screening=all                     which structures matter: several at once, each on in half of the runs
  scenarios=all|controls|main       everything; controls and no curves; or the main comparison alone (without it: everything,
                                    but controls for structures=NAME other than default, main for screening=NAME)
"""
        + f"{MODEL_KEYS}\n{ENGINE_KEYS}",
        examples=("plansim test hypothesis=displacement precision=true", "plansim test market=class n_pairs=20"),
        configuration="test",
    ),
    "sweep": Command(
        "many configurations, each under several policies on the same seeds",
        keys=f"""\
  sweep=NAME                        a file of configs/sweep: smoke, demand_enforcement, ten_thousand, ...
  sweep.factors.PARAMETER.low=0     and .high, .values: what is varied; sweep.design, sweep.rows: how
  posterior=RESULT|published        each replicate at a draw of a calibration
  shard=1/8                         an eighth of it, for plansim merge
{MODEL_KEYS}
{ENGINE_KEYS}""",
        examples=("plansim sweep sweep=smoke", "plansim sweep sweep=ten_thousand --dry-run"),
        configuration="sweep",
    ),
    "sensitivity": Command(
        "which parameters an outcome, or the effect of a policy, hangs on",
        keys=f"""\
  sensitivity=default|quick         screening of many factors, then shares of variance of those that matter
  sensitivity.outcome=NAME          what is looked at; sensitivity.keep=4: factors that go on to the second phase
  posterior=RESULT|published        each replicate at a draw of a calibration, but for the factors
{MODEL_KEYS}
{ENGINE_KEYS}""",
        examples=("plansim sensitivity sensitivity=quick", "plansim sensitivity market=class sensitivity.keep=4"),
        configuration="sensitivity",
    ),
    "validate": Command(
        "known patterns beside what worlds show: which the model reproduces, and which it misses",
        keys=f"""\
  n_worlds=64                       seeds
  posterior=RESULT|published        each seed at a draw of a calibration
{MODEL_KEYS}
{ENGINE_KEYS}""",
        examples=("plansim validate", "plansim validate market=class n_worlds=16 --json"),
        configuration="validate",
    ),
    "calibrate": Command(
        "the numbers that no source gives, given the known patterns: weighted draws, and what is identified",
        keys=f"""\
  n_draws=2000  n_worlds=2          draws of each wave, seeds of each draw
  waves=3  acceptance=0.01          waves at most; another one follows while fewer draws meet all patterns
  trajectories=6  kept=400          of the screening; nearest draws, which make the posterior
{MODEL_KEYS}                        (a parameter that is given is not drawn)
{ENGINE_KEYS}""",
        examples=("plansim calibrate", "plansim calibrate market=class n_draws=500 days=365 n_worlds=1 waves=1"),
        configuration="calibrate",
    ),
    "growth": Command(
        "recorded cases beside worlds that grow, or not: what recording alone can explain",
        keys=f"""\
  n_worlds=24                       seeds at each rate
  growth=[0.0,0.1,0.2,0.3]          rates per year of demand and arrivals
{MODEL_KEYS}
{ENGINE_KEYS}""",
        examples=("plansim growth", "plansim growth market=class n_worlds=8"),
        configuration="growth",
    ),
    "frontier": Command(
        "what a public budget can buy: harm averted against cost over mixtures of levers, and which mixture is never far off",
        keys=f"""\
  budget_a_year=50000               EUR, at most
  levers=[prevention,training,...]  what it may be spent on
  generations=15  population=40     of the search; n_worlds=32: worlds in which it sees each mixture
  n_check=64  candidates=16         fresh worlds of each set of assumptions; mixtures that are compared again
  posterior=RESULT|published        each world at a draw of a calibration; draws=8 of them compared one by one
{MODEL_KEYS}
{ENGINE_KEYS}""",
        examples=("plansim frontier posterior=published", "plansim frontier budget_a_year=100000 generations=5"),
        configuration="frontier",
    ),
    "merge": Command(
        "put the shards of a sweep together",
        words="INTO SHARD ...",
        examples=(
            "plansim merge results/whole results/sweep/*-shard-*",
            "plansim merge whole first-shard second-shard --json",
        ),
    ),
    "show": Command(
        "what is in a result folder; --sql asks its rows",
        words="RESULT",
        examples=("plansim show results/run/0123", 'plansim show results/sweep/0123 --sql "SELECT count(*) FROM rows"'),
    ),
    "rerun": Command(
        "repeat a row of a result, and say whether its numbers are equal",
        words="RESULT [ROW]",
        examples=("plansim rerun results/run/0123", "plansim rerun results/sweep/0123 17"),
    ),
    "parameters": Command(
        "every parameter: default, unit, range, source",
        words="[PART OF A KEY ...]",
        examples=("plansim parameters", "plansim parameters labour"),
    ),
    "odd": Command(
        "the description of the model after ODD and ODD+D, from the code",
        words="[FILE.md]",
        keys="""\
  FILE.md                           where it is written; without it, it is printed
  --json                            its tables alone""",
        examples=("plansim odd", "plansim odd model.md"),
    ),
}
