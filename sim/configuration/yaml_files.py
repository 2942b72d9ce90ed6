"""YAML as users write it, read strictly: mappings with text keys, lists, text, numbers, true, false, null.

Words are read as in YAML 1.2 (2e-3 is a number, `no` is text; a date stays text, which parameters read as a date).
Anything that would be silently changed, lost or looked up is rejected with file, line and remedy: a repeated key,
tags, interpolations, aliases to unfinished values or to too many.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

from sim.configuration.plain_values import DEEPEST, ConfigurationError, plain_text, read_word

_MOST_NODES = 100_000  # after aliases are written out
_NOTHING = ("", "~")


def read_yaml(path: Any, named: str | None = None) -> Any:
    """Read a file (a path, or a resource of a package). ConfigurationError names the file as `named`, and the line."""
    named = named or str(path)
    text = read_text(path, named)
    return parse_yaml(text, named)


def read_text(path: Any, named: str) -> str:
    """The text of a file in UTF-8. ConfigurationError names the file as `named`, and the line."""
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise ConfigurationError(f"{named}: it cannot be read ({reason})") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{named}, line {line}: a byte that is not UTF-8; save the file as UTF-8") from None
    return text


def read_python(path: Path, named: str) -> str:
    """The text of a file in Python, with plain ends of lines. ConfigurationError names it as `named` if there is none in it."""
    if not path.is_file():
        raise ConfigurationError(f"{named}: no such file")
    text = read_text(path, named).replace("\r\n", "\n")
    if not text.strip():
        raise ConfigurationError(f"{named}: the file is empty")
    return text


def parse_yaml(text: str, named: str) -> Any:
    """The value of a text in YAML; None if it is empty."""
    return _Reader(text, named).document()


def read_mapping(path: Path, named: str | None = None) -> dict[str, Any]:
    """Read a file that must be a mapping; an empty file is an empty mapping."""
    content = read_yaml(path, named)
    if content is not None and not isinstance(content, dict):
        raise ConfigurationError(f"{named or path}: a mapping is needed, lines such as key: value")
    return content or {}


class _Reader:
    """Builds the value from the events of PyYAML's parser, which resolve and construct nothing by themselves."""

    def __init__(self, text: str, named: str):
        self._named = named
        self._nodes = 0
        self._anchors: dict[str, tuple[Any, int] | None] = {}  # value and nodes of each; None while it is being read
        self._events = self._parsed(text)

    def _parsed(self, text: str):
        try:
            yield from yaml.parse(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            said = " ".join(f"{error.context or ''} {error.problem or ''}".split())
            raise self._refused(mark, f"not YAML: {said[:120]}") from None
        except yaml.YAMLError as error:
            raise ConfigurationError(f"{self._named}: not YAML: {' '.join(str(error).split())[:120]}") from None
        except (ValueError, OverflowError):  # an escape beyond Unicode
            raise ConfigurationError(f"{self._named}: not YAML: an escape in quotes that is not a character") from None

    def _refused(self, mark: Any, why: str) -> ConfigurationError:
        return ConfigurationError(f"{self._named}, line {mark.line + 1}: {why}" if mark else f"{self._named}: {why}")

    def document(self) -> Any:
        value, seen = None, False
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent) and seen:
                raise self._refused(event.start_mark, "a second document begins; one is needed: leave out the line ---")
            if isinstance(event, yaml.NodeEvent):
                value, seen = self._value(event, 0), True
        return value

    def _value(self, event: Any, depth: int) -> Any:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        mark = event.start_mark
        if event.tag not in (None, "!"):
            raise self._refused(mark, f"the tag {event.tag}; tags are not read, write the plain value")
        if depth > DEEPEST:
            raise self._refused(mark, f"more than {DEEPEST} lists and mappings inside one another; write it flatter")
        before = self._nodes
        if event.anchor:
            self._anchors[event.anchor] = None
        self._count(1, mark)
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(depth)
        else:
            value = self._mapping(depth)
        if event.anchor:
            self._anchors[event.anchor] = value, self._nodes - before
        return value

    def _count(self, nodes: int, mark: Any) -> None:
        self._nodes += nodes
        if self._nodes > _MOST_NODES:
            raise self._refused(mark, f"more than {_MOST_NODES:,} values, aliases written out; use fewer aliases, or a table")

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self._anchors:
            raise self._refused(event.start_mark, f"*{event.anchor}: nothing before it is marked &{event.anchor}")
        kept = self._anchors[event.anchor]
        if kept is None:
            raise self._refused(event.start_mark, f"*{event.anchor} is inside the value it names; write the value out")
        self._count(kept[1], event.start_mark)
        return copy.deepcopy(kept[0])

    def _scalar(self, event: Any) -> Any:
        mark, text = event.start_mark, event.value
        if "${" in text:
            raise self._refused(mark, f"{text[:60]!r}: interpolations such as ${{...}} are not read; write the value itself")
        text = plain_text(text, f"{self._named}, line {mark.line + 1}")
        return text if event.style is not None or event.tag else None if text in _NOTHING else read_word(text)

    def _sequence(self, depth: int) -> list:
        items = []
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self._value(event, depth + 1))
        return items

    def _mapping(self, depth: int) -> dict[str, Any]:
        content: dict[str, Any] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event, depth)
            if key in content:
                raise self._refused(event.start_mark, f"the key {key} occurs twice in one mapping; leave one of the two out")
            content[key] = self._value(next(self._events), depth + 1)
        return content

    def _key(self, event: Any, depth: int) -> str:
        key = self._value(event, depth + 1)
        if isinstance(event, yaml.ScalarEvent) and event.value == "<<" and event.style is None:
            raise self._refused(event.start_mark, "<<: mappings are not merged; write the keys out")
        if not isinstance(key, str):
            shown = event.value if isinstance(event, yaml.ScalarEvent) else "a list or a mapping"
            raise self._refused(event.start_mark, f"the key {shown or 'null'} is not text; put it in quotes if it is a name")
        return key
