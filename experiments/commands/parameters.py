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
    from experiments.report.text_table import text_table

    def cells(row):
        span = f"{row['low']} to {row['high']}" if row["low"] is not None else ""
        return row["key"], str(row["default"]), row["unit"] or "", span, f"{row['source']}: {row['meaning']}"

    print("\n".join(text_table([cells(row) for row in rows], right=[1], indent=0)))
    return 0
