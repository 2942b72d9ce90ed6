"""The published set: in which share of worlds each claim holds, over draws of all that no source settles.

The draws are made at class size, around one configuration of each hypothesis. Their shares are given for a test of
the same question, and for no other.
"""

from __future__ import annotations

import copy
import csv
import functools
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.statistics.shares_of_worlds import ESTIMATORS, percent_range
from experiments.store.provenance import configuration_hash
from sim.configuration import parameter_table

PUBLISHED = Path(__file__).resolve().parents[2] / "results" / "published"  # an installed package has none
VERDICTS_FILE, MANIFEST_FILE = "verdicts.json", "manifest.json"
STRUCTURES_FILE, SCREENING_FILE = "structures.csv", "screening.csv"
SIZE_ONLY = ("seed", "n_pairs", "precision", "scenarios", "market", "engine")
"""Parts of a configuration in which a test may differ from the draws: how exactly is looked, and at how large a market."""

CONCLUSIONS = {"holds": "it holds", "depends": "it depends on what is assumed", "fails": "it fails",
               "unseen": "too little is seen"}  # fmt: skip
HEADS = {"holds": "hold in nearly all", "depends": "depend on what is assumed", "fails": "fail in nearly all",
         "unseen": "are seen too little"}  # fmt: skip
CONCLUSION_OF = {"supported": "holds", "refuted": "fails"}  # of a verdict that many worlds share


def read_table(name: str) -> list[dict[str, str]]:
    """A table of the published set, as text."""
    with open(PUBLISHED / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


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


def share_of_published(tree: Mapping[str, Any], folder: Path | None = None) -> dict[str, Any] | None:
    """The published share of worlds for a test with a composed configuration; None if nothing is published of its question.

    `low`, `high`: lowest and highest end of the intervals of both estimators. `draws`: worlds drawn, `fit`: whether only those
    that show the known patterns. `conclusion`: holds, depends or fails. `sha256`: of the file they are from.
    """
    published = read_verdicts(folder)
    try:
        rows = {row["configuration_sha256"]: row for row in published["verdicts"]}
        row = rows.get(question_hash(as_the_set_knows_it(tree, folder)))
        found = None if row is None else share_of_row(row)
        return found and found | {"sha256": published["sha256"]}
    except (KeyError, TypeError):  # a set of an older form
        return None


def share_of_row(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The share of worlds in a row of the table: of accepted draws, or of all where too few are accepted for a share."""
    which = next((which for which in ("accepted", "all") if row[f"{which}_side_{ESTIMATORS[0]}"] is not None), None)
    if which is None or row["conclusion"] is None:
        return None
    low, high = (
        pick(row[f"{which}_side_{name}_{end}"] for name in ESTIMATORS) for pick, end in ((min, "low"), (max, "high"))
    )
    return {"low": low, "high": high, "draws": row[f"draws_{which}"], "fit": which == "accepted", "conclusion": row["conclusion"]}


def share_text(entry: Mapping[str, Any]) -> str:
    """What `share_of_published` found, in a sentence without its full stop."""
    found = entry["published"]
    mark = "; a control failed here, so this test does not bear on it" if entry.get("controls_hold") is False else ""
    worlds = f"worlds that fit the known patterns ({found['draws']} draws)" if found["fit"] else f"{found['draws']} draws"
    return f"As published, the claim holds in {_percent(found)} of {worlds}: {CONCLUSIONS[found['conclusion']]}{mark}"


def _percent(found: Mapping[str, Any]) -> str:
    return percent_range(found["low"], found["high"])


def surface_lines(entry: Mapping[str, Any]) -> list[str]:
    """Whether a verdict at one point stands where a curve or surface is the result, in a sentence; none where it is not."""
    if not entry.get("surface"):
        return []
    found = entry.get("published")
    if found is None:
        stands = "nothing is published of this question, so it does not stand"
    elif found["conclusion"] != CONCLUSION_OF.get(entry["verdict"]):
        stands = f"they say that {CONCLUSIONS[found['conclusion']]} ({_percent(found)}), so it does not stand"
    elif entry.get("controls_hold") is False:
        stands = "they do, but a control failed, so it does not stand"
    else:
        stands = f"they do ({_percent(found)}), so it stands"
    return [
        "The surface is the result. A verdict at one point of it, as this at the defaults, needs the published worlds to agree; "
        f"{stands}."
    ]


def what_is_published(folder: Path | None = None) -> list[str]:
    """In which share of worlds each claim holds, as published, in a sentence; where to find out, if nothing is published."""
    published = read_verdicts(folder)
    try:
        texts: dict[str, list[str]] = {words: [] for words in HEADS.values()}
        for row in published["verdicts"]:
            if (share := share_of_row(row)) is not None:
                failed = "" if row.get("controls_as_expected", True) else ", a control failed"
                texts[HEADS[share["conclusion"]]].append(f"{row['title'].lower()} ({_percent(share)}{failed})")
    except (KeyError, TypeError):
        texts = {}
    parts = [f"{words}: {', '.join(claims)}" for words, claims in texts.items() if claims]
    if not parts:
        return ["In which share of worlds each claim holds, over all that no source settles: plansim test robustness=500."]
    return [f"As published, of worlds that fit the known patterns, claims {'; '.join(parts)}."]
