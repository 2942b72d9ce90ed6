"""`plansim odd [FILE.md]`: the description of the model after ODD 2020 and ODD+D, written from the code."""

from __future__ import annotations

import json
from pathlib import Path

from experiments.store.files import write_atomically
from experiments.store.result import Options
from sim.configuration import ConfigurationError

SUFFIX = ".md"


def main(words: list[str], options: Options) -> int:
    """Print the description, or write it into the file that is named."""
    if len(words) > 1 or not all(word.endswith(SUFFIX) for word in words):
        raise ConfigurationError(f"{' '.join(words)}: the name of one file that ends in {SUFFIX} is needed, or none")
    from experiments.odd.document import all_tables, odd_page

    text = f"{json.dumps(all_tables(), indent=2)}\n" if options.json else odd_page()
    if words:
        write_atomically(Path(words[0]), text.encode())
    else:
        print(text, end="")
    return 0
