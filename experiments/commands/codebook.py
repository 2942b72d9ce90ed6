"""`plansim codebook [RESULT | WORD ...]`: what every column of the tables holds, and its unit."""

from __future__ import annotations

import json
from pathlib import Path

from experiments.odd.codebook import Entry, codebook, codebook_of
from experiments.store.files import StoreError
from experiments.store.folders import find_result, results_named
from experiments.store.result import Options, warn
from sim.configuration import ConfigurationError


def main(words: list[str], options: Options) -> int:
    """Print the codebook of a result, or of all commands; the exit status is 1 if a column is not known.

    The first word is a result if a folder, or one result by the beginning of its name, is meant; the others select.
    """
    wanted, entries = _entries(words, options)
    found = [entry for entry in entries if all(word in " ".join(entry).lower() for word in wanted)]
    if not found and not entries:
        raise ConfigurationError(f"{words[0]} has no table: its numbers are in summary.json and in the results that it names")
    if not found:
        raise ConfigurationError(f"{' '.join(words)}: no table, column or meaning has this, and no result begins so")
    if options.json:
        print(json.dumps([entry._asdict() for entry in found], indent=2))
    else:
        from experiments.report.text_table import text_table

        print("\n".join(text_table([list(entry) for entry in found], ["table", "column", "type", "unit", "meaning"], indent=0)))
    unknown = [f"{entry.table}.{entry.column}" for entry in found if not entry.meaning]
    if unknown:
        warn(f"not in the codebook of this version: {', '.join(unknown)}")
    return 1 if unknown else 0


def _entries(words: list[str], options: Options) -> tuple[list[str], list[Entry]]:
    """The words that select, and what they select from."""
    if words and (Path(words[0]).is_dir() or "/" in words[0] or results_named(words[0], options.root)):
        folder = find_result(words[0], options.root)
        if not folder.is_dir():
            raise StoreError(f"{words[0]} is no folder: the codebook of a result needs its folder")
        return [word.lower() for word in words[1:]], codebook_of(folder)
    return [word.lower() for word in words], codebook()
