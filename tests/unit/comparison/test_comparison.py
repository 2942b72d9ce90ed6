"""`plansim compare`: policies on the same worlds; differences, intervals, what cannot be seen, mistakes."""

import json
import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.cli import main, split_words
from experiments.commands.compare import compare, repeat_row
from experiments.comparison.plan import plan_comparison, with_arms
from experiments.comparison.report import sentence_of
from experiments.comparison.results import COST, LEADING, Comparison, best_of, cost_of, is_precise, series_of, summarise, table_of
from experiments.comparison.runs import run_pair
from experiments.configuration.composition import compose
from experiments.statistics.intervals import mean_interval
from experiments.store.files import StoreError
from experiments.store.result import Options
from experiments.sweeps.plan import plan_sweep
from experiments.sweeps.runs import rows_of
from experiments.sweeps.specification import UNITS
from sim.configuration import ConfigurationError
from sim.simulation import Simulation
from tests.sweep_worlds import TINY, laid_over, say

POLICIES = ["none", "venue_crackdown", "outreach_online"]
WORDS = ["compare", *POLICIES, *TINY, "n_pairs=4"]


def composed(*words, policies=POLICIES):
    """A composed comparison with its policies in it."""
    return with_arms(compose("compare", [f"policies=[{','.join(policies)}]", *laid_over([*TINY, "n_pairs=4"], words)]))


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A finished comparison."""
    root = tmp_path_factory.mktemp("results")
    assert main([*WORDS, "--output", str(root)]) == 0
    return Comparison(next((root / "compare").iterdir()))


# --- numbers


def test_differences_are_paired_and_have_the_interval_of_a_mean(done):
    rows, table = done.rows, done.table.set_index(["outcome", "arm"])
    assert len(rows) == 4 * len(POLICIES) and rows.groupby("pair")["seed"].nunique().eq(1).all()
    wide = rows.pivot(index="pair", columns="arm", values="encounters_per_person_day")
    for arm in POLICIES[1:]:
        wanted = mean_interval((wide[arm] - wide["none"]).to_numpy())
        found = table.loc[("encounters_per_person_day", arm), ["difference", "difference_low", "difference_high"]]
        assert tuple(found) == pytest.approx(wanted[:3])
    assert np.isnan(table.loc[("encounters_per_person_day", "none"), "difference"]), "the base has no difference to itself"


def test_a_world_is_that_of_the_policy_alone_run_straight(done):
    plan = plan_comparison(done._result.manifest["configuration"])
    row = done.rows[(done.rows["pair"] == 2) & (done.rows["arm"] == "venue_crackdown")].iloc[0]
    tree = compose("config", [*(word for word in TINY if not word.startswith("engine")), "policy=venue_crackdown"])
    from experiments.configuration.composition import split_model

    world = Simulation(split_model(tree)[0].model_copy(update={"seed": plan.task(2).seed}))
    world.run()
    assert world.ledger_sha256().startswith(row["ledger_sha256"])


def test_its_outcomes_are_those_of_a_sweep_over_the_same_policies(done):
    words = [f"sweep.arms=[{','.join(POLICIES)}]", "sweep.contrasts=none", "sweep.replicates=4", "sweep.outcomes=all"]
    plan = plan_sweep(compose("sweep", [*TINY, *words]))
    for id in (0, 4, 11):
        swept = rows_of(plan.task(id))[0]
        row = done.rows.set_index("id").loc[id]
        assert (row["arm"], row["seed"], row["ledger_sha256"]) == (swept["arm"], swept["seed"], swept["ledger_sha256"])
        names = [name for name in plan.shared.columns if name in UNITS]
        np.testing.assert_array_equal(row[names].to_numpy(float), [swept[name] for name in names])


def test_before_and_after_are_apart(done):
    summary, rows = done.summary, done.rows
    assert (summary["before"]["first_day"], summary["before"]["last_day"]) == (5, 19)
    assert (summary["window"]["first_day"], summary["window"]["last_day"]) == (20, 59)
    assert summary["window"]["first_date"] == "2021-01-24"
    assert rows.groupby("pair")[f"before_{LEADING}"].nunique().eq(1).all(), "the past is one for all policies"
    series = done.series[done.series["arm"] == "venue_crackdown"]
    past = series[series["window"] == "before"]
    assert len(past) == 3 * 2 and (past["first_day"] < 20).all() and not past["difference"].any()
    assert series["first_day"].max() + 7 <= 60 and (series["first_day"] % 7 == 20 % 7).all()


def test_the_series_add_up_to_the_outcome(done):
    days = done.series[(done.series["series"] == LEADING) & (done.series["window"] == "measured")]
    one = done.rows[done.rows["pair"] == 0].set_index("arm")
    for arm in POLICIES:
        weekly = one.loc[arm, f"weekly_{LEADING}"][2:]
        assert len(weekly) == 5 == (days["arm"] == arm).sum()
        assert abs(np.mean(weekly) - one.loc[arm, LEADING]) <= 0.2 * one.loc[arm, LEADING] + 1.0  # five days are in no whole week


def test_what_the_days_cannot_contain_has_a_reason_and_no_number(done, capsys):
    found = done.summary["outcomes"]["lasting_exits"]
    assert found["reason"] == "not observable in this window (needs 365 days after an exit: from day 385 on)"
    for mean in found["policies"].values():
        assert (mean["estimate"], mean["low"], mean["high"]) == (None, None, None)
    assert found["policies"]["venue_crackdown"]["difference"]["estimate"] is None
    row = done.table[done.table["outcome"] == "lasting_exits"]
    assert row[["mean", "difference"]].isna().all(axis=None) and (row["observed_days"] == 0).all()
    assert main(["show", str(done.folder)]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("lasting exits "))
    assert "not observable" in line and "0.00" not in line


def test_an_outcome_that_can_be_counted_on_some_days_says_on_how_many():
    plan = plan_comparison(composed("days=400", "n_pairs=2"))
    rows = plan.table([row for pair in range(2) for row in run_pair(plan.task(pair))]).to_pandas()
    tables = {"table": table_of(plan, rows), "series": series_of(plan, rows), "cost": cost_of(plan, rows)}
    outcomes = summarise(plan, rows, tables)["outcomes"]
    assert outcomes["lasting_exits"]["observed_days"] == 15 and "reason" not in outcomes["lasting_exits"]
    assert "observed_days" not in outcomes["exits"]


# --- a known truth


def made_up(effects, pairs=40, cost=1_000.0):
    """A plan over days 20 to 59 and rows in which each policy lowers exploitation by so much on average, at a cost."""
    plan = plan_comparison(composed(f"n_pairs={pairs}", policies=["none", *effects]))
    rng = np.random.default_rng(7)
    level, blank = 30.0 + rng.normal(0.0, 5.0, pairs), run_pair(plan.task(0))
    rows = []
    for arm, effect in {"none": 0.0, **effects}.items():
        template = next(row for row in blank if row["arm"] == arm)
        for pair in range(pairs):
            noise = rng.normal(0.0, 0.5) if arm != "none" else 0.0
            more = {LEADING: level[pair] - effect + noise, COST: cost if arm != "none" else 0.0}
            rows.append(template | {"pair": pair, "ledger_sha256": f"{arm}{pair}"} | more)
    return plan, pd.DataFrame(rows)


def test_cost_and_effect_of_a_known_truth():
    plan, rows = made_up({"venue_crackdown": 2.0, "prevention": 0.0})
    cost = cost_of(plan, rows).set_index("arm")
    known = cost.loc["venue_crackdown"]
    assert known["avoided_low"] < 2.0 * 40 < known["avoided_high"] and known["avoided_high"] - known["avoided_low"] < 20.0
    assert known["eur_each_low"] < 1_000.0 / 80.0 < known["eur_each_high"]
    assert known["change_percent_low"] < -100.0 * 2.0 / 30.0 < known["change_percent_high"] < 0.0 and known["fewer"] == 1.0
    assert cost.loc["prevention", ["eur_each", "eur_each_low"]].isna().all(), "no clear fall, no price of it"


def test_the_best_and_those_that_cannot_be_told_apart_from_it():
    plan, rows = made_up({"venue_crackdown": 2.0, "prevention": 1.99})
    best = best_of(plan, rows)
    assert {best["policy"], *best["not_told_apart"]} == {"venue_crackdown", "prevention"}
    assert best["more_under_others"]["none"]["low"] > 1.5


@pytest.mark.parametrize(
    ("effect", "said"),
    [
        (3.0, ["fewer exploitation person-days a day than none", "less in 40 of 40 pairs", "EUR per person-day avoided"]),
        (-3.0, ["more exploitation person-days a day than none", "less in 0 of 40 pairs", "1,000 (no spread) EUR more"]),
        (0.0, ["no difference to none that can be told from zero"]),
    ],
)
def test_the_sentence_of_a_policy_says_how_much_how_surely_at_what_cost(effect, said):
    plan, rows = made_up({"venue_crackdown": effect})
    summary = summarise(plan, rows, {"table": table_of(plan, rows), "cost": cost_of(plan, rows)})
    sentence = sentence_of(summary, "venue_crackdown")
    assert all(part in sentence for part in said), sentence
    assert ("EUR per person-day" in sentence) == (effect > 0.0)


def test_a_policy_that_does_nothing_is_called_identical():
    tree = composed(policies=["none", "venue_crackdown"])
    tree["arms"]["idle"] = {"name": "idle", "levers": {"street_patrol": {"intensity": 0.0}}}
    plan = plan_comparison(tree)
    rows = plan.table([row for pair in range(3) for row in run_pair(plan.task(pair))]).to_pandas()
    summary = summarise(plan, rows, {"table": table_of(plan, rows), "cost": cost_of(plan, rows)})
    assert "idle" in summary["identical"] and "to the bit" in sentence_of(summary, "idle")
    zero = summary["outcomes"][LEADING]["policies"]["idle"]["difference"]
    assert (zero["estimate"], zero["low"], zero["high"]) == (0.0, 0.0, 0.0)


def test_a_lever_with_a_start_of_its_own_sets_the_window_of_all():
    tree = composed(policies=["none", "venue_crackdown", "prevention"])
    tree["arms"]["prevention"]["levers"]["prevention"]["start"] = 15
    plan = plan_comparison(tree)
    assert (plan.start, plan.first, plan.days_before) == (15, 15, (5, 15))
    tree["arms"]["prevention"]["levers"]["prevention"]["start"] = 2
    plan = plan_comparison(tree)
    assert (plan.start, plan.first, plan.days_before, plan.weeks.before) == (2, 5, None, 0)
    row = run_pair(plan.task(0))[0]
    assert np.isnan(row[f"before_{LEADING}"]) and np.isfinite(row[LEADING])


# --- pairs


def test_precision_stops_at_the_first_look_that_is_narrow_enough(capsys, tmp_path):
    words = [word for word in WORDS if not word.startswith("n_pairs")]
    status, out, _ = say(capsys, *words, "precision=true", "effect_unit=1000", "--output", str(tmp_path), "--json")
    summary = json.loads(out)
    assert (status, summary["pairs"], summary["precise"], summary["effect_unit"]) == (0, 50, True, 1000.0)
    assert main(["show", str(next((tmp_path / "compare").iterdir()))]) == 0
    assert "chunks are finished" not in capsys.readouterr().out, "pairs that are not needed are not missing"


def test_precision_is_that_of_every_policy():
    plan, rows = made_up({"venue_crackdown": 2.0, "prevention": 1.0})
    wild = rows.copy()
    wild.loc[wild["arm"] == "prevention", LEADING] += np.random.default_rng(1).normal(0.0, 50.0, 40)
    assert is_precise(plan, rows) and not is_precise(plan, wild)


def test_chunks_do_not_depend_on_how_many_looks_are_needed():
    few, many = plan_comparison(composed("n_pairs=50")), plan_comparison(composed("precision=true"))
    assert [chunk.tasks[0].pair for chunk in few.blocks[0]] == [chunk.tasks[0].pair for chunk in many.blocks[0]]
    chunks = [chunk for block in many.blocks for chunk in block]
    assert [chunk.id for chunk in chunks] == list(range(len(chunks)))
    assert [task.pair for chunk in chunks for task in chunk.tasks] == list(range(400))


# --- results


def test_it_leaves_tables_figures_and_a_page(done):
    names = {path.name for path in done.folder.iterdir()}
    assert {"table.parquet", "series.parquet", "cost.parquet", "result.png", "cost_and_effect.svg", "report.html"} <= names
    page = (done.folder / "report.html").read_text(encoding="utf-8")
    opening = page[: page.index("<figure")]
    assert "Least exploitation under" in opening and "days 20 to 59" in opening and "days 5 to 19" in opening
    assert "EUR per person-day avoided" in opening and "<details>" in page
    assert "plansim compare none venue_crackdown outreach_online market=class" in page


def test_a_stored_one_is_read_and_not_run_again(done, monkeypatch):
    monkeypatch.setattr("experiments.commands.compare.run_and_finish", lambda *_: pytest.fail("it is stored"))
    given = dict(word.split("=") for word in [*TINY, "n_pairs=4"])
    again = compare(POLICIES, given, Options(root=done.folder.parent.parent))
    assert again.folder == done.folder and again.summary == done.summary
    assert list(again.table["arm"].unique()) == POLICIES and len(again.cost) == 2


def test_python_takes_plain_values_and_a_mistake_is_one_line(tmp_path):
    given = {"market": "class", "market.clients": 150, "market.searches_per_day": 20.0, "days": 60, "burn_in": 5}
    few = given | {"policy.start_day": 20, "n_pairs": 2, "engine": "serial"}
    found = compare(["none", "prevention"], few, Options(root=tmp_path))
    assert found.summary["pairs"] == 2 and set(found.rows["arm"]) == {"none", "prevention"}
    with pytest.raises(ConfigurationError, match="nope: unknown"):
        compare(["none", "nope"], given, Options(root=tmp_path))


def test_an_interrupted_one_goes_on(capsys, tmp_path, monkeypatch):
    from experiments.commands import compare as command

    whole, calls = command.run_missing, []

    def stop(chunks, *rest):
        calls.append(len(chunks))
        whole(chunks[:1], *rest)
        raise KeyboardInterrupt

    words = ["compare", "none", "prevention", *TINY, "n_pairs=70", "--output", str(tmp_path)]
    monkeypatch.setattr(command, "run_missing", stop)
    assert main(words) == 130 and calls[0] > 1
    monkeypatch.setattr(command, "run_missing", whole)
    status, out, _ = say(capsys, *words)
    folder = Path(out.strip().splitlines()[-1].removeprefix("Result: "))
    rows = Comparison(folder).rows
    assert status == 0 and rows["id"].tolist() == list(range(140))


def test_a_row_is_repeated_to_the_bit(done, capsys):
    assert main(["rerun", str(done.folder), "7"]) == 0
    assert "row 7: equal" in capsys.readouterr().out
    row = repeat_row(done._result.manifest["configuration"], 7)
    assert (row["arm"], row["pair"]) == ("venue_crackdown", 2)


def test_a_question_in_sql(done, capsys):
    question = f"SELECT arm, count(*) AS pairs, avg({LEADING}) AS mean FROM rows GROUP BY arm ORDER BY arm"
    assert main(["show", str(done.folder), "--sql", question, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [row[:2] for row in answer["rows"]] == [["none", 4], ["outreach_online", 4], ["venue_crackdown", 4]]


def test_the_manifest_holds_the_policies(done):
    arms = done._result.manifest["configuration"]["arms"]
    assert list(arms) == POLICIES and arms["venue_crackdown"]["levers"]["venue_inspection"]["intensity"] == 40.0


def test_a_file_counts_by_its_content_and_its_name(monkeypatch):
    files = {"./mine.yaml": {"levers": {"prevention": {"intensity": 1.0}}}, "none": {"name": "none", "levers": {}}}
    monkeypatch.setattr("experiments.comparison.plan.read_group", lambda group, name: files[name])
    tree = compose("compare", [*split_words("compare", ["none", "./mine.yaml"])[0], *TINY])
    plan = plan_comparison(with_arms(tree))
    assert plan.policies == ("none", "mine") and with_arms(tree)["arms"]["mine"]["levers"]
    files["./other/mine.yaml"] = files["./mine.yaml"]
    with pytest.raises(ConfigurationError, match="./mine.yaml and ./other/mine.yaml have one name"):
        with_arms(tree | {"policies": ["none", "./mine.yaml", "./other/mine.yaml"]})


def test_another_result_is_no_comparison(tmp_path, capsys):
    with pytest.raises(StoreError, match="holds no result"):
        Comparison(tmp_path)
    words = ["sweep", *TINY, "sweep.arms=[none,prevention]", "sweep.replicates=1"]
    _, out, _ = say(capsys, *words, "--output", str(tmp_path))
    with pytest.raises(StoreError, match="of sweep, not of a comparison"):
        Comparison(out.strip().splitlines()[-1].removeprefix("Result: "))


# --- mistakes


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ([], ["two policies or more", "none given", "plansim compare none venue_crackdown"]),
        (["none"], ["two policies or more", "1 given"]),
        (["none", "none"], ["none is given twice"]),
        (["none", "venue_crackdwn"], ["policy=venue_crackdwn: unknown", "venue_crackdown"]),
        (["none", "prevention", "policy=training"], ["policy=training", "takes its policies as words"]),
        (["none", "prevention", "policy.levers.street_patrol.intensity=1"], ["takes its policies as words"]),
        (["none", "prevention", "n_pairs=1"], ["n_pairs=1", "2 to"]),
        (["none", "prevention", "n_pairs=10", "precision=true"], ["n_pairs: ", "leave one"]),
        (["none", "prevention", "precision=maybe"], ["precision='maybe'", "true or false"]),
        (["none", "prevention", "effect_unit=-1"], ["effect_unit=-1", "above zero"]),
        (["none", "prevention", "effect_unit=much"], ["effect_unit='much'", "above zero"]),
        (["none", "prevention", "days=300"], ["prevention begins on day 365", "days=300", "policy.start_day"]),
        (["none", "prevention", "labour.bondng=1"], ["labour.bondng", "labour.bonding"]),
        (["none", "prevention", "engine.workers=-1"], ["engine.workers=-1"]),
        (["none", "prevention", "policies=[none,training]"], ["policies", "given twice"]),
        (["policies=7"], ["policies=7", "a list of names or files"]),
        (["none", "venue_crackdown", "budget=-5"], ["budget=-5"]),
    ],
)
def test_a_mistake_gets_one_line_and_leaves_nothing(words, named, capsys, tmp_path):
    status, out, err = say(capsys, "compare", *words, "--output", str(tmp_path))
    assert (status, out) == (2, "") and err.startswith("plansim: ") and len(err.strip().splitlines()) == 1
    assert "Traceback" not in err and all(word in err for word in named), err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ({"levers": {"street_patrl": {"intensity": 1.0}}}, ["mine", "street_patrl"]),
        ({"levers": {"street_patrol": {"intensity": -1.0}}}, ["mine", "intensity"]),
        ({"levers": {"venue_inspection": {"intensity": 1.0, "territory": "Atlantis"}}}, ["mine", "Atlantis"]),
        ({"levers": ["street_patrol"]}, ["mine", "levers"]),
        ({"levers": {"street_patrol": 2.0}}, ["mine", "street_patrol"]),
        ({"levers": None}, ["mine", "levers"]),
        ({"levrs": {}}, ["mine", "levrs"]),
        ({"levers": {"street_patrol": {"intensity": 1.0, "start": 60}}}, ["mine begins on day 60", "days=60"]),
        ({"levers": {}}, ["no policy has a lever"]),
    ],
)
def test_a_policy_that_cannot_be_is_named(content, named):
    tree = composed(policies=["none", "prevention"])
    tree["arms"] = {"none": tree["arms"]["none"], "mine": content}
    with pytest.raises(ConfigurationError) as error:
        plan_comparison(tree)
    assert all(word in str(error.value) for word in named) and "\n" not in str(error.value), error.value


@pytest.mark.parametrize(
    "words",
    [
        ["days=23", "burn_in=18"],  # no whole week
        ["policy.start_day=59"],  # a single day
    ],
)
def test_a_few_days_end_no_comparison(words, capsys, tmp_path, painted):
    given = laid_over(["compare", "none", "venue_crackdown", *TINY, "n_pairs=2"], words)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        status, out, err = say(capsys, *given, "--output", str(tmp_path))
    assert status == 0 and "Result: " in out and "nan" not in out.lower(), err
    json.loads(next(tmp_path.glob("compare/*/summary.json")).read_text())


@pytest.mark.slow
def test_a_first_look_says_where_its_picture_is(tmp_path, capsys):
    status, out, _ = say(capsys, "demo", "--output", str(tmp_path))
    (folder,) = (tmp_path / "compare").iterdir()
    named = re.search(r"picture: (\S+) in that folder", out)[1]
    assert status == 0 and (folder / named).is_file() and "Least exploitation under" in out
    status, out, err = say(capsys, "demo", "market=france", "--output", str(tmp_path))
    assert (status, out) == (2, "") and "market=france" in err and len(err.splitlines()) == 1
