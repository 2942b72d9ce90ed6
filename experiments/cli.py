"""`plansim COMMAND [key=value ...]`: the command line.

Exit status: 0 done, 1 failed, 2 the user's mistake, 130 interrupted. A mistake is one line on
standard error that names the key, what was given and what is valid; there is no traceback for it.
"""

from __future__ import annotations

import importlib
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

from sim import IS_SUPPORTED, SUPPORTED

USAGE = """\
Usage: plansim COMMAND [key=value ...] [flags]
       plansim show RESULT [--sql QUESTION]
       plansim rerun RESULT [ROW]
       plansim merge INTO SHARD...

Commands
  run          one world: summary, ledger, figures
  test         a hypothesis on pairs of twin worlds, with its controls
  sweep        many configurations, each under several policies on the same seeds
  sensitivity  which parameters an outcome, or the effect of a policy, hangs on
  merge        put the shards of a sweep together
  show         what is in a result folder; --sql asks its rows
  rerun        repeat a row of a result, and say whether its numbers are equal
  parameters   every parameter: default, unit, range, source

Configuration (examples)
  market=class|herault|idf|france   policy=none|venue_crackdown   seed=1   days=730
  labour.bonding=0.5   policy.start_day=365   n_pairs=100   engine.workers=2
  sweep=demand_enforcement   shard=1/8 (sweep)
  hypothesis=displacement (test; without it, all hypotheses)
  precision=true (test)             as many pairs as make the interval narrow enough, in place of n_pairs
  robustness=500 (test)             verdicts over so many draws of all assumed parameters, each near its default;
  robustness_range=stated           with it, each over its whole stated range

Flags
  --json         print summary.json instead of prose
  --output DIR   folder of results (default: results)
  --again        make summary and figures anew even if they are stored (a test keeps the pairs it has)
  --dry-run      sweep: print size, expected time and disk, and run nothing
  --sql TEXT     show: a question in SQL to the view `rows`, read-only
  --multirun     several configurations at once, with commas: labour.bonding=0,0.5,1 (Hydra)
  --cfg job      print the composed configuration (Hydra)
  --help         this text
"""
COMMANDS = {
    "run": ("experiments.commands.run", "config"),
    "test": ("experiments.commands.test", "test"),
    "sweep": ("experiments.commands.sweep", "sweep"),
    "sensitivity": ("experiments.commands.sensitivity", "sensitivity"),
    "merge": ("experiments.commands.merge", None),
    "show": ("experiments.commands.show", None),
    "rerun": ("experiments.commands.rerun", None),
    "parameters": ("experiments.commands.parameters", None),
}
FLAGS_OF_ONE = {"dry_run": ("--dry-run", "sweep"), "sql": ("--sql", "show")}  # flags that only one command takes
HYDRA_FLAGS = ("--multirun", "-m", "--cfg", "-c", "--info", "--resolve", "--package")


class UsageError(ValueError):
    """The words of the command line do not fit; the message is one line."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit status. Everything a user can get wrong ends in one line here."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):  # a name that the terminal cannot write is written in escapes
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    if not arguments or arguments[0] in ("--help", "-h", "help"):
        print(USAGE, end="")
        return 0 if arguments else 2
    if not IS_SUPPORTED:
        print(f"plansim: {SUPPORTED}", file=sys.stderr)
        return 2
    return end_when_interrupted(lambda: tell_errors(lambda: dispatch(arguments)))


def run_from_shell() -> NoReturn:
    """`plansim` itself. Once its command has ended, a stop that still comes, as Python leaves, changes nothing any more."""
    status = main()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(status)


def end_when_interrupted(command: Callable[[], int]) -> int:
    """The exit status of a command, 130 if Ctrl-C or SIGTERM came: both end it alike, and nothing finished is lost."""
    from experiments.execution.interrupts import hearing_interrupts, stop_if_asked

    try:
        with hearing_interrupts():
            status = command()
            stop_if_asked()
            return status
    except KeyboardInterrupt:
        print("plansim: interrupted; the same command goes on where it stopped", file=sys.stderr)
        return 130


def tell_errors(command: Callable[[], int]) -> int:
    """The exit status of a command; what stops it is one line on standard error, whoever is to blame for it."""
    from experiments.execution.engine_base import EngineError, EngineFailure
    from experiments.store.files import StoreError, StoreFailure
    from sim.configuration import ConfigurationError
    from sim.initialisation.data import DataError

    try:
        return command()
    except BrokenPipeError:
        return 1
    except (StoreFailure, EngineFailure, DataError) as error:
        status, said = 1, str(error)
    except (ConfigurationError, UsageError, StoreError, EngineError) as error:
        status, said = 2, str(error)
    except OSError as error:
        status, said = 1, f"{error.filename or 'a file'}: {(error.strerror or str(error)).lower()}"
    print(f"plansim: {said}", file=sys.stderr)
    return status


def dispatch(arguments: list[str]) -> int:
    """Split command, flags and overrides, and hand them to the command's module."""
    for place, word in enumerate(arguments, 1):
        refuse_half_characters(word, f"word {place} of the command line")
    command, *words = arguments
    if command not in COMMANDS:
        raise UsageError(f"{command}: no such command; valid: {', '.join(COMMANDS)} (plansim --help)")
    if "--help" in words or "-h" in words:
        print(USAGE, end="")
        return 0
    module_name, config_name = COMMANDS[command]
    overrides, flags, hydra_words = split_words(words)
    for name, (flag, only) in FLAGS_OF_ONE.items():
        if getattr(flags, name) and command != only:
            raise UsageError(f"{flag}: only for {only}")
    if config_name is not None:
        refuse_two_values(overrides)
    module = importlib.import_module(module_name)
    check = getattr(module, "check_words", lambda overrides, tree: None)  # what the user gave, set against all that is composed
    if hydra_words:
        if config_name is None:
            raise UsageError(f"{hydra_words[0]}: not for {command}")
        from experiments.configuration.multirun import run_with_hydra

        def execute(tree: dict, options) -> int:
            check(overrides, tree)
            return module.execute(tree, options)

        job = SimpleNamespace(execute=lambda tree, options: tell_errors(lambda: execute(tree, options)))
        return run_with_hydra(job, config_name, overrides, hydra_words, flags)
    if config_name is None:
        return module.main(overrides, flags)
    if hasattr(module, "execute_words"):
        return module.execute_words(overrides, flags)
    from experiments.configuration.composition import compose

    tree = compose(config_name, overrides)
    check(overrides, tree)
    return module.execute(tree, flags)


def refuse_half_characters(word: str, where: str) -> None:
    """Refuse a word with a byte that is not UTF-8, which no file of a result can hold."""
    from sim.configuration.plain_values import plain_text

    plain_text(word, where)


def refuse_two_values(overrides: list[str]) -> None:
    """Refuse a key that is given twice with different values: which of them was meant cannot be known."""
    given: dict[str, str] = {}
    for text in overrides:
        key = text.partition("=")[0].lstrip("+~")
        if given.setdefault(key, text) != text:
            raise UsageError(f"{given[key]} and {text}: {key} is given twice; leave one of the two out")


def split_words(words: list[str]):
    """Overrides, our own flags as `Options`, and the words meant for Hydra."""
    from experiments.store.result import Options

    overrides: list[str] = []
    hydra_words: list[str] = []
    values: dict = {}
    rest = iter(words)
    for word in rest:
        if word == "--json":
            values["json"] = True
        elif word == "--again":
            values["again"] = True
        elif word == "--dry-run":
            values["dry_run"] = True
        elif word == "--sql" or word.startswith("--sql="):
            values["sql"] = word.partition("=")[2] or next(rest, "")
            if not values["sql"].strip():
                raise UsageError('--sql: a question is needed, for example --sql "SELECT count(*) FROM rows"')
        elif word == "--output" or word.startswith("--output="):
            given = word.partition("=")[2] or next(rest, "")
            if not given:
                raise UsageError("--output: a folder is needed, for example --output results")
            values["root"] = Path(given)
        elif word in HYDRA_FLAGS:
            hydra_words.append(word)
            if word in ("--cfg", "-c", "--info", "--package"):
                hydra_words.append(next(rest, "job"))
        elif word.startswith("-"):
            valid = "--json, --output DIR, --again, --dry-run, --sql TEXT, --multirun, --cfg job, --help"
            raise UsageError(f"{word}: unknown flag; valid: {valid}")
        else:
            overrides.append(word)
    return overrides, Options(**values), hydra_words


if __name__ == "__main__":
    run_from_shell()
