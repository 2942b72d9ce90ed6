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
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#595959"  # Okabe and Ito (2008)


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
        "worker_memory": measure.worker_memory("herault", 30 if quick else 730),
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
    memory = result["worker_memory"]
    lines += [
        "",
        f"peak memory of a worker, {memory['market']}, {memory['days']} days: {memory['peak_mb']:.0f} MB, "
        f"of which libraries {memory['libraries_mb']:.0f} MB; Mesa loaded: {'yes' if memory['mesa'] else 'no'}",
    ]
    for market, row in result["start_seconds"].items():
        lines.append(f"fresh interpreter to the first simulated day, {market}: {row['median']:.2f} s (wall clock)")
    return lines


def draw(result: dict, folder: Path) -> None:
    """Both curves, with the range of the repetitions, as `speed.png` and `speed.svg`."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.ticker import FuncFormatter

    matplotlib.rcParams["svg.hashsalt"] = "speed"
    figure, panels = plt.subplots(1, 2, figsize=(9.0, 3.9), sharey=True, layout="constrained")
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
    figure.suptitle("Cost follows searches, not clients: Hérault preset, one process", fontsize=11)
    figure.savefig(folder / "speed.png", dpi=160)
    figure.savefig(folder / "speed.svg", metadata={"Date": None})
    plt.close(figure)


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
