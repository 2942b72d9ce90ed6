"""Commands from Python: the same results as by the command line, as tables, drawn on axes that one hands in."""

import json

import matplotlib.pyplot as plt
import pytest

from experiments import api
from experiments.store.files import StoreError, StoreFailure
from sim.configuration import ConfigurationError
from sim.market import Market
from tests.sweep_worlds import say

SMALL = {"days": 110, "burn_in": 10, "policy.start_day": 40, "market.clients": 100, "market.searches_per_day": 8}
TESTED = SMALL | {"hypothesis.transient_days": 10, "hypothesis.adapted_days": 60, "engine.workers": 1}
WORDS = [f"{key}={value}" for key, value in TESTED.items()]


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def tested(output):
    return api.test("displacement", market="class", n_pairs=3, scenarios="controls", overrides=TESTED, output=output)


def test_a_world_is_that_of_the_command_and_of_a_market(output, capsys):
    found = api.run(market="class", seed=4, policy="venue_crackdown", overrides=SMALL, output=output)
    living = Market("class", seed=4, policy="venue_crackdown", overrides=SMALL)
    living.run()
    assert found.summary["ledger_sha256"] == living.ledger_sha256()
    assert found.table.loc["encounters", "value"] == living.outcomes()["encounters"]["value"]
    assert len(found.frame("ledger_days")) == 110
    words = [f"{key}={value}" for key, value in SMALL.items()]
    _, out, _ = say(capsys, "run", "market=class", "seed=4", "policy=venue_crackdown", *words, "--output", str(output), "--json")
    assert json.loads(out) == found.summary, "the same folder"
    with pytest.raises(ValueError, match="one world is an example"):
        found.plot()
    with open(found.folder / "ledger_days.parquet", "ab") as file:
        file.write(b"more")
    with pytest.raises(StoreFailure, match="ledger_days.parquet is damaged"):
        found.frame("ledger_days")


def test_a_test_is_found_finished_and_drawn_on_axes_of_ones_own(tested, output):
    made = (tested.folder / "summary.json").stat().st_mtime_ns
    again = api.test("displacement", market="class", n_pairs=3, scenarios="controls", overrides=TESTED, output=output)
    assert again.folder == tested.folder and (again.folder / "summary.json").stat().st_mtime_ns == made
    row = again.table.loc["displacement"]
    assert row["low"] <= row["estimate"] <= row["high"] and row["pairs"] == 3 and row["unit"] == "exploitation person-days a day"
    figure, (left, right) = plt.subplots(1, 2)
    assert again.plot(right) is right and not left.get_lines() and right.get_xlabel() == row["unit"]
    drawn = [line.get_xdata() for line in right.get_lines()]
    assert any(list(x) == [row["low"], row["high"]] for x in drawn)
    plt.close(figure)
    assert "displacement" in again._repr_html_() and str(again.folder) in repr(again)


def test_a_sweep_has_a_row_for_each_arm_and_outcome(output):
    factors = {"sweep.factors.labour.bonding": [0.0, 1.0], "sweep.replicates": 2, "engine.workers": 1}
    found = api.sweep(market="class", overrides=SMALL | factors, output=output)
    assert len(found.frame()) == 4 and found.table.index.names == ["arm", "outcome"]
    (arm,) = found.table.index.get_level_values("arm").unique()
    shown = found.table.loc[(arm, "person_days_in_spell")]
    assert shown["estimate"] == pytest.approx(found.frame()["person_days_in_spell"].mean())
    axes = found.plot(unit=shown["unit"])
    assert axes.get_xlabel() == shown["unit"]
    plt.close(axes.figure)
    with pytest.raises(ValueError, match="no estimate has it; valid: "):
        found.plot(unit="miles")


@pytest.fixture(scope="module")
def compared(output):
    few = SMALL | {"engine.workers": 1}
    return api.compare("none", "venue_crackdown", "outreach_street", market="class", n_pairs=3, overrides=few, output=output)


def test_a_comparison_is_drawn_on_axes_of_ones_own(compared):
    outcomes, policies = compared.summary["outcomes"], compared.summary["policies"]
    figure, (left, right) = plt.subplots(1, 2)
    assert compared.plot(right) is right and not left.get_lines()
    names = [label.get_text() for label in right.get_yticklabels()]
    assert names[0] == "exploitation: person days in spell, venue_crackdown" and len(names) == 4, "two outcomes, two policies"
    unit = outcomes["person_days_in_spell"]["unit"]
    assert right.get_xlabel() == f"{unit}, minus none"
    drawn = [list(line.get_xdata()) for line in right.get_lines()]
    for policy in policies[1:]:
        difference = outcomes["minors_person_days_in_spell"]["policies"][policy]["difference"]
        assert [difference["low"], difference["high"]] in drawn and [difference["estimate"]] in drawn
    plt.close(figure)
    axes = compared.plot(unit=outcomes["public_cost"]["unit"])
    assert [label.get_text() for label in axes.get_yticklabels()] == [f"public cost, {policy}" for policy in policies[1:]]
    plt.close(axes.figure)
    with pytest.raises(ValueError, match=r"unit='miles': no headline outcome has it; valid: person-days/day, "):
        compared.plot(unit="miles")


def test_a_comparison_opened_by_its_folder_has_the_same_differences(compared):
    opened = api.open_result(compared.folder).table.loc[("exits", "venue_crackdown")]
    row = compared.table.set_index(["outcome", "arm"]).loc[("exits", "venue_crackdown")]
    assert (opened["estimate"], opened["low"], opened["unit"]) == (row["difference"], row["difference_low"], row["unit"])


def test_figures_are_drawn_as_pdf_too_where_a_width_is_given(compared, output, tmp_path):
    assert not list(compared.folder.glob("*.pdf"))
    few = {"market": "class", "n_pairs": 3, "overrides": SMALL | {"engine.workers": 1}, "output": output}
    again = api.compare("none", "venue_crackdown", "outreach_street", pdf=85, **few)
    assert again.folder == compared.folder
    drawn = {path.stem for path in again.folder.glob("*.pdf")}
    assert drawn == {path.stem for path in again.folder.glob("*.png")} and "result" in drawn
    world = api.run(market="class", overrides=SMALL, output=tmp_path, pdf="column")
    assert (world.folder / "map.pdf").exists()
    with pytest.raises(ConfigurationError, match=r"^pdf=wide: no width; valid: column"):
        api.run(market="class", overrides=SMALL, output=tmp_path, pdf="wide")


def test_what_there_is_is_listed_newest_first(tested, output):
    listed = api.results(output)
    assert str(tested.folder) in listed.index and listed.loc[str(tested.folder), "command"] == "test"
    assert listed["created_utc"].is_monotonic_decreasing and (listed["state"] == "finished").all()
    assert api.open_result(tested.folder.name[:-3], output).folder == tested.folder
    assert api.results(output / "none").empty
    assert api.open_result(tested.folder).summary == tested.summary


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (lambda output: api.run(market="clas", output=output), "market=clas: unknown"),
        (lambda output: api.run(market="class", overrides={"labour.bond": 1}, output=output), "labour.bond"),
        (lambda output: api.test("displacment", output=output), "hypothesis=displacment: unknown"),
        (lambda output: api.sweep("not_there", output=output), "sweep=not_there: unknown"),
    ],
)
def test_mistakes_are_the_lines_of_the_command_line(asked, says, tmp_path):
    with pytest.raises(ConfigurationError, match=says) as caught:
        asked(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_result_is_refused_and_one_that_is_not_finished_has_no_table(tested, tmp_path):
    with pytest.raises(StoreError, match="manifest|no result"):
        api.open_result(tmp_path)
    begun = tmp_path / "begun"
    begun.mkdir()
    (begun / "manifest.json").write_bytes((tested.folder / "manifest.json").read_bytes())
    unfinished = api.open_result(begun)
    assert unfinished.summary is None
    with pytest.raises(StoreError, match="begun is not finished: make the same call again"):
        _ = unfinished.table


@pytest.fixture
def study(tmp_path, monkeypatch, capsys):
    """A study as `plansim new study` makes it, in the current folder."""
    monkeypatch.chdir(tmp_path)
    assert say(capsys, "new", "study", "mine")[0] == 0
    return tmp_path / "mine"


def test_files_of_a_study_go_by_name_and_by_path_from_its_folder_and_from_another(study, monkeypatch):
    few = {"days": 110, "burn_in": 10, "policy.start_day": 40, "market.clients": 100, "market.searches_per_day": 8}
    parts = {"market": "markets/mine.yaml", "policy": "policies/mine.yaml", "outcome": "outcomes/mine.yaml"}
    names, rule = dict.fromkeys(parts, "mine"), {"policy.levers.helpline.intensity": 0.05}
    elsewhere = api.run(**names, rule="helpline", overrides=few | rule, configs="mine")
    by_path = {part: f"mine/{path}" for part, path in parts.items()} | {"policy": study / parts["policy"]}
    assert api.run(**by_path, rule=["mine/rules/helpline.py"], overrides=few | rule).folder == elsewhere.folder
    monkeypatch.chdir(study)
    both = (names | {"rule": "helpline"}, parts | {"rule": "rules/helpline.py"})
    found = [api.run(**given, overrides=few | rule) for given in both]
    for world in (*found, elsewhere):
        assert world.summary["ledger_sha256"] == elsewhere.summary["ledger_sha256"] and "mine" in world.table.index
        assert world.summary["outcomes"]["public_cost_helpline"]["value"] > 0.0
    tested = TESTED | {"policy.start_day": 40}
    both = [api.test(name, n_pairs=3, scenarios="main", overrides=tested) for name in ("mine", "hypotheses/mine.yaml")]
    assert both[0].folder == both[1].folder and list(both[0].table.index) == ["mine"]
    pair = api.compare("none", "mine", market="mine", outcome="mine", n_pairs=2, overrides=few | {"engine.workers": 1})
    assert pair.summary["policies"] == ["none", "mine"] and "mine" in set(pair.table["outcome"])
    living = Market(study / parts["market"], policy=study / parts["policy"], rules=[study / "rules/helpline.py"], overrides=few)
    assert living.parameters.market.bosses == 25
    monkeypatch.chdir(study.parent)
    with pytest.raises(ConfigurationError, match="market=mine: unknown"):
        api.run(**names, overrides=few)
