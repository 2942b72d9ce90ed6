"""`plansim parameters [word]`: the table of every parameter with unit, range and source."""

from __future__ import annotations

import json

from experiments.store.result import Options
from sim.configuration import ConfigurationError, parameter_table


def main(words: list[str], options: Options) -> int:
    """Print the parameters whose key contains each word."""
    rows = [row for row in parameter_table() if all(word in row["key"] for word in words)]
    if not rows:
        raise ConfigurationError(f"{' '.join(words)}: no parameter has this in its key; plansim parameters lists all")
    if options.json:
        print(json.dumps(rows, indent=2, default=str))
        return 0
    width = max(len(row["key"]) for row in rows)
    for row in rows:
        span = f"{row['low']} to {row['high']}" if row["low"] is not None else ""
        print(f"{row['key']:<{width}}  {row['default']!s:>12}  {row['unit']:<24} {span:<18} {row['source']}: {row['meaning']}")
    return 0
