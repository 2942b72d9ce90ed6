"""`plansim cite`: every reference that is named has an entry, every entry is used, and a result cites what it used."""

import json
import re
from pathlib import Path

import pytest

from experiments.calibration.plan import fitted_patterns
from experiments.citations import bibliography as module
from experiments.citations.bibliography import PARAMETERS, bibliography, key_of_name, named_in
from experiments.citations.used import uses_of
from experiments.cli import main
from experiments.commands import COMMANDS
from experiments.commands.cite import describe
from experiments.commands.posterior import compose_with_draws
from experiments.configuration.composition import compose
from experiments.store.result import manifest_of
from experiments.sweeps.specification import SweepSpecification
from sim.configuration import group_names, parameter_table
from sim.evidence import FOLDER, evidence, held_out, sources
from sim.initialisation.data import DataError
from sim.levers import LEVER_KINDS
from tests.sweep_worlds import TINY, say
from tests.worlds import ROOT


def manifest(command, *words, config=None):
    return manifest_of(command, compose(config or COMMANDS[command].configuration, list(words)))


def cited_by(command, *words, config=None):
    """Keys of the references of a result, and the rows of evidence with who cites them."""
    uses = uses_of(manifest(command, *words, config=config))
    keys = {key for section in uses.references.values() for key in section}
    return keys, " ".join(text for users in uses.references["documents"].values() for text in users), uses


# --- the bibliography


def texts_that_name_sources():
    texts = [row["source"] or "" for row in parameter_table()]
    texts += [f"{kind.source} {kind.meaning} {kind.claim.mechanism}" for kind in LEVER_KINDS.values()]
    for name in group_names("structure"):
        comments = (ROOT / "configs" / "structure" / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
        texts.append(" ".join(line.lstrip("# ") for line in comments if line.startswith("#")))
    return texts


def test_every_reference_named_as_a_source_has_an_entry():
    named = {name for text in texts_that_name_sources() for name in named_in(text)}
    assert {"Reuter and Kleiman 1986", "Goldstein 1979", "Finn and Stalans 2016", "Nagin 2013"} <= named
    assert not {name for name in named if key_of_name(name) is None}


def test_every_entry_is_used():
    asks = {path.parent.name for path in (ROOT / "experiments" / "questions").glob("*/estimand.py")}
    designs = set(SweepSpecification.model_fields["design"].annotation.__args__)
    tokens = {"model", "data", *(f"data:{preset}" for preset in group_names("market")), *(f"asks:{one}" for one in asks)}
    tokens |= {f"design:{one}" for one in designs} | {
        f"command:{name}" for name in (*COMMANDS, "tests", "robustness", "screening")
    }
    named = {name for text in texts_that_name_sources() for name in named_in(text)}
    of_rows = {key for fact in evidence().values() for key in fact.sources}
    for one in bibliography().values():
        if one.key in sources():
            assert one.key in of_rows
            continue
        assert one.used_for and set(one.used_for) <= tokens | {PARAMETERS}, one.key
        assert (PARAMETERS in one.used_for) == (one.name in named), one.key


def test_entries_are_whole():
    for one in bibliography().values():
        assert one.bibtex.count("{") == one.bibtex.count("}") and one.bibtex.startswith(f"@{one.kind}{{{one.key},")
        assert one.fields["title"] in one.text and "{" not in one.text and ".." not in one.text, one.key
        assert not re.search(r"(?<!\\)[&%#]", re.sub(r"(?m)^  (doi|url) = .*$", "", one.bibtex)), one.key
    assert not set(bibliography()) & {"assumption"}


def test_an_entry_as_text_and_as_bibtex():
    one = bibliography()["goldstein-1979"]
    assert one.text == (
        "Goldstein, Herman (1979). Improving policing: a problem-oriented approach. Crime & Delinquency 25(2), 236-258"
    )
    assert r"  journal = {Crime \& Delinquency}," in one.bibtex.splitlines()
    assert "usedfor" not in one.bibtex
    assert bibliography()["lavaud-legendre-2023"].bibtex.startswith("@misc{lavaud-legendre-2023,\n  author = {{Bénédicte")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("  year = {1979},", "  year = 1979,"), "cannot be read"),
        (("@article{goldstein-1979,", "@article{nagin-2013,"), "repeats a key"),
        (("  usedfor = {asks:displacement},\n", ""), "eck-1993, which has no usedfor"),
    ],
)
def test_a_damaged_file_is_refused_by_line(tmp_path, monkeypatch, change, said):
    text = (FOLDER / "references.bib").read_text(encoding="utf-8")
    (tmp_path / "references.bib").write_text(text.replace(*change, 1), encoding="utf-8")
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    with pytest.raises(DataError, match=f"references.bib, line \\d+: .*{said}") as caught:
        module._read_file()
    assert "\n" not in str(caught.value)


def test_a_file_that_ends_early_is_refused(tmp_path, monkeypatch):
    text = (FOLDER / "references.bib").read_text(encoding="utf-8")
    (tmp_path / "references.bib").write_text(text.rstrip().removesuffix("}"), encoding="utf-8")
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    with pytest.raises(DataError, match="does not end public-holidays"):
        module._read_file()


# --- what a result used


def test_dials_that_are_off_are_not_cited():
    off, rows, _ = cited_by("run")
    assert not {"reuter-kleiman-1986", "finn-stalans-2016", "nagin-2013"} & off and {"goldstein-1979", "train-2009"} <= off
    assert "demand.channel_switch" not in rows and "labour.essential" not in rows
    assert "entry.aware_share" in rows, "zero is the fact of E64"
    on, rows, _ = cited_by("run", "structure=[replacement,visible_policing,essential_roles]")
    assert {"reuter-kleiman-1986", "finn-stalans-2016", "nagin-2013"} <= on and "labour.essential" in rows
    assert "goldstein-1979" in on


def test_a_number_of_ones_own_is_not_that_of_the_source():
    _, usual, _ = cited_by("run")
    _, rows, uses = cited_by("run", "labour.pay_low=30", "labour.pay_high=90")
    assert "labour.pay_low" in usual and "labour.pay_low" not in rows and "E07" not in rows
    assert {"labour.pay_low", "labour.pay_high"} <= set(uses.own)
    _, rows, _ = cited_by("run", "outreach.patience_days=9")
    assert "outreach.patience_days" in rows, "a direction holds whatever the size"


def test_levers_that_are_pulled_are_cited():
    assert "lever beds_distant" not in cited_by("run")[1]
    assert "E42 (" in (rows := cited_by("run", "policy=distant_beds")[1]) and "lever beds_distant" in rows
    assert "lever beds_distant" not in cited_by("run", "policy=distant_beds", "policy.levers.beds_distant.intensity=0")[1]
    assert "lever platform_closure" in cited_by("sweep", "sweep=smoke", "sweep.arms=[none,platform_closure]")[1]
    assert "lever prevention" not in cited_by("sweep", "sweep=smoke", "sweep.arms=[none,platform_closure]")[1]
    assert "lever training" in cited_by("frontier")[1]


def test_data_are_those_of_the_preset():
    assert {"insee-etalab", "geonames", "school-holidays"} <= cited_by("run", "market=idf")[0]
    invented, rows, _ = cited_by("run", "market=class")
    assert not {"insee-etalab", "geonames"} & invented and "public-holidays" in invented
    assert "market." not in rows, "sizes of invented places have no source"


@pytest.mark.parametrize(
    ("command", "words", "has", "has_not"),
    [
        ("test", ["hypothesis=displacement"], {"eck-1993", "wheeler-ratcliffe-2018"}, {"kitagawa-1955", "morris-1991"}),
        ("test", ["hypothesis=specialisation"], {"kitagawa-1955"}, {"eck-1993"}),
        ("sensitivity", [], {"morris-1991", "saltelli-2002"}, {"deb-2002"}),
        ("sweep", ["sweep=smoke", "sweep.design=sobol", "sweep.rows=4"], {"owen-1998"}, {"mckay-1979", "morris-1991"}),
        ("frontier", [], {"deb-2002"}, {"beaumont-2002"}),
        ("calibrate", [], {"beaumont-2002", "mckay-1979"}, {"deb-2002"}),
    ],
)
def test_methods_are_those_of_the_command(command, words, has, has_not):
    keys, _, _ = cited_by(command, *words)
    assert has <= keys and not has_not & keys


def test_factors_of_a_sweep_are_on():
    assert "reuter-kleiman-1986" in cited_by("sweep", "sweep=smoke", "sweep.factors.entry.boss_elasticity.values=[0.0,1.0]")[0]


def test_rows_held_out_are_cited_where_they_were_compared_only():
    assert not any(number in cited_by("run")[1] for number in held_out())
    validated = cited_by("validate")[1]
    assert all(f"{number} (compared, held out" in validated for number in ("E09", "E21", "E48"))
    assert "E20 (compared" in cited_by("growth")[1] and not any(number in cited_by("calibrate")[1] for number in held_out())
    fitted, _ = fitted_patterns("herault")
    assert fitted and all(f"{name} (" in cited_by("calibrate")[1] for name in fitted if "." not in name)


def test_draws_of_a_posterior_rest_on_its_calibration():
    tree = compose_with_draws("validate", ["market=class", "posterior=published"], Path("results"))
    uses = uses_of(manifest_of("validate", tree))
    rows = str(uses.references["documents"])
    assert "beaumont-2002" in uses.references["methods"] and "fitted" in rows
    assert not any("fitted" in text for text in re.findall(r"E(?:09|2[0-3]|48|49) \([^)]*\)", rows))


def test_hypotheses_of_several_kinds_of_results():
    trees = [compose("test", [f"hypothesis={name}"]) for name in ("displacement", "protection")]
    uses = uses_of(manifest_of("tests", {"seed": 1, "engine": trees[0]["engine"], "hypotheses": trees}))
    rows = str(uses.references["documents"])
    assert "hypothesis displacement" in rows and "hypothesis protection" in rows and "holm-1979" in uses.references["methods"]
    changed = {"short_careers": {"displacement": {"entry.one_off_share": 0.5}}}
    uses = uses_of(manifest_of("structures", {"seed": 1, "hypotheses": {"displacement": trees[0]}, "structures": changed}))
    assert "entry.one_off_share" in str(uses.references["documents"])


# --- the command


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    root = tmp_path_factory.mktemp("cited")
    assert (
        main(["run", *(word for word in TINY if not word.startswith("engine")), "structure=replacement", "--output", str(root)])
        == 0
    )
    (folder,) = (root / "run").iterdir()
    return folder


def test_text_bibtex_and_json(result, capsys):
    status, out, _ = say(capsys, "cite", str(result))
    assert status == 0 and "Reuter, Peter and Kleiman, Mark A. R. (1986)" in out and "entry.boss_elasticity" in out
    assert max(map(len, out.splitlines())) <= 200 and "Set by the configuration" in out
    status, bibtex, _ = say(capsys, "cite", str(result), "--bibtex")
    keys = re.findall(r"(?m)^@[a-z]+\{([a-z0-9-]+),$", bibtex)
    assert status == 0 and len(keys) == len(set(keys)) and {"plansim", "reuter-kleiman-1986", "lavaud-legendre-2023"} <= set(keys)
    told = json.loads(say(capsys, "cite", str(result), "--json")[1])
    assert [one["key"] for one in told["references"]] == keys and told["command"] == "run"
    assert all(one["text"] and one["bibtex"] and one["used_for"] for one in told["references"])
    assert "version 0." in bibtex, "the version that made the result"


def test_the_order_is_that_of_the_sections(result):
    found = describe(
        json.loads((result / "manifest.json").read_text()), uses_of(json.loads((result / "manifest.json").read_text()))
    )
    sections = [one["section"] for one in found["references"]]
    assert sections == sorted(sections, key=["model", "documents", "literature", "methods", "data"].index)


@pytest.mark.parametrize("content", [None, "", "{", '{"a": 1}', "[]"])
def test_what_is_no_result_gets_one_line(content, tmp_path, capsys):
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    status, out, err = say(capsys, "cite", str(tmp_path))
    assert status in (1, 2) and out == "" and len(err.splitlines()) == 1 and str(tmp_path) in err and "Traceback" not in err


@pytest.mark.parametrize("words", [[], ["a", "b"]])
def test_one_folder_is_needed(words, capsys):
    status, out, err = say(capsys, "cite", *words)
    assert (status, out) == (2, "") and err.startswith("plansim: cite: one result folder is needed")


def test_bibtex_is_for_cite_alone(capsys):
    assert say(capsys, "show", "x", "--bibtex")[2].startswith("plansim: --bibtex: only for cite")
