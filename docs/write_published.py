"""Write docs/published.md, the published results as a page for readers.

`python docs/write_published.py`, in a second; `python -m experiments.publish` makes the set it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.calibration.figures import PARAMETER_HEAD, parameter_cells, ranks_text
from experiments.odd.markdown import line_of, linked
from experiments.publish import CALIBRATION_FILE, FITS_FILE, VALIDATION_FILE
from experiments.robustness.prose import HOW_SHARES_ARE_MADE, WHY_COUNTS_MISLEAD, percent, turned_by
from experiments.robustness.published import CONCLUSIONS, PUBLISHED, read_table, read_verdicts, share_of_row
from experiments.statistics.shares_of_worlds import ESTIMATORS, percent_range
from experiments.statistics.verdict import VERDICTS, shown_verdict
from experiments.store.files import read_json
from experiments.store.result import number
from experiments.validation.figures import condition
from experiments.validation.report import aim, headline, simulated
from experiments.validation.results import counts_by_tag

HEAD = """# Published results

Written by `docs/write_published.py` from `results/published`: how far each claim holds and what that hangs on, which known
patterns the model shows and which it misses, what was fitted, and how every number is made again.
What none of it says is in [the limits](limits.md).

## Claims

Each claim, in worlds at the default numbers, and over {draws} draws of all that no source settles, of which {accepted} show the
known patterns. *Share of worlds*: how many of those are on the claim's side, bracketing 95 % intervals of two estimators.
The intervals of estimates are over pairs of seeds: simulation error, not a statement about the world.

"""
CLAIMS = """
What each estimate means is in the page that `plansim test hypothesis=displacement` and its like make.

![Share of worlds in which each claim holds](../results/published/figures/robustness.png)

## What turns a claim

What is drawn: the splits of the draws between which the share differs most, where such splits predict draws that they were not
made from. Structures: those with the lowest and the highest share, by the normal law, with 95 % intervals. Verdicts at the
default numbers under each structure have [a page of their own](structures.md).

"""
SHARES = """
![Estimates by structure](../results/published/figures/structures.png)

## Both estimators, and the old counts

"""
COUNTS = """
{how} *Beyond*: by more than the smallest effect of interest. *First stage felt*: the treatment did what it does before anything
follows from it.

{why} Here they are, of the draws that show the known patterns:

"""
PATTERNS = """
## Known patterns

Which of the known patterns worlds at the default numbers show; the missed ones first. Targets and tolerances were fixed before
anything was fitted. Patterns *held out* are the source of no number; *calibrated* ones were fitted; nothing is fitted to
*emergent* ones; *imposed* ones are numbers put into the model; of *qualitative* ones only the direction is known.

{headline} {aim}

"""
FITTED = """
![Known patterns beside what worlds show](../results/published/figures/validation.png)

## What was fitted, and what was not

{identified} of {drawn} numbers that are assumed or fitted are identified by the {patterns} patterns of the calibration: their
posterior is narrower than the prior by {least:.0f} % or more, or its middle has moved by four standard errors. **The other
{others} stay at their prior**, and every share above is over all of them. {kept} draws are kept, worth {effective:.0f}
independent ones.

"""
CHECKED = """
{confounded}

{ranks} [The ranks of the truths](../results/published/figures/ranks.png) would be even if nothing were amiss.

![Prior and posterior of what is identified](../results/published/figures/calibration.png)

## Again

`python -m experiments.publish` makes the whole set, some hours on two cores; each part of it is a command:

| part | command |
| --- | --- |
| estimates at the defaults | `plansim test` |
| structures | `plansim test structures=all`, `plansim test screening=all n_pairs=16` |
| known patterns | `plansim validate`; over the draws of the calibration: `plansim validate posterior=published` |
| what was fitted | `plansim calibrate` |
| shares of worlds | `plansim test robustness={draws} posterior=published` |

[The manifest](../results/published/manifest.json) has configurations, seeds and versions, from which single rows are made again
([test_published.py](../tests/unit/robustness/test_published.py) does so).

## Data

[The list of files](../results/published/README.md) says what each table has and what it was made from:
[verdicts.csv](../results/published/verdicts.csv), [structures.csv](../results/published/structures.csv),
[screening.csv](../results/published/screening.csv), [validation.csv](../results/published/validation.csv),
[calibration.csv](../results/published/calibration.csv), [robustness_rows.csv](../results/published/robustness_rows.csv).
"""
SHARE_COLUMNS = (
    "claim", "on its side: normal law", "any law", "beyond: normal law", "any law", "smallest effect", "nothing seen",
    "first stage felt", "no market",
)  # fmt: skip


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    return "".join(map(line_of, (header, ["---"] * len(header), *rows)))


def claim_cells(entry: Mapping[str, Any]) -> list[str]:
    """A claim at the defaults and over worlds."""
    verdict = shown_verdict(entry["kind"], entry["verdict"])
    doubt = "" if entry["controls_as_expected"] else ", a control failed"
    digits = 1 if abs(entry["estimate"]) >= 10 else 2
    estimate, low, high = (f"{entry[name]:.{digits}f}" for name in ("estimate", "low", "high"))
    share = share_of_row(entry)
    worlds = "unknown" if share is None else percent_range(share["low"], share["high"])
    holds = "" if share is None else CONCLUSIONS[share["conclusion"]]
    return [
        f"{entry['claim']} (`{entry['id']}`)", f"{verdict}{doubt}", f"{estimate} ({low} to {high}) {entry['unit']}",
        f"{entry['direction']} {entry['threshold']:g}", worlds, holds,
    ]  # fmt: skip


def turning_cells(entry: Mapping[str, Any]) -> list[str]:
    """What turns a claim: among the numbers drawn, and among the structures."""
    flips = entry["flips"]
    drawn = turned_by({"worlds": entry})
    if flips and flips["leaves"]:
        drawn += f" (these explain {100 * flips['explained']:.0f} % of what differs between draws)"
    known = [row for row in entry["by_structure"] if row["side"]]
    known.sort(key=lambda row: row["side"]["normal"]["share"])
    ends = [f"`{row['structure']}` {percent(row['side']['normal'])}" for row in (known[0], known[-1])] if known else []
    return [f"`{entry['id']}`", drawn, "; ".join(ends) or "unknown"]


def share_cells(entry: Mapping[str, Any]) -> list[str]:
    """The shares of accepted draws by both estimators, on the claim's side and beyond the smallest effect."""

    def cell(name: str) -> str:
        found = {end: entry[f"accepted_{name}{end and '_'}{end}"] for end in ("", "low", "high")}
        return percent(found | {"share": found[""]})

    rest = [entry[f"accepted_{name}"] for name in ("unseen", "first_stage", "without_market")]
    return [
        f"`{entry['id']}`", *(cell(f"{what}_{by}") for what in ("side", "beyond") for by in ESTIMATORS),
        f"{number(entry['smallest'])} {entry['unit']}",
        *("unknown" if share is None else f"{100 * share:.0f} %" for share in rest),
    ]  # fmt: skip


def count_cells(entry: Mapping[str, Any]) -> list[str]:
    """The draws' own verdicts, in percent."""
    shares = [entry[f"accepted_{verdict.replace(' ', '_')}"] for verdict in VERDICTS]
    return [f"`{entry['id']}`", *(f"{100 * share:.0f} %" for share in shares), str(entry["pairs_a_draw"])]


def with_values(row: Mapping[str, str]) -> dict[str, Any]:
    """A row of a table with its numbers and truths, which a file holds as text."""
    return {name: _value(text) for name, text in row.items()}


def _value(text: str) -> Any:
    if text in ("", "True", "False"):
        return {"": None, "True": True, "False": False}[text]
    try:
        return float(text)
    except ValueError:
        return text


def pattern_cells(row: Mapping[str, Any]) -> list[str]:
    """A known pattern, what is asked and what worlds show."""
    passes = "shown" if row["passes"] else f"**missed**: {row['reason']}"
    return [row["id"], row["label"], row["unit"], row["tag"].replace("_", " "), condition(row), simulated(row), passes]


def confounded_text(pairs: Sequence[Mapping[str, Any]]) -> str:
    """Which pairs of numbers only together are identified."""
    if not pairs:
        return "No two numbers are found to be identified only together."
    texts = [f"`{one}` and `{other}` ({pair['correlation']:+.2f})" for pair in pairs for one, other in [pair["parameters"]]]
    return f"Only together, with their correlation in the posterior: {'; '.join(texts)}."


def published_page() -> str:
    """The page as text."""
    found, fits = read_verdicts(), read_json(PUBLISHED / FITS_FILE)
    verdicts = found["verdicts"]
    patterns, numbers = ([with_values(row) for row in read_table(name)] for name in (VALIDATION_FILE, CALIBRATION_FILE))
    identified = [row for row in numbers if row["identified"]]

    def of_claims(header: Sequence[str], cells: Callable[[Mapping[str, Any]], list[str]]) -> str:
        return table(header, map(cells, verdicts))

    shown = {"patterns": patterns, "counts": counts_by_tag(patterns)}
    draws, accepted = (found["robustness"][name] for name in ("draws", "accepted"))
    parts = [
        HEAD.format(draws=draws, accepted=accepted),
        of_claims(["claim", "at the defaults", "estimate", "supported if", "share of worlds", "that is"], claim_cells),
        CLAIMS,
        of_claims(["claim", "share by what is drawn", "lowest and highest share by structure"], turning_cells),
        SHARES,
        of_claims(SHARE_COLUMNS, share_cells),
        COUNTS.format(how=HOW_SHARES_ARE_MADE, why=WHY_COUNTS_MISLEAD),
        of_claims(["claim", *VERDICTS, "pairs a draw"], count_cells),
        PATTERNS.format(headline=headline(shown), aim=aim(shown)),
        table(["pattern", "measure", "unit", "tag", "asked", "worlds show", ""], map(pattern_cells, patterns)),
        FITTED.format(
            identified=len(identified), drawn=len(numbers), others=len(numbers) - len(identified),
            patterns=len(fits["patterns"]), least=100 * fits["least_contraction"], kept=fits["kept"], effective=fits["effective"],
        ),
        table(PARAMETER_HEAD, map(parameter_cells, identified)),
        CHECKED.format(
            confounded=confounded_text(fits["confounded"]), ranks=ranks_text(fits), draws=draws,
        ),
    ]  # fmt: skip
    return linked("".join(parts))


if __name__ == "__main__":
    (Path(__file__).parent / "published.md").write_text(published_page(), encoding="utf-8")
