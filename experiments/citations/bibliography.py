"""The bibliography: `sim/evidence/references.bib`, and the documents of `sim/evidence/sources.csv`; as text and as BibTeX."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Mapping

from sim.evidence import FOLDER, sources
from sim.initialisation.data import damaged, read_bytes

FILE = "references.bib"
USED_FOR = "usedfor"
PARAMETERS = "parameters"
NO_DOCUMENT = "assumption"
_OPEN = re.compile(r"@([a-z]+)\{([a-z0-9-]+),")
_FIELD = re.compile(r"  ([a-z]+) = \{(.+)\},")
_NAME = r"[A-ZÀ-Þ][\w'-]+"
_NAMED = re.compile(rf"({_NAME}(?:(?:, {_NAME})* and (?:{_NAME}|others))?) ((?:1[89]|20)\d\d)\b")
_IN_LATEX = str.maketrans({"&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_", "^": r"\^{}"})
_AS_IT_IS = ("doi", "url")


@dataclasses.dataclass(frozen=True)
class Reference:
    """An entry of the bibliography; `used_for`: what it is used for (`references.bib` lists the kinds)."""

    key: str
    kind: str
    fields: Mapping[str, str]
    used_for: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As texts name it: Reuter and Kleiman 1986, or the first author and others where the entry says so."""
        surnames = [author.partition(",")[0] for author in self.fields["author"].split(" and ")]
        *others, last = surnames
        return f"{', '.join(others)} and {last}".removeprefix(" and ") + f" {self.fields.get('year', '')}"

    @property
    def text(self) -> str:
        """The entry as a line of a bibliography."""
        given = self.fields
        authors = [_readable_name(author) for author in given["author"].split(" and ")]
        author = f"{', '.join(authors[:-1])} and {authors[-1]}" if len(authors) > 1 else authors[0]
        head = f"{author} ({given['year']})" if given.get("year") else author
        where = given.get("journal") or given.get("booktitle") or given.get("publisher") or given.get("institution") or ""
        if "volume" in given:
            where += f" {given['volume']}" + (f"({given['number']})" if "number" in given else "")
        if "pages" in given:
            where += f", {given['pages'].replace('--', '-')}"
        edition = f", edition {given['edition']}" if "edition" in given else ""
        link = f"https://doi.org/{given['doi']}" if "doi" in given else given.get("url", "")
        return ". ".join(filter(None, (head, given["title"] + edition, where, given.get("note", ""), link)))

    @property
    def bibtex(self) -> str:
        """The entry as BibTeX."""
        lines = [
            f"  {name} = {{{value if name in _AS_IT_IS else value.translate(_IN_LATEX)}}}," for name, value in self.fields.items()
        ]
        return "\n".join([f"@{self.kind}{{{self.key},", *lines, "}"])


@functools.cache
def bibliography() -> dict[str, Reference]:
    """Every reference by its key: those of `references.bib`, then the documents behind rows of evidence.

    Raises DataError, naming the line, if the file is damaged.
    """
    found = {one.key: one for one in _read_file()}
    for source in sources().values():
        if source.key != NO_DOCUMENT:
            found[source.key] = _document(source)
    return found


def named_in(text: str) -> list[str]:
    """References named in a text by authors and year, as they are named.

    >>> named_in("Reuter and Kleiman 1986 (direction); size: assumption")
    ['Reuter and Kleiman 1986']
    """
    return [" ".join(found) for found in _NAMED.findall(text)]


def key_of_name(name: str) -> str | None:
    """The key of a reference as texts name it; None if the bibliography has none of that name."""
    return next((one.key for one in bibliography().values() if one.name == name), None)


def _read_file() -> list[Reference]:
    path = FOLDER / FILE
    found: list[Reference] = []
    opened: tuple[str, str] | None = None
    fields: dict[str, str] = {}
    for number, line in enumerate(read_bytes(path).decode("utf-8").splitlines(), 1):
        if opened is None and (not line.strip() or line.startswith("%")):
            continue
        if opened is None and (begun := _OPEN.fullmatch(line)):
            opened, fields = (begun[1], begun[2]), {}
        elif opened is not None and line == "}":
            missing = [name for name in ("author", "title", USED_FOR) if name not in fields]
            if missing or any(one.key == opened[1] for one in found):
                raise damaged(
                    path, number, f"ends {opened[1]}, which has no {', '.join(missing)}" if missing else "repeats a key"
                )
            found.append(Reference(opened[1], opened[0], fields, tuple(fields.pop(USED_FOR).split())))
            opened = None
        elif opened is not None and (field := _FIELD.fullmatch(line)):
            fields[field[1]] = field[2]
        else:
            raise damaged(path, number, "cannot be read")
    if opened is not None:
        raise damaged(path, number, f"does not end {opened[1]}")
    return found


def _document(source) -> Reference:
    """A document of the evidence; authors are institutions as often as persons, so names are kept as they are written."""
    year = {} if source.year in ("", "undated") else {"year": source.year}
    author = " and ".join(f"{{{part}}}" for part in source.author.split(" and "))
    link = {"url": source.link} if source.link else {}
    note = {"note": source.published} if source.published else {}
    return Reference(source.key, "misc", {"author": author, "title": source.title, **year, **note, **link})


def _readable_name(author: str) -> str:
    """An author as a line has it: surname first, without braces."""
    return author.strip("{}")
