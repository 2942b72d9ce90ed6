"""Write docs/published.md, the published results as a page for readers.

`python docs/write_published.py`, in a second; `python -m experiments.publish` makes the set it reads.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from experiments.robustness.published import CONCLUSIONS, read_verdicts, share_of_row
from experiments.statistics.verdict import shown_verdict

HEAD = """# Published results

Written by `docs/write_published.py` from `results/published`.

Each claim, in worlds at the default numbers, and over {draws} draws of all that no source settles, of which {accepted} show the
known patterns. *Share of worlds*: how many of those are on the claim's side, bracketing 95 % intervals of two estimators.
The intervals of estimates are over pairs of seeds: simulation error, not a statement about the world.

"""
TAIL = """
What each estimate means is in the page that `plansim test hypothesis=displacement` and its like make, what turns a claim in
[verdicts.json](../results/published/verdicts.json), and what none of it says in [the limits](limits.md). Verdicts under other
structures have [a page of their own](structures.md).

![Share of worlds in which each claim holds](../results/published/figures/robustness.png)

![Estimates by structure](../results/published/figures/structures.png)

Known patterns, beside what worlds show:

![Known patterns beside what worlds show](../results/published/figures/validation.png)

## Data

[The list of files](../results/published/README.md) says what each table has and what it was made from:
[verdicts.csv](../results/published/verdicts.csv), [structures.csv](../results/published/structures.csv),
[screening.csv](../results/published/screening.csv), [validation.csv](../results/published/validation.csv),
[calibration.csv](../results/published/calibration.csv), [robustness_rows.csv](../results/published/robustness_rows.csv).
"""


def row_of(entry: dict[str, Any]) -> list[str]:
    """A claim as cells."""
    verdict = shown_verdict(entry["kind"], entry["verdict"])
    doubt = "" if entry["controls_as_expected"] else ", a control failed"
    digits = 1 if abs(entry["estimate"]) >= 10 else 2
    estimate, low, high = (f"{entry[name]:.{digits}f}" for name in ("estimate", "low", "high"))
    share = share_of_row(entry)
    worlds = "unknown" if share is None else f"{100 * share['low']:.0f} to {100 * share['high']:.0f} %"
    holds = "" if share is None else CONCLUSIONS[share["conclusion"]]
    return [
        f"{entry['claim']} (`{entry['id']}`)", f"{verdict}{doubt}", f"{estimate} ({low} to {high}) {entry['unit']}",
        f"{entry['direction']} {entry['threshold']:g}", worlds, holds,
    ]  # fmt: skip


def published_page() -> str:
    """The page as text."""
    found = read_verdicts()
    header = ["claim", "at the defaults", "estimate", "supported if", "share of worlds", "that is"]
    cells = [header, ["---"] * len(header), *map(row_of, found["verdicts"])]
    head = HEAD.format(draws=found["robustness"]["draws"], accepted=found["robustness"]["accepted"])
    return head + "\n".join(f"| {' | '.join(line)} |" for line in cells) + "\n" + TAIL


if __name__ == "__main__":
    (Path(__file__).parent / "published.md").write_text(published_page(), encoding="utf-8")
