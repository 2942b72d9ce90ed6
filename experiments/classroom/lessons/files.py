"""Lessons: files in Markdown that a teacher can edit, read and checked, with the model's numbers filled in.

A folder of lessons has a folder for each language, `en/NAME.md`, `fr/NAME.md`. Translations of a lesson have one name.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.classroom.lessons.front import Choices, Faults, Front, LessonError, Run, read_front, split_front
from experiments.classroom.lessons.text import PLACEHOLDER, PLACEHOLDERS, Part, markdown, read_parts
from experiments.classroom.scene import MEASURE_NAMES, MOST_SEED
from experiments.classroom.translation import babel, languages, translator
from sim.configuration import ConfigurationError, group_names, meant
from sim.configuration.yaml_files import read_text

__all__ = ["Choices", "Lesson", "LessonError", "Run", "all_choices", "all_lessons", "built_in", "lesson_json", "read_lessons"]

SUFFIX = ".md"
LARGEST = 100_000  # bytes of a file
STEPS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)  # intensities, times those of the policy's file
COPY = "plansim lessons copy FOLDER writes those that come with plansim"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_MINUS = "\u2212"

Value = float | int | str | None


@dataclass(frozen=True)
class Lesson:
    """A lesson in a language, with nothing wrong in it."""

    name: str
    language: str
    front: Front
    parts: tuple[Part, ...]
    file: str  # as messages name it

    @property
    def line(self) -> str:
        """The lesson in a line: order, title, minutes."""
        return f"{self.file}: {self.front.order}. {self.front.title} ({self.front.minutes} min)"


def built_in() -> Path:
    """The folder of the lessons that come with plansim."""
    return Path(__file__).resolve().parents[3] / "configs" / "lesson"


def all_choices() -> Choices:
    """What a lesson may run in the classroom; a page made beforehand has a grid of its own."""
    return Choices(group_names("policy"), group_names("structure"), MEASURE_NAMES, STEPS, range(1, MOST_SEED + 1))


def read_lessons(folder: Path, language: str, choices: Choices) -> list[Lesson]:
    """The lessons of a language in their order. LessonError for the first fault."""
    faults: list[LessonError] = []
    found = _of_language(Path(folder), language, choices, faults)
    if faults:
        raise faults[0]
    return found


def all_lessons(folder: Path, choices: Choices) -> tuple[dict[str, list[Lesson]], list[LessonError]]:
    """The lessons of every language of a folder that have no fault, and every fault of the others and of translations."""
    folder, faults = Path(folder), []
    if not folder.is_dir():
        raise LessonError(f"{folder}: no such folder; {COPY}")
    found = {}
    for language in _languages_of(folder, faults):
        found[language] = _of_language(folder, language, choices, faults)
    return found, [*faults, *translation_faults(found)]


def _languages_of(folder: Path, faults: list[LessonError]) -> list[str]:
    """The languages that a folder has folders of."""
    valid = languages()
    names = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    faults += [
        LessonError(f"{folder / name}: no language{meant(name, valid)}; folders of lessons are {', '.join(valid)}")
        for name in names
        if name not in valid
    ]
    loose = sorted(path.name for path in folder.glob(f"*{SUFFIX}"))
    if loose:
        faults.append(LessonError(f"{folder / loose[0]}: no language; put it into a folder {' or '.join(valid)}"))
    if not names and not loose:
        faults.append(LessonError(f"{folder}: no lesson in it, such as {valid[0]}/NAME{SUFFIX}; {COPY}"))
    return [name for name in names if name in valid]


def _of_language(folder: Path, language: str, choices: Choices, faults: list[LessonError]) -> list[Lesson]:
    """The lessons of one language that have no fault, in their order."""
    paths = sorted(path for path in (folder / language).glob(f"*{SUFFIX}") if not path.name.startswith("."))
    if not paths:
        faults.append(LessonError(f"{folder / language}: no lesson in it; {COPY}"))
    found = []
    for path in paths:
        lesson, wrong = read_lesson(path, language, choices)
        faults += wrong
        found += [lesson] if lesson is not None else []
    found.sort(key=lambda lesson: (lesson.front.order, lesson.name))
    for one, other in zip(found, found[1:], strict=False):
        if one.front.order == other.front.order:
            line = other.front.lines["order"]
            faults.append(LessonError(f"{other.file}, line {line}: order={one.front.order} is that of {one.file}; change one"))
    return found


def read_lesson(path: Path, language: str, choices: Choices) -> tuple[Lesson | None, list[LessonError]]:
    """A lesson and no fault, or None and all its faults."""
    faults = Faults(_named(path))
    name = path.stem
    if not _NAME.fullmatch(name):
        return None, [LessonError(f"{faults.named}: a name of small letters, digits, _ and - is needed, such as demand{SUFFIX}")]
    if not path.is_file():
        return None, [LessonError(f"{faults.named}: it is no file; take it away")]
    if (size := path.stat().st_size) > LARGEST:
        most = f"a lesson has at most {LARGEST // 1000} kB, shorten it"
        return None, [LessonError(f"{faults.named}: {math.ceil(size / 1000)} kB; {most}")]
    try:
        lines = read_text(path, faults.named).replace("\r\n", "\n").split("\n")
    except ConfigurationError as error:
        return None, [LessonError(str(error))]
    begin = split_front(lines, faults)
    front = read_front(lines[1 : begin - 1], choices, faults) if begin else None
    parts = read_parts(lines, begin, language, front, faults) if begin else ()
    return (None, faults) if faults else (Lesson(name, language, front, parts, faults.named), [])


def _named(path: Path) -> str:
    """A file as messages name it: those that come with plansim from `configs` on."""
    inside = built_in().parents[1]
    return path.relative_to(inside).as_posix() if path.is_relative_to(inside) else str(path)


# --- translations -------------------------------------------------------------------------------------


def translation_faults(found: Mapping[str, Iterable[Lesson]]) -> Iterator[LessonError]:
    """Where a lesson differs from the one of that name in an earlier language in what is not language."""
    first: dict[str, Lesson] = {}
    for lesson in (lesson for lessons in found.values() for lesson in lessons):
        base = first.setdefault(lesson.name, lesson)
        if base is lesson:
            continue
        for key, ours, theirs in _not_language(lesson.front, base.front):
            if ours != theirs:
                line = lesson.front.lines.get(key, 1)
                fault = f"{key} is {_shown(ours)}, and {_shown(theirs)} in {base.file}; make both the same"
                yield LessonError(f"{lesson.file}, line {line}: {fault}")


def _not_language(ours: Front, theirs: Front) -> Iterator[tuple[str, Any, Any]]:
    """(key, value, value) of all that translations have in common."""
    yield "order", ours.order, theirs.order
    yield "minutes", ours.minutes, theirs.minutes
    yield "setting", ours.setting, theirs.setting
    yield "compare", ours.compare, theirs.compare
    yield "prediction.answers", len(ours.answers), len(theirs.answers)


def _shown(value: Any) -> str:
    """A run or a number as a message shows it."""
    if isinstance(value, Run):
        return ", ".join(f"{value.intensity:g} x {part}" if name == "policy" else str(part)
                         for name, part in value._asdict().items() if name != "intensity")  # fmt: skip
    return "none" if value is None else str(value)


# --- for a page ---------------------------------------------------------------------------------------


def lesson_json(lesson: Lesson, values: Mapping[str, Value]) -> dict[str, Any]:
    """A lesson as a page has it, with its numbers filled in; `values` has numbers by name, of those that are known."""
    front, texts = lesson.front, filled_in(values, lesson.language)
    return {
        "name": lesson.name,
        "title": front.title,
        "minutes": front.minutes,
        "summary": front.summary,
        "setting": front.setting._asdict(),
        "compare": None if front.compare is None else front.compare._asdict(),
        "prediction": {"question": front.question, "answers": list(front.answers)},
        "parts": [{"heading": part.heading, "html": fill(markdown().render(part.text), texts)} for part in lesson.parts],
    }


def fill(page: str, texts: Mapping[str, str]) -> str:
    """HTML with the texts of its numbers in their places."""
    return PLACEHOLDER.sub(lambda found: html.escape(texts[found[1].strip()]), page)


def filled_in(values: Mapping[str, Value], language: str) -> dict[str, str]:
    """The text of every number that a lesson may have, in a language; words in place of those that are not known."""
    _ = translator(language)
    texts = dict.fromkeys(PLACEHOLDERS, _("(run it to see)"))
    texts |= _of_run(values, "", language) | _of_run(values, "2", language)
    counts = {name: number_text(values[name], language, 0) for name in ("share_seeds", "seeds") if is_number(values.get(name))}
    if len(counts) == 2:
        counts["share_seeds"] = _("{number} of {all}").format(number=counts["share_seeds"], all=counts["seeds"])
    return texts | counts


def _of_run(values: Mapping[str, Value], suffix: str, language: str) -> dict[str, str]:
    """The texts of the difference that a run has made, as far as it is known."""
    _ = translator(language)
    known = {name: values[f"{name}{suffix}"] for name in ("effect", "low", "high") if is_number(values.get(f"{name}{suffix}"))}
    decimals = decimals_for(max(map(abs, known.values()), default=0.0))
    texts = {name: number_text(value, language, decimals, signed=True) for name, value in known.items()}
    if {"low", "high"} <= texts.keys():
        texts["reading"] = reading(known["low"], known["high"], language)
    if len(texts) == 4:
        texts["result"] = _("{effect} (95 % interval {low} to {high}): {reading}").format(**texts)
    return {f"{name}{suffix}": text for name, text in texts.items()}


def reading(low: float, high: float, language: str) -> str:
    """What an interval says of a difference."""
    _ = translator(language)
    if high < 0.0:
        return _("the whole interval lies below zero, so fewer with the policy")
    if low > 0.0:
        return _("the whole interval lies above zero, so more with the policy")
    return _("the interval contains zero, so these worlds cannot tell whether there are fewer or more")


def is_number(value: Any) -> bool:
    """Whether a value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def decimals_for(largest: float) -> int:
    """Decimals of numbers the largest of which, without its sign, is this."""
    return 0 if largest >= 100.0 else 1 if largest >= 1.0 else 2


def number_text(value: float, language: str, decimals: int, signed: bool = False) -> str:
    """A number as a language writes it, with a sign of its own length; `signed`: also where it is above zero."""
    rounded = round(float(value), decimals)
    digits = babel("babel.numbers").format_decimal(abs(rounded), format="#,##0." + "0" * decimals, locale=language)
    digits = digits.rstrip(".,") if decimals == 0 else digits
    return (_MINUS if rounded < 0.0 else "+" if signed and rounded > 0.0 else "") + digits
