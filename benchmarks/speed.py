"""Speed of the product: beside a textbook Mesa version, by size, in memory and at the start.

    python -m benchmarks.speed            a few minutes; writes benchmarks/results/speed.json and figures
    python -m benchmarks.speed --quick    a smoke test of some seconds; prints, writes only with --out

Times are of this machine and this hour; the ratios are what carries over.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from benchmarks import measure

RESULTS = Path(__file__).parent / "results"
MARKETS = ("class", "herault")
LARGE = ("herault", "france")
PRESETS = dict.fromkeys(("class", "herault", "idf", "france"), measure.YEAR)
PRESETS_QUICK = {"class": 30, "herault": 30, "idf": 5, "france": 2}
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#595959"  # Okabe and Ito (2008)


def run_all(quick: bool) -> dict:
    """Every measurement; `quick` takes few days and repetitions."""
    for market in MARKETS:
        measure.run_product(market, 2, 1)  # compiles, or loads what is compiled
        measure.run_textbook(market, 2, 1)
    days = {"class": 30, "herault": 5} if quick else {"class": measure.YEAR, "herault": measure.YEAR}
    return {
        "quick": quick,
        "machine": measure.machine(),
        "versus": measure.versus(days, 2 if quick else 5),
        "build_seconds": measure.build_times(MARKETS, 2 if quick else 7),
        "curves": measure.curves(30 if quick else measure.YEAR, 2 if quick else 7),
        "complete": measure.complete(30 if quick else measure.YEAR, 2 if quick else 7),
        "presets": measure.presets(PRESETS_QUICK if quick else PRESETS, 1 if quick else 2),
        "where_time_goes": {name: measure.where_time_goes(name, 20 if quick else 120) for name in LARGE},
        "worker_memory": [
            measure.worker_memory("herault", 30 if quick else 730),
            measure.worker_memory("france", 10 if quick else 365),
        ],
        "start_seconds": {market: measure.start_seconds(market, 1 if quick else 5) for market in MARKETS},
    }


def lines_of(result: dict) -> list[str]:
    """The results as a table in plain text."""
    m = result["machine"]
    lines = [
        f"{m['processor']}, {m['cores']} cores, {m['memory_gb']} GB, {m['system']}; "
        f"Python {m['python']}, NumPy {m['numpy']}, Numba {m['numba']}, Mesa {m['mesa']}",
        "",
        f"{'seconds of processor time a year':34}{'product':>12}{'textbook':>12}{'ratio':>9}   lowest to highest ratio",
    ]
    for market, row in result["versus"].items():
        product, textbook = row["product_seconds_a_year"]["median"], row["textbook_seconds_a_year"]["median"]
        ratio = row["ratio"]
        scaled = "" if row["days"] == measure.YEAR else f", scaled from {row['days']} days"
        lines.append(
            f"{market + scaled:34}{product:12.4f}{textbook:12.3f}{ratio['median']:9.0f}"
            f"   {ratio['lowest']:.0f} to {ratio['highest']:.0f}"
        )
    for market, row in result["build_seconds"].items():
        lines.append(f"{'founding a world, ' + market:34}{row['median']:12.4f}  s")
    for axis, points in result["curves"].items():
        fixed = "clients" if axis == "searches" else "searches"
        lines += ["", f"herault, {fixed} fixed: {axis}, seconds a year, times the base"]
        for point in points:
            seconds = point["seconds_a_year"]["median"]
            lines.append(f"{point['size']:>12,.0f}{seconds:12.4f}{point['ratio_to_base']:9.2f}")
    lines += ["", "herault, seconds a year"]
    lines += [f"{name:>34}{row['median']:12.4f}" for name, row in result["complete"].items()]
    lines += ["", f"{'complete presets':>12}{'agents':>14}{'searches':>12}{'seconds a year':>16}"]
    for row in result["presets"]:
        seconds = row["seconds_a_year"]["median"]
        lines.append(f"{row['market']:>12}{row['agents']:>14,}{row['searches_per_day']:>12,.0f}{seconds:16.3f}")
    for market, parts in result["where_time_goes"].items():
        shares = ", ".join(f"{name} {share:.0%}" for name, share in sorted(parts.items(), key=lambda part: -part[1]))
        lines.append(f"where the time goes, {market}: {shares}")
    lines.append("")
    for memory in result["worker_memory"]:
        lines.append(
            f"peak memory of a worker, {memory['market']}, {memory['days']} days: {memory['peak_mb']:.0f} MB, "
            f"of which libraries {memory['libraries_mb']:.0f} MB; Mesa loaded: {'yes' if memory['mesa'] else 'no'}"
        )
    for market, row in result["start_seconds"].items():
        lines.append(f"fresh interpreter to the first simulated day, {market}: {row['median']:.2f} s (wall clock)")
    return lines


def draw(result: dict, folder: Path) -> None:
    """The curves, with the range of the repetitions, as `speed.png` and `speed.svg`."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.ticker import FuncFormatter

    matplotlib.rcParams["svg.hashsalt"] = "speed"
    figure, (size_panel, *panels) = plt.subplots(1, 3, figsize=(13.0, 3.9), layout="constrained")
    panels[1].sharey(panels[0])
    _draw_presets(size_panel, result["presets"])
    for panel, axis, colour in zip(panels, ("searches", "clients"), (BLUE, ORANGE), strict=True):
        points = result["curves"][axis]
        sizes = [point["size"] for point in points]
        seconds = [point["seconds_a_year"]["median"] * 1000.0 for point in points]
        low = [point["seconds_a_year"]["lowest"] * 1000.0 for point in points]
        high = [point["seconds_a_year"]["highest"] * 1000.0 for point in points]
        base = next(place for place, point in enumerate(points) if point["factor"] == 1)
        in_proportion = [seconds[base] * size / sizes[base] for size in sizes]
        panel.plot(sizes, in_proportion, color=GREY, linestyle="--", linewidth=1.0, label="in proportion")
        panel.plot(sizes, seconds, color=colour, marker="o", label="measured, median")
        panel.vlines(sizes, low, high, color=colour, linewidth=3.0, alpha=0.35, label="lowest to highest")
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.set_xticks(sizes)
        panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        panel.minorticks_off()
        panel.grid(True, which="major", color="#dddddd", linewidth=0.6)
        panel.legend(frameon=False, fontsize=8)
    low, high = panels[0].get_ylim()
    ticks = [digit * 10**power for power in range(5) for digit in (1, 2, 5)]
    ticks = [tick for tick in ticks if low <= tick <= high]
    panels[0].set_yticks(ticks, [f"{tick:,}" for tick in ticks])
    panels[0].set_ylabel("processor time (ms per simulated year)")
    base = result["curves"]
    panels[0].set_xlabel(f"searches a day ({base['clients'][0]['size']:,.0f} clients)")
    panels[1].set_xlabel(f"clients ({base['searches'][1]['size']:,.0f} searches a day)")
    figure.suptitle("Cost by size of the market; at the size of the Hérault by searches and by clients; one process", fontsize=11)
    figure.savefig(folder / "speed.png", dpi=160)
    figure.savefig(folder / "speed.svg", metadata={"Date": None})
    plt.close(figure)


def _draw_presets(panel, rows: list[dict]) -> None:
    """Seconds a year of the complete presets against their number of agents."""
    agents = [row["agents"] for row in rows]
    seconds = [row["seconds_a_year"]["median"] for row in rows]
    panel.plot(agents, [seconds[0] * number / agents[0] for number in agents], color=GREY, linestyle="--", linewidth=1.0,
               label="in proportion")  # fmt: skip
    panel.plot(agents, seconds, color=GREEN, marker="o", label="measured, median")
    for row, number, value in zip(rows, agents, seconds, strict=True):
        panel.annotate(row["market"], (number, value), textcoords="offset points", xytext=(6, -10), fontsize=8)
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.margins(x=0.2, y=0.1)
    panel.set_xlabel("agents in the preset")
    panel.set_ylabel("processor time (s per simulated year)")
    panel.grid(True, which="major", color="#dddddd", linewidth=0.6)
    panel.legend(frameon=False, fontsize=8)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a smoke test: few days, few repetitions")
    parser.add_argument("--out", type=Path, help=f"folder for speed.json and figures (default: {RESULTS.name}/ here)")
    asked = parser.parse_args()
    result = run_all(asked.quick)
    print("\n".join(lines_of(result)))
    folder = asked.out or (None if asked.quick else RESULTS)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "speed.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        draw(result, folder)
        print(f"\n{folder / 'speed.json'}")


if __name__ == "__main__":
    main()
