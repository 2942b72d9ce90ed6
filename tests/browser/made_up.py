"""Pages with made-up worlds, packed as the real ones are: small, quick, and the same each time."""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.classroom.explorable.packing import layout, segments
from experiments.classroom.explorable.page import render
from experiments.classroom.scene import MEASURES, rows_of

FIRST, BEGIN, DAYS = 152, 180, 140
POLICIES = {"crackdown": ("Crackdown on hotels", -0.3), "outreach": ("Outreach online", 0.15)}
STRUCTURES = {"default": ("As sources have it", 1.0), "replacement": ("Who is arrested is replaced", 0.2)}
INTENSITIES = [0.5, 1.0]
SEEDS = 4
LEVELS = {"persons": 40, "minors": 22, "encounters": 90, "plans": 12, "vacancies": 6}
FRENCH = {
    "Play": "Lecture", "Pause": "Pause", "Policy": "Politique", "Persons exploited": "Personnes exploitées",
    "difference": "différence", "Twin worlds": "Mondes jumeaux", "Without the policy": "Sans la politique",
    "Crackdown on hotels": "Descentes dans les hôtels",
}  # fmt: skip


def places(number: int) -> list[dict[str, Any]]:
    """So many places, some of them close to each other, with names of different lengths."""
    spots = np.random.default_rng(5).normal(0.0, 60.0, (number, 2))
    names = ["Centre", "North", "Coast", "Saint-Martin-les-Deux-Ponts"]
    return [
        {
            "name": names[i] if i < len(names) else f"Place {i + 1}",
            "x_km": float(x),
            "y_km": float(y),
            "population": 10_000 * (i + 1),
        }
        for i, (x, y) in enumerate(spots)
    ]


def untreated(number: int) -> np.ndarray:
    """int64[seeds, rows, days] of worlds without a policy."""
    chance = np.random.default_rng(11)
    rows = []
    for kind, name in rows_of(number):
        level = (
            LEVELS.get(name, 1)
            if kind == "series"
            else {"persons": 40 / (4 * number), "plans": 12 / number, "attention": 8}[kind]
        )
        rows.append(chance.poisson(0.3 if name in ("arrests", "exits", "recognised") else level, (SEEDS, DAYS)))
        if name == "cost":
            rows[-1][:] = 0
    return np.array(rows).swapaxes(0, 1)


def changes(base: np.ndarray, effect: float, number: int) -> np.ndarray:
    """int64[seeds, intensities, rows, days]: what a policy of this effect changes, from a few days after it begins."""
    chance = np.random.default_rng(17)
    rows, since = rows_of(number), np.arange(DAYS) >= BEGIN - FIRST
    after = np.arange(DAYS) >= BEGIN - FIRST + 3
    found = np.zeros((SEEDS, len(INTENSITIES), *base.shape[1:]), np.int64)
    for place, times in enumerate(INTENSITIES):
        factor = effect * times * chance.uniform(0.6, 1.4, (SEEDS, 1, 1))
        found[:, place] = np.maximum(np.rint(base * factor), -base) * after
        found[:, place, [i for i, (kind, _) in enumerate(rows) if kind == "attention"]] = (20 * times * since).astype(int)
        found[:, place, [i for i, row in enumerate(rows) if row == ("series", "cost")]] = (400 * times * since).astype(int)
    return found


def lesson(heading_of: list[str], title: str) -> dict[str, Any]:
    """A lesson of six parts."""
    run = {"policy": "crackdown", "intensity": 1, "structure": "default", "seed": 2, "measure": "persons"}
    return {
        "name": "displacement", "title": title, "minutes": 50, "summary": "A crackdown, and where the activity goes.",
        "setting": run, "compare": run | {"structure": "replacement"},
        "prediction": {"question": "What has it done?", "answers": ["clearly fewer", "about the same", "clearly more"]},
        "parts": [{"heading": heading, "html": f"<p>Text of <em>{heading}</em> &lt;/script&gt;.</p>"} for heading in heading_of],
    }  # fmt: skip


def grid_of(number: int) -> dict[str, Any]:
    """All that the page knows but the counts."""
    english = ["Predict", "Run", "Compare", "Explain", "Debrief", "For the teacher"]
    french = ["Prédire", "Lancer", "Comparer", "Expliquer", "Débriefer", "Pour l'enseignant"]
    lever = {"lever": "venue inspection", "intensity": 40.0, "unit": "times the baseline's visits to the cells concerned"}
    return {
        "languages": ["en", "fr"], "language_names": {"en": "English", "fr": "Français"}, "messages": {"fr": FRENCH},
        "policies": [{"name": name, "label": label, "meaning": f"Meaning of {name}.", "levers": [lever]}
                     for name, (label, _) in POLICIES.items()],
        "intensities": INTENSITIES, "seeds": list(range(1, SEEDS + 1)),
        "structures": [{"name": name, "label": label, "meaning": f"What {name} assumes.", "source": "assumption"}
                       for name, (label, _) in STRUCTURES.items()],
        "lessons": {"en": [lesson(english, "Does a crackdown move the activity?")],
                    "fr": [lesson(french, "Une descente déplace-t-elle l'activité ?")]},
        "scene": {
            "market": "class", "start_date": "2021-01-01", "first_day": FIRST, "policy_day": BEGIN, "territories": places(number),
            "kinds": ["street", "hotel", "flat", "client_home"], "measures": [measure.shown_as() for measure in MEASURES],
        },
        **layout(number, DAYS),
        "provenance": {"version": "0.1.0", "code": "0a1b2c3d", "made": "plansim explorable"},
    }  # fmt: skip


def page_text(number: int = 3) -> str:
    """The page of a made-up grid with so many places."""
    base = untreated(number)
    worlds = {
        name: (base, np.stack([changes(base, effect * share, number) for _, effect in POLICIES.values()], axis=1))
        for name, (_, share) in STRUCTURES.items()
    }
    return render(grid_of(number), dict(segments(STRUCTURES, POLICIES, worlds, number)))
