"""The lessons that a grid can show, with the numbers of its worlds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from experiments.classroom.explorable.grid import GridPlan
from experiments.classroom.lessons.files import Choices, Lesson, all_lessons, built_in, lesson_json
from experiments.classroom.lessons.front import Run
from experiments.classroom.scene import MEASURE_NAMES

Effects = Iterable[Mapping[str, Any]]


def lessons_for(plan: GridPlan, folder: str | None) -> dict[str, list[Lesson]]:
    """Lessons by language. Of those that are shipped a smaller grid shows those it can.

    LessonError, one line, for the first fault of a user's own.
    """
    choices = Choices(
        list(plan.policies), list(plan.structures), MEASURE_NAMES, plan.intensities, range(1, plan.n_seeds + 1)
    )
    found, faults = all_lessons(built_in() if folder is None else Path(folder), choices)
    if faults and folder is not None:
        raise faults[0]
    return found


def as_shown(lessons: Mapping[str, Iterable[Lesson]], effects: Effects) -> dict[str, list[dict[str, Any]]]:
    """The lessons as a page has them, by language."""
    by_run = {(one["policy"], one["times"], one["structure"], one["measure"]): one for one in effects}
    return {
        language: [lesson_json(lesson, values_for(lesson, by_run)) for lesson in several]
        for language, several in lessons.items()
    }


def values_for(lesson: Lesson, by_run: Mapping[tuple, Mapping[str, Any]]) -> dict[str, float | None]:
    """The numbers of a lesson's runs, by the names of its placeholders."""
    first, second = (effect_of(run, by_run) for run in (lesson.front.setting, lesson.front.compare))
    values = {"effect": first.get("estimate"), "low": first.get("low"), "high": first.get("high")}
    values |= {"share_seeds": first.get("fell"), "seeds": first.get("seeds")}
    return values | {"effect2": second.get("estimate"), "low2": second.get("low"), "high2": second.get("high")}


def effect_of(run: Run | None, by_run: Mapping[tuple, Mapping[str, Any]]) -> Mapping[str, Any]:
    """The effect that a run shows; empty where it is none, or not known."""
    return {} if run is None else by_run.get((run.policy, run.intensity, run.structure, run.measure), {})
