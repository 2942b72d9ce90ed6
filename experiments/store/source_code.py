"""Hashes of the code, by what a change to it can change: the rules, the rows of a result, or its pages alone.

Comments, docstrings and blank lines count nowhere. They are found in the text itself, so that every Python
that runs a source has the same hash of it.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

RULES, EXPERIMENTS, PAGES = "rules", "experiments", "pages"
PARTS = {RULES: "the rules of the model", EXPERIMENTS: "the code of experiments", PAGES: "the code of summaries and pages"}
DECISIVE = (RULES, EXPERIMENTS)
"""Parts that can change a row; a result is of one state of them."""

_ROOT = Path(__file__).resolve().parents[2]
_FOLDERS = ("sim", "experiments")
_CACHES = {".pyc", ".pyo", ".nbi", ".nbc"}  # what Python and Numba leave next to sources
_WORDS = {".md", ".txt", ".bib"}  # for people
_AFTER_THE_ROWS = tuple(
    f"experiments/{name}"
    for name in (
        *("report/", "odd/", "citations/", "cli.py", "publish.py", "configuration/multirun.py", "questions/lever_effects.py"),
        *(
            f"commands/{name}.py"
            for name in (
                *("run", "sweep", "test", "show", "rerun", "merge", "parameters", "odd", "validate", "growth", "evaluate"),
                *("cite", "list", "catalogue", "codebook", "completion", "flags", "new", "demo"),
            )
        ),
        *("commands/study.py", "configuration/study_folder.py"),
        *(
            "sweeps/results.py",
            "validation/results.py",
            "evaluation/results.py",
            "evaluation/estimates.py",
            "robustness/results.py",
            "robustness/published.py",
            "robustness/verdict_predictors.py",
        ),
        *(f"execution/{name}.py" for name in ("engine", "engine_base", "local_engine", "ray_engine", "interrupts")),
        *("execution/progress.py", "execution/run_loop.py", "execution/verbosity.py"),
        *(f"store/{name}.py" for name in ("store", "files", "journal", "manifest_file", "checksums", "provenance")),
        *(f"store/{name}.py" for name in ("source_code", "result", "shards", "folders", "csv_files")),
    )
)
"""Code that no row passes through on its way: how runs are carried out and stored, and what is reported of rows.

What is not listed counts as code of rows; a test holds the list against what workers import.
"""

_OF_PAGES = ("/figures.py", "/report.py", "/prose.py")  # in the folder of whatever they show


@functools.cache
def code_hashes() -> dict[str, str]:
    """SHA-256 (hexadecimal) by part, over names and contents of its files in path order.

    The packages are found next to each other and are not imported. The hashes are those of the first call in
    this process, which is the code that runs, even if a file is edited meanwhile. Raises FileNotFoundError if
    a package is missing.
    """
    return hash_parts(_ROOT)


def hash_parts(root: Path) -> dict[str, str]:
    """The hashes of the packages in a folder. Caches, hidden files and texts for people are left out."""
    digests = {part: hashlib.sha256() for part in PARTS}
    for package in _FOLDERS:
        if not (root / package).is_dir():
            raise FileNotFoundError(f"package folder {package!r} is missing next to the others")
        files = {path.relative_to(root).as_posix(): path for path in (root / package).rglob("*")}
        for name in sorted(files):
            if _counts(name, files[name]):
                content = hashlib.sha256(_content(files[name])).hexdigest()
                digests[part_of(name)].update(f"{name}\0{content}\n".encode())
    return {part: digest.hexdigest() for part, digest in digests.items()}


def _counts(name: str, path: Path) -> bool:
    hidden = any(part.startswith(".") or part == "__pycache__" for part in name.split("/"))
    return not hidden and path.suffix not in _CACHES | _WORDS and path.is_file()


def _content(path: Path) -> bytes:
    data = path.read_bytes()
    return strip_source(data.decode()).encode() if path.suffix == ".py" else data


def part_of(name: str) -> str:
    """The part that a file belongs to, by its path from the folder of the packages."""
    if name.startswith("sim/"):
        return RULES
    return PAGES if name.startswith(_AFTER_THE_ROWS) or name.endswith(_OF_PAGES) else EXPERIMENTS


def changed_parts(stored: Mapping[str, str] | None, parts: Iterable[str] = PARTS) -> list[str]:
    """Words for the parts, of those asked for, that are not as in stored hashes; of unknown ones, all as one."""
    if not stored:
        return ["the code"]
    return [PARTS[part] for part in parts if stored.get(part) != code_hashes()[part]]


_PIECE = re.compile(
    r"""
    \#[^\n]*                                                    # a comment
    | \"\"\"(?:[^\\]|\\.)*?\"\"\" | '''(?:[^\\]|\\.)*?'''       # strings
    | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*'
    | [()\[\]{}]
    """,
    re.VERBOSE | re.DOTALL,
)
_STRING = "\0"  # replaces a string while lines are looked at; no source holds it


def strip_source(text: str) -> str:
    """Python source without comments, without strings that are statements (docstrings), and without blank lines."""
    text = text.replace("\r\n", "\n")
    pieces: list[str] = []
    strings: list[str] = []
    depth = at = 0
    for found in _PIECE.finditer(text):
        pieces.append(text[at : found.start()])
        at = found.end()
        piece = found[0]
        if piece in "()[]{}":
            depth += 1 if piece in "([{" else -1
            pieces.append(piece)
        elif piece[0] != "#":
            if depth == 0 and _is_statement(text, found.start(), found.end()):
                pieces[-1] = pieces[-1].rstrip("rRuU")
            else:
                pieces.append(_STRING)
                strings.append(piece)
    code = "".join([*pieces, text[at:]])
    lines = "\n".join(line.rstrip() for line in code.split("\n") if line.strip())
    kept = iter(strings)
    return re.sub(_STRING, lambda _: next(kept), lines) + "\n"


def _is_statement(text: str, start: int, end: int) -> bool:
    """Whether a string outside brackets has its lines for itself."""
    line = text.rfind("\n", 0, start) + 1
    before, after = text[line:start].strip(), text[end : (text.find("\n", end) + 1) or None].strip()
    continued = text[:line].endswith("\\\n") if line else False
    return before in ("", "r", "R", "u", "U") and (not after or after.startswith("#")) and not continued
