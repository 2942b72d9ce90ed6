"""Commands on places of the user's own: what a result keeps, repeats and shows, and that no command leans on a preset."""

import json
from pathlib import Path

import pytest

from experiments.report import world_figures
from experiments.report.command_line import command_of_all, overrides_of
from tests.own_places import MARKET, SCHOOL, TABLE, written
from tests.sweep_worlds import laid_over, say

SIZES = ["market.clients=150", "market.searches_per_day=20", "market.bosses=5", "market.prostitutes=15", "market.providers=10"]
SMALL = [*SIZES, "days=60", "burn_in=5", "policy.start_day=20"]


def result_of(out: str) -> Path:
    return Path(out.strip().splitlines()[-1].removeprefix("Result: "))


def test_a_run_keeps_the_table_and_needs_it_no_more(tmp_path, capsys):
    path = written(tmp_path, MARKET + "public_holidays: ./public.csv\n", public="date\n2021-02-01\n")
    words = ["run", f"market={path}", *SMALL, "policy.levers.venue_inspection.territory=North",
             "policy.levers.venue_inspection.intensity=5", "--output", str(tmp_path / "out")]  # fmt: skip
    status, out, err = say(capsys, *words)
    assert status == 0 and "market.yaml" in out, err
    folder = result_of(out)
    kept = json.loads((folder / "manifest.json").read_text())["configuration"]["market"]
    assert [one["name"] for one in kept["places"]] == ["Centre", "North", "Coast"] and kept["public_holidays"] == ["2021-02-01"]
    assert str(tmp_path) not in (folder / "manifest.json").read_text()
    assert "market.yaml" in (folder / "report.html").read_text()

    assert result_of(say(capsys, *words)[1]) == folder, "the same content is the same result"
    (tmp_path / "places.csv").write_text(TABLE.replace("30000", "30001"))
    assert result_of(say(capsys, *words)[1]) != folder, "another content is another result"
    for name in ("places.csv", "market.yaml", "public.csv"):
        (tmp_path / name).unlink()
    status, out, err = say(capsys, "rerun", str(folder))
    assert status == 0 and "equal" in out, err


def test_a_mistake_in_a_table_is_one_line_and_status_2(tmp_path, capsys):
    path = written(tmp_path, None, TABLE.replace(",50000", ",fifty"))
    status, out, err = say(capsys, "run", f"market={path}", "--output", str(tmp_path))
    assert (status, out) == (2, "") and err.count("\n") == 1
    assert "row 3, column population: 'fifty' is not a number" in err


def test_several_markets_at_once(tmp_path, capsys):
    path = written(tmp_path, None)
    words = ["run", f"market={path},class", *SMALL, "--multirun", "--output", str(tmp_path / "out"), "--json"]
    status, out, err = say(capsys, *words)
    assert status == 0, err
    assert out.count('"market": "places.csv"') == 1 and out.count('"market": "class"') == 1


@pytest.mark.parametrize("table", [TABLE, "\n".join(TABLE.splitlines()[:2])], ids=["three places", "one place"])
def test_a_hypothesis_is_put_to_own_places(tmp_path, capsys, table):
    path = written(tmp_path, MARKET, table)
    words = ["test", "hypothesis=displacement", f"market={path}", *laid_over(SMALL, ["days=120", "policy.start_day=40"]),
             "hypothesis.transient_days=20", "hypothesis.adapted_days=60", "n_pairs=3", "scenarios=main", "engine.workers=1",
             "--output", str(tmp_path / "out")]  # fmt: skip
    status, out, err = say(capsys, *words, "--json")
    assert status == 0, err
    assert json.loads(out)["hypotheses"][0]["market"] == "market.yaml"


def test_a_sweep_finds_its_target_among_own_places(tmp_path, capsys):
    path = written(tmp_path, MARKET + "school_holidays: ./school.csv\n", school=SCHOOL)
    words = ["sweep", f"market={path}", *SMALL, "start=2021-03-01", "sweep.factors.labour.bonding=[0.0,1.0]",
             "sweep.replicates=2", "sweep.arms=[none,venue_crackdown]", "engine.workers=1",
             "--output", str(tmp_path / "out")]  # fmt: skip
    status, out, err = say(capsys, *words)
    assert status == 0, err
    row = say(capsys, "rerun", str(result_of(out)), "1")
    assert row[0] == 0, row[2]
    status, _, err = say(capsys, *words, "sweep.target.territory=Nort")
    assert status == 2 and "did you mean North?" in err, err


def test_the_printed_command_names_the_file_and_the_sizes(tmp_path):
    from experiments.configuration.composition import compose

    tree = compose("test", [f"market={written(tmp_path)}", "market.clients=300", "seed=3", "hypothesis=careers"])
    words = overrides_of("test", tree, ("hypothesis=careers",))
    assert words[0] == "market=./market.yaml" and {"market.clients=300", "market.bosses=20", "seed=3"} <= set(words)
    assert not [word for word in words if "places" in word or "holidays" in word]
    assert len(command_of_all({"careers": tree})) == 1


def test_a_market_on_the_places_of_a_preset_is_shown_by_its_own_name(tmp_path, capsys, monkeypatch):
    """In what commands print, in pages and in the list; the preset's is in brackets."""
    monkeypatch.chdir(tmp_path)
    captions = []
    for name in ("gantt_of_plans", "series_over_time"):
        drawn = getattr(world_figures, name)
        noting = lambda *given, drawn=drawn, **more: captions.append(given[-1]) or drawn(*given, **more)  # noqa: E731
        monkeypatch.setattr(world_figures, name, noting)
    sizes = "".join(f"{word.removeprefix('market.').replace('=', ': ')}\n" for word in SIZES)
    Path("small.yaml").write_text(f"preset: class\n{sizes}")
    model = ["market=./small.yaml", "days=120", "burn_in=5", "policy.start_day=40"]
    more = ["engine.workers=1", "n_pairs=3"]
    windows = ["hypothesis.transient_days=20", "hypothesis.adapted_days=60", "scenarios=main"]
    for words in (
        ["run", *model],
        ["compare", "none", "venue_crackdown", *model, *more],
        ["test", "hypothesis=displacement", *model, *more, *windows],
        ["sweep", *model, "sweep.factors.labour.bonding=[0,1]", "sweep.replicates=2", "engine.workers=1"],
        ["validate", *model[:1], "days=380", "burn_in=5", "n_worlds=4", "engine.workers=1"],
    ):
        status, out, err = say(capsys, *words, "--quiet")
        assert status == 0, err
        assert words[0] in ("sweep", "test") or "small (class)" in out, words
        page = (result_of(out) / "report.html").read_text()
        assert words[0] == "sweep" or "small (class)" in page, words
        summary = json.loads((result_of(out) / "summary.json").read_text())
        assert summary.get("market", "small (class)") == "small (class)"
        assert say(capsys, "show", str(result_of(out)))[0] == 0
        if words[0] == "run":
            assert len(captions) == 2 and all("market small (class)" in caption for caption in captions)
            assert "equal" in say(capsys, "rerun", str(result_of(out)))[1]
    listed = json.loads(say(capsys, "list", "--json")[1])
    assert len(listed) == 5 and {one["market"] for one in listed} == {"small (class)"}
    assert say(capsys, "list", "market=small")[1].count("small (class)") == 5


def test_several_hypotheses_are_listed_with_the_market_of_their_files(tmp_path):
    from experiments.commands.list import _setting

    noted = {"market": {"preset": "class"}, "own_files": {"a/mine.yaml": "market"}}
    assert _setting(noted)["market"] == "mine (class)"
    together = {"hypotheses": {"one": {"market": {"preset": "class"}}}, "own_files": {"one": {"a/mine.yaml": "market"}}}
    assert _setting(together)["market"] == "mine (class)"
    assert _setting({"market": {"preset": "class"}, "own_files": {"a/mine.yaml": "policy"}})["market"] == "class"
    places = {"market": {"preset": "belgium.csv"}, "own_files": {"a/belgium.csv": "market"}}
    assert _setting(places)["market"] == "belgium.csv"
