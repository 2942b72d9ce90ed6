"""Words of the pages in other languages: a gettext catalogue for each, in which the English text is the key.

A further language needs one file more, `locale/LANGUAGE/LC_MESSAGES/plansim.po`, and nothing else.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from sim.configuration import ConfigurationError, meant

ENGLISH = "en"  # the language of the code, which needs no catalogue
HERE = Path(__file__).resolve().parent
LOCALE = HERE / "locale"
CATALOGUE = Path("LC_MESSAGES") / "plansim.po"
NEEDED = "pip install 'plansim[classroom]'"
_PYTHON = {"_": None, "Measure": (2, 3)}  # of a measure its label and its unit
_JAVASCRIPT = {"t": None}
SHOWN_PARAMETERS = ("market.searches_per_day", "labour.bonding")  # with a control of their own
_KINDS = ("**/*.py", "python", _PYTHON), ("**/*.js", "javascript", _JAVASCRIPT), ("**/*.j2", "jinja2", _JAVASCRIPT)


def languages() -> list[str]:
    """English, and the languages that have a catalogue."""
    return [ENGLISH, *sorted(path.parents[1].name for path in LOCALE.glob(f"*/{CATALOGUE}"))]


def language_names() -> dict[str, str]:
    """Each language in its own words, by its code."""
    parse = babel("babel").Locale.parse
    return {language: parse(language).get_display_name(language).capitalize() for language in languages()}


def translator(language: str) -> Callable[[str], str]:
    """A function that gives a text in a language; a text without translation stays English."""
    known = messages(language)
    return lambda text: known.get(text, text)


def messages(language: str) -> dict[str, str]:
    """English text -> text of the language, of all that is translated."""
    if language == ENGLISH:
        return {}
    if language not in languages():
        valid = languages()
        raise ConfigurationError(f"language={language}: no such language{meant(language, valid)}; valid: {', '.join(valid)}")
    return dict(_catalogue(LOCALE / language / CATALOGUE))


@functools.cache
def _catalogue(path: Path) -> dict[str, str]:
    """What a file translates. ConfigurationError, one line with its place, for a file that is no catalogue."""
    pofile = babel("babel.messages.pofile")
    try:
        with path.open("rb") as file:
            read = pofile.read_po(file, abort_invalid=True)
    except (pofile.PoFileError, UnicodeDecodeError, ValueError) as error:
        raise ConfigurationError(f"{path}: no catalogue of gettext: {' '.join(str(error).split())}") from None
    return {entry.id: entry.string for entry in read if entry.id and isinstance(entry.id, str) and entry.string}


def babel(module: str) -> ModuleType:
    """A module of Babel. ConfigurationError, one line, where it is not installed."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.split(".")[0] != "babel":
            raise
        raise ConfigurationError(f"Babel, which reads translations, is not installed: {NEEDED}") from None


# --- what there is to translate -----------------------------------------------------------------------


def extract() -> set[str]:
    """Every text of pages: in `_("...")` of Python, `t("...")` of JavaScript and templates; of measures, levers, parameters."""
    from sim.configuration import parameter_table
    from sim.levers import LEVER_KINDS

    rows = [row for row in parameter_table() if row["key"] in SHOWN_PARAMETERS]
    told = {text for row in rows for text in (row["unit"], row["source"], row["meaning"])}
    levers = {t for name, kind in LEVER_KINDS.items() for t in (name.replace("_", " "), kind.unit, kind.meaning, kind.source)}
    paths = ((path, kind, keywords) for pattern, kind, keywords in _KINDS for path in sorted(HERE.glob(pattern)))
    return told | levers | {text for path, kind, keywords in paths for text in texts_of(path, kind, keywords)}


def texts_of(path: Path, kind: str, keywords: dict[str, Any]) -> Iterator[str]:
    """The texts of one file that are arguments of these functions."""
    method = "jinja2.ext:babel_extract" if kind == "jinja2" else kind
    with path.open("rb") as file:
        extracted = babel("babel.messages.extract").extract(method, file, keywords, options={"parse_template_string": True})
        for _, found, _, _ in extracted:
            for text in (found,) if isinstance(found, str) else found:
                if text:
                    yield text
