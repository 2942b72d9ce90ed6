"""The flags and bare words of commands: how each is parsed, and which command takes it."""

from __future__ import annotations

import argparse
import re
from typing import Any

from experiments.commands import CATALOGUES, COMMANDS

FLAGS: dict[str, dict[str, Any]] = {
    "--json": {"action": "store_true", "help": "print summary.json instead of prose"},
    "--output": {"metavar": "DIR", "help": "folder of results (default: results)"},
    "--again": {"action": "store_true", "help": "make summary and figures again even if stored (a test keeps its pairs)"},
    "--dry-run": {"action": "store_true", "help": "print size, expected time and disk, and run nothing"},
    "--sql": {"metavar": "TEXT", "help": "a question in SQL to the view `rows`, read-only"},
    "--configs": {"metavar": "DIR", "help": "a folder with policy/, market/, hypothesis/, ...: its files go by their names"},
    "--csv": {"action": "store_true", "help": "write the tables of the result as CSV too; with --sql, print the answer so"},
    "--watch": {
        "nargs": "?", "const": 30.0, "type": float, "metavar": "SECONDS",
        "help": "show the world and its twin day by day in the terminal, in about so many seconds (default: 30)",
    },  # fmt: skip
    "--pdf": {"metavar": "WIDTH", "help": "figures as PDF too: column (85 mm), page (170 mm), or so many mm wide"},
    "--bibtex": {"action": "store_true", "help": "print references as BibTeX"},
    "--quiet": {"action": "store_true", "help": "no progress, only the result"},
    "--verbose": {"action": "store_true", "help": "report also what is used: result, code, libraries, engine, cache, time"},
}
HYDRA_FLAGS: dict[str, dict[str, Any]] = {
    "--multirun": {"action": "store_true", "help": "several configurations, with commas: labour.bonding=0,0.5,1 (Hydra)"},
    "--cfg": {"nargs": "?", "const": "job", "metavar": "job", "help": "print the composed configuration (Hydra)"},
    "--info": {"nargs": "?", "const": "job", "help": argparse.SUPPRESS},
    "--package": {"nargs": "?", "const": "job", "help": argparse.SUPPRESS},
    "--resolve": {"action": "store_true", "help": argparse.SUPPRESS},
}
SHORT = {"--multirun": "-m", "--cfg": "-c", "--quiet": "-q", "--verbose": "-v"}
OF_SOME = {  # flags that not every command takes
    "--dry-run": ("sweep",),
    "--sql": ("show",),
    "--bibtex": ("cite",),
    "--watch": ("run",),
    "--pdf": (*(name for name, command in COMMANDS.items() if command.configuration is not None), "demo", "merge", "study"),
    "--configs": (*(name for name, command in COMMANDS.items() if command.configuration is not None), *CATALOGUES),
    "--csv": (*(name for name, command in COMMANDS.items() if command.configuration is not None), "merge", "show"),
}


def flags_of(name: str) -> list[str]:
    """The flags that a command takes."""
    own = [flag for flag in FLAGS if name in OF_SOME.get(flag, (name,))]
    return own + (list(HYDRA_FLAGS) if COMMANDS[name].configuration is not None else [])


def gather(name: str, words: list[str]) -> list[str]:
    """The words of a command, with their key for those that have none: one for each, or one list of them."""
    from experiments.configuration.override_values import in_quotes, write_value

    key = COMMANDS[name].bare
    listed = [word for word in words if "=" not in word]
    if not key or not listed:
        return words
    plain = re.compile(r"[A-Za-z0-9_./-]+")  # a name of a file may have commas in it
    each = [word if plain.fullmatch(word) else in_quotes(word) for word in listed]
    values = [write_value(listed)] if COMMANDS[name].many else each
    return [*(f"{key}={value}" for value in values), *(word for word in words if "=" in word)]
