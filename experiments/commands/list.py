"""`plansim list [WORD ...]`: the results of a folder, newest first."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from experiments.configuration.own_files import OWN_FILES, market_name
from experiments.report.headlines import headline
from experiments.store.checksums import LAST
from experiments.store.files import JOURNAL, StoreError, read_json
from experiments.store.folders import is_finished, results_in, size_of
from experiments.store.manifest_file import MANIFEST
from experiments.store.result import Options
from sim.configuration import ConfigurationError, meant

COLUMNS = ("command", "market", "policy", "hypothesis", "state")
"""What a filter `column=text` may ask for."""

DATES: dict[str, Callable[[str, str], bool]] = {"since": str.__ge__, "until": str.__le__}
_DAMAGED = "damaged"


def main(words: list[str], options: Options) -> int:
    """Print the results that every word fits; returns the exit status."""
    fits = [filter_of(word) for word in words]
    described = filter(None, map(describe, results_in(options.root)))
    results = [one for one in described if all(fit(one) for fit in fits)]
    results.sort(key=_begun, reverse=True)
    if options.json:
        print(json.dumps(results, indent=2))
        return 0
    if not results:
        what = f"no result fits {' '.join(words)}" if words else "no result"
        print(f"{options.root}: {what}")
        return 0
    from experiments.report.text_table import text_table

    header = ["begun (UTC)", "name", "command", "market", "policy or hypothesis", "size", "found"]
    print("\n".join(text_table([_cells(one) for one in results], header, right=[5], indent=0)))
    return 0


def _begun(one: Mapping[str, Any]) -> tuple[str, int]:
    """When a result was begun: to the second, as its manifest says, then as the file system does."""
    return one["created_utc"], (Path(one["path"]) / MANIFEST).stat().st_mtime_ns


def filter_of(word: str) -> Callable[[Mapping[str, Any]], bool]:
    """What a word asks of a result: a column, a date, or a text anywhere. ConfigurationError for another column."""
    column, sign, text = word.partition("=")
    wanted = text.lower()
    if not sign:
        return lambda one: any(word.lower() in str(value).lower() for value in one.values())
    if column in DATES:
        try:
            day = dt.date.fromisoformat(text).isoformat()
        except ValueError:
            raise ConfigurationError(f"{word}: a day is needed, for example {column}=2026-01-31") from None
        return lambda one: DATES[column](one["created_utc"][:10], day)
    if column not in COLUMNS:
        known = (*COLUMNS, *DATES)
        raise ConfigurationError(f"{word}: unknown{meant(column, known)}; a text, or one of {', '.join(f'{k}=' for k in known)}")
    return lambda one: wanted in str(one[column]).lower()


def describe(folder: Path) -> dict[str, Any] | None:
    """A result as `list` shows it; of one that cannot be read, that it is damaged; None for a manifest of something else."""
    about = {"name": folder.name, "path": folder.as_posix(), "bytes": size_of(folder)}
    try:
        manifest = read_json(folder / MANIFEST)
        if not {"command", "configuration"} <= manifest.keys():
            return None  # of a published set
        command, tree = str(manifest["command"]), manifest["configuration"]
        finished = is_finished(folder)
        found = headline(command, read_json(folder / LAST)) if finished else ""
        state = "finished" if finished else _progress(folder, manifest)
        setting = _setting(tree)
    except (StoreError, KeyError, TypeError, AttributeError):
        nothing = dict.fromkeys(("created_utc", "command", "market", "policy", "hypothesis", "headline"), "")
        return about | nothing | {"state": _DAMAGED}
    names = {"created_utc": str(manifest.get("created_utc", "")), "command": command}
    return about | names | setting | {"headline": found, "state": state}


def _setting(tree: Mapping[str, Any]) -> dict[str, str]:
    """Market, policies and hypotheses of a configuration, which may hold those of several commands."""
    inside = tree.get("hypotheses") or {}
    trees = [tree, *(inside.values() if isinstance(inside, Mapping) else inside), tree.get("base") or {}]
    arms = [arm if isinstance(arm, str) else arm.get("name") for arm in (tree.get("sweep") or {}).get("arms") or ()]
    arms += list(tree["arms"]) if isinstance(tree.get("arms"), Mapping) else []  # of a comparison
    found = {
        "market": _markets(tree, trees),
        "policy": arms or [(one.get("policy") or {}).get("name") for one in trees],
        "hypothesis": [(one.get("hypothesis") or {}).get("id") for one in trees],
    }
    return {name: ", ".join(dict.fromkeys(filter(None, values))) for name, values in found.items()}


def _markets(tree: Mapping[str, Any], trees: list[Mapping[str, Any]]) -> list[str | None]:
    """The names of the markets of configurations inside `tree`, which has the notes of their files."""
    noted = tree.get(OWN_FILES) or {}
    several = [one for one in noted.values() if isinstance(one, Mapping)]  # by hypothesis
    files = {path: group for one in several or [noted] for path, group in one.items()}
    presets = [(one.get("market") or {}).get("preset") for one in trees]
    return [preset and market_name({OWN_FILES: files}, preset) for preset in presets]


def _progress(folder: Path, manifest: Mapping[str, Any]) -> str:
    """How far an unfinished result is, as far as that is known without reading its rows."""
    planned = (manifest.get("plan") or {}).get("chunks")
    if not planned:
        return "unfinished"
    journal = folder / JOURNAL
    done = len(journal.read_bytes().splitlines()) if journal.exists() else 0
    return f"unfinished, {done:,} of {planned:,} chunks"


def _cells(one: Mapping[str, Any]) -> list[str]:
    date = one["created_utc"][:16].replace("T", " ")
    found = one["headline"] if one["state"] == "finished" else one["state"]
    about = one["hypothesis"] or one["policy"]
    return [date, one["name"], one["command"], one["market"], about, _size(one["bytes"]), found]


def _size(size: int) -> str:
    """Bytes for people.

    >>> _size(4_300_000), _size(12)
    ('4.3 MB', '1 kB')
    """
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} kB"
