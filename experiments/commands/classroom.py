"""`plansim classroom`: twin worlds in a browser, live, for one or for a class."""

from __future__ import annotations

from pathlib import Path

from experiments.execution.interrupts import grant_request
from experiments.store.result import Options
from sim.configuration import ConfigurationError, group_names, meant

USUAL = {"port": "8080", "network": "false", "market": "class", "lessons": ""}


def main(words: list[str], options: Options) -> int:
    """Serve until Ctrl-C; returns the exit status."""
    given = read_words(words)
    asked = whole_port(given["port"]), is_true(given["network"]), checked_market(given["market"]), folder_of(given["lessons"])
    from experiments.classroom.live.server import serve

    try:
        serve(*asked)
    except KeyboardInterrupt:
        grant_request()
    print("The classroom is closed.")
    return 0


def read_words(words: list[str]) -> dict[str, str]:
    """The words of the command by key. ConfigurationError for an unknown key."""
    given = dict(USUAL)
    for word in words:
        key, equals, value = word.partition("=")
        if key not in USUAL or not equals:
            raise ConfigurationError(f"classroom: {word}: unknown{meant(key, USUAL)}; valid: {', '.join(f'{k}=' for k in USUAL)}")
        given[key] = value.strip()
    return given


def whole_port(text: str) -> int:
    """A port that a user may serve on."""
    if not text.isdigit() or not 1024 <= int(text) <= 65535:
        raise ConfigurationError(f"port={text}: a whole number from 1024 to 65535 is needed")
    return int(text)


def is_true(text: str) -> bool:
    """Whether the local network may reach the classroom."""
    if text.lower() not in ("true", "false"):
        raise ConfigurationError(f"network={text}: true opens it to everyone in your local network, false to this machine alone")
    return text.lower() == "true"


def checked_market(name: str) -> str:
    """A market that runs while a class waits."""
    valid = [one for one in group_names("market") if one in ("class", "herault")]
    if name not in valid:
        raise ConfigurationError(
            f"market={name}: too large for a class, or unknown{meant(name, valid)}; valid: {', '.join(valid)}"
        )
    return name


def folder_of(text: str) -> Path | None:
    """A folder of lessons. ConfigurationError for one that is none."""
    if not text:
        return None
    folder = Path(text)
    if not folder.is_dir():
        raise ConfigurationError(f"lessons={text}: no such folder; plansim lessons copy {text} makes one")
    return folder
