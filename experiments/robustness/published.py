"""The published set: which verdicts survive draws of the assumed numbers, and the shares of each.

The draws are made at class size, around one configuration of each hypothesis. Their shares are given for a test of
the same question, and for no other.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.statistics.verdict import NOT_RELIED_ON, shown_verdict
from experiments.store.provenance import configuration_hash
from sim.configuration import parameter_table

PUBLISHED = Path(__file__).resolve().parents[2] / "results" / "published"  # an installed package has none
VERDICTS_FILE, MANIFEST_FILE = "verdicts.json", "manifest.json"
STRUCTURES_FILE, SCREENING_FILE = "structures.csv", "screening.csv"
SIZE_ONLY = ("seed", "n_pairs", "precision", "scenarios", "market", "engine")
"""Parts of a configuration in which a test may differ from the draws: how exactly is looked, and at how large a market."""

SHARED_OUT = ("supported", "refuted", "undecided")
NOTHING_PUBLISHED = {"robust_share": None, "shares": None, "published_sha256": None}


def question_hash(tree: Mapping[str, Any]) -> str:
    """SHA-256 of a composed configuration of `plansim test` without the parts in which test and draws may differ.

    Whole numbers count as decimal ones, so that 3 and 3.0 are one value.
    """
    kept = {key: part for key, part in tree.items() if key not in SIZE_ONLY}
    return configuration_hash(json.loads(json.dumps(kept), parse_int=float))


def as_the_set_knows_it(tree: Mapping[str, Any], folder: Path | None = None) -> Mapping[str, Any]:
    """The configuration without parameters that the set lacks and that are at their defaults: with these it asks the same.

    A parameter made after the set has a default at which the model is as it was. What the set knows is the configuration
    of the hypothesis in its manifest; if there is none, nothing is left out.
    """
    try:
        manifest = json.loads(((folder or PUBLISHED) / MANIFEST_FILE).read_bytes())
        drawn_around = manifest["robustness"]["configuration"]["hypotheses"][tree["hypothesis"]["id"]]
    except (OSError, ValueError, TypeError, KeyError):
        return tree
    kept = copy.deepcopy(dict(tree))
    for row in parameter_table():
        *groups, name = row["key"].split(".")
        known, part = (functools.reduce(lambda part, group: part.get(group, {}), groups, of) for of in (drawn_around, kept))
        if name not in known and part.get(name) == row["default"]:
            part.pop(name, None)
    return kept


def read_verdicts(folder: Path | None = None) -> dict[str, Any]:
    """The table of verdicts of the published set: `verdicts`, one a hypothesis, and `robustness` of the draws.

    `sha256` is added, that of the file. Empty if nothing is published, or nothing that can be read.
    """
    try:
        content = ((folder or PUBLISHED) / VERDICTS_FILE).read_bytes()
        return dict(json.loads(content)) | {"sha256": hashlib.sha256(content).hexdigest()}
    except (OSError, ValueError, TypeError):
        return {}


def shares_of_published(tree: Mapping[str, Any], verdict: str, folder: Path | None = None) -> dict[str, Any]:
    """The shares of the published draws for a test with a composed configuration and a verdict.

    `robust_share`: share of the accepted draws with this verdict. `shares`: of supported, refuted and undecided over
    accepted draws; what is missing to 1 is not applicable or identical. `published_sha256`: of the file they are from. All
    are None if nothing is published of this question, or no draw was accepted.
    """
    published = read_verdicts(folder)
    try:
        rows = {row["configuration_sha256"]: row for row in published["verdicts"]}
        row = rows.get(question_hash(as_the_set_knows_it(tree, folder)))
        if row is None or not row["draws_accepted"]:
            return dict(NOTHING_PUBLISHED)
        share, *shares = (row[f"accepted_{name.replace(' ', '_')}"] for name in (verdict, *SHARED_OUT))
    except (KeyError, TypeError):  # a set of an older form
        return dict(NOTHING_PUBLISHED)
    shares = dict(zip(SHARED_OUT, shares, strict=True))
    return {"robust_share": share, "shares": shares, "published_sha256": published["sha256"]}


def robust_share_text(entry: Mapping[str, Any]) -> str:
    """What `shares_of_published` found, in a sentence without its full stop."""
    shares = ", ".join(f"{shown_verdict(entry['kind'], name)} {100 * share:.0f} %" for name, share in entry["shares"].items())
    mark = "; a control failed here, so that is not support" if entry.get("controls_hold") is False else ""
    return f"As published, {100 * entry['robust_share']:.0f} % of the accepted draws come to this verdict ({shares}){mark}"


def point_verdict_lines(entry: Mapping[str, Any]) -> list[str]:
    """Whether a verdict at one point stands where a curve or surface is the result, in a sentence; none where it is not."""
    needed = entry.get("point_verdict_needs")
    if needed is None:
        return []
    share = entry["robust_share"]
    agree = "none are published of this question" if share is None else f"{100 * share:.0f} % do"
    stands = "stands" if share is not None and share >= needed else "does not stand"
    if entry.get("controls_hold") is False:
        stands = "does not stand, as a control failed" if stands == "stands" else stands
    return [
        f"The surface is the result. A verdict at one point of it, as this at the defaults, needs {100 * needed:g} % of the "
        f"accepted draws to agree; {agree}, so it {stands}."
    ]


def what_survives(folder: Path | None = None) -> list[str]:
    """Which of the published verdicts survive over draws of the assumed parameters; where to find out, if none are published."""
    published = read_verdicts(folder)
    try:
        draws, rows = published["robustness"], published["verdicts"]
        survive = [row for row in rows if row["survives"]]
        shown = [shown_verdict(row["kind"], row["verdict_of_most_draws"]) for row in survive]
        marks = ["" if row.get("controls_as_expected", True) else f", {NOT_RELIED_ON}: a control failed" for row in survive]
        kept = [f"{row['title'].lower()} ({v}{mark})" for row, v, mark in zip(survive, shown, marks, strict=True)]
        accepted, least = draws["accepted"], draws["least_accepted"]
        head = f"As published, over {draws['draws']} draws of the assumed parameters, {accepted} of which show the known patterns"
    except (KeyError, TypeError):
        return ["Which of these verdicts survive where parameters are drawn again: plansim test robustness=500."]
    if accepted < least:
        return [f"{head}: too few to show which verdicts survive ({least} are needed)."]
    if not kept:
        return [f"{head}: no verdict is shared by {100 * draws['agreement']:g} % of those."]
    return [f"{head}: at least {100 * draws['agreement']:g} % of those agree on {', '.join(kept)}, and on no other."]
