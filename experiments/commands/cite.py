"""`plansim cite RESULT`: the references of the model, and of what was used in a result, as text or BibTeX."""

from __future__ import annotations

import functools
import json
import textwrap
from typing import Any

from experiments.citations.bibliography import Reference, bibliography
from experiments.citations.used import SECTIONS, Uses, uses_of
from experiments.report.page import TERMINAL
from experiments.store.files import StoreError
from experiments.store.folders import find_result
from experiments.store.result import Options
from experiments.sweeps.results import Result
from sim.configuration import ConfigurationError

MODEL = "plansim"
TITLES = {
    "model": "The model",
    "documents": "Documents behind numbers and mechanisms that were used (rows of docs/evidence.md)",
    "literature": "Literature behind numbers and mechanisms that were used",
    "methods": "Methods",
    "data": "Data",
}
_MOST_USERS = 4  # named in a row of the text
_wrap = functools.partial(textwrap.wrap, width=TERMINAL, break_long_words=False, break_on_hyphens=False)


def main(words: list[str], options: Options) -> int:
    """Print what a result rests on; returns the exit status."""
    if len(words) != 1:
        raise ConfigurationError("cite: one result folder is needed, for example plansim cite RESULT --bibtex")
    manifest = Result(find_result(words[0], options.root), []).manifest
    if not isinstance(manifest.get("configuration"), dict) or "command" not in manifest:
        raise StoreError(f"{words[0]} has a manifest without a configuration, so that what it used cannot be known")
    found = describe(manifest, uses_of(manifest))
    if options.json:
        print(json.dumps(found, indent=2, allow_nan=False, ensure_ascii=False))
    elif options.bibtex:
        print("\n\n".join(one["bibtex"] for one in found["references"]))
    else:
        print(prose(found))
    return 0


def describe(manifest: dict[str, Any], uses: Uses) -> dict[str, Any]:
    """The references of a result with what each was used for, as JSON takes them."""
    known, references = bibliography(), []
    seen: set[str] = set()
    for section in SECTIONS:
        for key, used_for in uses.references[section].items():
            if key not in seen:
                one = _of_this_version(known[key], manifest)
                references.append({
                    "key": key, "section": section, "used_for": used_for, "text": one.text, "bibtex": one.bibtex,
                })  # fmt: skip
            seen.add(key)
    return {
        "command": manifest["command"], "version": manifest.get("project", {}).get("version"), "references": references,
        "assumed": uses.assumed, "own": uses.own,
    }  # fmt: skip


def _of_this_version(one: Reference, manifest: dict[str, Any]) -> Reference:
    """The model's own entry with the version of the result."""
    if one.key != MODEL:
        return one
    version = manifest.get("project", {}).get("version")
    return Reference(one.key, one.kind, {**one.fields, "note": f"Software, version {version}"})


def prose(found: dict[str, Any]) -> str:
    """References by section, each with what it was used for, and what no reference gives."""
    lines = [f"What this result of plansim {found['command']} rests on:"]
    for section in SECTIONS:
        chosen = [one for one in found["references"] if one["section"] == section]
        lines += ["", TITLES[section]] if chosen else []
        for one in chosen:
            lines += _wrap(one["text"], initial_indent="  ", subsequent_indent="    ")
            if section in ("documents", "literature"):
                used = _shortened(one["used_for"]) if section == "literature" else [_row(text) for text in one["used_for"]]
                lines += _wrap(f"for {', '.join(used)}", initial_indent="      ", subsequent_indent="      ")
    lines += ["", f"Assumed, without a source of their size: {len(found['assumed'])} parameters in use (see plansim parameters)."]
    if found["own"]:
        lines += _wrap(f"Set by the configuration, so that sources of defaults do not hold: {', '.join(found['own'])}.")
    return "\n".join(lines)


def _row(text: str) -> str:
    """A row with the first of what it was used for."""
    number, _, users = text.partition(" (")
    return f"{number} ({', '.join(_shortened(users.removesuffix(')').split(', ')))})"


def _shortened(users: list[str]) -> list[str]:
    more = len(users) - _MOST_USERS
    return users if more <= 1 else [*users[:_MOST_USERS], f"{more} more"]
