"""Permitted values of a configuration: text, numbers, true, false, null, and lists and mappings of these.

All input passes through here: the command line, YAML, tables and Python accept the same values for the same key.
Text is kept in Unicode's composed form (NFC), so that an é is the same é however it was typed.
"""

from __future__ import annotations

import datetime as dt
import difflib
import enum
import numbers
import re
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

DEEPEST = 40  # lists and mappings inside one another
_LONGEST_NUMBER = 300  # characters
_LARGEST_BITS = 1000
_AS_THEY_ARE = frozenset((float, bool, type(None)))
_WHOLE = re.compile(r"[+-]?(?:0|[1-9](?:_?[0-9])*)")
_DIGITS = r"(?:0|[1-9](?:_?[0-9])*)"
_POINT = rf"(?:{_DIGITS}\.|{_DIGITS}?\.[0-9](?:_?[0-9])*)"
_REAL = re.compile(rf"[+-]?(?:{_POINT}|(?:{_DIGITS}|{_POINT})[eE][+-]?[0-9](?:_?[0-9])*)")
_NOT_FINITE = re.compile(r"([+-]?)\.?(inf|nan)", re.IGNORECASE)
_WORDS = {"true": True, "false": False, "null": None}


class ConfigurationError(ValueError):
    """A configuration that cannot be run; the message names each key, what was given, what is valid, in one line."""

    def __init__(self, message: str):
        super().__init__("".join(ascii(letter)[1:-1] if _breaks_a_line(letter) else letter for letter in message))


def _breaks_a_line(letter: str) -> bool:
    """Whether a character, as a user's key may hold it, would end a line or not be shown."""
    return unicodedata.category(letter) in ("Cc", "Zl", "Zp")


def meant(given: str, valid: Iterable[str]) -> str:
    """The name probably meant, appended to an error message; empty if none is close."""
    close = difflib.get_close_matches(given, list(valid), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def read_word(text: str) -> Any:
    """An unquoted word as the command line, YAML and CSV read it: a number, true, false, null, or the text itself.

    >>> [read_word(text) for text in ("2e-3", "7", "true", "null", "2021-01-04", "no")]
    [0.002, 7, True, None, '2021-01-04', 'no']
    """
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if len(text) <= _LONGEST_NUMBER:
        if _WHOLE.fullmatch(text):
            return int(text)
        if _REAL.fullmatch(text):
            return float(text)
    if _NOT_FINITE.fullmatch(text):
        return float(text.replace(".", ""))
    return text


def plain(value: Any, where: str = "") -> Any:
    """Convert a value to what JSON can hold; accepts NumPy, pandas, decimal and fractions too.

    Raises ConfigurationError, one line beginning with the key (`where`, and the keys inside it), for anything else
    and for text that cannot be stored.
    """
    try:
        return _plain(value, 0)
    except _Unfit as unfit:
        path = ".".join([*([where] if where else []), *reversed(unfit.keys)]) or "configuration"
        raise ConfigurationError(f"{path}{unfit.why}") from None


def plain_text(text: str, where: str) -> str:
    """Text in composed form. ConfigurationError, beginning with `where`, for text that no file can hold or no page can show."""
    try:
        return _text(text)
    except _Unfit as unfit:
        raise ConfigurationError(f"{where}{unfit.why}") from None


class _Unfit(Exception):
    """A value that cannot be accepted: the reason, and the keys that lead to it, innermost first."""

    def __init__(self, why: str):
        self.why = why
        self.keys: list[str] = []


def _plain(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind is str:
        return _text(value)
    if kind is int:
        if value.bit_length() > _LARGEST_BITS:
            raise _Unfit(f": a whole number of some {value.bit_length() * 3 // 10} digits is too large")
        return value
    if depth > DEEPEST:
        raise _Unfit(f": more than {DEEPEST} lists and mappings inside one another; write it flatter")
    if kind is dict:
        return {_key(key): part if type(part) in _AS_THEY_ARE else _part(key, part, depth) for key, part in value.items()}
    if kind in (list, tuple):
        return [_plain(part, depth + 1) for part in value]
    return _plain(_simpler(value), depth + 1)


def _key(key: Any) -> str:
    if type(key) is str and key.isascii() and key.isprintable():
        return key
    if not isinstance(key, str):
        raise _Unfit(f": the key {_shown(key)} is not text; keys are names such as labour.bonding")
    return _text(str.__str__(key))


def _part(key: Any, part: Any, depth: int) -> Any:
    try:
        return _plain(part, depth + 1)
    except _Unfit as unfit:
        unfit.keys.append(ascii(key)[1:-1])
        raise


def _text(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    if any(0xD800 <= ord(letter) < 0xE000 for letter in text):
        raise _Unfit(f": {ascii(text[:60])} holds a byte that is not UTF-8, or half a character; write it in UTF-8")
    if odd := next((letter for letter in text if unicodedata.category(letter) == "Cc" and letter not in "\n\r\t"), None):
        raise _Unfit(f": {ascii(text[:60])} holds the control character U+{ord(odd):04X}; leave it out")
    return unicodedata.normalize("NFC", text)


def find_file(given: str | Path) -> Path:
    """Find the file of that name, its accents stored composed or decomposed; the name as given if there is none."""
    path = Path(given)
    try:
        if path.exists() or path.parent == path:
            return path
        folder = find_file(path.parent)
        wanted = unicodedata.normalize("NFC", path.name)
        return next((file for file in sorted(folder.iterdir()) if unicodedata.normalize("NFC", file.name) == wanted), path)
    except (OSError, ValueError):
        return path


def _simpler(value: Any) -> Any:
    """One step towards a plain value: from another library's number, text or date, or from a subclass of a plain type."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "OU":
        return value.item() if value.ndim == 0 else list(value)
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufM":
        return value[()] if value.ndim == 0 else list(value)
    if isinstance(value, dt.date | np.datetime64):
        return _date(value)
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, Decimal) and value.is_finite() and value.as_tuple().exponent == 0:
        return int(value)
    if isinstance(value, numbers.Rational | Decimal | numbers.Real) and not isinstance(value, np.timedelta64):
        return _number(value)
    raise _Unfit(f"={_shown(value)}: {_kind(value)} is none of number, text, date, true, false, None, list, dict")


def _number(value: Any) -> int | float:
    try:
        return int(value) if isinstance(value, numbers.Rational) and value.denominator == 1 else float(value)
    except (OverflowError, ValueError, TypeError):
        raise _Unfit(f"={_shown(value)}: no number that can be used") from None


def _date(value: Any) -> str:
    """A day as ISO text; anything that is not a day, or is more than a day, is rejected."""
    if isinstance(value, np.datetime64):
        value = None if np.isnat(value) else value.astype("datetime64[us]").item()
    if value != value or not isinstance(value, dt.date):  # pandas' NaT, or a year that no calendar has
        raise _Unfit(f"={value}: no date; write it like 2021-01-04")
    if isinstance(value, dt.datetime):
        if value.time() != dt.time(0) or value.tzinfo is not None:
            raise _Unfit(f"={value}: a time of day or a time zone; a date is needed, like 2021-01-04")
        value = value.date()
    return value.isoformat()


def _kind(value: Any) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except Exception:  # a foreign repr may raise anything
        text = _kind(value)
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:57]}..."
