"""`plansim list`: every result with what it is and what it found, newest first, without the model."""

import json
import re

import pytest

from experiments.commands.show import _SHOWN
from experiments.report.headlines import HEADLINES, headline
from experiments.store.result import Options, begin_result
from tests.sweep_worlds import SWEEP, TINY, say
from tests.worlds import run_fresh

RUN = ["run", *TINY[:-1]]
WITHOUT_THE_MODEL = ("numba", "matplotlib", "pandas", "pyarrow", "hydra", "scipy", "mesa", "duckdb")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A run, a run under a policy, a sweep that was stopped, and a folder whose manifest is damaged."""
    from experiments.cli import main

    folder = tmp_path_factory.mktemp("listed")
    assert main([*RUN, "--output", str(folder)]) == 0
    assert main([*RUN, "policy=venue_crackdown", "--output", str(folder)]) == 0
    tree = {"seed": 1, "market": {"preset": "idf"}, "sweep": {"arms": ["none", {"name": "own"}]}}
    begin_result("sweep", tree, Options(root=folder), {"rows": 8, "chunks": 4}).close()
    (folder / "run" / "broken").mkdir()
    (folder / "run" / "broken" / "manifest.json").write_text("{")
    (folder / "published").mkdir()
    (folder / "published" / "manifest.json").write_text('{"results": {}}')
    return folder


def listed(capsys, root, *words):
    status, out, err = say(capsys, "list", *words, "--json", "--output", str(root))
    assert (status, err) == (0, "")
    return json.loads(out)


def test_each_result_has_date_command_market_policy_headline_and_size(root, capsys):
    found = listed(capsys, root)
    assert [one["command"] for one in found] == ["sweep", "run", "run", ""]
    assert [one["policy"] for one in found[:3]] == ["none, own", "venue_crackdown", "none"]
    assert [one["state"] for one in found] == ["unfinished, 0 of 4 chunks", "finished", "finished", "damaged"]
    assert found == sorted(found, key=lambda one: (one["created_utc"], one["name"]), reverse=True)
    run = found[2]
    stored = json.loads((root / "run" / run["name"] / "summary.json").read_text())
    value = stored["outcomes"]["person_days_in_spell"]["value"]
    assert run["headline"] == f"{value:.2f} person-days/day of exploitation" and run["market"] == "class"
    assert run["bytes"] == sum(path.stat().st_size for path in (root / "run" / run["name"]).rglob("*") if path.is_file())


def test_as_text_each_is_a_line(root, capsys):
    status, out, _ = say(capsys, "list", "--output", str(root))
    lines = out.splitlines()
    assert status == 0 and len(lines) == 5 and lines[0].startswith("begun (UTC)")
    assert re.search(r"2\d{3}-\d\d-\d\d \d\d:\d\d +2\d{3}-\d\d-\d\d-run-[0-9a-f-]{13} +run +class +venue_crackdown", lines[2])
    assert "damaged" in lines[4] and "published" not in out


@pytest.mark.parametrize(
    ("words", "number"),
    [
        (["crackdown"], 1), (["RUN"], 3), (["command=run"], 2), (["command=run", "policy=none"], 1), (["market=idf"], 1),
        (["state=unfinished"], 1), (["state=finished"], 3), (["since=2020-01-01"], 3), (["until=2020-01-01"], 1),
        (["nothing like it"], 0), (["since=2020-01-01", "crackdown"], 1),
    ],
)  # fmt: skip
def test_words_select(words, number, root, capsys):
    assert len(listed(capsys, root, *words)) == number


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["polcy=none"], ["polcy=none", "policy"]),
        (["since=yesterday"], ["since=yesterday", "2026-01-31"]),
    ],
)
def test_a_wrong_filter_gets_one_line(words, said, root, capsys):
    status, out, err = say(capsys, "list", *words, "--output", str(root))
    assert (status, out) == (2, "") and len(err.splitlines()) == 1 and all(word in err for word in said)


def test_nothing_is_no_mistake(tmp_path, capsys):
    assert say(capsys, "list", "--output", str(tmp_path / "none")) == (0, f"{tmp_path / 'none'}: no result\n", "")


def test_every_command_that_leaves_a_result_has_a_headline():
    assert set(_SHOWN) <= set(HEADLINES)
    assert headline("later", {"headline": "found"}) == "found" and headline("later", {}) == "" == headline("run", {})


@pytest.mark.parametrize("words", [["--help"], ["list", "--output", "ROOT"], ["parameters", "bonding"], ["completion", "fish"]])
def test_looking_things_up_starts_quickly(words, root):
    words = [str(root) if word == "ROOT" else word for word in words]
    code = f"import sys; from experiments.cli import main; status = main({words!r}); print(status, *sorted(sys.modules))"
    status, *modules = run_fresh(code).stdout.splitlines()[-1].split()
    assert status == "0" and not set(WITHOUT_THE_MODEL) & set(modules)


def test_a_sweep_has_its_headline_too(tmp_path, capsys):
    assert say(capsys, *SWEEP, "--output", str(tmp_path))[0] == 0
    (one,) = listed(capsys, tmp_path)
    assert one["headline"] == "12 rows: 1 factors, policies none, venue_crackdown"
