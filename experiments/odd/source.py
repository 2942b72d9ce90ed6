"""What the model's sources say next to their names: comments of assignments and of fields, first sentences of docstrings."""

from __future__ import annotations

import ast
import functools
import inspect
import io
import re
import tokenize
from collections.abc import Iterator
from importlib import resources
from types import ModuleType
from typing import NamedTuple

from sim.configuration.groups import own_file

PLAIN_FORM = re.compile(r"Plain form: (\S+)\.(\w+)\.")
_KINDS_OF_RULES = {"phase", "rule", "inlined"}


class Assigned(NamedTuple):
    """Names assigned together at the top of a module, and the comment on that line, or on the line before for a block of them."""

    names: tuple[str, ...]
    comment: str


class Rule(NamedTuple):
    """A rule: its name, the first sentence of its docstring, its file from the top of the project."""

    name: str
    sentence: str
    file: str


def comments_of(text: str) -> dict[int, str]:
    """The comments of a source, by line."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}


@functools.cache
def assignments(module: ModuleType) -> tuple[Assigned, ...]:
    """The assignments of names in capitals at the top of a module, in order; private names are left out."""
    text = inspect.getsource(module)
    comments, found = comments_of(text), []
    for node in ast.parse(text).body:
        if not isinstance(node, ast.Assign):
            continue
        names = tuple(part.id for target in node.targets for part in ast.walk(target) if isinstance(part, ast.Name))
        if names[0].isupper() and not names[0].startswith("_"):
            found.append(Assigned(names, comments.get(node.end_lineno, "")))
    return tuple(found)


@functools.cache
def field_comments(module: ModuleType) -> dict[str, dict[str, str]]:
    """The comment of each field of the records, or other tables of (name, ...), that a module declares; empty if it has none."""
    text = inspect.getsource(module)
    comments, found = comments_of(text), {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call | ast.Tuple):
            parts = node.value.args if isinstance(node.value, ast.Call) else node.value.elts
            fields = [part for part in parts if isinstance(part, ast.Tuple) and isinstance(part.elts[0], ast.Constant)]
            if fields and isinstance(node.targets[0], ast.Name):
                found[node.targets[0].id] = {field.elts[0].value: comments.get(field.end_lineno, "") for field in fields}
    return found


def head_comment(group: str, name: str) -> str:
    """What the comment at the head of a file of `configs`, or of one of the user's, says of it."""
    file = own_file(group, name) or resources.files("configs") / group / f"{name}.yaml"
    text = file.read_text(encoding="utf-8")
    lines = [line.removeprefix("#").strip() for line in text.splitlines() if line.startswith("#")]
    return " ".join(line for line in lines if not line.startswith("@"))


def first_sentence(docstring: str | None) -> str:
    """The first line of a docstring, without the name of a plain form.

    >>> first_sentence("Age a file. Plain form: evidence_plain.age_file.")
    'Age a file.'
    """
    return PLAIN_FORM.sub("", inspect.cleandoc(docstring or "").partition("\n")[0]).strip()


def plain_form(docstring: str | None, file: str) -> str:
    """The file of the plain form that a docstring names, from the top of the project; empty if it names none."""
    named = PLAIN_FORM.search(docstring or "")
    if named is None:
        return ""
    folder = file.rpartition("/")[0]
    if "." in named[1]:  # from `sim.rules` on
        folder = "sim/rules"
    return f"{folder}/{named[1].replace('.', '/')}.py"


def folders_of_rules() -> tuple[str, ...]:
    """The folders of `sim/rules`, by name."""
    top = resources.files("sim") / "rules"
    return tuple(sorted(path.name for path in top.iterdir() if path.is_dir() and (path / "__init__.py").is_file()))


def rules_in(folder: str) -> Iterator[Rule]:
    """The rules in the files of a folder of `sim/rules`, or of that folder itself, without plain forms and private parts."""
    top = resources.files("sim") / "rules"
    for path in sorted((top / folder if folder else top).iterdir(), key=lambda path: path.name):
        if not path.name.endswith(".py") or path.name.endswith("_plain.py"):
            continue
        file = "/".join(filter(None, ("sim/rules", folder, path.name)))
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                if _KINDS_OF_RULES & {ast.unparse(decorator) for decorator in node.decorator_list}:
                    yield Rule(node.name, first_sentence(ast.get_docstring(node)), file)
