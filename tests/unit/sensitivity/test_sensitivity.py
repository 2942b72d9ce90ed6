"""`plansim sensitivity` as a user meets it, and what it makes of outcomes that do not vary or are missing."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.cli import main
from experiments.commands import sensitivity
from experiments.configuration.composition import compose
from experiments.sensitivity import report as sensitivity_report
from experiments.sensitivity import results as sensitivity_results
from experiments.store.result import Options
from experiments.store.store import Store
from sim.configuration import ConfigurationError

SMALL = ["market=class", "days=120", "burn_in=10", "policy.start_day=30", "engine.workers=1"]
FACTORS = {
    "labour.bonding": {"low": 0.0, "high": 1.0},
    "enforcement.boss_present": {"low": 0.1, "high": 0.7},
    "labour.max_plans": {"low": 1, "high": 3},
}
OWN = {
    "contrast": {"arm": {"name": "crackdown", "levers": {"venue_inspection": {"kind": "hotel", "intensity": 40.0}}}},
    "factors": FACTORS, "trajectories": 2, "rows": 4, "keep": 2, "replicates": 2, "resamples": 100,
}  # fmt: skip


def run(root):
    """Run the small analysis with results in a folder of the test's; its exit status."""
    return sensitivity.execute(compose("sensitivity", SMALL) | {"sensitivity": OWN}, Options(root=root))


def say(capsys, *words):
    """Status, standard output and standard error of a command, in this process."""
    status = main(list(words))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def analysis(**more):
    factors = {"labour.bonding": {"low": 0.0, "high": 1.0}, "labour.max_plans": {"low": 1, "high": 3}}
    return sensitivity.read_specification(
        {"sensitivity": {"factors": factors, "resamples": 100, "trajectories": 4, "rows": 8, "replicates": 2} | more}
    )


def generator():
    return np.random.Generator(np.random.PCG64(1))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A small analysis of a policy contrast, run once: its result folder."""
    root = tmp_path_factory.mktemp("sensitivity")
    assert run(root) == 0
    (folder,) = (root / "sensitivity").iterdir()
    return folder


def test_a_contrast_is_screened_and_shared_out(finished):
    summary = json.loads((finished / "summary.json").read_text())
    assert summary["contrast"] == {"arm": "crackdown", "baseline": "none"} and summary["failed"] == 0
    effects = summary["screening"]["effects"]
    assert [effect["rank"] for effect in effects] == [1, 2, 3] and {effect["factor"] for effect in effects} == set(FACTORS)
    sizes = [effect["mu_star"]["estimate"] for effect in effects]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] > 0.0
    kept = {effect["factor"] for effect in effects if effect["kept"]}
    assert len(kept) == 2 and {row["factor"] for row in summary["indices"]["factors"]} == kept
    assert summary["screening"]["points"] == 8 and summary["indices"]["points"] == 16
    for row in summary["indices"]["factors"]:
        assert row["first"]["low"] <= row["first"]["high"] and row["total"]["estimate"] >= 0.0
    named = {"screening", "screening_scatter", "screening_convergence", "indices", "indices_convergence"}
    assert set(summary["figures"]) == named
    wanted = {f"{name}.{kind}" for name in named for kind in ("png", "svg")}
    wanted |= {"report.html", "manifest.json", "effects.parquet", "indices.parquet", "convergence.parquet"}
    assert wanted <= {path.name for path in finished.iterdir()}
    assert set(pd.read_parquet(finished / "convergence.parquet")["phase"]) == {"screening", "indices"}


def test_seeds_are_shared_by_points_arms_and_phases(finished):
    seeds = []
    for phase in ("screening", "indices"):
        rows = Store.view(finished / phase).read_rows().to_pandas()
        assert (rows.groupby("replicate")["seed"].nunique() == 1).all() and set(rows["arm"]) == {"none", "crackdown"}
        seeds.append(rows.groupby("replicate")["seed"].first().to_dict())
    assert seeds[0] == seeds[1]


def test_the_stored_rows_give_the_effects(finished):
    """A screening is known from its rows alone: one effect is computed here by hand."""
    rows = Store.view(finished / "screening").read_rows().to_pandas()
    outcome = rows.pivot_table(index="design", columns="arm", values="person_days_in_spell")
    change = (outcome["crackdown"] - outcome["none"]).to_numpy()
    bonding = rows.groupby("design")["labour.bonding"].first().to_numpy()
    found = []
    for start in (0, 4):
        (step,) = np.flatnonzero(np.diff(bonding[start : start + 4])) + start
        found.append((change[step + 1] - change[step]) / (bonding[step + 1] - bonding[step]))
    effects = json.loads((finished / "summary.json").read_text())["screening"]["effects"]
    told = next(effect for effect in effects if effect["factor"] == "labour.bonding")
    assert told["mu_star"]["estimate"] == pytest.approx(np.abs(found).mean())
    assert told["sigma"]["estimate"] == pytest.approx(np.std(found, ddof=1))


def test_an_interrupted_analysis_goes_on(finished, tmp_path, monkeypatch, capsys):
    from experiments.commands import sweep

    run_rest = sweep.run_rest

    def stop_in_second_phase(plan, store, *rest):
        if plan.spec.design == "saltelli":
            raise KeyboardInterrupt
        return run_rest(plan, store, *rest)

    monkeypatch.setattr(sweep, "run_rest", stop_in_second_phase)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path)
    (folder,) = (tmp_path / "sensitivity").iterdir()
    assert not (folder / "summary.json").exists()
    before = {path: path.stat().st_mtime_ns for path in (folder / "screening" / "rows").iterdir()}
    monkeypatch.setattr(sweep, "run_rest", run_rest)
    assert run(tmp_path) == 0
    out = capsys.readouterr().out
    assert "Sobol indices" in out and out.strip().endswith(str(folder))
    assert before == {path: path.stat().st_mtime_ns for path in (folder / "screening" / "rows").iterdir()}
    one, other = (json.loads((place / "summary.json").read_text()) for place in (folder, finished))
    assert one == other, "the same numbers, interrupted or not"


def test_a_phase_is_a_sweep_that_can_be_shown_and_repeated(finished, capsys):
    status, out, _ = say(capsys, "show", str(finished / "indices"))
    assert status == 0 and "64 rows done" in out
    status, out, _ = say(capsys, "rerun", str(finished / "screening"), "3")
    assert status == 0 and "equal" in out


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["sensitivity=quck"], ["quck", "quick"]),
        (["sensitivity.outcome=exploitation_person_day"], ["sensitivity.outcome", "exploitation_person_days"]),
        (["sensitivity.trajectories=1"], ["sensitivity.trajectories=1", "2"]),
        (["sensitivity.keeep=1"], ["sensitivity.keeep", "keep"]),
        (["sensitivity.factors.labour.bondng={low: 0, high: 1}"], ["sensitivity.factors.labour.bondng", "labour.bonding"]),
        (["sensitivity.contrast.arm=venue_crackdwn"], ["venue_crackdwn"]),
        (["policy=venue_crackdown"], ["policy=venue_crackdown", "sensitivity.contrast"]),
        (["sensitivity=quick", "sensitivity.outcome=person_days_at_target"], ["person_days_at_target", "sensitivity.target"]),
    ],
)
def test_a_mistake_gets_one_line(words, named, capsys, tmp_path):
    status, out, err = say(capsys, "sensitivity", *words, "--output", str(tmp_path))
    assert status == 2 and out == ""
    assert len(err.strip().splitlines()) == 1 and "Traceback" not in err and "sweep" not in err.replace("plansim sweep", "")
    for word in named:
        assert word in err


def test_an_outcome_that_does_not_vary_is_said_to():
    spec = analysis()
    factors = list(spec.factors)
    points = np.tile([[0.0, 0.0], [2 / 3, 0.0], [2 / 3, 2 / 3]], (4, 1))
    found, notes = sensitivity_results.summarise_screening(spec, factors, points, np.full((12, 2), 5.0), generator())
    assert not any(effect["kept"] for effect in found["effects"]) and any("same at every point" in note for note in notes)
    shares, notes = sensitivity_results.summarise_indices(spec, factors, np.full((32, 2), 5.0), generator())
    assert shares["factors"] == [] and any("no variance" in note for note in notes)
    json.dumps([found, shares], allow_nan=False)


def test_points_without_a_value_leave_their_trajectory_and_row_out():
    spec, rng = analysis(), generator()
    factors = list(spec.factors)
    points = np.tile([[0.0, 0.0], [2 / 3, 0.0], [2 / 3, 2 / 3]], (4, 1))
    values = points @ np.array([[3.0], [0.5]]) + rng.normal(0.0, 0.01, (12, 2))
    values[4, 1] = np.nan
    found, _ = sensitivity_results.summarise_screening(spec, factors, points, values, generator())
    assert (found["trajectories"], found["trajectories_left_out"]) == (3, 1)
    assert [effect["factor"] for effect in found["effects"]] == factors
    found, notes = sensitivity_results.summarise_screening(spec, factors, points, np.full((12, 2), np.nan), generator())
    assert found["effects"] == [] and any("have a value" in note for note in notes)
    values = rng.random((32, 2))
    values[0] = np.nan
    shares, _ = sensitivity_results.summarise_indices(spec, factors, values, generator())
    assert (shares["base_rows"], shares["base_rows_left_out"]) == (7, 1)
    shares, notes = sensitivity_results.summarise_indices(spec, factors, np.full((32, 2), np.nan), generator())
    assert shares["base_rows"] == 0 and any("have a value" in note for note in notes)
    json.dumps([found, shares], allow_nan=False)


def test_a_negative_index_is_shown_and_marked(tmp_path):
    """A factor that does nothing beside one that does all: its first order falls below zero for some draw of noise."""
    spec = analysis(rows=32, second_order=True)
    factors, rng = list(spec.factors), generator()
    for _ in range(20):
        a, b = rng.random((32, 2)), rng.random((32, 2))
        mixed = [np.where(np.arange(2) == j, x, y) for x, y in ((b, a), (a, b)) for j in range(2)]
        values = np.column_stack([part[:, 0] for part in (a, *mixed, b)]).reshape(-1, 1) + rng.normal(0, 0.05, (192, 2))
        shares, notes = sensitivity_results.summarise_indices(spec, factors, values, rng)
        first = {row["factor"]: row["first"] for row in shares["factors"]}["labour.max_plans"]
        if first["estimate"] < 0.0 and first["low"] <= 0.0 <= first["high"]:
            break
    assert first["estimate"] < 0.0 and first["mark"] == "within its interval of zero"
    assert any("below zero" in note and "labour.max_plans" in note for note in notes)
    counts = {"points": 192, "replicates": 2, "arms": 1, "rows": 384, "runs": 384, "failed": 0}
    screening = {"trajectories": 0, "trajectories_left_out": 0, "effects": [], "convergence": [], "noise": None}
    summary = {
        "question": "", "market": "class", "policy": "none", "outcome": spec.outcome, "unit": "share", "contrast": None,
        "interval": sensitivity.INTERVAL, "factors": {path: sensitivity.describe_factor(spec, path) for path in factors},
        "screening": screening | counts, "indices": shares | counts, "notes": notes, "failed": 0,
    }  # fmt: skip
    assert "within its interval of zero" in sensitivity.prose(summary) and "-" in sensitivity.prose(summary)
    assert sensitivity_report.write_report(summary, Path(tmp_path)) == ["indices", "indices_convergence"]
    page = (tmp_path / "report.html").read_text()
    assert "within its interval of zero" in page and "second" in page


def test_labels_name_what_they_are_of():
    lever = "policy.levers.venue_inspection.intensity"
    spec = analysis(factors={"enforcement.find_chance.hotel": {"low": 0.1, "high": 0.5}, lever: {"low": 1, "high": 8}})
    told = [sensitivity.describe_factor(spec, path) for path in spec.factors]
    assert told[0]["label"] == "find chance hotel (enforcement)" and told[0]["unit"] == "chance/visit"
    assert told[1]["label"] == "venue inspection" and told[1]["range"] == "1 to 8"


def test_an_outcome_that_cannot_be_seen_is_refused_before_any_world_is_run(tmp_path):
    tree = compose("sensitivity", SMALL) | {"sensitivity": OWN | {"outcome": "lasting_exits"}}
    with pytest.raises(ConfigurationError, match="lasting_exits: not observable .*days 30 to 119 .*make days larger"):
        sensitivity.execute(tree, Options(root=tmp_path))
    assert not list(tmp_path.iterdir())


def test_the_window_is_said(finished):
    summary = json.loads((finished / "summary.json").read_text())
    assert (summary["window"]["first_day"], summary["window"]["last_day"]) == (30, 119)
    assert "measured: days 30 to 119" in sensitivity.prose(summary)
    assert "Measured: days 30 to 119" in (finished / "report.html").read_text()
