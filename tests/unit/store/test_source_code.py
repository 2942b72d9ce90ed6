"""What of the code is part of a result: what can change its rows, and neither comments nor pages."""

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.store.source_code import EXPERIMENTS, PAGES, RULES, code_hashes, hash_parts, part_of, strip_source

ROOT = Path(__file__).resolve().parents[3]
SOURCE = '''\
"""What it is."""

X = 1  # one
"""What X is."""


def double(x):
    r"""Twice x."""

    # a comment
    return [
        "#" + f"{x}" 'a',

        """text""",
    ]
'''


@pytest.fixture
def project(tmp_path):
    """A small project: its folder, and what writes a file of it and returns the hashes."""

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return hash_parts(tmp_path)

    with pytest.raises(FileNotFoundError, match="'sim' is missing"):
        hash_parts(tmp_path)
    for folder in ("sim", "experiments"):
        (tmp_path / folder).mkdir()
    for name in ("sim/day.py", "experiments/sweeps/plan.py", "experiments/report/page.py"):
        write(name, SOURCE)
    return write


def changed(before, after):
    return {part for part in before if before[part] != after[part]}


@pytest.mark.parametrize("name", ["sim/day.py", "experiments/sweeps/plan.py", "experiments/report/page.py"])
def test_comments_docstrings_and_blank_lines_count_nowhere(name, project):
    before = project(name, SOURCE)
    others = [
        SOURCE.replace("# one", "# the first number"), SOURCE.replace("  # one", ""), SOURCE.replace("What", "Which thing"),
        SOURCE.replace("Twice x.", "Two\n    times x: it's so."), SOURCE.replace("\n\n", "\n\n\n"), SOURCE.replace("\n", "\r\n"),
        SOURCE.replace('"""What X is."""\n', ""), SOURCE.replace("# a comment", "# it's, \"a\" (comment"),
    ]  # fmt: skip
    assert len({SOURCE, *others}) == len(others) + 1
    assert [changed(before, project(name, other)) for other in others] == [set()] * len(others)


@pytest.mark.parametrize(
    ("name", "part"), [("sim/day.py", RULES), ("experiments/sweeps/plan.py", EXPERIMENTS), ("experiments/report/page.py", PAGES)]
)
def test_whatever_is_done_counts_in_its_part(name, part, project):
    before = project(name, SOURCE)
    for old, new in (("X = 1", "X = 2"), ('"#"', '"# "'), ("text", "a text"), ('"""text""",', '"""te\n\nxt""",'), ("'a'", "'b'")):
        assert changed(before, project(name, SOURCE.replace(old, new))) == {part}, old


def test_data_count_and_caches_and_texts_for_people_do_not(project):
    before = project("sim/initialisation/data/places.csv", "1,2")
    assert changed(before, project("sim/initialisation/data/places.csv", "1,3")) == {RULES}
    before = project("sim/initialisation/data/places.csv", "1,2")
    for name in ("sim/__pycache__/a.pyc", "sim/.hidden/c.py", "sim/a.nbi", "sim/initialisation/data/README.md"):
        assert changed(before, project(name, "cache")) == set()
    assert changed(before, project("experiments/new.py", "")) == {EXPERIMENTS}, "what is not listed counts as code of rows"


def test_what_is_left_of_a_source_is_the_same_program():
    """Seen by the parser of the Python that runs; what has nothing but a docstring in it cannot be parsed without."""
    parsed = 0
    for path in (path for name in ("sim", "experiments") for path in (ROOT / name).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        left = strip_source(text)
        assert strip_source(left) == left and len(left) <= len(text) + 1
        try:
            found = ast.parse(left)
        except SyntaxError as error:
            assert "expected an indented block" in str(error), path
            continue
        parsed += 1
        assert ast.dump(found) == ast.dump(without_docstrings(ast.parse(text))), path
    assert parsed > 100


def without_docstrings(tree):
    def stays(node):
        return not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str))

    for node in ast.walk(tree):
        if isinstance(getattr(node, "body", None), list):
            node.body = [child for child in node.body if stays(child)]
    return tree


def test_no_row_passes_through_code_of_pages():
    """What workers import, and what plans rows, counts; but for how chunks are carried to them and stored."""
    import experiments.questions

    names = [f"{module.name}.estimand" for module in pkgutil.iter_modules(experiments.questions.__path__) if module.ispkg]
    names = [f"experiments.questions.{name}" for name in (*names, "twins")]
    names += [f"experiments.sweeps.{name}" for name in ("plan", "runs", "designs")]
    names += ["experiments.robustness.runs", "experiments.calibration.draws", "experiments.calibration.runs"]
    names += ["experiments.validation.runs"]
    code = f"import sys; {'; '.join(f'import {name}' for name in [*names, 'experiments.questions.study'])}; print(*sys.modules)"
    seen = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    files = [importlib.import_module(name).__file__ for name in seen if name.startswith("experiments.")]
    after = {name for name in (Path(file).relative_to(ROOT).as_posix() for file in files) if part_of(name) == PAGES}
    stored = ("store", "files", "journal", "manifest_file", "checksums", "provenance", "source_code", "result")
    workers = ("engine", "engine_base", "local_engine", "verbosity")
    carried = [f"execution/{name}" for name in workers] + [f"store/{name}" for name in stored]
    assert after <= {f"experiments/{name}.py" for name in carried}


def test_the_list_of_pages_names_what_is_there():
    from experiments.store.source_code import _AFTER_THE_ROWS

    assert [name for name in _AFTER_THE_ROWS if not (ROOT / name).exists()] == []
    assert set(code_hashes()) == {RULES, EXPERIMENTS, PAGES} and len(set(code_hashes().values())) == 3
