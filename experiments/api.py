"""The commands from Python: each function runs one, or finds it finished, and returns what it left as pandas tables.

>>> from experiments import api
>>> few = {"days": 60, "burn_in": 10, "market.clients": 100, "market.searches_per_day": 8}
>>> world = api.run(market="class", overrides=few, output=folder)
>>> world.table.loc["encounters", "unit"]
'encounters/day'

A result is in a folder, as that of the command is: the same call again reads it, an interrupted one goes on. Configurations are
given by keyword: `market`, `policy`, `structure`, `seed`, and what else the command takes, as `n_pairs=20`; numbers with a dot
in their name go into `overrides`. `again`, `pdf` and `configs` are the flags of the command: `pdf="column"`, `"page"` or a
number of mm saves every figure as PDF too, drawn again if the result is finished; in the folder of a study, or with
`configs="mine"` from elsewhere, the files of the study go by their names. Mistakes raise ConfigurationError or StoreError with
the line that the command would print. Progress goes to standard error.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.configuration.override_values import write_override
from experiments.store.files import StoreError, StoreFailure
from experiments.store.result import Options
from experiments.sweeps.results import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from experiments.comparison.results import Comparison

RESULTS = "results"
Width = str | float
"""Of figures as PDF: `column`, `page`, or millimetres."""


class Answer(Result):
    """A result. One that is not finished has no `summary`, and no `table`; `frame()` gives the rows that are there.

    Attributes
    ----------
    folder, summary, manifest
        Where it is, `summary.json`, and the manifest from which it can be repeated.
    table
        The main table as a frame: outcomes of a run by name; hypotheses of a test; arm and outcome of a sweep; differences to
        the base by outcome and policy of a comparison; patterns of a validation. Estimates have the columns `estimate`, `low`
        and `high`, ends of a 95 % interval, and `unit`.
    """

    @property
    def table(self) -> pd.DataFrame:
        import pandas as pd

        if (summary := self.summary) is None:
            raise StoreError(f"{self.folder} is not finished: make the same call again to go on")
        index, rows = _rows_of(self.manifest["command"], summary)
        return pd.DataFrame(rows).set_index(index)

    def plot(self, axes: Axes | None = None, unit: str | None = None) -> Axes:
        """Draw the estimates with their intervals below each other, on Matplotlib axes of yours or on new ones.

        `unit`: only estimates in this unit, by default that of the first one, so that all are on one scale. ValueError for a
        result without intervals.
        """
        from experiments.report import marks, style

        table = self.table
        if not {"estimate", "low", "high"} <= set(table):
            raise ValueError(f"{self.folder} has no intervals: one world is an example; test or compare worlds instead")
        unit = table["unit"].iloc[0] if unit is None else unit
        rows = table[table["unit"] == unit]
        if rows.empty:
            raise ValueError(f"unit={unit!r}: no estimate has it; valid: {', '.join(dict.fromkeys(table['unit']))}")
        labels = [" ".join(map(str, label if isinstance(label, tuple) else [label])).replace("_", " ") for label in rows.index]
        points = rows[["estimate", "low", "high"]].to_dict("records")
        return marks.draw_estimates(axes, labels, points, [(style.BLUE, "o")] * len(rows), unit)

    def __repr__(self) -> str:
        return f"<{self.manifest['command']}: {self.folder}>"

    def _repr_html_(self) -> str | None:
        return None if self.summary is None else self.table._repr_html_()


def run(market: str = "herault", policy: str = "none", seed: int = 1, **settings: Any) -> Answer:
    """One world: outcomes, ledger, figures. `frame("ledger_days")` is its ledger; see `sim.market.Market` for a living one."""
    return execute("run", market=market, policy=policy, seed=seed, **settings)


def test(hypothesis: str = "all", **settings: Any) -> Answer:
    """A hypothesis on twin worlds with its controls, by name (`n_pairs`, `structure`, ...), or all of them."""
    return execute("test", hypothesis=hypothesis, **settings)


def compare(
    *policies: str,
    overrides: Mapping[str, Any] | None = None,
    output: str | Path = RESULTS,
    again: bool = False,
    pdf: Width | None = None,
    configs: str | Path | None = None,
    **settings: Any,
) -> Comparison:
    """Policies by name on the same worlds, the first of them the base: `table`, `series`, `cost` and `rows` as frames."""
    from experiments.commands.compare import compare as run_comparison

    with _flags(output, again, pdf, configs) as options:
        return run_comparison(policies, {**settings, **(overrides or {})}, options)


def sweep(sweep: str | None = None, **settings: Any) -> Answer:
    """Many worlds over a design: a ready sweep by name, or `sweep.factors`, `sweep.design` and their like among `overrides`."""
    return execute("sweep", **({} if sweep is None else {"sweep": sweep}), **settings)


def validate(**settings: Any) -> Answer:
    """Known patterns beside what worlds show (`market`, `n_worlds`, `posterior`)."""
    return execute("validate", **settings)


def results(output: str | Path = RESULTS) -> pd.DataFrame:
    """The results in a folder as `plansim list` shows them, newest first, by their paths."""
    import pandas as pd

    from experiments.commands.list import describe
    from experiments.store.folders import results_in

    found = filter(None, map(describe, results_in(Path(output))))
    columns = ["path", "created_utc", "name", "command", "market", "policy", "hypothesis", "headline", "state", "bytes"]
    return pd.DataFrame(found, columns=columns).sort_values("created_utc", ascending=False).set_index("path")


def open_result(folder: str | Path, output: str | Path = RESULTS) -> Answer:
    """A result, by its path or any beginning of its name that no other in `output` shares. StoreError, in one line, for none."""
    from experiments.store.folders import find_result

    return Answer(find_result(str(folder), Path(output)))


def execute(
    command: str,
    overrides: Mapping[str, Any] | None = None,
    output: str | Path = RESULTS,
    again: bool = False,
    pdf: Width | None = None,
    configs: str | Path | None = None,
    **settings: Any,
) -> Answer:
    """Run any command that leaves a result, or find it finished. StoreFailure if some of its worlds failed."""
    words = [write_override(key, value) for key, value in {**settings, **(overrides or {})}.items()]
    with _flags(output, again, pdf, configs) as options:
        return open_result(finish_command(command, words, options))


@contextlib.contextmanager
def _flags(output: str | Path, again: bool, pdf: Width | None, configs: str | Path | None) -> Iterator[Options]:
    """The flags of a call; while it holds, files of a study go by their names, and figures are saved as PDF as asked."""
    from experiments.configuration.study_folder import own_names

    with own_names(None if configs is None else str(configs)):
        if pdf is None:
            yield Options(root=Path(output), again=again)
            return
        from experiments.report.journal import printing
        from experiments.report.pdf import read_width

        width = read_width(str(pdf), "pdf=")
        with printing(width):
            yield Options(root=Path(output), again=again, pdf=width)


def finish_command(command: str, words: list[str], options: Options) -> Path:
    """Run a command with some words, or find it finished; its result folder. StoreFailure if something failed."""
    module = importlib.import_module(f"experiments.commands.{command}")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        status = module.main(words, dataclasses.replace(options, json=False))
    if status:
        raise StoreFailure(f"plansim {command} {' '.join(words)} failed in part, as reported above")
    return Path(printed.getvalue().rstrip().splitlines()[-1].removeprefix("Result: "))


def _rows_of(command: str, summary: dict[str, Any]) -> tuple[str | list[str], list[dict[str, Any]]]:
    """Names of the index columns and the rows of a command's main table."""
    if command == "run":
        return "outcome", [{"outcome": name} | outcome for name, outcome in summary["outcomes"].items()]
    if command in ("test", "tests"):
        kept = ("id", "verdict", "estimate", "low", "high", "unit", "pairs", "p_value", "controls_as_expected")
        return "id", [{name: entry[name] for name in kept} for entry in summary["hypotheses"]]
    if command == "sweep":
        return ["arm", "outcome"], [
            {"arm": arm, "outcome": name, "estimate": found["mean"]} | {key: part for key, part in found.items() if key != "mean"}
            for arm, outcomes in summary["outcomes"].items() for name, found in outcomes.items()
        ]  # fmt: skip
    if command == "compare":
        return ["outcome", "policy"], [
            {"outcome": name, "policy": policy, "unit": found["unit"]} | found["policies"][policy]["difference"]
            for name, found in summary["outcomes"].items() for policy in summary["policies"][1:] if "reason" not in found
        ]  # fmt: skip
    if command == "validate":
        named = {"simulated": "estimate", "sim_low": "low", "sim_high": "high", "low": "target_low", "high": "target_high"}
        return "id", [{named.get(key, key): part for key, part in row.items()} for row in summary["patterns"]]
    rows = summary.get("rows") or [{"key": key, "value": part} for key, part in summary.items()]
    return next(iter(rows[0])), rows
