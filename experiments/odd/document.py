"""The outline of the description after ODD 2020 and ODD+D, and the page made from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import resources
from typing import NamedTuple

from experiments.odd import findings, numbers, process, state
from experiments.odd.markdown import Table, anchor_of, demoted, folded, linked, relinked

FIRST_LINE = "<!-- Written by `plansim odd docs/odd.md` from the code and the Markdown files next to it; do not edit it here. -->"
WRITTEN = "Written by `plansim odd docs/odd.md`; a test keeps it consistent with the code. Links are those of the folder `docs`."
OURS = "experiments/odd"
QUESTIONS = "experiments/questions"

SECTIONS = (
    "1. Purpose and patterns", "2. Entities, state variables and scales", "3. Process overview and scheduling",
    "4. Design concepts", "5. Initialization", "6. Input data", "7. Submodels",
)  # fmt: skip
CONCEPTS = (
    "Basic principles", "Emergence", "Adaptation", "Objectives", "Learning", "Prediction", "Sensing", "Interaction",
    "Stochasticity", "Collectives", "Observation",
)  # fmt: skip
ADDITIONS = {
    "Basic principles": "Theoretical and empirical background",
    "Objectives": "Individual decision-making",
    "Prediction": "Individual prediction",
    "Sensing": "Individual sensing",
    "Collectives": "Heterogeneity",
    "Observation": "Implementation details",
}
"""Headings of ODD+D, by the heading of ODD that each extends."""

APPENDICES = {
    "A": "State variables",
    "B": "Streams and draws",
    "C": "Parameters",
    "D": "Constants",
    "E": "Levers",
    "F": "Outcomes and ledger",
    "G": "Patterns",
    "H": "Hypotheses",
}


class Part(NamedTuple):
    """A heading of the document with its level, the file of its text, its tables, and the appendices that belong to it."""

    heading: str
    level: int
    text: str = ""
    tables: Callable[[], list[Table]] = list
    fold: bool = False
    see: str = ""


def outline() -> Iterator[Part]:
    """The parts of the document, in order."""
    purpose, entities, scheduling, concepts, initialization, input_data, submodels = SECTIONS
    yield Part(purpose, 2, f"{OURS}/purpose.md", see="GH")
    yield Part(entities, 2, f"{OURS}/entities.md", lambda: [state.entities(), state.scales(), state.presets()], see="A")
    yield Part(scheduling, 2, f"{OURS}/scheduling.md", lambda: [process.schedule()])
    yield Part(concepts, 2)
    for concept in CONCEPTS:
        text = "sim/measures/odd.md" if concept == "Observation" else _file_of(concept)
        yield Part(concept, 3, text, see={"Stochasticity": "B", "Observation": "F"}.get(concept, ""))
        if concept in ADDITIONS:
            yield Part(ADDITIONS[concept], 4, _file_of(ADDITIONS[concept]))
    yield Part(initialization, 2, "sim/initialisation/odd.md", see="C")
    yield Part(input_data, 2, "sim/initialisation/data/odd.md")
    yield Part(submodels, 2, f"{OURS}/submodels.md", see="CD")
    for folder in process.subjects():
        text = "/".join(filter(None, ("sim/rules", folder, "odd.md")))
        yield Part(title_of(text), 3, text, lambda folder=folder: [process.rules_of(folder)], fold=True)
    yield Part("Policies and public cost", 3, "sim/odd.md", see="E")
    yield Part("Structural dials", 3, f"{OURS}/structures.md", lambda: [numbers.dials(), numbers.structures()])
    for name in ("levels", "differences"):
        yield Part(title_of(f"{OURS}/{name}.md"), 3, f"{OURS}/{name}.md")
    yield _appendix("A", lambda: [*state.state_variables(), state.world_tables(), state.codes()])
    yield _appendix("B", lambda: [process.streams()])
    yield _appendix("C", numbers.parameters)
    yield _appendix("D", lambda: [numbers.constant_values()])
    yield _appendix("E", lambda: [numbers.levers()])
    yield _appendix("F", findings.all_that_is_measured)
    yield _appendix("G", lambda: [findings.patterns(), findings.rows_not_compared()])
    yield _appendix("H", lambda: [findings.hypotheses()], f"{QUESTIONS}/odd.md")
    yield Part("Displacement", 3, f"{QUESTIONS}/displacement/odd.md")


def _file_of(heading: str) -> str:
    """The file of the text below a heading.

    >>> _file_of("Individual decision-making")
    'experiments/odd/individual_decision_making.md'
    """
    return f"{OURS}/{heading.lower().replace(' ', '_').replace('-', '_')}.md"


def _appendix(letter: str, tables: Callable[[], list[Table]], text: str = "") -> Part:
    return Part(appendix_heading(letter), 2, text, tables)


def appendix_heading(letter: str) -> str:
    """The heading of an appendix.

    >>> appendix_heading("A")
    'Appendix A. State variables'
    """
    return f"Appendix {letter}. {APPENDICES[letter]}"


def odd_page() -> str:
    """The whole document, as Markdown."""
    introduction = relinked(_read(f"{OURS}/introduction.md"), OURS)
    return linked("\n".join([FIRST_LINE, introduction, f"{WRITTEN}\n", *map(_written, outline())]))


def all_tables() -> dict[str, list[dict[str, str]]]:
    """Every table of the document, by name, as dictionaries by column."""
    return {table.name: table.records() for part in outline() for table in part.tables()}


def _written(part: Part) -> str:
    pieces = [f"{'#' * part.level} {part.heading}\n"]
    if part.text:
        pieces.append(_body(part.text, part.level - 1))
    if part.see:
        links = (f"[{heading}](#{anchor_of(heading)})" for heading in map(appendix_heading, part.see))
        pieces.append(f"Tables: {', '.join(links)}.\n")
    tables = part.tables()
    for table in tables:
        if part.fold:
            pieces.append(folded(f"{len(table.rows)} rules", table.markdown()))
            continue
        above = " ".join(filter(None, (f"**{table.title}.**" if len(tables) > 1 else "", table.note)))
        pieces += [f"{above}\n"] * bool(above) + [table.markdown()]
    return "\n".join(pieces)


def title_of(path: str) -> str:
    """The title of a text: its first line."""
    return _read(path).partition("\n")[0].removeprefix("# ")


def _body(path: str, levels: int) -> str:
    """A text without its title, its links as from the document, its headings moved down."""
    return demoted(relinked(_read(path).partition("\n\n")[2], path.rpartition("/")[0]), levels)


def _read(path: str) -> str:
    """A text of the project, by its path from the top of it."""
    package, _, rest = path.partition("/")
    return (resources.files(package) / rest).read_text(encoding="utf-8")
