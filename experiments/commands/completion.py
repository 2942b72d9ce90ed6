"""`plansim completion bash|zsh|fish`: a script that completes commands, flags, keys of configurations and results.

The script is made from the commands, the groups of `configs/` and the parameters as they are now; a shell runs nothing of
plansim while it completes, but for looking at the folder `results`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

from experiments.commands import COMMANDS
from experiments.commands.flags import SHORT, flags_of
from experiments.configuration.composition import GROUPS_OF, OWN_KEYS
from experiments.store.result import Options
from sim.configuration import ConfigurationError, group_names, parameter_table

SHELLS = ("bash", "zsh", "fish")
OF_RESULTS = ("show", "rerun", "merge", "codebook", "cite")  # commands that take the names of results
_RESULTS = "results/*/*/"
_KEY_OF_HELP = re.compile(r"(?<![\w.])([a-z_]+)=")


def main(words: list[str], options: Options) -> int:
    """Print the script for a shell; returns the exit status."""
    if len(words) != 1 or words[0] not in SHELLS:
        given = f"{' '.join(words)}: " if words else ""
        raise ConfigurationError(f"completion: {given}one shell is needed: {', '.join(SHELLS)}")
    print(SCRIPTS[words[0]](), end="")
    return 0


def words_of(name: str) -> list[str]:
    """What can follow a command: its words and keys with their choices, keys that take any value, and its flags."""
    command = COMMANDS[name]
    flags = [text for flag in flags_of(name) for text in (flag, SHORT.get(flag)) if text]
    if command.configuration is None:
        plain = SHELLS if name == "completion" else [f"{key}=" for key in _KEY_OF_HELP.findall(command.keys)]
        return [*plain, *flags, "--help"]
    groups = GROUPS_OF[command.configuration]
    choices = [f"{group}={choice}" for group in groups for choice in group_names(group)]
    named = (*OWN_KEYS[command.configuration], *_KEY_OF_HELP.findall(command.keys), *(row["key"] for row in parameter_table()))
    keys = dict.fromkeys(f"{key}=" for key in named if key not in groups)
    return [*choices, *keys, *flags, "--help"]


def _quoted(words: Iterable[str]) -> str:
    return shlex.quote(" ".join(words))


def bash() -> str:
    """For bash, where a word ends at each `=` unless it is looked at by itself."""
    cases = "\n".join(f"        {name}) words={_quoted(words_of(name))} ;;" for name in COMMANDS)
    return f"""# plansim in bash: eval "$(plansim completion bash)"
_plansim() {{
    local line="${{COMP_LINE:0:COMP_POINT}}" words
    local word="${{line##*[[:space:]]}}"
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W {_quoted([*COMMANDS, "--help", "--version"])} -- "$word"))
        return
    fi
    case "${{COMP_WORDS[1]}}" in
{cases}
    esac
    COMPREPLY=($(compgen -W "$words" -- "$word"))
    case "${{COMP_WORDS[1]}}" in
        {"|".join(OF_RESULTS)}) COMPREPLY+=($(compgen -G "$word*" -- "$word") $(_plansim_results "$word")) ;;
    esac
    if [[ "$word" == *=* && "$COMP_WORDBREAKS" == *=* ]]; then
        COMPREPLY=("${{COMPREPLY[@]#"${{word%"${{word##*=}}"}}"}}")
    fi
    [[ ${{#COMPREPLY[@]}} -eq 1 && "${{COMPREPLY[0]}}" == *= ]] && compopt -o nospace 2>/dev/null
    return 0
}}
_plansim_results() {{
    local folder name
    for folder in {_RESULTS}; do
        name="${{folder%/}}"; name="${{name##*/}}"
        [ -f "$folder/manifest.json" ] && [[ "$name" == "$1"* ]] && printf '%s\\n' "$name"
    done
}}
complete -F _plansim plansim
"""


def zsh() -> str:
    """For zsh."""
    cases = "\n".join(f"        {name}) choices=({' '.join(map(shlex.quote, words_of(name)))}) ;;" for name in COMMANDS)
    commands = " ".join(shlex.quote(f"{name}:{_short(command.summary)}") for name, command in COMMANDS.items())
    return f"""#compdef plansim
# plansim in zsh: eval "$(plansim completion zsh)", after compinit
_plansim() {{
    local -a choices commands results
    if (( CURRENT == 2 )); then
        commands=({commands})
        _describe command commands
        return
    fi
    case "${{words[2]}}" in
{cases}
    esac
    compadd -S '' -- "${{(@M)choices:#*=}}"
    compadd -- "${{(@)choices:#*=}}"
    case "${{words[2]}}" in
        {"|".join(OF_RESULTS)}) results=({_RESULTS}manifest.json(N:h:t)); compadd -- "${{results[@]}}"; _files ;;
    esac
}}
compdef _plansim plansim
"""


def fish() -> str:
    """For fish."""
    lines = ["# plansim in fish: plansim completion fish | source", "complete -c plansim -f"]
    for name, command in COMMANDS.items():
        summary = shlex.quote(_short(command.summary))
        lines.append(f"complete -c plansim -n __fish_use_subcommand -a {name} -d {summary}")
    for name in COMMANDS:
        here = shlex.quote(f"__fish_seen_subcommand_from {name}")
        lines.append(f"complete -c plansim -n {here} -a {_quoted(words_of(name))}")
    of_results = shlex.quote(f"__fish_seen_subcommand_from {' '.join(OF_RESULTS)}")
    found = f"(for folder in {_RESULTS}; test -f $folder/manifest.json; and basename $folder; end)"
    lines.append(f"complete -c plansim -F -n {of_results} -a {shlex.quote(found)}")
    return "\n".join(lines) + "\n"


def _short(summary: str) -> str:
    """A summary up to its first colon or semicolon, which some shells read as an end."""
    return re.split(r"[:;]", summary)[0]


SCRIPTS = {"bash": bash, "zsh": zsh, "fish": fish}
