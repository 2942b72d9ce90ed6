"""The front matter of a lesson: title, order, minutes, what is run, and the prediction, each checked with its line."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sim.configuration import ConfigurationError, meant
from sim.configuration.yaml_files import parse_yaml

FENCE = "---"
KEYS = ("title", "order", "minutes", "summary", "setting", "compare", "prediction")
OPTIONAL = ("compare",)
RUN_KEYS = ("policy", "intensity", "structure", "seed", "measure")
PREDICTION_KEYS = ("question", "answers")
MOST_MINUTES = 240
FEWEST_ANSWERS, MOST_ANSWERS = 2, 6
LONGEST = 400  # characters of a text of the front matter
TAG = re.compile(r"<[A-Za-z/!?]")
NO_HTML = "HTML is not shown; write Markdown"


class LessonError(ConfigurationError):
    """A lesson that cannot be given as it is; one line with the file, the line and a remedy."""


class Choices(NamedTuple):
    """What a lesson may run; `seeds` are those of the grid, any if None."""

    policies: Collection[str]
    structures: Collection[str]
    measures: Collection[str]
    intensities: Collection[float]
    seeds: Collection[int] | None = None


class Run(NamedTuple):
    """A pair of twin worlds and the measure that is looked at."""

    policy: str
    intensity: float
    structure: str
    seed: int
    measure: str


class Front(NamedTuple):
    """The front matter of a lesson; `lines` is where each key stands."""

    title: str
    order: int
    minutes: int
    summary: str
    setting: Run
    compare: Run | None
    question: str
    answers: tuple[str, ...]
    lines: Mapping[str, int]


class Faults(list[LessonError]):
    """The faults of one file, in the order in which they are found."""

    def __init__(self, named: str):
        super().__init__()
        self.named = named

    def add(self, line: int, fault: str) -> None:
        """Note a fault at a line."""
        self.append(LessonError(f"{self.named}, line {line}: {fault}"))


def split_front(lines: list[str], faults: Faults) -> int:
    """The number of lines of the front matter with both fences; 0 if there is none."""
    if not lines or lines[0].rstrip() != FENCE:
        faults.add(1, f"no front matter; a lesson begins with title, order, minutes, ... between two lines of {FENCE}")
        return 0
    end = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip() == FENCE), None)
    if end is None:
        faults.add(1, f"the front matter does not end; put a line of {FENCE} after it")
        return 0
    return end + 1


def read_front(lines: list[str], choices: Choices, faults: Faults) -> Front | None:
    """The front matter, given without its fences; a fault is noted for each mistake, and None if nothing can be read."""
    text = "\n".join(["", *lines])  # the first fence is line 1
    try:
        content = parse_yaml(text, faults.named)
    except ConfigurationError as error:
        hint = "; put a text with a colon in quotes" if "mapping values" in str(error) else ""
        faults.append(LessonError(f"{error}{hint}"))
        return None
    if not isinstance(content, dict):
        faults.add(2, "the front matter is no list of keys; write lines such as title: A question")
        return None
    return _Reader(content, lines_of(text), choices, faults).front()


def lines_of(text: str) -> dict[str, int]:
    """Line of each key of a mapping in YAML, and of each key inside it as `outer.inner`."""
    import yaml

    def walk(node: yaml.Node, prefix: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
            found[f"{prefix}{key.value}"] = key.start_mark.line + 1
            found |= walk(value, f"{prefix}{key.value}.") if isinstance(value, yaml.MappingNode) else {}
        return found

    return walk(yaml.compose(text, Loader=yaml.SafeLoader), "")


class _Reader:
    """Takes the values out of a mapping, and notes a fault for each that does not fit."""

    def __init__(self, content: dict[str, Any], lines: dict[str, int], choices: Choices, faults: Faults):
        self._content, self._lines, self._choices, self._faults = content, lines, choices, faults

    def front(self) -> Front:
        """All of it; where a fault is noted the value is empty or zero."""
        self._keys("", self._content, KEYS, OPTIONAL)
        prediction = self._mapping("prediction", PREDICTION_KEYS)
        compare = self._run("compare") if self._content.get("compare") is not None else None
        return Front(
            title=self._text("title", self._content),
            order=self._whole("order", self._content, 1, 1000),
            minutes=self._whole("minutes", self._content, 1, MOST_MINUTES),
            summary=self._text("summary", self._content),
            setting=self._run("setting"),
            compare=compare,
            question=self._text("question", prediction, "prediction."),
            answers=self._answers(prediction),
            lines=self._lines,
        )

    def _note(self, key: str, fault: str) -> None:
        line = self._lines.get(key) or self._lines.get(key.rpartition(".")[0]) or 1
        self._faults.add(line, f"{key}{fault}")

    def _keys(self, prefix: str, content: dict[str, Any], keys: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
        for key in content:
            if key not in keys:
                self._note(f"{prefix}{key}", f": no such key{meant(key, keys)}; valid: {', '.join(keys)}")
        for key in keys:
            if key not in content and key not in optional:
                self._note(f"{prefix}{key}", " is missing; add a line for it")

    def _mapping(self, name: str, keys: tuple[str, ...]) -> dict[str, Any]:
        content = self._content.get(name)
        if isinstance(content, dict):
            self._keys(f"{name}.", content, keys)
            return content
        if name in self._content:
            self._note(name, f": {', '.join(keys)} are needed, each on a line of its own below it")
        return {}

    def _text(self, key: str, content: dict[str, Any], prefix: str = "") -> str:
        value = content.get(key)
        if key in content and (fault := fault_of_text(value)):
            self._note(f"{prefix}{key}", f": {fault}")
        return value if isinstance(value, str) else ""

    def _whole(self, key: str, content: dict[str, Any], low: int, high: int | None, prefix: str = "") -> int:
        value = content.get(key)
        fits = isinstance(value, int) and not isinstance(value, bool) and low <= value and (high is None or value <= high)
        if key in content and not fits:
            span = f"from {low} on" if high is None else f"from {low} to {high}"
            self._note(f"{prefix}{key}", f"={value}: a whole number {span} is needed")
        return value if fits else 0

    def _run(self, name: str) -> Run:
        content, allowed = self._mapping(name, RUN_KEYS), self._choices
        seed = self._whole("seed", content, 1, None, f"{name}.")
        if seed and allowed.seeds is not None and seed not in allowed.seeds:
            self._note(f"{name}.seed", f"={seed}: no seed of the grid; valid: {min(allowed.seeds)} to {max(allowed.seeds)}")
        return Run(
            policy=self._chosen(name, "policy", content, allowed.policies),
            intensity=self._intensity(name, content),
            structure=self._chosen(name, "structure", content, allowed.structures),
            seed=seed,
            measure=self._chosen(name, "measure", content, allowed.measures),
        )

    def _chosen(self, name: str, key: str, content: dict[str, Any], valid: Collection[str]) -> str:
        value = content.get(key)
        if key in content and value not in valid:
            close = meant(value, valid) if isinstance(value, str) else ""
            self._note(f"{name}.{key}", f"={value}: no such {key}{close}; valid: {', '.join(valid)}")
        return value if isinstance(value, str) else ""

    def _intensity(self, name: str, content: dict[str, Any]) -> float:
        value, valid = content.get("intensity"), self._choices.intensities
        fits = isinstance(value, int | float) and not isinstance(value, bool) and value in valid
        if "intensity" in content and not fits:
            steps = ", ".join(f"{step:g}" for step in valid)
            self._note(f"{name}.intensity", f"={value}: no step of the grid; valid: {steps}")
        return float(value) if fits else 0.0

    def _answers(self, prediction: dict[str, Any]) -> tuple[str, ...]:
        given = prediction.get("answers", [])
        if not isinstance(given, list):
            self._note("prediction.answers", ": a list is needed, such as [fewer, about the same, more]")
            return ()
        if "answers" in prediction and not FEWEST_ANSWERS <= len(given) <= MOST_ANSWERS:
            self._note("prediction.answers", f": {len(given)} given; {FEWEST_ANSWERS} to {MOST_ANSWERS} are needed")
        for answer in given:
            if fault := fault_of_text(answer):
                self._note("prediction.answers", f": {fault}")
        if len(set(map(str, given))) < len(given):
            self._note("prediction.answers", ": one answer occurs twice; leave one of the two out")
        return tuple(map(str, given))


def fault_of_text(value: Any) -> str:
    """What is wrong with a text of the front matter; empty if nothing is."""
    if not isinstance(value, str):
        return f"{value} is no text; put it in quotes if it is meant as one"
    if not value.strip():
        return "the text is empty; write one"
    if len(value) > LONGEST:
        return f"the text has {len(value)} characters; shorten it to at most {LONGEST}"
    if TAG.search(value):
        return NO_HTML
    return "numbers in {{ }} are filled in below the front matter only; take them out here" if "{{" in value else ""
