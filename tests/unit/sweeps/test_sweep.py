"""`plansim sweep` carried out: the numbers are those of single runs, whatever runs them and however it is interrupted."""

import html
import json
import shlex
import time
from concurrent.futures import BrokenExecutor, Future
from importlib import resources

import numpy as np
import pandas as pd
import pytest

import experiments.commands.sweep as command
from experiments.api import open_result
from experiments.configuration.composition import compose as compose_tree
from experiments.execution.engine import SerialEngine
from experiments.report import style
from experiments.store.result import Options
from experiments.store.store import Store
from experiments.sweeps.figures import heat_maps
from experiments.sweeps.plan import plan_sweep
from experiments.sweeps.results import differences, displaced_share, summarise
from experiments.sweeps.specification import UNITS, read_specification
from sim.configuration import compose, read_group
from sim.measures.outcomes import outcomes
from sim.simulation import Simulation
from tests.sweep_worlds import SWEEP, TINY, laid_over, say, sweep


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The tiny sweep, run once: its folder."""
    from experiments.cli import main

    folder = tmp_path_factory.mktemp("whole")
    assert main([*SWEEP, "--output", str(folder)]) == 0
    return next((folder / "sweep").iterdir())


def test_each_row_is_what_a_single_run_gives(whole):
    frame = open_result(whole).frame()
    assert list(frame["id"]) == list(range(12)) and set(frame["status"]) == {"done"} and frame["error"].isna().all()
    for row in (frame.iloc[3], frame.iloc[8]):
        settings = {word.split("=")[0]: float(word.split("=")[1]) for word in TINY[1:-2]}
        settings = {key: int(value) if key != "market.searches_per_day" else value for key, value in settings.items()}
        policy = read_group("policy", row["arm"])
        settings |= {f"policy.levers.{name}": lever for name, lever in policy["levers"].items()}
        settings |= {"policy.start_day": 20, "seed": int(row["seed"]), "labour.bonding": row["labour.bonding"]}
        run = Simulation(compose("class", overrides=settings))
        run.run()
        assert row["ledger_sha256"] == run.ledger_sha256()[:16]
        found = outcomes(run, 20)  # all arms are measured from the policy's start
        for name in ("exploitation_person_days", "share_of_minors", "exits", "public_cost"):
            assert row[name] == found[name]["value"] or (np.isnan(row[name]) and found[name]["value"] is None)
        held = (run.world.ledger["held_between"] + run.world.ledger["held_outside"])[20:].mean()
        everywhere = run.world.cells["person_days"][20:].sum(axis=1).mean() + held
        assert row["person_days_at_target"] + row["person_days_elsewhere"] == pytest.approx(everywhere)


def test_its_page_says_how_it_is_repeated(whole, capsys):
    page = html.unescape((whole / "report.html").read_text(encoding="utf-8"))
    again = page[page.index("<h2>Again</h2>") :]
    assert "same numbers, to the bit" in again and "RESULT is the name of this folder" in again
    program, *words = shlex.split(again[again.index("<pre>") + 5 : again.index("</pre>")])
    assert program == "plansim" and words[0] == "sweep"
    status, out, _ = say(capsys, *words, "--output", str(whole.parents[1]))
    assert status == 0 and out.rstrip().endswith(str(whole)), "the command finds this very result"


def test_a_finished_sweep_is_reprinted_and_nothing_is_run(whole, capsys, monkeypatch):
    monkeypatch.setattr(command, "run_sweep_chunk", lambda chunk: pytest.fail("it was run again"))
    status, folder, err = sweep(capsys, whole.parents[1])
    assert status == 0 and folder == whole and err == ""
    assert {path.name for path in whole.iterdir()} >= {"manifest.json", "summary.json", "report.html", "progress.log", "rows"}
    log = (whole / "progress.log").read_text()
    assert log.splitlines()[0] == "sweep: runs: 0/12, 0:00:00, begun" and log.splitlines()[-1].startswith("sweep: runs: 12/12")
    assert log.isprintable() or set(log) - {"\n"} <= set(map(chr, range(32, 127)))


@pytest.fixture
def small_chunks(monkeypatch):
    """A chunk a run and a half, so that the tiny sweep has several."""
    monkeypatch.setattr("experiments.sweeps.plan.estimate_seconds", lambda parameters: 0.5)


def test_workers_chunks_and_order_do_not_matter(whole, small_chunks, tmp_path, capsys):
    status, folder, _ = sweep(capsys, tmp_path, "engine.workers=2")
    assert status == 0
    assert len((folder / "chunks.jsonl").read_text().splitlines()) == 6
    assert Store.view(folder).count_files() == 1, "small files are put together at the end"
    theirs, ours = (json.loads((f / "summary.json").read_text()) for f in (whole, folder))
    assert ours["rows_sha256"] == theirs["rows_sha256"] and ours == theirs


def test_it_goes_on_where_it_stopped(whole, small_chunks, tmp_path, capsys, monkeypatch):
    run, seen = command.run_sweep_chunk, []

    def stop_at_the_fourth(chunk):
        if len(seen) == 3:
            raise KeyboardInterrupt
        seen.append(chunk.id)
        return run(chunk)

    monkeypatch.setattr(command, "run_sweep_chunk", stop_at_the_fourth)
    status, out, err = say(capsys, *SWEEP, "--output", str(tmp_path))
    assert status == 130 and err.strip().splitlines()[-1].startswith("plansim: interrupted")
    half = next((tmp_path / "sweep").iterdir())
    assert Store.view(half).finished == {0, 1, 2} and not (half / "summary.json").exists()
    status, out, _ = say(capsys, "show", str(half))
    assert status == 0 and "3 of 6 chunks are finished" in out
    again = []
    monkeypatch.setattr(command, "run_sweep_chunk", lambda chunk: (again.append(chunk.id), run(chunk))[1])
    status, folder, _ = sweep(capsys, tmp_path)
    assert status == 0 and folder == half and again == [3, 4, 5], "no run twice"
    assert Store.view(folder).content_sha256() == Store.view(whole).content_sha256()


def test_shards_together_are_the_whole(whole, small_chunks, tmp_path, capsys):
    parts = [sweep(capsys, tmp_path, f"shard={i}/2")[1] for i in (1, 2)]
    assert [part.name for part in parts] == [f"{whole.name}-shard-{i}-of-2" for i in (1, 2)]
    assert [json.loads((part / "manifest.json").read_text())["shard"] for part in parts] == ["1/2", "2/2"]
    frames = pd.concat([open_result(part).frame() for part in parts])
    pd.testing.assert_frame_equal(frames.sort_values("id", ignore_index=True), open_result(whole).frame())


def test_a_bad_combination_is_a_row_with_its_error_and_the_others_go_on(tmp_path, capsys):
    words = ["sweep.factors.demand.price_start=[60.0,120.0]", "sweep.factors.demand.price_high=[100.0,300.0]"]
    status, folder, err = sweep(capsys, tmp_path, *words)
    assert status == 1 and "12 of 48 rows failed" in err
    frame = open_result(folder).frame()
    failed = frame[frame["status"] == "failed"]
    assert len(failed) == 12 and failed["exits"].isna().all() and failed["ledger_sha256"].isna().all()
    assert (failed["demand.price_start"] == 120.0).all() and (failed["demand.price_high"] == 100.0).all()
    assert failed["error"].str.contains("price_high").all()
    kept = json.loads(failed["configuration"].iloc[0])
    assert kept["demand.price_high"] == 100.0 and kept["seed"] == failed["seed"].iloc[0] and "name" in kept["policy"]
    assert frame[frame["status"] == "done"]["exits"].notna().all()
    summary = json.loads((folder / "summary.json").read_text())
    assert (summary["done"], summary["failed"]) == (36, 12) and "price_high" in summary["failures"][0]["error"]
    status, _, err = sweep(capsys, tmp_path, *words)
    assert status == 1 and "12 of 48 rows failed" in err, "what is reprinted has failed too"


BAD_PRICES = ["sweep.factors.demand.price_start=[60.0,120.0]", "sweep.factors.demand.price_high=[100.0,300.0]"]


def test_rows_that_cannot_run_are_counted_and_named_before_the_first_world(tmp_path, capsys, monkeypatch):
    class Reached(Exception):
        pass

    def no_world(*_, **__):
        raise Reached

    monkeypatch.setattr("experiments.execution.engine.open_engine_from", no_world)
    with pytest.raises(Reached):
        command.execute(compose_tree("sweep", laid_over(SWEEP[1:], BAD_PRICES)), Options(root=tmp_path))
    err = capsys.readouterr().err
    assert "12 of 48 rows cannot run and will be kept as failed" in err
    assert "row 8: demand: price_start (120) must not exceed price_high (100)" in err


def test_a_dry_run_counts_them_too(tmp_path, capsys):
    status, out, _ = say(capsys, *laid_over(SWEEP, BAD_PRICES), "--dry-run", "--json", "--output", str(tmp_path))
    told = json.loads(out)
    assert status == 0 and told["cannot_run"] == 12 and any("12 of 48 rows cannot run" in note for note in told["notes"])


@pytest.mark.parametrize(
    "words, parts",
    [
        (["sweep.first_day=60"], ["none of its 12 rows can run", "sweep.first_day=60", "days=60"]),
        (["start=2036-12-20"], ["none of its 12 rows can run", "the calendar holds"]),
        (["policy.start_day=60"], ["start on day 60", "make days larger"]),
        (["careers.entry_age_low=20"], ["entry_age_low (20) must not exceed entry_age_mean (18.2)"]),
    ],
)
def test_a_sweep_of_which_no_row_can_run_is_refused_at_once(words, parts, tmp_path, capsys):
    status, out, err = say(capsys, *laid_over(SWEEP, words), "--output", str(tmp_path))
    assert status == 2 and out == "" and all(part in err for part in parts) and err.count("\n") == 1
    assert not any(tmp_path.iterdir()), "no result is begun"


@pytest.mark.slow
def test_ten_thousand_rows_are_looked_at_in_seconds():
    plan = plan_sweep(compose_tree("sweep", ["sweep=ten_thousand"]))
    began = time.process_time()
    assert not plan.impossible and len(plan.rows) == 10_000
    assert time.process_time() - began < 20.0, "about 2 s on a free core"


def test_an_exception_in_a_run_is_its_own(tmp_path, capsys, monkeypatch):
    import experiments.sweeps.runs as runs

    measure = runs._measure

    def break_row_five(parameters, task):
        if task.rows[0][0] == 5:
            raise ZeroDivisionError("a model\nthat breaks")
        return measure(parameters, task)

    monkeypatch.setattr(runs, "_measure", break_row_five)
    status, folder, _ = sweep(capsys, tmp_path)
    frame = open_result(folder).frame()
    assert status == 1 and list(frame[frame["status"] == "failed"]["id"]) == [5]
    assert frame["error"][5] == "ZeroDivisionError: a model that breaks"


class DeadlyEngine(SerialEngine):
    """Workers that die of row 5."""

    def submit(self, function, chunk):
        if any(row[0] == 5 for task in chunk.tasks for row in task.rows):
            future = Future()
            future.set_exception(BrokenExecutor())
            return future
        return super().submit(function, chunk)


def test_a_run_that_kills_its_worker_costs_no_other(whole, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("experiments.execution.engine.open_engine_from", lambda *_: DeadlyEngine())
    monkeypatch.setattr("experiments.sweeps.plan.estimate_seconds", lambda parameters: 0.2)
    status, folder, err = sweep(capsys, tmp_path)
    frame, sound = open_result(folder).frame(), open_result(whole).frame()
    assert status == 1 and "1 of 12 rows failed" in err
    assert list(frame[frame["status"] == "failed"]["id"]) == [5] and "died" in frame["error"][5]
    others = frame["id"] != 5
    pd.testing.assert_frame_equal(frame[others], sound[others], check_dtype=False)


def test_a_dry_run_says_how_large_it_is_and_writes_nothing(tmp_path, capsys):
    for words in (["--dry-run"], ["dry_run=true"]):
        status, out, _ = say(capsys, *SWEEP, *words, "--output", str(tmp_path))
        assert status == 0 and "3 points x 2 replicates x 2 arms = 12 rows" in out
        assert all(name in out for name in ("Size", "Runs", "Time", "Disk"))
    status, out, _ = say(capsys, *SWEEP, "--dry-run", "--json", "--output", str(tmp_path), "shard=1/1")
    told = json.loads(out)
    assert told["rows"] == told["runs"] == 12 and told["seconds"] > 0 and told["bytes"] > 1000
    assert not list(tmp_path.iterdir())
    assert say(capsys, "run", "--dry-run")[0] == 2


def test_multirun_makes_a_sweep_for_each(tmp_path, capsys):
    status, _, err = say(capsys, *SWEEP, "seed=1,2", "--multirun", "--output", str(tmp_path))
    assert status == 0, err
    assert len(list((tmp_path / "sweep").iterdir())) == 2


@pytest.mark.usefixtures("painted")
def test_two_factors_make_heat_maps(tmp_path, capsys):
    status, folder, _ = sweep(capsys, tmp_path, "sweep.factors.policy.levers.venue_inspection.intensity=[0.0,40.0]")
    assert status == 0
    assert {"heat_map.png", "heat_map.svg", "heat_map_change.svg"} <= {path.name for path in folder.iterdir()}
    svg = (folder / "heat_map.svg").read_text()
    assert "share of pairs" in svg and "person-days/day" in svg, "axes and colours say their units"
    assert "±" in svg, "each mean is shown with its interval"
    assert "heat map" in (folder / "report.html").read_text()


def hand_made():
    """Two points, two replicates, two arms; the treated arm adds 1 at point 0 and 3 at point 1."""
    rows = []
    for design in (0, 1):
        for replicate in (0, 1):
            for arm, added in (("a", 0), ("b", 1 + 2 * design)):
                rows.append({
                    "id": len(rows), "design": design, "replicate": replicate, "arm": arm, "seed": replicate, "x": design,
                    "exits": 10.0 * replicate + added, "person_days_at_target": 9.0 - 2 * added - replicate * added,
                    "person_days_elsewhere": 5.0 + added, "ledger_sha256": "", "status": "done", "error": None,
                    "configuration": None,
                })  # fmt: skip
    return pd.DataFrame(rows)


def test_means_contrasts_and_displaced_share_by_hand():
    spec = read_specification(
        {"sweep": {"arms": ["none", {"name": "a"}, {"name": "b"}], "contrasts": "a", "factors": {"labour.bonding": [0, 1]}}}
    )
    frame = hand_made()
    summary = summarise(frame, spec)
    exits = summary["outcomes"]["b"]["exits"]
    assert exits["mean"] == 7.0 and exits["replicates"] == 2, "over replicates, each the mean of its points: 2 and 12"
    assert exits["high"] - exits["mean"] == pytest.approx(12.706204736 * 5.0)
    change = summary["contrasts"]["outcomes"]["b"]["exits"]
    assert (change["mean"], change["low"], change["high"]) == (2.0, 2.0, 2.0)
    assert list(differences(frame, "a", UNITS)["exits"]) == [1.0, 1.0, 3.0, 3.0]
    # at the target -4 and -6, elsewhere +2 and +2: but two replicates cannot tell the fall from zero
    assert summary["contrasts"]["displaced_share"]["b"] is None
    change = differences(frame, "a", UNITS)
    many = pd.concat([change.assign(replicate=lambda rows, k=k: rows["replicate"] + 2 * k) for k in range(6)])
    assert displaced_share(many)["estimate"] == pytest.approx(2 / 5)
    assert displaced_share(many)["low"] < 0.4 < displaced_share(many)["high"]


def test_a_failed_twin_leaves_its_pair_out_of_the_contrasts():
    frame = hand_made()
    frame.loc[frame["id"] == 2, "status"] = "failed"
    assert list(differences(frame, "a", UNITS)["exits"]) == [1.0, 3.0, 3.0]
    assert summarise(frame, read_specification({"sweep": {"factors": {"labour.bonding": [0, 1]}}}))["failed"] == 1


@pytest.mark.usefixtures("painted")
def test_a_heat_map_tells_cells_apart_that_differ_by_little_and_shows_both_ends_of_an_uneven_interval(tmp_path):
    mean = np.array([[0.0980, 0.1018]])
    ends = np.array([[0.0970, 0.1010]]), np.array([[0.0990, 0.1040]])
    axes = ("share", [0, 1]), ("persons", [2])
    style.save(heat_maps({"all": mean}, *axes, "exits/day", "Exits", "", intervals={"all": ends}), tmp_path, "map")
    svg = (tmp_path / "map.svg").read_text()
    for text in ("0.0980", "±0.0010", "0.1018", "0.1010 to 0.1040"):
        assert f">{text}<" in svg, text


@pytest.mark.usefixtures("painted")
def test_on_a_two_sided_scale_colour_is_evidence():
    mean, half = np.array([[-3.0, 1.0, np.nan]]), np.array([[1.0, 2.0, np.nan]])
    drawn = {}
    for centre in (0.0, None):
        panels, ends = {"all": mean}, {"all": (mean - half, mean + half)}
        figure = heat_maps(panels, ("share", [0, 1, 2]), ("persons", [2]), "exits/day", "Exits", "", centre, ends)
        drawn[centre] = [np.ma.getmaskarray(image.get_array()).ravel().tolist() for image in figure.axes[0].get_images()]
    assert drawn[0.0] == [[True, False, True], [False, True, True]], "grey where the interval holds zero, else a colour"
    assert drawn[None] == [[False, False, True]]


@pytest.mark.usefixtures("painted")
@pytest.mark.filterwarnings("error")
def test_a_heat_map_shows_no_wide_interval_as_none_and_takes_a_panel_without_values(tmp_path):
    panels = {"all": np.array([[0.0, -0.0004], [0.02, 1234.5]]), "none": np.full((2, 2), np.nan)}
    ends = panels["all"] - 0.004, panels["all"] + 0.004
    axes = ("share", [0, 1]), ("persons", [2, 3])
    style.save(heat_maps(panels, *axes, "exits/day", "Exits", "", intervals={"all": ends}), tmp_path, "map")
    svg = (tmp_path / "map.svg").read_text()
    assert ">±0.0040<" in svg and ">1,234<" in svg and ">±0<" not in svg and "0.000<" not in svg


def test_a_ready_sweep_that_asks_for_lasting_exits_waits_for_them():
    """An exit is lasting after a year, so lasting exits say nothing of a policy that is younger."""
    names = [file.name.removesuffix(".yaml") for file in (resources.files("configs") / "sweep").iterdir()]
    trees = {name: read_group("sweep", name) for name in names}
    concerned = {name: tree for name, tree in trees.items() if "lasting_exits" in tree.get("sweep", {}).get("outcomes", ())}
    assert "outreach_beds" in concerned
    for name, tree in concerned.items():
        assert tree["sweep"]["first_day"] >= tree["policy"]["start_day"] + 365, name


def test_what_cannot_be_seen_in_a_sweep_has_a_reason_and_no_zero(tmp_path, capsys):
    words = ["sweep.outcomes=[lasting_exits,exits,placed]", "sweep.factors.labour.bonding=[0.0,1.0]"]
    status, folder, _ = sweep(capsys, tmp_path, *words)
    summary = json.loads((folder / "summary.json").read_text())
    assert status == 0 and summary["window"]["first_day"] == 20 and summary["window"]["last_day"] == 59
    for means in (*summary["outcomes"].values(), *summary["contrasts"]["outcomes"].values()):
        assert means["lasting_exits"]["mean"] is means["lasting_exits"]["low"] is None
        assert means["lasting_exits"]["reason"] == "not observable in this window (needs 365 days after an exit)"
        assert means["exits"]["mean"] is not None
    assert open_result(folder).frame()["lasting_exits"].isna().all()
    page = (folder / "report.html").read_text()
    assert "lasting exits" in page and "needs 365 days after an exit" in page and "days 20 to 59" in page
    shown = say(capsys, "show", str(folder))[1]
    assert "lasting exits: not observable in this window" in shown and "measured: days 20 to 59" in shown
    assert say(capsys, "rerun", str(folder), "1")[0] == 0


def test_arms_of_a_sweep_are_measured_from_the_first_lever_of_any(tmp_path, capsys):
    late = "{name: late, levers: {demand_campaign: {intensity: 1.0, start: 40}}}"
    early = "{name: early, levers: {demand_campaign: {intensity: 1.0, start: 30}}}"
    words = [f"sweep.arms=[none,{late},{early}]", "sweep.outcomes=[encounters]", "sweep.factors.labour.bonding=[0.0]"]
    _, folder, _ = sweep(capsys, tmp_path, *words)
    frame = open_result(folder).frame()
    assert json.loads((folder / "summary.json").read_text())["window"]["first_day"] == 30
    settings = {word.split("=")[0]: float(word.split("=")[1]) for word in TINY[1:-2]}
    settings = {key: int(value) if key != "market.searches_per_day" else value for key, value in settings.items()}
    run = Simulation(compose("class", overrides=settings | {"seed": int(frame["seed"][0])}))
    run.run()
    assert frame["encounters"][0] == outcomes(run, 30)["encounters"]["value"]


def test_a_baseline_is_measured_over_the_days_of_the_arm_beside_it(tmp_path, capsys):
    """Where the start of a lever is a factor, each start has its own window, for the arm without a policy too."""
    arm = "{name: campaign, levers: {demand_campaign: {intensity: 1.0}}}"
    factor = "sweep.factors.policy.levers.demand_campaign.start=[20,40]"
    words = [word for word in SWEEP if not word.startswith(("sweep.factors", "sweep.arms"))]
    status, out, err = say(capsys, *words, factor, f"sweep.arms=[none,{arm}]", "sweep.outcomes=[encounters]",
                           "--output", str(tmp_path))  # fmt: skip
    assert status == 0, err
    folder = next((tmp_path / "sweep").iterdir())
    assert json.loads((folder / "summary.json").read_text())["window"] is None
    frame = open_result(folder).frame()
    none = frame[(frame["arm"] == "none") & (frame["replicate"] == 0)]
    assert none["ledger_sha256"].nunique() == 1 and none["encounters"].nunique() == 2


def test_what_a_sweep_varies_may_be_zero(tmp_path, capsys):
    arm = "{name: closure, levers: {platform_closure: {platform: 1, intensity: 1.0}}}"
    kept = "sweep.outcomes=[searches_blocked_share,prevented]"
    words = [f"sweep.arms=[none,{arm}]", kept, "sweep.factors.labour.bonding=[0.0]"]
    _, folder, _ = sweep(capsys, tmp_path, *words)
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["outcomes"]["none"]["searches_blocked_share"]["mean"] == 0.0
    assert summary["contrasts"]["outcomes"]["closure"]["searches_blocked_share"]["mean"] > 0.0
    assert "a prevention programme" in summary["outcomes"]["none"]["prevented"]["reason"]
