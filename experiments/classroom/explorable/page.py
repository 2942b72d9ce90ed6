"""The page of `plansim explorable`: one HTML file with data, drawing, lessons and every language."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from experiments.classroom.drawing import ASSETS, STYLES, VIEW_SCRIPTS
from experiments.classroom.explorable.grid import GridPlan
from experiments.classroom.explorable.lessons_shown import as_shown
from experiments.classroom.explorable.packing import layout, segments
from experiments.classroom.explorable.results import Worlds, territories_of
from experiments.classroom.scene import setting_of
from experiments.classroom.translation import language_names, languages, messages
from experiments.classroom.words import POLICIES, STRUCTURES, shown
from experiments.configuration.own_files import market_name
from experiments.store.files import write_atomically
from experiments.store.store import Store
from sim.levers import LEVER_KINDS
from sim.simulation import Simulation

PAGE = "explorable.html"
PAGE_SCRIPTS = ("decode.js", "answers.js", "settings.js", "controls.js", "lesson.js", "surprise.js", "share.js", "explorable.js")
_NO_END = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def write_page(
    plan: GridPlan, tree: dict[str, Any], worlds: Worlds, effects: list[dict[str, Any]], lessons: dict[str, list], store: Store
) -> Path:
    """Write `explorable.html` whole, or not at all; returns its path."""
    page = store.folder / PAGE
    grid = describe(plan, tree, worlds, effects, lessons) | {"provenance": provenance(store)}
    write_atomically(page, render(grid, dict(segments(plan.structures, plan.policies, worlds, territories_of(plan)))).encode())
    return page


def describe(
    plan: GridPlan, tree: dict[str, Any], worlds: Worlds, effects: list[dict[str, Any]], lessons: dict[str, list]
) -> dict[str, Any]:
    """All that the page knows but the counts themselves."""
    first, begin = plan.days
    base = Simulation(next(iter(plan.worlds.values()))[0])
    days = plan.base.days - first
    return {
        "languages": languages(),
        "language_names": language_names(),
        "messages": {language: messages(language) for language in languages()[1:]},
        "policies": [shown_policy(name, one) for name, one in tree["policies"].items()],
        "intensities": list(plan.intensities),
        "structures": [shown(STRUCTURES, name, one["about"]) for name, one in tree["structures"].items()],
        "seeds": list(range(1, plan.n_seeds + 1)),  # their numbers, which people can say
        "lessons": as_shown(lessons, effects),
        "scene": setting_of(base, first, begin) | {"market": market_name(tree, plan.base.market.preset)},
        **layout(territories_of(plan), days),
    }


def shown_policy(name: str, policy: dict[str, Any]) -> dict[str, Any]:
    """A policy with its levers, as a page has it."""
    levers = [
        {"lever": lever.replace("_", " "), "intensity": one["intensity"], "unit": LEVER_KINDS[lever].unit}
        for lever, one in policy["sets"]["levers"].items()
        if lever in LEVER_KINDS
    ]
    return shown(POLICIES, name, policy["about"]) | {"levers": levers}


def provenance(store: Store) -> dict[str, str]:
    """What the page was made with, and the command that makes it again."""
    manifest = store.manifest
    return {
        "seed": str(manifest["seeds"]["root"]), "version": manifest["project"]["version"], "code": manifest["source_sha256"][:16],
        "configuration": manifest["configuration_sha256"][:16], "made": "plansim explorable",
    }  # fmt: skip


def render(grid: dict[str, Any], texts: dict[str, str]) -> str:
    """The page as text."""
    return _template().render(
        title="plansim", language="en", grid_json=as_json(grid), segments=list(texts.items()),
        css="\n".join((ASSETS / name).read_text(encoding="utf-8") for name in STYLES),
        scripts=[(ASSETS / name).read_text(encoding="utf-8") for name in (*VIEW_SCRIPTS, *PAGE_SCRIPTS)])  # fmt: skip


def as_json(content: Any) -> str:
    """JSON that may stand inside a script of a page."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return "".join(_NO_END.get(letter, letter) for letter in text)


@functools.cache
def _template():
    from jinja2 import Environment, FileSystemLoader

    return Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True).get_template("page.html.j2")


def sizes_of(page: Path, most: int) -> dict[str, Any]:
    """Bytes of a page, and whether they are too many."""
    size = page.stat().st_size
    return {"bytes": size, "too_large": size > most}
