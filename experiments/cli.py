"""`plansim COMMAND [key=value ...]`: the command line.

Exit status: 0 done, 1 failed, 2 the user's mistake, 130 interrupted. A mistake is one line on
standard error that names the key, what was given and what is valid; there is no traceback for it.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from experiments.commands import COMMANDS, load_command
from experiments.commands.flags import FLAGS, HYDRA_FLAGS, SHORT, flags_of, gather
from experiments.execution.verbosity import QUIET, USUAL, VERBOSE, speaking
from sim import IS_SUPPORTED, SUPPORTED, __version__

NEEDS = {
    "--configs": "a folder is needed, for example --configs study",
    "--output": "a folder is needed, for example --output results",
    "--pdf": "a width is needed, for example --pdf column",
    "--sql": 'a question is needed, for example --sql "SELECT count(*) FROM rows"',
}
INSTEAD = {  # of a flag that a command does not take: what does it
    ("show", "--pdf"): "show draws nothing; give it to the command that made the result, which keeps its rows; ",
}


class UsageError(ValueError):
    """The words of the command line do not fit; the message is one line."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit status. Every mistake of a user ends in one line here."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):  # a name that the terminal cannot write is written in escapes
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    if not arguments or arguments[0] in ("--help", "-h", "help"):
        print(usage(), end="")
        return 0 if arguments else 2
    if arguments[0] in ("--version", "-V"):
        print(version_text(bool({"-v", "--verbose"} & set(arguments[1:]))))
        return 0
    if not IS_SUPPORTED:
        print(f"plansim: {SUPPORTED}", file=sys.stderr)
        return 2
    return end_when_interrupted(lambda: report_errors(lambda: dispatch(arguments)))


def run_from_shell() -> NoReturn:
    """`plansim` itself. An interrupt after the command has ended, as Python leaves, has no effect."""
    gc.set_threshold(100_000, 50, 100)  # imports make much and drop little: looking for it takes a tenth of a short command
    status = main()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(status)


def end_when_interrupted(command: Callable[[], int]) -> int:
    """The exit status of a command, 130 after Ctrl-C or SIGTERM; nothing finished is lost."""
    from experiments.execution.interrupts import hearing_interrupts, stop_if_asked

    try:
        with hearing_interrupts():
            status = command()
            stop_if_asked()
            return status
    except KeyboardInterrupt:
        print("plansim: interrupted; the same command goes on where it stopped", file=sys.stderr)
        return 130


def report_errors(command: Callable[[], int]) -> int:
    """The exit status of a command; an error that stops it is one line on standard error: 2 for a mistake, else 1."""
    from experiments.execution.engine_base import EngineError, EngineFailure
    from experiments.store.files import StoreError, StoreFailure
    from sim.configuration import ConfigurationError
    from sim.initialisation.data import DataError

    try:
        return command()
    except BrokenPipeError:
        return 1
    except (StoreFailure, EngineFailure, DataError) as error:
        status, message = 1, str(error)
    except (ConfigurationError, UsageError, StoreError, EngineError) as error:
        status, message = 2, str(error)
    except OSError as error:
        status, message = 1, f"{error.filename or 'a file'}: {(error.strerror or str(error)).lower()}"
    print(f"plansim: {message}", file=sys.stderr)
    return status


def dispatch(arguments: list[str]) -> int:
    """Split command, flags and words, and hand them to the command's module."""
    from sim.configuration.plain_values import plain_text

    for i, word in enumerate(arguments, 1):
        plain_text(word, f"word {i} of the command line")  # refuses what no file of a result can hold
    name, *given = arguments
    if name not in COMMANDS:
        raise UsageError(f"{name}: no such command; valid: {', '.join(COMMANDS)} (plansim --help)")
    if {"--help", "-h"} & set(given):
        print(parser_of(name).format_help(), end="")
        return 0
    words, flags = split_words(name, given)
    for_hydra, configs, level = hydra_words(flags), flags.pop("configs", None), level_of(flags)
    options = options_of(flags)
    with speaking(level), drawing_for(options.pdf):
        command = load_command(name)
        config_name = COMMANDS[name].configuration
        if "--configs" not in flags_of(name):
            return command(words, options)
        from experiments.configuration.composition import refuse_two_values
        from experiments.configuration.study_folder import own_names

        with own_names(configs):
            if config_name is None:
                return command(words, options)
            refuse_two_values(words)
            if not for_hydra:
                return command(words, options)
            from experiments.configuration.multirun import run_with_hydra

            def job(tree: dict[str, Any]) -> int:
                return report_errors(lambda: command(words, options, tree))

            return run_with_hydra(job, config_name, words, for_hydra)


def level_of(flags: dict[str, Any]) -> int:
    """How much the flags ask to be reported; they are taken out. UsageError for both at once."""
    quiet, verbose = (flags.pop(name, False) for name in ("quiet", "verbose"))
    if quiet and verbose:
        raise UsageError("--quiet and --verbose: leave one of the two out")
    return QUIET if quiet else VERBOSE if verbose else USUAL


def drawing_for(width: float | None) -> contextlib.AbstractContextManager[None]:
    """Figures are drawn as PDF too where a width is asked for."""
    if width is None:
        return contextlib.nullcontext()
    from experiments.report.journal import printing

    return printing(width)


def version_text(with_libraries: bool) -> str:
    """The version; on request with Python, the hash of the code and the libraries that results depend on."""
    if not with_libraries:
        return f"plansim {__version__}"
    import platform

    from experiments.store.provenance import library_versions, source_hash

    libraries = ", ".join(f"{name} {version}" for name, version in library_versions().items())
    return f"plansim {__version__}\ncode sha256 {source_hash()}\nPython {platform.python_version()}\n{libraries}"


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line, printed by the caller."""

    def error(self, message: str) -> NoReturn:
        found = re.fullmatch(r"argument (?:-\w/)?(--[\w-]+)(?:/\S+)?: (.*)", message, re.DOTALL)
        raise UsageError(f"{found[1]}: {NEEDS.get(found[1], found[2])}" if found else message)


def parser_of(name: str) -> Parser:
    """The parser of a command: the flags that it takes, and its help."""
    command = COMMANDS[name]
    keys = f"keys:\n{command.keys}\n\n" if command.keys else ""
    examples = "".join(f"  {example}\n" for example in command.examples)
    parser = Parser(
        prog=f"plansim {name}",
        usage=f"plansim {name} {command.words} [flags]",
        description=f"{command.summary[0].upper()}{command.summary[1:]}.",
        epilog=f"{keys}examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    for flag in flags_of(name):
        parser.add_argument(flag, *filter(None, [SHORT.get(flag)]), **(FLAGS | HYDRA_FLAGS)[flag])
    return parser


def usage() -> str:
    """The overview that `plansim --help` prints."""
    lines = [f"  {name:<13}{command.summary}" for name, command in COMMANDS.items()]
    return "\n".join([
        "Usage: plansim COMMAND [words] [flags]", "", "Commands", *lines, "",
        "plansim COMMAND --help lists the keys and flags of a command, with examples; plansim --version the version.",
        "A first world: plansim run market=class", "",
    ])  # fmt: skip


def split_words(name: str, given: list[str]) -> tuple[list[str], dict[str, Any]]:
    """The words of a command, and its flags by name; a bare word gets its key. UsageError for a flag that it does not take."""
    found, unknown = parser_of(name).parse_known_intermixed_args(given)
    flags = dict(vars(found))
    words = flags.pop("words", [])
    for word in unknown:
        flag = word.partition("=")[0]
        takers = [other for other in COMMANDS if flag in flags_of(other)]
        if takers:
            raise UsageError(f"{flag}: {INSTEAD.get((name, flag), '')}only for {', '.join(takers)}")
        raise UsageError(f"{word}: unknown flag; valid: {', '.join(flags_of(name))}, --help")
    for flag, needs in NEEDS.items():
        if not flags.get(flag[2:], "given").strip():
            raise UsageError(f"{flag}: {needs}")
    return gather(name, words), flags


def hydra_words(flags: dict[str, Any]) -> list[str]:
    """Take out the flags that Hydra understands, as the words it wants."""
    found = []
    for flag in HYDRA_FLAGS:
        if (value := flags.pop(flag[2:], None)) is not None:
            found += [flag] if value is True else [flag, value]
    return found


def options_of(flags: dict[str, Any]):
    """The flags of plansim itself, as `Options`."""
    from experiments.report.pdf import read_width
    from experiments.store.result import Options

    if "output" in flags:
        flags["root"] = Path(flags.pop("output"))
    if "pdf" in flags:
        flags["pdf"] = read_width(flags["pdf"])
    return Options(**flags)


if __name__ == "__main__":
    run_from_shell()
