"""`plansim study`: the commands of a study, one after the other."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import shlex
from pathlib import Path

from experiments.commands import COMMANDS
from experiments.commands.flags import gather
from experiments.configuration.composition import refuse_two_values
from experiments.configuration.study_folder import STUDY, own_names, read_study
from experiments.store.result import Options
from sim.configuration import ConfigurationError


def main(words: list[str], options: Options) -> int:
    """Run the commands in `study.yaml` of a folder, the current one unless it is named; the first that fails ends it.

    Results are in the folder of the study unless `--output` says another. What is stored is printed again, so that the same
    command goes on where it stopped.
    """
    if len(words) > 1:
        raise ConfigurationError(f"study: {words[1]}: one folder at most is needed, for example plansim study mine")
    folder = Path(words[0] if words else "")
    study = read_study(folder)
    commands = [read_command(text, f"{folder / STUDY}: {text}") for text in study.commands]
    if not commands:
        raise ConfigurationError(f"{folder / STUDY}: commands: none are listed, for example - run policy=mine")
    if options.root != Options.root:  # --output is relative to where the command is typed
        options = dataclasses.replace(options, root=options.root.absolute())
    with contextlib.chdir(folder), own_names(None):
        for name, own in commands:
            if not options.json:
                print(f"$ {shlex.join(['plansim', name, *own])}", flush=True)
            status = importlib.import_module(f"experiments.commands.{name}").main(own, options)
            if status:
                return status
            if not options.json:
                print(flush=True)
    return 0


def read_command(text: str, where: str) -> tuple[str, list[str]]:
    """Name and words of a command of a study. ConfigurationError, beginning with `where`, for one that a study cannot have."""
    try:
        name, *words = shlex.split(text) or [""]
    except ValueError as error:
        raise ConfigurationError(f"{where}: it cannot be read ({str(error).lower()})") from None
    configured = [name for name, command in COMMANDS.items() if command.configuration is not None]
    if name == "plansim":
        raise ConfigurationError(f"{where}: leave plansim out; a command begins with its own name")
    if name not in configured:
        raise ConfigurationError(f"{where}: no command of a study; valid: {', '.join(configured)}")
    if flag := next((word for word in words if word.startswith("-")), None):
        raise ConfigurationError(f"{where}: {flag}: flags are given to plansim study itself, and hold for all its commands")
    words = gather(name, words)
    refuse_two_values(words)
    return name, words
