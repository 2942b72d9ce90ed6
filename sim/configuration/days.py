"""Dates in the place of days of a policy: `start: 2021-07-20` is the day of that date, counted from the run's `start`.

A date means the number that could stand in its place: on `end` the lever is no longer in force.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from sim.configuration.plain_values import ConfigurationError, plain
from sim.parameters import Parameters

LEVERS, START_DAY = "levers", "start_day"
_OF_A_LEVER = ("start", "end")
_NUMBER = re.compile(r"\s*[+-]?\d+(\.\d*)?\s*")
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_HOW = "write it like 2021-07-20, or give the number of the day"


def with_day_numbers(tree: dict[str, Any], part: Any = None, where: str = "") -> Any:
    """`part` of a configuration, or all of it, with the numbers of days where its policies have dates.

    `tree`: the whole, which has `start` and `days`; `where`: what keys in messages begin with. ConfigurationError, one line, for
    a date that there is not, and for one on which nothing of the run can begin or end.
    """

    def day(text: str, key: str) -> int | str:
        date = date_of(text, key)
        first = _first_of(tree)
        if first is None:  # which is refused in its place
            return text
        number, days = (date - first).days, tree.get("days", Parameters.model_fields["days"].default)
        if number < 0:
            raise ConfigurationError(f"{key}={text}: before the first day of the run, {first} (start={first}); give a later date")
        if not key.endswith("end") and isinstance(days, int) and number >= days:
            last = first + dt.timedelta(days=days - 1)
            raise ConfigurationError(
                f"{key}={text}: after the last day of the run, {last}; it is day {number}, so make days larger than that "
                f"(days={days}), or give an earlier date"
            )
        return number

    return _changed(tree if part is None else part, where, day)


def with_possible_dates(policy: dict[str, Any], where: str) -> dict[str, Any]:
    """A policy by itself with day 0 in the place of dates, as when the run begins is not known. ConfigurationError as above."""

    def day(text: str, key: str) -> int:
        date_of(text, key)
        return 0

    return _changed(policy, where, day)


def date_of(text: str, key: str) -> dt.date:
    """The date that a text is. ConfigurationError, beginning with the key, for one that is none."""
    if not _ISO.fullmatch(text):
        raise ConfigurationError(f"{key}={text!r}: neither a day nor a date; {_HOW}")
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{key}={text}: there is no such date; {_HOW}") from None


def _first_of(tree: Mapping[str, Any]) -> dt.date | None:
    given = plain(tree.get("start", Parameters.model_fields["start"].default))
    try:
        return dt.date.fromisoformat(given)
    except (TypeError, ValueError):
        return None


def _changed(part: Any, where: str, day: Any) -> Any:
    """A part with its days changed; what has none is the same object."""
    if isinstance(part, list):
        found = [_changed(one, where, day) for one in part]
        return part if all(one is other for one, other in zip(found, part, strict=True)) else found
    if not isinstance(part, dict):
        return part
    changes: dict[str, Any] = {}
    for key, value in part.items():
        path = f"{where}{key}"
        if key == START_DAY:
            new = _day(value, path, day)
        elif key == LEVERS and isinstance(value, dict):
            new = {name: _lever(lever, f"{path}.{name}.", day) for name, lever in value.items()}
            new = value if all(new[name] is value[name] for name in value) else new
        else:
            new = _changed(value, f"{path}.", day)
        if new is not value:
            changes[key] = new
    return part | changes if changes else part


def _lever(lever: Any, where: str, day: Any) -> Any:
    if not isinstance(lever, dict):
        return lever
    changes = {key: _day(lever[key], f"{where}{key}", day) for key in _OF_A_LEVER if key in lever}
    return lever | changes if any(changes[key] is not lever[key] for key in changes) else lever


def _day(value: Any, key: str, day: Any) -> Any:
    """A number for a date; anything else as it is."""
    if value is None or isinstance(value, int | float | dict | list):
        return value
    value = plain(value, key)
    return day(value, key) if isinstance(value, str) and not _NUMBER.fullmatch(value) else value
