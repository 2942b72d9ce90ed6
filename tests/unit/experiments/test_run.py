"""`plansim run` of a few days: what it writes fits on the page."""

import json

import pytest

from experiments.cli import main


@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.parametrize("days", [1, 3])
def test_a_run_of_a_few_days_is_shown_whole(days, tmp_path, capsys):
    words = ["run", "market=class", f"days={days}", "burn_in=0", "--output", str(tmp_path)]
    assert main(words) == 0, capsys.readouterr().err
    folder = next((tmp_path / "run").iterdir())
    for figure in ("map", "series", "plans", "field_view"):
        assert (folder / f"{figure}.png").stat().st_size > 10_000 and (folder / f"{figure}.svg").exists()
    assert json.loads((folder / "summary.json").read_text())["days"] == days
