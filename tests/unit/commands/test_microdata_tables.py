"""`microdata=true`: the same results with tables of spells next to them, however a command was interrupted or shared out."""

import json
from pathlib import Path

import pandas as pd
import pytest

from experiments import api
from experiments.configuration.composition import compose
from experiments.odd.codebook import codebook_of
from experiments.store.microdata import NAMES, estimate_bytes, note_size
from experiments.store.provenance import configuration_hash
from experiments.store.store import Store
from sim.configuration import validate
from sim.measures.microdata import TABLES
from sim.parameters import Parameters
from tests.sweep_worlds import SWEEP, TINY, laid_over, say

SERIAL = [word for word in TINY if not word.startswith("engine.")]
LONG = ["days=200", "burn_in=40", "policy.start_day=70"]
COMMANDS = {
    "run": ["run", *SERIAL, "policy=outreach_street"],
    "compare": ["compare", "none", "venue_crackdown", *SERIAL, "n_pairs=4", "engine=serial"],
    "sweep": [*laid_over([word for word in SWEEP if not word.startswith("engine.")], ["sweep.factors.labour.bonding=[0.0,1.0]"]),
              "engine=serial"],
    "test": ["test", "hypothesis=displacement", *laid_over(SERIAL, LONG), "n_pairs=2", "scenarios=main", "engine=serial"],
}  # fmt: skip
WORLD = {
    "run": ["seed", "arm"], "compare": ["id", "pair", "seed", "arm"],
    "sweep": ["id", "design", "replicate", "seed", "arm"], "test": ["id", "scenario", "pair", "seed", "arm"],
}  # fmt: skip


def folder_of(out):
    """The folder that a command printed."""
    return Path(out.strip().splitlines()[-1].removeprefix("Result: "))


def made(capsys, root, *words):
    """The folder of a result of these words; the command ends well."""
    status, out, err = say(capsys, *words, "--quiet", "--output", str(root))
    assert status == 0, err
    return folder_of(out)


def tables_of(folder):
    """The tables of microdata of a result, by name."""
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in NAMES}


def no_pages(monkeypatch):
    """Figures and pages take most of the time and are nothing of what is asked here."""
    for module, name in (
        ("experiments.commands.compare", "write_report"), ("experiments.sweeps.report", "write_report"),
        ("experiments.questions.report", "write_report"),
    ):  # fmt: skip
        monkeypatch.setattr(f"{module}.{name}", lambda *_: [])


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Each command with microdata and without, in folders of their own."""
    from experiments.cli import main

    found = {}
    with pytest.MonkeyPatch.context() as monkeypatch:
        no_pages(monkeypatch)
        monkeypatch.setattr("experiments.commands.run.draw_map", lambda *_: pytest.importorskip("matplotlib.figure").Figure())
        for name, words in COMMANDS.items():
            for which in ("true", "false"):
                root = tmp_path_factory.mktemp(f"{name}_{which}")
                assert main([*words, f"microdata={which}", "--quiet", "--output", str(root)]) == 0
                found[name, which] = next((root / name).iterdir())
    return found


@pytest.mark.parametrize("command", COMMANDS)
def test_results_are_the_same_with_and_without(command, results):
    with_it, without = (Store.view(results[command, which]) for which in ("true", "false"))
    first, second = (store.read_summary() for store in (with_it, without))
    assert first == second and ("rows_sha256" in first or command == "run")
    if command != "run":
        assert with_it.content_sha256() == without.content_sha256()
    assert not list(without.folder.glob("microdata*")) and len(list(with_it.folder.glob("microdata*"))) == len(TABLES)
    assert "microdata" not in without.manifest["configuration"] and with_it.manifest["configuration"]["microdata"] is True
    assert with_it.manifest["identity_sha256"] != without.manifest["identity_sha256"]


@pytest.mark.parametrize("command", COMMANDS)
def test_tables_name_their_worlds(command, results):
    folder, tables = results[command, "true"], tables_of(results[command, "true"])
    for name, table in tables.items():
        assert list(table.columns) == [*WORLD[command], *TABLES[name.removeprefix("microdata_")]]
    plans, days = tables["microdata_plans"], tables["microdata_statuses"].groupby(WORLD[command])["days"].sum()
    assert plans["day_launched"].max() > 40 and set(plans["end"]) >= {"completed", "running"}
    if command == "run":
        assert set(plans["arm"]) == {"outreach_street"} and len(days) == 1
        ledger = pd.read_parquet(folder / "ledger_days.parquet")
        assert len(plans) == ledger["plans_launched"].sum()
        return
    rows = Store.view(folder).read_rows().to_pandas()
    launched = plans.groupby(["id", "arm"]).size()
    if command == "test":
        assert set(plans["arm"]) == {"base", "treated"} and set(plans["id"]) == set(rows["id"])
    else:
        assert set(launched.index) == set(zip(rows["id"], rows["arm"], strict=True)) == {(id, arm) for id, *_, arm in days.index}
        assert dict(zip(plans["id"], plans["seed"], strict=True)) == dict(zip(rows["id"], rows["seed"], strict=True))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_column_is_in_the_codebook(command, results):
    entries = [entry for entry in codebook_of(results[command, "true"]) if entry.table in NAMES]
    assert len(entries) == sum(len(TABLES[name.removeprefix("microdata_")]) + len(WORLD[command]) for name in NAMES)
    assert not [entry.column for entry in entries if not entry.unit or not entry.meaning]
    assert not [entry for entry in codebook_of(results[command, "true"]) if entry.table == "rows" and "microdata" in entry.column]


@pytest.mark.parametrize("command", ["compare", "sweep", "test"])
def test_what_is_interrupted_goes_on_to_the_same_microdata(command, results, tmp_path, capsys, monkeypatch):
    """After some chunks, and after the loss of some that were stored."""
    no_pages(monkeypatch)
    for module in ("comparison.plan", "sweeps.plan", "questions.study"):
        monkeypatch.setattr(f"experiments.{module}.estimate_seconds", lambda _: 2.0, raising=False)
    monkeypatch.setattr("experiments.questions.study._pairs_a_chunk", lambda _: 1)
    write, stored = Store.write_chunk, []

    def write_one_and_stop(store, id, table):
        if stored:
            raise KeyboardInterrupt
        stored.append(id)
        write(store, id, table)

    words = [*COMMANDS[command], "microdata=true", "--quiet", "--output", str(tmp_path)]
    with monkeypatch.context() as stopped:
        stopped.setattr(Store, "write_chunk", write_one_and_stop)
        assert say(capsys, *words)[0] == 130
    folder = next((tmp_path / command).iterdir())
    assert not list(folder.glob("microdata*"))
    assert made(capsys, tmp_path, *COMMANDS[command], "microdata=true") == folder
    same_tables(folder, results[command, "true"])
    lost = sorted((folder / "rows").glob("*.parquet"))[-1]
    lost.unlink()
    (folder / "microdata_plans.parquet").unlink()
    assert say(capsys, *words)[0] == 0
    same_tables(folder, results[command, "true"])


def same_tables(folder, other):
    """The same rows in the same order, whatever files the rows of the results were in."""
    for name, table in tables_of(folder).items():
        pd.testing.assert_frame_equal(table, pd.read_parquet(other / f"{name}.parquet"))


def test_shards_put_together_have_the_microdata_of_the_whole(results, tmp_path, capsys, monkeypatch):
    no_pages(monkeypatch)
    words = [*COMMANDS["sweep"], "microdata=true"]
    shards = [str(made(capsys, tmp_path, *words, f"shard={i}/3")) for i in (2, 1, 3)]
    assert not list(tmp_path.glob("*/*/microdata*"))
    assert say(capsys, "merge", str(tmp_path / "whole"), *shards)[0] == 0
    same_tables(tmp_path / "whole", results["sweep", "true"])


def test_small_files_put_together_keep_what_is_beside(results, tmp_path):
    import shutil

    from experiments.store.microdata import put_together

    copied = Path(shutil.copytree(results["compare", "true"], tmp_path / "copy"))
    with Store.open(copied, Store.view(copied).manifest) as store:
        content = store.content_sha256()
        store.compact(10_000)
        assert store.content_sha256() == content
        for name in NAMES:
            (copied / f"{name}.parquet").unlink()
        put_together(store)
    same_tables(copied, results["compare", "true"])


def test_files_are_not_read_for_microdata_that_are_not_there(results, monkeypatch):
    from experiments.store import store as module
    from experiments.store.microdata import put_together

    store, read, read_file = Store.view(results["compare", "false"]), [], module.read_file
    monkeypatch.setattr(module, "read_file", lambda *given, **options: read.append(given) or read_file(*given, **options))
    put_together(store)
    assert len(read) == 1


@pytest.mark.parametrize("command", ["compare", "sweep", "test", "run"])
def test_a_row_is_repeated(command, results, capsys):
    row = [] if command == "run" else ["0"]
    status, out, err = say(capsys, "rerun", str(results[command, "true"]), *row)
    assert status == 0 and "equal" in out, out + err


def test_failed_runs_have_none(tmp_path, capsys, monkeypatch):
    no_pages(monkeypatch)
    from experiments.sweeps import runs

    measure = runs._measure

    def fail_on_some(parameters, task):
        if task.rows[0][0] == 1:
            raise RuntimeError("planted")
        return measure(parameters, task)

    monkeypatch.setattr(runs, "_measure", fail_on_some)
    status, out, _ = say(capsys, *COMMANDS["sweep"], "microdata=true", "--quiet", "--output", str(tmp_path))
    plans = tables_of(folder_of(out))["microdata_plans"]
    assert status == 1 and 1 not in set(plans["id"]) and 2 in set(plans["id"])


@pytest.mark.parametrize("value", ["false", None])
def test_off_is_the_configuration_without_the_key(value):
    words = ["market=class"] + ([f"microdata={value}"] if value else [])
    for name in ("config", "compare", "sweep", "test"):
        tree = compose(name, words)
        assert "microdata" not in tree and configuration_hash(tree) == configuration_hash(compose(name, ["market=class"]))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "market=class", "microdata=yess"], "microdata=yess: true or false"),
        (["compare", "none", "prevention", "market=class", "microdata=2"], "microdata=2: true or false"),
        (["sweep", "sweep=smoke", "microdata=[true]"], "microdata=[True]: true or false"),
        (["run", "market=class", "microdata=false,true"], "microdata"),
        (["test", "hypothesis=displacement", "microdata=null"], "microdata=None: true or false"),
        (["test", "hypothesis=displacement", "robustness=10", "microdata=true"], "robustness= keeps verdicts and no worlds"),
        (["validate", "microdata=true"], "microdata: unknown key"),
        (["run", "microdata.plans=true"], "microdata.plans"),
    ],
)
def test_a_mistake_gets_one_line(words, said, capsys, tmp_path):
    status, out, err = say(capsys, *words, "--output", str(tmp_path))
    assert (status, out) == (2, "") and said in err and len(err.splitlines()) == 1, err


def test_size_is_estimated_and_large_ones_are_announced(results, capsys):
    folder = results["compare", "true"]
    parameters = validate({k: v for k, v in Store.view(folder).manifest["configuration"].items() if k in Parameters.model_fields})
    beside = sum(len(row[name]) for name in NAMES for row in Store.view(folder).stream_beside(name))
    assert 0.3 < estimate_bytes(parameters, 8) / 2.0 / beside < 3.0
    note_size(parameters, 8)
    assert capsys.readouterr().err == ""
    note_size(parameters, 100_000)
    line = capsys.readouterr().err
    assert line.startswith("plansim: microdata of 100,000 worlds: about ") and len(line.splitlines()) == 1
    status, out, _ = say(capsys, *COMMANDS["sweep"], "--dry-run", "--json")
    more = say(capsys, *COMMANDS["sweep"], "microdata=true", "--dry-run", "--json")[1]
    assert status == 0 and json.loads(more)["bytes"] > json.loads(out)["bytes"] + 100_000


def test_from_python(tmp_path):
    few = dict(word.split("=") for word in SERIAL if "=" in word)
    few = {key: int(value) for key, value in few.items() if key != "market"}
    world = api.run(market="class", overrides=few, output=tmp_path, microdata=True)
    assert len(world.frame("microdata_plans")) > 10
