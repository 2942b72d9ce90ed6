"""The day, the rules of each subject, and the streams of chance, from `sim.day`, `sim.rules` and `sim.engine.draws`."""

from __future__ import annotations

import inspect

import numpy as np

from experiments.odd.markdown import Table, code
from experiments.odd.meanings import STREAMS, UnknownMeaning
from experiments.odd.source import assignments, first_sentence, folders_of_rules, plain_form, rules_in
from sim.day import PHASES
from sim.engine import draws

ORDER = (
    "", "planning", "entry", "labour", "control", "demand", "enforcement", "casework", "justice", "outreach", "care", "careers",
    "learning",
)  # fmt: skip
"""Folders of `sim/rules` in the order of the day; others follow."""

LAST = "STREAMS"  # the number of streams ends the list of draws


def subjects() -> tuple[str, ...]:
    """Folders of `sim/rules`, that folder itself first, in the order in which they are described."""
    return (*ORDER, *(folder for folder in folders_of_rules() if folder not in ORDER))


def schedule() -> Table:
    """The phases of the day in their order: what each does, its file and that of its plain form."""
    rows = []
    for number, (name, phase) in enumerate(PHASES, 1):
        function = getattr(phase, "py_func", phase)
        file = function.__module__.replace(".", "/") + ".py"
        plain = plain_form(function.__doc__, file)
        rows.append((str(number), name, first_sentence(function.__doc__), code(file), code(plain) or "is its own plain form"))
    return Table("schedule", ("no.", "phase", "what happens", "file", "plain form"), rows)


def rules_of(folder: str) -> Table:
    """The rules of a subject: file, name, first sentence."""
    rows = [(code(rule.file), code(rule.name), rule.sentence) for rule in rules_in(folder)]
    return Table(f"rules.{folder or 'morning'}", ("file", "rule", "what it does"), rows)


def streams() -> Table:
    """The streams of chance: number, the decision each serves, and its draws by name."""
    rows: list[list[str]] = []
    for names, comment in assignments(draws):
        value = getattr(draws, names[0])
        if isinstance(value, np.uint64):
            if not comment and names[0] not in STREAMS:
                raise UnknownMeaning(f"sim/engine/draws.py: {names[0]}: write what it decides in a comment on its line")
            rows.append([code(names[0]), str(int(value)), comment or STREAMS[names[0]], ""])
        elif rows and names[0] != LAST:
            drawn = ", ".join(f"{code(name)} {getattr(draws, name)}" for name in names) + (f" ({comment})" if comment else "")
            rows[-1][3] = "; ".join(filter(None, (rows[-1][3], drawn)))
    note = inspect.cleandoc(draws.__doc__).partition("\n\n")[2].replace("\n", " ")
    note += f" `ONLY` is {draws.ONLY}. A stream without draws here has that one, those named in what it decides, or those of the"
    return Table("streams", ("stream", "no.", "decides", "draws"), rows, f"{note} next stream of its kind.")
