"""`plansim explorable`: one page with twin worlds of many policies, for lessons; it needs no program and no network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from experiments.classroom.explorable.grid import MOST, GridPlan, plan_grid, run_grid, run_worlds
from experiments.classroom.explorable.lessons_shown import lessons_for
from experiments.classroom.explorable.page import PAGE, sizes_of, write_page
from experiments.classroom.explorable.results import effects_of, worlds_of
from experiments.configuration.composition import compose, split_model
from experiments.configuration.own_files import market_name
from experiments.execution.engine import LazyEngine, check_engine
from experiments.execution.run_loop import run_missing
from experiments.odd.source import head_comment
from experiments.report.text_table import text_table
from experiments.store.result import Options, begin_result, interval_text, report_summary
from experiments.store.store import Store
from sim.configuration import ConfigurationError, read_group
from sim.simulation import be_compiled

COMMAND = "explorable"
WORKER_MODULES = ("experiments.classroom.explorable.grid",)
MOST_BYTES = 10_000_000
PACKED = ("untreated", "changes")
_CHOICES = {"policies": "policy", "structures": "structure"}


def main(words: list[str], options: Options, tree: dict[str, Any] | None = None) -> int:
    """A page from the words of a command, or from a configuration that Hydra composed; returns the exit status."""
    tree = with_contents(compose(COMMAND, words) if tree is None else tree)
    check_engine(tree["engine"])
    plan = plan_of(tree)
    lessons = lessons_for(plan, tree["lessons"])
    chunks = plan.chunks
    with begin_result(COMMAND, tree, options, {"rows": len(chunks), "chunks": len(chunks)}) as store:

        def make() -> dict[str, Any] | None:
            with LazyEngine(tree["engine"], WORKER_MODULES, be_compiled) as workers:
                if not run_missing(chunks, run_grid, store, as_table, workers, "explorable: structures and seeds"):
                    return None
            return finish(plan, tree, lessons, store)

        summary = report_summary(store, options, prose, make, all(chunk.id in store.finished for chunk in chunks))
    return 1 if summary is None else 0


def plan_of(tree: dict[str, Any]) -> GridPlan:
    """The plan of a configuration with its contents."""
    parameters, rest = split_model(tree)
    return plan_grid(parameters, rest)


def with_contents(tree: dict[str, Any]) -> dict[str, Any]:
    """The configuration with the contents of its policies and structures, so that a result needs no other file."""
    return tree | {key: _contents(key, group, tree[key]) for key, group in _CHOICES.items()}


def _contents(key: str, group: str, given: Any) -> dict[str, Any]:
    """Choices of a group by name: `sets`, the content of each, and `about`, what its file says of it."""
    if isinstance(given, dict):
        return given
    if not isinstance(given, list) or not 1 <= len(given) <= MOST[key]:
        raise ConfigurationError(f"{key}={given!r}: a list of one to {MOST[key]} names is needed; plansim {key} lists them")
    found: dict[str, Any] = {}
    for word in given:
        if isinstance(word, dict):  # a structure of the user's, embedded before
            name, content, about = word["name"], word["changes"], ""
        else:
            content, about = read_group(group, word), head_comment(group, word)
            name = str(content.get("name") or Path(word).stem)
        if name in found:
            raise ConfigurationError(f"{key}: {name} is given twice; leave it out once")
        if group == "policy" and not content.get("levers"):
            raise ConfigurationError(f"policies: {name} has no lever; every page has the world without a policy anyway")
        found[name] = {"about": about, "sets": content}
    return found


def as_table(rows: list[dict[str, Any]]):
    """Rows as an Arrow table."""
    import pyarrow as pa

    fields = [
        ("id", pa.int64()),
        ("structure", pa.string()),
        ("place", pa.int64()),
        ("seed", pa.int64()),
        ("sha256", pa.string()),
    ]
    return pa.Table.from_pylist(rows, pa.schema([*fields, ("untreated", pa.binary()), ("changes", pa.binary())]))


def finish(plan: GridPlan, tree: dict[str, Any], lessons: dict[str, list], store: Store) -> dict[str, Any]:
    """Write the page and, last, the summary."""
    rows = store.read_rows().to_pylist()
    worlds = worlds_of(plan, rows)
    effects = effects_of(plan, worlds)
    page = write_page(plan, tree, worlds, effects, lessons, store)
    summary = {
        "market": market_name(tree, plan.base.market.preset), "worlds": plan.number_of_worlds, "page": PAGE,
        **sizes_of(page, MOST_BYTES), "effects": effects, "rows_sha256": store.content_sha256(),
    }  # fmt: skip
    store.write_summary(summary)
    return summary


def repeat_row(tree: dict[str, Any], id: int) -> dict[str, Any]:
    """One stored row again, from the configuration of its result; the bytes are compared by their hash."""
    row = run_worlds(plan_of(tree).chunks[id].tasks[0])
    return {name: value for name, value in row.items() if name not in PACKED}


def prose(summary: dict[str, Any]) -> str:
    """Where the page is, how large, and what each policy does in it."""
    size = f"{summary['bytes'] / 1e6:.1f} MB"
    lines = [f"{summary['worlds']:,} worlds of {summary['market']}; {summary['page']}, {size}, opens in a browser"]
    if summary["too_large"]:
        lines.append(
            f"It is larger than {MOST_BYTES / 1e6:.0f} MB, which a learning platform may refuse: fewer policies=, intensities= "
            "or structures= make it smaller"
        )
    header = ["policy", "times", "structure", "persons exploited a day (95 %)"]
    cells = [
        [one["policy"], f"{one['times']:g}", one["structure"], interval_text(one)]
        for one in summary["effects"]
        if one["measure"] == "persons" and one["times"] == _shown_times(summary)
    ]
    return "\n".join([*lines, "", *text_table(cells, header)])


def _shown_times(summary: dict[str, Any]) -> float:
    """The usual intensity, or the nearest to it that the grid has."""
    return min({one["times"] for one in summary["effects"]}, key=lambda times: abs(times - 1.0))
