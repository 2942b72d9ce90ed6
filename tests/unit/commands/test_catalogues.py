"""What there is to choose from: every thing with its meaning, unit and source; parameters with what reads them."""

import ast
import functools
import json
import shutil
import subprocess

import pytest

from experiments.cli import main
from experiments.commands import COMMANDS
from experiments.commands.catalogue import CATALOGUES
from experiments.commands.completion import SHELLS, words_of
from experiments.commands.flags import flags_of
from experiments.commands.parameters import find
from experiments.odd.readers import readers_of
from sim.configuration import group_names, parameter_table
from sim.evidence import evidence, sources
from sim.levers import LEVER_KINDS
from sim.parameters import Parameters
from sim.state.params import RULES
from tests.sweep_worlds import say
from tests.worlds import ROOT

NAMES = {
    "policies": group_names("policy"), "markets": group_names("market"), "hypotheses": group_names("hypothesis"),
    "structures": group_names("structure"), "levers": tuple(LEVER_KINDS),
}  # fmt: skip


@pytest.mark.parametrize("kind", CATALOGUES)
def test_a_catalogue_has_all_with_meaning_unit_and_source(kind, capsys):
    status, out, err = say(capsys, kind, "--json")
    things = json.loads(out)
    assert (status, err) == (0, "") and kind in COMMANDS
    assert {one["name"] for one in things} == set(NAMES.get(kind, (one["name"] for one in things))) and len(things) > 3
    assert all(one["meaning"] and one["source"] for one in things)
    assert all(one["unit"] or one["name"] == "none" for one in things)
    status, out, _ = say(capsys, kind)
    assert status == 0 and len(out.splitlines()) == len(things) + 1 and all(one["name"] in out for one in things)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["levers", "beds"], {"beds_near", "beds_distant"}),
        (["levers", "BEDS", "far"], {"beds_distant"}),
        (["outcomes", "share_of_minors"], {"share_of_minors"}),
        (["markets", "classe"], None),
        (["policies", "E68", "national"], {"national_plan"}),
        (["structures", "default"], {"default"}),
    ],
)
def test_words_select_in_all_columns(words, names, capsys):
    status, out, err = say(capsys, *words, "--json")
    if names is None:
        assert (status, out) == (2, "") and "class" in err and len(err.splitlines()) == 1
    else:
        assert status == 0 and {one["name"] for one in json.loads(out)} == names


def test_one_alone_is_shown_in_full_with_its_references(capsys):
    status, out, _ = say(capsys, "levers", "beds_near")
    fact = evidence()["E42"]
    assert status == 0 and out.startswith("beds_near\n") and "E42: " in out and "150 EUR per bed and day" in out
    assert sources()[fact.sources[0]].title.split()[0] in out


def test_a_parameter_is_shown_with_what_reads_it_and_the_row_of_its_source(capsys):
    status, out, _ = say(capsys, "parameters", "labour.bonding")
    text = " ".join(out.split())
    assert status == 0 and "sim/rules/labour/staffing.py: fill_slot, is_bonded" in text and "labour=bonded (1.0)" in text
    assert "E36: " in text and "Lavaud- Legendre (2023)" in text.replace("Lavaud-Legendre", "Lavaud- Legendre")
    status, out, _ = say(capsys, "parameters", "labour.bonding", "--json")
    (row,) = json.loads(out)
    assert {"file": "sim/rules/labour/staffing.py", "function": "is_bonded"} in row["acts_in"]
    assert row["references"][0]["id"] == "E36" and row["references"][0]["documents"][0]["link"].startswith("http")
    assert row["set_by"] == {"labour=bonded": 1.0, "labour=gig": 0.0}


def test_words_are_looked_for_in_meanings_too(capsys):
    assert "demand.fear_kappa" in {row["key"] for row in find(["search", "CLIENT"])} | {row["key"] for row in find(["fear"])}
    by_meaning = [row["key"] for row in find(["bound", "each", "other"])]
    assert by_meaning == ["labour.bonding"]
    assert len(find(["labour"])) > 5 and find(["days"]) == [row for row in parameter_table() if row["key"] == "days"]
    status, out, _ = say(capsys, "parameters", "labour")
    assert status == 0 and "labour.bonding" in out and "where they act" in out.splitlines()[-1]
    status, out, err = say(capsys, "parameters", "no", "such", "words")
    assert (status, out) == (2, "") and len(err.splitlines()) == 1


def test_every_parameter_is_read_somewhere():
    """What is derived from the sources is complete, or a parameter has no effect."""
    assert [row["key"] for row in parameter_table() if not readers_of(row["key"])] == []


@functools.cache
def attributes(reader):
    """Names of the attributes in a function."""
    tree = ast.parse((ROOT / reader.file).read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == reader.function]
    return {node.attr for function in functions for node in ast.walk(function) if isinstance(node, ast.Attribute)}


def test_readers_are_functions_that_name_the_parameter():
    for row in parameter_table():
        group, _, name = ".".join(row["key"].split(".")[:2]).rpartition(".")
        for reader in readers_of(row["key"]):
            assert not reader.file.endswith("_plain.py")
            read = attributes(reader)
            assert name in read or f"{group}_{name}" in read, (row["key"], reader)


def test_every_number_that_rules_have_is_read_by_a_rule_or_where_a_world_is_set_up():
    files = {key: [one.file for one in readers_of(key)] for key in (row["key"] for row in parameter_table())}
    assert set(RULES.names) <= {".".join(key.split(".")[:2]).replace(".", "_") for key in files}
    assert files["labour.bonding"][0].startswith("sim/rules/") and not readers_of("labour.no_such_number")
    assert set(Parameters.model_fields) >= {"days", "seed"} and any("simulation" in file for file in files["days"])


@pytest.mark.parametrize("shell", SHELLS)
def test_a_completion_script_has_commands_keys_and_flags(shell, capsys):
    status, out, err = say(capsys, "completion", shell)
    assert (status, err) == (0, "")
    for word in (
        *COMMANDS,
        "market=class",
        "policy=venue_crackdown",
        "hypothesis=careers",
        "labour.bonding=",
        "n_pairs=",
        "--csv",
    ):
        assert word in out, word
    if (program := shutil.which(shell)) is not None:
        assert subprocess.run([program, "-n"], input=out, text=True, capture_output=True).returncode == 0


def test_what_follows_a_command_is_what_it_takes():
    assert set(flags_of("run")) <= set(words_of("run")) and "--csv" not in words_of("parameters")
    assert words_of("completion")[:3] == list(SHELLS) and "since=" in words_of("list")
    assert "n_pairs=" in words_of("test") and "n_pairs=" not in words_of("run") and "structure=" not in words_of("test")
    assert all(len(words) == len(set(words)) for words in map(words_of, COMMANDS))


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("plansim swe", {"sweep"}),
        ("plansim run market=cl", {"class"}),
        ("plansim run labour.bond", {"labour.bonding="}),
        ("plansim test hypothesis=d", {"displacement", "demand", "dependence"}),
        ("plansim run --mult", {"--multirun"}),
        ("plansim show 2026-01-31-run-01", {"2026-01-31-run-012345-678901"}),
        ("plansim list mar", {"market="}),
        ("plansim run market=nowhere", set()),
    ],
)
def test_bash_completes(line, found, tmp_path, capsys):
    result = tmp_path / "results" / "run" / "2026-01-31-run-012345-678901"
    result.mkdir(parents=True)
    (result / "manifest.json").touch()
    assert main(["completion", "bash"]) == 0
    script = capsys.readouterr().out
    words = line.replace("=", " = ").split(" ")
    code = (
        f"{script}\nCOMP_WORDBREAKS=$' \\t\\n=:'\nCOMP_LINE='{line}'; COMP_POINT={len(line)}; COMP_WORDS=({' '.join(words)})\n"
        f"COMP_CWORD={len(words) - 1}\n_plansim\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
    )
    done = subprocess.run(["bash", "-c", code], cwd=tmp_path, text=True, capture_output=True, timeout=20)
    assert set(done.stdout.split()) == found, done.stderr


@pytest.mark.parametrize("words", [["completion"], ["completion", "tcsh"], ["completion", "bash", "zsh"]])
def test_another_shell_gets_one_line(words, capsys):
    status, out, err = say(capsys, *words)
    assert (status, out) == (2, "") and "bash, zsh, fish" in err and len(err.splitlines()) == 1


@pytest.mark.parametrize("kind", ["parameters", *CATALOGUES])
def test_every_catalogue_lists_what_a_folder_adds(kind, tmp_path, monkeypatch, capsys):
    """As in the folder itself, if it is a study; without either, nothing of it."""
    monkeypatch.chdir(tmp_path)
    assert say(capsys, "new", "study", "own")[0] == 0
    folder = tmp_path / "own" / "structures"
    folder.mkdir()
    (folder / "tight.yaml").write_text("# Bonded (assumption).\nlabour:\n  bonding: 0.25\n")
    added = {"levers": "helpline", "structures": "tight", "parameters": "structure=tight (0.25)"}.get(kind, "mine")
    words = [kind, *(["labour.bonding"] if kind == "parameters" else [])]
    assert added not in say(capsys, *words)[1]
    status, elsewhere, err = say(capsys, *words, "--configs", "own")
    assert status == 0 and added in elsewhere, err
    monkeypatch.chdir(tmp_path / "own")
    assert say(capsys, *words)[1] == elsewhere
    status, _, err = say(capsys, kind, "--configs", "nowhere")
    assert status == 2 and err == "plansim: --configs nowhere: no such folder\n"


def test_a_lever_of_a_study_is_shown_in_full(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert say(capsys, "new", "study", "own")[0] == 0
    monkeypatch.chdir("own")
    status, out, _ = say(capsys, "levers", "helpline")
    assert status == 0 and "set by      policy.levers.helpline.intensity=1" in out
    assert "next to it  start, end, territory, unit_cost\n" in out, "it has no venue kinds and no web site"
    assert "platform, unit_cost" in say(capsys, "levers", "platform_closure")[1]


@pytest.mark.parametrize("words", [[kind] for kind in CATALOGUES] + [["parameters", "bond"], ["parameters"]], ids="-".join)
def test_lines_fit_the_terminal_and_are_whole_in_a_pipe(words, monkeypatch, capsys):
    whole = say(capsys, *words)[1]
    monkeypatch.setattr("experiments.report.text_table.sys.stdout.isatty", lambda: True, raising=False)
    for width in (60, 80, 120):
        monkeypatch.setenv("COLUMNS", str(width))
        folded = say(capsys, *words)[1]
        longest = max(map(len, folded.splitlines()))
        words_longer = [word for word in folded.split() if len(word) > width - 14]
        assert longest <= width or words_longer, max(folded.splitlines(), key=len)
    monkeypatch.setenv("COLUMNS", "100000")
    if words[0] != "parameters" or words[1:] == []:
        assert say(capsys, *words)[1] == whole, "a terminal that is wide enough has the table"
