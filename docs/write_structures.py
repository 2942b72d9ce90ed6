"""Write docs/structures.md from the published set: verdicts by structure, and which structures move which estimate.

`python docs/write_structures.py`, in a second; `python -m experiments.publish` makes the tables it reads.
"""

from __future__ import annotations

from pathlib import Path

from experiments.robustness.published import SCREENING_FILE, STRUCTURES_FILE, read_table
from experiments.statistics.verdict import shown_verdict

HEAD = """# Structures

Written by `docs/write_structures.py` from `results/published`.

A structure is a choice of how the model works that no source settles, or, for `first_version`, the levels at which it worked
before they were fitted to records (section 7 of [odd.md](odd.md)). Each hypothesis is put to each structure on the same seeds, so
that what differs between two rows is the structure. Intervals of 95 % are over pairs of seeds: simulation error, not a statement
about the world.
"""
VERDICTS = """
## Verdicts by structure

In bold: another verdict than under the default structure. `plansim test structures=all` makes the table.
"""
EFFECTS = """
## Which structures move which estimate

Several structures hold at once, each in half of the runs; the effect of one is the mean of the estimates with it less that
without. In bold: the interval excludes zero (of twenty effects that are zero, one does so by chance). The command
`plansim test screening=all` makes the table; sums of interactions of two structures are in `results/published/screening.csv`.
"""


def interval(row: dict[str, str]) -> str:
    """Estimate with its interval; what is unknown is said."""
    if not row["estimate"]:
        return "unknown"
    numbers = [float(row[name]) if row[name] else None for name in ("estimate", "low", "high")]
    digits = 1 if max(abs(number) for number in numbers if number is not None) >= 10 else 2
    estimate, low, high = ("?" if number is None else f"{number:.{digits}f}" for number in numbers)
    return f"{estimate} ({low} to {high})"


def table(rows: list[dict[str, str]], by: str, cell) -> list[str]:
    """A row for each value of `by`, a column for each hypothesis."""
    hypotheses = list(dict.fromkeys(row["hypothesis"] for row in rows))
    units = {row["hypothesis"]: row["unit"] for row in rows}
    found = {(row[by], row["hypothesis"]): cell(row) for row in rows}
    names = list(dict.fromkeys(row[by] for row in rows))
    cells = [[by, *(f"{name}, {units[name]}" for name in hypotheses)], ["---"] * (len(hypotheses) + 1)]
    cells += [[f"`{name}`", *(found[name, hypothesis] for hypothesis in hypotheses)] for name in names]
    return [f"| {' | '.join(line)} |" for line in cells]


def verdict_cell(row: dict[str, str]) -> str:
    """Verdict, estimate and interval under a structure."""
    verdict = shown_verdict(row["kind"], row["verdict"])
    verdict = f"**{verdict}**" if row["differs"] == "True" else verdict
    doubt = ", a control failed" if row["controls_as_expected"] == "False" else ""
    return f"{verdict}{doubt}<br>{interval(row)}"


def effect_cell(row: dict[str, str]) -> str:
    """Change of the estimate by a structure."""
    return f"**{interval(row)}**" if row["clear"] == "True" else interval(row)


def structures_page() -> str:
    """The page as text."""
    verdicts = table(read_table(STRUCTURES_FILE), "structure", verdict_cell)
    main = [row for row in read_table(SCREENING_FILE) if row["kind"] == "main"]
    effects = [line.replace("| effect |", "| structure turned on |") for line in table(main, "effect", effect_cell)]
    return "\n".join([HEAD + VERDICTS, *verdicts, EFFECTS, *effects]) + "\n"


if __name__ == "__main__":
    (Path(__file__).parent / "structures.md").write_text(structures_page(), encoding="utf-8")
