"""The examples of the documentation run as they stand."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs_and_says_something(example):
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:sim", str(example)],
        capture_output=True, text=True, cwd=ROOT, env=environment, timeout=300)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_extending_example_shows_both_worlds():
    sys.path.insert(0, str(ROOT / "docs" / "examples"))
    try:
        import extend_the_market as example
    finally:
        sys.path.pop(0)
    settings = {"market": "class", "seed": 2, "overrides": {"days": 60, "burn_in": 0}}
    plain, changed = example.ObservedMarket(**settings), example.ObservedMarket(**settings)
    changed.insert_phase("helpline", example.answer_the_helpline, after="flow")
    plain.run()
    changed.run()
    assert len(plain.collector.get_model_vars_dataframe()) == 60 // 7
    assert changed.ledger_sha256() != plain.ledger_sha256()
