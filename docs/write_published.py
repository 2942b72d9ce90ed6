"""Write docs/published.md, the published results as a page for readers.

`python docs/write_published.py`, in a second; `python -m experiments.publish` makes the set it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.calibration.figures import PARAMETER_HEAD, parameter_cells, ranks_text
from experiments.calibration.results import FEW_WORLDS, least_met
from experiments.odd.markdown import line_of, linked
from experiments.publish import CALIBRATION_FILE, FITS_FILE, VALIDATION_FILE
from experiments.robustness.prose import CONTROLS_NOT_DRAWN, HOW_SHARES_ARE_MADE, WHY_COUNTS_MISLEAD, side_text, turned_by
from experiments.robustness.published import CONCLUSIONS, PUBLISHED, STRUCTURES_FILE, read_table, read_verdicts, share_of_row
from experiments.statistics.shares_of_worlds import ESTIMATORS, conclusion, percent_range
from experiments.statistics.verdict import VERDICTS, WHAT_A_VERIFICATION_IS, shown_verdict
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

Each claim, in worlds at the default numbers, and over {draws} draws of all that no source settles: the numbers, from a
calibration, and the structure, one of {structures}. (`first_version`, the levels before they were fitted, is not drawn:
records contradict it.) {accepted} of the draws fit: their worlds of `class` show {names} (in brackets, how many draws do).
*Share of worlds*: how many of those that fit are on the claim's side, bracketing 95 % intervals of two estimators. The
intervals of estimates are over pairs of seeds: simulation error, not a statement about the world.

"""
CLAIMS = """
{verification}

What each estimate means is in the page that `plansim test hypothesis=displacement` and its like make.

![Share of worlds in which each claim holds](../results/published/figures/robustness.png)

## What turns a claim

The splits of the draws between which the share differs most, where such splits predict draws that they were not made from. The
effects themselves are drawn [at the end](#effects-over-worlds).

"""
STRUCTURES = """
Share on the claim's side by structure, by the normal law, with 95 % intervals; some forty draws each. Where more than a tenth
of the draws show nothing, the interval alone. † A control of the claim fails under this structure at the default numbers, so
that its share is not to be relied on. {controls} Verdicts at the default numbers have [a page of their own](structures.md).

"""
SHARES = """
![Estimates by structure](../results/published/figures/structures.png)

## Both estimators, and counts of verdicts

"""
COUNTS = """
{how} *Beyond*: by more than the smallest effect of interest. *First stage felt*: the treatment did what it does before anything
follows from it.

{why} Here they are, of the first round of the draws that fit:

"""
PATTERNS = """
## Known patterns

Which of the known patterns worlds at the default numbers show; the missed ones first. Targets and tolerances were fixed before
anything was fitted. Patterns *held out* are the source of no number and of no fit; *calibrated* ones were fitted by a number;
*emergent* ones are set by no number; *imposed* ones are numbers put into the model; of *qualitative* ones only the direction is
known.

{headline} {aim}

"""
FITTED = """
![Known patterns beside what worlds show](../results/published/figures/validation.png)

## What was fitted, and what was not

The calibration looks at {patterns} patterns ({names}) in {draws:,} draws of two worlds of `{market}` in each of {waves}
waves. It identifies {identified} of {drawn} numbers that are assumed or fitted: their posterior is narrower than the prior by
{least:.0f} % or more, or its middle has moved by four standard errors. **The other {others} are not found to move from their
prior**, and every share above is over all of them. {kept} draws are kept, worth {effective:.0f} independent ones: those
nearest to the patterns, for {all} draws of the last wave meet all of them at once. {few}: fewest meet {met}.

"""
CHECKED = """
{confounded}

{ranks}

![Ranks of known truths among the draws of their posterior](../results/published/figures/ranks.png)

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

## Effects over worlds

"""
EFFECTS = """\
![Effects over worlds: {title}](../results/published/figures/worlds_{id}.png)
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
    where = f"`{entry['market']}`, {entry['pairs']} pairs"
    return [
        f"{entry['claim']} (`{entry['id']}`)", f"{verdict}{doubt}", f"{estimate} ({low} to {high}) {entry['unit']}; {where}",
        f"{entry['direction']} {entry['threshold']:g}", worlds, holds,
    ]  # fmt: skip


def turning_cells(entry: Mapping[str, Any]) -> list[str]:
    """What of the numbers and structures drawn turns a claim."""
    flips = entry["flips"]
    drawn = turned_by({"worlds": entry})
    explained = f"{100 * flips['explained']:.0f} %" if flips and flips["leaves"] else ""
    return [f"`{entry['id']}`", drawn, explained]


def structure_cells(entry: Mapping[str, Any], names: Sequence[str], failing: set[tuple[str, str]]) -> list[str]:
    """The share of a claim under each structure."""
    shares = {row["structure"]: row for row in entry["by_structure"]}

    def cell(name: str) -> str:
        row = shares[name]
        if row["side"] is None:
            return "unknown"
        text = side_text(row["side"]["normal"], conclusion(row["side"], row["unseen"]))
        return f"{text} †" if (entry["id"], name) in failing else text

    return [f"`{entry['id']}`", *map(cell, names)]


def share_cells(entry: Mapping[str, Any]) -> list[str]:
    """The shares of accepted draws by both estimators, on the claim's side and beyond the smallest effect."""

    def cell(name: str) -> str:
        found = {end: entry[f"accepted_{name}{end and '_'}{end}"] for end in ("", "low", "high")}
        return side_text(found | {"share": found[""]}, entry["conclusion"])

    rest = [entry[f"accepted_{name}"] for name in ("unseen", "first_stage", "without_market")]
    return [
        f"`{entry['id']}`", *(cell(f"{what}_{by}") for what in ("side", "beyond") for by in ESTIMATORS),
        f"{number(entry['smallest'])} {entry['unit']}",
        *("unknown" if share is None else f"{100 * share:.0f} %" for share in rest),
    ]  # fmt: skip


def count_cells(entry: Mapping[str, Any]) -> list[str]:
    """The draws' own verdicts, in percent."""
    shares = [entry[f"accepted_{verdict.replace(' ', '_')}"] for verdict in VERDICTS]
    pairs = [str(entry["pairs_a_draw"]), f"{entry['pairs_run']:,}"]
    return [f"`{entry['id']}`", *(f"{100 * share:.0f} %" for share in shares), *pairs]


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
    run, known, last = found["robustness"], fits["patterns"], fits["waves"][-1]
    fitting = [f"{row['evidence']} ({100 * row['met']['share']:.0f} %)" for row in run["patterns"]]
    structures = map(with_values, read_table(STRUCTURES_FILE))
    failing = {(row["hypothesis"], row["structure"]) for row in structures if row["controls_as_expected"] is False}
    parts = [
        HEAD.format(
            draws=run["draws"], accepted=run["accepted"], names=", ".join(fitting),
            structures=", ".join(f"`{name}`" for name in run["structures"]),
        ),
        of_claims(["claim", "at the defaults", "estimate", "supported if", "share of worlds", "that is"], claim_cells),
        CLAIMS.format(verification=WHAT_A_VERIFICATION_IS),
        of_claims(["claim", "share on its side", "explains of what differs between draws"], turning_cells),
        STRUCTURES.format(controls=CONTROLS_NOT_DRAWN),
        of_claims(["claim", *run["structures"]], lambda entry: structure_cells(entry, run["structures"], failing)),
        SHARES,
        of_claims(SHARE_COLUMNS, share_cells),
        COUNTS.format(how=HOW_SHARES_ARE_MADE, why=WHY_COUNTS_MISLEAD),
        of_claims(["claim", *VERDICTS, "pairs a draw", "pairs of all rounds and draws"], count_cells),
        PATTERNS.format(headline=headline(shown), aim=aim(shown)),
        table(["pattern", "measure", "unit", "tag", "asked", "worlds show", ""], map(pattern_cells, patterns)),
        FITTED.format(
            identified=len(identified), drawn=len(numbers), others=len(numbers) - len(identified), kept=fits["kept"],
            patterns=len(known), names=", ".join(row["id"] for row in known), least=100 * fits["least_contraction"],
            effective=fits["effective"], market=fits["market"], waves=len(fits["waves"]), draws=last["draws"],
            few=f"{FEW_WORLDS[0].upper()}{FEW_WORLDS[1:]}", met=least_met(last), all=last["accepted"]["n"],
        ),
        table(PARAMETER_HEAD, map(parameter_cells, identified)),
        CHECKED.format(
            confounded=confounded_text(fits["confounded"]), ranks=ranks_text(fits), draws=run["draws"],
        ),
        "\n".join(EFFECTS.format(**entry) for entry in verdicts),
    ]  # fmt: skip
    return linked("".join(parts))


if __name__ == "__main__":
    (Path(__file__).parent / "published.md").write_text(published_page(), encoding="utf-8")
