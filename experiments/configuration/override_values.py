"""The value of an override in the form that Hydra's grammar takes: text it cannot read by itself is put in quotes."""

from __future__ import annotations

import functools
import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from sim.configuration import ConfigurationError
from sim.configuration.groups import FOLDERS
from sim.configuration.plain_values import DEEPEST, plain
from sim.configuration.yaml_files import parse_yaml

_CLOSED_BY = {"[": "]", "{": "}", "(": ")"}
_DECIMAL_COMMA = re.compile(r"\s*([+-]?\d+),(\d+)\s*")


def readable_value(key: str, value: str, several: bool = False) -> str:
    """A value, or with `several` values with commas between them, as Hydra reads it.

    Raises ConfigurationError, with the quoted form where that is the remedy, for what can be meant in two ways.
    """
    text = f"{key}={value}"
    if "${" in value:
        raise ConfigurationError(f"{text}: interpolations such as ${{...}} are not read; write the value itself")
    parts = _split(value)
    if len(parts) > 1 and not several:
        raise ConfigurationError(_two_ways(key, value))
    return ",".join(_one_readable(key, part, several) for part in parts)


def write_value(value: Any) -> str:
    """A value as an override takes it.

    >>> write_value(True), write_value([1, "a b"]), write_value("class"), write_value({"x": None})
    ('true', '[1,"a b"]', 'class', '{x:null}')
    """
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{write_value(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(write_value, value)) + "]"
    if isinstance(value, str):
        word = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_/-]*", value) and value.lower() not in ("true", "false", "null", "nan", "inf")
        return value if word else in_quotes(value)
    simpler = plain(value)
    return in_quotes(simpler) if isinstance(simpler, str) else json.dumps(simpler)


def write_override(key: str, value: Any) -> str:
    """`key=value` as the command line takes it; the choices of a group are names or paths, which stand without quotes."""
    if key not in FOLDERS:
        return f"{key}={write_value(value)}"
    return f"{key}=[{','.join(map(str, value))}]" if isinstance(value, list | tuple) else f"{key}={value}"


def in_quotes(text: str) -> str:
    """Any text whatever, in quotes; Hydra reads a backslash as itself, but for those before a quotation mark."""
    quoted = re.sub(r'(\\*)("|\Z)', lambda found: 2 * found[1] + ('\\"' if found[2] else ""), text)
    return f'"{quoted}"'


def _one_readable(key: str, value: str, several: bool) -> str:
    nested = _depth(value)
    if nested > DEEPEST:
        raise ConfigurationError(f"{key}: more than {DEEPEST} lists and mappings inside one another; write it flatter")
    parsed = _parse(value)
    if parsed is not None:
        if parsed.is_sweep_override() and not several:
            raise ConfigurationError(_two_ways(key, value))
        return value
    begin = value.strip()[:1]
    if begin not in ("[", "{", "'", '"'):
        return in_quotes(value.strip())
    if begin in "[{":
        try:
            written = write_value(parse_yaml(value, key))
        except ConfigurationError:
            written = ""
        if written and _parse(written) is not None:
            return written
    raise ConfigurationError(f"{key}={value}: it cannot be read; if it is text, put it in quotes: {_quoted_word(key, value)}")


def _two_ways(key: str, value: str) -> str:
    if found := _DECIMAL_COMMA.fullmatch(value):
        return f"{key}={value}: a decimal comma? Write {key}={found[1]}.{found[2]}; several values at once need --multirun"
    return f"{key}={value}: several values at once need --multirun; text with a comma goes in quotes: {_quoted_word(key, value)}"


def _quoted_word(key: str, value: str) -> str:
    return shlex.quote(f"{key}={in_quotes(value.strip())}")


def _parse(value: str) -> Any:
    """What Hydra reads in a value; None if it cannot."""
    from hydra.errors import HydraException

    try:
        return _parser().parse_override(f"key={value}")
    except (HydraException, ValueError, RecursionError):
        return None


@functools.cache
def _parser() -> Any:
    from hydra.core.override_parser.overrides_parser import OverridesParser

    return OverridesParser.create()


def _depth(value: str) -> int:
    deepest = depth = 0
    for letter in value:
        depth += (letter in _CLOSED_BY) - (letter in _CLOSED_BY.values())
        deepest = max(deepest, depth)
    return deepest


def _split(value: str) -> list[str]:
    """Parts of a value between commas outside brackets and quotes; an apostrophe inside a word opens none."""
    parts, expected, quote = [""], [], ""
    for letter in value:
        part = parts[-1]
        if quote:
            quote = "" if letter == quote and not part.endswith("\\") else quote
        elif letter in "'\"" and re.search(r"(^|[\[{(,:])\s*$", part):
            quote = letter
        elif letter in _CLOSED_BY:
            expected.append(_CLOSED_BY[letter])
        elif expected and letter == expected[-1]:
            expected.pop()
        elif letter == "," and not expected and not part.endswith("\\"):
            parts.append("")
            continue
        parts[-1] += letter
    return parts
