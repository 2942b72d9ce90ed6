"""The text of a lesson: its parts in their order, the teacher's part, and the numbers to be filled in, line by line."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

from experiments.classroom.lessons.front import NO_HTML, Faults, Front
from experiments.classroom.translation import translator
from sim.configuration import meant

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

OF_ONE_RUN = ("effect", "low", "high", "reading", "result")
PLACEHOLDERS = (*OF_ONE_RUN, *(f"{name}2" for name in OF_ONE_RUN), "share_seeds", "seeds")
PLACEHOLDER = re.compile(r"\{\{([^{}]*)\}\}")
_MINUTES = re.compile(r"(\d+)\s*min\b\.?\s*:\s*\S")
_PART, _WITHIN = "h2", "h3"


class Part(NamedTuple):
    """One part of a lesson, in Markdown."""

    heading: str
    text: str


class Headings(NamedTuple):
    """The headings that a lesson has, in a language and in their order: of its parts, and within the teacher's."""

    parts: tuple[str, ...]
    teacher: tuple[str, ...]


@functools.cache
def headings(language: str) -> Headings:
    """The headings of a lesson in a language."""
    _ = translator(language)
    parts = _("Predict"), _("Run"), _("Compare"), _("Explain"), _("Debrief"), _("For the teacher")
    return Headings(parts, (_("Timings"), _("Answer key"), _("Discussion questions"), _("Cautions")))


@functools.cache
def markdown(html: bool = False) -> MarkdownIt:
    """CommonMark with tables. HTML is text; `html`: it is recognised, so that it can be refused."""
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": html}).enable("table")
    made.add_render_rule("link_open", _link_elsewhere)
    return made


def _link_elsewhere(self, tokens, number, options, env) -> str:  # noqa: ANN001 (called by markdown-it)
    """Open links in a page of their own, which learns nothing of this one."""
    tokens[number].attrs |= {"target": "_blank", "rel": "noopener noreferrer"}
    return self.renderToken(tokens, number, options, env)


def read_parts(lines: list[str], begin: int, language: str, front: Front | None, faults: Faults) -> tuple[Part, ...]:
    """The parts of a lesson whose text begins after so many lines; a fault is noted for each mistake."""
    text = "\n".join([*[""] * begin, *lines[begin:]])
    tokens = markdown(html=True).parse(text)
    find_unfit(tokens, faults)
    find_placeholders(lines, begin, front, faults)
    found = headed(tokens, _PART, 0, len(lines))
    wanted = headings(language)
    check_headings(found, wanted.parts, begin, lines, faults)
    known = {same(name): name for name in wanted.parts}
    parts = {known[same(name)]: (start, end) for name, _, start, end in found if same(name) in known}
    if wanted.parts[-1] in parts:
        check_teacher(tokens, *parts[wanted.parts[-1]], wanted.teacher, front, faults)
    return tuple(Part(name, "\n".join(lines[slice(*parts[name])]).strip()) for name in wanted.parts if name in parts)


def same(heading: str) -> str:
    """A heading as it is compared: with a plain apostrophe, and single blanks."""
    return " ".join(heading.replace("\u2019", "'").split())


def headed(tokens: list[Token], tag: str, first: int, last: int) -> list[tuple[str, int, int, int]]:
    """(heading, its line, first line below it, line after its part) of each heading of a rank between two lines, from 0 on."""
    opened = [(at, token) for at, token in enumerate(tokens) if token.type == "heading_open" and token.level == 0]
    opened = [(at, token) for at, token in opened if token.tag == tag and first <= token.map[0] < last]
    ends = [*(token.map[0] for _, token in opened[1:]), last]  # one, where there is no heading
    return [(tokens[at + 1].content.strip(), *token.map, end) for (at, token), end in zip(opened, ends, strict=False)]


def check_headings(found: list[tuple], wanted: tuple[str, ...], begin: int, lines: list[str], faults: Faults) -> None:
    """Every heading once, in order, with text below it, and nothing before the first."""
    valid, seen = {same(name): rank for rank, name in enumerate(wanted)}, {}
    first = found[0][1] if found else len(lines)
    if before := next((at for at in range(begin, first) if lines[at].strip()), None):
        faults.add(before + 1, f"text before the first part; put it below ## {wanted[0]}")
    for name, line, start, end in found:
        if same(name) not in valid:
            faults.add(line + 1, f"## {name}: no such heading{meant(same(name), valid)}; they are {', '.join(wanted)}")
        elif same(name) in seen:
            faults.add(line + 1, f"## {name} occurs twice, first in line {seen[same(name)] + 1}; leave one of the two out")
        else:
            if seen and valid[same(name)] < max(valid[other] for other in seen):
                faults.add(line + 1, f"## {name} is out of order; the order is {', '.join(wanted)}")
            seen[same(name)] = line
            if not any(text.strip() for text in lines[start:end]):
                faults.add(line + 1, f"## {name} has no text below it; write some")
    for name in wanted:
        if same(name) not in seen:
            faults.add(len(lines), f"## {name} is missing; the headings are {', '.join(wanted)}")


def check_teacher(
    tokens: list[Token], start: int, end: int, wanted: tuple[str, ...], front: Front | None, faults: Faults
) -> None:
    """The teacher's part: timings that add up, answer key, discussion questions, cautions."""
    found = {same(name): (line, first, last) for name, line, first, last in headed(tokens, _WITHIN, start, end)}
    for name in wanted:
        if same(name) not in found:
            close = meant(same(name), found)
            faults.add(start, f"### {name} is missing{close}; the teacher's part has ### {', ### '.join(wanted)}")
        elif not any(found[same(name)][1] <= token.map[0] < found[same(name)][2] for token in tokens if token.map):
            faults.add(found[same(name)][0] + 1, f"### {name} has no text below it; write some")
    if same(wanted[0]) in found:
        check_timings(tokens, *found[same(wanted[0])], front, faults)


def check_timings(tokens: list[Token], line: int, start: int, end: int, front: Front | None, faults: Faults) -> None:
    """Each line of the list of timings begins with its minutes, and they add up to those of the lesson."""
    total, listed = 0, 0
    for at, token in enumerate(tokens):
        if token.type == "list_item_open" and token.level == 1 and start <= token.map[0] < end:
            listed += 1
            text = tokens[at + 2].content if tokens[at + 1].type == "paragraph_open" else ""
            if minutes := _MINUTES.match(text):
                total += int(minutes[1])
            else:
                faults.add(token.map[0] + 1, "a line of the timings has no minutes; write it like - 5 min: predict")
    if not listed:
        faults.add(line + 1, "no timings; write a list of lines such as - 5 min: predict")
    elif front is not None and front.minutes and total != front.minutes:
        faults.add(line + 1, f"the timings add up to {total} minutes, and minutes is {front.minutes}; change one of the two")


def find_unfit(tokens: list[Token], faults: Faults) -> None:
    """HTML and pictures, which pages do not show."""
    for token in tokens:
        inner = {child.type for child in token.children or ()} | {token.type}
        if inner & {"html_inline", "html_block"}:
            faults.add(token.map[0] + 1, NO_HTML)
        if "image" in inner:
            faults.add(token.map[0] + 1, "pictures are not shown; say in words what is to be seen")
        if token.type == "heading_open" and token.tag == "h1":
            faults.add(token.map[0] + 1, "a heading with one #; parts have two, and headings within them three")


def find_placeholders(lines: list[str], begin: int, front: Front | None, faults: Faults) -> None:
    """Numbers to be filled in that are none, or that belong to a second run which there is not."""
    for number, line in enumerate(lines[begin:], begin + 1):
        for name in (found.strip() for found in PLACEHOLDER.findall(line)):
            if name not in PLACEHOLDERS:
                close = meant(name, PLACEHOLDERS)
                faults.add(number, f"{{{{{name}}}}}: no such number{close}; valid: {', '.join(PLACEHOLDERS)}")
            elif name.endswith("2") and front is not None and front.compare is None:
                faults.add(number, f"{{{{{name}}}}} is of the second run; add compare to the front matter")
        rest = PLACEHOLDER.sub("", line)
        if "{{" in rest or "}}" in rest:
            faults.add(number, "two braces without their pair on the line; numbers are written like {{effect}}")
