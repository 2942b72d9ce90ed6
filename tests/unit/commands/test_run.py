"""`plansim run` of a few days: what it writes fits on the page."""

import json

import pytest

from experiments.cli import main
from sim.configuration import compose
from sim.measures.outcomes import outcomes
from sim.simulation import Simulation


@pytest.mark.slow
@pytest.mark.usefixtures("painted")
@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.parametrize("days", [1, 3])
def test_a_run_of_a_few_days_is_shown_whole(days, tmp_path, capsys):
    words = ["run", "market=class", f"days={days}", "burn_in=0", "--output", str(tmp_path)]
    assert main(words) == 0, capsys.readouterr().err
    folder = next((tmp_path / "run").iterdir())
    for figure in ("map", "series", "plans", "field_view"):
        assert (folder / f"{figure}.png").stat().st_size > 10_000 and (folder / f"{figure}.svg").exists()
    assert json.loads((folder / "summary.json").read_text())["days"] == days


SMALL = ["run", "market=class", "seed=3", "days=90", "burn_in=10", "policy.start_day=50"]


def run(words, folder, capsys):
    """The summary of a run, its prose and its page."""
    assert main([*SMALL, *words, "--output", str(folder)]) == 0, capsys.readouterr().err
    result = next((folder / "run").iterdir())
    return json.loads((result / "summary.json").read_text()), capsys.readouterr().out, (result / "report.html").read_text()


def test_a_run_measures_the_days_of_its_policy_and_tells_those_before_apart(tmp_path, capsys):
    summary, prose, page = run(["policy=venue_crackdown"], tmp_path, capsys)
    window = {"first_day": 50, "last_day": 89, "first_date": "2021-02-23", "last_date": "2021-04-03"}
    assert summary["window"] == window and summary["measured_from"] == 50
    assert (summary["before"]["first_day"], summary["before"]["last_day"]) == (10, 49)
    both = Simulation(compose("class", policy="venue_crackdown", overrides={"seed": 3, "days": 90, "burn_in": 10,
                                                                             "policy.start_day": 50}))  # fmt: skip
    both.run()
    assert summary["outcomes"] == outcomes(both, 50, 90) and summary["before"]["outcomes"] == outcomes(both, 10, 50)
    assert "days 50 to 89 (2021-02-23 to 2021-04-03), from the policy's start" in prose
    head = [line.split("  ")[0] for line in prose.splitlines()]
    assert head[0].startswith("Market class, policy venue_crackdown, seed 3; ") and head[2] == "Headline outcomes"
    assert "persons who have been out for a year" in prose and prose.count("\n  left accompanied ") == 1
    assert "before the policy, days 10 to 49 (2021-01-14 to 2021-02-22)" in prose
    assert "lasting exits: not observable in this window (needs 365 days after an exit: from day 415 on)" in prose
    assert summary["outcomes"]["lasting_exits"]["value"] is None
    assert "under the policy" in page and "<td>not observable</td>" in page and "2021-02-23" in page


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        ([], "as there is no policy"),
        (["policy=venue_crackdown", "policy.start_day=5"], "as the policy begins on day 5, within it; nothing"),
    ],
)  # fmt: skip
def test_where_nothing_lies_before_a_policy_it_is_said(words, begins, tmp_path, capsys):
    kept = [word for word in SMALL if not any(word.startswith(f"{key}=") for key in ("policy.start_day",))]
    assert main([*kept, *words, "--output", str(tmp_path)]) == 0, capsys.readouterr().err
    summary = json.loads((next((tmp_path / "run").iterdir()) / "summary.json").read_text())
    assert summary["window"]["first_day"] == 10 and summary["before"] is None
    assert begins in summary["window_begins"] and begins in capsys.readouterr().out


def test_figures_of_a_finished_run_are_drawn_as_pdf_when_they_are_asked_for(tmp_path, capsys):
    result = run([], tmp_path, capsys)[0]
    assert not list(tmp_path.rglob("*.pdf"))
    again = run(["--pdf", "column"], tmp_path, capsys)[0]
    assert again == result, "the same numbers"
    drawn = {kind: {path.stem for path in tmp_path.rglob(f"*.{kind}")} for kind in ("png", "pdf")}
    assert drawn["pdf"] == drawn["png"] >= {"map", "series"}
    (folder,) = (tmp_path / "run").iterdir()
    assert "map.pdf" in (folder / "SHA256SUMS").read_text()
    run(["--again"], tmp_path, capsys)
    assert not list(tmp_path.rglob("*.pdf"))
