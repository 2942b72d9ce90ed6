"""The commands of `plansim`, one file each, but for lists of what there is, which share one (`catalogue`).

A command's module has `main(words, options) -> int`: the exit status of a command with these words. Where it has a
configuration, `main` takes also the one that Hydra composed for a job of several, `tree`. What a result of it says in
prose is `prose(summary) -> str`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """What the command line knows of a command before its module is imported."""

    summary: str
    words: str = "[key=value ...]"  # what it takes
    keys: str = ""  # a line each
    examples: tuple[str, ...] = ()
    configuration: str | None = None  # the file in `configs/` that its words change
    module: str = ""  # of this package, where it is not named like the command
    function: str = "main"
    bare: str = ""  # the key of a word that has none, as of a file's name
    many: bool = False  # that key is a list of such words


_POLICY_LINE = """\
  policy=NAME                       a file of configs/policy, or levers: policy.levers.street_patrol.intensity=2
"""
_FILE_LINE = """\
  policy=./FILE.yaml                a file of one's own, as for every group above and below; a study has them by name
"""
MODEL_KEYS = f"""\
  market=class|herault|idf|france   three invented places, eight poles, 8 or 96 départements
  market=FILE.csv|FILE.yaml         places of your own: a table, or a file that names one
  structure=NAME                    a file of configs/structure, or several: structure=[replacement,short_careers]
{_POLICY_LINE}{_FILE_LINE}  outcome=FILE.yaml  rule=FILE.py   outcomes and rules of your own, or several: outcome=[ONE,TWO]
  seed=1  days=730  burn_in=180     policy.start_day=365, or 2022-01-04, is the first day of a policy
  GROUP.PARAMETER=VALUE             any parameter: plansim parameters lists them, with unit, range and source"""
MICRODATA_LINE = "  microdata=true                    spells of Plans, vacancies, statuses, contacts as tables: docs/microdata.md"
ENGINE_KEYS = "  engine=local|serial|ray           engine.workers=2 (0: one for each core)"


def _catalogue(kind: str, summary: str, word: str) -> Command:
    """A list of what there is of a kind."""
    examples = (f"plansim {kind}", f"plansim {kind} {word} --json")
    return Command(summary, "[WORD ...]", examples=examples, module="catalogue", function=f"list_{kind}")


CATALOGUES = ("parameters", "policies", "markets", "outcomes", "levers", "hypotheses", "structures")
"""Commands that list what there is, with what a study adds to it."""

NAMED = "  RESULT                            its folder, or any beginning of its name that no other result shares: plansim list"

COMMANDS = {
    "demo": Command(
        "a first look: a policy in twin worlds, as a picture",
        words="",
        examples=("plansim demo", "plansim demo --output look"),
    ),
    "run": Command(
        "one world: summary, ledger, figures",
        keys=f"{MODEL_KEYS}\n{MICRODATA_LINE}",
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
        + f"{MICRODATA_LINE}\n{MODEL_KEYS}\n{ENGINE_KEYS}",
        examples=("plansim test hypothesis=displacement precision=true", "plansim test market=class n_pairs=20"),
        configuration="test",
    ),
    "compare": Command(
        "policies on the same worlds: which does what, by how much, how surely, at what cost; the first is the base",
        words="POLICY POLICY ... [key=value ...]",
        keys=f"""\
  POLICY                            a file of configs/policy by name, or what policy= takes
  n_pairs=100                       worlds in which each policy is seen, or
  precision=true                    as many as make the interval of each policy's effect narrow enough:
  effect_unit=10                    half of it at most a quarter of so many exploitation person-days/day
  budget=EUR                        every policy scaled to the same public cost
  posterior=RESULT|published        each pair at a draw of a calibration
{MICRODATA_LINE}
{MODEL_KEYS.replace(_POLICY_LINE, "")}
{ENGINE_KEYS}""",
        examples=(
            "plansim compare none venue_crackdown outreach_online",
            "plansim compare none distant_beds market=class n_pairs=20 days=900",
        ),
        configuration="compare",
        bare="policies", many=True,
    ),
    "sweep": Command(
        "many configurations, each under several policies on the same seeds",
        keys=f"""\
  sweep=NAME                        a file of configs/sweep: smoke, demand_enforcement, ten_thousand, ...
  sweep.factors.PARAMETER.low=0     and .high, .values: what is varied; sweep.design, sweep.rows: how
  posterior=RESULT|published        each replicate at a draw of a calibration
  shard=1/8                         an eighth of it, for plansim merge
{MICRODATA_LINE}
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
    "evaluate": Command(
        "displacement statistics (WDQ, TNE, WDD) of a table of counts, and what they would have missed in twin worlds",
        words="counts.csv|example [key=value ...]",
        keys=f"""\
  counts.csv                        columns area (treated, control, displacement, displacement_control), before, after;
                                    and site, type, days_before, days_after, size, weight (of harm) where they differ
  example                           in its place: a table that is here already; plansim new study NAME copies it
  worlds=60                         pairs of twin worlds; 0: the table alone
  posterior=RESULT|published        each pair at a draw of a calibration
{MODEL_KEYS}                        (policy: what is done in the treated area of the worlds; their days follow from the table)
{ENGINE_KEYS}""",
        examples=("plansim evaluate example worlds=0", "plansim evaluate counts.csv market=class"),
        configuration="evaluate",
        bare="counts",
    ),
    "explorable": Command(
        "a page for lessons: twin worlds of many policies in one file, which needs no program and no network",
        keys=f"""\
  policies=[NAME,...]               files of configs/policy by name, or paths
  intensities=[0.5,1,2]             times what each says
  structures=[default,NAME,...]     files of configs/structure
  n_seeds=20                        twin worlds of each setting
  lessons=FOLDER                    lessons of your own beside; null: those that are shipped
{MODEL_KEYS}
{ENGINE_KEYS}""",
        examples=("plansim explorable", "plansim explorable policies=[client_fines] structures=[default] n_seeds=5"),
        configuration="explorable",
    ),
    "classroom": Command(
        "twin worlds in a browser, live: controls, lessons, agents to follow, and a class with its devices",
        words="[key=value ...]",
        keys="""\
  port=8080                         of this machine
  network=true                      open to everyone in your local network, for students' devices; else to this machine alone
  market=class|herault              of all worlds
  lessons=FOLDER                    lessons of your own: plansim lessons copy FOLDER""",
        examples=("plansim classroom", "plansim classroom network=true port=8090"),
    ),
    "lessons": Command(
        "check lessons, which are Markdown files that a teacher can edit, or copy those that are shipped",
        words="check [FOLDER] | copy FOLDER",
        examples=("plansim lessons check", "plansim lessons copy my_lessons"),
    ),
    "cite": Command(
        "what a result rests on: references of the model, and of parameters, levers, methods and data used in it",
        words="RESULT",
        keys=NAMED,
        examples=("plansim cite results/run/2026-01-31", "plansim cite run/2026-01-31 --bibtex"),
    ),
    "new": Command(
        "a folder for a study of one's own: policies, markets, hypotheses, a notebook; it runs at once",
        words="study NAME",
        examples=("plansim new study mine", "plansim new study beds_2026"),
    ),
    "study": Command(
        "run the commands of a study, one after the other",
        words="[FOLDER]",
        examples=("plansim study", "plansim study mine"),
    ),
    "merge": Command(
        "put the shards of a sweep together",
        words="INTO SHARD ...",
        keys=NAMED.replace("RESULT", "SHARD ", 1),
        examples=(
            "plansim merge results/whole results/sweep/*-shard-*",
            "plansim merge whole first-shard second-shard --json",
        ),
    ),
    "show": Command(
        "what is in a result folder; --sql asks its rows",
        words="RESULT",
        keys=NAMED,
        examples=("plansim show results/run/2026-01-31", 'plansim show sweep/2026-01 --sql "SELECT count(*) FROM rows"'),
    ),
    "rerun": Command(
        "repeat a row of a result, and say whether its numbers are equal",
        words="RESULT [ROW]",
        keys=NAMED,
        examples=("plansim rerun results/run/2026-01-31", "plansim rerun results/sweep/2026-01-31 17"),
    ),
    "list": Command(
        "results, newest first: date, command, market, policy, what was found, size",
        words="[WORD ...]",
        keys="""\
  WORD                              in any column; or in one of them:
  command= market= policy= hypothesis= state=finished|unfinished|damaged
  since=2026-01-31  until=2026-02-28  days (UTC) on which results were begun""",
        examples=("plansim list", "plansim list command=test market=herault since=2026-01-31"),
    ),
    "parameters": Command(
        "every parameter: default, unit, range, source; of a few, where they act and their sources in full",
        words="[WORD OF A KEY OR MEANING ...]",
        examples=("plansim parameters", "plansim parameters bonding"),
    ),
    "policies": _catalogue("policies", "the ready policies: levers, intensities, sources", "outreach"),
    "markets": _catalogue("markets", "the ready markets: places and sizes", "herault"),
    "outcomes": _catalogue("outcomes", "what is measured of a run: unit, meaning, formula", "minors"),
    "levers": _catalogue("levers", "the levers of a policy: unit, meaning, source, cost", "beds"),
    "hypotheses": _catalogue("hypotheses", "the hypotheses: claim, unit, source, threshold", "displacement"),
    "structures": _catalogue("structures", "the alternative structures: what each sets, and why", "replacement"),
    "codebook": Command(
        "every column of every table that a command writes: unit and meaning",
        words="[RESULT | WORD ...]",
        keys="""\
  RESULT                            the columns of the tables of a result (any beginning of its name); without it, of all
  WORD                              in table, column or meaning""",
        examples=("plansim codebook ledger_days", "plansim codebook results/run/2026-01-31-run-0123"),
    ),
    "completion": Command(
        "a script that completes commands, flags, keys and results in a shell",
        words="bash|zsh|fish",
        examples=('eval "$(plansim completion bash)"', "plansim completion fish"),
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


def load_command(name: str) -> Callable[..., int]:
    """The function that carries a command out, its module imported."""
    command = COMMANDS[name]
    return getattr(importlib.import_module(f"experiments.commands.{command.module or name}"), command.function)
